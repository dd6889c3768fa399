"""What a file holds, without reading it: one reader for each format, and a limit checked first."""

from __future__ import annotations

import importlib
import os
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import scipy.io
import xarray as xr
from xarray.backends import CachingFileManager

from symeq.data.contents import MEMORY_LIMIT, Contents, Entry, reason
from symeq.data.slabs import Slabs, slabs_of
from symeq.data.stores import holds, is_store, refuse_codecs
from symeq.data.tables import table
from symeq.data.well import grouped, is_grouped
from symeq.errors import InvalidInput, MissingExtra

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
# What HDF5 and NetCDF-4 write for themselves beside the user's attributes.
HDF5_ATTRIBUTES = {"CLASS", "NAME", "DIMENSION_LIST", "DIMENSION_LABELS", "REFERENCE_LIST", "_FillValue"}
MATLAB_NUMBERS = {
    "double",
    "single",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
}


def extra(module: str, name: str = "files") -> ModuleType:
    """An optional module, or the name of the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f'This file needs the package {module}, which is not installed: pip install "symeq[{name}]".'
        ) from error


def clean(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and single numbers only: all that units and `periodic` need, and all that can be written back."""
    clean: dict[str, Any] = {}
    for key, value in attributes.items():
        if str(key) in HDF5_ATTRIBUTES or str(key).startswith("_Netcdf4"):
            continue
        if isinstance(value, np.ndarray | np.generic) and value.size == 1:
            value = value.item()
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str | int | float):
            clean[str(key)] = int(value) if isinstance(value, bool) else value
    return clean


def opened_lazily(path: Path, engine: Literal["h5netcdf", "scipy", "zarr"]) -> xr.Dataset:
    """A NetCDF file or Zarr store: indexes would read every coordinate before its size is checked."""
    problem = ""
    with warnings.catch_warnings():
        # SciPy complains of its own memory map when a damaged file is given up, which is here.
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return xr.open_dataset(
                path, engine=engine, decode_times=False, create_default_indexes=False, cache=False
            )
        except Exception as error:
            problem = reason(error)
    raise ValueError(problem)


def refusal_of(dtype: np.dtype) -> str:
    """Why an array of this type cannot be a variable; empty when it can."""
    if dtype.hasobject:
        return "holds Python objects, which are never unpickled; save it as a numeric array"
    if dtype.kind not in "fiuc":
        return f"is not numeric (its type is {dtype}); save it as floats"
    return ""


@contextmanager
def npz(path: Path) -> Iterator[dict[str, Entry]]:
    """NumPy archives; the header of each member is parsed, never a pickle."""
    with zipfile.ZipFile(path) as archive, np.load(path, allow_pickle=False) as arrays:
        entries = {}
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            name = member.filename.removesuffix(".npy")
            with archive.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                header = (
                    np.lib.format.read_array_header_1_0(stream)
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0(stream)
                )
            shape, _, dtype = header
            entries[name] = Entry(
                shape, partial(arrays.__getitem__, name), itemsize=dtype.itemsize, refusal=refusal_of(dtype)
            )
        yield entries


@contextmanager
def mat(path: Path) -> Iterator[dict[str, Entry]]:
    """MATLAB files; version 7.3 is HDF5 with the axes in reverse order."""
    with open(path, "rb") as stream:
        modern = stream.read(10) == b"MATLAB 7.3"
    if modern:
        with hdf5(path, matlab=True) as entries:
            yield entries
        return

    def read(name: str) -> np.ndarray:
        return scipy.io.loadmat(path, variable_names=[name])[name]

    yield {
        name: Entry(
            shape,
            partial(read, name),
            refusal=(
                "" if kind in MATLAB_NUMBERS else f"is not numeric (a MATLAB {kind}); save it as an array"
            ),
        )
        for name, shape, kind in scipy.io.whosmat(path)
    }


@contextmanager
def hdf5(path: Path, *, matlab: bool = False) -> Iterator[dict[str, Entry]]:
    """HDF5 files; axes are known where dimension scales or labels are attached."""
    h5py = extra("h5py")
    entries: dict[str, Entry] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None and not name.startswith("#"):
            entries[name] = _hdf5_entry(h5py, name, item, matlab, fetch)

    fetch = fetcher(h5py, path)
    with h5py.File(path, "r") as file:
        if is_grouped(file):
            entries |= grouped(file, fetch)
        else:
            file.visititems(visit)
        yield entries


def fetcher(h5py: ModuleType, path: Path) -> Callable[..., np.ndarray]:
    """What reads boxes of the file's arrays, by name; it opens the file again where that was closed."""
    return partial(_box, CachingFileManager(h5py.File, str(path.resolve()), mode="r"))


def _box(manager: CachingFileManager, name: str, key: tuple[Any, ...]) -> np.ndarray:
    with manager.acquire_context() as file:
        return np.asarray(file[name][key])


def _turned_box(fetch: Callable[..., np.ndarray], name: str, key: tuple[Any, ...]) -> np.ndarray:
    """A box of an array whose axes are stored in reverse order."""
    return fetch(name, key[::-1]).T


def _hdf5_entry(
    h5py: Any, name: str, dataset: Any, matlab: bool, fetch: Callable[..., np.ndarray]
) -> Entry:
    dtype, attrs = dataset.dtype, clean(dataset.attrs)
    paired = dtype.names == ("real", "imag")
    refusal = "" if paired else refusal_of(dtype)
    if dataset.external or dataset.is_virtual:
        refusal = "takes its values from another file; copy them into this one"
    if matlab and attrs.get("MATLAB_class") not in MATLAB_NUMBERS:
        refusal = f"is not numeric (a MATLAB {attrs.get('MATLAB_class')}); save it as an array"

    def read() -> np.ndarray:
        values = dataset[()]
        if paired:
            values = values["real"] + 1j * values["imag"]
        return values.T if matlab else values

    if matlab:
        turned = Slabs(dataset.shape[::-1], dtype, partial(_turned_box, fetch, name))
        return Entry(
            dataset.shape[::-1], read, None, {}, dtype.itemsize, refusal, None if paired else turned
        )
    scale = dataset.is_scale and dataset.ndim == 1
    dims = tuple(
        name if scale else (axis[0].name.lstrip("/") if len(axis) else axis.label) for axis in dataset.dims
    )
    known = dims if dims and all(dims) else None
    stored = None if paired else Slabs(dataset.shape, dtype, partial(fetch, name))
    return Entry(dataset.shape, read, known, attrs, dtype.itemsize, refusal, stored)


@contextmanager
def netcdf(path: Path) -> Iterator[dict[str, Entry]]:
    """NetCDF-3 (through SciPy) and NetCDF-4 (through h5netcdf), opened by xarray; times stay numbers."""
    with open(path, "rb") as stream:
        magic = stream.read(8)
    refusals: dict[str, str] = {}
    engine: Literal["h5netcdf", "scipy"]
    if magic == HDF5_MAGIC:
        extra("h5netcdf")
        with hdf5(path) as inside:
            refusals = {
                name: entry.refusal for name, entry in inside.items() if "another file" in entry.refusal
            }
        engine = "h5netcdf"
    elif magic[:3] == b"CDF":
        engine = "scipy"
    else:
        raise ValueError("it starts like neither NetCDF-3 nor NetCDF-4")
    with opened_lazily(path, engine) as dataset:
        yield entries_of(dataset, refusals)


def entries_of(dataset: xr.Dataset, refusals: Mapping[str, str]) -> dict[str, Entry]:
    """The variables of a dataset that was opened lazily, with what is already known against them."""
    return {
        str(name): Entry(
            variable.shape,
            partial(getattr, variable, "values"),
            tuple(map(str, variable.dims)),
            clean(variable.attrs),
            variable.dtype.itemsize,
            refusals.get(str(name), refusal_of(variable.dtype)),
            slabs_of(variable),
        )
        for name, variable in dataset.variables.items()
    }


@contextmanager
def zarr(path: Path) -> Iterator[dict[str, Entry]]:
    """Zarr stores, versions 2 and 3, opened by xarray; a codec that unpickles is refused."""
    extra("zarr", "large")
    refuse_codecs(path)
    with opened_lazily(path, "zarr") as dataset:
        # The order of a directory is no order.
        yield dict(sorted(entries_of(dataset, {}).items()))


READERS: dict[str, tuple[str, Callable[..., Any]]] = {
    ".nc": ("NetCDF", netcdf),
    ".h5": ("HDF5", hdf5),
    ".hdf5": ("HDF5", hdf5),
    ".npz": ("NumPy", npz),
    ".mat": ("MATLAB", mat),
    ".csv": ("CSV", table),
    ".zarr": ("Zarr", zarr),
}


@contextmanager
def opened(path: str | os.PathLike[str], *, memory_limit: int = MEMORY_LIMIT) -> Iterator[Contents]:
    """The contents of a file, by its suffix; nothing in it is executed and no array is read yet.

    Raises:
        InvalidInput: no such file, a directory, an unknown suffix, or not a file of that format.
        MissingExtra: h5py or h5netcdf is needed and not installed.
    """
    path = Path(path)
    store = is_store(path)
    if path.is_dir() and not store:
        raise InvalidInput(f"{path} is a directory; name a file in it ({', '.join(READERS)}).")
    if not path.exists():
        raise InvalidInput(f"There is no file {path}. Check its name and folder.")
    if not path.is_file() and not store:
        raise InvalidInput(f"{path} is not a regular file; save its contents and name the saved file.")
    suffix = ".zarr" if store else path.suffix.lower()
    if suffix not in READERS:
        raise InvalidInput(
            f"{path} has the suffix {path.suffix or '(none)'}; files with {', '.join(READERS)} are read. "
            "Save the data in one of these formats."
        )
    kind, reader = READERS[suffix]
    is_table = reader is table
    # A cell of two characters becomes eight bytes.
    if is_table and 4 * path.stat().st_size > memory_limit:
        raise InvalidInput(
            f"{path.name} has {path.stat().st_size / 2**30:.3g} GiB of text; at most"
            f" {memory_limit / 2**32:.3g} GiB are read. Save it as .npz, .h5 or .nc."
        )
    context = reader(path)
    try:
        entries = context.__enter__()
    except (InvalidInput, MissingExtra):
        raise
    except Exception as error:
        raise InvalidInput(
            f"{path} cannot be read as {kind} ({reason(error)}); it is truncated, damaged or of another"
            " format. Write or fetch it again, or correct its suffix."
        ) from error
    try:
        yield Contents(path.name, entries, is_table, memory_limit, partial(holds, path))
    finally:
        context.__exit__(None, None, None)
