"""What noise does to products of functions: unbiased covariances, from the noisy samples themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sympy import Expr, Mul, Symbol

from symeq.search.columns import Columns


class Covariances:
    r"""Sums over samples of the covariance of functions f, g of noisy coordinates.

    With :math:`\hat f` the unbiased function (Hermite polynomials for monomials),
    :math:`\hat f \hat g - \widehat{f g}` has the covariance of :math:`\hat f` and :math:`\hat g` as its mean.
    Functions that are no monomials of undifferentiated variables go by their slopes,
    :math:`\nabla \hat f\, \Sigma\, \nabla \hat g^T`.
    """

    def __init__(self, columns: Columns, functions: Sequence[Expr], coordinates: Sequence[Symbol]) -> None:
        self.columns, self.coordinates = columns, tuple(coordinates)
        self.powers = [_powers(function, self.coordinates) for function in functions]

    def sums(self, jets: Mapping[Symbol, np.ndarray], covariance: np.ndarray, rows: int) -> np.ndarray:
        """The sum over samples (function, function)."""
        noisy = np.flatnonzero(np.diag(covariance) > 0)
        apart = np.count_nonzero(covariance) == noisy.size
        exact = [k for k, powers in enumerate(self.powers) if powers is not None] if apart else []
        result = np.zeros((len(self.powers),) * 2)
        if len(exact) < len(self.powers):
            result = self.columns.noise(jets, covariance, rows)
        if not exact:
            return result
        highest = 2 * max(max(self._exponents(k), default=0) for k in exact)
        hermite = {int(j): _hermite(jets[self.coordinates[j]], covariance[j, j], highest) for j in noisy}
        factors: dict[int, np.ndarray] = {}
        for k in exact:
            fixed = np.ones(rows)
            for j, power in enumerate(self._exponents(k)):
                if j not in hermite and power:
                    fixed = fixed * jets[self.coordinates[j]] ** power
            factors[k] = fixed
        known: dict[tuple[int, ...], np.ndarray] = {}

        def noisy_part(powers: tuple[int, ...]) -> np.ndarray:
            if powers not in known:
                product = np.ones(rows)
                for j in hermite:
                    if powers[j]:
                        product = product * hermite[j][powers[j]]
                known[powers] = product
            return known[powers]

        def only_noisy(powers: Sequence[int]) -> tuple[int, ...]:
            return tuple(power if j in hermite else 0 for j, power in enumerate(powers))

        for a in exact:
            for b in exact:
                if b < a:
                    continue
                first, second = only_noisy(self._exponents(a)), only_noisy(self._exponents(b))
                both = noisy_part(tuple(p + q for p, q in zip(first, second, strict=True)))
                value = float(
                    np.nansum(factors[a] * factors[b] * (noisy_part(first) * noisy_part(second) - both))
                )
                result[a, b] = result[b, a] = value
        return result

    def _exponents(self, k: int) -> tuple[int, ...]:
        powers = self.powers[k]
        assert powers is not None
        return powers


def _hermite(values: np.ndarray, variance: float, highest: int) -> list[np.ndarray]:
    """He_0, He_1, ... with He_{n+1} = u He_n - n s^2 He_{n-1}: the mean of He_n(u + noise) is u^n."""
    found = [np.ones_like(values), values]
    for n in range(1, highest):
        found.append(values * found[n] - n * variance * found[n - 1])
    return found


def _powers(function: Expr, coordinates: Sequence[Symbol]) -> tuple[int, ...] | None:
    powers = [0] * len(coordinates)
    for factor in Mul.make_args(function):
        base, exponent = factor.as_base_exp()
        if factor == 1:
            continue
        if base not in coordinates or not exponent.is_Integer or exponent < 0:
            return None
        powers[list(coordinates).index(base)] += int(exponent)
    return tuple(powers)
