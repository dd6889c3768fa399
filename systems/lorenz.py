r"""The Lorenz system: convection in three modes, chaotic, with one discrete symmetry.

.. math:: x_t = \sigma (y - x), \qquad y_t = x (\rho - z) - y, \qquad z_t = x y - \beta z

Turning the roll around, :math:`(x, y, z) \to (-x, -y, z)`, changes nothing.

Source: E. N. Lorenz, J. Atmos. Sci. 20 (1963) 130, equations (25)-(27).
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import reference

PARAMETERS = {"sigma": 10.0, "rho": 28.0, "beta": 8 / 3}


def simulate(
    *,
    trajectories: int = 5,
    seed: int = 0,
    duration: float = 10.0,
    samples: int = 1001,
    sigma: float = PARAMETERS["sigma"],
    rho: float = PARAMETERS["rho"],
    beta: float = PARAMETERS["beta"],
) -> records.Record:
    """Trajectories from a box around the attractor, with equally spaced samples."""

    def rate(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
        return sigma * (y - x), x * (rho - z) - y, x * y - beta * z

    rng = np.random.default_rng(seed)
    start = np.stack([rng.uniform(low, high, trajectories) for low, high in ((-15, 15), (-15, 15), (10, 40))])
    t = np.linspace(0, duration, samples)
    return records.trajectories(t, list(np.moveaxis(reference(rate, start, t), 2, 0)), "x y z")


SYSTEM = System(
    name="lorenz",
    dependent="x y z",
    equations=("x_t = 10*(y - x)", "y_t = x*(28 - z) - y", "z_t = x*y - 8/3*z"),
    symmetries=("translation(t)", "reflection(x, y)"),
    not_symmetries=("reflection(z)", "rotation(x, y)", "scaling(x=1, y=1, z=1)"),
    library=Candidates(degree=3),
    simulate=simulate,
)
