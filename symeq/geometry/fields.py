"""Vector fields on the space of variables: how they act, their bracket, their prolongation to the jet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Dummy, Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text, partial_derivative
from symeq.geometry.flows import closed_flow
from symeq.geometry.jet import Jet
from symeq.geometry.jetring import JetRing, polynomials_on
from symeq.geometry.names import as_symbols
from symeq.geometry.numerical import NumericalFlow
from symeq.latex import expression_latex, symbol_latex

if TYPE_CHECKING:
    from symeq.geometry.maps import PointMap

TIME = Dummy("TIME")
"""The independent variable of the law's lead, whatever its name; Symmetry.on puts the jet's there."""


@dataclass(frozen=True, init=False, repr=False, eq=False)
class VectorField:
    r"""A vector field v = sum xi^i(x, u) d/dx^i + sum phi^a(x, u) d/du^a, the generator of a point symmetry.

    Argument: a mapping from variables (symbols or names) to components; zero components are dropped, sums
    multiplied out, floats replaced by the decimal fraction they print as. Fields are equal when their
    components are.
    Raises InvalidInput for a component that is no expression.

    >>> t, x, u = as_symbols("t x u")
    >>> boost = VectorField({x: t, u: 1})
    >>> print(boost)
    t*d_x + d_u
    >>> boost.prolong(Jet("t x", "u"))
    {x: t, u: 1, u_t: -u_x}
    """

    components: tuple[tuple[Symbol, Expr], ...]

    def __init__(self, components: Mapping[Symbol, Any] | Mapping[str, Any]) -> None:
        found = [(as_symbols(z)[0], sympy.expand(exact_expression(f))) for z, f in components.items()]
        object.__setattr__(self, "components", tuple((z, f) for z, f in found if f != 0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VectorField) and dict(self.components) == dict(other.components)

    def __hash__(self) -> int:
        return hash(frozenset(self.components))

    def __getitem__(self, variable: Symbol | str) -> Expr:
        symbol = Symbol(variable) if isinstance(variable, str) else variable
        return next((f for z, f in self.components if z == symbol), sympy.S.Zero)

    def __iter__(self) -> Iterator[Symbol]:
        return (z for z, _ in self.components)

    def __bool__(self) -> bool:
        return bool(self.components)

    def __add__(self, other: VectorField) -> VectorField:
        variables = dict.fromkeys([*self, *other])
        return VectorField({z: self[z] + other[z] for z in variables})

    def __mul__(self, factor: Any) -> VectorField:
        return VectorField({z: f * exact_expression(factor) for z, f in self.components})

    __rmul__ = __mul__

    def __neg__(self) -> VectorField:
        return self * -1

    def __sub__(self, other: VectorField) -> VectorField:
        return self + -other

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """Every symbol that occurs, as a variable or in a component."""
        return frozenset(self).union(*(f.free_symbols for _, f in self.components))

    def substitute(self, symbols: Mapping[Symbol, Symbol]) -> VectorField:
        """Return the field with symbols renamed, as variables and in the components."""
        return VectorField({symbols.get(z, z): f.xreplace(dict(symbols)) for z, f in self.components})

    def apply(self, expression: Expr, jet: Jet | None = None) -> Expr:
        """Return v(F), expanded; with a jet, F may hold derivatives and the prolonged field acts: pr v(F).

        >>> x, u = as_symbols("x u")
        >>> VectorField({x: -u, u: x}).apply(x**2 + u**2)
        0
        """
        expression = exact_expression(expression)
        components = dict(self.components)
        if jet is not None:
            components = self.prolong_on(jet, filter(jet.is_coordinate, expression.free_symbols))
        return sympy.expand(
            sympy.Add(*(f * partial_derivative(expression, z) for z, f in components.items()))
        )

    def bracket(self, other: VectorField) -> VectorField:
        """Return the Lie bracket [v, w], with components v(w^z) - w(v^z).

        >>> t, x, u = as_symbols("t x u")
        >>> print(VectorField({t: 1}).bracket(VectorField({x: t, u: 1})))
        d_x
        """
        variables = dict.fromkeys([*self, *other])
        return VectorField({z: self.apply(other[z]) - other.apply(self[z]) for z in variables})

    def prolong(self, jet: Jet) -> dict[Symbol, Expr]:
        """Return the coefficients of pr v at the coordinates of the jet, the zero ones left out.

        phi^{J+i} = D_i phi^J - sum_k (D_i xi^k) u_{J+k}: recursive in J, so that no order above the jet's
        occurs.

        Raises InvalidInput when v acts on or depends on something that a point transformation of this jet may
        not.
        Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), equation (2.44).

        >>> VectorField({"x": -Symbol("u"), "u": Symbol("x")}).prolong(Jet("x", "u", order=2))
        {x: -u, u: x, u_x: u_x**2 + 1, u_xx: 3*u_x*u_xx}
        """
        return self.prolong_on(jet, jet.coordinates)

    def prolong_on(self, jet: Jet, coordinates: Iterable[Symbol]) -> dict[Symbol, Expr]:
        """Return the coefficients of pr v at the given coordinates, of any order, without the zero ones."""
        coordinates = list(coordinates)
        self._check_point_field(jet)
        order = max((jet.order_of(c) for c in coordinates), default=0)
        jet = jet.with_order(order)
        prolonged = polynomials_on(jet, [f for _, f in self.components], jet.variables)
        if prolonged is None:
            steps = _Prolongation(dict(self.components), _Expressions(jet))
            return {c: f for c in coordinates if (f := sympy.expand(steps.coefficient(c))) != 0}
        ring, polynomials = prolonged
        components = {ring.coordinate(z): f for z, f in zip(self, polynomials, strict=True)}
        steps = _Prolongation(components, ring)
        found = ((c, steps.coefficient(ring.coordinate(c))) for c in coordinates)
        return {c: ring.expression(f) for c, f in found if f}

    def flow(self, eps: Any, *, budget: float | None = 20.0) -> PointMap | NumericalFlow:
        """Return the transformation g_eps = exp(eps v): d/d eps g_eps(z) = v(g_eps(z)), g_0 = identity.

        In closed form, proved, for affine, projective, conformal and other fields that are solved one
        block of variables after the other. If none is found within `budget` seconds and eps is a number, a
        NumericalFlow, which carries points as the map would.

        Arguments: eps, a symbol that the field does not hold, or a number.
        Raises InvalidInput when eps is a symbol and no closed form was found.
        Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 1.3.

        >>> x, y, eps = as_symbols("x y eps")
        >>> print(VectorField({x: -y, y: x}).flow(eps))
        x -> x*cos(eps) - y*sin(eps), y -> x*sin(eps) + y*cos(eps)
        >>> print(VectorField({x: x**2}).flow(eps))
        x -> x/(-eps*x + 1)
        """
        from symeq.geometry.maps import PointMap  # which pulls fields back, and so needs this file

        parameter = exact_expression(eps)
        if TIME in self.free_symbols:
            raise InvalidInput(
                f"the flow of {self}: which variable is the time is not said. Name it, as in"
                " `boost(x, u, t)`, or let `Symmetry.on(jet)` fill it in."
            )
        shared = parameter.free_symbols & self.free_symbols
        if shared:
            raise InvalidInput(
                f"the flow of {self} cannot be taken at `{parameter}`, as the field holds"
                f" {', '.join(sorted(s.name for s in shared))}; choose another name for the parameter."
            )
        flow = closed_flow(dict(self.components), parameter, budget)
        if flow is not None:
            return PointMap(flow)
        if parameter.free_symbols:
            raise InvalidInput(
                f"no closed form was found for the flow of {self}; give a number in place of `{parameter}`,"
                " and points are carried numerically."
            )
        return self.flow_numerically(parameter)

    def flow_numerically(self, eps: Any) -> NumericalFlow:
        """Return the flow for a number eps as what carries points, even where there is a closed form."""
        value = exact_expression(eps)
        if not value.is_number or not value.is_real:
            raise InvalidInput(f"a numerical flow needs a real number, found `{value}`; give one.")
        return NumericalFlow(self, float(value))

    def _check_point_field(self, jet: Jet) -> None:
        for z in self:
            if z not in jet.variables:
                raise InvalidInput(f"{self} acts on `{z}`, which is not a variable of {jet}.")
        for symbol in self.free_symbols:
            if symbol not in jet.variables and jet.is_coordinate(symbol):
                raise InvalidInput(
                    f"{self} depends on the derivative `{symbol}`; only point symmetries are known."
                )

    def __str__(self) -> str:
        text = ""
        for z, f in self.components:
            term = _scaled_text(expression_text(f), f, f"d_{z.name}", "*")
            text += f" - {term[1:]}" if text and term.startswith("-") else f" + {term}" if text else term
        return text or "0"

    def __repr__(self) -> str:
        return f"VectorField({self})"

    def latex(self) -> str:
        r"""Return LaTeX such as `t \\partial_{x} + \\partial_{u}`."""
        text = ""
        for z, f in self.components:
            symbol = rf"\partial_{{{symbol_latex(z.name)}}}"
            term = _scaled_text(expression_latex(f, {TIME: "t"}), f, symbol, " ")
            text += (
                f" - {term[1:].lstrip()}" if text and term.startswith("-") else f" + {term}" if text else term
            )
        return text or "0"


def _scaled_text(text: str, factor: Expr, symbol: str, times: str) -> str:
    if factor == 1 or factor == -1:
        return symbol if factor == 1 else f"-{symbol}"
    if factor.is_Add:
        text = f"({text})" if times == "*" else rf"\left({text}\right)"
    return f"{text}{times}{symbol}"


class _Expressions:
    """Arithmetic on the jet for components that are not polynomial; does what JetRing does for the others."""

    zero = sympy.S.Zero

    def __init__(self, jet: Jet) -> None:
        self.jet = jet

    def coordinate(self, symbol: Symbol) -> Symbol:
        return symbol

    def lower(self, coordinate: Symbol) -> tuple[Symbol, int] | None:
        if coordinate in self.jet.variables:
            return None
        u, index = self.jet.multi_index(coordinate)
        i = max(k for k, count in enumerate(index) if count)
        return self.jet.derivative(u, tuple(count - (k == i) for k, count in enumerate(index))), i

    def raised(self, coordinate: Symbol, i: int) -> Symbol:
        return self.jet.derivative(coordinate, self.jet.independent[i])

    def total_derivative(self, expression: Expr, i: int) -> Expr:
        return self.jet.total_derivative(expression, self.jet.independent[i])

    def reduced_by(self, expression: Expr, factor: Expr, coordinate: Symbol) -> Expr:
        return expression - factor * coordinate


class _Prolongation:
    """The recursion of VectorField.prolong, over the ring of the jet or over expressions."""

    def __init__(self, components: Mapping[Any, Any], algebra: JetRing | _Expressions) -> None:
        self.algebra: Any = algebra
        self.known = dict(components)
        independent = [algebra.coordinate(x) for x in algebra.jet.independent]
        self.xi = [(k, components[x]) for k, x in enumerate(independent) if x in components]
        self.slopes: dict[int, list[tuple[int, Any]]] = {}

    def slopes_along(self, i: int) -> list[tuple[int, Any]]:
        """k and D_i xi^k wherever it is not zero, computed once."""
        if i not in self.slopes:
            found = ((k, self.algebra.total_derivative(f, i)) for k, f in self.xi)
            self.slopes[i] = [(k, slope) for k, slope in found if slope]
        return self.slopes[i]

    def coefficient(self, coordinate: Any) -> Any:
        if coordinate not in self.known:
            algebra = self.algebra
            result = algebra.zero
            step = algebra.lower(coordinate)
            if step is not None:
                below, i = step
                before = self.coefficient(below)
                result = algebra.total_derivative(before, i) if before else before
                for k, slope in self.slopes_along(i):
                    result = algebra.reduced_by(result, slope, algebra.raised(below, k))
            self.known[coordinate] = result
        return self.known[coordinate]
