"""Columns: unbiased under noise, and what the noise adds to their Gram matrix."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symeq.search.columns import Columns, unbiased

U, V = sp.symbols("u v")
POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)
WEIGHTS = WEIGHTS / WEIGHTS.sum()

small = st.integers(-3, 3)
exponents = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda e: sum(e) <= 9)
polynomials = st.dictionaries(exponents, small, min_size=1, max_size=5)


def expectation(function: sp.Expr, at: tuple[float, float], root: np.ndarray) -> float:
    """Mean over z = at + root w, w standard normal in the plane: exact for polynomials of degree 23."""
    first, second = np.meshgrid(POINTS, POINTS, indexing="ij")
    u = at[0] + root[0, 0] * first + root[0, 1] * second
    v = at[1] + root[1, 0] * first + root[1, 1] * second
    values = sp.lambdify([U, V], function, "numpy")(u, v) * np.ones_like(u)
    return float(WEIGHTS @ values @ WEIGHTS)


@settings(max_examples=60, deadline=None)
@given(polynomials, st.tuples(small, small), st.lists(small, min_size=4, max_size=4))
def test_the_mean_of_an_unbiased_polynomial_is_the_polynomial(
    polynomial: dict[tuple[int, int], int], at: tuple[int, int], entries: list[int]
) -> None:
    """For any covariance, singular ones included, and degree up to nine."""
    root = np.array(entries, dtype=float).reshape(2, 2) / 4
    s = [[sp.Rational(round(16 * value), 16) for value in row] for row in root @ root.T]
    covariance = {(a, b): s[i][j] for i, a in enumerate((U, V)) for j, b in enumerate((U, V)) if s[i][j]}
    term = sp.Add(*(c * U**i * V**j for (i, j), c in polynomial.items()))
    exact = float(term.subs({U: at[0], V: at[1]}))
    found = expectation(unbiased(term, covariance), at, root)
    scale = expectation(
        sp.Add(*(abs(c) * U**i * V**j for (i, j), c in polynomial.items())), (4, 4), abs(root)
    )
    assert found == pytest.approx(exact, abs=1e-10 * (1 + scale))


def test_a_product_of_correlated_derivatives_loses_their_covariance() -> None:
    s = sp.Symbol("s")
    assert unbiased(U * V, {(U, V): s, (V, U): s}) == U * V
    both = {(U, U): sp.Integer(2), (U, V): s, (V, U): s, (V, V): sp.Integer(3)}
    assert sp.expand(unbiased(U * V, both) - (U * V - s)) == 0
    assert sp.expand(unbiased(U**4, {(U, U): s}) - (U**4 - 6 * s * U**2 + 3 * s**2)) == 0


def test_other_functions_are_unbiased_to_a_high_power_of_the_noise() -> None:
    """exp(u) shrinks by e^(-s/2); five terms of that series leave (s/2)^5 / 5!."""
    s = 0.25
    shrunk = unbiased(sp.exp(U), {(U, U): sp.Rational(1, 4)})
    mean = expectation(shrunk, (0.3, 0.0), np.array([[s**0.5, 0], [0, 0]]))
    assert abs(mean / np.exp(0.3) - 1) < 1.2 * (s / 2) ** 5 / 120


def test_columns_are_evaluated_as_sympy_does() -> None:
    rng = np.random.default_rng(0)
    terms, lead = [sp.Integer(1), U, U * V**2, sp.sin(U) * V], sp.Symbol("u_t")
    columns = Columns(terms, [lead], [U, V, lead], np.zeros((3, 3), dtype=bool))
    jets = {z: rng.standard_normal(7) for z in (U, V, lead)}
    table = columns.evaluate(jets, np.zeros((3, 3)), 7)
    for row in range(7):
        at = {z: jets[z][row] for z in jets}
        slow = [float(expression.subs(at)) for expression in (*terms, lead)]
        assert table[row] == pytest.approx(slow, rel=1e-12)


def test_the_noise_gram_is_the_covariance_of_the_columns() -> None:
    """100 000 draws around 20 points, noise of 5 %: sampling leaves about 1 % and the noise of the slopes
    s^2, so 3 %."""
    rng = np.random.default_rng(1)
    lead = sp.Symbol("u_t")
    terms = [U, U**2, U * V, U**3 - V]
    root = 0.05 * np.array([[1, 0, 0], [0.5, 1, 0], [-1, 0.3, 2]])
    covariance = root @ root.T
    columns = Columns(terms, [lead], [U, V, lead], covariance != 0)
    sampled, added = np.zeros((5, 5)), np.zeros((5, 5))
    for _ in range(20):
        at = rng.uniform(0.5, 1.5, 3)
        z = at[:, None] + root @ rng.standard_normal((3, 5000))
        jets = dict(zip((U, V, lead), z, strict=True))
        sampled += np.cov(columns.evaluate(jets, covariance, 5000).T)
        added += columns.noise(jets, covariance, 5000) / 5000
    scale = np.sqrt(np.outer(np.diag(added), np.diag(added)))
    assert np.abs((sampled - added) / scale).max() < 0.03
