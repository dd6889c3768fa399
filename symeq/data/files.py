"""What a file holds, without reading it: one reader for each format, and a limit checked first."""

from __future__ import annotations

import csv
import importlib
import math
import os
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import scipy.io
import xarray as xr

from symeq.errors import InvalidInput, MissingExtra

MEMORY_LIMIT = 4 * 2**30
"""Bytes that the arrays asked of one file may claim together."""

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


@dataclass(frozen=True)
class Entry:
    """One array of a file, not yet read; `dims` is None where the format does not name the axes."""

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    dims: tuple[str, ...] | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)
    itemsize: int = 8
    refusal: str = ""

    @property
    def extent(self) -> tuple[int, ...]:
        """The shape without the axes of length one that MATLAB adds."""
        return tuple(n for n in self.shape if n != 1)

    @property
    def claimed(self) -> int:
        """Bytes the array takes once it is float64, by what the file says about it."""
        return math.prod(self.shape) * max(self.itemsize, 8)


@dataclass(frozen=True)
class Contents:
    """The arrays an open file holds, by name; `table` says that they are the columns of a table."""

    source: str
    entries: Mapping[str, Entry]
    table: bool = False
    memory_limit: int = MEMORY_LIMIT

    def read(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """The named arrays, refused before reading where they claim more than the limit together."""
        chosen = {name: self.entries[name] for name in names}
        for name, entry in chosen.items():
            if entry.refusal:
                raise InvalidInput(f"Variable `{name}` in {self.source} {entry.refusal}.")
        if sum(entry.claimed for entry in chosen.values()) > self.memory_limit:
            name, entry = max(chosen.items(), key=lambda item: item[1].claimed)
            raise InvalidInput(
                f"Variable `{name}` in {self.source} claims {math.prod(entry.shape)} points"
                f" {shape_text(entry.shape)}, that is {entry.claimed / 2**30:.3g} GiB; at most"
                f" {self.memory_limit / 2**30:.3g} GiB of a file are read. If the file is sound, open a part"
                " of it with xarray and pass that to `symeq.record`."
            )
        arrays = {}
        for name, entry in chosen.items():
            try:
                arrays[name] = np.asarray(entry.read())
            except Exception as error:
                raise InvalidInput(
                    f"Variable `{name}` in {self.source} cannot be read ({reason(error)}); the file is"
                    " truncated or damaged. Write or fetch it again."
                ) from error
        return arrays


def shape_text(shape: tuple[int, ...]) -> str:
    """`(256 x 101)`."""
    return f"({' x '.join(map(str, shape))})"


def reason(error: BaseException) -> str:
    """One line of what a foreign library said."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")


def extra(module: str) -> ModuleType:
    """An optional module, or the name of the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f'This file needs the package {module}, which is not installed: pip install "symeq[files]".'
        ) from error


def _clean(attributes: Mapping[str, Any]) -> dict[str, Any]:
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


def _refusal(dtype: np.dtype) -> str:
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
                shape, partial(arrays.__getitem__, name), itemsize=dtype.itemsize, refusal=_refusal(dtype)
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
            entries[name] = _hdf5_entry(h5py, name, item, matlab)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
        yield entries


def _hdf5_entry(h5py: Any, name: str, dataset: Any, matlab: bool) -> Entry:
    dtype, attrs = dataset.dtype, _clean(dataset.attrs)
    paired = dtype.names == ("real", "imag")
    refusal = "" if paired else _refusal(dtype)
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
        return Entry(dataset.shape[::-1], read, None, {}, dtype.itemsize, refusal)
    scale = dataset.is_scale and dataset.ndim == 1
    dims = tuple(
        name if scale else (axis[0].name.lstrip("/") if len(axis) else axis.label) for axis in dataset.dims
    )
    known = dims if dims and all(dims) else None
    return Entry(dataset.shape, read, known, attrs, dtype.itemsize, refusal)


@contextmanager
def netcdf(path: Path) -> Iterator[dict[str, Entry]]:
    """NetCDF-3 (through SciPy) and NetCDF-4 (through h5netcdf), opened by xarray; times stay numbers."""
    with open(path, "rb") as stream:
        magic = stream.read(8)
    refusals: dict[str, str] = {}
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
    # Indexes would read every coordinate before its size is checked.
    with xr.open_dataset(path, engine=engine, decode_times=False, create_default_indexes=False) as dataset:
        yield {
            str(name): Entry(
                variable.shape,
                partial(getattr, variable, "values"),
                tuple(map(str, variable.dims)),
                _clean(variable.attrs),
                variable.dtype.itemsize,
                refusals.get(str(name), _refusal(variable.dtype)),
            )
            for name, variable in dataset.variables.items()
        }


@contextmanager
def table(path: Path) -> Iterator[dict[str, Entry]]:
    """Comma-separated values with one header line."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        header = [cell.strip() for cell in next(csv.reader(stream), [])]
        if not any(header):
            raise InvalidInput(f"{path.name} has no header line; its first line must name the columns.")
        if all(_number(cell) for cell in header):
            raise InvalidInput(
                f"{path.name} has no header line, only numbers: its first line must name the columns."
            )
        for name in header:
            if not name or header.count(name) > 1:
                what = f"names the column `{name}` twice" if name else "has a column without a name"
                raise InvalidInput(
                    f"The header of {path.name} {what}: {', '.join(header)}. Name each column once."
                )
        try:
            with warnings.catch_warnings():
                # An empty table is reported below, in our words.
                warnings.simplefilter("ignore", UserWarning)
                values = np.loadtxt(stream, delimiter=",", comments=None, quotechar='"', ndmin=2)
        except ValueError as error:
            raise InvalidInput(_first_bad_line(path, header) or f"{path.name}: {reason(error)}.") from error
    if not values.size:
        raise InvalidInput(f"{path.name} has a header line and no rows.")
    if values.shape[1] != len(header):
        raise InvalidInput(
            f"The rows of {path.name} have {values.shape[1]} cells, its header names {len(header)} columns: "
            f"{', '.join(header)}. Name every column."
        )
    yield {name: Entry((len(values),), values[:, column].copy) for column, name in enumerate(header)}


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_bad_line(path: Path, header: list[str]) -> str:
    """Where a table stops being numbers in equal rows; empty when it never does."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        for row in rows:
            if row and len(row) != len(header):
                return (
                    f"Line {rows.line_num} of {path.name} has {len(row)} cells, its header {len(header)} "
                    f"({', '.join(header)}). Give every row one number for each column."
                )
            for name, cell in zip(header, row, strict=False):
                if not _number(cell):
                    return (
                        f"Line {rows.line_num} of {path.name}, column `{name}`: {cell[:40]!r} is not a"
                        " number. Write numbers, with a decimal point."
                    )
    return ""


READERS: dict[str, tuple[str, Callable[..., Any]]] = {
    ".nc": ("NetCDF", netcdf),
    ".h5": ("HDF5", hdf5),
    ".hdf5": ("HDF5", hdf5),
    ".npz": ("NumPy", npz),
    ".mat": ("MATLAB", mat),
    ".csv": ("CSV", table),
}


@contextmanager
def opened(path: str | os.PathLike[str], *, memory_limit: int = MEMORY_LIMIT) -> Iterator[Contents]:
    """The contents of a file, by its suffix; nothing in it is executed and no array is read yet.

    Raises:
        InvalidInput: no such file, a directory, an unknown suffix, or not a file of that format.
        MissingExtra: h5py or h5netcdf is needed and not installed.
    """
    path = Path(path)
    if path.is_dir():
        raise InvalidInput(f"{path} is a directory; name a file in it ({', '.join(READERS)}).")
    if not path.exists():
        raise InvalidInput(f"There is no file {path}. Check its name and folder.")
    if not path.is_file():
        raise InvalidInput(f"{path} is not a regular file; save its contents and name the saved file.")
    if path.suffix.lower() not in READERS:
        raise InvalidInput(
            f"{path} has the suffix {path.suffix or '(none)'}; files with {', '.join(READERS)} are read. "
            "Save the data in one of these formats."
        )
    kind, reader = READERS[path.suffix.lower()]
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
        yield Contents(path.name, entries, is_table, memory_limit)
    finally:
        context.__exit__(None, None, None)
