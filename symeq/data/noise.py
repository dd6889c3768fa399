"""How much of a field is noise?  Estimated from the data alone, before any law is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod

import numpy as np

from symeq.data.derivatives import is_uniform
from symeq.data.slabs import Array, middle, sum_of_squares

ENOUGH_POINTS = 400_000  # to tell which differences see the noise alone
MOST_POINTS = 2_000_000  # for these: an error of 0.2 % already moves the coefficient of u beside u^3
FEWEST_POINTS = 24  # along an axis


def noise_deviation(parts: Sequence[Array], axes: Sequence[Sequence[np.ndarray]] | None = None) -> float:
    r"""Standard deviation of the white noise on a field, from mixed differences.

    For every combination of difference orders :math:`k_a` along the axes, not all zero, with each difference
    scaled to weights of unit norm (:math:`\Delta^k / \binom{2k}{k}^{1/2}` on an even axis),

    .. math:: s_k^2 = \langle (\Delta_1^{k_1} \cdots \Delta_p^{k_p} u)^2 \rangle

    has expectation :math:`s^2` plus what the differences leave of the signal, and a relative error
    :math:`e_k = (2 c_k / n)^{1/2}` from n differences, :math:`c_k = \prod_a \binom{4k_a}{2k_a} /
    \binom{2k_a}{k_a}^2` for their correlation. Of those with :math:`s_k^2 \le \min_j s_j^2 (1 + 2 e_j)` the
    one of the least error is taken: the smallest itself would be one of high order, small by chance.
    A mixed difference removes whatever is smooth along any one axis. Of large fields a part is looked at, for
    the value itself a larger one; differences that touch missing values do not count.

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
    means = [_mean(looked_at, one) for one in product(orders, repeat=dimensions) if any(one)]
    bound = min(mean.square * (1 + 2 * mean.error) for mean in means)
    if not np.isfinite(bound):  # a handful of points per axis: nothing can be told apart from the signal
        return 0.0
    surest = min((mean for mean in means if mean.square <= bound), key=lambda mean: mean.error)
    if sum(map(np.size, parts)) > ENOUGH_POINTS:
        more = _mean(cores(parts, axes, MOST_POINTS), surest.orders)
        if more.square <= bound:  # else the rest of the field is rougher
            surest = more
    return float(np.sqrt(surest.square))


@dataclass(frozen=True)
class _Mean:
    """The mean ``square`` of differences of some ``orders``, with the relative ``error`` it has for white
    noise."""

    orders: tuple[int, ...]
    square: float
    error: float


def _mean(looked_at: Sequence[Core], orders: tuple[int, ...]) -> _Mean:
    energy = rows = 0.0
    for core in looked_at:
        if core.admits(orders):
            square, count = sum_of_squares(core.difference(orders))
            energy, rows = energy + square, rows + count
    if not rows:
        return _Mean(orders, np.inf, np.inf)
    correlation = prod(comb(4 * order, 2 * order) / comb(2 * order, order) ** 2 for order in orders)
    return _Mean(orders, energy / rows, float(np.sqrt(2 * correlation / rows)))


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
