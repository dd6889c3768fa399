"""One pass over the data against test functions: the weak form of an ansatz, reduced to factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from sympy import Symbol

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.weakform import WeakForm, weak_form
from symeq.data.jetgrid import BLOCKS, JetGrid
from symeq.data.lattice import Integral, Lattice
from symeq.data.weak import WeakSamples
from symeq.errors import InvalidInput
from symeq.search.assemble import Factors, coordinates_of, pooled_scales
from symeq.search.columns import Columns
from symeq.search.products import Covariances
from symeq.search.scores import MOST, POINTS, Scores
from symeq.search.triangle import triangle_of

NOISE_ROWS = 20_000  # points at which the covariance of the functions is taken
HASH = 2_654_435_761  # Knuth's, for a share of the points without a pattern
SLAB = 200_000  # values of one function at once
PENDING = 2_000  # rows of a block that wait for their triangle


def assemble_weak(
    ansatz: LinearAnsatz, samples: WeakSamples, progress: Callable[[int], None] | None = None
) -> tuple[Factors, ...]:
    """Reduce the integrals to one set of factors for each rung of supports, in one pass over the record.

    Arguments as for :func:`symeq.search.assemble.assemble`. Raises InvalidInput where no test function is
    free of values that are not defined.
    """
    form = weak_form(ansatz)
    functions = form.functions
    needed = coordinates_of(functions, ansatz.jet)
    grid = samples.grid(needed)
    covariance = grid.covariance(0)
    columns = Columns(functions, [], needed, covariance != 0)
    place = {function: k for k, function in enumerate(functions)}
    integrals = [Integral(place[atom.inside], atom.index) for atom in form.atoms]
    parts = samples.record.parts
    points = sum(int(np.prod(list(part.sizes.values()))) for part in parts)
    share = min(1.0, NOISE_ROWS / points)
    every = max(1, round(share * points / POINTS))
    reductions = [_Reduction(len(integrals), Scores(tuple(integrals))) for _ in samples.rungs]
    leads = [ansatz.jet.multi_index(lead)[1] for lead in ansatz.leads]
    names = [str(x) for x in ansatz.jet.independent]
    blocks = max(1, round(BLOCKS / len(parts)))
    periodic = tuple(name in samples.record.periodic for name in names)
    lattices = [
        Lattice(tuple(part[name].values for name in names), periodic, samples.rungs, form.order, blocks)
        for part in parts
    ]
    # Of all parts or of none: the scores of some would pass for those of all.
    holds = [
        max(lattice.size(rung) for lattice in lattices) * len(integrals) <= MOST
        for rung in range(len(samples.rungs))
    ]
    first = passed = 0
    for number, lattice in enumerate(lattices):
        thin = _Thin(tuple(map(len, lattice.axes)), share, passed)
        passed += int(np.prod(thin.shape))

        def values(span: range, number: int = number, thin: _Thin = thin) -> np.ndarray:
            jets, rows = _slab(grid, number, span)
            thin.add(jets, span)
            evaluated = columns.evaluate(jets, covariance, rows)
            across = thin.shape[1:]
            if progress is not None:
                progress(len(span) * int(np.prod(across)))
            return evaluated.T.reshape(len(functions), len(span), *across)

        step = max(1, SLAB // int(np.prod(thin.shape[1:])))
        held = [
            np.zeros((lattice.size(rung), len(integrals))) if few else None for rung, few in enumerate(holds)
        ]
        for piece in lattice.integrate(values, integrals, step):
            reductions[piece.rung].add(first + piece.block, piece.rows, piece.left_out)
            if (kept := held[piece.rung]) is not None:
                kept[piece.tests] = piece.rows
        jets, where = thin.samples()
        covariances = Covariances(columns, functions, needed, jets, covariance)
        some = np.flatnonzero(thin.chosen(thin.share / every))
        there = covariances.at(some)
        for rung, reduction in enumerate(reductions):
            noise = _noise(lattice, rung, integrals, covariances, where, thin.share)
            effective = max(lattice.effective(rung, index) for index in leads)
            reduction.finish(first + lattice.count, noise, effective)
            if (kept := held[rung]) is not None and len(some):
                reduction.scores.add(lattice, rung, kept, there, where[:, some], thin.share / every)
        first += lattice.count
    return tuple(reduction.factors(form, samples.certain) for reduction in reductions)


def _noise(
    lattice: Lattice,
    rung: int,
    integrals: Sequence[Integral],
    covariances: Covariances,
    where: np.ndarray,
    share: float,
) -> np.ndarray:
    r"""What noise adds to the Gram matrix of the integrals of each block,
    :math:`\sum_i V_{fg}(i) \sum_k D^a\varphi_k(i)\, D^b\varphi_k(i)` (block, integral, integral).

    where: the place of each sample on each axis (axis, sample); share: of the points that are samples.
    """
    size = len(integrals)
    result = np.zeros((lattice.count, size, size))
    covers = [lattice.cover(rung, axis)[..., where[axis]] for axis in range(len(where))]
    indices = list(dict.fromkeys(integral.index for integral in integrals))
    of = {index: [k for k, one in enumerate(integrals) if one.index == index] for index in indices}
    inside = [integral.function for integral in integrals]
    for block, pieces in enumerate(product(*(range(count) for count in lattice.pieces))):
        own = [cover[piece] for cover, piece in zip(covers, pieces, strict=True)]
        near = np.flatnonzero(np.all([cover[0, 0] != 0 for cover in own], axis=0))
        own, there = [cover[:, :, near] for cover in own], covariances.at(near)
        for i, a in enumerate(indices):
            for b in indices[: i + 1]:
                weights = np.full(near.size, 1 / share)
                for cover, p, q in zip(own, a, b, strict=True):
                    weights = weights * cover[p, q]
                rows, cols = of[a], of[b]
                sums = there.weighted(weights, [inside[k] for k in rows], [inside[k] for k in cols])
                result[block][np.ix_(rows, cols)] = sums
                result[block][np.ix_(cols, rows)] = sums.T
    return result


def _axes(grid: JetGrid, part: int) -> list[np.ndarray]:
    """The coordinates of one part, by axis."""
    return [grid.record.parts[part][str(x)].values for x in grid.jet.independent]


def _slab(grid: JetGrid, part: int, span: range) -> tuple[dict[Symbol, np.ndarray], int]:
    """The coordinates on a range of the first axis, nan where a stencil does not fit."""
    sizes = [axis.size for axis in _axes(grid, part)]
    operators = grid.operators(part)[0]
    asked = [span, *(range(size) for size in sizes[1:])]
    inside = [
        range(max(own.start, op.first), min(own.stop, op.last))
        for own, op in zip(asked, operators, strict=True)
    ]
    shape = tuple(map(len, asked))
    rows = int(np.prod(shape))
    if inside == asked:
        return grid.jets(part, 0, inside), rows
    full = {z: np.full(shape, np.nan) for z in grid.coordinates}
    if all(len(own) for own in inside):
        where = tuple(
            slice(own.start - whole.start, own.stop - whole.start)
            for own, whole in zip(inside, asked, strict=True)
        )
        for z, column in grid.jets(part, 0, inside).items():
            full[z][where] = column.reshape(tuple(map(len, inside)))
    return {z: column.ravel() for z, column in full.items()}, rows


@dataclass
class _Thin:
    """A share of the points of a part, the same ones whatever the slabs: which, says a hash of the place.

    ``before`` counts the points of the parts before, so that parts of the same shape give other points.
    """

    shape: tuple[int, ...]
    share: float
    before: int
    jets: list[dict[Symbol, np.ndarray]] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)

    def add(self, jets: dict[Symbol, np.ndarray], span: range) -> None:
        """Take some points of a slab, those that are finite."""
        across = int(np.prod(self.shape[1:]))
        places = np.arange(span.start * across, span.stop * across)
        taken = self._below(places, self.share)
        for column in jets.values():
            taken &= np.isfinite(column)
        self.jets.append({z: column[taken] for z, column in jets.items()})
        self.places.append(places[taken])

    def chosen(self, share: float) -> np.ndarray:
        """Which of the samples a smaller share would have taken (sample,)."""
        return self._below(np.concatenate(self.places), share)

    def _below(self, places: np.ndarray, share: float) -> np.ndarray:
        return ((places + self.before) * HASH) % 2**32 < share * 2**32

    def samples(self) -> tuple[dict[Symbol, np.ndarray], np.ndarray]:
        """The coordinates, and the place on each axis (axis, sample)."""
        jets = {z: np.concatenate([some[z] for some in self.jets]) for z in self.jets[0]}
        where = np.unravel_index(np.concatenate(self.places), self.shape)
        return jets, np.stack(where)


@dataclass
class _Reduction:
    """The running factors of one rung, over the atoms."""

    size: int
    scores: Scores
    triangles: list[np.ndarray] = field(default_factory=list)
    noises: list[np.ndarray] = field(default_factory=list)
    waiting: dict[int, list[np.ndarray]] = field(default_factory=dict)
    rows: int = 0
    left_out: int = 0
    effective: float = 0.0

    def add(self, block: int, rows: np.ndarray, left_out: int) -> None:
        """Take the integrals of some tests of a block."""
        while block >= len(self.triangles):
            self.triangles.append(np.zeros((0, self.size)))
        waiting = self.waiting.setdefault(block, [])
        waiting.append(rows)
        self.rows += len(rows)
        self.left_out += left_out
        if sum(map(len, waiting)) > PENDING:
            self._fold(block)

    def finish(self, blocks: int, noise: np.ndarray, effective: float) -> None:
        """A part is over."""
        while len(self.triangles) < blocks:
            self.triangles.append(np.zeros((0, self.size)))
        for block in list(self.waiting):
            self._fold(block)
        self.noises += list(noise)
        self.effective += effective

    def _fold(self, block: int) -> None:
        rows = np.vstack([self.triangles[block], *self.waiting.pop(block)])
        self.triangles[block] = triangle_of(rows)

    def factors(self, form: WeakForm, certain: float) -> Factors:
        """The factors in free coordinates."""
        if not self.rows:
            raise InvalidInput(
                "No test function lies on values that are all defined. Leave out the term that is not"
                " defined on these data, or give more data."
            )
        unknowns, leads, atoms = form.basis.shape
        size = unknowns + 1
        maps = np.zeros((leads, size, atoms))
        maps[:, :unknowns] = form.basis.transpose(1, 0, 2)
        maps[:, unknowns] = form.fixed
        total = triangle_of(np.vstack(self.triangles))
        scales = pooled_scales(total, [maps[a, :unknowns] for a in range(leads)], maps, form.basis)
        stacked = np.zeros((len(self.triangles), size, size))
        noise = np.zeros_like(stacked)
        for block, triangle in enumerate(self.triangles):
            rows = np.vstack([triangle @ maps[a].T / scales[a] for a in range(leads)])
            stacked[block] = triangle_of(rows)
            for a in range(leads):
                noise[block] += maps[a] @ self.noises[block] @ maps[a].T / scales[a] ** 2
        square = float(sum(np.sum((total @ maps[a, unknowns] / scales[a]) ** 2) for a in range(leads)))
        effective = max(2.0, self.effective * leads)
        self.scores.maps = maps / scales[:, None, None]
        return Factors(
            stacked,
            noise,
            scales,
            self.rows * leads,
            effective,
            effective,
            self.left_out,
            square,
            certain,
            self.scores if self.scores.fields else None,
        )
