r"""Predators and their prey, counted by the logarithm: numbers that only swing.

.. math:: x_t = \alpha - \beta e^{y}, \qquad y_t = e^{x} - 1

With the prey :math:`p = e^x` and the predators :math:`q = e^y` this is the law of Lotka and Volterra,
:math:`p_t = \alpha p - \beta p q, \; q_t = p q - q`. The energy
:math:`H = e^x - x + \beta e^y - \alpha y` is conserved. Only time may be shifted.

Data: classical Runge-Kutta with step 0.002 up to T = 20, all steps kept; starts with p and q in U(0, 1)^2,
kept if :math:`3 \le H \le 4.5`; 200 trajectories to learn from, 20 to validate. The published noise is 99 %.
Source: arXiv 2405.16756; V. Volterra, Mem. Acad. Lincei Roma 2 (1926) 31.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import runge_kutta

PARAMETERS = {"alpha": 2 / 3, "beta": 4 / 3}


def energy(x: np.ndarray, y: np.ndarray, *, alpha: float, beta: float) -> np.ndarray:
    """H, which no trajectory changes."""
    return np.exp(x) - x + beta * np.exp(y) - alpha * y


def simulate(
    *,
    trajectories: int = 200,
    seed: int = 0,
    duration: float = 20.0,
    step: float = 0.002,
    every: int = 1,
    alpha: float = PARAMETERS["alpha"],
    beta: float = PARAMETERS["beta"],
) -> records.Record:
    """Trajectories of the published protocol; times in units of the life of a predator."""

    def rate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        return alpha - beta * np.exp(y), np.exp(x) - 1

    rng = np.random.default_rng(seed)
    kept: list[np.ndarray] = []
    while len(kept) < trajectories:
        start = np.log(rng.uniform(0, 1, 2))
        if 3 <= energy(*start, alpha=alpha, beta=beta) <= 4.5:
            kept.append(start)
    steps = round(duration / step)
    states = runge_kutta(rate, np.stack(kept, axis=1), step=step, steps=steps, every=every)
    return records.trajectories(step * every * np.arange(len(states)), list(np.moveaxis(states, 2, 0)), "x y")


SYSTEM = System(
    name="lotka_volterra",
    dependent="x y",
    equations=("x_t = 2/3 - 4/3*exp(y)", "y_t = exp(x) - 1"),
    symmetries=("translation(t)",),
    not_symmetries=("rotation(x, y)", "permutation(x, y)", "translation(x)", "reflection(t)"),
    library=Candidates(degree=2, further=("exp(x)", "exp(y)", "exp(x + y)")),
    simulate=simulate,
)
