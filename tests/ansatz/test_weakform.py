"""Integration by parts: what comes out is the expression, with as little left inside as there can be."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import symeq as sq
from symeq.ansatz.weakform import divergence_form, weak_form
from symeq.errors import InvalidInput

LINE = sq.Jet("t x", "u", order=4)
PLANE = sq.Jet("t x y", "u v", order=2)


def put_together(jet: sq.Jet, pairs: tuple) -> sp.Expr:
    total = sp.S.Zero
    for index, inside in pairs:
        for x, count in zip(jet.independent, index, strict=True):
            for _ in range(count):
                inside = jet.total_derivative(inside, x)
        total += inside
    return sp.expand(total)


def left_inside(jet: sq.Jet, pairs: tuple) -> int:
    symbols = {s for _, inside in pairs for s in inside.free_symbols if s not in jet.independent}
    return max((jet.order_of(s) for s in symbols), default=0)


@st.composite
def polynomials(draw: st.DrawFn, jet: sq.Jet) -> sp.Expr:
    coordinates = [z for z in jet.coordinates if jet.order_of(z) <= 2]
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        factors = draw(st.lists(st.sampled_from(coordinates), min_size=1, max_size=3))
        terms.append(draw(st.integers(-3, 3)) * sp.Mul(*factors))
    return sp.Add(*terms)


@settings(max_examples=40, deadline=None)
@given(polynomials(LINE))
def test_the_derivatives_add_up_to_the_expression_on_a_line(expression: sp.Expr) -> None:
    assert put_together(LINE, divergence_form(LINE, expression)) == sp.expand(expression)


@settings(max_examples=25, deadline=None)
@given(polynomials(PLANE))
def test_the_derivatives_add_up_to_the_expression_on_a_plane(expression: sp.Expr) -> None:
    assert put_together(PLANE, divergence_form(PLANE, expression)) == sp.expand(expression)


@settings(max_examples=25, deadline=None)
@given(polynomials(LINE), st.sampled_from(["t", "x"]))
def test_a_total_derivative_of_variables_leaves_nothing_inside(inside: sp.Expr, axis: str) -> None:
    """D_x of a polynomial in x and u alone is moved whole."""
    plain = inside.subs({z: LINE["u"] for z in inside.free_symbols if LINE.order_of(z) > 0})
    assert left_inside(LINE, divergence_form(LINE, LINE.total_derivative(plain, axis))) == 0


@pytest.mark.parametrize(
    ("text", "highest"),
    [
        ("u*u_x", 0),
        ("u_x^2 + u*u_xx", 0),
        ("u_x^2", 1),
        ("u_x*u_xx", 1),
        ("u*u_xxx", 1),
        ("u*u_xxx + 3*u_x*u_xx", 0),
        ("x^2*u_xx", 0),
        ("exp(x)*u_x", 0),
        ("exp(-u)*u_x", 0),
        ("sin(u)", 0),
        ("u^3*u_xx + 3*u^2*u_x^2", 0),
        ("u_xxxx", 0),
        ("u*u_xxxx", 2),
    ],
)
def test_as_little_is_left_inside_as_there_can_be(text: str, highest: int) -> None:
    expression = LINE.parse(text)
    found = divergence_form(LINE, expression)
    assert left_inside(LINE, found) == highest
    assert sp.simplify(put_together(LINE, found) - expression) == 0


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("u*u_xx", {"u^2/2", "-u_x^2"}),
        ("u*u_xxx", {"u^2/2", "-3*u_x^2/2"}),
        ("u*u_xxxx", {"u^2/2", "-2*u_x^2", "u_xx^2"}),
        ("u^2*u_xx", {"u^3/3", "-2*u*u_x^2"}),
    ],
)
def test_of_equal_forms_the_one_with_the_fewest_derivatives(text: str, inside: set[str]) -> None:
    """(u u_x)_x = (u^2/2)_xx: what can move on moves on."""
    found = divergence_form(LINE, LINE.parse(text))
    assert {function for _, function in found} == {LINE.parse(one) for one in inside}


def test_a_vector_is_moved_as_a_whole() -> None:
    """u_x^2 alone stays inside, but not beside u u_xx."""
    jet = sq.Jet("t x", "u", order=2)
    u, u_x, u_xx = (jet[name] for name in ("u", "u_x", "u_xx"))
    together = sq.linear_ansatz(jet, [u_x**2 + u * u_xx], sq.trivial)
    assert weak_form(together).functions == (jet["u"], u**2)
    apart = sq.linear_ansatz(jet, [u_x**2, u * u_xx], sq.trivial)
    assert u_x**2 in weak_form(apart).functions


def test_the_rows_of_a_weak_form_are_the_ansatz() -> None:
    jet = sq.Jet("t x y", "u v", order=2)
    library = sq.monomials(*jet.dependent, degree=1) * [1, *(jet[n] for n in ("u_x", "u_xx", "v_yy"))]
    ansatz = sq.linear_ansatz(jet, library, sq.trivial)
    form = weak_form(ansatz)

    def written(row: object) -> sp.Expr:
        pairs = tuple((atom.index, c * atom.inside) for atom, c in zip(form.atoms, row, strict=True))
        return sp.nsimplify(put_together(jet, pairs))

    for a, lead in enumerate(ansatz.leads):
        assert written(form.fixed[a]) - lead == 0
        for k, vector in enumerate(ansatz.basis):
            assert sp.expand(written(form.basis[k, a]) - vector[a]) == 0


def test_a_parameter_is_refused() -> None:
    jet = sq.Jet("t x", "u", order=2)
    u = jet["u"]
    ansatz = sq.linear_ansatz(jet, [u], sq.trivial, known={"u": sp.Symbol("nu")}, parameters="nu")
    with pytest.raises(InvalidInput, match="Give its parameters values"):
        weak_form(ansatz)
