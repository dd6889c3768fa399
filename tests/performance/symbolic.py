"""Seconds to find all rotation-equivariant right-hand sides of a vector field in three dimensions."""

from __future__ import annotations

import time
from collections.abc import Iterator

import symeq as sq

HEADER = ("library", "unknowns", "allowed", "s")


def rows(large: bool) -> Iterator[tuple[str, ...]]:
    """Velocity and gradients of degree 2, then with second derivatives; degree 3 only when ``large``."""
    jet = sq.Jet("t x y z", "u v w", order=2)
    _, x, y, z = jet.independent
    u, v, w = jet.dependent
    group = sq.rotation(x, y, z, turning=[(u, v, w)])
    second = [c for f in (u, v, w) for c in jet.derivatives(f, 2) if jet.multi_index(c)[1][0] == 0]
    first = [c for c in second if jet.order_of(c) == 1]
    cases = [("velocity, gradient, degree 2", first, 2), ("and second derivatives, degree 2", second, 2)]
    if large:
        cases.append(("and second derivatives, degree 3", second, 3))
    for name, derivatives, degree in cases:
        begun = time.perf_counter()
        allowed = sq.linear_ansatz(jet, sq.monomials(u, v, w, *derivatives, degree=degree), group)
        seconds = time.perf_counter() - begun
        yield name, str(allowed.library_unknowns), str(allowed.unknowns), f"{seconds:.2f}"
