"""The noise estimate: right for smooth signals on one to three axes, zero for clean ones."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.data.noise import noise_deviation

T, X, Y = np.linspace(0, 2, 41), 2 * np.pi * np.arange(64) / 64, 2 * np.pi * np.arange(32) / 32
LONG = np.linspace(0, 40, 2001)
SIGNALS = {
    "one axis": np.sin(LONG) + 0.5 * np.cos(2.3 * LONG),
    "two axes": np.sin(X - 3 * T[:, None]) + 0.3 * np.cos(2 * X + T[:, None]),
    "three axes": np.sin(X[:, None] - T[:, None, None]) * np.cos(2 * Y) + 0.2 * np.cos(X[:, None] + Y),
}


@pytest.mark.parametrize("level", [1e-4, 0.01, 0.2, 2.0])
@pytest.mark.parametrize("name", SIGNALS)
def test_the_noise_of_a_smooth_signal_is_found(name: str, level: float) -> None:
    """20 draws. One estimate from n points of eighth differences along one axis scatters by
    sqrt(3.6 / 2 n) (3 % of 2001 points, 4 % of 41 x 64, where a mixed difference is noisier still),
    and the smallest of several is 1-3 % low: 5 % for the mean, 15 % for one."""
    rng = np.random.default_rng(1)
    signal = SIGNALS[name]
    deviation = level * signal.std()
    ratios = [
        noise_deviation([signal + deviation * rng.standard_normal(signal.shape)]) / deviation
        for _ in range(20)
    ]
    assert abs(np.mean(ratios) - 1) < 0.05
    assert np.max(np.abs(np.array(ratios) - 1)) < 0.15


@pytest.mark.parametrize("name", SIGNALS)
def test_a_clean_signal_has_none(name: str) -> None:
    assert noise_deviation([SIGNALS[name]]) < 1e-9 * SIGNALS[name].std()


def test_what_is_smooth_along_one_axis_only_is_no_noise() -> None:
    """Along x the signal is as rough as white noise; only differences along t tell them apart."""
    rng = np.random.default_rng(2)
    rough = rng.standard_normal(256)
    signal = rough * np.cos(np.linspace(0, 2, 201))[:, None]
    noisy = signal + 0.05 * rng.standard_normal(signal.shape)
    assert noise_deviation([noisy]) == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("name", SIGNALS)
def test_units_scale_and_the_zero_does_not_matter(name: str) -> None:
    rng = np.random.default_rng(3)
    noisy = SIGNALS[name] + 0.1 * rng.standard_normal(SIGNALS[name].shape)
    assert noise_deviation([-50 * noisy + 7]) == pytest.approx(50 * noise_deviation([noisy]), rel=1e-9)


def test_a_straight_drift_is_no_noise() -> None:
    rng = np.random.default_rng(4)
    noise = rng.standard_normal(500)
    drift = 30 * np.linspace(0, 1, 500)
    assert noise_deviation([noise + drift]) == pytest.approx(noise_deviation([noise]), rel=1e-9)


def test_the_order_of_the_axes_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    noisy = SIGNALS["three axes"] + 0.1 * rng.standard_normal(SIGNALS["three axes"].shape)
    assert noise_deviation([noisy.transpose(2, 0, 1)]) == pytest.approx(noise_deviation([noisy]), rel=1e-12)


def test_parts_of_unequal_length_are_pooled() -> None:
    """40 trajectories of 5 to 83 points, of which the shortest admit second differences only."""
    rng = np.random.default_rng(6)
    parts = []
    for size in range(5, 85, 2):
        t = 0.05 * np.arange(size)
        parts.append(np.sin(t + rng.uniform(0, 6)) + 0.03 * rng.standard_normal(size))
    assert noise_deviation(parts) == pytest.approx(0.03, rel=0.1)


def test_five_points_give_an_unbiased_square() -> None:
    """Pure noise, second differences only: the mean of 4000 squares, each of relative deviation about 1,
    is within 6 %."""
    rng = np.random.default_rng(7)
    squares = [noise_deviation([rng.standard_normal(5)]) ** 2 for _ in range(4000)]
    assert np.mean(squares) == pytest.approx(1, rel=0.06)


def test_too_few_points_for_a_difference_claim_no_noise() -> None:
    assert noise_deviation([np.array([1.0, -2.0, 5.0])]) == 0.0


def test_large_fields_are_estimated_from_their_middle() -> None:
    """Two million points: the estimate is still that of the noise, and a rim that is rougher is not asked."""
    rng = np.random.default_rng(8)
    noisy = 0.2 * rng.standard_normal((2000, 1000))
    rim = noisy.copy()
    rim[:10] = rim[:, :10] = 100.0
    assert noise_deviation([noisy]) == pytest.approx(0.2, rel=0.02)
    assert noise_deviation([rim]) == pytest.approx(0.2, rel=0.02)


def test_many_differences_do_not_pull_the_estimate_down() -> None:
    """The smallest of 26 mean squares of 30^3 values of pure noise is 3 % too small; over 20 draws, each with
    a standard error of 1 %, the mean is within 1 %."""
    rng = np.random.default_rng(11)
    squares = [noise_deviation([rng.standard_normal((30, 30, 30))]) ** 2 for _ in range(20)]
    assert np.mean(squares) == pytest.approx(1, rel=0.01)


def test_large_fields_are_looked_at_as_a_whole() -> None:
    """A million values: the square is that of the noise itself to 0.5 %, less than the error of a part."""
    rng = np.random.default_rng(12)
    noise = rng.standard_normal((100, 100, 100))
    assert noise_deviation([noise]) ** 2 == pytest.approx(np.mean(noise**2), rel=5e-3)
