r"""The Burgers equation: waves that steepen until viscosity holds them.

.. math:: u_t = -u u_x + \nu u_{xx}

It keeps its form in a moving frame, where the velocity u shifts along (Galilei), under
:math:`x \to a x, t \to a^2 t, u \to u / a`, under reflection, and under one projective motion.

With :math:`u = -2 \nu \varphi_x / \varphi` it becomes the heat equation for :math:`\varphi`, which
gives the exact solution :func:`cole_hopf`.

Source: J. M. Burgers, Adv. Appl. Mech. 1 (1948) 171; E. Hopf, Comm. Pure Appl. Math. 3 (1950) 201;
symmetries: P. J. Olver, Applications of Lie Groups to Differential Equations, example 2.42.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"nu": 0.1}


def cole_hopf(t: float, x: np.ndarray, *, length: float, nu: float, a: float = 0.9) -> np.ndarray:
    r"""The exact solution from :math:`\varphi = 1 + a e^{-\nu k^2 t} \cos k x`.

    Arguments: ``length`` of the circle, :math:`k = 2 \pi / \text{length}`; ``a`` between -1 and 1.
    """
    k = 2 * np.pi / length
    b = a * np.exp(-nu * k**2 * t)
    return 2 * nu * k * b * np.sin(k * x) / (1 + b * np.cos(k * x))


def simulate(
    *,
    initial: Callable[[np.ndarray], np.ndarray] | None = None,
    points: int = 256,
    length: float = 16.0,
    frames: int = 101,
    duration: float = 10.0,
    seed: int = 0,
    step: float = 0.01,
    nu: float = PARAMETERS["nu"],
) -> records.Record:
    """The field u from ``initial(x)``, or from two random waves of root mean square 0.7, on a circle."""
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    start = 0.7 * torus.smooth_field(np.random.default_rng(seed), waves=2) if initial is None else initial(x)
    flux = -0.5 * torus.derivative(1)
    t = np.linspace(0, duration, frames)
    linear = nu * torus.derivative(2).real
    u = evolve(torus, linear, lambda u: flux * torus.forward(u**2), start, t, step=step)
    return records.field({"t": t, "x": x}, {"u": u}, periodic=["x"])


SYSTEM = System(
    name="burgers",
    independent="t x",
    dependent="u",
    order=2,
    equations=("u_t = -u*u_x + 0.1*u_xx",),
    symmetries=(
        "translation(t, x)",
        "boost(x, u)",
        "scaling(x=1, t=2, u=-1)",
        "t^2*d_t + t*x*d_x + (x - t*u)*d_u",
        "reflection(x, u)",
    ),
    not_symmetries=("reflection(x)", "translation(u)", "scaling(u=1)"),
    library=Candidates(degree=3, derivatives=2),
    simulate=simulate,
)
