"""One pass over the data: the columns of an ansatz, reduced block by block to triangular factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sympy import Expr, Symbol

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.separate import Component, whole
from symeq.data.samples import Samples
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.search.columns import Columns
from symeq.search.triangle import triangle_of

NOISE_ROWS = 60_000  # the noise Gram matrix is a mean over rows: this many of them give it to better than 1 %


class Passed(Protocol):
    """What a pass over the data leaves: the factors of all rungs, of any equations of an ansatz."""

    def factors(self, component: Component) -> tuple[Factors, ...]: ...


class ScoreNoise(Protocol):
    """The covariance of the scores of some columns against a residual (see `symeq.search.scores`)."""

    def covariance(self, support: Sequence[int], residual: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Factors:
    r"""What the data say about an ansatz, in its free coordinates; everything else is done on this.

    ``triangles[b]`` (unknown + 1, unknown + 1) is the factor of block b's rows :math:`[B_1 \ldots B_K \mid
    L - B_0]`, components stacked and divided by their scale; ``noise[b]`` the Gram matrix that the noise
    alone adds to it. ``scales`` (lead,); ``rows`` counts stacked rows, ``independent`` those that do not
    share a stencil, ``effective`` the samples that smoothing leaves distinct, ``undefined`` the samples left
    out because a term has no finite value there; ``square`` is the sum of squares of the left-hand sides;
    ``certain`` the share of the noise that no good fit puts in doubt, the error of quadrature; ``scores`` how
    far the noise moves the normal equations, where that is known.
    """

    triangles: np.ndarray
    noise: np.ndarray
    scales: np.ndarray
    rows: int
    independent: float
    effective: float
    undefined: int
    square: float
    certain: float = 0.0
    scores: ScoreNoise | None = None

    @property
    def unknowns(self) -> int:
        return int(self.triangles.shape[1]) - 1

    @property
    def blocks(self) -> int:
        return int(self.triangles.shape[0])

    def total(self) -> np.ndarray:
        """The factor of all rows together."""
        size = self.triangles.shape[1]
        return triangle_of(self.triangles.reshape(-1, size))


def assemble(
    ansatz: LinearAnsatz, samples: Samples, progress: Callable[[int], None] | None = None
) -> tuple[Factors, ...]:
    """Reduce the samples to one set of factors for each rung, in one pass over the record.

    Arguments: ``ansatz``; ``samples`` of its jet; ``progress``, called with the number of grid points of
    each chunk.
    Raises InvalidInput where a term has no finite value on more than half of the samples.
    """
    return pass_over(ansatz, samples, progress).factors(whole(ansatz))


def pass_over(
    ansatz: LinearAnsatz, samples: Samples, progress: Callable[[int], None] | None = None
) -> Passed:
    """The pass of :func:`assemble`, whose factors can be asked for equation by equation."""
    terms, fixed, basis = ansatz.columns()
    needed = coordinates_of([*terms, *ansatz.leads], ansatz.jet)
    grid = samples.grid(needed)
    points = sum(int(np.prod(list(part.sizes.values()))) for part in samples.record.parts)
    stride = max(1, points // NOISE_ROWS)
    covariances = [grid.covariance(rung) for rung in range(len(samples.rungs))]
    noisy = np.any([covariance != 0 for covariance in covariances], axis=0)
    columns = Columns(terms, ansatz.leads, needed, noisy)
    reductions = [Reduction(columns, covariance, stride) for covariance in covariances]
    for chunk in grid.chunks():
        for reduction, jets, rows in zip(reductions, chunk.jets, chunk.rows, strict=True):
            reduction.add(chunk.block, jets, rows)
        if progress is not None:
            progress(chunk.points)
    counts = [(grid.independent_rows(rung), grid.effective_rows(rung)) for rung in range(len(reductions))]
    return _Pointwise(reductions, counts, fixed, basis)


@dataclass(frozen=True)
class _Pointwise:
    """The reductions of all rungs, their independent and effective rows, and B0 and B over the terms."""

    reductions: Sequence[Reduction]
    counts: Sequence[tuple[float, float]]
    fixed: np.ndarray
    basis: np.ndarray

    def factors(self, component: Component) -> tuple[Factors, ...]:
        return tuple(
            reduction.factors(self.fixed, self.basis, component, *counts)
            for reduction, counts in zip(self.reductions, self.counts, strict=True)
        )


class Reduction:
    """The running factors of one rung, over [terms | left-hand sides]."""

    def __init__(self, columns: Columns, covariance: np.ndarray, stride: int) -> None:
        self.columns, self.covariance, self.stride = columns, covariance, stride
        self.rows = self.undefined = 0
        self.triangles: list[np.ndarray] = []
        self.noises: list[np.ndarray] = []
        self.sizes: list[int] = []
        self.sampled: list[int] = []

    def add(self, block: int, jets: Mapping[Symbol, np.ndarray], rows: int) -> None:
        """Fold the rows of one chunk into its block."""
        size = self.columns.size
        while block >= len(self.triangles):
            self.triangles.append(np.zeros((0, size)))
            self.noises.append(np.zeros((size, size)))
            self.sizes.append(0)
            self.sampled.append(0)
        if rows == 0:
            return
        values = self.columns.evaluate(jets, self.covariance, rows)
        finite = np.isfinite(values.sum(axis=1))
        if not finite.all():
            self.undefined += int(rows - finite.sum())
            values = values[finite]
            jets = {z: column[finite] for z, column in jets.items()}
            rows = values.shape[0]
        self.triangles[block] = triangle_of(np.vstack([self.triangles[block], values]))
        picked = range(-self.rows % self.stride, rows, self.stride)
        if len(picked):
            thin = {z: column[picked.start :: self.stride] for z, column in jets.items()}
            self.noises[block] += self.columns.noise(thin, self.covariance, len(picked))
            self.sampled[block] += len(picked)
        self.sizes[block] += rows
        self.rows += rows

    def factors(
        self,
        fixed: np.ndarray,
        basis: np.ndarray,
        component: Component,
        independent: float,
        effective: float,
    ) -> Factors:
        """The factors in free coordinates: F = B0 + sum beta_k B_k, components stacked."""
        if 2 * self.undefined > self.rows + self.undefined:
            raise InvalidInput(
                f"On {self.undefined} of {self.rows + self.undefined} samples some term has no finite value. "
                f"The terms are {', '.join(self.columns.names)}. "
                "Leave out the one that is not defined on these data."
            )
        terms, places = basis.shape[2], list(component.leads)
        basis = basis[list(component.unknowns)][:, places]
        unknowns, leads = basis.shape[:2]
        size = unknowns + 1
        maps = np.zeros((leads, size, terms + fixed.shape[0]))
        for lead, place in enumerate(places):
            maps[lead, :unknowns, :terms] = basis[:, lead, :]
            maps[lead, unknowns, :terms] = -fixed[place]
            maps[lead, unknowns, terms + place] = 1.0
        total = triangle_of(np.vstack(self.triangles))
        scales = pooled_scales(total, [np.eye(terms, maps.shape[2])] * leads, maps, basis)
        stacked = np.zeros((len(self.triangles), size, size))
        for block, triangle in enumerate(self.triangles):
            rows = np.vstack([triangle @ maps[lead].T / scales[lead] for lead in range(leads)])
            stacked[block] = triangle_of(rows)
        mean = sum(self.noises) / max(1, sum(self.sampled))
        noise = np.zeros_like(stacked)
        for block, (sampled, rows_of_block) in enumerate(zip(self.sampled, self.sizes, strict=True)):
            gram = self.noises[block] / sampled if sampled else mean
            for lead in range(leads):
                noise[block] += rows_of_block * (maps[lead] @ gram @ maps[lead].T) / scales[lead] ** 2
        lefts = zip(places, scales, strict=True)
        square = float(sum(np.sum((total[:, terms + place] / scale) ** 2) for place, scale in lefts))
        count = self.rows * leads
        return Factors(stacked, noise, scales, count, independent * leads, effective, self.undefined, square)


def coordinates_of(expressions: Sequence[Expr], jet: Jet) -> tuple[Symbol, ...]:
    """The jet coordinates that occur, independents first, then by order."""
    found = set().union(*(expression.free_symbols for expression in expressions))
    independent = [x for x in jet.independent if x in found]
    others = [z for z in found if z not in jet.independent]
    place = {u: k for k, u in enumerate(jet.dependent)}

    def key(z: Symbol) -> tuple[int, int, tuple[int, ...]]:
        u, index = jet.multi_index(z)
        return sum(index), place[u], index

    return (*independent, *sorted(others, key=key))


def pooled_scales(
    total: np.ndarray, columns: Sequence[np.ndarray], maps: np.ndarray, basis: np.ndarray
) -> np.ndarray:
    """Residual deviation of each component in the fit of all its columns (lead,).

    Components that share an unknown get one pooled scale, so that a rotation of the data rotates the answer.
    Arguments: ``total``, a triangle; ``columns[lead]`` (column, entry of the triangle); ``maps[lead]``, whose
    last row is the left-hand side; ``basis`` (unknown, lead, ...), which says what is shared.
    """
    leads = maps.shape[0]
    left = np.empty(leads)
    for lead in range(leads):
        target = total @ maps[lead, -1]
        matrix = total @ columns[lead].T
        norms = np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
        solution = np.linalg.lstsq(matrix / norms, target, rcond=1e-12)[0]
        residual = float(np.linalg.norm(target - matrix / norms @ solution))
        left[lead] = max(residual, 1e-12 * float(np.linalg.norm(target)), 1e-300)
    group = list(range(leads))
    for vector in basis:
        joined = {group[lead] for lead in range(leads) if np.any(vector[lead])}
        group = [min(joined) if name in joined else name for name in group]
    pooled = [np.sqrt(np.mean([left[i] ** 2 for i in range(leads) if group[i] == name])) for name in group]
    return np.array(pooled)
