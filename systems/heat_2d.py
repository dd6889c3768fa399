r"""Heat in a plate: the simplest law with all motions of the plane.

.. math:: u_t = a \Delta u

Linear, so solutions may be scaled and shifted; space may be moved, turned and reflected, and
stretched with time as its square. (Adding a constant to u is a symmetry too, but with the moving frame it
generates infinitely many: the brackets give all heat polynomials. It is left out of the list.)

Source: J. Fourier, Theorie analytique de la chaleur (1822), chapter II; symmetries: P. J. Olver,
Applications of Lie Groups to Differential Equations, example 2.41.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"a": 0.1}


def simulate(
    *, points: int = 64, frames: int = 101, duration: float = 2.0, seed: int = 0, a: float = PARAMETERS["a"]
) -> records.Record:
    r"""Random smooth fields that decay exactly, :math:`\hat u(t) = e^{-a k^2 t} \hat u(0)`.

    The box is periodic with sides :math:`2 \pi`; the start has mean square 1.
    """
    torus = Torus(lengths=(2 * np.pi, 2 * np.pi), points=(points, points))
    start = torus.forward(torus.smooth_field(np.random.default_rng(seed), waves=4))
    rate = a * (torus.derivative(2, 0) + torus.derivative(0, 2)).real
    t = np.linspace(0, duration, frames)
    u = np.stack([torus.backward(np.exp(rate * moment) * start) for moment in t])
    x, y = torus.axes
    return records.field({"t": t, "x": x, "y": y}, {"u": u}, periodic=["x", "y"])


SYSTEM = System(
    name="heat_2d",
    independent="t x y",
    dependent="u",
    order=2,
    equations=("u_t = 0.1*(u_xx + u_yy)",),
    symmetries=(
        "translation(t, x, y)",
        "rotation(x, y)",
        "scaling(u=1)",
        "scaling(x=1, y=1, t=2)",
        "reflection(x)",
        "0.2*t*d_x - x*u*d_u",
    ),
    not_symmetries=("boost(x, u)", "scaling(x=1)", "reflection(t)"),
    library=Candidates(degree=2, derivatives=2, products=False),
    simulate=simulate,
)
