"""How many invariants there are: the dimension of the jet minus that of the orbits, modulo two primes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from sympy import Expr, S, Symbol

from symeq.exact.modular import PRIMES, modular_rank
from symeq.invariants.action import Action
from symeq.invariants.equivariant.condition import values_at_points
from symeq.terms import Derivation, TermRing

POINTS = 2  # random points for each prime


@dataclass(frozen=True)
class Counts:
    """Dimensions by order k = 0 .. n: of J^k, of its generic orbits, and the number of invariants N_k.

    N_k = dim J^k - rank (v^z)(p) at a generic point p

    The rank at any point, modulo any prime, is never above the generic rank, so that N_k is an upper bound;
    as many independent invariants that are proven to be annihilated show that it is attained.
    """

    jet: tuple[int, ...]
    orbit: tuple[int, ...]
    invariants: tuple[int, ...]


def counts(action: Action, order: int, seed: int = 0) -> Counts:
    """Count the invariants of an action order by order; the ranks modulo two primes have to agree.

    >>> from symeq.geometry import Jet
    >>> from symeq.geometry.groups import rotation, translation
    >>> plane = rotation("x", "u") + translation("x", "u")
    >>> counts(Action.on_jet(Jet("x", "u"), plane, 3), 3).invariants
    (0, 0, 1, 2)
    """
    rows = [
        [action.ring.polynomial(field[z]) if z in field else {} for z in action.coordinates]
        for field in action.fields
    ]
    widths = [sum(k <= n for k in action.orders) for n in range(order + 1)]
    columns = [[at for at, k in enumerate(action.orders) if k <= n] for n in range(order + 1)]
    draw = random.Random(seed)
    by_prime = []
    for skip in range(len(PRIMES)):
        highest = [0] * (order + 1)
        for prime, values in islice(values_at_points(action.ring, rows, draw, skip), POINTS):
            matrix = np.array(values, dtype=np.int64).reshape(len(rows), len(action.coordinates))
            for n, kept in enumerate(columns):
                if rows and kept:
                    highest[n] = max(highest[n], modular_rank(matrix[:, kept], prime))
        by_prime.append(highest)
    ranks = [max(pair) for pair in zip(*by_prime, strict=True)]
    left = tuple(width - rank for width, rank in zip(widths, ranks, strict=True))
    return Counts(tuple(widths), tuple(ranks), left)


def jacobian_ranks(
    coordinates: Sequence[Symbol], functions: Sequence[Expr], seed: int = 0
) -> tuple[int, ...]:
    """The rank of (d I / d z) at random points, the highest modulo each of two primes.

    >>> from sympy.abc import x, y
    >>> jacobian_ranks((x, y), (x + y, (x + y) ** 2, x * y))
    (2, 2)
    """
    if not functions:
        return (0,) * len(PRIMES)
    ring = TermRing(coordinates, functions)
    polys = [ring.polynomial(f) for f in functions]
    slopes = [Derivation(ring, {z: S.One}) for z in coordinates]
    rows = [[d(poly) for d in slopes] for poly in polys]
    draw = random.Random(seed)
    ranks = []
    for skip in range(len(PRIMES)):
        points = islice(values_at_points(ring, rows, draw, skip), POINTS)
        ranks.append(max((modular_rank(np.array(v, dtype=np.int64), p) for p, v in points), default=0))
    return tuple(ranks)
