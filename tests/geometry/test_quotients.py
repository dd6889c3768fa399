"""Rational maps on the jet: held against transformed curves, and against the law of composition."""

from __future__ import annotations

import random

import pytest
import sympy
from sympy import Rational, Symbol, cos, sin, sqrt

from symeq.geometry import Jet, PointMap
from symeq.geometry.names import as_symbols
from symeq.geometry.quotients import rational_prolongation

t, x, y, u, v, a = as_symbols("t x y u v a")

ON_CURVES = {
    "hodograph": {x: u, u: x},
    "turn": {x: Rational(3, 5) * x - Rational(4, 5) * u, u: Rational(4, 5) * x + Rational(3, 5) * u},
    "turn by 60 degrees": {x: x / 2 - sqrt(3) * u / 2, u: sqrt(3) * x / 2 + u / 2},
    "projective": {x: x / (1 - 3 * x), u: u / (1 - 3 * x)},
    "inversion": {x: x / (x**2 + u**2), u: u / (x**2 + u**2)},
    "two denominators": {x: x + 1 / u, u: x / (u - 7)},
    "quadratic": {x: x + u**2, u: 2 * u},
}


@pytest.mark.parametrize("name", ON_CURVES)
def test_images_are_the_derivatives_of_the_transformed_curve(name: str) -> None:
    """The curve u = f(x) becomes (x'(x), u'(x)), whose slopes are d(slope)/dx over dx'/dx."""
    jet = Jet("x", "u", order=3)
    images = PointMap(ON_CURVES[name]).prolong(jet)
    curve = x**3 / 3 + x**2 - 5 * x + 3
    point = {x: Rational(2)} | {
        jet.derivative(u, (k,)): sympy.diff(curve, x, k).subs(x, 2) for k in range(jet.order + 1)
    }
    first, slope = (ON_CURVES[name][z].subs(u, curve) for z in (x, u))
    for k in range(1, jet.order + 1):
        slope = sympy.cancel(sympy.diff(slope, x) / sympy.diff(first, x), extension=True)
        image = images[jet.derivative(u, (k,))]
        assert image.is_rational_function()
        assert sympy.simplify(image.subs(point) - slope.subs(x, 2)) == 0


JETS = {
    "one function": Jet("t x", "u", order=3),
    "two functions": Jet("x y", "u v", order=2),
}
PAIRS = (
    ("one function", {x: u, u: x}, {t: t + x, u: u + x**2}),
    ("one function", {t: t / (1 + 4 * t), x: x / (1 + 4 * t)}, {x: x + t * u, u: u - t}),
    ("two functions", {x: u, y: v, u: x, v: y}, {x: x / y, u: u + v}),
    ("two functions", {x: x / (x**2 + y**2), y: y / (x**2 + y**2)}, {x: x + u, v: 3 * v + y}),
)


@pytest.mark.parametrize(("name", "second", "first"), PAIRS)
def test_the_images_of_a_composition_are_composed(
    name: str, second: dict[Symbol, sympy.Expr], first: dict[Symbol, sympy.Expr]
) -> None:
    jet = JETS[name]
    draw = random.Random(3)
    point = {c: Rational(draw.randrange(1, 40), draw.randrange(1, 40)) for c in jet.coordinates}
    g, h = PointMap(second), PointMap(first)
    moved = {c: image.subs(point) for c, image in h.prolong(jet).items()}
    both = {c: image.subs(point) for c, image in g.compose(h).prolong(jet).items()}
    assert {c: image.subs(moved) for c, image in g.prolong(jet).items()} == both
    assert moved != point


def test_fractions_come_in_lowest_terms_with_few_factors_below() -> None:
    jet = Jet("x", "u", order=4)
    images = PointMap({x: x * cos(a) - u * sin(a), u: x * sin(a) + u * cos(a)}).prolong(jet)
    for k in (2, 3, 4):
        numerator, denominator = sympy.fraction(images[jet.derivative(u, (k,))])
        base, power = denominator.as_base_exp()
        assert power == 2 * k - 1 and sympy.expand(base**2 - (cos(a) - jet["u_x"] * sin(a)) ** 2) == 0
        assert sympy.gcd(numerator, base) == 1
    inversion = PointMap({x: x / (x**2 + y**2), y: y / (x**2 + y**2)})
    plane = Jet("x y", "u", order=2)
    assert all(image.is_polynomial() for c, image in inversion.prolong(plane).items() if c not in (x, y))


def test_maps_with_functions_of_variables_are_left_to_expressions() -> None:
    jet = Jet("x", "u", order=1)
    assert rational_prolongation(jet, [x, sympy.exp(u)]) is None
    assert rational_prolongation(jet, [x, sqrt(u)]) is None
    assert rational_prolongation(jet, [x, u * sympy.exp(a) / sqrt(2)]) is not None


def test_coordinates_above_the_order_of_the_jet_have_images() -> None:
    jet = Jet("x", "u", order=1)
    top = jet.derivative(u, (3,))
    assert PointMap({x: u, u: x}).prolong(jet, [top]) == {
        top: PointMap({x: u, u: x}).prolong(jet.with_order(3))[top]
    }
    assert PointMap({x: u, u: x}).prolong(jet.with_order(0)) == {x: u, u: x}
