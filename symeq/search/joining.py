"""What was found for equations that share no unknown, as one law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.separate import Component
from symeq.data.sampling import Sampled
from symeq.search.assemble import Factors
from symeq.search.engine import Found
from symeq.search.fitting import Evidence
from symeq.search.identifiability import Exchange, Identifiability, identifiability
from symeq.search.path import Support
from symeq.search.selection import Choice, FrontEntry

WORTH_A_WARNING = 0.01  # of the left-hand side left unexplained


@dataclass(frozen=True)
class Answer:
    """The choice made for some equations, on the factors of some rungs."""

    component: Component
    evidence: Evidence
    rungs: Sequence[int]
    choice: Choice

    @property
    def factors(self) -> Factors:
        """Those of the rung that the coefficients are from."""
        return self.evidence.rungs[self.choice.rung]


def joined(answers: Sequence[Answer], samples: Sampled, ansatz: LinearAnsatz) -> Found:
    """One law of them all: squares add, and every equation keeps its coefficients and errors."""
    beta, errors = np.zeros(ansatz.unknowns), np.full(ansatz.unknowns, np.nan)
    for answer in answers:
        places = _placed(answer, answer.choice.trial.fit.support)
        beta[list(places)] = answer.choice.trial.fit.beta
        errors[list(places)] = answer.choice.trial.errors
    fits = [answer.choice.trial.fit for answer in answers]
    left, explained = sum(fit.left for fit in fits), sum(fit.explained for fit in fits)
    square = sum(answer.factors.square for answer in answers)
    identified = _identified(answers, ansatz.unknowns)
    return Found(
        beta,
        errors,
        tuple(sorted(j for answer in answers for j in _placed(answer, answer.choice.trial.fit.support))),
        _front(answers),
        left / max(square, 1e-300),
        left / explained if explained > 0 else np.inf,
        sum(answer.factors.rows for answer in answers),
        max(answer.factors.blocks for answer in answers),
        tuple(_notes(answers, samples, ansatz)),
        (*_lacking(answers, ansatz), *identified.warnings(ansatz)),
        identifiability=identified,
        samples=samples,
    )


def _placed(answer: Answer, support: Support) -> Support:
    """Unknowns of some equations by their places in the whole ansatz."""
    return tuple(answer.component.unknowns[j] for j in support)


def _named(answer: Answer, ansatz: LinearAnsatz) -> str:
    return ", ".join(str(ansatz.leads[a]) for a in answer.component.leads)


def _notes(answers: Sequence[Answer], samples: Sampled, ansatz: LinearAnsatz) -> list[str]:
    names = [str(x) for x in samples.jet.independent]
    if len({answer.choice.rung for answer in answers}) == 1:
        given = [("", answers[0].choice.rung)]
    else:
        given = [(f" of {_named(answer, ansatz)}", answer.choice.rung) for answer in answers]
    notes = [
        f"coefficients{of} from: {name} {rule}"
        for of, rung in given
        for name, rule in zip(names, samples.rungs[rung], strict=True)
    ]
    undefined = max(answer.factors.undefined for answer in answers)
    if undefined:
        notes.append(f"{undefined} samples left out, where a term has no finite value")
    return notes


def _lacking(answers: Sequence[Answer], ansatz: LinearAnsatz) -> list[str]:
    warnings = []
    for answer in answers:
        if answer.choice.lack > WORTH_A_WARNING:
            sides = "left-hand sides" if len(answers) == 1 else f"left-hand side {_named(answer, ansatz)}"
            warnings.append(
                f"{answer.choice.lack:.1%} of the mean square of the {sides}, noise taken off, is left "
                "unexplained: a term may be missing from the library, or the symmetry may be wrong."
            )
    return warnings


def _identified(answers: Sequence[Answer], unknowns: int) -> Identifiability:
    inflation = np.ones(unknowns)
    support: list[int] = []
    groups: list[Support] = []
    dependent: list[Support] = []
    exchanges: list[Exchange] = []
    condition = 1.0
    for answer in answers:
        choice = answer.choice
        own = identifiability(
            answer.evidence, choice.trial.fit.support, choice.rung, answer.rungs, choice.moments
        )
        condition = max(condition, own.condition)
        inflation[list(answer.component.unknowns)] = own.inflation
        support += _placed(answer, own.support)
        groups += [_placed(answer, group) for group in own.groups]
        dependent += [_placed(answer, group) for group in own.dependent]
        exchanges += [
            Exchange(answer.component.unknowns[one.term], _placed(answer, one.others))
            for one in own.exchanges
        ]
    return Identifiability(
        tuple(sorted(support)), condition, inflation, tuple(groups), tuple(dependent), tuple(exchanges)
    )


def _front(answers: Sequence[Answer]) -> tuple[FrontEntry, ...]:
    """For each number of terms those of the equations' fronts that leave least; the chosen law among them."""
    square = max(sum(answer.factors.square for answer in answers), 1e-300)
    best = {0: FrontEntry(0, (), 0.0, True, True)}
    chosen = best[0]
    for answer in answers:
        share = answer.factors.square / square
        longer: dict[int, FrontEntry] = {}
        for entry in answer.choice.front:
            for shorter in best.values():
                both = _with(shorter, entry, _placed(answer, entry.support), share)
                if both.unknowns not in longer or both.residual < longer[both.unknowns].residual:
                    longer[both.unknowns] = both
            if entry.chosen:
                chosen = _with(chosen, entry, _placed(answer, entry.support), share)
        best = longer
    best[chosen.unknowns] = chosen
    return tuple(
        entry
        if entry is chosen
        else FrontEntry(size, entry.support, entry.residual, False, entry.significant)
        for size, entry in sorted(best.items())
    )


def _with(law: FrontEntry, entry: FrontEntry, support: Support, share: float) -> FrontEntry:
    return FrontEntry(
        law.unknowns + entry.unknowns,
        tuple(sorted((*law.support, *support))),
        law.residual + share * entry.residual,
        law.chosen and entry.chosen,
        law.significant and entry.significant,
    )
