"""Monomials under correlated noise, by recursion: against the symbolic correction and symbolic Hessians."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sympy import Expr, Float, exp, hessian, lambdify, symbols

from symeq.search.columns import unbiased
from symeq.search.expansions import Expansions
from symeq.search.hermite import Hermite, powers_of

Z = symbols("x u v u_x")
ROOT = np.array([[0.0, 0, 0], [0.7, 0, 0], [0, 0.5, 0], [-0.4, 0.1, 0.6]])
SHARED, ALONE = ROOT @ ROOT.T, np.diag([0.0, 0.49, 0.25, 0.36])
VALUES = np.random.default_rng(0).standard_normal((4, 5))


def of(expression: Expr) -> np.ndarray:
    return np.broadcast_to(lambdify(Z, expression, "numpy")(*VALUES), VALUES.shape[1:])


@pytest.mark.parametrize("covariance", [SHARED, ALONE])
def test_the_recursion_is_the_symbolic_correction(covariance: np.ndarray) -> None:
    """All monomials of degree up to 2 in each of four coordinates, one of them without noise."""
    between = {
        (Z[i], Z[j]): Float(covariance[i, j]) for i, j in product(range(4), repeat=2) if covariance[i, j]
    }
    value = Hermite(covariance).at(list(VALUES))
    for powers in product(range(3), repeat=4):
        monomial = np.prod([z**n for z, n in zip(Z, powers, strict=True)])
        assert powers_of(monomial, Z) == powers
        assert np.allclose(value(powers), of(unbiased(monomial, between)), rtol=1e-12, atol=1e-12)


def test_curvatures_are_traces_of_hessians() -> None:
    """Of functions whose Hessians noise does not change, and of one that is compiled."""
    x, u, v, u_x = Z
    for functions in ([u * v, u_x**2, x * u * u_x, v], [u * v, u_x**2, exp(x) * v * u_x]):
        expansions = Expansions(functions, Z, SHARED, Hermite(SHARED))
        zero, first, second = expansions.at(VALUES, Hermite(SHARED).at(list(VALUES)))
        for a, f in enumerate(functions):
            slopes = [np.array([of(g.diff(z)) for z in Z]) for g in functions]
            expected = of(f) - 0.5 * np.einsum("ij,ijn->n", SHARED, hessians(f))
            assert np.allclose(zero[:, a], expected)
            for b, g in enumerate(functions):
                told = np.einsum("nq,nq->n", first[:, :, a], first[:, :, b])
                assert np.allclose(told, np.einsum("in,ij,jn->n", slopes[a], SHARED, slopes[b]))
                told = np.einsum("nq,nq->n", second[:, :, a], second[:, :, b])
                trace = np.einsum("ijn,jk,kln,li->n", hessians(f), SHARED, hessians(g), SHARED)
                assert np.allclose(told, trace / 2)


def hessians(expression: Expr) -> np.ndarray:
    """(coordinate, coordinate, sample)."""
    return np.array([[of(entry) for entry in row] for row in hessian(expression, Z).tolist()])
