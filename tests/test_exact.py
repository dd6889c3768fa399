"""Exact affine systems against dense linear algebra, and the shortness of the basis against a search."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import gcd

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symeq.errors import InvalidInput
from symeq.exact import AffineSolutions, Inconsistent, Row, coefficient_field, solve_affine

nu, x = sp.symbols("nu x")

small = st.integers(-3, 3)
systems = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.tuples(st.lists(small, min_size=n, max_size=n), small), min_size=0, max_size=6).map(
        lambda rows: (n, rows)
    )
)


def sparse(rows: list[tuple[list[int], int]]) -> list[Row]:
    return [({k: v for k, v in enumerate(row) if v}, d) for row, d in rows]


def dense(vector: dict[int, sp.Expr], n: int) -> sp.Matrix:
    return sp.Matrix([vector.get(k, 0) for k in range(n)])


@given(systems)
@settings(max_examples=150, deadline=None)
def test_solutions_are_those_of_dense_elimination(system: tuple[int, list[tuple[list[int], int]]]) -> None:
    n, rows = system
    c = sp.Matrix(len(rows), n, [v for row, _ in rows for v in row])
    d = sp.Matrix(len(rows), 1, [value for _, value in rows])
    answer = solve_affine(sparse(rows), n)
    if isinstance(answer, Inconsistent):
        assert c.row_join(d).rank() == c.rank() + 1
        chosen = list(answer.rows)
        part, side = c.extract(chosen, list(range(n))), d.extract(chosen, [0])
        assert part.row_join(side).rank() == part.rank() + 1, "the rows named do not contradict each other"
        return
    assert c.row_join(d).rank() == c.rank()
    assert c * dense(answer.particular, n) == d
    vectors = [dense(vector, n) for vector in answer.basis]
    assert all((c * vector).is_zero_matrix for vector in vectors)
    assert len(vectors) == n - c.rank()
    assert not vectors or sp.Matrix.hstack(*vectors).rank() == len(vectors)


@given(systems)
@settings(max_examples=100, deadline=None)
def test_basis_vectors_are_primitive_integers_with_positive_first_entry(
    system: tuple[int, list[tuple[list[int], int]]],
) -> None:
    n, rows = system
    answer = solve_affine([(row, 0) for row, _ in sparse(rows)], n)
    assert isinstance(answer, AffineSolutions)
    assert answer.particular == {}
    for vector in answer.basis:
        entries = [vector[k] for k in sorted(vector)]
        assert all(entry.is_Integer and entry for entry in entries)
        assert entries[0] > 0
        assert gcd(*map(int, entries)) == 1


def least_total_length(matrix: sp.Matrix) -> int:
    """Sum of support sizes of the shortest basis of a null space, by brute force over supports."""
    n, found, total = matrix.cols, [], 0
    nullity = n - matrix.rank()
    for size in range(1, n + 1):
        for support in combinations(range(n), size):
            part = matrix.extract(list(range(matrix.rows)), list(support))
            for null in part.nullspace():
                if len(found) < nullity and all(null):
                    vector = sp.zeros(n, 1)
                    for k, value in zip(support, null, strict=True):
                        vector[k] = value
                    if sp.Matrix.hstack(*found, vector).rank() == len(found) + 1:
                        found.append(vector)
                        total += size
    return total


@given(
    st.integers(3, 6).flatmap(
        lambda n: st.lists(st.lists(st.integers(-2, 2), min_size=n, max_size=n), min_size=1, max_size=n - 2)
    )
)
@settings(max_examples=40, deadline=None)
def test_basis_has_the_least_total_length(rows: list[list[int]]) -> None:
    answer = solve_affine(sparse([(row, 0) for row in rows]), len(rows[0]))
    assert isinstance(answer, AffineSolutions)
    assert sum(map(len, answer.basis)) == least_total_length(sp.Matrix(rows))


def test_a_larger_component_keeps_its_hidden_sparse_basis() -> None:
    # Twelve vectors of four entries each, hidden by a unimodular mixture; too many columns to list them all.
    hidden = [{3 * i + j: 1 for j in range(4)} for i in range(12)]
    rows: list[Row] = []
    mixture = sp.Matrix(12, 12, lambda i, j: 1 if i == j else (i * j) % 3 - 1 if i < j else 0)
    mixed = mixture * sp.Matrix(12, 37, lambda i, k: hidden[i].get(k, 0))
    for equation in mixed.nullspace():
        rows.append(({k: v for k, v in enumerate(equation) if v}, 0))
    answer = solve_affine(rows, 37)
    assert isinstance(answer, AffineSolutions)
    assert sorted(answer.basis, key=min) == hidden


@pytest.mark.parametrize(
    ("rows", "unknowns", "particular", "basis"),
    [
        ([({0: nu, 1: 1}, 0)], 2, {}, ({0: 1, 1: -nu},)),
        ([({0: nu, 1: nu**2}, nu)], 2, {0: 1}, ({0: nu, 1: -1},)),
        ([({0: sp.sqrt(3), 1: 3}, 0)], 2, {}, ({0: 3, 1: -sp.sqrt(3)},)),
        ([({0: sp.sqrt(3), 1: 2 * sp.sqrt(3)}, 0)], 2, {}, ({0: 2, 1: -1},)),
        ([({0: sp.I, 1: 1}, 1), ({0: -sp.I, 1: 1}, 1)], 2, {1: 1}, ()),
        ([({0: sp.sqrt(2) * nu, 1: sp.sqrt(2)}, sp.sqrt(2))], 2, {1: 1}, ({0: 1, 1: -nu},)),
        ([({0: Fraction(1, 2), 1: sp.Rational(1, 3)}, 1)], 2, {0: 2}, ({0: 2, 1: -3},)),
        ([({0: sp.pi, 1: 1}, 0)], 2, {}, ({0: 1, 1: -sp.pi},)),
        ([], 2, {}, ({0: 1}, {1: 1})),
        ([], 0, {}, ()),
    ],
)
def test_numbers_and_parameters(
    rows: list[Row], unknowns: int, particular: dict[int, sp.Expr], basis: tuple[dict[int, sp.Expr], ...]
) -> None:
    answer = solve_affine(rows, unknowns)
    assert isinstance(answer, AffineSolutions)
    assert answer.particular == particular
    assert answer.basis == basis


def test_the_particular_solution_is_the_shortest() -> None:
    # c0 = 1 up to c0 + c1 + c2 = const: elimination alone would spread the fixed part over two unknowns.
    answer = solve_affine([({0: 1, 1: 1, 2: 1, 3: 1}, 2), ({1: 1, 2: -1, 3: 1}, 2)], 4)
    assert isinstance(answer, AffineSolutions)
    assert len(answer.particular) == 1


@pytest.mark.parametrize(
    ("expressions", "text"),
    [
        ([x / 2], "QQ"),
        ([sp.sqrt(3) * x], "QQ<sqrt(3)>"),
        ([nu * x + sp.sqrt(2)], "QQ<sqrt(2)>(nu)"),
        ([sp.I * x], "QQ_I"),
        ([sp.exp(2) * x], "QQ(exp(2))"),
        ([x**nu], "QQ(nu)"),
    ],
)
def test_the_field_is_the_smallest_that_holds_the_constants(expressions: list[sp.Expr], text: str) -> None:
    assert str(coefficient_field(expressions, [x])) == text


@pytest.mark.parametrize("value", [0.5, sp.Float("0.5"), sp.oo, sp.nan])
def test_inexact_numbers_are_refused(value: float | sp.Expr) -> None:
    with pytest.raises(InvalidInput, match="not an exact number"):
        solve_affine([({0: value}, 1)], 1)
