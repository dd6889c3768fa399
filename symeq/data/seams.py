"""The seam of a periodic axis: where the last point meets the first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

from symeq.data.slabs import is_lazy, read

SAME = 1e-9
SLICES = 16
SKETCH = 2**20  # values of a lazy variable that are looked at


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
        values = _along(variable, axis)
        scale = SAME * _largest(values)
        if not _largest(values[-1] - values[0]) <= scale:
            return False
        repeated = repeated or _largest(values[-1] - values[-2]) > 1000 * scale
    return repeated


def _continues(part: xr.Dataset, axis: str) -> bool:
    """The step across the seam is like those between neighbours, and small beside the spread."""
    if part.sizes[axis] < 8:
        return False
    for variable in part.data_vars.values():
        values = _along(variable, axis)
        # A few slices tell; differences of the whole field would double the memory.
        places = np.unique(np.linspace(0, len(values) - 2, SLICES).astype(int))
        seam, neighbours = _rms(values[0] - values[-1]), _rms(values[places + 1] - values[places])
        if not (seam <= 2 * neighbours and seam <= 0.5 * values.std()):
            return False
    return True


def _along(variable: xr.DataArray, axis: str) -> np.ndarray:
    """The values with an axis first; of a lazy variable the middle of its other axes."""
    place = variable.get_axis_num(axis)
    if not is_lazy(variable):
        return np.moveaxis(variable.values, place, 0)
    others = variable.ndim - 1
    width = max(1, int((SKETCH / variable.shape[place]) ** (1 / max(1, others))))
    box = [slice(max(0, (size - width) // 2), max(0, (size - width) // 2) + width) for size in variable.shape]
    box[place] = slice(0, variable.shape[place])
    return np.moveaxis(read(variable, tuple(box)), place, 0)


def _largest(values: np.ndarray) -> float:
    """The largest size among the values that are there, NaN where none is."""
    size = np.abs(values)
    largest = float(size.max())
    if np.isfinite(largest):
        return largest
    good = size[np.isfinite(size)]
    return float(good.max()) if good.size else np.nan


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
