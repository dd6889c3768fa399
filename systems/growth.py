r"""Growth: one quantity grows, another is fed by its square and decays.

.. math:: x_t = -\alpha x + \beta y^2, \qquad y_t = y

The law is homogeneous: x scales as the square of y.

Data: classical Runge-Kutta with step 0.002 up to T = 2, every 10th step kept; starts in U(0.2,
1)^2; 100 trajectories to learn from, 20 to validate. The published noise is multiplicative.
Source: arXiv 2405.16756.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import runge_kutta

PARAMETERS = {"alpha": 0.3, "beta": 0.1}


def simulate(
    *,
    trajectories: int = 100,
    seed: int = 0,
    duration: float = 2.0,
    step: float = 0.002,
    every: int = 10,
    alpha: float = PARAMETERS["alpha"],
    beta: float = PARAMETERS["beta"],
) -> records.Record:
    """Trajectories of the published protocol; times in units of the growth time of y."""

    def rate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        return -alpha * x + beta * y**2, y

    start = np.random.default_rng(seed).uniform(0.2, 1.0, (2, trajectories))
    states = runge_kutta(rate, start, step=step, steps=round(duration / step), every=every)
    return records.trajectories(step * every * np.arange(len(states)), list(np.moveaxis(states, 2, 0)), "x y")


SYSTEM = System(
    name="growth",
    dependent="x y",
    equations=("x_t = -0.3*x + 0.1*y^2", "y_t = y"),
    symmetries=("translation(t)", "scaling(x=2, y=1)", "reflection(y)"),
    not_symmetries=("scaling(x=1, y=1)", "rotation(x, y)", "reflection(x)"),
    library=Candidates(degree=2),
    simulate=simulate,
)
