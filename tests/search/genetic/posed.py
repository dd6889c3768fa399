"""Problems of the genetic search that are made up, and random trees on their leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import symeq as sq
from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.measured import Measured
from symeq.search.genetic.operators import OPERATORS, Operator, chosen_operators
from symeq.search.genetic.problem import Problem

ROWS = 60
INNER = ("exp", "sin", "cos", "tanh", "saturation")
CONSTANTS = (0.5, 0.3, 1.7, 1.0)


def points(seed: int = 0, leaves: int = 3, rows: int = ROWS) -> np.ndarray:
    """Values of leaves (leaf, row) in [0.5, 2], the constant 1 before them."""
    drawn = np.random.default_rng(seed).uniform(0.5, 2.0, (leaves, rows))
    return np.vstack([np.ones(rows), drawn])


def posed(
    target: np.ndarray | None = None,
    leaves: np.ndarray | None = None,
    operators: Sequence[Operator | str] = OPERATORS,
    **further: Any,
) -> Problem:
    """A problem with one left-hand side and the vector 1, unless others are given."""
    values = points() if leaves is None else leaves
    rows = values.shape[1]
    y = values[1] if target is None else target
    given = Problem(
        leaves=values,
        names=("1", *(f"I_{k}" for k in range(1, len(values)))),
        frame=np.ones((1, 1, rows)),
        target=np.atleast_2d(y),
        operators=chosen_operators(operators),
    )
    return replace(given, **further)


def measured(problem: Problem) -> Measured:
    """A problem of three leaves as if it had been measured: its leaves are the symbols I_1, I_2, I_3."""
    form = sq.functional_ansatz(sq.Jet("t", "x y"), sq.trivial)
    leaves = (sp.S.One, *form.symbols)
    return Measured(problem, form, (0,), leaves, (0,), np.ones(1), 0, 0)


def trees(
    *, leaves: int = 3, nodes: int = 7, functions: Sequence[str] = INNER, roots: bool = True
) -> st.SearchStrategy[Prefix]:
    """Random trees in prefix order, with all operators, sensible or not; of odd and even functions those
    with a constant c > 0, which is how they are written."""

    def grown(inside: st.SearchStrategy[Prefix]) -> st.SearchStrategy[Prefix]:
        pairs = st.builds(
            lambda name, a, b: ((name, None), *a, *b),
            st.sampled_from(["add", "sub", "mul", "div"]), inside, inside,
        )  # fmt: skip
        options = [pairs]
        if roots:
            options.append(
                st.builds(lambda name, a: ((name, None), *a), st.sampled_from(["sqrt", "log"]), inside)
            )
        if functions:
            options.append(
                st.builds(
                    lambda name, c, a: ((name, c), *a),
                    st.sampled_from(list(functions)),
                    st.sampled_from(CONSTANTS),
                    inside,
                )  # fmt: skip
            )
        return st.one_of(options)

    return st.recursive(st.integers(0, leaves).map(lambda k: (k,)), grown, max_leaves=max(1, nodes // 2 + 1))


def op(name: str, *arguments: Prefix, constant: float | None = None) -> Prefix:
    """A tree from its operator and its arguments."""
    tree: Prefix = ((name, constant),)
    for argument in arguments:
        tree += argument
    return tree


def subtrees(prefix: Prefix, arity: dict[str, int]) -> list[Prefix]:
    """Every subtree of a tree, itself among them."""
    found: list[Prefix] = []
    stack: list[Prefix] = []
    for token in reversed(prefix):
        own: Prefix = (token,)
        if not isinstance(token, int):
            for _ in range(arity[token[0]]):
                own += stack.pop()
        stack.append(own)
        found.append(own)
    return found


A, B, C = (1,), (2,), (3,)
