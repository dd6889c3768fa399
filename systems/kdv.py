r"""The Korteweg-de Vries equation: long waves on shallow water, and solitons.

.. math:: u_t = -6 u u_x - u_{xxx}

Symmetries: translations, the boost :math:`6 t \partial_x + \partial_u`, the scaling
:math:`x \to a x, t \to a^3 t, u \to a^{-2} u`, and time and space reversed together.

Source: D. J. Korteweg, G. de Vries, Phil. Mag. 39 (1895) 422; symmetries: P. J. Olver, Applications
of Lie Groups to Differential Equations, example 2.44.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus


def soliton(t: float, x: np.ndarray, *, c: float = 1.0) -> np.ndarray:
    r"""The exact solution :math:`u = \frac{c}{2} \operatorname{sech}^2 \frac{\sqrt c}{2} (x - c t)`."""
    return c / 2 / np.cosh(np.sqrt(c) / 2 * (x - c * t)) ** 2


def simulate(
    *,
    initial: Callable[[np.ndarray], np.ndarray] | None = None,
    points: int = 256,
    length: float = 30.0,
    frames: int = 201,
    duration: float = 10.0,
    seed: int = 0,
    step: float = 0.0025,
) -> records.Record:
    """The field u from ``initial(x)``, or from two random waves of root mean square 1/2, on a circle."""
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    start = 0.5 * torus.smooth_field(np.random.default_rng(seed), waves=2) if initial is None else initial(x)
    flux = -3 * torus.derivative(1)
    t = np.linspace(0, duration, frames)
    u = evolve(torus, -torus.derivative(3), lambda u: flux * torus.forward(u**2), start, t, step=step)
    return records.field({"t": t, "x": x}, {"u": u}, periodic=["x"])


SYSTEM = System(
    name="kdv",
    independent="t x",
    dependent="u",
    order=3,
    equations=("u_t = -6*u*u_x - u_xxx",),
    symmetries=("translation(t, x)", "6*t*d_x + d_u", "scaling(x=1, t=3, u=-2)", "t -> -t, x -> -x"),
    not_symmetries=("boost(x, u)", "reflection(x)", "scaling(x=1, t=2, u=-1)"),
    library=Candidates(degree=3, derivatives=3),
    simulate=simulate,
)
