"""Windows: integrals are those of direct sums, points under them give the same, and few points suffice."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.data.derivatives import FiniteDifferences, SmoothedDifferences
from symeq.data.separable import Separable
from symeq.data.shaken import in_memory, shaken
from symeq.data.windows import Windows, draw_windows
from symeq.search.genetic.weakrows import Fields, Smoothing

JET = sq.Jet("t x", "u", order=2)
T, X = np.linspace(0, 3, 61), np.linspace(0, 2 * np.pi, 64, endpoint=False)
WAVE = np.sin(X - T[:, None]) + 0.3 * np.cos(2 * X + T[:, None])
RECORD = sq.field({"t": T, "x": X}, {"u": WAVE}, periodic="x").on(JET)
BUMPS = (sq.Bump(8, stride=4), sq.Bump(9, stride=4))


def drawn(record: sq.Record = RECORD, most: int = 40, points: int = 10**6, **further: object) -> Windows:
    fields = Fields(record, JET, Smoothing((SmoothedDifferences(5), FiniteDifferences())))
    settings = {"most": most, "points": points, "seed": 0} | further
    return draw_windows(record, BUMPS, (1, 2), fields.operators([1, 2]), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("index", [(0, 0), (1, 0), (0, 2), (1, 1)])
def test_integrals_are_direct_sums(index: tuple[int, int]) -> None:
    """(-1)^|a| sum of D^a phi f, window by window, from the formula of the bump."""
    [part] = drawn().parts
    found = part.integral(WAVE, index)
    steps = (T[1] - T[0], X[1] - X[0])
    s = sp.Symbol("s")
    for window, value in zip(part.chosen[:10], found[:10], strict=True):
        weights = []
        for axis, (bump, order, step) in enumerate(zip(BUMPS, index, steps, strict=True)):
            radius = bump.half * step
            shape = (1 - (s / radius) ** 2) ** bump.degree
            area = float(sp.integrate(sp.expand(shape), (s, -radius, radius)))
            at = np.arange(-bump.half, bump.half + 1) * step
            own = sp.lambdify(s, sp.diff(shape, s, order) * (-1) ** order, "numpy")(at)
            places = part.axes[axis].tests.first[window[axis]] + np.arange(2 * bump.half + 1)
            weights.append((places, own * step / area))
        (rows, left), (columns, right) = weights
        assert value == pytest.approx(left @ WAVE[np.ix_(rows, columns % len(X))] @ right, rel=1e-6, abs=1e-9)


def test_points_give_what_the_whole_does() -> None:
    """At every point to round-off, at every second to 1e-4 of the root mean square; jets as on the grid."""
    for points, tolerance in ((10**6, 1e-12), (4 * len(T) * len(X) // 3, 1e-4)):
        windows = drawn(points=points)
        fields = Fields(RECORD, JET, Smoothing((FiniteDifferences(),) * 2))
        jets = fields.jets(windows, (JET["u"], JET["u_x"]))
        whole = windows.parts[0].integral(WAVE, (0, 0))
        assert windows.weights @ jets[JET["u"]] == pytest.approx(whole, abs=tolerance)
        slope = windows.parts[0].integral(WAVE, (0, 1))
        assert windows.weights @ jets[JET["u_x"]] == pytest.approx(slope, abs=max(tolerance, 1e-6))


@pytest.mark.parametrize("points", [10**6, 2_000])
def test_sums_by_axes_are_those_by_entries(points: int) -> None:
    """Of all windows, and of some of them: in boxes, and where they share all their points."""
    windows = drawn(points=points)
    stay = np.random.default_rng(0).random(windows.count) < 0.4
    for some in (windows, windows.kept(stay)):
        values = np.random.default_rng(1).standard_normal((2, some.weights.shape[1]))
        assert some.project(values) == pytest.approx((some.weights @ values.T).T, abs=1e-13)
    assert windows.kept(stay).count == stay.sum()
    grid = windows.parts[0]
    by_axes = Separable(grid.points, *grid.factors)
    assert by_axes(values := np.sin(np.arange(len(grid.points)))) == pytest.approx(grid.weights @ values)


def test_few_points_are_drawn_in_boxes() -> None:
    windows = drawn(most=100, points=400)
    assert 0 < windows.count <= 100 and len(windows.parts[0].points) <= 2 * 400
    same, other = drawn(most=100, points=400), drawn(most=100, points=400, seed=1)
    assert np.array_equal(windows.parts[0].chosen, same.parts[0].chosen)
    assert not np.array_equal(windows.parts[0].chosen, other.parts[0].chosen)
    assert 1 < windows.effective((0, 0)) <= windows.count


def test_windows_that_touch_missing_values_are_nan_and_no_others() -> None:
    [part] = drawn(most=10**6).parts
    holed = WAVE.copy()
    holed[30, 20] = np.nan
    bad = np.isnan(part.integral(holed, (0, 0)))
    first = [axis.tests.first[k] for axis, k in zip(part.axes, part.chosen.T, strict=True)]
    inside = (np.abs(first[0] + 8 - 30) < 8) & ((np.abs(first[1] + 9 - 20 + 32) % 64 - 32) ** 2 < 81)
    assert 0 < bad.sum() < len(bad) and set(np.flatnonzero(inside)) == set(np.flatnonzero(bad))


def test_too_few_windows_are_refused() -> None:
    short = sq.field({"t": T[:25], "x": X}, {"u": WAVE[:25]}).on(JET)
    fields = Fields(short, JET, Smoothing((SmoothedDifferences(5), FiniteDifferences())))
    bumps = (sq.Bump(8, stride=4), sq.Bump(20, stride=10))
    with pytest.raises(sq.InvalidInput, match="test functions fit into the data; at least 12 are needed"):
        draw_windows(short, bumps, (1, 2), fields.operators([1, 2]), most=99, points=9999, seed=0)


def test_noise_of_functions_from_shaken_records() -> None:
    """Half the difference is a draw of the noise; the combination of u^2 has its bias taken off."""
    noisy = sq.field(
        {"t": T, "x": X}, {"u": WAVE + 0.1 * np.random.default_rng(3).standard_normal(WAVE.shape)}
    )
    more, less = (own.parts[0]["u"].values for own in shaken(noisy, (0.1,), seed=0))
    assert np.std((more - less) / 2) == pytest.approx(0.1, rel=0.05)
    u = noisy.parts[0]["u"].values
    assert np.mean(u**2 - WAVE**2) == pytest.approx(0.01, rel=0.3)
    assert abs(np.mean(2 * u**2 - (more**2 + less**2) / 2 - WAVE**2)) < 0.003


def test_large_parts_are_cut_to_their_middle() -> None:
    cut = in_memory(RECORD, most=70 * 40)
    assert np.prod(list(cut.parts[0].sizes.values())) <= 61 * 64 and cut.periodic <= RECORD.periodic
    assert in_memory(RECORD).periodic == RECORD.periodic
