"""Exact affine systems C c = d: solvability, a particular solution and a readable basis of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from sympy.polys.domains.domain import Domain
from sympy.polys.polyerrors import CoercionFailed

from symeq.errors import InvalidInput
from symeq.exact.echelon import reduced_echelon_rows
from symeq.exact.shortest import ShortestBasis
from symeq.exact.vectors import Vector, null_vectors

Row = tuple[Mapping[int, Any], Any]


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
        field = field.frac_field(*sorted(_generating(parameters), key=sp.default_sort_key))
    return field


def _generating(parameters: Iterable[sp.Expr]) -> set[sp.Expr]:
    """One root for all powers of the same thing: exp(1/2) for exp(-1) and exp(3/2)."""
    exponents: dict[tuple[sp.Expr, sp.Expr], list[sp.Rational]] = {}
    for parameter in parameters:
        base, exponent = parameter.as_base_exp()
        rational, rest = exponent.as_coeff_Mul(rational=True)
        exponents.setdefault((base, rest), []).append(rational)
    return {base ** (rest * sp.gcd_list(found)) for (base, rest), found in exponents.items()}


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
    # Whole numbers stay Python's over Q, as they are faster.
    element = (lambda v: v) if field.is_QQ else cache(field.convert)
    # The right-hand side enters as one more unknown, fixed to 1: C c - d * 1 = 0.
    matrix: list[Vector] = []
    for row, d in rows:
        entries = {k: element(v) for k, v in row.items() if v}
        if d:
            entries[unknowns] = -element(d)
        matrix.append(entries)
    reduced = reduced_echelon_rows(matrix, field)
    if unknowns in reduced:
        return Inconsistent(_contradiction(rows, field))
    null = null_vectors(reduced, reduced, unknowns + 1, field)
    particular: dict[int, sp.Expr] = {}
    basis: list[dict[int, sp.Expr]] = []
    for vectors in _components(null):
        vectors, smaller = _over_rationals(vectors, field)
        component = ShortestBasis(vectors, unknowns, smaller)
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
    reduced = reduced_echelon_rows(transposed.values(), field)
    return tuple(pivot for pivot, row in reduced.items() if row.get(last))


def _over_rationals(vectors: list[Vector], field: Domain) -> tuple[list[Vector], Domain]:
    """The vectors over Q if they lie there: a symmetry with sqrt(3) mostly leaves laws without."""
    if field.is_QQ:
        return vectors, field
    try:
        return [{k: sp.QQ.convert_from(v, field) for k, v in vector.items()} for vector in vectors], sp.QQ
    except CoercionFailed:
        return vectors, field


def _expressions(vector: Vector, field: Domain) -> dict[int, sp.Expr]:
    if field.is_QQ:
        return {k: field.to_sympy(vector[k]) for k in sorted(vector)}
    return {k: sp.expand(field.to_sympy(vector[k])) for k in sorted(vector)}


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
