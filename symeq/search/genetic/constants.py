"""Constants inside functions, by variable projection: the coefficients in front are eliminated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from symeq.search.genetic.forest import NOWHERE, Forest, Prefix
from symeq.search.genetic.individual import Terms
from symeq.search.genetic.solving import TermColumns

STEPS = 8
DAMPINGS = 7  # tries of a step, each with ten times the damping
DIFFERENCE = 1e-6  # relative, of the numeric Jacobian
ENOUGH = 1e-10  # relative gain of a step below which there is no further one
DEPENDENT = 1e-7  # a diagonal entry of the triangle of unit columns
LARGEST_FACTOR = 8.0  # by which one step may change a constant


def refined(terms: Terms, columns: TermColumns, enough: float = ENOUGH) -> Terms:
    r"""The individual with its inner constants c at a least-squares optimum.

    .. math:: \min_c \min_\beta \| y - \Phi(c) \beta \|^2

    by Levenberg and Marquardt's steps in :math:`\ln |c|`, until a step gains less than ``enough`` of what is
    left. The individual itself where it has no constants.
    Source: G. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413; L. Kaufman, BIT 15 (1975) 49.
    """
    forest = columns.forest
    prefixes = [forest.prefix[tree] for _, tree in terms]
    start = np.array([c for prefix in prefixes for c in constants(prefix)])
    if not start.size:
        return terms
    signs = np.sign(start)
    best = _optimum(terms, prefixes, columns, forest, np.log(np.abs(start)), signs, enough)
    numbers = _numbers(prefixes, signs * np.exp(best), forest)
    if NOWHERE in numbers:
        return terms
    return tuple(sorted({(j, n) for (j, _), n in zip(terms, numbers, strict=True)}))


def constants(prefix: Prefix) -> list[float]:
    """The inner constants of a tree in prefix order."""
    return [token[1] for token in prefix if not isinstance(token, int) and token[1] is not None]


def with_constants(prefix: Prefix, values: Iterable[float]) -> Prefix:
    """A tree with other inner constants."""
    waiting = iter(values)
    return tuple(
        token if isinstance(token, int) or token[1] is None else (token[0], float(next(waiting)))
        for token in prefix
    )


def _numbers(prefixes: Sequence[Prefix], values: np.ndarray, forest: Forest) -> list[int]:
    numbers, used = [], 0
    for prefix in prefixes:
        count = len(constants(prefix))
        numbers.append(forest.number(with_constants(prefix, values[used : used + count])))
        used += count
    return numbers


def _optimum(
    terms: Terms,
    prefixes: Sequence[Prefix],
    columns: TermColumns,
    forest: Forest,
    logarithms: np.ndarray,
    signs: np.ndarray,
    enough: float,
) -> np.ndarray:
    """Steps in ln |c| with Kaufman's Jacobian: the derivatives of the columns, projected off their span."""
    vectors = [j for j, _ in terms]
    counts = [len(constants(prefix)) for prefix in prefixes]
    owner = [k for k, count in enumerate(counts) for _ in range(count)]
    first = np.concatenate([[0], np.cumsum(counts)])
    target = columns.target

    def column(k: int, at: np.ndarray) -> np.ndarray:
        values = forest.evaluated(with_constants(prefixes[k], (signs * np.exp(at))[first[k] : first[k + 1]]))
        return columns.product(vectors[k], values)

    matrix = np.stack([columns.column(term) for term in terms], axis=1)
    factored = _factored(matrix, target)
    damping, limit = 1e-3, np.log(LARGEST_FACTOR)
    owners = sorted(set(owner))
    for _ in range(STEPS):
        if factored is None:
            break
        q, beta, here, left = factored
        slopes = np.empty((len(target), len(owner)))
        for i, k in enumerate(owner):
            moved = logarithms.copy()
            moved[i] += DIFFERENCE
            slopes[:, i] = (matrix[:, k] - column(k, moved)) * (beta[k] / DIFFERENCE)
        jacobian = slopes - q @ (q.T @ slopes)
        normal, descent = jacobian.T @ jacobian, jacobian.T @ here
        if not np.isfinite(normal).all():
            break
        scale = np.diag(np.maximum(normal.diagonal(), 1e-300))
        gain = 0.0
        for _ in range(DAMPINGS):
            try:
                step = np.clip(-np.linalg.solve(normal + damping * scale, descent), -limit, limit)
            except np.linalg.LinAlgError:  # two constants that do the same
                damping *= 10
                continue
            trial = matrix.copy()
            for k in owners:
                trial[:, k] = column(k, logarithms + step)
            there = _factored(trial, target)
            if there is not None and there[-1] < left:
                gain = 1 - there[-1] / left
                logarithms, matrix, factored, damping = logarithms + step, trial, there, damping / 10
                break
            damping *= 10
        if gain < enough:
            break
    return logarithms


def _factored(
    matrix: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float] | None:
    """An orthonormal basis of the columns, coefficients, residual and its square; None where the columns
    depend on each other. By the Cholesky factor of the Gram matrix of unit columns, much faster than
    Householder's for so few; the residual is projected twice, so that it does not suffer."""
    norms = np.sqrt(np.einsum("nk,nk->k", matrix, matrix))
    if not np.isfinite(norms).all() or not norms.all():
        return None
    units = matrix / norms
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(units.T @ units)).T
    except np.linalg.LinAlgError:
        return None
    if inverse.diagonal().max() > 1 / DEPENDENT:
        return None
    q = units @ inverse
    first = target @ q
    here = target - q @ first
    second = here @ q
    here -= q @ second
    return q, inverse @ (first + second) / norms, here, float(here @ here)
