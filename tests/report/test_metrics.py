"""Terms, coefficients and forecasts against worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.ansatz.span import span
from symeq.report.metrics import coefficient_error, coefficients, count_terms, forecast_error, multiplied_out
from tests.report.laws import stated

x, y, x_t, y_t = sp.symbols("x y x_t y_t")


@pytest.mark.parametrize(
    ("law", "truth", "counts", "exact"),
    [
        ({x_t: -y, y_t: x}, {x_t: -y, y_t: x}, (2, 0, 0), (True, True)),
        ({x_t: -y + x**2, y_t: x}, {x_t: -y, y_t: x}, (2, 0, 1), (False, True)),
        ({x_t: 0 * x, y_t: x}, {x_t: -y, y_t: x}, (1, 1, 0), (False, True)),
        ({x_t: x, y_t: y}, {x_t: -y, y_t: x}, (0, 2, 2), (False, False)),
        ({x_t: 3 * (x + y) ** 2, y_t: x}, {x_t: x**2 + y**2, y_t: x}, (3, 0, 1), (False, True)),
        ({x_t: 1.5 * sp.sin(x) + 2, y_t: x}, {x_t: sp.sin(x) + sp.pi, y_t: x}, (3, 0, 0), (True, True)),
        ({x_t: 0.5 * (x + y) - 0.5 * x, y_t: x}, {x_t: y, y_t: x}, (2, 0, 0), (True, True)),
    ],
)
def test_terms_are_counted_after_expansion(law, truth, counts, exact) -> None:  # type: ignore[no-untyped-def]
    count = count_terms(law, truth)
    assert (len(count.found), len(count.missed), len(count.spurious)) == counts
    assert (count.exact(x_t), count.exact(y_t)) == exact
    assert count.joint == all(exact)


@pytest.mark.parametrize(
    ("one", "other", "terms"),
    [
        ("exp(4*(x^2 + y^2))", "exp(4*x^2)*exp(4*y^2)", 1),
        ("x*exp(-0.7*(x^2 + y^2)) + x", "x*(exp(-0.7*x^2)*exp(-0.7*y^2) + 1)", 2),
        ("exp(x + 2)", "exp(2)*exp(x)", 1),
        ("exp(x)*(exp(y - x) + 1)", "exp(y) + exp(x)", 2),
        ("sqrt(exp(x))", "exp(x/2)", 1),
        ("sin(exp(x + y))", "sin(exp(x)*exp(y))", 1),
        ("1/(1 + exp(x + y))", "1/(1 + exp(x)*exp(y))", 1),
        ("1/(1 - exp(x + y))", "-1/(exp(x)*exp(y) - 1)", 1),
        ("y*(x^2 + y^2)^(-3/2)", "8*y/(4*x^2 + 4*y^2)^(3/2)", 1),
        ("(x^2 + y^2)^(3/2)", "x^2*sqrt(x^2 + y^2) + y^2*sqrt(x^2 + y^2)", 2),
        ("2*x/(2 + 2*x^2 + 2*y^2)", "x/(1 + x^2 + y^2)", 1),
        ("(1 - x)/(1 + x^2)", "(x - 1)/(-1 - x^2)", 2),
        ("1/(x + y)^2", "1/(x^2 + 2*x*y + y^2)", 1),
        ("1/(x*y - x)", "-1/(x*(1 - y))", 1),
        ("sin(2*(x - y))", "-sin(2*y - 2*x)", 1),
        ("log(2*x)", "log(x) + log(2)", 2),
        ("x^(5/2)*(x + 1)", "x^2*sqrt(x) + x^3*sqrt(x)", 2),
    ],
)
def test_one_law_written_in_two_ways_is_one_law(one: str, other: str, terms: int) -> None:
    jet = sq.Jet("t", "x y")
    left, right = jet.parse(one), jet.parse(other)
    assert multiplied_out(left) == multiplied_out(right)
    assert len(coefficients(left)) == terms
    assert count_terms({x_t: 0.9 * left}, {x_t: right}).joint
    assert multiplied_out(multiplied_out(left)) == multiplied_out(left)
    point = {jet["x"]: sp.Rational(3, 7), jet["y"]: sp.Rational(5, 3)}
    value = sum(number * term.subs(point).evalf() for term, number in coefficients(left).items())
    assert float(value) == pytest.approx(float(left.subs(point).evalf()), rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exp(4*x^2 + 5*y^2)", "exp(4*x^2)*exp(4*y^2)"),
        ("(x^2 + y^2)^(-3/2)", "1/sqrt(x^2 + y^2)"),
        ("1/(1 + x)", "1/(1 - x)"),
        ("sin(x)", "sin(2*x)"),
    ],
)
def test_other_functions_are_other_terms(one: str, other: str) -> None:
    jet = sq.Jet("t", "x y")
    count = count_terms({x_t: jet.parse(one)}, {x_t: jet.parse(other)})
    assert (len(count.found), len(count.missed), len(count.spurious)) == (0, 1, 1)


def test_numbers_before_terms_may_be_irrational() -> None:
    assert coefficients(sp.sqrt(3) * x * y / 2 - sp.pi) == {
        x * y: pytest.approx(3**0.5 / 2),
        sp.S.One: pytest.approx(-np.pi),
    }


def test_coefficient_errors_are_relative_and_a_missing_term_counts_as_one() -> None:
    truth = {x_t: -0.1 * x - y, y_t: 4 * x}
    error = coefficient_error({x_t: -0.09 * x - 1.02 * y + 7 * x * y, y_t: 0 * x}, truth)
    assert error.max == pytest.approx(1.0)
    assert error.rms == pytest.approx(np.sqrt((0.1**2 + 0.02**2 + 1.0) / 3))


@pytest.mark.parametrize(
    ("law", "truth", "says"),
    [
        ({x_t: x}, {y_t: x}, "solved for x_t, the truth for y_t"),
        ({x_t: x}, {x_t: x, y_t: x}, "solved for x_t, the truth for x_t, y_t"),
        ({x_t: x}, {x_t: sp.S.Zero}, "no terms"),
    ],
)
def test_a_truth_that_does_not_fit_is_refused(law, truth, says) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sq.InvalidInput, match=says):
        coefficient_error(law, truth)


def decay(rate: float, starts: tuple[float, ...] = (1.0, -2.0)) -> sq.Record:
    t = np.linspace(0, 3, 301)
    return sq.trajectories(t, [(start * np.exp(-rate * t))[:, None] for start in starts], names="x")


def law_of(jet: sq.Jet, text: str, samples: sq.Samples, **options: str) -> sq.Discovery:
    number, term = jet.parse(text).as_coeff_Mul()
    return stated(sq.linear_ansatz(jet, [term], sq.trivial, **options), [float(number)], samples)


def test_the_forecast_error_of_a_wrong_rate_is_that_of_the_exponentials() -> None:
    record, jet = decay(1.0), sq.Jet("t", "x")
    samples = sq.sample(record, jet)
    t = np.linspace(0, 3, 301)
    wrong, right = np.exp(-1.1 * t), np.exp(-t)
    expected = np.sqrt(np.sum((wrong - right) ** 2) / np.sum((right - right.mean()) ** 2))
    forecast = forecast_error(law_of(jet, "-1.1*x", samples), samples)
    assert forecast.error == pytest.approx(expected, rel=1e-6)
    assert (forecast.horizon, forecast.trajectories) == (3.0, 2)
    assert forecast_error(law_of(jet, "-1*x", samples), samples).error < 1e-8


def test_a_law_of_second_order_starts_from_measured_velocities() -> None:
    t = np.linspace(0, 6, 601)
    jet = sq.Jet("t", "x", order=2)
    samples = sq.sample(sq.trajectories(t, np.sin(2 * t)[:, None], names="x"), jet, lead="x_tt")
    forecast = forecast_error(law_of(jet, "-4*x", samples, lead="x_tt"), samples)
    assert forecast.error < 1e-6
    assert 5.8 < forecast.horizon < 6.0


def test_a_law_that_blows_up_has_an_infinite_error() -> None:
    jet = sq.Jet("t", "x")
    samples = sq.sample(decay(1.0), jet)
    assert forecast_error(law_of(jet, "x**2", samples), samples).error == np.inf


def test_at_most_twenty_trajectories_are_simulated() -> None:
    jet = sq.Jet("t", "x")
    samples = sq.sample(decay(1.0, tuple(np.linspace(0.5, 2, 45))), jet)
    assert forecast_error(law_of(jet, "-1*x", samples), samples).trajectories == 20


def test_a_law_that_is_not_solved_for_derivatives_has_no_forecast() -> None:
    t = np.linspace(0, 6, 301)
    jet = sq.Jet("t", "x y")
    samples = sq.sample(sq.trajectories(t, np.stack([np.cos(t), np.sin(t)], axis=1), names="x y"), jet)
    lead = jet.parse("x*y_t - y*x_t")
    turning = span(jet, [lead], sq.rotation("x", "y").on(jet), [sp.S.Zero], [[jet.parse("x^2 + y^2")]])
    with pytest.raises(sq.InvalidInput, match="solved for derivatives.* on its left-hand side"):
        forecast_error(stated(turning, [1.0], samples), samples)


def test_a_field_has_no_forecast() -> None:
    t, s = np.linspace(0, 1, 31), np.linspace(0, 6, 40)
    jet = sq.Jet("t x", "u")
    samples = sq.sample(sq.field({"t": t, "x": s}, {"u": np.sin(s - t[:, None])}), jet)
    with pytest.raises(sq.InvalidInput, match="Only ODEs"):
        forecast_error(law_of(jet, "-1*u_x", samples), samples)
