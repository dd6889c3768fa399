"""Linear algebra modulo a prime of 31 bits: it guides the exact work and counts, but proves nothing alone."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

import numpy as np
import numpy.typing as npt
import sympy as sp

from symeq.exact.vectors import Vector

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

# A product of 16 bits and 31 bits has 47, and floating point adds 2^6 of those exactly.
PANEL = 48
CHUNK = 256  # rows that are updated together: what a processor keeps at hand

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

    def copy(self) -> ModularEchelon:
        """The same rows, to go on from."""
        twin = ModularEchelon(self._rows.shape[1], self.prime)
        twin._rows, twin._pivots = self._rows.copy(), list(self._pivots)
        return twin

    def _rest(self, row: npt.ArrayLike) -> IntArray:
        """What the rows before leave of a row."""
        p = self.prime
        new = np.array(row, dtype=np.int64) % p
        return (new - _times(new[self._pivots], self._rows[: self.rank], p)) % p

    def would_grow_by(self, row: npt.ArrayLike) -> bool:
        """Say whether a row is independent of those before."""
        return bool(self._rest(row).any())

    def grows_by(self, row: npt.ArrayLike) -> bool:
        """Take a row in; say whether it is independent of those before."""
        p, rank = self.prime, self.rank
        known = self._rows[:rank]
        new = self._rest(row)
        at = np.flatnonzero(new)
        if not at.size:
            return False
        pivot = int(at[0])
        new = new * pow(int(new[pivot]), -1, p) % p
        others = np.flatnonzero(known[:, pivot])
        known[others] = (known[others] - known[others, pivot][:, None] * new % p) % p
        if rank == len(self._rows):
            room = np.zeros((max(8, rank), len(new)), dtype=np.int64)
            self._rows = np.vstack([self._rows, room])
        self._rows[rank] = new
        self._pivots.append(pivot)
        return True


def _times(factors: IntArray, rows: IntArray, prime: int) -> IntArray:
    """factors @ rows modulo p; halves of 16 bits keep sums of 2^15 products inside 63 bits."""
    high = (factors >> 16) @ rows % prime
    return ((high << 16) + (factors & 0xFFFF) @ rows) % prime


def reduced_echelon(matrix: IntArray, prime: int) -> tuple[IntArray, tuple[int, ...]]:
    """Return the non-zero rows of the reduced row echelon form modulo p, and the columns of its pivots.

    matrix: (row, column), whole numbers.

    Elimination goes by panels of columns: only the panel is eliminated column by column, all the rest
    follows by one product of matrices.

    >>> reduced_echelon(np.array([[1, 2], [2, 4]]), PRIMES[0])
    (array([[1, 2]]), (0,))
    """
    rows = np.array(matrix, dtype=np.int64) % prime
    pivots: list[int] = []
    for left in range(0, rows.shape[1], PANEL):
        done, right = len(pivots), left + PANEL
        if done == rows.shape[0]:
            break
        panel = rows[done:, left:right]
        order, found = _pivots(panel.copy(), prime)
        if not found:
            continue
        rows[done:] = rows[done:][order]
        new = rows[done : done + len(found)]
        columns = [left + k for k in found]
        inverse = _inverse(new[:, columns], prime)
        new[:, left:] = _product(inverse, new[:, left:].astype(np.float64), prime)
        for others in (rows[:done], rows[done + len(found) :]):
            _eliminate(others[:, left:], found, new[:, left:], prime)
        pivots += columns
    return rows[: len(pivots)], tuple(pivots)


def _pivots(panel: IntArray, prime: int) -> tuple[IntArray, list[int]]:
    """An order of the rows in which the first have pivots, and their columns; the panel is overwritten."""
    order = np.arange(len(panel))
    found: list[int] = []
    for column in range(panel.shape[1]):
        done = len(found)
        candidates = np.flatnonzero(panel[done:, column])
        if not candidates.size:
            continue
        pivot = done + int(candidates[0])
        for array in (panel, order):
            array[[done, pivot]] = array[[pivot, done]]
        below = done + candidates[1:]
        first = panel[done, column:] * pow(int(panel[done, column]), -1, prime) % prime
        factors = panel[below, column][:, None]
        panel[below, column:] = (panel[below, column:] - factors * first % prime) % prime
        found.append(column)
        if len(found) == len(panel):
            break
    return order, found


def _inverse(square: IntArray, prime: int) -> IntArray:
    """The inverse of a small matrix modulo p."""
    size = len(square)
    rows = np.hstack([square, np.eye(size, dtype=np.int64)])
    for k in range(size):
        pivot = k + int(np.flatnonzero(rows[k:, k])[0])
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k] = rows[k] * pow(int(rows[k, k]), -1, prime) % prime
        factors = rows[:, k].copy()
        factors[k] = 0
        rows = (rows - factors[:, None] * rows[k] % prime) % prime
    return rows[:, size:]


def _eliminate(others: IntArray, pivots: list[int], rows: IntArray, prime: int) -> None:
    """Subtract from the other rows, in place, what clears their pivot columns."""
    concerned = np.flatnonzero(others[:, pivots].any(axis=1))
    factor = rows.astype(np.float64)
    for at in range(0, len(concerned), CHUNK):
        chunk = concerned[at : at + CHUNK]
        here = others[chunk]
        others[chunk] = (here - _product(here[:, pivots], factor, prime)) % prime


def _product(left: IntArray, factor: FloatArray, prime: int) -> IntArray:
    """left @ factor modulo p in floating point, exactly, for up to PANEL columns of `left`."""
    high = ((left >> 16).astype(np.float64) @ factor).astype(np.int64) % prime
    low = ((left & 0xFFFF).astype(np.float64) @ factor).astype(np.int64)
    return ((high << 16) + low) % prime


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
