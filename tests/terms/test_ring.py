"""The term ring: polynomials stand for the functions they were made from, and derivations for derivatives."""

from __future__ import annotations

import random

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symeq.errors import InvalidInput
from symeq.terms.actions import Derivation, substitution
from symeq.terms.polynomials import add, multiply
from symeq.terms.ring import TermRing

x, u, a = sp.symbols("x u a")
TERMS = [
    x**2 * u,
    1 / u,
    sp.sqrt(u),
    u ** sp.Rational(-3, 2),
    u**a,
    sp.exp(2 * x),
    sp.exp(x * u - 1),
    sp.exp(x / 50) * u,
    sp.sin(u),
    sp.cos(2 * u - x),
    sp.tan(x / 3),
    sp.tanh(u),
    sp.sinh(x) * sp.cosh(u),
    sp.log(3 * x * u),
    sp.log(1 + x**2),
    sp.atan(2 * u),
    1 / (2 - 3 * x),
    sp.sqrt(x**2 + u**2),
    x / (x**2 + u**2) ** 2,
    sp.sqrt(1 + sp.exp(u)),
    1 / (1 + sp.sin(x)),
    sp.exp(sp.sqrt(1 + u)),
    sp.Abs(u + x) * u,
    sp.sqrt(3) * x + sp.pi * u,
    sp.log(u) ** 2,
]
FIELDS = [{x: sp.S.One}, {u: sp.S.One}, {x: -u, u: x}, {x: x, u: 2 * u}, {x: sp.exp(x), u: u**2}]
each_term = pytest.mark.parametrize("term", TERMS, ids=str)


def close(first: sp.Expr, second: sp.Expr) -> bool:
    """Equality at three random points with 30 digits."""
    draw = random.Random(3)
    for _ in range(3):
        at = {s: sp.Rational(draw.randint(100, 500), 701) for s in (x, u, a)}
        if abs(sp.N((first - second).subs(at), 30)) > 1e-20:
            return False
    return True


@each_term
def test_a_polynomial_is_the_function_it_was_made_from(term: sp.Expr) -> None:
    ring = TermRing([x, u], [term])
    assert close(ring.expression(ring.polynomial(term)), term)


@each_term
@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_a_derivation_differentiates(term: sp.Expr, field: dict[sp.Symbol, sp.Expr]) -> None:
    ring = TermRing([x, u], [term, *field.values()])
    image = ring.expression(Derivation(ring, field)(ring.polynomial(term)))
    plain = term.replace(sp.Abs, lambda g: g)  # the points have u + x > 0
    assert close(image, sum(f * plain.diff(z) for z, f in field.items()))


@each_term
def test_a_substitution_substitutes(term: sp.Expr) -> None:
    images = {x: u + x, u: 2 * u}
    ring = TermRing([x, u], [term, term.subs(images, simultaneous=True), *images.values()])
    image = ring.expression(substitution(ring, images)(term))
    assert close(image, term.subs(images, simultaneous=True))


@given(st.lists(st.sampled_from(TERMS[:20]), min_size=2, max_size=2), st.integers(-3, 3))
@settings(max_examples=60, deadline=None)
def test_equal_functions_have_equal_canonical_polynomials(terms: list[sp.Expr], factor: int) -> None:
    first, second = terms
    written = [(first + factor * second) ** 2, sp.expand((first + factor * second) ** 2)]
    ring = TermRing([x, u], [first, second, *written])
    one, other = (ring.polynomial(e) for e in written)
    assert ring.canonical([add(one, multiply({(): -1}, other))]) == [{}]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (sp.sin(x) ** 2 + sp.cos(x) ** 2, sp.S.One),
        (sp.sin(3 * x), 3 * sp.sin(x) - 4 * sp.sin(x) ** 3),
        (sp.tan(x) ** 2 + 1, 1 / sp.cos(x) ** 2),
        (1 / x - 1 / (1 + x), 1 / (x * (1 + x))),
        (sp.sqrt(x**2 + u**2) ** 3, (x**2 + u**2) * sp.sqrt(x**2 + u**2)),
        (sp.exp(2 * sp.log(u)), u**2),
        (sp.log(sp.exp(2 * x)), 2 * x),
        (sp.sqrt(8 * x), 2 * sp.sqrt(2) * sp.sqrt(x)),
        (1 / (sp.sqrt(1 + u) - 1), (sp.sqrt(1 + u) + 1) / u),
        (sp.Abs(u) ** 2, u**2),
    ],
    ids=str,
)
def test_identities(first: sp.Expr, second: sp.Expr) -> None:
    ring = TermRing([x, u], [first, second])
    difference = ring.polynomial(first - second)
    assert ring.canonical([difference]) == [{}]


def test_constants_outside_the_field_are_refused() -> None:
    with pytest.raises(InvalidInput, match="does not lie in QQ"):
        TermRing([x], [x]).polynomial(sp.sqrt(2) * x)
