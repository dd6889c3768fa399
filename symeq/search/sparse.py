"""The sparse-regression engine: a path of supports, chosen without a threshold, or any PySINDy optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.separate import Component, separate
from symeq.data.sampling import Sampled
from symeq.data.weak import WeakSamples
from symeq.errors import InvalidInput
from symeq.search.assemble import Factors, pass_over
from symeq.search.engine import Found, Progress
from symeq.search.fitting import Evidence
from symeq.search.integrated import pass_over_weak
from symeq.search.joining import Answer, joined
from symeq.search.pace import Pace
from symeq.search.path import Support
from symeq.search.selection import adopt, select
from symeq.search.workers import Workers, check_workers

if TYPE_CHECKING:
    from pysindy.optimizers import BaseOptimizer


@dataclass(frozen=True)
class SparseRegression:
    """Best supports of every size, and the one with the shortest description
    (:func:`symeq.search.selection.select`); equations that share no unknown are searched one by one.

    Arguments: ``optimizer``, any PySINDy optimiser, which then proposes the support instead (on the
    triangular factor, in free coordinates, so that it cannot leave the allowed laws); coefficients, errors
    and tests stay the same. ``workers``, who reduces samples by test functions (:func:`symeq.weak`): a number
    of processes, an :class:`concurrent.futures.Executor`, or None for the scheduler or
    ``distributed.Client`` that is active in dask, and this process where there is none. The law is the same
    to the bit for any workers, and what a worker that died had to do is done again. ``state``, a file that
    keeps what was reduced so far and from which a pass that was broken off goes on.

    >>> SparseRegression().seed is None
    True
    """

    optimizer: BaseOptimizer | None = None
    workers: Workers = None
    state: str | Path | None = None

    def __post_init__(self) -> None:
        check_workers(self.workers, "SparseRegression")
        if self.state is not None and not isinstance(self.state, str | Path):
            raise InvalidInput(f"SparseRegression(state={self.state!r}): expected the path of a file.")

    @property
    def seed(self) -> int | None:
        """Nothing is drawn at random."""
        return None

    def __str__(self) -> str:
        return "sparse regression" + (
            f" ({type(self.optimizer).__name__})" if self.optimizer is not None else ""
        )

    def search(self, ansatz: LinearAnsatz, samples: Sampled, progress: Progress | None = None) -> Found:
        """Reduce the samples to factors, then search on these alone.

        Of clean samples, which have points and integrals, the law is taken whose least certain term, that of
        the smallest :math:`|z_j|`, is the more certain: what only one of the two sees is an artefact of it.
        """
        if not isinstance(ansatz, LinearAnsatz):
            raise InvalidInput(
                f"SparseRegression finds numbers, in a linear ansatz; a {type(ansatz).__name__} has unknown"
                " functions. Take .linearise(degree) of a functional ansatz, or GeneticProgramming()."
            )
        kinds = samples.for_numbers
        if self.workers not in (None, 1) or self.state is not None:
            kinds = tuple(kind for kind in kinds if isinstance(kind, WeakSamples))
            if not kinds:
                raise InvalidInput(
                    "SparseRegression(workers=..., state=...) is for samples by test functions. Give it"
                    " sq.weak(record, jet), or leave these out."
                )
        try:
            return self._best(ansatz, kinds, progress)
        except InvalidInput:
            given = any(kind is samples for kind in kinds)
            if given or len(kinds) < len(samples.for_numbers):
                raise
            return self._found(ansatz, samples, progress)  # noisy points, between which no test function fits

    def _best(self, ansatz: LinearAnsatz, kinds: Sequence[Sampled], progress: Progress | None) -> Found:
        found: list[Found] = []
        refused: list[InvalidInput] = []
        for kind in kinds:
            try:
                found.append(self._found(ansatz, kind, progress))
            except InvalidInput as error:  # where values are missing, points may be left and no test function
                refused.append(error)
        if not found:
            raise refused[0]
        return max(found, key=_determined)

    def _found(self, ansatz: LinearAnsatz, samples: Sampled, progress: Progress | None) -> Found:
        points = sum(int(np.prod(list(part.sizes.values()))) for part in samples.record.parts)
        pace = Pace(points)

        def report(more: int) -> None:
            pace.add(more)
            if progress is not None:
                progress(pace.done, points, f"reducing the data{pace.left()}")

        if isinstance(samples, WeakSamples):
            passed = pass_over_weak(ansatz, samples, report, workers=self.workers, state=self.state)
        else:
            passed = pass_over(ansatz, samples, report)
        answers, components = [], separate(ansatz)
        for component in components:
            if progress is not None:
                leads = ", ".join(str(ansatz.leads[a]) for a in component.leads)
                progress(points, points, "choosing the terms" + f" of {leads}" * (len(components) > 1))
            answers.append(self._answer(component, passed.factors(component), samples))
        return joined(answers, samples, ansatz)

    def _answer(self, component: Component, factors: Sequence[Factors], samples: Sampled) -> Answer:
        evidence = Evidence(factors, samples.coarser if isinstance(samples, WeakSamples) else None)
        rungs = evidence.telling(samples.usable)
        choice = select(evidence, rungs) if self.optimizer is None else adopt(evidence, rungs, self._propose)
        return Answer(component, evidence, rungs, choice)

    def _propose(self, triangle: np.ndarray) -> Support:
        optimizer: Any = deepcopy(self.optimizer)
        if not hasattr(optimizer, "fit"):
            raise InvalidInput(
                f"SparseRegression(optimizer={self.optimizer!r}): a PySINDy optimiser instance is needed, "
                "for instance pysindy.STLSQ(threshold=0.05)."
            )
        optimizer.fit(triangle[:, :-1], triangle[:, -1:])
        return tuple(int(j) for j in np.flatnonzero(np.abs(np.ravel(optimizer.coef_)) > 0))


def _determined(found: Found) -> float:
    """The smallest z of all terms; 0 of none."""
    chosen = list(found.support)
    if not chosen:
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.min(np.abs(found.beta[chosen] / found.errors[chosen])))
