"""From the texts of the settings to the problem they pose."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sympy import Expr, Symbol

from symeq.ansatz import Library, default_library
from symeq.cli.problem import Known, Problem
from symeq.cli.settings import Settings, at
from symeq.data.axes import holdings
from symeq.data.files import opened
from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.geometry import (
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    read_generator,
    read_map,
    read_symmetry,
    trivial,
)
from symeq.geometry.names import as_symbols, read_expression
from symeq.parsing import evaluate, is_legal_name
from symeq.syntax import Node, parse_groups

DEGREE, ORDER = 3, 2  # of the default library; with one independent variable the order is that of the leads
LARGEST_LIBRARY = 20_000  # terms that --degree and --order may make
HIGHEST = 64  # --degree and --order beyond which terms are not even counted


def read_problem(settings: Settings) -> Problem:
    """Understand every text of the settings; of the files only the presence is checked.

    Raises InvalidInput that starts with the flag or key at fault.
    """
    data = tuple(Path(path) for path in settings.texts("data"))
    if not data:
        raise InvalidInput("DATA: name at least one file, as in `symeq discover run.nc ...`.")
    for path in data:
        if not path.exists():
            raise InvalidInput(f"There is no file {path}. Check its name and folder.")
    rename = dict(_renamed(settings))
    _require_variables(settings, data[0])
    words = _Words(settings, _jet(settings))
    leads = words.leads()
    library = words.library(leads)
    terms = [*leads, *(term for one in library.values() for term in one)]
    return Problem(
        words.jet.with_order(_order(words.jet, terms)),
        leads,
        library,
        words.known(leads),
        words.symmetry(),
        tuple(symbol for symbol in words.constants if symbol not in words.values),
        data,
        rename,
        _axes(settings, rename),
        words.periodic(),
    )


def _names(settings: Settings, key: str) -> tuple[str, ...]:
    return tuple(name for text in settings.texts(key) for name in text.replace(",", " ").split())


def _require_variables(settings: Settings, path: Path) -> None:
    missing = [key for key in ("independent", "dependent") if not _names(settings, key)]
    if missing:
        with opened(path) as contents:
            held = holdings(contents.entries)
        flags = " and ".join(f"`--{key}`" for key in missing)
        raise InvalidInput(
            f"{flags} must name variables, as in `--independent t,x --dependent u`. {path.name} holds {held}."
        )


def _jet(settings: Settings) -> Jet:
    variables = {}
    for key in ("independent", "dependent"):
        with at(settings.place(key)):
            variables[key] = as_symbols(_names(settings, key))
    return Jet(variables["independent"], variables["dependent"])


def _order(jet: Jet, expressions: Iterable[Expr]) -> int:
    symbols = {s for expression in expressions for s in expression.free_symbols}
    return max((jet.order_of(s) for s in symbols if jet.is_coordinate(s)), default=0)


def _items(text: str) -> tuple[Node, ...]:
    """The items of a list parted by commas."""
    groups = parse_groups(text)
    if len(groups) > 1:
        raise InvalidInput(f"{quoted(text)}: `;` has no place here; part a list by `,`.")
    return groups[0]


@dataclass(frozen=True, init=False)
class _Words:
    """The settings as sentences about a jet: `values` has the constants that were given a number."""

    settings: Settings
    jet: Jet
    constants: tuple[Symbol, ...]
    values: Mapping[Symbol, Expr]

    def __init__(self, settings: Settings, jet: Jet) -> None:
        declared: dict[Symbol, Expr | None] = {}
        for text in settings.texts("parameter"):
            with at(settings.place("parameter")):
                for item in _items(text):
                    symbol, value = _parameter(item, text, jet)
                    if symbol in declared:
                        raise InvalidInput(f"{quoted(text)}: {symbol} is declared twice.")
                    declared[symbol] = value
        object.__setattr__(self, "settings", settings)
        object.__setattr__(self, "jet", jet)
        object.__setattr__(self, "constants", tuple(declared))
        object.__setattr__(self, "values", {s: value for s, value in declared.items() if value is not None})

    def expression(self, node: Node, text: str) -> Expr:
        """The expression of a node, constants with a value replaced by it."""
        return read_expression(self.jet, node, text, self.constants).xreplace(self.values)

    def leads(self) -> tuple[Symbol, ...]:
        """The leading derivatives, by default the first derivative of every dependent variable."""
        jet, leads = self.jet, []
        for text in self.settings.texts("lead"):
            with at(self.settings.place("lead")):
                for item in _items(text):
                    lead = read_expression(jet, item, text)
                    if not lead.is_Symbol or lead in jet.independent or jet.order_of(lead) == 0:
                        first = jet.derivative(jet.dependent[0], jet.independent[0])
                        raise InvalidInput(f"{quoted(text)}: a lead is a derivative, such as `{first}`.")
                    leads.append(lead)
        return tuple(leads) or tuple(jet.derivative(u, jet.independent[0]) for u in jet.dependent)

    def library(self, leads: tuple[Symbol, ...]) -> dict[Symbol, Library]:
        """The candidate terms of each lead: those listed, or monomials by --degree and --order."""
        settings = self.settings
        if "library" not in settings:
            return dict.fromkeys(leads, self._default(leads))
        with at(settings.place("library")):
            if "degree" in settings:
                raise InvalidInput(
                    f"it lists the terms, so `{settings.place('degree')}` has nothing to say. Leave one out."
                )
            terms: dict[Symbol, list[Expr]] = {lead: [] for lead in leads}
            for text in settings.texts("library"):
                lead, listed = self._led(text, leads)
                found = [self.expression(item, listed) for item in _items(listed)]
                for one in leads if lead is None else (lead,):
                    terms[one] += found
            for lead, some in terms.items():
                if not some:
                    raise InvalidInput(f'there are no terms for {lead}. Add `--library "{lead}: ..."`.')
            order = _order(self.jet, [term for some in terms.values() for term in some])
            if order > settings.number("order", order):
                raise InvalidInput(
                    f"it has a derivative of order {order}, above `{settings.place('order')}"
                    f" {settings.number('order', 0)}`. Correct one of them."
                )
            return {lead: Library(some) for lead, some in terms.items()}

    def _default(self, leads: tuple[Symbol, ...]) -> Library:
        settings, p, q = self.settings, len(self.jet.independent), len(self.jet.dependent)
        degree = settings.number("degree", DEGREE)
        order = settings.number("order", ORDER if p > 1 else _order(self.jet, leads))
        for key, number in (("degree", degree), ("order", order)):
            if number > HIGHEST:
                raise InvalidInput(
                    f"{settings.place(key)}: {number} is too high; at most {HIGHEST} is tried."
                )
        size = math.comb(q + degree, q) * (1 + q * (math.comb(p + order, p) - 1))
        if size > LARGEST_LIBRARY:
            raise InvalidInput(
                f"`--degree {degree} --order {order}` make about {size:.2g} terms; at most {LARGEST_LIBRARY}"
                " are tried. Lower one of them, or list the terms with `--library`."
            )
        return default_library(self.jet, leads, degree, order)

    def _led(self, text: str, leads: tuple[Symbol, ...]) -> tuple[Symbol | None, str]:
        """The lead that a text "u_t: ..." is for (None: for any), and what it says of it."""
        before, colon, after = text.partition(":")
        if not colon:
            return None, text
        lead = self.jet.parse(before)
        if lead not in leads:
            raise InvalidInput(
                f"{quoted(text)}: {lead} leads no equation; the leads are {', '.join(map(str, leads))}."
            )
        return lead, after

    def known(self, leads: tuple[Symbol, ...]) -> Known:
        """The coefficients that are given."""
        known: dict[tuple[str, Expr] | Expr, Expr] = {}
        for text in self.settings.texts("known"):
            with at(self.settings.place("known")):
                lead, listed = self._led(text, leads)
                for item in _items(listed):
                    if item.kind != "relation":
                        raise InvalidInput(f"{quoted(text)}: write `u*u_x=-1`, or `u_t: u*u_x=-1`.")
                    term, value = (self.expression(side, listed) for side in item.children)
                    key = term if lead is None else (lead.name, term)
                    if key in known:
                        raise InvalidInput(f"{quoted(text)}: the coefficient of {term} is given twice.")
                    known[key] = value
        return known

    def symmetry(self) -> Symmetry:
        """All symmetries, generators and maps together."""
        found, labels = trivial, list[str]()
        for key in ("symmetry", "generator", "map"):
            for text in self.settings.texts(key):
                with at(self.settings.place(key)):
                    if key == "symmetry":
                        one = read_symmetry(text, self.jet, self.constants)
                    elif key == "generator":
                        one = Symmetry([read_generator(text, self.jet, self.constants)])
                    else:
                        one = Symmetry(maps=[read_map(text, self.jet, self.constants)])
                found, labels = found + one, [*labels, *([str(one)] if one else [])]
        return Symmetry(
            [VectorField({z: f.xreplace(self.values) for z, f in v.components}) for v in found.generators],
            [PointMap({z: f.xreplace(self.values) for z, f in g.components}) for g in found.maps],
            "; ".join(labels),
            parameters=[s for s in self.constants if s not in self.values],
        )

    def periodic(self) -> tuple[str, ...]:
        """The axes along which the data repeat."""
        known, names = [x.name for x in self.jet.independent], _names(self.settings, "periodic")
        with at(self.settings.place("periodic")):
            for name in names:
                if name not in known:
                    raise InvalidInput(
                        f"{quoted(name)} is not one of the independent variables, {', '.join(known)}."
                        + did_you_mean(name, known)
                    )
        return tuple(dict.fromkeys(names))


def _parameter(item: Node, text: str, jet: Jet) -> tuple[Symbol, Expr | None]:
    """A constant as declared, `nu` or `nu=0.1`."""
    name, *given = item.children if item.kind == "relation" else (item,)
    if name.kind != "name":
        raise InvalidInput(f"{quoted(text)}: a parameter is written `nu`, or `nu=0.1` with its value.")
    (symbol,) = as_symbols([str(name.value)])
    if jet.lookup(symbol.name) is not None:
        raise InvalidInput(f"{quoted(text)}: `{symbol}` is a coordinate of {jet} already.")
    if not given:
        return symbol, None
    value = evaluate(given[0], {}, text)
    if not value.is_algebraic:
        raise InvalidInput(
            f"{quoted(text)}: the value of {symbol} cannot be kept exact. Write it as a decimal number."
        )
    return symbol, value


def _renamed(settings: Settings) -> Iterator[tuple[str, str]]:
    """`OLD=NEW` items, parted by commas."""
    seen: set[str] = set()
    for text in settings.texts("rename"):
        with at(settings.place("rename")):
            for item in text.split(","):
                old, _, new = (part.strip() for part in item.partition("="))
                if not old or not new:
                    raise InvalidInput(f"{quoted(text)}: write `OLD=NEW`, or several parted by commas.")
                if not is_legal_name(new):
                    raise InvalidInput(
                        f"{quoted(new)} cannot name a variable: use letters, digits and _, a letter first."
                    )
                if old in seen:
                    raise InvalidInput(f"{quoted(old)} is renamed twice.")
                seen.add(old)
                yield old, new


def _axes(settings: Settings, rename: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    axes: dict[str, tuple[str, ...]] = {}
    for text in settings.texts("axes"):
        with at(settings.place("axes")):
            name, _, listed = (part.strip() for part in text.partition("="))
            given = tuple(listed.replace(",", " ").split())
            if not name or not given:
                raise InvalidInput(f"{quoted(text)}: write `VARIABLE=AXIS,AXIS`, as in `usol=x,t`.")
            for axis in given:
                if not is_legal_name(axis) and axis not in rename:
                    raise InvalidInput(f"{quoted(axis)} cannot name an axis.")
            if name in axes:
                raise InvalidInput(f"{quoted(text)}: the axes of {name} are given twice.")
            axes[name] = given
    return axes
