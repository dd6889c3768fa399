"""Values between the points of a grid: trigonometric or spline interpolation, and what part is covered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import NdBSpline, make_interp_spline

_DEGREE = 7
_LARGEST = 2**23  # entries of a matrix of trigonometric interpolation
_SLACK = 1e-9  # of an axis, by which a point may lie outside


def period(axis: np.ndarray) -> float:
    """The length of a periodic axis, whose last point is followed by the first."""
    return float((axis[-1] - axis[0]) * axis.size / (axis.size - 1))


def within(axis: np.ndarray, points: np.ndarray, periodic: bool) -> np.ndarray:
    """Which points the axis covers."""
    slack = _SLACK * (axis[-1] - axis[0])
    covered = np.isfinite(points)
    if periodic:
        return covered
    return covered & (points >= axis[0] - slack) & (points <= axis[-1] + slack)


def interpolated(
    values: np.ndarray, axes: Sequence[np.ndarray], periodic: Sequence[bool], points: Sequence[np.ndarray]
) -> np.ndarray:
    """The values, over the axes, at scattered points; points outside have the value at the edge.

    One periodic evenly spaced axis is interpolated by its trigonometric polynomial, everything else by
    splines of degree 7 (less on short axes), periodic axes continued beyond their ends.

    >>> x = np.arange(16) / 16
    >>> wave = np.sin(2 * np.pi * x)
    >>> interpolated(wave, [x], [True], [np.array([0.03125, 1.25])]).round(12)
    array([0.19509032, 1.        ])
    """
    if len(axes) == 1 and periodic[0] and values.size * points[0].size <= _LARGEST and _even(axes[0]):
        return _trigonometric(values, axes[0], points[0])
    knots, degrees = [], []
    inside = []
    for k, (axis, closed, at) in enumerate(zip(axes, periodic, points, strict=True)):
        if closed:
            length, pad = period(axis), min(axis.size, 2 * _DEGREE)
            at = axis[0] + np.mod(at - axis[0], length)
            wrapped = np.concatenate([axis[-pad:] - length, axis, axis[:pad] + length])
            values = np.take(values, np.arange(-pad, axis.size + pad), axis=k, mode="wrap")
            axis = wrapped
        else:
            at = np.clip(at, axis[0], axis[-1])
        degree = min(_DEGREE, axis.size - 1)
        degree -= 1 - degree % 2
        spline = make_interp_spline(axis, values, k=degree, axis=k)
        values = np.moveaxis(spline.c, 0, k)
        knots.append(spline.t)
        degrees.append(degree)
        inside.append(at)
    return np.asarray(NdBSpline(tuple(knots), values, tuple(degrees))(np.stack(inside, axis=-1)))


def _trigonometric(values: np.ndarray, axis: np.ndarray, points: np.ndarray) -> np.ndarray:
    n = axis.size
    amplitudes = np.fft.rfft(values) / n
    amplitudes[1:] *= 2
    if n % 2 == 0:
        amplitudes[-1] /= 2
    angle = 2 * np.pi * (points.ravel() - axis[0]) / period(axis)
    waves = np.exp(1j * np.outer(angle, np.arange(amplitudes.size)))
    return (waves @ amplitudes).real.reshape(points.shape)


def _even(axis: np.ndarray) -> bool:
    line = np.linspace(axis[0], axis[-1], axis.size)
    return bool(np.abs(axis - line).max() <= 1e-6 * (axis[-1] - axis[0]) / (axis.size - 1))


def covered_box(covered: np.ndarray) -> tuple[slice, ...] | None:
    """A large box of indices in which every point is covered: faces with most gaps are cut off first.

    >>> covered_box(np.array([[False, True, True], [True, True, True]]))
    (slice(0, 2, None), slice(1, 3, None))
    """
    low, high = [0] * covered.ndim, list(covered.shape)
    gaps = ~covered
    while all(a < b for a, b in zip(low, high, strict=True)):
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        inside = gaps[box]
        worst = (-1.0, 0, 0)
        for k in range(covered.ndim):
            for side in (0, -1):
                share = float(np.take(inside, side, axis=k).mean())
                worst = max(worst, (share, k, side), key=lambda found: found[0])
        _, k, side = worst
        if worst[0] == 0:
            if not inside.any():
                return box
            # The gap is inside: the larger part beside it is kept.
            bad = np.flatnonzero(inside.any(axis=tuple(j for j in range(covered.ndim) if j != 0)))
            if bad[0] >= inside.shape[0] - 1 - bad[-1]:
                high[0] = low[0] + int(bad[0])
            else:
                low[0] += int(bad[-1]) + 1
        elif side == 0:
            low[k] += 1
        else:
            high[k] -= 1
    return None
