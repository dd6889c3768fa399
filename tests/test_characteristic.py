"""The characteristic polynomial from primes is the one that SymPy expands."""

from __future__ import annotations

import random

import pytest
import sympy as sp

from symeq.exact.characteristic import characteristic_polynomial


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 11])
def test_it_is_the_determinant_of_s_minus_a(size: int) -> None:
    draw = random.Random(size)
    for _ in range(4):
        matrix = sp.Matrix(
            size,
            size,
            lambda i, j: sp.Rational(draw.randint(-9, 9), draw.randint(1, 4)) if draw.random() < 0.4 else 0,
        )
        columns = [
            {i: sp.QQ(int(matrix[i, j].p), int(matrix[i, j].q)) for i in range(size) if matrix[i, j] != 0}
            for j in range(size)
        ]
        assert characteristic_polynomial(columns) == matrix.charpoly().all_coeffs()


def test_large_entries_need_several_primes() -> None:
    big = 10**40 + 7
    assert characteristic_polynomial([{0: big}, {1: -big, 0: 1}]) == [1, 0, -(big**2)]
