"""Flags over problem files: what each key may hold, and who wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symeq.cli.candidates import Candidates
from symeq.cli.problem import Problem
from symeq.cli.reading import read_problem
from symeq.cli.settings import KEYS, Settings
from symeq.errors import InvalidInput
from tests.cli.running import HEAT, heat_arrays, symeq, write


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "problem.toml"
    path.write_text(text, "utf-8")
    return Settings.of_file(path)


def test_every_flag_can_stand_in_a_problem_file(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    write(tmp_path / "here" / "heat.npz", heat_arrays())
    (tmp_path / "here" / "heat.toml").write_text(
        """
        data = "heat.npz"
        independent = ["s", "x"]
        dependent = "w"
        symmetry = ["translation(s)", "translation(x)"]
        generator = "w*d_w"
        map = "x -> -x"
        lead = "w_s"
        library = ["w, w_x, a*w_xx", "w_s: w^2"]
        known = {"w" = 0}
        parameter = {a = 0.1}
        rename = {u = "w", t = "s"}
        axes = {w = ["s", "x"]}
        periodic = "x"
        engine = "both"
        operators = ["add, mul", "exp"]
        relation = false
        epochs = 2
        evaluations = 1000
        workers = 1
        resume = "search.json"
        order = 2
        seed = 3
        budget = 60.0
        baseline = true
        json = "law.json"
        latex = "law.tex"
        quiet = true
        """,
        "utf-8",
    )
    outcome = symeq("discover", "--problem", tmp_path / "here" / "heat.toml")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("w_s = ")
    document = json.loads((tmp_path / "here" / "law.json").read_text("utf-8"))
    assert document["symmetry"]["generators"] == ["d_s", "d_x", "w*d_w"]
    assert document["symmetry"]["maps"] == ["x -> -x"]
    assert [term["expression"] for term in document["terms"]] == ["Derivative(w(s, x), (x, 2))"]
    assert document["terms"][0]["value"] == pytest.approx(0.1, rel=1e-3)
    assert document["baseline"]["unknowns"]["allowed"] == 3
    assert "w_{xx}" in (tmp_path / "here" / "law.tex").read_text("utf-8")


def test_the_problem_file_is_not_written_over(tmp_path: Path) -> None:
    data, file = write(tmp_path / "heat.npz", heat_arrays()), tmp_path / "heat.toml"
    file.write_text('independent = "t,x"\ndependent = "u"')
    outcome = symeq("discover", data, "--problem", file, "--json", file)
    assert (outcome.status, "it is read as input" in outcome.message) == (2, True)


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    file = read(
        tmp_path, 'symmetry = ["translation(t)", "boost(x, u)"]\norder = 4\nbaseline = true\ndegree = 1'
    )
    flags = Settings.of_flags({"symmetry": ["translation(x)"], "order": 2, "baseline": False, "map": None})
    both = flags.over(file)
    assert both.texts("symmetry") == ("translation(x)",)
    assert (both.number("order", 0), both.number("degree", 0)) == (2, 1)
    assert not both.switched_on("baseline")
    assert (both.place("order"), both.place("degree")) == ("--order", f"{tmp_path / 'problem.toml'}: degree")


SYMMETRY = {"symmetry", "generator", "map"}
ALWAYS = {"independent", "dependent", "parameter", "problem", "budget", "json", "latex", "quiet"}
LIBRARY = {"lead", "order", "degree", "library", "known"}
GENETIC = {"relation", "operators", "epochs", "evaluations", "workers", "seed", "resume"}
DATA = {"rename", "axes", "periodic", "missing", "weak"}
FLAGS = {
    "discover": ALWAYS | SYMMETRY | LIBRARY | GENETIC | DATA | {"baseline", "engine"},
    "constraints": ALWAYS | SYMMETRY | LIBRARY,
    "invariants": ALWAYS | SYMMETRY | {"order", "degree", "prefer"},
    "symmetries": ALWAYS | {"equation", "consequence", "degree", "library"},
    "check": ALWAYS | SYMMETRY | {"equation", "consequence"},
}


@pytest.mark.parametrize("command", FLAGS)
def test_a_command_has_its_flags_and_no_others(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    panels = (line.strip("│ ") for line in symeq(command, "--help").out.splitlines() if "│ --" in line)
    flags = {line.split()[0].removeprefix("--") for line in panels}
    assert flags == FLAGS[command] | {"help"}


def test_every_kind_of_key_belongs_to_a_flag() -> None:
    assert set().union(*FLAGS.values(), {"data"}) - {"problem"} == set(KEYS)


@pytest.mark.parametrize("command", FLAGS)
def test_a_problem_file_holds_the_keys_of_its_command(command: str, tmp_path: Path) -> None:
    file = tmp_path / "problem.toml"
    for key in set().union(*FLAGS.values()) - FLAGS[command]:
        file.write_text(f"{key} = 1")
        outcome = symeq(command, "--problem", file)
        assert outcome.status == 2
        assert f"problem.toml: unknown key `{key}`." in outcome.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('symetry = "trivial"', "unknown key `symetry`. Did you mean `symmetry`?"),
        ("[discover]\norder = 2", "unknown key `discover`. Known: independent, dependent"),
        ("order = 2.0", "order: expected a whole number, 0 or more; found 2.0."),
        ("order = true", "expected a whole number"),
        ("seed = -1", "found -1"),
        ("epochs = 0", "epochs: expected a whole number, 1 or more; found 0."),
        ("workers = 2.0", "found 2.0"),
        ("relation = 1", "expected true or false, found 1."),
        ("operators = 1", "expected text, found 1."),
        ('resume = ["a", "b"]', "expected the path of one file, found 2."),
        ('budget = "long"', "expected a number of seconds above 0, found 'long'."),
        ("budget = inf", "seconds above 0"),
        ('baseline = "yes"', "expected true or false, found 'yes'."),
        ("symmetry = 1", "expected text, found 1."),
        ("symmetry = [1]", "expected text, found 1."),
        ("rename = {u = {v = 1}}", "expected text or a number"),
        ("parameter = {nu = 2020-01-01}", "expected text or a number"),
        ("json = 1", "expected the path of a file, found 1."),
        ('json = ["a", "b"]', "expected the path of one file, found 2."),
        ("order = ", "is not TOML: Invalid value"),
        ("order = 1\norder = 2", "is not TOML: Cannot overwrite"),
        ("x = " + "[" * 5000, "is not TOML: "),
    ],
)
def test_a_problem_file_that_makes_no_sense(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, text)
    assert says in str(caught.value)
    assert "problem.toml" in str(caught.value)


def test_a_problem_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "problem.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="is not TOML"):
        Settings.of_file(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InvalidInput, match="more than 1000000 bytes"):
        Settings.of_file(path)
    with pytest.raises(InvalidInput, match="there is no file"):
        Settings.of_file(tmp_path)


def settings(tmp_path: Path, **flags: object) -> Settings:
    data = write(tmp_path / "run.npz", heat_arrays())
    return Settings.of_flags({"data": [data], "independent": ["t, x"], "dependent": ["u"], **flags})


def candidates(problem: Problem) -> Candidates:
    assert problem.candidates is not None
    return problem.candidates


@pytest.mark.parametrize(
    ("flags", "order", "terms"),
    [
        ({}, 2, "1, u, u**2, u**3, u_x, u_xx, u*u_x, u*u_xx, u**2*u_x, u**2*u_xx, u**3*u_x, u**3*u_xx"),
        ({"degree": 0, "order": 3}, 3, "1, u_x, u_xx, u_xxx"),
        ({"lead": ["u_tt"], "degree": 0}, 2, "1, u_t, u_x, u_tx, u_xx"),
        ({"library": ["u_xx, 3*u", "sin(u)"]}, 2, "u_xx, u, sin(u)"),
        ({"library": ["u_xxx"], "parameter": ["nu=2"], "order": 4}, 3, "u_xxx"),
        ({"library": ["u^nu*u_x"], "parameter": ["nu=2"]}, 1, "u**2*u_x"),
    ],
)
def test_libraries(tmp_path: Path, flags: dict[str, object], order: int, terms: str) -> None:
    problem = read_problem(settings(tmp_path, **flags))
    (library,) = candidates(problem).library.values()
    assert (problem.jet.order, str(library)) == (order, terms)


@pytest.mark.parametrize(
    ("lead", "terms"),
    [(None, "1, x, y, x**2, x*y, y**2"), (["x_tt", "y_tt"], "1, x, y, x**2, x*y, y**2, x_t, y_t, x*x_t")],
)
def test_the_default_library_of_an_ode(tmp_path: Path, lead: list[str] | None, terms: str) -> None:
    given = settings(tmp_path, independent=["t"], dependent=["x,y"], degree=2, lead=lead)
    library = next(iter(candidates(read_problem(given)).library.values()))
    assert str(library).startswith(terms)
    assert not any("_tt" in str(term) for term in library)


def test_a_library_and_a_known_term_for_each_lead(tmp_path: Path) -> None:
    given = settings(
        tmp_path,
        independent=["t"],
        dependent=["x,y"],
        library=["x_t: x, y", "y_t: x, y, x^2"],
        known=["x_t: y=-1"],
    )
    problem = read_problem(given)
    assert [str(library) for library in candidates(problem).library.values()] == ["x, y", "x, y, x**2"]
    ansatz = candidates(problem).valued(problem.symmetry)
    assert (ansatz.unknowns, ansatz.library_unknowns) == (4, 5)
    assert str(ansatz.fixed) == "(-y, 0)"


def test_commas_inside_a_derivative_part_nothing(tmp_path: Path) -> None:
    given = settings(
        tmp_path,
        independent=["t x1"],
        dependent=["u"],
        lead=["Derivative(u, t)"],
        library=["u, Derivative(u, x1, x1)"],
    )
    problem = read_problem(given)
    assert str(problem.leads) == "(Derivative(u, t),)"
    assert str(next(iter(candidates(problem).library.values()))) == "u, Derivative(u, x1, x1)"


def test_a_parameter_with_a_value_is_a_number_everywhere(tmp_path: Path) -> None:
    given = settings(
        tmp_path,
        parameter=["a=2, b=0.5"],
        symmetry=["scaling(x=1, t=a)"],
        generator=["a*t*d_x + d_u"],
        map=["u -> b*u"],
        library=["a*u_xx + b*u"],
        known=["a*u_xx + b*u = b"],
    )
    problem = read_problem(given)
    assert [str(v) for v in problem.symmetry.generators] == ["x*d_x + 2*t*d_t", "2*t*d_x + d_u"]
    assert [str(g) for g in problem.symmetry.maps] == ["u -> u/2"]
    assert candidates(problem).parameters == ()
    assert not {s for term in candidates(problem).known for s in term.free_symbols} & set(
        problem.symmetry.parameters
    )


def test_a_parameter_without_a_value_may_stay_where_no_law_has_it(tmp_path: Path) -> None:
    given = settings(tmp_path, parameter=["a"], generator=["x*d_x + a*u*d_u"], library=["u_xx, u"])
    problem = read_problem(given)
    assert str(candidates(problem).valued(problem.symmetry).basis) == "((u,),)"


@pytest.mark.parametrize("names", ["t,x", "t, x", "t x"])
def test_variables_are_parted_by_commas_or_spaces(tmp_path: Path, names: str) -> None:
    assert str(read_problem(settings(tmp_path, independent=[names])).jet) == "Jet(t, x; u)"


def test_renaming_and_axes(tmp_path: Path) -> None:
    problem = read_problem(
        settings(tmp_path, rename=["usol=u, tt=t", "xx=x"], axes=["usol=xx,tt"], periodic=["x"])
    )
    assert problem.rename == {"usol": "u", "tt": "t", "xx": "x"}
    assert problem.axes == {"usol": ("xx", "tt")}
    assert problem.periodic == ("x",)


def test_flags_after_the_data_and_before_it_are_the_same(tmp_path: Path) -> None:
    data = write(tmp_path / "heat.npz", heat_arrays())
    first, second = symeq("discover", data, *HEAT, "--quiet"), symeq("discover", *HEAT, "--quiet", data)
    assert first == second
    assert first.status == 0
