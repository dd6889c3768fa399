"""Laws by size: the best of each, and which of them to believe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from symeq.search.genetic.constants import constants
from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.individual import weighed
from symeq.search.genetic.problem import Problem

FLOOR = 1e-14  # shares below this are round-off: it must not buy terms
CLOSE = 1.5  # the rule "score" looks among laws with an error up to this times the smallest


@dataclass(frozen=True)
class Model:
    """A law as it leaves an epoch: terms (vector of the frame, tree), the share it leaves, its complexity."""

    terms: tuple[tuple[int, Prefix], ...]
    error: float
    size: int

    @property
    def parameters(self) -> int:
        """Coefficients and inner constants."""
        return len(self.terms) + self.inner

    @property
    def inner(self) -> int:
        """Inner constants."""
        return sum(len(constants(prefix)) for _, prefix in self.terms)

    @property
    def weight(self) -> float:
        """The size by which laws compete."""
        return weighed(self.size, self.inner)


def pareto(models: Iterable[Model]) -> tuple[Model, ...]:
    """Those that no other one beats in both error and complexity, by complexity; of equally complex ones
    also those with fewer inner constants."""
    best: list[Model] = []
    for model in sorted(models, key=lambda m: (m.weight, m.error, repr(m.terms))):
        if not best or model.error < best[-1].error:
            best.append(model)
    return tuple(best)


def length(model: Model, problem: Problem) -> float:
    r"""The description length of a law and of what it leaves.

    .. math:: \frac{B}{2} \ln \text{nmse} + \frac{k}{2} \ln B + c \ln s

    B counts independent blocks, not rows, since what is left beyond the noise is systematic and does not
    average out (as in :func:`symeq.search.selection.select`); k coefficients and inner constants, c
    complexity, s symbols that a law may be written with.
    """
    return float(0.5 * problem.blocks * np.log(max(model.error, FLOOR))) + described(model, problem)


def described(model: Model, problem: Problem) -> float:
    r"""The length of the law alone, :math:`\frac{k}{2} \ln B + c \ln s`."""
    return float(0.5 * model.parameters * np.log(problem.blocks) + model.size * np.log(problem.symbols))


def choose(front: Sequence[Model], problem: Problem) -> Model | None:
    """The law with the shortest description; the shorter law in a tie."""
    return min(front, key=lambda model: (length(model, problem), model.size), default=None)


def by_score(front: Sequence[Model]) -> Model | None:
    """Among laws nearly as good as the best, the one whose last step in complexity gained most per node."""
    if not front:
        return None
    limit = CLOSE * max(front[-1].error, FLOOR)
    best, highest = front[0], -np.inf
    for k, model in enumerate(front):
        if max(model.error, FLOOR) > limit:
            continue
        before = front[k - 1] if k else None
        error, size = (max(before.error, FLOOR), before.size) if before else (1.0, 0)
        gain = np.log(error / max(model.error, FLOOR)) / max(1, model.size - size)
        if gain > highest:
            best, highest = model, gain
    return best
