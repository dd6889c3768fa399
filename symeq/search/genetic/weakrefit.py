"""The evidence on a law from integrals against test functions, for its last fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import gt

import numpy as np
from sympy import Expr

from symeq.ansatz.weakform import weak_form
from symeq.data.jetgrid import BLOCKS
from symeq.data.records import Record
from symeq.data.shaken import shaken
from symeq.data.weak import WeakSamples
from symeq.errors import NoLaw
from symeq.search.assemble import Factors
from symeq.search.fitting import Evidence
from symeq.search.genetic.byparts import Columns
from symeq.search.genetic.stating import Stated
from symeq.search.genetic.supports import weak_rows
from symeq.search.genetic.weakrows import CORRECTED, WeakRows, coordinates_in, orders_of
from symeq.search.integrated import assemble_weak
from symeq.search.triangle import triangle_of

DRAWS = 8  # of noise: what it does to the normal equations is known to a quarter
WINDOWS = 1500
POINTS = 150_000
SEED = 1  # of windows and noise: other ones than the search saw


class WeakEvidence:
    """What integrals say about the terms of laws.

    By parts on all data and on all supports, where every derivative of the law moves to the test functions;
    else with the derivatives that are left at the points, smoothed as for the search, and the noise of the
    rows from draws of it. Supports and smoothing are those that the first law asks for, so that laws are
    compared on the same rows, until one needs more derivatives.
    """

    def __init__(self, samples: WeakSamples) -> None:
        self.samples = samples
        self._rows: WeakRows | None = None
        self._orders: tuple[int, ...] = ()

    def of(
        self,
        law: Stated,
        vectors: Sequence[Sequence[Expr]],
        progress: Callable[[int], None] | None = None,
    ) -> Evidence:
        """The evidence on a law.

        Arguments: ``vectors``, the terms and the slopes in their constants, in numbers.
        Raises InvalidInput where no test function fits, NoLaw where a term has no finite value under them.
        """
        ansatz = law.ansatz(vectors)
        if not law.form.relation:
            inside = coordinates_in(weak_form(ansatz).functions, ansatz.jet)
            if not any(orders_of(ansatz.jet, inside)):
                return Evidence(assemble_weak(ansatz, self.samples, progress), self.samples.coarser)
        columns = Columns(self.samples.jet, [e for vector in vectors for e in vector])
        sides = [lead - fixed for lead, fixed in zip(law.form.leads, law.form.fixed, strict=True)]
        return Evidence((_factors(self._under(sides, columns), columns, self.samples),), (0,))

    def _under(self, sides: Sequence[Expr], columns: Columns) -> WeakRows:
        orders = (*columns.order, *orders_of(self.samples.jet, columns.looked_at))
        known = self._rows
        if known is None or known.leads != tuple(sides) or any(map(gt, orders, self._orders)):
            known = self._rows = weak_rows(
                sides, self.samples, columns, seed=SEED, most=WINDOWS, points=POINTS
            )
            self._orders = orders
        return known


@dataclass(frozen=True, eq=False)
class _Drawn:
    """The covariance of the scores from draws of the noise: rows (row, column), drawn (draw, row, column)."""

    rows: np.ndarray
    drawn: np.ndarray

    def covariance(self, support: Sequence[int], residual: np.ndarray) -> np.ndarray:
        """Of the scores of some columns (column, column), for a residual combined of all (column,)."""
        scores = (self.drawn @ residual) @ self.rows[:, list(support)]
        return np.asarray(scores.T @ scores) / len(scores)


def _factors(made: WeakRows, columns: Columns, samples: WeakSamples) -> Factors:
    leads = len(made.leads)

    def rows(record: Record) -> np.ndarray:
        """[terms | left-hand sides] of a record (lead, window, column)."""
        terms = columns.under(record, made.smoothing, made.windows)
        terms = terms.reshape(-1, leads, made.windows.count)
        return np.concatenate([np.moveaxis(terms, 0, -1), made.sides(record)[:, :, None]], axis=-1)

    kept = [rows(record) for record in made.records]
    data = kept[0] if len(kept) == 1 else np.tensordot(CORRECTED, np.stack(kept), axes=1)
    drawn = []
    for draw in range(1, DRAWS + 1 if len(kept) > 1 else 1):
        more, less = shaken(made.records[0], samples.noise, SEED, draw)
        drawn.append((rows(more) - rows(less)) / 2)
    noise = np.stack(drawn) if drawn else np.zeros((1, *data.shape))
    good = np.asarray(np.isfinite(data).all(axis=(0, 2)) & np.isfinite(noise).all(axis=(0, 1, 3)))
    if int(good.sum()) <= data.shape[2]:
        raise NoLaw("A term of the law has no finite value under the test functions.")
    data, noise = data[:, good], noise[:, :, good]
    count, size = data.shape[1:]
    edges = np.linspace(0, count, min(BLOCKS, count) + 1).astype(int)
    triangles = np.zeros((len(edges) - 1, size, size))
    grams = np.zeros_like(triangles)
    for block, (first, last) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        triangles[block] = triangle_of(data[:, first:last].reshape(-1, size))
        own = noise[:, :, first:last].reshape(-1, size)
        grams[block] = own.T @ own / len(noise)
    effective = max(2.0, made.effective * leads * count / len(good))
    scores = _Drawn(data.reshape(-1, size), noise.reshape(len(noise), -1, size)) if drawn else None
    square = float(np.sum(data[:, :, -1] ** 2))
    return Factors(
        triangles, grams, np.ones(leads), leads * count, effective, effective, int((~good).sum()), square,
        samples.certain, scores,
    )  # fmt: skip
