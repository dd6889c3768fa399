"""Functions on tiles of a field, unbiased under noise: monomials by products, what is none compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

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
        self.units = [tuple(int(row) for row in one) for one in np.eye(len(self.coordinates), dtype=int)]
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

    def each(self, jets: Mapping[Symbol, np.ndarray], shape: tuple[int, ...]) -> Functions:
        """The functions (function, sample) on a tile of a shape, valid until the next call."""
        tiles, rows = self.tiles, prod(shape)
        if tiles.columns is not None:
            flat = {z: column.ravel() for z, column in jets.items()}
            functions = tiles.columns.each(flat, tiles.covariance, rows)
            self.finite = all(np.isfinite(one @ one) for one in functions)
            return functions
        size = len(tiles.powers) * rows
        if self._all.size < size:
            self._all = np.empty(size)
        found = self._all[:size].reshape(-1, *shape)

        def array(name: Powers, _: int) -> np.ndarray:
            return found[tiles.places[name]] if name in tiles.places else self._array(name, shape)

        values = []
        with np.errstate(all="ignore"):
            for z, unit in zip(tiles.coordinates, tiles.units, strict=True):
                values.append(array(unit, 0))  # in one piece: what is made of them goes faster
                values[-1][...] = jets[z]
            value = tiles.hermite.at(values, array)
            for powers, row in zip(tiles.powers, found, strict=True):
                made = value(powers)
                if not any(powers):
                    row[...] = made
            most = max((flat @ flat for flat in (one.ravel() for one in values)), default=0.0)
        self.finite = bool(most < LARGEST ** (1 / max(1, tiles.degree)))
        return found.reshape(-1, rows)

    def _array(self, name: Powers, shape: tuple[int, ...]) -> np.ndarray:
        kept, size = self._arrays.get(name), prod(shape)
        if kept is None or kept.size < size:
            kept = self._arrays[name] = np.empty(size)
        return kept[:size].reshape(shape)
