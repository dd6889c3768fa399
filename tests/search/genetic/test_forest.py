"""Trees as numbers: one number for one function, none for what is no function of the data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from sympy import Symbol, exp, lambdify, sin, tanh

from symeq.search.genetic import forest as forest_module
from symeq.search.genetic.constants import constants
from symeq.search.genetic.forest import NOWHERE, ONE, Forest, Prefix
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.problem import Grading
from tests.search.genetic.posed import A, B, C, measured, op, points, posed, subtrees, trees

PROBLEM = posed()
ROWS = PROBLEM.leaves.shape[1]
ARITY = {operator.name: operator.arity for operator in OPERATORS}
SAME = [
    (op("add", A, B), op("add", B, A)),
    (op("mul", A, op("mul", B, C)), op("mul", op("mul", C, A), B)),
    (op("mul", A, op("add", B, C)), op("add", op("mul", A, B), op("mul", A, C))),
    (op("sub", A, op("sub", A, B)), B),
    (op("div", op("mul", A, B), B), A),
    (op("sqrt", op("mul", A, A)), A),
    (op("mul", op("sqrt", B), op("sqrt", B)), B),
    (op("log", op("div", A, B)), op("sub", op("log", A), op("log", B))),
    (op("sin", A, constant=-1.3), op("sin", A, constant=1.3)),
    (op("cos", A, constant=-1.3), op("cos", A, constant=1.3)),
    (op("mul", op("exp", A, constant=0.5), op("exp", A, constant=0.5)), op("exp", A, constant=1.0)),
]
NOWHERE_TREES = {
    "constant": op("div", A, A),
    "zero": op("sub", B, B),
    "one plus one": op("add", (ONE,), (ONE,)),
    "root of one": op("sqrt", (ONE,)),
    "exp of one": op("exp", (ONE,), constant=2.0),
    "log of what is negative": op("log", op("sub", A, op("mul", C, C))),
    "root of what is negative": op("sqrt", op("sub", A, B)),
    "division by zero": op("div", A, op("sub", B, B)),
    "huge": op("exp", A, constant=100.0),
    "tiny": op("exp", A, constant=-300.0),
    "function in a function": op("sin", op("exp", A, constant=0.5), constant=1.0),
    "function in a root": op("sqrt", op("exp", A, constant=0.5)),
    "function deep in a function": op("cos", op("mul", B, op("tanh", A, constant=0.5)), constant=1.0),
    "of what is nowhere": op("add", A, op("sub", B, B)),
    "straight line": op("sin", A, constant=1e-4),
    "parabola": op("cos", A, constant=1e-3),
}


@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
def test_the_same_function_has_one_number_that_of_the_shortest_tree(one: Prefix, other: Prefix) -> None:
    """By whatever road: the shorter way is known first."""
    forest = Forest(PROBLEM)
    with np.errstate(all="ignore"):
        short, long = sorted((one, other), key=len)
        first, second = forest.number(short), forest.number(long)
    assert first == second != NOWHERE
    assert len(forest.prefix[first]) == len(short)


@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
def test_a_shorter_tree_takes_the_place_of_a_longer_one(one: Prefix, other: Prefix) -> None:
    """The longer way is known first; what comes after both has the number of the shorter one."""
    with np.errstate(all="ignore"):
        forest = Forest(PROBLEM)
        short, long = sorted((one, other), key=len)
        forest.number(long)
        number = forest.number(short)
        assert len(forest.prefix[number]) <= len(short)
        detour = forest.number(op("sub", op("add", short, C), C))
    assert detour == number


@pytest.mark.parametrize("tree", NOWHERE_TREES.values(), ids=NOWHERE_TREES)
def test_what_is_no_varying_finite_function_is_nowhere(tree: Prefix) -> None:
    forest = Forest(PROBLEM)
    with np.errstate(all="ignore"):
        assert forest.number(tree) == NOWHERE
        assert forest.number(tree) == NOWHERE  # asked again, it is known


def test_neighbours_of_what_is_nowhere_are_somewhere() -> None:
    """The bounds above are bounds, not a refusal of the operators."""
    forest = Forest(PROBLEM)
    for tree in (
        op("sin", A, constant=0.5), op("cos", A, constant=0.5), op("exp", A, constant=-20.0),
        op("exp", A, constant=12.0), op("exp", op("sqrt", A), constant=1.0), op("add", A, (ONE,)),
        op("mul", op("sin", A, constant=2.0), op("exp", B, constant=1.0)),
    ):  # fmt: skip
        assert forest.number(tree) != NOWHERE, tree


@given(tree=trees(nodes=13))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_trees_survive_the_way_through_their_prefix(tree: Prefix) -> None:
    """number(prefix[n]) == n, in the forest where it grew; and in another the values are the same."""
    forest = Forest(PROBLEM)
    with np.errstate(all="ignore"):
        number = forest.number(tree)
        assume(number != NOWHERE)
        assert all(forest.number(forest.prefix[n]) == n for n in range(len(forest)))
        elsewhere = Forest(PROBLEM)
        again = elsewhere.number(forest.prefix[number])
    assert again != NOWHERE
    assert elsewhere.values(again) == pytest.approx(forest.values(number), rel=1e-8)


@given(tree=trees(nodes=13))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_trees_evaluate_as_sympy_does(tree: Prefix) -> None:
    """The column of a tree against its expression, compiled by SymPy: 60 rows, 1e-10 of the largest number
    on the way; evaluated without interning, too. And size and inner constants are counted."""
    forest = Forest(PROBLEM)
    with np.errstate(all="ignore"):
        number = forest.number(tree)
        assume(number != NOWHERE)
        prefix = forest.prefix[number]
        steps = [forest.evaluated(part) for part in subtrees(prefix, ARITY)]
        largest = max(float(np.abs(step).max()) for step in steps)
        assume(largest < 1e4 and min(float(np.abs(step).min()) for step in steps) > 1e-4)
        inner = constants(prefix)
        expression = measured(PROBLEM).expression(prefix, inner)
        symbols = measured(PROBLEM).leaves[1:]
        expected = lambdify(symbols, expression, "numpy")(*PROBLEM.leaves[1:])
    assert forest.values(number) == pytest.approx(expected, rel=1e-10, abs=1e-10 * largest)
    assert np.array_equal(forest.evaluated(prefix), forest.values(number))
    assert forest.nonlinear[number] == len(inner)
    assert forest.size[number] == len(prefix) + len(inner)


@given(tree=trees(nodes=13))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_another_tree_of_the_same_number_has_the_same_values(tree: Prefix) -> None:
    """However a function was written: to the nine digits by which it is recognised."""
    forest = Forest(PROBLEM)
    with np.errstate(all="ignore"):
        number = forest.number(tree)
        assume(number != NOWHERE)
        written = forest.evaluated(tree)
    assert written == pytest.approx(forest.values(number), rel=1e-6, abs=1e-7 * np.abs(written).max())


def test_inner_constants_are_named_in_the_order_of_the_tree() -> None:
    """sin(2 x) exp(-y) - tanh(x / 2): the first name belongs to the first function from the left."""
    tree = op(
        "sub", op("mul", op("sin", A, constant=2.0), op("exp", B, constant=-1.0)), op("tanh", A, constant=0.5)
    )
    one, two, three = (Symbol(f"c_{k}") for k in (1, 2, 3))
    expression = measured(PROBLEM).expression(tree, [one, two, three])
    assert constants(tree) == [2.0, -1.0, 0.5]
    i1, i2, _ = measured(PROBLEM).form.symbols

    assert expression == sin(one * i1) * exp(two * i2) - tanh(three * i1)


def test_forgotten_columns_come_back_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest_module, "COLUMNS", 0)
    forest = Forest(PROBLEM)
    kept = forest.number(op("mul", op("sqrt", A), op("exp", B, constant=-0.7)))
    for tree in (op("log", op("add", A, B)), op("div", C, op("mul", A, A)), op("tanh", C, constant=2.0)):
        forest.number(tree)
    before = {n: forest.values(n).copy() for n in range(len(forest))}
    forest.forget([kept])
    assert kept in forest.columns and len(forest.columns) < len(forest)
    for n, values in before.items():
        assert np.array_equal(forest.values(n), values)


def test_columns_in_use_are_kept_and_few_columns_are_never_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    forest = Forest(PROBLEM)
    used = forest.number(op("mul", A, op("add", B, C)))
    known = len(forest.columns)
    forest.forget([])
    assert len(forest.columns) == known
    monkeypatch.setattr(forest_module, "COLUMNS", 0)
    forest.forget([used])
    inside = forest.number(op("add", B, C))
    assert {used, inside} <= set(forest.columns)


def test_leaves_with_the_same_values_are_one_function() -> None:
    values = points(leaves=2)
    forest = Forest(posed(leaves=np.vstack([values, values[1]])))
    assert forest.number(op("mul", (3,), (2,))) == forest.number(op("mul", (1,), (2,)))


def graded(*weights: int, strict: bool = True) -> Grading:
    none = (Fraction(0),)
    return Grading((none, *((Fraction(w),) for w in weights)), (none,), none, strict)


def test_weights_go_through_the_operators() -> None:
    """Leaves of weight 1, 2 and 0."""
    forest = Forest(replace(PROBLEM, grading=graded(1, 2, 0)))
    expected = {
        op("mul", A, B): 3, op("div", A, B): -1, op("sqrt", A): Fraction(1, 2),
        op("add", op("mul", A, A), B): 2, op("sin", C, constant=2.0): 0,
        op("log", op("div", op("mul", A, A), B)): 0,
        op("mul", A, op("exp", C, constant=1.0)): 1,
    }  # fmt: skip
    for tree, weight in expected.items():
        assert forest.weight[forest.number(tree)] == (weight,), tree
    for tree in (op("add", A, B), op("sin", A, constant=2.0), op("log", A), op("add", A, (ONE,))):
        assert forest.number(tree) == NOWHERE, tree


def test_of_units_functions_take_any_and_sums_take_one() -> None:
    """strict=False: a constant inside has what unit it needs, but A + B adds what cannot be added."""
    forest = Forest(replace(PROBLEM, grading=graded(1, 2, 0, strict=False)))
    for tree in (op("sin", A, constant=2.0), op("log", A), op("exp", op("mul", A, B), constant=-0.5)):
        assert forest.weight[forest.number(tree)] == (0,)
    assert forest.weight[forest.number(op("add", op("mul", A, A), B))] == (2,)
    for tree in (op("add", A, B), op("sub", A, C), op("add", A, op("sin", A, constant=2.0))):
        assert forest.number(tree) == NOWHERE


def test_what_scales_otherwise_is_another_tree_even_where_the_values_agree() -> None:
    """On these data the second leaf, of weight 5, happens to be the square of the first, of weight 1: the
    square still scales as a square."""
    x = np.random.default_rng(0).uniform(0.5, 2, ROWS)
    leaves = np.stack([np.ones(ROWS), x, x**2])
    forest = Forest(posed(leaves=leaves, grading=graded(1, 5)))
    square = forest.number(op("mul", A, A))
    assert forest.weight[square] == (2,)
    assert forest.weight[forest.number(op("mul", A, op("mul", A, A)))] == (3,)
    assert forest.weight[forest.number(op("mul", A, B))] == (6,)
