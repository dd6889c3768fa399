"""What is known of the true law, however it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry.grammar import read_equation
from symeq.geometry.jet import Jet
from symeq.report.metrics import Law

Truth = Mapping[sp.Expr, sp.Expr] | Mapping[str, str] | Sequence[tuple[object, object]] | Sequence[str] | str


def read_truth(truth: Truth, jet: Jet, leads: Sequence[sp.Expr]) -> Law:
    """The true right-hand side of each lead, in the jet's own symbols.

    truth: {lead: right-hand side}, pairs, or equations as text, several in one text parted by `;`.
    Raises InvalidInput for text that cannot be read, and when the leads are not these.

    >>> jet = Jet("t x", "u", order=2)
    >>> read_truth("u_t = u_xx/10", jet, [jet["u_t"]])
    {u_t: u_xx/10}
    """
    if isinstance(truth, str):
        truth = [text for text in truth.split(";") if text.strip()]
    entries = list(truth.items()) if isinstance(truth, Mapping) else list(truth)
    sides: dict[sp.Expr, sp.Expr] = {}
    for entry in entries:
        pair = read_equation(entry, jet) if isinstance(entry, str) else entry
        left, right = (_read(side, jet) for side in pair)
        sides[next((lead for lead in leads if sp.expand(lead - left) == 0), left)] = right
    if set(sides) != set(leads):
        given, wanted = (", ".join(map(str, symbols)) for symbols in (sides, leads))
        raise InvalidInput(
            f"The truth is solved for {given or 'nothing'}, the laws for {wanted}. State it for these."
        )
    return sides


def _read(side: object, jet: Jet) -> sp.Expr:
    """One side of an equation, whichever symbols it is written in."""
    expression = jet.parse(side) if isinstance(side, str) else sp.S.Zero + side
    strangers = [s for s in expression.free_symbols if not jet.is_coordinate(s)]
    return expression.xreplace({s: jet[s.name] for s in strangers})
