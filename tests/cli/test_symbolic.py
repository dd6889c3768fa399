"""The commands without data, end to end: what they say, write and end with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from symeq.geometry import Jet, parse, read_map, read_symmetry
from symeq.geometry.fields import VectorField
from symeq.invariants import Action, invariants
from symeq.symmetries import admits
from tests.cli.running import HEAT, OSCILLATOR, Outcome, symeq

PLANE = ("--independent", "x,y", "--dependent", "u")
CURVE = ("--independent", "x", "--dependent", "u")
LONG = ("--independent", "time,x1", "--dependent", "lambda")
HEAT_JET, PLANE_JET, LONG_JET = Jet("t x", "u"), Jet("x y", "u"), Jet("time x1", "lambda")
FRAME = {"schema", "command", "independent", "dependent", "parameters", "values", "seconds", "versions"}
BURGERS = "u_t = -u*u_x + u_xx"


def answered(tmp_path: Path, *words: object, status: int = 0) -> tuple[Outcome, dict[str, Any], str]:
    """What a command printed, its document and its LaTeX."""
    out, tex = tmp_path / "answer.json", tmp_path / "answer.tex"
    outcome = symeq(*words, "--json", out, "--latex", tex)
    assert (outcome.status, outcome.err) == (status, "")
    document = json.loads(out.read_text("utf-8"))
    assert document.keys() >= FRAME
    assert (document["schema"], document["command"]) == (1, words[0])
    assert document["seconds"] >= 0
    assert {"python", "symeq", "sympy"} <= set(document["versions"])
    return outcome, document, tex.read_text("utf-8")


def sections(outcome: Outcome) -> list[str]:
    return [line for line in outcome.out.splitlines() if line and not line.startswith(" ")]


def balanced(latex: str) -> bool:
    text = "\n".join(line.split("%")[0] for line in latex.splitlines())
    begun = [piece.split("}")[0] for piece in text.split("\\begin{")[1:]]
    ended = [piece.split("}")[0] for piece in text.split("\\end{")[1:]]
    return text.count("{") == text.count("}") and sorted(begun) == sorted(ended)


def test_constraints_write_the_basis_of_the_allowed_laws(tmp_path: Path) -> None:
    flags = (*HEAT, "--degree", 1, "--symmetry", "translation(t, x)", "--symmetry", "boost(x, u)")
    outcome, document, latex = answered(tmp_path, "constraints", *flags)
    assert sections(outcome) == ["Allowed by the symmetry", "Terms in no allowed law"]
    assert "u_t = -u*u_x + beta_1 + beta_2*u_x + beta_3*u_xx" in outcome.out
    assert document["library"] == {"u_t": ["1", "u", "u_x", "u_xx", "u*u_x", "u*u_xx"]}
    assert document["fixed"] == {"u_t": "-u*u_x"}
    assert document["allowed"] == [{"u_t": "1"}, {"u_t": "u_x"}, {"u_t": "u_xx"}]
    assert document["excluded"] == {"u_t": ["u", "u*u_xx"]}
    assert document["unknowns"] == {"library": 6, "allowed": 3}
    assert document["symmetry"] == {"generators": ["d_t", "d_x", "t*d_x + d_u"], "maps": []}
    assert latex.startswith("% needs amsmath\n\\begin{equation}\n")
    assert "u_{t} &= - u u_{x} + \\beta_{1}" in latex
    assert balanced(latex)


def test_every_text_of_the_constraints_reads_back(tmp_path: Path) -> None:
    terms = "kappa*Derivative(lambda, x1, x1), lambda*Derivative(lambda, x1), lambda^2, 1"
    flags = (*LONG, "--parameter", "kappa", "--library", terms, "--generator", "time*d_x1 + d_lambda")
    _, document, latex = answered(tmp_path, "constraints", *flags)
    lead = "Derivative(lambda, time)"
    assert (document["parameters"], document["values"]) == (["kappa"], {})
    assert parse(document["fixed"][lead], LONG_JET) == LONG_JET.parse("-lambda*Derivative(lambda, x1)")
    read = [parse(law[lead], LONG_JET, "kappa") for law in document["allowed"]]
    assert set(read) == {sp.S.One, LONG_JET.parse("kappa*Derivative(lambda, x1, x1)", "kappa")}
    assert "\\lambda_{\\mathrm{time}}" in latex
    assert balanced(latex)


def test_a_law_of_several_equations_has_a_side_for_each(tmp_path: Path) -> None:
    flags = (*OSCILLATOR, "--symmetry", "rotation(x, y)", "--degree", "1")
    _, document, _ = answered(tmp_path, "constraints", *flags)
    assert document["allowed"] == [{"x_t": "x", "y_t": "y"}, {"x_t": "-y", "y_t": "x"}]
    assert document["fixed"] == {"x_t": "0", "y_t": "0"}


def test_constraints_without_a_law_end_with_status_3(tmp_path: Path) -> None:
    words = ("--library", "1, u_xx", "--symmetry", "boost(x, u)", "--json", tmp_path / "a.json")
    outcome = symeq("constraints", *HEAT, *words)
    assert outcome.status == 3
    assert "the term u*u_x with coefficient -1" in outcome.message
    assert not (tmp_path / "a.json").exists()


def test_invariants_are_counted_and_each_is_annihilated(tmp_path: Path) -> None:
    outcome, document, latex = answered(tmp_path, "invariants", *PLANE, "--symmetry", "SE(x, y)")
    assert document["counts"] == {"jet": [3, 5, 8], "orbit": [2, 3, 3], "invariants": [1, 2, 5]}
    assert (document["complete"], document["missing"]) == (True, 0)
    read = [parse(text, PLANE_JET) for text in document["invariants"]]
    assert len(read) == 5
    jet = PLANE_JET.with_order(2)
    action = Action.on_jet(jet, read_symmetry("SE(x, y)", jet).on(jet), 2)
    for invariant in read:
        moved = [sum(invariant.diff(z) * f for z, f in v.items()) for v in action.fields]
        assert [sp.expand(m) for m in moved] == [0] * 3
    assert sections(outcome)[:3] == ["Symmetry", "Count (complete)", "Invariants"]
    assert "order 1  I_2  = u_x**2 + u_y**2" in outcome.out
    assert "I_{2} &= u_{x}^{2} + u_{y}^{2}" in latex
    assert balanced(latex)


def test_what_is_missing_is_said_and_the_status_is_0(tmp_path: Path) -> None:
    flags = ("--symmetry", "SE(x, y)", "--degree", "1")
    outcome, document, latex = answered(tmp_path, "invariants", *PLANE, "--order", "1", *flags)
    missing = document["missing"]
    assert missing == document["counts"]["invariants"][-1] - len(document["invariants"]) > 0
    assert not document["complete"]
    assert f"Count (incomplete: {missing} of 2 missing)" in outcome.out
    assert "Notes" in sections(outcome)
    assert balanced(latex)


def test_relative_invariants_and_maps(tmp_path: Path) -> None:
    flags = ("--symmetry", "translation(x, u)", "--generator", "u*d_u", "--map", "x -> -x")
    outcome, document, latex = answered(tmp_path, "invariants", *CURVE, *flags)
    assert document["symmetry"]["maps"] == ["x -> -x"]
    assert {"u_x", "u_xx"} <= {entry["expression"] for entry in document["relative"]}
    jet = Jet("x", "u", order=2)
    for text in document["invariants"]:
        expression, images = parse(text, jet), read_map("x -> -x", jet).prolong(jet)
        assert sp.simplify(expression.subs(images, simultaneous=True) - expression) == 0
    assert "Relative invariants" in sections(outcome)
    assert balanced(latex)


def test_no_invariants_are_an_answer(tmp_path: Path) -> None:
    flags = (*CURVE, "--order", "0", "--symmetry", "translation(x, u)")
    outcome, document, latex = answered(tmp_path, "invariants", *flags)
    assert (document["invariants"], document["complete"]) == ([], True)
    assert "Invariants\n  none\n" in outcome.out
    assert latex == "% needs amsmath\n% no invariants were found\n"


def test_preferred_invariants_come_first(tmp_path: Path) -> None:
    flags = ("--symmetry", "SE(x, y)", "--prefer", "(u_xx + u_yy)^2, u_xx^2 + 2*u_xy^2 + u_yy^2")
    _, document, _ = answered(tmp_path, "invariants", *PLANE, *flags)
    read = [sp.expand(parse(text, PLANE_JET)) for text in document["invariants"]]
    proposed = [PLANE_JET.parse(text) for text in ("(u_xx + u_yy)^2", "u_xx^2 + 2*u_xy^2 + u_yy^2")]
    assert read[2:4] == [sp.expand(invariant) for invariant in proposed]


def test_symmetries_are_read_back_and_admitted(tmp_path: Path) -> None:
    flags = ("--equation", "u_t + u*u_x + u_xxx = 0")
    outcome, document, latex = answered(tmp_path, "symmetries", *HEAT, *flags)
    assert (document["dimension"], document["degree"]) == (4, 2)
    assert (document["certified"], document["infinite_suspected"]) == (True, False)
    fields = [
        VectorField({HEAT_JET[z]: parse(f, HEAT_JET) for z, f in one.items()})
        for one in document["generators"]
    ]
    assert len(fields) == 4
    assert admits("u_t + u*u_x + u_xxx = 0", fields, jet=HEAT_JET)
    assert sections(outcome) == ["Equations", "Symmetries", "Count", "Brackets [row, column]"]
    assert "v4 = t*d_x + d_u                Galilean boost along x" in outcome.out
    assert latex.startswith("% needs amsmath and booktabs\n")
    assert latex.count("\\begin{tabular}") == 2
    assert balanced(latex)


def test_infinitely_many_symmetries_are_suspected_aloud(tmp_path: Path) -> None:
    flags = ("--equation", "u_t = nu*u_xx", "--parameter", "nu", "--degree", "1")
    outcome, document, _ = answered(tmp_path, "symmetries", *HEAT, *flags)
    assert document["infinite_suspected"] is True
    assert "infinitely many suspected" in " ".join(outcome.out.split())
    assert document["parameters"] == ["nu"]


def test_a_parameter_may_have_a_value(tmp_path: Path) -> None:
    flags = (*HEAT, "--equation", "u_t = u_xx + k*u^2", "--degree", "1")
    dimensions = [
        answered(tmp_path, "symmetries", *flags, "--parameter", k)[1]["dimension"] for k in ("k", "k=0")
    ]
    assert dimensions == [3, 6]


def test_functions_may_be_listed(tmp_path: Path) -> None:
    flags = (*CURVE, "--equation", "u_xx = -u", "--library", "u: u, sin(x), cos(x)", "--library", "x: 1")
    _, document, _ = answered(tmp_path, "symmetries", *flags)
    assert (document["dimension"], document["degree"]) == (4, None)


def test_no_symmetries_are_an_answer(tmp_path: Path) -> None:
    flags = (*CURVE, "--equation", "u_xx = u^3*sin(x) + x", "--degree", "0")
    outcome, document, latex = answered(tmp_path, "symmetries", *flags)
    assert (document["dimension"], document["generators"]) == (0, [])
    assert "Symmetries\n  none\n" in outcome.out
    assert balanced(latex)


def test_check_says_yes_with_status_0(tmp_path: Path) -> None:
    flags = (*HEAT, "--equation", BURGERS, "--symmetry", "boost(x, u)", "--map", "x -> -x, u -> -u")
    outcome, document, latex = answered(tmp_path, "check", *flags)
    assert document["admits"] == {"boost(x, u)": True, "x -> -x, u -> -u": True}
    assert document["residual"] == {}
    assert sections(outcome) == ["Equations", "Symmetry", "Answer"]
    assert "2 of 2 admitted" in outcome.out
    assert balanced(latex)


def test_check_says_no_with_status_3_and_writes_what_is_left(tmp_path: Path) -> None:
    asked = ("--symmetry", "translation(t); scaling(x=1, t=2, u=1)", "--generator", "d_x")
    flags = (*HEAT, "--equation", BURGERS, *asked)
    outcome, document, latex = answered(tmp_path, "check", *flags, status=3)
    first = "translation(t); scaling(x=1, t=2, u=1)"
    assert document["admits"] == {first: False, "d_x": True}
    ((member, left),) = document["residual"][first].items()
    assert document["residual"].keys() == {first}
    assert document["members"] == {"d_t": True, member: False, "d_x": True}
    # 2 t d_t + x d_x + u d_u on u_t + u u_x - u_xx, weights -1, 1 and -1: what is left is 2 u u_x.
    assert parse(left["u_t"], HEAT_JET) == HEAT_JET.parse("2*u*u_x")
    assert "Left of the equations" in sections(outcome)
    assert "2 of 3 admitted" in outcome.out
    assert "2 u u_{x}" in latex
    assert balanced(latex)


def test_consequences_help_a_check(tmp_path: Path) -> None:
    system = ("--independent", "x,y", "--dependent", "u,v", "--equation", "u_x = v", "--equation", "u_y = u")
    asked = ("--consequence", "v_y = v", "--generator", "u*d_u + v*d_v")
    _, document, _ = answered(tmp_path, "check", *system, *asked)
    assert document["admits"] == {"u*d_u + v*d_v": True}
    assert document["equations"] == ["u_x = v", "u_y = u"]


QUIET = {
    "constraints": ((*HEAT, "--library", "u_xx, u"), ["u_t = beta_1*u_xx + beta_2*u"]),
    "invariants": ((*CURVE, "--order", "1", "--symmetry", "translation(x)"), ["u", "u_x"]),
    "symmetries": ((*HEAT, "--equation", "u_t = u^2*u_xxx", "--degree", "0"), ["d_t", "d_x"]),
    "check": ((*HEAT, "--equation", "u_t = u", "--generator", "d_u"), ["d_u: not admitted"]),
}


@pytest.mark.parametrize("command", QUIET)
def test_quiet_prints_the_answer_alone(command: str) -> None:
    words, lines = QUIET[command]
    outcome = symeq(command, *words, "--quiet")
    assert (outcome.out.splitlines(), outcome.err) == (lines, "")


def test_quiet_answers_do_not_hide_what_is_missing() -> None:
    outcome = symeq(
        "invariants", *PLANE, "--order", "1", "--symmetry", "SE(x, y)", "--degree", "1", "--quiet"
    )
    assert outcome.status == 0
    assert outcome.err == "symeq: warning: 1 of 2 invariants are missing.\n"
    words = ("--equation", "u_t = u_xx + sin(u)", "--degree", "12", "--budget", "0.001", "--quiet")
    assert "the search was not finished" in symeq("symmetries", *HEAT, *words).err


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    "words",
    [
        ("constraints", "--independent", "t,x,y", "--dependent", "u,v", "--symmetry", "SE(x, y; u, v)",
         "--degree", "1"),
        ("invariants", "--independent", "x,y", "--dependent", "u,v", "--symmetry", "SE(x, y; u, v)",
         "--order", "1"),
        ("invariants", *LONG, "--symmetry", "Galilei(time; x1; lambda)"),
        ("symmetries", *LONG, "--equation", "Derivative(lambda, time) = Derivative(lambda, x1, x1)"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_lines_fit_the_terminal(
    words: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    outcome = symeq(*words)
    assert outcome.status == 0
    assert max(map(len, outcome.out.splitlines())) <= columns


def test_closing_a_symmetry_is_told_in_one_line() -> None:
    outcome = symeq("invariants", *PLANE, "--order", "1", "--symmetry", "rotation(x, y); d_x")
    assert outcome.status == 0
    assert outcome.err.startswith("symeq: warning: ")
    assert "added d_y" in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_problem_file_serves(tmp_path: Path) -> None:
    (tmp_path / "kdv.toml").write_text(
        'independent = "t,x"\ndependent = "u"\nequation = ["u_t = -u*u_x - nu*u_xxx"]\njson = "found.json"\n'
        'parameter = "nu"\ndegree = 1\nbudget = 30\nquiet = true\n'
    )
    assert symeq("symmetries", "--problem", tmp_path / "kdv.toml").status == 0
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["dimension"] == 4


def test_the_command_and_the_verb_agree(tmp_path: Path) -> None:
    _, document, _ = answered(tmp_path, "invariants", *CURVE, "--order", "3", "--symmetry", "SE(x, u)")
    found = invariants(Jet("x", "u", order=3), read_symmetry("SE(x, u)", Jet("x", "u")))
    assert {key: document[key] for key in found.document()} == found.document()
