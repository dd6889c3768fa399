"""`symeq discover` with the genetic engine: flags, documents, searches broken off and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from symeq.cli.clock import OutOfTime
from symeq.cli.engines import GENETIC, asked_engine, read_genetic
from symeq.cli.layout import shortened
from symeq.cli.reading import read_problem
from symeq.cli.settings import Settings
from symeq.discovery import Discovery
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry import Jet
from symeq.geometry.grammar import parse
from symeq.search import GeneticProgramming
from systems import SYSTEMS
from tests.cli.running import OSCILLATOR, SMALL, TURNING, circling, heat_arrays, symeq, write
from tests.cli.test_bad_input import HOSTILE
from tests.test_cli import COMMAND, ENVIRONMENT

PLANE = Jet("t", "x y")
GENETICALLY = (*OSCILLATOR, *TURNING, "--engine", "genetic", *SMALL)
STEADY = ("--axes", "u=x,y", "--independent", "x,y", "--dependent", "u", "--symmetry", "rotation(x, y)")


def sections(out: str) -> list[str]:
    return [line for line in out.splitlines() if line and not line.startswith(" ")]


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two documents differ in seconds alone."""
    return {**first, "seconds": 0} == {**second, "seconds": 0}


def test_a_law_no_library_holds_with_its_whole_story(tmp_path: Path) -> None:
    data, out, tex = circling(tmp_path), tmp_path / "law.json", tmp_path / "law.tex"
    done = symeq("discover", *data, *GENETICALLY, "--seed", 3, "--json", out, "--latex", tex)
    assert (done.status, done.err) == (0, "")
    assert sections(done.out) == [
        "Allowed by the symmetry",
        "Data",
        "Law",
        "Law by the vectors of its frame",
        "Search",
        "LaTeX",
        "LaTeX by the vectors of its frame",
    ]
    assert "translation(t); rotation(x, y): 2 unknown functions of 1 invariant" in done.out
    assert "x_t = G_1(I_1)*x - G_2(I_1)*y" in done.out
    assert "seed 3\n  search for x_t, y_t: the law is exact to round-off" in done.out
    fragment = tex.read_text("utf-8")
    assert fragment.count("\\begin{equation}") == 2
    assert "e^{- 1.0 I_{1}}" in fragment
    document = read(out)
    assert (document["engine"], document["seed"]) == ("genetic programming", 3)
    assert document["search"]["decided"]
    assert [constant["name"] for constant in document["constants"]] == ["c_1"]
    assert document["constants"][0]["value"] == pytest.approx(-1, rel=1e-6)
    x, y = PLANE.dependent
    for equation, truth in zip(document["equations"], (-y, x), strict=True):
        wrong = parse(equation["rhs"], PLANE) - truth * sp.exp(-(x**2) - y**2)
        assert abs(complex(wrong.subs({x: 0.3, y: 0.8}))) < 1e-8


def test_every_text_of_a_document_reads_back(tmp_path: Path) -> None:
    data, out = circling(tmp_path), tmp_path / "law.json"
    words = ("--independent", "time", "--dependent", "pos1,pos2", "--rename", "t=time,x=pos1,y=pos2")
    turning = ("--symmetry", "translation(time)", "--symmetry", "rotation(pos1, pos2)")
    done = symeq("discover", *data, *words, *turning, "--engine", "both", *SMALL, "--quiet", "--json", out)
    assert done.status == 0, done.err
    assert sections(done.out)[0].startswith("Derivative(pos1, time) = -(1.0")
    jet, document = Jet("time", "pos1 pos2"), read(out)
    frame = document["frame"]
    names = list(frame["invariants"])
    texts = [text for equation in document["equations"] for text in (equation["lhs"], equation["rhs"])]
    texts += [term[part] for term in document["terms"] for part in ("lhs", "expression")]
    texts += [*frame["fixed"], *(e for vector in frame["vectors"] for e in vector)]
    for text in (*texts, *frame["functions"], *frame["invariants"].values()):
        known = set(jet.coordinates) | set(map(sp.Symbol, names))
        assert parse(text, jet, names).free_symbols <= known
    for entry in document["front"]:
        leads = [parse(text, jet)[0] for text in entry["law"]]
        assert [str(lead) for lead in leads] == ["Derivative(pos1, time)", "Derivative(pos2, time)"]
    assert [entry["chosen"] for entry in document["front"]].count(True) == 1
    assert {entry["complexity"] is None for entry in document["front"]} == {True, False}
    assert any("the law is of genetic programming" in note for note in document["data"]["sampled"])


def test_both_engines_agree_where_the_library_suffices(tmp_path: Path) -> None:
    data = write(tmp_path / "heat.npz", heat_arrays())
    words = (data, "--independent", "t,x", "--dependent", "u", "--symmetry", "translation(t, x)")
    done = symeq("discover", *words, "--engine", "both")
    assert done.status == 0
    assert "Functions allowed by the symmetry" in done.out
    assert "u_t = G_1(I_1, I_2, I_3)" in done.out
    assert "the law is of sparse regression: it leaves nothing beyond" in done.out


def test_where_the_library_has_no_law_functions_may_have(tmp_path: Path) -> None:
    data = write(tmp_path / "heat.npz", heat_arrays())
    words = (data, "--independent", "t,x", "--dependent", "u", "--symmetry", "translation(t, x)")
    symmetry = ("--generator", "u*d_u", "--engine", "both", "--library", "u^2")
    done = symeq("discover", *words, *symmetry, *SMALL)
    assert (done.status, done.err) == (0, "")
    assert "Not allowed" in done.out
    assert "u_t = (0.1000" in done.out


def test_a_baseline_of_the_same_engine(tmp_path: Path) -> None:
    data, out = circling(tmp_path), tmp_path / "law.json"
    state = tmp_path / "state.json"
    limits = ("--epochs", 1, "--operators", "mul", "--resume", state)
    done = symeq("discover", *data, *GENETICALLY[:-2], *limits, "--baseline", "--json", out)
    assert (done.status, done.err) == (0, "")
    assert "Without the symmetry" in done.out
    assert "Comparison (laws found in the first 4 of 6 runs, judged on the others)" in done.out
    document = read(out)
    assert document["baseline"]["symmetry"] == {"generators": [], "maps": [], "exact": True}
    assert document["baseline"]["search"]["epochs"] == 2  # one for each of two equations
    assert [row["law"] for row in document["comparison"]] == ["with the symmetry", "without"]
    assert len(read(state)["searches"]) == 1


def test_a_relation_between_invariants_of_a_steady_field(tmp_path: Path) -> None:
    [part] = SYSTEMS["darcy"].simulate(fields=1, points=41, nodes=64).parts
    data, out = tmp_path / "darcy.npz", tmp_path / "law.json"
    write(data, {name: part[name].values for name in ("x", "y", "u")})
    words = (*STEADY, "--symmetry", "translation(u)", "--map", "x -> -x", "--engine", "genetic", *SMALL)
    sides = ("--relation", "--lead", "x*u_x + y*u_y, u_xx + u_yy")
    done = symeq("discover", data, *words, *sides, "--json", out)
    assert (done.status, done.err) == (0, "")
    assert "one unknown relation between 6 invariants, solved for" in " ".join(done.out.split())
    assert "left-hand sides tried" in done.out
    [equation] = read(out)["equations"]
    jet = Jet("x y", "u", order=2)
    law = jet.parse(equation["rhs"]) - jet.parse(equation["lhs"])
    slope = sum(law.coeff(jet[name]) for name in ("u_xx", "u_yy")) / 2
    assert float(law.coeff(jet["u_x"]).coeff(jet["x"]) / slope) == pytest.approx(-8, rel=1e-3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--degree", 2), "--degree: it is about a library of terms, and `--engine genetic` searches"),
        (("--library", "x"), "take `--engine both`"),
        (("--known", "x=1"), "--known: it is about a library"),
        (("--engine", "both", "--relation"), "--engine: it was given twice"),
        (("--operators", "add, mull"), "--operators: There is no operator `mull`. Did you mean `mul`?"),
        (("--operators", "exp"), "--operators: The genetic search needs an operator of two arguments"),
        (("--operators", HOSTILE), "--operators: There is no operator"),
        (("--epochs", 0), "--epochs: expected a whole number, 1 or more; found 0"),
        (("--evaluations", -3), "--evaluations: expected a whole number, 1 or more; found -3"),
        (("--workers", 0), "--workers: expected a whole number, 1 or more; found 0"),
        (("--lead", HOSTILE), "--lead: "),
        (("--lead", "x"), "--lead: `x`: a lead is a derivative, such as `x_t`."),
        (("--lead", "x_t + y_t, y_t"), "makes the law one relation"),
        (("--lead", "t^2"), "has no dependent variable"),
        (("--lead", "x*y"), "the preferred invariant `x*y` is moved by"),
        (("--order", 64, "--dependent", "a", "--independent", "b,c,d"), "order 64 makes a jet of"),
        (("--resume", "nowhere/state"), "--resume: cannot write nowhere/state"),
        (("--resume", "0.npz"), "--resume: cannot write 0.npz: it is read as input"),
        (("--resume", "law.json"), "--resume: cannot write law.json: --json goes there already"),
        (("--resume", "other.json"), "--resume: other.json is no state of a genetic search"),
        (("--budget", "1e-3"), "The budget of 0.001 s is spent"),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, tuple) else "",
)
def test_words_that_make_no_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    data = circling(Path())[0]
    Path("other.json").write_text("{}")
    before = sorted(os.listdir())
    outcome = symeq("discover", data, *GENETICALLY[:-4], "--engine", "genetic", *words, "--json", "law.json")
    assert outcome.status == (3 if "--budget" in words else 2)
    assert says in outcome.message
    assert sorted(os.listdir()) == before


OF_EVOLUTION = {
    "operators": "add",
    "epochs": 3,
    "evaluations": 9,
    "workers": 2,
    "resume": "a",
    "relation": True,
}


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        *(("sparse", {key: value}) for key, value in OF_EVOLUTION.items()),
        ("both", {"relation": True}),
        (None, {"epochs": 3}),
    ],
)
def test_a_flag_of_another_engine_is_refused(engine: str | None, words: dict[str, Any]) -> None:
    settings = Settings.of_flags({"engine": [engine] if engine else None, **words})
    [key] = words
    with pytest.raises(InvalidInput, match=f"^--{key}: it is for `--engine genetic`"):
        asked_engine(settings)


def test_the_flags_reach_the_engine(tmp_path: Path) -> None:
    (tmp_path / "problem.toml").write_text(
        'engine = "genetic"\noperators = ["add, mul", "sin"]\nepochs = 7\nevaluations = 900\nworkers = 2\n'
        'seed = 5\nresume = "state.json"',
        "utf-8",
    )
    settings = Settings.of_file(tmp_path / "problem.toml")
    assert asked_engine(settings) == GENETIC
    assert read_genetic(settings) == GeneticProgramming(
        operators=["add", "mul", "sin"],
        epochs=7,
        evaluations=900,
        workers=2,
        seed=5,
        state=tmp_path / "state.json",
    )


@pytest.mark.parametrize(
    ("flags", "order", "leads", "sides"),
    [
        ({}, 2, "(u_t,)", "()"),
        ({"order": 3}, 3, "(u_t,)", "()"),
        ({"lead": ["u_tt"], "order": 1}, 2, "(u_tt,)", "()"),
        ({"lead": ["u_tt - u_xx"]}, 2, "()", "(u_tt - u_xx,)"),
        ({"relation": True, "order": 1}, 1, "()", "()"),
        ({"relation": True, "lead": ["u_xxx, u_t + u_x"]}, 3, "()", "(u_xxx, u_t + u_x)"),
        ({"relation": True, "lead": ["u_t"]}, 2, "()", "(u_t,)"),
    ],
)
def test_leads_and_sides(tmp_path: Path, flags: dict[str, Any], order: int, leads: str, sides: str) -> None:
    data = write(tmp_path / "run.npz", heat_arrays())
    asked = {"data": [data], "independent": ["t, x"], "dependent": ["u"], "engine": ["genetic"], **flags}
    problem = read_problem(Settings.of_flags(asked))
    assert problem.candidates is None
    assert problem.forms is not None
    assert problem.jet.order == order
    assert (str(problem.forms.leads), str(problem.forms.sides)) == (leads, sides)


def test_a_parameter_in_an_invariant_needs_a_value(tmp_path: Path) -> None:
    data = write(tmp_path / "heat.npz", heat_arrays())
    words = (data, "--independent", "t,x", "--dependent", "u", "--generator", "d_x + k*d_u")
    for more in ((), ("--relation",)):
        done = symeq("discover", *words, "--parameter", "k", "--engine", "genetic", *more)
        assert done.status == 2
        assert "The parameter `k` has no value, and the allowed laws contain " in done.message


def test_scalings_are_not_divided_out(tmp_path: Path) -> None:
    data = write(tmp_path / "heat.npz", heat_arrays())
    words = (data, "--independent", "t,x", "--dependent", "u", "--symmetry", "translation(t, x)")
    done = symeq("discover", *words, "--symmetry", "scaling(x=1, t=2)", "--engine", "genetic", *SMALL)
    assert done.status == 0
    assert "u_t = G_1(I_1, I_2, I_3)" in done.out
    assert "every product scales as u_t under x*d_x + 2*t*d_t" in done.out
    assert "u_t = (0.1000" in done.out


def test_a_budget_gives_the_best_law_so_far(tmp_path: Path) -> None:
    data, out = circling(tmp_path, noise=0.002), tmp_path / "law.json"
    # With all operators and noise, twelve epochs take longer than that on any machine.
    asked = (*OSCILLATOR, *TURNING, "--engine", "genetic", "--budget", 1, "--baseline")
    done = symeq("discover", *data, *asked, "--json", out)
    assert done.status == 0, done.err
    assert "the time granted was spent" in done.out
    assert "There is no comparison. The budget of 1 s is spent." in done.err
    document = read(out)
    assert document["search"]["clocked"]
    assert not document["search"]["decided"]


@pytest.fixture
def noisy(tmp_path: Path) -> tuple[Any, ...]:
    """A search of three epochs, none of which can end it."""
    data, short = circling(tmp_path, noise=0.01)[1:5], (*GENETICALLY[:-1], "mul, exp")
    return ("discover", *data, *short, "--epochs", 3, "--seed", 1)


def heedful() -> None:
    """Ctrl-C reaches a process even where these tests run in the background, whose children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def begun(words: tuple[Any, ...], state: Path) -> subprocess.Popen[str]:
    """A process that has finished its first epoch."""
    command = [*COMMAND, *map(str, words), "--resume", str(state)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True, preexec_fn=heedful
    )
    patient = time.monotonic() + 60
    while not state.exists() and process.poll() is None and time.monotonic() < patient:
        time.sleep(0.01)
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_search_that_was_killed_goes_on_to_the_same_law(tmp_path: Path, noisy: tuple[Any, ...]) -> None:
    state, resumed, undisturbed = (tmp_path / name for name in ("state.json", "resumed.json", "law.json"))
    process = begun(noisy, state)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    done = [len(epochs) for epochs in read(state)["searches"].values()]
    assert 1 <= done[0] < 3
    assert symeq(*noisy, "--resume", state, "--json", resumed).status == 0
    assert symeq(*noisy, "--json", undisturbed).status == 0
    assert same(read(resumed), read(undisturbed))
    other = symeq(*noisy[:-1], 2, "--resume", state)
    assert (other.status, "is the state of another search" in other.err) == (2, True)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_an_interrupt_gives_the_best_law_so_far(tmp_path: Path, noisy: tuple[Any, ...]) -> None:
    process = begun((*noisy, "--baseline", "--json", tmp_path / "law.json"), tmp_path / "state.json")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "not decided: the search was interrupted" in " ".join(out.split())
    assert err == "symeq: warning: There is no comparison: the search was interrupted.\n"
    assert not read(tmp_path / "law.json")["search"]["decided"]


def test_an_interrupt_before_there_is_a_law_ends_with_status_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **settings: object) -> Discovery:
        raise KeyboardInterrupt

    monkeypatch.setattr(GeneticProgramming, "search", interrupted)
    done = symeq("discover", *circling(tmp_path), *GENETICALLY, "--quiet")
    assert (done.status, done.err) == (130, "symeq: interrupted.\n")


@pytest.mark.parametrize("error", [NoLaw("nothing fits"), OutOfTime("The budget is spent.")])
def test_no_law_ends_with_status_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def failing(*arguments: object, **settings: object) -> Discovery:
        raise error

    monkeypatch.setattr(GeneticProgramming, "search", failing)
    done = symeq("discover", *circling(tmp_path), *GENETICALLY, "--quiet")
    assert (done.status, done.err) == (3, f"symeq: error: {error}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
def test_the_bar_tells_the_best_law_so_far(noisy: tuple[Any, ...]) -> None:
    import pty

    master, terminal = pty.openpty()
    words = [*map(str, noisy), "--epochs", "2"]
    pipe = subprocess.PIPE
    subprocess.run([*COMMAND, *words], env=ENVIRONMENT, stdout=pipe, stderr=terminal, timeout=60, check=True)
    os.close(terminal)
    os.set_blocking(master, False)
    seen = b""
    while True:
        try:
            piece = os.read(master, 100_000)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    assert b"epoch 1, " in seen
    assert b"laws tried, best so far: x_{t}" in seen


@pytest.mark.parametrize(
    ("room", "text"), [(8, "u_t = u"), (7, "u_t = u"), (6, "u_t =…"), (1, "…"), (0, "…")]
)
def test_a_line_is_shortened_to_its_room(room: int, text: str) -> None:
    assert shortened("u_t  =\nu", room) == text
