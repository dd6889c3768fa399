"""A periodic box: its points, its Fourier coefficients, its derivatives, and random smooth fields on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft


@dataclass(frozen=True)
class Torus:
    r"""Uniform points of a periodic box, with real fields held as ``field[..., x, y]``.

    Arguments: ``lengths``, units of length, and ``points``, per axis; ``origin``, the first point.

    >>> circle = Torus(lengths=(2 * np.pi,), points=(8,))
    >>> (x,) = circle.axes
    >>> slope = circle.backward(circle.derivative(1) * circle.forward(np.sin(x)))
    >>> bool(np.allclose(slope, np.cos(x)))
    True
    """

    lengths: tuple[float, ...]
    points: tuple[int, ...]
    origin: tuple[float, ...] = ()

    @property
    def axes(self) -> tuple[np.ndarray, ...]:
        """The points along each axis; the last lies one spacing before the end of the box."""
        starts = self.origin or (0.0,) * len(self.lengths)
        return tuple(
            start + length * np.arange(count) / count
            for start, length, count in zip(starts, self.lengths, self.points, strict=True)
        )

    def forward(self, field: np.ndarray) -> np.ndarray:
        """Fourier coefficients over the axes of the box, those of a real field stored once."""
        return fft.rfftn(field, axes=self._dimensions)

    def backward(self, coefficients: np.ndarray) -> np.ndarray:
        """The real field with these coefficients."""
        return fft.irfftn(coefficients, s=self.points, axes=self._dimensions)

    def derivative(self, *orders: int) -> np.ndarray:
        r"""The multiplier :math:`\prod_a (i k_a)^{n_a}` of :math:`\partial_1^{n_1} \partial_2^{n_2} \cdots`.

        An odd derivative of the shortest wave, which the points sample only at its extrema, is zero.
        """
        multiplier = np.ones((1,) * len(self.points))
        for axis, (order, length, count) in enumerate(zip(orders, self.lengths, self.points, strict=True)):
            last = axis == len(self.points) - 1
            waves = fft.rfftfreq(count, 1 / count) if last else fft.fftfreq(count, 1 / count)
            power = (2j * np.pi * waves / length) ** order
            if order % 2 and count % 2 == 0:
                power[count // 2] = 0
            shape = [1] * len(self.points)
            shape[axis] = -1
            multiplier = multiplier * power.reshape(shape)
        return multiplier

    def smooth_field(self, rng: np.random.Generator, *, waves: int) -> np.ndarray:
        """A random smooth field of mean 0 and mean square 1, the same function on any number of points.

        Arguments: as for :func:`random_waves`.
        """
        c = random_waves(rng, dimensions=len(self.points), waves=waves)
        return sum_of_waves(c, *(np.arange(count) / count for count in self.points))

    @property
    def _dimensions(self) -> tuple[int, ...]:
        return tuple(range(-len(self.points), 0))


def random_waves(rng: np.random.Generator, *, dimensions: int, waves: int) -> np.ndarray:
    r"""Random coefficients ``c[n_1, n_2, ...]`` of a smooth real function of mean 0 and mean square 1.

    .. math:: c_n \sim \mathcal{CN}(0, e^{-2 |n|^2 / m^2}), \quad c_{-n} = \bar c_n, \quad |n_a| \le m

    Arguments: ``rng``; the number of ``dimensions``; ``waves`` = m, the most waves along an axis.
    """
    numbers = np.arange(-waves, waves + 1)
    square = np.sum(np.meshgrid(*[numbers**2] * dimensions, indexing="ij"), axis=0)
    c = rng.standard_normal(square.shape) + 1j * rng.standard_normal(square.shape)
    c = np.where(square > 0, np.exp(-square / waves**2) * (c + np.flip(c).conj()), 0)
    return c / np.linalg.norm(c)


def sum_of_waves(c: np.ndarray, *places: np.ndarray) -> np.ndarray:
    r"""The function of these coefficients on the grid of ``places``, in units of the box, one array per axis.

    .. math:: u(s) = \sum_n c_n e^{2 \pi i n \cdot s}
    """
    for place, count in zip(places, c.shape, strict=True):
        numbers = np.arange(count) - count // 2
        c = np.tensordot(c, np.exp(2j * np.pi * np.outer(place, numbers)), axes=(0, 1))
    return c.real
