"""Fields integrated against test functions on a stretch of the first axis, tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from symeq.data.lattice import Integral, Lattice, MultiIndex
from symeq.data.testfunctions import AxisTests

TILE, TILES = 2**17, 2**22  # values of one function at once, and of all: they stay near the cache
FRAMES = (64, 128)  # points of the first axis in a tile at most: the more of them, the more zeros in matrices
HOLES = -1  # the order of what counts points that are not defined

Box = tuple[range, ...]
Functions = Sequence[np.ndarray] | np.ndarray  # on a box (function, point)
Entry = tuple[MultiIndex, int]  # derivatives, and where the sums of the functions that have them begin


@dataclass(frozen=True)
class Stretch:
    """What the points of a stretch add to the integrals of one rung.

    ``tests`` (test,), those along the first axis whose supports reach into the stretch, and ``whole`` (test,)
    whether they lie in it; ``sums`` (integral, test, test across); ``holes`` (test, test across), how many
    points under each are not defined.
    """

    rung: int
    tests: np.ndarray
    whole: np.ndarray
    sums: np.ndarray
    holes: np.ndarray


def integrate(
    lattice: Lattice,
    columns: Sequence[Integral],
    span: range,
    values: Callable[[Box], Functions],
    finite: Callable[[Functions], bool] | None = None,
) -> tuple[Stretch, ...]:
    r"""All integrals over a stretch of the first axis, :math:`\sum_i D^a\varphi_k(x_i) f(x_i)`, by rung.

    The sum over each axis is a product with a matrix; the first axis comes first or last, whichever takes
    fewer operations, and equal bumps of several rungs share what they can.

    Arguments: ``lattice``; ``columns``, the integrals; ``span`` of the first axis; ``values``, the functions
    on a box (function, point), called once for each tile; where they are not finite, that is counted;
    ``finite`` tells whether all are, where that is known without a look at each.
    """
    known = finite or _finite
    plan = cheapest(lattice, columns, span)
    for box in plan.tiles():
        functions = values(box)
        holes = None
        if not known(functions):
            defined = np.ones(prod(map(len, box)), dtype=bool)
            for one in functions:
                defined &= np.isfinite(one)
            functions = [np.where(np.isfinite(one), one, 0.0) for one in functions]
            holes = (~defined).astype(float)
        plan.add(box, functions, holes)
    return plan.results()


def _finite(functions: Functions) -> bool:
    return all(np.isfinite(one @ one) for one in functions)


def cheapest(lattice: Lattice, columns: Sequence[Integral], span: range) -> Plan:
    """The plan that takes fewer operations."""
    plans = [Plan(lattice, columns, span, first, most) for first in (True, False) for most in FRAMES]
    distinct = {(plan.step, *plan.sequence): plan for plan in plans}
    return min(distinct.values(), key=Plan.operations)


class Plan:
    """The order in which the axes are contracted, the tiles that go with it, and the running sums."""

    def __init__(
        self, lattice: Lattice, columns: Sequence[Integral], span: range, first: bool, most: int
    ) -> None:
        self.lattice, self.columns, self.span = lattice, columns, span
        axes = len(lattice.axes)
        others = list(range(axes - 1, 0, -1))
        self.sequence = [0, *others] if first else [*others, 0]
        rest, across = prod(lattice.shape[2:]), prod(lattice.shape[1:])
        functions = 1 + max(column.function for column in columns)
        tile = min(TILE, max(1, TILES // functions))
        most = most if axes > 1 else 2 * most
        frames = min(len(span), most if first else min(most, max(1, tile // across)))
        rows = min(max(1, tile // (frames * rest)), lattice.shape[1]) if axes > 1 else 1
        self.step = (frames, rows)
        self.alike: list[tuple[list[int], list[Entry]]] = []
        self.order = np.zeros(len(columns), dtype=int)
        self._sort()
        self.active = {
            rung: np.flatnonzero(_reaching(lattice.tests(rung, 0), span))
            for rung in range(len(lattice.rungs))
        }
        self.sums: dict[int, np.ndarray] = {}
        self.holes: dict[int, np.ndarray] = {}
        self._matrices: dict[tuple[int, int, tuple[int, ...], range], np.ndarray] = {}
        self._places: dict[tuple[int, int, range], np.ndarray] = {}

    def _sort(self) -> None:
        """Functions with the same derivatives go through all products together."""
        own: dict[int, list[int]] = {}
        for place, column in enumerate(self.columns):
            own.setdefault(column.function, []).append(place)
        found: dict[tuple[MultiIndex, ...], list[int]] = {}
        for function in sorted(own):
            found.setdefault(tuple(self.columns[k].index for k in own[function]), []).append(function)
        first = 0
        for indices, functions in found.items():
            entries = []
            for k, index in enumerate(indices):
                entries.append((index, first))
                for function in functions:
                    self.order[own[function][k]] = first
                    first += 1
            self.alike.append((functions, entries))

    def tiles(self) -> Iterator[Box]:
        """Boxes that cover the stretch."""
        frames, rows = self.step
        cuts = [_cut(self.span, frames)]
        if len(self.lattice.axes) > 1:
            cuts.append(_cut(range(self.lattice.shape[1]), rows))
        cuts += [[range(size)] for size in self.lattice.shape[2:]]
        yield from product(*cuts)

    def operations(self) -> float:
        """Multiplications and additions for each point of a tile in the middle."""
        boxes = list(self.tiles())
        box = boxes[len(boxes) // 2]
        shape = [len(cut) for cut in box]
        rungs = list(range(len(self.lattice.rungs)))
        total = sum(
            len(functions) * self._operations(shape, 0, rungs, entries, box)
            for functions, entries in self.alike
        )
        return total / prod(shape)

    def _operations(
        self, shape: Sequence[int], depth: int, rungs: Sequence[int], entries: Sequence[Entry], box: Box
    ) -> float:
        axis, total = self.sequence[depth], 0.0
        for members in self._alike(rungs, axis):
            count = len(self._reached(members[0], axis, box[axis]))
            orders = _orders(entries, axis)
            total += 2.0 * prod(shape) * count * len(orders)
            if depth + 1 < len(self.sequence):
                left = [count if k == axis else size for k, size in enumerate(shape)]
                for own in orders.values():
                    total += self._operations(left, depth + 1, members, own, box)
        return total

    def add(self, box: Box, functions: Functions, holes: np.ndarray | None) -> None:
        """Take a tile: the functions (function, point), and 1 where some function is not defined (point,)."""
        shape, rungs = tuple(map(len, box)), list(range(len(self.lattice.rungs)))
        for some, entries in self.alike:
            values = _some(functions, some)
            self._descend(values.reshape(len(some), *shape), 0, rungs, entries, box)
        if holes is not None:
            self._descend(holes.reshape(1, *shape), 0, rungs, [((HOLES,) * len(shape), 0)], box)

    def _descend(
        self, values: np.ndarray, depth: int, rungs: Sequence[int], entries: Sequence[Entry], box: Box
    ) -> None:
        """Contract the next axis of some functions for all rungs and derivatives, and go on with each."""
        axis = self.sequence[depth]
        for members in self._alike(rungs, axis):
            orders = _orders(entries, axis)
            matrix = self._matrix(members[0], axis, tuple(orders), box[axis])
            if not len(matrix):
                continue
            found = _along(values, matrix, axis + 1)
            count = len(matrix) // len(orders)
            for k, own in enumerate(orders.values()):
                part = found[(slice(None),) * (axis + 1) + (slice(k * count, (k + 1) * count),)]
                if depth + 1 < len(self.sequence):
                    self._descend(part, depth + 1, members, own, box)
                    continue
                for rung in members:
                    where = [self._reached(rung, k, cut) for k, cut in enumerate(box)]
                    where[0] = where[0] - self.active[rung][0]
                    for (order, *_), first in own:
                        sums = self._holes(rung)[None] if order == HOLES else self._sums(rung)
                        target = sums[first : first + len(part)]
                        target[_index([np.arange(len(part)), *where])] += part

    def _sums(self, rung: int) -> np.ndarray:
        if rung not in self.sums:
            self.sums[rung] = np.zeros((len(self.columns), *self._shape(rung)))
        return self.sums[rung]

    def _holes(self, rung: int) -> np.ndarray:
        if rung not in self.holes:
            self.holes[rung] = np.zeros(self._shape(rung))
        return self.holes[rung]

    def _shape(self, rung: int) -> tuple[int, ...]:
        others = range(1, len(self.lattice.axes))
        active = self.active[rung]
        length = int(active[-1] - active[0]) + 1 if active.size else 0
        return (length, *(self.lattice.tests(rung, axis).count for axis in others))

    def _alike(self, rungs: Sequence[int], axis: int) -> list[list[int]]:
        """The rungs that have the same bump on an axis, and some test that is reached."""
        found: dict[object, list[int]] = {}
        for rung in rungs:
            if self.active[rung].size:
                found.setdefault(self.lattice.rungs[rung][axis], []).append(rung)
        return list(found.values())

    def _reached(self, rung: int, axis: int, cut: range) -> np.ndarray:
        key = (rung, axis, cut)
        if key not in self._places:
            self._places[key] = np.flatnonzero(_reaching(self.lattice.tests(rung, axis), cut))
        return self._places[key]

    def _matrix(self, rung: int, axis: int, orders: tuple[int, ...], cut: range) -> np.ndarray:
        """The weights of the tests that are reached, for several orders below each other (test, point)."""
        key = (rung, axis, orders, cut)
        if key not in self._matrices:
            tests, some = self.lattice.tests(rung, axis), self._reached(rung, axis, cut)
            pieces = [
                (tests.matrix(0, cut, some) != 0).astype(float)
                if order == HOLES
                else tests.matrix(order, cut, some)
                for order in orders
            ]
            self._matrices[key] = np.vstack(pieces)
        return self._matrices[key]

    def results(self) -> tuple[Stretch, ...]:
        """The sums so far, by rung."""
        found = []
        for rung in range(len(self.lattice.rungs)):
            tests = self.lattice.tests(rung, 0)
            active = self.active[rung]
            kept = active - active[0] if active.size else active
            whole = _within(tests, self.span)[active]
            width = prod(self._shape(rung)[1:])
            sums = self._sums(rung)[self.order][:, kept].reshape(len(self.columns), active.size, width)
            holes = (
                self.holes[rung][kept].reshape(active.size, width)
                if rung in self.holes
                else np.zeros((active.size, width))
            )
            found.append(Stretch(rung, active, whole, sums, holes))
        return tuple(found)


def last_points(tests: AxisTests) -> np.ndarray:
    """One past the last point of each support; of one that wraps round the axis its end (test,)."""
    last = tests.first + tests.width
    return np.where((tests.first < 0) | (last > tests.size), tests.size, last)


def _within(tests: AxisTests, span: range) -> np.ndarray:
    if len(span) == tests.size:
        return np.ones(tests.count, dtype=bool)
    last = tests.first + tests.width
    return (tests.first >= span.start) & (last <= span.stop)


def _reaching(tests: AxisTests, span: range) -> np.ndarray:
    """Whether a support has points on a range (test,)."""
    last = tests.first + tests.width
    found = (tests.first < span.stop) & (last > span.start)
    if tests.periodic:
        for shift in (-tests.size, tests.size):
            found |= (tests.first + shift < span.stop) & (last + shift > span.start)
    return np.asarray(found)


def _cut(span: range, step: int) -> list[range]:
    """A range in pieces of nearly the same length, at most ``step``."""
    count = -(-len(span) // step)
    edges = [span.start + len(span) * k // count for k in range(count + 1)]
    return [range(a, b) for a, b in zip(edges, edges[1:], strict=False)]


def _orders(entries: Sequence[Entry], axis: int) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry[0][axis], []).append(entry)
    return found


def _some(functions: Functions, some: Sequence[int]) -> np.ndarray:
    """Some of the functions as one array, a view where they lie beside each other in one."""
    if isinstance(functions, np.ndarray) and some[-1] - some[0] == len(some) - 1:
        return functions[some[0] : some[-1] + 1]
    return np.stack([functions[k] for k in some])


def _index(where: Sequence[np.ndarray]) -> tuple[slice, ...] | tuple[np.ndarray, ...]:
    """Places on each axis as slices, where they have no gaps."""
    if all(own.size == own[-1] - own[0] + 1 for own in where):
        return tuple(slice(int(own[0]), int(own[-1]) + 1) for own in where)
    return np.ix_(*where)


def _along(values: np.ndarray, matrix: np.ndarray, axis: int) -> np.ndarray:
    """The product of a matrix (test, point) with one axis of an array."""
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    if not after:
        # One product of two matrices, in place of many small ones.
        return (values.reshape(-1, values.shape[axis]) @ matrix.T).reshape(*before, len(matrix))
    stacked = values.reshape(-1, values.shape[axis], prod(after))
    return np.matmul(matrix, stacked).reshape(*before, len(matrix), *after)
