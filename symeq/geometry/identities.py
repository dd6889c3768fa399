"""When is an expression zero for every value of its symbols? Decided exactly, by independent kernels."""

from __future__ import annotations

import random
from collections.abc import Sequence

import sympy
from sympy import Dummy, Expr, Integer, Rational, Symbol

_TURNING = (
    sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth
)  # fmt: skip
_DIGITS = 30
_ROUNDS = 4
_LARGEST = 4000  # operations of an expression that is looked at
_ZERO = sympy.Float("1e-18", _DIGITS)


def value_at(expression: Expr, point: dict[Symbol, Expr]) -> Expr | None:
    """The value at a point, real or complex, to 30 digits; None where there is none."""
    value = expression.xreplace(point).evalf(_DIGITS, maxn=200)
    return value if value.is_number and value.is_finite else None


def generic_points(
    symbols: Sequence[Symbol], count: int, seed: int = 0, *, positive: bool = False
) -> list[dict[Symbol, Expr]]:
    """Points with coordinates of both signs, or all positive, drawn by a generator of their own."""
    draw = random.Random(seed)
    signs = (1, 1) if positive else (-1, 1)
    ordered = sorted(symbols, key=lambda s: (s.name, s.is_Dummy))
    return [
        {s: Rational(draw.randint(100, 1500), 1009) * draw.choice(signs) for s in ordered}
        for _ in range(count)
    ]


def vanishes(expression: Expr) -> bool:
    """Whether an expression is zero wherever it is defined.

    A value that differs from zero says no. Else sines and hyperbolic functions are written as exponentials,
    exponents by a basis over the rational numbers, roots and logarithms by irreducible factors; what is left
    is a rational function of independent kernels. An identity that needs a relation between kernels beyond
    these counts as not proved: True is certain, False may be caution.

    >>> x = Symbol("x")
    >>> vanishes(sympy.cosh(x) ** 2 - sympy.sinh(x) ** 2 - 1), vanishes(sympy.sin(2 * x) - sympy.sin(x))
    (True, False)
    """
    if expression.is_Rational:
        return bool(expression == 0)
    if expression.count_ops() > _LARGEST:
        return False
    for point in generic_points(list(expression.free_symbols), 2, seed=1, positive=True):
        value = value_at(expression, point) if _on_one_branch(expression, point) else None
        if value is not None and abs(value) > _ZERO * (1 + _size(expression, point)):
            return False
    known: dict[Expr, int] = {}
    for _ in range(_ROUNDS):
        # A factor may occur under roots of several orders; what is learnt of them holds in the next round.
        orders = dict(known)
        kernels = _Kernels(known)
        # A symbol that has roots is a power itself: u = r^2 makes u + 2 sqrt(u) + 1 a square.
        roots = {z: Dummy(z.name) for z in known if z.is_Symbol}
        powers = {z: root ** known[z] for z, root in roots.items()}
        kernels.origins |= {root: z ** Rational(1, known[z]) for z, root in roots.items()}
        plain = kernels.resolved(expression.xreplace(powers))
        if known == orders:
            return kernels.zero(plain)
    return False


def _on_one_branch(expression: Expr, point: dict[Symbol, Expr]) -> bool:
    """Whether everything under roots and logarithms is positive; elsewhere values tell nothing."""
    inner = {e.base for e in expression.atoms(sympy.Pow) if _is_kernel(e)}
    inner |= {e.args[0] for e in expression.atoms(sympy.log)}
    values = (value_at(e, point) for e in inner if e.free_symbols)
    return all(v is not None and v.is_positive for v in values)


def _size(expression: Expr, point: dict[Symbol, Expr]) -> Expr:
    """The largest term of a sum, against which cancellation is measured."""
    values = [value_at(term, point) for term in sympy.Add.make_args(expression)]
    return max((abs(v) for v in values if v is not None), default=Integer(0))


class _Kernels:
    """Functions and roots, replaced by independent symbols, innermost first."""

    def __init__(self, orders: dict[Expr, int]) -> None:
        self.orders = orders
        self.relations: list[tuple[Dummy, int, Expr]] = []
        self.known: dict[tuple[str, Expr], Expr] = {}
        self.logarithms: dict[Expr, Expr] = {}
        self.exponents: dict[Expr, Expr] = {}
        self.roots: dict[Expr, tuple[Expr, int]] = {}
        self.origins: dict[Expr, Expr] = {}

    def zero(self, plain: Expr) -> bool:
        return bool(self._lowered(sympy.fraction(sympy.together(plain))[0], fractions=False) == 0)

    def _lowered(self, polynomial: Expr, *, fractions: bool = True) -> Expr:
        """The polynomial, or a multiple of it, with every power of a root below its order."""
        result = sympy.expand(polynomial)
        for root, order, base in reversed(self.relations):
            if not result.has(root):
                continue
            poly = sympy.Poly(result, root)
            terms = [c * root ** (k % order) * base ** (k // order) for (k,), c in poly.terms()]
            result = sympy.Add(*terms)
            if not fractions:
                result = sympy.fraction(sympy.together(result))[0]
            result = sympy.expand(result)
        return result

    def _fraction(self, plain: Expr) -> tuple[Expr, Expr]:
        """Numerator and denominator in lowest terms."""
        numerator, denominator = map(self._lowered, sympy.fraction(sympy.together(plain)))
        return sympy.fraction(sympy.cancel(sympy.together(numerator / denominator)))

    def resolved(self, expression: Expr) -> Expr:
        # The other turning functions become quotients of exponentials at once.
        expression = expression.replace(lambda e: isinstance(e, _TURNING), _as_exponentials)
        expression = expression.xreplace({sympy.I: self._rooted(Integer(-1), sympy.S.Half)})
        while True:
            kernels = {e for e in sympy.preorder_traversal(expression) if _is_kernel(e)}
            innermost = [e for e in kernels if not any(_is_kernel(a) for a in _inside(e))]
            if not innermost:
                return expression
            innermost.sort(key=sympy.default_sort_key)
            images: dict[Expr, Expr] = {}
            exponents: dict[Expr, Expr] = {}
            for e in innermost:
                if isinstance(e, sympy.exp):
                    exponents[e] = e.args[0]
                elif e.is_Pow:
                    rational, rest = _parted(e.exp)
                    images[e] = self._power(e.base, rational)
                    if rest != 0:
                        exponents[e] = rest * self._logarithm(e.base)
                elif isinstance(e, sympy.log):
                    images[e] = self._logarithm(e.args[0])
                else:
                    images[e] = self._named(e.func.__name__, _quotient(self._fraction(e.args[0])))
            for e, image in self._exponentials(exponents).items():
                images[e] = images.get(e, Integer(1)) * image
            expression = expression.xreplace(images)

    def _named(self, kind: str, argument: Expr) -> Expr:
        return self.known.setdefault((kind, argument), Dummy(kind))

    def _factors(self, base: Expr) -> list[tuple[Expr, int]]:
        """Irreducible factors, primes of the content among them, with a positive number in front."""
        numerator, denominator = self._fraction(base)
        found: list[tuple[Expr, int]] = []
        sign = 1
        for polynomial, side in ((numerator, 1), (denominator, -1)):
            content, factors = sympy.factor_list(polynomial)
            found += [(factor, side * power) for factor, power in factors]
            if content.is_Rational:
                sign *= -1 if content < 0 else 1
                found += [(Integer(p), side * n) for p, n in sympy.factorrat(abs(content)).items() if p != 1]
            else:
                found.append((content, side))
        if sign < 0:
            odd = next((k for k, (f, n) in enumerate(found) if n % 2 and not f.is_Integer), None)
            if odd is None:
                found.append((Integer(-1), 1))
            else:
                found[odd] = (sympy.expand(-found[odd][0]), found[odd][1])
        return found

    def _power(self, base: Expr, exponent: Rational) -> Expr:
        if exponent == 0:
            return Integer(1)
        return sympy.Mul(*(self._rooted(factor, n * exponent) for factor, n in self._factors(base)))

    def _rooted(self, factor: Expr, exponent: Rational) -> Expr:
        if exponent.is_Integer:
            return factor**exponent
        if factor in self.roots:
            base, order = self.roots[factor]
            return self._rooted(base, exponent / order)
        known = factor.xreplace(self.origins)
        order = int(sympy.ilcm(self.orders.get(known, 1), exponent.q))
        self.orders[known] = order
        key = (f"root{order}", factor)
        if key not in self.known:
            root = self.known[key] = Dummy("r")
            self.relations.append((root, order, factor))
            self.roots[root] = (factor, order)
            self.origins[root] = known ** Rational(1, order)
            if factor != -1:
                self.logarithms[root] = self._log_of(factor) / order
        return self.known[key] ** (exponent * order)

    def _logarithm(self, argument: Expr) -> Expr:
        return sympy.Add(*(n * self._log_of(factor) for factor, n in self._factors(argument)))

    def _log_of(self, factor: Expr) -> Expr:
        return self.logarithms[factor] if factor in self.logarithms else self._named("log", factor)

    def _exponentials(self, exponents: dict[Expr, Expr]) -> dict[Expr, Expr]:
        """Each exponential as a product of rational powers of independent ones."""
        images: dict[Expr, Expr] = {}
        for e, exponent in sorted(exponents.items(), key=lambda pair: sympy.default_sort_key(pair[0])):
            powers = self._in_known(exponent)
            if powers is None:
                name = Dummy("exp")
                self.exponents[name] = self.logarithms[name] = _quotient(self._fraction(exponent))
                self.origins[name] = sympy.exp(exponent.xreplace(self.origins))
                powers = {name: Integer(1)}
            images[e] = sympy.Mul(*(self._rooted(name, n) for name, n in powers.items()))
        return images

    def _in_known(self, exponent: Expr) -> dict[Expr, Rational] | None:
        """The exponent as a rational combination of those named before."""
        names = list(self.exponents)
        joined = [self._fraction(a) for a in (*self.exponents.values(), exponent)]
        common = Integer(1)
        for _, denominator in joined:
            common = sympy.lcm(common, denominator)
        rows = []
        for numerator, denominator in joined:
            row: dict[Expr, Rational] = {}
            for term in sympy.Add.make_args(sympy.expand(numerator * sympy.cancel(common / denominator))):
                number, monomial = term.as_coeff_Mul(rational=True)
                row[monomial] = row.get(monomial, Integer(0)) + number
            rows.append({m: c for m, c in row.items() if c != 0})
        columns = list(dict.fromkeys(m for row in rows for m in row))
        matrix = sympy.Matrix([[row.get(m, Integer(0)) for row in rows] for m in columns])
        echelon, pivots = matrix.rref()
        if len(names) in pivots:
            return None
        return {names[p]: echelon[k, len(names)] for k, p in enumerate(pivots) if echelon[k, len(names)] != 0}


def _as_exponentials(e: Expr) -> Expr:
    turns = isinstance(e, sympy.sin | sympy.cos | sympy.tan | sympy.cot)
    unit = sympy.I if turns else Integer(1)
    grown = sympy.exp(unit * e.args[0])
    sine, cosine = (grown - 1 / grown) / (2 * unit), (grown + 1 / grown) / 2
    if isinstance(e, sympy.sin | sympy.sinh):
        return sine
    if isinstance(e, sympy.cos | sympy.cosh):
        return cosine
    return sine / cosine if isinstance(e, sympy.tan | sympy.tanh) else cosine / sine


def _quotient(fraction: tuple[Expr, Expr]) -> Expr:
    return fraction[0] / fraction[1]


def _parted(exponent: Expr) -> tuple[Rational, Expr]:
    """The rational number in an exponent, and the rest."""
    number, rest = sympy.expand(exponent).as_coeff_Add(rational=True)
    return number, rest


def _is_kernel(expression: Expr) -> bool:
    if isinstance(expression, sympy.Function):
        return True
    if expression is sympy.E:
        return False
    return bool(expression.is_Pow and not expression.exp.is_Integer)


def _inside(kernel: Expr) -> list[Expr]:
    return [part for argument in kernel.args for part in sympy.preorder_traversal(argument)]


def neat(expression: Expr, s: Symbol) -> Expr:
    """A rational function in lowest terms, with a denominator that is 1 at s = 0 where it can be.

    >>> t, s = sympy.symbols("t s")
    >>> neat(t + s * t**2 / (1 - s * t), s)
    t/(-s*t + 1)
    """
    if expression.is_polynomial() or not expression.is_rational_function():
        return expression
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(expression)))
    start = denominator.subs(s, 0)
    if start.is_Rational and start != 0:
        numerator, denominator = sympy.expand(numerator / start), sympy.expand(denominator / start)
    elif denominator.could_extract_minus_sign():
        numerator, denominator = sympy.expand(-numerator), sympy.expand(-denominator)
    return sympy.factor_terms(numerator) / denominator
