"""Linear algebra modulo a prime, held against the definitions in Python's unbounded integers."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from symeq.exact.modular import (
    PANEL,
    PRIMES,
    ModularEchelon,
    modular_null_space,
    modular_rank,
    primes,
    reduced_echelon,
)

# rows, columns, rank: smaller than a panel of the elimination, across one, across several, degenerate
SHAPES = (
    (1, 1, 1),
    (4, 7, 2),
    (PANEL, PANEL, PANEL),
    (PANEL + 1, PANEL + 1, PANEL + 1),
    (40, 3 * PANEL, 40),
    (3 * PANEL, 40, 17),
    (2 * PANEL + 5, 2 * PANEL + 9, PANEL + 3),
    (0, 5, 0),
    (5, 0, 0),
    (6, 9, 0),
)


def drawn(rows: int, columns: int, rank: int, prime: int, density: float = 1.0) -> np.ndarray:
    """A matrix of at most this rank (exactly, but for bad luck of 1 in 2^31, where it is full)."""
    draw = np.random.default_rng(rows + 10 * columns)
    first = draw.integers(0, prime, (rows, rank)) * (draw.random((rows, rank)) < density)
    second = draw.integers(0, prime, (rank, columns)) * (draw.random((rank, columns)) < density)
    return (first.astype(object) @ second.astype(object) % prime).astype(np.int64).reshape(rows, columns)


@pytest.mark.parametrize("prime", PRIMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reduced_rows_span_the_rows_and_are_reduced(shape: tuple[int, int, int], prime: int) -> None:
    matrix = drawn(*shape, prime)
    reduced, pivots = reduced_echelon(matrix, prime)
    assert len(pivots) == len(reduced) == shape[2] == modular_rank(matrix, prime)
    assert list(pivots) == sorted(pivots)
    assert np.array_equal(reduced[:, list(pivots)], np.eye(len(pivots)))
    for row, pivot in zip(reduced, pivots, strict=True):
        assert not row[:pivot].any() and row.min(initial=0) >= 0 and row.max(initial=0) < prime
    combined = matrix[:, list(pivots)].astype(object) @ reduced.astype(object) % prime
    assert np.array_equal(combined, matrix)


@pytest.mark.parametrize("density", (0.02, 0.1, 1.0))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_null_vectors_are_annihilated_and_as_many_as_the_rank_leaves(
    shape: tuple[int, int, int], density: float
) -> None:
    prime = PRIMES[0]
    matrix = drawn(*shape, prime, density)
    null = modular_null_space(matrix, prime)
    assert len(null) == shape[1] - modular_rank(matrix, prime) == modular_rank(null, prime)
    assert not (matrix.astype(object) @ null.T.astype(object) % prime).any()


@pytest.mark.parametrize("density", (0.1, 1.0))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rows_one_at_a_time_grow_the_rank_as_it_is(shape: tuple[int, int, int], density: float) -> None:
    prime = PRIMES[1]
    matrix = drawn(*shape, prime, density)
    echelon = ModularEchelon(shape[1], prime)
    for k, row in enumerate(matrix):
        before = echelon.rank
        assert echelon.grows_by(row - prime) == (echelon.rank > before)
        if k % 7 == 0 or k == len(matrix) - 1:
            assert echelon.rank == modular_rank(matrix[: k + 1], prime)


def test_the_largest_residues_do_not_overflow() -> None:
    prime = PRIMES[0]
    matrix = np.full((2 * PANEL, 2 * PANEL), prime - 1)
    matrix[np.diag_indices(2 * PANEL)] = prime - 2
    assert modular_rank(matrix, prime) == 2 * PANEL  # -(J + I) is regular: 1 + n is no multiple of p
    matrix[np.diag_indices(2 * PANEL)] = (2 * PANEL - 1) % prime
    assert modular_rank(matrix, prime) == 2 * PANEL - 1  # n I - J annihilates (1, ..., 1)


def test_primes_are_primes_with_a_root_of_minus_one() -> None:
    for prime in islice(primes(), 6):
        assert prime % 4 == 1 and prime < 2**31
        assert all(prime % k for k in range(3, 50_000, 2))
