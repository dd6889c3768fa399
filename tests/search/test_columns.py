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


@pytest.mark.parametrize("s", [0.01, 0.04, 0.16])
def test_the_bias_of_other_functions_loses_its_first_order(s: float) -> None:
    """The mean of exp(u) grows by s/2 + ...; with the first correction it falls short by s^2/8 + ..."""
    shrunk = unbiased(sp.exp(U), {(U, U): sp.Rational(s).limit_denominator(1000)})
    mean = expectation(shrunk, (0.3, 0.0), np.array([[s**0.5, 0], [0, 0]]))
    assert mean / np.exp(0.3) - 1 == pytest.approx(-(s**2) / 8, rel=0.2)


@pytest.mark.parametrize(
    "term", [sp.log(U + sp.Rational(1, 2)), V / (1 + U**2), U**2 * sp.sqrt(1 + U)], ids=str
)
def test_corrections_of_other_functions_stay_short(term: sp.Expr) -> None:
    """Further corrections, expanded, would be thousands of terms whose cancellation leaves nothing."""
    shrunk = unbiased(term, {(U, U): sp.Rational(1, 100)})
    assert sp.count_ops(shrunk) < 60
    at, root = (2.0, 1.5), np.array([[0.1, 0], [0, 0]])
    exact = float(term.subs({U: at[0], V: at[1]}))
    assert abs(expectation(shrunk, at, root) - exact) < 0.05 * abs(expectation(term, at, root) - exact)


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
