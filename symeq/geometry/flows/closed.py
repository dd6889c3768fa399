"""Finite transformations in closed form: the flow of a vector field, one block of variables at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice, product

import sympy
from sympy import Dummy, Expr, Integer, Matrix, Symbol
from sympy.utilities.iterables import strongly_connected_components

from symeq.geometry.calculus import partial_derivative
from symeq.geometry.flows.exponential import matrix_exponential
from symeq.geometry.flows.quadrature import integral
from symeq.geometry.flows.scalar import scalar_flow
from symeq.geometry.identities import generic_points, neat, value_at, vanishes

_LARGEST_SPACE = 10
_MULTIPLIERS = 16
_EXCLUDED = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo)

Flow = dict[Symbol, Expr]


def closed_flow(components: Flow, parameter: Expr, budget: float | None = None) -> Flow | None:
    """Return g with dg/ds = v(g) and g = identity at s = 0, taken at s = parameter; None if none was found.

    The variables are solved in blocks, each after those its components depend on: first as functions that
    span a space the field maps into itself up to a multiple of each (affine, projective and conformal
    fields), then by commuting linear parts, by a change of time, or, if there is one variable, as a linear,
    Bernoulli, Riccati or separable equation. Both conditions are proved before anything is returned.

    Arguments: `components`, v^z by variable; `parameter`, a symbol that the field does not hold or an exact
    number; `budget` in seconds.
    """
    until = None if budget is None else time.monotonic() + budget
    clock = Dummy("s")
    flow = _Solver(components, clock, until).solution()
    if flow is None or not certified(components, flow, clock, until):
        return None
    return {z: g.xreplace({clock: parameter}) for z, g in flow.items()}


def certified(components: Flow, flow: Mapping[Symbol, Expr], s: Symbol, until: float | None = None) -> bool:
    """Whether dg/ds = v(g) and g = identity at s = 0, proved; the second at points of both signs, too."""
    images = dict(flow)
    for z, g in images.items():
        if _late(until):
            return False
        start = g.subs(s, 0)
        if start.has(*_EXCLUDED) or not vanishes(start - z):
            return False
        for point in generic_points(list(start.free_symbols | {z}), 6):
            value = value_at(start, point)
            if value is None or abs(value - point[z]) > sympy.Float("1e-15"):
                return False
        if not vanishes(partial_derivative(g, s) - components.get(z, sympy.S.Zero).xreplace(images)):
            return False
    return True


def _late(until: float | None) -> bool:
    return until is not None and time.monotonic() > until


class _Solver:
    """The blocks of variables, and what is solved of them so far."""

    def __init__(self, components: Mapping[Symbol, Expr], s: Symbol, until: float | None) -> None:
        self.components, self.s, self.until = dict(components), s, until
        self.solved: Flow = {}

    def solution(self) -> Flow | None:
        """All variables as functions of s and of their values at s = 0."""
        variables = list(self.components)
        edges = [(z, w) for z, f in self.components.items() for w in variables if w != z and f.has(w)]
        for block in strongly_connected_components((variables, edges)):
            block.sort(key=variables.index)
            found = self._block(block)
            if found is None:
                return None
            self.solved |= {z: neat(g, self.s) for z, g in found.items()}
        return {z: self.solved[z] for z in variables}

    def _block(self, block: list[Symbol]) -> Flow | None:
        methods: list[Callable[[list[Symbol]], Flow | None]]
        if len(block) == 1:
            methods = [self._single, self._spanned, self._slowed]
        else:
            methods = [self._spanned, self._commuting, self._slowed]
        for method in methods:
            if _late(self.until):
                return None
            found = method(block)
            if found is not None and not any(g.has(*_EXCLUDED) for g in found.values()):
                return found
        return None

    def _rates(self, block: Sequence[Symbol]) -> dict[Symbol, Expr]:
        """The components of a block, in s, after what is solved is put in."""
        return {z: self.components[z].xreplace(self.solved) for z in block}

    def _single(self, block: list[Symbol]) -> Flow | None:
        [z] = block
        found = scalar_flow(self._rates(block)[z], z, self.s)
        return None if found is None else {z: found}

    def _spanned(self, block: list[Symbol]) -> Flow | None:
        """From functions phi_1 = 1, phi_i = z_i, ... with v(phi) = M phi + mu phi: z_i = phi_i / phi_1."""
        for multiplier in islice(self._multipliers(block), _MULTIPLIERS):
            space = _Space(self.components, multiplier)
            matrix = space.matrix([Integer(1), *block], self.until)
            if matrix is None:
                continue
            exponential = matrix_exponential(matrix, self.s)
            if exponential is None:
                return None
            images = exponential * Matrix(space.functions)
            return {
                z: images[k + 1] if multiplier == 0 else images[k + 1] / images[0]
                for k, z in enumerate(block)
            }
        return None

    def _multipliers(self, block: Sequence[Symbol]) -> Sequence[Expr]:
        """Zero, and the linear mu that quadratic components suggest by their terms w z in the rate of z."""
        if not all(self.components[z].is_polynomial(*self.components) for z in block):
            return [Integer(0)]
        choices: list[list[Expr]] = []
        variables = [w for w in self.components if any(self.components[z].has(w) for z in block)]
        for w in variables:
            found = []
            for z in block:
                quadratic = sympy.Poly(self.components[z], *variables)
                if z != w or len(block) == 1:
                    powers = tuple((v == z) + (v == w) for v in variables)
                    found.append(
                        quadratic.coeff_monomial(
                            sympy.Mul(*(v**n for v, n in zip(variables, powers, strict=True)))
                        )
                    )
            choices.append(list(dict.fromkeys([*(c for c in found if c != 0), Integer(0)])))
        combined = [
            sympy.Add(*(c * w for c, w in zip(chosen, variables, strict=True)))
            for chosen in islice(product(*choices), _MULTIPLIERS)
        ]
        return list(dict.fromkeys([Integer(0), *combined]))

    def _commuting(self, block: list[Symbol]) -> Flow | None:
        """z' = sum_k a_k(s) A_k z + b(s) with matrices that commute."""
        rates = self._rates(block)
        jacobian = Matrix([[sympy.expand(partial_derivative(f, z)) for z in block] for f in rates.values()])
        if jacobian.free_symbols & set(block) or jacobian.is_zero_matrix:
            return None
        parts: dict[Expr, Matrix] = {}
        for i, j in product(range(len(block)), repeat=2):
            for term in sympy.Add.make_args(jacobian[i, j]) if jacobian[i, j] != 0 else ():
                constant, a = term.as_independent(self.s, as_Add=False)
                parts.setdefault(a, sympy.zeros(len(block)))[i, j] += constant
        parts = _joined(parts)
        matrices = list(parts.values())
        if any((a * b - b * a).expand() != sympy.zeros(len(block)) for a in matrices for b in matrices):
            return None
        forward, backward = sympy.eye(len(block)), sympy.eye(len(block))
        for a, matrix in parts.items():
            angle, clock = integral(a, self.s), Dummy("s")
            exponential = None if angle is None else matrix_exponential(matrix, clock)
            if angle is None or exponential is None:
                return None
            forward *= exponential.xreplace({clock: angle.value})
            backward *= exponential.xreplace({clock: -angle.value})
        images = forward * Matrix(block)
        rest = Matrix([f.xreplace(dict.fromkeys(block, Integer(0))) for f in rates.values()])
        if not rest.is_zero_matrix:
            forced = [integral(sympy.expand(f), self.s) for f in backward * rest]
            if any(f is None for f in forced):
                return None
            images += forward * Matrix([f.value for f in forced if f is not None])
        return dict(zip(block, images, strict=True))

    def _slowed(self, block: list[Symbol]) -> Flow | None:
        """v = h w: the flow of w at a time sigma with sigma' = h along it."""
        components = {z: self.components[z] for z in block}
        if any(f.has(w) for f in components.values() for w in self.components if w not in block):
            return None
        first = components[block[0]]
        ratios = {z: sympy.cancel(sympy.together(f / first)) for z, f in components.items()}
        common = Integer(1)
        for ratio in ratios.values():
            common = sympy.lcm(common, sympy.fraction(ratio)[1])
        h = sympy.factor(sympy.cancel(sympy.together(first / common)))
        if not h.has(*block) or not common.has(*block):
            return None
        slow = {z: sympy.expand(sympy.cancel(ratio * common)) for z, ratio in ratios.items()}
        clock = Dummy("s")
        flow = _Solver(slow, clock, self.until).solution()
        if flow is None:
            return None
        along = sympy.Add(*(slow[z] * partial_derivative(h, z) for z in block))
        if vanishes(along):
            now: Expr | None = h * self.s
        else:
            rate = sympy.factor(sympy.expand(h.xreplace(flow)))
            now = scalar_flow(rate, clock, self.s)
            now = None if now is None else now.subs(clock, 0)
        if now is None or now.has(*_EXCLUDED):
            return None
        return {z: g.xreplace({clock: now}) for z, g in flow.items()}


def _joined(parts: Mapping[Expr, Matrix]) -> dict[Expr, Matrix]:
    """The sum of a_k A_k with the a_k of proportional matrices added up."""
    found: list[tuple[Expr, Matrix]] = []
    for a, matrix in parts.items():
        place = next(k for k, c in enumerate(matrix) if c != 0)
        for k, (b, other) in enumerate(found):
            ratio = matrix[place] / other[place] if other[place] != 0 else Integer(0)
            if (matrix - ratio * other).applyfunc(sympy.cancel).is_zero_matrix:
                found[k] = (b + ratio * a, other)
                break
        else:
            found.append((a, matrix))
    return dict(found)


class _Space:
    """A space of functions that v - mu maps into itself, grown from given ones."""

    def __init__(self, components: Mapping[Symbol, Expr], multiplier: Expr) -> None:
        self.components, self.multiplier = components, multiplier
        self.functions: list[Expr] = []
        self.pivots: list[tuple[Expr, dict[Expr, Expr]]] = []

    def matrix(self, functions: Sequence[Expr], until: float | None) -> Matrix | None:
        """The matrix M of v - mu on the space; None if the space grows too large."""
        for f in functions:
            self._coordinates(f)
        rows: list[dict[int, Expr]] = []
        while len(rows) < len(self.functions):
            f = self.functions[len(rows)]
            image = sympy.Add(*(g * partial_derivative(f, z) for z, g in self.components.items()))
            rows.append(self._coordinates(sympy.expand(image - self.multiplier * f)))
            if len(self.functions) > _LARGEST_SPACE or _late(until):
                return None
        return Matrix(len(rows), len(rows), lambda i, j: rows[i].get(j, Integer(0)))

    def _coordinates(self, f: Expr) -> dict[int, Expr]:
        """Coordinates in the functions known; what is left of f joins them."""
        left = self._entries(f)
        found: dict[int, Expr] = {}
        for k, (pivot, entries) in enumerate(self.pivots):
            if pivot in left:
                found[k] = sympy.cancel(left[pivot] / entries[pivot])
                for m, c in entries.items():
                    value = sympy.cancel(left.get(m, Integer(0)) - found[k] * c)
                    left = {n: e for n, e in left.items() if n != m} | ({m: value} if value != 0 else {})
        if left:
            pivot = min(left, key=lambda m: (m.count_ops(), sympy.default_sort_key(m)))
            found[len(self.functions)] = Integer(1)
            self.functions.append(sympy.Add(*(c * m for m, c in left.items())))
            self.pivots.append((pivot, left))
        return found

    def _entries(self, f: Expr) -> dict[Expr, Expr]:
        entries: dict[Expr, Expr] = {}
        for term in sympy.Add.make_args(sympy.expand(f)):
            coefficient, monomial = term.as_independent(*self.components, as_Add=False)
            entries[monomial] = sympy.cancel(entries.get(monomial, Integer(0)) + coefficient)
        return {m: c for m, c in entries.items() if c != 0}
