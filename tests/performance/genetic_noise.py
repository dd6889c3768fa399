"""Functions of invariants under noise: by test functions and point by point, on the same data.

Every run redraws the fields or orbits, the noise and the start of the search; the law is the engine's own
choice. Beside both stands how far the worst coefficient of the *true* form is off when it is fitted to the
same rows: the best that any search could do with them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

import symeq as sq
from symeq.data import Samples
from symeq.search.genetic.measured import measure
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.seen import search_rung
from tests.performance.exactness import Truth
from tests.performance.genetic import LITERATURE, Cell, interval

HEADER = (
    "system", "noise", "samples", "exact", "interval", "decided", "median s", "true form refitted",
)  # fmt: skip
SECONDS = 60.0  # of each search
WAYS = {"weak": sq.weak, "pointwise": sq.pointwise}


@dataclass(frozen=True)
class Level:
    """A cell of the other table, drawn anew for each seed, at some levels of noise."""

    name: str
    levels: tuple[float, ...]
    options: tuple[tuple[str, Any], ...] = ()

    def cells(self) -> Iterator[Cell]:
        """The cell at each level."""
        [cell] = [one for one in LITERATURE if one.name == self.name]
        for level in self.levels:
            yield replace(cell, noise=level, redrawn=True, options=dict(self.options))


LEVELS = (
    Level("lambda-omega, I_t", (0.02, 0.05, 0.2)),
    Level("lambda-omega, E_t", (0.02, 0.05, 0.2)),
    Level("lambda-omega, frame", (0.02, 0.05, 0.2)),
    Level("Kepler", (0.02, 0.05)),
    Level("Darcy, side given", (0.02, 0.05), (("fields", 20), ("reach", 0.9))),
)
SMALL = Level("Kepler", (0.02,), (("trajectories", 6), ("samples", 401)))


def table(
    seeds: int, large: bool, *, levels: tuple[Level, ...] = LEVELS, seconds: float = SECONDS, first: int = 0
) -> Iterator[tuple[str, ...]]:
    """All cells in both ways; small: one, for the shortest search."""
    if not large:
        levels, seeds, seconds = (SMALL,), 1, 1.0
    for level in levels:
        for cell in level.cells():
            for way in WAYS:
                yield row(cell, way, seeds, seconds, first)


def row(cell: Cell, way: str, seeds: int, seconds: float, first: int = 0) -> tuple[str, ...]:
    """Success over the seeds, with a 95 % interval, and what the data would allow."""
    times, exact, decided, refitted = [], 0, 0, []
    for seed in range(first, first + seeds):
        record = cell.record(seed)
        samples = WAYS[way](record, cell.jet, lead=cell.lead)  # type: ignore[operator]
        truth = Truth.of(cell.true_law, cell.jet, sq.sample(record, cell.jet, lead=cell.lead), noisy=True)
        refitted.append(
            truth.refitted(samples, search_rung(samples))
            if isinstance(samples, Samples)
            else refitted_weakly(cell, samples, seed)
        )
        begun = time.perf_counter()
        try:
            law = sq.discover(cell.searched, samples, sq.GeneticProgramming(seed=seed, seconds=seconds))
        except sq.NoLaw:
            times.append(time.perf_counter() - begun)
            continue
        times.append(time.perf_counter() - begun)
        decided += law.end is not None and law.end.decided
        exact += truth.matches(law)
    return (
        cell.name,
        f"{cell.noise:.0%}",
        way,
        f"{exact}/{seeds}",
        interval(exact, seeds),
        f"{decided}/{seeds}",
        f"{np.median(times):.0f}",
        f"{np.median(refitted):.1%} off",
    )


def refitted_weakly(cell: Cell, samples: sq.WeakSamples, seed: int) -> float:
    """The largest relative error of a coefficient of the true form, fitted to the rows of a search."""
    form = cell.searched if isinstance(cell.searched, sq.FunctionalAnsatz) else next(cell.searched.scan())
    vectors = []
    for a, text in enumerate(cell.true_law):
        left, right = text.split("=")
        rest = sp.expand(form.leads[a] - cell.jet.parse(left) + cell.jet.parse(right))
        for term in sp.Add.make_args(rest):
            vectors.append(tuple(term if b == a else sp.S.Zero for b in range(len(form.leads))))
    true = replace(form, frame=tuple(vectors), arguments=(), weights=None)
    worst = 0.0
    for one in measure(true, samples, OPERATORS, rows=1000, seed=seed):
        problem = one.problem
        columns = np.stack(
            [problem.column(j, (0,), problem.leaves[0]) for j in range(problem.vectors)], axis=1
        )
        solution = np.linalg.lstsq(columns, problem.target.ravel(), rcond=None)[0]
        worst = max(worst, float(np.max(np.abs(solution - 1))))
    return worst
