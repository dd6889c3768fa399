"""Finite transformations: closed forms of the literature, refusals, and points carried numerically."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from sympy import Symbol

from symeq.errors import InvalidInput
from symeq.geometry import Jet, PointMap, VectorField, read_generator
from symeq.geometry.identities import vanishes
from symeq.geometry.names import as_symbols
from symeq.geometry.numerical import NumericalFlow

EPS = Symbol("eps")
SPACE = Jet("t x y z", "u v")

# Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993): heat (2.54-55), Burgers (2.42).
CLOSED = {
    "d_x": "x + eps",
    "x*d_x + 2*t*d_t": "t*exp(2*eps), x*exp(eps)",
    "t*d_x + x*d_t": "t*cosh(eps) + x*sinh(eps), x*cosh(eps) + t*sinh(eps)",
    "-y*d_x + x*d_y": "x*cos(eps) - y*sin(eps), x*sin(eps) + y*cos(eps)",
    "x*d_x + y*d_x": "x*exp(eps) + y*(exp(eps) - 1)",
    "2*t*d_x - x*u*d_u": "x + 2*eps*t, u*exp(-eps*x - eps^2*t)",
    "4*t^2*d_t + 4*t*x*d_x - (x^2 + 2*t)*u*d_u": (
        "t/(1 - 4*eps*t), x/(1 - 4*eps*t), u*sqrt(1 - 4*eps*t)*exp(-eps*x^2/(1 - 4*eps*t))"
    ),
    "t^2*d_t + t*x*d_x + (x - t*u)*d_u": "t/(1 - eps*t), x/(1 - eps*t), u*(1 - eps*t) + eps*x",
    "x^2*d_x": "x/(1 - eps*x)",
    "t*x*d_x": "x*exp(eps*t)",
    "(1 + x^2)*d_x": "(x*cos(eps) + sin(eps))/(cos(eps) - x*sin(eps))",
    "(x^2 - y^2)*d_x + 2*x*y*d_y": (
        "(x - eps*(x^2 + y^2))/(1 - 2*eps*x + eps^2*(x^2 + y^2)), y/(1 - 2*eps*x + eps^2*(x^2 + y^2))"
    ),
    "d_t + t*x*d_y - t*y*d_x": (
        "t + eps, x*cos(eps*t + eps^2/2) - y*sin(eps*t + eps^2/2),"
        " x*sin(eps*t + eps^2/2) + y*cos(eps*t + eps^2/2)"
    ),
    "(x^2 + y^2)*x*d_y - (x^2 + y^2)*y*d_x": (
        "x*cos(eps*(x^2 + y^2)) - y*sin(eps*(x^2 + y^2)), x*sin(eps*(x^2 + y^2)) + y*cos(eps*(x^2 + y^2))"
    ),
    "u^3*d_u": "u/sqrt(1 - 2*eps*u^2)",
    "exp(u)*d_u": "u - log(1 - eps*exp(u))",
    "x*log(x)*d_x": "exp(log(x)*exp(eps))",
    "sin(t)*exp(x)*d_u": "u + eps*sin(t)*exp(x)",
    "nu*u*d_u - u^2*d_u": "u*nu/(u + (nu - u)*exp(-nu*eps))",
}


@pytest.mark.parametrize("text", CLOSED)
def test_closed_forms(text: str) -> None:
    field = read_generator(text, SPACE, "nu")
    flow = field.flow(EPS)
    assert isinstance(flow, PointMap)
    expected = [SPACE.parse(part, parameters="eps nu") for part in CLOSED[text].split(", ")]
    moved = [z for z in SPACE.variables if field[z] != 0]
    for z, image in zip(moved, expected, strict=True):
        assert vanishes(flow[z] - image), (z, flow[z])


@pytest.mark.parametrize("text", CLOSED)
def test_a_flow_at_a_number_agrees_with_its_numerical_integration(text: str) -> None:
    field = read_generator(text, SPACE, "nu")
    draw = np.random.default_rng(0)
    points = {z.name: draw.uniform(0.3, 0.9, 7) for z in SPACE.variables} | {"nu": 0.7}
    closed, numerical = field.flow(0.1), field.flow_numerically(0.1)
    assert isinstance(closed, PointMap)
    there = numerical.carry(points)
    for name, values in closed.carry(points).items():
        np.testing.assert_allclose(values, there[name], rtol=1e-8)


def test_without_a_closed_form_a_symbol_is_refused_and_a_number_integrated() -> None:
    q, p = as_symbols("q p")
    pendulum = VectorField({q: p, p: -sympy.sin(q)})
    with pytest.raises(InvalidInput, match="no closed form.*give a number"):
        pendulum.flow(EPS)
    flow = pendulum.flow(2)
    assert isinstance(flow, NumericalFlow)
    start = {"q": np.linspace(-1, 1, 11), "p": 0.5}
    there = flow(start)
    energy = there["p"] ** 2 / 2 - np.cos(there["q"])
    np.testing.assert_allclose(energy, 0.125 - np.cos(start["q"]), rtol=1e-8)
    back = flow.inverse()(there)
    np.testing.assert_allclose(back["q"], start["q"], atol=1e-7)


def test_points_that_run_to_infinity_are_lost_alone() -> None:
    u = Symbol("u")
    numerical = VectorField({u: u**2}).flow_numerically(1)
    found = numerical.carry({"u": np.array([-1.0, 0.5, 2.0, 0.9])})["u"]
    np.testing.assert_allclose(found, [-0.5, 1.0, np.nan, 9.0], rtol=1e-6)


def test_real_roots_that_end_give_nan() -> None:
    u = Symbol("u")
    flow = VectorField({u: u**3}).flow(sympy.Rational(1, 2))
    np.testing.assert_allclose(flow.carry({"u": [0.5, 2.0]})["u"], [0.5 / np.sqrt(0.75), np.nan])


def test_the_parameter_must_be_new() -> None:
    with pytest.raises(InvalidInput, match="choose another name"):
        VectorField({"x": Symbol("eps")}).flow(EPS)


def test_points_without_a_value_are_named() -> None:
    with pytest.raises(InvalidInput, match="needs values of y"):
        VectorField({"x": Symbol("y")}).flow(1).carry({"x": [1.0]})


def test_names_that_are_constants_elsewhere() -> None:
    i, e, s, n = as_symbols("I E S N")
    flow = VectorField({i: -e, e: i, s: n * s}).flow(Symbol("lambda"))
    assert flow[s] == s * sympy.exp(n * Symbol("lambda"))
    there = VectorField({i: -e, e: i}).flow(sympy.pi / 2).carry({"I": [1.0], "E": [0.0]})
    np.testing.assert_allclose([there["I"][0], there["E"][0]], [0, 1], atol=1e-15)


def test_the_zero_field_moves_nothing() -> None:
    assert VectorField({}).flow(EPS) == PointMap({})


IDENTITIES = {
    "sin(x)^2 + cos(x)^2 - 1": True,
    "sqrt(x)*sqrt(y) - sqrt(x*y)": True,
    "exp(x + y)*exp(-x) - exp(y)": True,
    "(u + 2*sqrt(u) + 1)^(1/2) - sqrt(u) - 1": True,
    "log(x^2*y) - 2*log(x) - log(y)": True,
    "cosh(2*x) - 2*sinh(x)^2 - 1": True,
    "sqrt(3)*sqrt(12) - 6": True,
    "exp(log(x)*y)*x - x^2": False,
    "sqrt(1 + x) - 1 - x/2": False,
    "x - x": True,
}


@pytest.mark.parametrize("text", IDENTITIES)
def test_identities_are_decided(text: str) -> None:
    assert vanishes(SPACE.parse(text)) is IDENTITIES[text]
