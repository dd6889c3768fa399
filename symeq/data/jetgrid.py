"""Where a record is differentiated: operators on its axes, blocks to resample, chunks to compute."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
import xarray as xr
from sympy import Symbol

from symeq.data.derivatives import AxisOperators, Rule
from symeq.data.records import Record
from symeq.data.slabs import Buffer, gather, held
from symeq.geometry.jet import Jet

BLOCKS = 48  # resampling blocks: enough for a variance, few enough that each is longer than a stencil
CHUNK_ROWS = 32_768  # rows differentiated at once: their columns stay in the cache
PATCH = 4_000_000  # values around scattered points that are gathered at once
FEWEST_BLOCKS = 12  # a variance from fewer is worth little: then blocks may be shorter than a stencil


@dataclass(frozen=True)
class Chunk:
    """Rows of one resampling block: ``jets[rung][coordinate]``, 1-d arrays (sample,), ``rows[rung]`` long.

    A finer rung has more rows: its stencils reach closer to the ends of an axis.
    """

    block: int
    jets: tuple[Mapping[Symbol, np.ndarray], ...]
    rows: tuple[int, ...]
    points: int


class JetGrid:
    """The operators of each rung on the parts of a record, and the blocks in which they are applied."""

    def __init__(
        self,
        record: Record,
        jet: Jet,
        rungs: tuple[tuple[Rule, ...], ...],
        noise: tuple[float, ...],
        coordinates: tuple[Symbol, ...],
    ) -> None:
        self.record, self.jet, self.rungs, self.noise = record, jet, rungs, noise
        self.coordinates = coordinates
        self.wanted = [jet.multi_index(z) for z in coordinates if z not in jet.independent]
        axes = range(len(jet.independent))
        self.orders = [max((index[axis] for _, index in self.wanted), default=0) for axis in axes]
        self._known: dict[tuple[bytes, ...], list[list[AxisOperators]]] = {}
        self._of_part: dict[int, list[list[AxisOperators]]] = {}
        self._buffers: dict[tuple[int, str], Buffer] = {}
        self._until: int | None = None

    @property
    def differentiates(self) -> bool:
        """Whether some coordinate needs the points around."""
        return any(map(any, (index for _, index in self.wanted)))

    def reading(self, until: int | None = None) -> JetGrid:
        """The same grid for another reader, who asks for no points of the first axis from ``until`` on but
        for the halo of stencils."""
        other = copy.copy(self)
        other._buffers = {}
        other._until = until
        return other

    def operators(self, part: int) -> list[list[AxisOperators]]:
        """The operators on one part, by rung and axis; parts on the same points share them."""
        if part not in self._of_part:
            self._of_part[part] = self._operators(part)
        return self._of_part[part]

    def _operators(self, part: int) -> list[list[AxisOperators]]:
        names = [str(x) for x in self.jet.independent]
        axes = [self.record.parts[part][name].values for name in names]
        key = tuple(axis.tobytes() for axis in axes)
        if key not in self._known:
            periodic = [name in self.record.periodic for name in names]
            self._known[key] = [
                [
                    rule.on(axis, order, wraps)
                    for rule, axis, order, wraps in zip(rules, axes, self.orders, periodic, strict=True)
                ]
                for rules in self.rungs
            ]
        return self._known[key]

    def covariance(self, rung: int) -> np.ndarray:
        """Covariance of the noise on the coordinates (coordinate, coordinate), the mean over all points."""
        total = np.zeros((len(self.coordinates), len(self.coordinates)))
        rows = 0
        for part in range(len(self.record.parts)):
            operators = self.operators(part)[rung]
            points = int(np.prod([max(0, op.last - op.first) for op in operators]))
            total += points * self._covariance([op.noise_gram() for op in operators])
            rows += points
        return total / max(1, rows)

    def _covariance(self, grams: Sequence[np.ndarray]) -> np.ndarray:
        result = np.zeros((len(self.coordinates), len(self.coordinates)))
        noise = dict(zip(self.jet.dependent, self.noise, strict=True))
        indexed = [
            (k, *self.jet.multi_index(z))
            for k, z in enumerate(self.coordinates)
            if z not in self.jet.independent
        ]
        for (i, u, a), (j, v, b) in product(indexed, indexed):
            if u == v:
                overlap = [gram[p, q] for gram, p, q in zip(grams, a, b, strict=True)]
                result[i, j] = noise[u] ** 2 * float(np.prod(overlap))
        return result

    def chunks(self) -> Iterator[Chunk]:
        """All rows, in a fixed order of blocks and of chunks inside them."""
        count = len(self.record.parts)
        tiles_per_part = max(1, round(BLOCKS / count))
        block = 0
        for part in range(count):
            rungs = self.operators(part)
            for tile in _tiles(rungs, tiles_per_part):
                for window in _windows(tile, rungs):
                    inside = [_inside(window, operators) for operators in rungs]
                    jets = tuple(
                        {z: column.ravel() for z, column in self._jets(part, operators, reach).items()}
                        for operators, reach in zip(rungs, inside, strict=True)
                    )
                    rows = tuple(int(np.prod([len(span) for span in reach])) for reach in inside)
                    yield Chunk(block, jets, rows, int(np.prod([len(span) for span in window])))
                block += 1

    def scattered(self, rung: int, count: int, seed: int) -> dict[Symbol, np.ndarray]:
        """The coordinates (sample,) at points drawn at random, all points where there are not more.

        Arguments: ``rung``, whose rules are used; the points have full stencils on every rung, so that all
        rungs may be asked at the same points; ``count``; ``seed`` of the draw, which is without repetition.
        """
        parts = range(len(self.record.parts))
        boxes = [self._common(part) for part in parts]
        sizes = np.array([int(np.prod([len(span) for span in box])) for box in boxes])
        total = int(sizes.sum())
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(total, count, replace=False)) if total > count else np.arange(total)
        first = np.concatenate([[0], np.cumsum(sizes)])
        pieces = []
        for part in parts:
            own = chosen[(chosen >= first[part]) & (chosen < first[part + 1])] - first[part]
            if own.size:
                inside = np.unravel_index(own, [len(span) for span in boxes[part]])
                points = [index + span.start for index, span in zip(inside, boxes[part], strict=True)]
                pieces.append(self._jets_at(part, rung, points))
        return {
            z: np.concatenate([piece[z] for piece in pieces]) if pieces else np.empty(0)
            for z in self.coordinates
        }

    def _common(self, part: int) -> tuple[range, ...]:
        """The points of a part at which all rungs have full stencils."""
        rungs = self.operators(part)
        return tuple(
            range(
                max(op.first for op in axis), max(max(op.first for op in axis), min(op.last for op in axis))
            )
            for axis in zip(*rungs, strict=True)
        )

    def _jets_at(self, part: int, rung: int, points: Sequence[np.ndarray]) -> dict[Symbol, np.ndarray]:
        record, operators = self.record, self.operators(part)[rung]
        jets = {
            x: record.parts[part][str(x)].values[points[axis]]
            for axis, x in enumerate(self.jet.independent)
            if x in self.coordinates
        }
        width = int(np.prod([op.size if op.whole else op.support for op in operators]))
        step = max(1, PATCH // width)
        for u in dict.fromkeys(u for u, _ in self.wanted):
            values = held(record.parts[part][str(u)])
            indices = [index for v, index in self.wanted if v == u]
            columns: dict[tuple[int, ...], list[np.ndarray]] = {index: [] for index in indices}
            for start in range(0, len(points[0]), step):
                own = [axis[start : start + step] for axis in points]
                stencils = [op.stencils(axis) for op, axis in zip(operators, own, strict=True)]
                count = len(own[0])
                places = tuple(
                    where.reshape(count, *(-1 if k == axis else 1 for k in range(len(own))))
                    for axis, (where, _) in enumerate(stencils)
                )
                around = (
                    np.asarray(values[places], dtype=float)
                    if isinstance(values, np.ndarray)
                    else self._checked(gather(values, places, PATCH), str(u))
                )
                stages: dict[tuple[int, ...], np.ndarray] = {(): around}
                for index in indices:
                    for axis in range(len(index)):
                        if index[: axis + 1] not in stages:
                            weights = stencils[axis][1][index[axis]]
                            before = stages[index[:axis]]
                            stages[index[: axis + 1]] = np.einsum(
                                "pi,pir->pr", weights, before.reshape(count, weights.shape[1], -1)
                            )
                    columns[index].append(stages[index].reshape(count))
            for index in indices:
                jets[self.jet.derivative(u, index)] = np.concatenate(columns[index])
        return jets

    def _around(self, part: int, name: str, spans: Sequence[range]) -> np.ndarray:
        """The values of a variable on a box, whose spans on periodic axes may reach beyond the ends."""
        values = held(self.record.parts[part][name])
        if not isinstance(values, np.ndarray):
            return self._buffer(part, name).get(spans)
        for axis, (span, size) in enumerate(zip(spans, values.shape, strict=True)):
            if span.start < 0 or span.stop > size:
                values = np.take(values, np.arange(span.start, span.stop) % size, axis=axis)
            else:
                values = values[(slice(None),) * axis + (slice(span.start, span.stop),)]
        return values

    def _buffer(self, part: int, name: str) -> Buffer:
        if (part, name) not in self._buffers:
            self._buffers = {key: kept for key, kept in self._buffers.items() if key[0] == part}
            until = self._until
            if until is not None:
                until += max(operators[0].halo for operators in self.operators(part))
            self._buffers[part, name] = Buffer(
                self.record.parts[part][name], self.record.refuse_missing, until
            )
        return self._buffers[part, name]

    def _checked(self, values: np.ndarray, name: str) -> np.ndarray:
        """What was gathered from a lazy variable, of which nobody looked at every value before."""
        if not np.isfinite(values).all():
            self.record.refuse_missing(xr.DataArray(values, name=name))
        return values

    def jets(self, part: int, rung: int, window: Sequence[range]) -> dict[Symbol, np.ndarray]:
        """The coordinates on a box of a part (point of each axis), all of whose points have full stencils on
        the rung."""
        return self._jets(part, self.operators(part)[rung], window)

    def independent_rows(self, rung: int) -> float:
        """Rows divided by the points that one stencil touches: how many values are surely worth counting."""
        return max(2.0, self._rows_per(rung, lambda op: op.support))

    def effective_rows(self, rung: int) -> float:
        """Rows divided by the points that smoothing makes one of."""
        return self._rows_per(rung, lambda op: op.correlation)

    def _rows_per(self, rung: int, points: Callable[[AxisOperators], float]) -> float:
        total = 0.0
        for part in range(len(self.record.parts)):
            operators = self.operators(part)[rung]
            rows = np.prod([max(0, op.last - op.first) for op in operators])
            total += float(rows / np.prod([points(op) for op in operators]))
        return total

    def _jets(
        self, part: int, operators: Sequence[AxisOperators], window: Sequence[range]
    ) -> dict[Symbol, np.ndarray]:
        if not all(len(span) for span in window):
            return {z: np.empty(tuple(map(len, window))) for z in self.coordinates}
        record = self.record
        shape = tuple(len(span) for span in window)
        jets: dict[Symbol, np.ndarray] = {}
        for axis, x in enumerate(self.jet.independent):
            if x in self.coordinates:
                column = record.parts[part][str(x)].values[window[axis].start : window[axis].stop]
                view = [1] * len(shape)
                view[axis] = -1
                jets[x] = np.broadcast_to(column.reshape(view), shape)
        by_variable: dict[Symbol, list[tuple[int, ...]]] = {}
        for u, index in self.wanted:
            by_variable.setdefault(u, []).append(index)
        for u, indices in by_variable.items():
            spans = [
                range(op.size) if op.whole else range(span.start - op.halo, span.stop + op.halo)
                for span, op in zip(window, operators, strict=True)
            ]
            values = self._around(part, str(u), spans)
            stages: dict[tuple[int, ...], np.ndarray] = {(): np.asarray(values, dtype=float)}
            for index in indices:
                for axis, order in enumerate(index):
                    if index[: axis + 1] not in stages:
                        span, op = window[axis], operators[axis]
                        derived = op.apply(stages[index[:axis]], axis, order, span.start)
                        if op.whole:
                            derived = derived[(slice(None),) * axis + (slice(span.start, span.stop),)]
                        stages[index[: axis + 1]] = derived
                jets[self.jet.derivative(u, index)] = stages[index]
        return jets


def _inside(window: Sequence[range], operators: Sequence[AxisOperators]) -> tuple[range, ...]:
    """The points of a window at which a rung has full stencils (none at all where one axis has none)."""
    reach = tuple(
        range(max(span.start, op.first), min(span.stop, op.last))
        for span, op in zip(window, operators, strict=True)
    )
    return reach if all(len(span) for span in reach) else tuple(range(0) for _ in reach)


def _tiles(rungs: Sequence[Sequence[AxisOperators]], wanted: int) -> list[tuple[range, ...]]:
    """Split a part into about ``wanted`` boxes, each longer than a stencil where possible.

    An axis whose operator needs all of it is split only where all are such: each box repeats its transform.
    """
    spans = [range(op.size) for op in rungs[0]]
    supports = [max(op.support for op in axis) for axis in zip(*rungs, strict=True)]
    whole = [any(op.whole for op in axis) for axis in zip(*rungs, strict=True)]
    whole = [uncut and not all(whole) for uncut in whole]
    pieces = [1] * len(spans)
    while np.prod(pieces) < wanted:
        room = [
            0.0 if uncut else len(span) / (count + 1) / support
            for span, count, support, uncut in zip(spans, pieces, supports, whole, strict=True)
        ]
        longest = int(np.argmax(room))
        enough = room[longest] < 1 and np.prod(pieces) >= min(FEWEST_BLOCKS, wanted)
        if enough or room[longest] == 0 or len(spans[longest]) < 2 * (pieces[longest] + 1):
            break
        pieces[longest] += 1
    cut = []
    for span, count in zip(spans, pieces, strict=True):
        edges = np.linspace(span.start, span.stop, count + 1).round().astype(int)
        cut.append([range(int(a), int(b)) for a, b in pairwise(edges)])
    return list(product(*cut))


def _windows(
    tile: tuple[range, ...], rungs: Sequence[Sequence[AxisOperators]]
) -> Iterator[tuple[range, ...]]:
    """Cut a tile into slabs of bounded size along the first axis that may be cut."""
    free = [axis for axis in range(len(tile)) if not any(operators[axis].whole for operators in rungs)]
    if not free:
        yield tile
        return
    axis = free[0]
    across = int(np.prod([len(span) for k, span in enumerate(tile) if k != axis]))
    step = max(1, CHUNK_ROWS // max(1, across))
    for start in range(tile[axis].start, tile[axis].stop, step):
        yield (*tile[:axis], range(start, min(start + step, tile[axis].stop)), *tile[axis + 1 :])
