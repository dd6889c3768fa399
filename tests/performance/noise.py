"""Success against noise by test functions, with the symmetry a law is known to have and without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

import symeq as sq
from symeq.ansatz.library import Library
from symeq.geometry import read_symmetry
from systems import SYSTEMS, add_noise
from systems.library import Candidates
from tests.performance.recovery import coefficients

ODE_LEVELS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
PDE_LEVELS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 2.5, 3.35, 4.0)
CHOICE_LEVELS = (0.0, 0.001, 0.01, 0.05)
CHOICE_HEADER = (
    "system", "symmetry", "noise", "weak: exact", "error", "s", "pointwise: exact", "error", "s",
)  # fmt: skip
HOPELESS = 0.25  # success after which higher levels are not tried
HEADER = (
    "system", "data", "symmetry", "allowed / library / true", "noise", "exact", "warned", "error", "in 2 se",
    "s",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A system, the symmetry that is stated, and a library: the system's own, or ``powers`` (p, q), the
    :math:`D_x^q u^p` of the weak-form literature."""

    system: str
    symmetry: str
    library: Candidates | None = None
    powers: tuple[int, int] | None = None
    arguments: Mapping[str, int] = field(default_factory=dict)
    few: bool = False  # draws without symmetry: a law takes a minute


PLANE = "translation(t, x, y) + rotation(x, y)"
FIFTH = Candidates(degree=5, derivatives=2, products=False)
CELLS = (
    Cell("damped_oscillator", "rotation(x, y)"),
    Cell("hopf", "rotation(x, y)"),
    Cell("lorenz", "reflection(x, y)"),
    Cell("selkov", ""),
    Cell("lotka_volterra", "", arguments={"trajectories": 20}),
    Cell("burgers", "translation(t, x) + boost(x, u)", powers=(6, 6)),
    Cell("inviscid_burgers_shock", "translation(t, x) + boost(x, u)", powers=(6, 6)),
    Cell("kdv", "translation(t, x); 6*t*d_x + d_u", powers=(6, 6)),
    Cell("kuramoto_sivashinsky", "translation(t, x) + boost(x, u)", powers=(6, 6)),
    Cell("nonlinear_schroedinger", "translation(t, x) + phase(u, v)", few=True),
    Cell("heat_2d", PLANE, Candidates(degree=3, derivatives=2)),
    Cell(
        "vector_burgers",
        "translation(t, x, y) + rotation(x, y; u, v) + boost(x, u) + boost(y, v)",
        few=True,
    ),
    Cell("lambda_omega", PLANE + " + phase(u, v)", FIFTH, few=True),
    Cell("lambda_omega_spiral", PLANE + " + phase(u, v)", FIFTH, few=True),
)


def table(
    draws: int, large: bool, cells: Sequence[Cell] = CELLS, levels: Sequence[float] | None = None
) -> Iterator[tuple[str, ...]]:
    """All cells; small: the first, at one level, once."""
    for cell in cells if large else cells[:1]:
        partial = len(SYSTEMS[cell.system].jet.independent) > 1
        asked = levels or (PDE_LEVELS if partial else ODE_LEVELS)
        for text in dict.fromkeys((cell.symmetry, "")) if large else (cell.symmetry,):
            yield from rows(cell, text, asked if large else asked[1:2], draws if large else 1)


def rows(cell: Cell, text: str, levels: Sequence[float], draws: int) -> Iterator[tuple[str, ...]]:
    """Exact supports, and warnings where it is not; where it is, the median error of the worst coefficient
    and the coverage of two standard errors; seconds of one processor."""
    case = Case(cell, text)
    most = max(1, draws // 5) if cell.few and not text else draws
    for level in levels:
        count = most if level else 1
        tried = [case.tried(level, draw, sq.weak) for draw in range(count)]
        right = [one for one in tried if one.exact]
        warned = sum(one.warned for one in tried if not one.exact)
        covered = [inside for one in right for inside in one.covered]
        yield (
            cell.system, case.data, text or "none", case.counts, f"{level:.0%}", f"{len(right)}/{count}",
            f"{warned}/{count - len(right)}" if len(right) < count else "-",
            f"{np.median([one.error for one in right]):.1%}" if right else "-",
            f"{np.mean(covered):.0%}" if covered else "-", f"{np.mean([one.seconds for one in tried]):.1f}",
        )  # fmt: skip
        if len(right) < HOPELESS * count:
            break


def choice(draws: int, large: bool) -> Iterator[tuple[str, ...]]:
    """Test functions and derivatives point by point, side by side at little noise."""
    for cell in CELLS if large else CELLS[:1]:
        for text in dict.fromkeys((cell.symmetry, "")):
            if cell.few and not text:
                continue
            case = Case(cell, text)
            for level in CHOICE_LEVELS if large else CHOICE_LEVELS[-1:]:
                count = draws if level and large else 1
                told = []
                for sampled in (sq.weak, sq.pointwise):
                    tried = [case.tried(level, draw, sampled) for draw in range(count)]
                    errors = [one.error for one in tried if one.exact]
                    error = f"{np.median(errors):.1e}" if errors else "-"
                    seconds = f"{np.mean([one.seconds for one in tried]):.1f}"
                    told += [f"{len(errors)}/{count}", error, seconds]
                yield (cell.system, text or "none", f"{level:.1%}", *told)


@dataclass(frozen=True)
class Tried:
    """One draw: is the support exact, are there warnings, the error of the worst coefficient, and which lie
    in two standard errors."""

    exact: bool
    warned: bool
    error: float
    covered: tuple[bool, ...]
    seconds: float


class Case:
    """A cell with one of its symmetries, simulated once."""

    def __init__(self, cell: Cell, text: str) -> None:
        system = SYSTEMS[cell.system]
        powers = cell.powers
        self.jet = system.jet if powers is None else sq.Jet(system.independent, system.dependent, powers[1])
        law = {self.jet[str(lead)]: rhs for lead, rhs in system.law.items()}
        symmetry = read_symmetry(text, self.jet) if text else sq.trivial
        self.allowed = sq.linear_ansatz(self.jet, _library(cell, self.jet), symmetry)
        self.truth, self.true = coefficients(law), _unknowns(self.allowed, law)
        self.clean = system.simulate(**cell.arguments)
        forced = " forced" if self.allowed.unknowns == len(self.true) else ""
        self.counts = f"{self.allowed.unknowns} / {self.allowed.library_unknowns} / {len(self.true)}{forced}"
        shape = "x".join(str(size) for size in self.clean.parts[0].sizes.values())
        self.data = f"{len(self.clean.parts)} of {shape}" if len(self.clean.parts) > 1 else shape

    def tried(self, level: float, draw: int, sampled: Callable[..., Any]) -> Tried:
        """What comes of a level of noise."""
        record = add_noise(self.clean, level, draw) if level else self.clean
        begun = time.process_time()
        try:
            law = sq.discover(self.allowed, sampled(record, self.jet))
        except sq.NoLaw:
            return Tried(False, True, np.nan, (), time.process_time() - begun)
        seconds = time.process_time() - begun
        if law.support != self.true:
            return Tried(False, bool(law.warnings), np.nan, (), seconds)
        terms = {(term.lead, term.expression): term for term in law.terms if term.value}
        pairs = [(terms[at], value) for at, value in self.truth.items() if at in terms]
        covered = [
            abs(term.value - value) <= 2 * term.standard_error for term, value in pairs if term.standard_error
        ]
        error = max((abs(term.value / value - 1) for term, value in pairs), default=0.0)
        return Tried(True, bool(law.warnings), error, tuple(covered), seconds)


def _library(cell: Cell, jet: sq.Jet) -> Library:
    if cell.library is not None:
        return cell.library.on(jet, list(SYSTEMS[cell.system].law))
    if cell.powers is None:
        return SYSTEMS[cell.system].candidates
    u, x = jet.dependent[0], jet.independent[1]
    terms: list[sp.Expr] = [sp.Integer(1)]
    for p in range(1, cell.powers[0] + 1):
        terms.append(u**p)
        for _ in range(cell.powers[1]):
            terms.append(sp.expand(jet.total_derivative(terms[-1], x)))
    return Library(terms)


def _unknowns(allowed: sq.LinearAnsatz, law: Mapping[sp.Symbol, sp.Expr]) -> tuple[int, ...]:
    """The unknowns that the true law has, from its values at random jets."""
    sides = [law[lead] for lead in allowed.leads]
    everything = [*sides, *allowed.fixed, *(side for vector in allowed.basis for side in vector)]
    symbols = sorted(set().union(*(sp.sympify(side).free_symbols for side in everything)), key=str)
    points = np.random.default_rng(0).normal(size=(len(symbols), 20 * allowed.unknowns + 20))

    def values(vector: Sequence[sp.Expr]) -> np.ndarray:
        sides = [sp.lambdify(symbols, side, "numpy")(*points) for side in vector]
        return np.concatenate([np.broadcast_to(side, points.shape[1:]).astype(float) for side in sides])

    left = values(sides) - values(allowed.fixed)
    matrix = np.stack([values(vector) for vector in allowed.basis], axis=1)
    norms = np.linalg.norm(matrix, axis=0)
    solution = np.linalg.lstsq(matrix / norms, left, rcond=None)[0]
    assert np.linalg.norm(matrix / norms @ solution - left) <= 1e-6 * (1 + np.linalg.norm(left))
    return tuple(int(k) for k in np.flatnonzero(np.abs(solution) > 1e-6 * np.abs(solution).max(initial=1e-9)))
