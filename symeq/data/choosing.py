"""Which smoothing an axis deserves: the window with the smallest estimated error, from the data alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symeq.data.derivatives import AxisOperators, FiniteDifferences, Rule, SmoothedDifferences
from symeq.data.slabs import Array, middle, sum_of_squares

HALF_WINDOWS = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128)
ENOUGH_POINTS = 150_000
FEWEST_POINTS = 48  # along an axis
FEWEST_LEFT = 2 / 3  # of the rows: a window that leaves no more, where values are missing, is too long
SWEEPS = 3


def choose_rules(
    fields: Sequence[Sequence[Array]],
    deviations: Sequence[float],
    axes: Sequence[np.ndarray],
    orders: Sequence[int],
) -> tuple[Rule, ...]:
    r"""One rule per axis that minimises the estimated squared error of the derivatives along it.

    For a window m and derivative order d, with kernels k and noise of variance s^2,

    .. math:: \text{error}_d(m) = \max_{m' < m} \left[ \langle (k_m - k_{m'}) * u \rangle^2
              - s^2 \|k_m - k_{m'}\|^2 \right]_+ + s^2 \|k_m\|^2

    (squared bias against every shorter window, plus variance), summed over d relative to the power of the
    derivative. With several axes the others are smoothed by their current windows, and the choice is swept
    until it stays. Rows that touch missing values do not count, nor windows
    that leave few rows.

    Arguments: ``fields[variable][part]``, arrays; ``deviations[variable]``, noise; ``axes``, coordinates of
    the shortest part; ``orders``, highest derivative needed along each axis.
    Source: A. Goldenshluger, O. Lepski, Ann. Statist. 39 (2011) 1608, for the maximum over shorter windows.
    """
    candidates = [
        _candidates(axis, order) for axis, order in zip(axes, orders, strict=True)
    ]
    current = [0] * len(axes)
    cores = [_cores(parts) for parts in fields]
    for _ in range(SWEEPS if len(axes) > 1 else 1):
        before = list(current)
        for axis in range(len(axes)):
            others = [
                candidates[other][current[other]][1] if other != axis else None for other in range(len(axes))
            ]
            total = np.zeros(len(candidates[axis]))
            for parts, deviation in zip(cores, deviations, strict=True):
                total += _relative_errors(parts, deviation, axis, candidates[axis], others, orders[axis])
            current[axis] = int(np.argmin(total))
        if current == before:
            break
    return tuple(candidates[axis][choice][0] for axis, choice in enumerate(current))


def _candidates(axis: np.ndarray, orders: int) -> list[tuple[Rule, AxisOperators]]:
    size = axis.size
    accuracy = 8
    while accuracy > 2 and 2 * (accuracy // 2 + max(0, (orders - 1) // 2)) > size // 2:
        accuracy -= 2
    rules: list[Rule] = [FiniteDifferences(accuracy)]
    halo = accuracy // 2 + max(0, (orders - 1) // 2)
    rules += [
        SmoothedDifferences(2 * half + 1, accuracy) for half in HALF_WINDOWS if 2 * (half + halo) <= size // 2
    ]
    even = np.linspace(axis[0], axis[-1], size)  # an uneven axis is judged by its mean spacing
    return [(rule, rule.on(even, orders, False)) for rule in rules]


def _cores(parts: Sequence[Array]) -> list[np.ndarray]:
    """Enough of the data to choose by: whole short trajectories, the middle of large fields."""
    share = max(1, ENOUGH_POINTS // len(parts))
    return [middle(part, share, FEWEST_POINTS)[1] for part in parts]


def _relative_errors(
    parts: Sequence[np.ndarray],
    deviation: float,
    axis: int,
    candidates: Sequence[tuple[Rule, AxisOperators]],
    others: Sequence[AxisOperators | None],
    orders: int,
) -> np.ndarray:
    variance = deviation**2
    smoothed = []
    for part in parts:
        values = part
        for other, operators in enumerate(others):
            if operators is not None and values.shape[other] > 2 * operators.halo:
                values = operators.apply(values, other, 0, operators.halo)
        smoothed.append(np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1))
    for operators in others:
        if operators is not None:
            variance *= operators.noise_gram()[0, 0]
    total = np.zeros(len(candidates))
    for order in range(orders + 1):
        derived = [[_apply(values, operators, order) for values in smoothed] for _, operators in candidates]
        kernels = [operators.kernels[order] for _, operators in candidates]
        error = np.full(len(candidates), np.inf)
        power = np.full(len(candidates), np.nan)
        for m, kernel in enumerate(kernels):
            squares = [sum_of_squares(piece) for piece in derived[m]]
            rows = sum(count for _, count in squares)
            if rows <= FEWEST_LEFT * sum(piece.size for piece in derived[m]):
                continue
            bias = 0.0
            for shorter in range(m):
                square, count = 0.0, 0
                trim = (kernel.size - kernels[shorter].size) // 2
                for a, b in zip(derived[m], derived[shorter], strict=True):
                    if a.shape[0]:
                        more, good = sum_of_squares(a - b[trim : b.shape[0] - trim])
                        square += more
                        count += good
                wide = np.pad(kernels[shorter], trim)
                spread = variance * float(np.sum((kernel - wide) ** 2))
                independent = max(1.0, count / kernel.size)
                bias = max(bias, square / max(1, count) - spread * (1 + 2 * np.sqrt(2 / independent)))
            noise = variance * float(kernel @ kernel)
            error[m] = bias + noise
            power[m] = sum(square for square, _ in squares) / rows - noise
        best = power[int(np.argmin(error))]
        if np.isfinite(best) and best > 0:
            total += np.minimum(error / best, 1e6)
        else:
            total += np.where(np.isfinite(error), 0.0, np.inf)
    return total


def _apply(values: np.ndarray, operators: AxisOperators, order: int) -> np.ndarray:
    if values.shape[0] <= 2 * operators.halo:
        return np.empty((0, values.shape[1]))
    return operators.apply(values, 0, order, operators.halo)
