"""Jets at scattered points: the same numbers as all rows have, at points drawn without repetition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from sympy import Symbol

from symeq.data import jetgrid as jetgrid_module
from symeq.data.derivatives import AxisOperators, FiniteDifferences, Rule, SmoothedDifferences, Spectral
from symeq.data.records import Record, field, trajectories
from symeq.data.samples import Samples, pointwise
from symeq.geometry.jet import Jet

JET = Jet("t x", "u v", order=2)
LINE = Jet("t", "x y", order=2)
RNG = np.random.default_rng(0)
X = 2 * np.pi * np.arange(24) / 24
UNEVEN = np.linspace(0, 2, 41) + 0.01 * RNG.uniform(-1, 1, 41)


def waves(t: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    phase = 2 * x + t[:, None]
    return {"u": np.exp(-0.3 * t)[:, None] * np.sin(phase), "v": np.cos(phase) ** 2 + 0.01 * t[:, None]}


def fields(t: np.ndarray, periodic: bool = True) -> Record:
    return field({"t": t, "x": X}, waves(t, X), periodic=["x"] if periodic else [])


def curves(*times: np.ndarray) -> Record:
    """Trajectories on axes of their own: one part each."""
    return trajectories(
        list(times),
        [np.stack([np.sin(t + k), np.cos(2 * t) + k], axis=1) for k, t in enumerate(times)],
        "x y",
    )


T = np.linspace(0, 2, 41)
CASES: dict[str, tuple[Record, Jet, Rule | Mapping[str, Rule] | None]] = {
    "finite": (fields(T, False), JET, FiniteDifferences(4)),
    "finite, periodic": (fields(T), JET, FiniteDifferences(8)),
    "smoothed": (fields(T, False), JET, SmoothedDifferences(7, 4)),
    "smoothed, periodic": (fields(T), JET, SmoothedDifferences(5)),
    "spectral": (fields(T), JET, {"t": FiniteDifferences(4), "x": Spectral()}),
    "spectral, odd size": (
        field({"t": T, "x": X[:23] * 24 / 23}, waves(T, X[:23] * 24 / 23), periodic=["x"]), JET,
        {"t": SmoothedDifferences(5), "x": Spectral(1.0)},
    ),
    "uneven": (fields(UNEVEN, False), JET, SmoothedDifferences(5, 4)),
    "chosen from the data": (fields(T), JET, None),
    "parts of unequal length": (
        curves(T, np.linspace(0, 1, 31), np.linspace(0, 3, 90)), LINE, FiniteDifferences(4)
    ),
    "parts, uneven": (curves(UNEVEN, T, UNEVEN[:25]), LINE, SmoothedDifferences(5, 4)),
    "a part too short for the coarse rung": (curves(np.linspace(0, 1, 9), T), LINE, FiniteDifferences(8)),
}  # fmt: skip


def coordinates(jet: Jet) -> list[Symbol]:
    """All of them, but for derivatives twice by time of a field."""
    return [z for z in jet.coordinates if z in jet.independent or jet.multi_index(z)[1][0] < 2 or jet == LINE]


def everything(samples: Samples, wanted: list[Symbol], rung: int) -> dict[tuple[float, ...], np.ndarray]:
    """The rows of all chunks, by point; points of two parts may coincide, so that values stand in the key."""
    first = wanted[: len(samples.jet.independent) + len(samples.jet.dependent)]
    found = {}
    for chunk in samples.grid(wanted).chunks():
        rows = np.stack([chunk.jets[rung][z] for z in wanted], axis=1)
        for row in rows:
            found[tuple(np.round(row[: len(first)], 9))] = row
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [50, 10**9])
def test_scattered_jets_are_those_of_the_chunks(name: str, count: int) -> None:
    """Every coordinate on every rung, to 1e-9 of its largest value."""
    record, jet, rule = CASES[name]
    samples = pointwise(record, jet, rule)
    wanted = coordinates(jet)
    for rung in range(len(samples.rungs)):
        known = everything(samples, wanted, rung)
        jets = samples.grid(wanted).scattered(rung, count, 3)
        rows = np.stack([jets[z] for z in wanted], axis=1)
        assert len(rows) == min(count, full(samples)) > 0
        head = len(jet.independent) + len(jet.dependent)
        expected = np.stack([known[tuple(np.round(row[:head], 9))] for row in rows])
        scale = np.abs(np.stack(list(known.values()))).max(axis=0)
        assert (np.abs(rows - expected) <= 1e-9 * np.maximum(scale, 1)).all()


def points(samples: Samples, rung: int, count: int, seed: int) -> list[tuple[float, ...]]:
    jet = samples.jet
    wanted = coordinates(jet)
    jets = samples.grid(wanted).scattered(rung, count, seed)
    head = wanted[: len(jet.independent) + len(jet.dependent)]
    return list(zip(*(np.round(jets[z], 9) for z in head), strict=True))


def full(samples: Samples) -> int:
    """How many points have a full stencil on all rungs, counted part by part."""
    grid, total = samples.grid(coordinates(samples.jet)), 0
    for part in range(len(samples.record.parts)):
        inside = 1
        for axis in zip(*grid.operators(part), strict=True):
            here = [set(range(op.first, op.last)) for op in axis]
            inside *= len(set.intersection(*here))
        total += inside
    return total


@pytest.mark.parametrize("name", CASES)
def test_where_there_are_few_all_points_are_taken(name: str) -> None:
    record, jet, rule = CASES[name]
    samples = pointwise(record, jet, rule)
    total = full(samples)
    every = points(samples, 0, 10**9, 0)
    assert len(every) == len(set(every)) == total
    assert points(samples, 0, total, 5) == every
    assert len(points(samples, 0, total - 1, 5)) == total - 1


@pytest.mark.parametrize("name", ["finite, periodic", "parts of unequal length"])
def test_draws_are_without_repetition_and_follow_from_the_seed(name: str) -> None:
    """120 points; two seeds share some, the same seed all, whatever the rung."""
    record, jet, rule = CASES[name]
    samples = pointwise(record, jet, rule)
    drawn = points(samples, 0, 100, 1)
    assert len(drawn) == len(set(drawn)) == 100
    assert points(samples, 0, 100, 1) == drawn != points(samples, 0, 100, 2)
    times = [
        samples.grid(coordinates(jet)).scattered(rung, 100, 1)[jet.independent[0]]
        for rung in range(len(samples.rungs))
    ]
    assert len(times) > 1 and all(np.array_equal(times[0], other) for other in times)


def test_draws_are_uniform_over_all_parts() -> None:
    """Parts of 37, 27 and 86 usable points at times of their own: 4000 draws, to 4 deviations."""
    record = curves(T, 10 + np.linspace(0, 1, 31), 100 + np.linspace(0, 3, 90))
    grid = pointwise(record, LINE, {"t": FiniteDifferences(2)}).grid([LINE["t"], LINE["x_tt"]])
    counts = np.zeros(3)
    for seed in range(200):
        t = grid.scattered(0, 20, seed)[LINE["t"]]
        counts += np.histogram(t, [0, 5, 50, 200])[0]
    sizes = np.array([len(grid._common(part)[0]) for part in range(3)])
    assert counts.sum() == 4000 and len(set(sizes)) == 3
    expected = 4000 * sizes / sizes.sum()
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()


def test_points_gathered_in_patches_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    record, jet, rule = CASES["spectral"]
    wanted = coordinates(jet)
    grid = pointwise(record, jet, rule).grid(wanted)
    whole = grid.scattered(0, 60, 1)
    monkeypatch.setattr(jetgrid_module, "PATCH", 500)
    pieces = grid.scattered(0, 60, 1)
    for z in wanted:
        assert pieces[z] == pytest.approx(whole[z], rel=1e-12, abs=1e-12)


RULES: list[tuple[Rule, np.ndarray, bool]] = [
    (FiniteDifferences(2), T, False), (FiniteDifferences(8), X, True), (SmoothedDifferences(7), T, False),
    (SmoothedDifferences(7, 4), X, True), (SmoothedDifferences(5, 4), UNEVEN, False),
    (FiniteDifferences(4), UNEVEN, False), (Spectral(), X, True), (Spectral(1.0), X[:23] * 24 / 23, True),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "axis", "periodic"), RULES, ids=str)
def test_stencils_are_the_operator(rule: Rule, axis: np.ndarray, periodic: bool) -> None:
    """Weights times values at the places of a stencil are D^d at its point, for random values."""
    operators: AxisOperators = rule.on(axis, 3, periodic)
    values = np.random.default_rng(1).standard_normal(len(axis))
    inside = np.arange(operators.first, operators.last)
    places, weights = operators.stencils(inside)
    assert len(weights) == 4
    wrapped = values
    if periodic and not operators.whole:
        wrapped = np.take(values, np.arange(-operators.halo, len(axis) + operators.halo), mode="wrap")
    for order, weight in enumerate(weights):
        expected = operators.apply(wrapped, 0, order, operators.first)
        found = np.sum(weight * values[places], axis=1)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * np.abs(expected).max())
