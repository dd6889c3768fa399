"""Trajectories of x' = f(x) from many starts at once: classical Runge-Kutta, and a reference integrator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.integrate import solve_ivp

Rate = Callable[..., Sequence[np.ndarray]]


def runge_kutta(rate: Rate, start: np.ndarray, *, step: float, steps: int, every: int = 1) -> np.ndarray:
    r"""Integrate with the classical fourth-order rule at a fixed step, as published protocols do.

    .. math:: x_{n+1} = x_n + \tfrac{h}{6} (k_1 + 2 k_2 + 2 k_3 + k_4)

    Arguments: ``rate(x, y, ...)``, one array per state to one array per state; ``start[state, trajectory]``;
    ``step`` = h, units of time; every ``every``-th of the ``steps`` steps is kept, and the start.
    Returns ``states[sample, state, trajectory]``.
    Source: W. Kutta, Z. Math. Phys. 46 (1901) 435.

    >>> decay = runge_kutta(lambda x: [-x], np.ones((1, 1)), step=0.1, steps=10, every=5)
    >>> decay[:, 0, 0].round(5)
    array([1.     , 0.60653, 0.36788])
    """
    x = np.array(start, dtype=float)
    kept = [x]
    for n in range(1, steps + 1):
        k1 = np.stack(rate(*x))
        k2 = np.stack(rate(*(x + (0.5 * step) * k1)))
        k3 = np.stack(rate(*(x + (0.5 * step) * k2)))
        k4 = np.stack(rate(*(x + step * k3)))
        x = x + (step / 6) * (k1 + 2 * (k2 + k3) + k4)
        if n % every == 0:
            kept.append(x)
    return np.stack(kept)


def reference(rate: Rate, start: np.ndarray, times: np.ndarray, *, tolerance: float = 1e-10) -> np.ndarray:
    """Integrate with the eighth-order Dormand-Prince rule, local errors far below any noise added later.

    Arguments: as for :func:`runge_kutta`, with the ``times[sample]`` to keep; ``tolerance``,
    relative local error.
    Returns ``states[sample, state, trajectory]``.
    Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I, section II.5.

    >>> circle = reference(lambda x, y: [-y, x], np.array([[1.0], [0.0]]), np.array([0.0, np.pi]))
    >>> circle[-1, :, 0].round(9) + 0.0
    array([-1.,  0.])
    """

    def flat(_: float, state: np.ndarray) -> np.ndarray:
        return np.stack(rate(*state.reshape(start.shape))).ravel()

    solution = solve_ivp(
        flat,
        (times[0], times[-1]),
        np.asarray(start, dtype=float).ravel(),
        method="DOP853",
        t_eval=times,
        rtol=tolerance,
        atol=tolerance,
    )
    if not solution.success:
        raise RuntimeError(f"the integration stopped at t = {solution.t[-1]}: {solution.message}")
    return solution.y.T.reshape(len(times), *start.shape)


def on_annulus(rng: np.random.Generator, count: int, inner: float, outer: float) -> np.ndarray:
    """Starts ``[state, trajectory]`` in the plane with radius U(inner, outer) and angle U(0, 2 pi)."""
    radius, angle = rng.uniform(inner, outer, count), rng.uniform(0, 2 * np.pi, count)
    return radius * np.stack([np.cos(angle), np.sin(angle)])
