"""The symmetry condition once more, slowly and by another road: characteristics of SymPy functions.

    phi^J = D_J Q + sum_i xi^i u_{J+i},   Q = phi - sum_i xi^i u_i        (Olver 1993, equation (2.48))

Nothing here uses symeq's prolongation, term ring or sparse algebra; the jet only names the coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from symeq.geometry import Jet, PointMap, VectorField


class Functions:
    """Jet coordinates as SymPy functions u(t, x) and their derivatives, and back."""

    def __init__(self, jet: Jet) -> None:
        self.jet = jet
        self.xs = jet.independent
        self.of = {u: sp.Function(f"F{u.name}")(*self.xs) for u in jet.dependent}

    def derivative(self, coordinate: sp.Symbol) -> sp.Expr:
        u, index = self.jet.multi_index(coordinate)
        f = self.of[u]
        for x, count in zip(self.xs, index, strict=True):
            f = f.diff(x, count) if count else f
        return f

    def functions(self, expression: sp.Expr) -> sp.Expr:
        symbols = [s for s in expression.free_symbols if s not in self.xs and self.jet.is_coordinate(s)]
        return expression.subs({s: self.derivative(s) for s in symbols}, simultaneous=True)

    def symbols(self, expression: sp.Expr) -> sp.Expr:
        expression = sp.expand(expression.doit())
        found = {}
        for d in expression.atoms(sp.Derivative):
            u = next(u for u, f in self.of.items() if f == d.expr)
            index = tuple(sum(int(n) for y, n in d.variable_count if y == x) for x in self.xs)
            found[d] = self.jet.derivative(u, index)
        return expression.xreplace(found).xreplace({f: u for u, f in self.of.items()})


def prolonged(jet: Jet, field: VectorField, g: sp.Expr) -> sp.Expr:
    """pr v(G) for an expression G in jet coordinates."""
    to = Functions(jet)
    total = sum(field[x] * g.diff(x) for x in jet.independent)
    for s in g.free_symbols:
        if s in jet.independent or not jet.is_coordinate(s):
            continue
        u, index = jet.multi_index(s)
        characteristic = to.functions(field[u]) - sum(
            to.functions(field[x]) * to.of[u].diff(x) for x in jet.independent
        )
        phi = characteristic
        for x, count in zip(jet.independent, index, strict=True):
            phi = phi.diff(x, count) if count else phi
        phi += sum(to.functions(field[x]) * to.derivative(s).diff(x) for x in jet.independent)
        total += to.symbols(phi) * g.diff(s)
    return sp.expand(total)


def transformed(jet: Jet, point_map: PointMap, g: sp.Expr) -> sp.Expr:
    """G o g for a map that moves the independent variables by a constant matrix."""
    to = Functions(jet)
    matrix = sp.Matrix([[point_map[y].diff(x) for x in jet.independent] for y in jet.independent])
    assert not matrix.free_symbols, "only for maps that are affine in the independent variables"
    inverse = matrix.inv()
    images = {}
    for s in g.free_symbols:
        if not jet.is_coordinate(s):
            continue
        if s in jet.independent:
            images[s] = point_map[s]
            continue
        u, index = jet.multi_index(s)
        image = to.functions(point_map[u])
        for j, count in enumerate(index):
            for _ in range(count):
                image = sum(inverse[i, j] * image.diff(x) for i, x in enumerate(jet.independent))
        images[s] = to.symbols(image)
    return sp.expand(g.subs(images, simultaneous=True))


def conditions(
    jet: Jet,
    leads: Sequence[sp.Symbol],
    rhs: Sequence[sp.Expr],
    elements: Sequence[VectorField | PointMap],
) -> list[sp.Expr]:
    """The symmetry conditions on L = F, each of which has to vanish."""
    found = []
    on_law = dict(zip(leads, rhs, strict=True))
    for element in elements:
        act = prolonged if isinstance(element, VectorField) else transformed
        for lead, f in zip(leads, rhs, strict=True):
            condition = (
                act(jet, element, lead - f)
                if isinstance(element, VectorField)
                else (act(jet, element, lead) - act(jet, element, f))
            )
            found.append(sp.expand(condition.subs(on_law, simultaneous=True)))
    return found


def vanishes(expression: sp.Expr) -> bool:
    """Whether an expression is zero, by expansion and then by SymPy's simplification."""
    return sp.expand(expression) == 0 or sp.simplify(expression) == 0


def dense_system(
    residuals: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol], variables: Sequence[sp.Symbol]
) -> tuple[sp.Matrix, sp.Matrix]:
    """C and d from polynomial conditions that are affine in the unknowns."""
    rows = []
    for residual in residuals:
        if residual:
            rows += sp.Poly(residual, *variables).coeffs()
    if not rows:
        return sp.zeros(0, len(unknowns)), sp.zeros(0, 1)
    c, d = sp.linear_eq_to_matrix(rows, list(unknowns))
    return c, d


def coordinates(expressions: Sequence[sp.Expr], columns: Mapping[tuple[int, sp.Expr], int]) -> sp.Matrix:
    """The coefficients of right-hand sides that are sums of library terms."""
    vector = sp.zeros(len(columns), 1)
    for a, f in enumerate(expressions):
        for term in sp.Add.make_args(sp.expand(f)):
            if term:
                value, rest = term.as_coeff_Mul()
                vector[columns[a, rest]] += value
    return vector
