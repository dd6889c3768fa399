"""Factors: polynomials that fields multiply by a cofactor, and how many invariants their products give."""

from __future__ import annotations

import random
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, I, S, exp

from symeq.errors import InvalidInput
from symeq.exact.modular import PRIMES, ModularEchelon, modular_rank
from symeq.invariants.cofactors import Cofactors
from symeq.terms import Derivation, ModularPoint, Poly
from symeq.terms.points import TRIES, NoImage


@dataclass(frozen=True)
class Factor:
    """A function with a cofactor: v(f) = lambda_v f, or for an additive one v(g) = lambda_v.

    weights: the m of lambda = sum_i m_i lambda^i in the basis of cofactors.
    order: that of the highest derivative in it.
    """

    expression: Expr
    poly: Poly
    weights: tuple[Any, ...]
    order: int
    additive: bool = False

    @property
    def absolute(self) -> bool:
        """Whether it is an invariant by itself."""
        return all(not w for w in self.weights)

    @property
    def degree(self) -> Any:
        """Of its highest monomial."""
        return max((sum(abs(Fraction(e)) for _, e in m) for m in self.poly), default=0)

    @property
    def key(self) -> tuple[Any, ...]:
        """By order, then degree, then length."""
        text = str(self.expression)
        signs = sum(text.count(s) for s in "-/")
        functions = int(self.expression.count(exp)) + int(self.expression.count(I))
        names = sorted(self.poly)
        return self.order, self.additive, self.degree, functions, len(self.poly), signs, len(text), names


class Pool:
    """Factors that are independent of each other, and the number of invariants among their products.

        prod_i f_i^{e_i} is invariant  <=>  sum_i e_i m_i = 0,   count = rank [d log f | m] - rank m

    taken at a random point modulo each of two primes.
    """

    def __init__(self, cofactors: Cofactors, seed: int = 0) -> None:
        self.cofactors = cofactors
        action = cofactors.action
        ring = action.ring
        draw = random.Random(seed)
        self.points = [ModularPoint(ring, draw, skip=skip) for skip in range(len(PRIMES))]
        self.slopes = [(z, Derivation(ring, {z: S.One})) for z in action.coordinates]
        self.width = len(self.slopes) + len(cofactors.basis)
        self.rows = [ModularEchelon(self.width, point.prime) for point in self.points]
        self.factors: list[Factor] = []

    def copy(self) -> Pool:
        """The same factors at the same points, to go on from."""
        twin = copy(self)
        twin.rows = [rows.copy() for rows in self.rows]
        twin.factors = list(self.factors)
        return twin

    @property
    def weight_rank(self) -> int:
        """The rank of the cofactors of the factors."""
        size = len(self.cofactors.basis)
        if not size or not self.factors:
            return 0
        return max(
            modular_rank(
                np.array([[p.constants.value(w) for w in f.weights] for f in self.factors], dtype=np.int64),
                p.prime,
            )
            for p in self.points
        )

    @property
    def count(self) -> int:
        """The number of independent invariants among the products."""
        return len(self.factors) - self.weight_rank

    def row(self, factor: Factor, point: ModularPoint) -> list[int]:
        """(d log f | m) modulo a prime."""
        symbols = factor.expression.free_symbols
        p = point.prime
        scale = 1 if factor.additive else pow(point(factor.poly), -1, p)
        slopes = [
            point(derivative(factor.poly)) * scale % p if z in symbols else 0 for z, derivative in self.slopes
        ]
        return [*slopes, *(point.constants.value(w) for w in factor.weights)]

    def take(self, factor: Factor) -> bool:
        """Take a factor in if it is independent of those before; say whether it was."""
        try:
            grown = [
                rows.grows_by(self.row(factor, point))
                for rows, point in zip(self.rows, self.points, strict=True)
            ]
        except (NoImage, ValueError):
            return False
        if any(grown):
            self.factors.append(factor)
        return any(grown)

    def would_take(self, factor: Factor) -> bool:
        """Whether a factor is independent of those taken."""
        point, rows = self.points[0], self.rows[0]
        try:
            row = self.row(factor, point)
        except (NoImage, ValueError):
            return False
        return rows.would_grow_by(row)


def at_points_of(cofactors: Cofactors, polys: Sequence[Poly]) -> Pool:
    """A pool at points where these terms have values."""
    for seed in range(TRIES):
        pool = Pool(cofactors, seed)
        try:
            if all(point(poly) for poly in polys for point in pool.points):
                return pool
        except NoImage:
            continue
    raise InvalidInput("the terms given have no values modulo a prime.")
