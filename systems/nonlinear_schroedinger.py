r"""The nonlinear Schroedinger equation: envelopes of waves that hold themselves together.

.. math:: i \psi_t + \tfrac12 \psi_{xx} + |\psi|^2 \psi = 0, \qquad \psi = u + i v

As real fields :math:`u_t = -\tfrac12 v_{xx} - (u^2 + v^2) v, \; v_t = \tfrac12 u_{xx} + (u^2 + v^2) u`.
Symmetries: translations, the phase, the moving frame in which the phase turns along,
:math:`t \partial_x + x (u \partial_v - v \partial_u)`, the scaling
:math:`x \to a x, t \to a^2 t, \psi \to \psi / a`, and the reversal of space and of time.

Source: V. E. Zakharov, A. B. Shabat, Sov. Phys. JETP 34 (1972) 62; symmetries: C. Sulem, P.-L. Sulem, The
Nonlinear Schroedinger Equation, section 2.3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.modes import Phasors
from systems.system import System
from systems.torus import Torus


def soliton(t: float, x: np.ndarray, *, a: float = 1.0, c: float = 0.0) -> np.ndarray:
    r"""The exact solution, u and v stacked,

    .. math:: \psi = a \operatorname{sech} a (x - c t) \, e^{i (c x + (a^2 - c^2) t / 2)}
    """
    psi = a / np.cosh(a * (x - c * t)) * np.exp(1j * (c * x + (a**2 - c**2) * t / 2))
    return np.stack([psi.real, psi.imag])


def simulate(
    *,
    initial: Callable[[np.ndarray], np.ndarray] | None = None,
    points: int = 256,
    length: float = 20.0,
    frames: int = 501,
    duration: float = 5.0,
    seed: int = 0,
    step: float = 0.002,
) -> records.Record:
    """The fields u, v from ``initial(x)``, stacked, or from three random waves of mean square 1/2 each.

    Bright places draw together: |psi| reaches twice and more of what it is at the start.
    """
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    if initial is None:
        rng = np.random.default_rng(seed)
        start = np.sqrt(0.5) * np.stack([torus.smooth_field(rng, waves=3) for _ in range(2)])
    else:
        start = initial(x)
    waves = Phasors(torus)

    def turned(fields: np.ndarray) -> np.ndarray:
        u, v = fields
        a = u**2 + v**2
        return waves.forward(np.stack([-a * v, a * u]))

    t = np.linspace(0, duration, frames)
    linear = waves.multiplier(0.5j * torus.derivative(2).real)
    u, v = np.moveaxis(evolve(waves, linear, turned, start, t, step=step), 1, 0)
    return records.field({"t": t, "x": x}, {"u": u, "v": v}, periodic=["x"])


SYSTEM = System(
    name="nonlinear_schroedinger",
    independent="t x",
    dependent="u v",
    order=2,
    equations=("u_t = -1/2*v_xx - (u^2 + v^2)*v", "v_t = 1/2*u_xx + (u^2 + v^2)*u"),
    symmetries=(
        "translation(t, x)",
        "phase(u, v)",
        "t*d_x + x*(u*d_v - v*d_u)",
        "scaling(x=1, t=2, u=-1, v=-1)",
        "Schroedinger(t; x; u, v; c=1/2; weight=-1)",
        "reflection(x)",
        "reflection(t, v)",
    ),
    not_symmetries=("boost(x, u)", "reflection(t)", "scaling(u=1, v=1)", "Schroedinger(t; x; u, v; c=1/2)"),
    library=Candidates(degree=3, derivatives=2),
    simulate=simulate,
)
