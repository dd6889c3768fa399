"""The terms of an ansatz as compiled columns: unbiased under noise, with what the noise does to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np
from sympy import Add, Dummy, Expr, Rational, Symbol, expand, lambdify
from sympy.printing.numpy import SciPyPrinter

HERMITE_ORDER = (
    4  # corrections in powers of the variance; more than that many are needed by no library of degree < 10
)
LONGEST_PRODUCT = 8  # powers up to here are written as products: numpy takes 20 times longer for a power


class Columns:
    r"""Terms :math:`\theta` and left-hand sides L as functions of the jet coordinates z, compiled once.

    With noise of covariance :math:`\Sigma` on z, each term is replaced by
    :math:`e^{-\frac12 \Sigma_{ij} \partial_i \partial_j} \theta`, unbiased for polynomials (Hermite).
    ``noisy[i, j]`` says which entries of the covariance may differ from zero.
    """

    def __init__(
        self, terms: Sequence[Expr], leads: Sequence[Symbol], coordinates: Sequence[Symbol], noisy: np.ndarray
    ) -> None:
        self.coordinates = tuple(coordinates)
        self.size = len(terms) + len(leads)
        self.names = [str(expression) for expression in (*terms, *leads)]
        self._entries = [(i, j) for i, j in zip(*np.nonzero(noisy), strict=True) if i <= j]
        covariance = {(i, j): Dummy(f"s_{i}_{j}") for i, j in self._entries}
        between = {
            (a, b): covariance[min(i, j), max(i, j)]
            for i, a in enumerate(self.coordinates)
            for j, b in enumerate(self.coordinates)
            if noisy[i, j]
        }
        expressions = [*(unbiased(term, between) for term in terms), *leads]
        arguments = [*self.coordinates, *covariance.values()]
        self._values = _compiled(arguments, expressions)
        self._slots = [
            (k, j)
            for k, expression in enumerate(expressions)
            for j, z in enumerate(self.coordinates)
            if noisy[j, j] and z in expression.free_symbols
        ]
        # The correction of what is no polynomial is of the second order already; its own slopes cost seconds.
        noisy_ones = {z for z, _ in between}
        sources = [
            expression if expression.is_polynomial(*noisy_ones) else plain
            for expression, plain in zip(expressions, [*terms, *leads], strict=True)
        ]
        self._arguments_named, self._sources = arguments, sources

    @cached_property
    def _slopes(self) -> Any:
        slopes = [self._sources[k].diff(self.coordinates[j]) for k, j in self._slots]
        return _compiled(self._arguments_named, slopes)

    def evaluate(self, jets: Mapping[Symbol, np.ndarray], covariance: np.ndarray, rows: int) -> np.ndarray:
        """The matrix [terms | left-hand sides] (sample, column); not finite where a term is not defined."""
        result = np.empty((rows, self.size))
        for k, column in enumerate(self.each(jets, covariance, rows)):
            result[:, k] = column
        return result

    def each(self, jets: Mapping[Symbol, np.ndarray], covariance: np.ndarray, rows: int) -> list[np.ndarray]:
        """The same, one array (sample,) for each column."""
        with np.errstate(all="ignore"):
            found = self._values(*self._arguments(jets, covariance))
        return [np.asarray(one) if np.ndim(one) else np.full(rows, float(one)) for one in found]

    def noise(self, jets: Mapping[Symbol, np.ndarray], covariance: np.ndarray, rows: int) -> np.ndarray:
        r"""Sum over samples of :math:`\nabla\theta\, \Sigma\, \nabla\theta^T` (column, column)."""
        result = np.zeros((self.size, self.size))
        if not self._slots or not np.diag(covariance).any():
            return result
        spread = self.spread(jets, covariance, rows)
        defined = np.isfinite(spread).all(axis=(0, 1))
        # A term such as sqrt(u) has no slope at u = 0: the other rows stand for those.
        share = rows / max(1, int(defined.sum()))
        for direction in spread:
            result += direction[:, defined] @ direction[:, defined].T
        return result * share

    def spread(self, jets: Mapping[Symbol, np.ndarray], covariance: np.ndarray, rows: int) -> np.ndarray:
        r"""How far independent unit noises move the columns, :math:`\nabla\theta\, \Sigma^{1/2}` (noise,
        column, sample)."""
        values, vectors = np.linalg.eigh(covariance)
        kept = values > values.max(initial=0.0) * 1e-14
        directions = (vectors[:, kept] * np.sqrt(values[kept])).T
        result = np.zeros((len(directions), self.size, rows))
        with np.errstate(all="ignore"):
            slopes = self._slopes(*self._arguments(jets, covariance))
            for direction, spread in zip(directions, result, strict=True):
                for (k, j), slope in zip(self._slots, slopes, strict=True):
                    if direction[j]:
                        spread[k] += direction[j] * slope
        return result

    def _arguments(self, jets: Mapping[Symbol, np.ndarray], covariance: np.ndarray) -> list[np.ndarray]:
        return [*(jets[z] for z in self.coordinates), *(covariance[i, j] for i, j in self._entries)]


def defined(spread: np.ndarray) -> np.ndarray:
    """What noise moves (..., sample), 0 at samples where that is not finite: sqrt(u) has no slope at u = 0.
    The others stand for those."""
    finite = np.isfinite(spread).all(axis=tuple(range(spread.ndim - 1)))
    if finite.all():
        return spread
    return np.where(finite, spread, 0.0) * np.sqrt(finite.size / max(1, int(finite.sum())))


class _Products(SciPyPrinter):
    """Powers as products."""

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_Integer and 2 <= exponent <= LONGEST_PRODUCT and base.is_Symbol:
            return "(" + "*".join([self._print(base)] * int(exponent)) + ")"
        return str(super()._print_Pow(expr, rational))


def _compiled(arguments: Sequence[Symbol], expressions: Sequence[Expr]) -> Any:
    printer = _Products({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})
    return lambdify(arguments, expressions, ["scipy", "numpy"], printer=printer, cse=True)


def unbiased(term: Expr, covariance: Mapping[tuple[Symbol, Symbol], Expr]) -> Expr:
    r"""The function whose mean under the noise is the term: e^{-S_ij d_i d_j / 2} of it.

    >>> from sympy import symbols
    >>> u, s = symbols("u s")
    >>> unbiased(u**3, {(u, u): s})
    -3*s*u + u**3
    """
    result, correction = term, term
    polynomial = term.is_polynomial(*{a for a, _ in covariance})
    # The series of a polynomial ends; that of a logarithm does not even converge, so its first term is taken.
    for power in range(1, (HERMITE_ORDER if polynomial else 1) + 1):
        slopes = {a: correction.diff(a) for a, b in covariance if a == b and a in correction.free_symbols}
        change = Add(
            *(
                s * slopes[a].diff(b)
                for (a, b), s in covariance.items()
                if a in slopes and b in slopes[a].free_symbols
            )
        )
        if change == 0:
            break
        correction = expand(change) if polynomial else change
        result += correction * Rational((-1) ** power, 2**power * factorial(power))
    return result
