"""One pass over a field by test functions: time and memory, beside PySINDy, the machine and more workers."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.memory import peak

ROOT = Path(__file__).resolve().parents[2]
HEADER = ("pass", "field", "columns", "tests", "workers", "s", "peak MB", "beside")
SUPPORTS = {
    "t": (10, 5),
    "x": (12, 6),
    "y": (12, 6),
}  # half width and stride of the one support that is taken
K = 1000  # test functions of PySINDy
REPEATS = 5
LARGE, SMALL = (0.25, 1.0, 4.0), (0.002,)  # GB
FRAMES_AT_ONCE = 16  # that are written to a file
CHUNK = 2**14  # of the small version


def rows(points: int, frames: int, large: bool) -> Iterator[tuple[str, ...]]:
    """Everything, each measurement in a process of its own where ``large``."""
    run = _fresh if large else _here
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "field.npz")
        run("field", {"path": data, "points": points, "frames": frames})
        yield from _beside_pysindy(run, data, f"{points} x {points} x {frames}", large)
        yield from _against_the_machine(run, data, f"{points} x {points} x {frames}", large)
        sizes = LARGE if large else SMALL
        for size in sizes:
            store = str(Path(folder) / f"{size:g}.zarr")
            run("store", {"path": store, "field": data, "gigabytes": size})
            yield from _from_a_file(run, store, size, last=size == sizes[-1], large=large)


def _beside_pysindy(run: Run, data: str, field: str, large: bool) -> Iterator[tuple[str, ...]]:
    """The pass with the library of PySINDy and with what a rotation of u and v leaves of it."""
    asked = {"path": data, "supports": True}
    cases = {
        "PySINDy, weak": ("pysindy", {"path": data, "weak": True, "functions": K if large else 50}),
        "PySINDy, pointwise": ("pysindy", {"path": data, "weak": False}),
        "no symmetry": ("reduce", asked | {"columns": 19}),
        "no symmetry, from record to law": ("law", asked | {"columns": 19}),
        "rotation of u, v": ("reduce", asked | {"columns": 19, "symmetric": True}),
    }
    for threads in (1, 2) if large else (1,):
        weak = 0.0
        for name, (case, settings) in cases.items():
            asked_of = settings | ({"threads": threads} if case == "reduce" else {})
            times = REPEATS if large and case != "pysindy" else 1
            told = _middle([run(case, asked_of, threads) for _ in range(times)])
            weak = weak or told["seconds"]
            beside = "" if case == "pysindy" else f"{weak / told['seconds']:.0f} x faster than weak PySINDy"
            yield _row(name, field, told, f"{threads} threads" if threads > 1 else "1", beside)


def _against_the_machine(run: Run, data: str, field: str, large: bool) -> Iterator[tuple[str, ...]]:
    """The share of the time that reading and multiplying at the speed of the machine would take."""
    for columns in (8, 20, 110) if large else (8, 20):
        told = run("share", {"path": data, "columns": columns, "repeats": REPEATS if large else 1})
        beside = f"{told['share']:.2f} of the machine, {told['chunks']:.2f} without what is done once"
        yield _row("share", field, told, "1", beside)


def _from_a_file(run: Run, store: str, size: float, *, last: bool, large: bool) -> Iterator[tuple[str, ...]]:
    """From a Zarr store, with one worker and with more, of whom one may be killed."""
    field = f"Zarr, {size:g} GB"
    asked = {"path": store, "supports": True, "columns": 8, "chunk": None if large else CHUNK}
    one = run("reduce", asked)
    yield _row("from a file", field, one, "1", f"{one['seconds'] / size:.2f} s/GB")
    if not last:
        return
    cases = (("two workers", False), ("two workers, one killed", True))
    for name, kill in cases if large else cases[:1]:
        two = run("reduce", asked | {"workers": 2, "kill": kill})
        same = "same factors" if two["digest"] == one["digest"] else "OTHER FACTORS"
        yield _row(name, field, two, "2", f"{one['seconds'] / two['seconds']:.2f} x faster, {same}")


def _row(name: str, field: str, told: dict[str, Any], workers: str, beside: str) -> tuple[str, ...]:
    memory = f"{told['peak'] / 1e6:.0f}"
    columns, tests = str(told.get("columns", "")), str(told.get("tests", ""))
    return (name, field, columns, tests, workers, f"{told['seconds']:.2f}", memory, beside)


Run = Callable[..., dict[str, Any]]


def _middle(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The measurement with the median time, and the largest peak of all."""
    ordered = sorted(told, key=lambda one: float(one["seconds"]))
    return ordered[len(ordered) // 2] | {"peak": max(one["peak"] for one in told)}


def _here(case: str, settings: dict[str, Any], threads: int = 1) -> dict[str, Any]:
    return CASES[case](**settings)


def _fresh(case: str, settings: dict[str, Any], threads: int = 1) -> dict[str, Any]:
    """A measurement in a new process, whose memory is its own."""
    limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}
    program = [sys.executable, "-m", "tests.performance.throughput", case, json.dumps(settings)]
    done = subprocess.run(
        program, env={**os.environ, **limits}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _timed(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[Any, float]:
    begun = clock()
    found = work()
    return found, clock() - begun


def _worked(work: Callable[[], Any]) -> tuple[Any, float]:
    """By the seconds of the processor, which others who share it do not prolong; for one thread."""
    return _timed(work, time.process_time)


# The cases


def write_field(path: str, points: int, frames: int) -> dict[str, Any]:
    """A random lambda-omega field, as arrays."""
    from systems import SYSTEMS

    [part] = (
        SYSTEMS["lambda_omega"].simulate(points=points, frames=frames, duration=0.05 * (frames - 1)).parts
    )
    np.savez(path, **{name: part[name].values for name in ("t", "x", "y", "u", "v")})
    return {}


def write_store(path: str, field: str, gigabytes: float) -> dict[str, Any]:
    """The field with noise, forwards and backwards in time until the store is large enough."""
    import zarr

    with np.load(field) as file:
        arrays = {name: file[name] for name in file.files}
    shape = arrays["u"].shape
    frames = max(shape[0], round(gigabytes * 1e9 / (2 * 8 * prod(shape[1:]))))
    group = zarr.open_group(path, mode="w", zarr_format=2)
    axes = arrays | {"t": arrays["t"][1] * np.arange(frames)}
    for name in ("t", "x", "y"):
        axis = group.create_array(name, shape=axes[name].shape, dtype="f8", fill_value=np.nan)
        axis[:] = axes[name]
        axis.attrs["_ARRAY_DIMENSIONS"] = [name]
        if name != "t":
            axis.attrs["periodic"] = 1
    rng = np.random.default_rng(0)
    there_and_back = np.concatenate([np.arange(shape[0]), np.arange(shape[0])[-2:0:-1]])
    for name in ("u", "v"):
        array = group.create_array(
            name,
            shape=(frames, *shape[1:]),
            chunks=(FRAMES_AT_ONCE, *shape[1:]),
            dtype="f8",
            compressors=None,
        )
        array.attrs["_ARRAY_DIMENSIONS"] = ["t", "x", "y"]
        for start in range(0, frames, FRAMES_AT_ONCE):
            own = np.arange(start, min(frames, start + FRAMES_AT_ONCE)) % len(there_and_back)
            values = arrays[name][there_and_back[own]]
            array[start : start + len(own)] = values + 0.01 * rng.standard_normal(values.shape)
    return {}


def _asked(path: str, columns: int, symmetric: bool, supports: bool) -> tuple[Any, Any]:
    """The ansatz and the samples."""
    import symeq as sq
    from symeq.data import slabs
    from symeq.data.testfunctions import Bump
    from systems import SYSTEMS

    jet = SYSTEMS["lambda_omega"].jet
    if path.endswith(".npz"):
        with np.load(path) as file:
            record = sq.field(
                {name: file[name] for name in "txy"}, {name: file[name] for name in "uv"}, periodic=["x", "y"]
            )
    else:
        slabs.LAZY_FROM = 0
        record = sq.open_record(path, "t x y", "u v")
    bumps = [Bump(half, stride=stride) for half, stride in SUPPORTS.values()] if supports else None
    symmetry = sq.rotation("u", "v") if symmetric else sq.trivial
    return sq.linear_ansatz(jet, library_of(columns), symmetry), sq.weak(record, jet, bumps)


def library_of(columns: int) -> list[Any]:
    """8, 19, 20 or 110 terms of lambda-omega.

    >>> [len(library_of(columns)) for columns in (8, 19, 20, 110)]
    [8, 19, 20, 110]
    """
    import symeq as sq
    from systems import SYSTEMS

    jet = SYSTEMS["lambda_omega"].jet
    if columns == 8:
        return [jet.parse(term) for term in ("u", "v", "u^3", "v^3", "u_xx", "u_yy", "v_xx", "v_yy")]
    powers = list(sq.monomials(*jet.dependent, degree=3))
    slopes = [jet[f"{u}_{x}"] for u in "uv" for x in ("x", "y", "xx", "xy", "yy")]
    if columns == 110:
        return [power * slope for power in powers for slope in (1, *slopes)]
    return [*(power for power in powers if columns == 20 or power != 1), *slopes]


def reduce_field(
    path: str,
    columns: int,
    *,
    supports: bool = True,
    symmetric: bool = False,
    threads: int = 1,
    workers: int = 1,
    kill: bool = False,
    chunk: int | None = None,
) -> dict[str, Any]:
    """One pass, from samples to factors; with ``kill`` a worker is killed after the first part."""
    from symeq.search.integrated import assemble_weak

    before = peak()
    ansatz, samples = _asked(path, columns, symmetric, supports)

    def killing(_: int) -> None:
        nonlocal kill
        if kill:
            kill = False
            multiprocessing.active_children()[0].kill()

    def work() -> Any:
        if threads == 1:
            return assemble_weak(ansatz, samples, killing, workers=workers, chunk=chunk)
        points = prod(samples.record.parts[0].sizes.values())
        with ThreadPoolExecutor(threads) as pool:
            return assemble_weak(ansatz, samples, workers=pool, chunk=points // (2 * threads))

    factors, seconds = _timed(work)
    digest = hashlib.sha256(b"".join(one.triangles.tobytes() for one in factors)).hexdigest()
    tests = sum(one.rows for one in factors) // len(ansatz.leads)
    return {
        "seconds": seconds, "peak": peak() - before, "columns": ansatz.unknowns if symmetric else columns,
        "tests": tests, "digest": digest,
    }  # fmt: skip


def find_law(path: str, columns: int, *, supports: bool = True) -> dict[str, Any]:
    """From the record to the law: noise, factors, choice."""
    import symeq as sq

    before = peak()
    ansatz, samples = _asked(path, columns, False, supports)
    jet, record, bumps = samples.jet, samples.record, list(samples.rungs[0])
    law, seconds = _timed(lambda: sq.discover(ansatz, sq.weak(record, jet, bumps)))
    tests = law.provenance.rows // len(ansatz.leads)
    return {"seconds": seconds, "peak": peak() - before, "columns": columns, "tests": tests}


def fit_pysindy(path: str, weak: bool, functions: int = K) -> dict[str, Any]:
    """The same library in PySINDy, fitted, with test functions as wide as those here."""
    import warnings

    import pysindy as ps

    before = peak()
    with np.load(path) as file:
        t, x, y = (file[name] for name in "txy")
        fields = np.stack([np.moveaxis(file[name], 0, -1) for name in "uv"], axis=-1)

    def work() -> Any:
        powers = ps.PolynomialLibrary(degree=3, include_bias=False)
        common = {"function_library": powers, "derivative_order": 2, "include_interaction": False}
        if weak:
            grid = np.stack(np.meshgrid(x, y, t, indexing="ij"), axis=-1)
            halves = [
                SUPPORTS[name][0] * float(axis[1] - axis[0])
                for name, axis in zip("xyt", (x, y, t), strict=True)
            ]
            library = ps.WeakPDELibrary(spatiotemporal_grid=grid, K=functions, H_xt=halves, **common)
        else:
            library = ps.PDELibrary(
                spatial_grid=np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1), **common
            )
        return ps.SINDy(feature_library=library, optimizer=ps.STLSQ(threshold=0.05)).fit(fields, t=t)

    np.random.seed(0)  # PySINDy draws its domains from the global generator
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, seconds = _timed(work)
    columns, tests = model.coefficients().shape[1], functions if weak else prod(fields.shape[:-1])
    return {"seconds": seconds, "peak": peak() - before, "columns": columns, "tests": tests}


def share_of_machine(path: str, columns: int, repeats: int) -> dict[str, Any]:
    """(bytes / read rate + operations / rate of products of matrices) / seconds of the processor, medians."""
    from threadpoolctl import threadpool_limits

    from symeq.ansatz.weakform import weak_form
    from symeq.data.stretch import cheapest
    from symeq.search.chunks import CHUNK as POINTS
    from symeq.search.integrated import assemble_weak, work_of

    before = peak()
    ansatz, samples = _asked(path, columns, False, True)
    with threadpool_limits(1, "blas"):
        taken = [_worked(lambda: assemble_weak(ansatz, samples)) for _ in range(repeats)]
        most = peak() - before
        work = work_of(ansatz, weak_form(ansatz), samples, POINTS)
        lattice = work.ready.lattice(0)
        alone = [
            _worked(lambda: [work(number) for number in range(len(work.chunks))]) for _ in range(repeats)
        ]
        operations = sum(
            cheapest(lattice, work.integrals, piece.span).operations() * len(piece.span) * work.across(0)
            for pieces in work.chunks
            for piece in pieces
        )
        values, square = np.random.default_rng(0).random(2**25), np.random.default_rng(0).random((1024, 1024))
        reading = values.nbytes / median(_worked(lambda: values @ values)[1] for _ in range(repeats))
        product = 2 * 1024**3 / median(_worked(lambda: square @ square)[1] for _ in range(repeats))
    least = sum(part.nbytes for part in samples.record.parts) / reading + operations / product
    seconds = median(one for _, one in taken)
    return {
        "seconds": seconds, "peak": most, "columns": columns,
        "tests": sum(one.rows for one in taken[0][0]) // len(ansatz.leads),
        "share": least / seconds, "chunks": least / median(one for _, one in alone),
    }  # fmt: skip


CASES: dict[str, Callable[..., dict[str, Any]]] = {
    "field": write_field,
    "store": write_store,
    "reduce": reduce_field,
    "law": find_law,
    "pysindy": fit_pysindy,
    "share": share_of_machine,
}


def _imported() -> None:
    """What all cases import, before memory is looked at."""
    import pysindy  # noqa: F401
    import zarr  # noqa: F401

    import symeq  # noqa: F401
    import systems  # noqa: F401
    from symeq.search import integrated  # noqa: F401


if __name__ == "__main__":
    _imported()
    print(json.dumps(CASES[sys.argv[1]](**json.loads(sys.argv[2]))))
