"""All rotation-equivariant right-hand sides of a vector field in three dimensions, sparse beside dense."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.matrices.ddm import DDM

import symeq as sq
from symeq.ansatz.constraints import SymmetryCondition
from symeq.exact import Row

HEADER = (
    "library", "unknowns", "equations", "allowed", "symeq, all steps: s", "dense SVD: allowed",
    "dense SVD: s", "dense exact: allowed", "dense exact: s", "equal",
)  # fmt: skip
PATIENCE = 300.0  # seconds that the dense exact elimination may be expected to take


def rows(large: bool) -> Iterator[tuple[str, ...]]:
    """Velocity and gradients of degree 2; when ``large``, with second derivatives too, degrees 2 and 3.

    symeq is measured from the names of the variables to the printed basis; the dense sides get the matrix of
    the same equations and find the null space of that.
    """
    jet = sq.Jet("t x y z", "u v w", order=2)
    _, x, y, z = jet.independent
    u, v, w = jet.dependent
    group = sq.rotation(x, y, z, turning=[(u, v, w)])
    second = [c for f in (u, v, w) for c in jet.derivatives(f, 2) if jet.multi_index(c)[1][0] == 0]
    first = [c for c in second if jet.order_of(c) == 1]
    cases = [("velocity, gradient, degree 2", first, 2)]
    if large:
        cases += [(f"and second derivatives, degree {degree}", second, degree) for degree in (2, 3)]
    pace = 0.0  # seconds of the dense exact elimination for each cube of unknowns
    for name, derivatives, degree in cases:
        variables = (u, v, w, *derivatives)
        allowed, seconds = _best(
            lambda a=variables, d=degree: sq.linear_ansatz(jet, sq.monomials(*a, degree=d), group), 3
        )
        unknowns = allowed.library_unknowns
        if degree > 2:
            found = (unknowns, len(_equations(jet, allowed)), allowed.unknowns)
            yield name, *map(str, found), f"{seconds:.2f}", *5 * ("",)
            continue
        equations = _equations(jet, allowed)
        singular, svd_seconds = _best(lambda e=equations, n=unknowns: _svd_nullity(e, n), 1)
        exact: int | None = None
        expected = pace * unknowns**3
        if expected < PATIENCE:
            exact, exact_seconds = _best(lambda e=equations, n=unknowns: _exact_nullity(e, n), 1)
            pace = exact_seconds / unknowns**3
        same = singular == allowed.unknowns and exact in (None, allowed.unknowns)
        yield (
            name,
            str(unknowns),
            str(len(equations)),
            str(allowed.unknowns),
            f"{seconds:.2f}",
            str(singular),
            f"{svd_seconds:.2f}",
            str(exact) if exact is not None else "",
            f"{exact_seconds:.1f}" if exact is not None else f"left out, about {expected:.0f}",
            "yes" if same else "NO",
        )


def _equations(jet: sq.Jet, allowed: sq.LinearAnsatz) -> list[Row]:
    terms = allowed.libraries[0].terms
    condition = SymmetryCondition(jet, allowed.leads, allowed.symmetry, terms)
    return condition.rows([(a, term) for term in terms for a in range(len(allowed.leads))])


def _svd_nullity(equations: Sequence[Row], unknowns: int) -> int:
    matrix = np.zeros((len(equations), unknowns))
    for i, (row, _) in enumerate(equations):
        for k, value in row.items():
            matrix[i, k] = float(value)
    _, values, _ = np.linalg.svd(matrix, full_matrices=False)
    return unknowns - int((values > 1e-10 * values[0]).sum())


def _exact_nullity(equations: Sequence[Row], unknowns: int) -> int:
    matrix = [[sp.QQ.zero] * unknowns for _ in equations]
    for i, (row, _) in enumerate(equations):
        for k, value in row.items():
            matrix[i][k] = sp.QQ.convert(value)
    null, _ = DDM(matrix, (len(equations), unknowns), sp.QQ).nullspace()
    return null.shape[0]


def _best(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """The result and the fewest seconds of several runs."""
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return result, min(seconds)
