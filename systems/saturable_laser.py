r"""Light in a wide laser whose gain is used up where the light is bright.

.. math:: \psi_t = (d + i \delta) \Delta \psi + \left( \frac{g}{1 + |\psi|^2} - \ell \right) \psi
          + i b |\psi|^2 \psi, \qquad \psi = u + i v

With :math:`A = u^2 + v^2` and :math:`G = g / (1 + A) - \ell`, as real fields,

.. math:: u_t = d \Delta u - \delta \Delta v + G u - b A v, \qquad
          v_t = \delta \Delta u + d \Delta v + G v + b A u

Diffraction :math:`\delta` and diffusion d spread the light, the intensity A turns its phase. The phase may be
turned everywhere by the same angle, beside all motions of the plane. That the gain saturates as
:math:`1 / (1 + A)` no symmetry says.

The box is [-10, 10]^2 and periodic; the random smooth starts have dark and bright places.
Source: N. N. Rosanov, Spatial Hysteresis and Optical Patterns, chapter 6 (lasers with fast saturable media).
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.modes import Phasors
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"d": 0.1, "delta": 0.2, "g": 2.0, "loss": 0.5, "b": 0.3}


def simulate(
    *,
    points: int = 128,
    frames: int = 101,
    duration: float = 4.0,
    seed: int = 0,
    step: float = 0.01,
    level: float = 1.2,
    d: float = PARAMETERS["d"],
    delta: float = PARAMETERS["delta"],
    g: float = PARAMETERS["g"],
    loss: float = PARAMETERS["loss"],
    b: float = PARAMETERS["b"],
) -> records.Record:
    """The fields u, v from random smooth fields with wavelengths of 5 and more.

    Arguments: ``level``, root mean square of the start of psi; ``loss``, the l of the equation.
    """
    torus = Torus(lengths=(20.0, 20.0), points=(points, points), origin=(-10.0, -10.0))
    rng = np.random.default_rng(seed)
    start = level * np.sqrt(0.5) * np.stack([torus.smooth_field(rng, waves=4) for _ in range(2)])
    waves = Phasors(torus)

    def medium(fields: np.ndarray) -> np.ndarray:
        u, v = fields
        a = u**2 + v**2
        gain = g / (1 + a)
        return waves.forward(np.stack([gain * u - b * a * v, gain * v + b * a * u]))

    laplacian = (torus.derivative(2, 0) + torus.derivative(0, 2)).real
    t = np.linspace(0, duration, frames)
    linear = waves.multiplier((d + 1j * delta) * laplacian - loss)
    u, v = np.moveaxis(evolve(waves, linear, medium, start, t, step=step), 1, 0)
    x, y = torus.axes
    return records.field({"t": t, "x": x, "y": y}, {"u": u, "v": v}, periodic=["x", "y"])


SYSTEM = System(
    name="saturable_laser",
    independent="t x y",
    dependent="u v",
    order=2,
    equations=(
        "u_t = 0.1*(u_xx + u_yy) - 0.2*(v_xx + v_yy) + (2/(1 + u^2 + v^2) - 0.5)*u - 0.3*(u^2 + v^2)*v",
        "v_t = 0.2*(u_xx + u_yy) + 0.1*(v_xx + v_yy) + (2/(1 + u^2 + v^2) - 0.5)*v + 0.3*(u^2 + v^2)*u",
    ),
    symmetries=("translation(t, x, y)", "rotation(x, y)", "phase(u, v)", "reflection(x)"),
    not_symmetries=("reflection(u)", "scaling(u=1, v=1)", "reflection(v)", "boost(x, u)"),
    library=Candidates(degree=3, derivatives=2, products=False),
    spanned=False,
    simulate=simulate,
)
