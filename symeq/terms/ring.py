"""Terms as sums of independent monomials: an identity between functions becomes one between coefficients.

Monomials are products of rational powers of *generators*: the coordinates, and one generator with a known
derivative for each independent exponential, logarithm, arc tangent and each polynomial under a root or in
a denominator. Trigonometric and hyperbolic functions are read as exponentials, so that
sin^2 + cos^2 = 1 and the addition theorems need no rules of their own.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import mpmath
import sympy as sp
from sympy.polys.polyerrors import CoercionFailed

from symeq.errors import InvalidInput
from symeq.exact import coefficient_field
from symeq.terms.polynomials import (
    Exponent,
    Monomial,
    Poly,
    accumulate,
    add,
    common_monomial,
    multiply,
    times,
    whole,
)

Kind = Literal["coordinate", "exp", "power", "log", "atan"]

FUNCTIONS = (sp.exp, sp.log, sp.atan, sp.Abs)
REWRITTEN = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sinh, sp.cosh, sp.tanh, sp.coth)

# Logarithms and arc tangents, at random points with DIGITS digits, count as independent if the least
# singular value is above GAP_ABOVE, as dependent below GAP_BELOW; in between the question is refused.
DIGITS, GAP_ABOVE, GAP_BELOW = 60, 1e-30, 1e-50


def powers(term: sp.Expr) -> dict[sp.Symbol, int] | None:
    """The exponents of a product of whole powers of symbols, or None if the term is no such product.

    >>> x, y = sp.symbols("x y")
    >>> powers(x**2), powers(sp.exp(x)), powers(2 * x)
    ({x: 2}, None, None)
    """
    found: dict[sp.Symbol, int] = {}
    if term is sp.S.One:
        return found
    for factor in term.args if term.is_Mul else (term,):
        if factor.is_Symbol:
            found[factor] = 1
        elif factor.is_Pow and factor.base.is_Symbol and factor.exp.is_Integer and factor.exp > 0:
            found[factor.base] = int(factor.exp)
        else:
            return None
    return found


def spread(expression: sp.Expr) -> sp.Expr:
    """Split the functions of an expression as far as they go: exp of sums, log and powers of products.

    >>> x, y = sp.symbols("x y")
    >>> spread(sp.log(2 * x * y)), spread(sp.exp(x + 2))
    (log(x) + log(y) + log(2), exp(2)*exp(x))
    """
    if powers(expression) is not None or not expression.args:
        return expression
    if isinstance(expression, REWRITTEN):
        return spread(expression.rewrite(sp.exp))
    arguments = [spread(argument) for argument in expression.args]
    if isinstance(expression, sp.exp):
        return sp.expand(sp.exp(sp.expand(arguments[0])), power_base=False, log=False, mul=False)
    if isinstance(expression, sp.log):
        logarithm = sp.log(sp.Mul(*(f**power for f, power in _factors(arguments[0]))))
        return sp.expand_log(logarithm, force=True)
    if expression.is_Pow and not (expression.exp.is_Integer and expression.exp > 0) and arguments[0].is_Add:
        base, exponent = arguments
        return sp.Mul(*(sp.Pow(factor, power * exponent) for factor, power in _factors(base)))
    if expression.is_Pow and arguments[0].is_Mul:
        return sp.expand_power_base(sp.Pow(*arguments), force=True)
    return expression.func(*arguments)


def _factors(base: sp.Expr) -> list[tuple[sp.Expr, int]]:
    """Irreducible factors with a positive number in front, so that roots and logarithms of them stay real."""
    numerator, denominator = sp.fraction(sp.together(base))
    gaussian = {"gaussian": True} if base.has(sp.I) else {}
    content, factors = sp.factor_list(numerator, **gaussian)
    below, divisors = sp.factor_list(denominator, **gaussian)
    content, factors = content / below, factors + [(factor, -power) for factor, power in divisors]
    if content.is_negative:
        odd = next((k for k, (_, power) in enumerate(factors) if power % 2), None)
        if odd is None:
            return [(base, 1)]
        content, factors[odd] = -content, (sp.expand(-factors[odd][0]), factors[odd][1])
    return [(content, 1), *factors]


@dataclass(frozen=True)
class Generator:
    """A generator of a TermRing: a coordinate, or a function of `argument` as `kind` says."""

    kind: Kind
    expression: sp.Expr
    argument: Any = None


class TermRing:
    """Sums of monomials over a field of constants, closed under the derivations of a jet.

        ring.polynomial(term) = {monomial: coefficient},   equal functions <=> equal dictionaries

    after `canonical`, which also resolves the relation between a root and what stands under it.

    coordinates: the symbols that are variables; all others are parameters.
    expressions: everything that is going to be converted; they fix the field of constants.

    >>> x, u, nu = sp.symbols("x u nu")
    >>> ring = TermRing([x, u], [nu * sp.exp(2 * x) / u])
    >>> ring.polynomial(sp.exp(x) ** 2 * nu / u)
    {((1, -1), (2, 2)): nu}

    Raises InvalidInput for functions it does not know and for exponents that depend on a coordinate.
    """

    def __init__(self, coordinates: Iterable[sp.Symbol], expressions: Iterable[sp.Expr]) -> None:
        self.generators: list[Generator] = []
        self.index: dict[Any, int] = {}
        for coordinate in coordinates:
            self._generator(coordinate, "coordinate", coordinate)
        self.field = coefficient_field((spread(e) for e in expressions), tuple(self.index))
        self._known: dict[sp.Expr, Poly] = {}
        self._powers: dict[tuple[int, int], Poly] = {}

    def _generator(self, key: Any, kind: Kind, expression: sp.Expr, argument: Poly | None = None) -> int:
        if key not in self.index:
            self.index[key] = len(self.generators)
            self.generators.append(Generator(kind, expression, argument))
        return self.index[key]

    # -- from and to expressions

    def number(self, constant: sp.Expr) -> Any:
        """A constant as an element of the field; whole numbers stay Python's, which are many times faster."""
        if constant.is_Integer:
            return int(constant)
        try:
            return self.field.from_sympy(constant)
        except (CoercionFailed, ValueError):
            return self._number_by_parts(constant)

    def _number_by_parts(self, constant: sp.Expr) -> Any:
        """A constant of which SymPy does not see that it lies in the field, as k in Q(sqrt(k))."""
        parts = [self.number(part) for part in constant.args] if constant.is_Add or constant.is_Mul else []
        if parts:
            total = self.field.one if constant.is_Mul else self.field.zero
            for part in parts:
                total = total * part if constant.is_Mul else total + part
            return total
        base, exponent = constant.as_base_exp()
        for symbol in self.field.symbols if self.field.is_FractionField else ():
            known, order = symbol.as_base_exp()
            if known == base and (exponent / order).is_Integer:
                return self.field.from_sympy(symbol) ** int(exponent / order)
        if exponent.is_Integer and exponent != 1:
            return self.number(base) ** int(exponent)
        raise InvalidInput(f"The constant {constant} does not lie in {self.field}.")

    def polynomial(self, expression: sp.Expr) -> Poly:
        """The monomials of an expression with their coefficients (not yet `canonical`)."""
        if expression not in self._known:
            exponents = powers(expression)
            if exponents is not None and all(s in self.index for s in exponents):
                self._known[expression] = {tuple(sorted((self.index[s], n) for s, n in exponents.items())): 1}
            else:
                self._known[expression] = self._read(spread(expression))
        return self._known[expression]

    def _read(self, expression: sp.Expr) -> Poly:
        if expression in self.index:
            return {((self.index[expression], 1),): 1}
        if not any(s in self.index for s in expression.free_symbols):
            constant = self.number(expression)
            return {(): constant} if constant else {}
        if expression.is_Add:
            return add(*map(self._read, expression.args))
        if expression.is_Mul:
            product: Poly = {(): 1}
            for factor in expression.args:
                product = multiply(product, self._read(factor))
            return product
        if expression.is_Pow:
            if any(s in self.index for s in expression.exp.free_symbols):
                raise InvalidInput(f"{expression}: an exponent must be a constant.")
            base = self._read(expression.base)
            if expression.exp.is_Rational:
                return self.power(base, Fraction(int(expression.exp.p), int(expression.exp.q)))
            return self._exponential(multiply({(): self.number(expression.exp)}, self._logarithm(base)))
        if not isinstance(expression, FUNCTIONS):
            names = ", ".join(f.__name__ for f in (*FUNCTIONS, *REWRITTEN))
            raise InvalidInput(
                f"{expression.func} is no function that terms may contain; they are {names}, sqrt."
            )
        argument = self._read(expression.args[0])
        if isinstance(expression, sp.exp):
            return self._exponential(argument)
        if isinstance(expression, sp.log):
            return self._logarithm(argument)
        if isinstance(expression, sp.atan):
            return self._new(("atan", self._key(argument)), "atan", expression, argument)
        # |g| is the root of g^2 that is not g itself.
        square = multiply(argument, argument)
        root = self._generator(("abs", self._key(square)), "power", expression**2, square)
        return {((root, Fraction(1, 2)),): 1}

    def _new(self, key: Any, kind: Kind, expression: sp.Expr, argument: Poly) -> Poly:
        return {((self._generator(key, kind, expression, argument), 1),): 1}

    def _exponential(self, argument: Poly) -> Poly:
        product: Poly = {(): 1}
        for monomial, coefficient in argument.items():
            if not monomial:
                product = multiply(product, {(): self.number(sp.exp(self._constant(coefficient)))})
                continue
            for addend in sp.Add.make_args(sp.expand(self._constant(coefficient))):
                rational, rest = addend.as_coeff_Mul(rational=True)
                exponent = whole(Fraction(int(rational.p), int(rational.q)))
                (first, times), *others = monomial
                of_log = times == 1 and not others and self.generators[first].kind == "log" and rest == 1
                if of_log:
                    factor = self.power(self.generators[first].argument, Fraction(exponent))
                else:
                    inner = {monomial: self.number(rest)}
                    expression = sp.exp(self.expression(inner))
                    at = self._generator(("exp", rest, monomial), "exp", expression, inner)
                    factor = {((at, exponent),): 1}
                product = multiply(product, factor)
        return product

    def _logarithm(self, argument: Poly) -> Poly:
        if len(argument) > 1:
            return self._new(("log", self._key(argument)), "log", sp.log(self.expression(argument)), argument)
        [(monomial, coefficient)] = argument.items()
        constant = sp.log(self._constant(coefficient))
        total: Poly = {(): self.number(constant)} if constant else {}
        for i, exponent in monomial:
            generator = self.generators[i]
            if generator.kind == "exp":
                inner = generator.argument
            else:
                argument = {((i, 1),): 1}
                inner = self._new(("log", i), "log", sp.log(generator.expression), argument)
            total = add(total, multiply({(): self.rational(exponent)}, inner))
        return total

    def power(self, base: Poly, exponent: Fraction) -> Poly:
        """base^exponent for any rational exponent; a sum under a root becomes a generator of its own."""
        if exponent.denominator == 1 and exponent >= 0:
            product: Poly = {(): 1}
            for _ in range(int(exponent)):
                product = multiply(product, base)
            return product
        common = common_monomial(base)
        outside = tuple((i, whole(e * exponent)) for i, e in common)
        inside = {times(m, tuple((i, -e) for i, e in common)): c for m, c in base.items()}
        if len(inside) == 1:
            coefficient = self._constant(inside[()])
            power = coefficient ** sp.Rational(exponent.numerator, exponent.denominator)
            return {outside: self.number(power)}
        expression = self.expression(inside)
        at = self._generator(("power", self._key(inside)), "power", expression, inside)
        return {times(outside, ((at, whole(exponent)),)): 1}

    def expression(self, poly: Poly) -> sp.Expr:
        """A polynomial as a SymPy expression."""
        return sp.Add(*(self._constant(c) * self.monomial(m) for m, c in poly.items()))

    def monomial(self, monomial: Monomial) -> sp.Expr:
        """A monomial as a SymPy expression."""
        return sp.Mul(*(self.generators[i].expression ** sp.Rational(e) for i, e in monomial))

    def _key(self, poly: Poly) -> frozenset[tuple[Monomial, Any]]:
        # Whole numbers and elements of the field need not compare equal.
        return frozenset((monomial, self.field.convert(c)) for monomial, c in poly.items())

    def _constant(self, value: Any) -> sp.Expr:
        return sp.Integer(value) if isinstance(value, int) else self.field.to_sympy(value)

    def rational(self, value: Exponent) -> Any:
        return (
            value if isinstance(value, int) else self.field.convert(sp.QQ(value.numerator, value.denominator))
        )

    # -- identities

    def canonical(self, polys: Sequence[Poly]) -> list[Poly]:
        """The polynomials, times a common factor, with every root and denominator resolved.

        Let P be a generator that stands for p: in each class of exponents modulo 1 all powers of P become
        P^e p^k with one e, the lowest that occurs. What is left is independent, whence zero iff empty.
        """
        result = list(polys)
        for i in reversed(range(len(self.generators))):
            if self.generators[i].kind != "power":
                continue
            exponents = {dict(monomial).get(i, 0) for poly in result for monomial in poly}
            lowest: dict[Exponent, Exponent] = {0: 0}
            for exponent in exponents:
                lowest[exponent % 1] = min(lowest.get(exponent % 1, exponent), exponent)
            if exponents != {0}:
                result = [self._lowered(poly, i, lowest) for poly in result]
        return result

    def _lowered(self, poly: Poly, i: int, lowest: Mapping[Exponent, Exponent]) -> Poly:
        total: Poly = {}
        for monomial, coefficient in poly.items():
            exponent = dict(monomial).get(i, 0)
            base = lowest[exponent % 1]
            kept = times(monomial, ((i, base - exponent),)) if exponent != base else monomial
            for other, factor in self._argument_power(i, int(exponent - base)).items():
                accumulate(total, times(kept, other), coefficient * factor)
        return total

    def _argument_power(self, i: int, exponent: int) -> Poly:
        if exponent == 0:
            return {(): 1}
        if (i, exponent) not in self._powers:
            lower = self._argument_power(i, exponent - 1)
            self._powers[i, exponent] = multiply(lower, self.generators[i].argument)
        return self._powers[i, exponent]

    def confirm_independence(self) -> None:
        """Refuse logarithms and arc tangents that depend on each other, such as atan(u) and atan(1/u).

        They are algebraically independent of each other unless a combination of them is elementary of lower
        kind (Ostrowski); the combinations checked are those with the coordinates and 1.
        """
        opaque = [g.expression for g in self.generators if g.kind in ("log", "atan")]
        if not opaque:
            return
        symbols = [g.expression for g in self.generators if g.kind == "coordinate"]
        used = sorted(set().union(*(e.free_symbols for e in opaque)), key=str)
        functions = [sp.S.One, *(s for s in symbols if s in used), *opaque]
        draw = random.Random(0)
        with mpmath.workdps(DIGITS):
            evaluate = sp.lambdify(used, functions, "mpmath")
            points = [[mpmath.mpc(draw.uniform(0.3, 2.7)) for _ in used] for _ in range(2 * len(functions))]
            matrix = mpmath.matrix([evaluate(*point) for point in points])
            for k in range(matrix.cols):
                matrix[:, k] /= mpmath.norm(matrix[:, k])
            smallest = float(min(mpmath.svd_c(matrix, compute_uv=False)))
        if not smallest > GAP_ABOVE:
            verdict = "depend on each other" if smallest < GAP_BELOW else "cannot be told apart"
            raise InvalidInput(
                f"The functions {', '.join(map(str, opaque))} {verdict}. Leave one of them out."
            )
