"""Rules that differentiate samples along one axis: finite differences, smoothed differences, spectral."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import factorial
from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.ndimage import correlate1d

from symeq.errors import InvalidInput

ROUGHNESS_OF_SPACING = 1e-6  # a relative spread of the spacing below this is the round-off of a stored axis
LADDER = (
    1 / 8,
    1 / 4,
    2**-1.5,
    1 / 2,
    2**-0.5,
    1,
)  # windows tried, as shares of the one chosen from the data


class Rule(Protocol):
    """What an axis needs of a rule: the operators D^0, ..., D^d on that axis, all with one halo."""

    def on(self, axis: np.ndarray, orders: int, periodic: bool) -> AxisOperators: ...

    def coarser(self) -> Rule: ...

    def ladder(self) -> tuple[Rule, ...]: ...


@dataclass(frozen=True)
class AxisOperators:
    """The operators D^0 .. D^d of a rule on one axis, acting on all points that have a full stencil.

    ``kernels[d]`` is the common stencil of a uniform axis, units of the axis to the power -d;
    ``matrices[d]`` the rows for an axis with uneven spacing; ``multipliers[d]`` the Fourier multiplier of a
    spectral rule.  ``halo`` grid points are needed on either side.  A periodic axis wraps, other axes lose
    ``halo`` points at each end.
    """

    size: int
    halo: int
    periodic: bool
    kernels: tuple[np.ndarray, ...] = ()
    matrices: tuple[sparse.csr_array, ...] = ()
    multipliers: tuple[np.ndarray, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Whether the operator needs the entire axis at once (spectral rules)."""
        return bool(self.multipliers)

    @property
    def first(self) -> int:
        return 0 if self.periodic else self.halo

    @property
    def last(self) -> int:
        """One past the last grid point that has a full stencil."""
        return self.size if self.periodic else self.size - self.halo

    def apply(self, values: np.ndarray, axis: int, order: int, start: int) -> np.ndarray:
        """D^order along ``axis`` of the points start, start + 1, ...; ``values`` has the halo on both
        sides."""
        if self.multipliers:
            transformed = np.fft.fft(values, axis=axis)
            shape = [1] * values.ndim
            shape[axis] = -1
            return np.real(np.fft.ifft(transformed * self.multipliers[order].reshape(shape), axis=axis))
        rows = values.shape[axis] - 2 * self.halo
        if self.matrices:
            first = start - self.halo
            block = self.matrices[order][start : start + rows, first : first + values.shape[axis]]
            moved = np.moveaxis(values, axis, 0)
            result = block @ moved.reshape(moved.shape[0], -1)
            return np.moveaxis(result.reshape((rows, *moved.shape[1:])), 0, axis)
        inside = [slice(None)] * values.ndim
        inside[axis] = slice(self.halo, self.halo + rows)
        kernel = _trimmed(self.kernels[order])
        if kernel.size == 1:
            return values[tuple(inside)] if kernel[0] == 1 else kernel[0] * values[tuple(inside)]
        return correlate1d(values, kernel, axis=axis, mode="nearest")[tuple(inside)]

    def stencils(self, points: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Where the stencils of some points lie on the axis (point, place), and the weights of each order."""
        if self.multipliers:
            places = np.broadcast_to(np.arange(self.size), (len(points), self.size))
            distance = (points[:, None] - np.arange(self.size)) % self.size
            return places, [np.real(np.fft.ifft(multiplier))[distance] for multiplier in self.multipliers]
        places = points[:, None] + np.arange(-self.halo, self.halo + 1)
        if self.matrices:
            rows = [matrix[points] for matrix in self.matrices]
            line = np.arange(len(points))[:, None]
            return places, [np.asarray(row[line, places].toarray()) for row in rows]
        weights = [np.broadcast_to(kernel, places.shape) for kernel in self.kernels]
        return places % self.size if self.periodic else places, weights

    def noise_gram(self) -> np.ndarray:
        """Covariance of (D^0 w, ..., D^d w) at one point, for unit white noise w on the axis (mean over
        points)."""
        if self.multipliers:
            stack = np.stack(self.multipliers)
            return np.real(stack @ stack.conj().T) / self.size
        if self.matrices:
            rows = slice(self.first, self.last)
            pieces = [matrix[rows] for matrix in self.matrices]
            count = max(1, self.last - self.first)
            return np.array([[a.multiply(b).sum() / count for b in pieces] for a in pieces])
        stack = np.stack(self.kernels)
        return stack @ stack.T

    @property
    def correlation(self) -> float:
        """Number of neighbouring points whose smoothed values are worth one, 1 without smoothing."""
        return 1 / max(float(self.noise_gram()[0, 0]), 1 / self.size)

    @property
    def support(self) -> int:
        """Number of grid points that one stencil touches (the correlation length of the derived noise)."""
        if self.multipliers:
            return 1
        return 2 * self.halo + 1


@dataclass(frozen=True)
class FiniteDifferences:
    """Central differences of a stated order of accuracy, no smoothing.

    >>> import numpy as np
    >>> axis = np.linspace(0, 1, 50)
    >>> rule = FiniteDifferences(accuracy=8).on(axis, orders=1, periodic=False)
    >>> slope = rule.apply(np.sin(axis), axis=0, order=1, start=rule.first)
    >>> bool(np.max(np.abs(slope - np.cos(axis[rule.first:rule.last]))) < 1e-11)
    True
    """

    accuracy: int = 8

    def __post_init__(self) -> None:
        if self.accuracy < 2 or self.accuracy % 2:
            raise InvalidInput(
                f"FiniteDifferences(accuracy={self.accuracy}): the accuracy is an even number, 2 or more."
            )

    def on(self, axis: np.ndarray, orders: int, periodic: bool) -> AxisOperators:
        return _local(axis, orders, periodic, self.accuracy, window=1)

    def coarser(self) -> Rule:
        return FiniteDifferences(self.accuracy - 2) if self.accuracy > 2 else SmoothedDifferences(5, 2)

    def ladder(self) -> tuple[Rule, ...]:
        return (self, self.coarser())

    def __str__(self) -> str:
        return f"central differences of order {self.accuracy}"


@dataclass(frozen=True)
class SmoothedDifferences:
    r"""Local cubic fits in a window of an odd number of points, then central differences.

    .. math:: u_d = D^d_h (K * u), \quad K_i \propto (a + b i^2) (1 - (i/(m+1))^2)^3,
              \quad 2m + 1 = \text{window}

    Every derivative is a derivative of the *same* smoothed field, so that a linear law between derivatives
    survives any window; only nonlinear terms are biased, with the fourth power of the window.
    """

    window: int = 11
    accuracy: int = 8

    def __post_init__(self) -> None:
        if self.window < 3 or self.window % 2 == 0:
            raise InvalidInput(
                f"SmoothedDifferences(window={self.window}): the window is an odd number, 3 or more."
            )
        if self.accuracy < 2 or self.accuracy % 2:
            raise InvalidInput(
                f"SmoothedDifferences(accuracy={self.accuracy}): the accuracy is an even number, 2 or more."
            )

    def on(self, axis: np.ndarray, orders: int, periodic: bool) -> AxisOperators:
        return _local(axis, orders, periodic, self.accuracy, self.window)

    def coarser(self) -> Rule:
        half = (self.window - 1) // 2
        return SmoothedDifferences(2 * max(half + 1, round(half * 2**0.5)) + 1, self.accuracy)

    def ladder(self) -> tuple[Rule, ...]:
        half = (self.window - 1) // 2
        halves = sorted({round(half * share) for share in LADDER})
        rules: list[Rule] = [
            SmoothedDifferences(2 * each + 1, self.accuracy) if each > 1 else FiniteDifferences(self.accuracy)
            for each in halves
        ]
        return tuple(dict.fromkeys(rules))

    def __str__(self) -> str:
        return f"smoothed over {self.window} points, then central differences of order {self.accuracy}"


@dataclass(frozen=True)
class Spectral:
    """Fourier derivatives on a periodic axis; ``keep`` is the share of wave numbers kept (the rest is cut
    off)."""

    keep: float = 2 / 3

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1:
            raise InvalidInput(
                f"Spectral(keep={self.keep}): keep is a share of the wave numbers, above 0, at most 1."
            )

    def on(self, axis: np.ndarray, orders: int, periodic: bool) -> AxisOperators:
        if not periodic:
            raise InvalidInput(
                "A spectral rule was asked for on an axis that is not periodic. "
                "Say that it is (periodic=['x'], --periodic x), or use FiniteDifferences()."
            )
        if not is_uniform(axis):
            raise InvalidInput(
                "A spectral rule needs an evenly spaced axis; use FiniteDifferences() on this one."
            )
        size = axis.size
        spacing = (axis[-1] - axis[0]) / (size - 1)
        wave = 2 * np.pi * np.fft.fftfreq(size, d=spacing)
        pass_band = np.abs(np.fft.fftfreq(size)) <= 0.5 * self.keep
        multipliers = []
        for order in range(orders + 1):
            multiplier = pass_band * (1j * wave) ** order
            if order % 2 and size % 2 == 0:
                multiplier[size // 2] = 0  # the highest wave number has no odd derivative on the grid
            multipliers.append(multiplier)
        return AxisOperators(size, 0, True, multipliers=tuple(multipliers))

    def coarser(self) -> Rule:
        return Spectral(self.keep * 0.8)

    def ladder(self) -> tuple[Rule, ...]:
        return (self, self.coarser())

    def __str__(self) -> str:
        return f"Fourier derivatives, {self.keep:.0%} of the wave numbers kept"


def is_uniform(axis: np.ndarray) -> bool:
    """Whether an axis is evenly spaced up to the round-off of its file."""
    steps = np.diff(axis)
    scale = max(abs(float(steps.mean())), np.finfo(float).tiny)
    stored = np.float32 if np.array_equal(axis, axis.astype(np.float32)) else np.float64
    round_off = 8 * np.finfo(stored).eps * np.max(np.abs(axis))
    return bool(np.ptp(steps) <= ROUGHNESS_OF_SPACING * scale + round_off)


def _half_width(order: int, accuracy: int) -> int:
    return 0 if order == 0 else accuracy // 2 + (order - 1) // 2


def _local(axis: np.ndarray, orders: int, periodic: bool, accuracy: int, window: int) -> AxisOperators:
    size = axis.size
    half = (window - 1) // 2
    halo = half + _half_width(orders, accuracy)
    if size < 2 * halo + 1:
        raise InvalidInput(
            f"A stencil of {2 * halo + 1} points was asked for on an axis of {size} points. "
            "Give more points, a lower accuracy, or a shorter window."
        )
    if is_uniform(axis):
        spacing = (axis[-1] - axis[0]) / (size - 1)
        smooth = smoothing_kernel(half)
        kernels = []
        for order in range(orders + 1):
            stencil = difference_kernel(order, _half_width(order, accuracy)) / spacing**order
            kernel = np.convolve(smooth, stencil)
            kernels.append(np.pad(kernel, halo - (kernel.size - 1) // 2))
        return AxisOperators(size, halo, periodic, kernels=tuple(kernels))
    if periodic:
        raise InvalidInput("A periodic axis must be evenly spaced; leave out the claim that it is periodic.")
    smoother = _local_rows(axis, half, 0, cubic=True)
    matrices = tuple(
        sparse.csr_array(_local_rows(axis, _half_width(order, accuracy), order, cubic=False) @ smoother)
        for order in range(orders + 1)
    )
    return AxisOperators(size, halo, False, matrices=matrices)


def difference_kernel(order: int, half: int) -> np.ndarray:
    """Central difference weights of a derivative on 2 half + 1 points of unit spacing (as a correlation)."""
    if order == 0:
        return np.ones(1)
    points = np.arange(-half, half + 1, dtype=float)
    moments = np.vander(points, 2 * half + 1, increasing=True).T
    target = np.zeros(2 * half + 1)
    target[order] = factorial(order)
    return np.linalg.solve(moments, target)


def smoothing_kernel(half: int) -> np.ndarray:
    """The weights K of :class:`SmoothedDifferences`: sum 1, vanishing first three moments."""
    if half == 0:
        return np.ones(1)
    points = np.arange(-half, half + 1, dtype=float)
    weight = (1 - (points / (half + 1)) ** 2) ** 3
    even = np.stack([np.ones_like(points), (points / half) ** 2])
    gram = (even * weight) @ even.T
    return weight * (np.linalg.solve(gram, np.array([1.0, 0.0])) @ even)


def _local_rows(axis: np.ndarray, half: int, order: int, cubic: bool) -> sparse.csr_array:
    """Rows of a local fit on an uneven axis; rows without a full stencil are empty."""
    size = axis.size
    if half == 0:
        return sparse.eye_array(size, format="csr")
    centres = np.arange(half, size - half)
    columns = centres[:, None] + np.arange(-half, half + 1)[None, :]
    offsets = axis[columns] - axis[centres][:, None]
    scale = np.max(np.abs(offsets), axis=1, keepdims=True)
    scaled = offsets / scale
    degree = min(3, 2 * half) if cubic else 2 * half
    basis = scaled[:, :, None] ** np.arange(degree + 1)
    target = np.zeros((centres.size, degree + 1, 1))
    target[:, order] = factorial(order)
    if cubic:
        weight = (1 - (scaled * half / (half + 1)) ** 2) ** 3
        gram = np.einsum("npi,np,npj->nij", basis, weight, basis)
        values = weight * np.einsum("npi,ni->np", basis, np.linalg.solve(gram, target)[:, :, 0])
    else:
        values = np.linalg.solve(basis.transpose(0, 2, 1), target)[:, :, 0]
    values = values / scale**order
    rows = np.repeat(centres, columns.shape[1])
    return sparse.csr_array((values.ravel(), (rows, columns.ravel())), shape=(size, size))


def _trimmed(kernel: np.ndarray) -> np.ndarray:
    """A symmetric stencil without its outer zeros."""
    used = np.flatnonzero(kernel)
    if used.size == 0:
        return kernel[kernel.size // 2 : kernel.size // 2 + 1]
    outer = min(used[0], kernel.size - 1 - used[-1])
    return kernel[outer : kernel.size - outer]
