"""Fields integrated against test functions, in one pass along the first axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


@dataclass(frozen=True)
class Integrals:
    """Tests of one centre along the first axis: ``rows`` (test, column), on one rung, of one block;
    ``tests`` (test,), their numbers on the lattice."""

    rung: int
    block: int
    rows: np.ndarray
    tests: np.ndarray
    left_out: int


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

    def integrate(
        self, values: Callable[[range], np.ndarray], columns: Sequence[Integral], step: int
    ) -> Iterator[Integrals]:
        """All integrals, a slab of the first axis at a time.

        values: the functions on a range of the first axis (function, point, ...), called once for each slab
        of ``step`` points, in order; where they are not finite the tests that touch them are left out.
        """
        size = len(self.axes[0])
        across = list(dict.fromkeys(rung[1:] for rung in self.rungs))
        along = list(dict.fromkeys(rung[0] for rung in self.rungs))
        place = {rung: k for k, rung in enumerate(self.rungs)}
        sums: dict[tuple[Bump, tuple[Bump, ...]], _Running] = {
            (first, rest): _Running(self, place[first, *rest], columns)
            for first in along
            for rest in across
            if (first, *rest) in place
        }
        slab = size if self.periodic[0] else max(1, step)
        for start in range(0, size, slab):
            points = range(start, min(start + slab, size))
            block = values(points)
            bad = ~np.isfinite(block).all(axis=0)
            holes = bool(bad.any())
            if holes:
                block = np.where(np.isfinite(block), block, 0.0)
            for rest in across:
                some = next(running for (_, other), running in sums.items() if other == rest)
                contracted = self._across(some.rung, block, columns)
                touched = self._touched(some.rung, bad) if holes else None
                for (_, other), running in sums.items():
                    if other == rest:
                        yield from running.add(points, contracted, touched)

    def _across(
        self, rung: int, block: np.ndarray, columns: Sequence[Integral]
    ) -> dict[tuple[int, MultiIndex], np.ndarray]:
        """Integrals over all axes but the first, by function and derivatives (point, test)."""
        wanted = dict.fromkeys((column.function, column.index[1:]) for column in columns)
        found = {}
        for function in dict.fromkeys(k for k, _ in wanted):
            stages: dict[MultiIndex, np.ndarray] = {(): block[function]}
            for index in (index for k, index in wanted if k == function):
                for last in range(len(index) - 1, -1, -1):
                    tail = index[last:]
                    if tail not in stages:
                        axis = last + 1
                        tests = self.tests(rung, axis)
                        matrix = tests.matrix(index[last], range(tests.size))
                        stages[tail] = _along(stages[index[last + 1 :]], matrix, axis)
                found[function, index] = stages[index].reshape(block.shape[1], -1)
        return found

    def _touched(self, rung: int, bad: np.ndarray) -> np.ndarray:
        """How many bad points lie under each test of the axes but the first (point, test)."""
        counts = bad.astype(float)
        for axis in range(len(self.axes) - 1, 0, -1):
            tests = self.tests(rung, axis)
            counts = _along(counts, (tests.matrix(0, range(tests.size)) != 0).astype(float), axis)
        return counts.reshape(len(bad), -1)


def _along(values: np.ndarray, matrix: np.ndarray, axis: int) -> np.ndarray:
    """The product of a matrix (test, point) with one axis of an array."""
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    if not after:
        return np.asarray(values @ matrix.T)
    stacked = values.reshape(-1, values.shape[axis], int(np.prod(after)))
    return np.matmul(matrix, stacked).reshape(*before, matrix.shape[0], *after)


class _Running:
    """The unfinished integrals of one rung along the first axis."""

    def __init__(self, lattice: Lattice, rung: int, columns: Sequence[Integral]) -> None:
        self.rung, self.columns = rung, columns
        self.tests = lattice.tests(rung, 0)
        self.tiles = lattice.tiles(rung, 0)
        spatial = [lattice.tiles(rung, axis) for axis in range(1, len(lattice.axes))]
        place = np.zeros((1,) * max(1, len(spatial)), dtype=int)
        for axis, tile in enumerate(spatial):
            shape = [1] * len(spatial)
            shape[axis] = -1
            place = place * lattice.pieces[axis + 1] + tile.reshape(shape)
        self.across = place.ravel()
        self.pieces = int(np.prod(lattice.pieces[1:]))
        self.orders = sorted({column.index[0] for column in columns})
        self.by_order = {o: [k for k, c in enumerate(columns) if c.index[0] == o] for o in self.orders}
        self.open: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def add(
        self,
        points: range,
        contracted: dict[tuple[int, MultiIndex], np.ndarray],
        touched: np.ndarray | None,
    ) -> Iterator[Integrals]:
        """Add a slab; what is finished with it comes out."""
        last = self.tests.first + self.tests.width
        if self.tests.periodic:
            active = np.arange(self.tests.count)
        else:
            active = np.flatnonzero((self.tests.first < points.stop) & (last > points.start))
        if not active.size:
            return
        span = slice(int(active[0]), int(active[-1]) + 1)
        width = self.across.size
        for k in active:
            if k not in self.open:
                self.open[int(k)] = (np.zeros((len(self.columns), width)), np.zeros(width))
        for order in self.orders:
            places = self.by_order[order]
            right = np.stack(
                [contracted[self.columns[c].function, self.columns[c].index[1:]] for c in places], axis=1
            )
            weights = self.tests.matrix(order, points, span)
            added = (weights @ right.reshape(len(points), -1)).reshape(active.size, len(places), width)
            for k, more in zip(active, added, strict=True):
                self.open[int(k)][0][places] += more
        if touched is not None:
            counts = (self.tests.matrix(0, points, span) != 0).astype(float) @ touched
            for k, count in zip(active, counts, strict=True):
                self.open[int(k)][1][:] += count
        for k in active:
            if self.tests.periodic or last[k] <= points.stop:
                rows, holes = self.open.pop(int(k))
                good = holes < 0.5
                for tile in range(self.pieces):
                    mine = self.across == tile
                    block = int(self.tiles[k]) * self.pieces + tile
                    inside = np.flatnonzero(mine & good)
                    tests = int(k) * self.across.size + inside
                    yield Integrals(self.rung, block, rows[:, inside].T, tests, int(np.sum(mine & ~good)))
