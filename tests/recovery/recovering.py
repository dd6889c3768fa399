"""How a found law compares with the true one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

import symeq as sq

Law = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Outcome:
    """Whether the terms are exactly the true ones, the largest relative error of a true coefficient, and the
    distances from the truth in standard errors."""

    exact: bool
    error: float
    distances: tuple[float, ...]


def compared(law: sq.Discovery, truth: Law) -> Outcome:
    true = {
        (lead, term): float(value)
        for lead, rhs in truth.items()
        for term, value in sp.expand(rhs).as_coefficients_dict().items()
    }
    found = {(term.lead, term.expression): term for term in law.terms if term.value}
    off = {at: (found[at].value if at in found else 0.0) - value for at, value in true.items()}
    return Outcome(
        exact=set(found) == set(true),
        error=max(abs(off[at] / value) for at, value in true.items()),
        distances=tuple(
            abs(off[at]) / found[at].standard_error
            for at in true
            if at in found and np.isfinite(found[at].standard_error) and found[at].standard_error > 0
        ),
    )
