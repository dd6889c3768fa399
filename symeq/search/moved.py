"""How scores answer to noise, and their covariances: as products of two small factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

Spread = Sequence[tuple[np.ndarray, np.ndarray]]
SMALL = 4  # times that products take longer, rung by rung


@dataclass(frozen=True, eq=False)
class Moved:
    r"""By how much the noise of each function f at each sample i moves the scores of some columns c,

    .. math:: m_{cif} = \sum_d h_{cid}\, w_{df}

    Arguments: ``fields`` h (column, sample, d) of the columns, with d the derivatives that fall on the test
    functions of each left-hand side; ``weights`` w (d, function) of the residual.
    """

    fields: np.ndarray
    weights: np.ndarray

    def of(self, matrix: np.ndarray) -> Moved:
        """Combinations (column, column) of the columns."""
        return replace(self, fields=np.tensordot(matrix, self.fields, axes=1))

    @property
    def count(self) -> int:
        """How many columns."""
        return len(self.fields)


def joint(moved: Sequence[Moved], spread: Spread) -> np.ndarray:
    """The covariance of all scores of several rungs, which see the same noise, one rung after the other
    (column, column).

    Arguments: ``spread``, for each group of functions that share noise, their places among the functions, and
    their covariance (sample, function, function).
    """
    columns = sum(one.count for one in moved)
    if not _folds(moved, columns):
        plain = np.concatenate([one.fields @ one.weights for one in moved])
        return _along(_through(plain, spread), plain)
    middle, pieces = _between(moved, spread)
    noisy = [_by_sample(one.fields, middle[:, piece]) for one, piece in zip(moved, pieces, strict=True)]
    others = [(piece, one.fields) for one, piece in zip(moved, pieces, strict=True)]
    return np.vstack([np.hstack([_along(one[:, :, own], other) for own, other in others]) for one in noisy])


def each(moved: Sequence[Moved], spread: Spread) -> np.ndarray:
    """The covariance of the scores of each column between the rungs (column, rung, rung)."""
    count, rungs = moved[0].count, len(moved)
    if not _folds(moved, rungs):
        plain = np.stack([one.fields @ one.weights for one in moved], axis=1)
        noisy = _through(plain.reshape(count * rungs, *plain.shape[2:]), spread)
        by_rung = plain.reshape(count, rungs, -1)
        return np.asarray(noisy.reshape(by_rung.shape) @ by_rung.transpose(0, 2, 1))
    middle, pieces = _between(moved, spread)
    found = np.empty((count, rungs, rungs))
    for r, (one, piece) in enumerate(zip(moved, pieces, strict=True)):
        noisy = _by_sample(one.fields, middle[:, piece])
        for s, (other, own) in enumerate(zip(moved, pieces, strict=True)):
            found[:, r, s] = np.einsum("cif,cif->c", noisy[:, :, own], other.fields)
    return found


def _folds(moved: Sequence[Moved], partners: int) -> bool:
    """Whether fewer products are needed where the covariance is folded with the weights of all rungs first,
    than where the columns are; each of them is multiplied with so many ``partners``."""
    functions, columns = moved[0].weights.shape[1], sum(one.count for one in moved)
    weights = sum(len(one.weights) for one in moved)
    own = weights / len(moved)
    by_weights = weights * functions * (weights + functions) + columns * own * (weights + partners)
    return by_weights * SMALL ** (len(moved) > 1) < columns * functions * (own + functions + partners)


def _between(moved: Sequence[Moved], spread: Spread) -> tuple[np.ndarray, list[slice]]:
    """The covariance of what residuals weigh the functions with (sample, d, d), and the d of each rung."""
    weights = np.concatenate([one.weights for one in moved])
    total = np.zeros((moved[0].fields.shape[1], len(weights), len(weights)))
    for functions, covariance in spread:
        own = weights[:, functions]
        total += own @ covariance @ own.T
    ends = np.cumsum([0, *(len(one.weights) for one in moved)])
    return total, [slice(first, last) for first, last in zip(ends[:-1], ends[1:], strict=True)]


def _along(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Products of columns, summed over samples and functions (column, column)."""
    size = int(np.prod(first.shape[1:]))
    return first.reshape(len(first), size) @ second.reshape(len(second), size).T


def _by_sample(fields: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Products (column, sample, d) with a matrix (d, d) at each sample."""
    return np.ascontiguousarray(np.matmul(fields.transpose(1, 0, 2), middle).transpose(1, 0, 2))


def _through(moved: np.ndarray, spread: Spread) -> np.ndarray:
    """Products (column, sample, function) with the covariance of the functions."""
    result = np.zeros_like(moved)
    for functions, covariance in spread:
        result[:, :, functions] = _by_sample(moved[:, :, functions], covariance)
    return result
