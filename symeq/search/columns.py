"""The terms of an ansatz as compiled columns: unbiased under noise, with what the noise does to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import numpy as np
from sympy import Expr, Float, Integer, Symbol, expand, lambdify

HERMITE_ORDER = (
    4  # corrections in powers of the variance; more than that many are needed by no library of degree < 10
)


class Columns:
    r"""Terms :math:`\theta` and left-hand sides L as functions of the jet coordinates z.

    With noise of covariance :math:`\Sigma` on z, each term is replaced by
    :math:`e^{-\frac12 \Sigma_{ij} \partial_i \partial_j} \theta`, which is unbiased for polynomials (Hermite polynomials).
    """

    def __init__(
        self,
        terms: Sequence[Expr],
        leads: Sequence[Symbol],
        coordinates: Sequence[Symbol],
        covariance: np.ndarray,
    ) -> None:
        self.coordinates = tuple(coordinates)
        self.size = len(terms) + len(leads)
        self.names = [str(expression) for expression in (*terms, *leads)]
        expressions = [*(unbiased(term, self.coordinates, covariance) for term in terms), *leads]
        self._values = lambdify(self.coordinates, expressions, "numpy", cse=True)
        self._slots = [
            (k, j)
            for k, expression in enumerate(expressions)
            for j, z in enumerate(self.coordinates)
            if covariance[j, j] > 0 and z in expression.free_symbols
        ]
        slopes = [expressions[k].diff(self.coordinates[j]) for k, j in self._slots]
        self._slopes = lambdify(self.coordinates, slopes, "numpy", cse=True)
        values, vectors = np.linalg.eigh(covariance)
        kept = values > values.max(initial=0.0) * 1e-14
        self._root = vectors[:, kept] * np.sqrt(values[kept])

    def evaluate(self, jets: Mapping[Symbol, np.ndarray], rows: int) -> np.ndarray:
        """The matrix [terms | left-hand sides] (sample, column); not finite where a term is not defined."""
        result = np.empty((rows, self.size))
        with np.errstate(all="ignore"):
            for k, column in enumerate(self._values(*(jets[z] for z in self.coordinates))):
                result[:, k] = column
        return result

    def noise(self, jets: Mapping[Symbol, np.ndarray], rows: int) -> np.ndarray:
        r"""Sum over samples of :math:`\nabla\theta\, \Sigma\, \nabla\theta^T` (column, column)."""
        result = np.zeros((self.size, self.size))
        if not self._slots:
            return result
        with np.errstate(all="ignore"):
            slopes = self._slopes(*(jets[z] for z in self.coordinates))
        for direction in self._root.T:
            spread = np.zeros((rows, self.size))
            for (k, j), slope in zip(self._slots, slopes, strict=True):
                if direction[j]:
                    spread[:, k] += direction[j] * slope
            result += spread.T @ spread
        return result


def unbiased(term: Expr, coordinates: Sequence[Symbol], covariance: np.ndarray) -> Expr:
    r"""The function whose mean under the noise is the term: :math:`e^{-\frac12 \Sigma_{ij} \partial_i \partial_j} \theta`.

    >>> from sympy import symbols
    >>> u = symbols("u")
    >>> unbiased(u**3, [u], np.array([[0.25]]))
    u**3 - 0.75*u
    """
    result, correction = term, term
    for power in range(1, HERMITE_ORDER + 1):
        change: Expr = Integer(0)
        for i, a in enumerate(coordinates):
            if covariance[i, i] == 0 or a not in correction.free_symbols:
                continue
            slope = correction.diff(a)
            for j, b in enumerate(coordinates):
                if covariance[i, j] and b in slope.free_symbols:
                    change += Float(float(covariance[i, j])) * slope.diff(b)
        if change == 0:
            break
        correction = expand(change)
        result += correction * Float((-0.5) ** power / factorial(power))
    return result
