"""Success against noise: integrals against test functions, and derivatives point by point, side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import symeq as sq
from symeq.geometry import read_symmetry
from systems import SYSTEMS, add_noise
from tests.performance.recovery import coefficients, true_unknowns

HEADER = (
    "system", "noise", "symmetry", "allowed / library / true", "weak: exact", "error", "s",
    "pointwise: exact", "error", "s",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A system under the symmetries it is known to have and under none, at some levels of noise."""

    system: str
    symmetries: tuple[str, ...]
    levels: tuple[float, ...] = (0.2, 0.5, 1.0)


CELLS = (
    Cell("burgers", ("translation(t, x) + boost(x, u)", "")),
    Cell("kdv", ("translation(t, x); 6*t*d_x + d_u", "")),
    Cell("kuramoto_sivashinsky", ("translation(t, x) + boost(x, u)", "")),
    Cell("hopf", ("rotation(x, y)", ""), (0.05, 0.2, 0.5)),
)


def table(draws: int, large: bool) -> Iterator[tuple[str, ...]]:
    """All cells; small: the first, at the least noise."""
    for cell in CELLS if large else CELLS[:1]:
        for text in cell.symmetries if large else cell.symmetries[:1]:
            for level in cell.levels if large else cell.levels[:1]:
                yield row(cell.system, text, level, draws)


def row(name: str, text: str, level: float, draws: int) -> tuple[str, ...]:
    """Exact supports, the median error of the worst coefficient where the support is exact, and seconds."""
    system = SYSTEMS[name]
    symmetry = read_symmetry(text, system.jet) if text else sq.trivial
    allowed = sq.linear_ansatz(system.jet, system.candidates, symmetry)
    truth = coefficients(system.law)
    clean = system.simulate()
    results = []
    for sampled in (sq.weak, sq.sample):
        exact, errors, begun = 0, [], time.perf_counter()
        for draw in range(draws):
            samples = sampled(add_noise(clean, level, draw), system.jet)  # type: ignore[operator]
            try:
                law = sq.discover(allowed, samples)
            except sq.NoLaw:
                continue
            found = {(term.lead, term.expression): term.value for term in law.terms if term.value}
            if set(found) == set(truth):
                exact += 1
                errors.append(max(abs(found[at] / value - 1) for at, value in truth.items()))
        seconds = (time.perf_counter() - begun) / draws
        error = f"{np.median(errors):.1%}" if errors else "-"
        results += [f"{exact}/{draws}", error, f"{seconds:.1f}"]
    true = true_unknowns(allowed, truth)
    forced = " forced" if allowed.unknowns == true else ""
    counts = f"{allowed.unknowns} / {allowed.library_unknowns} / {true}{forced}"
    return (name, f"{level:.0%}", text or "none", counts, *results)
