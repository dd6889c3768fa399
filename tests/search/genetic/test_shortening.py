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
