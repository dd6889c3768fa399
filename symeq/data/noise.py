"""How much of a field is noise?  Estimated from the data alone, before any law is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb

import numpy as np

from symeq.data.derivatives import is_uniform
from symeq.data.slabs import Array, middle, sum_of_squares

ENOUGH_POINTS = 400_000  # the estimate's relative error is then below 0.5 %; more points cost time only
FEWEST_POINTS = 24  # along an axis


def noise_deviation(parts: Sequence[Array], axes: Sequence[Sequence[np.ndarray]] | None = None) -> float:
    r"""Standard deviation of the white noise on a field, from mixed differences.

    For every combination of difference orders :math:`k_a` along the axes, not all zero, with each difference
    scaled to weights of unit norm (:math:`\Delta^k / \binom{2k}{k}^{1/2}` on an even axis),

    .. math:: s_k^2 = \langle (\Delta_1^{k_1} \cdots \Delta_p^{k_p} u)^2 \rangle

    has expectation :math:`s^2` plus what the differences leave of the signal; the smallest is taken.
    A mixed difference removes whatever is smooth along any one axis. Of large fields a part is looked at;
    differences that touch missing values do not count.

    Arguments: ``parts``, arrays of one variable (one per trajectory or run), in the variable's units;
    ``axes``, the coordinates of each part, needed where they are uneven: their jitter would count as noise.
    Returns the standard deviation in the same units. Clean data give the level of their round-off.

    >>> rng = np.random.default_rng(0)
    >>> wave = np.sin(np.linspace(0, 20, 2001))
    >>> round(noise_deviation([wave + 0.1 * rng.standard_normal(2001)]), 2)
    0.1
    """
    dimensions = parts[0].ndim
    orders = (0, 2, 4, 6, 8) if dimensions < 3 else (0, 3, 6)
    looked_at = cores(parts, axes, ENOUGH_POINTS)
    smallest = np.inf
    for combination in product(orders, repeat=dimensions):
        if not any(combination):
            continue
        energy = rows = 0.0
        for core in looked_at:
            if not core.admits(combination):
                continue
            square, count = sum_of_squares(core.difference(combination))
            energy += square
            rows += count
        if rows:
            smallest = min(smallest, energy / rows)
    if not np.isfinite(smallest):  # a handful of points per axis: nothing can be told apart from the signal
        return 0.0
    return float(np.sqrt(smallest))


@dataclass(frozen=True)
class Core:
    """Enough of a field to estimate from: its ``values``, and the coordinates of the axes that are uneven."""

    values: np.ndarray
    uneven: tuple[np.ndarray | None, ...]

    def admits(self, orders: Sequence[int]) -> bool:
        """Whether there are twice as many points as the differences need."""
        return all(size > 2 * order for size, order in zip(self.values.shape, orders, strict=True))

    def difference(self, orders: Sequence[int]) -> np.ndarray:
        """The mixed difference of these orders along the axes, with weights of unit norm."""
        left = self.values
        for axis, (order, x) in enumerate(zip(orders, self.uneven, strict=True)):
            left = _difference(left, axis, order, x) if order else left
        return left


def cores(parts: Sequence[Array], axes: Sequence[Sequence[np.ndarray]] | None, points: int) -> list[Core]:
    """Of each part the middle, about ``points`` together; arguments as for :func:`noise_deviation`."""
    found = []
    for part, coordinates in zip(parts, axes or [[]] * len(parts), strict=True):
        window, core = middle(part, max(1, points // max(1, len(parts))), FEWEST_POINTS)
        uneven = [x[cut] if not is_uniform(x) else None for x, cut in zip(coordinates, window, strict=False)]
        found.append(Core(core, tuple(uneven or [None] * core.ndim)))
    return found


def _difference(values: np.ndarray, axis: int, order: int, x: np.ndarray | None) -> np.ndarray:
    """The difference that annihilates polynomials of degree below ``order``, with weights of unit norm."""
    if x is None:
        return np.diff(values, n=order, axis=axis) / np.sqrt(comb(2 * order, order))
    points = np.lib.stride_tricks.sliding_window_view(x, order + 1)
    apart = (points[:, :, None] - points[:, None, :]) / np.ptp(points, axis=1)[:, None, None]
    weights = 1 / np.prod(apart + np.eye(order + 1), axis=2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    moved = np.moveaxis(values, axis, -1)
    rows = moved.shape[-1] - order
    total = sum(weights[:, j] * moved[..., j : j + rows] for j in range(order + 1))
    return np.moveaxis(np.asarray(total), -1, axis)
