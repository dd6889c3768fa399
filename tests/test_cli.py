"""`symeq` as a user meets it: a process with arguments, two streams and an exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Expr

from symeq.cli.clock import OutOfTime
from symeq.geometry import Jet
from symeq.geometry.grammar import parse
from tests.cli.running import HEAT, OSCILLATOR, heat_arrays, oscillator_arrays, symeq, write

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT.parent / "shared" / "data"
COMMAND = (sys.executable, "-c", "import sys; from symeq.cli import main; sys.exit(main())")
WEIGHED = (
    sys.executable,
    "-c",
    "import sys; from symeq.cli import main; from tests.memory import peak; status = main();"
    " print(peak(), file=sys.stderr); sys.exit(status)",
)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


def run(
    *words: object, command: tuple[str, ...] = COMMAND, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """A finished process `symeq words...`."""
    command = (*command, *map(str, words))
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, **settings)


@pytest.fixture
def heat(tmp_path: Path) -> Path:
    return write(tmp_path / "heat.npz", heat_arrays())


def test_version_and_help() -> None:
    version, asked = run("--version"), run("discover", "--help")
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("symeq ")
    assert asked.returncode == 0
    assert "--symmetry" in asked.stdout


def test_a_law_ends_with_status_0_and_its_whole_story(heat: Path, tmp_path: Path) -> None:
    out, tex = tmp_path / "law.json", tmp_path / "law.tex"
    words = (*HEAT, "--symmetry", "translation(t, x)", "--generator", "u*d_u", "--json", out, "--latex", tex)
    done = run("discover", heat, *words)
    assert (done.returncode, done.stderr) == (0, "")
    sections = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert sections == ["Allowed by the symmetry", "Data", "Law", "LaTeX"]
    assert "translation(t, x); u*d_u: 3 unknowns instead of 12" in done.stdout
    assert "Record(u over t: 61, x: 64 in heat.npz)" in done.stdout
    assert "axis t: central differences" in done.stdout
    assert "coefficients from: x central differences" in done.stdout
    assert "u_t = (0.1000000" in done.stdout
    assert r"u_{t} = (0.1000000" in done.stdout
    assert tex.read_text("utf-8").startswith("% needs amsmath\n\\begin{equation}\nu_{t} = (0.1000000")
    assert json.loads(out.read_text("utf-8"))["equations"][0]["lhs"] == "Derivative(u(t, x), t)"


def test_bad_input_ends_with_status_2_and_one_line(heat: Path) -> None:
    done = run("discover", heat, *HEAT, "--symmetry", "rotation(x, z)")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "symeq: error: --symmetry: `rotation(x, z)`: z is not a coordinate of Jet(t, x; u)."
        " Its variables are t, x; u.\n"
    )


def test_no_law_ends_with_status_3_and_the_term_that_is_lacking(heat: Path) -> None:
    done = run("discover", heat, *HEAT, "--library", "1, u_xx", "--symmetry", "boost(x, u)")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("symeq: error: No law in this library has the symmetry boost(x, u)")
    assert "the term u*u_x with coefficient -1" in done.stderr
    assert done.stderr.count("\n") == 1


def test_quiet_prints_the_law_alone(heat: Path) -> None:
    done = run("discover", heat, *HEAT, "--quiet")
    assert done.returncode == 0
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["u_t"]


def test_a_symmetry_that_is_not_admitted_ends_with_status_3(tmp_path: Path) -> None:
    words = ("--equation", "u_t = u_xx", "--generator", "t*d_x + d_u", "--json", tmp_path / "answer.json")
    done = run("check", *HEAT, *words)
    assert (done.returncode, done.stderr) == (3, "")
    assert "t*d_x + d_u  not admitted" in done.stdout
    document = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    assert document["admits"] == {"t*d_x + d_u": False}


@pytest.mark.parametrize("command", ["constraints", "invariants", "symmetries", "check"])
def test_every_command_explains_itself(command: str) -> None:
    asked = run(command, "--help")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert f"Example: symeq {command} " in asked.stdout
    assert "Exit status 0" in asked.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_an_interrupt_ends_with_status_130_and_one_line(tmp_path: Path) -> None:
    write(tmp_path / "heat.npz", heat_arrays(points=512, frames=2001))
    words = (
        "discover",
        tmp_path / "heat.npz",
        *HEAT,
        "--degree",
        "8",
        "--order",
        "6",
        "--json",
        tmp_path / "a",
    )
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C reaches it even where these tests run in the background, whose children ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    process.stdout.readline()  # the search has begun
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "symeq: interrupted.\n")
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_reader_that_has_gone_gets_no_traceback(heat: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [*COMMAND, "discover", str(heat), *HEAT],
        env=ENVIRONMENT,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert (process.returncode, process.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
@pytest.mark.parametrize(("words", "shown"), [((), True), (("--quiet",), False)])
def test_progress_is_for_terminals(heat: Path, words: tuple[str, ...], shown: bool) -> None:
    import pty

    master, terminal = pty.openpty()
    command = [*COMMAND, "discover", str(heat), *HEAT, *words]
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=terminal, timeout=60)
    os.close(terminal)
    os.set_blocking(master, False)
    try:
        seen = os.read(master, 100_000)
    except OSError:  # nothing was written, and nobody can any more
        seen = b""
    os.close(master)
    assert done.returncode == 0
    assert (
        b"choosing the terms" in seen or b"reducing the data" in seen or b"reading the data" in seen
    ) == shown
    assert done.stdout.startswith(b"u_t = " if "--quiet" in words else b"Allowed without a symmetry")
    assert b"reading" not in done.stdout


def test_several_files_are_several_runs(tmp_path: Path) -> None:
    starts = (1.0, 0.5, 2.0, 1.5, 0.8)
    files = [write(tmp_path / f"{k}.npz", oscillator_arrays(start)) for k, start in enumerate(starts)]
    done = symeq("discover", *files, *OSCILLATOR, "--symmetry", "rotation(x, y)", "--baseline")
    assert done.status == 0
    assert "5 trajectories in 0.npz, 1.npz, 2.npz, 3.npz, 4.npz" in done.out
    assert "rotation(x, y): 4 unknowns instead of 20" in done.out
    assert "Comparison (laws found in the first 4 of 5 runs, judged on the others)" in done.out


def test_a_square_field_is_read_along_the_axes_that_are_named(tmp_path: Path) -> None:
    arrays = heat_arrays(points=61, frames=61)
    data = write(tmp_path / "square.npz", arrays | {"u": arrays["u"].T})
    assert symeq("discover", data, *HEAT).status == 2
    done = symeq("discover", data, *HEAT, "--axes", "u=x,t", "--periodic", "x")
    assert done.status == 0
    assert "Record(u over t: 61, x: 61 periodic in square.npz)" in done.out
    assert "u_t = (0.1000000" in done.out


def test_without_a_symmetry_the_baseline_is_the_law_itself(heat: Path, tmp_path: Path) -> None:
    done = symeq("discover", heat, *HEAT, "--baseline", "--json", tmp_path / "law.json")
    assert "all 12 unknowns of the library" in done.out
    document = json.loads((tmp_path / "law.json").read_text("utf-8"))
    assert document["baseline"]["terms"] == document["terms"]
    assert [row["law"] for row in document["comparison"]] == ["without", "plain PySINDy"]


def test_a_symmetry_the_law_lacks_is_noticed(tmp_path: Path) -> None:
    t = np.linspace(0, 10, 401)
    arrays = {"t": t, "x": np.exp(-0.3 * t), "y": 2 * np.exp(-0.1 * t)}
    data, out = write(tmp_path / "decay.npz", arrays), tmp_path / "law.json"
    words = (*OSCILLATOR, "--library", "x, y", "--symmetry", "permutation(x, y)", "--baseline", "--json", out)
    done = symeq("discover", data, *words)
    assert done.status == 0
    assert "warning: " in done.out
    assert "The data contradict the symmetry permutation(x, y)" in " ".join(done.out.split())
    baseline = json.loads(out.read_text("utf-8"))["baseline"]
    assert [term["value"] for term in baseline["terms"]] == pytest.approx([-0.3, -0.1])


def test_a_law_that_was_found_is_shown_even_when_time_is_up_for_the_comparison(
    heat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spent(*arguments: object) -> None:
        raise OutOfTime("The budget of 20 s is spent.")

    monkeypatch.setattr("symeq.cli.discovering.beside", spent)
    words = ("--symmetry", "translation(x)", "--baseline", "--json", tmp_path / "law.json")
    done = symeq("discover", heat, *HEAT, *words)
    assert done.status == 0
    assert "u_t = (0.1" in done.out
    assert done.err == "symeq: warning: There is no comparison. The budget of 20 s is spent.\n"
    assert "comparison" not in json.loads((tmp_path / "law.json").read_text("utf-8"))


@dataclass(frozen=True)
class Field:
    """A published field: its file, the flags for it, its law, and the largest error of a coefficient."""

    file: str
    words: tuple[str, ...]
    law: str
    error: float


FIELDS = {
    "Burgers": Field(
        "burgers.mat",
        ("--rename", "usol=u", "--symmetry", "translation(t)", "--symmetry", "translation(x)", "--symmetry",
         "boost(x, u)", "--order", "2", "--degree", "3"),
        "u_t = -u*u_x + 0.1*u_xx", 0.01,
    ),
    "KdV": Field(
        "kdv.mat",
        ("--rename", "usol=u", "--symmetry", "translation(t)", "--symmetry", "translation(x)", "--generator",
         "6*t*d_x + d_u", "--symmetry", "scaling(x=1, t=3, u=-2)", "--order", "3"),
        "u_t = -6*u*u_x - u_xxx", 0.03,
    ),
    "Kuramoto-Sivashinsky": Field(
        "kuramoto_sivishinky.mat",
        ("--rename", "uu=u,tt=t", "--symmetry", "translation(t)", "--symmetry", "translation(x)",
         "--symmetry", "boost(x, u)", "--order", "4"),
        "u_t = -u*u_x - u_xx - u_xxxx", 0.01,
    ),
}  # fmt: skip
JET = Jet("t x", "u", order=4)


def numbers(rhs: Expr) -> dict[Expr, float]:
    return {term: float(value) for term, value in rhs.as_coefficients_dict().items()}


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published fields are not here")
@pytest.mark.parametrize("name", FIELDS)
def test_published_fields(name: str, tmp_path: Path) -> None:
    field, out = FIELDS[name], tmp_path / "law.json"
    data = PUBLISHED / field.file
    done = run("discover", data, *HEAT, *field.words, "--baseline", "--json", out, command=WEIGHED)
    assert done.returncode == 0
    [taken] = done.stderr.splitlines()
    document = json.loads(out.read_text("utf-8"))
    _, truth = parse(field.law, JET)
    for law in (document, document["baseline"]):
        found = numbers(parse(law["equations"][0]["rhs"], JET))
        assert set(found) == set(numbers(truth))
        assert found == pytest.approx(numbers(truth), rel=field.error)
    assert document["unknowns"]["allowed"] < document["baseline"]["unknowns"]["allowed"]
    assert "costs no fit" in document["verdict"]
    assert int(taken) < 1e9, "bytes of memory"
