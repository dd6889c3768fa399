"""Which support: the shortest description of the data in which every term is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symeq.data.weak import CLEAN
from symeq.search.fitting import Evidence, Fit, Trial
from symeq.search.moments import Moments
from symeq.search.path import Corrected, Support, Uncorrected, path
from symeq.search.stepwise import Stepwise

MISFIT = 3.5  # deviations by which the residual may exceed the noise on half of the rungs
HOPELESS = 3 * MISFIT  # deviations beyond which no law that steps lead to would come back to that
MOST = 1e12  # deviations of the noise by which a rung can stand out
LONGEST = 40  # terms in a law; no law of a paper has more
PATIENCE = 8  # forward steps without a shorter description before a path ends


@dataclass(frozen=True)
class FrontEntry:
    """The best law of its size: ``residual`` is the share of the mean square of the left-hand sides it
    leaves. Laws of a search for functions are written out, one text for each equation, and have a
    ``complexity``: nodes and terms."""

    unknowns: int
    support: Support
    residual: float
    chosen: bool
    significant: bool
    complexity: int | None = None
    law: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The chosen law, the rung that determines its coefficients best, the front it was chosen from, the share
    of the left-hand side, noise taken off, that it lacks, and the score tests that chose it, if any did."""

    trial: Trial
    rung: int
    front: tuple[FrontEntry, ...]
    lack: float
    moments: Moments | None = None


def paths(evidence: Evidence, rung: int) -> list[Support]:
    """The supports of both paths: with the noise in the columns taken off, and without."""
    factors = evidence.rungs[rung]
    triangle, noise = evidence.totals[rung], evidence.noise[rung]
    found: dict[Support, None] = {(): None}
    for remainder in (Uncorrected(triangle), Corrected(triangle, noise, factors.independent)):
        stop = _Patience(evidence.blocks, evidence.penalty)
        found.update(dict.fromkeys(path(remainder, min(LONGEST, evidence.unknowns), stop)))
    return list(found)


class _Patience:
    """Ends a path that has not shortened the description for some steps."""

    def __init__(self, blocks: int, penalty: float) -> None:
        self.blocks, self.penalty = blocks, penalty
        self.shortest, self.since = np.inf, 0

    def __call__(self, size: int, left: float) -> bool:
        length = self.blocks * np.log(max(left, 1e-26)) + self.penalty * size
        self.since = 0 if length < self.shortest else self.since + 1
        self.shortest = min(length, self.shortest)
        return self.since >= PATIENCE


def select(evidence: Evidence, rungs: Sequence[int]) -> Choice:
    r"""Choose a law and a rung.

    Where it is known how the noise moves the scores, as it is in the weak form, and the law that the score
    tests of :class:`symeq.search.stepwise.Stepwise` lead to explains the data to the noise, it is taken, with
    its coefficients from all rungs. Else, in clean data and in those whose law is beyond the library:

    only supports of the paths in which every column is significant are considered. With r_S the residual sum
    of squares of a support S, n_S what the noise explains of it and :math:`\delta = 2 \sqrt{2/n}\, n_S` the
    uncertainty of that (n independent rows), S is *adequate* where :math:`r_S - n_S \le \delta`.

    1. Rungs are asked in the order of their power, the remainder of no law in units of :math:`\delta`; the
       first one with an adequate support that is significant on half of the rungs that hide neither it nor
       that there is something to explain gives its smallest.
    2. Where none is adequate (clean data, a library too small), the law is the least of

       .. math:: B \ln \max(r_S - n_S, \delta) + |S| \, (\ln B + 2 \ln K R)

       over all rungs; B counts blocks, not rows, since what is left beyond the noise is systematic and does
       not average out, K unknowns and R rungs (extended BIC).
    3. Within the noise these criteria are blind and significance alone decides: terms are added, at that rung
       and from the laws of other rungs, as long as all remain significant.
    4. Among laws of one size the one with the least residual over all rungs is taken; its coefficients come
       from the rung with the greatest :math:`\sum_j \ln z_j^2`.

    Source: J. Chen, Z. Chen, Biometrika 95 (2008) 759, for the penalty.
    """
    tried = {rung: paths(evidence, rung) for rung in rungs}
    if (choice := _by_scores(evidence, rungs, tried)) is not None:
        return choice
    good = {rung: [found for found in tried[rung] if evidence.significant(found, rung)] for rung in rungs}
    answers = [_at_rung(evidence, rung, good) for rung in rungs]
    law = _smallest_adequate(evidence, good)
    if law is None:
        law = min(answers, key=lambda answer: (answer.length, answer.rung)).law
    while longer := [a.law for a in answers if _replaces(evidence, rungs, a, law)]:
        law = min(longer, key=lambda found: (len(found), found))
    same_size = sorted({answer.law for answer in answers if len(answer.law) == len(law)} | {law})
    shared = [rung for rung in rungs if all(evidence.fit(found, rung) for found in same_size)]
    if shared:
        law = min(same_size, key=lambda found: sum(_in_noise(evidence, rung, found) for rung in shared))
    return _choice(evidence, law, tried)


def _by_scores(
    evidence: Evidence, rungs: Sequence[int], tried: Mapping[int, Sequence[Support]]
) -> Choice | None:
    """The law by score tests; None where the noise of the scores is not known, or not all that is left."""
    moments = _moments(evidence, rungs)
    if moments is None or not _within_reach(evidence, tried):
        return None
    independent = max(evidence.rungs[rung].independent for rung in rungs)
    penalty = float(np.log(independent) + 2 * np.log(max(1, evidence.unknowns)))
    law = Stepwise(moments, penalty).law(
        [support for rung in rungs for support in tried[rung]], _shortest_adequate(evidence, tried)
    )
    return _pooled(evidence, moments, law, tried)


def _within_reach(evidence: Evidence, tried: Mapping[int, Sequence[Support]]) -> bool:
    """Whether laws explain the data nearly to the noise on half of the rungs. Where none does, however long,
    the data are beyond the library, and a search among laws that all fail takes minutes."""
    least = [
        min(
            (_excess(evidence, fit, rung) for one in supports if (fit := evidence.fit(one, rung))),
            default=np.inf,
        )
        for rung, supports in tried.items()
    ]
    return 2 * sum(excess <= HOPELESS for excess in least) >= len(least)


def _moments(evidence: Evidence, rungs: Sequence[int]) -> Moments | None:
    """The score tests of noisy data in the weak form; None of others."""
    if evidence.rungs[0].certain >= CLEAN:
        return None
    moments = Moments(evidence, rungs)
    return moments if len(moments.scores) == len(rungs) else None


def _pooled(
    evidence: Evidence, moments: Moments, law: Support, tried: Mapping[int, Sequence[Support]]
) -> Choice | None:
    """A law with its coefficients from all rungs; None where it does not explain the data to the noise."""
    fits = [(rung, fit) for rung in tried if (fit := evidence.fit(law, rung)) is not None]
    explains = [_excess(evidence, fit, rung) <= MISFIT for rung, fit in fits]
    found = moments.best(law)
    if found is None or 2 * sum(explains) < len(explains):
        return None
    rung, pooled = found
    fit = evidence.fit(law, rung)
    assert fit is not None
    variance = np.maximum(np.diag(pooled.covariance), fit.certain)
    trial = Trial(replace(fit, beta=pooled.beta), np.sqrt(variance), pooled.beta**2 / variance)
    front = _front(evidence, rung, tried[rung], law)
    lacking = 0.0 if _excess(evidence, fit, rung) <= MISFIT else lack(evidence, fit, rung)
    return Choice(trial, rung, front, lacking, moments)


def _shortest_adequate(evidence: Evidence, tried: Mapping[int, Sequence[Support]]) -> Support:
    """The shortest support that leaves no more than noise on the rung where it was found; that of no terms
    where none does."""
    found: list[tuple[int, float, Support]] = []
    for rung, supports in tried.items():
        for support in sorted(supports, key=len):
            fit = evidence.fit(support, rung)
            if fit is not None and evidence.blind(fit, rung):
                found.append((len(support), fit.left / max(fit.explained, 1e-300), support))
                break
    return min(found, default=(0, 0.0, ()))[2]


def _excess(evidence: Evidence, fit: Fit, rung: int) -> float:
    """By how many deviations the residual exceeds what the noise explains."""
    deviation = np.sqrt(2 / evidence.rungs[rung].independent) * fit.explained
    return (fit.left - fit.explained) / max(float(deviation), 1e-300)


def _smallest_adequate(evidence: Evidence, good: Mapping[int, Sequence[Support]]) -> Support | None:
    def power(rung: int) -> float:
        null = evidence.fit((), rung)
        if null is None:
            return 0.0
        beyond, floor = null.left - null.explained, evidence.floor(null, rung)
        return beyond / floor if beyond < MOST * floor else MOST

    for rung in sorted(good, key=power, reverse=True):
        fits = [fit for support in good[rung] if (fit := evidence.fit(support, rung)) is not None]
        adequate = [(len(fit.support), fit.left, fit.support) for fit in fits if evidence.blind(fit, rung)]
        for _, _, support in sorted(adequate):
            if _widely_significant(evidence, list(good), support):
                return _extended(evidence, rung, support, good)
    return None


def adopt(evidence: Evidence, rungs: Sequence[int], propose: Callable[[np.ndarray], Support]) -> Choice:
    """Take the support that somebody else's rule proposes from a triangular factor, the one of the rung where
    it describes the data shortest."""
    proposals = {rung: propose(evidence.totals[rung]) for rung in rungs}
    described = [
        (_length(evidence, rung, support), rung, support)
        for rung, support in proposals.items()
        if evidence.fit(support, rung) is not None
    ]
    law = min(described, default=(0.0, 0, ()))[2]
    tried = {rung: [(), support] for rung, support in proposals.items()}
    moments = _moments(evidence, rungs)
    pooled = None if moments is None else _pooled(evidence, moments, law, tried)
    return pooled or _choice(evidence, law, tried)


def _choice(evidence: Evidence, law: Support, tried: Mapping[int, Sequence[Support]]) -> Choice:
    trials = [(rung, evidence.trial(law, rung)) for rung in tried]
    known = [(rung, trial) for rung, trial in trials if trial is not None]
    rung, trial = max(known, key=lambda pair: (_information(pair[1]), -pair[0]))
    return Choice(trial, rung, _front(evidence, rung, tried[rung], law), lack(evidence, trial.fit, rung))


def _length(evidence: Evidence, rung: int, support: Support) -> float:
    """The description length of a support that has a fit, relative to that of no terms at all."""
    null, fit = evidence.fit((), rung), evidence.fit(support, rung)
    if null is None or fit is None:
        return np.inf
    ratio = evidence.unexplained(fit, rung) / evidence.unexplained(null, rung)
    return evidence.blocks * float(np.log(ratio)) + evidence.penalty * len(support)


@dataclass(frozen=True)
class _Answer:
    rung: int
    law: Support
    length: float


def _at_rung(evidence: Evidence, rung: int, good: Mapping[int, Sequence[Support]]) -> _Answer:
    """The shortest description at one rung, extended where that is blind."""
    law = min(good[rung], key=lambda support: (_length(evidence, rung, support), support), default=())
    law = _extended(evidence, rung, law, good)
    return _Answer(rung, law, _length(evidence, rung, law))


def _extended(evidence: Evidence, rung: int, law: Support, good: Mapping[int, Sequence[Support]]) -> Support:
    while True:
        fit = evidence.fit(law, rung)
        if fit is None or not evidence.blind(fit, rung):
            return law
        single = [tuple(sorted([*law, j])) for j in range(evidence.unknowns) if j not in law]
        longer = [support for support in good[rung] if set(support) > set(law)]
        longer += [support for support in single if evidence.significant(support, rung)]
        longer = [support for support in longer if _widely_significant(evidence, list(good), support)]
        if not longer:
            return law
        law = min(longer, key=lambda support: (len(support), _length(evidence, rung, support), support))


def _replaces(evidence: Evidence, rungs: Sequence[int], answer: _Answer, law: Support) -> bool:
    """Whether the longer law of another rung, which contains this one, is to be preferred."""
    if not set(answer.law) > set(law) or not _widely_significant(evidence, rungs, answer.law):
        return False
    before, after = evidence.fit(law, answer.rung), evidence.fit(answer.law, answer.rung)
    if before is None or after is None:
        return False
    ratio = evidence.unexplained(before, answer.rung) / evidence.unexplained(after, answer.rung)
    shorter = evidence.blocks * np.log(ratio) > evidence.penalty * (len(answer.law) - len(law))
    return evidence.blind(before, answer.rung) or bool(shorter)


def _widely_significant(evidence: Evidence, rungs: Sequence[int], law: Support) -> bool:
    """Whether a law is significant on half of the rungs on which the noise hides neither its columns nor
    that there is something to explain."""
    shown = [rung for rung in rungs if evidence.fit(law, rung) is not None]
    telling = [rung for rung in shown if (null := evidence.fit((), rung)) and not evidence.blind(null, rung)]
    seen = [evidence.significant(law, rung) for rung in telling or shown]
    return bool(seen) and 2 * sum(seen) >= len(seen)


def _in_noise(evidence: Evidence, rung: int, law: Support) -> float:
    """The residual in units of the noise: a wrong law can pass on one rung, hardly on all."""
    fit = evidence.fit(law, rung)
    if fit is None:
        return np.inf
    return evidence.rungs[rung].independent * fit.left / max(fit.explained, 1e-9 * fit.left, 1e-300)


def _information(trial: Trial) -> float:
    """Of the coefficients and their errors: the z^2 of tests ends where tail probabilities do."""
    with np.errstate(divide="ignore"):
        ratios = trial.fit.beta**2 / trial.errors**2
    return float(np.sum(np.log(np.clip(ratios, 1e-3, 1e60))))


def lack(evidence: Evidence, fit: Fit, rung: int) -> float:
    """The share of what there is to explain, noise taken off, that is left; 0 below its uncertainty."""
    null = evidence.fit((), rung)
    if null is None or evidence.blind(fit, rung):
        return 0.0
    beyond = fit.left - fit.explained
    return beyond / max(evidence.rungs[rung].square - null.explained, beyond)


def _front(evidence: Evidence, rung: int, tried: Sequence[Support], law: Support) -> tuple[FrontEntry, ...]:
    best: dict[int, tuple[float, Support]] = {}
    for support in (*tried, law):
        fit = evidence.fit(support, rung)
        if fit is None:
            continue
        share = fit.left / max(evidence.rungs[rung].square, 1e-300)
        if support == law or len(support) != len(law) and share < best.get(len(support), (np.inf, ()))[0]:
            best[len(support)] = (share, support)
    return tuple(
        FrontEntry(size, support, share, support == law, evidence.significant(support, rung))
        for size, (share, support) in sorted(best.items())
    )
