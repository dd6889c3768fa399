"""Stiff periodic fields in time: the linear part exactly, the rest by fourth-order Runge-Kutta."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

CIRCLE = np.exp(2j * np.pi * (np.arange(32) + 0.5) / 32)


class Modes(Protocol):
    """What carries real fields to the coefficients that the linear part multiplies, and back: a Torus."""

    def forward(self, field: np.ndarray, /) -> np.ndarray: ...

    def backward(self, coefficients: np.ndarray, /) -> np.ndarray: ...


@dataclass(frozen=True)
class ExponentialRungeKutta:
    r"""The step of ETDRK4 for :math:`\hat u_t = L \hat u + \hat N(u)` with a diagonal L.

    :math:`\varphi`-functions are means over a circle around :math:`z = h L`, where their removable
    singularities do no harm.

    Source: A.-K. Kassam, L. N. Trefethen, SIAM J. Sci. Comput. 26 (2005) 1214;
    equations
    (26)-(29) of S. M. Cox, P. C. Matthews, J. Comput. Phys. 176 (2002) 430.
    """

    whole: np.ndarray
    half: np.ndarray
    q: np.ndarray
    f1: np.ndarray
    f2: np.ndarray
    f3: np.ndarray

    @classmethod
    def of(cls, linear: np.ndarray, step: float) -> ExponentialRungeKutta:
        """Coefficients for the multiplier ``linear`` = L and ``step`` = h."""
        real = not np.iscomplexobj(linear)
        sums = [np.zeros(linear.shape, dtype=complex) for _ in range(4)]
        for point in CIRCLE:
            z = step * linear + point
            e = np.exp(z)
            sums[0] += (np.exp(z / 2) - 1) / z
            sums[1] += (-4 - z + e * (4 - 3 * z + z**2)) / z**3
            sums[2] += (2 + z + e * (z - 2)) / z**3
            sums[3] += (-4 - 3 * z - z**2 + e * (4 - z)) / z**3
        q, f1, f2, f3 = (step * (total.real if real else total) / len(CIRCLE) for total in sums)
        return cls(np.exp(step * linear), np.exp(step * linear / 2), q, f1, f2, f3)

    def advance(self, u: np.ndarray, nonlinear: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Fourier coefficients one step later."""
        nu = nonlinear(u)
        a = self.half * u + self.q * nu
        na = nonlinear(a)
        b = self.half * u + self.q * na
        nb = nonlinear(b)
        c = self.half * a + self.q * (2 * nb - nu)
        nc = nonlinear(c)
        return self.whole * u + self.f1 * nu + 2 * self.f2 * (na + nb) + self.f3 * nc


def evolve(
    modes: Modes,
    linear: np.ndarray,
    nonlinear: Callable[[np.ndarray], np.ndarray],
    initial: np.ndarray,
    times: np.ndarray,
    *,
    step: float,
) -> np.ndarray:
    """The field at every one of the equally spaced ``times``.

    Arguments: ``modes``, a Torus or the combinations of its coefficients in :mod:`systems.modes`; ``linear``,
    multiplier on the coefficients; ``nonlinear``, a function of the real field ``field[..., x, y]`` that
    returns coefficients; ``initial``, the field at ``times[0]``; ``step``, the longest step, units of time.
    Returns ``field[time, ..., x, y]``.

    >>> from systems.torus import Torus
    >>> circle = Torus(lengths=(2 * np.pi,), points=(8,))
    >>> heat = circle.derivative(2).real
    >>> times = np.array([0.0, 1.0])
    >>> cooled = evolve(circle, heat, lambda u: 0 * circle.forward(u), np.sin(*circle.axes), times, step=1.0)
    >>> bool(np.allclose(cooled[1], np.exp(-1) * cooled[0]))
    True
    """
    interval = (times[-1] - times[0]) / (len(times) - 1)
    substeps = int(np.ceil(interval / step * (1 - 1e-9)))
    rule = ExponentialRungeKutta.of(linear, interval / substeps)
    u = modes.forward(initial)
    frames = [np.asarray(initial, dtype=float)]
    for _ in times[1:]:
        for _ in range(substeps):
            u = rule.advance(u, lambda coefficients: nonlinear(modes.backward(coefficients)))
        frames.append(modes.backward(u))
    return np.stack(frames)
