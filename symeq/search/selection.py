"""Which support: the shortest description of the data in which every term is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symeq.search.fitting import Evidence, Fit, Trial
from symeq.search.path import Corrected, Support, Uncorrected, path

LONGEST = 40  # terms in a law; no law of a paper has more
PATIENCE = 8  # forward steps without a shorter description before a path ends


@dataclass(frozen=True)
class FrontEntry:
    """The best law of its size: ``residual`` is the share of the mean square of the left-hand sides it
    leaves."""

    unknowns: int
    support: Support
    residual: float
    chosen: bool
    significant: bool


@dataclass(frozen=True)
class Choice:
    """The chosen law, the rung at which its coefficients are best determined, and the front it was chosen
    from."""

    trial: Trial
    rung: int
    front: tuple[FrontEntry, ...]
    adequate: bool


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


def select(evidence: Evidence, usable: int) -> Choice:
    r"""Choose a law and a rung.

    At each rung, among the supports S of the path in which every column is significant, the least of

    .. math:: B \ln \max(r_S - n_S, \delta) + |S| \, (\ln B + 2 \ln K)

    is taken: r_S is the residual sum of squares, n_S what the noise explains of it and :math:`\delta` the
    uncertainty of that; B counts blocks, not rows, since what is left beyond the noise is systematic and
    does not average out; K counts unknowns (extended BIC). Where the residual has come down to the noise this
    criterion is blind, and significance alone decides whether terms are added. A longer law found at
    another rung replaces the law it contains on the same two grounds, if it is significant on half of the
    rungs; among laws of one size the one with the least residual over all rungs is taken. The coefficients
    come from the rung with the greatest :math:`\sum_j \ln z_j^2`.

    Source: J. Chen, Z. Chen, Biometrika 95 (2008) 759, for the penalty.
    """
    answers = [_at_rung(evidence, rung, paths(evidence, rung)) for rung in range(usable)]
    law = min(answers, key=lambda answer: (answer.length, answer.rung)).law
    while longer := [
        a for a in answers if set(a.law) > set(law) and _replaces(evidence, usable, a.rung, a.law, law)
    ]:
        law = min((answer.law for answer in longer), key=lambda found: (len(found), found))
    same_size = sorted({answer.law for answer in answers if len(answer.law) == len(law)} | {law})
    law = min(same_size, key=lambda found: _pooled(evidence, usable, found))
    return _choice(evidence, usable, law, [answer.tried for answer in answers])


def adopt(evidence: Evidence, usable: int, propose: Callable[[np.ndarray], Support]) -> Choice:
    """Take the support that somebody else's rule proposes from a triangular factor, at the rung where it
    describes the data shortest."""
    proposals = [propose(evidence.totals[rung]) for rung in range(usable)]
    described = [
        (_length(evidence, rung, support), rung, support)
        for rung, support in enumerate(proposals)
        if evidence.fit(support, rung) is not None
    ]
    law = min(described, default=(0.0, 0, ()))[2]
    return _choice(evidence, usable, law, [((), support) for support in proposals])


def _choice(evidence: Evidence, usable: int, law: Support, tried: Sequence[Sequence[Support]]) -> Choice:
    trials = [(rung, evidence.trial(law, rung)) for rung in range(usable)]
    known = [(rung, trial) for rung, trial in trials if trial is not None]
    rung, trial = max(known, key=lambda pair: (_information(pair[1]), -pair[0]))
    return Choice(trial, rung, _front(evidence, rung, tried[rung], law), _adequate(evidence, trial.fit, rung))


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
    tried: tuple[Support, ...]


def _at_rung(evidence: Evidence, rung: int, supports: list[Support]) -> _Answer:
    good = [support for support in supports if evidence.significant(support, rung)]
    law = min(good, key=lambda support: (_length(evidence, rung, support), support), default=())
    while True:
        fit = evidence.fit(law, rung)
        if fit is None or not evidence.blind(fit, rung):
            break
        single = [tuple(sorted([*law, j])) for j in range(evidence.unknowns) if j not in law]
        longer = [support for support in good if set(support) > set(law)]
        longer += [support for support in single if evidence.significant(support, rung)]
        if not longer:
            break
        law = min(longer, key=lambda support: (len(support), _length(evidence, rung, support), support))
    return _Answer(rung, law, _length(evidence, rung, law), tuple(supports))


def _replaces(evidence: Evidence, usable: int, rung: int, longer: Support, law: Support) -> bool:
    before, after = evidence.fit(law, rung), evidence.fit(longer, rung)
    if before is None or after is None:
        return False
    gain = evidence.blocks * np.log(evidence.unexplained(before, rung) / evidence.unexplained(after, rung))
    shorter = gain > evidence.penalty * (len(longer) - len(law))
    seen = sum(evidence.significant(longer, other) for other in range(usable))
    return (evidence.blind(before, rung) or bool(shorter)) and 2 * seen >= usable


def _pooled(evidence: Evidence, usable: int, law: Support) -> float:
    """Residual over all rungs, in units of the noise: a wrong law can pass on one rung, hardly on all."""
    total = 0.0
    for rung in range(usable):
        fit = evidence.fit(law, rung)
        if fit is None:
            return np.inf
        unit = max(fit.explained, 1e-9 * fit.left, 1e-300)
        total += evidence.rungs[rung].independent * fit.left / unit
    return total


def _information(trial: Trial) -> float:
    return float(np.sum(np.log(np.maximum(trial.z2, 1e-3))))


def _adequate(evidence: Evidence, fit: Fit, rung: int) -> bool:
    """Whether what is left beyond the noise is below one percent of the left-hand side, or below its
    uncertainty."""
    return evidence.blind(fit, rung) or fit.left - fit.explained < 0.01 * evidence.rungs[rung].square


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
