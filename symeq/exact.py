"""Exact affine systems C c = d: solvability, a particular solution and a basis that people can read.

The arithmetic is that of the smallest field holding the entries: Q, an algebraic extension such as
Q(sqrt 3), or rational functions of parameters. There is no tolerance anywhere in this module.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import chain, combinations
from math import comb, gcd, lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices.sdm import sdm_irref
from sympy.polys.polyerrors import CoercionFailed

from symeq.errors import InvalidInput

Row = tuple[Mapping[int, Any], Any]
Vector = dict[int, Any]
Values = tuple[Any, ...]
IntArray = npt.NDArray[np.int64]

# Work allowed for one connected component of a null space: how many subsets of its columns are tried to list
# its elementary vectors, and how many field operations random eliminations may take where those are too many.
LISTED_SUBSETS = 1000
ELIMINATION_WORK = 100_000
SMALL_INTEGER = 2**20  # products of two such entries and their sums stay exact in 64 bits


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
        raise InvalidInput(
            f"{expression} is not an exact number. Write it as a fraction, e.g. Rational(1, 3)."
        )
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
    element = cache(field.convert)
    # The right-hand side enters as one more unknown, fixed to 1: C c - d * 1 = 0.
    matrix: dict[int, Vector] = {}
    for i, (row, d) in enumerate(rows):
        entries = {k: element(v) for k, v in row.items() if v}
        if d:
            entries[unknowns] = -element(d)
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


def _null_vectors(
    reduced: Mapping[int, Vector], pivots: Sequence[int], columns: int, field: Domain
) -> list[Vector]:
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
    """The shortest basis of a space spanned by a few vectors whose supports are connected.

    Columns that are multiples of each other vanish together: they form a class, and a vector is known by its
    values on one column of each. Vectors of minimal support (*elementary* vectors) contain a basis of minimal
    total length, and picking them greedily finds it because independence is a matroid.
    """

    def __init__(self, vectors: list[Vector], extra: int, field: Domain) -> None:
        self.field, self.extra = field, extra
        self.affine = any(extra in vector for vector in vectors)
        vectors = [primitive(vector, field) for vector in vectors]
        if field.is_QQ:
            vectors = [{k: int(v) for k, v in vector.items()} for vector in vectors]
        zero = 0 if field.is_QQ else field.zero
        classes: dict[Values, list[tuple[int, Values]]] = {}
        for k in sorted(set().union(*vectors)):
            column = tuple(vector.get(k, zero) for vector in vectors)
            classes.setdefault(self._normal(column), []).append((k, column))
        self.classes = list(classes.values())
        self.weights = [len(members) for members in self.classes]
        self.rows = [tuple(members[0][1][i] for members in self.classes) for i in range(len(vectors))]
        self.candidates = self.rows
        if len(vectors) > 1:
            distinct = {self._normal(row) for row in chain(self.rows, self._shorter())}
            self.candidates = sorted(distinct, key=self._key)

    def basis(self) -> list[Vector]:
        """The homogeneous part: candidates without the extra unknown, greedily by length."""
        wanted = len(self.rows) - self.affine
        echelon: dict[int, Values] = {}
        chosen: list[Vector] = []
        for row in self.candidates:
            if len(chosen) == wanted:
                break
            if not self._affine(row) and _extends(echelon, row):
                chosen.append(primitive(self._vector(row), self.field))
        return chosen

    def particular(self) -> Vector:
        """The shortest candidate in which the extra unknown is 1."""
        vector = self._vector(next(filter(self._affine, self.candidates)))
        return {k: v / vector[self.extra] for k, v in vector.items()}

    def _affine(self, row: Values) -> bool:
        # The extra unknown is the last column of all, hence the last member of its class.
        return self.affine and any(
            v and c[-1][0] == self.extra for v, c in zip(row, self.classes, strict=True)
        )

    def _vector(self, row: Values) -> Vector:
        """The entries in all columns of the vector with these values on the classes."""
        vector = {}
        for value, members in zip(row, self.classes, strict=True):
            if value:
                first = members[0][1]
                at = next(i for i, entry in enumerate(first) if entry)
                scale = self.field.convert(value) / self.field.convert(first[at])
                vector.update((k, scale * self.field.convert(column[at])) for k, column in members)
        return vector

    def _normal(self, values: Values) -> Values:
        """The multiple that stands for all multiples."""
        first = next(entry for entry in values if entry)
        if not self.field.is_QQ:
            return tuple(entry / first for entry in values)
        divisor = gcd(*values) if first > 0 else -gcd(*values)
        return tuple(entry // divisor for entry in values)

    def _key(self, row: Values) -> tuple[Any, ...]:
        support = [i for i, value in enumerate(row) if value]
        length = sum(self.weights[i] for i in support)
        if self.field.is_QQ:
            return (
                length,
                sum(abs(row[i]) * self.weights[i] for i in support),
                support,
                [-row[i] for i in support],
            )
        text = ",".join(str(row[i]) for i in support)
        return length, len(text), support, [text]

    def _shorter(self) -> Iterator[Values]:
        if comb(len(self.classes), len(self.rows) - 1) <= LISTED_SUBSETS:
            yield from self._listed()
            return
        yield from self._reduced(self.rows)
        for rows in self._drawn():
            yield from rows
            yield from self._reduced(rows)

    def _listed(self) -> Iterator[Values]:
        """Every elementary vector: those that vanish on rank - 1 independent classes."""
        rank = len(self.rows)
        columns = [{i: self.field.convert(v) for i, v in enumerate(c[0][1]) if v} for c in self.classes]
        for subset in combinations(columns, rank - 1):
            reduced, pivots, _ = sdm_irref({i: dict(column) for i, column in enumerate(subset)})
            if len(pivots) == rank - 1:
                y = primitive(_null_vectors(reduced, pivots, rank, self.field)[0], self.field)
                factors = [(i, int(v) if self.field.is_QQ else v) for i, v in y.items()]
                yield tuple(sum(v * self.rows[i][j] for i, v in factors) for j in range(len(self.classes)))

    def _drawn(self) -> Iterator[list[Values]]:
        """Reduced echelon forms, whose rows are elementary, for random orders with heavy classes mostly first."""
        rank, width = len(self.rows), len(self.classes)
        for seed in range(min(12, ELIMINATION_WORK // (rank * rank * width))):
            draw = random.Random(seed)
            order = sorted(range(width), key=lambda i: draw.expovariate(1.0) / self.weights[i])
            matrix = {
                i: {at: self.field.convert(row[j]) for at, j in enumerate(order) if row[j]}
                for i, row in enumerate(self.rows)
            }
            place = sorted(range(width), key=order.__getitem__)
            rows = []
            for row in sdm_irref(matrix)[0].values():
                vector = primitive(row, self.field)
                values = (vector.get(at, self.field.zero) for at in place)
                rows.append(tuple(map(int, values)) if self.field.is_QQ else tuple(values))
            yield rows

    def _reduced(self, rows: list[Values]) -> list[Values]:
        """A basis in which no b b_i - a b_j that cancels an entry is shorter than b_i (over Q)."""
        if not self.field.is_QQ or max(abs(v) for row in rows for v in row) > SMALL_INTEGER:
            return []
        weights = np.array(self.weights)
        basis = np.array(rows, dtype=np.int64)
        lengths = [_length(vector, weights) for vector in basis]
        improved = True
        while improved:
            improved = False
            for i in sorted(range(len(basis)), key=lambda i: lengths[i], reverse=True):
                here, there = basis[i] != 0, basis != 0
                # b_i can only become shorter where it shares more than the other one would add.
                hopeful = (there & here) @ weights >= (there & ~here) @ weights
                hopeful[i] = False
                for j in np.flatnonzero(hopeful):
                    for a, b in _ratios(basis[i], basis[j]):
                        vector = b * basis[i] - a * basis[j]
                        vector //= np.gcd.reduce(vector)
                        length = _length(vector, weights)
                        if length < lengths[i] and abs(vector).max() <= SMALL_INTEGER:
                            basis[i], lengths[i], improved = vector, length, True
        return [tuple(map(int, vector)) for vector in basis]


def _length(vector: IntArray, weights: IntArray) -> tuple[int, int]:
    return int(weights[vector != 0].sum()), int(abs(vector) @ weights)


def _ratios(first: IntArray, second: IntArray) -> list[tuple[int, int]]:
    """All (a, b) in lowest terms with b first = a second in some entry."""
    common = np.flatnonzero(first * second)
    divisors = np.gcd(first[common], second[common]) * np.sign(second[common])
    return sorted(
        set(zip((first[common] // divisors).tolist(), (second[common] // divisors).tolist(), strict=True))
    )


def _extends(echelon: dict[int, Values], row: Values) -> bool:
    """Reduce a row by an echelon form; add what is left, and say whether there was something left."""
    for pivot, known in echelon.items():
        if row[pivot]:
            a, b = row[pivot], known[pivot]
            row = tuple(b * v - a * w for v, w in zip(row, known, strict=True))
            if isinstance(a, int) and (divisor := gcd(*row)):
                row = tuple(v // divisor for v in row)
    first = next((i for i, value in enumerate(row) if value), None)
    if first is not None:
        echelon[first] = row
    return first is not None


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
