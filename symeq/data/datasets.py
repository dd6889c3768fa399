"""Datasets of any origin in the one form that records have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

from symeq.data.checks import as_floats, check_coordinate
from symeq.data.seams import close_seams, suggest_periodic
from symeq.data.tables import TRAJECTORY
from symeq.errors import InvalidInput


def normalised(
    datasets: Sequence[xr.Dataset], periodic: Iterable[str], where: str = ""
) -> tuple[tuple[xr.Dataset, ...], frozenset[str], list[str]]:
    """Float64 parts with equally ordered axes, the periodic axes, and notes of what was done.

    Args:
        datasets: variables over the same dimensions; a dimension `trajectory` is split into parts.
        periodic: axes called periodic, beside those whose coordinate has an attribute `periodic`.
        where: where the data came from, for messages, with the preposition.

    Raises:
        InvalidInput: variables over different dimensions, a dimension without a coordinate, no numbers.
    """
    for dataset in datasets:
        if not isinstance(dataset, xr.Dataset):
            raise InvalidInput(
                f"A record is made of xarray datasets; a {type(dataset).__name__} was given. Make one with"
                " `symeq.trajectories`, `symeq.field` or `dataarray.to_dataset(name=...)`."
            )
    notes: list[str] = []
    parts: list[xr.Dataset] = []
    for dataset in datasets:
        floats, converted = _floats(dataset, where)
        notes += converted
        if TRAJECTORY in floats.dims:
            parts += [floats.isel({TRAJECTORY: i}, drop=True) for i in range(floats.sizes[TRAJECTORY])]
        else:
            parts.append(floats)
    if not parts:
        raise InvalidInput(f"A record needs at least one dataset{where}; none was given.")
    parts = [_aligned(part, parts[0]) for part in parts]
    closed = _periodic(datasets, periodic, where)
    for index, part in enumerate(parts):
        # Written back to a file, the record still says so.
        marked = {name: part[name].assign_attrs(periodic=1) for name in part.dims if name in closed}
        parts[index] = part.assign_coords(marked)
    parts, shortened = close_seams(parts, closed)
    return tuple(parts), closed, [*notes, *shortened, *suggest_periodic(parts, closed)]


def _floats(dataset: xr.Dataset, where: str) -> tuple[xr.Dataset, list[str]]:
    """The dataset with float64 arrays, axes in the order of its first variable, and nothing else in it."""
    if not dataset.data_vars:
        raise InvalidInput(f"The dataset{where} has no data variables; at least one is needed.")
    first, *others = dataset.data_vars.values()
    for other in others:
        if set(other.dims) != set(first.dims):
            raise InvalidInput(
                f"Variable `{first.name}`{where} has dimensions ({', '.join(map(str, first.dims))}),"
                f" `{other.name}` ({', '.join(map(str, other.dims))}). Select variables over the same"
                " dimensions."
            )
    notes: list[str] = []
    coordinates = {}
    for axis in first.dims:
        if axis == TRAJECTORY:
            continue
        check_coordinate(dataset, str(axis), where)
        values, said = as_floats(str(axis), np.asarray(dataset[axis].values), where)
        coordinates[axis] = (axis, values, dataset[axis].attrs)
        notes += said
    dropped = [str(name) for name in dataset.coords if name not in first.dims]
    if dropped:
        notes.append(f"left out: {', '.join(dropped)}")
    columns = {}
    for name, variable in dataset.data_vars.items():
        if variable.dims != first.dims:
            notes.append(f"{name}: transposed to ({', '.join(map(str, first.dims))})")
        values, said = as_floats(str(name), np.asarray(variable.transpose(*first.dims).values), where)
        columns[name] = (first.dims, values, variable.attrs)
        notes += said
    return xr.Dataset(columns, coords=coordinates, attrs=dataset.attrs), notes


def _aligned(part: xr.Dataset, first: xr.Dataset) -> xr.Dataset:
    """The part with variables and axes in the order of the first one, where it has the same."""
    if set(part.data_vars) != set(first.data_vars) or set(part.dims) != set(first.dims):
        return part
    return part[list(first.data_vars)].transpose(*next(iter(first.data_vars.values())).dims)


def _periodic(datasets: Sequence[xr.Dataset], named: Iterable[str], where: str) -> frozenset[str]:
    marks = [
        {
            str(axis)
            for axis in dataset.dims
            if str(dataset[axis].attrs.get("periodic", "")).lower() in ("1", "1.0", "true")
        }
        for dataset in datasets
        if all(axis in dataset.coords for axis in dataset.dims if axis != TRAJECTORY)
    ]
    asked = frozenset(named)
    for number, mark in enumerate(marks):
        if mark - asked != marks[0] - asked:
            differing = sorted(mark ^ marks[0])[0]
            raise InvalidInput(
                f"Axis `{differing}`{where} is marked periodic in some runs and not in others (0 and {number}"
                " differ). Mark it in all or none, or name it as periodic."
            )
    return asked | frozenset(marks[0] if marks else ())
