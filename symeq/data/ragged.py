"""Arrays of trajectories: one for all of them, or one for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symeq.errors import InvalidInput


def runs_of(states: ArrayLike | Sequence[ArrayLike]) -> list[np.ndarray]:
    """The states of each trajectory; those of all may be one array.  Raises InvalidInput for ragged ones."""
    if isinstance(states, list | tuple):
        each = [_array(run, "states") for run in states]
        if all(run.ndim == 2 for run in each):
            return each
    whole = _array(states, "states")
    if whole.ndim == 3:
        return list(whole)
    return [whole]


def times_of(t: ArrayLike | Sequence[ArrayLike]) -> list[np.ndarray]:
    """The times of each trajectory, or those of all.  Raises InvalidInput for ragged ones."""
    if isinstance(t, list | tuple):
        each = [_array(clock, "times") for clock in t]
        if each and all(clock.ndim == 1 for clock in each):
            return each
    whole = _array(t, "times")
    return list(whole) if whole.ndim == 2 else [whole]


def _array(values: Any, what: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InvalidInput(
            f"The {what} are ragged and make no array; give one array for each trajectory."
        ) from error
