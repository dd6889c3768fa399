"""Every left-hand side in turn: the right one stands out, whichever is asked first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symeq.search.genetic.epochs import Plan, Stop
from symeq.search.genetic.front import Model
from symeq.search.genetic.operators import chosen_operators
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.scan import relation_share, scan

OPERATORS = chosen_operators(["add", "mul", "div"])
PLAN = Plan(seed=0, epochs=6, population=60)


def sides() -> list[Problem]:
    """a, b, c random and d = a b - 2 c: of the four sides, the last is a product and a sum of the others."""
    rng = np.random.default_rng(0)
    a, b, c = rng.uniform(0.5, 2, (3, 300))
    every = {"a": a, "b": b, "c": c, "d": a * b - 2 * c}
    problems = []
    for side, values in every.items():
        others = {name: column for name, column in every.items() if name != side}
        leaves = np.vstack([np.ones(300), *others.values()])
        scale = np.sqrt(np.mean(values**2))
        problems.append(
            Problem(leaves, ("1", *others), np.ones((1, 1, 300)), (values / scale)[None], OPERATORS)
        )
    return problems


def test_every_side_of_an_exact_relation_is_exact_and_the_first_is_taken() -> None:
    problems = sides()
    found = scan(problems[::-1], PLAN)
    assert found.best == 0 and found.stop is Stop.EXACT and found.shares[0] < 1e-20
    assert len(found.outcomes) == 4 and all(outcome.epochs for outcome in found.outcomes)


def test_the_same_for_any_number_of_workers_and_when_it_goes_on() -> None:
    problems = sides()
    alone = scan(problems, PLAN)
    assert scan(problems, replace(PLAN, workers=2)) == alone
    first = {k: outcome.epochs[:1] for k, outcome in enumerate(alone.outcomes)}
    watched: list[int] = []
    again = scan(problems, PLAN, done=first, watch=lambda which, consumed, epoch: watched.append(which))
    assert again == alone and len(watched) == sum(len(o.epochs) for o in alone.outcomes) - 4


def test_sides_are_compared_by_their_terms_and_not_by_their_own_size() -> None:
    """y = 1000 T - 999 S with T close to S: the share is relative to the large terms that cancel."""
    rng = np.random.default_rng(1)
    t = rng.uniform(1, 2, 200)
    s = t + 0.001 * rng.standard_normal(200)
    y = 1000 * t - 999 * s + 0.01 * rng.standard_normal(200)
    problem = Problem(
        np.vstack([np.ones(200), t, s]), ("1", "t", "s"), np.ones((1, 1, 200)), y[None], OPERATORS
    )
    model = Model(((0, (1,)), (0, (2,))), 0.0, 4)
    assert relation_share(model, problem) == pytest.approx(1e-4 / (2 * 1e6 * np.mean(t**2)), rel=0.3)
