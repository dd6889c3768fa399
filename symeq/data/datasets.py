"""Datasets of any origin in the one form that records have."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import xarray as xr

from symeq.data.checks import as_floats, check_coordinate
from symeq.data.seams import close_seams, suggest_periodic
from symeq.data.slabs import is_lazy, slabs_of, stays_out, transposed
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
        floats, turned = _forwards(floats)
        notes += converted + turned
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
    columns: dict[Hashable, xr.Variable] = {}
    for name, variable in dataset.data_vars.items():
        if variable.dims != first.dims:
            notes.append(f"{name}: transposed to ({', '.join(map(str, first.dims))})")
        if stays_out(variable):
            columns[name] = _large(str(name), variable, first.dims, where)
            size = 8 * math.prod(variable.shape) / 2**30
            notes.append(f"{name}: {size:.3g} GiB, read by slabs when needed")
            continue
        values, said = as_floats(str(name), np.asarray(variable.transpose(*first.dims).values), where)
        columns[name] = xr.Variable(first.dims, values, variable.attrs)
        notes += said
    return xr.Dataset(columns, coords=coordinates, attrs=dataset.attrs), notes


def _large(name: str, variable: xr.DataArray, dims: tuple[Hashable, ...], where: str) -> xr.Variable:
    """A variable that stays out of memory, with its axes in the order wanted."""
    if variable.dtype.kind not in "fiu":
        raise InvalidInput(
            f"`{name}`{where} is of type {variable.dtype} and too large to be converted in memory. Store it"
            " as real floats, or select a part of it."
        )
    plain = variable.variable
    if plain.chunks is None:
        plain = slabs_of(plain).variable([str(dim) for dim in plain.dims], plain.attrs)
    return transposed(plain, [str(dim) for dim in dims])


def _forwards(dataset: xr.Dataset) -> tuple[xr.Dataset, list[str]]:
    """The dataset with every axis that runs strictly backwards reversed."""
    notes = []
    for axis in dataset.dims:
        if axis not in dataset.coords:
            continue
        values = dataset[axis].values
        if values.size > 1 and (np.diff(values) < 0).all():
            dataset = dataset.isel({axis: slice(None, None, -1)})
            dataset = dataset.assign_coords({axis: (axis, values[::-1].copy(), dataset[axis].attrs)})
            notes.append(f"{axis}: ran backwards, reversed with the data along it")
    near = {
        name: variable.copy(data=np.ascontiguousarray(variable.values))
        for name, variable in dataset.data_vars.items()
        if notes and not is_lazy(variable)
    }
    return dataset.assign(near), notes


def _aligned(part: xr.Dataset, first: xr.Dataset) -> xr.Dataset:
    """The part with variables and axes in the order of the first one, where it has the same."""
    if set(part.data_vars) != set(first.data_vars) or set(part.dims) != set(first.dims):
        return part
    return in_order(part, list(first.data_vars), next(iter(first.data_vars.values())).dims)


def in_order(part: xr.Dataset, names: Iterable[Hashable], dims: Iterable[Hashable]) -> xr.Dataset:
    """The named variables of a part with their axes in this order; lazy ones stay lazy."""
    order = [str(dim) for dim in dims]
    chosen = part[list(names)]
    return chosen.assign({name: transposed(chosen[name].variable, order) for name in chosen.data_vars})


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
