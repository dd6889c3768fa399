"""Linear algebra modulo a prime of 31 bits: it guides the exact work and counts, but proves nothing alone."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

import numpy as np
import numpy.typing as npt
import sympy as sp

from symeq.exact.vectors import Vector

IntArray = npt.NDArray[np.int64]

PRIMES = (2147483629, 2147483549)  # congruent to 1 modulo 4: -1 has a root; products of two stay in 63 bits


def primes() -> Iterator[int]:
    """PRIMES, then smaller primes congruent to 1 modulo 4, for constants that have no image modulo those.

    >>> found = primes()
    >>> [next(found) % 4 for _ in range(3)]
    [1, 1, 1]
    """
    yield from PRIMES
    below = min(PRIMES)
    while True:
        below = int(sp.prevprime(below))
        if below % 4 == 1:
            yield below


class ModularEchelon:
    """Rows in reduced echelon form modulo p, one at a time: does a row grow the rank?

    >>> rows = ModularEchelon(3, PRIMES[0])
    >>> [rows.grows_by(row) for row in ([1, 2, 3], [2, 4, 6], [0, 1, 1])], rows.rank
    ([True, False, True], 2)
    """

    def __init__(self, columns: int, prime: int) -> None:
        self.prime = prime
        self._rows = np.zeros((0, columns), dtype=np.int64)
        self._pivots: list[int] = []

    @property
    def rank(self) -> int:
        return len(self._pivots)

    def grows_by(self, row: npt.ArrayLike) -> bool:
        """Take a row in; say whether it is independent of those before."""
        p = self.prime
        new = np.array(row, dtype=np.int64) % p
        for known, pivot in zip(self._rows, self._pivots, strict=True):
            if new[pivot]:
                new = (new - new[pivot] * known % p) % p
        at = np.flatnonzero(new)
        if not at.size:
            return False
        new = new * pow(int(new[at[0]]), -1, p) % p
        self._rows = np.vstack([self._rows, new])
        self._pivots.append(int(at[0]))
        return True


def reduced_echelon(matrix: IntArray, prime: int) -> tuple[IntArray, tuple[int, ...]]:
    """Return the non-zero rows of the reduced row echelon form modulo p, and the columns of its pivots.

    matrix: (row, column), whole numbers.

    >>> reduced_echelon(np.array([[1, 2], [2, 4]]), PRIMES[0])
    (array([[1, 2]]), (0,))
    """
    rows = np.array(matrix, dtype=np.int64) % prime
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        done = len(pivots)
        if done == rows.shape[0]:
            break
        found = np.flatnonzero(rows[done:, column])
        if not found.size:
            continue
        pivot = done + int(found[0])
        if pivot != done:
            rows[[done, pivot]] = rows[[pivot, done]]
        rows[done, column:] = rows[done, column:] * pow(int(rows[done, column]), -1, prime) % prime
        others = np.flatnonzero(rows[:, column])
        others = others[others != done]
        factors = rows[others, column][:, None]
        rows[others, column:] = (rows[others, column:] - factors * rows[done, column:] % prime) % prime
        pivots.append(column)
    return rows[: len(pivots)], tuple(pivots)


def modular_rank(matrix: IntArray, prime: int) -> int:
    """Return the rank modulo p, which never exceeds the rank over Q.

    >>> modular_rank(np.array([[1, 2], [2, 4]]), PRIMES[0])
    1
    """
    return len(reduced_echelon(matrix, prime)[1])


def modular_null_space(matrix: IntArray, prime: int) -> IntArray:
    """Return a basis of the null space modulo p, (vector, column): one vector for each free column.

    >>> modular_null_space(np.array([[1, 2]]), PRIMES[0]) - np.array([[PRIMES[0], 0]])
    array([[-2,  1]])
    """
    reduced, pivots = reduced_echelon(matrix, prime)
    columns = np.asarray(matrix).shape[1]
    free = [k for k in range(columns) if k not in set(pivots)]
    basis = np.zeros((len(free), columns), dtype=np.int64)
    basis[np.arange(len(free)), free] = 1
    if pivots and free:
        basis[:, list(pivots)] = -reduced[:, free].T % prime
    return basis


def rational(residue: int, prime: int) -> sp.Rational | None:
    """Return the fraction n/d = residue mod p with |n|, d <= sqrt(p/2), or None: a guess to be certified.

    >>> rational(pow(3, -1, PRIMES[0]) * 2 % PRIMES[0], PRIMES[0])
    2/3

    Source: Wang, Guy, Davenport, P-adic reconstruction of rational numbers, SIGSAM Bulletin 16 (1982).
    """
    bound = isqrt(prime // 2)
    before, remainder = (prime, 0), (residue % prime, 1)
    while remainder[0] > bound:
        quotient = before[0] // remainder[0]
        before, remainder = (
            remainder,
            (
                before[0] - quotient * remainder[0],
                before[1] - quotient * remainder[1],
            ),
        )
    numerator, denominator = remainder
    if abs(denominator) > bound or denominator == 0:
        return None
    return sp.Rational(numerator, denominator)


def rational_vector(residues: IntArray, prime: int) -> Vector | None:
    """Return a sparse vector of fractions with these residues, or None where one has no small fraction.

    >>> rational_vector(np.array([0, 1, PRIMES[0] - 2]), PRIMES[0])
    {1: 1, 2: -2}
    """
    vector: Vector = {}
    for k in np.flatnonzero(residues):
        value = rational(int(residues[k]), prime)
        if value is None:
            return None
        vector[int(k)] = value
    return vector
