"""The last word on the front: the shortest law that explains all data, fitted to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from symeq.data.sampling import Sampled
from symeq.data.weak import WeakSamples
from symeq.search.genetic.epochs import Outcome
from symeq.search.genetic.front import Model, described
from symeq.search.genetic.measured import Measured
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.refit import Refit, refit
from symeq.search.genetic.shortening import shortened
from symeq.search.genetic.stating import Stated, state
from symeq.search.genetic.weakrefit import WeakEvidence

Searched = tuple[Measured, Outcome]
MOST = 6  # laws that are fitted beside the chosen one
NEAR = 2.0  # times the error of the chosen law: what leaves more on the rows of the search is not tried


def settled(
    searched: Sequence[Searched], samples: Sampled | None, progress: Callable[[str], None]
) -> tuple[list[Searched], Stated, Refit | None]:
    r"""The laws that the searches chose, fitted to all data, or shorter ones that explain these to the noise.

    The rows of a search know the noise of the left-hand sides, and smooth derivatives until they disturb no
    more than that; what smoothing bends, a law with false terms follows. On all data the columns are closer
    to what they are and their noise is taken off: where the law leaves no more than noise there, so may a
    shorter one that some epoch found, and the shortest of these is taken.

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
        if found is None or found.lack:
            break
        for model in _shorter(outcome, measured.problem):
            tried = [*best[:k], (measured, replace(outcome, chosen=model)), *best[k + 1 :]]
            other, other_found = fitted(tried)
            if other_found is not None and not other_found.lack:
                best, law, found = tried, other, other_found
                break
    return best, law, found


def _shorter(outcome: Outcome, problem: Problem) -> list[Model]:
    """What takes less to describe than the chosen law and leaves not much more, the shortest first: of all
    laws that any epoch found, those that none beats in both."""
    if outcome.chosen is None:
        return []
    best: list[Model] = []
    for model in sorted(
        {model for epoch in outcome.epochs for model in epoch.front},
        key=lambda m: (described(m, problem), m.error, repr(m.terms)),
    ):
        if not best or model.error < best[-1].error:
            best.append(model)
    cost, error = described(outcome.chosen, problem), NEAR * outcome.chosen.error
    return [model for model in best if described(model, problem) < cost and model.error <= error][:MOST]
