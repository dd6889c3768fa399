"""Which left-hand side? Every one in turn, an epoch each, until one of them stands out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symeq.search.genetic.epoch import EpochResult
from symeq.search.genetic.epochs import Consumed, Outcome, Plan, Stop, ended, run_jobs
from symeq.search.genetic.front import FLOOR, Model, length
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import coefficients, columns_of

TIED = 2.0  # times the share of the best: the same relation, up to errors of differentiation
BEHIND = 100.0  # a side whose relation leaves so many times more than the best is not searched any further


@dataclass(frozen=True)
class Scanned:
    """The side that was chosen, the outcome of every side, the share each relation leaves, and the end."""

    best: int
    outcomes: tuple[Outcome, ...]
    shares: tuple[float, ...]
    stop: Stop


def relation_share(model: Model, problem: Problem) -> float:
    r"""What a relation leaves, relative to the terms it is made of, so that sides can be compared.

    .. math:: \frac{\overline{(y - \sum_k \beta_k T_k)^2}}{\overline{y^2} + \sum_k \overline{(\beta_k T_k)^2}}

    A side that is hardly differentiated has less noise and would always win by its nmse.
    """
    products = columns_of(model, problem) * coefficients(model, problem)
    target = problem.target.ravel()
    left = float(np.mean((target - products.sum(axis=1)) ** 2))
    return left / float(np.mean(target**2) + np.sum(np.mean(products**2, axis=0)))


def scan(
    problems: Sequence[Problem],
    plan: Plan,
    *,
    done: Mapping[int, Sequence[EpochResult]] | None = None,
    watch: Callable[[int, Consumed, EpochResult], None] | None = None,
) -> Scanned:
    """Search all left-hand sides in rounds of one epoch each, in the order given, which decides ties.

    A side is settled when its own epochs agree; sides that lie far behind a settled one are dropped. The scan
    ends when the best of those that are left is settled. Arguments as for `evolve`.
    """
    sides = [Consumed(problem) for problem in problems]
    stops: list[Stop | None] = [None] * len(sides)
    dropped = [False] * len(sides)

    def take(which: int, epoch: EpochResult) -> None:
        sides[which].add(epoch)
        stops[which] = sides[which].stop(plan)

    for which, epochs in (done or {}).items():
        for epoch in epochs:
            if stops[which] is None:
                take(which, epoch)
    stop: Stop | None = None
    jobs = [
        (which, number)
        for number in range(plan.epochs)
        for which in range(len(sides))
        if number >= len(sides[which].epochs)
    ]
    _drop(sides, stops, dropped)
    if _settled(sides, stops, dropped) is not None:
        jobs = []
    try:
        for (which, _), epoch in run_jobs(
            problems, plan, jobs, lambda job: stops[job[0]] is None and not dropped[job[0]]
        ):
            take(which, epoch)
            if watch is not None:
                watch(which, sides[which], epoch)
            stop = ended(epoch, plan)
            _drop(sides, stops, dropped)
            if stop is not None or _settled(sides, stops, dropped) is not None:
                break
    except KeyboardInterrupt:
        if not any(side.front for side in sides):
            raise
        stop = Stop.INTERRUPTED
    shares = tuple(map(_share, sides))
    best = _best(sides)
    final = stop or stops[best] or Stop.EPOCHS
    outcomes = tuple(side.outcome(own or Stop.EPOCHS) for side, own in zip(sides, stops, strict=True))
    return Scanned(best, outcomes, shares, final)


def _share(side: Consumed) -> float:
    chosen = side.chosen
    return 1.0 if chosen is None else relation_share(chosen, side.problem)


def _score(side: Consumed) -> float:
    chosen = side.chosen
    if chosen is None:
        return np.inf
    return length(replace(chosen, error=max(relation_share(chosen, side.problem), FLOOR)), side.problem)


def _best(sides: Sequence[Consumed]) -> int:
    """The side with the shortest description; of those that leave as little, the first, which holds the
    highest derivatives: the same relation, solved for another of its terms."""
    scores = [_score(side) for side in sides]
    shares = [_share(side) for side in sides]
    best = int(np.argmin(scores))
    sizes = [0 if side.chosen is None else side.chosen.parameters for side in sides]
    return next(
        k
        for k in range(len(sides))
        if shares[k] <= TIED * max(shares[best], FLOOR) and sizes[k] <= sizes[best]
    )


def _drop(sides: Sequence[Consumed], stops: Sequence[Stop | None], dropped: list[bool]) -> None:
    """Give up sides that are far behind one that is settled, once each had its turn."""
    settled = [
        _share(side) for side, stop in zip(sides, stops, strict=True) if stop is not None and stop.decided
    ]
    if not settled or not all(side.epochs for side in sides):
        return
    limit = BEHIND * max(min(settled), FLOOR)
    for k, side in enumerate(sides):
        dropped[k] = dropped[k] or (stops[k] is None and _share(side) > limit)


def _settled(sides: Sequence[Consumed], stops: Sequence[Stop | None], dropped: Sequence[bool]) -> int | None:
    """The best side, if it is settled and no other one is still open."""
    if not all(side.epochs for side in sides):
        return None
    best = _best(sides)
    open_ = [k for k in range(len(sides)) if stops[k] is None and not dropped[k]]
    return best if stops[best] is not None and not open_ else None
