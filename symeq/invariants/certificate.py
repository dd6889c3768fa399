"""The certificate of invariants: each annihilated, independent, and as many as the orbits leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.exact.modular import PRIMES
from symeq.invariants.action import Action
from symeq.invariants.counting import Counts, counts, jacobian_ranks
from symeq.terms import TermRing, add

SEED = 1  # other points than those of the search


@dataclass(frozen=True)
class Certificate:
    """What was recomputed: counts and Jacobian rank modulo two primes, and v(I) = 0 for each invariant.

    primes: those the ranks were taken at; counts: at these other points; jacobian_rank: of all invariants.
    annihilated: for each invariant, whether all generators annihilate it and all maps leave it unchanged.
    """

    primes: tuple[int, ...]
    counts: Counts
    jacobian_rank: int
    annihilated: tuple[bool, ...]

    @property
    def holds(self) -> bool:
        """Whether all are annihilated and independent, and no more than can exist."""
        size = len(self.annihilated)
        return all(self.annihilated) and self.jacobian_rank == size <= self.counts.invariants[-1]


def certificate(
    action: Action, maps: Sequence[Mapping[Symbol, Expr]], order: int, functions: Sequence[Expr]
) -> Certificate:
    """Compute the certificate of functions on the coordinates of an action.

    maps: what the discrete maps do to the coordinates, fixed ones left out.
    """
    proven = tuple(
        is_zero_everywhere(action, [action.applied(v, f) for v in range(len(action.fields))])
        and all(is_unchanged(action, moved, f) for moved in maps)
        for f in functions
    )
    ranks = jacobian_ranks(action.coordinates, functions, SEED)
    return Certificate(PRIMES, counts(action, order, SEED), min(ranks), proven)


def is_zero_everywhere(action: Action, expressions: Sequence[Expr]) -> bool:
    """Whether expressions vanish identically, decided exactly term by term."""
    for expression in expressions:
        if expression == 0:
            continue
        if not _vanishes(action, expression):
            return False
    return True


def is_annihilated(action: Action, function: Expr) -> bool:
    """Whether v(I) = 0 for all fields; polynomials by exponents, which is many times faster than by SymPy."""
    symbols = function.free_symbols & frozenset(action.coordinates)
    if function.is_polynomial(*symbols):
        try:
            poly = action.ring.polynomial(function)
        except InvalidInput:  # a constant that the fields do not hold
            pass
        else:
            return not any(action.ring.canonical([v(poly)])[0] for v in action.derivations)
    return is_zero_everywhere(action, [action.applied(v, function) for v in range(len(action.fields))])


def _vanishes(action: Action, expression: Expr) -> bool:
    ring = TermRing(action.coordinates, [expression])
    return not ring.canonical([add(ring.polynomial(expression))])[0]


def is_unchanged(action: Action, moved: Mapping[Symbol, Expr], function: Expr) -> bool:
    """Whether I(g z) = I(z)."""
    image = function.xreplace({z: g for z, g in moved.items() if function.has(z)})
    if image == function:
        return True
    difference = image - function
    try:
        if _vanishes(action, difference):
            return True
    except InvalidInput:
        pass
    return bool(sp.cancel(sp.together(difference)) == 0) if _is_rational(difference) else False


def _is_rational(expression: Expr) -> bool:
    return all(p.exp.is_Integer for p in expression.atoms(sp.Pow)) and not expression.atoms(sp.Function)
