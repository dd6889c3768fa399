"""Functions on tiles of a field, unbiased under noise: monomials by products, what is none compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sympy import Expr, Symbol

from symeq.search.columns import Columns
from symeq.search.hermite import Hermite, Powers, powers_of


class Tiles:
    r"""The functions of a pass on one tile after the other, in arrays that are used again for the next.

    Arguments: ``functions``; ``coordinates``, and the ``covariance`` of their noise; ``columns``, the
    functions compiled, which are taken where one is no monomial.
    """

    def __init__(
        self,
        functions: Sequence[Expr],
        coordinates: Sequence[Symbol],
        covariance: np.ndarray,
        columns: Callable[[], Columns],
    ) -> None:
        self.coordinates, self.covariance = tuple(coordinates), covariance
        powers = [powers_of(function, coordinates) for function in functions]
        self.powers = [one for one in powers if one is not None]
        self.columns = None if len(self.powers) == len(powers) else columns()
        self.hermite = Hermite(covariance)

    def reading(self) -> Reader:
        """The functions for one reader."""
        return Reader(self)


class Reader:
    """The arrays of one reader of tiles."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles = tiles
        self._arrays: dict[Powers, np.ndarray] = {}

    def each(self, jets: Mapping[Symbol, np.ndarray], rows: int) -> list[np.ndarray]:
        """The functions (sample,) at some samples, constants (1,); valid until the next call."""
        tiles = self.tiles
        if tiles.columns is not None:
            return tiles.columns.each(jets, tiles.covariance, rows)
        value = tiles.hermite.at([jets[z] for z in tiles.coordinates], self._array)
        with np.errstate(all="ignore"):
            return [value(powers) for powers in tiles.powers]

    def _array(self, name: Powers, size: int) -> np.ndarray:
        kept = self._arrays.get(name)
        if kept is None or kept.size < size:
            kept = self._arrays[name] = np.empty(size)
        return kept[:size]
