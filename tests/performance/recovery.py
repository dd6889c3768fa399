"""How often is the exact law found?  Independently drawn noisy data sets, with and without the symmetry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import sympy as sp

import symeq as sq
from symeq.geometry import read_symmetry
from symeq.interop.pysindy import plain_pysindy
from systems import SYSTEMS
from systems.noise import add_noise

Law = dict[tuple[sp.Symbol, sp.Expr], float]


@dataclass(frozen=True)
class Cell:
    """One row of the table: a system, its noise, a library degree, and a symmetry (none: "")."""

    system: str
    noise: float
    kind: Literal["additive", "multiplicative"]
    degree: int
    symmetry: str
    plain: bool = False


PROTOCOL_A = (
    Cell("damped_oscillator", 0.2, "additive", 2, "rotation(x, y)"),
    Cell("damped_oscillator", 0.2, "additive", 5, "rotation(x, y)"),
    Cell("damped_oscillator", 0.2, "additive", 2, ""),
    Cell("damped_oscillator", 0.2, "additive", 5, ""),
    Cell("damped_oscillator", 0.2, "additive", 2, "", plain=True),
    Cell("growth", 0.05, "multiplicative", 2, "scaling(x=2, y=1)"),
    Cell("growth", 0.05, "multiplicative", 2, ""),
    Cell("growth", 0.05, "multiplicative", 2, "", plain=True),
)
HEADER = (
    "system", "noise", "degree", "symmetry", "allowed / library / true", "exact", "RMSE (deviation)",
    "in 2 se", "s",
)  # fmt: skip


def rows(draws: int) -> Iterator[tuple[str, ...]]:
    """The table, a row at a time; the same seeds on every row of a system."""
    for cell in PROTOCOL_A:
        yield measure(cell, draws)


def measure(cell: Cell, draws: int) -> tuple[str, ...]:
    """Exact-support successes, RMSE over the true coefficients, and coverage of two standard errors."""
    system = SYSTEMS[cell.system]
    jet = system.jet
    symmetry = read_symmetry(cell.symmetry, jet) if cell.symmetry else sq.trivial
    allowed = sq.linear_ansatz(jet, sq.monomials(*jet.dependent, degree=cell.degree), symmetry)
    truth = coefficients(system.law)
    exact, errors, covered = 0, [], []
    begun = time.perf_counter()
    for draw in range(draws):
        record = add_noise(system.simulate(seed=draw), cell.noise, draw, kind=cell.kind)
        samples = sq.sample(record, jet)
        law = plain_pysindy(record, allowed, samples=samples) if cell.plain else sq.discover(allowed, samples)
        found = {(term.lead, term.expression): term for term in law.terms if term.value}
        exact += set(found) == set(truth)
        off = [(found[at].value if at in found else 0.0) - value for at, value in truth.items()]
        errors.append(float(np.sqrt(np.mean(np.square(off)))))
        covered += [
            abs(found[at].value - value) <= 2 * found[at].standard_error
            for at, value in truth.items()
            if at in found and np.isfinite(found[at].standard_error)
        ]
    seconds = (time.perf_counter() - begun) / draws
    true = true_unknowns(allowed, truth)
    forced = " forced" if allowed.unknowns == true else ""
    name = "PySINDy, defaults" if cell.plain else cell.symmetry or "none"
    return (
        cell.system,
        f"{cell.noise:.0%} {cell.kind}",
        str(cell.degree),
        name,
        f"{allowed.unknowns} / {allowed.library_unknowns} / {true}{forced}",
        f"{exact}/{draws}",
        f"{np.mean(errors):.4f} ({np.std(errors):.4f})",
        f"{np.mean(covered):.2f}" if covered else "-",
        f"{seconds:.2f}",
    )


def coefficients(law: dict[sp.Symbol, sp.Expr]) -> Law:
    return {
        (lead, term): float(value)
        for lead, rhs in law.items()
        for term, value in sp.expand(rhs).as_coefficients_dict().items()
    }


def true_unknowns(allowed: sq.LinearAnsatz, truth: Law) -> int:
    """How many of the allowed unknowns differ from zero in the true law."""
    return sum(
        any((allowed.leads[a], allowed.libraries[a].terms[m]) in truth for a, m in vector)
        for vector in allowed.basis_coefficients
    )
