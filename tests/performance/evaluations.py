"""What a generation costs: laws per second, the share of Python, and what reuse of subtrees is worth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from symeq.search.genetic.epoch import Evolution
from symeq.search.genetic.forest import Forest
from symeq.search.genetic.individual import Individual
from symeq.search.genetic.problem import Problem
from tests.performance.rivals import TARGETS

HEADER = (
    "target", "subtrees", "rows", "generations", "ms per generation", "new laws per s", "laws per s",
    "columns", "Gram", "solve", "constants", "Python",
)  # fmt: skip
GENERATIONS, POPULATION = 30, 200
NAMES = ("Darcy, invariants", "lambda-omega I_t, invariants", "x1^2 x2 - x3/2 + sin x1")


class Forgetful(Forest):
    """A forest that computes every column anew whenever it is asked for it."""

    def values(self, number: int) -> np.ndarray:
        if number >= len(self.problem.names):
            self.columns.pop(number, None)
        return super().values(number)


def rows(generations: int = GENERATIONS, large: bool = True) -> Iterator[tuple[str, ...]]:
    """Each target with subtrees kept and computed anew; small: the last target alone."""
    for target in TARGETS:
        if target.name in (NAMES if large else NAMES[-1:]):
            problem = target.problem(0)
            for reuse in (True, False):
                yield measure(target.name, problem, reuse, generations)


def measure(name: str, problem: Problem, reuse: bool, generations: int) -> tuple[str, ...]:
    """Generations of one evolution; the clock runs inside arithmetic on arrays, the rest is Python."""
    clock = Clock()
    with threadpool_limits(1, "blas"), np.errstate(all="ignore"):
        evolution = Evolution(problem, 1, 6, POPULATION)
        if not reuse:
            evolution.forest.__class__ = Forgetful
        clock.time(evolution.forest, "_apply", "columns")
        clock.time(evolution.forest, "_fingerprint", "columns")
        clock.time(evolution.columns, "column", "columns")
        clock.time(evolution.columns, "_fill", "Gram")
        clock.time(evolution, "solved", "solve")
        clock.time(evolution, "polish", "constants")
        begun = time.perf_counter()
        start = [evolution.toolbox.individual() for _ in range(POPULATION)]
        population: list[Individual] = evolution.distinct(evolution.evaluate(start))
        evolution.improve(population)
        for _ in range(generations):
            population, _ = evolution.generation(population)
        seconds = time.perf_counter() - begun
    count = generations + 1
    asked = POPULATION * count
    spent = clock.spent
    arithmetic = sum(spent.values())
    return (
        name, "kept" if reuse else "anew", str(problem.rows), str(generations),
        f"{1000 * seconds / count:.1f}", f"{evolution.evaluations / seconds:.0f}", f"{asked / seconds:.0f}",
        *(f"{spent[part] / seconds:.0%}" for part in ("columns", "Gram", "solve", "constants")),
        f"{1 - arithmetic / seconds:.0%}",
    )  # fmt: skip


class Clock:
    """Seconds by part, those of a part inside another counted once, for the inner one."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside: list[float] = []

    def time(self, owner: Any, name: str, part: str) -> None:
        """Time a method of an object."""
        function = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            self._inside.append(0.0)
            try:
                return function(*arguments, **options)
            finally:
                seconds = time.perf_counter() - begun
                self.spent[part] += seconds - self._inside.pop()
                if self._inside:
                    self._inside[-1] += seconds

        setattr(owner, name, timed)
