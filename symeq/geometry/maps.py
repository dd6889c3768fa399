"""Point transformations: how they act on the jet, their composition and inverse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Dummy, Expr, ImmutableMatrix, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text, partial_derivative
from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.identities import generic_points, value_at, vanishes
from symeq.geometry.jet import Jet, MultiIndex
from symeq.geometry.names import as_symbols
from symeq.geometry.numerical import evaluated
from symeq.geometry.quotients import RationalProlongation, rational_prolongation
from symeq.latex import expression_latex, symbol_latex

_HIGHEST_PERIOD = 12
_SQUAREFREE = [k for k in range(2, 200) if all(k % (p * p) for p in range(2, 15))]


def _reduced(expression: Expr) -> Expr:
    """One normal form for polynomials and rational functions, of function arguments too."""
    if not expression.is_polynomial():
        expression = expression.replace(_is_kernel, lambda e: e.func(_reduced(e.args[0]), *e.args[1:]))
        expression = sympy.cancel(sympy.together(expression))
    return sympy.expand(expression)


def _is_kernel(expression: Expr) -> bool:
    fractional_power = expression.is_Pow and not expression.exp.is_Integer
    return isinstance(expression, sympy.Function) or fractional_power


def _linear_pivots(
    equations: Sequence[Expr], unknowns: Sequence[Symbol]
) -> Iterator[tuple[Expr, Symbol, Expr]]:
    """Every equation with an unknown it is linear in, and the solution for that unknown."""
    for equation in equations:
        numerator = sympy.expand(sympy.fraction(sympy.cancel(sympy.together(equation)))[0])
        for z in unknowns:
            slope = numerator.coeff(z)
            rest = sympy.expand(numerator - slope * z)
            if slope != 0 and not slope.has(z) and not rest.has(z):
                yield equation, z, _reduced(-rest / slope)


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
        if self._is_singular():
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

    def _is_singular(self) -> bool:
        """Whether the Jacobian determinant is zero, which one value can deny."""
        jacobian = self._jacobian()
        for point in generic_points(list(jacobian.free_symbols), 3):
            values = [value_at(entry, point) for entry in jacobian]
            if None not in values:
                determinant = ImmutableMatrix(*jacobian.shape, values).det(method="berkowitz")
                if abs(sympy.N(determinant)) > sympy.Float("1e-9"):
                    return False
        determinant = jacobian.det(method="berkowitz")
        return bool(_reduced(determinant) == 0) or vanishes(determinant)

    def carry(self, points: Mapping[Any, Any]) -> dict[str, Any]:
        """Return where points go: an array for each name given; NaN where the map has no real value.

        Argument: an array for each variable, and a number for each parameter that the map holds.
        Raises InvalidInput for a symbol without values.

        >>> x, u = as_symbols("x u")
        >>> PointMap({x: 2 * x, u: u + x}).carry({x: [0, 1], u: [5, 5]})
        {'x': array([0., 2.]), 'u': array([5., 6.])}
        """
        return evaluated(dict(self.components), points, str(self))

    __call__ = carry

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

        The total Jacobian of an invertible point map has an inverse wherever the graph stays one.

        Raises InvalidInput when the map moves something else than the variables of the jet.
        Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 2.3.
        """
        self._check_variables(jet)
        wanted = jet.coordinates if coordinates is None else tuple(coordinates)
        jet = jet.with_order(max([1, *map(jet.order_of, wanted)]))
        rational = rational_prolongation(jet, [self[z] for z in jet.variables])
        steps: RationalProlongation | _MapProlongation = rational or _MapProlongation(self, jet)
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
        """Return the inverse of the map, exactly.

        The equations z' = g(z) are solved one variable at a time, each where it occurs linearly (affine,
        triangular and fractional linear maps); else a power of g up to the twelfth must be the identity.

        Argument: a jet whose variables the map is checked to move. Raises InvalidInput for any other map.

        >>> print(PointMap({"x": 2 * Symbol("x") + 1}).inverse())
        x -> x/2 - 1/2
        """
        if jet is not None:
            self._check_variables(jet)
        solved = self._solved()
        if solved is not None:
            return PointMap(solved)
        period = self._apparent_period()
        if period > 1:
            inverse = self
            for _ in range(period - 2):
                inverse = inverse.compose(self)
            if not inverse.compose(self).components:
                return inverse
        raise InvalidInput(
            f"the map `{self}` has no inverse that could be found; give a map that is one-to-one."
        )

    def _apparent_period(self) -> int:
        """The smallest k with g^k(z) = z at a generic point, to 15 digits; 1 if none is found."""
        symbols = sorted(self.free_symbols, key=lambda s: s.name)
        start = {s: sympy.Float(math.sqrt(k), 30) for k, s in zip(_SQUAREFREE, symbols, strict=False)}
        point = dict(start)
        for k in range(1, _HIGHEST_PERIOD + 1):
            point |= {z: f.xreplace(point).evalf(30) for z, f in self.components}
            if not all(value.is_Float and abs(value) < 1e30 for value in point.values()):
                return 1
            if all(abs(point[s] - start[s]) < 1e-15 for s in start):
                return k
        return 1

    def _solved(self) -> dict[Symbol, Expr] | None:
        """Each variable in terms of the images, by elimination; None when none left occurs linearly."""
        images = {z: Dummy(z.name) for z, _ in self.components}
        equations = [f - images[z] for z, f in self.components]
        solved: dict[Symbol, Expr] = {}
        while equations:
            pivot = next(_linear_pivots(equations, [z for z in images if z not in solved]), None)
            if pivot is None:
                return None
            equation, z, solution = pivot
            equations = [e.xreplace({z: solution}) for e in equations if e is not equation]
            solved = {w: _reduced(f.xreplace({z: solution})) for w, f in solved.items()} | {z: solution}
        variables = {image: z for z, image in images.items()}
        return {z: f.xreplace(variables) for z, f in solved.items()}

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
            self.inverse = ImmutableMatrix(rows).inv().applyfunc(_reduced)
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
