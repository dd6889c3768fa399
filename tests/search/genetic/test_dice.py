"""DEAP with dice of our own: the same dice draw the same, and nobody else's are touched."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from deap import gp
from deap.tools import selection

from symeq.search.genetic.dice import deap_with, with_dice
from symeq.search.genetic.epoch import Evolution
from symeq.search.genetic.epochs import Plan, evolve
from tests.search.genetic.posed import points, posed


def primitives() -> gp.PrimitiveSetTyped:
    pset = gp.PrimitiveSetTyped("law", [float, float], float)
    pset.addPrimitive(np.add, [float, float], float, name="add")
    pset.addPrimitive(np.sin, [float], float, name="sin")
    return pset


PSET = primitives()


def grow(own: Any, _: Any) -> str:
    return str([str(gp.PrimitiveTree(own.genGrow(PSET, 1, 4))) for _ in range(5)])


def full(own: Any, _: Any) -> str:
    return str([str(gp.PrimitiveTree(own.genFull(PSET, 1, 3))) for _ in range(5)])


def cross(own: Any, _: Any) -> str:
    one, two = (gp.PrimitiveTree(own.genFull(PSET, 3, 3)) for _ in range(2))
    return str([str(child) for child in own.cxOnePoint(one, two)])


def mutate(own: Any, _: Any) -> str:
    tree = gp.PrimitiveTree(own.genFull(PSET, 3, 3))
    out = []
    for change in (
        own.mutShrink,
        lambda t: own.mutNodeReplacement(t, PSET),
        lambda t: own.mutInsert(t, PSET),
    ):
        (tree,) = change(tree)
        out.append(str(tree))
    return str(out)


def nested(own: Any, _: Any) -> str:
    (tree,) = own.mutUniform(
        gp.PrimitiveTree(own.genFull(PSET, 2, 2)), lambda pset, type_: own.genGrow(pset, 0, 2, type_), PSET
    )
    return str(tree)


def tournament(_: Any, own: Any) -> str:
    return str(own.selRandom(list(range(100)), 10))


def modules(dice: random.Random) -> tuple[Any, Any]:
    return deap_with(dice), with_dice(selection, dice)


VERBS = [grow, full, cross, mutate, nested, tournament]


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_dice_draw_the_same_and_others_something_else(verb: Callable[[Any, Any], str]) -> None:
    drawn = [verb(*modules(random.Random(seed))) for seed in (1, 1, 2, 3, 4)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_elses_dice_are_touched(verb: Callable[[Any, Any], str]) -> None:
    before, legacy = random.getstate(), np.random.get_state()
    one = verb(*modules(random.Random(1)))
    assert random.getstate() == before
    assert str(np.random.get_state()) == str(legacy)
    random.seed(99)
    assert verb(*modules(random.Random(1))) == one
    random.setstate(before)


def test_two_searches_do_not_disturb_each_other() -> None:
    """Draws in turns are those of each alone."""
    alone = [
        [with_dice(selection, dice).selRandom(range(99), 3) for _ in range(4)]
        for dice in map(random.Random, (1, 2))
    ]
    one, two = (with_dice(selection, random.Random(seed)) for seed in (1, 2))
    mixed = [(one.selRandom(range(99), 3), two.selRandom(range(99), 3)) for _ in range(4)]
    assert [list(each) for each in zip(*mixed, strict=True)] == alone


def test_the_module_itself_stays_as_it_is() -> None:
    before = dict(vars(gp))
    deap_with(random.Random(0))
    assert dict(vars(gp)) == before and gp.random is random


def test_a_whole_search_leaves_global_randomness_alone() -> None:
    leaves = points(rows=100)
    problem = posed(np.sin(2 * leaves[1]) + leaves[2], leaves)
    before, legacy = random.getstate(), str(np.random.get_state())
    one = evolve(problem, Plan(seed=3, epochs=1, population=30))
    assert random.getstate() == before and str(np.random.get_state()) == legacy
    random.seed(5)
    np.random.seed(5)
    assert evolve(problem, Plan(seed=3, epochs=1, population=30)) == one


def test_two_evolutions_in_turns_are_those_of_each_alone() -> None:
    """Two epochs of one process, a generation each in turn."""
    leaves = points(rows=60)
    problem = posed(np.sin(2 * leaves[1]) * leaves[2], leaves)

    def begun(seed: int) -> tuple[Evolution, list[Any]]:
        evolution = Evolution(problem, seed, 4, 20)
        return evolution, evolution.evaluate([evolution.variation.individual() for _ in range(20)])

    def fronts(pairs: list[tuple[Evolution, list[Any]]], steps: int) -> list[Any]:
        populations = [population for _, population in pairs]
        for _ in range(steps):
            for k, (evolution, _) in enumerate(pairs):
                populations[k], _ = evolution.generation(evolution.distinct(populations[k]))
        return [evolution.front() for evolution, _ in pairs]

    with np.errstate(all="ignore"):
        together = fronts([begun(1), begun(2)], 4)
        assert together == [fronts([begun(1)], 4)[0], fronts([begun(2)], 4)[0]]
