"""The path against an exhaustive search of all subsets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from symeq.search.path import Corrected, Remainder, Uncorrected, path
from symeq.search.triangle import triangle_of
from tests.search.synthetic import correlated


def never(size: int, left: float) -> bool:
    return False


def problem(seed: int, columns: int, correlation: float) -> np.ndarray:
    """The triangle of 60 rows: two to four of the columns, and as much noise as signal."""
    rng = np.random.default_rng(seed)
    table = correlated(rng, 60, columns, correlation)
    true = rng.choice(columns, rng.integers(2, 5), replace=False)
    signal = table[:, true] @ rng.choice([-1.0, 1.0], true.size)
    return triangle_of(np.column_stack([table, signal + signal.std() * rng.standard_normal(60)]))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_path_holds_the_best_subset_of_every_size(correlation: float) -> None:
    """40 problems of 8 columns, sizes 1 to 7: of 280 best subsets at least 95 %."""
    best = []
    for seed in range(40):
        triangle = problem(seed, 8, correlation)
        remainder = Uncorrected(triangle)
        found = {len(support): support for support in path(remainder, 8, never)}
        assert sorted(found) == list(range(1, 9))
        for size in range(1, 8):
            least = min(remainder(subset)[0] for subset in combinations(range(8), size))
            best.append(remainder(found[size])[0] <= least * (1 + 1e-9))
    assert np.mean(best) >= 0.95


def test_the_corrected_path_holds_the_best_subset_of_the_corrected_gram_matrix() -> None:
    """The same with 20 % of noise in every column."""
    best = []
    for seed in range(40):
        remainder = Corrected(problem(seed, 7, 0.5), 60 * 0.04 * np.eye(8), 60)
        for support in path(remainder, 7, never):
            left = [remainder(subset)[0] for subset in combinations(range(7), len(support))]
            best.append(remainder(support)[0] <= min(left) + 1e-9)
    assert len(best) > 200
    assert np.mean(best) >= 0.95


@pytest.mark.parametrize("kind", ["uncorrected", "corrected"])
def test_gains_and_losses_are_differences_of_remainders(kind: str) -> None:
    triangle = problem(3, 6, 0.4)
    remainder: Remainder = (
        Uncorrected(triangle) if kind == "uncorrected" else Corrected(triangle, 0.5 * np.eye(7), 60)
    )
    support = [1, 2, 4]
    left, gains = remainder(support)
    for column in (0, 3, 5):
        assert gains[column] == pytest.approx(left - remainder([*support, column])[0], abs=1e-9)
    for place, loss in enumerate(remainder.losses(support)):
        rest = [j for j in support if j != support[place]]
        assert loss == pytest.approx(remainder(rest)[0] - left, abs=1e-9)


def test_dependent_columns_enter_once() -> None:
    rng = np.random.default_rng(0)
    columns = rng.standard_normal((50, 5))
    columns[:, 3] = columns[:, 0] + columns[:, 1]
    columns[:, 4] = 0.0
    triangle = triangle_of(np.column_stack([columns, rng.standard_normal(50)]))
    remainder = Uncorrected(triangle)
    supports = path(remainder, 5, never)
    assert max(map(len, supports)) == 3
    assert len(remainder.everything()) == 3
    assert all(4 not in support for support in supports)


def test_fewer_rows_than_columns_end_the_path() -> None:
    rng = np.random.default_rng(1)
    triangle = triangle_of(rng.standard_normal((3, 9)))
    assert max(len(support) for support in path(Uncorrected(triangle), 8, never)) <= 3


def test_a_path_may_be_ended_and_has_no_columns_to_walk_where_there_are_none() -> None:
    triangle = problem(0, 6, 0.2)
    walked: list[int] = []

    def enough(size: int, left: float) -> bool:
        walked.append(size)
        return size == 3

    path(Uncorrected(triangle), 6, enough)
    assert walked == [1, 2, 3]
    assert path(Uncorrected(np.ones((1, 1))), 0, never) == []
    assert path(Corrected(np.ones((1, 1)), np.zeros((1, 1)), 10), 0, never) == []
