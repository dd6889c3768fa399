"""The last word on the laws of a search: which of them describes all data in the shortest way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from symeq.data.sampling import Sampled
from symeq.data.weak import WeakSamples
from symeq.search.genetic.epochs import Outcome
from symeq.search.genetic.front import Model, described, length
from symeq.search.genetic.measured import Measured
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.refit import Refit, refit
from symeq.search.genetic.shortening import shortened
from symeq.search.genetic.stating import Stated, state
from symeq.search.genetic.weakrefit import WeakEvidence

Searched = tuple[Measured, Outcome]
MOST = 5  # laws that are fitted beside the chosen one
NOISE = 0.1  # of what a law leaves: with a smaller share of noise nothing is compared again
NEAR = 2.0  # times the error of the chosen law: what leaves more on the rows of the search is not tried


def settled(
    searched: Sequence[Searched], samples: Sampled | None, progress: Callable[[str], None]
) -> tuple[list[Searched], Stated, Refit | None]:
    r"""The laws that the searches chose, fitted to all data, or those that have a shorter description there.

    The rows of a search know the noise of the left-hand sides, and smooth derivatives until they disturb no
    more than that; what smoothing bends, a law with false terms follows. On all data the columns are closer
    to what they are and their noise is taken off. So there the best laws of all epochs are compared again, by

    .. math:: \tfrac{n}{2} \ln \frac{r}{n_S} + \frac{k}{2} \ln B + c \ln s

    with :math:`r / n_S` what a law leaves by the noise in it, on n test functions; shorter ones than the
    chosen law, and longer ones only if it leaves more than noise.

    Arguments: ``samples``, None where nothing is fitted again; ``progress``, called with what is done.
    Returns the searches with the laws that are taken, the law of all of them, and its fit.
    """
    fitting = WeakEvidence(samples) if isinstance(samples, WeakSamples) else samples

    def fitted(some: Sequence[Searched]) -> tuple[Stated, Refit | None]:
        progress("fitting the law to all data")
        models = [(one, outcome.chosen) for one, outcome in some]
        law = state([(one, shortened(model, one.problem)) for one, model in models if model is not None])
        return law, None if fitting is None else refit(law, fitting)

    best = list(searched)
    law, found = fitted(best)
    for k, (measured, outcome) in enumerate(searched):
        if found is None or outcome.chosen is None or not _noisy(found):
            break
        shortest = found.surprise + described(outcome.chosen, measured.problem)
        for model in _others(outcome, measured.problem, explained=not found.lack):
            tried = [*best[:k], (measured, replace(outcome, chosen=model)), *best[k + 1 :]]
            other, other_found = fitted(tried)
            if other_found is None:
                continue
            now = other_found.surprise + described(model, measured.problem)
            if now < shortest:
                best, law, found, shortest = tried, other, other_found, now
    return best, law, found


def _noisy(found: Refit) -> bool:
    """Whether noise accounts for some of what is left: else the rows of the search tell as much."""
    return found.explained > NOISE * found.left


def _others(outcome: Outcome, problem: Problem, *, explained: bool) -> list[Model]:
    """Laws that leave not much more than the chosen one, those with the shortest description first: of all
    that any epoch found, those that none beats in length and error; ``explained``, only shorter ones."""
    chosen = outcome.chosen
    assert chosen is not None
    best: list[Model] = []
    for model in sorted(
        {model for epoch in outcome.epochs for model in epoch.front},
        key=lambda m: (described(m, problem), m.error, repr(m.terms)),
    ):
        if not best or model.error < best[-1].error:
            best.append(model)
    cost = described(chosen, problem) if explained else np.inf
    near = [
        m for m in best if m != chosen and described(m, problem) < cost and m.error <= NEAR * chosen.error
    ]
    return sorted(near, key=lambda model: length(model, problem))[:MOST]
