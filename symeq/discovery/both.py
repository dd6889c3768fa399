"""Both engines: numbers of a library first, and functions where the library does not explain the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sympy import Expr, Float, lambdify

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.linear import LinearAnsatz
from symeq.data.samples import Samples
from symeq.data.sampling import Sampled
from symeq.data.weak import WeakSamples
from symeq.discovery.discover import discover
from symeq.discovery.law import Discovery
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry.calculus import expression_text
from symeq.search.assemble import assemble
from symeq.search.engine import Engine, Progress
from symeq.search.fitting import Evidence, Fit
from symeq.search.genetic import GeneticProgramming
from symeq.search.genetic.explained import ROWS, unexplained
from symeq.search.genetic.seen import left_by
from symeq.search.integrated import assemble_weak
from symeq.search.joining import WORTH_A_WARNING
from symeq.search.selection import FrontEntry, lack
from symeq.search.sparse import SparseRegression
from symeq.search.threads import one_thread

BETTER = 0.95  # of what the sparse law leaves beyond the noise: a law that leaves more explains no more
DIGITS = 4  # of the laws of the front


def discover_both(
    linear: LinearAnsatz,
    form: FunctionalAnsatz,
    samples: Sampled,
    *,
    sparse: SparseRegression | None = None,
    genetic: Engine | None = None,
    progress: Progress | None = None,
) -> Discovery:
    """Search a library of terms, and functions of invariants where its law leaves something unexplained.

    The genetic engine runs when sparse regression finds no law, warns, or leaves more than noise and
    differentiation account for. Its law is taken if it leaves less beyond the noise, at the same points. The
    front has the laws of both; those of the genetic engine have a ``complexity``. The notes of the provenance
    say which engine the law is from, and why.

    Arguments: ``linear`` and ``form``, what is allowed, with the same leads; ``samples`` of their jet;
    ``sparse``, ``genetic``, the engines; ``progress``, called with (done, total, what). Ctrl-C ends the
    genetic search, and the best law so far is returned.
    Raises NoLaw when neither finds a law, InvalidInput for different leads.

    >>> import symeq as sq
    >>> t, s = np.linspace(0, 6, 241), sq.translation("t") + sq.rotation("x", "y")
    >>> turning = sq.trajectories(t, np.stack([np.cos(t), np.sin(t)], axis=1), names="x y")
    >>> jet = sq.Jet("t", "x y")
    >>> linear = sq.linear_ansatz(jet, sq.monomials(*jet.dependent, degree=1), s)
    >>> law = discover_both(linear, sq.functional_ansatz(jet, s), sq.sample(turning, jet))
    >>> print(law.latex())
    \\begin{aligned}
    x_{t} &= -1.00\\, y \\\\
    y_{t} &= 1.00\\, x
    \\end{aligned}
    >>> print(law.provenance.notes[-1])
    the law is of sparse regression: it leaves nothing beyond what noise and differentiation account for
    """
    if linear.leads != form.leads:
        mine, theirs = (", ".join(map(str, ansatz.leads)) for ansatz in (linear, form))
        raise InvalidInput(f"One ansatz is for {mine}, the other one for {theirs}. Give both the same leads.")
    if isinstance(samples, Samples):  # the same for both engines
        samples = samples.for_numbers[0]
        samples = replace(samples, integrals=None) if isinstance(samples, Samples) else samples
    second = genetic or GeneticProgramming()
    try:
        law = discover(linear, samples, sparse or SparseRegression(), progress=progress)
    except NoLaw as error:
        return _after_nothing(str(error), form, samples, second, progress)
    with one_thread():
        known = _Fitted(law, linear, samples)
    missing = known.missing()
    law = replace(law, front=known.front())
    if not missing:
        return _noted(law, "it leaves nothing beyond what noise and differentiation account for")
    try:
        other = discover(form, samples, second, progress=progress)
    except (NoLaw, KeyboardInterrupt) as error:
        why = str(error) or "it was interrupted before it had found any."
        warning = f"Not explained: {missing}. Genetic programming found no law: {why}"
        law = replace(law, warnings=(*law.warnings, warning))
        return _noted(law, f"genetic programming, tried since {missing}, found none")
    return _better(known, law, other, missing)


@dataclass(frozen=True)
class _Fitted:
    """The law of sparse regression, with the evidence that it was chosen by."""

    law: Discovery
    linear: LinearAnsatz
    samples: Sampled
    evidence: Evidence
    rung: int

    def __init__(self, law: Discovery, linear: LinearAnsatz, samples: Sampled) -> None:
        if isinstance(samples, WeakSamples):
            evidence = Evidence(assemble_weak(linear, samples), samples.coarser)
        else:
            evidence = Evidence(assemble(linear, samples))
        fits = [evidence.fit(law.support, rung) for rung in range(len(evidence.rungs))]
        away = [
            np.inf if fit is None else abs(fit.left / max(factors.square, 1e-300) - law.residual)
            for fit, factors in zip(fits, evidence.rungs, strict=True)
        ]
        object.__setattr__(self, "law", law)
        object.__setattr__(self, "linear", linear)
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "evidence", evidence)
        object.__setattr__(self, "rung", int(np.argmin(away)))

    @property
    def noise(self) -> float:
        """The share of the mean square of the left-hand sides that the noise explains."""
        fit = self.evidence.fit(self.law.support, self.rung)
        return 0.0 if fit is None else fit.explained / max(self.evidence.rungs[self.rung].square, 1e-300)

    def missing(self) -> str:
        """What the law leaves unexplained, in words; "" where that is nothing."""
        sides = [rhs for _, rhs in self.law.equations]
        if isinstance(self.samples, WeakSamples):
            fit = self.evidence.fit(self.law.support, self.rung)
            beyond = 0.0 if fit is None else lack(self.evidence, fit, self.rung)
            beyond = beyond if beyond > WORTH_A_WARNING else 0.0
        else:
            beyond = unexplained(self.linear.leads, sides, self.samples, self.rung, self.noise, seed=0)
        if beyond:
            return (
                f"the law of sparse regression leaves {beyond:.2g} of the mean square of the left-hand side"
                " beyond what noise and differentiation account for"
            )
        known = self.law.identifiability
        others = (*self.samples.warnings, *(known.warnings(self.linear) if known else ()))
        own = [warning for warning in self.law.warnings if warning not in others]
        return f"sparse regression warns: {' '.join(own)}" if own else ""

    def front(self) -> tuple[FrontEntry, ...]:
        """The front of the law, each entry with its equations."""
        return tuple(replace(entry, law=self._texts(entry)) for entry in self.law.front)

    def _texts(self, entry: FrontEntry) -> tuple[str, ...]:
        fit = self.evidence.fit(entry.support, self.rung)
        if fit is None:
            return ()
        return tuple(
            f"{expression_text(lead)} = {side}"
            for lead, side in zip(self.linear.leads, self._sides(fit), strict=True)
        )

    def _sides(self, fit: Fit) -> list[Expr]:
        numbers = [Float(float(b), DIGITS) for b in fit.beta]
        parts = [[b * e for e in self.linear.basis[k]] for b, k in zip(numbers, fit.support, strict=True)]
        return [sum((part[a] for part in parts), fixed) for a, fixed in enumerate(self.linear.fixed)]


def _better(known: _Fitted, law: Discovery, other: Discovery, missing: str) -> Discovery:
    """The law that leaves less beyond the noise, with the front of both; of two that leave as much, the
    sparse one."""
    left, by_other = _shares([law, other], known.samples, known.rung)
    better = by_other - known.noise < BETTER * (left - known.noise)
    source = replace(
        other.provenance if better else law.provenance,
        seconds=law.provenance.seconds + other.provenance.seconds,
        seed=other.provenance.seed,
    )
    compared = f"the law of genetic programming leaves {by_other:.2g}, that of sparse regression {left:.2g}"
    if better:
        sparse = [replace(entry, chosen=False, support=()) for entry in law.front]
        found = replace(other, front=_sorted([*sparse, *other.front]), provenance=source)
        return _noted(found, f"{missing}; {compared}", "genetic programming")
    evolved = [replace(entry, chosen=False) for entry in other.front]
    warning = f"Not explained: {missing}. Genetic programming found nothing better: {compared}."
    found = replace(
        law,
        front=_sorted([*law.front, *evolved]),
        warnings=(*law.warnings, warning),
        provenance=source,
    )
    return _noted(found, compared)


def _sorted(front: Sequence[FrontEntry]) -> tuple[FrontEntry, ...]:
    return tuple(sorted(front, key=lambda entry: (entry.unknowns, entry.complexity or 0)))


def _shares(laws: Sequence[Discovery], samples: Sampled, rung: int) -> list[float]:
    """The share of the mean square of the left-hand sides that each law leaves, at the same points."""
    leads = laws[0].ansatz.leads
    if isinstance(samples, WeakSamples):
        return left_by(leads, [[dict(law.equations)[lead] for lead in leads] for law in laws], samples)
    sides = [dict(law.equations)[lead] for law in laws for lead in leads]
    symbols = set().union(*(e.free_symbols for e in (*leads, *sides)))
    coordinates = tuple(sorted(symbols, key=str))
    jets = samples.grid(coordinates).scattered(rung, ROWS, 0)
    compiled = lambdify(coordinates, [*leads, *sides], "numpy", cse=True)
    count = len(jets[coordinates[0]])
    with np.errstate(all="ignore"):
        found = [
            np.broadcast_to(np.asarray(v, float), (count,)) for v in compiled(*map(jets.get, coordinates))
        ]
    values = np.stack(found)
    values = values[:, np.isfinite(values).all(axis=0)].reshape(len(laws) + 1, len(leads), -1)
    square = np.maximum(np.mean(values[0] ** 2, axis=1, keepdims=True), 1e-300)
    return [float(np.mean((values[0] - one) ** 2 / square)) for one in values[1:]]


def _after_nothing(
    reason: str, form: FunctionalAnsatz, samples: Sampled, genetic: Engine, progress: Progress | None
) -> Discovery:
    """The law of the genetic engine, where sparse regression found none."""
    try:
        law = discover(form, samples, genetic, progress=progress)
    except NoLaw as error:
        raise NoLaw(f"Sparse regression: {reason} Genetic programming: {error}") from error
    return _noted(law, f"sparse regression found none ({reason.rstrip('.')})", "genetic programming")


def _noted(law: Discovery, why: str, engine: str = "sparse regression") -> Discovery:
    note = f"the law is of {engine}: {why}"
    return replace(law, provenance=replace(law.provenance, notes=(*law.provenance.notes, note)))
