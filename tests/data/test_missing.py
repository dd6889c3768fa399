"""Missing values: what touches them is left out, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symeq as sq
from symeq.data.records import Record, field, open_record, record, trajectories
from symeq.errors import InvalidInput

T = np.linspace(0.0, 1.0, 101)
X = np.arange(64) / 64
SIGNAL = (
    np.exp(-T)[:, np.newaxis] * np.sin(2 * np.pi * X)
    + np.exp(-4 * T)[:, np.newaxis] * np.cos(4 * np.pi * X)
    + 0.5
)
NOISY = SIGNAL + 1e-3 * np.random.default_rng(0).standard_normal(SIGNAL.shape)
RATE = 1 / (4 * np.pi**2)  # the diffusivity of the signal
JET = sq.Jet("t x", "u", order=2)
COORDINATES = [JET[name] for name in ("u", "u_t", "u_xx")]


def with_holes(u: np.ndarray, share: float = 0.0) -> np.ndarray:
    """A block is missing, a row is missing, and a share of all values."""
    holed = u.copy()
    holed[30:40, 10:20] = np.nan
    holed[70] = np.nan
    holed[np.random.default_rng(1).random(u.shape) < share] = np.nan
    return holed


def heat(u: np.ndarray, missing: str = "leave out") -> Record:
    return field({"t": T, "x": X}, {"u": u}, periodic=["x"], missing=missing)


RULES = {
    "differences": {"t": sq.FiniteDifferences(4), "x": sq.FiniteDifferences(4)},
    "smoothed": {"t": sq.SmoothedDifferences(7), "x": sq.SmoothedDifferences(5)},
}


@pytest.mark.parametrize("rule", RULES)
def test_only_stencils_that_touch_missing_values_are_lost(rule: str) -> None:
    whole = sq.sample(heat(NOISY), JET, RULES[rule]).grid(COORDINATES)
    holed = sq.sample(heat(with_holes(NOISY)), JET, RULES[rule]).grid(COORDINATES)
    reach = [op.halo for op in whole.operators(0)[0]]
    points = np.isnan(with_holes(NOISY))
    lost = points.copy()
    for t, x in np.argwhere(points):
        lost[max(0, t - reach[0]) : t + reach[0] + 1, x] = True
    touched = lost.copy()
    for shift in range(-reach[1], reach[1] + 1):
        touched |= np.roll(lost, shift, axis=1)
    asked = [range(reach[0], T.size - reach[0]), range(X.size)]
    expected, found = whole.jets(0, 0, asked), holed.jets(0, 0, asked)
    inside = touched[reach[0] : -reach[0]]
    for z in COORDINATES:
        assert np.isfinite(found[z][~inside]).all()
        assert np.array_equal(found[z][~inside], expected[z][~inside])


def test_the_noise_and_the_windows_of_data_with_holes() -> None:
    """164 of 6464 values are missing, then 2 % more: the noise is right within 15 and 30 %, and the windows
    are so short that most rows are left between the holes."""
    holed = sq.sample(heat(with_holes(NOISY)), JET)
    assert holed.noise[0] == pytest.approx(1e-3, rel=0.15)
    chunks = list(holed.grid(COORDINATES).chunks())
    for rung in range(len(holed.rungs)):
        rows = np.concatenate([chunk.jets[rung][JET["u_xx"]] for chunk in chunks])
        assert np.isfinite(rows).mean() > 0.5
    assert sq.sample(heat(with_holes(NOISY, 0.02)), JET).noise[0] == pytest.approx(1e-3, rel=0.3)


def test_a_missing_middle_is_estimated_elsewhere() -> None:
    """A million points, of whose middle nothing is there."""
    rng = np.random.default_rng(0)
    t = np.linspace(0, 20, 1_000_001)
    x = np.sin(t) + 0.1 * rng.standard_normal(t.size)
    x[250_000:750_000] = np.nan
    samples = sq.sample(trajectories(t, x, "x", missing="leave out"), sq.Jet("t", "x"))
    assert samples.noise[0] == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("form", ["pointwise", "in chunks"])
def test_the_law_of_a_field_with_holes(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """6464 points with noise of 0.1 %, 164 of them missing: u_t = 0.0253 u_xx, and lost rows are counted."""
    given = heat(with_holes(NOISY))
    if form == "in chunks":
        monkeypatch.setattr("symeq.data.slabs.LAZY_FROM", 0)
        given = record(given.parts[0].chunk({"t": 20}), missing="leave out")
    else:
        assert "u: 164 of 6464 values missing, what touches them is left out" in given.notes
    u, u_x, u_xx = JET["u"], JET["u_x"], JET["u_xx"]
    allowed = sq.linear_ansatz(JET, [u, u_x, u_xx, u**2, u * u_x], sq.trivial)
    law = sq.discover(allowed, sq.sample(given, JET))
    (term,) = law.terms
    assert term.expression == u_xx
    assert term.value == pytest.approx(RATE, rel=0.02)
    assert any("samples left out" in note for note in law.provenance.notes)


def test_missing_values_are_refused_unless_they_are_left_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"164 NaN among its 6464 values.*`missing=\"leave out\"`"):
        heat(with_holes(NOISY), "refuse")
    with pytest.raises(InvalidInput, match=r"missing='ignore': missing values are refused \(`refuse`\)"):
        heat(NOISY, "ignore")
    with pytest.raises(InvalidInput, match="1 Inf among"):
        heat(np.where(np.arange(6464).reshape(SIGNAL.shape) == 99, np.inf, SIGNAL))
    with pytest.raises(InvalidInput, match="is NaN everywhere"):
        heat(SIGNAL * np.nan)
    with pytest.raises(InvalidInput, match="is constant"):
        heat(np.where(np.isnan(with_holes(SIGNAL)), np.nan, 1.0))
    np.savez(tmp_path / "run.npz", t=T, x=X, u=with_holes(NOISY))
    assert open_record(tmp_path / "run.npz", "t x", "u", missing="leave out").missing == "leave out"


def test_a_seam_is_closed_over_missing_values() -> None:
    """The last point repeats the first of a periodic axis, also where one of the two is missing."""
    closed = np.concatenate([with_holes(SIGNAL), with_holes(SIGNAL)[:, :1]], axis=1)
    closed[5, 0] = closed[9, -1] = np.nan
    x = np.append(X, 1.0)
    found = field({"t": T, "x": x}, {"u": closed}, periodic=["x"], missing="leave out")
    assert found.parts[0].sizes["x"] == 64
