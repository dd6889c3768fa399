r"""A field of arrows in space that grow to length 1, align, and push each other along.

.. math:: \mathbf u_t = a \Delta \mathbf u + b \nabla (\nabla \cdot \mathbf u)
          + \frac{1 - |\mathbf u|^2}{1 + |\mathbf u|^2} \, \mathbf u

Waves of order spread from where arrows are long into where there are none. As the arrows point in the space
they live in, they turn along when it is turned, SO(3) on (x, y, z; u, v, w); the gradient of the divergence
forbids to turn them alone. Space may be reflected together with the arrows, or the arrows by themselves.
Which function of the length stands before **u** no symmetry says.

The box is periodic with sides :math:`2 \pi`.
Source: elasticity of two constants as in P. G. de Gennes, J. Prost, The Physics of Liquid Crystals, section
3.1; relaxation of a vector order parameter: A. J. Bray, Adv. Phys. 43 (1994) 357, section 2.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.modes import Polarised
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"a": 0.2, "b": 0.1}


def simulate(
    *,
    points: int = 32,
    frames: int = 41,
    duration: float = 1.6,
    seed: int = 0,
    step: float = 0.02,
    level: float = 0.8,
    a: float = PARAMETERS["a"],
    b: float = PARAMETERS["b"],
) -> records.Record:
    """The components u, v, w from random smooth fields, each with root mean square ``level``."""
    torus = Torus(lengths=(2 * np.pi,) * 3, points=(points,) * 3)
    rng = np.random.default_rng(seed)
    start = level * np.stack([torus.smooth_field(rng, waves=2) for _ in range(3)])
    waves = Polarised(torus)

    def growth(arrows: np.ndarray) -> np.ndarray:
        square = np.sum(arrows**2, axis=0)
        return waves.forward((1 - square) / (1 + square) * arrows)

    laplacian = sum(torus.derivative(*row).real for row in 2 * np.eye(3, dtype=int))
    linear = np.stack([(a + b) * laplacian, a * laplacian, a * laplacian])
    t = np.linspace(0, duration, frames)
    u, v, w = np.moveaxis(evolve(waves, linear, growth, start, t, step=step), 1, 0)
    x, y, z = torus.axes
    return records.field({"t": t, "x": x, "y": y, "z": z}, {"u": u, "v": v, "w": w}, periodic=["x", "y", "z"])


SYSTEM = System(
    name="vector_wave",
    independent="t x y z",
    dependent="u v w",
    order=2,
    equations=(
        "u_t = 0.2*(u_xx + u_yy + u_zz) + 0.1*(u_xx + v_xy + w_xz)"
        " + u*(1 - u^2 - v^2 - w^2)/(1 + u^2 + v^2 + w^2)",
        "v_t = 0.2*(v_xx + v_yy + v_zz) + 0.1*(u_xy + v_yy + w_yz)"
        " + v*(1 - u^2 - v^2 - w^2)/(1 + u^2 + v^2 + w^2)",
        "w_t = 0.2*(w_xx + w_yy + w_zz) + 0.1*(u_xz + v_yz + w_zz)"
        " + w*(1 - u^2 - v^2 - w^2)/(1 + u^2 + v^2 + w^2)",
    ),
    symmetries=(
        "translation(t, x, y, z)",
        "rotation(x, y, z; u, v, w)",
        "reflection(x, u)",
        "reflection(u, v, w)",
    ),
    not_symmetries=("rotation(x, y, z)", "rotation(u, v, w)", "reflection(u)", "scaling(u=1, v=1, w=1)"),
    library=Candidates(degree=3, derivatives=2, products=False),
    spanned=False,
    simulate=simulate,
)
