"""What noise does to products of functions: unbiased covariances, from the noisy samples themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sympy import Expr, Symbol

from symeq.search.columns import Columns, defined
from symeq.search.expansions import Expansions
from symeq.search.hermite import Hermite, Powers, lowered, powers_of
from symeq.search.responses import Responses

Values = Callable[[Powers], np.ndarray]


class Covariances:
    r"""The covariance of functions f, g of noisy coordinates at each of some samples, by groups.

    With :math:`\hat f` the unbiased function (Hermite polynomials for monomials),
    :math:`\hat f \hat g - \widehat{f g}` has the covariance of :math:`\hat f` and :math:`\hat g` as its mean.
    Functions that are no monomials of undifferentiated variables go by their slopes,
    :math:`\nabla \hat f\, \Sigma\, \nabla \hat g^T`. Where derivatives are left inside, the noise of u
    reaches integrals by the directions (r, u) of their ``responses``, with the covariance

    .. math:: s_u^2\, (r r' - \nabla r\, \Sigma\, \nabla r'^T + \tfrac12 \mathrm{tr}(R \Sigma R' \Sigma))

    and R the Hessian of r. The functions themselves then have what is left: those with derivatives the second
    order, :math:`\frac12 \mathrm{tr}(F \Sigma G \Sigma)`, the others what their directions lack of their
    covariance, where that is known.

    functions; coordinates, with the covariance of their noise and their values (coordinate, sample);
    columns: the functions compiled, when slopes are needed.
    """

    def __init__(
        self,
        functions: Sequence[Expr],
        coordinates: Sequence[Symbol],
        covariance: np.ndarray,
        values: np.ndarray,
        responses: Responses,
        columns: Callable[[], Columns],
    ) -> None:
        self.coordinates, self.covariance, self.values = tuple(coordinates), covariance, values
        self.responses, self.columns = responses, columns
        self.hermite = Hermite(covariance)
        self.powers = [powers_of(function, coordinates) for function in functions]
        self._expansions: list[Expansions] = []
        self._rates: list[tuple[float, np.ndarray]] = []
        if responses.directions:
            inside = [*functions, *(g for g, _ in responses.directions)]
            self._expansions = [
                Expansions([inside[k] for k in group], coordinates, covariance, self.hermite)
                for group in responses.groups[1:]
            ]
            self._rates = [self._rates_of(group) for group in responses.groups[2:]]

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return int(self.values.shape[1])

    def at(self, some: slice | np.ndarray) -> list[np.ndarray]:
        """The covariances at some samples, of each group (sample, slot, slot)."""
        values = self.values[:, some]
        unbiased = self.hermite.at(list(values))
        first, *groups = self.responses.groups
        own = self._of_monomials(first, values.shape[1], unbiased)
        if not groups:
            if None in self.powers:
                self._by_slopes(own, values)
            return [own]
        own = np.ascontiguousarray(own)
        second, *orders = [each.at(values, unbiased) for each in self._expansions]
        found = [own, np.matmul(second[2].transpose(0, 2, 1), second[2])]
        for (variance, rates), (zero, slope, curved) in zip(self._rates, orders, strict=True):
            plus = np.concatenate([zero[:, None], curved], axis=1)
            told = np.matmul(plus.transpose(0, 2, 1), plus)
            told -= np.matmul(slope.transpose(0, 2, 1), slope)
            told *= variance
            own -= np.matmul(np.matmul(rates, told), rates.T)
            found.append(told)
        own[:, [self.powers[k] is None for k in first]] = 0.0
        own[:, :, [self.powers[k] is None for k in first]] = 0.0
        return found

    def _of_monomials(self, group: np.ndarray, rows: int, unbiased: Values) -> np.ndarray:
        """What is exact of all orders; 0 for functions that are no monomials."""
        result = np.zeros((len(group), len(group), rows))  # each covariance beside itself in memory
        own = [(place, powers) for place, k in enumerate(group) if (powers := self.powers[k]) is not None]
        for a, (i, first) in enumerate(own):
            for j, second in own[: a + 1]:
                both = tuple(p + q for p, q in zip(first, second, strict=True))
                result[i, j] = unbiased(first) * unbiased(second) - unbiased(both)
                result[j, i] = result[i, j]
        return result.transpose(2, 0, 1)

    def _by_slopes(self, own: np.ndarray, values: np.ndarray) -> None:
        """Fill in the covariances with functions that are no monomials."""
        jets = dict(zip(self.coordinates, values, strict=True))
        spread = defined(self.columns().spread(jets, self.covariance, len(own))).transpose(2, 0, 1)
        others = np.array([powers is None for powers in self.powers])
        own[:, others[:, None] | others] = np.matmul(spread.transpose(0, 2, 1), spread)[
            :, others[:, None] | others
        ]

    def _rates_of(self, group: np.ndarray) -> tuple[float, np.ndarray]:
        """The variance of a variable, and the slopes of the first functions by it over its directions
        (function, direction)."""
        count = len(self.powers)
        directions = [self.responses.directions[k - count] for k in group]
        j = self.coordinates.index(directions[0][1])
        places = {powers_of(g, self.coordinates): place for place, (g, _) in enumerate(directions)}
        functions = self.responses.groups[0]
        rates = np.zeros((len(functions), len(group)))
        for row, k in enumerate(functions):
            powers = self.powers[k]
            if powers is not None and powers[j]:
                rates[row, places[lowered(powers, j)]] = powers[j]
        return float(self.covariance[j, j]), rates
