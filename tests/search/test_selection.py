"""The choice of a support: sparse truths are found, noise alone is not explained."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.search.fitting import Evidence
from symeq.search.selection import select
from tests.search.synthetic import correlated, factors


def problem(
    seed: int, level: float, *, columns: int = 12, known: bool = True
) -> tuple[Evidence, tuple[int, ...]]:
    """1000 rows, 1 to 4 of the columns with coefficients of 0.5 to 2; noise on the target."""
    rng = np.random.default_rng(seed)
    table = correlated(rng, 1000, columns, 0.5)
    true = np.sort(rng.choice(columns, rng.integers(1, 5), replace=False))
    beta = rng.choice([-1.0, 1.0], true.size) * rng.uniform(0.5, 2, true.size)
    noise = np.zeros((columns + 1, columns + 1))
    noise[-1, -1] = level**2 if known else 0.0
    target = table[:, true] @ beta + level * rng.standard_normal(1000)
    return Evidence([factors(table, target, noise, blocks=40)]), tuple(int(j) for j in true)


@pytest.mark.parametrize("known", [True, False], ids=["noise known", "noise unknown"])
@pytest.mark.parametrize("level", [1e-9, 0.01, 0.3])
def test_sparse_truths_are_found(level: float, known: bool) -> None:
    """40 problems each: at least 38."""
    found = []
    for seed in range(40):
        evidence, true = problem(seed, level, known=known)
        found.append(select(evidence, [0]).trial.fit.support == true)
    assert np.sum(found) >= 38


def test_exact_data_give_the_exact_law() -> None:
    for seed in range(20):
        evidence, true = problem(seed, 0.0)
        choice = select(evidence, [0])
        assert choice.trial.fit.support == true
        assert choice.lack < 1e-20


def test_noise_in_the_columns_does_not_change_the_law() -> None:
    """40 problems, 2000 rows, two of eight columns, noise of 30 % in all of them: at least 37."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        clean = correlated(rng, 2000, 8, 0.5)
        table = np.column_stack([clean, clean[:, 1] - clean[:, 4]]) + 0.3 * rng.standard_normal((2000, 9))
        evidence = Evidence([factors(table[:, :8], table[:, 8], 0.09 * np.eye(9), blocks=40)])
        found.append(select(evidence, [0]).trial.fit.support == (1, 4))
    assert np.sum(found) >= 37


@pytest.mark.parametrize("known", [True, False], ids=["noise known", "noise unknown"])
def test_pure_noise_is_given_no_law(known: bool) -> None:
    """60 draws of a target unrelated to 12 columns: at most 3 laws are invented."""
    invented = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        noise = np.diag([0.0] * 12 + [1.0 if known else 0.0])
        evidence = Evidence(
            [factors(correlated(rng, 500, 12, 0.5), rng.standard_normal(500), noise, blocks=40)]
        )
        invented.append(len(select(evidence, [0]).trial.fit.support) > 0)
    assert np.sum(invented) <= 3


def test_the_front_holds_the_best_of_each_size_and_the_choice() -> None:
    evidence, true = problem(7, 0.1)
    choice = select(evidence, [0])
    sizes = [entry.unknowns for entry in choice.front]
    assert sizes == sorted(set(sizes))
    assert all(len(entry.support) == entry.unknowns for entry in choice.front)
    (chosen,) = [entry for entry in choice.front if entry.chosen]
    assert chosen.support == true == choice.trial.fit.support
    assert chosen.significant
    residuals = [entry.residual for entry in choice.front if entry.unknowns <= len(true)]
    assert residuals == sorted(residuals, reverse=True)
    for entry in choice.front:
        fit = evidence.fit(entry.support, 0)
        assert fit is not None
        assert entry.residual == pytest.approx(fit.left / evidence.rungs[0].square)


def test_a_law_too_small_for_the_data_is_not_adequate() -> None:
    """A third of the target's variance comes from a column that the library lacks."""
    rng = np.random.default_rng(8)
    columns = rng.standard_normal((1000, 3))
    target = columns @ [1, 1, 1.0]
    choice = select(Evidence([factors(columns[:, :2], target, 1e-6 * np.diag([0, 0, 1.0]))]), [0])
    assert choice.trial.fit.support == (0, 1)
    assert choice.lack > 0.01


def test_of_two_equal_columns_one_is_taken() -> None:
    rng = np.random.default_rng(9)
    columns = rng.standard_normal((500, 4))
    columns[:, 3] = columns[:, 1]
    target = 2 * columns[:, 1] - columns[:, 2] + 0.1 * rng.standard_normal(500)
    support = select(Evidence([factors(columns, target, np.diag([0, 0, 0, 0, 0.01]))]), [0]).trial.fit.support
    assert len(support) == 2
    assert 2 in support


@pytest.mark.parametrize("blocks", [1, 2, 40])
def test_no_unknowns_leave_nothing_to_choose(blocks: int) -> None:
    rng = np.random.default_rng(10)
    choice = select(Evidence([factors(np.empty((100, 0)), rng.standard_normal(100), blocks=blocks)]), [0])
    assert choice.trial.fit.support == ()
    assert [entry.unknowns for entry in choice.front] == [0]


def test_fewer_rows_than_unknowns_give_no_law_that_fills_them() -> None:
    """Six rows, nine columns: any six columns fit exactly, and that proves nothing."""
    sizes = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        evidence = Evidence([factors(rng.standard_normal((6, 9)), rng.standard_normal(6), blocks=6)])
        sizes.append(len(select(evidence, [0]).trial.fit.support))
    assert max(sizes) < 6
