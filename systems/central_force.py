r"""A central force in the plane that is stronger near the centre, and no polynomial.

.. math:: \ddot{\mathbf x} = -\mathbf x \, (1 + a e^{-r^2}), \qquad r^2 = x^2 + y^2

The plane may be turned and reflected, time shifted and reversed; every orbit is a rosette of its own. Which
function of r stands before **x** no symmetry says.

Source: L. D. Landau, E. M. Lifshitz, Mechanics, section 14.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import on_annulus, reference

PARAMETERS = {"a": 0.3}


def simulate(
    *,
    trajectories: int = 20,
    seed: int = 0,
    duration: float = 10.0,
    samples: int = 401,
    a: float = PARAMETERS["a"],
) -> records.Record:
    """Orbits from radius U(0.2, 2) with velocities of length U(0, 1.5) in any direction; positions alone."""

    def rate(x: np.ndarray, y: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
        pull = 1 + a * np.exp(-(x**2) - y**2)
        return u, v, -pull * x, -pull * y

    rng = np.random.default_rng(seed)
    start = np.vstack([on_annulus(rng, trajectories, 0.2, 2.0), on_annulus(rng, trajectories, 0.0, 1.5)])
    t = np.linspace(0, duration, samples)
    states = reference(rate, start, t, tolerance=1e-12)
    return records.trajectories(t, list(np.moveaxis(states[:, :2], 2, 0)), "x y")


SYSTEM = System(
    name="central_force",
    dependent="x y",
    order=2,
    equations=("x_tt = -x*(1 + 0.3*exp(-x^2 - y^2))", "y_tt = -y*(1 + 0.3*exp(-x^2 - y^2))"),
    symmetries=("translation(t)", "rotation(x, y)", "reflection(x)", "reflection(t)"),
    not_symmetries=("scaling(x=1, y=1)", "translation(x)", "SL(x, y)"),
    library=Candidates(degree=5, derivatives=1, products=False),
    spanned=False,
    simulate=simulate,
)
