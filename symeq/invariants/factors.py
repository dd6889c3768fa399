"""Vectors E = N f_1^e_1 f_2^e_2 ... with a polynomial N and powers of relative invariants in front."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symeq.exact import Inconsistent, Row, solve_affine
from symeq.geometry.calculus import partial_derivative
from symeq.invariants.equivariance import Equivariance, Motion, Vector
from symeq.invariants.equivariants import equivariant_vectors
from symeq.terms import TermRing

MULTIPLES = (-1, 1, -2, 2, -3, 3, -4, 4, -6, 6)  # of the trace of M that may be the cofactor of a polynomial
EXPONENTS = tuple(
    sign * Fraction(*e) for e in ((1, 1), (1, 2), (1, 3), (2, 3), (2, 1), (3, 2)) for sign in (-1, 1)
)
SHARES = 12  # of the time that is left, what one search may take


@dataclass(frozen=True)
class Factor:
    """A relative invariant: v(f) = lambda_v f for the fields, f(g z) = lambda_g f(z) for the maps.

    cofactors: lambda for each motion; None for a map that does not multiply f by a constant.
    """

    expression: sp.Expr
    cofactors: tuple[sp.Expr | None, ...]


def vectors_with_factors(
    condition: Equivariance,
    relative: Sequence[sp.Expr] = (),
    *,
    variables: Sequence[sp.Symbol] | None = None,
    degree: int = 4,
    known: Sequence[Vector] = (),
    budget: float | None = 60,
) -> list[Vector]:
    """Find vectors E = N prod f_i^{e_i} that raise the rank of those known, shifts left aside.

        v(N^a) = sum_b (M_v[a, b] - sum_i e_i lambda_i(v) delta_ab) N^b

    The f_i are the relative invariants given, coordinates, and polynomials whose cofactor is a multiple of
    the trace of M (the determinant of a frame has the trace itself).

    Arguments: as `equivariant_vectors`; `known`, the vectors found so far.

    >>> x, u_x = sp.symbols("x u_x")
    >>> turn = Motion({u_x: 1 + u_x**2}, ((-u_x,),), (0,))
    >>> vectors_with_factors(Equivariance((u_x,), 1, (turn,)))
    [(1/sqrt(u_x**2 + 1),)]
    """
    plain = condition.homogeneous()
    within = plain.coordinates if variables is None else tuple(variables)
    deadline = None if budget is None else time.monotonic() + budget

    def share() -> float | None:
        return None if deadline is None else max(0.0, deadline - time.monotonic()) / SHARES

    most, _ = plain.bounds(within)
    found: list[Vector] = []
    rank = plain.rank(known)
    if rank == most:
        return found
    factors = [f for e in relative if (f := _factor(plain, e, within))]
    factors += [f for z in reversed(within) if (f := _factor(plain, z, within))]
    factors += _of_trace(plain, within, degree, share())
    distinct = {f.expression: f for f in factors}
    for exponents in _exponents(plain, list(distinct.values())):
        if deadline is not None and time.monotonic() > deadline:
            break
        rest = _divided(plain, exponents)
        if rest is None:
            continue
        product = sp.Mul(*(f.expression**e for f, e in exponents))
        numerators = equivariant_vectors(
            rest, degree=degree, variables=within, minimal=True, budget=share()
        ).vectors
        for numerator in numerators:
            vector = tuple((sp.factor(n) if len(numerator) == 1 else n) * product for n in numerator)
            grown = plain.rank([*known, *found, vector])
            if grown > rank and plain.holds(vector):
                found.append(vector)
                rank = grown
        if rank == most:
            break
    return found


def _factor(condition: Equivariance, f: sp.Expr, within: Sequence[sp.Symbol]) -> Factor | None:
    """The cofactors of a relative invariant, or None where f is none."""
    f = sp.sympify(f)
    if not f.free_symbols & set(within) or f.free_symbols & (set(condition.coordinates) - set(within)):
        return None
    cofactors: list[sp.Expr | None] = []
    for motion in condition.motions:
        if motion.is_map:
            ratio = sp.cancel(f.subs(motion.images, simultaneous=True) / f)
            cofactors.append(None if ratio.free_symbols & set(condition.coordinates) else ratio)
            continue
        image = sp.Add(*(h * partial_derivative(f, z) for z, h in motion.images.items() if f.has(z)))
        quotient = sp.cancel(image / f) if image != 0 else image
        if sp.denom(sp.together(quotient)).free_symbols & set(condition.coordinates):
            return None
        cofactors.append(sp.expand(quotient))
    return Factor(f, tuple(cofactors))


def _trace(motion: Motion) -> sp.Expr:
    return sp.expand(sp.Add(*(row[a] for a, row in enumerate(motion.mixing))))


def _of_trace(
    condition: Equivariance, within: Sequence[sp.Symbol], degree: int, budget: float | None
) -> list[Factor]:
    """A polynomial f with v(f) = k tr(M_v) f for the first k that has one."""
    fields = [m for m in condition.motions if not m.is_map]
    if all(_trace(m) == 0 for m in fields):
        return []
    deadline = None if budget is None else time.monotonic() + budget
    for k in MULTIPLES:
        motions = tuple(Motion(m.images, ((k * _trace(m),),), (sp.S.Zero,)) for m in fields)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        found = equivariant_vectors(
            Equivariance(condition.coordinates, 1, motions),
            degree=degree,
            variables=within,
            minimal=True,
            budget=left,
        )
        factors = [f for (e,) in found.vectors if (f := _factor(condition, e, within))]
        if factors or left == 0:
            return factors
    return []


def _exponents(condition: Equivariance, factors: Sequence[Factor]) -> Iterator[list[tuple[Factor, sp.Expr]]]:
    """Exponents to try: those that take the trace of M away, then one factor at a time."""
    steady = _without_trace(condition, factors)
    if steady:
        yield steady
    for e in EXPONENTS:
        for factor in factors:
            yield [(factor, sp.Rational(e.numerator, e.denominator))]


def _without_trace(condition: Equivariance, factors: Sequence[Factor]) -> list[tuple[Factor, sp.Expr]]:
    """The shortest e with m sum_i e_i lambda_i(v) = tr M_v for all fields."""
    fields = [(j, m) for j, m in enumerate(condition.motions) if not m.is_map]
    entries = [[_trace(m) / condition.size, *(f.cofactors[j] for f in factors)] for j, m in fields]
    flat = [sp.sympify(e) for row in entries for e in row]
    ring = TermRing(condition.coordinates, flat)
    rows: list[Row] = []
    for row in entries:
        right, *columns = ring.canonical([ring.polynomial(sp.sympify(e)) for e in row])
        for monomial in dict.fromkeys(m for poly in (right, *columns) for m in poly):
            left = {i: poly[monomial] for i, poly in enumerate(columns) if monomial in poly}
            rows.append((left, right.get(monomial, 0)))
    answer = solve_affine(rows, len(factors), field=ring.field)
    if isinstance(answer, Inconsistent):
        return []
    return [(factors[i], e) for i, e in answer.particular.items()]


def _divided(condition: Equivariance, exponents: Sequence[tuple[Factor, sp.Expr]]) -> Equivariance | None:
    """The condition on N = E / prod f_i^{e_i}, or None where a map gives the product no sign."""
    motions = []
    for j, motion in enumerate(condition.motions):
        factor: sp.Expr = sp.S.Zero if not motion.is_map else sp.S.One
        for f, e in exponents:
            cofactor = f.cofactors[j]
            if not motion.is_map:
                factor += e * cofactor
            elif cofactor == 1:
                continue
            elif cofactor is None or not e.is_Integer:
                return None
            else:
                factor *= cofactor**e
        mixing = tuple(
            tuple(
                sp.expand(entry / factor) if motion.is_map else sp.expand(entry - factor * int(a == b))
                for b, entry in enumerate(row)
            )
            for a, row in enumerate(motion.mixing)
        )
        motions.append(Motion(motion.images, mixing, motion.shift, motion.is_map))
    return Equivariance(condition.coordinates, condition.size, tuple(motions))
