"""Solve a discovered ordinary differential equation forward in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.integrate import solve_ivp
from sympy import Symbol

from symeq.data.records import Record, trajectories
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

RELATIVE, ABSOLUTE = 1e-9, 1e-11
EVALUATIONS = 2_000_000  # a law that needs more for one trajectory blows up or is stiff


def integrate(
    jet: Jet,
    leads: Sequence[Symbol],
    arguments: Sequence[Symbol],
    rhs: Callable[..., np.ndarray],
    start: Sequence[float] | np.ndarray,
    times: Sequence[float] | np.ndarray,
) -> Record:
    """The solution of L = F(jet) through ``start`` at ``times[0]``, by the Dormand-Prince method of order
    8."""
    if len(jet.independent) != 1:
        raise InvalidInput(
            f"simulate integrates ordinary differential equations; this law has the independent variables "
            f"{', '.join(map(str, jet.independent))}. Use its rhs in a solver of your own."
        )
    time = jet.independent[0]
    orders = {jet.multi_index(lead)[0]: jet.order_of(lead) for lead in leads}
    missing = [u for u in jet.dependent if u not in orders]
    if missing:
        raise InvalidInput(
            f"There is no equation for {missing[0]}; simulate needs one for every dependent variable."
        )
    highest = max(orders.values())
    states = [jet.derivative(u, (k,)) for k in range(highest) for u in jet.dependent if k < orders[u]]
    initial, grid = np.asarray(start, dtype=float), np.asarray(times, dtype=float)
    if initial.shape != (len(states),):
        raise InvalidInput(
            f"The start must hold {len(states)} numbers, {', '.join(map(str, states))}; "
            f"it has shape {initial.shape}."
        )
    if grid.ndim != 1 or grid.size < 3 or not np.all(np.diff(grid) > 0):
        raise InvalidInput("The times must be three or more increasing numbers.")
    if not np.isfinite(initial).all() or not np.isfinite(grid).all():
        raise InvalidInput("The start and the times must be finite; there is NaN or Inf among them.")
    place = {state: k for k, state in enumerate(states)}
    slots = [None if z == time else place[z] for z in arguments]
    evaluations = 0

    def velocity(t: float, state: np.ndarray) -> np.ndarray:
        nonlocal evaluations
        evaluations += 1
        if evaluations > EVALUATIONS:
            raise FloatingPointError
        values = rhs(*(t if slot is None else state[slot] for slot in slots))
        highest_derivative = dict(zip((jet.multi_index(lead)[0] for lead in leads), values, strict=True))
        result = np.empty(len(states))
        for k, z in enumerate(states):
            u, (order,) = jet.multi_index(z)
            result[k] = (
                highest_derivative[u]
                if order + 1 == orders[u]
                else state[place[jet.derivative(u, (order + 1,))]]
            )
        return result

    try:
        with np.errstate(all="ignore"):
            solution = solve_ivp(
                velocity, (grid[0], grid[-1]), initial, "DOP853", t_eval=grid, rtol=RELATIVE, atol=ABSOLUTE
            )
        reached = solution.success and bool(np.all(np.isfinite(solution.y)))
    except (FloatingPointError, OverflowError):
        reached = False
    if not reached:
        raise InvalidInput(
            f"The solution from {initial.tolist()} does not reach {time} = {grid[-1]:g}: "
            "it grows without bound or the law is stiff there. Ask for a shorter time."
        )
    rows = [place[u] for u in jet.dependent]
    return trajectories(
        grid, solution.y[rows].T, names=[str(u) for u in jet.dependent], independent=str(time)
    )
