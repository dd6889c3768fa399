r"""A planar law with two numbers inside its functions, which no linear search can fit.

.. math:: z_t = \left( e^{-a r^2} - c + i \sin b r^2 \right) z, \qquad z = x + i y, \quad r^2 = x^2 + y^2

As real states :math:`x_t = (e^{-a r^2} - c) x - \sin(b r^2) y` and
:math:`y_t = (e^{-a r^2} - c) y + \sin(b r^2) x`. It commutes with every rotation. Everything tends to the
circle :math:`e^{-a r^2} = c`, from within and from without, and the sense of turning changes with r.

Source: the general SO(2)-equivariant law is in M. Golubitsky, I. Stewart, D. G. Schaeffer, Singularities and
Groups in Bifurcation Theory II, section VIII.2; the two functions are our own.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.trajectories import on_annulus, reference

PARAMETERS = {"a": 0.7, "b": 1.3, "c": 0.2}


def simulate(
    *,
    trajectories: int = 60,
    seed: int = 0,
    duration: float = 4.0,
    samples: int = 201,
    a: float = PARAMETERS["a"],
    b: float = PARAMETERS["b"],
    c: float = PARAMETERS["c"],
) -> records.Record:
    """Trajectories from radius U(0.1, 2.2) and angle U(0, 2 pi), with equally spaced samples."""

    def rate(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        square = x**2 + y**2
        growth, turning = np.exp(-a * square) - c, np.sin(b * square)
        return growth * x - turning * y, growth * y + turning * x

    start = on_annulus(np.random.default_rng(seed), trajectories, 0.1, 2.2)
    t = np.linspace(0, duration, samples)
    states = reference(rate, start, t, tolerance=1e-12)
    return records.trajectories(t, list(np.moveaxis(states, 2, 0)), "x y")


SYSTEM = System(
    name="two_constants",
    dependent="x y",
    equations=(
        "x_t = (exp(-0.7*(x^2 + y^2)) - 0.2)*x - sin(1.3*(x^2 + y^2))*y",
        "y_t = (exp(-0.7*(x^2 + y^2)) - 0.2)*y + sin(1.3*(x^2 + y^2))*x",
    ),
    symmetries=("translation(t)", "rotation(x, y)"),
    not_symmetries=("reflection(x)", "permutation(x, y)", "translation(x)"),
    library=Candidates(degree=5),
    spanned=False,
    simulate=simulate,
)
