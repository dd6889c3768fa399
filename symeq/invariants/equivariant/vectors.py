"""Polynomial vectors that a group carries along, by degree, until they span all there are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from symeq.errors import InvalidInput
from symeq.invariants.equivariant.coefficients import Coefficients, Unknown
from symeq.invariants.equivariant.condition import Equivariance, Vector
from symeq.terms import ModularField
from symeq.terms.polynomials import times

OVERCOMPLETE = 2  # times as many vectors as components are kept where the last degree has more than needed
PRODUCTS = 4_000  # products of invariants and vectors of lower degree that are compared with new vectors


@dataclass(frozen=True)
class EquivariantVectors:
    """The vectors that were found, by degree: E = fixed + sum_j G_j E_j with invariants G_j.

    fixed: a particular solution (None when there is none up to `degree`).
    vectors, degrees: the generators; none is a combination of those of lower degree with polynomial
    invariants as coefficients.
    rank, most: their generic rank, and the highest that is possible (see `Equivariance.bounds`).
    solvable: False when no function at all could serve as `fixed`.
    degree: the degree up to which all were found; notes: what ran out.
    """

    size: int
    fixed: Vector | None
    vectors: tuple[Vector, ...]
    degrees: tuple[int, ...]
    rank: int
    most: int
    solvable: bool
    degree: int
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every vector that meets the condition is a combination of these."""
        return self.fixed is not None and self.rank == self.most


def equivariant_vectors(
    condition: Equivariance,
    *,
    degree: int = 4,
    variables: Sequence[sp.Symbol] | None = None,
    minimal: bool = False,
    budget: float | None = 60,
) -> EquivariantVectors:
    """Find the polynomial vectors E that meet a condition, by degree, until they span at a generic point.

        sum_{b, m} c_{b, m} (v(z^m) delta_ab - M_v[a, b] z^m) = A_v[a],   |m| = 0, 1, ..., degree

    Arguments: `degree`, the highest tried; `variables`, the coordinates that E may depend on (default: all);
    `minimal`, whether only vectors that raise the rank are kept,
    else all that the degree which completes the rank has, if these are not too many; `budget` in seconds.
    Raises InvalidInput for a negative degree.

    >>> from symeq.invariants.equivariant.condition import Motion
    >>> x, y = sp.symbols("x y")
    >>> turn = Motion({x: -y, y: x}, ((0, -1), (1, 0)), (0, 0))
    >>> equivariant_vectors(Equivariance((x, y), 2, (turn,))).vectors
    ((x, y), (-y, x))
    """
    if degree < 0:
        raise InvalidInput(f"the degree of equivariant vectors is a whole number, 0 or more; found {degree}.")
    deadline = None if budget is None else time.monotonic() + budget
    within = condition.coordinates if variables is None else tuple(variables)
    search = Coefficients(condition, within, deadline)
    scalars = Coefficients(condition.homogeneous(1), within, deadline)
    most, solvable = condition.bounds(within)
    span = _Span(search.constants)
    invariants: list[tuple[int, dict[Unknown, int]]] = []
    chosen: list[tuple[int, dict[Unknown, int]]] = []
    vectors: list[Vector] = []
    degrees: list[int] = []
    raising: list[bool] = []
    fixed: Vector | None = None if condition.affine else (sp.S.Zero,) * condition.size
    rank, reached, notes = 0, -1, []
    for d in range(degree + 1):
        note = search.extend(d)
        if note:
            notes.append(note)
            break
        if fixed is None:
            fixed = search.particular()
        found = sorted(search.solutions(d), key=search.key) if rank < most else []
        if found and chosen and d:
            lowest = min(degrees)
            while scalars.degree < d - lowest and not scalars.extend(scalars.degree + 1):
                fresh = scalars.solutions(scalars.degree)
                invariants += [(scalars.degree_of(f), scalars.residues(f)) for f in fresh]
            _take_products(span, invariants, chosen, d)
        for solution in found:
            residues = search.residues(solution)
            if span.grows_by(residues):
                vector = search.vector(solution)
                grown = condition.rank([*vectors, vector]) if rank < most else rank
                if minimal and grown == rank:
                    continue
                chosen.append((search.degree_of(solution), residues))
                degrees.append(chosen[-1][0])
                vectors.append(vector)
                raising.append(grown > rank)
                rank = grown
        if len(vectors) > OVERCOMPLETE * condition.size and rank == most:
            kept = [raises or e < degrees[-1] for raises, e in zip(raising, degrees, strict=True)]
            vectors = [vector for vector, keep in zip(vectors, kept, strict=True) if keep]
            degrees = [e for e, keep in zip(degrees, kept, strict=True) if keep]
        reached = d
        if rank == most and (fixed is not None or not solvable):
            break
        if search.late():
            notes.append(f"The time was used up after degree {d}.")
            break
    else:
        found_so_far = "no particular solution" if fixed is None else f"rank {rank} of {most}"
        notes.append(f"Vectors: {found_so_far} among polynomials of degree {degree} or less.")
    return EquivariantVectors(
        condition.size,
        fixed,
        tuple(vectors),
        tuple(degrees),
        rank,
        most,
        solvable,
        reached,
        tuple(notes),
    )


def polynomial_vectors(
    condition: Equivariance,
    degree: int,
    *,
    variables: Sequence[sp.Symbol] | None = None,
    budget: float | None = 60,
) -> tuple[Vector, ...]:
    """Return a basis of all polynomial vectors up to a degree that meet a condition without its shifts.

    Arguments: as `equivariant_vectors`. Returns nothing when there are too many terms or too little time.

    >>> from symeq.invariants.equivariant.condition import Motion
    >>> x, y = sp.symbols("x y")
    >>> turn = Motion({x: -y, y: x}, ((0,),), (0,))
    >>> polynomial_vectors(Equivariance((x, y), 1, (turn,)), 2)
    ((1,), (x**2 + y**2,))
    """
    deadline = None if budget is None else time.monotonic() + budget
    within = condition.coordinates if variables is None else tuple(variables)
    search = Coefficients(condition, within, deadline)
    if any(search.extend(d) for d in range(degree + 1)):
        return ()
    return tuple(search.vector(solution) for solution in sorted(search.solutions(0), key=search.key))


def _take_products(
    span: _Span,
    invariants: Sequence[tuple[int, dict[Unknown, int]]],
    chosen: Sequence[tuple[int, dict[Unknown, int]]],
    degree: int,
) -> None:
    """Put the products of polynomial invariants and vectors up to a degree into a span."""
    pairs = [
        (i, e)
        for at, i in invariants
        for below, e in chosen
        if at and below < degree and at + below <= degree
    ]
    for invariant, vector in pairs[:PRODUCTS]:
        span.grows_by(span.product(invariant, vector))


class _Span:
    """A linear span modulo a prime, sparse: does a vector lie in it?"""

    def __init__(self, constants: ModularField) -> None:
        self.prime = constants.prime
        self.rows: dict[Unknown, dict[Unknown, int]] = {}

    def product(self, invariant: Mapping[Unknown, int], vector: Mapping[Unknown, int]) -> dict[Unknown, int]:
        total: dict[Unknown, int] = {}
        for (_, m), c in invariant.items():
            for (a, n), d in vector.items():
                key = (a, times(m, n))
                total[key] = (total.get(key, 0) + c * d) % self.prime
        return total

    def grows_by(self, vector: Mapping[Unknown, int]) -> bool:
        p, row = self.prime, {k: c % self.prime for k, c in vector.items() if c % self.prime}
        while row:
            pivot = min(row)
            known = self.rows.get(pivot)
            if known is None:
                scale = pow(row[pivot], -1, p)
                self.rows[pivot] = {k: c * scale % p for k, c in row.items()}
                return True
            factor = row[pivot]
            for k, c in known.items():
                new = (row.get(k, 0) - factor * c) % p
                if new:
                    row[k] = new
                else:
                    row.pop(k, None)
        return False
