"""Samples: the right jet at the right points, whatever the blocks, chunks and axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from sympy import Symbol

from symeq.data import jetgrid as jetgrid_module
from symeq.data.derivatives import FiniteDifferences, Rule, SmoothedDifferences, Spectral
from symeq.data.records import Record, field, trajectories
from symeq.data.samples import Samples, pointwise
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

T = np.linspace(0.5, 2.5, 81)
X = 2 * np.pi * np.arange(64) / 64
WAVE = np.exp(-0.3 * T)[:, None] * np.sin(2 * X + T[:, None])
JET = Jet("t x", "u", order=3)


def wave(t: np.ndarray, x: np.ndarray, in_t: int, in_x: int) -> np.ndarray:
    """Derivatives of exp(-0.3 t) sin(2 x + t), the imaginary part of exp((i - 0.3) t + 2 i x)."""
    return np.imag((1j - 0.3) ** in_t * (2j) ** in_x * np.exp((1j - 0.3) * t + 2j * x))


def record(periodic: bool = True) -> Record:
    return field({"t": T, "x": X}, {"u": WAVE}, periodic=["x"] if periodic else [])


def columns(samples: Samples, coordinates: list[Symbol], rung: int = 0) -> dict[Symbol, np.ndarray]:
    pieces: dict[Symbol, list[np.ndarray]] = {z: [] for z in coordinates}
    for chunk in samples.grid(coordinates).chunks():
        for z in coordinates:
            assert chunk.jets[rung][z].shape == (chunk.rows[rung],)
            pieces[z].append(chunk.jets[rung][z])
    return {z: np.concatenate(found) for z, found in pieces.items()}


@pytest.mark.parametrize(
    ("rule", "periodic", "bound"),
    [
        (FiniteDifferences(8), True, 1e-7),
        (FiniteDifferences(8), False, 1e-7),
        ({"t": FiniteDifferences(8), "x": Spectral()}, True, 1e-7),
        (FiniteDifferences(2), True, 2e-2),
        (SmoothedDifferences(5), False, 2e-2),
    ],
    ids=str,
)
def test_jets_of_a_closed_form_at_the_right_points(
    rule: Rule | Mapping[str, Rule], periodic: bool, bound: float
) -> None:
    """Every coordinate of order three, mixed ones included, relative to its largest value."""
    coordinates = [c for c in JET.coordinates if c in JET.independent or JET.multi_index(c)[1][0] <= 1]
    found = columns(pointwise(record(periodic), JET, rule), coordinates)
    t, x = (found[z] for z in JET.independent)
    assert len(coordinates) == 9
    for z in coordinates[2:]:
        exact = wave(t, x, *JET.multi_index(z)[1])
        assert np.abs(found[z] - exact).max() < bound * np.abs(exact).max(), z


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("rung", [0, 1])
def test_blocks_partition_the_points_with_a_stencil(periodic: bool, rung: int) -> None:
    samples = pointwise(record(periodic), JET, SmoothedDifferences(7))
    t, x = JET.independent
    grid = samples.grid([t, x, JET["u_t"], JET["u_xxx"]])
    (operators,) = [grid.operators(0)[rung]]
    seen: list[tuple[float, float]] = []
    blocks: dict[int, list[np.ndarray]] = {}
    points = 0
    for chunk in grid.chunks():
        points += chunk.points
        jets = chunk.jets[rung]
        seen += list(zip(jets[t], jets[x], strict=True))
        blocks.setdefault(chunk.block, []).append(np.stack([jets[t], jets[x]]))
    expected = {
        (a, b)
        for a in T[operators[0].first : operators[0].last]
        for b in X[operators[1].first : operators[1].last]
    }
    assert len(seen) == len(set(seen)) == len(expected)
    assert set(seen) == expected
    assert points == T.size * X.size
    assert list(blocks) == list(range(len(blocks)))
    assert 12 <= len(blocks) <= 64


def test_trajectories_of_unequal_length_and_spacing() -> None:
    """Five trajectories from 12 to 300 points; each row carries the time of its own trajectory."""
    rng = np.random.default_rng(0)
    times = [0.2 * k + np.linspace(0, 0.02 * n, n) for k, n in enumerate((12, 300, 40, 101, 33))]
    phases = rng.uniform(0, 6, 5)
    states = [np.stack([np.sin(t + a), np.cos(2 * t)], axis=1) for t, a in zip(times, phases, strict=True)]
    jet = Jet("t", "x y")
    samples = pointwise(trajectories(times, states, "x y"), jet, FiniteDifferences(4))
    t, x, y = jet.variables
    of_block: dict[int, float] = {}
    total = 0
    for chunk in samples.grid([t, x, y, jet["x_t"], jet["y_t"]]).chunks():
        jets = chunk.jets[0]
        total += chunk.rows[0]
        if not chunk.rows[0]:
            continue
        phase = [a for a in phases if np.abs(np.sin(jets[t] + a) - jets[x]).max() < 1e-9]
        assert len(phase) == 1
        assert of_block.setdefault(chunk.block, phase[0]) == phase[0]
        assert jets[jet["x_t"]] == pytest.approx(np.cos(jets[t] + phase[0]), abs=1e-6)
        assert jets[jet["y_t"]] == pytest.approx(-2 * np.sin(2 * jets[t]), abs=1e-5)
    assert total == sum(len(t) - 4 for t in times)


def test_the_order_of_the_axes_in_the_record_does_not_matter() -> None:
    turned = field({"x": X, "t": T}, {"u": WAVE.T}, periodic=["x"])
    coordinates = list(JET.coordinates[:4])
    for rule in (None, FiniteDifferences(6)):
        one, other = (columns(pointwise(r, JET, rule), coordinates) for r in (record(), turned))
        assert all(np.array_equal(one[z], other[z]) for z in coordinates)


def test_a_periodic_field_may_start_anywhere() -> None:
    """Rolled along x, with the blocks cut elsewhere, the same rows come out."""
    rolled = field({"t": T, "x": X}, {"u": np.roll(WAVE, 23, axis=1)}, periodic=["x"])
    wanted = [JET["u"], JET["u_xx"], JET["u_tx"]]
    one, other = (
        np.stack(list(columns(pointwise(r, JET, SmoothedDifferences(9)), wanted).values()))
        for r in (record(), rolled)
    )
    assert np.sort(one, axis=1) == pytest.approx(np.sort(other, axis=1), abs=1e-12)


@pytest.mark.parametrize("rows", [1, 100, 1000])
def test_chunks_are_a_matter_of_memory_only(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = pointwise(record(), JET, SmoothedDifferences(5))
    wanted = [*JET.independent, JET["u"], JET["u_xx"], JET["u_t"]]
    whole = columns(samples, wanted)
    monkeypatch.setattr(jetgrid_module, "CHUNK_ROWS", rows)
    assert max(chunk.points for chunk in samples.grid(wanted).chunks()) <= max(rows, X.size)
    cut = columns(samples, wanted)
    for z in wanted:
        assert cut[z] == pytest.approx(whole[z], rel=1e-12, abs=1e-12)


def test_the_same_call_gives_the_same_bits() -> None:
    noisy = field({"t": T, "x": X}, {"u": WAVE + 0.02 * np.random.default_rng(1).standard_normal(WAVE.shape)})
    first, again = pointwise(noisy, JET), pointwise(noisy, JET)
    assert (first.rungs, first.noise, first.notes) == (again.rungs, again.noise, again.notes)
    wanted = list(JET.coordinates[2:5])
    for rung in range(len(first.rungs)):
        one, other = columns(first, wanted, rung), columns(again, wanted, rung)
        assert all(np.array_equal(one[z], other[z]) for z in wanted)


def test_the_covariance_of_noise_on_the_jet() -> None:
    """White noise of deviation 1 and 2 on 200 x 256 points: a correlation of n independent values scatters
    by 1 / sqrt(n), and a stencil of 9 x 9 points leaves at least 51200 / 81."""
    rng = np.random.default_rng(2)
    t, x = np.linspace(0, 1, 200), np.arange(256) / 256
    both = {"u": rng.standard_normal((200, 256)), "v": 2 * rng.standard_normal((200, 256))}
    jet = Jet("t x", "u v", order=2)
    wanted = [*jet.dependent, *(jet[name] for name in ("u_t", "v_t", "u_x", "u_xx", "u_tx", "v_xx"))]
    rules = {"t": SmoothedDifferences(5, 2), "x": FiniteDifferences(4)}
    samples = replace(pointwise(field({"t": t, "x": x}, both, periodic=["x"]), jet, rules), noise=(1.0, 2.0))
    found = columns(samples, wanted)
    table = np.stack([found[z] for z in wanted])
    expected = samples.grid(wanted).covariance(0)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((table @ table.T / table.shape[1] - expected) / scale).max() < 4 / np.sqrt(51_200 / 81)
    assert expected[0, 1] == 0 == expected[2, 3]


def test_the_noise_is_estimated_for_each_variable_and_said() -> None:
    rng = np.random.default_rng(3)
    t = np.linspace(0, 20, 2001)
    states = np.stack([np.sin(t), 5 * np.cos(t)], axis=1) + [0.02, 0.5] * rng.standard_normal((2001, 2))
    samples = pointwise(trajectories(t, states, "x y"), Jet("t", "x y"))
    assert samples.noise == pytest.approx((0.02, 0.5), rel=0.1)
    assert any(
        note.startswith("noise of x: 0.02") and "% of its standard deviation" in note
        for note in samples.notes
    )
    assert any(note.startswith("axis t: at most smoothed over") for note in samples.notes)


def test_a_ladder_of_windows_is_offered_unless_every_rule_is_stated() -> None:
    noisy = field({"t": T, "x": X}, {"u": WAVE + 0.05 * np.random.default_rng(4).standard_normal(WAVE.shape)})
    automatic = pointwise(noisy, JET)
    half = pointwise(noisy, JET, {"x": FiniteDifferences(6)})
    stated = pointwise(noisy, JET, SmoothedDifferences(9))
    assert automatic.usable == len(automatic.rungs) > 1
    assert {rung[1] for rung in half.rungs} == {FiniteDifferences(6)}
    assert half.usable == len(half.rungs) > 1
    assert stated.usable == 1
    assert stated.rungs[0] == (SmoothedDifferences(9), SmoothedDifferences(9))
    assert len(stated.rungs) == 2


def test_the_lead_says_how_often_time_is_differentiated() -> None:
    jet = Jet("t x", "u", order=2)
    samples = pointwise(record(), jet, lead="u_tt")
    found = columns(samples, [*jet.independent, jet["u_tt"]])
    exact = wave(found[jet["t"]], found[jet["x"]], 2, 0)
    assert found[jet["u_tt"]] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: pointwise(record(), JET, {"y": FiniteDifferences()}), "`y`, which is no axis.*t, x"),
        (lambda: pointwise(record(), Jet("t x", "w", order=1)), "no variable `w`"),
        (lambda: pointwise(record(), Jet("t y", "u", order=1)), "independent variables are t, y"),
        (lambda: pointwise(record(False), JET, Spectral()), "not periodic"),
    ],
)
def test_bad_questions_are_refused(build: object, said: str) -> None:
    assert callable(build)
    with pytest.raises(InvalidInput, match=said):
        samples = build()
        list(samples.grid(list(JET.coordinates)).chunks())


@pytest.mark.parametrize("size", [3, 4, 5, 6])
def test_an_axis_too_short_for_the_order_is_refused(size: int) -> None:
    jet = Jet("t x", "u", order=6)
    x = np.linspace(0, 1, size)
    short = field({"t": T, "x": x}, {"u": np.sin(3 * x + T[:, None])})
    with pytest.raises(InvalidInput, match=f"axis of {size} points"):
        pointwise(short, jet)


def test_jitter_of_the_axis_is_no_noise() -> None:
    """A clean signal at times displaced by up to 30 % of the spacing; then with 1 % of noise, 10 draws."""
    estimates = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        t = np.linspace(0, 10, 401) + 0.3 * 0.025 * rng.uniform(-1, 1, 401)
        clean = np.stack([np.sin(2 * t), np.cos(t)], axis=1)
        jet = Jet("t", "x y")
        assert max(pointwise(trajectories(t, clean, "x y"), jet).noise) < 1e-5
        noisy = clean + 0.01 * rng.standard_normal(clean.shape)
        estimates += pointwise(trajectories(t, noisy, "x y"), jet).noise
    assert np.mean(estimates) == pytest.approx(0.01, rel=0.05)
