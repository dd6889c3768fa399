"""Point transformations: how they act on the jet, their composition and inverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, ImmutableMatrix, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text, partial_derivative
from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.jet import Jet, MultiIndex
from symeq.geometry.names import as_symbols
from symeq.latex import expression_latex, symbol_latex


def _reduced(expression: Expr) -> Expr:
    """One normal form for polynomials and rational functions; anything else is only multiplied out."""
    expression = sympy.expand(expression)
    if expression.is_Atom or expression.is_polynomial():
        return expression
    return sympy.expand(sympy.cancel(sympy.together(expression)))


@dataclass(frozen=True, init=False, repr=False, eq=False)
class PointMap:
    """A point transformation g: every variable listed goes to its expression, the others stay.

    Argument: a mapping from variables (symbols or names) to expressions in the old variables.
    Raises InvalidInput when the map cannot be inverted: its Jacobian determinant vanishes.

    >>> x, u = as_symbols("x u")
    >>> mirror = PointMap({x: -x, u: -u})
    >>> print(mirror)
    x -> -x, u -> -u
    >>> jet = Jet("t x", "u", order=2)
    >>> mirror.prolong(jet, [jet["u_x"], jet["u_xx"]])
    {u_x: u_x, u_xx: -u_xx}
    """

    components: tuple[tuple[Symbol, Expr], ...]

    def __init__(self, components: Mapping[Symbol, Any] | Mapping[str, Any]) -> None:
        found = [(as_symbols(z)[0], sympy.expand(exact_expression(f))) for z, f in components.items()]
        object.__setattr__(self, "components", tuple((z, f) for z, f in found if f != z))
        if _reduced(self._jacobian().det()) == 0:
            raise InvalidInput(f"the map `{self}` cannot be inverted: its Jacobian determinant is zero.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PointMap) and dict(self.components) == dict(other.components)

    def __hash__(self) -> int:
        return hash(frozenset(self.components))

    def __getitem__(self, variable: Symbol | str) -> Expr:
        symbol = Symbol(variable) if isinstance(variable, str) else variable
        return next((f for z, f in self.components if z == symbol), symbol)

    def _jacobian(self) -> ImmutableMatrix:
        variables = [z for z, _ in self.components]
        return ImmutableMatrix([[partial_derivative(f, z) for z in variables] for _, f in self.components])

    @property
    def is_affine(self) -> bool:
        """Whether the images are affine in the variables that move."""
        moving = {z for z, _ in self.components}
        return not any(entry.free_symbols & moving for entry in self._jacobian())

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """Every symbol that occurs, as a variable or in an image."""
        return frozenset(z for z, _ in self.components).union(*(f.free_symbols for _, f in self.components))

    def substitute(self, symbols: Mapping[Symbol, Symbol]) -> PointMap:
        """Return the map with symbols renamed, as variables and in the images."""
        return PointMap({symbols.get(z, z): f.xreplace(dict(symbols)) for z, f in self.components})

    def prolong(self, jet: Jet, coordinates: Iterable[Symbol] | None = None) -> dict[Symbol, Expr]:
        """Return the image of each coordinate (default: all of the jet), exactly.

        u'_{J+j} = sum_i (A^-1)_{ji} D_i u'_J with the total Jacobian A_{ij} = D_i x'^j.

        Raises InvalidInput when the map moves something else than the variables of the jet, or when the total
        Jacobian has no inverse.
        Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 2.3.
        """
        self._check_variables(jet)
        wanted = jet.coordinates if coordinates is None else tuple(coordinates)
        steps = _MapProlongation(self, jet)
        return {c: steps.image(c) for c in wanted}

    def _check_variables(self, jet: Jet) -> None:
        for z, f in self.components:
            if z not in jet.variables:
                raise InvalidInput(f"the map `{self}` moves `{z}`, which is not a variable of {jet}.")
            for symbol in f.free_symbols:
                if symbol not in jet.variables and jet.is_coordinate(symbol):
                    raise InvalidInput(
                        f"the map `{self}` depends on the derivative `{symbol}`; maps act on points."
                    )

    def apply(self, expression: Expr, jet: Jet) -> Expr:
        """Return F o g, multiplied out: the expression at the transformed point of the jet.

        >>> jet = Jet("x", "u", order=2)
        >>> PointMap({"x": -Symbol("x")}).apply(jet.parse("x*u_x + u_xx"), jet)
        u_x*x + u_xx
        """
        expression = exact_expression(expression)
        images = self.prolong(jet, filter(jet.is_coordinate, expression.free_symbols))
        return sympy.expand(expression.xreplace(images))

    def compose(self, other: PointMap) -> PointMap:
        """Return g o h, which moves a point by `other` first.

        >>> x, y = as_symbols("x y")
        >>> print(PointMap({x: y, y: x}).compose(PointMap({x: -x})))
        x -> y, y -> -x
        """
        inner = dict(other.components)
        variables = dict.fromkeys([z for z, _ in (*self.components, *other.components)])
        return PointMap({z: _reduced(self[z].xreplace(inner)) for z in variables})

    def inverse(self, jet: Jet | None = None) -> PointMap:
        """Return the inverse of a map that is affine in the variables it moves.

        With a jet, the variables are checked to be the jet's. Raises InvalidInput for any other map.

        >>> print(PointMap({"x": 2 * Symbol("x") + 1}).inverse())
        x -> x/2 - 1/2
        """
        if jet is not None:
            self._check_variables(jet)
        if not self.is_affine:
            raise InvalidInput(
                f"the map `{self}` is not affine in the variables it moves; only such maps are inverted."
            )
        variables = [z for z, _ in self.components]
        jacobian = self._jacobian()
        shift = ImmutableMatrix(
            [f.xreplace(dict.fromkeys(variables, sympy.S.Zero)) for _, f in self.components]
        )
        solution = jacobian.inv() * (ImmutableMatrix(variables) - shift) if variables else []
        return PointMap({z: _reduced(f) for z, f in zip(variables, solution, strict=True)})

    def pull_back(self, field: VectorField) -> VectorField:
        """Return g^* v = (Dg)^-1 v(g(z)), the field that g carries to v.

        >>> x, y = as_symbols("x y")
        >>> print(PointMap({x: y, y: x}).pull_back(VectorField({x: y})))
        x*d_y
        """
        variables = list(dict.fromkeys([*(z for z, _ in self.components), *field]))
        images = dict(self.components)
        derivative = ImmutableMatrix([[partial_derivative(self[z], w) for w in variables] for z in variables])
        moved = ImmutableMatrix([field[z].xreplace(images) for z in variables])
        return VectorField({z: _reduced(f) for z, f in zip(variables, derivative.inv() * moved, strict=True)})

    def __str__(self) -> str:
        return ", ".join(f"{z.name} -> {expression_text(f)}" for z, f in self.components) or "identity"

    def __repr__(self) -> str:
        return f"PointMap({self})"

    def latex(self) -> str:
        r"""Return LaTeX such as `x \\mapsto -x,\\ u \\mapsto -u`."""
        parts = (
            rf"{symbol_latex(z.name)} \mapsto {expression_latex(f, {TIME: 't'})}" for z, f in self.components
        )
        return r",\ ".join(parts) or r"\mathrm{id}"


class _MapProlongation:
    """The recursion of PointMap.prolong, each derivative computed once."""

    def __init__(self, point_map: PointMap, jet: Jet) -> None:
        self.map, self.jet = point_map, jet
        self.known: dict[tuple[Symbol, MultiIndex], Expr] = {}
        self.inverse: ImmutableMatrix | None = None

    def image(self, coordinate: Symbol) -> Expr:
        if coordinate in self.jet.variables:
            return self.map[coordinate]
        return self.derivative(*self.jet.multi_index(coordinate))

    def inverse_jacobian(self) -> ImmutableMatrix:
        if self.inverse is None:
            jet = self.jet
            rows = [[jet.total_derivative(self.map[y], x) for y in jet.independent] for x in jet.independent]
            jacobian = ImmutableMatrix(rows)
            if _reduced(jacobian.det()) == 0:
                raise InvalidInput(
                    f"the map `{self.map}` does not act on {jet}: its independent variables collapse."
                )
            self.inverse = jacobian.inv().applyfunc(_reduced)
        return self.inverse

    def derivative(self, u: Symbol, index: MultiIndex) -> Expr:
        if not any(index):
            return self.map[u]
        if (u, index) not in self.known:
            j = max(k for k, count in enumerate(index) if count)
            below = self.derivative(u, tuple(count - (k == j) for k, count in enumerate(index)))
            row = self.inverse_jacobian().row(j)
            terms = (
                a * self.jet.total_derivative(below, x)
                for a, x in zip(row, self.jet.independent, strict=True)
                if a != 0
            )
            self.known[u, index] = _reduced(sympy.Add(*terms))
        return self.known[u, index]
