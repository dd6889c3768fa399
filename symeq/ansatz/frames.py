"""The vectors E_j of a law F = F0 + sum_j G_j(I) E_j: how leads transform, and frames beyond polynomials."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sympy as sp

from symeq.ansatz.constraints import SymmetryCondition
from symeq.errors import InvalidInput
from symeq.exact import Inconsistent, Row, solve_affine
from symeq.exact.modular import PRIMES, modular_rank
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry
from symeq.invariants.equivariant.condition import POINTS, Equivariance, Motion, Vector, values_at_points
from symeq.invariants.equivariant.factors import vectors_with_factors
from symeq.invariants.equivariant.vectors import EquivariantVectors, equivariant_vectors
from symeq.terms import Poly, add

ELEMENTS = 64  # maps that a few maps may generate
CANDIDATES = 400  # products of invariants and vectors that are combined to meet the maps


def free_coordinates(jet: Jet, leads: Sequence[sp.Symbol], order: int) -> tuple[sp.Symbol, ...]:
    """What a right-hand side may depend on: coordinates up to an order, no leads or derivatives of leads.

    >>> jet = Jet("t x", "u")
    >>> free_coordinates(jet, [jet["u_t"]], 2)
    (t, x, u, u_x, u_xx)
    """
    return tuple(c for c in jet.with_order(order).coordinates if not is_principal(jet, leads, c))


def lead_condition(jet: Jet, leads: Sequence[sp.Symbol], symmetry: Symmetry, order: int) -> Equivariance:
    """How right-hand sides F_a of L_a = F_a transform, on the coordinates that F may depend on.

        v(F_a) = A_a + sum_b M_ab F_b,     F_a(g z) = B_a + sum_b R_ab F_b

    order: of the highest derivative in F; leads and derivatives of leads are left out.
    Raises InvalidInput where the condition is not affine in F.

    >>> from symeq.geometry.groups import boost
    >>> jet = Jet("t x", "u")
    >>> [motion] = lead_condition(jet, [jet["u_t"]], boost("x", "u").on(jet), 1).motions
    >>> motion.mixing, motion.shift
    (((0,),), (-u_x,))
    """
    coordinates = free_coordinates(jet, leads, order)
    try:
        condition = SymmetryCondition(jet, leads, symmetry, coordinates)
    except InvalidInput as error:
        raise InvalidInput(f"{error} Or state the law as an equation: use implicit_ansatz.") from None
    ring = condition.ring
    motions = []
    for action in condition.actions:
        source = action.source
        is_map = isinstance(source, PointMap)
        images = (
            source.prolong_on(jet, coordinates)
            if isinstance(source, VectorField)
            else {z: f for z, f in source.prolong(jet, coordinates).items() if f != z}
        )
        mixing = tuple(
            tuple(ring.expression(row.get(b, {})) for b in range(len(leads))) for row in action.mixing
        )
        motions.append(Motion(images, mixing, tuple(map(ring.expression, action.shifts)), is_map))
    # The shift of a boost, -u_x, may be of higher order than F: then no F will do.
    symbols = {s for m in motions for e in m.expressions for s in e.free_symbols if jet.is_coordinate(s)}
    further = sorted(symbols.difference(coordinates), key=lambda s: s.name)
    return Equivariance((*coordinates, *further), len(leads), tuple(motions))


@dataclass(frozen=True)
class Frame:
    """Vectors E_j, their generic rank, and the highest rank that the symmetry leaves possible."""

    vectors: tuple[Vector, ...]
    rank: int
    most: int
    notes: tuple[str, ...]


def completed_frame(
    condition: Equivariance,
    found: EquivariantVectors,
    maps: Equivariance,
    *,
    variables: Sequence[sp.Symbol],
    relative: Sequence[sp.Expr] = (),
    invariants: Sequence[sp.Expr] = (),
    degree: int = 4,
    budget: float | None = 60,
) -> Frame:
    """Complete polynomial vectors by roots and quotients of relative invariants, and for maps by invariants.

        E = N prod_i f_i^{e_i}   for the fields,     E = sum_{j,k} c_{jk} J_k E_j   for the maps

    condition, found: what is asked, and the polynomial vectors that meet it.
    maps: the condition of every element of the group that the maps generate (no fields).
    variables: the coordinates that E may depend on.
    relative, invariants: relative invariants, and invariants J of the fields alone.

    The rank that maps leave possible is that of the vectors fixed by those which leave every J unchanged.
    """
    if found.rank == found.most:
        return Frame(found.vectors, found.rank, found.most, ())
    deadline = None if budget is None else time.monotonic() + budget

    def left() -> float | None:
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    vectors = list(found.vectors)
    vectors += vectors_with_factors(
        condition, relative, degree=degree, known=vectors, budget=left(), variables=variables
    )
    rank, most = condition.rank(vectors), found.most
    if rank < most and any(motion.is_map for motion in condition.motions):
        fields = tuple(motion for motion in condition.motions if not motion.is_map)
        connected = Equivariance(condition.coordinates, condition.size, fields).homogeneous()
        of_fields = equivariant_vectors(
            connected, degree=degree, minimal=True, budget=left(), variables=variables
        )
        basis = list(of_fields.vectors)
        if of_fields.rank < of_fields.most:
            basis += vectors_with_factors(
                connected, relative, degree=degree, known=basis, budget=left(), variables=variables
            )
        if connected.rank(basis) == of_fields.most:
            most = min(most, _fixed_rank(maps, basis, invariants))
        for vector in _combinations(condition, _products(basis, invariants)):
            grown = condition.rank([*vectors, vector])
            if grown > rank and rank < most:
                vectors.append(vector)
                rank = grown
    notes = () if rank == most else found.notes or (f"Vectors: rank {rank} of {most} was found.",)
    return Frame(tuple(vectors), rank, most, notes)


def _products(basis: Sequence[Vector], invariants: Sequence[sp.Expr]) -> list[Vector]:
    """The vectors themselves, times one invariant, and times two."""
    factors = [sp.S.One, *invariants]
    factors += [a * b for k, a in enumerate(invariants) for b in invariants[k:]]
    return [tuple(j * e for e in vector) for j in factors for vector in basis][:CANDIDATES]


def _combinations(condition: Equivariance, candidates: Sequence[Vector]) -> list[Vector]:
    """The combinations with constant coefficients that meet a condition, the shortest first."""
    if not candidates:
        return []
    plain = condition.homogeneous()
    ring = plain.ring(*candidates)
    residuals = [list(plain.residuals(vector, ring)) for vector in candidates]
    rows: list[Row] = []
    for entries in zip(*residuals, strict=True):
        polys: list[Poly] = ring.canonical(list(entries))
        for monomial in dict.fromkeys(m for poly in polys for m in poly):
            rows.append(({k: poly[monomial] for k, poly in enumerate(polys) if monomial in poly}, 0))
    answer = solve_affine(rows, len(candidates), field=ring.field)
    if isinstance(answer, Inconsistent):
        return []
    found = sorted(answer.basis, key=lambda v: (len(v), max(v)))
    return [
        tuple(sp.Add(*(c * candidates[k][a] for k, c in vector.items())) for a in range(condition.size))
        for vector in found
    ]


def elements(maps: Sequence[PointMap]) -> tuple[PointMap, ...]:
    """The maps that some maps generate, the identity left out; at most ELEMENTS of them.

    >>> mirror, turn = PointMap({"x": -sp.Symbol("x")}), PointMap({"x": sp.Symbol("y"), "y": sp.Symbol("x")})
    >>> len(elements([mirror, turn]))
    7
    """
    found = list(dict.fromkeys(g for g in maps if g.components))
    for g in found:
        for h in maps:
            image = g.compose(h)
            if image.components and image not in found and len(found) < ELEMENTS:
                found.append(image)
    return tuple(found)


def _fixed_rank(maps: Equivariance, basis: Sequence[Vector], invariants: Sequence[sp.Expr]) -> int:
    """How many combinations of a basis are left by the maps that leave every invariant unchanged.

    Over the field of invariants the others act as a Galois group, which takes nothing away (Speiser).
    """
    ring = maps.ring(*basis, invariants)
    draw = random.Random(0)
    still = []
    for motion in maps.motions:
        moved = (ring.polynomial(j.subs(motion.images, simultaneous=True)) for j in invariants)
        same = (ring.polynomial(j) for j in invariants)
        if all(not ring.canonical([_minus(a, b)])[0] for a, b in zip(moved, same, strict=True)):
            still.append(motion)
    if not still:
        return len(basis)
    kernel = Equivariance(maps.coordinates, maps.size, tuple(still)).homogeneous()
    residuals = [list(kernel.residuals(e, ring)) for e in basis]
    highest = 0
    for skip in range(len(PRIMES)):
        for prime, values in islice(values_at_points(ring, residuals, draw, skip), POINTS):
            highest = max(highest, modular_rank(np.array(values, dtype=np.int64), prime))
    return len(basis) - highest


def _minus(a: Poly, b: Poly) -> Poly:
    return add(a, {m: -c for m, c in b.items()})
