"""How expressions scale: against the scaling itself, applied to them."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol

from symeq.ansatz.weights import is_scaling, scaled_coordinates, split_scalings, weight_of
from symeq.geometry.fields import VectorField
from symeq.geometry.groups import boost, reflection, rotation, scaling, translation
from symeq.geometry.jet import Jet

a, b, c = sp.symbols("a b c", positive=True)
WEIGHTS = {a: Rational(1), b: Rational(-3, 2), c: Rational(0)}
t, x, u = sp.symbols("t x u")

atoms = st.sampled_from([a, b, c, sp.Integer(2), Rational(1, 3)])


def grown(inside: st.SearchStrategy) -> st.SearchStrategy:
    powers = st.sampled_from([Rational(2), Rational(-1), Rational(1, 2), Rational(-3, 2)])
    return st.one_of(
        st.builds(lambda p, q: p * q, inside, inside),
        st.builds(lambda p, q: p + q, inside, inside),
        st.builds(lambda p, n: p**n, inside, powers),
        st.builds(sp.sin, inside),
        st.builds(sp.exp, inside),
    )


@given(st.recursive(atoms, grown, max_leaves=6))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_weight_is_what_comes_out_of_scaling(expression: sp.Expr) -> None:
    """f(lambda^w z) = lambda^w(f) f(z) at three points, for random sums, products, powers and functions."""
    weight = weight_of(expression, WEIGHTS)
    if weight is None:
        return
    for point in ({a: 0.7, b: 1.3, c: 0.4}, {a: 1.9, b: 0.6, c: 1.1}):
        for factor in (1.5, 0.3):
            there = {z: value * factor ** float(WEIGHTS[z]) for z, value in point.items()}
            here = complex(expression.evalf(subs=point))
            moved = complex(expression.evalf(subs=there))
            assert moved == pytest.approx(here * factor ** float(weight), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("expression", "weight"),
    [
        (a * b**2, -2), (a / b, Rational(5, 2)), (sp.sqrt(a), Rational(1, 2)), (a**2 + a**3 / a, 2),
        (a + b, None), (a + 1, None), (sp.sin(c), 0), (sp.sin(a), None), (sp.sin(a**3 * b**2), 0),
        (sp.exp(c) * a, 1), (sp.pi * a, 1), (sp.sqrt(a**2 + a**4 / a**2), 1), (a**c, None),
        (sp.Integer(7), 0), (a - a + c, 0),
    ],
    ids=str,
)  # fmt: skip
def test_weights_by_hand(expression: sp.Expr, weight: Rational | None) -> None:
    assert weight_of(expression, WEIGHTS) == weight


def test_derivatives_lose_the_weights_of_what_they_are_taken_by() -> None:
    """t: 3, x: 1, u: -2 of Korteweg and de Vries: u_t and u_xxx have -5."""
    jet = Jet("t x", "u", order=3)
    (field,) = scaling(t=3, x=1, u=-2).generators
    symbols = {jet[name] for name in ("t", "x", "u", "u_t", "u_x", "u_xxx", "u_tx")} | {Symbol("k")}
    found = scaled_coordinates(jet, field, symbols)
    assert {z.name: w for z, w in found.items()} == {
        "t": 3, "x": 1, "u": -2, "u_t": -5, "u_x": -3, "u_xxx": -5, "u_tx": -6
    }  # fmt: skip


@pytest.mark.parametrize(
    ("components", "yes"),
    [
        ({t: 2 * t, x: x}, True), ({u: -u / 3}, True), ({t: 1}, False), ({x: t}, False), ({u: u**2}, False),
        ({t: t, x: Symbol("k") * x}, False), ({x: sp.sqrt(2) * x}, False), ({x: x + t}, False),
    ],
    ids=str,
)  # fmt: skip
def test_scalings_are_told_from_other_fields(components: dict[Symbol, sp.Expr], yes: bool) -> None:
    assert is_scaling(VectorField(components)) is yes


def test_scalings_are_split_off_where_the_rest_is_closed() -> None:
    jet = Jet("t x", "u", order=2)
    (own,) = scaling(t=2, x=1, u=-1).generators
    for rest in (translation("t", "x"), boost("x", "u") + translation("t", "x"), reflection("x")):
        without, scalings = split_scalings((rest + scaling(t=2, x=1, u=-1)).on(jet, jet["t"]).closed())
        assert scalings == (own,)
        assert set(without.generators) == set(rest.on(jet, jet["t"]).closed().generators)
        assert without.maps == rest.maps
    turns = (rotation("t", "x") + translation("u")).on(jet, jet["t"]).closed()
    assert split_scalings(turns)[1] == () and set(split_scalings(turns)[0].generators) == set(
        turns.generators
    )


def test_the_scaling_among_projective_fields_stays() -> None:
    """[d_x, x^2 d_x] = 2 x d_x."""
    jet = Jet("t x", "u", order=2)
    line = (translation("x") + scaling(x=1)).on(jet, jet["t"]).closed()
    assert len(split_scalings(line)[1]) == 1
    whole = type(line)([VectorField({x: 1}), VectorField({x: x}), VectorField({x: x**2})]).on(jet, jet["t"])
    assert split_scalings(whole.closed())[1] == ()
