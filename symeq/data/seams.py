"""The seam of a periodic axis: where the last point meets the first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

SAME = 1e-9
SLICES = 16


def close_seams(parts: Sequence[xr.Dataset], periodic: Iterable[str]) -> tuple[list[xr.Dataset], list[str]]:
    """Drops the last point of a periodic axis where it repeats the first one, so that the period is right."""
    closed, notes = list(parts), []
    for axis in sorted(periodic):
        if all(axis in part.dims and part.sizes[axis] > 3 and _repeats(part, axis) for part in closed):
            closed = [part.isel({axis: slice(None, -1)}) for part in closed]
            notes.append(f"{axis}: the last point repeats the first of this periodic axis and was dropped")
    return closed, notes


def suggest_periodic(parts: Sequence[xr.Dataset], periodic: Iterable[str]) -> list[str]:
    """A note for each axis of a field that seems to continue from the last point to the first."""
    axes = [str(axis) for axis in parts[0].dims]
    if len(axes) < 2:
        return []
    # Values that are not finite are refused later, in words; here they only compare as false.
    with np.errstate(invalid="ignore", over="ignore"):
        return [
            f"{axis}: looks periodic; if it is, say so (`--periodic {axis}`)"
            for axis in axes
            if axis not in periodic and all(axis in part.dims and _continues(part, axis) for part in parts)
        ]


def _repeats(part: xr.Dataset, axis: str) -> bool:
    """The last slice equals the first although neighbouring slices differ."""
    repeated = False
    for variable in part.data_vars.values():
        values = np.moveaxis(variable.values, variable.get_axis_num(axis), 0)
        scale = SAME * np.abs(values).max()
        if not np.abs(values[-1] - values[0]).max() <= scale:
            return False
        repeated = repeated or bool(np.abs(values[-1] - values[-2]).max() > 1000 * scale)
    return repeated


def _continues(part: xr.Dataset, axis: str) -> bool:
    """The step across the seam is like those between neighbours, and small beside the spread."""
    if part.sizes[axis] < 8:
        return False
    for variable in part.data_vars.values():
        values = np.moveaxis(variable.values, variable.get_axis_num(axis), 0)
        # A few slices tell; differences of the whole field would double the memory.
        places = np.unique(np.linspace(0, len(values) - 2, SLICES).astype(int))
        seam, neighbours = _rms(values[0] - values[-1]), _rms(values[places + 1] - values[places])
        if not (seam <= 2 * neighbours and seam <= 0.5 * values.std()):
            return False
    return True


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
