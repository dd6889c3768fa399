"""The path of models: for each number of terms, the support that leaves the least."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from scipy.linalg import qr

from symeq.search.triangle import triangle_of

Support = tuple[int, ...]
COLLINEAR = 1e-9  # share of a column's norm outside the span of others below which it is one of them


class Remainder(Protocol):
    """How much of the left-hand side a support leaves, and how much each further column would take."""

    @abstractmethod
    def __call__(self, support: Sequence[int]) -> tuple[float, np.ndarray]: ...

    @abstractmethod
    def losses(self, support: Sequence[int]) -> np.ndarray:
        """How much more is left when each column of the support is taken out: beta_k^2 / (G^-1)_kk."""
        ...

    @abstractmethod
    def everything(self) -> list[int]:
        """All columns that are not combinations of those before them."""
        ...


class Uncorrected:
    """Residual sum of squares, from the triangular factor: accurate to round-off."""

    def __init__(self, triangle: np.ndarray) -> None:
        self.triangle = triangle / np.maximum(np.linalg.norm(triangle, axis=0), 1e-300)

    def __call__(self, support: Sequence[int]) -> tuple[float, np.ndarray]:
        columns, y = self.triangle[:, :-1], self.triangle[:, -1]
        if len(support):
            q = np.linalg.qr(columns[:, list(support)])[0]
            for _ in range(2):  # twice is enough (Kahan, Parlett)
                columns = columns - q @ (q.T @ columns)
                y = y - q @ (q.T @ y)
        norms = np.linalg.norm(columns, axis=0)
        visible = norms > COLLINEAR
        gains = np.where(visible, (columns.T @ y) ** 2 / np.where(visible, norms, 1.0) ** 2, -np.inf)
        gains[list(support)] = -np.inf
        return float(y @ y), gains

    def losses(self, support: Sequence[int]) -> np.ndarray:
        """See :class:`Remainder`."""
        chosen = list(support)
        reduced = triangle_of(self.triangle[:, [*chosen, -1]])
        inverse = np.linalg.inv(reduced[:-1, :-1])
        return (inverse @ reduced[:-1, -1]) ** 2 / np.sum(inverse**2, axis=1)

    def everything(self) -> list[int]:
        """See :class:`Remainder`."""
        _, reduced, order = qr(self.triangle[:, :-1], mode="economic", pivoting=True)
        return sorted(int(j) for j in order[np.abs(np.diag(reduced)) > COLLINEAR])


class Corrected:
    """The same on the Gram matrix without its noise; a column that the noise hides does not enter."""

    def __init__(self, triangle: np.ndarray, noise: np.ndarray, independent: float) -> None:
        square = triangle.T @ triangle
        scale = np.sqrt(np.maximum(np.diag(square), 1e-300))
        self.gram = (square - noise) / np.outer(scale, scale)
        shares = np.maximum(np.diag(noise), 0.0) / scale**2  # estimates, which can be negative
        self.hidden = (shares * 4 / np.sqrt(independent) + COLLINEAR)[:-1]

    def __call__(self, support: Sequence[int]) -> tuple[float, np.ndarray]:
        chosen = list(support)
        schur = self.gram
        if chosen:
            mixed = self.gram[chosen]
            try:
                schur = schur - mixed.T @ np.linalg.solve(self.gram[np.ix_(chosen, chosen)], mixed)
            except np.linalg.LinAlgError:
                return np.inf, np.full(self.gram.shape[0] - 1, -np.inf)
        left = np.diag(schur)[:-1]
        visible = left > self.hidden
        gains = np.where(visible, schur[:-1, -1] ** 2 / np.where(visible, left, 1.0), -np.inf)
        gains[chosen] = -np.inf
        return float(schur[-1, -1]), gains

    def losses(self, support: Sequence[int]) -> np.ndarray:
        """See :class:`Remainder`."""
        chosen = list(support)
        inverse = np.linalg.inv(self.gram[np.ix_(chosen, chosen)])
        spread = np.diag(inverse)
        visible = spread > 0
        solved = inverse @ self.gram[chosen, -1]
        return np.where(visible, solved**2 / np.where(visible, spread, 1.0), -1.0)

    def everything(self) -> list[int]:
        """Columns in the order of what the noise hides least, as long as all remain visible together."""
        chosen: list[int] = []
        schur = self.gram[:-1, :-1].copy()
        while True:
            left = np.diag(schur) - self.hidden
            left[chosen] = -np.inf
            enters = int(np.argmax(left)) if left.size else -1
            if enters < 0 or left[enters] <= 0:
                return sorted(chosen)
            chosen.append(enters)
            schur = schur - np.outer(schur[:, enters], schur[enters]) / schur[enters, enters]


def path(remainder: Remainder, longest: int, enough: Callable[[int, float], bool]) -> list[Support]:
    """Forward steps, then backward steps, each followed by exchanges while these lower the remainder; and
    backward steps from all columns.

    ``enough(size, left)`` may end the forward steps early. Returns one support for each size, shortest first.
    """
    best: dict[int, tuple[float, Support]] = {}

    def offer(support: list[int]) -> list[int]:
        left = remainder(support)[0]
        support, left = _exchange(remainder, support, left)
        if len(support) not in best or left < best[len(support)][0]:
            best[len(support)] = (left, tuple(support))
        return list(best[len(support)][1])

    current: list[int] = []
    for size in range(1, longest + 1):
        gains = remainder(current)[1]
        enters = int(np.argmax(gains))
        if not np.isfinite(gains[enters]):
            break
        current = offer(sorted([*current, enters]))
        if enough(size, best[size][0]):
            break
    while len(current) > 1:
        del current[int(np.argmin(remainder.losses(current)))]
        current = offer(current)
    current = remainder.everything()
    while len(current) > 1:
        if len(current) <= longest:
            left = remainder(current)[0]
            if left < best.get(len(current), (np.inf, ()))[0]:
                best[len(current)] = (left, tuple(current))
        del current[int(np.argmin(remainder.losses(current)))]
    return [best[size][1] for size in sorted(best)]


def _exchange(remainder: Remainder, support: list[int], left: float) -> tuple[list[int], float]:
    improved = True
    while improved:
        improved = False
        for out in list(support):
            rest = [j for j in support if j != out]
            before, gains = remainder(rest)
            enters = int(np.argmax(gains))
            if enters != out and before - gains[enters] < left - 1e-9 * abs(left) - 1e-15:
                support, left, improved = sorted([*rest, enters]), before - gains[enters], True
                break
    return support, left
