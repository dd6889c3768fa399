"""How individuals come about: every draw is a legal law, and with scalings one that scales."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.search.genetic.completion import Completion, planted
from symeq.search.genetic.dice import deap_with
from symeq.search.genetic.forest import NOWHERE, ONE, Forest
from symeq.search.genetic.individual import Terms
from symeq.search.genetic.measured import Measured
from symeq.search.genetic.operators import chosen_operators
from symeq.search.genetic.problem import Grading, Problem
from symeq.search.genetic.variation import LARGEST_TREE, Variation
from systems import SYSTEMS
from tests.search.genetic.posed import A, B, op, posed

ROWS = 80
MOST = 4


def drawn(problem: Problem, seed: int, steps: int = 300) -> tuple[Forest, list[Terms]]:
    """Individuals by birth, crossover and mutation, each a parent of later ones."""
    dice = random.Random(seed)
    with np.errstate(all="ignore"):
        forest, completion = planted(problem)
    variation = Variation(forest, dice, deap_with(dice), MOST, completion)
    with np.errstate(all="ignore"):
        pool = [variation.individual() for _ in range(50)]
        for _ in range(steps):
            first, second = dice.choice(pool), dice.choice(pool)
            pool.append(variation.mate(first, second) if dice.random() < 0.5 else variation.mutate(first))
    return forest, pool


def vectors(count: int) -> Problem:
    frame = np.random.default_rng(1).standard_normal((count, 2, 60))
    return posed(np.ones((2, 60)), frame=frame)


PROBLEMS = {
    "all operators": posed(),
    "several vectors": vectors(3),
    "products alone": posed(operators=["mul"]),
    "one function": posed(operators=["mul", "sin"]),
    "no function": posed(operators=["add", "sub", "mul", "div"]),
}


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", range(2))
def test_every_individual_is_a_legal_law(name: str, seed: int) -> None:
    """350 of them: sorted terms, none twice, at most four, of vectors and trees that exist, no function with
    a constant inside another, no tree of more than 15 nodes."""
    problem = PROBLEMS[name]
    forest, pool = drawn(problem, seed)
    names = {operator.name for operator in problem.operators}
    met = set()
    for terms in pool:
        assert list(terms) == sorted(set(terms)) and len(terms) <= MOST
        for j, number in terms:
            assert 0 <= j < problem.vectors and 0 <= number < len(forest)
            assert np.isfinite(forest.values(number)).all()
            prefix = forest.prefix[number]
            assert len(prefix) <= LARGEST_TREE
            met |= {token[0] for token in prefix if not isinstance(token, int)}
            assert forest.number(prefix) == number
    assert met == names or len(met) > 8  # all operators do occur, some of them seldom
    assert len(set(pool)) > 50


@pytest.mark.parametrize("seed", range(3))
def test_the_same_dice_make_the_same_individuals(seed: int) -> None:
    one, other = (drawn(PROBLEMS["several vectors"], seed) for _ in range(2))
    written = [[[(j, forest.prefix[n]) for j, n in terms] for terms in pool] for forest, pool in (one, other)]
    assert written[0] == written[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_of_deap_is_the_tree_it_was_made_from(seed: int) -> None:
    """What crossover and mutation are given is the individual itself."""
    forest, pool = drawn(PROBLEMS["all operators"], seed)
    variation = Variation(forest, random.Random(0), deap_with(random.Random(0)), MOST)
    numbers = {number for terms in pool for _, number in terms}
    with np.errstate(all="ignore"):
        assert all(variation._number(variation._tree(number)) == number for number in numbers)


# Scalings


def grading(form: sq.FunctionalAnsatz) -> tuple[Grading, tuple[str, ...]]:
    assert form.weights is not None
    none = tuple(Fraction(0) for _ in form.weights.scalings)

    def exact(weight: tuple) -> tuple[Fraction, ...]:
        return tuple(Fraction(int(w.p), int(w.q)) for w in weight)

    leaves = (none, *map(exact, form.weights.arguments))
    return Grading(leaves, tuple(map(exact, form.weights.frame)), none), (
        "1",
        *(s.name for s in form.symbols),
    )


def scaled(name: str) -> tuple[sq.FunctionalAnsatz, Problem]:
    system = SYSTEMS[name]
    form = sq.functional_ansatz(system.jet, system.symmetry, lead=list(system.law), graded=True)
    weights, names = grading(form)
    rng = np.random.default_rng(0)
    leaves = np.vstack([np.ones(ROWS), rng.uniform(0.5, 2, (len(form.arguments), ROWS))])
    frame = rng.uniform(0.5, 2, (len(form.frame), len(form.leads), ROWS))
    problem = posed(np.ones((len(form.leads), ROWS)), leaves, frame=frame, names=names, grading=weights)
    return form, problem


@pytest.mark.parametrize("name", ["kepler", "boussinesq"])
@pytest.mark.parametrize("seed", range(3))
def test_every_term_scales_as_the_law(name: str, seed: int) -> None:
    """The weight of a tree as the forest counts it, and that of its expression by SymPy: each of the terms of
    350 individuals."""
    form, problem = scaled(name)
    forest, pool = drawn(problem, seed)
    terms = {term for individual in pool for term in individual}
    assert len(terms) > 20
    assert problem.grading is not None and form.weights is not None
    stated = Measured(problem, form, (0,), (1, *form.symbols), (), np.ones(1), 0, 0)
    for j, number in terms:
        weight = forest.weight[number]
        assert weight is not None
        assert all(w + e == 0 for w, e in zip(weight, problem.grading.frame[j], strict=True))
        prefix = forest.prefix[number]
        constants = [t[1] for t in prefix if not isinstance(t, int) and t[1] is not None]
        expression = sp.sympify(stated.expression(prefix, constants))
        assert form.weights.fits(expression, j, form), expression


def test_data_on_which_a_product_is_another_leaf_do_not_change_how_it_scales() -> None:
    """I_2, of weight 5, happens to be I_1^2 on the data; the law has weight 2. Where a tree stands for
    another of the same values, a law of the search would not have the symmetry it was promised."""
    weights = {"I_1": 1, "I_2": 5, "I_3": -1}
    x = np.random.default_rng(0).uniform(0.5, 2, (2, ROWS))
    leaves = np.stack([np.ones(ROWS), x[0], x[0] ** 2, x[1]])
    none = (Fraction(0),)
    own = Grading((none, *((Fraction(w),) for w in weights.values())), (none,), (Fraction(2),))
    problem = posed(x[0] ** 2, leaves, grading=own)

    def weight(prefix: tuple) -> int:
        stack: list[Fraction] = []
        for token in reversed(prefix):
            if isinstance(token, int):
                stack.append(own.leaves[token][0])
            elif token[0] == "mul":
                stack.append(stack.pop() + stack.pop())
            elif token[0] == "div":
                stack.append(stack.pop() - stack.pop())
            elif token[0] == "sqrt":
                stack.append(stack.pop() / 2)
            elif token[0] in ("add", "sub"):
                first, second = stack.pop(), stack.pop()
                assert first == second
                stack.append(first)
            else:
                assert stack.pop() == 0
                stack.append(Fraction(0))
        return stack[0]

    forest, pool = drawn(problem, 0)
    terms = {number for individual in pool for _, number in individual}
    assert len(terms) > 10
    assert {weight(forest.prefix[number]) for number in terms} == {2}


def test_of_units_a_coefficient_takes_any() -> None:
    """strict=False: trees are homogeneous, and have any weight."""
    none = (Fraction(0),)
    own = Grading((none, (Fraction(1),), (Fraction(2),), none), (none,), (Fraction(5),), strict=False)
    forest, pool = drawn(replace(posed(), grading=own), 0)
    found = {forest.weight[number] for terms in pool for _, number in terms}
    assert None not in found and len(found) > 5


# Completion


def completion(target: int, operators: list[str] | None = None) -> tuple[Forest, Completion]:
    none = (Fraction(0),)
    own = Grading((none, (Fraction(1),), (Fraction(3),), none), (none, (Fraction(2),)), (Fraction(target),))
    problem = posed(grading=own, frame=np.ones((2, 1, 60)))
    problem = problem if operators is None else replace(problem, operators=chosen_operators(operators))
    forest = Forest(problem)
    return forest, Completion(forest)


@pytest.mark.parametrize("target", [-1, 0, 2, 5])
@pytest.mark.parametrize("vector", [0, 1])
def test_a_tree_is_multiplied_by_what_it_lacks(target: int, vector: int) -> None:
    """Any tree times its factor, times a vector of weight 0 or 2, has the weight of the target."""
    forest, complete = completion(target)
    trees = [(ONE,), A, B, op("sqrt", A), op("sin", (3,), constant=1.0)]
    for tree in trees:
        number = forest.number(tree)
        # A factor that makes a constant of the tree is none: another draw finds another.
        made = {complete(vector, number, random.Random(seed)) for seed in range(30)} - {NOWHERE}
        assert made
        assert {forest.weight[whole] for whole in made} == {(target - 2 * vector,)}
        assert (number in made) == (forest.weight[number] == (target - 2 * vector,))


def test_the_shortest_factors_come_first() -> None:
    """Of weight -1: 1 / I_1 is the shortest product."""
    forest, complete = completion(0)
    [first, *_] = complete.factors[(Fraction(-1),)]
    assert forest.prefix[first] == op("div", (ONE,), A)
    sizes = [forest.size[n] for n in complete.factors[(Fraction(-1),)]]
    assert sizes == sorted(sizes)


def test_what_no_product_can_mend_is_nowhere() -> None:
    """Without division nothing has a negative weight; and of half a weight there is nothing without roots."""
    forest, complete = completion(-1, ["mul", "sqrt"])
    assert complete(0, forest.number(A), random.Random(0)) == NOWHERE
    forest, complete = completion(2, ["mul", "div"])
    assert complete(0, forest.number(B), random.Random(0)) != NOWHERE
