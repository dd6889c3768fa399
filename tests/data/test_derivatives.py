"""Rules on one axis: order of accuracy, what they leave exact, what they do to white noise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from symeq.data.derivatives import (
    AxisOperators,
    FiniteDifferences,
    Rule,
    SmoothedDifferences,
    Spectral,
    is_uniform,
)
from symeq.errors import InvalidInput

RULES = [FiniteDifferences(4), FiniteDifferences(8), SmoothedDifferences(7), SmoothedDifferences(21, 4)]
LOCAL_AXES = {"even": np.linspace(-1, 2, 121), "uneven": np.linspace(-1, 2, 121)}
LOCAL_AXES["uneven"] = LOCAL_AXES["uneven"] + 0.3 * 0.025 * np.random.default_rng(0).uniform(-1, 1, 121)


def inside(operators: AxisOperators, axis: np.ndarray) -> np.ndarray:
    return axis[operators.first : operators.last]


def derived(operators: AxisOperators, values: np.ndarray, order: int) -> np.ndarray:
    """D^order at every point that has a stencil; values may carry further axes behind the first."""
    if operators.periodic and not operators.whole:
        values = np.take(
            values, np.arange(-operators.halo, operators.size + operators.halo), axis=0, mode="wrap"
        )
    return operators.apply(values, 0, order, operators.first)


def wave(x: np.ndarray, order: int) -> np.ndarray:
    """The derivative of exp(x/2) sin(3x) of any order, as the imaginary part of exp((1/2 + 3i) x)."""
    z = 0.5 + 3j
    return np.imag(z**order * np.exp(z * x))


def error(rule: Rule, axis: np.ndarray, order: int) -> float:
    operators = rule.on(axis, order, False)
    exact = wave(inside(operators, axis), order)
    return float(np.sqrt(np.mean((derived(operators, wave(axis, 0), order) - exact) ** 2)) / np.std(exact))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("accuracy", [2, 4, 6, 8])
def test_the_error_falls_with_the_stated_power_of_the_spacing(accuracy: int, order: int) -> None:
    """Spacings at which truncation is far above round-off; observed powers within 0.35."""
    sizes = (161, 321) if accuracy < 6 else (41, 81)
    coarse, fine = (error(FiniteDifferences(accuracy), np.linspace(0, 4, n), order) for n in sizes)
    assert np.log2(coarse / fine) == pytest.approx(accuracy, abs=0.35)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("accuracy", [2, 4, 6])
def test_an_uneven_axis_loses_at_most_one_power(accuracy: int, order: int) -> None:
    """Points displaced by up to 30 % of the spacing: 2h + 1 points determine D^d to h^(2h + 1 - d), that is
    the stated power for odd d and one less for even d. Jitter makes single errors scatter: four halvings."""
    rng = np.random.default_rng(1)
    sizes = np.array([41, 81, 161, 321, 641]) if accuracy < 6 else np.array([31, 43, 61, 87, 121])
    errors = []
    for n in sizes:
        axis = np.linspace(0, 4, n) + 0.3 * 4 / (n - 1) * rng.uniform(-1, 1, n)
        errors.append(error(FiniteDifferences(accuracy), axis, order))
    slope = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert slope > accuracy - (order % 2 == 0) - 0.5


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_an_axis_that_is_even_gives_the_same_by_either_road(rule: Rule) -> None:
    """The rows of the uneven road converge on the kernels as the displacement of one point vanishes."""
    even = np.linspace(0, 3, 81)
    nudged = even.copy()
    nudged[40] += 1e-4 * (even[1] - even[0])
    on_even, on_nudged = rule.on(even, 2, False), rule.on(nudged, 2, False)
    assert on_even.kernels and on_nudged.matrices
    assert on_even.halo == on_nudged.halo
    for order in range(3):
        first, second = derived(on_even, wave(even, 0), order), derived(on_nudged, wave(nudged, 0), order)
        assert np.abs(first - second).max() < 5e-3 * np.abs(first).max()


@pytest.mark.parametrize("axis", LOCAL_AXES.values(), ids=LOCAL_AXES)
@pytest.mark.parametrize("accuracy", [2, 4, 8])
def test_polynomials_up_to_the_accuracy_are_exact(accuracy: int, axis: np.ndarray) -> None:
    polynomial = Polynomial(np.random.default_rng(2).uniform(1, 2, accuracy + 1))
    operators = FiniteDifferences(accuracy).on(axis, 2, False)
    for order in range(3):
        exact = (polynomial.deriv(order) if order else polynomial)(inside(operators, axis))
        assert derived(operators, polynomial(axis), order) == pytest.approx(
            exact, abs=1e-8 * np.abs(exact).max()
        )


@pytest.mark.parametrize("axis", LOCAL_AXES.values(), ids=LOCAL_AXES)
@pytest.mark.parametrize("window", [5, 11, 31])
def test_smoothing_leaves_cubics_exact(window: int, axis: np.ndarray) -> None:
    cubic = Polynomial([1, -2, 0.5, 3])
    operators = SmoothedDifferences(window).on(axis, 3, False)
    for order in range(4):
        exact = (cubic.deriv(order) if order else cubic)(inside(operators, axis))
        assert derived(operators, cubic(axis), order) == pytest.approx(exact, abs=2e-9 * 20**order)


@pytest.mark.parametrize("axis", LOCAL_AXES.values(), ids=LOCAL_AXES)
def test_a_quartic_is_not_left_exact_by_smoothing(axis: np.ndarray) -> None:
    """The bias of a window grows with its fourth power: twice the window, sixteen times the bias."""
    biases = []
    for window in (11, 21):
        operators = SmoothedDifferences(window).on(axis, 0, False)
        smoothed = derived(operators, axis**4, 0)
        biases.append(np.abs(smoothed - inside(operators, axis) ** 4).mean())
    assert 8 < biases[1] / biases[0] < 32


@pytest.mark.parametrize("axis", LOCAL_AXES.values(), ids=LOCAL_AXES)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_derivative_is_one_of_the_same_smoothed_field(order: int, axis: np.ndarray) -> None:
    noisy = wave(axis, 0) + np.random.default_rng(3).standard_normal(axis.size)
    both = SmoothedDifferences(11, 6).on(axis, order, False)
    smooth = SmoothedDifferences(11, 6).on(axis, 0, False)
    smoothed = derived(smooth, noisy, 0)
    shorter = inside(smooth, axis)
    differences = FiniteDifferences(6).on(shorter, order, False)
    direct, staged = derived(both, noisy, order), derived(differences, smoothed, order)
    assert direct == pytest.approx(staged, abs=1e-9 * np.abs(staged).max())


def test_smoothing_and_differencing_commute_on_an_even_axis() -> None:
    axis = LOCAL_AXES["even"]
    noisy = np.random.default_rng(4).standard_normal(axis.size)
    smooth, differences = (
        SmoothedDifferences(11, 6).on(axis, 0, False),
        FiniteDifferences(6).on(axis, 2, False),
    )
    one = derived(FiniteDifferences(6).on(inside(smooth, axis), 2, False), derived(smooth, noisy, 0), 2)
    other = derived(
        SmoothedDifferences(11, 6).on(inside(differences, axis), 0, False), derived(differences, noisy, 2), 0
    )
    assert one == pytest.approx(other, abs=1e-10 * np.abs(one).max())


@pytest.mark.parametrize("size", [64, 65])
@pytest.mark.parametrize("rule", [*RULES, Spectral(), Spectral(1.0)], ids=str)
def test_a_periodic_axis_has_no_first_point(rule: Rule, size: int) -> None:
    axis = 3 + 0.1 * np.arange(size)
    operators = rule.on(axis, 3, True)
    values = np.random.default_rng(5).standard_normal((size, 2))
    assert (operators.first, operators.last) == (0, size)
    for order in range(4):
        rolled = derived(operators, np.roll(values, 17, axis=0), order)
        once = np.roll(derived(operators, values, order), 17, axis=0)
        assert rolled == pytest.approx(once, abs=1e-11 * np.abs(once).max())


@pytest.mark.parametrize("size", [48, 49])
@pytest.mark.parametrize("keep", [0.5, 2 / 3, 1.0])
def test_fourier_derivatives_are_exact_in_the_band_and_zero_beyond(size: int, keep: float) -> None:
    length = 5.0
    axis = length * np.arange(size) / size
    operators = Spectral(keep).on(axis, 4, True)
    highest = np.pi * size / length
    for waves in range((size - 1) // 2 + 1):
        k = 2 * np.pi * waves / length
        for order in range(5):
            exact = np.real((1j * k) ** order * np.exp(1j * (k * axis + 1)))
            if waves / size > keep / 2:
                exact = np.zeros(size)
            found = derived(operators, np.real(np.exp(1j * (k * axis + 1))), order)
            assert found == pytest.approx(exact, abs=1e-13 * highest**order)


def test_the_shortest_wave_has_no_odd_derivative() -> None:
    axis = np.arange(16.0)
    operators = Spectral(1.0).on(axis, 2, True)
    shortest = (-1.0) ** np.arange(16)
    assert np.abs(derived(operators, shortest, 1)).max() < 1e-12
    assert derived(operators, shortest, 2) == pytest.approx(-(np.pi**2) * shortest)


@pytest.mark.parametrize(
    ("rule", "axis", "periodic"),
    [
        (FiniteDifferences(8), np.linspace(0, 3, 101), False),
        (SmoothedDifferences(15), np.linspace(0, 3, 101), False),
        (SmoothedDifferences(15), 0.1 * np.arange(96), True),
        (Spectral(), 0.1 * np.arange(96), True),
        (Spectral(1.0), 0.1 * np.arange(95), True),
        (SmoothedDifferences(15), LOCAL_AXES["uneven"], False),
        (FiniteDifferences(4), LOCAL_AXES["uneven"], False),
    ],
    ids=str,
)
def test_the_covariance_of_differentiated_white_noise(rule: Rule, axis: np.ndarray, periodic: bool) -> None:
    """4000 rows of white noise, at least 70 points each, mean over points. A correlation from n independent
    values scatters by 1 / sqrt(n); values within one stencil are not independent, n is at least 4000 * 3."""
    operators = rule.on(axis, 3, periodic)
    noise = np.random.default_rng(6).standard_normal((axis.size, 4000))
    stack = np.stack([derived(operators, noise, order) for order in range(4)])
    found = np.einsum("anr,bnr->ab", stack, stack) / stack[0].size
    expected = operators.noise_gram()
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((found - expected) / scale).max() < 5 / np.sqrt(12_000)


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("axis", LOCAL_AXES.values(), ids=LOCAL_AXES)
def test_an_axis_may_be_cut_into_pieces(rule: Rule, axis: np.ndarray) -> None:
    operators = rule.on(axis, 2, False)
    values = np.random.default_rng(7).standard_normal((axis.size, 3))
    whole = derived(operators, values, 2)
    cuts = [operators.first, 40, 41, 77, operators.last]
    pieces = [
        operators.apply(values[a - operators.halo : b + operators.halo], 0, 2, a) for a, b in pairwise(cuts)
    ]
    assert np.concatenate(pieces) == pytest.approx(whole, abs=1e-12 * np.abs(whole).max())


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_axis_of_an_array_is_differentiated_alike(axis: int) -> None:
    values = np.random.default_rng(8).standard_normal((121, 4, 5))
    for grid in LOCAL_AXES.values():
        operators = SmoothedDifferences(7).on(grid, 1, False)
        moved = operators.apply(np.moveaxis(values, 0, axis), axis, 1, operators.first)
        assert np.array_equal(np.moveaxis(moved, axis, 0), derived(operators, values, 1))


@pytest.mark.parametrize("rule", [*RULES, FiniteDifferences(2), SmoothedDifferences(3), Spectral()], ids=str)
def test_a_coarser_rule_passes_less_noise(rule: Rule) -> None:
    axis = 0.1 * np.arange(200)
    gains = [each.on(axis, 1, True).noise_gram()[1, 1] for each in (rule, rule.coarser())]
    assert gains[1] < gains[0]


@pytest.mark.parametrize("window", [5, 9, 23, 91, 257])
def test_the_ladder_climbs_to_the_chosen_window(window: int) -> None:
    rule = SmoothedDifferences(window)
    axis = 0.1 * np.arange(700)
    ladder = rule.ladder()
    gains = [each.on(axis, 1, True).noise_gram()[1, 1] for each in ladder]
    assert ladder[-1] == rule
    assert len(set(ladder)) == len(ladder) >= 2
    assert all(coarse < fine for fine, coarse in pairwise(gains))


def test_round_off_of_a_stored_axis_is_no_unevenness() -> None:
    axis = np.linspace(1000, 1010, 1001)
    assert is_uniform(axis)
    assert is_uniform(axis.astype(np.float32).astype(float))


@pytest.mark.parametrize("start", [0.0, 2000.0, 1.7e9])
def test_an_uneven_axis_is_uneven_wherever_it_starts(start: float) -> None:
    """Years, or seconds since 1970, in double precision: 20 % of jitter is not round-off."""
    steps = 1 + 0.2 * np.random.default_rng(9).uniform(-1, 1, 400)
    assert not is_uniform(start + 0.01 * np.cumsum(steps) * (100 if start > 1e6 else 1))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: FiniteDifferences(3), "even number"),
        (lambda: FiniteDifferences(0), "even number"),
        (lambda: SmoothedDifferences(10), "odd number"),
        (lambda: SmoothedDifferences(1), "odd number"),
        (lambda: SmoothedDifferences(11, accuracy=3), "accuracy"),
        (lambda: SmoothedDifferences(11, accuracy=0), "accuracy"),
        (lambda: Spectral(0), "share of the wave numbers"),
        (lambda: Spectral(1.5), "share of the wave numbers"),
        (lambda: Spectral().on(np.arange(32.0), 1, False), "not periodic"),
        (lambda: Spectral().on(np.arange(32.0) ** 2, 1, True), "evenly spaced"),
        (lambda: FiniteDifferences().on(np.arange(32.0) ** 2, 1, True), "evenly spaced"),
        (lambda: FiniteDifferences(8).on(np.arange(8.0), 1, False), "stencil of 9 points .* axis of 8"),
        (lambda: SmoothedDifferences(9).on(np.arange(16.0), 1, False), "stencil of 17 points"),
    ],
)
def test_bad_arguments_are_refused(build: object, said: str) -> None:
    assert callable(build)
    with pytest.raises(InvalidInput, match=said):
        build()
