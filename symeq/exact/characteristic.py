"""Characteristic polynomials of rational matrices, exactly, from their images modulo enough primes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import isqrt, lcm
from typing import Any

import numpy as np
import sympy as sp
from sympy.ntheory.modular import crt

from symeq.exact.modular import IntArray, primes


def characteristic_polynomial(
    columns: Sequence[Mapping[int, Any]], check: Callable[[], None] = lambda: None
) -> list[sp.Rational]:
    """Return the coefficients of det(s - A), the highest first.

    columns: the columns of A as sparse vectors of rational numbers.
    check: called before each prime.

    The coefficients of an integer matrix are sums of principal minors, whence (Hadamard) bounded by the
    product of 1 + |row|; primes are taken until their product exceeds twice that.

    >>> characteristic_polynomial([{1: sp.QQ(2)}, {0: sp.QQ(1)}])
    [1, 0, -2]

    Source: Cohen, A Course in Computational Algebraic Number Theory (1993), algorithm 2.2.9.
    """
    size = len(columns)
    entries = [sp.QQ.convert(v) for column in columns for v in column.values()]
    scale = reduce(lcm, (int(v.denominator) for v in entries), 1)
    matrix = [[0] * size for _ in range(size)]
    for j, column in enumerate(columns):
        for i, value in column.items():
            value = sp.QQ.convert(value)
            matrix[i][j] = int(value.numerator) * (scale // int(value.denominator))
    bound = 2
    for row in matrix:
        bound *= 2 + isqrt(sum(v * v for v in row))
    product, moduli, residues = 1, [], []
    for prime in primes():
        check()
        image = np.array([[v % prime for v in row] for row in matrix], dtype=np.int64).reshape(size, size)
        residues.append(_modulo(image, prime))
        moduli.append(prime)
        product *= prime
        if product > bound:
            break
    found = []
    for k in range(size + 1):
        value = int(crt(moduli, [int(r[k]) for r in residues])[0])
        value = value - product if 2 * value > product else value
        found.append(sp.Rational(value, scale**k))
    return found


def _modulo(matrix: IntArray, prime: int) -> list[int]:
    """The characteristic polynomial modulo p, by the Hessenberg form, the highest coefficient first."""
    size = len(matrix)
    for m in range(1, size - 1):
        below = np.flatnonzero(matrix[m:, m - 1])
        if not below.size:
            continue
        pivot = m + int(below[0])
        if pivot != m:
            matrix[[pivot, m]] = matrix[[m, pivot]]
            matrix[:, [pivot, m]] = matrix[:, [m, pivot]]
        others = m + 1 + np.flatnonzero(matrix[m + 1 :, m - 1])
        factors = matrix[others, m - 1] * pow(int(matrix[m, m - 1]), -1, prime) % prime
        matrix[others] = (matrix[others] - factors[:, None] * matrix[m] % prime) % prime
        for at, factor in zip(others, factors, strict=True):
            matrix[:, m] = (matrix[:, m] + int(factor) * matrix[:, at] % prime) % prime
    polynomials = [np.array([1], dtype=np.int64)]
    for m in range(size):
        last = polynomials[m]
        new = np.zeros(m + 2, dtype=np.int64)
        new[1:] = last
        new[:-1] = (new[:-1] - int(matrix[m, m]) * last % prime) % prime
        factor = 1
        for i in range(1, m + 1):
            factor = factor * int(matrix[m - i + 1, m - i]) % prime
            if not factor:
                break
            entry = factor * int(matrix[m - i, m]) % prime
            lower = polynomials[m - i]
            new[: len(lower)] = (new[: len(lower)] - entry * lower % prime) % prime
        polynomials.append(new)
    return [int(v) for v in polynomials[size][::-1]]
