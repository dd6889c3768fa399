"""Integrals from 0 to s of the functions that flows lead to, as exponents of a product of powers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import sympy
from sympy import Dummy, Expr, Integer, Symbol
from sympy.integrals.rationaltools import ratint_ratpart
from sympy.simplify.fu import TR8

from symeq.geometry.calculus import partial_derivative
from symeq.geometry.identities import neat, vanishes

_HIGHEST_ORDER = 12  # of the linear equation an integrand is looked for to satisfy
_OSCILLATING = (sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh)
_LARGEST = 400  # operations of an integrand


@dataclass(frozen=True)
class Integral:
    """int_0^s f = rest + sum c_i log D_i, each D_i equal to 1 at s = 0.

    `logarithms` are the pairs (c_i, D_i).
    """

    rest: Expr
    logarithms: tuple[tuple[Expr, Expr], ...] = ()
    variable: Symbol = field(default=Dummy("s"), repr=False)

    @property
    def value(self) -> Expr:
        return self.rest + sympy.Add(*(c * sympy.log(d) for c, d in self.logarithms))

    def exponential(self, factor: Expr = sympy.S.One) -> Expr:
        """exp(factor * integral), as a product of powers."""
        powers = (sympy.Pow(d, sympy.cancel(factor * c)) for c, d in self.logarithms)
        return sympy.Mul(*powers, sympy.exp(neat(factor * self.rest, self.variable)))


def integral(f: Expr, s: Symbol) -> Integral | None:
    """Return the integral of f from 0 to s, or None when it is none of those known here.

    Known are rational functions with residues that are constants or square roots, sums of polynomials times
    exponentials and sines, rational functions of one exponential, and of one root of a linear function.

    >>> s, a = sympy.symbols("s a")
    >>> integral(a / (1 - a * s), s), integral(s * sympy.cos(s), s)
    (Integral(rest=0, logarithms=((-1, -a*s + 1),)), Integral(rest=s*sin(s) + cos(s) - 1, logarithms=()))
    """
    if f.count_ops() > _LARGEST:
        return None
    if not f.has(s):
        return Integral(f * s, variable=s)
    for method in (_rational, _linear, _logarithm, _through_exponential, _through_root):
        found = method(f, s)
        if found is not None:
            return replace(found, variable=s)
    return None


def _from_zero(rest: Expr, s: Symbol) -> Expr:
    return neat(rest - rest.subs(s, 0), s)


def _rational(f: Expr, s: Symbol) -> Integral | None:
    if not f.is_rational_function(s):
        return None
    f = sympy.cancel(sympy.together(f))
    if not f.is_rational_function(s):
        return None
    numerator, denominator = (sympy.Poly(e, s, field=True) for e in sympy.fraction(f))
    whole, remainder = numerator.div(denominator)
    rest = whole.integrate(s).as_expr()
    logarithms: list[tuple[Expr, Expr]] = []
    if not remainder.is_zero:
        rational, remaining = ratint_ratpart(remainder, denominator, s)
        rest += rational
        found = _logarithmic(sympy.cancel(remaining), s)
        if found is None:
            return None
        arcs, logarithms = found
        rest += arcs
        if arcs != 0:
            return _checked(Integral(rest - rest.subs(s, 0), tuple(logarithms)))
    return _checked(Integral(_from_zero(rest, s), tuple(logarithms)))


def _checked(found: Integral) -> Integral | None:
    return None if found.value.has(sympy.nan, sympy.zoo, sympy.oo) else found


def _logarithmic(f: Expr, s: Symbol) -> tuple[Expr, list[tuple[Expr, Expr]]] | None:
    """The integral of a proper fraction whose denominator has simple factors of degree 1 and 2."""
    arcs: Expr = Integer(0)
    logarithms: list[tuple[Expr, Expr]] = []
    if f == 0:
        return arcs, logarithms
    numerator, denominator = sympy.fraction(sympy.together(f))
    factors = [d for d, _ in sympy.factor_list(denominator)[1] if d.has(s)]
    top = sympy.Poly(numerator, s, field=True)
    bottom = sympy.Poly(denominator, s, field=True)
    for d in factors:
        poly = sympy.Poly(d, s, field=True)
        others = bottom.quo(poly)
        part = (top * _inverse(others, poly)).rem(poly)
        slope = poly.diff(s)
        start = d.subs(s, 0)
        normal = sympy.cancel(d / start) if start != 0 else d
        ratio = part.quo(slope) if part.degree() >= slope.degree() else sympy.Poly(0, s)
        c = ratio.as_expr()
        if c.has(s):
            return None
        if c != 0:
            if start == 0:
                return None
            logarithms.append((sympy.cancel(c), normal))
        left = sympy.cancel((part - ratio * slope).as_expr())
        if left == 0:
            continue
        if poly.degree() != 2 or left.has(s):
            return None
        a, b, e = poly.all_coeffs()
        discriminant = sympy.factor(sympy.cancel(4 * a * e - b**2))
        root = sympy.sqrt(discriminant)
        arcs += 2 * left / root * sympy.atan((2 * a * s + b) / root)
    return arcs, logarithms


def _inverse(poly: sympy.Poly, modulus: sympy.Poly) -> sympy.Poly:
    return poly.rem(modulus).invert(modulus) if modulus.degree() > 0 else poly


def _linear(f: Expr, s: Symbol) -> Integral | None:
    """f with sum a_k f^(k) = 0: sums of s^n exp(a s) cos(b s) and the like.

    With q(D) D^m f = 0 and q_0 != 0 the function q(D) f is a polynomial P of degree below m, so that
    f = (P - sum_{k>0} q_k f^(k)) / q_0 can be integrated.
    """
    f = sympy.expand(f)
    if f.has(sympy.sin, sympy.cos):
        f = sympy.expand(TR8(f))
    if len(f.args) > _HIGHEST_ORDER * 4 or not all(map(partial(_is_elementary, s=s), sympy.Add.make_args(f))):
        return None
    if f.is_polynomial(s):
        return Integral(sympy.expand(sympy.Poly(f, s).integrate(s).as_expr()))
    chain = [f]
    rows: list[dict[Expr, Expr]] = [_entries(f, s)]
    for _ in range(_HIGHEST_ORDER):
        chain.append(sympy.expand(chain[-1].diff(s)))
        rows.append(_entries(chain[-1], s))
        columns = list(dict.fromkeys(m for row in rows for m in row))
        if len(columns) > 4 * _HIGHEST_ORDER:
            return None
        matrix = sympy.Matrix([[row.get(m, 0) for row in rows] for m in columns])
        null = sympy.Matrix(matrix).nullspace(simplify=sympy.cancel)
        if null:
            break
    else:
        return None
    a = list(null[0])
    m = next(j for j, c in enumerate(a) if sympy.cancel(c) != 0)
    q = a[m:]
    polynomial = sympy.expand(sympy.Add(*(c * chain[j] for j, c in enumerate(q))))
    if m == 0:
        polynomial = Integer(0)
    if not polynomial.is_polynomial(s):
        return None
    rest = -sympy.Add(*(c * chain[j] for j, c in enumerate(q[1:])))
    rest += sympy.Poly(polynomial, s).integrate(s).as_expr()
    rest = sympy.Add(*(sympy.cancel(c) * g for g, c in _entries(sympy.expand(rest / q[0]), s).items()))
    return Integral(sympy.expand(rest - rest.subs(s, 0)))


def _is_elementary(term: Expr, s: Symbol) -> bool:
    """A product of whole powers of s, and of exponentials, sines and cosines of a multiple of s."""
    for factor in sympy.Mul.make_args(term):
        base, exponent = factor.as_base_exp() if not isinstance(factor, sympy.exp) else (factor, Integer(1))
        if not factor.has(s):
            continue
        if not (exponent.is_Integer and exponent > 0):
            return False
        if base != s and not (isinstance(base, _OSCILLATING) and base.args[0].diff(s, 2) == 0):
            return False
    return True


def _logarithm(f: Expr, s: Symbol) -> Integral | None:
    """f = c D'/D with D a factor of the denominator of f."""
    for d in sympy.Mul.make_args(sympy.fraction(sympy.together(f))[1]):
        slope = partial_derivative(d, s)
        if slope == 0 or d.is_Pow:
            continue
        c = sympy.cancel(sympy.together(f * d / slope))
        if c.has(s):
            if not vanishes(partial_derivative(c, s)):
                continue
            c = sympy.cancel(c.subs(s, 0))
        start = d.subs(s, 0)
        if start != 0 and not c.has(sympy.nan, sympy.zoo):
            return Integral(Integer(0), ((c, sympy.expand(d / start)),))
    return None


def _entries(f: Expr, s: Symbol) -> dict[Expr, Expr]:
    found: dict[Expr, Expr] = {}
    for term in sympy.Add.make_args(f):
        coefficient, function = term.as_independent(s, as_Add=False)
        found[function] = found.get(function, Integer(0)) + coefficient
    return found


def _through_exponential(f: Expr, s: Symbol) -> Integral | None:
    """A rational function of exp(a s): with E = exp(a s), ds = dE / (a E)."""
    if f.has(sympy.sin, sympy.cos, sympy.tan):
        return None
    f = f.rewrite(sympy.exp)
    f = f.replace(lambda e: isinstance(e, sympy.exp), lambda e: sympy.exp(sympy.expand(e.args[0])))
    f = sympy.expand(f, deep=True, power_exp=True, mul=False, multinomial=False)
    kernels = [e for e in f.atoms(sympy.exp) if e.args[0].has(s)]
    rates = [sympy.cancel(e.args[0] / s) for e in kernels]
    if not rates or any(r.has(s) for r in rates):
        return None
    ratios = [sympy.cancel(r / rates[0]) for r in rates]
    if not all(r.is_Rational for r in ratios):
        return None
    step = sympy.gcd_list(ratios)
    rate, power = rates[0] * step, Dummy("E")
    f = f.xreplace({e: power ** (r / step) for e, r in zip(kernels, ratios, strict=True)})
    return _substituted(f / (rate * power), power, sympy.exp(rate * s), rate * s, s)


def _through_root(f: Expr, s: Symbol) -> Integral | None:
    """A rational function of s and one root: with r^q = a + b s, ds = q r^(q-1) dr / b."""
    roots = [e for e in f.atoms(sympy.Pow) if e.base.has(s) and not e.exp.is_Integer]
    if not roots or not all(e.exp.is_Rational for e in roots):
        return None
    base = roots[0].base
    if not base.is_polynomial(s) or sympy.degree(base, s) != 1:
        return None
    b, a = (sympy.expand(base).coeff(s, k) for k in (1, 0))
    if any(sympy.cancel(e.base / base).has(s) for e in roots):
        return None
    order = sympy.ilcm(1, *(e.exp.q for e in roots))
    r = Dummy("r")
    images = {e: r ** (order * e.exp) * sympy.Pow(sympy.cancel(e.base / base), e.exp) for e in roots}
    f = f.xreplace(images).subs(s, (r**order - a) / b) * order * r ** (order - 1) / b
    return _substituted(f, r, sympy.Pow(base, sympy.Rational(1, order)), None, s)


def _substituted(
    f: Expr, variable: Dummy, kernel: Expr, logarithm: Expr | None, s: Symbol
) -> Integral | None:
    """The integral of a rational function of a kernel, from its value at s = 0."""
    begin = kernel.subs(s, 0)
    shift = Dummy("d")
    found = _rational(f.subs(variable, shift + begin), shift)
    if found is None:
        return None
    back = {shift: kernel - begin}
    rest, logarithms = found.rest.xreplace(back), []
    for c, d in found.logarithms:
        if logarithm is not None and sympy.cancel(d - (shift + begin) / begin) == 0:
            rest += c * logarithm
        else:
            logarithms.append((c, sympy.expand(d.xreplace(back))))
    return Integral(rest, tuple(logarithms))
