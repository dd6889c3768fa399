"""What the regression sees: jet coordinates at the grid points of a record, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from sympy import Symbol

from symeq.data.choosing import choose_rules
from symeq.data.derivatives import AxisOperators, Rule
from symeq.data.noise import noise_deviation
from symeq.data.records import Record
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

BLOCKS = 48  # resampling blocks: enough for a variance, few enough that each is longer than a stencil
CHUNK_ROWS = 32_768  # rows differentiated at once: their columns stay in the cache
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


@dataclass(frozen=True)
class Samples:
    """A recipe: a record, the noise of each variable, and a ladder of rules.  Nothing is computed until
    asked.

    ``rungs[k]`` has one rule per axis, from the finest to the coarsest; all share their blocks. The best
    window depends on the law, so the choice among the first ``usable`` rungs is left to the search, and a
    coefficient that changes from rung to rung is seen to be an artefact of differentiation.
    """

    record: Record
    jet: Jet
    rungs: tuple[tuple[Rule, ...], ...]
    usable: int
    noise: tuple[float, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.notes)

    def grid(self, coordinates: Sequence[Symbol]) -> Grid:
        """The operators and blocks that give these jet coordinates."""
        return Grid(self, tuple(coordinates))


def sample(
    record: Record,
    jet: Jet,
    rule: Rule | Mapping[str, Rule] | None = None,
    *,
    lead: Symbol | str | None = None,
) -> Samples:
    """Sample the jet of a record pointwise, by a stated rule or by one chosen from the data.

    The noise of each variable is estimated first; for each axis without a stated rule the window is then
    chosen that has the smallest estimated error (:func:`symeq.data.choosing.choose_rules`), and offered
    together with its half and its quarter: averaging over many rows removes noise but no bias, so the best
    window of a law is shorter.

    Arguments: ``record``; ``jet``, whose variables the record must have and whose order says how often each
    axis is differentiated (the first axis as often as ``lead``, by default once, unless it is the only one);
    ``rule``, one rule for all axes or a mapping from axis names.
    Raises InvalidInput for a missing variable, a rule for an unknown axis, or an axis too short for a
    stencil.

    >>> import numpy as np
    >>> from symeq.data.records import trajectories
    >>> t = np.linspace(0, 10, 201)
    >>> record = trajectories(t, np.stack([np.cos(t), np.sin(t)], axis=1), names="x y")
    >>> print(sample(record, Jet("t", "x y")).notes[-1])
    axis t: central differences of order 8 (chosen by estimated error)
    """
    record = record.on(jet)
    names = [str(x) for x in jet.independent]
    orders = [max(1, jet.order)] * len(names)
    if len(names) > 1:
        orders[0] = 1
        if lead is not None:
            symbol = jet[lead] if isinstance(lead, str) else lead
            orders = [
                max(order, have) for order, have in zip(jet.multi_index(symbol)[1], orders, strict=True)
            ]
    stated: dict[str, Rule] = {}
    if isinstance(rule, Mapping):
        unknown = sorted(set(rule) - set(names))
        if unknown:
            raise InvalidInput(
                f"A rule was given for `{unknown[0]}`, which is no axis of the record. "
                f"Its axes are {', '.join(names)}."
            )
        stated = dict(rule)
    elif rule is not None:
        stated = dict.fromkeys(names, rule)
    fields = [[part[str(u)].values for part in record.parts] for u in jet.dependent]
    noise = []
    notes = list(record.notes)
    for u, parts in zip(jet.dependent, fields, strict=True):
        spread = float(np.std(np.concatenate([part.ravel() for part in parts])))
        deviation = noise_deviation(parts)
        notes.append(f"noise of {u}: {deviation:.3g}, {deviation / spread:.2%} of its standard deviation")
        noise.append(deviation)
    if len(stated) < len(names):
        shortest = min(record.parts, key=lambda part: min(part.sizes.values()))
        axes = [shortest[name].values for name in names]
        periodic = [name in record.periodic for name in names]
        automatic = choose_rules(fields, noise, axes, orders, periodic)
    else:
        automatic = tuple(stated[name] for name in names)
    ladders: list[tuple[Rule, ...]] = []
    for name, choice in zip(names, automatic, strict=True):
        used = stated.get(name, choice)
        if len(stated) == len(names):
            ladders.append((used, used.coarser()))
        else:
            ladders.append((used,) if name in stated else choice.ladder())
        chosen = "" if name in stated else " (chosen by estimated error)"
        reach = "at most " if len(ladders[-1]) > 2 else ""
        notes.append(f"axis {name}: {reach}{used}{chosen}")
    height = max(len(ladder) for ladder in ladders)
    padded = [(ladder[0],) * (height - len(ladder)) + tuple(ladder) for ladder in ladders]
    usable = 1 if len(stated) == len(names) else height
    return Samples(record, jet, tuple(zip(*padded, strict=True)), usable, tuple(noise), tuple(notes))


class Grid:
    """The operators of each rung on the parts of a record, and the blocks in which they are applied."""

    def __init__(self, samples: Samples, coordinates: tuple[Symbol, ...]) -> None:
        self.samples = samples
        self.jet = samples.jet
        self.coordinates = coordinates
        self.wanted = [samples.jet.multi_index(z) for z in coordinates if z not in samples.jet.independent]
        axes = len(self.jet.independent)
        self.orders = [max((index[axis] for _, index in self.wanted), default=0) for axis in range(axes)]

    def operators(self, part: int) -> list[list[AxisOperators]]:
        """The operators on one part, by rung and axis."""
        record = self.samples.record
        return [
            [
                rule.on(record.parts[part][str(x)].values, order, str(x) in record.periodic)
                for x, rule, order in zip(self.jet.independent, rules, self.orders, strict=True)
            ]
            for rules in self.samples.rungs
        ]

    def covariance(self, rung: int) -> np.ndarray:
        """Covariance of the noise on the jet coordinates at one point (coordinate, coordinate)."""
        size = len(self.coordinates)
        result = np.zeros((size, size))
        grams = [operators.noise_gram() for operators in self.operators(0)[rung]]
        noise = dict(zip(self.jet.dependent, self.samples.noise, strict=True))
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
        count = len(self.samples.record.parts)
        tiles_per_part = max(1, round(BLOCKS / count))
        block = 0
        for part in range(count):
            rungs = self.operators(part)
            for tile in _tiles(rungs, tiles_per_part):
                for window in _windows(tile, rungs):
                    inside = [_inside(window, operators) for operators in rungs]
                    jets = tuple(
                        self._jets(part, operators, reach)
                        for operators, reach in zip(rungs, inside, strict=True)
                    )
                    rows = tuple(int(np.prod([len(span) for span in reach])) for reach in inside)
                    yield Chunk(block, jets, rows, int(np.prod([len(span) for span in window])))
                block += 1

    def independent_rows(self, rung: int) -> float:
        """Rows divided by the points that one stencil touches: how many values are worth counting."""
        total = 0.0
        for part in range(len(self.samples.record.parts)):
            operators = self.operators(part)[rung]
            rows = np.prod([max(0, op.last - op.first) for op in operators])
            total += float(rows / np.prod([op.support for op in operators]))
        return max(2.0, total)

    def _jets(
        self, part: int, operators: Sequence[AxisOperators], window: Sequence[range]
    ) -> dict[Symbol, np.ndarray]:
        if not all(len(span) for span in window):
            return {z: np.empty(0) for z in self.coordinates}
        record = self.samples.record
        shape = tuple(len(span) for span in window)
        jets: dict[Symbol, np.ndarray] = {}
        for axis, x in enumerate(self.jet.independent):
            if x in self.coordinates:
                column = record.parts[part][str(x)].values[window[axis].start : window[axis].stop]
                view = [1] * len(shape)
                view[axis] = -1
                jets[x] = np.broadcast_to(column.reshape(view), shape).ravel()
        by_variable: dict[Symbol, list[tuple[int, ...]]] = {}
        for u, index in self.wanted:
            by_variable.setdefault(u, []).append(index)
        for u, indices in by_variable.items():
            values = record.parts[part][str(u)].values
            for axis, (span, op) in enumerate(zip(window, operators, strict=True)):
                points = np.arange(span.start - op.halo, span.stop + op.halo)
                if points[0] < 0 or points[-1] >= op.size:
                    values = np.take(values, points % op.size, axis=axis)
                else:
                    values = values[(slice(None),) * axis + (slice(points[0], points[-1] + 1),)]
            stages: dict[tuple[int, ...], np.ndarray] = {(): np.asarray(values, dtype=float)}
            for index in indices:
                for axis, order in enumerate(index):
                    if index[: axis + 1] not in stages:
                        stages[index[: axis + 1]] = operators[axis].apply(
                            stages[index[:axis]], axis, order, window[axis].start
                        )
                jets[self.jet.derivative(u, index)] = stages[index].ravel()
        return jets


def _inside(window: Sequence[range], operators: Sequence[AxisOperators]) -> tuple[range, ...]:
    """The points of a window at which a rung has full stencils (none at all where one axis has none)."""
    reach = tuple(
        range(max(span.start, op.first), min(span.stop, op.last))
        for span, op in zip(window, operators, strict=True)
    )
    return reach if all(len(span) for span in reach) else tuple(range(0) for _ in reach)


def _tiles(rungs: Sequence[Sequence[AxisOperators]], wanted: int) -> list[tuple[range, ...]]:
    """Split a part into about ``wanted`` boxes, each longer than a stencil where possible."""
    spans = [range(op.size) for op in rungs[0]]
    supports = [max(op.support for op in axis) for axis in zip(*rungs, strict=True)]
    whole = [any(op.whole for op in axis) for axis in zip(*rungs, strict=True)]
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
