"""The exponential exp(s M) of an exact matrix, in real functions."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr, Integer, Matrix, Symbol


def matrix_exponential(matrix: Matrix, s: Symbol) -> Matrix | None:
    """Return exp(s M) in powers, exponentials, sines and hyperbolic functions, or None.

    exp(s M) = sum_b b(s) C_b over the solutions b of the minimal polynomial of M; the matrices C_b follow
    from M^k = sum_b b^(k)(0) C_b. Its irreducible factors may have degree 1, 2, or 4 without odd powers.

    Source: G. Kirchner, Amer. Math. Monthly 74 (1967) 1200; compare E. J. Putzer, ibid. 73 (1966) 2.

    >>> matrix_exponential(Matrix([[0, -1], [1, 0]]), Symbol("s"))
    Matrix([
    [cos(s), -sin(s)],
    [sin(s),  cos(s)]])
    """
    unknown = Dummy("l")
    factors = _minimal_factors(matrix, unknown)
    basis = None if factors is None else _solutions(factors, unknown, s)
    if basis is None:
        return None
    order = len(basis)
    columns = [[b] for b in basis]
    for column in columns:
        for _ in range(order - 1):
            column.append(column[-1].diff(s))
    start = Matrix(order, order, lambda k, j: sympy.cancel(columns[j][k].subs(s, 0)))
    inverse = start.inv().applyfunc(_tidy)
    result, power = sympy.zeros(*matrix.shape), sympy.eye(matrix.rows)
    for k in range(order):
        weight = sympy.Add(*(basis[j] * inverse[j, k] for j in range(order)))
        result += power * weight
        power = (power * matrix).applyfunc(_tidy)
    return result.applyfunc(lambda e: _collected(e, basis))


def _tidy(expression: Expr) -> Expr:
    if expression.is_Rational:
        return expression
    return sympy.radsimp(sympy.cancel(sympy.together(expression)))


def _collected(expression: Expr, basis: list[Expr]) -> Expr:
    """The entry as a sum over the basis, each coefficient in lowest terms."""
    ordered = sorted((b for b in basis if b != 1), key=lambda b: -b.count_ops())
    plain: dict[Expr, Expr] = {}
    for term in sympy.Add.make_args(sympy.expand(expression, power_exp=False)):
        found = next((b for b in ordered if _divides(b, term)), Integer(1))
        plain[found] = plain.get(found, Integer(0)) + term / found
    return sympy.Add(*(_tidy(c) * b for b, c in plain.items()))


def _divides(basis: Expr, term: Expr) -> bool:
    factors = dict(term.as_powers_dict())
    return all(factors.get(z, 0) == n for z, n in basis.as_powers_dict().items())


def _minimal_factors(matrix: Matrix, unknown: Symbol) -> list[tuple[Expr, int]] | None:
    """The irreducible factors of the minimal polynomial with their multiplicities."""
    polynomial = matrix.charpoly(unknown).as_expr(unknown)
    roots = sorted(
        {e for e in polynomial.atoms(sympy.Pow) if e.is_number and not e.exp.is_Integer},
        key=sympy.default_sort_key,
    )
    options = {"extension": roots} if roots else {}
    try:
        _, factors = sympy.factor_list(polynomial, unknown, **options)
    except (NotImplementedError, sympy.PolynomialError):
        return None
    at = {p: _at(sympy.Poly(p, unknown), matrix) for p, _ in factors}
    exponents = {p: n for p, n in factors}
    for p in exponents:
        while exponents[p] > 1:
            fewer = exponents | {p: exponents[p] - 1}
            product = sympy.eye(matrix.rows)
            for q, n in fewer.items():
                product = (product * at[q] ** n).applyfunc(_tidy)
            if not product.is_zero_matrix:
                break
            exponents = fewer
    return list(exponents.items())


def _at(polynomial: sympy.Poly, matrix: Matrix) -> Matrix:
    result = sympy.zeros(*matrix.shape)
    for c in polynomial.all_coeffs():
        result = (result * matrix + c * sympy.eye(matrix.rows)).applyfunc(_tidy)
    return result


def _solutions(factors: list[tuple[Expr, int]], unknown: Symbol, s: Symbol) -> list[Expr] | None:
    """A real basis of the solutions of the linear equation with this characteristic polynomial."""
    rates: dict[Expr, int] = {}
    basis: list[Expr] = []
    for p, times in factors:
        coefficients = sympy.Poly(p, unknown).all_coeffs()
        if len(coefficients) == 2:
            rates[_tidy(-coefficients[1] / coefficients[0])] = times
        elif len(coefficients) == 3:
            a, b, c = coefficients
            basis += _pair(_tidy(-b / (2 * a)), _tidy(b**2 / (4 * a**2) - c / a), times, s)
        elif len(coefficients) == 5 and coefficients[1] == coefficients[3] == 0:
            a, _, b, _, c = coefficients
            for sign in (1, -1):
                square = _tidy((-b + sign * sympy.sqrt(sympy.factor(b**2 - 4 * a * c))) / (2 * a))
                if not square.is_real:
                    return None
                basis += _pair(Integer(0), square, times, s)
        else:
            return None
    while rates:
        rate, times = rates.popitem()
        if rate != 0 and rates.get(-rate) == times:
            rates.pop(-rate)
            rate = -rate if rate.could_extract_minus_sign() else rate
            pair = (sympy.cosh(rate * s), sympy.sinh(rate * s))
            basis += [s**k * f for k in range(times) for f in pair]
        else:
            basis += [s**k * sympy.exp(rate * s) for k in range(times)]
    return basis


def _pair(middle: Expr, square: Expr, times: int, s: Symbol) -> list[Expr]:
    """The solutions for the two rates middle +- sqrt(square)."""
    grow = sympy.exp(middle * s)
    negative = square.is_negative or (not square.is_positive and square.could_extract_minus_sign())
    rate = _square_root(-square if negative else square)
    pair = (sympy.cos, sympy.sin) if negative else (sympy.cosh, sympy.sinh)
    return [s**k * grow * f(rate * s) for k in range(times) for f in pair]


def _square_root(square: Expr) -> Expr:
    """The root, without a modulus where the square is one of a polynomial."""
    numerator, denominator = sympy.fraction(sympy.factor(square))
    result: Expr = Integer(1)
    for side, polynomial in ((1, numerator), (-1, denominator)):
        content, factors = sympy.factor_list(polynomial) if polynomial.free_symbols else (polynomial, [])
        result *= sympy.sqrt(content) ** side
        for f, n in factors:
            result *= (f ** (n // 2) * (sympy.sqrt(f) if n % 2 else 1)) ** side
    return result
