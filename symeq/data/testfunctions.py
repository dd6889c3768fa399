"""Test functions with compact support on one axis, and their integrals against samples."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.polynomial import Polynomial

from symeq.data.derivatives import is_uniform
from symeq.errors import InvalidInput

DEGREE = 8  # of (1 - s^2)^p: 6 is as good, 12 up to 50 % worse, 4 fails for four derivatives
SMOOTHER = 3  # by how much the degree exceeds the derivatives that move to it
FEWEST = 6  # points from the centre to the end of a support, besides one for each derivative
SHARES, SHARES_SINGLE = (1 / 48, 1 / 24, 1 / 12, 1 / 6), (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)
OVERLAP, OVERLAP_SINGLE = 2, 4  # centres per half width


@dataclass(frozen=True)
class Bump:
    r"""The test functions :math:`\varphi(s) \propto (1 - s^2)^p` on a lattice of centres.

    half: grid points from the centre to where it vanishes; degree: p; stride: grid points from centre to
    centre. Each has the integral 1.

    >>> import numpy as np
    >>> axis = np.linspace(0, 1, 101)
    >>> tests = Bump(20, stride=10).on(axis, orders=1, periodic=False)
    >>> slopes = tests.matrix(1, range(0, 101)) @ axis**2  # the mean of 2 x under each
    >>> bool(np.allclose(slopes, 2 * tests.positions))
    True

    Raises InvalidInput for a half width below 2, a degree below 1 or a stride below 1.
    """

    half: int
    degree: int = DEGREE
    stride: int = 1

    def __post_init__(self) -> None:
        for name, least in (("half", 2), ("degree", 1), ("stride", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InvalidInput(f"Bump({name}={value!r}): expected a whole number, {least} or more.")

    def on(self, axis: np.ndarray, orders: int, periodic: bool) -> AxisTests:
        """The test functions on an axis, with their derivatives up to ``orders``.

        Raises InvalidInput where the support is longer than the axis, or the degree too low for the orders.
        """
        if self.degree <= orders:
            raise InvalidInput(
                f"Bump(degree={self.degree}): {orders} derivatives are moved to it; give a degree of"
                f" {orders + SMOOTHER} or more."
            )
        size, width = axis.size, 2 * self.half + 1
        if size < width:
            raise InvalidInput(
                f"A test function of {width} points was asked for on an axis of {size} points. Give more"
                " points or a smaller half width."
            )
        if not is_uniform(axis):
            if periodic:
                raise InvalidInput(
                    "A periodic axis must be evenly spaced; leave out the claim that it is periodic."
                )
            return self._uneven(axis, orders)
        spacing = float(axis[-1] - axis[0]) / (size - 1)
        offsets = np.arange(-self.half, self.half + 1)
        centres = (
            np.arange(0, size, self.stride)
            if periodic
            else np.arange(self.half, size - self.half, self.stride)
        )
        radius = self.half * spacing
        stencils = [
            np.broadcast_to(row * spacing, (centres.size, width))
            for row in _signed(offsets / self.half, radius, self.degree, orders)
        ]
        return AxisTests(size, periodic, axis[centres], centres - self.half, tuple(stencils))

    def _uneven(self, axis: np.ndarray, orders: int) -> AxisTests:
        """The same number of points under each; the integrals by piecewise cubics through the points."""
        weights = quadrature_weights(axis)
        first = np.arange(0, axis.size - 2 * self.half, self.stride)
        points = axis[first[:, None] + np.arange(2 * self.half + 1)]
        centres = (points[:, 0] + points[:, -1]) / 2
        radius = (points[:, -1] - points[:, 0]) / 2
        scaled = (points - centres[:, None]) / radius[:, None]
        under = weights[first[:, None] + np.arange(2 * self.half + 1)]
        rows = _signed(scaled, radius[:, None], self.degree, orders)
        return AxisTests(axis.size, False, centres, first, tuple(row * under for row in rows))

    def __str__(self) -> str:
        return f"test functions of {2 * self.half + 1} points, every {self.stride}"


def _signed(s: np.ndarray, radius: float | np.ndarray, degree: int, orders: int) -> list[np.ndarray]:
    """(-1)^d times the d-th derivative of the bump, integral 1, at s in [-1, 1]."""
    bump = Polynomial([1, 0, -1]) ** degree
    area = bump.integ()(1.0) - bump.integ()(-1.0)
    return [
        (bump.deriv(d) if d else bump)(s) * (-1.0) ** d / (area * radius ** (d + 1))
        for d in range(orders + 1)
    ]


@dataclass(frozen=True, eq=False)
class AxisTests:
    r"""Test functions on the points of one axis.

    ``positions`` (test,), the centres in units of the axis; ``first`` (test,), the first point of each
    support (negative where it wraps round a periodic axis); ``stencils[d]`` (test, point of the support), the
    quadrature weight times :math:`(-1)^d \varphi^{(d)}`.
    """

    size: int
    periodic: bool
    positions: np.ndarray
    first: np.ndarray
    stencils: tuple[np.ndarray, ...]

    @property
    def count(self) -> int:
        return int(self.first.size)

    @property
    def width(self) -> int:
        return int(self.stencils[0].shape[1])

    def matrix(self, order: int, points: range, tests: slice | np.ndarray = slice(None)) -> np.ndarray:
        """The weights of some tests on a range of points (test, point)."""
        first = self.first[tests]
        places = first[:, None] + np.arange(self.width)
        if self.periodic:
            places %= self.size
        result = np.zeros((first.size, len(points)))
        rows = np.broadcast_to(np.arange(first.size)[:, None], places.shape)
        inside = (places >= points.start) & (places < points.stop)
        result[rows[inside], places[inside] - points.start] = self.stencils[order][tests][inside]
        return result

    def effective(self, order: int) -> float:
        r"""How many of the tests are worth counting: :math:`(\mathrm{tr} S)^2 / \|S\|_F^2` of their overlaps
        S."""
        values = np.asarray(self.stencils[order])
        trace = float(np.sum(values**2))
        square = 0.0
        for shift in range(self.count):
            rows = np.arange(self.count - shift)
            apart = self.first[rows + shift] - self.first[rows]
            near = apart < self.width
            if not near.any():
                break
            rows, apart = rows[near], apart[near]
            for gap in np.unique(apart):
                own = rows[apart == gap]
                a = values[own][:, gap:]
                b = values[own + shift][:, : self.width - gap]
                square += (2 if shift else 1) * float(np.sum(np.einsum("tp,tp->t", a, b) ** 2))
        return trace**2 / square if square else float(self.count)


def quadrature_weights(axis: np.ndarray) -> np.ndarray:
    """Weights of the integral over an uneven axis, of cubics through four neighbouring points."""
    weights = np.zeros(axis.size)
    for k in range(axis.size - 1):
        start = min(max(k - 1, 0), max(axis.size - 4, 0))
        own = axis[start : start + 4]
        middle, length = (axis[k] + axis[k + 1]) / 2, (axis[k + 1] - axis[k]) / 2
        scaled = (own - middle) / length
        powers = np.arange(own.size)
        integrals = np.where(powers % 2 == 0, 2 / (powers + 1), 0.0)
        weights[start : start + own.size] += length * np.linalg.solve(
            np.vander(scaled, own.size, increasing=True).T, integrals
        )
    return weights


def windows(size: int, orders: int, *, single: bool) -> tuple[Bump, ...]:
    """The list of supports that are tried on an axis: a factor of two from one to the next.

    size: points of the axis; orders: derivatives that may move along it; single: whether it is the only axis.
    Raises InvalidInput for an axis too short for any.
    """
    smallest = FEWEST + orders
    largest = (size - 1) // 2
    if largest < smallest:
        raise InvalidInput(
            f"The weak form needs {2 * smallest + 1} points on an axis along which {orders} derivatives are"
            f" moved; this one has {size}."
        )
    shares, overlap = (SHARES_SINGLE, OVERLAP_SINGLE) if single else (SHARES, OVERLAP)
    halves = sorted({min(largest, max(smallest, ceil(size * share))) for share in shares})
    degree = max(DEGREE, orders + SMOOTHER)
    return tuple(Bump(half, degree, max(1, half // overlap)) for half in halves)
