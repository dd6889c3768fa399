r"""An enzyme at work: it turns a substrate into a product, and has its hands full when there is much of it.

.. math:: s_t = j - \frac{V s}{K + s}, \qquad p_t = \frac{V s}{K + s} - k p

Substrate s flows in, product p decays. Time may be shifted. The product acts on nothing and enters linearly,
so to any solution one may add what decays by itself, :math:`p \to p + \varepsilon e^{-k t}`.

Source: L. Michaelis, M. L. Menten, Biochem. Z. 49 (1913) 333; numbers of the substrate: N. M. Mangan, S. L.
Brunton, J. L. Proctor, J. N. Kutz, IEEE Trans. Mol. Biol. Multi-Scale Commun. 2 (2016) 52, section IV.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import reference

PARAMETERS = {"j": 0.6, "V": 1.5, "K": 0.3, "k": 0.5}


def simulate(
    *,
    trajectories: int = 20,
    seed: int = 0,
    duration: float = 4.0,
    samples: int = 201,
    j: float = PARAMETERS["j"],
    V: float = PARAMETERS["V"],
    K: float = PARAMETERS["K"],
    k: float = PARAMETERS["k"],
) -> records.Record:
    """Trajectories from s in U(0, 3) and p in U(0, 3), with equally spaced samples."""

    def rate(s: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, ...]:
        turned = V * s / (K + s)
        return j - turned, turned - k * p

    start = np.random.default_rng(seed).uniform(0, 3, (2, trajectories))
    t = np.linspace(0, duration, samples)
    states = reference(rate, start, t, tolerance=1e-12)
    return records.trajectories(t, list(np.moveaxis(states, 2, 0)), "s p")


SYSTEM = System(
    name="michaelis_menten",
    dependent="s p",
    equations=("s_t = 0.6 - 1.5*s/(0.3 + s)", "p_t = 1.5*s/(0.3 + s) - 0.5*p"),
    symmetries=("translation(t)", "exp(-t/2)*d_p"),
    not_symmetries=("scaling(s=1, p=1)", "translation(p)", "rotation(s, p)", "scaling(p=1)"),
    library=Candidates(degree=3),
    spanned=False,
    simulate=simulate,
)
