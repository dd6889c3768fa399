r"""The Sel'kov oscillator: sugar that is split in pulses, since the product speeds up its own making.

.. math:: x_t = b - a x - x y^2, \qquad y_t = -y + a x + x y^2

Only time may be shifted. (Feed, decay and the cubic step each have a scale of their own, which leaves no
scaling.)

Data: classical Runge-Kutta with step 0.002 up to T = 20, all steps kept; starts in U(0.5, 1)^2; 10
trajectories to learn from, 2 to validate.
Source: arXiv 2405.16756; E. E. Sel'kov, Eur. J. Biochem. 4 (1968) 79.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import runge_kutta

PARAMETERS = {"a": 0.1, "b": 0.75}


def simulate(
    *,
    trajectories: int = 10,
    seed: int = 0,
    duration: float = 20.0,
    step: float = 0.002,
    every: int = 1,
    a: float = PARAMETERS["a"],
    b: float = PARAMETERS["b"],
) -> records.Record:
    """Trajectories of the published protocol; times in units of the decay time of y."""

    def rate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        split = a * x + x * y**2
        return b - split, split - y

    start = np.random.default_rng(seed).uniform(0.5, 1.0, (2, trajectories))
    states = runge_kutta(rate, start, step=step, steps=round(duration / step), every=every)
    return records.trajectories(step * every * np.arange(len(states)), list(np.moveaxis(states, 2, 0)), "x y")


SYSTEM = System(
    name="selkov",
    dependent="x y",
    equations=("x_t = 0.75 - 0.1*x - x*y^2", "y_t = -y + 0.1*x + x*y^2"),
    symmetries=("translation(t)",),
    not_symmetries=("rotation(x, y)", "scaling(x=1, y=1)", "scaling(x=-2, y=1)", "permutation(x, y)"),
    library=Candidates(degree=3),
    simulate=simulate,
)
