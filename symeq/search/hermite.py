"""Monomials of noisy coordinates, unbiased: products and recursions that compute each of them once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Expr, Mul, Symbol

Powers = tuple[int, ...]
NONE = 1e-12  # correlations that are rounding errors of stencils


def powers_of(function: Expr, coordinates: Sequence[Symbol]) -> Powers | None:
    """The exponents of a monomial by coordinate; None of what is none."""
    powers = [0] * len(coordinates)
    if function != 1:
        places = {z: j for j, z in enumerate(coordinates)}
        for factor in Mul.make_args(function):
            base, exponent = factor.as_base_exp()
            if base not in places or not exponent.is_Integer or exponent < 0:
                return None
            powers[places[base]] += int(exponent)
    return tuple(powers)


def lowered(powers: Powers, j: int) -> Powers:
    """One power less of a coordinate."""
    return (*powers[:j], powers[j] - 1, *powers[j + 1 :])


@dataclass(frozen=True)
class _Step:
    """A monomial from others: ``first`` times ``second`` or coordinate ``j``, less ``noisy`` multiples."""

    j: int
    first: Powers
    second: Powers | None = None
    noisy: tuple[tuple[float, Powers], ...] = ()


class Hermite:
    r"""The unbiased estimates of monomials :math:`z^n` of coordinates with Gaussian noise of covariance
    :math:`\Sigma`,

    .. math:: H_0 = 1, \qquad H_{n + e_j} = z_j H_n - \sum_k \Sigma_{jk}\, n_k H_{n - e_k},

    which are products where the noise is independent. What follows from what is worked out once, the values
    by :meth:`at` for any samples.
    """

    def __init__(self, covariance: np.ndarray) -> None:
        deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        shared = np.abs(covariance) > NONE * np.outer(deviations, deviations)
        self.covariance = np.where(shared, covariance, 0.0)
        self.together = shared | np.eye(len(covariance), dtype=bool)
        while (wider := self.together @ self.together).sum() > self.together.sum():
            self.together = wider
        self._steps: dict[Powers, _Step] = {}

    def at(
        self, values: Sequence[np.ndarray], array: Callable[[Powers, int], np.ndarray] | None = None
    ) -> Callable[[Powers], np.ndarray]:
        """The estimates (sample,), constants (1,), from the values of the coordinates, each computed once;
        ``array`` gives the memory for a monomial.

        >>> values = Hermite(np.array([[0.25]])).at([np.array([2.0, 3.0])])
        >>> values((2,)).tolist(), values((3,)).tolist()
        ([3.75, 8.75], [6.5, 24.75])
        """
        known: dict[Powers, np.ndarray] = {}
        made = array or (lambda _, size: np.empty(size))

        def value(powers: Powers) -> np.ndarray:
            if powers not in known:
                known[powers] = self._made(powers, values, value, made)
            return known[powers]

        return value

    def _made(
        self,
        powers: Powers,
        values: Sequence[np.ndarray],
        value: Callable[[Powers], np.ndarray],
        array: Callable[[Powers, int], np.ndarray],
    ) -> np.ndarray:
        if not any(powers):
            return np.ones(1)
        step = self._step(powers)
        if step.second is None and not any(step.first):
            return values[step.j]
        other = values[step.j] if step.second is None else value(step.second)
        first = value(step.first)
        result = np.multiply(other, first, out=array(powers, other.size))
        for number, less in step.noisy:
            if any(less):
                result -= np.multiply(value(less), number, out=array((), result.size))
            else:
                result -= number
        return result

    def _step(self, powers: Powers) -> _Step:
        if powers in self._steps:
            return self._steps[powers]
        occurring = [j for j, power in enumerate(powers) if power]
        j = occurring[-1]
        alone = [k for k in occurring if not self.together[j, k]]
        if alone:
            first = tuple(power if k in alone else 0 for k, power in enumerate(powers))
            second = tuple(a - b for a, b in zip(powers, first, strict=True))
            step = _Step(j, first, second)
        else:
            rest = lowered(powers, j)
            noisy = tuple(
                (float(self.covariance[j, k] * rest[k]), lowered(rest, k))
                for k in occurring
                if rest[k] and self.covariance[j, k]
            )
            step = _Step(j, rest, None, noisy)
        self._steps[powers] = step
        return step
