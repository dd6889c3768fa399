"""One pass over the data against test functions: the weak form of an ansatz, reduced to factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from sympy import Symbol

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.weakform import WeakForm, weak_form
from symeq.data.jetgrid import BLOCKS, JetGrid
from symeq.data.lattice import Integral, Lattice
from symeq.data.weak import WeakSamples
from symeq.errors import InvalidInput
from symeq.search.assemble import NOISE_ROWS, Factors, coordinates_of, pooled_scales
from symeq.search.columns import Columns
from symeq.search.products import Covariances
from symeq.search.triangle import triangle_of

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
    covariances = Covariances(columns, functions, needed)
    place = {function: k for k, function in enumerate(functions)}
    integrals = [Integral(place[atom.inside], atom.index) for atom in form.atoms]
    parts = samples.record.parts
    points = sum(int(np.prod(list(part.sizes.values()))) for part in parts)
    thin = _Thin(max(1, points // NOISE_ROWS), covariance, covariances, np.zeros((len(functions),) * 2))
    reductions = [_Reduction(len(integrals)) for _ in samples.rungs]
    leads = [ansatz.jet.multi_index(lead)[1] for lead in ansatz.leads]
    names = [str(x) for x in ansatz.jet.independent]
    blocks = max(1, round(BLOCKS / len(parts)))
    first = 0
    for number, part in enumerate(parts):
        axes = tuple(part[name].values for name in names)
        periodic = tuple(name in samples.record.periodic for name in names)
        lattice = Lattice(axes, periodic, samples.rungs, form.order, blocks)
        across = int(np.prod([axis.size for axis in axes[1:]]))

        def values(span: range, number: int = number, across: int = across) -> np.ndarray:
            jets, rows = _slab(grid, number, span)
            thin.add(jets, rows)
            evaluated = columns.evaluate(jets, covariance, rows)
            if progress is not None:
                progress(len(span) * across)
            shape = tuple(axis.size for axis in parts_axes(grid, number)[1:])
            return evaluated.T.reshape(len(functions), len(span), *shape)

        for piece in lattice.integrate(values, integrals, max(1, SLAB // across)):
            reductions[piece.rung].add(first + piece.block, piece.rows, piece.left_out)
        for rung, reduction in enumerate(reductions):
            reduction.finish(
                first + lattice.count,
                lattice.squares(rung),
                max(lattice.effective(rung, index) for index in leads),
            )
        first += lattice.count
    moments = thin.mean()
    return tuple(reduction.factors(form, moments) for reduction in reductions)


def parts_axes(grid: JetGrid, part: int) -> list[np.ndarray]:
    """The coordinates of one part, by axis."""
    return [grid.record.parts[part][str(x)].values for x in grid.jet.independent]


def _slab(grid: JetGrid, part: int, span: range) -> tuple[dict[Symbol, np.ndarray], int]:
    """The coordinates on a range of the first axis, nan where a stencil does not fit."""
    sizes = [axis.size for axis in parts_axes(grid, part)]
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
    """The covariance of the functions under noise, a mean over every so many points."""

    stride: int
    covariance: np.ndarray
    covariances: Covariances
    total: np.ndarray
    passed: int = 0
    taken: int = 0

    def add(self, jets: dict[Symbol, np.ndarray], rows: int) -> None:
        start = -self.passed % self.stride
        some = {z: column[start :: self.stride] for z, column in jets.items()}
        self.passed += rows
        if not some:
            return
        finite = np.all([np.isfinite(column) for column in some.values()], axis=0)
        count = int(finite.sum())
        if count:
            some = {z: column[finite] for z, column in some.items()}
            self.total += self.covariances.sums(some, self.covariance, count)
            self.taken += count

    def mean(self) -> np.ndarray:
        return self.total / max(1, self.taken)


@dataclass
class _Reduction:
    """The running factors of one rung, over the atoms."""

    size: int
    triangles: list[np.ndarray] = field(default_factory=list)
    squares: list[np.ndarray] = field(default_factory=list)
    waiting: dict[int, list[np.ndarray]] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    rows: int = 0
    left_out: int = 0
    effective: float = 0.0

    def add(self, block: int, rows: np.ndarray, left_out: int) -> None:
        """Take the integrals of some tests of a block."""
        while block >= len(self.triangles):
            self.triangles.append(np.zeros((0, self.size)))
            self.counts.append(0)
        waiting = self.waiting.setdefault(block, [])
        waiting.append(rows)
        self.rows += len(rows)
        self.left_out += left_out
        self.counts[block] += len(rows)
        if sum(map(len, waiting)) > PENDING:
            self._fold(block)

    def finish(self, blocks: int, squares: np.ndarray, effective: float) -> None:
        """A part is over."""
        while len(self.triangles) < blocks:
            self.triangles.append(np.zeros((0, self.size)))
            self.counts.append(0)
        for block in list(self.waiting):
            self._fold(block)
        self.squares += list(squares)
        self.effective += effective

    def _fold(self, block: int) -> None:
        rows = np.vstack([self.triangles[block], *self.waiting.pop(block)])
        self.triangles[block] = triangle_of(rows)

    def factors(self, form: WeakForm, moments: np.ndarray) -> Factors:
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
        place = {function: k for k, function in enumerate(form.functions)}
        inside = [place[atom.inside] for atom in form.atoms]
        spread = moments[np.ix_(inside, inside)]
        stacked = np.zeros((len(self.triangles), size, size))
        noise = np.zeros_like(stacked)
        indices = np.array([atom.index for atom in form.atoms])
        for block, triangle in enumerate(self.triangles):
            rows = np.vstack([triangle @ maps[a].T / scales[a] for a in range(leads)])
            stacked[block] = triangle_of(rows)
            overlap = np.ones_like(spread)
            for axis in range(indices.shape[1]):
                overlap *= self.squares[block][axis][np.ix_(indices[:, axis], indices[:, axis])]
            for a in range(leads):
                noise[block] += maps[a] @ (spread * overlap) @ maps[a].T / scales[a] ** 2
        square = float(sum(np.sum((total @ maps[a, unknowns] / scales[a]) ** 2) for a in range(leads)))
        effective = max(2.0, self.effective * leads)
        return Factors(stacked, noise, scales, self.rows * leads, effective, effective, self.left_out, square)
