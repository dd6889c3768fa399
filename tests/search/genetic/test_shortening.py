"""The chosen law is stated as shortly as it can be written, and stays the same function."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.front import Model, length
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import predicted
from symeq.search.genetic.shortening import shortened

RNG = np.random.default_rng(0)
A, B = RNG.uniform(0.5, 2, (2, 300))
ONE: Prefix = (0,)


def posed(values: np.ndarray) -> Problem:
    leaves = np.vstack([np.ones(300), A, B])
    return Problem(leaves, ("1", "A", "B"), np.ones((1, 1, 300)), values[None], OPERATORS)


def op(name: str, *parts: Prefix, constant: float | None = None) -> Prefix:
    tree: Prefix = ((name, constant),)
    for part in parts:
        tree += part
    return tree


CASES = {
    "a difference of the same": (3 * A, op("sub", op("add", (1,), (2,)), (2,)), {(1,)}),
    "a constant inside exp": (
        2 * np.exp(-0.7 * A),
        op("exp", op("sub", ONE, (1,)), constant=0.7),
        {op("exp", (1,), constant=-0.7)},
    ),
    "a root inside a logarithm": (
        np.log(A / B),
        op("log", op("sqrt", op("div", (1,), (2,)))),
        {op("log", op("div", (1,), (2,)))},
    ),
    "a product of sums": (
        A**2 - B,
        op("mul", (1,), op("sub", (1,), op("div", (2,), (1,)))),
        {op("mul", (1,), (1,)), (2,)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_long_way_to_write_a_short_law(name: str) -> None:
    values, long, short = CASES[name]
    problem = posed(values)
    size = len(long) + 1 + sum(not isinstance(token, int) and token[1] is not None for token in long)
    model = Model(((0, long),), 0.0, size)
    found = shortened(model, problem)
    assert {prefix for _, prefix in found.terms} == short
    assert length(found, problem) <= length(model, problem)
    assert predicted(found, problem) == pytest.approx(values, abs=1e-9)


@pytest.mark.parametrize(("power", "simple"), [(-1.5, True), (-1.4, False)])
def test_a_number_in_a_power_gives_way_to_a_simple_one(power: float, simple: bool) -> None:
    """-3/2 found as -1.495 under 5 % noise, 300 rows and 48 blocks, seed 0: as 1/(A sqrt A); -1.4 stays."""
    noise = 0.05 * np.random.default_rng(0).standard_normal(300)
    problem = posed(A**power * (1 + noise))
    tree = op("exp", op("log", (1,)), constant=power + 0.005)
    left = problem.target[0] - predicted(Model(((0, tree),), 0.0, 5), problem)
    error = float(np.mean(left**2) / np.mean(problem.target**2))
    [(_, found)] = shortened(Model(((0, tree),), error, 5), problem).terms
    assert (found == op("div", ONE, op("mul", (1,), op("sqrt", (1,))))) == simple
    assert (("log", None) in found) != simple
