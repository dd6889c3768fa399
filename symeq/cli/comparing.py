"""The baseline: the same search without the symmetry, and how both fare on data neither has seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from symeq.cli.allowed import Allowed
from symeq.cli.clock import OutOfTime
from symeq.cli.engines import Clocked
from symeq.cli.problem import Problem
from symeq.data import Record, Sampled
from symeq.discovery import Discovery
from symeq.errors import InvalidInput, NoLaw
from symeq.report import Comparison, compare
from symeq.search.engine import Progress
from symeq.search.genetic.epochs import Stop

HELD_OUT = 0.2  # share of the runs, or of the time of each where there are few
FEWEST_RUNS = 5
SYMMETRIC, FREE, PLAIN_PYSINDY = "with the symmetry", "without", "plain PySINDy"
FEWEST_TIMES = 10  # held out of one run, for derivatives to be taken there


@dataclass(frozen=True)
class Beside:
    """What stands beside the law: the baseline from all data (or why there is none), and the comparison (or
    in `how` why there is none)."""

    baseline: Discovery | None
    reason: str
    comparison: Comparison | None
    how: str
    notes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The keys that the JSON document of the law gets in addition."""
        rows = [
            {
                "law": row.name,
                "unknowns": {"library": row.library_unknowns, "allowed": row.unknowns},
                "held_out_residual": row.residual and _number(row.residual.value),
                "held_out_residual_error": row.residual and _number(row.residual.error),
                "forecast_error": row.forecast and _number(row.forecast.error),
                "symmetry_defect": row.defect and _number(row.defect.value),
                "seconds": row.seconds,
            }
            for row in (self.comparison.rows if self.comparison else ())
        ]
        baseline = self.baseline.document() if self.baseline else None
        return {
            "baseline": baseline,
            "comparison": rows,
            "compared": self.how,
            "verdict": self.comparison.verdict if self.comparison else None,
        }


def split(record: Record, time: str) -> tuple[Record, Record, str] | None:
    """A record without its last runs (or the middle part of each run), that rest, and how it was parted.

    The middle of a run is neither its transient nor what little is left of a field that decays. None when so
    little would be held out that no derivative could be taken there.

    >>> import numpy as np
    >>> from symeq.data import trajectories
    >>> t = np.linspace(0, 1, 101)
    >>> seen, unseen, how = split(trajectories(t, np.stack([t, t**2], axis=1)), "t")
    >>> seen, unseen
    (Record(x, y over t: 40; 2 trajectories), Record(x, y over t: 21))
    >>> how
    'found without the middle 20% of t, judged on it'
    """
    runs = len(record.parts)
    if runs >= FEWEST_RUNS:
        kept = runs - math.ceil(HELD_OUT * runs)
        how = f"found in the first {kept} of {runs} runs, judged on the others"
        return replace(record, parts=record.parts[:kept]), replace(record, parts=record.parts[kept:]), how
    sizes = [part.sizes[time] for part in record.parts]
    cuts = [(int((1 - HELD_OUT) / 2 * size), size - int((1 - HELD_OUT) / 2 * size)) for size in sizes]
    if any(last - first < FEWEST_TIMES for first, last in cuts):
        return None
    cut_parts = list(zip(record.parts, cuts, strict=True))
    periodic = record.periodic - {time}
    seen = tuple(
        part.isel({time: piece})
        for part, (first, last) in cut_parts
        for piece in (slice(None, first), slice(last, None))
    )
    unseen = tuple(part.isel({time: slice(first, last)}) for part, (first, last) in cut_parts)
    how = f"found without the middle {HELD_OUT:.0%} of {time}, judged on it"
    return (
        replace(record, parts=seen, periodic=periodic),
        replace(record, parts=unseen, periodic=periodic),
        how,
    )


def beside(
    problem: Problem,
    allowed: Allowed,
    free: Allowed,
    law: Discovery,
    record: Record,
    samples: Sampled,
    genetic: Clocked,
    progress: Progress | None,
) -> Beside:
    """Search without the symmetry, and hold what either search finds against data that neither has seen.

    allowed, free: the laws with the symmetry and without. law: found among `allowed` in `samples`, the
    samples of the whole record. Plain PySINDy stands beside them where there is a library that it can treat.
    Raises OutOfTime, or KeyboardInterrupt, where one of the searches was broken off.
    """
    search = _Search(genetic, progress)
    baseline, reason = (law, "") if not problem.symmetry else search.in_(free, samples)
    laws = {SYMMETRIC: law} if problem.symmetry else {}
    laws |= {FREE: baseline} if baseline else {}
    if len({one.ansatz.leads for one in laws.values()}) > 1:
        return Beside(baseline, reason, None, "the laws are not compared: their left-hand sides differ", ())
    try:
        parted = split(record, problem.time)
        if parted is not None:
            seen, unseen, how = parted
            found, notes = _found(problem, allowed, free, seen, search)
            return Beside(baseline, reason, compare(found, unseen), how, notes)
        how = "judged on no further data, too few points to hold some out"
    except InvalidInput as error:
        how = f"judged on no further data: {error}"
    plain, notes = _plain(record, free, samples)
    try:
        return Beside(baseline, reason, compare(laws | plain), how, notes)
    except InvalidInput as error:
        return Beside(baseline, reason, None, f"the laws are not compared: {error}", notes)


def _found(
    problem: Problem, allowed: Allowed, free: Allowed, seen: Record, search: _Search
) -> tuple[dict[str, Discovery], tuple[str, ...]]:
    """The laws that a part of the data gives, and why those are missing that are."""
    samples = problem.samples(seen)
    asked = {SYMMETRIC: allowed, FREE: free} if problem.symmetry else {FREE: free}
    found = {name: search.in_(among, samples) for name, among in asked.items()}
    laws = {name: one for name, (one, _) in found.items() if one is not None}
    missing = tuple(f"{name}: {reason}" for name, (one, reason) in found.items() if one is None)
    plain, why = _plain(seen, free, samples)
    return laws | plain, missing + why


def _plain(record: Record, free: Allowed, samples: Sampled) -> tuple[dict[str, Discovery], tuple[str, ...]]:
    """What PySINDy finds by its defaults, or why it cannot."""
    if free.linear is None:
        return {}, ()
    # PySINDy takes seconds to import, and only a comparison needs it.
    from symeq.interop.pysindy import plain_pysindy

    try:
        return {PLAIN_PYSINDY: plain_pysindy(record, free.linear, samples=samples)}, ()
    except InvalidInput as error:
        return {}, (f"{PLAIN_PYSINDY} is left out. {error}",)


@dataclass(frozen=True)
class _Search:
    """The engine of the genetic searches, and who is told how far they are."""

    genetic: Clocked
    progress: Progress | None

    def in_(self, allowed: Allowed, samples: Sampled) -> tuple[Discovery | None, str]:
        """The law, or None and why there is none; what a search had when it was broken off is no baseline."""
        try:
            law = allowed.search(samples, self.genetic, self.progress)
        except OutOfTime:
            raise
        except NoLaw as error:
            return None, str(error)
        if law.end is not None and law.end.why == Stop.INTERRUPTED.value:
            raise KeyboardInterrupt
        if law.end is not None and law.end.clocked:
            raise OutOfTime(
                "The budget was spent before all searches were done. Grant more, or ask for less."
            )
        return law, ""


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
