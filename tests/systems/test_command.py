"""`python -m systems`: what it lists, what it writes, and how it refuses."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from symeq.data.records import open_record
from symeq.errors import InvalidInput
from systems import SYSTEMS, add_noise, storage
from systems.__main__ import app


def run(*words: str) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "500"}).invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_list_shows_every_system_with_its_law() -> None:
    status, output = run("list")
    assert status == 0
    for system in SYSTEMS.values():
        assert system.name in output
        assert all(text in output for text in system.equations)


@pytest.mark.parametrize("suffix", [".nc", ".csv"])
def test_trajectories_come_back_from_a_file(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"hopf{suffix}"
    status, _ = run("simulate", "hopf", "--noise", "0.05", "--seed", "3", "--out", str(out))
    assert status == 0
    expected = add_noise(SYSTEMS["hopf"].simulate(seed=3), 0.05, 3)
    found = open_record(out, "t", "x y")
    assert len(found.parts) == len(expected.parts)
    for a, b in zip(found.parts, expected.parts, strict=True):
        xr.testing.assert_allclose(a, b, rtol=1e-15)


@pytest.mark.parametrize("suffix", [".nc", ".npz", ".csv"])
def test_a_field_comes_back_from_a_file(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"burgers{suffix}"
    record = SYSTEMS["burgers"].simulate(points=16, frames=5)
    storage.save(record, out, attributes={"system": "burgers"})
    found = open_record(out, "t x", "u", periodic=[] if suffix == ".nc" else ["x"])
    assert found.periodic == {"x"}
    assert np.array_equal(found.parts[0]["u"], record.parts[0]["u"])
    assert np.array_equal(found.parts[0]["x"], record.parts[0]["x"])


def test_netcdf_needs_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    out = tmp_path / "heat.nc"
    record = SYSTEMS["heat_2d"].simulate(points=8, frames=4)
    storage.save(record, out, attributes={"seed": 0, "noise": 0.0})
    assert out.read_bytes()[:3] == b"CDF"
    found = open_record(out, "t x y", "u")
    assert found.periodic == {"x", "y"}
    assert np.array_equal(found.parts[0]["u"], record.parts[0]["u"])


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    out = tmp_path / "growth.nc"
    run("simulate", "growth", "--noise", "0.05", "--kind", "multiplicative", "--seed", "2", "--out", str(out))
    with xr.open_dataset(out) as dataset:
        assert dataset.attrs == {"system": "growth", "noise": 0.05, "noise_kind": "multiplicative", "seed": 2}


@pytest.mark.parametrize(
    ("name", "out", "says"),
    [
        ("hopff", "a.nc", "there is no system `hopff`. The systems are damped_oscillator"),
        ("hopf", "a.txt", "its suffix is .txt"),
        ("hopf", "a", "its suffix is (none)"),
        ("hopf", "missing/a.nc", "there is no directory"),
        ("hopf", "file/a.nc", "there is no directory"),
        ("hopf", "folder.nc", "it is a directory"),
        ("hopf", "pipe.nc", "it is not a regular file"),
        ("hopf", "long" * 70 + ".nc", "File name too long"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_2(tmp_path: Path, name: str, out: str, says: str) -> None:
    (tmp_path / "folder.nc").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.nc")
    before = sorted(tmp_path.rglob("*"))
    status, output = run("simulate", name, "--out", str(tmp_path / out))
    assert status == 2
    assert says in output
    assert output.startswith("error: ")
    assert output.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "words", [("--noise", "-1"), ("--noise", "nan"), ("--kind", "pink"), ("--seed", "-1")], ids="".join
)
def test_options_out_of_range_are_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    status, output = run("simulate", "hopf", *words, "--out", str(tmp_path / "a.nc"))
    assert status == 2
    assert words[0] in output
    assert not list(tmp_path.iterdir())


def broken(dataset: xr.Dataset, path: Path) -> None:
    path.write_bytes(b"half of it")
    raise OSError(28, "No space left on device")


def test_a_failing_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "a.csv"
    out.write_text("old")
    writers: dict[str, Callable[[xr.Dataset, Path], None]] = {".csv": broken}
    monkeypatch.setattr(storage, "WRITERS", writers)
    with pytest.raises(InvalidInput, match="No space left on device"):
        storage.save(SYSTEMS["hopf"].simulate(), out, attributes={})
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert out.read_text() == "old"
