r"""The inviscid Burgers equation: every value keeps its own speed, until one overtakes another.

.. math:: u_t = -u u_x \qquad\Leftrightarrow\qquad u = u_0(x - u t)

Where the start :math:`u_0` falls, the wave steepens, and at :math:`t = 1 / \max(-u_0')` it breaks. Two
systems: the records of one end before; those of the other, 256 x 256, go on as long again with the shock,
which obeys the law in its weak form alone. Symmetries: translations, the moving frame, scalings of x and of t
by themselves (with u along), space and time reversed, and one projective motion. (There are infinitely many:
any function of u and x - u t makes another. A shock has all that keep the direction of time.)

Source: G. B. Whitham, Linear and Nonlinear Waves, sections 2.1 and 2.3; E. Hopf, Comm. Pure Appl. Math. 3
(1950) 201, for the shock; D. A. Messenger, D. M. Bortz, J. Comput. Phys. 443 (2021) 110525, section 4, for
:func:`ramp` and the size of the record.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus, random_waves, sum_of_waves

# The share of the time of breaking after which a record ends, where no duration is asked for.
SHARE = 0.6
SHARE_WITH_SHOCK = 2.0

FINER = 8  # places from which a value may come, for each point


def ramp(t: float, x: np.ndarray, *, a: float = 1000.0, alpha: float = 0.5) -> np.ndarray:
    r"""The published field, on [-4000, 4000] x [0, 4]: a ramp :math:`u_0 = \min(a, \max(0, -\alpha x))` that
    breaks at 1 / alpha into one jump, which runs with a / 2.

    >>> ramp(1.0, np.array([-1000.0, -250.0, 1.0])).tolist()
    [1000.0, 250.0, 0.0]
    """
    if t >= 1 / alpha:
        return np.where(x < a / 2 * (t - 1 / alpha), a, 0.0)
    return np.clip(-alpha * x / (1 - alpha * t), 0.0, a)


def simulate(
    *,
    points: int = 256,
    length: float = 10.0,
    frames: int = 101,
    duration: float | None = None,
    seed: int = 0,
    level: float = 1.0,
) -> records.Record:
    """The exact field u from three random waves of root mean square ``level``, on a circle.

    Argument ``duration``: by default 3/5 of the time of breaking, after which there is no smooth field.
    """
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    c, slopes, breaking = _start(seed, level, length)
    end = SHARE * breaking if duration is None else duration
    if end >= breaking:
        raise ValueError(f"duration={end:g}: this wave breaks at t = {breaking:.3g}. Ask for less.")
    t = np.linspace(0, end, frames)
    origin, fields = x, []
    for moment in t:
        origin = _refined(origin, moment, x, c, slopes, length)
        fields.append(sum_of_waves(c, origin / length))
    return records.field({"t": t, "x": x}, {"u": np.stack(fields)}, periodic=["x"])


def simulate_shock(
    *,
    points: int = 256,
    length: float = 10.0,
    frames: int = 256,
    duration: float | None = None,
    seed: int = 0,
    level: float = 1.0,
) -> records.Record:
    r"""The exact field u of the same waves, with the shocks that they form; twice the time of breaking.

    The value at x comes from the place y that minimises

    .. math:: \int_0^y u_0 + \frac{(x - y)^2}{2 t}, \qquad u = u_0(y)
    """
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    c, slopes, breaking = _start(seed, level, length)
    t = np.linspace(0, SHARE_WITH_SHOCK * breaking if duration is None else duration, frames)
    spacing, size = length / points / FINER, points * FINER
    fine = np.arange(size) / size - 0.5
    sums = np.divide(c, 2j * np.pi / length * (np.arange(len(c)) - len(c) // 2), where=c != 0, out=0 * c)
    area = sum_of_waves(sums, fine)
    fastest = np.abs(sum_of_waves(c, fine)).max()
    fields = [sum_of_waves(c, x / length)]
    for moment in t[1:]:
        reach = int(np.ceil(moment * fastest / spacing)) + 1
        steps = np.arange(-reach, reach + 1)  # x - y, in spacings
        places = FINER * np.arange(points)[:, None] - steps
        costs = area[places % size] + (spacing * steps) ** 2 / (2 * moment)
        nearest = x - spacing * steps[np.argmin(costs, axis=1)]
        origin = _refined(nearest, moment, x, c, slopes, length)
        fields.append(sum_of_waves(c, origin / length))
    return records.field({"t": t, "x": x}, {"u": np.stack(fields)}, periodic=["x"])


def _start(seed: int, level: float, length: float) -> tuple[np.ndarray, np.ndarray, float]:
    """The waves of the start, those of its slope, and when they break."""
    c = level * random_waves(np.random.default_rng(seed), dimensions=1, waves=3)
    slopes = 2j * np.pi / length * (np.arange(len(c)) - len(c) // 2) * c
    return c, slopes, -1 / sum_of_waves(slopes, np.arange(4096) / 4096).min()


def _refined(
    origin: np.ndarray, moment: float, x: np.ndarray, c: np.ndarray, slopes: np.ndarray, length: float
) -> np.ndarray:
    """Newton's rule for the place a value comes from, from places near to it."""
    for _ in range(50):
        u, slope = (sum_of_waves(waves, origin / length) for waves in (c, slopes))
        change = (origin + moment * u - x) / (1 + moment * slope)
        origin = origin - change
        if np.abs(change).max() < 1e-14 * length:
            break
    return origin


SYSTEM = System(
    name="inviscid_burgers",
    independent="t x",
    dependent="u",
    equations=("u_t = -u*u_x",),
    symmetries=(
        "translation(t, x)",
        "boost(x, u)",
        "scaling(x=1, u=1)",
        "scaling(t=1, u=-1)",
        "t^2*d_t + t*x*d_x + (x - t*u)*d_u",
        "reflection(x, u)",
        "reflection(t, u)",
    ),
    not_symmetries=("reflection(x)", "translation(u)", "scaling(u=1)"),
    library=Candidates(degree=3, derivatives=1),
    simulate=simulate,
)

SHOCK = replace(
    SYSTEM,
    name="inviscid_burgers_shock",
    order=3,
    library=Candidates(degree=3, derivatives=1, further=("u_xx", "u_xxx")),
    simulate=simulate_shock,
)
