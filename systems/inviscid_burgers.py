r"""The inviscid Burgers equation: every value keeps its own speed, until one overtakes another.

.. math:: u_t = -u u_x \qquad\Leftrightarrow\qquad u = u_0(x - u t)

Where the start :math:`u_0` falls, the wave steepens, and at :math:`t = 1 / \max(-u_0')` it breaks; records
end before. Symmetries: translations, the moving frame, scalings of x and of t by themselves (with u along),
space and time reversed, and one projective motion. (There are infinitely many: any function of u and x - u t
makes another.)

Source: G. B. Whitham, Linear and Nonlinear Waves, section 2.1; data as in D. A. Messenger, D. M. Bortz, J.
Comput. Phys. 443 (2021) 110525, before the shock.
"""

from __future__ import annotations

import numpy as np

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.torus import Torus, random_waves, sum_of_waves

# The share of the time of breaking after which a record ends, where no duration is asked for.
SHARE = 0.6


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
    c = level * random_waves(np.random.default_rng(seed), dimensions=1, waves=3)
    slopes = 2j * np.pi / length * (np.arange(len(c)) - len(c) // 2) * c
    breaking = -1 / sum_of_waves(slopes, np.arange(4096) / 4096).min()
    end = SHARE * breaking if duration is None else duration
    if end >= breaking:
        raise ValueError(f"duration={end:g}: this wave breaks at t = {breaking:.3g}. Ask for less.")
    t = np.linspace(0, end, frames)
    origin, fields = x, []
    for moment in t:
        # Newton's rule for the place a value comes from, which is near the one of a frame ago.
        for _ in range(50):
            u, slope = (sum_of_waves(waves, origin / length) for waves in (c, slopes))
            change = (origin + moment * u - x) / (1 + moment * slope)
            origin = origin - change
            if np.abs(change).max() < 1e-14 * length:
                break
        fields.append(sum_of_waves(c, origin / length))
    return records.field({"t": t, "x": x}, {"u": np.stack(fields)}, periodic=["x"])


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
