"""The window chosen from the data alone is nearly the best of those offered."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.data.choosing import choose_rules
from symeq.data.derivatives import FiniteDifferences, Rule, SmoothedDifferences

T = np.linspace(0, 10, 1001)
# Each is the real part of an expression whose derivatives are known in closed form.
SIGNALS = {
    "sine": (np.sin(2 * T), 2 * np.cos(2 * T)),
    "two tones": (np.sin(T) + 0.3 * np.sin(7 * T), np.cos(T) + 2.1 * np.cos(7 * T)),
    "chirp": (np.sin(T**2 / 2), T * np.cos(T**2 / 2)),
    "pulse": (np.exp(-8 * (T - 5) ** 2), -16 * (T - 5) * np.exp(-8 * (T - 5) ** 2)),
    "decay": (np.exp(-T) * np.cos(6 * T), -np.exp(-T) * (np.cos(6 * T) + 6 * np.sin(6 * T))),
}
OFFERED: list[Rule] = [FiniteDifferences(8)]
OFFERED += [SmoothedDifferences(2 * m + 1) for m in (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128)]


def true_error(rule: Rule, noisy: np.ndarray, signal: np.ndarray, slope: np.ndarray) -> float:
    """Root of the squared errors of u and u_t, each relative to its power."""
    operators = rule.on(T, 1, False)
    total = 0.0
    for order, exact in enumerate((signal, slope)):
        inside = exact[operators.first : operators.last]
        found = operators.apply(noisy, 0, order, operators.first)
        total += float(np.mean((found - inside) ** 2) / np.mean(inside**2))
    return total**0.5


def chosen(u: np.ndarray, deviation: float, orders: int = 1) -> Rule:
    return choose_rules([[u]], [deviation], [T], [orders])[0]


def window(rule: Rule) -> int:
    return rule.window if isinstance(rule, SmoothedDifferences) else 1


@pytest.mark.parametrize("level", [0.001, 0.01, 0.1, 0.3])
@pytest.mark.parametrize("name", SIGNALS)
def test_the_window_is_nearly_the_best_offered(name: str, level: float) -> None:
    """5 draws of 1001 points: never worse than twice the best of the list, 1.5 times on average."""
    signal, slope = SIGNALS[name]
    losses = []
    for seed in range(5):
        deviation = level * signal.std()
        noisy = signal + deviation * np.random.default_rng(seed).standard_normal(T.size)
        best = min(true_error(rule, noisy, signal, slope) for rule in OFFERED)
        losses.append(true_error(chosen(noisy, deviation), noisy, signal, slope) / best)
    assert max(losses) < 2
    assert np.mean(losses) < 1.5


@pytest.mark.parametrize("orders", [1, 2, 3])
@pytest.mark.parametrize("name", SIGNALS)
def test_clean_data_are_not_smoothed(name: str, orders: int) -> None:
    assert chosen(SIGNALS[name][0], 0.0, orders) == FiniteDifferences(8)


@pytest.mark.parametrize("name", SIGNALS)
def test_more_noise_asks_for_wider_windows(name: str) -> None:
    signal = SIGNALS[name][0]
    noise = np.random.default_rng(1).standard_normal(T.size)
    widths = [window(chosen(signal + s * noise, s)) for s in (1e-6, 1e-4, 1e-2, 0.3)]
    assert widths == sorted(widths)
    assert widths[-1] > 4 * widths[0]


def test_higher_derivatives_ask_for_wider_windows() -> None:
    noisy = SIGNALS["two tones"][0] + 0.01 * np.random.default_rng(2).standard_normal(T.size)
    widths = [window(chosen(noisy, 0.01, orders)) for orders in (1, 2, 3)]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0]


def test_units_do_not_matter() -> None:
    noisy = SIGNALS["chirp"][0] + 0.03 * np.random.default_rng(3).standard_normal(T.size)
    other = choose_rules([[1e6 * noisy]], [3e4], [1e-3 * T], [2])[0]
    assert other == chosen(noisy, 0.03, 2)


def test_each_axis_gets_its_own_window() -> None:
    """Slow along the first axis, fast along the second; turned around, the rules turn around."""
    t, x = np.linspace(0, 1, 120), np.linspace(0, 20, 200)
    u = np.cos(2 * t)[:, None] * np.sin(4 * x)
    noisy = u + 0.05 * np.random.default_rng(4).standard_normal(u.shape)
    slow, fast = choose_rules([[noisy]], [0.05], [t, x], [1, 2])
    assert window(slow) > 2 * window(fast)
    turned = choose_rules([[noisy.T]], [0.05], [x, t], [2, 1])
    assert turned == (fast, slow)


def test_a_short_axis_gets_a_stencil_that_leaves_half_of_it() -> None:
    for size in range(5, 40):
        t = np.linspace(0, 1, size)
        u = t**2 + 0.5 * np.random.default_rng(size).standard_normal(size)
        rule = choose_rules([[u]], [0.5], [t], [1])[0]
        operators = rule.on(t, 1, False)
        assert 2 * (operators.last - operators.first) >= size
