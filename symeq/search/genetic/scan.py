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
BEHIND = 100.0  # a side whose relation leaves so many times more than the best is far behind
BEATEN = 1e4  # times the share of the best: an epoch that stays above it is not worth finishing
EVERYBODY = 3  # one bad epoch must not put a side out


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

    A side is settled when its own epochs agree. In each round the best side, at first that with the highest
    derivatives, goes first, and an epoch of another is given up early where it comes nowhere near. Rounds
    after the first leave out the sides that lie far behind, but for every third; the scan ends when the best
    side is settled and no open one is near it. Which sides a round asks for depends on the rounds before
    alone. Arguments as for `evolve`.
    """
    sides = [Consumed(problem) for problem in problems]
    stops: list[Stop | None] = [None] * len(sides)

    def take(which: int, epoch: EpochResult) -> None:
        sides[which].add(epoch)
        stops[which] = sides[which].stop(plan)

    kept = {which: list(epochs) for which, epochs in (done or {}).items()}
    stop: Stop | None = None
    try:
        for number in range(plan.epochs):
            asked = _asked(sides, stops, number)
            if not asked:
                break
            asked.sort(key=lambda which: _share(sides[which]))
            for group in (asked[:1], asked[1:]):
                beat = BEATEN * max(min(map(_share, sides)), FLOOR)
                jobs = [(which, len(sides[which].epochs)) for which in group if not kept.get(which)]
                for which in group:
                    if kept.get(which):
                        take(which, kept[which].pop(0))
                for (which, _), epoch in run_jobs(problems, replace(plan, beat=beat), jobs, lambda job: True):
                    take(which, epoch)
                    if watch is not None:
                        watch(which, sides[which], epoch)
                    stop = ended(epoch, plan)
                    if stop is not None:
                        break
                if stop is not None:
                    break
            if stop is not None:
                break
    except KeyboardInterrupt:
        if not any(side.front for side in sides):
            raise
        stop = Stop.INTERRUPTED
    best = _best(sides)
    outcomes = tuple(side.outcome(own or Stop.EPOCHS) for side, own in zip(sides, stops, strict=True))
    return Scanned(best, outcomes, tuple(map(_share, sides)), stop or stops[best] or Stop.EPOCHS)


def _asked(sides: Sequence[Consumed], stops: Sequence[Stop | None], number: int) -> list[int]:
    """The sides of a round: all in the first and in every third, else those not far behind the best.

    None once the best is settled and no other is near it.
    """
    open_ = [k for k, stop in enumerate(stops) if stop is None]
    if number == 0:
        return open_
    shares = [_share(side) for side in sides]
    near = [k for k in open_ if shares[k] <= BEHIND * max(min(shares), FLOOR)]
    if not near and stops[_best(sides)] is not None:
        return []
    return near if near and number % EVERYBODY else open_


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
