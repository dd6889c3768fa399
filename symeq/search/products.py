"""What noise does to products of functions: unbiased covariances, from the noisy samples themselves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sympy import Expr, Symbol

from symeq.search.columns import Columns
from symeq.search.hermite import Powers, powers_of
from symeq.search.responses import Responses


class Covariances:
    r"""The covariance of functions f, g of noisy coordinates, at each of some samples.

    With :math:`\hat f` the unbiased function (Hermite polynomials for monomials),
    :math:`\hat f \hat g - \widehat{f g}` has the covariance of :math:`\hat f` and :math:`\hat g` as its mean.
    Functions that are no monomials of undifferentiated variables go by their slopes,
    :math:`\nabla \hat f\, \Sigma\, \nabla \hat g^T`. Where derivatives are left inside (``responses``, whose
    slots then take the place of the functions), the first order is

    .. math:: \sum_u s_u^2\, (r r' - \nabla r\, \Sigma\, \nabla r'^T
              + \tfrac12 \mathrm{tr}(R \Sigma R' \Sigma))

    with r the slope by u, or the direction, and R its Hessian; and the second order, of the functions with
    derivatives, :math:`\frac12 \mathrm{tr}(F \Sigma G \Sigma)` with theirs.

    columns: compiled when slopes are needed; jets: coordinates to samples (sample,); covariance: of the
    coordinates; rows: how many samples there are.
    """

    def __init__(
        self,
        columns: Callable[[], Columns],
        functions: Sequence[Expr],
        coordinates: Sequence[Symbol],
        jets: Mapping[Symbol, np.ndarray],
        covariance: np.ndarray,
        rows: int,
        responses: Responses | None = None,
    ) -> None:
        noisy = [int(j) for j in np.flatnonzero(np.diag(covariance) > 0)]
        powers = [powers_of(function, coordinates) for function in functions]
        moved = responses is not None and bool(responses.directions)
        if responses is not None and moved:
            powers = [p if e else None for p, e in zip(powers, responses.exact, strict=False)]
            powers += [None] * len(responses.directions)
        elif np.count_nonzero(covariance) > len(noisy):
            powers = [None] * len(powers)  # differentiated variables share their noise
        self.exact = np.array([power is not None for power in powers], dtype=bool)
        self.spread = np.zeros((0, len(powers), rows))
        self._all: np.ndarray | None = None
        minus = self.spread
        if responses is not None and moved and rows:
            self.spread, minus = _orders(functions, coordinates, jets, covariance, rows, responses)
        elif not self.exact.all() and rows:
            self.spread = columns().spread(jets, covariance, rows)
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
        if moved:  # many squares: their sums are taken once
            self._all = self.at_each(minus)
            self.spread = self.spread[:0]

    def gram(self, weights: np.ndarray, indices: np.ndarray, functions: np.ndarray) -> np.ndarray:
        r"""The sum over samples of :math:`w_{ab} V_{fg}` for columns (a, f) and (b, g) (column, column).

        Arguments: ``weights`` (index, index, sample), symmetric; ``indices``, ``functions`` (column,), the
        index and the function of each column.
        """
        if self._all is not None:
            return self._gram_of_all(weights, indices, functions)
        raw = self._products_of(self.values[functions], weights, indices)
        count = len(weights)
        sums = (self.products @ weights.reshape(count * count, -1).T).reshape(-1, count, count)
        result = raw - sums[self.pairs[functions][:, functions], indices[:, None], indices]
        exact = self.exact[functions]
        by_slopes = ~(exact[:, None] & exact)
        if by_slopes.any():
            other = sum(self._products_of(one[functions], weights, indices) for one in self.spread)
            result = np.where(by_slopes, other, result)
        return np.asarray(result)

    def _gram_of_all(self, weights: np.ndarray, indices: np.ndarray, functions: np.ndarray) -> np.ndarray:
        assert self._all is not None
        samples, slots = self._all.shape[:2]
        count = len(weights)
        first, second = np.tril_indices(count)
        sums = weights[first, second] @ self._all.reshape(samples, slots * slots)
        pairs = np.empty((count, count, slots, slots))
        pairs[first, second] = pairs[second, first] = sums.reshape(-1, slots, slots)
        return pairs[indices[:, None], indices, functions[:, None], functions]

    @staticmethod
    def _products_of(values: np.ndarray, weights: np.ndarray, indices: np.ndarray) -> np.ndarray:
        order = np.argsort(indices, kind="stable")
        edges = np.searchsorted(indices[order], np.arange(len(weights) + 1))
        groups = [slice(a, b) for a, b in zip(edges, edges[1:], strict=False)]
        values, result = values[order], np.empty((len(values), len(values)))
        for a, rows in enumerate(groups):
            for b, columns in enumerate(groups[: a + 1]):
                result[rows, columns] = values[rows] @ (values[columns] * weights[a, b]).T
                result[columns, rows] = result[rows, columns].T
        place = np.argsort(order)
        return result[place[:, None], place]

    def at_each(self, minus: np.ndarray | None = None) -> np.ndarray:
        """The covariances at each sample (sample, function, function), less some squares."""
        if self._all is not None:
            return self._all
        result = self.values.T[:, :, None] * self.values.T[:, None, :] - self.products[self.pairs].transpose(
            2, 0, 1
        )
        by_slopes = ~(self.exact[:, None] & self.exact[None, :])
        if by_slopes.any():
            other = self.spread.transpose(2, 1, 0) @ self.spread.transpose(2, 0, 1)
            if minus is not None and len(minus):
                other -= minus.transpose(2, 1, 0) @ minus.transpose(2, 0, 1)
            result = np.where(by_slopes, other, result)
        return np.asarray(result)

    def at(self, samples: np.ndarray) -> Covariances:
        """The same at some of the samples."""
        other = copy.copy(self)
        other.values = self.values[:, samples]
        other.products = self.products[:, samples]
        other.spread = self.spread[:, :, samples]
        other._all = None if self._all is None else self._all[samples]
        return other


def _orders(
    functions: Sequence[Expr],
    coordinates: Sequence[Symbol],
    jets: Mapping[Symbol, np.ndarray],
    covariance: np.ndarray,
    rows: int,
    responses: Responses,
) -> tuple[np.ndarray, np.ndarray]:
    """Both orders as sums of squares, and what is taken off them (square, slot, sample)."""
    slots, count = len(responses.exact), len(functions)
    noisy = [j for j in range(len(coordinates)) if covariance[j, j] > 0]
    values, vectors = np.linalg.eigh(covariance)
    kept = values > values.max(initial=0.0) * 1e-14  # as in Columns.spread
    roots = (vectors[:, kept] * np.sqrt(values[kept])).T
    plus: list[np.ndarray] = []
    minus: list[np.ndarray] = []

    def add(squares: list[np.ndarray], places: Sequence[int], rows_: np.ndarray, factor: float) -> None:
        if rows_.any():
            own = np.zeros((slots, rows))
            own[list(places)] = factor * rows_
            squares.append(own)

    def add_second(expressions: Mapping[int, Expr], factor: float) -> None:
        slopes = {(k, j): f.diff(coordinates[j]) for k, f in expressions.items() for j in noisy}
        slopes = {key: slope for key, slope in slopes.items() if slope != 0}
        spread = Columns(list(slopes.values()), [], coordinates, covariance != 0)
        second = spread.spread(jets, covariance, rows)
        order = list(expressions)
        for m in range(len(roots)):
            for n in range(m + 1):
                own = np.zeros((len(order), rows))
                for (k, j), column in zip(slopes, second[m], strict=True):
                    own[order.index(k)] += roots[n, j] * column
                add(plus, order, own, factor * (np.sqrt(0.5) if m == n else 1.0))

    for variable in dict.fromkeys(u for _, u in responses.directions):
        place = list(coordinates).index(variable)
        deviation = float(np.sqrt(max(0.0, covariance[place, place])))
        rates = {k: f.diff(variable) for k, f in enumerate(functions) if responses.exact[k]}
        rates |= {count + k: g for k, (g, u) in enumerate(responses.directions) if u == variable}
        rates = {k: rate for k, rate in rates.items() if rate != 0}
        columns = Columns(list(rates.values()), [], coordinates, covariance != 0)
        add(plus, list(rates), columns.evaluate(jets, covariance, rows).T, deviation)
        for one in columns.spread(jets, covariance, rows):
            add(minus, list(rates), one, deviation)
        add_second(rates, deviation)
    add_second({k: functions[k] for k in range(count) if not responses.exact[k]}, 1.0)
    empty = np.zeros((0, slots, rows))
    return (np.stack(plus) if plus else empty), (np.stack(minus) if minus else empty)


def _hermite(values: np.ndarray, variance: float, highest: int) -> list[np.ndarray]:
    """He_0, He_1, ... with He_{n+1} = u He_n - n s^2 He_{n-1}: the mean of He_n(u + noise) is u^n."""
    found = [np.ones_like(values), values]
    for n in range(1, highest):
        found.append(values * found[n] - n * variance * found[n - 1])
    return found
