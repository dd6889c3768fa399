"""Quotients of polynomials and roots in lowest terms, the powers of each root joined."""

from __future__ import annotations

from math import lcm

import sympy as sp


def tidied(expression: sp.Expr) -> sp.Expr:
    """Return an expression with rational functions and roots of such as one factored fraction.

    Even roots count as those of positive quantities, (x y)^(1/2) = x^(1/2) y^(1/2), odd ones are real.

    >>> x, y = sp.symbols("x y")
    >>> tidied((x**2 + y**2) / sp.sqrt(1 + x**2 / y**2) ** 3 / y**2)
    y/sqrt(x**2 + y**2)
    """
    if expression.is_Symbol or expression.is_number:
        return expression
    degrees: dict[sp.Expr, int] = {}
    names: dict[sp.Expr, sp.Dummy] = {}

    def split(power: sp.Expr) -> sp.Expr:
        """A power of a quotient as a product of powers of irreducible polynomials."""
        base = sp.cancel(sp.together(power.base))
        above, factors = sp.factor_list(sp.numer(base))
        below, divisors = sp.factor_list(sp.denom(base))
        number = above / below
        factors = [*factors, *((f, -k) for f, k in divisors)]
        if power.exp.q % 2:
            signs = [(-1) ** k if f.could_extract_minus_sign() else 1 for f, k in factors]
            factors = [(-f if f.could_extract_minus_sign() else f, k) for f, k in factors]
            number *= sp.Mul(*signs)
        elif (
            number.is_negative
            and (odd := next((k for k, (_, e) in enumerate(factors) if e % 2), None)) is not None
        ):
            # A square root stays real: the sign goes to what stands under it.
            number, factors[odd] = -number, (sp.expand(-factors[odd][0]), factors[odd][1])
        product = _real_power(number, power.exp)
        for f, k in factors:
            names.setdefault(f, sp.Dummy(f"root{len(names)}"))
            degrees[f] = lcm(degrees.get(f, 1), int((k * power.exp).q))
            product *= sp.Function("power")(names[f], k * power.exp)
        return product

    opened = expression.replace(_is_root, split) if _roots(expression) else expression
    marks = {m for m in opened.atoms(sp.Function) if m.func.__name__ == "power"}
    base = {names[f]: f for f in names}
    opened = opened.xreplace({m: m.args[0] ** int(m.args[1] * degrees[base[m.args[0]]]) for m in marks})
    fraction = sp.cancel(sp.together(opened))
    relations = [(names[f], degrees[f], f) for f in degrees]
    numerator, denominator = (_lowered(e, relations) for e in sp.fraction(fraction))
    for d, n, _ in relations:
        if n == 2 and denominator.has(d) and len(sp.Add.make_args(denominator)) > 1:
            conjugate = denominator.subs(d, -d)
            numerator = _lowered(numerator * conjugate, relations)
            denominator = _lowered(denominator * conjugate, relations)
    result = _positive(sp.factor(sp.cancel(numerator / denominator)))
    return result.xreplace({d: f ** sp.Rational(1, n) for d, n, f in relations})


def _real_power(number: sp.Expr, exponent: sp.Rational) -> sp.Expr:
    """A power of a number, where an odd root of a negative one is the real root."""
    if number.is_negative and exponent.q % 2:
        return sp.Integer(-1) ** exponent.p * (-number) ** exponent
    return number**exponent


def _is_root(expression: sp.Expr) -> bool:
    return bool(
        expression.is_Pow
        and expression.exp.is_Rational
        and not expression.exp.is_Integer
        and expression.base.free_symbols
    )


def _roots(expression: sp.Expr) -> bool:
    return any(_is_root(e) for e in sp.preorder_traversal(expression))


def _lowered(expression: sp.Expr, relations: list[tuple[sp.Dummy, int, sp.Expr]]) -> sp.Expr:
    """A polynomial with every root below its own power: d^n = f."""
    expression = sp.expand(expression)
    for d, n, f in relations:
        if expression.has(d):
            expression = sp.expand(sp.rem(expression, d**n - f, d))
    return expression


def _positive(expression: sp.Expr) -> sp.Expr:
    """(-1 - p)^3 as -(1 + p)^3."""

    def turned(power: sp.Expr) -> sp.Expr:
        return (-1) ** power.exp * (-power.base) ** power.exp

    return expression.replace(
        lambda e: e.is_Pow and e.base.is_Add and e.exp.is_Integer and e.base.could_extract_minus_sign(),
        turned,
    )
