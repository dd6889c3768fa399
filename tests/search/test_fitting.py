"""Fits with errors in the variables: no bias, honest standard errors, documented outcomes at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.search.fitting import Evidence
from tests.search.synthetic import correlated, factors

BETA = np.array([1.0, -0.5, 0.25])
# Noise of the columns and the target on one row, correlated as that of derivatives of one field is.
ROOT = np.array([[0.5, 0, 0, 0], [0.1, 0.4, 0, 0], [0, -0.2, 0.3, 0], [0.2, 0, 0.1, 0.3]])


def draw(seed: int, rows: int = 400, level: float = 1.0) -> Evidence:
    rng = np.random.default_rng(seed)
    clean = correlated(rng, rows, 3, 0.3)
    table = np.column_stack([clean, clean @ BETA]) + level * rng.standard_normal((rows, 4)) @ ROOT.T
    return Evidence([factors(table[:, :3], table[:, 3], level**2 * ROOT @ ROOT.T)])


def test_errors_in_variables_leave_no_bias() -> None:
    """200 draws of 400 rows, noise of 30-50 % in the columns: the mean is off by less than .01 (it scatters
    by .002; alpha is clipped at 1, which costs .005), that of plain least squares by more than .02 in every
    coefficient and .1 in the worst."""
    corrected, plain = [], []
    for seed in range(200):
        evidence = draw(seed)
        fit = evidence.fit((0, 1, 2), 0)
        assert fit is not None
        corrected.append(fit.beta)
        gram = evidence.totals[0].T @ evidence.totals[0]
        plain.append(np.linalg.solve(gram[:3, :3], gram[:3, 3]))
    assert np.abs(np.mean(corrected, axis=0) - BETA).max() < 0.01
    off = np.abs(np.mean(plain, axis=0) - BETA)
    assert off.min() > 0.02
    assert off.max() > 0.1


@pytest.mark.parametrize("level", [0.1, 1.0])
def test_two_standard_errors_cover(level: float) -> None:
    """600 intervals (200 draws, 3 coefficients): 95 % is expected of a normal variable, 20 blocks take a
    little off; .90 to .98 allows for four deviations of a share of 600."""
    covered = []
    for seed in range(200):
        trial = draw(seed, level=level).trial((0, 1, 2), 0)
        assert trial is not None
        covered += list(np.abs(trial.fit.beta - BETA) < 2 * trial.errors)
    assert 0.90 < np.mean(covered) < 0.98


def test_an_absent_column_is_significant_as_rarely_as_said() -> None:
    """400 draws, a fourth column without effect: z^2 exceeds 3.84 in 5 % of them (plus or minus 4.4)."""
    exceeded = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        columns = correlated(rng, 300, 4, 0.3)
        target = columns[:, :3] @ BETA + rng.standard_normal(300)
        noise = np.diag([0, 0, 0, 0, 1.0])
        trial = Evidence([factors(columns, target, noise)]).trial((0, 1, 2, 3), 0)
        assert trial is not None
        exceeded.append(trial.z2[3] > 3.84)
    assert 0.006 < np.mean(exceeded) < 0.094


def test_the_noise_explains_the_residual_of_a_right_law() -> None:
    """100 draws: the residual over what the noise explains is 1 within 2 %."""
    ratios = []
    for seed in range(100):
        fit = draw(seed).fit((0, 1, 2), 0)
        assert fit is not None
        ratios.append(fit.left / fit.explained)
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)


def test_the_order_of_the_blocks_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    columns, target = correlated(rng, 300, 3, 0.5), rng.standard_normal(300)
    given = factors(columns, target, 0.01 * np.eye(4))
    turned = factors(columns[::-1], target[::-1], 0.01 * np.eye(4))
    one, other = (Evidence([each]).trial((0, 2), 0) for each in (given, turned))
    assert one is not None and other is not None
    assert one.fit.beta == pytest.approx(other.fit.beta, rel=1e-10)
    assert one.errors == pytest.approx(other.errors, rel=1e-10)


@pytest.mark.parametrize("units", [(1e-8, 1.0, 1e6, 1e-3), (2.0, 2.0, 2.0, 2.0)])
def test_units_of_columns_and_target_only_rescale(units: tuple[float, ...]) -> None:
    rng = np.random.default_rng(1)
    table = np.column_stack([correlated(rng, 200, 3, 0.5), rng.standard_normal(200)])
    noise = 0.04 * ROOT @ ROOT.T
    scale = np.array(units)
    one = Evidence([factors(table[:, :3], table[:, 3], noise)]).trial((0, 1, 2), 0)
    scaled = table * scale
    other = Evidence([factors(scaled[:, :3], scaled[:, 3], noise * np.outer(scale, scale))]).trial(
        (0, 1, 2), 0
    )
    assert one is not None and other is not None
    assert other.fit.beta == pytest.approx(one.fit.beta * scale[3] / scale[:3], rel=1e-8)
    assert other.errors == pytest.approx(one.errors * scale[3] / scale[:3], rel=1e-8)
    assert other.z2 == pytest.approx(one.z2, rel=1e-6)


def test_what_drifts_from_rung_to_rung_is_an_error() -> None:
    """A coefficient that moves by 0.1 at the next window has an error of at least about 0.1."""
    rng = np.random.default_rng(2)
    columns = rng.standard_normal((2000, 1))
    noise = 0.01 * rng.standard_normal(2000)
    first, second = (factors(columns, slope * columns[:, 0] + noise) for slope in (1.0, 1.1))
    alone, both = Evidence([first]).trial((0,), 0), Evidence([first, second]).trial((0,), 0)
    assert alone is not None and both is not None
    assert alone.errors[0] < 0.001
    assert both.errors[0] == pytest.approx(0.1, rel=0.05)


def test_dependent_columns_have_no_fit() -> None:
    rng = np.random.default_rng(3)
    columns = rng.standard_normal((100, 3))
    columns[:, 2] = columns[:, 0] - 2 * columns[:, 1]
    evidence = Evidence([factors(columns, rng.standard_normal(100))])
    assert evidence.fit((0, 1, 2), 0) is None
    assert not evidence.significant((0, 1, 2), 0)
    assert evidence.fit((0, 1), 0) is not None


def test_a_column_that_is_all_noise_has_no_fit() -> None:
    """The variance of the second column is what the noise alone gives it."""
    rng = np.random.default_rng(4)
    columns = np.column_stack([rng.standard_normal(1000), 0.3 * rng.standard_normal(1000)])
    noise = np.diag([0, 0.09, 0.01])
    evidence = Evidence([factors(columns, columns[:, 0] + 0.1 * rng.standard_normal(1000), noise)])
    assert evidence.fit((0, 1), 0) is None
    assert evidence.fit((0,), 0) is not None


def test_a_single_block_proves_nothing() -> None:
    """Its scores add up to zero, so that no variance can be had from it: no term may count as significant."""
    rng = np.random.default_rng(5)
    columns = rng.standard_normal((200, 2))
    target = columns[:, 0] + 0.5 * rng.standard_normal(200)
    evidence = Evidence([factors(columns, target, np.diag([0, 0, 0.25]), blocks=1)])
    assert not evidence.significant((0, 1), 0)


def test_round_off_is_not_significant() -> None:
    rng = np.random.default_rng(6)
    columns = rng.standard_normal((500, 3))
    evidence = Evidence([factors(columns, columns[:, 0] - 3 * columns[:, 1])])
    assert evidence.significant((0, 1), 0)
    assert not evidence.significant((0, 1, 2), 0)
