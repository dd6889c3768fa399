"""Many random points of the solution manifold modulo a prime, with the values of terms at all of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import sympy as sp

from symeq.errors import InvalidInput
from symeq.exact.modular import primes
from symeq.terms import ModularField, ModularPoint, Poly, TermRing
from symeq.terms.points import NoImage

IntArray = npt.NDArray[np.int64]

TRIES = 300  # points drawn for each that is wanted, where roots must have values


class Cloud:
    """Values of the polynomials of a ring at random points modulo a prime; constants are the same at all.

    ring: all polynomials to be evaluated are made before. Raises InvalidInput where no prime and points are
    found at which everything has a value.

    >>> x, u = sp.symbols("x u")
    >>> ring = TermRing([x, u], [u * sp.exp(x)])
    >>> one, two = ring.polynomial(u * sp.exp(x)), ring.polynomial(2 * u * sp.exp(x))
    >>> values = Cloud(ring, seed=0).values([one, two], 5)
    >>> values.shape, bool((values[1] == 2 * values[0] % Cloud(ring, seed=0).prime).all())
    ((2, 5), True)
    """

    def __init__(
        self, ring: TermRing, *, seed: int, skip: int = 0, known: Mapping[sp.Symbol, int] | None = None
    ) -> None:
        self.ring, self._random = ring, random.Random(seed)
        self._skip = skip
        for place, prime in enumerate(primes()):
            if place > TRIES:
                raise InvalidInput(f"the constants of {ring.field} have no value modulo any prime tried.")
            if place < skip:
                continue
            try:
                self.constants = ModularField(ring.field, prime, self._random, known)
            except NoImage:
                continue
            self.prime = prime
            return

    def values(self, polys: Sequence[Poly], count: int) -> IntArray:
        """Return the values of polynomials at new points, (polynomial, point)."""
        whole = all(isinstance(e, int) for poly in polys for monomial in poly for _, e in monomial)
        if whole and all(g.kind == "coordinate" for g in self.ring.generators):
            try:
                return self._together(polys, count)
            except NoImage:
                raise InvalidInput("a constant of the equations has no value modulo a prime.") from None
        return self._one_by_one(polys, count)

    def _together(self, polys: Sequence[Poly], count: int) -> IntArray:
        p = self.prime
        powers: dict[tuple[int, int], IntArray] = {}

        def power(i: int, exponent: int) -> IntArray:
            if (i, exponent) not in powers:
                if exponent == 1:
                    drawn = [self._random.randrange(1, p) for _ in range(count)]
                    powers[i, 1] = np.array(drawn, dtype=np.int64)
                elif exponent < 0:
                    powers[i, exponent] = _power(power(i, 1), (p - 1 + exponent) % (p - 1), p)
                else:
                    powers[i, exponent] = power(i, exponent - 1) * power(i, 1) % p
            return powers[i, exponent]

        result = np.zeros((len(polys), count), dtype=np.int64)
        for row, poly in enumerate(polys):
            total = result[row]
            for monomial, coefficient in poly.items():
                term = np.full(count, self.constants.value(coefficient), dtype=np.int64)
                for i, exponent in monomial:
                    term = term * power(i, int(exponent)) % p
                total += term
                total %= p
        return result

    def _one_by_one(self, polys: Sequence[Poly], count: int) -> IntArray:
        columns: list[list[int]] = []
        known = {s: int(v) for s, v in self.constants.parameters.items()}
        for _ in range(count * TRIES):
            if len(columns) == count:
                break
            point = ModularPoint(self.ring, self._random, skip=self._skip, known=known)
            if point.prime != self.prime:
                continue
            try:
                columns.append([point(poly) for poly in polys])
            except NoImage:
                continue
        if len(columns) < count:
            raise InvalidInput("no points were found at which all roots of the equations have values.")
        return np.array(columns, dtype=np.int64).reshape(count, len(polys)).T


def _power(base: IntArray, exponent: int, prime: int) -> IntArray:
    result = np.ones_like(base)
    while exponent:
        if exponent & 1:
            result = result * base % prime
        base = base * base % prime
        exponent >>= 1
    return result


def modular_product(a: IntArray, b: IntArray, prime: int) -> IntArray:
    """Return a b modulo p; halves of 16 bits keep sums of up to 2^15 products in 63 bits.

    >>> modular_product(np.array([[2**30, 1]]), np.array([[2], [3]]), 2147483629)
    array([[22]])
    """
    high, low = a >> 16, a & 0xFFFF
    return ((high @ b % prime << 16) % prime + low @ b % prime) % prime
