"""Discrete maps on the jet: worked actions, inverses, refusals."""

from __future__ import annotations

import pytest
import sympy
from sympy import Rational, Symbol, exp, sqrt

from symeq.errors import InvalidInput
from symeq.geometry import Jet, PointMap, VectorField, read_map
from symeq.geometry.names import as_symbols

t, x, y, u, v = as_symbols("t x y u v")
PLANE = Jet("t x y", "u v", order=2)


def test_a_mirror_flips_odd_derivatives() -> None:
    jet = Jet("t x", "u", order=3)
    images = PointMap({x: -x, u: -u}).prolong(jet)
    assert {c.name for c, image in images.items() if image == -c} == {
        "x",
        "u",
        "u_t",
        "u_tt",
        "u_ttt",
        "u_xx",
        "u_txx",
    }
    assert all(image in (c, -c) for c, image in images.items())


def test_a_quarter_turn_moves_derivatives_along() -> None:
    turn = PointMap({x: -y, y: x})
    jet = Jet("x y", "u", order=2)
    images = turn.prolong(jet, [jet["u_x"], jet["u_y"], jet["u_xy"], jet["u_xx"]])
    assert [str(image) for image in images.values()] == ["-u_y", "u_x", "-u_xy", "u_yy"]
    assert turn.apply(jet.parse("u_xx + u_yy + u_x^2 + u_y^2"), jet) == jet.parse(
        "u_xx + u_yy + u_x^2 + u_y^2"
    )


def test_the_hodograph_map_inverts_the_slope() -> None:
    """x' = u, u' = x: u'_x = 1/u_x, u'_xx = -u_xx/u_x^3 (Olver 1993, exercise 2.26)."""
    jet = Jet("x", "u", order=2)
    images = PointMap({x: u, u: x}).prolong(jet)
    assert images[jet["u_x"]] == jet.parse("1/u_x")
    assert images[jet["u_xx"]] == jet.parse("-u_xx/u_x^3")


def test_a_scaling_by_a_number_scales_by_weight() -> None:
    jet = Jet("t x", "u", order=3)
    kdv = PointMap({t: 8 * t, x: 2 * x, u: u / 4})
    images = kdv.prolong(jet)
    assert {images[jet[c]] / jet.parse(c) for c in ("u_t", "u_xxx")} == {Rational(1, 32)}
    assert kdv.apply(jet.parse("u*u_x"), jet) == jet.parse("u*u_x/32")


INVERTIBLE = {
    "x -> 2*x + 1": "x -> x/2 - 1/2",
    "x -> x + y, y -> x - y": "x -> x/2 + y/2, y -> x/2 - y/2",
    "x -> y, y -> t, t -> x": "x -> t, y -> x, t -> y",
    "x -> -x/2 - sqrt(3)*y/2, y -> sqrt(3)*x/2 - y/2": "x -> -x/2 + sqrt(3)*y/2, y -> -sqrt(3)*x/2 - y/2",
    "x -> -x, u -> u + x**2": "x -> -x, u -> u - x**2",
    "u -> x*u": "u -> u/x",
    "u -> exp(x)*u + sin(x)": "u -> (u - sin(x))*exp(-x)",
    "x -> x/(1 + x)": "x -> x/(1 - x)",
    "x -> x/(x^2 + y^2), y -> y/(x^2 + y^2)": "x -> x/(x^2 + y^2), y -> y/(x^2 + y^2)",
}


@pytest.mark.parametrize("text", INVERTIBLE)
def test_inverses(text: str) -> None:
    g = read_map(text, PLANE)
    inverse, expected = g.inverse(PLANE), read_map(INVERTIBLE[text], PLANE)
    assert all(sympy.simplify(inverse[z] - expected[z]) == 0 for z in PLANE.variables)
    assert g.compose(inverse) == inverse.compose(g) == PointMap({})
    assert inverse.inverse() == g


@pytest.mark.parametrize(
    "text", ["x -> y", "x -> 0", "x -> x + y, y -> 2*x + 2*y", "u -> x", "x -> u - u + 1"]
)
def test_maps_without_a_jacobian_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="Jacobian determinant is zero"):
        read_map(text, PLANE)


@pytest.mark.parametrize(
    "text", ["x -> x**2", "x -> x*y, y -> x + y", "u -> u**2 + u, v -> v**3 + u*v", "u -> Abs(u)"]
)
def test_text_maps_that_are_not_one_to_one_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no inverse that could be found"):
        read_map(text, PLANE)


def test_maps_act_on_points_of_their_own_jet() -> None:
    with pytest.raises(InvalidInput, match="moves `y`, which is not a variable"):
        PointMap({y: -y}).prolong(Jet("t x", "u"))
    with pytest.raises(InvalidInput, match="depends on the derivative `u_x`"):
        PointMap({u: u + Symbol("u_x")}).prolong(Jet("t x", "u"))


def test_pulled_back_fields() -> None:
    assert PointMap({x: -x}).pull_back(VectorField({x: 1})) == VectorField({x: -1})
    assert PointMap({x: 2 * x}).pull_back(VectorField({x: x**2})) == VectorField({x: 2 * x**2})
    assert PointMap({x: 1 / x}).pull_back(VectorField({x: 1})) == VectorField({x: -(x**2)})
    assert PointMap({u: u * exp(x)}).pull_back(VectorField({x: 1})) == VectorField({x: 1, u: -u})


def test_values_and_printed_forms() -> None:
    assert PointMap({x: y, y: x}) == PointMap({"y": x, "x": y}) and len({PointMap({x: x}), PointMap({})}) == 1
    assert str(PointMap({x: -x, u: sqrt(3) * u})) == "x -> -x, u -> sqrt(3)*u"
    assert PointMap({x: -x, u: -u}).latex() == r"x \mapsto - x,\ u \mapsto - u"
    assert str(PointMap({})) == "identity" and PointMap({x: 0.5 * x}) == PointMap({x: x / 2})
