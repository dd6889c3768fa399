"""What a record must satisfy before anything is computed from it; each check refuses with one message."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from symeq.data.slabs import boxes, is_lazy, read
from symeq.errors import InvalidInput

FEWEST_POINTS = 3
MOST_POINTS = 10**12
"""Points of one variable, beyond which a header is not believed and a pass would take days."""
REFUSE, LEAVE_OUT = "refuse", "leave out"
NEGLIGIBLE_IMAGINARY = 1e-4
HOW = (
    'Cut these places out, fill them in, or have what touches a NaN left out with `missing="leave out"`'
    " (`--missing`)."
)


def as_floats(name: str, values: np.ndarray, where: str = "") -> tuple[np.ndarray, tuple[str, ...]]:
    """`values` as float64, and what had to be done to them.

    Raises:
        InvalidInput: not numbers, or complex with an imaginary part that is not negligible.
    """
    kind = values.dtype.kind
    if kind not in "fiuc":
        raise InvalidInput(
            f"`{name}`{where} is not numeric: its type is {values.dtype}. Convert it to floats first"
            + (", for instance to seconds since the start." if kind in "mM" else ".")
        )
    if kind == "c":
        finite = values[np.isfinite(values)]
        size, imaginary = (_rms(finite), _rms(finite.imag)) if finite.size else (0.0, 0.0)
        if imaginary >= NEGLIGIBLE_IMAGINARY * size and imaginary > 0:
            raise InvalidInput(
                f"`{name}`{where} is complex, and its imaginary part is not negligible (RMS {imaginary:.3g}"
                f" of {size:.3g}, where less than {NEGLIGIBLE_IMAGINARY:g} of the RMS is dropped). Store the"
                " real and the imaginary part as two variables."
            )
        note = f"{name}: complex, imaginary part dropped (RMS {imaginary:.2g} of {size:.2g})"
        # A value whose imaginary part is lost must not pass as a good one.
        real = np.where(np.isfinite(values.imag), values.real, np.nan)
        return real.astype(np.float64), (note,)
    if values.dtype == np.float64:
        return values, ()
    return values.astype(np.float64), (f"{name}: {values.dtype} converted to float64",)


def check_missing(missing: str) -> None:
    """Refuses what says neither of the two things that can be done with missing values."""
    if missing not in (REFUSE, LEAVE_OUT):
        raise InvalidInput(
            f"missing={missing!r}: missing values are refused (`{REFUSE}`), or what touches them is left out"
            f" (`{LEAVE_OUT}`). Name one of these."
        )


def check_parts(parts: Sequence[xr.Dataset], where: str = "", missing: str = REFUSE) -> None:
    """Refuses parts that do not share names, or an axis or a variable from which nothing can be learnt.

    Lazy variables are only read until they are seen to vary.
    """
    first = parts[0]
    if not first.data_vars:
        raise InvalidInput(f"There is no variable to learn from{where}; a record needs at least one.")
    for number, part in enumerate(parts):
        if set(part.data_vars) != set(first.data_vars) or set(part.dims) != set(first.dims):
            raise InvalidInput(
                f"Trajectory {number}{where} has {_signature(part)}, trajectory 0 has {_signature(first)}."
                " All trajectories of a record need the same variables over the same axes."
            )
    for number, part in enumerate(parts):
        inside = where if len(parts) == 1 else f" of trajectory {number}{where}"
        _check_layout(part, inside)
        for axis in part.dims:
            check_axis(str(axis), part[axis].values, inside)
        for name, variable in part.data_vars.items():
            if is_lazy(variable):
                _check_size(str(name), variable, inside)
            else:
                check_finite(str(name), variable, inside, missing)
    for name in first.data_vars:
        _check_varies(str(name), [part[name] for part in parts], where, missing)


def _check_size(name: str, variable: xr.DataArray, where: str) -> None:
    points = math.prod(variable.shape)
    if points > MOST_POINTS:
        raise InvalidInput(
            f"Variable `{name}`{where} claims {points} points ({' x '.join(map(str, variable.shape))}); at"
            f" most {MOST_POINTS} are read. If it is sound, select a part of it."
        )


def _check_varies(name: str, variables: Sequence[xr.DataArray], where: str, missing: str) -> None:
    near = [variable for variable in variables if not is_lazy(variable)]
    lowest = min((float(variable.min()) for variable in near), default=np.inf)
    highest = max((float(variable.max()) for variable in near), default=-np.inf)
    if _apart(lowest, highest):
        return
    for variable in variables:
        for box in boxes(variable.shape) if is_lazy(variable) else []:
            values = read(variable, box)
            good = np.isfinite(values)
            if not good.all():
                check_finite(name, variable[box].copy(data=values), where, missing, part=True)
            if good.any():
                lowest = min(lowest, float(values[good].min()))
                highest = max(highest, float(values[good].max()))
            if _apart(lowest, highest):
                return
    if lowest > highest:
        raise InvalidInput(f"Variable `{name}`{where} is NaN everywhere. Leave it out, or supply its values.")
    raise InvalidInput(
        f"Variable `{name}`{where} is constant (everywhere {lowest:g}) and determines nothing. "
        "Leave it out, or supply data in which it varies."
    )


def _apart(lowest: float, highest: float) -> bool:
    return bool(highest - lowest > 8 * np.finfo(float).eps * max(abs(lowest), abs(highest)))


def _check_layout(part: xr.Dataset, where: str) -> None:
    first = next(iter(part.data_vars.values()))
    for name, variable in part.data_vars.items():
        fits = variable.dtype.kind in "fiu" if is_lazy(variable) else variable.dtype == np.float64
        if variable.dims != first.dims or not variable.dims or not fits:
            raise InvalidInput(
                f"Variable `{name}`{where} has dimensions ({', '.join(map(str, variable.dims))}) and type "
                f"{variable.dtype}; float64 over ({', '.join(map(str, first.dims))}) is expected. "
                "Make the record with `symeq.record`, which converts."
            )
    for axis in first.dims:
        check_coordinate(part, str(axis), where)


def check_coordinate(dataset: xr.Dataset, axis: str, where: str = "") -> None:
    """Refuses a dimension without a coordinate."""
    if axis not in dataset.coords:
        raise InvalidInput(
            f"Dimension `{axis}`{where} has no coordinate, so its spacing is unknown. Add one, for"
            f" instance with `dataset.assign_coords({axis}=...)`."
        )


def check_axis(name: str, values: np.ndarray, where: str = "") -> None:
    """Refuses an axis that is too short, not finite, or not strictly increasing."""
    if values.size < FEWEST_POINTS:
        raise InvalidInput(
            f"Axis `{name}`{where} has {values.size} point{'s' * (values.size != 1)}; a derivative along it"
            f" needs at least {FEWEST_POINTS}. Supply more points, or leave this axis out."
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InvalidInput(
            f"Axis `{name}`{where} is not finite at {bad.size} of {values.size} points (first at position"
            f" {bad[0]}: {values[bad[0]]}). Give every point a coordinate."
        )
    steps = np.diff(values)
    if (steps > 0).all():
        return
    if (steps < 0).all():
        raise InvalidInput(
            f"Axis `{name}`{where} runs backwards, from {values[0]:g} to {values[-1]:g}. Reverse it and the"
            " data "
            f'along it, for instance with `dataset.sortby("{name}")`.'
        )
    if (steps >= 0).all():
        place = int(np.flatnonzero(steps == 0)[0])
        raise InvalidInput(
            f"Axis `{name}`{where} repeats the value {values[place]:g} (positions {place} and {place + 1}). "
            "Keep one of the points."
        )
    place = int(np.flatnonzero(steps <= 0)[0])
    raise InvalidInput(
        f"Axis `{name}`{where} is not increasing: {values[place + 1]:g} (position {place + 1}) follows "
        f"{values[place]:g}. Sort the data along it, or supply separate runs as separate trajectories."
    )


def check_finite(
    name: str, variable: xr.DataArray, where: str = "", missing: str = REFUSE, *, part: bool = False
) -> None:
    """Refuses a variable with NaN or Inf, saying how many and where the first ones are.

    Args:
        name: its name for messages.
        variable: the values, in memory.
        where: where they came from, for messages, with the preposition.
        missing: whether NaN are refused or left out; Inf is always refused.
        part: these are some of the values only.
    """
    invalid = ~np.isfinite(variable.values)
    if not invalid.any():
        return
    nan = int(np.isnan(variable.values).sum())
    if nan == invalid.size and not part:
        raise InvalidInput(f"Variable `{name}`{where} is NaN everywhere. Leave it out, or supply its values.")
    infinite = int(invalid.sum()) - nan
    if missing == LEAVE_OUT and not infinite:
        return
    found = " and ".join(f"{n} {what}" for n, what in ((nan, "NaN"), (infinite, "Inf")) if n)
    if any(axis not in variable.coords for axis in variable.dims):
        raise InvalidInput(f"Variable `{name}`{where} has {found} among the values asked of it. {HOW}")
    positions = np.unravel_index(np.flatnonzero(invalid)[:3], invalid.shape)
    places = "; ".join(
        ", ".join(
            f"{axis}={variable[axis].values[i]:g}" for axis, i in zip(variable.dims, place, strict=True)
        )
        for place in zip(*positions, strict=True)
    )
    raise InvalidInput(
        f"Variable `{name}`{where} has {found} among {'some' if part else 'its'} {invalid.size} values, first"
        f" at ({places}). {HOW}"
    )


def _signature(part: xr.Dataset) -> str:
    return f"{', '.join(map(str, part.data_vars))} over {', '.join(map(str, part.dims))}"


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.abs(values) ** 2)))
