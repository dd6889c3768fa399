"""Who reduces the chunks: the same factors to the bit, and workers that die."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
import xarray as xr
from distributed import Client, LocalCluster

import symeq as sq
from symeq.data import slabs
from symeq.data.testfunctions import Bump
from symeq.errors import InvalidInput, MissingExtra
from symeq.search.assemble import Factors
from symeq.search.integrated import assemble_weak
from symeq.search.workers import RETRIES, Workers, in_order
from systems import SYSTEMS, add_noise

BURGERS = SYSTEMS["burgers"]
ANSATZ = sq.linear_ansatz(BURGERS.jet, BURGERS.candidates, BURGERS.symmetry)
RECORD = add_noise(BURGERS.simulate(points=64, frames=61), 0.1, 0)
CHUNK = 640  # ten frames


def assembled(record: sq.Record, workers: Workers = None) -> tuple[Factors, ...]:
    samples = sq.weak(record, BURGERS.jet, [Bump(12, stride=4), Bump(8, stride=2)])
    return assemble_weak(ANSATZ, samples, workers=workers, chunk=CHUNK)


def same(one: tuple[Factors, ...], other: tuple[Factors, ...]) -> bool:
    """To the bit."""
    return all(
        np.array_equal(a.triangles, b.triangles)
        and np.array_equal(a.noise, b.noise)
        and np.array_equal(a.scales, b.scales)
        and (a.rows, a.undefined, a.effective, a.square) == (b.rows, b.undefined, b.effective, b.square)
        and a.scores is not None
        and b.scores is not None
        and np.array_equal(
            a.scores.covariance([0], np.ones(a.unknowns + 1)),
            b.scores.covariance([0], np.ones(b.unknowns + 1)),
        )
        for a, b in zip(one, other, strict=True)
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """Two workers, each a process."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        Client(local, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def configured(**settings: Any) -> Iterator[Workers]:
    with dask.config.set(**settings):
        yield None


@contextmanager
def given(make: Callable[[], Any]) -> Iterator[Workers]:
    with make() as executor:
        yield executor


CREWS: dict[str, Callable[[], Any]] = {
    "one": lambda: ExitStack(),
    "two processes": lambda: configured(),
    "three processes": lambda: configured(),
    "dask: threads": lambda: configured(scheduler="threads", num_workers=3),
    "dask: processes": lambda: configured(scheduler="processes", num_workers=2),
    "dask: synchronous": lambda: configured(scheduler="synchronous"),
    "dask: a function": lambda: configured(scheduler=lambda graph, keys, **_: dask.get(graph, keys)),
    "dask: an executor": lambda: configured(scheduler=ThreadPoolExecutor(2)),
    "threads": lambda: given(lambda: ThreadPoolExecutor(2)),
    "processes": lambda: given(lambda: ProcessPoolExecutor(2, get_context("fork"))),
}
NUMBERS: dict[str, int] = {"one": 1, "two processes": 2, "three processes": 3}


@pytest.mark.parametrize("name", CREWS)
def test_any_workers_give_the_same_to_the_bit(name: str) -> None:
    alone = assembled(RECORD, 1)
    with CREWS[name]() as workers:
        assert same(assembled(RECORD, NUMBERS.get(name, workers)), alone)


def test_a_cluster_gives_the_same_to_the_bit(cluster: Client) -> None:
    """An active client, its executor, and its scheduler."""
    alone = assembled(RECORD, 1)
    with cluster.as_current():
        assert same(assembled(RECORD), alone)
    assert same(assembled(RECORD, cluster.get_executor()), alone)
    with dask.config.set(scheduler=cluster):
        assert same(assembled(RECORD), alone)


@pytest.mark.parametrize("kind", ["netcdf", "zarr", "chunks"])
def test_a_large_record_is_read_by_the_workers(
    kind: str, tmp_path: Path, cluster: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single precision in a file: the same as of the same numbers in memory, in double precision."""
    monkeypatch.setattr(slabs, "LAZY_FROM", 0)
    [part] = RECORD.parts
    single = part.astype("f4").assign_coords(part.coords)
    if kind == "chunks":
        large = sq.record(single.chunk({"t": 7}), periodic=["x"])
    elif kind == "zarr":
        single.chunk({"t": 7, "x": 30}).to_zarr(tmp_path / "run.zarr")
        large = sq.open_record(tmp_path / "run.zarr", "t x", "u", periodic=["x"])
    else:
        single.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
        large = sq.open_record(tmp_path / "run.nc", "t x", "u", periodic=["x"])
    assert slabs.is_lazy(large.parts[0]["u"])
    alone = assembled(large, 1)
    monkeypatch.setattr(slabs, "LAZY_FROM", 2**30)
    near = sq.field(
        {"t": part["t"].values, "x": part["x"].values},
        {"u": single["u"].values.astype(float)},
        periodic=["x"],
    )
    for one, other in zip(alone, assembled(near), strict=True):
        assert np.allclose(np.abs(one.triangles), np.abs(other.triangles), rtol=1e-9, atol=1e-9)
    assert same(assembled(large, 2), alone)
    with cluster.as_current():
        assert same(assembled(large), alone)


# Workers that die


@dataclass
class Deadly:
    """Squares; the job 3 kills its process, as many times as files are counted."""

    folder: Path
    times: int

    def __call__(self, job: int) -> int:
        if job == 3 and len(list(self.folder.iterdir())) < self.times:
            (self.folder / f"{len(list(self.folder.iterdir()))}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return job**2


def test_a_worker_that_dies_costs_a_retry(tmp_path: Path) -> None:
    found = list(in_order(Deadly(tmp_path, 2), range(9), 2))
    assert found == [job**2 for job in range(9)]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cluster_whose_worker_dies_goes_on(tmp_path: Path, cluster: Client) -> None:
    assert list(in_order(Deadly(tmp_path, 1), range(9), cluster.get_executor())) == [k**2 for k in range(9)]
    assert len(list(tmp_path.iterdir())) == 1


def test_workers_that_die_again_and_again_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"died 4 times over part \d of 9 .*Take fewer workers"):
        list(in_order(Deadly(tmp_path, RETRIES + 1), range(9), 2))


def test_a_pass_whose_worker_is_killed_gives_the_same_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forked workers know the patched reading, which kills one of them, once, in the middle."""
    alone, read, killed = assembled(RECORD, 1), slabs.held, tmp_path / "killed"
    here = os.getpid()

    def deadly(variable: xr.DataArray) -> Any:
        if os.getpid() != here and not killed.exists() and len(os.listdir(tmp_path)) > 3:
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        (tmp_path / f"{len(os.listdir(tmp_path))}").touch()
        return read(variable)

    monkeypatch.setattr("symeq.data.jetgrid.held", deadly)
    assert same(assembled(RECORD, 2), alone)
    assert killed.exists()


def test_an_error_of_a_worker_comes_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A value that is missing, noticed when it is read: the message is that of one worker."""
    monkeypatch.setattr(slabs, "LAZY_FROM", 0)
    monkeypatch.setattr(slabs, "BLOCK", 500)  # little is looked at before
    [part] = RECORD.parts
    spoiled = part.copy(deep=True)
    spoiled["u"].values[50, 7] = np.nan
    spoiled.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    record = sq.open_record(tmp_path / "run.nc", "t x", "u", periodic=["x"])
    samples = sq.weak(record, BURGERS.jet, [Bump(12, stride=4), Bump(8, stride=2)])
    said = []
    for workers in (1, 2):
        with pytest.raises(InvalidInput, match=r"`u` in run\.nc has 1 NaN") as told:
            assemble_weak(ANSATZ, samples, workers=workers, chunk=CHUNK)
        said.append(str(told.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("workers", [0, -1, True, 1.5, "two"])
def test_what_is_no_number_of_workers_is_refused(workers: Any) -> None:
    with pytest.raises(InvalidInput, match=r"SparseRegression\(workers=.*expected a number of processes"):
        sq.SparseRegression(workers=workers)


def test_without_dask_one_worker_works_and_two_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in ("dask", "distributed")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dask", None)
    alone = assembled(RECORD, 1)
    with pytest.raises(MissingExtra, match=r'pip install "symeq\[large\]"'):
        assembled(RECORD, 2)
    assert same(assembled(RECORD), alone)
