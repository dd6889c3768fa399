"""Laws that are sums of given vectors, as a linear ansatz over independent terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp
from sympy.polys.matrices.sdm import sdm_irref

from symeq.ansatz.library import Library
from symeq.ansatz.linear import LinearAnsatz
from symeq.exact import coefficient_field
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.terms import Monomial, TermRing


def span(
    jet: Jet,
    leads: Sequence[sp.Symbol],
    symmetry: Symmetry,
    fixed: Sequence[sp.Expr],
    vectors: Sequence[Sequence[sp.Expr]],
) -> LinearAnsatz:
    """All laws L = F0 + sum_k beta_k V_k for given vectors V_k, multiplied out to independent terms.

    A vector that is a combination of those before it is left out.
    """
    everything = [tuple(map(multiplied_out, vector)) for vector in (fixed, *vectors)]
    symbols = sorted({s for v in everything for e in v for s in e.free_symbols}, key=lambda s: s.name)
    coordinates = [s for s in symbols if jet.is_coordinate(s)]
    libraries: list[Library] = []
    rows: list[dict[tuple[int, int], sp.Expr]] = [{} for _ in everything]
    for a in range(len(leads)):
        terms, columns = _by_terms([vector[a] for vector in everything], coordinates)
        # A lead of which nothing is known still has a library, of one term that does not occur.
        libraries.append(Library(terms or [sp.S.One]))
        for row, column in zip(rows, columns, strict=True):
            row.update({(a, m): value for m, value in column.items()})
    kept = _independent(rows[1:])
    return LinearAnsatz(
        jet, tuple(leads), tuple(libraries), symmetry, rows[0], tuple(rows[1 + k] for k in kept)
    )


def multiplied_out(expression: sp.Expr) -> sp.Expr:
    """A sum of terms, in which functions, and roots and quotients of sums, stay as they are.

    >>> x, y = sp.symbols("x y")
    >>> multiplied_out((1 + x) * (sp.exp(-x - y) + 1 / (1 + y) ** 3))
    x*exp(-x - y) + x/(y + 1)**3 + exp(-x - y) + (y + 1)**(-3)
    """
    held: dict[sp.Basic, sp.Basic] = {}
    nodes = sp.preorder_traversal(expression)
    for node in nodes:
        root = node.is_Pow and node.base.has(sp.Add) and not (node.exp.is_Integer and node.exp > 0)
        if root or isinstance(node, sp.Function | sp.exp):
            held.setdefault(node, sp.Dummy())
            nodes.skip()
    return sp.expand(expression.xreplace(held)).xreplace({dummy: whole for whole, dummy in held.items()})


def _by_terms(
    expressions: Sequence[sp.Expr], coordinates: Sequence[sp.Symbol]
) -> tuple[list[sp.Expr], list[dict[int, sp.Expr]]]:
    """Sums as combinations of independent terms: u_x^2 / r^3 + 1 / r^3 = 1 / r for r^2 = 1 + u_x^2."""
    split = [
        [term.as_independent(*coordinates, as_Add=False) for term in sp.Add.make_args(e) if term != 0]
        for e in expressions
    ]
    distinct = list(dict.fromkeys(term for parts in split for _, term in parts))
    ring = TermRing(coordinates, [*distinct, *(number for parts in split for number, _ in parts)])
    rows: dict[Monomial, dict[int, object]] = {}
    for k, poly in enumerate(ring.canonical([ring.polynomial(term) for term in distinct])):
        for monomial, value in poly.items():
            rows.setdefault(monomial, {})[k] = ring.field.convert(value)
    reduced, pivots, _ = sdm_irref(dict(enumerate(rows.values())))
    place = {pivot: m for m, pivot in enumerate(pivots)}
    meaning = {
        k: {m: row[k] for m, row in enumerate(reduced.values()) if k in row} for k in range(len(distinct))
    }
    position = {term: k for k, term in enumerate(distinct)}
    columns = []
    for parts in split:
        column: dict[int, sp.Expr] = {}
        for number, term in parts:
            k = position[term]
            shares = (
                {place[k]: sp.S.One}
                if k in place
                else {m: ring.field.to_sympy(c) for m, c in meaning[k].items()}
            )
            for m, share in shares.items():
                column[m] = column.get(m, sp.S.Zero) + number * share
        columns.append({m: value for m, c in column.items() if (value := sp.expand(c)) != 0})
    return [distinct[k] for k in pivots], columns


def _independent(vectors: Sequence[Mapping[tuple[int, int], sp.Expr]]) -> tuple[int, ...]:
    """Positions of the vectors that are no combinations of those before them."""
    field = coefficient_field([value for vector in vectors for value in vector.values()])
    rows: dict[tuple[int, int], dict[int, object]] = {}
    for k, vector in enumerate(vectors):
        for at, value in vector.items():
            rows.setdefault(at, {})[k] = field.from_sympy(value)
    _, pivots, _ = sdm_irref(dict(enumerate(rows.values())))
    return tuple(pivots)
