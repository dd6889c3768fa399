"""The texts of the settings as sentences about a jet: its constants, expressions, symmetries, equations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol

from symeq.cli.settings import Settings, at
from symeq.errors import InvalidInput, quoted
from symeq.geometry import (
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    read_equation,
    read_generator,
    read_map,
    read_symmetry,
    trivial,
)
from symeq.geometry.calculus import expression_text
from symeq.geometry.names import as_symbols, read_expression
from symeq.parsing import evaluate
from symeq.syntax import Node, parse_groups

HIGHEST = 64  # --degree and --order beyond which terms are not even counted
LARGEST_JET = 2000  # coordinates
SYMMETRY_KEYS = ("symmetry", "generator", "map")


def names(settings: Settings, key: str) -> tuple[str, ...]:
    """The names of a key, parted by commas or spaces."""
    return tuple(name for text in settings.texts(key) for name in text.replace(",", " ").split())


def items(text: str) -> tuple[Node, ...]:
    """The items of a list parted by commas.

    Raises InvalidInput for a list that is parted by semicolons too.
    """
    groups = parse_groups(text)
    if len(groups) > 1:
        raise InvalidInput(f"{quoted(text)}: `;` has no place here; part a list by `,`.")
    return groups[0]


def highest_order(jet: Jet, expressions: Iterable[Expr]) -> int:
    """The highest order of a derivative in some expressions."""
    symbols = {s for expression in expressions for s in expression.free_symbols}
    return max((jet.order_of(s) for s in symbols if jet.is_coordinate(s)), default=0)


def bounded(settings: Settings, key: str, default: int) -> int:
    """The whole number of a key, which may not be beyond all use.

    Raises InvalidInput for a number above HIGHEST.
    """
    number = settings.number(key, default)
    if number > HIGHEST:
        raise InvalidInput(f"{settings.place(key)}: {number} is too high; at most {HIGHEST} is tried.")
    return number


def of_order(settings: Settings, jet: Jet, default: int) -> Jet:
    """The jet of the order that is asked for.

    Raises InvalidInput for one that is too large to be searched.
    """
    order = bounded(settings, "order", default)
    p, q = len(jet.independent), len(jet.dependent)
    size = p + q * math.comb(p + order, p)
    if size > LARGEST_JET:
        raise InvalidInput(
            f"{settings.place('order')}: order {order} makes a jet of {size} coordinates; at most"
            f" {LARGEST_JET} are tried. Lower it."
        )
    return jet.with_order(order)


@dataclass(frozen=True, init=False)
class Words:
    """The settings as sentences about a jet: `values` has the constants that were given a number.

    Raises InvalidInput that starts with the flag or key at fault.
    """

    settings: Settings
    jet: Jet
    constants: tuple[Symbol, ...]
    values: Mapping[Symbol, Expr]

    def __init__(self, settings: Settings, jet: Jet | None = None) -> None:
        jet = _jet(settings) if jet is None else jet
        declared: dict[Symbol, Expr | None] = {}
        for text in settings.texts("parameter"):
            with at(settings.place("parameter")):
                for item in items(text):
                    symbol, value = _parameter(item, text, jet)
                    if symbol in declared:
                        raise InvalidInput(f"{quoted(text)}: {symbol} is declared twice.")
                    declared[symbol] = value
        object.__setattr__(self, "settings", settings)
        object.__setattr__(self, "jet", jet)
        object.__setattr__(self, "constants", tuple(declared))
        object.__setattr__(self, "values", {s: value for s, value in declared.items() if value is not None})

    @property
    def parameters(self) -> tuple[Symbol, ...]:
        """The constants without a value."""
        return tuple(symbol for symbol in self.constants if symbol not in self.values)

    def document(self) -> dict[str, Any]:
        """The variables and constants as values that JSON knows."""
        return {
            "independent": [x.name for x in self.jet.independent],
            "dependent": [u.name for u in self.jet.dependent],
            "parameters": [s.name for s in self.parameters],
            "values": {s.name: expression_text(value) for s, value in self.values.items()},
        }

    def expression(self, node: Node, text: str) -> Expr:
        """The expression of a node, constants with a value replaced by it."""
        return read_expression(self.jet, node, text, self.constants).xreplace(self.values)

    def expressions(self, key: str) -> tuple[Expr, ...]:
        """The expressions of a key, parted by commas."""
        found = []
        for text in self.settings.texts(key):
            with at(self.settings.place(key)):
                found += [self.expression(item, text) for item in items(text)]
        return tuple(found)

    def equations(self, key: str) -> tuple[tuple[Expr, Expr], ...]:
        """The equations of a key, left and right side of each."""
        found = []
        for text in self.settings.texts(key):
            with at(self.settings.place(key)):
                sides = read_equation(text, self.jet, self.constants)
                found.append((sides[0].xreplace(self.values), sides[1].xreplace(self.values)))
        return tuple(found)

    def symmetries(self) -> dict[str, Symmetry]:
        """Every symmetry, generator and map, by its text."""
        found = {}
        for key in SYMMETRY_KEYS:
            for text in self.settings.texts(key):
                with at(self.settings.place(key)):
                    if key == "symmetry":
                        one = read_symmetry(text, self.jet, self.constants)
                    elif key == "generator":
                        one = Symmetry([read_generator(text, self.jet, self.constants)])
                    else:
                        one = Symmetry(maps=[read_map(text, self.jet, self.constants)])
                    found[" ".join(text.split())] = self._valued(one)
        return found

    def symmetry(self) -> Symmetry:
        """All symmetries, generators and maps together."""
        found, labels = trivial, list[str]()
        for one in self.symmetries().values():
            found, labels = found + one, [*labels, *([str(one)] if one else [])]
        return Symmetry(found.generators, found.maps, "; ".join(labels), parameters=self.parameters)

    def require_symmetry(self) -> None:
        """Raises InvalidInput where no symmetry was named at all."""
        if not any(key in self.settings for key in SYMMETRY_KEYS):
            raise InvalidInput(
                "no symmetry was named. Add `--symmetry`, `--generator` or `--map`, as in"
                ' `--symmetry "translation(t, x)"`.'
            )

    def _valued(self, one: Symmetry) -> Symmetry:
        return Symmetry(
            [VectorField({z: f.xreplace(self.values) for z, f in v.components}) for v in one.generators],
            [PointMap({z: f.xreplace(self.values) for z, f in g.components}) for g in one.maps],
            str(one),
            parameters=self.parameters,
        )


def _jet(settings: Settings) -> Jet:
    missing = [key for key in ("independent", "dependent") if not names(settings, key)]
    if missing:
        flags = " and ".join(f"`--{key}`" for key in missing)
        raise InvalidInput(f"{flags} must name variables, as in `--independent t,x --dependent u`.")
    return read_jet(settings)


def read_jet(settings: Settings) -> Jet:
    """The variables."""
    variables = {}
    for key in ("independent", "dependent"):
        with at(settings.place(key)):
            variables[key] = as_symbols(names(settings, key))
    return Jet(variables["independent"], variables["dependent"])


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
