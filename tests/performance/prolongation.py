"""Prolongation on plain symbols beside the textbook's recursion with SymPy's functions u(x, ...)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations_with_replacement
from statistics import median

import sympy as sp
from sympy.core.cache import clear_cache

from symeq.geometry import Jet, VectorField, read_symmetry

HEADER = (
    "action", "order", "generators", "coordinates", "symeq: first s", "symeq: again s", "SymPy: first s",
    "SymPy: again s", "times faster: first", "times faster: again", "equal",
)  # fmt: skip

ACTIONS = (
    ("SO(2), scalar", "x y", "u", "rotation(x, y)"),
    ("heat, projective field", "t x", "u", "4*t^2*d_t + 4*t*x*d_x - (x^2 + 2*t)*u*d_u"),
    ("SE(3), scalar", "x y z", "u", "translation(x, y, z) + rotation(x, y, z)"),
    ("SE(3), vector", "x y z", "u v w", "translation(x, y, z) + rotation(x, y, z; u, v, w)"),
    (
        "Galilei, vector",
        "t x y z",
        "u v w",
        "translation(t, x, y, z) + rotation(x, y, z; u, v, w) + boost(x, u) + boost(y, v) + boost(z, w)",
    ),
)
REPEATS = 5

Timed = tuple[list[dict[sp.Symbol, sp.Expr]], float, float]


def rows(large: bool) -> Iterator[tuple[str, ...]]:
    """All generators of each action, to order 4; the first two actions to order 2 unless ``large``.

    First: no cache holds anything of this action. Again: SymPy and symeq remember what they have done.
    """
    prolong_both("x", "u", "x*d_u", order=1)  # modules that are loaded on first use
    for name, independent, dependent, text in ACTIONS if large else ACTIONS[:2]:
        order = 4 if large else 2
        jet, fields, (ours, first, again), (theirs, slow, slow_again) = prolong_both(
            independent, dependent, text, order
        )
        yield (
            name,
            str(order),
            str(len(fields)),
            str(len(jet.coordinates)),
            f"{first:.4f}",
            f"{again:.4f}",
            f"{slow:.3f}",
            f"{slow_again:.3f}",
            f"{slow / first:.0f}",
            f"{slow_again / again:.0f}",
            "yes" if _equal(ours, theirs, jet) else "NO",
        )


def prolong_both(
    independent: str, dependent: str, text: str, order: int
) -> tuple[Jet, tuple[VectorField, ...], Timed, Timed]:
    """The jet, the generators, and what symeq and what the textbook make of them."""
    jet = Jet(independent, dependent, order=order)
    fields = read_symmetry(text, jet).on(jet, jet.independent[0]).generators
    ours = _timed(lambda: [v.prolong(jet) for v in fields], REPEATS)
    theirs = _timed(lambda: [textbook(v, jet) for v in fields], 3)
    return jet, fields, ours, theirs


def textbook(field: VectorField, jet: Jet) -> dict[sp.Symbol, sp.Expr]:
    """The coefficients phi^J of pr v, by the same recursion, on SymPy's functions and derivatives.

    phi^{J+i} = D_i phi^J - sum_k (D_i xi^k) u_{J+k},   D_i = diff(., x^i), as u is a function of x

    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), equation (2.44).
    """
    functions = {u: sp.Function(u.name)(*jet.independent) for u in jet.dependent}
    component = {z: field[z].subs(functions) for z in jet.variables}

    @cache
    def derivative(u: sp.Symbol, chosen: tuple[sp.Symbol, ...]) -> sp.Expr:
        return functions[u].diff(*chosen) if chosen else functions[u]

    @cache
    def coefficient(u: sp.Symbol, chosen: tuple[sp.Symbol, ...]) -> sp.Expr:
        if not chosen:
            return component[u]
        *below, x = chosen
        lower = tuple(below)
        moved = (component[z].diff(x) * derivative(u, (*lower, z)) for z in jet.independent)
        return sp.expand(coefficient(u, lower).diff(x) - sp.Add(*moved))

    result = {x: component[x] for x in jet.independent}
    for u in jet.dependent:
        for order in range(jet.order + 1):
            for chosen in combinations_with_replacement(jet.independent, order):
                result[jet.derivative(u, *chosen)] = coefficient(u, chosen)
    return result


def _timed(work: Callable[[], list[dict[sp.Symbol, sp.Expr]]], repeats: int) -> Timed:
    """The result; seconds with no cache filled; the median of seconds when it is done again."""
    clear_cache()
    seconds = []
    for _ in range(1 + repeats):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return result, seconds[0], median(seconds[1:])


def _equal(
    ours: Sequence[dict[sp.Symbol, sp.Expr]], theirs: Sequence[dict[sp.Symbol, sp.Expr]], jet: Jet
) -> bool:
    return all(
        jet.standard(v.get(c, sp.S.Zero)) == w[c]
        for v, w in zip(ours, theirs, strict=True)
        for c in jet.coordinates
    )
