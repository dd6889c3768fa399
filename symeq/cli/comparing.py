"""The baseline: the same search without the symmetry, and how both fare on data neither has seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from symeq.ansatz import LinearAnsatz
from symeq.cli.problem import Problem
from symeq.data import Record, Samples
from symeq.discovery import Discovery, discover
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry import trivial
from symeq.report import Comparison, compare
from symeq.search.engine import Progress

HELD_OUT = 0.2  # share of the runs, or of the time where there are few runs
FEWEST_RUNS = 5
FEWEST_TIMES = 10  # held out of one run, for derivatives to be taken there


@dataclass(frozen=True)
class Beside:
    """What stands beside the law: the baseline from all data (or why there is none), and the comparison."""

    baseline: Discovery | None
    reason: str
    comparison: Comparison
    how: str

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
            for row in self.comparison.rows
        ]
        baseline = self.baseline.document() if self.baseline else None
        return {
            "baseline": baseline,
            "comparison": rows,
            "compared": self.how,
            "verdict": self.comparison.verdict,
        }


def split(record: Record, time: str) -> tuple[Record, Record, str] | None:
    """A record without its last runs (or the last part of each run), that rest, and how it was parted.

    None when so little would be held out that no derivative could be taken there.

    >>> import numpy as np
    >>> from symeq.data import trajectories
    >>> t = np.linspace(0, 1, 101)
    >>> seen, unseen, how = split(trajectories(t, np.stack([t, t**2], axis=1)), "t")
    >>> seen, unseen, how
    (Record(x, y over t: 80), Record(x, y over t: 21), 'found in the first 80% of t, judged on the rest')
    """
    runs = len(record.parts)
    if runs >= FEWEST_RUNS:
        kept = runs - math.ceil(HELD_OUT * runs)
        how = f"found in the first {kept} of {runs} runs, judged on the others"
        return replace(record, parts=record.parts[:kept]), replace(record, parts=record.parts[kept:]), how
    cuts = [int((1 - HELD_OUT) * part.sizes[time]) for part in record.parts]
    if any(part.sizes[time] - cut < FEWEST_TIMES for part, cut in zip(record.parts, cuts, strict=True)):
        return None
    cut_parts = list(zip(record.parts, cuts, strict=True))
    periodic = record.periodic - {time}
    seen = tuple(part.isel({time: slice(None, cut)}) for part, cut in cut_parts)
    unseen = tuple(part.isel({time: slice(cut, None)}) for part, cut in cut_parts)
    how = f"found in the first {1 - HELD_OUT:.0%} of {time}, judged on the rest"
    return (
        replace(record, parts=seen, periodic=periodic),
        replace(record, parts=unseen, periodic=periodic),
        how,
    )


def beside(
    problem: Problem, law: Discovery, record: Record, samples: Samples, progress: Progress | None
) -> Beside:
    """Search without the symmetry, and hold laws with and without it against data that neither has seen.

    law: found under the symmetry of the problem in `samples`, the samples of all of the record.
    """
    ansaetze = {"with the symmetry": law.ansatz, "without": problem.allowed(trivial)}
    if not problem.symmetry:
        del ansaetze["with the symmetry"]
    found, reasons = _found({"without": ansaetze["without"]}, samples, progress)
    laws = {"with the symmetry": law, **found} if problem.symmetry else found
    how = "judged on no further data: there are too few points to hold some out"
    comparison = None
    try:
        parted = split(record, _time(problem))
        if parted is not None:
            seen, unseen, how_parted = parted
            judged, _ = _found(ansaetze, problem.samples(seen), progress)
            comparison, how = compare(judged, unseen), how_parted
    except (InvalidInput, NoLaw) as error:
        how = f"judged on no further data: {error}"
    return Beside(found.get("without"), reasons, comparison or compare(laws), how)


def _found(
    ansaetze: Mapping[str, LinearAnsatz], samples: Samples, progress: Progress | None
) -> tuple[dict[str, Discovery], str]:
    """The laws found in the samples, and why there is none where there is none."""
    laws, reasons = {}, []
    for name, ansatz in ansaetze.items():
        try:
            laws[name] = discover(ansatz, samples, progress=progress)
        except NoLaw as error:
            reasons.append(str(error))
    return laws, " ".join(reasons)


def _time(problem: Problem) -> str:
    """The independent variable of the leads."""
    _, index = problem.jet.multi_index(problem.leads[0])
    return next(x.name for x, k in zip(problem.jet.independent, index, strict=True) if k)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
