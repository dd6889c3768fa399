"""How a found law compares with the true one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

import symeq as sq
from symeq.report.metrics import coefficients

Law = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Outcome:
    """Whether the terms are exactly the true ones, the largest relative error of a true coefficient, and the
    distances from the truth in standard errors."""

    exact: bool
    error: float
    distances: tuple[float, ...]


def compared(law: sq.Discovery, truth: Law) -> Outcome:
    true = {(lead, term): value for lead, rhs in truth.items() for term, value in coefficients(rhs).items()}
    found = {}
    for term in law.terms:
        if term.value:
            [(expression, number)] = coefficients(term.expression).items()
            found[term.lead, expression] = number * term.value, number * term.standard_error
    off = {at: found.get(at, (0.0, 0.0))[0] - value for at, value in true.items()}
    return Outcome(
        exact=set(found) == set(true),
        error=max(abs(off[at] / value) for at, value in true.items()),
        distances=tuple(
            abs(off[at] / found[at][1])
            for at in true
            if at in found and np.isfinite(found[at][1]) and found[at][1] > 0
        ),
    )
