"""What noise does to products of functions: unbiased covariances, from the noisy samples themselves."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
from sympy import Expr, Mul, Symbol

from symeq.search.columns import Columns

Powers = tuple[int, ...]


class Covariances:
    r"""The covariance of functions f, g of noisy coordinates, at each of some samples.

    With :math:`\hat f` the unbiased function (Hermite polynomials for monomials),
    :math:`\hat f \hat g - \widehat{f g}` has the covariance of :math:`\hat f` and :math:`\hat g` as its mean.
    Functions that are no monomials of undifferentiated variables go by their slopes,
    :math:`\nabla \hat f\, \Sigma\, \nabla \hat g^T`.

    jets: coordinates to samples (sample,); covariance: of the coordinates; rows: how many samples there are.
    """

    def __init__(
        self,
        columns: Columns,
        functions: Sequence[Expr],
        coordinates: Sequence[Symbol],
        jets: Mapping[Symbol, np.ndarray],
        covariance: np.ndarray,
        rows: int,
    ) -> None:
        noisy = [int(j) for j in np.flatnonzero(np.diag(covariance) > 0)]
        powers = [_powers(function, coordinates) for function in functions]
        if np.count_nonzero(covariance) > len(noisy):
            powers = [None] * len(powers)  # differentiated variables share their noise
        self.exact = np.array([power is not None for power in powers], dtype=bool)
        self.spread = np.zeros((0, len(functions), rows))
        if not self.exact.all() and rows:
            self.spread = columns.spread(jets, covariance, rows)
        known = [power if power is not None else (0,) * len(coordinates) for power in powers]
        values = np.stack([jets[z] for z in coordinates]) if coordinates else np.zeros((0, rows))
        highest = 2 * max((power[j] for power in known for j in noisy), default=0)
        hermite = {j: _hermite(values[j], covariance[j, j], highest) for j in noisy}

        def evaluated(power: Powers) -> np.ndarray:
            product = np.ones(rows)
            for j, exponent in enumerate(power):
                if exponent:
                    product = product * (hermite[j][exponent] if j in hermite else values[j] ** exponent)
            return product

        self.values = np.stack([evaluated(power) for power in known]) if known else np.zeros((0, rows))
        self.values[~self.exact] = 0.0
        places: dict[Powers, int] = {}
        self.pairs = np.zeros((len(known), len(known)), dtype=int)
        for a, first in enumerate(known):
            for b, second in enumerate(known[: a + 1]):
                both = tuple(p + q for p, q in zip(first, second, strict=True))
                self.pairs[a, b] = self.pairs[b, a] = places.setdefault(both, len(places))
        self.products = np.stack([evaluated(power) for power in places]) if places else np.zeros((0, rows))

    def weighted(self, weights: np.ndarray, pairs: Sequence[tuple[list[int], list[int]]]) -> list[np.ndarray]:
        """The sums over samples of some functions against others (first, second), for each pair of these with
        its weights (pair, sample)."""
        found = []
        corrections = self.products @ weights.T
        for own, correction, (a, b) in zip(weights, corrections.T, pairs, strict=True):
            result = (self.values[a] * own) @ self.values[b].T - correction[self.pairs[a][:, b]]
            by_slopes = ~(self.exact[a][:, None] & self.exact[b][None, :])
            if by_slopes.any():
                other = np.zeros_like(result)
                for one in self.spread:
                    other += (one[a] * own) @ one[b].T
                result = np.where(by_slopes, other, result)
            found.append(result)
        return found

    def at_each(self) -> np.ndarray:
        """The covariances at each sample (sample, function, function)."""
        result = np.einsum("an,bn->nab", self.values, self.values) - self.products[self.pairs].transpose(
            2, 0, 1
        )
        by_slopes = ~(self.exact[:, None] & self.exact[None, :])
        if by_slopes.any():
            other = np.einsum("jan,jbn->nab", self.spread, self.spread)
            result = np.where(by_slopes, other, result)
        return np.asarray(result)

    def at(self, samples: np.ndarray) -> Covariances:
        """The same at some of the samples."""
        other = copy.copy(self)
        other.values = self.values[:, samples]
        other.products = self.products[:, samples]
        other.spread = self.spread[:, :, samples]
        return other


def _hermite(values: np.ndarray, variance: float, highest: int) -> list[np.ndarray]:
    """He_0, He_1, ... with He_{n+1} = u He_n - n s^2 He_{n-1}: the mean of He_n(u + noise) is u^n."""
    found = [np.ones_like(values), values]
    for n in range(1, highest):
        found.append(values * found[n] - n * variance * found[n - 1])
    return found


def _powers(function: Expr, coordinates: Sequence[Symbol]) -> Powers | None:
    powers = [0] * len(coordinates)
    for factor in Mul.make_args(function):
        base, exponent = factor.as_base_exp()
        if factor == 1:
            continue
        if base not in coordinates or not exponent.is_Integer or exponent < 0:
            return None
        powers[list(coordinates).index(base)] += int(exponent)
    return tuple(powers)
