"""The multipliers lambda_v that relations may have: cocycles of the algebra among polynomials of a degree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import linprog
from sympy.polys.matrices.sdm import sdm_irref

from symeq.ansatz.implicit.relations import RelationCondition
from symeq.errors import InvalidInput
from symeq.exact.vectors import null_vectors
from symeq.geometry.fields import VectorField
from symeq.terms.actions import Derivation, substitution
from symeq.terms.polynomials import Monomial, Poly, times
from symeq.terms.ring import TermRing

Cocycle = dict[tuple[int, int], Any]  # (generator, position of the monomial) -> coefficient


@dataclass(frozen=True)
class Multipliers:
    """All candidates lambda_v = sum_j s_j z_j(v), with z_j(v) = sum_m z_j[v, m] m polynomials.

    monomials: for each generator, the monomials that lambda_v may contain.
    cocycles: the z_j.
    """

    monomials: tuple[tuple[sp.Expr, ...], ...]
    cocycles: tuple[Cocycle, ...]


def multipliers(condition: RelationCondition, degree: int) -> Multipliers:
    """The candidates that two necessary conditions leave.

        v(lambda_w) - w(lambda_v) = lambda_[v,w],     lambda_{g* v} = lambda_v o g  (r_g constant)
        Newton(lambda_v) inside the convex hull of the shifts m'/m,  m' in v(m)

    The first says that lambda is a cocycle; the second holds since Newton polytopes of products add up, and
    removes almost everything: a translation has no polynomial multiplier.

    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), proposition 2.10;
    Ostrowski, On multiplication and factorization of polynomials, Aequationes Math. 13 (1975).
    """
    monomials = monomials_up_to(condition.symbols, degree)
    allowed = tuple(
        tuple(monomials) if hull is None else hull.select(monomials)
        for hull in (_hull(condition, i) for i in range(condition.generators))
    )
    unknowns = [(i, k) for i, chosen in enumerate(allowed) for k in range(len(chosen))]
    position = {at: n for n, at in enumerate(unknowns)}
    rows = _rows(condition, allowed, position)
    field = condition.field
    matrix = {n: {k: field.convert(v) for k, v in row.items()} for n, row in enumerate(rows)}
    reduced, pivots, _ = sdm_irref({n: row for n, row in matrix.items() if row})
    null = null_vectors(reduced, pivots, len(unknowns), field)
    cocycles = tuple({unknowns[n]: v for n, v in vector.items()} for vector in null)
    return Multipliers(allowed, cocycles)


def monomials_up_to(symbols: Sequence[sp.Symbol], degree: int) -> list[sp.Expr]:
    """All monomials up to a degree, by degree.

    >>> monomials_up_to(sp.symbols("x u"), 1)
    [1, x, u]
    """
    return [
        sp.Mul(*chosen)
        for total in range(degree + 1)
        for chosen in combinations_with_replacement(symbols, total)
    ]


def _rows(
    condition: RelationCondition,
    allowed: Sequence[Sequence[sp.Expr]],
    position: Mapping[tuple[int, int], int],
) -> list[dict[int, Any]]:
    """The cocycle conditions, one equation for each monomial."""
    ring, generators = condition.ring, condition.symmetry.generators
    pairs = [(i, j) for j in range(len(generators)) for i in range(j)]
    brackets = [generators[i].bracket(generators[j]) for i, j in pairs]
    moves = [(g, i) for g in range(len(condition.symmetry.maps)) for i in range(len(generators))]
    moved = [condition.symmetry.maps[g].pull_back(generators[i]) for g, i in moves]
    derivations = [Derivation(ring, condition.images[i]) for i in range(len(generators))]
    places = [substitution(ring, image) for image in condition.images[len(generators) :]]
    parts = decompositions(condition, [*brackets, *moved])
    conditions: list[list[tuple[int, Poly, Any]]] = []
    for (i, j), expansion in zip(pairs, parts[: len(pairs)], strict=True):
        unknowns = [(position[j, k], derivations[i](ring.polynomial(m)), 1) for k, m in enumerate(allowed[j])]
        unknowns += [
            (position[i, k], derivations[j](ring.polynomial(m)), -1) for k, m in enumerate(allowed[i])
        ]
        conditions.append(unknowns + _expanded(ring, expansion, allowed, position))
    for (g, i), expansion in zip(moves, parts[len(pairs) :], strict=True):
        unknowns = [(position[i, k], places[g](m), 1) for k, m in enumerate(allowed[i])]
        conditions.append(unknowns + _expanded(ring, expansion, allowed, position))
    rows: list[dict[int, Any]] = []
    for addends in conditions:
        polys = ring.canonical([poly for _, poly, _ in addends])
        found: dict[Monomial, dict[int, Any]] = {}
        for (n, _, sign), poly in zip(addends, polys, strict=True):
            for monomial, value in poly.items():
                row = found.setdefault(monomial, {})
                row[n] = row.get(n, 0) + sign * value
        rows += [{n: v for n, v in row.items() if v} for row in found.values()]
    return rows


def _expanded(
    ring: TermRing,
    expansion: Mapping[int, Any],
    allowed: Sequence[Sequence[sp.Expr]],
    position: Mapping[tuple[int, int], int],
) -> list[tuple[int, Poly, Any]]:
    """- sum_l c_l lambda_l"""
    return [
        (position[at, k], ring.polynomial(m), -factor)
        for at, factor in expansion.items()
        for k, m in enumerate(allowed[at])
    ]


def decompositions(condition: RelationCondition, fields: Sequence[VectorField]) -> list[dict[int, Any]]:
    """Each field as a combination of the generators with constant coefficients.

    Raises InvalidInput when one is none, as the generators are taken to be closed.
    """
    generators = condition.symmetry.generators
    variables = condition.jet.variables
    components = [[v[z] for z in variables] for v in (*generators, *fields)]
    ring = TermRing(
        variables,
        [
            *(f for row in components for f in row),
            *(f for image in condition.images for f in image.values()),
            *(entry for matrix in condition.representation.matrices for entry in matrix.values()),
        ],
    )
    polys = ring.canonical([ring.polynomial(f) for row in components for f in row])
    field = condition.field
    matrix: dict[Any, dict[int, Any]] = {}
    for n, poly in enumerate(polys):
        member, z = divmod(n, len(variables))
        for monomial, value in poly.items():
            number = field.from_sympy(ring.expression({(): value})) if value else field.zero
            matrix.setdefault((z, monomial), {})[member] = number
    reduced, pivots, _ = sdm_irref(dict(enumerate(matrix.values())))
    count = len(generators)
    if any(p >= count for p in pivots):
        raise InvalidInput(f"`{condition.symmetry}` does not close under the bracket and the maps.")
    return [
        {p: row[count + n] for row, p in zip(reduced.values(), pivots, strict=True) if row.get(count + n)}
        for n in range(len(fields))
    ]


@dataclass(frozen=True)
class _Hull:
    """The convex hull of exponent vectors."""

    points: list[dict[Any, Any]]
    names: Mapping[sp.Symbol, int]

    def select(self, monomials: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
        if not self.points:
            return ()
        axes = sorted({axis for point in self.points for axis in point}, key=str)
        matrix = np.array([[float(point.get(axis, 0)) for point in self.points] for axis in axes])
        matrix = matrix.reshape(len(axes), len(self.points))
        low, high = (bound(axis=1) if len(axes) else np.zeros(0) for bound in (matrix.min, matrix.max))
        matrix = np.vstack([matrix, np.ones(len(self.points))])
        kept = []
        for m in monomials:
            exponents = {self.names[z]: int(e) for z, e in m.as_powers_dict().items() if z != 1}
            if exponents.keys() - set(axes):
                continue
            target = np.array([float(exponents.get(axis, 0)) for axis in axes])
            if (target < low).any() or (target > high).any():
                continue
            answer = linprog(
                np.zeros(len(self.points)), A_eq=matrix, b_eq=np.append(target, 1.0), method="highs"
            )
            if answer.status != 2:  # infeasible; anything else leaves the monomial in
                kept.append(m)
        return tuple(kept)


def _hull(condition: RelationCondition, i: int) -> _Hull | None:
    """The shifts m'/m that a generator causes, or None where roots make monomials depend on each other."""
    ring = condition.ring
    derivation = Derivation(ring, condition.images[i])
    used = {at for _, term in condition.columns for m in ring.polynomial(term) for at, _ in m}
    shifts: dict[tuple[Any, ...], dict[Any, Any]] = {}
    for at in sorted(used):
        for monomial in derivation({((at, 1),): 1}):
            shift = dict(times(monomial, ((at, -1),)))
            shifts[tuple(sorted(shift.items()))] = shift
    for (a, b), entry in condition.representation.matrices[i].items():
        for monomial in ring.polynomial(entry):
            shift = dict(monomial)
            if a != b:
                # A component is counted as an axis of its own, named by a negative number.
                shift |= {-1 - a: 1, -1 - b: -1}
            shifts[tuple(sorted(shift.items()))] = shift
    if any(generator.kind == "power" for generator in ring.generators):
        return None
    names = {z: ring.index[z] for z in condition.symbols}
    return _Hull(list(shifts.values()), names)
