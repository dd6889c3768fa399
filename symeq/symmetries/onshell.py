"""The solution manifold: normal forms of terms where equations and all their derivatives hold."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet, MultiIndex
from symeq.geometry.leads import is_principal
from symeq.symmetries.solving import Rule
from symeq.terms.actions import Derivation
from symeq.terms.polynomials import Poly, add, multiply
from symeq.terms.ring import TermRing

MOST_MONOMIALS = 50_000  # of one derivative in normal form
LOWEST_LIMIT = 24  # derivatives up to this order are always reduced


class OutOfTime(Exception):
    """The budget ran out between two steps."""


def deadline_of(budget: float | None) -> float | None:
    """The time of time.monotonic at which a budget of seconds runs out.

    Raises InvalidInput for a budget that is not positive.
    """
    if budget is None:
        return None
    if isinstance(budget, bool) or not isinstance(budget, int | float) or not budget > 0:
        raise InvalidInput(f"budget={budget!r}: give a positive number of seconds, or None for no limit.")
    return time.monotonic() + budget


class JetTerms(TermRing):
    """The terms on a jet: derivatives join the ring as they turn up.

    >>> jet = Jet("t x", "u")
    >>> terms = JetTerms(jet, [])
    >>> terms.expression(terms.polynomial(jet.parse("u*(u_xxx + 1)")))
    u*u_xxx + u
    """

    def __init__(self, jet: Jet, expressions: Iterable[sp.Expr]) -> None:
        expressions = list(expressions)
        self.jet = jet
        symbols: set[sp.Symbol] = set().union(*(e.free_symbols for e in expressions))
        found = sorted((s for s in symbols if jet.is_coordinate(s)), key=lambda s: s.name)
        super().__init__(dict.fromkeys([*jet.variables, *found]), expressions)

    def polynomial(self, expression: sp.Expr) -> Poly:
        """The monomials of an expression in jet coordinates of any order."""
        if expression not in self._known:
            for symbol in sorted(expression.free_symbols, key=lambda s: s.name):
                if symbol not in self.index and self.jet.is_coordinate(symbol):
                    self.coordinate(symbol)
        return super().polynomial(expression)

    def coordinate(self, symbol: sp.Symbol) -> Poly:
        """A coordinate as a polynomial."""
        return {((self._generator(symbol, "coordinate", symbol), 1),): 1}


def in_real_functions(expression: sp.Expr) -> sp.Expr:
    """An expression with sines and cosines in place of exponentials of imaginary arguments.

    The same expression where quotients keep the imaginary unit in it.

    >>> x = sp.Symbol("x")
    >>> in_real_functions(sp.exp(sp.I * x) / 2 + sp.exp(-sp.I * x) / 2)
    cos(x)
    """
    if not expression.has(sp.I):
        return expression

    def turned(exponential: sp.Expr) -> sp.Expr:
        angle = sp.expand(exponential.args[0]).coeff(sp.I)
        return sp.exp(sp.expand(exponential.args[0] - sp.I * angle)) * (sp.cos(angle) + sp.I * sp.sin(angle))

    real = sp.expand(expression.replace(lambda e: isinstance(e, sp.exp) and e.has(sp.I), turned))
    return expression if real.has(sp.I) else real


class OnShell:
    """Terms on the solution manifold of rules lead = rest, closed under total derivatives.

    A derivative of a lead is replaced by the derivative of what the lead is; what stays are polynomials in
    the other derivatives, on which `derivative` is the total derivative restricted to solutions.

    jet, rules: the equations; expressions: all that is going to be reduced, which fixes the constants;
    deadline: of time.monotonic, after which OutOfTime is raised.

    Raises InvalidInput, naming the rule, where reduction does not come to an end.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 2.6.

    >>> jet = Jet("t x", "u")
    >>> heat = OnShell(jet, [Rule(jet["u_t"], jet["u_xx"])], [])
    >>> heat.ring.expression(heat.reduce(jet.parse("u_tt + u_tx")))
    u_xxx + u_xxxx
    """

    def __init__(
        self,
        jet: Jet,
        rules: Sequence[Rule],
        expressions: Iterable[sp.Expr],
        *,
        deadline: float | None = None,
    ) -> None:
        self.jet, self.rules, self.deadline = jet, tuple(rules), deadline
        self.leads = [rule.lead for rule in rules]
        rests = [rule.rest for rule in rules]
        self.ring = JetTerms(jet, [*rests, *expressions])
        self._derivatives = [_OnShellDerivative(self, k) for k in range(len(jet.independent))]
        self._normal: dict[sp.Symbol, Poly] = {}
        self._active: list[sp.Symbol] = []
        self._confirmed = 0
        order = max((jet.order_of(c) for e in (*rests, *self.leads) for c in _jet_symbols(jet, e)), default=0)
        self._highest = max(LOWEST_LIMIT, (order + 1) ** 2)

    def derivative(self, poly: Poly, k: int) -> Poly:
        """D_k of a reduced polynomial, reduced."""
        return self._derivatives[k](poly)

    def total_derivative(self, poly: Poly, index: MultiIndex) -> Poly:
        """D_J of a reduced polynomial, reduced."""
        for k, times in enumerate(index):
            for _ in range(times):
                poly = self.derivative(poly, k)
        return poly

    def check_time(self, work: float = 0.0) -> None:
        """Raise OutOfTime when the budget is gone, or `work` more seconds would exceed it."""
        if self.deadline is not None and time.monotonic() + work > self.deadline:
            raise OutOfTime

    def normal(self, coordinate: sp.Symbol) -> Poly:
        """The normal form of a coordinate."""
        if coordinate not in self._normal:
            if not is_principal(self.jet, self.leads, coordinate):
                self._normal[coordinate] = self.ring.coordinate(coordinate)
            else:
                self._normal[coordinate] = self._rewritten(coordinate)
        return self._normal[coordinate]

    def _rewritten(self, coordinate: sp.Symbol) -> Poly:
        jet = self.jet
        u, index = jet.multi_index(coordinate)
        rule = self._rule(coordinate)
        if coordinate in self._active or sum(index) > self._highest:
            raise self._endless(rule)
        self.check_time()
        self._active.append(coordinate)
        try:
            if coordinate == rule.lead:
                poly = self.reduce(rule.rest)
            else:
                _, lowest = jet.multi_index(rule.lead)
                k = max(k for k, (i, j) in enumerate(zip(index, lowest, strict=True)) if i > j)
                below = tuple(i - (at == k) for at, i in enumerate(index))
                poly = self.derivative(self.normal(jet.derivative(u, below)), k)
        finally:
            self._active.pop()
        if len(poly) > MOST_MONOMIALS:
            raise self._endless(rule)
        return poly

    def _rule(self, coordinate: sp.Symbol) -> Rule:
        """The rule itself if the coordinate is its lead, else the first whose lead is differentiated."""
        fitting = [rule for rule in self.rules if is_principal(self.jet, [rule.lead], coordinate)]
        return next((rule for rule in fitting if rule.lead == coordinate), fitting[0])

    def _endless(self, rule: Rule) -> InvalidInput:
        chain = " -> ".join(c.name for c in [*self._active[-4:], rule.lead])
        return InvalidInput(
            f"reduction by `{rule}` does not come to an end ({chain}). Solve the equations for other"
            " derivatives, such that no right-hand side leads back to a left-hand side."
        )

    def reduce(self, expression: sp.Expr) -> Poly:
        """The normal form of an expression."""
        found = [s for s in expression.free_symbols if is_principal(self.jet, self.leads, s)]
        if not found:
            return self.ring.polynomial(expression)
        images = {c: self.normal(c) for c in sorted(found, key=lambda s: s.name)}
        if not expression.is_polynomial(*found):
            replaced = {c: self.ring.expression(image) for c, image in images.items()}
            return self.ring.polynomial(expression.xreplace(replaced))
        poly = self.ring.polynomial(expression)
        places = {self.ring.index[c]: image for c, image in images.items()}
        return self._substituted(poly, places)

    def _substituted(self, poly: Poly, places: dict[int, Poly]) -> Poly:
        total: list[Poly] = []
        for monomial, coefficient in poly.items():
            kept = tuple((i, e) for i, e in monomial if i not in places)
            product: Poly = {kept: coefficient}
            for i, exponent in monomial:
                for _ in range(int(exponent) if i in places else 0):
                    product = multiply(product, places[i])
            total.append(product)
        return add(*total)

    def vanishes(self, poly: Poly) -> bool:
        """Whether a reduced polynomial is zero, decided exactly."""
        if not poly:
            return True
        [result] = self.ring.canonical([poly])
        if not result:
            self.confirm_independence()
        return not result

    def confirm_independence(self) -> None:
        """Refuse functions that depend on each other, asked again only when there are new ones."""
        if self._confirmed != len(self.ring.generators):
            self.ring.confirm_independence()
            self._confirmed = len(self.ring.generators)


class _OnShellDerivative(Derivation):
    """D_k restricted to the solution manifold: the image of u_J is the normal form of u_{J+k}."""

    def __init__(self, shell: OnShell, k: int) -> None:
        super().__init__(shell.ring, {})
        self._shell, self._k = shell, k

    def _image(self, i: int) -> Poly:
        generator = self.ring.generators[i]
        if generator.kind != "coordinate":
            return super()._image(i)
        jet, symbol = self._shell.jet, generator.expression
        variable = jet.independent[self._k]
        if symbol in jet.independent:
            image: Poly = {(): 1} if symbol == variable else {}
        else:
            image = self._shell.normal(jet.derivative(symbol, variable))
        self._images[i] = image
        return image


def _jet_symbols(jet: Jet, expression: sp.Expr) -> Iterable[sp.Symbol]:
    return (s for s in expression.free_symbols if jet.is_coordinate(s))
