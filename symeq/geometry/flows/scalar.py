"""One ordinary differential equation z' = F(s, z), where it can be solved in closed form."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from symeq.geometry.calculus import partial_derivative
from symeq.geometry.flows.exponential import matrix_exponential
from symeq.geometry.flows.quadrature import integral
from symeq.geometry.identities import neat, vanishes


def scalar_flow(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """Return z(s) with z(0) = z for z' = F(s, z), or None if F is none of the kinds known here.

    Linear; Bernoulli, a z + b z^n; Riccati with constant coefficients; a power of c + d z; linear in
    exp(c z) or in log(z) after a substitution; each of them times a function of s.

    Source: E. Kamke, Differentialgleichungen I (1944), part A, section 4.

    >>> z, s = sympy.symbols("z s")
    >>> scalar_flow(z**2, z, s), scalar_flow(1 + z, z, s)
    (z/(-s*z + 1), z*exp(s) + exp(s) - 1)
    """
    rate = sympy.expand(rate)
    for method in (_linear, _bernoulli, _riccati, _power, _exponential, _logarithmic):
        found = method(rate, z, s)
        if found is not None:
            return found
    return _separable(rate, z, s)


def _linear(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    a = sympy.expand(partial_derivative(rate, z))
    if a.has(z):
        return None
    return _affine(a, rate.xreplace({z: Integer(0)}), z, s)


def _affine(a: Expr, b: Expr, start: Expr, s: Symbol) -> Expr | None:
    """The solution of w' = a w + b from w(0) = start."""
    grown = integral(a, s)
    if grown is None:
        return None
    factor = grown.exponential()
    if b == 0:
        return start * factor
    forced = integral(_merged(b * grown.exponential(Integer(-1))), s)
    if forced is None:
        return None
    return sympy.expand(start * factor) + sympy.expand(forced.value * factor, mul=True, power_base=False)


def _merged(expression: Expr) -> Expr:
    return sympy.powsimp(sympy.expand(expression)) if expression.has(sympy.exp) else expression


def _terms(rate: Expr, z: Symbol) -> dict[Expr, Expr] | None:
    """The exponents of z in a sum of powers of z, with their coefficients."""
    found: dict[Expr, Expr] = {}
    for term in sympy.Add.make_args(rate):
        coefficient, power = term.as_independent(z, as_Add=False)
        base, exponent = power.as_base_exp()
        if power == 1:
            exponent = Integer(0)
        elif base != z or exponent.has(z):
            return None
        found[exponent] = found.get(exponent, Integer(0)) + coefficient
    return found


def _bernoulli(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """With w = z^(1-n): w' = (1-n) (a w + b)."""
    terms = _terms(rate, z)
    if terms is None:
        return None
    others = [n for n in terms if n != 1]
    if len(others) != 1 or len(terms) > 2:
        return None
    n, b = others[0], terms[others[0]]
    m = 1 - n
    # w / w(0) is solved for, so that z keeps its sign.
    w = _affine(m * terms.get(Integer(1), Integer(0)), sympy.expand(m * b * z**-m), Integer(1), s)
    return None if w is None else z * neat(w, s) ** (1 / m)


def _riccati(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """z = p / q with a linear system for (p, q)."""
    if rate.has(s) or not rate.is_polynomial(z) or sympy.degree(rate, z) != 2:
        return None
    c, b, a = sympy.Poly(rate, z).all_coeffs()
    images = matrix_exponential(sympy.Matrix([[b, a], [-c, 0]]), s)
    if images is None:
        return None
    p, q = images * sympy.Matrix([z, 1])
    # What both share is a common growth; without it the quotient is shorter.
    growth = sympy.exp(b * s / 2)
    p, q = (sympy.expand(sympy.expand(e / growth)) for e in (p, q))
    return p / q


def _power(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """F = k (c + d z)^n, a Bernoulli equation in c + d z."""
    factored = sympy.factor(rate)
    constant, power = factored.as_independent(z, as_Add=False)
    base, n = power.as_base_exp()
    if constant.has(s) or n.has(z) or not base.is_polynomial(z) or sympy.degree(base, z) != 1:
        return None
    d, c = sympy.Poly(base, z).all_coeffs()
    w = Dummy("w")
    found = _bernoulli(constant * d * w**n, w, s) if n != 1 else None
    return None if found is None else (found.xreplace({w: base}) - c) / d


def _exponential(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """With w = exp(-c z): w' = -c w F, linear if F = a + b exp(c z)."""
    rates = {sympy.cancel(partial_derivative(e.args[0], z)) for e in rate.atoms(sympy.exp) if e.has(z)}
    if len(rates) != 1:
        return None
    c = rates.pop()
    if c.has(z, s):
        return None
    w = Dummy("w")
    # exp(c z + d) is first parted, so that exp(c z) can be named.
    opened = sympy.expand(rate, power_exp=True)
    opened = opened.xreplace({sympy.exp(c * z): 1 / w})
    moved = sympy.expand(-c * w * opened)
    if moved.has(z) or not moved.is_polynomial(w) or sympy.degree(moved, w) > 1:
        return None
    a, b = moved.coeff(w, 1), moved.coeff(w, 0)
    grown = _affine(a, sympy.expand(b * sympy.exp(c * z)), Integer(1), s)
    return None if grown is None else z - sympy.log(grown) / c


def _logarithmic(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """With w = log(z): w' = F / z, linear if F = z (a + b log z)."""
    if not rate.has(sympy.log(z)):
        return None
    w = Dummy("w")
    moved = sympy.expand(rate / z).xreplace({sympy.log(z): w})
    if moved.has(z):
        return None
    found = scalar_flow(moved, w, s)
    return None if found is None else sympy.exp(found.xreplace({w: sympy.log(z)}))


def _separable(rate: Expr, z: Symbol, s: Symbol) -> Expr | None:
    """F = h(s) K(z): the solution for K at the time int h."""
    if not rate.has(s):
        return None
    start = rate.subs(s, 0)
    if start == 0 or start.has(sympy.nan, sympy.zoo, sympy.oo):
        return None
    h = sympy.cancel(sympy.together(rate / start))
    if h.has(z) and vanishes(partial_derivative(h, z)):
        h = h.subs(z, 1)
    if h.has(z, sympy.nan, sympy.zoo):
        return None
    clock, now = Dummy("s"), integral(h, s)
    found = None if now is None else scalar_flow(start, z, clock)
    return None if now is None or found is None else found.xreplace({clock: now.value})
