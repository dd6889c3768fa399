"""Exact affine systems C c = d: solvability, a particular solution and a basis that people can read.

The arithmetic is that of the smallest field holding the entries: Q, an algebraic extension such as
Q(sqrt 3), or rational functions of parameters. There is no tolerance anywhere in this module.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from math import comb, gcd, lcm
from typing import Any

import sympy as sp
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices.sdm import sdm_irref
from sympy.polys.polyerrors import CoercionFailed

from symeq.errors import InvalidInput

Row = tuple[Mapping[int, Any], Any]
Vector = dict[int, Any]

# Work allowed for one connected component of a null space: how many of its elementary vectors are
# listed outright, and how many field operations random eliminations may take where that is too many.
LISTED_SUBSETS = 1500
ELIMINATION_WORK = 400_000


@dataclass(frozen=True)
class AffineSolutions:
    """All solutions of C c = d: c = particular + sum_k beta_k basis[k].

    >>> answer = solve_affine([({0: 1, 1: -1}, 0), ({2: 2}, 1)], 3)
    >>> answer.particular, answer.basis
    ({2: 1/2}, ({0: 1, 1: 1},))
    """

    particular: dict[int, sp.Expr]
    basis: tuple[dict[int, sp.Expr], ...]


@dataclass(frozen=True)
class Inconsistent:
    """C c = d has no solution: `rows` are the rows of a combination that reads 0 = 1.

    >>> solve_affine([({0: 1}, 1), ({1: 1}, 0), ({0: 1, 1: 1}, 2)], 2)
    Inconsistent(rows=(0, 1, 2))
    """

    rows: tuple[int, ...]


def coefficient_field(expressions: Iterable[sp.Expr], coordinates: Iterable[sp.Symbol] = ()) -> Domain:
    """The smallest field that holds the constants of the expressions, as a SymPy domain.

    Every symbol that is not a coordinate is a parameter; so are pi, e and constants such as log(2),
    which are treated as independent of each other.

    >>> x, nu = sp.symbols("x nu")
    >>> coefficient_field([x / 2, 3 * x], coordinates=[x])
    QQ
    >>> coefficient_field([sp.sqrt(3) * x + nu], coordinates=[x])
    QQ<sqrt(3)>(nu)

    Raises InvalidInput for floating-point numbers, infinities and undefined values.
    """
    known = frozenset(coordinates)
    algebraic: set[sp.Expr] = set()
    parameters: set[sp.Expr] = set()
    for expression in expressions:
        _constants(expression, known, algebraic, parameters)
    field = sp.QQ
    if algebraic == {sp.I}:
        field = sp.QQ_I
    elif algebraic:
        field = sp.QQ.algebraic_field(*sorted(algebraic, key=sp.default_sort_key))
    if parameters:
        field = field.frac_field(*sorted(parameters, key=sp.default_sort_key))
    return field


def _constants(
    expression: sp.Expr, coordinates: frozenset[sp.Symbol], algebraic: set[sp.Expr], parameters: set[sp.Expr]
) -> None:
    if expression.is_Rational or expression in coordinates:
        return
    if expression.is_Float or expression in (sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise InvalidInput(f"{expression} is not an exact number. Write it as a fraction, e.g. Rational(1, 3).")
    composed = expression.is_Add or expression.is_Mul
    if expression.is_Pow and expression.exp.is_Integer:
        composed = True
    if composed or expression.free_symbols & coordinates:
        for argument in expression.args:
            _constants(argument, coordinates, algebraic, parameters)
    elif expression.is_Symbol or not expression.is_algebraic:
        parameters.add(expression)
    else:
        algebraic.add(expression)


def solve_affine(
    rows: Sequence[Row], unknowns: int, *, field: Domain | None = None
) -> AffineSolutions | Inconsistent:
    """Solve C c = d exactly, sparse throughout.

        sum_k C[i, k] c_k = d_i,   rows[i] = ({k: C[i, k]}, d_i),   k = 0 .. unknowns - 1

    The homogeneous solutions come as a readable basis: a component of unknowns that appear together at a
    time, the shortest vectors first (for components of moderate size provably the shortest basis), whole
    and coprime coefficients, the first of them positive. The particular solution is the shortest found.

    Entries are Python or SymPy numbers or expressions in parameters, or elements of `field` if it is given.
    With parameters the answer holds for generic values.

    >>> solve_affine([({0: 1, 1: 1, 2: 1}, 0)], 3).basis
    ({0: 1, 1: -1}, {0: 1, 2: -1})
    """
    if field is None:
        exact = [({k: _number(v) for k, v in row.items()}, _number(d)) for row, d in rows]
        field = coefficient_field([e for row, d in exact for e in (*row.values(), d)])
        rows = [({k: field.from_sympy(v) for k, v in row.items()}, field.from_sympy(d)) for row, d in exact]
    # The right-hand side enters as one more unknown, fixed to 1: C c - d * 1 = 0.
    matrix: dict[int, Vector] = {}
    for i, (row, d) in enumerate(rows):
        entries = {k: field.convert(v) for k, v in row.items() if v}
        if d:
            entries[unknowns] = -field.convert(d)
        if entries:
            matrix[i] = entries
    reduced, pivots, _ = sdm_irref(matrix)
    if unknowns in pivots:
        return Inconsistent(_contradiction(rows, field))
    null = _null_vectors(reduced, pivots, unknowns + 1, field)
    particular: dict[int, sp.Expr] = {}
    basis: list[dict[int, sp.Expr]] = []
    for vectors in _components(null):
        vectors, smaller = _over_rationals(vectors, field)
        component = _Component(vectors, unknowns, smaller)
        basis += [_expressions(vector, smaller) for vector in component.basis()]
        if component.affine:
            particular = _expressions(component.particular(), smaller)
            del particular[unknowns]
    basis.sort(key=lambda vector: (len(vector), sorted(vector)))
    return AffineSolutions(particular, tuple(basis))


def _number(value: Any) -> sp.Expr:
    if isinstance(value, sp.Expr):
        return value
    if isinstance(value, float):
        raise InvalidInput(f"{value} is not an exact number. Write it as a fraction, e.g. Rational(1, 3).")
    return sp.Rational(value)


def _contradiction(rows: Sequence[Row], field: Domain) -> tuple[int, ...]:
    """The support of a y with y C = 0 and y d = 1, which exists when C c = d has no solution."""
    transposed: dict[int, Vector] = {}
    for i, (row, d) in enumerate(rows):
        for k, value in row.items():
            if value:
                transposed.setdefault(k, {})[i] = field.convert(value)
        if d:
            transposed.setdefault(-1, {})[i] = field.convert(d)
    last = len(rows)
    transposed[-1][last] = -field.one
    reduced, pivots, columns = sdm_irref(transposed)
    support = {pivot for row, pivot in zip(reduced.values(), pivots, strict=True) if row.get(last)}
    return tuple(sorted(support))


def _null_vectors(reduced: Mapping[int, Vector], pivots: Sequence[int], columns: int, field: Domain) -> list[Vector]:
    bound = set(pivots)
    vectors = {free: {free: field.one} for free in range(columns) if free not in bound}
    for row, pivot in zip(reduced.values(), pivots, strict=True):
        for k, value in row.items():
            if k != pivot:
                vectors[k][pivot] = -value
    return list(vectors.values())


def _over_rationals(vectors: list[Vector], field: Domain) -> tuple[list[Vector], Domain]:
    """The vectors over Q if they lie there: a symmetry with sqrt(3) mostly leaves laws without."""
    try:
        return [{k: sp.QQ.convert_from(v, field) for k, v in vector.items()} for vector in vectors], sp.QQ
    except CoercionFailed:
        return vectors, field


def _components(vectors: Sequence[Vector]) -> Iterator[list[Vector]]:
    """Groups of vectors whose supports are connected, in the order of their first vector."""
    parent: dict[int, int] = {}

    def root(k: int) -> int:
        while parent.setdefault(k, k) != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for vector in vectors:
        first, *others = vector
        for k in others:
            parent[root(k)] = root(first)
    groups: dict[int, list[Vector]] = {}
    for vector in vectors:
        groups.setdefault(root(next(iter(vector))), []).append(vector)
    yield from groups.values()


class _Component:
    """The shortest vectors of a space spanned by a few vectors whose supports are connected.

    A vector of minimal support (an *elementary* vector) vanishes on a hyperplane's worth of columns, and
    vectors of minimal total length span greedily because independence is a matroid. Columns that are
    multiples of each other vanish together and count as one class.
    """

    def __init__(self, vectors: list[Vector], extra: int, field: Domain) -> None:
        self.vectors, self.extra, self.field = vectors, extra, field
        self.affine = any(extra in vector for vector in vectors)
        self.columns: dict[int, Vector] = {}
        for i, vector in enumerate(vectors):
            for k, value in vector.items():
                self.columns.setdefault(k, {})[i] = value
        self.candidates = sorted(self._elementary(), key=self._key)

    def basis(self) -> list[Vector]:
        """The homogeneous part: candidates without the extra unknown, greedily by length."""
        wanted = len(self.vectors) - self.affine
        echelon: dict[int, Vector] = {}
        chosen: list[Vector] = []
        for vector in self.candidates:
            if len(chosen) == wanted:
                break
            if self.extra not in vector and self._extends(echelon, vector):
                chosen.append(vector)
        return chosen

    def particular(self) -> Vector:
        vector = next(v for v in self.candidates if self.extra in v)
        scale = vector[self.extra]
        return {k: value / scale for k, value in vector.items()}

    def _key(self, vector: Vector) -> tuple[Any, ...]:
        support = sorted(vector)
        if self.field.is_QQ:
            entries = [int(vector[k].numerator) for k in support]
            return len(support), sum(map(abs, entries)), support, [-entry for entry in entries]
        text = ",".join(str(vector[k]) for k in support)
        return len(support), len(text), support, [text]

    def _extends(self, echelon: dict[int, Vector], vector: Vector) -> bool:
        rest = dict(vector)
        while rest:
            pivot = min(rest)
            if pivot not in echelon:
                echelon[pivot] = rest
                return True
            row = echelon[pivot]
            _subtract(rest, row, rest[pivot] / row[pivot])
        return False

    def _elementary(self) -> Iterator[Vector]:
        rank = len(self.vectors)
        yield from (primitive(vector, self.field) for vector in self.vectors)
        if rank == 1:
            return
        classes: dict[tuple[tuple[int, Any], ...], int] = {}
        for column in self.columns.values():
            first = column[min(column)]
            key = tuple((i, column[i] / first) for i in sorted(column))
            classes[key] = classes.get(key, 0) + 1
        weighted = [(dict(key), weight) for key, weight in classes.items()]
        combined: Iterable[Vector]
        if comb(len(weighted), rank - 1) <= LISTED_SUBSETS:
            combined = self._listed(weighted, rank)
        else:
            combined = self._drawn(weighted, rank)
        seen = set()
        for y in combined:
            y = primitive(y, self.field)
            key = tuple(sorted(y.items(), key=lambda item: item[0]))
            if key not in seen:
                seen.add(key)
                yield primitive(self._combine(y), self.field)

    def _combine(self, y: Vector) -> Vector:
        total: Vector = {}
        for i, factor in y.items():
            _subtract(total, self.vectors[i], -factor)
        return total

    def _listed(self, classes: Sequence[tuple[Vector, int]], rank: int) -> Iterator[Vector]:
        """Every y that vanishes on rank - 1 independent classes."""
        for subset in combinations(classes, rank - 1):
            reduced, pivots, _ = sdm_irref({i: dict(column) for i, (column, _) in enumerate(subset)})
            if len(pivots) == rank - 1:
                yield _null_vectors(reduced, pivots, rank, self.field)[0]

    def _drawn(self, classes: Sequence[tuple[Vector, int]], rank: int) -> Iterator[Vector]:
        """Rows of reduced echelon forms for many orders of the classes, heavy classes tending to come first."""
        trials = max(1, min(60, ELIMINATION_WORK // (rank * rank * len(classes))))
        for trial in range(trials):
            draw = random.Random(trial)
            order = sorted(classes, key=lambda item: draw.expovariate(1.0) / item[1])
            matrix: dict[int, Vector] = {}
            for position, (column, _) in enumerate(order):
                for i, value in column.items():
                    matrix.setdefault(i, {})[position] = value
            for i in range(rank):
                matrix[i][len(order) + i] = self.field.one
            reduced, _, _ = sdm_irref(matrix)
            for row in reduced.values():
                y = {k - len(order): value for k, value in row.items() if k >= len(order)}
                if y:
                    yield y


def _subtract(target: Vector, row: Vector, factor: Any) -> None:
    for k, value in row.items():
        new = target[k] - factor * value if k in target else -factor * value
        if new:
            target[k] = new
        else:
            target.pop(k, None)


def primitive(vector: Vector, field: Domain) -> Vector:
    """The multiple of a vector over `field` with coprime whole entries, the first of them positive.

    >>> vector = primitive({3: sp.QQ(-1, 2), 5: sp.QQ(3)}, sp.QQ)
    >>> vector == {3: 1, 5: -6}
    True
    """
    first = vector[min(vector)]
    if field.is_QQ:
        denominator = lcm(*(int(v.denominator) for v in vector.values()))
        divisor = gcd(*(int(v.numerator) * (denominator // int(v.denominator)) for v in vector.values()))
        scale = field(denominator, divisor if first > 0 else -divisor)
        return {k: v * scale for k, v in vector.items()}
    vector = {k: v / first for k, v in vector.items()}
    if field.is_FractionField:
        common = reduce(lambda a, b: a.lcm(b), (v.denom for v in vector.values()))
        vector = {k: v * field.field.new(common) for k, v in vector.items()}
    numbers = [q for v in vector.values() for q in _rational_parts(v, field)]
    denominator = lcm(*(int(q.denominator) for q in numbers))
    divisor = gcd(*(int(q.numerator) * (denominator // int(q.denominator)) for q in numbers))
    scale = field.convert(sp.QQ(denominator, divisor))
    return {k: v * scale for k, v in vector.items()}


def _rational_parts(value: Any, field: Domain) -> Iterator[Any]:
    """The rational numbers that a field element without a parameter in its denominator is made of."""
    if field.is_QQ:
        yield value
    elif field.is_FractionField:
        for coefficient in value.numer.coeffs():
            # SymPy leaves a number in the denominator where the coefficients are a field.
            yield from _rational_parts(coefficient / value.denom.LC, field.domain)
    elif field.is_QQ_I:
        yield from (value.x, value.y)
    else:
        yield from value.to_list()


def _expressions(vector: Vector, field: Domain) -> dict[int, sp.Expr]:
    return {k: sp.expand(field.to_sympy(vector[k])) for k in sorted(vector)}
