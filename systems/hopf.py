r"""The normal form of the supercritical Hopf bifurcation: every start spirals to one circle.

.. math:: x_t = \mu x - \omega y - (x^2 + y^2) x, \qquad y_t = \omega x + \mu y - (x^2 + y^2) y

In :math:`z = x + i y` this is :math:`z_t = (\mu + i \omega) z - |z|^2 z`: it commutes with every
rotation. The limit circle has radius :math:`\sqrt\mu`, so no scaling is left.

Source: J. Guckenheimer, P. Holmes, Nonlinear Oscillations, Dynamical Systems, and Bifurcations of
Vector Fields, section 3.4.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import on_annulus, reference

PARAMETERS = {"mu": 0.5, "omega": 1.0}


def simulate(
    *,
    trajectories: int = 10,
    seed: int = 0,
    duration: float = 10.0,
    samples: int = 501,
    mu: float = PARAMETERS["mu"],
    omega: float = PARAMETERS["omega"],
) -> records.Record:
    """Trajectories from radius U(0.1, 2) and angle U(0, 2 pi), with equally spaced samples."""

    def rate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        a = x**2 + y**2
        return mu * x - omega * y - a * x, omega * x + mu * y - a * y

    start = on_annulus(np.random.default_rng(seed), trajectories, 0.1, 2.0)
    t = np.linspace(0, duration, samples)
    return records.trajectories(t, list(np.moveaxis(reference(rate, start, t), 2, 0)), "x y")


SYSTEM = System(
    name="hopf",
    dependent="x y",
    equations=("x_t = 1/2*x - y - (x^2 + y^2)*x", "y_t = x + 1/2*y - (x^2 + y^2)*y"),
    symmetries=("translation(t)", "rotation(x, y)"),
    not_symmetries=("scaling(x=1, y=1)", "reflection(x)", "permutation(x, y)"),
    library=Candidates(degree=5),
    simulate=simulate,
)
