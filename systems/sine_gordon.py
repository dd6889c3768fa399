r"""The sine-Gordon equation: a line of pendulums, each coupled to the next.

.. math:: u_{tt} = u_{xx} - \sin u

The law is that of special relativity in one dimension: translations and the boosts
:math:`t \partial_x + x \partial_t`, the Poincare group, beside the reflections of space, time and u, and
full turns :math:`u \to u + 2 \pi`.

Source: A. C. Scott, F. Y. F. Chu, D. W. McLaughlin, Proc. IEEE 61 (1973) 1443; the breather is their solution
at rest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.waves import klein_gordon


def breather(t: float, x: np.ndarray, *, frequency: float = 0.6) -> np.ndarray:
    r"""The exact solution :math:`4 \arctan \frac{\eta \sin \omega t}{\omega \cosh \eta x}`,
    :math:`\eta^2 = 1 - \omega^2`."""
    eta = np.sqrt(1 - frequency**2)
    return 4 * np.arctan(eta * np.sin(frequency * t) / (frequency * np.cosh(eta * x)))


def simulate(
    *,
    initial: Callable[[np.ndarray], np.ndarray] | None = None,
    points: int = 256,
    length: float = 30.0,
    frames: int = 501,
    duration: float = 10.0,
    seed: int = 0,
    step: float = 0.01,
) -> records.Record:
    """The field u from ``initial(x)``, which gives u and u_t, or from random waves with peaks of about 3.

    The waves have root mean square 1.5, and their velocities 0.5, on a circle.
    """
    return klein_gordon(
        lambda u: u - np.sin(u),
        initial,
        points=points,
        length=length,
        frames=frames,
        duration=duration,
        seed=seed,
        step=step,
        levels=(1.5, 0.5),
    )


SYSTEM = System(
    name="sine_gordon",
    independent="t x",
    dependent="u",
    order=2,
    equations=("u_tt = u_xx - sin(u)",),
    symmetries=("Poincare(t; x)", "reflection(x)", "reflection(t)", "reflection(u)", "u -> u + 2*pi"),
    not_symmetries=("boost(x, u)", "translation(u)", "scaling(t=1, x=1)", "scaling(u=1)"),
    # u_tx is left out: a boost mixes it with the lead, which makes the condition on the law quadratic.
    library=Candidates(degree=3, derivatives=1, products=False, further=("u_xx", "sin(u)", "cos(u)")),
    simulate=simulate,
)
