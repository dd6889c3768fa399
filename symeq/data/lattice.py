"""The lattice of test functions on a part of a record: where they lie, and what noise weighs in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from symeq.data.jetgrid import BLOCKS
from symeq.data.testfunctions import AxisTests, Bump

MultiIndex = tuple[int, ...]


@dataclass(frozen=True)
class Integral:
    """One column: the place of its function, and how often the test function is differentiated."""

    function: int
    index: MultiIndex


@dataclass(eq=False)
class Lattice:
    """The test functions of all rungs on one part of a record, and the blocks their centres belong to.

    axes: coordinates of each axis; rungs[k]: a bump for each axis; order: derivatives that move, by axis.
    """

    axes: tuple[np.ndarray, ...]
    periodic: tuple[bool, ...]
    rungs: tuple[tuple[Bump, ...], ...]
    order: MultiIndex
    blocks: int = BLOCKS
    _made: dict[tuple[int, Bump], AxisTests] = field(default_factory=dict)

    def __post_init__(self) -> None:
        longest = [
            len(axis) / (2 * max(rung[k].half for rung in self.rungs)) for k, axis in enumerate(self.axes)
        ]
        pieces = [1] * len(self.axes)
        while np.prod(pieces) < self.blocks:
            room = [long / (count + 1) for long, count in zip(longest, pieces, strict=True)]
            pieces[int(np.argmax(room))] += 1
        self.pieces = tuple(pieces)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many points each axis has."""
        return tuple(map(len, self.axes))

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return int(np.prod(self.pieces))

    def tests(self, rung: int, axis: int) -> AxisTests:
        """The test functions of a rung on an axis; equal bumps share them."""
        bump = self.rungs[rung][axis]
        key = (axis, bump)
        if key not in self._made:
            self._made[key] = bump.on(self.axes[axis], self.order[axis], self.periodic[axis])
        return self._made[key]

    def tiles(self, rung: int, axis: int) -> np.ndarray:
        """Which piece of an axis each centre lies in (test,)."""
        points = self.axes[axis]
        edges = np.linspace(points[0], points[-1], self.pieces[axis] + 1)[1:-1]
        return np.searchsorted(edges, self.tests(rung, axis).positions, side="right")

    def across(self, rung: int) -> np.ndarray:
        """Which piece of the axes but the first each of their tests lies in, pieces numbered through
        (test,)."""
        place = np.zeros(1, dtype=int)
        for axis in range(1, len(self.axes)):
            tile = self.tiles(rung, axis)
            place = (place[:, None] * self.pieces[axis] + tile).ravel()
        return place

    def size(self, rung: int) -> int:
        """How many tests a rung has."""
        return int(np.prod([self.tests(rung, axis).count for axis in range(len(self.axes))]))

    def cover(self, rung: int, axis: int) -> np.ndarray:
        r"""How much a point weighs in the tests of each piece, :math:`\sum_k \varphi_k^{(a)}
        \varphi_k^{(b)}` with their signs and quadrature weights (piece, order, order, point)."""
        tests, tile = self.tests(rung, axis), self.tiles(rung, axis)
        orders = len(tests.stencils)
        result = np.zeros((self.pieces[axis], orders, orders, tests.size))
        places = (tests.first[:, None] + np.arange(tests.width)) % tests.size
        for a, b in product(range(orders), repeat=2):
            np.add.at(result[:, a, b], (tile[:, None], places), tests.stencils[a] * tests.stencils[b])
        return result

    def effective(self, rung: int, index: MultiIndex) -> float:
        """How many of the tests are worth counting, for a column with these derivatives."""
        shares = [self.tests(rung, axis).effective(order) for axis, order in enumerate(index)]
        return float(np.prod(shares))
