r"""The Kepler problem in the plane: a planet and its sun.

.. math:: \ddot{\mathbf x} = -\mathbf x / r^3, \qquad r^2 = x^2 + y^2

The plane may be turned and reflected, time shifted and reversed. The third law is a scaling: an orbit four
times as large takes eight times as long, :math:`x \to a^2 x, t \to a^3 t`.

Source: L. D. Landau, E. M. Lifshitz, Mechanics, sections 10 and 15.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import reference


def simulate(
    *, trajectories: int = 20, seed: int = 0, duration: float = 10.0, samples: int = 1001
) -> records.Record:
    """Ellipses with half axes U(0.8, 1.6), eccentricities U(0, 0.5), from the point nearest to the sun.

    That point lies in any direction, at distance 0.4 or more; the planets turn both ways.
    """

    def rate(x: np.ndarray, y: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
        pull = (x**2 + y**2) ** -1.5
        return u, v, -pull * x, -pull * y

    rng = np.random.default_rng(seed)
    a, e = rng.uniform(0.8, 1.6, trajectories), rng.uniform(0, 0.5, trajectories)
    angle, sense = rng.uniform(0, 2 * np.pi, trajectories), rng.choice([-1, 1], trajectories)
    nearest, speed = a * (1 - e), sense * np.sqrt((1 + e) / (a * (1 - e)))
    start = np.stack(
        [nearest * np.cos(angle), nearest * np.sin(angle), -speed * np.sin(angle), speed * np.cos(angle)]
    )
    t = np.linspace(0, duration, samples)
    states = reference(rate, start, t, tolerance=1e-12)
    return records.trajectories(t, list(np.moveaxis(states[:, :2], 2, 0)), "x y")


SYSTEM = System(
    name="kepler",
    dependent="x y",
    order=2,
    equations=("x_tt = -x/(x^2 + y^2)^(3/2)", "y_tt = -y/(x^2 + y^2)^(3/2)"),
    symmetries=(
        "translation(t)",
        "rotation(x, y)",
        "scaling(t=3, x=2, y=2)",
        "reflection(x)",
        "reflection(t)",
    ),
    not_symmetries=("scaling(x=1, y=1)", "translation(x)", "scaling(t=1, x=1, y=1)"),
    library=Candidates(degree=3, derivatives=1),
    spanned=False,
    simulate=simulate,
)
