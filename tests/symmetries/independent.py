"""The definition of a symmetry, straight: prolong, apply, substitute until no lead is left, expand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp

from symeq.geometry import Jet, VectorField
from symeq.geometry.leads import is_principal

Rule = tuple[sp.Symbol, sp.Expr]


def on_solutions(jet: Jet, rules: Sequence[Rule], expression: sp.Expr) -> sp.Expr:
    """Replace leads and their derivatives, by total derivatives of whole expressions, until none is left."""
    leads = [lead for lead, _ in rules]
    for _ in range(40):
        found = [s for s in expression.free_symbols if is_principal(jet, leads, s)]
        if not found:
            return sp.simplify(sp.expand(sp.fraction(sp.together(expression))[0]))
        images = {}
        for symbol in found:
            lead, rest = next(rule for rule in rules if is_principal(jet, [rule[0]], symbol))
            (_, above), (_, below) = jet.multi_index(symbol), jet.multi_index(lead)
            for x, i, j in zip(jet.independent, above, below, strict=True):
                for _ in range(i - j):
                    rest = jet.total_derivative(rest, x)
            images[symbol] = rest
        expression = expression.xreplace(images)
    raise AssertionError("the rules do not come to an end")


def is_symmetry(jet: Jet, rules: Sequence[Rule], field: VectorField) -> bool:
    return all(on_solutions(jet, rules, field.apply(lead - rest, jet)) == 0 for lead, rest in rules)


def span_rank(fields: Iterable[VectorField], variables: Sequence[sp.Symbol]) -> int:
    """The dimension that fields with polynomial components span."""
    rows: list[dict[Any, sp.Expr]] = []
    for field in fields:
        row: dict[Any, sp.Expr] = {}
        for z, f in field.components:
            row |= {(z, m): c for m, c in sp.Poly(f, *variables).terms()}
        rows.append(row)
    columns = sorted({key for row in rows for key in row}, key=str)
    if not columns:
        return 0
    return int(sp.Matrix([[row.get(key, 0) for key in columns] for row in rows]).rank())
