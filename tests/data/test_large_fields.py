"""Large fields stay where they are: what is read by slabs is the same, and little memory is taken."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

from symeq.data import slabs
from symeq.data.derivatives import FiniteDifferences, Rule, SmoothedDifferences, Spectral
from symeq.data.records import Record, open_record, record
from symeq.data.samples import pointwise
from symeq.data.weak import weak
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

ROOT = Path(__file__).resolve().parents[2]
T = np.linspace(0.0, 2.0, 61)
X = np.arange(64) / 64
U = (np.exp(-T)[:, np.newaxis] * np.sin(2 * np.pi * (X - T[:, np.newaxis]))).astype("f4")
U += (1e-3 * np.random.default_rng(0).standard_normal(U.shape)).astype("f4")
FIELD = xr.Dataset({"u": (("t", "x"), U)}, coords={"t": T, "x": ("x", X, {"periodic": 1})})
JET = Jet("t x", "u", 2)
COORDINATES = [JET[name] for name in ("x", "u", "u_t", "u_x", "u_xx")]


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields stay in their files whatever their size, and little is read at once."""
    monkeypatch.setattr(slabs, "LAZY_FROM", 0)
    monkeypatch.setattr(slabs, "BLOCK", 500)
    monkeypatch.setattr(slabs, "AHEAD", 700)


def netcdf(engine: Any) -> Callable[[Path], Record]:
    def make(folder: Path) -> Record:
        FIELD.to_netcdf(folder / "run.nc", engine=engine)
        return open_record(folder / "run.nc", "t x", "u")

    return make


def zarr(version: Any) -> Callable[[Path], Record]:
    def make(folder: Path) -> Record:
        FIELD.chunk({"t": 10, "x": 30}).to_zarr(
            folder / "run.zarr", zarr_format=version, consolidated=version == 2
        )
        return open_record(folder / "run.zarr")

    return make


def turned_hdf5(folder: Path) -> Record:
    """Stored along x first, with an axis of length one, and backwards in time."""
    with h5py.File(folder / "run.h5", "w") as file:
        file["t"], file["x"] = T[::-1], X
        file.create_dataset("u", data=U.T[:, np.newaxis, ::-1], chunks=(20, 1, 7), compression="gzip")
    return open_record(folder / "run.h5", "t x", "u", periodic="x")


def mat73(folder: Path) -> Record:
    with h5py.File(folder / "run.mat", "w", userblock_size=512) as file:
        for name, values in (("t", T[np.newaxis]), ("x", X[np.newaxis]), ("u", U.T)):
            file[name] = values
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
    with open(folder / "run.mat", "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return open_record(folder / "run.mat", "t x", "u", periodic="x")


LARGE: dict[str, Callable[[Path], Record]] = {
    "netcdf3": netcdf("scipy"),
    "netcdf4": netcdf("h5netcdf"),
    "zarr 2": zarr(2),
    "zarr 3": zarr(3),
    "hdf5, turned": turned_hdf5,
    "mat 7.3": mat73,
    "chunks": lambda folder: record(FIELD.chunk({"t": 13})),
    "chunks, turned": lambda folder: record(FIELD.chunk({"x": 13}).transpose("x", "t")).on(JET),
    "trajectories": lambda folder: record(FIELD.expand_dims(trajectory=[0]).chunk()),
}


def all_numbers(given: Record, rule: Rule | dict[str, Rule] | None) -> list[np.ndarray]:
    """The noise, the windows and every row of every rung."""
    samples = pointwise(given, JET, rule)
    grid = samples.grid(COORDINATES)
    found = [np.array(samples.noise), np.array([hash(rules) for rules in samples.rungs])]
    found += [column for chunk in grid.chunks() for jets in chunk.jets for column in jets.values()]
    found += list(grid.scattered(0, 300, seed=1).values())
    return [*found, np.array(weak(given, JET).noise)]


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("rule", [None, {"x": Spectral()}, FiniteDifferences(4)], ids=["chosen", "fft", "4"])
@pytest.mark.parametrize("name", LARGE)
def test_what_is_read_by_slabs_is_the_same_to_the_bit(
    name: str, rule: Rule | dict[str, Rule] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = LARGE[name](tmp_path)
    assert all(slabs.is_lazy(part["u"]) for part in large.parts), "nothing was loaded"
    assert any("read by slabs" in note for note in large.notes)
    monkeypatch.setattr(slabs, "BLOCK", U.size)  # sums of squares are then added in one order
    with monkeypatch.context() as small:
        small.setattr(slabs, "LAZY_FROM", 2**30)
        near = record(FIELD)
    assert not slabs.is_lazy(near.parts[0]["u"])
    for a, b in zip(all_numbers(near, rule), all_numbers(large, rule), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_record_goes_to_another_process(name: str, tmp_path: Path) -> None:
    again = pickle.loads(pickle.dumps(LARGE[name](tmp_path)))
    assert slabs.is_lazy(again.parts[0]["u"])
    assert np.array_equal(again.on(JET).parts[0]["u"].values, U)


def test_windows_that_march_read_little_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smoothing over 21 points along time, one slice after the other: less than four times the field."""
    monkeypatch.setattr(slabs, "LAZY_FROM", 0)
    monkeypatch.setattr(slabs, "AHEAD", 20_000)
    monkeypatch.setattr("symeq.data.jetgrid.CHUNK_ROWS", 64)
    large = record(FIELD.chunk())
    samples = pointwise(large, JET, {"t": SmoothedDifferences(13), "x": Spectral()})
    grid, asked = samples.grid(COORDINATES), []

    def counted(array: slabs.Array, box: slabs.Box) -> np.ndarray:
        values = np.asarray(array[box], dtype=float)
        asked.append(values.size)
        return values

    monkeypatch.setattr(slabs, "read", counted)
    assert sum(chunk.points for chunk in grid.chunks()) == U.size
    assert U.size <= sum(asked) < 4 * U.size


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    ("value", "says"), [(np.nan, "1 NaN among some"), (np.inf, "1 Inf among some")], ids=["NaN", "Inf"]
)
def test_a_value_that_is_missing_is_refused_when_it_is_read(value: float, says: str, tmp_path: Path) -> None:
    spoiled = U.copy()
    spoiled[50, 7] = value
    FIELD.assign(u=(("t", "x"), spoiled)).to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    opened = open_record(tmp_path / "run.nc")
    grid = pointwise(opened, JET, FiniteDifferences(4)).grid(COORDINATES)
    with pytest.raises(InvalidInput, match=rf"`u` in run\.nc has {says}.*\(t=1\.66667, x=0\.109375\)"):
        list(grid.chunks())
    with pytest.raises(InvalidInput, match=rf"`u` in run\.nc has \d+ {says[2:5]}"):
        grid.scattered(0, 4000, seed=0)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    ("u", "says"),
    [
        (U * 0 + 2, r"`u` is constant \(everywhere 2\)"),
        (U * np.nan, r"`u` has 448 NaN among some 448 values"),
        (U.astype("c8"), r"of type complex64 and too large to be converted"),
        (np.full(U.shape, "a"), r"`u` is of type <U1 and too large"),
    ],
    ids=["constant", "NaN", "complex", "text"],
)
def test_a_large_field_that_teaches_nothing(u: np.ndarray, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        record(FIELD.assign(u=(("t", "x"), u)).chunk())


@pytest.mark.usefixtures("everything_is_large")
def test_all_missing_is_refused_even_where_missing_values_are_left_out() -> None:
    with pytest.raises(InvalidInput, match="`u` is NaN everywhere"):
        record((FIELD * np.nan).chunk(), missing="leave out")


def test_a_field_at_rest_at_first_is_read_until_it_varies(everything_is_large: None) -> None:
    late = U.copy()
    late[:40] = 0
    assert record(FIELD.assign(u=(("t", "x"), late)).chunk()).dependent == ("u",)


def test_ten_to_the_fifteen_points_in_chunks_are_refused() -> None:
    import dask.array

    u = dask.array.zeros((10**5, 10**5, 10**5), chunks=(10**4,) * 3)
    axis = np.arange(10.0**5)
    claimed = xr.Dataset({"u": (("t", "x", "y"), u)}, coords={"t": axis, "x": axis, "y": axis})
    with pytest.raises(InvalidInput, match=r"claims 10{15} points \(100000 x .*at most 10{12} are read"):
        record(claimed)


def test_a_damaged_chunk_is_told(everything_is_large: None, tmp_path: Path) -> None:
    FIELD.chunk({"t": 10}).to_zarr(tmp_path / "run.zarr", zarr_format=2, consolidated=False)
    (tmp_path / "run.zarr" / "u" / "5.0").write_bytes(b"no chunk")
    with pytest.raises(InvalidInput, match=r"`u` cannot be read everywhere .*truncated, damaged"):
        open_record(tmp_path / "run.zarr")


PROGRAM = """
import json, sys
import h5py, h5netcdf
from symeq.data.derivatives import FiniteDifferences
from symeq.data.records import open_record
from symeq.data.samples import pointwise
from symeq.geometry.jet import Jet
from tests.memory import peak
before = peak()
record = open_record(sys.argv[1])
opened = peak()
pointwise(record, Jet("t x", "u", 2), FiniteDifferences())
print(json.dumps({"opened": opened - before, "sampled": peak() - before}))
"""


def test_a_field_larger_than_the_memory_taken(tmp_path: Path) -> None:
    """A field that takes 400 MB as float64: opened with 120 MB, its noise found with 250 MB."""
    shape = (10_000, 5_000)
    with h5py.File(tmp_path / "run.nc", "w") as file:
        file["t"], file["x"] = np.linspace(0, 1, shape[0]), np.linspace(0, 1, shape[1])
        u = file.create_dataset("u", shape, "i1")
        u[:] = (50 * np.sin(np.linspace(0, 9, shape[1]))).astype("i1")
        for place, axis in enumerate("tx"):
            file[axis].make_scale(axis)
            u.dims[place].attach_scale(file[axis])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "run.nc")],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    told = json.loads(run.stdout)
    assert told["opened"] < 120 * 2**20
    assert told["sampled"] < 250 * 2**20
