r"""The Boussinesq equation: waves that run both ways on shallow water.

.. math:: u_{tt} = -u u_{xx} - u_x^2 - u_{xxxx} = -\left( \tfrac12 u^2 + u_{xx} \right)_{xx}

Translations, the scaling :math:`x \to a x, t \to a^2 t, u \to a^{-2} u`, and the reversal of space and of
time are its symmetries. Long waves grow where u is positive; a low hump in a box this short decays.

Data: the box is [-10, 10) and periodic, 256 points; the start :math:`u = \tfrac12 e^{-x^2}` is at rest; T =
20 to learn from, and the next 20 to test. (Published with classical Runge-Kutta and step 0.001; here the
integrator is exact for u_xxxx, and with step 0.005 it errs by 1e-9.)
Source: arXiv 2505.12083, section on the Boussinesq equation; symmetries: D. Levi, P. Winternitz, J. Phys. A
22 (1989) 2915.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.modes import Oscillations
from systems.system import System
from systems.torus import Torus


def simulate(
    *,
    initial: Callable[[np.ndarray], np.ndarray] | None = None,
    amplitude: float = 0.5,
    ripple: float = 0.0,
    points: int = 256,
    length: float = 20.0,
    frames: int = 1001,
    duration: float = 20.0,
    begin: float = 0.0,
    seed: int = 0,
    step: float = 0.005,
) -> records.Record:
    r"""The field u from ``initial(x)``, or from :math:`a e^{-x^2}` and random waves, at rest, on a circle.

    Arguments: ``amplitude`` = a; ``ripple``, root mean square of two random waves, all that the seed decides;
    ``begin``, the time since the start at which the record begins, so that ``begin=20`` is the next run.
    """
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    hump = amplitude * np.exp(-(x**2)) if initial is None else initial(x)
    start = hump + ripple * torus.smooth_field(np.random.default_rng(seed), waves=2)
    # The mean of u has no frequency of its own; an oscillation of frequency 1 is added and taken away again.
    waves = Oscillations(torus, np.sqrt(1 + torus.derivative(4).real))
    bent = torus.derivative(2).real

    def force(state: np.ndarray) -> np.ndarray:
        u = state[0]
        pushed = torus.forward(u) - bent * torus.forward(u**2 / 2)
        return np.stack([pushed, pushed])

    def until(state: np.ndarray, times: np.ndarray) -> np.ndarray:
        return evolve(waves, waves.multiplier, force, state, times, step=step)

    state = np.stack([start, np.zeros_like(start)])
    if begin > 0:
        state = until(state, np.array([0.0, begin]))[-1]
    t = np.linspace(begin, begin + duration, frames)
    return records.field({"t": t, "x": x}, {"u": until(state, t)[:, 0]}, periodic=["x"])


SYSTEM = System(
    name="boussinesq",
    independent="t x",
    dependent="u",
    order=4,
    equations=("u_tt = -u*u_xx - u_x^2 - u_xxxx",),
    symmetries=("translation(t, x)", "scaling(t=2, x=1, u=-2)", "reflection(x)", "reflection(t)"),
    not_symmetries=("boost(x, u)", "reflection(u)", "scaling(t=1, x=1)", "translation(u)"),
    library=Candidates(degree=2, derivatives=4, further=("u_x^2", "u*u_x^2", "u_xx^2")),
    simulate=simulate,
)
