r"""A relativistic wave whose restoring force fades where the wave is high.

.. math:: u_{tt} = u_{xx} - u e^{-u^2}

The potential is :math:`V = \tfrac12 (1 - e^{-u^2})`: a small wave has mass 1, a high one none. Like every
law :math:`u_{tt} = u_{xx} - V'(u)` it has the Poincare group of one dimension, beside the reflections of
space, time and, for an even V, of u. Which V it is no symmetry says.

Source: L. D. Landau, E. M. Lifshitz, The Classical Theory of Fields, section 26 (invariant actions).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.waves import klein_gordon


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
    """The field u from ``initial(x)``, which gives u and u_t, or from random waves of root mean square 1.

    Their velocities have root mean square 1/2, on a circle.
    """
    return klein_gordon(
        lambda u: u * (1 - np.exp(-(u**2))),
        initial,
        points=points,
        length=length,
        frames=frames,
        duration=duration,
        seed=seed,
        step=step,
        levels=(1.0, 0.5),
    )


SYSTEM = System(
    name="exponential_wave",
    independent="t x",
    dependent="u",
    order=2,
    equations=("u_tt = u_xx - u*exp(-u^2)",),
    symmetries=("Poincare(t; x)", "reflection(x)", "reflection(t)", "reflection(u)"),
    not_symmetries=("boost(x, u)", "translation(u)", "scaling(t=1, x=1)", "scaling(u=1)"),
    # u_tx is left out: a boost mixes it with the lead, which makes the condition on the law quadratic.
    library=Candidates(degree=5, derivatives=1, products=False, further=("u_xx",)),
    spanned=False,
    simulate=simulate,
)
