"""The condition that a vector is carried along: v(E) = M E + A for fields, E(g z) = R E(z) + B for maps."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sympy as sp

from symeq.exact.modular import PRIMES, ModularEchelon, modular_null_space, modular_rank
from symeq.geometry.calculus import exact_expression
from symeq.terms import Derivation, ModularPoint, Poly, TermRing, add, multiply
from symeq.terms.points import TRIES, NoImage

Vector = tuple[sp.Expr, ...]

POINTS = 2  # random points for each prime at which a rank is taken


@dataclass(frozen=True)
class Motion:
    """What one vector field or map does to the coordinates, and what it asks of a vector E there.

    images: v(z) of a field, zeros left out, or g z of a map, fixed coordinates left out.
    mixing, shift: M and A of v(E) = M E + A, or of E(g z) = M E(z) + A.
    """

    images: Mapping[sp.Symbol, sp.Expr]
    mixing: tuple[Vector, ...]
    shift: Vector
    is_map: bool = False

    @property
    def expressions(self) -> Iterator[sp.Expr]:
        """Everything in it that has to be read as a term."""
        yield from self.images.values()
        yield from (entry for row in self.mixing for entry in row)
        yield from self.shift


@dataclass(frozen=True)
class Equivariance:
    """The condition on vectors E = (E^1 .. E^m), one motion for each generator and map.

        v(E^a) = sum_b M_v[a, b] E^b + A_v[a],     E^a(g z) = sum_b R_g[a, b] E^b(z) + B_g[a]

    coordinates: what E may depend on; every motion carries them into themselves.
    size: the number m of components.

    >>> x, y = sp.symbols("x y")
    >>> turn = Motion({x: -y, y: x}, ((0, -1), (1, 0)), (0, 0))
    >>> plane = Equivariance((x, y), 2, (turn,))
    >>> plane.holds((x, y)), plane.holds((y, x))
    (True, False)
    """

    coordinates: tuple[sp.Symbol, ...]
    size: int
    motions: tuple[Motion, ...]

    def ring(self, *vectors: Sequence[sp.Expr]) -> TermRing:
        """A ring that holds the motions and these vectors with their images."""
        found: list[sp.Expr] = [exact_expression(e) for motion in self.motions for e in motion.expressions]
        flat = [exact_expression(e) for vector in vectors for e in vector]
        moved = [e.subs(m.images, simultaneous=True) for m in self.motions if m.is_map for e in flat]
        return TermRing(self.coordinates, [*found, *flat, *moved])

    @property
    def affine(self) -> bool:
        """Whether some motion asks for a shift."""
        return any(entry != 0 for motion in self.motions for entry in motion.shift)

    def homogeneous(self, size: int | None = None) -> Equivariance:
        """The same without shifts; for another size that of invariants, M = 0 for fields and 1 for maps."""
        motions = []
        for motion in self.motions:
            mixing = motion.mixing
            m = self.size if size is None else size
            if size is not None:
                mixing = tuple(
                    tuple(sp.Integer(motion.is_map and a == b) for b in range(m)) for a in range(m)
                )
            motions.append(Motion(motion.images, mixing, (sp.S.Zero,) * m, motion.is_map))
        return Equivariance(self.coordinates, self.size if size is None else size, tuple(motions))

    def residuals(self, vector: Sequence[sp.Expr], ring: TermRing | None = None) -> Iterator[Poly]:
        """M E + A - v(E) for every motion and component, exactly zero if and only if empty."""
        ring = self.ring(vector) if ring is None else ring
        polys = [ring.polynomial(exact_expression(e)) for e in vector]
        for motion in self.motions:
            derivation = None if motion.is_map else Derivation(ring, motion.images)
            for a, e in enumerate(vector):
                image = (
                    derivation(polys[a])
                    if derivation is not None
                    else ring.polynomial(exact_expression(e).subs(motion.images, simultaneous=True))
                )
                parts = [multiply({(): -1}, image), ring.polynomial(exact_expression(motion.shift[a]))]
                for factor, poly in zip(motion.mixing[a], polys, strict=True):
                    if factor != 0:
                        parts.append(multiply(ring.polynomial(exact_expression(factor)), poly))
                yield ring.canonical([add(*parts)])[0]

    def holds(self, vector: Sequence[sp.Expr]) -> bool:
        """Whether a vector of any terms meets the condition, decided exactly."""
        return not any(self.residuals(vector))

    def bounds(self, variables: Sequence[sp.Symbol] | None = None) -> tuple[int, bool]:
        """The highest rank that vectors can have at a generic point, and whether the shifts allow any vector.

        A combination sum_v c_v v of the fields that vanishes at a point asks sum_v c_v (M_v E + A_v) = 0 of E
        there: vectors are fixed by the isotropy of the point.

        >>> x, y, z = sp.symbols("x y z")
        >>> around_z = Motion({x: -y, y: x}, ((0, -1, 0), (1, 0, 0), (0, 0, 0)), (0, 0, 0))
        >>> around_x = Motion({y: -z, z: y}, ((0, 0, 0), (0, 0, -1), (0, 1, 0)), (0, 0, 0))
        >>> around_y = Motion({x: -z, z: x}, ((0, 0, -1), (0, 0, 0), (1, 0, 0)), (0, 0, 0))
        >>> Equivariance((x, y, z), 3, (around_x, around_y, around_z)).bounds()
        (1, True)
        """
        ring = self.ring()
        fields = [m for m in self.motions if not m.is_map]
        among = self.coordinates if variables is None else tuple(variables)
        read = {e: ring.polynomial(exact_expression(e)) for m in fields for e in m.expressions}
        draw = random.Random(0)
        best, fewest, solvable = -1, self.size, True
        for skip in range(len(PRIMES) * POINTS if fields else 0):
            point = ModularPoint(ring, draw, skip=skip % len(PRIMES))
            value = {e: point(poly) for e, poly in read.items()}
            moves = np.array([[value.get(m.images.get(z), 0) for z in among] for m in fields], dtype=np.int64)
            null = modular_null_space(moves.T, point.prime)
            asked = [
                [
                    sum(int(c) * value[e] for c, e in zip(combination, entries, strict=True)) % point.prime
                    for entries in zip(*([*m.mixing[a], m.shift[a]] for m in fields), strict=True)
                ]
                for combination in null
                for a in range(self.size)
            ]
            matrix = np.array(asked, dtype=np.int64).reshape(len(asked), self.size + 1)
            rank = modular_rank(matrix[:, :-1], point.prime)
            generic = len(fields) - len(null)
            if generic > best or (generic == best and self.size - rank < fewest):
                best, fewest = generic, self.size - rank
                solvable = modular_rank(matrix, point.prime) == rank
        return fewest, solvable

    def rank(self, vectors: Sequence[Sequence[sp.Expr]]) -> int:
        """The generic rank of vectors: the highest rank at random points modulo two primes."""
        if not vectors:
            return 0
        ring = self.ring(*vectors)
        polys = [[ring.polynomial(exact_expression(e)) for e in vector] for vector in vectors]
        draw = random.Random(0)
        best = 0
        for skip in range(len(PRIMES)):
            for prime, values in islice(values_at_points(ring, polys, draw, skip), POINTS):
                rows = ModularEchelon(self.size, prime)
                for vector in values:
                    rows.grows_by(vector)
                best = max(best, rows.rank)
        return best


def values_at_points(
    ring: TermRing, vectors: Sequence[Sequence[Poly]], draw: random.Random, skip: int
) -> Iterator[tuple[int, list[list[int]]]]:
    """Yield primes and the values of vectors at random points, where every root of a coordinate has one.

    >>> z = sp.Symbol("z")
    >>> ring = TermRing([z], [z])
    >>> [[[value]]] = [v for _, v in islice(values_at_points(ring, [[{}]], random.Random(0), 0), 1)]
    >>> value
    0
    """
    for _ in range(TRIES):
        point = ModularPoint(ring, draw, skip=skip)
        with suppress(NoImage):
            yield point.prime, [[point(poly) for poly in vector] for vector in vectors]
