"""Functions on tiles of a field, unbiased under noise: monomials by products, what is none compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sympy import Expr, Symbol

from symeq.search.columns import Columns
from symeq.search.products import Powers, powers_of


class Tiles:
    r"""The functions of a pass on one tile after the other, in arrays that are used again for the next.

    Of independent noise with variances :math:`s_j^2` a monomial has the unbiased estimate :math:`\prod_j
    He_{n_j}(z_j)`, where :math:`He_{n+1} = z He_n - n s^2 He_{n-1}`; each factor is computed once.

    Arguments: ``functions``; ``coordinates``, and the ``covariance`` of their noise; ``columns``, the
    functions compiled, which are taken where one is no such monomial.
    """

    def __init__(
        self,
        functions: Sequence[Expr],
        coordinates: Sequence[Symbol],
        covariance: np.ndarray,
        columns: Callable[[], Columns],
    ) -> None:
        self.coordinates, self.covariance = tuple(coordinates), covariance
        powers = [_independent(powers_of(function, coordinates), covariance) for function in functions]
        self.powers = [one for one in powers if one is not None]
        self.columns = None if len(self.powers) == len(powers) else columns()
        self.size = len(coordinates)

    def reading(self) -> Reader:
        """The functions for one reader."""
        return Reader(self)


class Reader:
    """The arrays of one reader of tiles."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles = tiles
        self._arrays: dict[tuple[int, ...], np.ndarray] = {}

    def each(self, jets: Mapping[Symbol, np.ndarray], rows: int) -> list[np.ndarray]:
        """The functions (sample,) at some samples, constants (1,); valid until the next call."""
        tiles = self.tiles
        known: dict[tuple[int, ...], np.ndarray] = {}
        if tiles.columns is not None:
            return tiles.columns.each(jets, tiles.covariance, rows)
        with np.errstate(all="ignore"):
            return [self._monomial(powers, jets, known) for powers in tiles.powers]

    def _monomial(
        self, powers: Powers, jets: Mapping[Symbol, np.ndarray], known: dict[tuple[int, ...], np.ndarray]
    ) -> np.ndarray:
        if powers not in known:
            occurring = [j for j, power in enumerate(powers) if power]
            if not occurring:
                known[powers] = np.ones(1)
            elif len(occurring) == 1:
                known[powers] = self._hermite(occurring[0], powers, jets, known)
            else:
                last = occurring[-1]
                first = tuple(power if j < last else 0 for j, power in enumerate(powers))
                other = tuple(power if j == last else 0 for j, power in enumerate(powers))
                left, right = (self._monomial(one, jets, known) for one in (first, other))
                known[powers] = np.multiply(left, right, out=self._array(powers, left.size))
        return known[powers]

    def _hermite(
        self,
        j: int,
        powers: Powers,
        jets: Mapping[Symbol, np.ndarray],
        known: dict[tuple[int, ...], np.ndarray],
    ) -> np.ndarray:
        """He_{n} of one coordinate, from the two before."""
        values, n = jets[self.tiles.coordinates[j]], powers[j] - 1
        if n == 0:
            return values
        one, two = (
            tuple(less if i == j else 0 for i in range(self.tiles.size)) for less in (powers[j] - 1, n - 1)
        )
        before = self._monomial(one, jets, known)
        result = np.multiply(values, before, out=self._array(powers, values.size))
        variance = n * self.tiles.covariance[j, j]
        if variance and n == 1:
            result -= variance
        elif variance:
            spare = self._array((-1,), values.size)
            result -= np.multiply(self._monomial(two, jets, known), variance, out=spare)
        return result

    def _array(self, name: tuple[int, ...], size: int) -> np.ndarray:
        kept = self._arrays.get(name)
        if kept is None or kept.size < size:
            kept = self._arrays[name] = np.empty(size)
        return kept[:size]


def _independent(powers: Powers | None, covariance: np.ndarray) -> Powers | None:
    """The powers, where the coordinates in them have independent noise."""
    if powers is None:
        return None
    occurring = [j for j, power in enumerate(powers) if power]
    shared = covariance[np.ix_(occurring, occurring)]
    return powers if not (shared - np.diag(np.diag(shared))).any() else None
