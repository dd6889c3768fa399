"""A record cut into chunks, and what each of them says: small partial results that can be merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, prod
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symeq.data.jetgrid import BLOCKS, JetGrid
from symeq.data.lattice import Integral, Lattice, MultiIndex
from symeq.data.stretch import Box, Functions, Stretch, integrate
from symeq.data.weak import WeakSamples
from symeq.search.columns import Columns
from symeq.search.responses import Responses
from symeq.search.threads import one_thread
from symeq.search.tiles import Tiles
from symeq.search.triangle import triangle_of

CHUNK = 2**21  # values of one variable in a chunk
STRIP = 2**18  # values of one variable that are differentiated at once
HASH = 2_654_435_761  # Knuth's, for a share of the points without a pattern


@dataclass(frozen=True)
class Piece:
    """Points of one part: a range of its first axis; ``last`` says whether the part ends there."""

    part: int
    span: range
    last: bool


@dataclass(frozen=True)
class Reduced:
    """What one piece says about one rung.

    ``triangles`` by block, of the tests that lie in the piece; ``rows``, ``left_out``, how many these are.
    ``edge`` (test,), the tests along the first axis that reach beyond it, with ``sums`` (integral, test, test
    across) and ``holes`` (test, test across) so far. ``inside`` (test,) and ``kept`` (test, test across,
    integral): the other tests, where all integrals are held for the scores.
    """

    triangles: dict[int, np.ndarray]
    rows: int
    left_out: int
    edge: np.ndarray
    sums: np.ndarray
    holes: np.ndarray
    inside: np.ndarray
    kept: np.ndarray | None


@dataclass(frozen=True)
class Partial:
    """What one piece says: by rung, and ``places`` (sample,) in the part with their ``jets`` (coordinate,
    sample), a share of the points."""

    piece: Piece
    rungs: tuple[Reduced, ...]
    places: np.ndarray
    jets: np.ndarray


def chunks_of(shapes: Sequence[Sequence[int]], chunk: int) -> tuple[tuple[Piece, ...], ...]:
    """Cut parts along their first axis into chunks of at most ``chunk`` points, short parts together.

    >>> [[(piece.part, piece.span) for piece in chunk] for chunk in chunks_of([(5, 3), (2, 3), (2, 3)], 12)]
    [[(0, range(0, 2))], [(0, range(2, 5))], [(1, range(0, 2)), (2, range(0, 2))]]
    """
    found: list[tuple[Piece, ...]] = []
    together: list[Piece] = []
    points = 0
    for part, shape in enumerate(shapes):
        size, across = shape[0], prod(shape[1:])
        count = min(size, -(-size * across // chunk))
        if count > 1 or points + size * across > chunk:
            found += [tuple(together)] * bool(together)
            together, points = [], 0
        if count > 1:
            edges = [size * k // count for k in range(count + 1)]
            found += [(Piece(part, range(a, b), b == size),) for a, b in zip(edges, edges[1:], strict=False)]
        else:
            together.append(Piece(part, range(size), True))
            points += size * across
    return (*found, *([tuple(together)] if together else []))


@dataclass(eq=False)
class Work:
    """One pass: what is integrated, of which samples, and in which chunks.

    Called with the number of a chunk it gives what this one says, the same wherever and whenever it is
    called. What is made on the way (compiled functions, test functions) stays behind when it is sent to
    another process, and a variable in a file is opened again there.

    functions, integrals: the columns; coordinates: of the functions and of what noise sees of them, the
    responses; order: derivatives that move, by axis.
    share: of the points that are samples; held: the rungs of which all integrals are kept.
    """

    samples: WeakSamples
    functions: tuple[Expr, ...]
    coordinates: tuple[Symbol, ...]
    integrals: tuple[Integral, ...]
    order: MultiIndex
    responses: Responses
    share: float
    chunks: tuple[tuple[Piece, ...], ...]
    held: tuple[bool, ...] = ()
    _ready: _Ready | None = field(default=None, repr=False)

    def __call__(self, number: int) -> tuple[Partial, ...]:
        """What the pieces of a chunk say."""
        with one_thread():
            return tuple(self._partial(piece) for piece in self.chunks[number])

    @property
    def points(self) -> int:
        """How many points the record has."""
        return sum(prod(part.sizes.values()) for part in self.samples.record.parts)

    @property
    def indices(self) -> int:
        """How many different derivatives fall on test functions."""
        return len(self.responses.indices)

    def across(self, part: int) -> int:
        """How many points of a part share a place on the first axis."""
        sizes = self.samples.record.parts[part].sizes
        return prod(sizes[str(x)] for x in self.samples.jet.independent[1:])

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_ready": None}

    @property
    def ready(self) -> _Ready:
        """What is made once for all chunks."""
        if self._ready is None:
            self._ready = _Ready(self)
        return self._ready

    def _partial(self, piece: Piece) -> Partial:
        ready = self.ready
        lattice, thin = ready.lattice(piece.part), _Thin(self.share, ready.before[piece.part])
        strips = _Strips(ready.grid.reading(until=piece.span.stop), piece.part, lattice.shape)
        reader = ready.tiles.reading()

        def values(box: Box) -> Functions:
            jets = strips.on(box)
            thin.add([jets[z] for z in self.coordinates], box, lattice.shape)
            return reader.each(jets, tuple(map(len, box)))

        stretches = integrate(lattice, self.integrals, piece.span, values, lambda _: reader.finite)
        rungs = tuple(
            _reduced(lattice, stretch, keep) for stretch, keep in zip(stretches, self.held, strict=True)
        )
        return Partial(piece, rungs, *thin.samples(len(self.coordinates)))


class _Ready:
    """What chunks share: the compiled columns, the operators of the grid, the test functions of each part."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.grid: JetGrid = work.samples.grid(work.coordinates)
        self.covariance = self.grid.covariance(0)
        self.tiles = Tiles(work.functions, work.coordinates, self.covariance, lambda: self.columns)
        parts = work.samples.record.parts
        sizes = [prod(part.sizes.values()) for part in parts]
        self.before = [sum(sizes[:part]) for part in range(len(parts))]
        self._lattices: dict[int, Lattice] = {}

    @cached_property
    def columns(self) -> Columns:
        """The functions with their slopes."""
        return Columns(self.work.functions, [], self.work.coordinates, self.covariance != 0)

    def lattice(self, part: int) -> Lattice:
        """The test functions of a part; those of the part used last are kept."""
        if part not in self._lattices:
            self._lattices = {part: lattice_of(self.work.samples, part, self.work.order)}
        return self._lattices[part]


def lattice_of(samples: WeakSamples, part: int, order: MultiIndex) -> Lattice:
    """The test functions of all rungs on one part."""
    names = [str(x) for x in samples.jet.independent]
    blocks = max(1, round(BLOCKS / len(samples.record.parts)))
    periodic = tuple(name in samples.record.periodic for name in names)
    axes = tuple(samples.record.parts[part][name].values for name in names)
    return Lattice(axes, periodic, samples.rungs, order, blocks)


def rows_of(
    lattice: Lattice, rung: int, tests: np.ndarray, sums: np.ndarray, holes: np.ndarray
) -> tuple[dict[int, np.ndarray], int, int]:
    """The rows of finished tests by block, how many they are, and how many touch a hole.

    tests: (test,) along the first axis; sums: (integral, test, test across); holes: (test, test across).
    """
    tiles, across = lattice.tiles(rung, 0)[tests], lattice.across(rung)
    good = holes < 0.5
    pieces = prod(lattice.pieces[1:])
    found = {}
    for tile in np.unique(tiles):
        along = tiles == tile
        for piece in range(pieces):
            some = along[:, None] & (across == piece) & good
            if some.any():
                found[int(tile) * pieces + piece] = sums[:, some].T
    return found, int(good.sum()), int(good.size - good.sum())


def _reduced(lattice: Lattice, stretch: Stretch, keep: bool) -> Reduced:
    inside, edge = stretch.tests[stretch.whole], stretch.tests[~stretch.whole]
    sums, holes = stretch.sums[:, stretch.whole], stretch.holes[stretch.whole]
    rows, count, left_out = rows_of(lattice, stretch.rung, inside, sums, holes)
    return Reduced(
        {block: triangle_of(some) for block, some in rows.items()},
        count,
        left_out,
        edge,
        stretch.sums[:, ~stretch.whole],
        stretch.holes[~stretch.whole],
        inside,
        np.where(holes < 0.5, sums, 0.0).transpose(1, 2, 0) if keep else None,
    )


def jets_on(grid: JetGrid, part: int, box: Box) -> dict[Symbol, np.ndarray]:
    """The coordinates on a box (point of each axis), nan where a stencil does not fit."""
    operators = grid.operators(part)[0]
    inside = tuple(
        range(max(own.start, op.first), min(own.stop, op.last))
        for own, op in zip(box, operators, strict=True)
    )
    if inside == tuple(box):
        return grid.jets(part, 0, inside)
    full = {z: np.full(tuple(map(len, box)), np.nan) for z in grid.coordinates}
    if all(len(own) for own in inside):
        where = tuple(
            slice(own.start - whole.start, own.stop - whole.start)
            for own, whole in zip(inside, box, strict=True)
        )
        for z, column in grid.jets(part, 0, inside).items():
            full[z][where] = column
    return full


@dataclass
class _Strips:
    """Coordinates on some tiles beside each other along the second axis, whose stencils overlap."""

    grid: JetGrid
    part: int
    shape: Sequence[int]
    jets: dict[Symbol, np.ndarray] = field(default_factory=dict)
    box: Box = ()

    def on(self, box: Box) -> dict[Symbol, np.ndarray]:
        """The coordinates on a tile (point of each axis)."""
        held = bool(self.box) and all(
            whole.start <= own.start and own.stop <= whole.stop
            for own, whole in zip(box, self.box, strict=True)
        )
        if not held:
            self.box = box
            if len(box) > 1 and self.grid.differentiates:
                rows = max(len(box[1]), STRIP // (len(box[0]) * prod(map(len, box[2:]))))
                beside = range(box[1].start, min(box[1].start + rows, self.shape[1]))
                self.box = (box[0], beside, *box[2:])
            self.jets = jets_on(self.grid, self.part, self.box)
        if box == self.box:
            return self.jets
        where = slice(box[1].start - self.box[1].start, box[1].stop - self.box[1].start)
        return {z: column[:, where] for z, column in self.jets.items()}


def chosen(places: np.ndarray, before: int, share: float) -> np.ndarray:
    """Whether points are among a share of all, by a hash of their place: the same ones in any chunk.

    ``before`` counts the points of the parts before, so that parts of the same shape give other points.
    """
    return _drawn(_mixed(places + before), share)


def _mixed(places: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return places.astype(np.uint32) * np.uint32(HASH)


def _drawn(mixed: np.ndarray, share: float) -> np.ndarray:
    least = ceil(share * 2**32)
    return mixed < np.uint32(least) if least < 2**32 else np.ones(mixed.shape, dtype=bool)


@dataclass
class _Thin:
    """A share of the points of a part."""

    share: float
    before: int
    jets: list[np.ndarray] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)

    def add(self, jets: Sequence[np.ndarray], box: Box, shape: Sequence[int]) -> None:
        """Take some points of a box, those that are finite."""
        # The hash is linear, so that it adds up over the axes.
        mixed = _mixed(np.array([self.before]))
        for axis, cut in enumerate(box):
            along = _mixed(np.arange(cut.start, cut.stop) * prod(shape[axis + 1 :]))
            mixed = (mixed[:, None] + along).ravel()
        taken = np.flatnonzero(_drawn(mixed, self.share))
        inside = np.unravel_index(taken, tuple(map(len, box)))
        picked = np.stack([column[inside] for column in jets]) if jets else np.zeros((0, taken.size))
        finite = np.isfinite(picked).all(axis=0)
        where = tuple(own[finite] + cut.start for own, cut in zip(inside, box, strict=True))
        self.jets.append(picked[:, finite])
        self.places.append(np.ravel_multi_index(where, tuple(shape)))

    def samples(self, coordinates: int) -> tuple[np.ndarray, np.ndarray]:
        """The places (sample,) and the coordinates (coordinate, sample), in the order of the places."""
        places = np.concatenate([np.zeros(0, dtype=np.int64), *self.places])
        jets = np.concatenate([np.zeros((coordinates, 0)), *self.jets], axis=1)
        order = np.argsort(places, kind="stable")
        return places[order], jets[:, order]
