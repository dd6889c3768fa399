r"""The damped oscillator: a point that spirals to rest.

.. math:: x_t = -\gamma x - \omega y, \qquad y_t = \omega x - \gamma y

In :math:`z = x + i y` this is :math:`z_t = (-\gamma + i \omega) z`: it commutes with every rotation
and every scaling of the plane.

Data: classical Runge-Kutta with step 0.002 up to T = 20, every 100th step kept; starts with radius
U(0.5, 2) and angle U(0, 2 pi); 50 trajectories to learn from, 10 to validate.
Source: arXiv 2405.16756.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import on_annulus, runge_kutta

PARAMETERS = {"gamma": 0.1, "omega": 1.0}


def simulate(
    *,
    trajectories: int = 50,
    seed: int = 0,
    duration: float = 20.0,
    step: float = 0.002,
    every: int = 100,
    gamma: float = PARAMETERS["gamma"],
    omega: float = PARAMETERS["omega"],
) -> records.Record:
    """Trajectories of the published protocol; times in units of 1 / omega."""

    def rate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        return -gamma * x - omega * y, omega * x - gamma * y

    start = on_annulus(np.random.default_rng(seed), trajectories, 0.5, 2.0)
    steps = round(duration / step)
    states = runge_kutta(rate, start, step=step, steps=steps, every=every)
    return records.trajectories(step * every * np.arange(len(states)), list(np.moveaxis(states, 2, 0)), "x y")


SYSTEM = System(
    name="damped_oscillator",
    dependent="x y",
    equations=("x_t = -0.1*x - y", "y_t = x - 0.1*y"),
    symmetries=("translation(t)", "rotation(x, y)", "scaling(x=1, y=1)"),
    not_symmetries=("reflection(x)", "translation(x)", "boost(x, y)"),
    library=Candidates(degree=5),
    simulate=simulate,
)
