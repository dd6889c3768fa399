"""HDF5 files that group fields as scalars, vectors and tensors: every component of every trajectory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from symeq.data import slabs
from symeq.data.records import open_record
from symeq.errors import InvalidInput

RUNS, TIMES, LENGTHS = 3, 6, {"x": 8, "y": 7, "z": 5}


def write(
    folder: Path, axes: str, change: Callable[[Any], None] | None = None
) -> tuple[Path, dict[str, Any]]:
    """A file over the axes, and its arrays."""
    rng = np.random.default_rng(0)
    shape = (RUNS, TIMES, *(LENGTHS[axis] for axis in axes))
    arrays = {
        "density": rng.random(shape, dtype="f4"),
        "velocity": rng.random((*shape, len(axes)), dtype="f4"),
        "stress": rng.random((*shape, len(axes), len(axes)), dtype="f4"),
    }
    with h5py.File(folder / "run.hdf5", "w") as file:
        file.attrs["n_trajectories"] = RUNS
        file["scalars/viscosity"] = 0.1
        file["dimensions/time"] = np.arange(TIMES) / 4
        for axis in axes:
            file[f"dimensions/{axis}"] = np.arange(LENGTHS[axis]) / LENGTHS[axis]
        file["dimensions"].attrs["spatial_dims"] = list(axes)
        for rank, (name, values) in enumerate(arrays.items()):
            file[f"t{rank}_fields/{name}"] = values
            stored = file[f"t{rank}_fields/{name}"].attrs
            stored["dim_varying"], stored["sample_varying"] = [True] * len(axes), True
            stored["time_varying"] = True
        for axis, kind in zip(axes, ("PERIODIC", "WALL", "OPEN"), strict=False):
            condition = file.create_group(f"boundary_conditions/{axis}_{kind.lower()}")
            condition.attrs["associated_dims"], condition.attrs["bc_type"] = [axis], kind
        if change is not None:
            change(file)
    return folder / "run.hdf5", arrays


@pytest.mark.parametrize("large", [False, True], ids=["read", "by slabs"])
@pytest.mark.parametrize("axes", ["x", "xy", "xyz"])
def test_each_component_of_each_trajectory(
    axes: str, large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(slabs, "LAZY_FROM", 0)
    path, arrays = write(tmp_path, axes)
    found = open_record(path)
    vectors = [f"velocity_{a}" for a in axes]
    tensors = [f"stress_{a}{b}" for a in axes for b in axes]
    assert found.independent == ("time", *axes) and len(found.parts) == RUNS
    assert set(found.dependent) == {"density", *vectors, *tensors}
    assert found.periodic == {"x"}
    for run, part in enumerate(found.parts):
        assert all(slabs.is_lazy(part[name]) == large for name in found.dependent)
        assert np.array_equal(part["density"].values, arrays["density"][run])
        for i, a in enumerate(axes):
            assert np.array_equal(part[f"velocity_{a}"].values, arrays["velocity"][run, ..., i])
            for j, b in enumerate(axes):
                assert np.array_equal(part[f"stress_{a}{b}"].values, arrays["stress"][run, ..., i, j])


def test_axes_and_components_are_renamed_and_turned(tmp_path: Path) -> None:
    path, arrays = write(tmp_path, "xy")
    rename = {"time": "t", "velocity_y": "v"}
    found = open_record(path, "t y x", "v density", rename=rename)
    assert found.independent == ("t", "y", "x") and found.dependent == ("v", "density")
    assert np.array_equal(found.parts[2]["v"].values, arrays["velocity"][2, ..., 1].transpose(0, 2, 1))


def test_what_every_trajectory_shares_is_left_out(tmp_path: Path) -> None:
    """A topography that does not move is no variable over time; asking for it says so."""

    def fixed(file: Any) -> None:
        file["t0_fields/ground"] = np.ones((8, 7))
        file["t0_fields/ground"].attrs.update(
            sample_varying=False, time_varying=False, dim_varying=[True, True]
        )

    path, _ = write(tmp_path, "xy", fixed)
    assert "ground" not in open_record(path).dependent
    with pytest.raises(InvalidInput, match=r"`ground` in run\.hdf5 has dimensions \(x, y\)"):
        open_record(path, "time x y", "ground")


def test_times_are_shared_by_the_trajectories(tmp_path: Path) -> None:
    def times(values: np.ndarray) -> Callable[[Any], None]:
        def change(file: Any) -> None:
            del file["dimensions/time"]
            file["dimensions/time"] = values

        return change

    clock = np.arange(TIMES) / 4
    path, _ = write(tmp_path, "x", times(np.tile(clock, (RUNS, 1))))
    assert np.array_equal(open_record(path).parts[1]["time"].values, clock)
    path, _ = write(tmp_path, "x", times(clock + np.arange(RUNS)[:, np.newaxis]))
    with pytest.raises(InvalidInput, match="`time` differs between trajectories.*a file of its own"):
        open_record(path)


def no_times(file: Any) -> None:
    del file["dimensions/time"]


def many_components(file: Any) -> None:
    file.create_dataset("t1_fields/b", shape=(RUNS, TIMES, 8, 7, 10**9), dtype="f4", chunks=(1, 1, 8, 7, 9))


def too_few_axes(file: Any) -> None:
    file["t1_fields/b"] = np.ones((RUNS, TIMES, 8, 7))


def hollow(file: Any) -> None:
    del file["dimensions/time"], file["t0_fields/density"]
    file.create_dataset("dimensions/time", data=np.arange(10**4))
    file.create_dataset("t0_fields/b", shape=(10**9, 10**4, 8, 7), dtype="f4", chunks=(1, 1, 8, 7))


def elsewhere(file: Any) -> None:
    file.create_dataset("t0_fields/b", shape=(RUNS, TIMES, 8, 7), dtype="f4", external=[("secret", 0, 4032)])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (no_times, r"`dimensions` has no coordinates of the axis `time`; it holds x, y"),
        (many_components, r"`b` in run\.hdf5 has shape .* 2 axes|`b` in run\.hdf5 has shape .*at most 16"),
        (too_few_axes, r"`b` in run\.hdf5 has shape \(3 x 6 x 8 x 7\)"),
        (hollow, r"`b` in run\.hdf5 claims 560000000000000 points .*at most 4 GiB"),
        (elsewhere, r"`b` in run\.hdf5 takes its values from another file"),
    ],
)
def test_a_layout_that_does_not_hold(change: Callable[[Any], None], says: str, tmp_path: Path) -> None:
    path, _ = write(tmp_path, "xy", change)
    with pytest.raises(InvalidInput, match=says):
        open_record(path, "time x y", "b")
