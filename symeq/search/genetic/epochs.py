"""Many short evolutions, in order, until two of them agree: the same answer for any number of workers."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from symeq.search.genetic.epoch import STANDS_OUT, EpochResult, Evolution
from symeq.search.genetic.front import Model, choose, pareto
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import predicted
from symeq.search.threads import one_thread

TERMS, TERMS_NOISY = (3, 4, 6, 8), (4, 6, 8)  # the most terms of an epoch's laws, drawn anew for each
AGREEING = 2  # epochs that must choose the same law
AGREEING_CRUDE = 4  # where it neither lies decades below all shorter ones nor within the noise
FEWEST_NOISY = 12  # epochs before a noisy search may stop
NOISY = 1e-6  # share of the target's mean square that is noise
SAME = 0.05  # of what a law leaves: laws that differ by less are the same law
SAME_ERROR = 1.2
ROUND_OFF = 1e-18  # a law that leaves no more needs no second witness


class Stop(Enum):
    """Why a search ended; the value is how that is told."""

    AGREED = "two independent epochs chose the same law"
    EXACT = "the law is exact to round-off"
    EPOCHS = "the largest number of epochs was reached, and no two of them agree"
    EVALUATIONS = "the evaluations granted are spent, and no two epochs agree"
    CLOCK = "the time granted was spent: another machine, or another day, may give another front"
    INTERRUPTED = "the search was interrupted"

    @property
    def decided(self) -> bool:
        """Whether the search itself was content."""
        return self in (Stop.AGREED, Stop.EXACT)


@dataclass(frozen=True)
class Plan:
    """How long to search: the most epochs and evaluations, the time at which to give up (monotonic), the
    individuals of a population, the seed of everything, and the share left that an epoch has to come below
    soon, or else it is given up."""

    seed: int = 0
    epochs: int = 40
    evaluations: int | None = None
    deadline: float | None = None
    population: int = 200
    workers: int | Executor = 1
    beat: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The union of all fronts, the law chosen from it, the epochs it came from, and why they ended."""

    front: tuple[Model, ...]
    chosen: Model | None
    epochs: tuple[EpochResult, ...]
    stop: Stop

    @property
    def evaluations(self) -> int:
        return sum(epoch.evaluations for epoch in self.epochs)


@dataclass
class Consumed:
    """The epochs so far, in order, and the law that two of them agree on."""

    problem: Problem
    epochs: list[EpochResult] = field(default_factory=list)
    _choices: list[tuple[Model, np.ndarray, bool]] = field(default_factory=list)

    def add(self, epoch: EpochResult) -> None:
        self.epochs.append(epoch)
        chosen = choose(epoch.front, self.problem)
        if chosen is not None:
            self._choices.append((chosen, predicted(chosen, self.problem), len(chosen.terms) < epoch.most))

    @property
    def front(self) -> tuple[Model, ...]:
        return pareto(model for epoch in self.epochs for model in epoch.front)

    @property
    def chosen(self) -> Model | None:
        """The law with the shortest description so far."""
        return choose(self.front, self.problem)

    def stop(self, plan: Plan) -> Stop | None:
        """Whether that is enough, and why."""
        chosen = self.chosen
        if chosen is not None:
            if chosen.error < ROUND_OFF:
                return Stop.EXACT
            noisy = self.problem.noise > NOISY
            if len(self.epochs) >= (FEWEST_NOISY if noisy else AGREEING):
                law = predicted(chosen, self.problem)
                witnesses = sum(
                    free
                    and max(chosen.error, model.error) <= SAME_ERROR * min(chosen.error, model.error)
                    and float(np.mean((law - other) ** 2)) <= SAME * chosen.error * self._square
                    for model, other, free in self._choices
                )
                if witnesses >= (AGREEING if noisy or self._stands_out(chosen) else AGREEING_CRUDE):
                    return Stop.AGREED
        if len(self.epochs) >= plan.epochs:
            return Stop.EPOCHS
        if plan.evaluations is not None and sum(e.evaluations for e in self.epochs) >= plan.evaluations:
            return Stop.EVALUATIONS
        return None

    def _stands_out(self, chosen: Model) -> bool:
        shorter = min((model.error for model in self.front if model.weight < chosen.weight), default=1.0)
        return chosen.error < STANDS_OUT * shorter

    def outcome(self, stop: Stop) -> Outcome:
        """What the search ends in."""
        front = self.front
        return Outcome(front, choose(front, self.problem), tuple(self.epochs), stop)

    @property
    def _square(self) -> float:
        return float(np.mean(self.problem.target**2))


Watch = Callable[["Consumed", EpochResult], None]


def evolve(
    problem: Problem, plan: Plan, *, done: Sequence[EpochResult] = (), watch: Watch | None = None
) -> Outcome:
    """Run epochs in the order of their numbers until they agree or something runs out.

    Arguments: ``done``, the epochs of a search that was broken off, which are not run again; ``watch``,
    called after each epoch. An epoch depends on the problem, the seed and its number alone, and results are
    taken in order, so that the outcome is the same for any number of workers, unless the clock ends it.
    Ctrl-C ends the search with what was found; where that is nothing, KeyboardInterrupt goes on.
    """
    consumed = Consumed(problem)
    stop: Stop | None = None
    for epoch in done:
        consumed.add(epoch)
        stop = consumed.stop(plan)
        if stop is not None:
            break
    try:
        jobs = [(0, number) for number in range(len(consumed.epochs), plan.epochs)] if stop is None else []
        for _, epoch in run_jobs([problem], plan, jobs, lambda job: True):
            consumed.add(epoch)
            if watch is not None:
                watch(consumed, epoch)
            stop = ended(epoch, plan) or consumed.stop(plan)
            if stop is not None:
                break
    except KeyboardInterrupt:
        if not consumed.front:
            raise
        stop = Stop.INTERRUPTED
    return consumed.outcome(stop or Stop.EPOCHS)


def ended(epoch: EpochResult, plan: Plan) -> Stop | None:
    """Whether the clock or the user ended a search with this epoch."""
    if epoch.interrupted:
        return Stop.INTERRUPTED
    if epoch.late or plan.deadline is not None and time.monotonic() > plan.deadline:
        return Stop.CLOCK
    return None


def run_epoch(problem: Problem, plan: Plan, number: int) -> EpochResult:
    """The epoch of one number: its seed and the most terms follow from the seed of the search."""
    [word] = np.random.SeedSequence(plan.seed, spawn_key=(number,)).generate_state(1, np.uint64)
    dice = random.Random(int(word))
    most = dice.choice(TERMS_NOISY if problem.noise > NOISY else TERMS)
    # What is not finite is refused where it is interned.
    with one_thread(), np.errstate(all="ignore"):
        evolution = Evolution(problem, dice.getrandbits(62), most, plan.population)
        return evolution.run(plan.deadline, beat=plan.beat)


Job = tuple[int, int]  # which problem, and the number of the epoch


def run_jobs(
    problems: Sequence[Problem], plan: Plan, jobs: Sequence[Job], needed: Callable[[Job], bool]
) -> Iterator[tuple[Job, EpochResult]]:
    """Epochs in the order asked, however many run at once; ``needed`` is asked when the turn of one comes."""
    bare = replace(plan, workers=1)
    if plan.workers == 1:
        for job in jobs:
            if needed(job):
                yield job, run_epoch(problems[job[0]], bare, job[1])
        return
    with _workers(problems, plan) as (submit, ahead):
        waiting: dict[Job, Future[EpochResult]] = {}
        try:
            for place, job in enumerate(jobs):
                for later in jobs[place : place + ahead]:
                    if later not in waiting and needed(later):
                        waiting[later] = submit(later[0], bare, later[1])
                if needed(job):
                    yield job, waiting.pop(job).result()
        finally:
            for future in waiting.values():
                future.cancel()


Submit = Callable[[int, Plan, int], "Future[EpochResult]"]


@contextmanager
def _workers(problems: Sequence[Problem], plan: Plan) -> Iterator[tuple[Submit, int]]:
    """Who runs epochs: processes of this machine, or whoever stands behind an executor that was given."""
    if isinstance(plan.workers, int):
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
        pool = ProcessPoolExecutor(plan.workers, context, _remember, (tuple(problems),))
        try:
            yield lambda which, bare, number: pool.submit(_run_remembered, which, bare, number), plan.workers
        finally:
            # Epochs that nobody waits for any more are not worth finishing.
            processes = list((getattr(pool, "_processes", None) or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
    else:
        executor = plan.workers
        yield lambda which, bare, number: executor.submit(run_epoch, problems[which], bare, number), AHEAD


AHEAD = 8  # epochs handed to an executor of unknown size at once
_PROBLEMS: list[Problem] = []  # of a worker process


def _remember(problems: Sequence[Problem]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who collects the results
    _PROBLEMS[:] = problems


def _run_remembered(which: int, plan: Plan, number: int) -> EpochResult:
    return run_epoch(_PROBLEMS[which], plan, number)
