"""A pass on disk: broken off anywhere it goes on to the same factors, and other files are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import symeq as sq
from symeq.data import slabs
from symeq.data.testfunctions import Bump
from symeq.errors import InvalidInput
from symeq.search import saved
from symeq.search.assemble import Factors
from symeq.search.integrated import assemble_weak
from systems import SYSTEMS, add_noise
from tests.search.test_workers import same

ROOT = Path(__file__).resolve().parents[2]
HOPF, BURGERS = SYSTEMS["hopf"], SYSTEMS["burgers"]
PLANE = sq.linear_ansatz(HOPF.jet, HOPF.candidates, HOPF.symmetry)
LINE = sq.linear_ansatz(BURGERS.jet, BURGERS.candidates, BURGERS.symmetry)
RUNS = sq.weak(add_noise(HOPF.simulate(trajectories=3), 0.1, 0), HOPF.jet)
FIELD = sq.weak(add_noise(BURGERS.simulate(points=64, frames=61), 0.1, 0), BURGERS.jet)
ASKED = {"runs": (PLANE, RUNS, 50), "field": (LINE, replace(FIELD, rungs=FIELD.rungs[::5]), 640)}


MIDDLE = 12  # chunks of the runs, of which the second is then at work


class Broken(Exception):
    """Whoever broke off a pass."""


@pytest.fixture(autouse=True)
def always_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "EVERY", 0.0)
    monkeypatch.setattr(saved, "SHARE", np.inf)


def reduced(name: str, state: Path | None = None, stop: int | None = None) -> tuple[Factors, ...]:
    """The factors; broken off after some chunks."""
    ansatz, samples, chunk = ASKED[name]
    told: list[int] = []

    def progress(points: int) -> None:
        told.append(points)
        if stop is not None and len(told) == stop:
            raise Broken

    return assemble_weak(ansatz, samples, progress, state=state, chunk=chunk)


@pytest.mark.parametrize("stop", [1, 2, 4, 7])
@pytest.mark.parametrize("name", ASKED)
def test_a_pass_broken_off_anywhere_ends_in_the_same(name: str, stop: int, tmp_path: Path) -> None:
    """To the bit, and so does the state; in the middle of the second of several runs, too."""
    path, other = tmp_path / "pass.npz", tmp_path / "other.npz"
    whole = reduced(name, other)
    with pytest.raises(Broken):
        reduced(name, path, stop)
    assert same(reduced(name, path), whole)
    assert same(reduced(name, path), whole), "nothing is left to do"
    with np.load(path) as one, np.load(other) as two:
        assert one.files == two.files
        assert all(np.array_equal(one[key], two[key]) for key in one.files)
    assert sorted(os.listdir(tmp_path)) == ["other.npz", "pass.npz"]


PROGRAM = """
import os, signal, sys
import symeq as sq
from symeq.search import saved
from symeq.search.integrated import assemble_weak
from systems import SYSTEMS
saved.EVERY, saved.SHARE = 0.0, float("inf")
system = SYSTEMS["burgers"]
ansatz = sq.linear_ansatz(system.jet, system.candidates, system.symmetry)
samples = sq.weak(sq.open_record(sys.argv[1], "t x", "u", periodic="x"), system.jet)
told = []
def killed(points):
    told.append(points)
    if len(told) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
assemble_weak(ansatz, samples, killed, state=sys.argv[2], chunk=640)
"""


def test_a_killed_process_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL after five of ten chunks of a file; the rest gives the same to the bit, with two workers."""
    data, path = tmp_path / "run.nc", tmp_path / "pass.npz"
    BURGERS.simulate(points=64, frames=61).parts[0].to_netcdf(data, engine="h5netcdf")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", PROGRAM, str(data), str(path)], env=environment, timeout=120)
    assert run.returncode == -signal.SIGKILL
    samples = sq.weak(sq.open_record(data, "t x", "u", periodic="x"), BURGERS.jet)
    told: list[int] = []
    again = assemble_weak(LINE, samples, told.append, state=path, chunk=640, workers=2)
    assert told[0] >= 4 * 384 and sum(told) == 61 * 64
    assert same(again, assemble_weak(LINE, samples, chunk=640))


OTHERS: dict[str, Callable[[Path], object]] = {
    "data": lambda path: assemble_weak(
        PLANE, replace(RUNS, record=HOPF.simulate(trajectories=3)), state=path, chunk=50
    ),
    "ansatz": lambda path: assemble_weak(
        sq.linear_ansatz(HOPF.jet, HOPF.candidates, sq.trivial), RUNS, state=path, chunk=50
    ),
    "supports": lambda path: assemble_weak(
        PLANE, replace(RUNS, rungs=((Bump(20, stride=7),),)), state=path, chunk=50
    ),
    "noise": lambda path: assemble_weak(PLANE, replace(RUNS, noise=(0.1, 0.1)), state=path, chunk=50),
    "chunks": lambda path: assemble_weak(PLANE, RUNS, state=path, chunk=60),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_pass_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "pass.npz"
    with pytest.raises(Broken):
        reduced("runs", path, 3)
    written = path.read_bytes()
    with pytest.raises(InvalidInput, match="is the state of another pass.*Name another file, or ask"):
        OTHERS[what](path)
    assert path.read_bytes() == written


def test_a_value_of_a_large_field_makes_another_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file some boxes are compared: the first is among them."""
    monkeypatch.setattr(slabs, "LAZY_FROM", 0)
    path = tmp_path / "pass.npz"
    [part] = BURGERS.simulate(points=64, frames=61).parts
    for number, shift in enumerate((0.0, 1e-9)):
        changed = part.copy(deep=True)
        changed["u"].values[0, 0] += shift
        changed.to_netcdf(tmp_path / f"{number}.nc", engine="h5netcdf")
    told = replace(FIELD, rungs=FIELD.rungs[:1])
    given = [
        replace(told, record=sq.open_record(tmp_path / f"{number}.nc", "t x", "u", periodic="x"))
        for number in (0, 1)
    ]
    assemble_weak(LINE, given[0], state=path)
    with pytest.raises(InvalidInput, match="state of another pass"):
        assemble_weak(LINE, given[1], state=path)


def changed(path: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    change(arrays)
    np.savez(path, **arrays)  # type: ignore[arg-type]


def header(**told: object) -> Callable[[dict[str, np.ndarray]], None]:
    def change(arrays: dict[str, np.ndarray]) -> None:
        content = json.loads(arrays["header"].tobytes()) | told
        arrays["header"] = np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)

    return change


def array(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict[str, np.ndarray]], None]:
    def change(arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = make(arrays[name])

    return change


TAMPERED = {
    "another kind": header(kind="symeq genetic search"),
    "another schema": header(schema=99),
    "chunks below zero": header(chunks=-1),
    "chunks beyond the end": header(chunks=10**6),
    "other chunks": header(chunks=MIDDLE - 1),
    "chunks that are text": header(chunks="3"),
    "no header": lambda arrays: arrays.pop("header"),
    "a header that is no JSON": array("header", lambda a: a[:-1]),
    "no places": lambda arrays: arrays.pop("places"),
    "places outside": array("places", lambda a: a + 10**9),
    "places that are fractions": array("places", lambda a: a + 0.5),
    "jets of another shape": array("jets", lambda a: a[:, :-1]),
    "jets that are NaN": array("jets", lambda a: a * np.nan),
    "no triangles": lambda arrays: arrays.pop("0/triangles"),
    "triangles of another shape": array("0/triangles", lambda a: a[..., :-1]),
    "blocks outside": array("0/blocks", lambda a: a + 10**9),
    "tests outside": array("0/open", lambda a: a + 10**9),
    "sums of another shape": array("0/sums", lambda a: a[:, :, :0]),
    "single precision": array("0/sums", lambda a: a.astype("f4")),
    "counts that are too few": array("0/counts", lambda a: a[:1]),
    "fields of another length": array("0/fields of", lambda a: a + 1),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_state_that_was_changed_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "pass.npz"
    with pytest.raises(Broken):
        reduced("runs", path, MIDDLE)
    changed(path, TAMPERED[what])
    refused(path)


def refused(path: Path) -> None:
    """One message that names the file and says what to do; the file is as it was."""
    before = path.read_bytes()
    with pytest.raises(InvalidInput) as told:
        reduced("runs", path)
    assert str(told.value) == (
        f"{path} is no state of a pass of this version. Name another file, or remove it to begin anew."
    )
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]


def objects(path: Path) -> None:
    np.savez(path, header=np.array([{}], dtype=object))


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", b"0" * 10**7)


FILES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("u_t = u_xx"),
    "JSON": lambda path: path.write_text('{"kind": "symeq genetic search"}'),
    "pickled": lambda path: path.write_bytes(b"\x80\x04\x95\x00\xff\xfe"),
    "objects": objects,
    "compressed": bomb,
    "other arrays": lambda path: np.savez(path, t=np.arange(3.0)),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_state_are_refused(name: str, tmp_path: Path) -> None:
    FILES[name](tmp_path / "pass.npz")
    refused(tmp_path / "pass.npz")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_a_file_is_refused(share: float, tmp_path: Path) -> None:
    path = tmp_path / "pass.npz"
    with pytest.raises(Broken):
        reduced("runs", path, 6)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path)


def test_a_write_that_fails_leaves_the_state_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pass.npz"
    with pytest.raises(Broken):
        reduced("runs", path, 3)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InvalidInput, match="No space left"):
        reduced("runs", path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["pass.npz"]


def test_the_engine_keeps_a_pass_and_tells_the_time_left(tmp_path: Path) -> None:
    path, told = tmp_path / "pass.npz", []
    engine = sq.SparseRegression(state=path)
    law = sq.discover(LINE, FIELD, engine, progress=lambda *how: told.append(how))
    assert path.exists() and told[-2][:2] == (61 * 64, 61 * 64)
    assert np.array_equal(sq.discover(LINE, FIELD, engine).beta, law.beta)
    with pytest.raises(InvalidInput, match="is for samples by test functions"):
        sq.discover(LINE, sq.pointwise(FIELD.record, BURGERS.jet), engine)
    with pytest.raises(InvalidInput, match="expected the path of a file"):
        sq.SparseRegression(state=3)  # type: ignore[arg-type]
