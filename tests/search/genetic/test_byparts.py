"""Columns under windows: what they are worth on smooth fields, without bias by smoothing or noise."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.data.derivatives import FiniteDifferences, SmoothedDifferences
from symeq.data.shaken import shaken
from symeq.data.windows import Windows
from symeq.search.genetic.byparts import Columns
from symeq.search.genetic.spread import spread_windows
from symeq.search.genetic.weakrows import CORRECTED, Fields, Smoothing

T, X = np.linspace(0, 2, 101), np.arange(96) / 96 * 2 * np.pi
JET = sq.Jet("t x", "u", order=2)
WAVE = np.sin(X - T[:, None]) + 0.3 * np.cos(2 * X + T[:, None])
RECORD = sq.field({"t": T, "x": X}, {"u": WAVE}, periodic="x")
EXACT = Smoothing((FiniteDifferences(), FiniteDifferences()))
COARSE = Smoothing((SmoothedDifferences(31), SmoothedDifferences(31)))
EXPRESSIONS = ["u", "u^3", "u_xx", "u*u_xx", "u_x^2", "t*u_x", "t*u_t", "sin(u)*u_x", "exp(u)", "u_x/(2+u)"]


def windows(smoothing: Smoothing) -> Windows:
    operators = Fields(RECORD, JET, smoothing).operators([2, 2])
    bumps = (sq.Bump(16, stride=8), sq.Bump(16, stride=8))
    return spread_windows(RECORD, bumps, (2, 2), operators, most=60, points=10**6, seed=0)


def by_points(text: str, smoothing: Smoothing, some: Windows) -> np.ndarray:
    """The whole expression at the points of the windows."""
    expression = JET.parse(text)
    symbols = sorted(expression.free_symbols, key=str)
    jets = Fields(RECORD, JET, smoothing).jets(some, symbols)
    return some.project(sp.lambdify(symbols, expression)(*(jets[z] for z in symbols)))


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_the_same_as_at_the_points_where_these_are_exact(text: str) -> None:
    some = windows(EXACT)
    [row] = Columns(JET, [JET.parse(text)]).under(RECORD, EXACT, some)
    assert row == pytest.approx(by_points(text, EXACT, some), abs=2e-4)


@pytest.mark.parametrize("text", ["u^3", "u_xx", "sin(u)*u_x", "u*u_xx + u_x^2", "u^2*u_tt + 2*u*u_t^2"])
def test_smoothing_does_not_bias_what_moves(text: str) -> None:
    """By parts to 1e-4, whatever the rule; at points smoothed over 31, these differ by at least ten times
    that."""
    some = windows(COARSE)
    [row] = Columns(JET, [JET.parse(text)]).under(RECORD, COARSE, some)
    exact = by_points(text, EXACT, some)
    assert row == pytest.approx(exact, abs=2e-4)
    assert np.abs(by_points(text, COARSE, some) - exact).max() > 2e-3


def test_noise_does_not_bias_what_all_points_give() -> None:
    """u^2 and u^3 under 30 % noise, in the mean over 40 draws: within 4 standard errors of what they are,
    where the uncorrected square is off by many."""
    some, level = windows(EXACT), 0.3
    columns = Columns(JET, [JET.parse("u^2"), JET.parse("u^3")])
    clean = columns.under(RECORD, EXACT, some)
    drawn, plain = [], []
    for seed in range(40):
        values = WAVE + level * np.random.default_rng(seed).standard_normal(WAVE.shape)
        record = sq.field({"t": T, "x": X}, {"u": values}, periodic="x")
        records = (record, *shaken(record, (level,), seed))
        rows = columns.settled(records, EXACT, some)
        drawn.append(rows[0] - clean)
        plain.append(columns.under(record, EXACT, some) - clean)
        whole = np.stack([columns.under(one, EXACT, some) for one in records])
        assert np.tensordot(CORRECTED, rows, axes=1) == pytest.approx(np.tensordot(CORRECTED, whole, axes=1))
    means = np.mean(drawn, axis=2)  # over windows (draw, expression)
    errors = means.std(axis=0) / np.sqrt(len(means))
    assert np.all(np.abs(means.mean(axis=0)) < 4 * errors)
    assert abs(np.mean(plain, axis=(0, 2))[0]) > 10 * errors[0]


def test_values_that_are_not_finite_are_missed_by_their_windows_alone() -> None:
    """u_x / u, which has poles: nan under windows that hold one of the points where u vanishes."""
    values = np.where(np.abs(WAVE) < 1e-3, 0.0, WAVE)
    values[3, 5] = 0.0
    record = sq.field({"t": T, "x": X}, {"u": values}, periodic="x")
    some = windows(EXACT)
    [row] = Columns(JET, [JET.parse("u_x/u")]).under(record, EXACT, some)
    assert 0 < np.isnan(row).sum() < len(row)


@pytest.mark.parametrize(
    ("text", "moves"), [("u_xx", True), ("u*u_x", True), ("u*u_xx", False), ("u^3", False)]
)
def test_a_search_takes_alike_what_keeps_a_derivative(text: str, moves: bool) -> None:
    """Beside trees that are evaluated at smoothed points: by parts what is rid of derivatives, the rest as a
    tree would be."""
    some = windows(COARSE)
    [row] = Columns(JET, [JET.parse(text)], few=True).under(RECORD, COARSE, some)
    assert row == pytest.approx(by_points(text, EXACT if moves else COARSE, some), abs=2e-4)


def test_values_are_smoothed_apart_from_slopes() -> None:
    """With exact rules for values u is what was measured, and u_xx what the coarse rules make of it."""
    u, slope = JET.parse("u"), JET.parse("u_xx")
    some = windows(COARSE)
    apart = Smoothing(COARSE.rules, EXACT.rules)
    found = Fields(RECORD, JET, apart).jets(some, [u, slope])
    exact, coarse = (Fields(RECORD, JET, one).jets(some, [u, slope]) for one in (EXACT, COARSE))
    assert found[u] == pytest.approx(exact[u], abs=1e-14)
    assert found[slope] == pytest.approx(coarse[slope], abs=1e-12)
    assert np.abs(coarse[u] - exact[u]).max() > 1e-3


def test_functions_of_values_alone_are_told_apart() -> None:
    """Of u^2, u_x^2, t and sin(u) the first and the last judge how far values may be smoothed; where they are
    taken from all points there is nothing to judge."""
    expressions = [JET.parse(text) for text in ("u^2", "u_x^2", "t", "sin(u)")]
    assert Columns(JET, expressions).underived is None
    plain = Columns(JET, expressions, few=True).underived
    assert plain is not None
    some = windows(EXACT)
    both = Columns(JET, [JET.parse("u^2"), JET.parse("sin(u)")], few=True).under(RECORD, EXACT, some)
    assert plain.under(RECORD, EXACT, some) == pytest.approx(both)
    assert Columns(JET, [JET.parse("u_x^2"), JET.parse("t")], few=True).underived is None
