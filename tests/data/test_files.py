"""Files: every format gives the record that was written, under the names and axes wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import pytest
import scipy.io
import xarray as xr

from symeq.data.records import Record, field, open_record, trajectories
from symeq.errors import InvalidInput, MissingExtra

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

T = np.linspace(0.0, 2.0, 21)
X = np.linspace(-1.0, 1.0, 33)[:-1]
U = np.exp(-T)[:, np.newaxis] * (X**3 + X)
V = np.cos(T)[:, np.newaxis] + X**2
FIELD = field({"t": T, "x": X}, {"u": U, "v": V})
STATES = np.stack([np.sin(3 * T), np.exp(-T)], axis=1)
CURVE = trajectories(T, STATES, "x y")


def write_netcdf(engine: Literal["scipy", "h5netcdf"]) -> Callable[[Path, Record], Path]:
    def write(folder: Path, made: Record) -> Path:
        made.parts[0].to_netcdf(folder / "run.nc", engine=engine)
        return folder / "run.nc"

    return write


def arrays_of(made: Record) -> dict[str, Any]:
    return {str(name): made.parts[0][name].values for name in (*made.independent, *made.dependent)}


def write_npz(folder: Path, made: Record) -> Path:
    np.savez(folder / "run.npz", **arrays_of(made))
    return folder / "run.npz"


def write_zipped_npz(folder: Path, made: Record) -> Path:
    np.savez_compressed(folder / "run.npz", **arrays_of(made))
    return folder / "run.npz"


def write_mat(folder: Path, made: Record) -> Path:
    scipy.io.savemat(folder / "run.mat", {**arrays_of(made), "author": "someone", "about": {"a": 1}})
    return folder / "run.mat"


def write_mat73(folder: Path, made: Record) -> Path:
    path = folder / "run.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in arrays_of(made).items():
            # MATLAB stores by columns, and vectors as matrices.
            stored = np.atleast_2d(values).T if values.ndim == 2 else values[np.newaxis, :]
            file[name] = stored
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
        file["author"] = np.frombuffer(b"someone", dtype=np.uint8).astype(np.uint16)
        file["author"].attrs["MATLAB_class"] = np.bytes_("char")
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return path


def write_hdf5(folder: Path, made: Record) -> Path:
    with h5py.File(folder / "run.h5", "w") as file:
        for name, values in arrays_of(made).items():
            file[name] = values
    return folder / "run.h5"


def write_scaled_hdf5(folder: Path, made: Record) -> Path:
    with h5py.File(folder / "run.hdf5", "w") as file:
        for name, values in arrays_of(made).items():
            file[name] = values
        for axis in made.independent:
            file[axis].make_scale(axis)
        for name in made.dependent:
            for position, axis in enumerate(made.independent):
                file[name].dims[position].attach_scale(file[axis])
    return folder / "run.hdf5"


def write_csv(folder: Path, made: Record) -> Path:
    names = (*made.independent, *made.dependent)
    grid = np.meshgrid(*(made.parts[0][axis].values for axis in made.independent), indexing="ij")
    columns = [*grid, *(made.parts[0][name].values for name in made.dependent)]
    rows = np.stack([values.ravel() for values in columns], axis=1)
    if len(made.independent) > 1:
        rows = np.random.default_rng(0).permutation(rows)
    lines = [", ".join(names), *(",".join(map(repr, map(float, row))) for row in rows)]
    (folder / "run.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return folder / "run.csv"


def write_zarr(version: Literal[2, 3]) -> Callable[[Path, Record], Path]:
    def write(folder: Path, made: Record) -> Path:
        # A store is known by what lies in it, too.
        path = folder / ("run.zarr" if version == 2 else "store")
        made.parts[0].to_zarr(path, mode="w", zarr_format=version, consolidated=version == 2)
        return path

    return write


WRITERS = {
    "netcdf3": write_netcdf("scipy"),
    "netcdf4": write_netcdf("h5netcdf"),
    "npz": write_npz,
    "npz, compressed": write_zipped_npz,
    "mat": write_mat,
    "mat 7.3": write_mat73,
    "hdf5": write_hdf5,
    "hdf5 with scales": write_scaled_hdf5,
    "csv": write_csv,
    "zarr 2": write_zarr(2),
    "zarr 3": write_zarr(3),
}


def assert_same(found: Record, made: Record) -> None:
    assert (found.independent, found.dependent) == (made.independent, made.dependent)
    for name, values in arrays_of(made).items():
        assert np.array_equal(found.parts[0][name].values, values), name


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("made", [FIELD, CURVE], ids=["field", "trajectory"])
def test_every_format_gives_the_same_record(writer: str, made: Record, tmp_path: Path) -> None:
    path = WRITERS[writer](tmp_path, made)
    found = open_record(path, made.independent, made.dependent)
    assert_same(found, made)
    assert found.source == path.name
    # Two files are two runs.
    assert len(open_record([path, path], made.independent, made.dependent).parts) == 2


@pytest.mark.parametrize("writer", [name for name in WRITERS if name != "csv"])
def test_without_names_a_field_is_what_the_file_says(writer: str, tmp_path: Path) -> None:
    assert_same(open_record(WRITERS[writer](tmp_path, FIELD)), FIELD)


@pytest.mark.parametrize("writer", WRITERS)
def test_wanted_axes_are_turned_and_names_renamed(writer: str, tmp_path: Path) -> None:
    path = WRITERS[writer](tmp_path, FIELD)
    found = open_record(path, "y s", "w", rename={"u": "w", "x": "y", "t": "s"})
    assert (found.independent, found.dependent) == (("y", "s"), ("w",))
    assert np.array_equal(found.parts[0]["w"].values, U.T)
    assert {"u renamed w", "x renamed y", "t renamed s"} < set(found.notes)
    if writer != "csv":
        assert any("transposed from (s, y) to (y, s)" in note for note in found.notes)
    assert any(note.startswith("left out:") and "v" in note for note in found.notes)


def test_units_and_periodic_axes_come_from_the_attributes(tmp_path: Path) -> None:
    marked = FIELD.parts[0].assign_coords(x=FIELD.parts[0]["x"].assign_attrs(units="m", periodic=1))
    marked["u"].attrs["units"] = "m/s"
    for engine in ("scipy", "h5netcdf"):
        marked.to_netcdf(tmp_path / f"{engine}.nc", engine=engine)
        found = open_record(tmp_path / f"{engine}.nc")
        assert found.periodic == {"x"}
        assert found.parts[0]["x"].attrs["units"] == "m" and found.parts[0]["u"].attrs["units"] == "m/s"
    with h5py.File(write_hdf5(tmp_path, FIELD), "r+") as file:
        file["x"].attrs["periodic"] = True
        file["u"].attrs["units"] = "m/s"
    found = open_record(tmp_path / "run.h5", "t x", "u")
    assert found.periodic == {"x"} and found.parts[0]["u"].attrs["units"] == "m/s"
    assert open_record(write_npz(tmp_path, FIELD), "t x", "u", periodic=["x"]).periodic == {"x"}


def test_time_in_a_netcdf_stays_a_number(tmp_path: Path) -> None:
    dataset = FIELD.parts[0].assign_coords(t=("t", T, {"units": "days since 1850-01-01"}))
    dataset.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    found = open_record(tmp_path / "run.nc")
    assert np.array_equal(found.parts[0]["t"].values, T)
    assert found.parts[0]["t"].attrs["units"] == "days since 1850-01-01"


def test_a_coordinate_of_another_name_serves_its_dimension(tmp_path: Path) -> None:
    dataset = xr.Dataset({"u": (("step", "x"), U), "t": ("step", T)}, coords={"x": X})
    dataset.to_netcdf(tmp_path / "run.nc", engine="scipy")
    assert np.array_equal(open_record(tmp_path / "run.nc", "t x", "u").parts[0]["u"].values, U)


def test_axes_of_length_one_are_flattened_and_complex_fields_made_real(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "run.mat", {"t": T[:, None], "x": X[None, :], "u": (U + 1e-12j)[:, None, :]})
    found = open_record(tmp_path / "run.mat", "t x", "u")
    assert np.array_equal(found.parts[0]["u"].values, U)
    assert any("flattened" in note for note in found.notes)
    assert any("imaginary part dropped" in note for note in found.notes)


def test_square_fields_need_their_axes_named(tmp_path: Path) -> None:
    square = U[:, :21]
    np.savez(tmp_path / "run.npz", t=T, x=X[:21], usol=square)
    with pytest.raises(InvalidInput, match=r"`u` .*\(21 x 21\).*cannot be told apart.*`--axes u=t,x`"):
        open_record(tmp_path / "run.npz", "t x", "u", rename={"usol": "u"})
    for name in ("u", "usol"):
        for axes, expected in ((("t", "x"), square), (("x", "t"), square.T), ("x,t", square.T)):
            found = open_record(tmp_path / "run.npz", "t x", "u", rename={"usol": "u"}, axes={name: axes})
            assert np.array_equal(found.parts[0]["u"].values, expected)


def test_a_file_may_hold_several_trajectories(tmp_path: Path) -> None:
    both = np.stack([STATES, 2 * STATES])
    np.savez(tmp_path / "run.npz", t=T, x=both[..., 0], y=both[..., 1])
    axes = {"x": ("trajectory", "t"), "y": ("trajectory", "t")}
    found = open_record(tmp_path / "run.npz", "t", "x y", axes=axes)
    assert [part.sizes["t"] for part in found.parts] == [21, 21]
    assert np.array_equal(found.parts[1]["y"].values, 2 * STATES[:, 1])


def test_a_column_trajectory_splits_a_table(tmp_path: Path) -> None:
    lines = ["trajectory,t,x"]
    lines += [f"{run},{t!r},{float(run + np.sin(t))!r}" for run in (3, 1) for t in map(float, T[: 10 + run])]
    (tmp_path / "run.csv").write_text("\n".join(lines))
    found = open_record(tmp_path / "run.csv", "t", "x")
    assert [part.sizes["t"] for part in found.parts] == [11, 13]
    assert np.array_equal(found.parts[1]["x"].values, 3 + np.sin(T[:13]))


def test_a_table_without_names_is_taken_by_its_columns(tmp_path: Path) -> None:
    found = open_record(write_csv(tmp_path, CURVE))
    assert_same(found, CURVE)
    assert "t: taken as the independent variable, the first column" in found.notes


def test_integers_and_scaled_integers_are_converted(tmp_path: Path) -> None:
    np.savez(tmp_path / "run.npz", t=np.arange(21), x=np.arange(21) ** 2)
    found = open_record(tmp_path / "run.npz", "t", "x")
    assert found.parts[0]["x"].dtype == np.float64 and "x: int64 converted to float64" in found.notes
    packed = xr.Dataset({"x": ("t", np.arange(21) * 0.5)}, coords={"t": T})
    stored = {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -1}
    packed.to_netcdf(tmp_path / "run.nc", engine="h5netcdf", encoding={"x": stored})
    assert np.array_equal(
        open_record(tmp_path / "run.nc", "t", "x").parts[0]["x"].values, np.arange(21) * 0.5
    )


def test_what_is_not_asked_for_is_not_read(tmp_path: Path) -> None:
    with h5py.File(write_hdf5(tmp_path, FIELD), "r+") as file:
        file.create_dataset("restart", shape=(10**5, 10**5, 10**5), dtype="f8", chunks=(1, 10, 10))
        file["comment"] = "a text"
    assert_same(open_record(tmp_path / "run.h5", "t x", "u v"), FIELD)


@pytest.mark.parametrize(
    ("writer", "module", "name"),
    [
        ("hdf5", "h5py", "files"),
        ("mat 7.3", "h5py", "files"),
        ("netcdf4", "h5netcdf", "files"),
        ("zarr 3", "zarr", "large"),
    ],
)
def test_a_missing_package_names_the_extra(
    writer: str, module: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = WRITERS[writer](tmp_path, FIELD)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf'{module}.*pip install "symeq\[{name}\]"'):
        open_record(path)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published fields are not beside this checkout")
@pytest.mark.parametrize(
    ("name", "rename", "shape", "dropped"),
    [
        ("burgers.mat", {"usol": "u"}, (101, 256), True),
        ("kdv.mat", {"usol": "u"}, (201, 512), True),
        ("kuramoto_sivishinky.mat", {"uu": "u", "tt": "t"}, (251, 1024), False),
    ],
)
def test_the_published_fields_open(name: str, rename: dict[str, str], shape: tuple, dropped: bool) -> None:
    found = open_record(PUBLISHED / name, "t x", "u", rename=rename)
    assert found.parts[0]["u"].shape == shape and found.uniform == {"t", "x"}
    assert any("imaginary part dropped" in note for note in found.notes) == dropped
    assert "x: looks periodic; if it is, say so (`--periodic x`)" in found.notes
    hint = ",".join(f"{old}={new}" for old, new in sorted(rename.items()))
    with pytest.raises(InvalidInput) as refused:
        open_record(PUBLISHED / name, "t x", "u")
    advice = str(refused.value).split("`--rename ")[1].split("`")[0]
    assert ",".join(sorted(advice.split(","))) == hint
