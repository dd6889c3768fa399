"""The genetic engine: it searches the functions G_j of invariants that a symmetry leaves open."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import sympy as sp

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.implicit import ImplicitAnsatz
from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.relation import RelationAnsatz, relations_of
from symeq.data.samples import Samples
from symeq.data.sampling import Sampled
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry.calculus import expression_text
from symeq.latex import expression_latex
from symeq.search.engine import Ansatz, Constant, Found, Progress, SearchEnd
from symeq.search.genetic.epoch import EpochResult
from symeq.search.genetic.epochs import Consumed, Outcome, Plan, Stop, evolve
from symeq.search.genetic.explained import unexplained
from symeq.search.genetic.front import Model, by_score
from symeq.search.genetic.measured import Measured, measure
from symeq.search.genetic.operators import OPERATORS, Operator, chosen_operators
from symeq.search.genetic.refit import Refit
from symeq.search.genetic.scan import scan
from symeq.search.genetic.settling import Searched, settled
from symeq.search.genetic.soft import SoftSymmetry
from symeq.search.genetic.state import State
from symeq.search.genetic.stating import Stated, state
from symeq.search.joining import WORTH_A_WARNING
from symeq.search.selection import FrontEntry

ROWS = 1000  # of the search; more cost time and tell nothing new
DIGITS = 4  # of the laws of the front


@dataclass(frozen=True, kw_only=True)
class GeneticProgramming:
    r"""Search the functions :math:`G_j` of :math:`F = F_0 + \sum_j G_j(I) E_j`, sums of small trees.

    .. math:: F = F_0 + \sum_{k=1}^K \beta_k T_k(I_1, \ldots, I_m) E_{j_k}

    Every individual is a set of terms (vector, tree) with coefficients by least squares, so it has the
    symmetry by construction. Short epochs, each an independent evolution, are run until two of them choose
    the same law by its description length; that law is fitted again to all data, with standard errors.

    Arguments: ``seed`` of everything drawn; ``operators``, names or :class:`Operator`; ``epochs``, the most
    that are run; ``evaluations``, the most laws that are tried (looked at after each epoch); ``seconds``
    after which the best law so far is returned; ``workers``, processes, or an
    :class:`concurrent.futures.Executor` such as ``dask.distributed.Client(...).get_executor()``; ``state``,
    a file that keeps the finished epochs and from which a search that was broken off goes on; ``soft``, a
    symmetry as a penalty; ``rows`` of the search, ``population`` of an epoch. Ctrl-C ends the search with
    the best law so far.

    The same seed gives the same law for any number of workers, unless the clock ends the search.

    >>> GeneticProgramming(seed=1).operators[0].name
    'add'
    """

    seed: int = 0
    operators: Sequence[Operator | str] = OPERATORS
    epochs: int = 40
    evaluations: int | None = None
    seconds: float | None = None
    workers: int | Executor = 1
    state: str | Path | None = None
    soft: SoftSymmetry | None = None
    rows: int = ROWS
    population: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "operators", chosen_operators(self.operators))
        for name, least in (("seed", 0), ("epochs", 1), ("rows", 20), ("population", 10)):
            _check_whole(name, getattr(self, name), least)
        if self.evaluations is not None:
            _check_whole("evaluations", self.evaluations, 1)
        if isinstance(self.workers, int):
            _check_whole("workers", self.workers, 1)
        elif not callable(getattr(self.workers, "submit", None)):
            raise InvalidInput(
                f"GeneticProgramming(workers={self.workers!r}): expected a number of processes or an"
                " Executor."
            )
        number = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if self.seconds is not None and not (number and 0 < self.seconds < np.inf):
            raise InvalidInput(f"GeneticProgramming(seconds={self.seconds!r}): expected a positive number.")
        if self.state is not None and not isinstance(self.state, str | Path):
            raise InvalidInput(f"GeneticProgramming(state={self.state!r}): expected the path of a file.")
        if self.soft is not None and not isinstance(self.soft, SoftSymmetry):
            raise InvalidInput(f"GeneticProgramming(soft={self.soft!r}): expected a SoftSymmetry.")

    def __str__(self) -> str:
        return "genetic programming"

    def search(self, ansatz: Ansatz, samples: Sampled, progress: Progress | None = None) -> Found:
        """Search the functions of an ansatz, or all relations between its invariants in turn.

        Raises InvalidInput for a linear ansatz, NoLaw where nothing fits at all.
        """
        if isinstance(ansatz, LinearAnsatz):
            raise InvalidInput(
                "GeneticProgramming searches functions; a LinearAnsatz has none. Give it"
                " functional_ansatz(jet, symmetry), or take SparseRegression()."
            )
        saved = None if self.state is None else State(self.state)
        deadline = None if self.seconds is None else time.monotonic() + self.seconds
        plan = Plan(self.seed, self.epochs, self.evaluations, deadline, self.population, self.workers)
        if isinstance(ansatz, FunctionalAnsatz):
            return self._functions(ansatz, samples, plan, saved, progress)
        if self.soft is not None:
            raise InvalidInput("A soft symmetry is for laws u_t = F; a relation of invariants has no u_t.")
        relations = relations_of(ansatz) if isinstance(ansatz, ImplicitAnsatz) else ansatz
        return self._relations(relations, samples, plan, saved, progress)

    def _measure(self, form: FunctionalAnsatz, samples: Sampled) -> tuple[Measured, ...]:
        return measure(
            form,
            samples,
            chosen_operators(self.operators),
            rows=self.rows,
            seed=self.seed,
            soft=self.soft,
        )

    def _functions(
        self,
        form: FunctionalAnsatz,
        samples: Sampled,
        plan: Plan,
        saved: State | None,
        progress: Progress | None,
    ) -> Found:
        searches = self._measure(form, samples)
        _check_state(saved, searches, plan)
        outcomes = []
        for measured in searches:
            done = [] if saved is None else saved.epochs(measured.problem, plan)
            watch = _watching(measured, plan, saved, progress)
            outcomes.append(evolve(measured.problem, plan, done=done, watch=watch))
            if outcomes[-1].stop is Stop.INTERRUPTED:
                break
        if len(outcomes) < len(searches):
            raise KeyboardInterrupt
        return _found(list(zip(searches, outcomes, strict=True)), samples, progress, plan)

    def _relations(
        self,
        relations: RelationAnsatz,
        samples: Sampled,
        plan: Plan,
        saved: State | None,
        progress: Progress | None,
    ) -> Found:
        searches = []
        for form in relations.scan():
            try:
                [measured] = self._measure(form, samples)
            except InvalidInput:
                continue  # a side that vanishes, or an invariant that is nowhere defined
            searches.append(measured)
        if not searches:
            raise NoLaw("No invariant of the relation varies on these samples. Give other data.")
        _check_state(saved, searches, plan)
        problems = [measured.problem for measured in searches]
        done = {} if saved is None else {k: saved.epochs(p, plan) for k, p in enumerate(problems)}

        def watch(which: int, consumed: Consumed, epoch: EpochResult) -> None:
            _watching(searches[which], plan, saved, progress)(consumed, epoch)

        scanned = scan(problems, plan, done=done, watch=watch)
        best, outcome = searches[scanned.best], scanned.outcomes[scanned.best]
        total = sum(one.evaluations for one in scanned.outcomes)
        epochs = sum(len(one.epochs) for one in scanned.outcomes)
        outcome = replace(outcome, stop=scanned.stop)
        found = _found([(best, outcome)], samples, progress, plan)
        sides = ", ".join(
            f"{expression_text(one.form.leads[0])}: {share:.2g}"
            for one, share in sorted(zip(searches, scanned.shares, strict=True), key=lambda pair: pair[1])
        )
        note = f"left-hand sides tried, and the share that the best relation of each leaves: {sides}"
        end = None if found.end is None else replace(found.end, evaluations=total, epochs=epochs)
        return replace(found, notes=(*found.notes, note), end=end)


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput(f"GeneticProgramming({name}={value!r}): expected a whole number, {least} or more.")


def _check_state(saved: State | None, searches: Sequence[Measured], plan: Plan) -> None:
    if saved is not None and saved.foreign([measured.problem for measured in searches], plan):
        raise InvalidInput(
            f"{saved.path} is the state of another search: the data, the symmetry, the operators or the seed"
            " differ. Name another file, or ask for what was asked then."
        )


def _watching(
    measured: Measured, plan: Plan, saved: State | None, progress: Progress | None
) -> Callable[[Consumed, EpochResult], None]:
    """Keep each epoch, and tell the best law so far."""

    def watch(consumed: Consumed, epoch: EpochResult) -> None:
        if saved is not None:
            saved.add(measured.problem, plan, epoch)
        if progress is not None and consumed.chosen is not None:
            count = sum(one.evaluations for one in consumed.epochs)
            law = equations_latex(measured, consumed.chosen)
            number = len(consumed.epochs)
            progress(number, plan.epochs, f"epoch {number}, {count} laws tried, best so far: {law}")

    return watch


def equations_latex(measured: Measured, model: Model, digits: int = 3) -> str:
    """A law of one search as LaTeX, in the unknown functions where it has several vectors."""
    law = state([(measured, model)])
    values = {symbol: sp.Float(value, digits) for symbol, value in law.constants}
    beta = [sp.Float(float(b), digits) for b in law.beta]
    names = measured.form.jet.latex_names(*measured.form.leads, *measured.form.arguments)
    lines = []
    for a in measured.leads:
        side = measured.form.fixed[a] + sp.Add(
            *(b * vector[a].xreplace(values) for b, vector in zip(beta, law.terms, strict=True))
        )
        lines.append(f"{expression_latex(measured.form.leads[a], names)} = {expression_latex(side, names)}")
    return r",\quad ".join(lines)


def _texts(measured: Measured, model: Model) -> tuple[str, ...]:
    """The equations of a law of the front, in numbers of a few digits."""
    law = state([(measured, model)])
    values = {symbol: sp.Float(value, DIGITS) for symbol, value in law.constants}
    beta = [sp.Float(float(b), DIGITS) for b in law.beta]
    sides = []
    for a in measured.leads:
        parts = (b * vector[a].xreplace(values) for b, vector in zip(beta, law.terms, strict=True))
        side = measured.form.fixed[a] + sp.Add(*parts)
        sides.append(f"{expression_text(measured.form.leads[a])} = {side}")
    return tuple(sides)


def _found(
    searched: Sequence[Searched],
    samples: Sampled,
    progress: Progress | None,
    plan: Plan,
) -> Found:
    if all(outcome.chosen is None for _, outcome in searched):
        raise NoLaw(
            "No law fits: no function of the invariants explains more of these samples than chance would."
            " Give other data, other operators, or another symmetry."
        )

    def told(what: str) -> None:
        if progress is not None:
            progress(plan.epochs, plan.epochs, what)

    penalised = any(measured.problem.images is not None for measured, _ in searched)
    preferred = searched
    searched, law, fitted = settled(searched, None if penalised else samples, told)
    form = law.form
    beta, errors, spread = _values(law, fitted)
    law = law if fitted is None else fitted.law
    constants = tuple(
        Constant(symbol, value, float(error))
        for (symbol, value), error in zip(law.constants, spread, strict=True)
    )
    values = {constant.symbol: sp.Float(constant.value, 17) for constant in constants}
    functions = law.functions([sp.Float(float(b), 17) for b in beta], values)
    sides = form.rhs_with(functions)
    noise = 0.0 if fitted is None else fitted.explained / max(fitted.factors.square, 1e-300)
    rung = searched[0][0].rung if fitted is None else fitted.rung
    beyond = 0.0
    if isinstance(samples, Samples):
        beyond = unexplained(form.leads, sides, samples, rung, noise, plan.seed)
    warnings, notes = _told(searched, preferred, fitted, beyond)
    outcomes = [outcome for _, outcome in searched]
    weakest = next((o.stop for o in outcomes if not o.stop.decided), outcomes[0].stop)
    end = SearchEnd(
        weakest.value,
        all(outcome.stop.decided for outcome in outcomes),
        any(outcome.stop in (Stop.CLOCK, Stop.INTERRUPTED) for outcome in outcomes),
        sum(len(outcome.epochs) for outcome in outcomes),
        sum(outcome.evaluations for outcome in outcomes),
    )
    share = float(np.mean([o.chosen.error for o in outcomes if o.chosen is not None]))
    chi2 = np.inf if fitted is None or fitted.explained <= 0 else fitted.left / fitted.explained
    return Found(
        beta,
        errors,
        tuple(range(len(law.trees))),
        tuple(entry for measured, outcome in searched for entry in _front(measured, outcome)),
        share if fitted is None else fitted.left / max(fitted.factors.square, 1e-300),
        chi2,
        sum(measured.problem.rows for measured, _ in searched) if fitted is None else fitted.factors.rows,
        searched[0][0].problem.blocks if fitted is None else fitted.factors.blocks,
        notes,
        warnings,
        law.ansatz(),
        form,
        functions,
        constants,
        end,
    )


def _values(law: Stated, fitted: Refit | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, their errors, and those of the constants."""
    if fitted is None:
        return law.beta, np.full(len(law.beta), np.nan), np.full(len(law.constants), np.nan)
    return fitted.beta, fitted.errors, fitted.constant_errors


def _front(measured: Measured, outcome: Outcome) -> list[FrontEntry]:
    return [
        FrontEntry(
            len(model.terms),
            (),
            model.error,
            model == outcome.chosen,
            True,
            model.size,
            _texts(measured, model),
        )
        for model in outcome.front
    ]


def _told(
    searched: Sequence[Searched],
    preferred: Sequence[Searched],
    fitted: Refit | None,
    beyond: float,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Warnings and notes: how the search ended, and what the law does not explain."""
    warnings, notes = [], []
    for (measured, outcome), (_, before) in zip(searched, preferred, strict=True):
        names = ", ".join(expression_text(measured.form.leads[a]) for a in measured.leads)
        count = f"{len(outcome.epochs)} epochs, {outcome.evaluations} laws tried"
        notes.append(f"search for {names}: {outcome.stop.value} ({count})")
        if measured.left_out:
            notes.append(f"{measured.left_out} rows left out, where an invariant degenerates")
        if not outcome.stop.decided:
            warnings.append(f"The search for {names} was not decided: {outcome.stop.value}.")
        if before.chosen is not None and before.chosen != outcome.chosen:
            texts = "; ".join(_texts(measured, before.chosen))
            notes.append(
                f"the search preferred {texts}; on all data the shorter law leaves no more than noise"
            )
        other = by_score(outcome.front)
        if other is not None and other != outcome.chosen:
            texts = "; ".join(_texts(measured, other))
            notes.append(f"the largest gain per node, another rule, would choose {texts}")
    noisy = fitted is not None and fitted.explained > 0 and fitted.lack > WORTH_A_WARNING
    if beyond or noisy:
        share = max(beyond, fitted.lack if noisy and fitted is not None else 0.0)
        warnings.append(
            f"Not explained: {share:.2g} of the mean square of the left-hand side is left beyond what noise"
            " and differentiation account for. A variable, an operator or a term may be missing, or the"
            " symmetry may be wrong."
        )
    if any(measured.problem.images is not None for measured, _ in searched):
        notes.append("the soft symmetry is part of the fit: the coefficients have no standard errors")
    elif fitted is None:
        warnings.append(
            "The law has no standard errors: its terms are dependent on these data, or hidden by the noise."
        )
    elif fitted.dropped:
        notes.append(
            f"{fitted.dropped} terms of the search are not significant on all data and were left out"
        )
    return tuple(warnings), tuple(notes)
