"""The condition that a field maps solutions to solutions, in normal form on the solution manifold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import product
from math import comb, factorial, prod

from sympy import Expr, Symbol

from symeq.geometry.calculus import partial_derivative
from symeq.geometry.jet import MultiIndex
from symeq.symmetries.equations import Equations
from symeq.symmetries.onshell import OnShell
from symeq.terms.polynomials import Poly, accumulate, add, multiply, times


class Condition:
    """pr v(Delta_b) on the solutions of Delta = 0, linear in the total derivatives D_K of the components.

        pr v(Delta_b) = sum_z sum_K  weight[b, z, K] D_K v^z
        weight[b, u^a, J] = dDelta_b/du^a_J,   weight[b, x^i, 0] = dDelta_b/dx^i
        weight[b, x^i, K] = - sum_{a, J >= K} binom(J, K) u^a_{J-K+i} dDelta_b/du^a_J   for K != 0

    which is the prolongation formula multiplied out by Leibniz' rule; no derivative above the order of the
    equations occurs.

    expressions: components that are going to be tested; they fix the constants. deadline: of time.monotonic,
    after which OutOfTime is raised.

    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), equations (2.39)
    and theorem 2.71.

    >>> from symeq.geometry import Jet
    >>> jet = Jet("t x", "u")
    >>> t, x, u = jet.variables
    >>> heat = Condition(Equations(jet, "u_t = u_xx"))
    >>> [heat.shell.ring.expression(r) for r in heat.residuals({x: 2 * t, u: -x * u})]
    [0]
    >>> [heat.shell.ring.expression(r) for r in heat.residuals({x: t})]
    [-u_x]
    """

    def __init__(
        self, equations: Equations, expressions: Sequence[Expr] = (), *, deadline: float | None = None
    ) -> None:
        self.equations, self.jet = equations, equations.jet
        self.shell: OnShell = equations.on_shell(expressions, deadline=deadline)
        self._derived: dict[tuple[Expr, MultiIndex], Poly] = {}
        self.weights = [self._weights(rule.lead - rule.rest) for rule in equations.tested]

    def _weights(self, difference: Expr) -> dict[tuple[Symbol, MultiIndex], Poly]:
        jet, shell = self.jet, self.shell
        none = (0,) * len(jet.independent)
        weights = {}
        slopes: dict[tuple[Symbol, MultiIndex], Poly] = {}
        for symbol in sorted(difference.free_symbols, key=lambda s: s.name):
            if not jet.is_coordinate(symbol):
                continue
            slope = shell.reduce(partial_derivative(difference, symbol))
            if symbol in jet.independent:
                weights[symbol, none] = slope
            else:
                slopes[jet.multi_index(symbol)] = slope
        for i, x in enumerate(jet.independent):
            for (u, index), slope in slopes.items():
                for lower in _below(index):
                    if not any(lower):
                        continue
                    rest = zip(index, lower, strict=True)
                    raised = tuple(j - k + (at == i) for at, (j, k) in enumerate(rest))
                    part = multiply(slope, shell.normal(jet.derivative(u, raised)))
                    number = -prod(map(comb, index, lower))
                    weights[x, lower] = add(weights.get((x, lower), {}), multiply({(): number}, part))
        return {place: w for place, w in (weights | slopes).items() if w}

    @cached_property
    def indices(self) -> tuple[MultiIndex, ...]:
        """Every K with a weight, and all below them, by order."""
        found = {k for weights in self.weights for _, index in weights for k in _below(index)}
        return tuple(sorted(found | {(0,) * len(self.jet.independent)}, key=lambda k: (sum(k), k)))

    def derived(self, component: Expr, index: MultiIndex) -> Poly:
        """D_K of a component on solutions, each computed once."""
        if (component, index) not in self._derived:
            k = next((k for k, count in enumerate(index) if count), None)
            if k is None:
                poly = self.shell.reduce(component)
            else:
                below = tuple(count - (at == k) for at, count in enumerate(index))
                poly = self.shell.derivative(self.derived(component, below), k)
            self._derived[component, index] = poly
        return self._derived[component, index]

    def column(self, component: Expr, variable: Symbol) -> list[Poly]:
        """pr v(Delta_b) for v = component d/dvariable, for every equation b."""
        columns = []
        for weights in self.weights:
            total: Poly = {}
            for (z, index), weight in weights.items():
                if z == variable:
                    _accumulate_product(total, weight, self.derived(component, index))
            columns.append(total)
        return columns

    def residuals(self, components: Mapping[Symbol, Expr]) -> list[Poly]:
        """pr v(Delta_b) for the field with these components, for every equation b; {} where it is zero."""
        columns = [self.column(f, z) for z, f in components.items()]
        sums = [add(*(column[b] for column in columns)) for b in range(len(self.weights))]
        return [{} if self.shell.vanishes(total) else total for total in sums]


def _accumulate_product(total: Poly, a: Poly, b: Poly) -> None:
    for m, p in a.items():
        for n, q in b.items():
            accumulate(total, times(m, n), p * q)


@cache
def _below(index: MultiIndex) -> tuple[MultiIndex, ...]:
    """All multi-indices K <= J.

    >>> _below((1, 1))
    ((0, 0), (0, 1), (1, 0), (1, 1))
    """
    return tuple(product(*(range(count + 1) for count in index)))


def index_factorial(index: MultiIndex) -> int:
    """K! = K_1! K_2! ..."""
    return prod(map(factorial, index))
