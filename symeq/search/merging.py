"""Partial results of chunks, merged in their order to the factors of every rung."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from symeq.ansatz.weakform import WeakForm
from symeq.data.lattice import Integral, Lattice
from symeq.data.stretch import last_points
from symeq.errors import InvalidInput
from symeq.search.assemble import Factors, pooled_scales
from symeq.search.chunks import Partial, Reduced, Work, chosen, rows_of
from symeq.search.products import Covariances
from symeq.search.scores import POINTS, Scores
from symeq.search.triangle import triangle_of

Leads = Sequence[tuple[int, ...]]  # the derivatives of the left-hand sides


class Merged:
    """The running factors of all rungs.

    Partial results are added in the order of their chunks, so that the sums do not depend on who made them.
    """

    def __init__(self, work: Work, leads: Leads) -> None:
        self.work, self.leads = work, leads
        self.first = 0  # the number of the first block of this part
        self.places: list[np.ndarray] = []
        self.jets: list[np.ndarray] = []
        self.spreads: list[np.ndarray] = []
        self.rungs = [Rung(len(work.integrals), keep) for keep in work.held]

    def add(self, partial: Partial) -> None:
        """The next piece of the record."""
        lattice = self.work.ready.lattice(partial.piece.part)
        self.places.append(partial.places)
        self.jets.append(partial.jets)
        for number, (rung, reduced) in enumerate(zip(self.rungs, partial.rungs, strict=True)):
            rung.add(lattice, number, reduced, partial.piece.span.stop, self.first)
        if partial.piece.last:
            self._end(lattice, partial.piece.part)

    def _end(self, lattice: Lattice, part: int) -> None:
        """A part is over: the noise in its integrals."""
        work, ready = self.work, self.work.ready
        places, jets = np.concatenate(self.places), np.concatenate(self.jets, axis=1)
        where = np.stack(np.unravel_index(places, lattice.shape))
        named = dict(zip(work.coordinates, jets, strict=True))
        covariances = Covariances(
            ready.columns, work.functions, work.coordinates, named, ready.covariance, len(places)
        )
        every = max(1, round(work.share * work.points / POINTS))
        some = np.flatnonzero(chosen(places, ready.before[part], work.share / every))
        scored = any(work.held) and bool(len(some))
        if scored:
            self.spreads.append(covariances.at(some).at_each() / (work.share / every))
        for number, rung in enumerate(self.rungs):
            noise = noise_of(lattice, number, work.integrals, covariances, where, work.share)
            rung.noises.append(noise)
            rung.effective += max(lattice.effective(number, index) for index in self.leads)
            rung.end(lattice, number, where[:, some] if scored else None, work.integrals)
        self.first += lattice.count
        self.places, self.jets = [], []

    def factors(self, form: WeakForm) -> tuple[Factors, ...]:
        """The factors of all rungs in free coordinates."""
        certain = self.work.samples.certain
        return tuple(rung.factors(form, certain, self.work.integrals, self.spreads) for rung in self.rungs)


class Rung:
    """The running factors of one rung, over the integrals.

    ``triangles`` by block; ``noises``, for each part (block, integral, integral); ``open``, the unfinished
    tests: sums (integral, test across) and holes (test across) by number along the first axis; ``held``
    (test, test across, integral), of the part at work; ``fields`` of the scores, by part.
    """

    def __init__(self, size: int, keep: bool) -> None:
        self.size, self.keep = size, keep
        self.triangles: dict[int, np.ndarray] = {}
        self.noises: list[np.ndarray] = []
        self.fields: list[np.ndarray] = []
        self.open: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.held: np.ndarray | None = None
        self.rows = self.left_out = 0
        self.effective = 0.0

    def add(self, lattice: Lattice, number: int, reduced: Reduced, stop: int, first: int) -> None:
        """What a piece says, which ends at ``stop`` along the first axis."""
        if self.keep and self.held is None:
            count = lattice.tests(number, 0).count
            self.held = np.zeros((count, lattice.size(number) // max(1, count), self.size))
        if self.held is not None and reduced.kept is not None:
            self.held[reduced.inside] = reduced.kept
        for k, sums, holes in zip(reduced.edge, reduced.sums.swapaxes(0, 1), reduced.holes, strict=True):
            before = self.open.get(int(k))
            self.open[int(k)] = (sums, holes) if before is None else (before[0] + sums, before[1] + holes)
        last = last_points(lattice.tests(number, 0))
        done = np.array([k for k in sorted(self.open) if last[k] <= stop], dtype=int)
        found: dict[int, np.ndarray] = {}
        if done.size:
            finished = [self.open.pop(int(k)) for k in done]
            sums = np.stack([one for one, _ in finished], axis=1)
            holes = np.stack([one for _, one in finished])
            found, rows, left_out = rows_of(lattice, number, done, sums, holes)
            self.rows += rows
            self.left_out += left_out
            if self.held is not None:
                self.held[done] = np.where(holes < 0.5, sums, 0.0).transpose(1, 2, 0)
        self.rows += reduced.rows
        self.left_out += reduced.left_out
        for block in sorted({*found, *reduced.triangles}):
            pieces = [
                known[key]
                for known, key in (
                    (self.triangles, first + block),
                    (reduced.triangles, block),
                    (found, block),
                )
                if key in known
            ]
            alone = len(pieces) == 1 and block not in found
            self.triangles[first + block] = pieces[0] if alone else triangle_of(np.vstack(pieces))

    def end(
        self, lattice: Lattice, number: int, where: np.ndarray | None, integrals: Sequence[Integral]
    ) -> None:
        """A part is over; ``where`` (axis, sample) are the points of the scores."""
        if self.held is not None and where is not None:
            scores = Scores(tuple(integrals))
            self.fields.append(scores.fields_at(lattice, number, self.held.reshape(-1, self.size), where))
        self.held = None

    def factors(
        self, form: WeakForm, certain: float, integrals: Sequence[Integral], spreads: list[np.ndarray]
    ) -> Factors:
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
        total = triangle_of(np.vstack([self.triangles[block] for block in sorted(self.triangles)]))
        scales = pooled_scales(total, [maps[a, :unknowns] for a in range(leads)], maps, form.basis)
        noises = np.concatenate(self.noises)
        stacked = np.zeros((len(noises), size, size))
        noise = np.zeros_like(stacked)
        for block, own in enumerate(noises):
            for a in range(leads):
                noise[block] += maps[a] @ own @ maps[a].T / scales[a] ** 2
            if block in self.triangles:
                triangle = self.triangles[block]
                stacked[block] = triangle_of(
                    np.vstack([triangle @ maps[a].T / scales[a] for a in range(leads)])
                )
        square = float(sum(np.sum((total @ maps[a, unknowns] / scales[a]) ** 2) for a in range(leads)))
        effective = max(2.0, self.effective * leads)
        scores = Scores(tuple(integrals), maps / scales[:, None, None], self.fields, spreads)
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
            scores if self.fields else None,
        )


def noise_of(
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
    of = [[k for k, one in enumerate(integrals) if one.index == index] for index in indices]
    inside = [[integrals[k].function for k in own] for own in of]
    pairs = [(i, j) for i in range(len(indices)) for j in range(i + 1)]
    reach = [cover[:, 0, 0] != 0 for cover in covers]
    for block, pieces in enumerate(product(*(range(count) for count in lattice.pieces))):
        near = np.flatnonzero(np.all([own[piece] for own, piece in zip(reach, pieces, strict=True)], axis=0))
        own = [cover[piece][:, :, near] for cover, piece in zip(covers, pieces, strict=True)]
        weights = np.full((len(pairs), near.size), 1 / share)
        for axis, cover in enumerate(own):
            weights *= cover[[indices[i][axis] for i, _ in pairs], [indices[j][axis] for _, j in pairs]]
        there = covariances.at(near)
        sums = there.weighted(weights, [(inside[i], inside[j]) for i, j in pairs])
        for (i, j), some in zip(pairs, sums, strict=True):
            result[block][np.ix_(of[i], of[j])] = some
            result[block][np.ix_(of[j], of[i])] = some.T
    return result
