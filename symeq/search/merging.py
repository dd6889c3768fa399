"""Partial results of chunks, merged in their order to the factors of every rung."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from symeq.ansatz.weakform import WeakForm
from symeq.data.lattice import Lattice
from symeq.data.stretch import last_points
from symeq.errors import InvalidInput
from symeq.search.assemble import Factors, pooled_scales
from symeq.search.chunks import Partial, Reduced, Work, chosen, rows_of
from symeq.search.noises import Noises
from symeq.search.products import Covariances
from symeq.search.responses import Responses
from symeq.search.scores import POINTS, Scores, Spread
from symeq.search.triangle import triangle_of

Leads = Sequence[tuple[int, ...]]  # the derivatives of the left-hand sides
SPREADS, FEWEST = 2**21, 200  # values of all covariances of the scores; points of these at least


class Merged:
    """The running factors of all rungs.

    Partial results are added in the order of their chunks, so that the sums do not depend on who made them.
    """

    def __init__(self, work: Work, leads: Leads) -> None:
        self.work, self.leads = work, leads
        self.first = 0  # the number of the first block of this part
        self.places: list[np.ndarray] = []
        self.jets: list[np.ndarray] = []
        self.spreads: list[list[np.ndarray]] = [[] for _ in work.responses.groups]
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
        covariances = Covariances(
            work.functions, work.coordinates, ready.covariance, jets, work.responses, lambda: ready.columns
        )
        noises = Noises(work.responses, covariances, where, work.share)
        most = min(POINTS, max(FEWEST, SPREADS // work.responses.shared))
        every = max(1, round(work.share * work.points / most))
        some = np.flatnonzero(chosen(places, ready.before[part], work.share / every))
        scored = any(work.held) and bool(len(some))
        if scored:
            for spreads, one in zip(self.spreads, covariances.at(some), strict=True):
                spreads.append(one / (work.share / every))
        for number, rung in enumerate(self.rungs):
            rung.noises.append(noises.of(lattice, number))
            rung.effective += max(lattice.effective(number, index) for index in self.leads)
            rung.end(lattice, number, where[:, some] if scored else None, work.responses)
        self.first += lattice.count
        self.places, self.jets = [], []

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was merged, by name: :meth:`restore` takes it back."""
        coordinates = len(self.work.coordinates)
        found = {
            "first": np.array([self.first]),
            "places": np.concatenate([np.zeros(0, dtype=np.int64), *self.places]),
            "jets": np.concatenate([np.zeros((coordinates, 0)), *self.jets], axis=1),
        }
        for group, (slots, spreads) in enumerate(zip(self.work.responses.groups, self.spreads, strict=True)):
            found |= _listed(f"spreads {group}", spreads, (len(slots),) * 2)
        for number, rung in enumerate(self.rungs):
            found |= {f"{number}/{name}": array for name, array in rung.arrays(self.work.indices).items()}
        return found

    def restore(self, arrays: Mapping[str, np.ndarray], chunks: int) -> None:
        """Be as one was when so many chunks were merged.

        Raises ValueError, KeyError or IndexError for arrays that are not of this pass.
        """
        work = self.work
        if not 0 <= chunks <= len(work.chunks):
            raise ValueError(chunks)
        pieces = [piece for chunk in work.chunks[:chunks] for piece in chunk]
        over = sum(piece.last for piece in pieces)
        part = over if pieces and not pieces[-1].last else None
        counts = [work.ready.lattice(k).count for k in range(over)]
        self.first = _whole(arrays["first"], (1,), sum(counts), sum(counts) + 1).item()
        lattice = None if part is None else work.ready.lattice(part)
        stop = pieces[-1].span.stop if pieces else 0
        points = stop * prod(lattice.shape[1:]) if lattice is not None else 0
        places = _whole(arrays["places"], (None,), 0, points)
        self.places = [places]
        self.jets = [_real(arrays["jets"], (len(work.coordinates), places.size))]
        self.spreads = [
            _unlisted(f"spreads {group}", arrays, (len(slots),) * 2, over)
            for group, slots in enumerate(work.responses.groups)
        ]
        for number, rung in enumerate(self.rungs):
            own = {name: arrays[f"{number}/{name}"] for name in rung.arrays(work.indices)}
            rung.restore(own, work.indices, lattice, number, self.first, over)
            if lattice is not None and rung.open:
                tests, some = lattice.tests(number, 0), np.array(sorted(rung.open))
                reached = tests.periodic | (tests.first[some] < stop)
                if not np.all(reached & (last_points(tests)[some] > stop)):
                    raise ValueError(stop)

    def factors(self, form: WeakForm) -> tuple[Factors, ...]:
        """The factors of all rungs in free coordinates; those without rows where missing values leave no room
        for supports of their size."""
        if not any(rung.rows for rung in self.rungs):
            raise InvalidInput(
                "No test function lies on values that are all defined. Leave out the term that is not"
                " defined on these data, or give more data."
            )
        certain = self.work.samples.certain
        responses = self.work.responses
        spread = [
            (slots, np.concatenate([np.zeros((0, len(slots), len(slots))), *own]))
            for slots, own in zip(responses.groups, self.spreads, strict=True)
        ]
        return tuple(rung.factors(form, certain, responses, spread) for rung in self.rungs)


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

    def arrays(self, indices: int) -> dict[str, np.ndarray]:
        """All of this rung by name; ``indices`` counts the derivatives of the scores."""
        size, blocks, open_ = self.size, sorted(self.triangles), sorted(self.open)
        empty = np.zeros((0, size, size))
        return {
            "blocks": np.array(blocks, dtype=np.int64),
            "triangles": np.concatenate([empty, *(self.triangles[block][None] for block in blocks)]),
            "noises": np.concatenate([empty, *self.noises]),
            "open": np.array(open_, dtype=np.int64),
            "sums": np.stack([self.open[k][0] for k in open_]) if open_ else np.zeros((0, size, 0)),
            "holes": np.stack([self.open[k][1] for k in open_]) if open_ else np.zeros((0, 0)),
            "held": np.zeros((0, 0, size)) if self.held is None else self.held,
            "counts": np.array([self.rows, self.left_out], dtype=np.int64),
            "effective": np.array([self.effective]),
            **_listed("fields", [one.swapaxes(0, 1) for one in self.fields], (indices, size)),
        }

    def restore(
        self,
        arrays: Mapping[str, np.ndarray],
        indices: int,
        lattice: Lattice | None,
        number: int,
        first: int,
        over: int,
    ) -> None:
        """Be as one was: ``first`` blocks of ``over`` parts were done, a part on ``lattice`` was begun."""
        size = self.size
        most = first + (0 if lattice is None else lattice.count)
        blocks = _whole(arrays["blocks"], (None,), 0, most)
        triangles = _real(arrays["triangles"], (blocks.size, size, size))
        tests = 0 if lattice is None else lattice.tests(number, 0).count
        width = 0 if lattice is None else lattice.across(number).size
        open_ = _whole(arrays["open"], (None,), 0, tests)
        self.triangles = dict(zip(blocks.tolist(), triangles, strict=True))
        self.noises = [_real(arrays["noises"], (first, size, size))]
        sums = _real(arrays["sums"], (open_.size, size, width if open_.size else 0))
        holes = _real(arrays["holes"], (open_.size, width) if open_.size else (0, 0))
        self.open = dict(zip(open_.tolist(), zip(sums, holes, strict=True), strict=True))
        kept = self.keep and lattice is not None
        held = _real(arrays["held"], (tests, width, size) if kept else (0, 0, size))
        self.held = held if kept else None
        self.rows, self.left_out = _whole(arrays["counts"], (2,), 0, 2**62).tolist()
        self.effective = _real(arrays["effective"], (1,)).item()
        fields = _unlisted("fields", arrays, (indices, size), over)
        self.fields = [one.swapaxes(0, 1) for one in fields]

    def end(self, lattice: Lattice, number: int, where: np.ndarray | None, responses: Responses) -> None:
        """A part is over; ``where`` (axis, sample) are the points of the scores."""
        if self.held is not None and where is not None:
            scores = Scores(responses.integrals, responses.matrix)
            self.fields.append(scores.fields_at(lattice, number, self.held.reshape(-1, self.size), where))
        self.held = None

    def factors(self, form: WeakForm, certain: float, responses: Responses, spread: Spread) -> Factors:
        """The factors in free coordinates."""
        unknowns, leads, atoms = form.basis.shape
        size = unknowns + 1
        if not self.rows:
            nothing = np.zeros((sum(map(len, self.noises)), size, size))
            return Factors(nothing, nothing, np.ones(leads), 0, 2.0, 0.0, self.left_out, 0.0, certain)
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
        scores = Scores(
            responses.integrals, responses.matrix, maps / scales[:, None, None], self.fields, spread
        )
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


def _listed(name: str, arrays: Sequence[np.ndarray], shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Arrays of different lengths as one, and their lengths."""
    lengths = np.array([len(one) for one in arrays], dtype=np.int64)
    return {name: np.concatenate([np.zeros((0, *shape)), *arrays]), f"{name} of": lengths}


def _unlisted(
    name: str, arrays: Mapping[str, np.ndarray], shape: tuple[int, ...], most: int
) -> list[np.ndarray]:
    lengths = _whole(arrays[f"{name} of"], (None,), 0, 2**31)
    if lengths.size > most:
        raise ValueError(name)
    whole = _real(arrays[name], (int(lengths.sum()), *shape))
    return np.split(whole, np.cumsum(lengths)[:-1]) if lengths.size else []


def _whole(array: np.ndarray, shape: tuple[int | None, ...], least: int, stop: int) -> np.ndarray:
    """An array of whole numbers from a range, or a ValueError."""
    fits = array.dtype == np.int64 and array.ndim == len(shape)
    if not fits or any(want not in (None, have) for want, have in zip(shape, array.shape, strict=True)):
        raise ValueError(array.shape)
    if array.size and not (array.min() >= least and array.max() < stop):
        raise ValueError(stop)
    return array


def _real(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An array of finite numbers of a shape, or a ValueError."""
    if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
        raise ValueError(array.shape)
    return array
