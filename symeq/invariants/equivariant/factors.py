"""Vectors E = N f_1^e_1 f_2^e_2 ... with a polynomial N and powers of relative invariants in front."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from symeq.exact import Inconsistent, Row, coefficient_field, solve_affine
from symeq.geometry.calculus import exact_expression, partial_derivative
from symeq.invariants.equivariant.condition import Equivariance, Motion, Vector
from symeq.invariants.equivariant.vectors import equivariant_vectors, polynomial_vectors
from symeq.terms import TermRing

MULTIPLES = (-1, 1, -2, 2, -3, 3, -4, 4, -6, 6)  # of the trace of M that may be the cofactor of a polynomial
EXPONENTS = tuple(
    sign * Fraction(*e) for e in ((1, 1), (1, 2), (1, 3), (2, 3), (2, 1), (3, 2)) for sign in (-1, 1)
)
EIGEN_DEGREE, NUMERATORS = 2, 40  # of polynomials in front of powers, and how many of a degree are tried
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
    factors = _factors(plain, relative, within)
    factors += [f for f in _of_trace(plain, within, degree, share()) if f not in factors]
    for vector in _eigenvectors(plain, factors, within, share()):
        grown = plain.rank([*known, *found, vector])
        if grown > rank and plain.holds(vector):
            found.append(vector)
            rank = grown
        if rank == most:
            return found
    for exponents in _exponents(plain, factors):
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


def fixed_with_factors(
    condition: Equivariance,
    relative: Sequence[sp.Expr] = (),
    *,
    variables: Sequence[sp.Symbol] | None = None,
    degree: int = 4,
    budget: float | None = 60,
) -> Vector | None:
    """Find a particular vector N / f^e with a polynomial N and a power of a relative invariant or coordinate.

    Arguments: as `vectors_with_factors`.

    >>> t, u = sp.symbols("t u")
    >>> fixed_with_factors(Equivariance((t, u), 1, (Motion({u: t}, ((0,),), (1,)),)))
    (u/t,)
    """
    within = condition.coordinates if variables is None else tuple(variables)
    deadline = None if budget is None else time.monotonic() + budget
    factors = _factors(condition, relative, within)
    for e in (1, 2):
        for factor in factors:
            if deadline is not None and time.monotonic() > deadline:
                return None
            rest = _divided(condition, [(factor, sp.Integer(-e))])
            if rest is None:
                continue
            left = None if deadline is None else max(0.0, deadline - time.monotonic()) / SHARES
            numerator = equivariant_vectors(rest, degree=degree, variables=within, budget=left).fixed
            if numerator is not None:
                vector = tuple(sp.expand(n) / factor.expression**e for n in numerator)
                if condition.holds(vector):
                    return vector
    return None


def _factors(
    condition: Equivariance, relative: Sequence[sp.Expr], within: Sequence[sp.Symbol]
) -> list[Factor]:
    """The relative invariants given, and the coordinates that are some, derivatives first."""
    found = [_factor(condition, e, within) for e in (*relative, *reversed(within))]
    return list({f.expression: f for f in found if f is not None}.values())


def _factor(condition: Equivariance, f: sp.Expr, within: Sequence[sp.Symbol]) -> Factor | None:
    """The cofactors of a relative invariant, or None where f is none."""
    f = exact_expression(f)
    if not f.free_symbols & set(within) or f.free_symbols & (set(condition.coordinates) - set(within)):
        return None
    cofactors: list[sp.Expr | None] = []
    for motion in condition.motions:
        if motion.is_map:
            ratio = sp.cancel(f.subs(motion.images, simultaneous=True) / f)
            cofactors.append(None if ratio.free_symbols & set(condition.coordinates) else ratio)
            continue
        image = sp.Add(*(h * partial_derivative(f, z) for z, h in motion.images.items() if f.has(z)))
        quotient = _quotient(sp.expand(image), f, condition.coordinates)
        if quotient is None:
            return None
        cofactors.append(quotient)
    return Factor(f, tuple(cofactors))


def _quotient(image: sp.Expr, f: sp.Expr, coordinates: Sequence[sp.Symbol]) -> sp.Expr | None:
    """v(f)/f, if it is a polynomial; sparse division is hundreds of times faster than a common divisor."""
    if image == 0:
        return image
    symbols = sorted((image.free_symbols | f.free_symbols) & set(coordinates), key=lambda s: s.name)
    if image.is_polynomial(*symbols) and f.is_polynomial(*symbols):
        ring = PolyRing(symbols, coefficient_field([image, f], symbols), lex)
        quotient, rest = ring.from_expr(image).div(ring.from_expr(f))
        return None if rest else sp.expand(quotient.as_expr())
    quotient = sp.cancel(image / f)
    if sp.denom(sp.together(quotient)).free_symbols & set(coordinates):
        return None
    return sp.expand(quotient)


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
        parts = [part for (e,) in found.vectors for part, _ in sp.factor_list(e)[1]]
        factors = [f for e in parts if (f := _factor(condition, e, within))]
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


def _eigenvectors(
    condition: Equivariance,
    factors: Sequence[Factor],
    within: Sequence[sp.Symbol],
    budget: float | None,
) -> Iterator[Vector]:
    """Vectors N prod f_i^{e_i} where v(N) - M_v N = mu_v N, and sum_i e_i lambda_i(v) = -mu_v gives the e_i.

    N is looked for among the vectors of low degree that meet the condition of those motions for which every
    factor is an invariant.
    """
    moving = [
        j
        for j, motion in enumerate(condition.motions)
        if not motion.is_map and any(f.cofactors[j] != 0 for f in factors)
    ]
    others = tuple(m for j, m in enumerate(condition.motions) if j not in moving and not m.is_map)
    still = Equivariance(condition.coordinates, condition.size, others)
    deadline = None if budget is None else time.monotonic() + budget
    for low in range(EIGEN_DEGREE + 1):
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        for numerator in polynomial_vectors(still, low, variables=within, budget=left)[:NUMERATORS]:
            mu = [_eigenvalue(condition.motions[j], numerator) for j in moving]
            if any(e is None for e in mu):
                continue
            asked = {j: -e for j, e in zip(moving, mu, strict=True) if e is not None}
            exponents = _solved(condition, factors, asked)
            if exponents is not None:
                product = sp.Mul(*(f.expression**e for f, e in exponents))
                yield tuple(n * product for n in numerator)


def _eigenvalue(motion: Motion, numerator: Vector) -> sp.Expr | None:
    """mu with v(N) - M N = mu N, or None."""
    quotients = set()
    for a, n in enumerate(numerator):
        image = sp.Add(*(h * partial_derivative(n, z) for z, h in motion.images.items()))
        mixed = sp.Add(*(m * e for m, e in zip(motion.mixing[a], numerator, strict=True)))
        residual = sp.expand(image - mixed)
        if n == 0 and residual != 0:
            return None
        if n != 0:
            quotients.add(sp.cancel(residual / n))
    return quotients.pop() if len(quotients) == 1 else None


def _without_trace(condition: Equivariance, factors: Sequence[Factor]) -> list[tuple[Factor, sp.Expr]]:
    """The shortest e with m sum_i e_i lambda_i(v) = tr M_v for all fields."""
    fields = [(j, m) for j, m in enumerate(condition.motions) if not m.is_map]
    return _solved(condition, factors, {j: _trace(m) / condition.size for j, m in fields}) or []


def _solved(
    condition: Equivariance, factors: Sequence[Factor], asked: Mapping[int, sp.Expr]
) -> list[tuple[Factor, sp.Expr]] | None:
    """The shortest e with sum_i e_i lambda_i(v) = the value asked for every field v."""
    entries = [[value, *(f.cofactors[j] for f in factors)] for j, value in asked.items()]
    flat = [exact_expression(e) for row in entries for e in row]
    ring = TermRing(condition.coordinates, flat)
    rows: list[Row] = []
    for row in entries:
        right, *columns = ring.canonical([ring.polynomial(exact_expression(e)) for e in row])
        for monomial in dict.fromkeys(m for poly in (right, *columns) for m in poly):
            left = {i: poly[monomial] for i, poly in enumerate(columns) if monomial in poly}
            rows.append((left, right.get(monomial, 0)))
    answer = solve_affine(rows, len(factors), field=ring.field)
    if isinstance(answer, Inconsistent):
        return None
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
        # The shift is that of E = N f^e, taken to the other side.
        inverse = sp.Mul(*(f.expression ** (-e) for f, e in exponents))
        sign = 1 / factor if motion.is_map else sp.S.One
        shift = tuple(sp.expand(sign * entry * inverse) for entry in motion.shift)
        motions.append(Motion(motion.images, mixing, shift, motion.is_map))
    return Equivariance(condition.coordinates, condition.size, tuple(motions))
