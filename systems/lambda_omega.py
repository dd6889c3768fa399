r"""The lambda-omega reaction-diffusion system: at every point an oscillator, coupled to its neighbours.

.. math:: u_t = (1 - A) u + A v + d_1 \Delta u, \qquad
          v_t = -A u + (1 - A) v + d_2 \Delta v, \qquad A = u^2 + v^2

For equal diffusion the phase of :math:`u + i v` may be turned everywhere by the same angle, beside
all motions of the plane.

The box is [-10, 10]^2 and periodic. Two systems by their start: random smooth fields, and the one-armed
spiral of the literature. The spiral identifies the law badly: A = 1 almost everywhere, and its whole record
is explained to 99 % by a single rotation.

Source: arXiv 2505.12083, section on reaction-diffusion (the spiral on 128 x 128 points, 201 frames to T = 10;
on 256 x 256 in D. A. Messenger, D. M. Bortz, J. Comput. Phys. 443 (2021) 110525); N. Kopell, L. N. Howard,
Stud. Appl. Math. 52 (1973) 291.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus

PARAMETERS = {"d1": 0.1, "d2": 0.1}

# The fastest decay, at the peaks of the start, sets the step: halving it moves no value by more than 1e-5.
STEP = 0.0125


def spiral(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""The start :math:`u + i v = \tanh r \, e^{i (\theta - r)}`, which jumps at the edge of the box.

    Arguments: ``x`` and ``y``, arrays of one shape. Returns u and v, stacked along a leading axis.
    """
    r, theta = np.hypot(x, y), np.arctan2(y, x)
    return np.tanh(r) * np.stack([np.cos(theta - r), np.sin(theta - r)])


def simulate(
    *,
    initial: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    points: int = 128,
    frames: int = 101,
    duration: float = 5.0,
    begin: float = 0.0,
    seed: int = 0,
    step: float = STEP,
    d1: float = PARAMETERS["d1"],
    d2: float = PARAMETERS["d2"],
) -> records.Record:
    """The fields u, v from ``initial(x, y)``, such as :func:`spiral`, or from random smooth fields.

    The random fields have mean square 1/2 each, and wavelengths of 5 and more. ``begin``, the time since the
    start at which the record begins.

    >>> simulate(initial=spiral, points=16, frames=3, duration=0.1)
    Record(u, v over t: 3, x: 16 periodic, y: 16 periodic)
    """
    torus = Torus(lengths=(20.0, 20.0), points=(points, points), origin=(-10.0, -10.0))
    if initial is None:
        rng = np.random.default_rng(seed)
        start = np.sqrt(0.5) * np.stack([torus.smooth_field(rng, waves=4) for _ in range(2)])
    else:
        start = initial(*np.meshgrid(*torus.axes, indexing="ij"))
    laplacian = (torus.derivative(2, 0) + torus.derivative(0, 2)).real
    linear = np.stack([1 + d1 * laplacian, 1 + d2 * laplacian])

    def reaction(w: np.ndarray) -> np.ndarray:
        u, v = w
        a = u**2 + v**2
        return torus.forward(np.stack([a * (v - u), -a * (u + v)]))

    if begin > 0:
        start = evolve(torus, linear, reaction, start, np.array([0.0, begin]), step=step)[-1]
    t = np.linspace(begin, begin + duration, frames)
    u, v = np.moveaxis(evolve(torus, linear, reaction, start, t, step=step), 1, 0)
    x, y = torus.axes
    return records.field({"t": t, "x": x, "y": y}, {"u": u, "v": v}, periodic=["x", "y"])


def simulate_spiral(
    *,
    points: int = 128,
    frames: int = 201,
    duration: float = 10.0,
    begin: float = 0.0,
    ripple: float = 0.0,
    seed: int = 0,
    step: float = STEP,
) -> records.Record:
    """The fields u, v from :func:`spiral`, by default with the published times.

    Argument ``ripple``: root mean square of random smooth fields on top, all that the seed decides.
    """
    rng = np.random.default_rng(seed)

    def initial(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        torus = Torus(lengths=(20.0, 20.0), points=x.shape)
        return spiral(x, y) + ripple * np.stack([torus.smooth_field(rng, waves=4) for _ in range(2)])

    return simulate(initial=initial, points=points, frames=frames, duration=duration, begin=begin, step=step)


SYSTEM = System(
    name="lambda_omega",
    independent="t x y",
    dependent="u v",
    order=2,
    equations=(
        "u_t = (1 - (u^2 + v^2))*u + (u^2 + v^2)*v + 0.1*(u_xx + u_yy)",
        "v_t = -(u^2 + v^2)*u + (1 - (u^2 + v^2))*v + 0.1*(v_xx + v_yy)",
    ),
    symmetries=("translation(t, x, y)", "rotation(x, y)", "phase(u, v)", "reflection(x)"),
    not_symmetries=("reflection(u)", "scaling(u=1, v=1)", "boost(x, u)"),
    library=Candidates(degree=3, derivatives=2, products=False),
    simulate=simulate,
)

SPIRAL = replace(SYSTEM, name="lambda_omega_spiral", simulate=simulate_spiral)
