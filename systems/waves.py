"""Relativistic waves on a circle, u_tt = u_xx - V'(u)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symeq.data import records
from systems.exponential import evolve
from systems.modes import Oscillations
from systems.torus import Torus


def klein_gordon(
    rest: Callable[[np.ndarray], np.ndarray],
    initial: Callable[[np.ndarray], np.ndarray] | None,
    *,
    points: int,
    length: float,
    frames: int,
    duration: float,
    seed: int,
    step: float,
    levels: tuple[float, float],
) -> records.Record:
    r"""The field of :math:`u_{tt} = u_{xx} - u + f(u)` from a start that is given or random.

    Arguments: ``rest`` = f; ``initial(x)``, u and u_t stacked along a leading axis, or None for random smooth
    fields of up to four waves, with root mean squares ``levels`` of u and of u_t.

    >>> flat = {"points": 8, "length": 1.0, "frames": 3, "duration": np.pi, "seed": 0, "step": 0.1}
    >>> still = lambda x: np.stack([np.cos(2 * np.pi * x), 0 * x])
    >>> free = klein_gordon(lambda u: 0 * u, still, levels=(1, 1), **flat).parts[0]["u"].values
    >>> bool(np.allclose(free[1], np.cos(np.hypot(1, 2 * np.pi) * np.pi / 2) * free[0]))
    True
    """
    torus = Torus(lengths=(length,), points=(points,), origin=(-length / 2,))
    (x,) = torus.axes
    if initial is None:
        rng = np.random.default_rng(seed)
        start = np.stack([level * torus.smooth_field(rng, waves=4) for level in levels])
    else:
        start = initial(x)
    waves = Oscillations(torus, np.sqrt(1 - torus.derivative(2).real))
    t = np.linspace(0, duration, frames)
    states = evolve(waves, waves.multiplier, lambda state: waves.force(rest(state[0])), start, t, step=step)
    return records.field({"t": t, "x": x}, {"u": states[:, 0]}, periodic=["x"])
