r"""The Kuramoto-Sivashinsky equation: flame fronts, with chaos in space and time.

.. math:: u_t = -u u_x - u_{xx} - u_{xxxx}

Long waves grow, short ones are damped, and the advection carries energy from one to the other; the
most unstable wave has length :math:`2 \pi \sqrt 2`, so no scaling is left beside translations,
boost and reflection.

Source: Y. Kuramoto, T. Tsuzuki, Prog. Theor. Phys. 55 (1976) 356; G. I. Sivashinsky, Acta
Astronaut. 4 (1977) 1177.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus


def simulate(
    *,
    initial: Callable[[np.ndarray], np.ndarray] | None = None,
    points: int = 256,
    length: float = 64.0,
    frames: int = 251,
    duration: float = 50.0,
    seed: int = 0,
    step: float = 0.01,
) -> records.Record:
    """The field u from ``initial(x)``, or from four random waves of root mean square 1, on a circle."""
    torus = Torus(lengths=(length,), points=(points,))
    (x,) = torus.axes
    start = torus.smooth_field(np.random.default_rng(seed), waves=4) if initial is None else initial(x)
    flux = -0.5 * torus.derivative(1)
    linear = -(torus.derivative(2) + torus.derivative(4)).real
    t = np.linspace(0, duration, frames)
    u = evolve(torus, linear, lambda u: flux * torus.forward(u**2), start, t, step=step)
    return records.field({"t": t, "x": x}, {"u": u}, periodic=["x"])


SYSTEM = System(
    name="kuramoto_sivashinsky",
    independent="t x",
    dependent="u",
    order=4,
    equations=("u_t = -u*u_x - u_xx - u_xxxx",),
    symmetries=("translation(t, x)", "boost(x, u)", "reflection(x, u)"),
    not_symmetries=("reflection(x)", "scaling(x=1, t=2, u=-1)", "reflection(t, x)"),
    library=Candidates(degree=3, derivatives=4),
    simulate=simulate,
)
