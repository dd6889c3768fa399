r"""Heat in a plate of layered material: it spreads faster along x than along y.

.. math:: u_t = a u_{xx} + b u_{yy}, \qquad a \ne b

The equation looks as if the plane could be turned, and it cannot: a rotation would mix a and b. (It can after
stretching y by :math:`\sqrt{a / b}`, which is another group.) A search that imposes rotations must notice.

Source: J. Crank, The Mathematics of Diffusion, section 1.4 (anisotropic media).
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"a": 0.2, "b": 0.05}


def simulate(
    *,
    points: int = 64,
    frames: int = 101,
    duration: float = 2.0,
    seed: int = 0,
    a: float = PARAMETERS["a"],
    b: float = PARAMETERS["b"],
) -> records.Record:
    r"""Random smooth fields that decay exactly, :math:`\hat u(t) = e^{-(a k_x^2 + b k_y^2) t} \hat u(0)`.

    The box is periodic with sides :math:`2 \pi`; the start has mean square 1.
    """
    torus = Torus(lengths=(2 * np.pi, 2 * np.pi), points=(points, points))
    start = torus.forward(torus.smooth_field(np.random.default_rng(seed), waves=4))
    rate = (a * torus.derivative(2, 0) + b * torus.derivative(0, 2)).real
    t = np.linspace(0, duration, frames)
    u = np.stack([torus.backward(np.exp(rate * moment) * start) for moment in t])
    x, y = torus.axes
    return records.field({"t": t, "x": x, "y": y}, {"u": u}, periodic=["x", "y"])


SYSTEM = System(
    name="anisotropic_heat",
    independent="t x y",
    dependent="u",
    order=2,
    equations=("u_t = 0.2*u_xx + 0.05*u_yy",),
    symmetries=(
        "translation(t, x, y, u)",
        "scaling(u=1)",
        "scaling(x=1, y=1, t=2)",
        "reflection(x)",
        "4*y*d_x - x*d_y",
    ),
    not_symmetries=("rotation(x, y)", "permutation(x, y)", "boost(x, u)"),
    library=Candidates(degree=2, derivatives=2, products=False),
    simulate=simulate,
)
