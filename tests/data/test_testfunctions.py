"""Bumps: what they integrate, and what they do not take."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.data.testfunctions import Bump, quadrature_weights, windows
from symeq.errors import InvalidInput

EVEN = np.linspace(0.0, 2.0, 121)
UNEVEN = np.sort(np.concatenate([[0.0, 2.0], np.random.default_rng(3).uniform(0, 2, 119)]))
AROUND = np.arange(120) / 60


@pytest.mark.parametrize("half", [10, 17, 30])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_integration_by_parts_on_an_even_axis(half: int, order: int) -> None:
    """The integral of phi^(d) f is that of phi f^(d), with the sign."""
    tests = Bump(half, stride=5).on(EVEN, order, False)
    moved = tests.matrix(order, range(EVEN.size)) @ np.sin(3 * EVEN)
    direct = tests.matrix(0, range(EVEN.size)) @ (3**order * np.sin(3 * EVEN + order * np.pi / 2))
    error = np.max(np.abs(moved - direct)) / 3**order
    assert error < (1e-1 if order == 3 else 1e-3)
    if half >= 17:
        assert error < (1e-3 if order == 3 else 1e-6)


def test_integration_by_parts_on_an_uneven_axis() -> None:
    tests = Bump(25, stride=4).on(UNEVEN, 1, False)
    moved = tests.matrix(1, range(UNEVEN.size)) @ UNEVEN**2
    direct = tests.matrix(0, range(UNEVEN.size)) @ (2 * UNEVEN)
    assert np.allclose(moved, direct, atol=2e-2)
    assert np.allclose(tests.matrix(0, range(UNEVEN.size)).sum(axis=1), 1, atol=2e-2)


def test_a_periodic_axis_has_tests_all_round() -> None:
    tests = Bump(12, stride=6).on(AROUND, 1, True)
    assert tests.count == 20
    moved = tests.matrix(1, range(120)) @ np.sin(np.pi * AROUND)
    assert np.allclose(moved, tests.matrix(0, range(120)) @ (np.pi * np.cos(np.pi * AROUND)), atol=1e-6)


def test_a_range_of_points_has_the_weights_of_the_whole() -> None:
    tests = Bump(12, stride=6).on(EVEN, 1, False)
    whole = tests.matrix(1, range(EVEN.size))
    parts = [tests.matrix(1, range(a, b)) for a, b in ((0, 40), (40, 41), (41, 121))]
    assert np.array_equal(np.hstack(parts), whole)


def test_rows_far_apart_all_count_and_overlapping_ones_less() -> None:
    apart = Bump(5, stride=10).on(EVEN, 0, False)
    assert apart.effective(0) == pytest.approx(apart.count)
    near = Bump(20, stride=2).on(EVEN, 0, False)
    assert near.effective(0) < 0.4 * near.count


def test_the_weights_integrate_cubics() -> None:
    weights = quadrature_weights(UNEVEN)
    for power in range(4):
        assert weights @ UNEVEN**power == pytest.approx(2.0 ** (power + 1) / (power + 1), rel=1e-9)


def test_windows_grow_by_two_and_leave_room_for_derivatives() -> None:
    halves = [bump.half for bump in windows(400, 2, single=False)]
    assert halves == [9, 17, 34, 67]
    assert windows(400, 7, single=False)[0].degree == 10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Bump(1), "half=1"),
        (lambda: Bump(5, degree=0), "degree=0"),
        (lambda: Bump(5, stride=0), "stride=0"),
        (lambda: Bump(5, degree=2).on(EVEN, 2, False), "give a degree of 5"),
        (lambda: Bump(80).on(EVEN, 1, False), "161 points"),
        (lambda: Bump(5).on(UNEVEN, 1, True), "evenly spaced"),
        (lambda: windows(12, 1, single=True), "needs 15 points"),
    ],
)
def test_what_does_not_fit_is_refused(make: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()  # type: ignore[operator]
