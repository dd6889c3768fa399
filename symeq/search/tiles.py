"""Functions on tiles of a field, unbiased under noise: monomials by products, what is none compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sympy import Expr, Symbol

from symeq.data.stretch import Functions
from symeq.search.columns import Columns
from symeq.search.hermite import Hermite, Powers, powers_of

LARGEST = 1e280  # of the squares of the functions: what is less did not overflow on the way


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
        self.places = {powers: k for k, powers in enumerate(self.powers)}
        self.degree = max(map(sum, self.powers), default=0)

    def reading(self) -> Reader:
        """The functions for one reader."""
        return Reader(self)


class Reader:
    """The arrays of one reader of tiles; ``finite`` says whether all functions of the last one surely are."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles = tiles
        self.finite = False
        self._arrays: dict[Powers, np.ndarray] = {}
        self._all = np.empty(0)

    def each(self, jets: Mapping[Symbol, np.ndarray], rows: int) -> Functions:
        """The functions (function, sample) at some samples, valid until the next call."""
        tiles = self.tiles
        if tiles.columns is not None:
            functions = tiles.columns.each(jets, tiles.covariance, rows)
            self.finite = all(np.isfinite(one @ one) for one in functions)
            return functions
        size = len(tiles.powers) * rows
        if self._all.size < size:
            self._all = np.empty(size)
        found = self._all[:size].reshape(-1, rows)

        def array(name: Powers, size: int) -> np.ndarray:
            return found[tiles.places[name]] if name in tiles.places else self._array(name, size)

        values = [jets[z] for z in tiles.coordinates]
        value = tiles.hermite.at(values, array)
        with np.errstate(all="ignore"):
            for powers, row in zip(tiles.powers, found, strict=True):
                if sum(powers) < 2:
                    row[:] = value(powers)
                else:
                    value(powers)
            most = max((one @ one for one in values), default=0.0)
        self.finite = bool(most < LARGEST ** (1 / max(1, tiles.degree)))
        return found

    def _array(self, name: Powers, size: int) -> np.ndarray:
        kept = self._arrays.get(name)
        if kept is None or kept.size < size:
            kept = self._arrays[name] = np.empty(size)
        return kept[:size]
