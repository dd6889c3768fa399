"""Multiplier matrices of a system, from the terms that its equations are normalised by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sympy as sp

from symeq.ansatz.implicit.eigenspaces import Trail
from symeq.ansatz.implicit.multipliers import monomials_up_to
from symeq.ansatz.implicit.quadratic import solve_quadratic
from symeq.ansatz.implicit.relations import Column, Matrix, RelationCondition, Representation
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry

Rows = dict[Any, dict[tuple[int, ...], Any]]


def lead_multipliers(
    jet: Jet,
    symmetry: Symmetry,
    columns: Sequence[Column],
    equations: int,
    leads: Sequence[sp.Expr],
    symbols: Sequence[sp.Symbol],
    degree: int,
    trail: Trail,
) -> Iterator[tuple[Matrix, ...]]:
    """All Lambda_v and R_g that a system Delta_a = L_a + sum_k c_{a,k} T_k with the symmetry has.

        pr v(Delta_a) = sum_b Lambda_ab Delta_b,     Lambda_ab = sum_m s_{ab,m} m

    The coefficients of m L_b determine s where no other term reaches m L_b; what is then left is bilinear in
    s and c, and is solved as far as elimination and factors go.

    leads: the terms L_a, which no other equation contains.
    """
    matrices = tuple(
        {(a, a): sp.S.One for a in range(equations)} if n >= len(symmetry.generators) else {}
        for n in range(len(symmetry.members))
    )
    free = [column for column in columns if column[1] not in leads]
    own = [(a, lead) for a, lead in enumerate(leads)]
    condition = RelationCondition(jet, symmetry, [*own, *free], Representation(equations, matrices), symbols)
    monomials = monomials_up_to(symbols, degree)
    unknowns = len(free)
    places: list[dict[tuple[int, int, int], int]] = []
    rows: list[dict[tuple[int, ...], Any]] = []
    for n in range(len(symmetry.members)):
        trail.check()
        factors = tuple(monomials) if n < condition.generators else ()
        images, *products = condition.operators(n, factors)
        place: dict[tuple[int, int, int], int] = {}
        for a in range(equations):
            for b in range(equations):
                for m in range(len(products)):
                    place[a, b, m] = unknowns
                    unknowns += 1
        places.append(place)
        found: Rows = {}
        for k, (a, _) in enumerate(condition.columns):
            key: tuple[int, ...] = (k - equations,) if k >= equations else ()
            for (_, monomial), value in images[k].items():
                found.setdefault((a, monomial), {})[key] = value
        for (a, b, m), s in place.items():
            for k, (c, _) in enumerate(condition.columns):
                if c == b:
                    key = (s, k - equations) if k >= equations else (s,)
                    for (_, monomial), value in products[m][k].items():
                        found.setdefault((a, monomial), {})[key] = -value
        rows += found.values()
    for answer in solve_quadratic(rows, unknowns, condition.field, trail.check):
        used = [s for place in places for s in place.values()]
        if answer is None or any(set(answer[s]) - {()} for s in used):
            trail.lacks(
                f"The multipliers of systems with the leads {', '.join(map(str, leads))} were not all found."
            )
            continue
        if any(condition.expression(answer[s].get((), 0)).has(sp.I) for s in used):
            continue
        yield tuple(
            _matrix(condition, place, answer, monomials if n < condition.generators else [sp.S.One])
            for n, place in enumerate(places)
        )


def _matrix(
    condition: RelationCondition,
    place: dict[tuple[int, int, int], int],
    answer: Sequence[dict[tuple[int, ...], Any]],
    monomials: Sequence[sp.Expr],
) -> Matrix:
    matrix: Matrix = {}
    for (a, b, m), s in place.items():
        if value := answer[s].get(()):
            entry = condition.expression(value) * monomials[m]
            matrix[a, b] = matrix.get((a, b), sp.S.Zero) + entry
    return matrix
