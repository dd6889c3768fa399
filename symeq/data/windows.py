"""Some test functions of a lattice, drawn at random, with a few points under each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from sympy import Symbol

from symeq.data.derivatives import AxisOperators, is_uniform
from symeq.data.records import Record
from symeq.data.separable import Separable
from symeq.data.testfunctions import AxisTests, Bump
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

MultiIndex = tuple[int, ...]
STEPS, STEPS_SPACE = (1, 2, 4), (1, 2)  # grid points to the next one that is looked at; of three axes or more
FEWEST_ACROSS = 4  # points from the centre of a bump to its end: integrals are then exact to 1e-5
FEW = 1 / 4  # of the points granted: with a coarser step more noise would be left, for no speed
FEWEST_WINDOWS = 12
BOXES = 6  # of windows that lie side by side and share their points, where there are too many for all
DENSE = 8  # products of dense matrices that take as long as one of a sparse matrix


@dataclass(frozen=True, eq=False)
class AxisWindows:
    """The test functions on one axis, and the points under each that are looked at.

    ``places`` (test, point) on the axis and ``weights`` (test, point); ``usable`` (test,), whether
    derivatives exist at all of them.
    """

    tests: AxisTests
    places: np.ndarray
    weights: np.ndarray
    usable: np.ndarray
    _matrices: dict[int, sparse.csr_array] = field(default_factory=dict, repr=False)

    @classmethod
    def on(
        cls, bump: Bump, axis: np.ndarray, orders: int, periodic: bool, operators: AxisOperators, step: int
    ) -> AxisWindows:
        """One point in every step, as far as the bump is wide enough; all points of uneven axes."""
        step = max(1, min(step, bump.half // FEWEST_ACROSS)) if is_uniform(axis) else 1
        stride = step * max(1, round(bump.stride / step))
        tests = replace(bump, stride=stride).on(axis, orders, periodic)
        reach = (bump.half - 1) // step * step
        under = np.arange(bump.half - reach, bump.half + reach + 1, step)
        places = tests.first[:, None] + under
        usable = np.ones(tests.count, dtype=bool)
        if periodic:
            places = places % axis.size
        else:
            usable = (places.min(axis=1) >= operators.first) & (places.max(axis=1) < operators.last)
        return cls(tests, places, tests.stencils[0][:, under] * step, usable)

    @property
    def apart(self) -> int:
        """How many of the points lie between two centres."""
        if self.tests.count < 2:
            return self.places.shape[1]
        step = int(self.places[0, 1] - self.places[0, 0]) % self.tests.size
        return int(self.tests.first[1] - self.tests.first[0]) // max(1, step)

    def matrix(self, order: int) -> sparse.csr_array:
        """The weights of all points of the axis (test, point) under derivatives of the test functions."""
        if order not in self._matrices:
            tests = self.tests
            places = tests.first[:, None] + np.arange(tests.width)
            if tests.periodic:
                places = places % tests.size
            self._matrices[order] = _rows(places, np.asarray(tests.stencils[order]), tests.size)
        return self._matrices[order]


@dataclass(frozen=True, eq=False)
class PartWindows:
    """The windows on one part: ``chosen`` (window, axis), the number of the test function on each axis."""

    axes: tuple[AxisWindows, ...]
    chosen: np.ndarray

    @property
    def grid(self) -> tuple[np.ndarray, ...]:
        """The places on each axis that occur."""
        return self._placed[0]

    @property
    def points(self) -> np.ndarray:
        """Which points of the grid of these are looked at (point,)."""
        return self._placed[1]

    @property
    def weights(self) -> sparse.csr_array:
        """Their weights (window, point)."""
        return self._placed[2]

    def project(self, values: np.ndarray) -> np.ndarray:
        """The sums (window,) of values (point,); those of every window are nan where one value is."""
        return self._sums(values)

    @cached_property
    def _sums(self) -> Callable[[np.ndarray], np.ndarray]:
        """By axes where that is less work than by entries."""
        weights, by_axes = self.weights, Separable(self.points, *self.factors)
        return by_axes if by_axes.operations < DENSE * weights.nnz else lambda values: weights @ values

    @property
    def factors(self) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """The weights along each axis (test, place of the grid); the tests of each window (window, axis)."""
        matrices, chosen = [], []
        for axis, tests, grid in zip(self.axes, self.chosen.T, self.grid, strict=True):
            used, own = np.unique(tests, return_inverse=True)
            matrix = np.zeros((len(used), len(grid)))
            at = np.searchsorted(grid, axis.places[used])
            np.add.at(matrix, (np.arange(len(used))[:, None], at), axis.weights[used])
            matrices.append(matrix)
            chosen.append(own)
        return tuple(matrices), np.stack(chosen, axis=1)

    @cached_property
    def _placed(self) -> tuple[tuple[np.ndarray, ...], np.ndarray, sparse.csr_array]:
        count = len(self.chosen)
        grid, flat, weights = [], np.zeros((count, 1), dtype=np.int64), np.ones((count, 1))
        for axis, tests in zip(self.axes, self.chosen.T, strict=True):
            places, where = np.unique(axis.places[tests], return_inverse=True)
            where = where.reshape(count, 1, axis.places.shape[1])
            grid.append(places)
            width = flat.shape[1] * axis.places.shape[1]
            flat = (flat[:, :, None] * max(1, len(places)) + where).reshape(count, width)
            weights = (weights[:, :, None] * axis.weights[tests][:, None, :]).reshape(count, width)
        points, where = np.unique(flat, return_inverse=True)
        return tuple(grid), points, _rows(where.reshape(flat.shape), weights, len(points))

    def integral(self, values: np.ndarray, index: MultiIndex) -> np.ndarray:
        r"""The integrals :math:`(-1)^{|a|} \int D^a\varphi\, f` of values on all points of the part
        (window,); nan where values are missing."""
        for axis in range(len(index) - 1, -1, -1):
            values = _along(self.axes[axis].matrix(index[axis]), values, axis)
        return values[tuple(self.chosen.T)]

    def overlaps(self, index: MultiIndex) -> np.ndarray:
        """The products of the derived test functions (window, window): the covariance of their noise."""
        result = np.ones((len(self.chosen), len(self.chosen)))
        for axis, order in enumerate(index):
            matrix = self.axes[axis].matrix(order)
            own = self.chosen[:, axis]
            result *= (matrix @ matrix.T).toarray()[np.ix_(own, own)]
        return result

    def jets(
        self, variables: Mapping[Symbol, np.ndarray], jet: Jet, coordinates: Sequence[Symbol],
        operators: Sequence[AxisOperators], axes: Sequence[np.ndarray],
    ) -> dict[Symbol, np.ndarray]:  # fmt: skip
        """The coordinates (point,) at the points."""
        where = np.unravel_index(self.points, [len(places) for places in self.grid])
        jets = {
            x: axis[places[own]]
            for x, axis, places, own in zip(jet.independent, axes, self.grid, where, strict=True)
        }
        stencils = [op.stencils(places) for op, places in zip(operators, self.grid, strict=True)]
        stages: dict[tuple[Symbol, MultiIndex], np.ndarray] = {}
        for z in coordinates:
            if z in jets:
                continue
            u, index = jet.multi_index(z)
            for axis, order in enumerate(index):
                key = (u, index[: axis + 1])
                if key not in stages:
                    before = stages[u, index[:axis]] if axis else variables[u]
                    at, weights = stencils[axis]
                    matrix = _rows(at, np.asarray(weights[order]), operators[axis].size)
                    stages[key] = _along(matrix, before, axis)
            jets[z] = stages[u, index].ravel()[self.points]
        return jets


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows on all parts of a record; those of one part stand together."""

    parts: tuple[PartWindows, ...]
    _effective: dict[MultiIndex, float] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        return sum(len(part.chosen) for part in self.parts)

    def project(self, values: np.ndarray) -> np.ndarray:
        """The sums of values (..., point) under each window (..., window); those of all windows of a part are
        nan where one value of the part is."""
        if values.ndim > 1:
            return np.stack([self.project(own) for own in values])
        if len(self.parts) == 1:
            return self.parts[0].project(values)
        ends = np.cumsum([len(part.points) for part in self.parts])[:-1]
        own = zip(self.parts, np.split(values, ends), strict=True)
        return np.concatenate([part.project(v) for part, v in own if len(part.chosen)])

    def kept(self, which: np.ndarray) -> Windows:
        """Some of the windows (window,), True for those that stay."""
        ends = np.cumsum([len(part.chosen) for part in self.parts])[:-1]
        own = zip(self.parts, np.split(which, ends), strict=True)
        return Windows(tuple(replace(part, chosen=part.chosen[stay]) for part, stay in own))

    @cached_property
    def weights(self) -> sparse.csr_array:
        """The weights of all points (window, point)."""
        return sparse.csr_array(sparse.block_diag([part.weights for part in self.parts], format="csr"))

    def effective(self, index: MultiIndex) -> float:
        r"""How many of the windows are worth counting, :math:`(\mathrm{tr} S)^2 / \|S\|_F^2` of their
        overlaps S, for a column with these derivatives."""
        if index not in self._effective:
            trace = square = 0.0
            for part in self.parts:
                overlaps = part.overlaps(index)
                trace += float(np.trace(overlaps))
                square += float(np.sum(overlaps**2))
            self._effective[index] = trace**2 / square if square else 0.0
        return self._effective[index]


def draw_windows(
    record: Record,
    bumps: Sequence[Bump],
    orders: MultiIndex,
    operators: Sequence[Sequence[AxisOperators]],
    *,
    most: int,
    points: int,
    seed: int,
) -> Windows:
    """Windows at random places, without repetition, all parts alike.

    Arguments: ``bumps``, one for each axis; ``orders``, derivatives that move to them; ``operators`` by part
    and axis, which must have full stencils at the points; ``most`` windows, with at most about ``points``
    points under all of them; ``seed`` of the draw.
    Raises InvalidInput where there are fewer than 12.
    """
    rng = np.random.default_rng(seed)
    for step in STEPS if len(bumps) < 3 else STEPS_SPACE:
        axes = []
        for part, own in zip(record.parts, operators, strict=True):
            axes.append(
                tuple(
                    AxisWindows.on(bump, part[name].values, order, name in record.periodic, op, step)
                    for bump, name, order, op in zip(bumps, record.independent, orders, own, strict=True)
                )
            )
        usable = [[np.flatnonzero(axis.usable) for axis in own] for own in axes]
        sizes = [int(np.prod([len(each) for each in own])) for own in usable]
        if sum(sizes) < FEWEST_WINDOWS:
            raise InvalidInput(
                f"Only {sum(sizes)} test functions fit into the data; at least {FEWEST_WINDOWS} are needed."
                " Give more points, or smaller supports."
            )
        under = sum(_under(own, list(map(len, each))) for own, each in zip(axes, usable, strict=True))
        if under <= FEW * points:
            break
    boxes = [[list(map(len, own))] if size else [] for own, size in zip(usable, sizes, strict=True)]
    if under > points:
        order = [int(k) for k in rng.permutation(len(sizes)) if sizes[k]]
        count = max(BOXES, min(len(order), most // FEWEST_WINDOWS))
        boxes = [[] for _ in sizes]
        for k in range(count):
            one = order[k % len(order)]
            boxes[one].append(_run_lengths(axes[one], list(map(len, usable[one])), points // count))
    found = []
    for places, runs in zip(usable, boxes, strict=True):
        pieces = [np.zeros((0, len(places)), dtype=int)]
        for run in runs:
            spans = []
            for each, length in zip(places, run, strict=True):
                start = int(rng.integers(len(each) - length + 1))
                spans.append(each[start : start + length])
            pieces.append(np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, len(places)))
        found.append(np.unique(np.concatenate(pieces), axis=0))
    number = np.repeat(np.arange(len(found)), list(map(len, found)))
    everything = np.concatenate(found)
    if len(number) > most:
        chosen = np.sort(rng.choice(len(number), most, replace=False))
        number, everything = number[chosen], everything[chosen]
    return Windows(tuple(PartWindows(own, everything[number == k]) for k, own in enumerate(axes)))


def _under(axes: Sequence[AxisWindows], runs: Sequence[int]) -> int:
    """About how many points lie under a box of windows."""
    if not all(runs):
        return 0
    lengths = [(run - 1) * axis.apart + axis.places.shape[1] for run, axis in zip(runs, axes, strict=True)]
    return int(np.prod([min(n, axis.tests.size) for n, axis in zip(lengths, axes, strict=True)]))


def _run_lengths(axes: Sequence[AxisWindows], most: Sequence[int], points: int) -> list[int]:
    """How many windows a box of so many points has along each axis: about as many supports long as broad."""
    runs = [min(1, size) for size in most]
    while True:
        lengths = [
            run * axis.apart / axis.places.shape[1] if run < size else np.inf
            for run, size, axis in zip(runs, most, axes, strict=True)
        ]
        shortest = int(np.argmin(lengths))
        longer = [run + (k == shortest) for k, run in enumerate(runs)]
        if not np.isfinite(lengths[shortest]) or _under(axes, longer) > points:
            return runs
        runs = longer


def _rows(places: np.ndarray, weights: np.ndarray, size: int) -> sparse.csr_array:
    """A matrix (row, place) from the places of its entries (row, entry)."""
    rows = np.repeat(np.arange(places.shape[0]), places.shape[1])
    entries = np.ascontiguousarray(weights).ravel()
    matrix = sparse.csr_array(sparse.coo_array((entries, (rows, places.ravel())), shape=(len(places), size)))
    matrix.eliminate_zeros()  # nan where a test function ends is none of its business
    return matrix


def _along(matrix: sparse.csr_array, values: np.ndarray, axis: int) -> np.ndarray:
    """The product of a matrix (row, place) with one axis of an array."""
    moved = np.moveaxis(values, axis, 0)
    product = matrix @ np.ascontiguousarray(moved.reshape(moved.shape[0], -1))
    return np.moveaxis(product.reshape((matrix.shape[0], *moved.shape[1:])), 0, axis)
