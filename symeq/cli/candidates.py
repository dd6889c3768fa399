"""The laws that are asked for: leading derivatives, candidate terms, given coefficients, a symmetry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from symeq.ansatz import Library, LinearAnsatz, default_library, linear_ansatz
from symeq.cli.settings import Settings, at
from symeq.cli.words import Words, bounded, highest_order, items
from symeq.errors import InvalidInput, quoted
from symeq.geometry import Jet, Symmetry
from symeq.geometry.names import read_expression

DEGREE, ORDER = 3, 2  # of the default library; with one independent variable the order is that of the leads
LARGEST_LIBRARY = 20_000  # terms that --degree and --order may make

Known = Mapping[tuple[str, Expr] | Expr, Expr]


@dataclass(frozen=True)
class Candidates:
    """The laws that are asked for.

    jet, leads: the variables and the leading derivatives.
    library: the candidate terms, for each lead; known: coefficients that are given, by lead and term.
    symmetry: what the law is known to have; parameters: constants without a value.
    """

    jet: Jet
    leads: tuple[Symbol, ...]
    library: Mapping[Symbol, Library]
    known: Known
    symmetry: Symmetry
    parameters: tuple[Symbol, ...]

    def allowed(self, symmetry: Symmetry) -> LinearAnsatz:
        """The laws that have a symmetry: their own, or `trivial` for the baseline.

        Raises NoLaw when nothing is allowed.
        """
        return linear_ansatz(
            self.jet, self.library, symmetry, lead=self.leads, known=self.known, parameters=self.parameters
        )

    def valued(self, symmetry: Symmetry) -> LinearAnsatz:
        """The same, to be held against data.

        Raises InvalidInput when a parameter without a value is left in the laws.
        """
        ansatz = self.allowed(symmetry)
        laws = (rhs for law in (ansatz.fixed, *ansatz.basis) for rhs in law)
        refuse_unknown(laws, self.parameters)
        return ansatz


def refuse_unknown(expressions: Iterable[Expr], parameters: Sequence[Symbol]) -> None:
    """Raises InvalidInput for an expression with a parameter that has no value: no data tell it."""
    for expression in expressions:
        for symbol in sorted(expression.free_symbols & set(parameters), key=str):
            raise InvalidInput(
                f"The parameter `{symbol}` has no value, and the allowed laws contain {expression}. Give it"
                f" one, as in `--parameter {symbol}=0.1`."
            )


def read_candidates(words: Words) -> Candidates:
    """Understand what the settings say of the laws.

    Raises InvalidInput that starts with the flag or key at fault.
    """
    leads = read_leads(words)
    library = _library(words, leads)
    terms = [*leads, *(term for one in library.values() for term in one)]
    return Candidates(
        words.jet.with_order(highest_order(words.jet, terms)),
        leads,
        library,
        _known(words, leads),
        words.symmetry(),
        words.parameters,
    )


def read_leads(words: Words) -> tuple[Symbol, ...]:
    """The leading derivatives, by default the first derivative of every dependent variable."""
    jet, leads = words.jet, []
    for text in words.settings.texts("lead"):
        with at(words.settings.place("lead")):
            for item in items(text):
                lead = read_expression(jet, item, text)
                if not lead.is_Symbol or lead in jet.independent or jet.order_of(lead) == 0:
                    first = jet.derivative(jet.dependent[0], jet.independent[0])
                    other = "" if lead.is_Symbol else "; `--engine genetic` takes an expression, too"
                    raise InvalidInput(f"{quoted(text)}: a lead is a derivative, such as `{first}`{other}.")
                leads.append(lead)
    return tuple(leads) or tuple(jet.derivative(u, jet.independent[0]) for u in jet.dependent)


def _library(words: Words, leads: tuple[Symbol, ...]) -> dict[Symbol, Library]:
    """The candidate terms of each lead: those listed, or monomials by --degree and --order."""
    settings = words.settings
    if "library" not in settings:
        return dict.fromkeys(leads, _default(settings, words.jet, leads))
    with at(settings.place("library")):
        if "degree" in settings:
            raise InvalidInput(
                f"it lists the terms, so `{settings.place('degree')}` has nothing to say. Leave one out."
            )
        terms: dict[Symbol, list[Expr]] = {lead: [] for lead in leads}
        for text in settings.texts("library"):
            lead, listed = _led(words.jet, text, leads)
            found = [words.expression(item, listed) for item in items(listed)]
            for one in leads if lead is None else (lead,):
                terms[one] += found
        for lead, some in terms.items():
            if not some:
                raise InvalidInput(f'there are no terms for {lead}. Add `--library "{lead}: ..."`.')
        order = highest_order(words.jet, [term for some in terms.values() for term in some])
        if order > settings.number("order", order):
            raise InvalidInput(
                f"it has a derivative of order {order}, above `{settings.place('order')}"
                f" {settings.number('order', 0)}`. Correct one of them."
            )
        return {lead: Library(some) for lead, some in terms.items()}


def _default(settings: Settings, jet: Jet, leads: tuple[Symbol, ...]) -> Library:
    p, q = len(jet.independent), len(jet.dependent)
    degree = bounded(settings, "degree", DEGREE)
    order = bounded(settings, "order", ORDER if p > 1 else highest_order(jet, leads))
    size = math.comb(q + degree, q) * (1 + q * (math.comb(p + order, p) - 1))
    if size > LARGEST_LIBRARY:
        raise InvalidInput(
            f"`--degree {degree} --order {order}` make about {size:.2g} terms; at most {LARGEST_LIBRARY}"
            " are tried. Lower one of them, or list the terms with `--library`."
        )
    return default_library(jet, leads, degree, order)


def _led(jet: Jet, text: str, leads: tuple[Symbol, ...]) -> tuple[Symbol | None, str]:
    """The lead that a text "u_t: ..." is for (None: for any), and what it says of it."""
    before, colon, after = text.partition(":")
    if not colon:
        return None, text
    lead = jet.parse(before)
    if lead not in leads:
        raise InvalidInput(
            f"{quoted(text)}: {lead} leads no equation; the leads are {', '.join(map(str, leads))}."
        )
    return lead, after


def _known(words: Words, leads: tuple[Symbol, ...]) -> Known:
    """The coefficients that are given."""
    known: dict[tuple[str, Expr] | Expr, Expr] = {}
    for text in words.settings.texts("known"):
        with at(words.settings.place("known")):
            lead, listed = _led(words.jet, text, leads)
            for item in items(listed):
                if item.kind != "relation":
                    raise InvalidInput(f"{quoted(text)}: write `u*u_x=-1`, or `u_t: u*u_x=-1`.")
                term, value = (words.expression(side, listed) for side in item.children)
                key = term if lead is None else (lead.name, term)
                if key in known:
                    raise InvalidInput(f"{quoted(text)}: the coefficient of {term} is given twice.")
                known[key] = value
    return known
