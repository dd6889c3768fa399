r"""The Burgers equation for a velocity in the plane, which turns when the plane is turned.

.. math:: \mathbf u_t = -(\mathbf u \cdot \nabla) \mathbf u + \nu \Delta \mathbf u

Symmetries: translations, rotations of plane and velocity together, moving frames in both directions, the
scaling :math:`\mathbf x \to a \mathbf x, t \to a^2 t, \mathbf u \to \mathbf u / a`, reflections, and one
projective motion.

The box is periodic with sides :math:`2 \pi`.
Source: J. M. Burgers, Adv. Appl. Mech. 1 (1948) 171; vector libraries for such laws: D. R. Gurevich, M. R.
Golden, P. A. K. Reinbold, R. O. Grigoriev, J. Fluid Mech. 996 (2024) A25.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"nu": 0.05}


def simulate(
    *,
    points: int = 128,
    frames: int = 101,
    duration: float = 2.0,
    seed: int = 0,
    step: float = 0.01,
    level: float = 0.3,
    nu: float = PARAMETERS["nu"],
) -> records.Record:
    """The velocities u, v from two random waves each, of root mean square ``level``."""
    torus = Torus(lengths=(2 * np.pi, 2 * np.pi), points=(points, points))
    rng = np.random.default_rng(seed)
    start = level * np.stack([torus.smooth_field(rng, waves=2) for _ in range(2)])
    along = np.stack(np.broadcast_arrays(torus.derivative(1, 0), torus.derivative(0, 1)))

    def carried(velocity: np.ndarray) -> np.ndarray:
        slopes = torus.backward(along[:, None] * torus.forward(velocity))
        return -torus.forward(np.einsum("axy,acxy->cxy", velocity, slopes))

    linear = nu * (torus.derivative(2, 0) + torus.derivative(0, 2)).real
    t = np.linspace(0, duration, frames)
    u, v = np.moveaxis(evolve(torus, linear, carried, start, t, step=step), 1, 0)
    x, y = torus.axes
    return records.field({"t": t, "x": x, "y": y}, {"u": u, "v": v}, periodic=["x", "y"])


SYSTEM = System(
    name="vector_burgers",
    independent="t x y",
    dependent="u v",
    order=2,
    equations=("u_t = -u*u_x - v*u_y + 0.05*(u_xx + u_yy)", "v_t = -u*v_x - v*v_y + 0.05*(v_xx + v_yy)"),
    symmetries=(
        "translation(t, x, y)",
        "rotation(x, y; u, v)",
        "boost(x, u) + boost(y, v)",
        "scaling(x=1, y=1, t=2, u=-1, v=-1)",
        "t^2*d_t + t*x*d_x + t*y*d_y + (x - t*u)*d_u + (y - t*v)*d_v",
        "reflection(x, u)",
    ),
    not_symmetries=("rotation(x, y)", "reflection(x)", "boost(x, v)", "scaling(u=1, v=1)"),
    library=Candidates(degree=2, derivatives=2),
    simulate=simulate,
)
