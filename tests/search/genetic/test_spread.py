"""Windows all over a record: they look at few points, and few points give the same integrals."""

from __future__ import annotations

import numpy as np
import pytest

import symeq as sq
from symeq.data.derivatives import FiniteDifferences
from symeq.data.windows import Windows, draw_windows
from symeq.search.genetic.spread import spread_windows, wider
from symeq.search.genetic.weakrows import Fields, Smoothing

JET = sq.Jet("t x y", "u", order=2)
T, X = np.linspace(0, 3, 61), np.linspace(0, 2 * np.pi, 64, endpoint=False)
WAVE = np.sin(X[:, None] - T[:, None, None]) * (1 + 0.3 * np.cos(2 * X))
RECORD = sq.field({"t": T, "x": X, "y": X}, {"u": WAVE}, periodic="x y").on(JET)
BUMPS = (sq.Bump(16, stride=8), sq.Bump(17, stride=8), sq.Bump(17, stride=8))


def drawn(points: int, most: int = 300, seed: int = 0, bumps: tuple[sq.Bump, ...] = BUMPS) -> Windows:
    operators = Fields(RECORD, JET, Smoothing((FiniteDifferences(),) * 3)).operators([1, 2, 2])
    return spread_windows(RECORD, bumps, (1, 2, 2), operators, most=most, points=points, seed=seed)


@pytest.mark.parametrize("points", [10**7, 80_000])
def test_a_lattice_gives_what_all_points_do(points: int) -> None:
    """Of 61 x 64 x 64 points, all or every fourth along each axis; a square to 1e-4 of its size."""
    windows = drawn(points)
    [part] = windows.parts
    jets = Fields(RECORD, JET, Smoothing((FiniteDifferences(),) * 3)).jets(windows, (JET["u"],))
    looked_at = jets[JET["u"]]
    assert looked_at.size <= points / 4
    sums = windows.project(looked_at**2)
    assert sums == pytest.approx(part.integral(WAVE**2, (0, 0, 0)), abs=1e-4)
    assert sums == pytest.approx(windows.weights @ looked_at**2, abs=1e-13)


def test_windows_lie_everywhere_and_are_the_same_for_a_seed() -> None:
    """As many as asked for, none twice, where as few points in boxes hold only a tenth of them."""
    [part] = drawn(30_000, most=150).parts
    assert len(part.chosen) == len(np.unique(part.chosen, axis=0)) == 150
    assert np.array_equal(drawn(30_000, most=150).parts[0].chosen, part.chosen)
    assert not np.array_equal(drawn(30_000, most=150, seed=1).parts[0].chosen, part.chosen)
    operators = Fields(RECORD, JET, Smoothing((FiniteDifferences(),) * 3)).operators([1, 2, 2])
    boxes = draw_windows(RECORD, BUMPS, (1, 2, 2), operators, most=150, points=30_000, seed=0)
    assert boxes.count < 75


def test_too_many_points_are_drawn_in_boxes() -> None:
    """A support of 9 points leaves no coarser lattice than every second point."""
    bumps = (sq.Bump(8, stride=4),) * 3
    windows = drawn(10_000, bumps=bumps)
    assert 0 < windows.count < 300 and windows.weights.shape[1] <= 12_000


def test_larger_supports_than_offered() -> None:
    """Half as large again as the largest where two of them fit; what the user chose stays alone."""
    offered = [(sq.Bump(8), sq.Bump(8)), (sq.Bump(8), sq.Bump(16)), (sq.Bump(16), sq.Bump(8)),
               (sq.Bump(16), sq.Bump(16))]  # fmt: skip
    found = wider(offered, (101, 60))
    assert set(offered) < set(found)
    assert {tuple(b.half for b in rung) for rung in found} == {(a, b) for a in (8, 16, 24) for b in (8, 16)}
    assert wider(offered[:1], (101, 60)) == offered[:1]
