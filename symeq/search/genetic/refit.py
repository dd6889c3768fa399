"""The coefficients and constants of a law on all rows, with their errors, corrected for the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from symeq.data.samples import Samples
from symeq.data.sampling import Sampled
from symeq.data.weak import WeakSamples
from symeq.errors import SymeqError
from symeq.search.assemble import Factors, assemble
from symeq.search.fitting import Evidence, Trial
from symeq.search.genetic.seen import is_clean
from symeq.search.genetic.stating import Stated
from symeq.search.genetic.weakrefit import WeakEvidence
from symeq.search.selection import lack

STEPS = 3  # of Gauss and Newton, each a pass over the data
SETTLED = 0.1  # of its standard error: a constant that moves less has arrived
LONGEST = 250  # operations of a law whose columns are corrected for the noise
FURTHEST = 0.5  # of its value: a constant that wants to move more is not near an optimum


@dataclass(frozen=True)
class Refit:
    """The law with values from all rows: coefficients, constants and errors; the fit of the factors it comes
    from, the share of what there is to explain, noise taken off, that it lacks, and what it leaves by the
    noise that there is, n/2 ln(r/n_S), as a length."""

    law: Stated
    beta: np.ndarray
    errors: np.ndarray
    constant_errors: np.ndarray
    factors: Factors
    left: float
    explained: float
    lack: float
    surprise: float
    rung: int
    dropped: int


def refit(law: Stated, samples: Sampled | WeakEvidence) -> Refit | None:
    r"""Fit a law and its inner constants to all rows, with the noise in the columns taken off.

    F is linear near the constants c found by the search,

    .. math:: F(c + \delta) \approx \sum_k \beta_k T_k E_{j_k}
              + \sum_i \delta_i \sum_k \beta_k \frac{\partial T_k}{\partial c_i} E_{j_k},

    so the derivatives are columns more, their coefficients the steps of the constants, and their standard
    errors those of the constants (:class:`symeq.search.fitting.Evidence`). Terms that are not significant
    are taken out, the least first. Weak samples are fitted by their integrals, several laws on the same rows
    by one :class:`~symeq.search.genetic.weakrefit.WeakEvidence`. None where the columns are dependent or
    hidden by the noise.
    """
    operations = sum(int(sp.count_ops(e)) for vector in law.terms for e in vector)
    if isinstance(samples, Samples) and (is_clean(samples) or operations > LONGEST):
        # The correction would cost more than the search.
        samples = replace(samples, noise=(0.0,) * len(samples.noise))
    if isinstance(samples, WeakSamples):
        samples = WeakEvidence(samples)
    dropped = 0
    for _ in range(STEPS):
        factored = _factored(law, samples)
        if factored is None:
            return None
        evidence, rungs = factored
        columns = list(range(len(law.trees) + len(law.constants)))
        while True:
            answer = _fitted(evidence, rungs, columns, len(law.trees))
            if answer is None:
                return None
            trial, rung = answer
            terms = len(law.trees)
            weakest = int(np.argmin(trial.z2[:terms]))
            if terms == 1 or trial.z2[weakest] >= evidence.penalty:
                break
            before, law, dropped = law, law.without(weakest), dropped + 1
            symbols = [symbol for symbol, _ in law.constants]
            kept = [k for k in range(terms) if k != weakest]
            kept += [terms + k for k, (symbol, _) in enumerate(before.constants) if symbol in symbols]
            columns = [columns[k] for k in kept]
        steps, spread = trial.fit.beta[terms:], trial.errors[terms:]
        values = np.array([value for _, value in law.constants])
        if not len(values) or np.all(np.abs(steps) <= SETTLED * spread + 1e-12 * np.abs(values)):
            break
        if np.any(np.abs(steps) > FURTHEST * np.abs(values)):
            break
        law = law.at(values + steps)
        law = Stated(law.form, law.trees, law.vectors, trial.fit.beta[:terms], law.constants)
    fit = trial.fit
    return Refit(
        law.renumbered(),
        fit.beta[:terms],
        trial.errors[:terms],
        trial.errors[terms:],
        evidence.rungs[rung],
        fit.left,
        fit.explained,
        *_misfit(evidence, rungs, tuple(columns)),
        rung,
        dropped,
    )


def _factored(law: Stated, samples: Samples | WeakEvidence) -> tuple[Evidence, list[int]] | None:
    """The factors of the terms and of their slopes in the constants, and the rungs that tell something."""
    values = {symbol: sp.Float(value, 17) for symbol, value in law.constants}
    vectors = [tuple(e.xreplace(values) for e in vector) for vector in law.terms]
    beta = [sp.Float(float(b), 17) for b in law.beta]
    for symbol, _ in law.constants:
        slopes = [
            sp.Add(*(b * vector[a].diff(symbol) for b, vector in zip(beta, law.terms, strict=True)))
            for a in range(len(law.form.leads))
        ]
        vectors.append(tuple(slope.xreplace(values) for slope in slopes))
    try:
        if isinstance(samples, Samples):
            evidence, usable = Evidence(assemble(law.ansatz(vectors), samples)), samples.usable
        else:
            evidence, usable = samples.of(law, vectors), samples.samples.usable
    except SymeqError:
        return None
    return evidence, evidence.telling(min(usable, len(evidence.rungs)))


def _misfit(evidence: Evidence, rungs: Sequence[int], columns: tuple[int, ...]) -> tuple[float, float]:
    """What some columns lack, and the length of what they leave, on the rung where there is most to explain
    beyond the noise: where the coefficients are determined best, supports may be so small that the noise
    hides any law."""

    def power(rung: int) -> float:
        null = evidence.fit((), rung)
        if null is None:
            return -np.inf
        return (null.left - null.explained) / max(evidence.floor(null, rung), 1e-16 * null.left, 1e-300)

    known = [rung for rung in rungs if evidence.fit(columns, rung) is not None]
    rung = max(known, key=lambda one: (power(one), -one))
    fit = evidence.fit(columns, rung)
    assert fit is not None
    ratio = max(fit.left, 1e-300) / max(fit.explained, 1e-300)
    return lack(evidence, fit, rung), 0.5 * evidence.rungs[rung].independent * float(np.log(ratio))


def _fitted(
    evidence: Evidence, rungs: Sequence[int], columns: Sequence[int], terms: int
) -> tuple[Trial, int] | None:
    """The trial of some columns on the rung that determines the terms best."""
    trials = [(rung, evidence.trial(tuple(columns), rung)) for rung in rungs]
    known = [(rung, trial) for rung, trial in trials if trial is not None]
    if not known:
        return None

    def information(pair: tuple[int, Trial]) -> tuple[float, int]:
        return float(np.sum(np.log(np.maximum(pair[1].z2[:terms], 1e-3)))), -pair[0]

    rung, trial = max(known, key=information)
    return trial, rung
