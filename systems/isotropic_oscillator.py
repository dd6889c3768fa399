r"""The isotropic oscillator in three dimensions: a central spring with friction.

.. math:: \ddot{\mathbf x} = -k \mathbf x - c \dot{\mathbf x}

As states (x, y, z) and velocities (u, v, w):

.. math:: x_t = u, \quad y_t = v, \quad z_t = w, \qquad
          u_t = -k x - c u, \quad v_t = -k y - c v, \quad w_t = -k z - c w

Space has no preferred direction: the rotations SO(3) turn positions and velocities together.
Turning the positions alone is no symmetry. Stated in second order, for the positions only, the
velocities turn along by prolongation.

Source: L. D. Landau, E. M. Lifshitz, Mechanics, sections 23 and 25.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import reference

PARAMETERS = {"k": 2.0, "c": 0.2}


def simulate(
    *,
    trajectories: int = 10,
    seed: int = 0,
    duration: float = 10.0,
    samples: int = 501,
    k: float = PARAMETERS["k"],
    c: float = PARAMETERS["c"],
) -> records.Record:
    """Trajectories from positions and velocities N(0, 1), with equally spaced samples."""

    def rate(*state: np.ndarray) -> list[np.ndarray]:
        position, velocity = state[:3], state[3:]
        return [*velocity, *(-k * x - c * u for x, u in zip(position, velocity, strict=True))]

    start = np.random.default_rng(seed).standard_normal((6, trajectories))
    t = np.linspace(0, duration, samples)
    return records.trajectories(t, list(np.moveaxis(reference(rate, start, t), 2, 0)), "x y z u v w")


SYSTEM = System(
    name="isotropic_oscillator",
    dependent="x y z u v w",
    equations=(
        "x_t = u",
        "y_t = v",
        "z_t = w",
        "u_t = -2*x - 0.2*u",
        "v_t = -2*y - 0.2*v",
        "w_t = -2*z - 0.2*w",
    ),
    symmetries=(
        "translation(t)",
        "rotation(x, y, z; u, v, w)",
        "scaling(x=1, y=1, z=1, u=1, v=1, w=1)",
        "reflection(x, u)",
    ),
    not_symmetries=("rotation(x, y, z)", "translation(x)", "reflection(x)"),
    library=Candidates(degree=2),
    simulate=simulate,
)

SECOND_ORDER = System(
    name="isotropic_oscillator_second_order",
    dependent="x y z",
    order=2,
    equations=("x_tt = -2*x - 0.2*x_t", "y_tt = -2*y - 0.2*y_t", "z_tt = -2*z - 0.2*z_t"),
    symmetries=("translation(t)", "rotation(x, y, z)", "scaling(x=1, y=1, z=1)", "reflection(x)"),
    not_symmetries=("translation(x)", "boost(x, y)", "scaling(t=1, x=1, y=1, z=1)"),
    library=Candidates(degree=2, derivatives=1),
    simulate=simulate,
)
