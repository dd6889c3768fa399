"""How much of a field is noise?  Estimated from the data alone, before any law is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb

import numpy as np

ENOUGH_POINTS = 400_000  # the estimate's relative error is then below 0.5 %; more points cost time only


def noise_deviation(parts: Sequence[np.ndarray]) -> float:
    r"""Standard deviation of the white noise on a field, from mixed differences.

    For every combination of even difference orders :math:`k_a` along the axes, not all zero,

    .. math:: s_k^2 = \frac{\langle (\Delta_1^{k_1} \cdots \Delta_p^{k_p} u)^2 \rangle}
              {\prod_a \binom{2 k_a}{k_a}}

    has expectation :math:`s^2` plus what the differences leave of the signal; the smallest is taken.
    A mixed difference removes whatever is smooth along any one axis.

    Arguments: ``parts``, arrays of one variable (one per trajectory or run), in the variable's units.
    Returns the standard deviation in the same units. Clean data give the level of their round-off.

    >>> rng = np.random.default_rng(0)
    >>> wave = np.sin(np.linspace(0, 20, 2001))
    >>> round(noise_deviation([wave + 0.1 * rng.standard_normal(2001)]), 2)
    0.1
    """
    axes = parts[0].ndim
    orders = (0, 2, 4, 6, 8) if axes < 3 else (0, 3, 6)
    smallest = np.inf
    share = max(1, ENOUGH_POINTS // max(1, len(parts)))
    cores = [_core(part, share) for part in parts]
    for combination in product(orders, repeat=axes):
        if not any(combination):
            continue
        gain = float(np.prod([comb(2 * order, order) for order in combination]))
        energy = rows = 0.0
        for core in cores:
            if any(size <= 2 * order for size, order in zip(core.shape, combination, strict=True)):
                continue
            difference = core
            for axis, order in enumerate(combination):
                difference = np.diff(difference, n=order, axis=axis) if order else difference
            energy += float(np.sum(difference * difference))
            rows += difference.size
        if rows:
            smallest = min(smallest, energy / rows / gain)
    if not np.isfinite(smallest):  # a handful of points per axis: nothing can be told apart from the signal
        return 0.0
    return float(np.sqrt(smallest))


def _core(part: np.ndarray, points: int) -> np.ndarray:
    """The middle of a field, at most about ``points`` large, contiguous along every axis."""
    shrink = min(1.0, (points / part.size) ** (1 / part.ndim))
    window = []
    for size in part.shape:
        keep = min(size, max(24, int(size * shrink)))
        start = (size - keep) // 2
        window.append(slice(start, start + keep))
    return np.asarray(part[tuple(window)], dtype=float)
