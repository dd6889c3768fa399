"""A record to a file: netCDF, NPZ or CSV by the suffix, whole or not at all."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from symeq.data.records import Record
from symeq.data.tables import TRAJECTORY
from symeq.writing import check_writable, refusal, written_whole


def as_dataset(record: Record) -> xr.Dataset:
    """One dataset; several trajectories on the same axes lie along a leading dimension `trajectory`."""
    if len(record.parts) == 1:
        return record.parts[0]
    return xr.concat(record.parts, dim=TRAJECTORY).assign_coords({TRAJECTORY: np.arange(len(record.parts))})


def save(record: Record, path: Path, *, attributes: Mapping[str, object]) -> None:
    """Write the record; a file appears under ``path`` only once it is complete.

    Arguments: ``attributes``, kept in netCDF files beside the data. CSV holds one row per point,
    NPZ one array per variable.
    Raises InvalidInput for an unknown suffix or a path that cannot be written.
    """
    write = check(path)
    dataset = as_dataset(record).assign_attrs(attributes)
    with written_whole(path) as partial:
        write(dataset, partial)


def check(path: Path) -> Callable[[xr.Dataset, Path], None]:
    """The writer for a path, or InvalidInput, before time is spent on computing what to write."""
    if path.suffix.lower() not in WRITERS:
        known = ", ".join(WRITERS)
        raise refusal(path, f"its suffix is {path.suffix or '(none)'}; files with {known} are written")
    check_writable(path)
    return WRITERS[path.suffix.lower()]


def _netcdf(dataset: xr.Dataset, path: Path) -> None:
    if importlib.util.find_spec("h5netcdf") is not None:
        dataset.to_netcdf(path, engine="h5netcdf")
    else:
        dataset.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


def _npz(dataset: xr.Dataset, path: Path) -> None:
    with open(path, "wb") as stream:
        arrays = {str(name): dataset[name].values for name in dataset.variables}
        np.savez(stream, allow_pickle=False, **arrays)


def _csv(dataset: xr.Dataset, path: Path) -> None:
    variables = [str(name) for name in dataset.data_vars]
    dims = [str(name) for name in dataset[variables[0]].dims]
    axes = np.meshgrid(*(dataset[name].values for name in dims), indexing="ij")
    columns = [*axes, *(dataset[name].values for name in variables)]
    rows = np.column_stack([column.ravel() for column in columns])
    np.savetxt(path, rows, fmt="%.17g", delimiter=",", header=",".join(dims + variables), comments="")


WRITERS: dict[str, Callable[[xr.Dataset, Path], None]] = {".nc": _netcdf, ".npz": _npz, ".csv": _csv}
