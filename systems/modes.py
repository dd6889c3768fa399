r"""Combinations of fields whose Fourier coefficients a coupled linear law multiplies one by one.

A law such as :math:`\psi_t = i \psi_{xx}` mixes the real and the imaginary part of :math:`\psi`, each of
them a real field; the combinations here are those it leaves apart. Each is a pair `forward`, `backward`
like that of a :class:`Torus`, and serves :func:`systems.exponential.evolve` in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from systems.torus import Torus


@dataclass(frozen=True)
class Phasors:
    r"""Of real fields (u, v) the coefficients of :math:`\psi = u + i v` and of :math:`\bar\psi = u - i v`.

    >>> circle = Torus(lengths=(2 * np.pi,), points=(8,))
    >>> (x,) = circle.axes
    >>> waves = Phasors(circle)
    >>> psi, conjugate = waves.forward(np.stack([np.cos(x), np.sin(x)]))
    >>> bool(np.allclose(psi / 8, [0, 1, 0, 0, 0])), bool(np.allclose(conjugate, 0))
    (True, True)
    """

    torus: Torus

    def forward(self, fields: np.ndarray) -> np.ndarray:
        """Coefficients of psi and of its conjugate, stacked."""
        u, v = self.torus.forward(fields)
        return np.stack([u + 1j * v, u - 1j * v])

    def backward(self, coefficients: np.ndarray) -> np.ndarray:
        """The real fields u and v, stacked."""
        psi, conjugate = coefficients
        return self.torus.backward(np.stack([(psi + conjugate) / 2, (psi - conjugate) / 2j]))

    @staticmethod
    def multiplier(of_psi: np.ndarray) -> np.ndarray:
        """The multiplier on both, where psi is multiplied by an even function of the wave number."""
        return np.stack([of_psi, of_psi.conj()])


@dataclass(frozen=True)
class Oscillations:
    r"""Of a field u and its velocity p the two waves :math:`\hat p \pm i \omega \hat u` that turn apart.

    .. math:: \hat u_{tt} = -\omega^2 \hat u + \hat f \quad\Leftrightarrow\quad
              (\hat p \pm i \omega \hat u)_t = \pm i \omega (\hat p \pm i \omega \hat u) + \hat f

    Arguments: the ``torus``; ``frequency`` = omega > 0, on its Fourier coefficients.

    >>> circle = Torus(lengths=(2 * np.pi,), points=(8,))
    >>> waves = Oscillations(circle, np.sqrt(1 - circle.derivative(2).real))
    >>> state = np.stack([np.cos(*circle.axes), np.sin(*circle.axes)])
    >>> bool(np.allclose(waves.backward(waves.forward(state)), state))
    True
    """

    torus: Torus
    frequency: np.ndarray

    def forward(self, state: np.ndarray) -> np.ndarray:
        """The two waves of (u, p), stacked."""
        u, p = self.torus.forward(state)
        turned = 1j * self.frequency * u
        return np.stack([p + turned, p - turned])

    def backward(self, waves: np.ndarray) -> np.ndarray:
        """The real fields u and p, stacked."""
        right, left = waves
        return self.torus.backward(np.stack([(right - left) / (2j * self.frequency), (right + left) / 2]))

    def force(self, f: np.ndarray) -> np.ndarray:
        """What a force f, a real field, adds to the rates of both waves."""
        changed = self.torus.forward(f)
        return np.stack([changed, changed])

    @property
    def multiplier(self) -> np.ndarray:
        """The rates of both waves without a force."""
        return 1j * np.stack([self.frequency, -self.frequency])


@dataclass(frozen=True)
class Polarised:
    r"""Of a vector field in space the parts along the wave vector k and across it, :math:`e_j \cdot \hat u`.

    Of the orthonormal vectors :math:`e_0(k), e_1(k), e_2(k)` the first points along k. The gradient of the
    divergence multiplies the first part by :math:`-|k|^2`, and the others by 0.

    >>> box = Torus(lengths=(2 * np.pi,) * 3, points=(4, 4, 4))
    >>> field = np.random.default_rng(0).standard_normal((3, 4, 4, 4))
    >>> bool(np.allclose(Polarised(box).backward(Polarised(box).forward(field)), field))
    True
    """

    torus: Torus

    @cached_property
    def axes(self) -> np.ndarray:
        """``axes[j, component, k_x, k_y, k_z]``, the vectors e_j."""
        k = np.stack(np.broadcast_arrays(*(self.torus.derivative(*row).imag for row in np.eye(3, dtype=int))))
        length = np.sqrt(np.sum(k**2, axis=0))
        along = np.where(length > 0, k / np.where(length > 0, length, 1), _unit(0, k.shape))
        # Of the three axes the one that k is farthest from, so that the product is far from 0.
        least = np.argmin(np.abs(along), axis=0)
        helper = (np.arange(3).reshape(3, 1, 1, 1) == least).astype(float)
        across = np.cross(along, helper, axis=0)
        across /= np.sqrt(np.sum(across**2, axis=0))
        return np.stack([along, across, np.cross(along, across, axis=0)])

    def forward(self, field: np.ndarray) -> np.ndarray:
        """The three parts of ``field[component, x, y, z]``."""
        return np.einsum("jcxyz,cxyz->jxyz", self.axes, self.torus.forward(field))

    def backward(self, parts: np.ndarray) -> np.ndarray:
        """The real vector field of three parts."""
        return self.torus.backward(np.einsum("jcxyz,jxyz->cxyz", self.axes, parts))


def _unit(component: int, shape: tuple[int, ...]) -> np.ndarray:
    vector = np.zeros(shape)
    vector[component] = 1
    return vector
