"""A law away from the search that found it: its columns, its coefficients, its predictions."""

from __future__ import annotations

import numpy as np

from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.front import Model
from symeq.search.genetic.problem import Images, Problem
from symeq.search.genetic.solving import least_squares


def tree_values(prefix: Prefix, leaves: np.ndarray, problem: Problem) -> np.ndarray:
    """The values of a tree on leaves (leaf, row)."""
    operators = {operator.name: operator for operator in problem.operators}
    stack: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for token in reversed(prefix):
            if isinstance(token, int):
                stack.append(leaves[token])
                continue
            name, constant = token
            first = stack.pop()
            if operators[name].arity == 2:
                stack.append(operators[name].values(first, stack.pop()))
            else:
                stack.append(operators[name].values(first if constant is None else constant * first))
    return stack[0]


def columns_of(model: Model, problem: Problem) -> np.ndarray:
    """T_k E_{j_k} with components stacked (row, term)."""
    return np.stack(
        [problem.column(j, p, tree_values(p, problem.leaves, problem)) for j, p in model.terms],
        axis=1,
    )


def coefficients(model: Model, problem: Problem) -> np.ndarray:
    """The beta of a law on the rows of the search (term,), those of a soft symmetry among them."""
    columns, target = columns_of(model, problem), problem.target.ravel()
    if problem.images is not None:
        penalty = _penalty(model, problem, problem.images)
        columns = np.vstack([columns, penalty])
        target = np.concatenate([target, np.zeros(len(penalty))])
    norms = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    solution, _ = least_squares(columns / norms, target)
    return solution / norms


def _penalty(model: Model, problem: Problem, images: Images) -> np.ndarray:
    """sqrt(weight) (J_g F(z) - F(g z)) of each term (row, term)."""
    count = images.leaves.shape[1]
    rows = []
    for j, prefix in model.terms:
        here = problem.frame[j][:, :count] * tree_values(prefix, problem.leaves[:, :count], problem)
        there = images.frame[j] * tree_values(prefix, images.leaves, problem)
        rows.append((np.einsum("abn,bn->an", images.jacobian, here) - there).ravel())
    return np.sqrt(images.weight) * np.stack(rows, axis=1)


def predicted(model: Model, problem: Problem) -> np.ndarray:
    """sum_k beta_k T_k E_{j_k}, components stacked (row,)."""
    return columns_of(model, problem) @ coefficients(model, problem)
