"""Files that are damaged or made to harm: one clear refusal each, nothing executed, time and memory bound."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import xarray as xr
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from symeq.data.records import field, open_record
from symeq.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[2]
T = np.linspace(0.0, 1.0, 21)
X = np.linspace(0.0, 1.0, 31)
U = np.exp(-T)[:, np.newaxis] * (X**3 + X)
GOOD = field({"t": T, "x": X}, {"u": U}).parts[0]


def npy(values: np.ndarray, shape: str = "") -> bytes:
    """A .npy file, with another shape claimed in its header if asked."""
    stream = io.BytesIO()
    np.save(stream, values)
    content = stream.getvalue()
    if shape:
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values.tobytes()
    return content


def npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.trace),))


def pickled(trace: Path) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([[Bomb(trace)] * 31] * 21, dtype=object), allow_pickle=True)
    return stream.getvalue()


def npz_of_objects(folder: Path) -> Path:
    return npz(folder / "run.npz", t=npy(T), x=npy(X), u=pickled(folder / "executed"))


def npz_that_is_a_pickle(folder: Path) -> Path:
    (folder / "run.npz").write_bytes(pickle.dumps(Bomb(folder / "executed")))
    return folder / "run.npz"


def npz_header_with_code(folder: Path) -> Path:
    code = f"__import__('os').mkdir({str(folder / 'executed')!r})"
    return npz(folder / "run.npz", t=npy(T), x=npy(X), u=npy(U, f"({code}, 31)"))


def npz_of_text(folder: Path) -> Path:
    return npz(folder / "run.npz", t=npy(T), x=npy(X), u=npy(U.astype(str)))


def npz_claiming_10_15_points(folder: Path) -> Path:
    return npz(
        folder / "run.npz", t=npy(T), x=npy(X, "(1000000000000000,)"), u=npy(U, "(21, 1000000000000000)")
    )


def npz_claiming_a_negative_length(folder: Path) -> Path:
    return npz(folder / "run.npz", t=npy(T), x=npy(X), u=npy(U, "(-21, -31)"))


def npz_short_of_values(folder: Path) -> Path:
    return npz(folder / "run.npz", t=npy(T), x=npy(X), u=npy(U[:3], "(21, 31)"))


def zipped_zeros(folder: Path) -> Path:
    """A few zeros, packed; the header claims 17 GB of them."""
    with zipfile.ZipFile(folder / "run.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("t.npy", npy(T))
        archive.writestr("x.npy", npy(X))
        with archive.open("u.npy", "w", force_zip64=True) as member:
            member.write(npy(np.empty(0), "(21, 100000000)"))
            for _ in range(20):
                member.write(bytes(2**20))
    return folder / "run.npz"


def npz_without_arrays(folder: Path) -> Path:
    return npz(folder / "run.npz")


def hdf5_with_an_enormous_shape(folder: Path) -> Path:
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"], file["x"] = T, X
        file["t"].make_scale("t")
        file.create_dataset("u", shape=(10**5, 10**5, 10**5), dtype="f8", chunks=(1, 10, 10))
    return folder / "run.h5"


def hdf5_with_an_enormous_axis(folder: Path) -> Path:
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"] = T
        file.create_dataset("x", shape=(10**15,), dtype="f8", chunks=(1000,))
        file.create_dataset("u", shape=(21, 10**15), dtype="f8", chunks=(1, 1000))
    return folder / "run.h5"


def hdf5_reading_another_file(folder: Path) -> Path:
    (folder / "secret").write_bytes(U.tobytes())
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"], file["x"] = T, X
        file.create_dataset("u", shape=U.shape, dtype="f8", external=[(str(folder / "secret"), 0, U.nbytes)])
    return folder / "run.h5"


def hdf5_of_text(folder: Path) -> Path:
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"], file["x"] = T, X
        file["u"] = U.astype("S8")
    return folder / "run.h5"


def netcdf_with_an_enormous_axis(folder: Path) -> Path:
    GOOD.isel(t=slice(3)).to_netcdf(folder / "run.nc", engine="h5netcdf")
    with h5py.File(folder / "run.nc", "r+") as file:
        del file["u"], file["x"]
        file.create_dataset("x", shape=(10**14,), dtype="f8", chunks=(1000,))
        file["x"].make_scale("x")
        file.create_dataset("u", shape=(3, 10**14), dtype="f8", chunks=(1, 1000))
        for position, axis in enumerate("tx"):
            file["u"].dims[position].attach_scale(file[axis])
    return folder / "run.nc"


def netcdf3_with_an_enormous_axis(folder: Path) -> Path:
    GOOD.to_netcdf(folder / "run.nc", engine="scipy")
    content = (folder / "run.nc").read_bytes()
    claimed = b"\x00\x00\x00\x01x\x00\x00\x00"
    assert content.count(claimed + struct.pack(">i", 31)) == 1
    changed = content.replace(claimed + struct.pack(">i", 31), claimed + struct.pack(">i", 2**31 - 1))
    (folder / "run.nc").write_bytes(changed)
    return folder / "run.nc"


def netcdf_reading_another_file(folder: Path) -> Path:
    (folder / "secret").write_bytes(U.tobytes())
    GOOD.to_netcdf(folder / "run.nc", engine="h5netcdf")
    with h5py.File(folder / "run.nc", "r+") as file:
        del file["u"]
        file.create_dataset("u", shape=U.shape, dtype="f8", external=[(str(folder / "secret"), 0, U.nbytes)])
        for position, axis in enumerate("tx"):
            file["u"].dims[position].attach_scale(file[axis])
    return folder / "run.nc"


def mat_claiming_10_15_points(folder: Path) -> Path:
    scipy.io.savemat(folder / "run.mat", {"t": T, "x": X, "u": U})
    content = (folder / "run.mat").read_bytes()
    claimed = struct.pack("<ii", 21, 31)
    assert content.count(claimed) == 1
    (folder / "run.mat").write_bytes(content.replace(claimed, struct.pack("<ii", 10**8, 10**7)))
    return folder / "run.mat"


def mat_of_cells(folder: Path) -> Path:
    scipy.io.savemat(folder / "run.mat", {"t": T, "x": X, "u": np.array([U, "text"], dtype=object)})
    return folder / "run.mat"


def hdf5_without_the_values_it_claims(folder: Path) -> Path:
    """A field that may well stay in its file, of which the file holds nothing."""
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"], file["x"] = np.arange(10**4), np.arange(10**5)
        file.create_dataset("u", shape=(10**4, 10**5), dtype="f4", chunks=(10, 1000))
    return folder / "run.h5"


def sparse_hdf5(folder: Path) -> Path:
    """A file of 8 GB by its length, all of it a hole."""
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"], file["x"] = np.arange(10**4), np.arange(10**5)
        file.create_dataset("u", shape=(10**4, 10**5), dtype="f8").id.get_space()
        file["u"][-1, -1] = 1.0
    return folder / "run.h5"


def store(change: Callable[[Path], None], version: Any = 2) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        GOOD.to_zarr(folder / "run.zarr", zarr_format=version, consolidated=False)
        change(folder / "run.zarr")
        return folder / "run.zarr"

    return make


def described(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def pickled_chunks(path: Path) -> None:
    """Numbers by their type, a pickle by their codec."""
    described(path / "u" / ".zarray", filters=[{"id": "pickle", "protocol": 5}], compressor=None)
    for chunk in (path / "u").glob("[0-9]*"):
        chunk.write_bytes(pickle.dumps(Bomb(path.parent / "executed")))


def pickled_chunks_3(path: Path) -> None:
    codecs = [{"name": "numcodecs.pickle", "configuration": {}}]
    described(path / "u" / "zarr.json", codecs=codecs)


def object_chunks(path: Path) -> None:
    described(path / "u" / ".zarray", dtype="|O", filters=[{"id": "vlen-utf8"}], fill_value=None)


def claimed_chunks(path: Path) -> None:
    described(path / "u" / ".zarray", shape=[21, 10**15], chunks=[1, 1000])
    described(path / "x" / ".zarray", shape=[10**15], chunks=[1000])


def claimed_chunks_3(path: Path) -> None:
    described(path / "u" / "zarr.json", shape=[21, 10**15])
    described(path / "x" / "zarr.json", shape=[10**15])


def cut_description(path: Path) -> None:
    whole = (path / "u" / ".zarray").read_bytes()
    (path / "u" / ".zarray").write_bytes(whole[: len(whole) // 2])


def nested_description(path: Path) -> None:
    (path / "u" / ".zarray").write_text("[" * 100_000)


def cut_chunk(path: Path) -> None:
    for chunk in (path / "u").glob("[0-9]*"):
        chunk.write_bytes(chunk.read_bytes()[:20])


def empty_store(folder: Path) -> Path:
    (folder / "run.zarr").mkdir()
    return folder / "run.zarr"


def text_file(name: str, content: str | bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return make


def truncated(suffix: str, share: float) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"run{suffix}"
        if suffix == ".npz":
            np.savez(path, t=T, x=X, u=U)
        elif suffix == ".mat":
            scipy.io.savemat(path, {"t": T, "x": X, "u": U}, do_compression=True)
        elif suffix == ".h5":
            with h5py.File(path, "w") as file:
                file["t"], file["x"], file["u"] = T, X, U
        else:
            GOOD.to_netcdf(path, engine="h5netcdf" if share < 0.5 else "scipy")
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        return path

    return make


def missing(folder: Path) -> Path:
    return folder / "nothing.nc"


def directory(folder: Path) -> Path:
    (folder / "run.nc").mkdir()
    return folder / "run.nc"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "run.csv")
    return folder / "run.csv"


def rows(*lines: str) -> Callable[[Path], Path]:
    return text_file("run.csv", "\n".join(lines))


GRID = [f"{t},{x},{t * x + x}" for t in range(4) for x in range(5)]

HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (missing, r"There is no file .*nothing\.nc"),
    "directory": (directory, r"is a directory"),
    "pipe": (pipe, r"not a regular file"),
    "unknown suffix": (text_file("run.xyz", "1"), r"suffix \.xyz.*\.nc, \.h5, \.hdf5, \.npz, \.mat, \.csv"),
    "no suffix": (text_file("run", "1"), r"suffix \(none\)"),
    "empty nc": (text_file("run.nc", ""), r"cannot be read as NetCDF"),
    "empty h5": (text_file("run.h5", ""), r"cannot be read as HDF5"),
    "empty npz": (text_file("run.npz", ""), r"cannot be read as NumPy"),
    "empty mat": (text_file("run.mat", ""), r"cannot be read as MATLAB"),
    "empty csv": (text_file("run.csv", ""), r"has no header line"),
    "wrong magic nc": (
        text_file("run.nc", "GIF89a" * 99),
        r"cannot be read as NetCDF \(it starts like neither",
    ),
    "wrong magic h5": (text_file("run.h5", "GIF89a" * 99), r"cannot be read as HDF5"),
    "wrong magic npz": (text_file("run.npz", "GIF89a" * 99), r"cannot be read as NumPy"),
    "wrong magic mat": (text_file("run.mat", "GIF89a" * 99), r"cannot be read as MATLAB"),
    "wrong magic csv": (text_file("run.csv", b"\x89PNG\r\n\xff\xfe\x00"), r"cannot be read as CSV"),
    "false mat 7.3": (text_file("run.mat", "MATLAB 7.3 MAT-file" * 99), r"cannot be read as MATLAB"),
    "truncated npz": (truncated(".npz", 0.6), r"cannot be read as NumPy .*truncated"),
    "truncated mat": (truncated(".mat", 0.8), r"run\.mat.*truncated"),
    "truncated h5": (truncated(".h5", 0.4), r"cannot be read as HDF5 .*truncated"),
    "truncated nc 4": (truncated(".nc", 0.4), r"cannot be read as NetCDF .*truncated"),
    "truncated nc 3": (truncated(".nc", 0.6), r"cannot be read as NetCDF .*truncated"),
    "objects": (npz_of_objects, r"`u` in run\.npz holds Python objects, which are never unpickled"),
    "a pickle": (npz_that_is_a_pickle, r"cannot be read as NumPy"),
    "code in a header": (npz_header_with_code, r"cannot be read as NumPy"),
    "text npz": (npz_of_text, r"`u` in run\.npz is not numeric \(its type is <U"),
    "text h5": (hdf5_of_text, r"`u` in run\.h5 is not numeric"),
    "cells": (mat_of_cells, r"`u` in run\.mat is not numeric \(a MATLAB cell\)"),
    "npz of 10^15 points": (npz_claiming_10_15_points, r"claims 21000000000000000 points .*at most 4 GiB"),
    "npz of negative length": (npz_claiming_a_negative_length, r"run\.npz"),
    "npz short of values": (npz_short_of_values, r"`u` in run\.npz cannot be read .*truncated"),
    "zip bomb": (zipped_zeros, r"`u` in run\.npz claims 2100000000 points .*at most 4 GiB"),
    "no arrays": (npz_without_arrays, r"no variable `t`, `x`, `u` in run\.npz. It holds no arrays"),
    "h5 of 10^15 points": (
        hdf5_with_an_enormous_shape,
        r"`u` in run\.h5 claims 10{15} points .*at most 4 GiB",
    ),
    "h5 of 10^15 points on an axis": (hdf5_with_an_enormous_axis, r"`u` in run\.h5 claims 210+ points"),
    "h5 with another file": (hdf5_reading_another_file, r"takes its values from another file"),
    "nc of 10^14 points": (netcdf_with_an_enormous_axis, r"`u` in run\.nc claims 30+ points"),
    "nc 3 of 2^31 points": (netcdf3_with_an_enormous_axis, r"run\.nc cannot be read as NetCDF"),
    "nc with another file": (netcdf_reading_another_file, r"takes its values from another file"),
    "mat of 10^15 points": (
        mat_claiming_10_15_points,
        r"`u` in run\.mat claims 10{15} points .*at most 4 GiB",
    ),
    "h5 that is hollow": (
        hdf5_without_the_values_it_claims,
        r"`u` in run\.h5 claims 10{9} points .*at most 4 GiB.*not even 1/1100",
    ),
    "h5 that is sparse": (sparse_hdf5, r"`u` in run\.h5 claims 10{9} points .*not even 1/1100"),
    "zarr of nothing": (empty_store, r"cannot be read as Zarr"),
    "zarr of pickles": (store(pickled_chunks), r"run\.zarr holds pickled values .*never unpickled"),
    "zarr 3 of pickles": (store(pickled_chunks_3, 3), r"run\.zarr holds pickled values .*never unpickled"),
    "zarr of objects": (store(object_chunks), r"run\.zarr"),
    "zarr of 10^15 points": (store(claimed_chunks), r"`u` in run\.zarr claims 210+ points .*at most 4 GiB"),
    "zarr 3 of 10^15 points": (store(claimed_chunks_3, 3), r"`u` in run\.zarr claims 210+ points"),
    "truncated zarr": (store(cut_description), r"run\.zarr cannot be read as Zarr .*truncated"),
    "nested zarr": (store(nested_description), r"run\.zarr cannot be read as Zarr .*truncated"),
    "truncated chunk": (store(cut_chunk), r"`u` in run\.zarr cannot be read .*truncated"),
    "csv text cell": (
        rows("t,x,u", "0,0,1", "0,1,high", "1,0,2"),
        r"Line 3 .*column `u`: 'high' is not a number",
    ),
    "csv empty cell": (rows("t,x,u", "0,0,1", "0,,1"), r"Line 3 .*column `x`: '' is not a number"),
    "csv expression": (rows("t,x,u", "0,0,__import__('os').system('x')"), r"Line 2 .*is not a number"),
    "csv ragged": (rows("t,x,u", "0,0,1", "0,1"), r"Line 3 of run\.csv has 2 cells, its header 3"),
    "csv narrow header": (rows("t,x", "0,0,1", "0,1,2"), r"has 3 cells|rows .* have 3 cells"),
    "csv twice": (rows("t,x,u,u", "0,0,1,1"), r"names the column `u` twice"),
    "csv nameless": (rows("t,x,,u", "0,0,1,1"), r"has a column without a name"),
    "csv no header": (rows("0,0,1", "0,1,2"), r"no header line, only numbers"),
    "csv no rows": (rows("t,x,u"), r"header line and no rows"),
    "csv other names": (rows("t,x,w", *GRID), r"no column `u` in run\.csv.*`--rename w=u`"),
    "csv semicolons": (rows("t;x;u", "0;0;1"), r"run\.csv"),
    "csv without a point": (
        rows("t,x,u", *GRID[:-1]),
        r"do not fill a grid: 4 values of t x 5 values of x make 20",
    ),
    "csv point twice": (
        rows("t,x,u", *GRID[:-1], GRID[3]),
        r"do not fill a grid: the point \(t=0, x=3\) occurs 2",
    ),
    "csv scattered": (rows("t,x,u", *(f"{i},{i * 0.7},{i}" for i in range(999))), r"999 rows"),
    "csv long line": (text_file("run.csv", "t,x,u\n" + "0," * 2_000_000), r"a line of 1000000 characters"),
    "csv long header": (text_file("run.csv", "," * 2_000_000), r"a line of 1000000 characters"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_clear_refusal(name: str, tmp_path: Path) -> None:
    make, message = HOSTILE[name]
    path = make(tmp_path)
    with pytest.raises(InvalidInput, match=message) as refused, warnings.catch_warnings():
        warnings.simplefilter("error")
        open_record(path, "t x", "u")
    text = str(refused.value)
    assert text.count("\n") == 0 and 40 < len(text) < 600, "one message, readable"
    assert not (tmp_path / "executed").exists(), "nothing in a file is executed"


PROGRAM = """
import json, sys
from symeq.data.records import open_record
from symeq.errors import InvalidInput
from tests.memory import peak
import h5py, h5netcdf
before, refused = peak(), 0
for path in json.load(sys.stdin):
    for names in (("t x", "u"), ()):
        try:
            open_record(path, *names)
        except InvalidInput:
            refused += 1
print(json.dumps({"refused": refused, "grown": peak() - before}))
"""


def test_all_refusals_together_take_little_memory_and_time(tmp_path: Path) -> None:
    paths = []
    for number, (make, _) in enumerate(HOSTILE.values()):
        (tmp_path / str(number)).mkdir()
        paths.append(str(make(tmp_path / str(number))))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(paths),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(run.stdout)
    assert told["refused"] >= len(paths)
    assert told["grown"] < 400 * 2**20
    assert not list(tmp_path.glob("*/executed"))


def test_the_limit_counts_all_arrays_together(tmp_path: Path) -> None:
    np.savez(tmp_path / "run.npz", t=T, x=X, u=U, v=U + 1)
    needed = 8 * (T.size + X.size + 2 * U.size)
    assert open_record(tmp_path / "run.npz", "t x", "u v", memory_limit=needed).dependent == ("u", "v")
    with pytest.raises(InvalidInput, match="GiB of a file are read"):
        open_record(tmp_path / "run.npz", "t x", "u v", memory_limit=needed - 1)


def test_objects_that_nobody_asked_for_are_left_out(tmp_path: Path) -> None:
    path = npz(tmp_path / "run.npz", t=npy(T), x=npy(X), u=npy(U), log=pickled(tmp_path / "executed"))
    assert "left out: log" in open_record(path, "t x", "u").notes
    assert open_record(path).dependent == ("u",)
    assert not (tmp_path / "executed").exists()


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    suffix=st.sampled_from([".npz", ".mat", ".h5", ".nc", ".csv"]),
    places=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    ),
)
@example(suffix=".nc", places=[(0.0, 0)])
def test_a_damaged_byte_is_refused_or_harmless(
    suffix: str, places: list[tuple[float, int]], tmp_path: Path
) -> None:
    path = tmp_path / f"run{suffix}"
    if suffix == ".csv":
        path.write_text("t,x,u\n" + "\n".join(GRID))
    else:
        truncated(suffix, 1.0)(tmp_path)
    content = bytearray(path.read_bytes())
    for place, value in places:
        content[int(place * len(content))] = value
    path.write_bytes(bytes(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = open_record(path, "t x", "u")
        except InvalidInput:
            return
    assert found.dependent == ("u",) and np.isfinite(found.parts[0]["u"].values).all()


BAD_NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "no such name to rename": (
        {"rename": {"w": "u"}},
        r"`--rename w=u`: there is no `w` in run\.nc. It holds",
    ),
    "renamed onto another": ({"rename": {"t": "x"}}, r"would hold `x` twice"),
    "two to one": ({"rename": {"t": "s", "x": "s"}}, r"would hold `s` twice"),
    "axes of nothing": ({"axes": {"w": ("t", "x")}}, r"`--axes w=t,x`: there is no `w`"),
    "axes of another name": ({"axes": {"u": ("t", "y")}}, r"dimensions \(t, y\); the jet's .* are t, x"),
    "axes in the wrong order": (
        {"axes": {"u": ("x", "t")}},
        r"does not fit \(x, t\) with the axes \(t 21, x 31\)",
    ),
    "periodic nothing": ({"periodic": ["y"]}, r"`y` was named periodic in run\.nc; the axes are t, x"),
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_do_not_fit(name: str, tmp_path: Path) -> None:
    keywords, message = BAD_NAMES[name]
    GOOD.to_netcdf(tmp_path / "run.nc", engine="scipy")
    with pytest.raises(InvalidInput, match=message):
        open_record(tmp_path / "run.nc", "t x", "u", **keywords)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (
            GOOD.rename(t="time", x="lon"),
            r"Variable `u` in run\.nc has dimensions \(time, lon\); the jet's independent variables are t,"
            r" x\. "
            r"Rename with `--rename time=t,lon=x`\.",
        ),
        (GOOD.rename(u="velocity"), r"no variable `u` in run\.nc\. It holds .*`--rename velocity=u`"),
        (GOOD.rename(u="a").assign(b=GOOD["u"]), r"no variable `u`.*`--rename OLD=NEW`"),
        (GOOD.expand_dims(z=[1.0, 2.0]), r"dimensions \(z, t, x\); the jet's independent variables are t, x"),
        (GOOD.drop_vars("x"), r"Dimension `x` of variable `u` in run\.nc has no coordinate"),
        (xr.Dataset({"t": ("t", T)}), r"no variable `x`, `u` in run\.nc"),
        (GOOD.isel(t=slice(2)), r"Axis `t` in run\.nc has 2 points"),
        (
            GOOD.where(GOOD["t"] > 0.01),
            r"Variable `u` in run\.nc has 31 NaN among its 651 values, first at \(t=0, x=0",
        ),
        (GOOD * np.nan, r"Variable `u` in run\.nc is NaN everywhere"),
        (GOOD / GOOD["x"], r"`u` in run\.nc has (21 NaN|21 Inf)"),
        (GOOD * 0 + 1, r"Variable `u` in run\.nc is constant"),
    ],
)
def test_a_sound_file_with_the_wrong_content(dataset: xr.Dataset, message: str, tmp_path: Path) -> None:
    dataset.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    with pytest.raises(InvalidInput, match=message):
        open_record(tmp_path / "run.nc", "t x", "u")


def test_an_extra_axis_of_length_one_is_flattened(tmp_path: Path) -> None:
    GOOD.expand_dims(z=[1.0]).to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    assert open_record(tmp_path / "run.nc", "t x", "u").parts[0]["u"].dims == ("t", "x")


@pytest.mark.parametrize("names", [("t", "x y"), ("t", "x"), ("s", "y")])
def test_a_name_is_only_suggested_where_one_is_left(names: tuple[str, str], tmp_path: Path) -> None:
    np.savez(tmp_path / "run.npz", t=T, y=np.sin(T))
    suggestion = {"t": r"`--rename (y=x|OLD=NEW)`", "s": r"`--rename t=s`"}[names[0]]
    with pytest.raises(InvalidInput, match=suggestion):
        open_record(tmp_path / "run.npz", *names)


def test_runs_with_other_variables_make_no_record(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", t=T, x=X, u=U)
    np.savez(tmp_path / "b.npz", t=T, x=X, w=U)
    with pytest.raises(InvalidInput, match=r"Trajectory 1 in a\.npz, b\.npz has w over t, x"):
        open_record([tmp_path / "a.npz", tmp_path / "b.npz"])
