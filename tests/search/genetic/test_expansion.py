"""Products multiplied out: the same function, written as the terms that it is made of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings

from symeq.search.genetic.expansion import expanded, written
from symeq.search.genetic.forest import ONE, Prefix
from symeq.search.genetic.front import Model, length
from symeq.search.genetic.operators import OPERATORS, Operator
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import predicted, tree_values
from symeq.search.genetic.shortening import shortened
from tests.search.genetic.posed import A, B, op, points, posed, subtrees, trees

PROBLEM = posed()
ARITY = {operator.name: operator.arity for operator in OPERATORS}
UNIT: Prefix = (ONE,)


@given(tree=trees(nodes=13))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_terms_add_up_to_the_tree(tree: Prefix) -> None:
    """60 rows, 1e-9 of the largest number on either way; where no subtree divides by zero or cancels."""

    def values(prefix: Prefix) -> np.ndarray:
        return np.broadcast_to(tree_values(prefix, PROBLEM.leaves, PROBLEM), PROBLEM.leaves.shape[1:])

    steps = [values(part) for part in subtrees(tree, ARITY)]
    assume(all(np.isfinite(step).all() and 1e-3 < np.abs(step).max() < 1e5 for step in steps))
    assume(all(np.abs(step).min() > 1e-3 for step in steps))
    sums = expanded(tree)
    parts = [float(number) * values(written(powers)) for powers, number in sums.items()]
    largest = max([np.abs(step).max() for step in (*steps, *parts)])
    total = sum(parts, np.zeros(PROBLEM.leaves.shape[1]))
    assert total == pytest.approx(values(tree), rel=1e-9, abs=1e-9 * largest)


EXAMPLES = {
    "(A - 1)(A + 1)": (op("mul", op("sub", A, UNIT), op("add", A, UNIT)), {"A A": 1, "1": -1}),
    "(A + B)^2": (op("mul", op("add", A, B), op("add", A, B)), {"A A": 1, "A B": 2, "B B": 1}),
    "A (A - B) / B": (op("div", op("mul", A, op("sub", A, B)), B), {"A A/B": 1, "A": -1}),
    "sqrt A sqrt A": (op("mul", op("sqrt", A), op("sqrt", A)), {"A": 1}),
    "A / sqrt A": (op("div", A, op("sqrt", A)), {"sqrt A": 1}),
    "1 / (A + A)": (op("div", UNIT, op("add", A, A)), {"1/A": Fraction(1, 2)}),
    "A - A": (op("sub", A, A), {}),
    "(A + B) / (A + B)": (op("div", op("add", A, B), op("add", A, B)), None),
}
WORDS = {
    "A A": op("mul", A, A),
    "A B": op("mul", A, B),
    "B B": op("mul", B, B),
    "1": UNIT,
    "A": A,
    "A A/B": op("div", op("mul", A, A), B),
    "sqrt A": op("sqrt", A),
    "1/A": op("div", UNIT, A),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_products_by_hand(name: str) -> None:
    tree, expected = EXAMPLES[name]
    if expected is None:  # a quotient by a sum stays one: its terms are A / (A + B) and B / (A + B)
        assert len(expanded(tree)) == 2
        return
    assert {written(p): n for p, n in expanded(tree).items()} == {WORDS[w]: n for w, n in expected.items()}


def test_functions_and_operators_of_the_user_stand_for_themselves() -> None:
    larger = Operator("larger", np.maximum, max, 2, commutative=True)
    tree = op("mul", op("larger", A, op("add", A, B)), op("sin", op("add", A, B), constant=2.0))
    [(powers, number)] = expanded(tree, frozenset([larger.name])).items()
    assert number == 1
    assert {atom for atom, _ in powers} == {
        op("larger", A, op("add", A, B)),
        op("sin", op("add", A, B), constant=2.0),
    }


def law(problem: Problem, *terms: Prefix) -> Model:
    own = tuple(sorted(((0, term) for term in terms), key=repr))
    bare = Model(own, 0.0, sum(map(len, terms)) + len(terms))
    square = np.mean(problem.target**2)
    error = float(np.mean((predicted(bare, problem) - problem.target.ravel()) ** 2) / square)
    return Model(own, error, bare.size)


def test_a_law_is_stated_by_its_products_where_that_is_shorter() -> None:
    """A^2 - 1, found as (A - 1)(A + 1)."""
    leaves = points(rows=200)
    problem = posed(leaves[1] ** 2 - 1, leaves)
    found = shortened(law(problem, op("mul", op("sub", A, UNIT), op("add", A, UNIT))), problem)
    assert {term for _, term in found.terms} == {op("mul", A, A), UNIT}
    assert found.error < 1e-25 and found.size == 3 + 1 + 2


def test_a_law_stays_as_it_is_where_its_products_are_longer() -> None:
    """(A + B)^2 / (1 + A) is three quotients otherwise; and a sum of products has nothing to multiply out."""
    leaves = points(rows=200)
    square = op("mul", op("add", A, B), op("add", A, B))
    problem = posed((leaves[1] + leaves[2]) ** 2 / (1 + leaves[1]), leaves)
    short = law(problem, op("div", square, op("add", A, UNIT)))
    assert shortened(short, problem) == short
    plain = law(problem, op("mul", A, A), B)
    assert shortened(plain, problem) == plain


@given(tree=trees(nodes=11))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_comes_out_is_never_longer_and_what_it_says(tree: Prefix) -> None:
    """Description length, and the share that numpy finds for its terms."""
    steps = [np.broadcast_to(tree_values(p, PROBLEM.leaves, PROBLEM), 60) for p in subtrees(tree, ARITY)]
    assume(all(np.isfinite(step).all() and 1e-3 < np.abs(step).max() < 1e4 for step in steps))
    target = steps[-1] + 0.01 * np.random.default_rng(0).standard_normal(60)
    problem = posed(target)
    model = law(problem, tree)
    found = shortened(model, problem)
    assert length(found, problem) <= length(model, problem)
    again = law(problem, *(term for _, term in found.terms))
    assert found.error == pytest.approx(again.error, rel=1e-6, abs=1e-9)
