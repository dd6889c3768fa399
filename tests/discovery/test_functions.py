"""Laws with unknown functions that were found: what is printed, saved and compiled says the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from sympy import Expr

import symeq as sq
from symeq.discovery.law import Provenance
from symeq.parsing import parse_expression
from symeq.search.engine import Constant, SearchEnd
from symeq.search.genetic.stating import Stated
from symeq.search.selection import FrontEntry

PLANE = sq.Jet("t", "x y")
x, y = PLANE.dependent
END = SearchEnd("two independent epochs chose the same law", True, False, 3, 12345)
PROVENANCE = Provenance(
    400, 48, {"x": 0.0, "y": 0.0}, ("axis t",), "genetic programming", 1.0, 7, {"symeq": "1"}
)


def given(
    form: sq.FunctionalAnsatz, trees: list[tuple[Expr, int]], beta: list[float], values: list[float]
) -> sq.Discovery:
    """A law as the engine hands it over, with standard errors of a hundredth."""
    symbols = sorted(set().union(*(tree.free_symbols for tree, _ in trees)) - set(form.symbols), key=str)
    constants = tuple(zip(symbols, values, strict=True))
    law = Stated(form, tuple(t for t, _ in trees), tuple(j for _, j in trees), np.array(beta), constants)
    functions = law.functions(
        [sp.Float(b, 17) for b in beta], {symbol: sp.Float(value, 17) for symbol, value in constants}
    )
    front = (
        FrontEntry(1, (), 0.3, False, True, 2, ("x_t = 1.0*x", "y_t = 1.0*y")),
        FrontEntry(3, (), 1e-9, True, True, 11, ("x_t = ...", "y_t = ...")),
    )
    return sq.Discovery(
        law.ansatz(), np.array(beta), np.full(len(beta), 0.01), tuple(range(len(beta))), front, 1e-9, np.inf,
        PROVENANCE, ("Not explained: nothing.",), form, functions,
        tuple(Constant(symbol, value, 0.01) for symbol, value in constants), END,
    )  # fmt: skip


def two_constants() -> sq.Discovery:
    form = sq.functional_ansatz(PLANE, sq.rotation(x, y) + sq.translation("t"))
    (i,) = form.symbols
    c_1, c_2 = sp.symbols("c_1 c_2")
    trees = [(sp.exp(c_1 * i), 0), (sp.S.One, 0), (sp.sin(c_2 * i), 1)]
    return given(form, trees, [1.0, -0.2, 1 / 3], [-0.7, 1.3])


def galilei() -> sq.Discovery:
    """u_t = -u u_x + (0.1 + 2 / (1 + c u_x)) u_xx: a fixed part, and a denominator."""
    jet = sq.Jet("t x", "u", order=2)
    symmetry = sq.translation("t", "x") + sq.boost("x", "u") + sq.reflection("x", "u")
    form = sq.functional_ansatz(jet, symmetry)
    slope = form.symbols[form.arguments.index(jet["u_x"])]
    c_1 = sp.Symbol("c_1")
    return given(form, [(sp.S.One, 0), (1 / (1 + c_1 * slope), 0)], [0.1, 2.0], [0.25])


def darcy() -> sq.Discovery:
    """A relation: u_xx + u_yy = 8 (x u_x + y u_y) - exp(4 r^2)."""
    jet = sq.Jet("x y", "u", order=2)
    form = sq.relation_ansatz(jet, sq.rotation("x", "y")).solved_for("u_xx + u_yy")
    place = dict(zip(form.arguments, form.symbols, strict=True))
    square = place[jet["x"] ** 2 + jet["y"] ** 2]
    radial = place[jet["x"] * jet["u_x"] + jet["y"] * jet["u_y"]]
    return given(form, [(radial, 0), (sp.exp(sp.Symbol("c_1") * square), 0)], [8.0, -1.0], [4.0])


LAWS = {"two constants": two_constants, "Galilei": galilei, "Darcy": darcy}


@pytest.fixture(scope="module", params=LAWS)
def law(request: pytest.FixtureRequest) -> sq.Discovery:
    return LAWS[request.param]()


def evaluate(expression: Expr, at: dict[sp.Symbol, float]) -> float:
    return float(expression.evalf(30, subs={z: sp.Float(value, 30) for z, value in at.items()}))


def points(law: sq.Discovery, count: int = 5) -> list[dict[sp.Symbol, float]]:
    rng = np.random.default_rng(0)
    return [
        dict(zip(law.arguments, rng.uniform(0.1, 1.2, len(law.arguments)), strict=True)) for _ in range(count)
    ]


def test_equations_terms_and_functions_say_the_same(law: sq.Discovery) -> None:
    """F0 + sum G_j E_j, the equations, the sum of the terms and the compiled law, at five points."""
    assert law.form is not None
    framed = law.form.rhs_with(law.functions)
    values = {c.symbol: sp.Float(c.value, 17) for c in law.constants}
    for at in points(law):
        compiled = law.rhs(*(np.array([value]) for value in at.values()))
        for a, (lead, side) in enumerate(law.equations):
            expected = evaluate(framed[a], at)
            assert evaluate(side, at) == pytest.approx(expected, rel=1e-14)
            assert compiled[a, 0] == pytest.approx(expected, rel=1e-12)
            total = sum(
                t.value * evaluate(t.expression.xreplace(values), at) for t in law.terms if t.lead == lead
            )
            assert total == pytest.approx(expected, rel=1e-12)


def test_no_constant_is_left_in_the_equations(law: sq.Discovery) -> None:
    """They hold numbers; the terms hold the symbols, the constants their values."""
    symbols = {c.symbol for c in law.constants}
    assert not any(side.free_symbols & symbols for _, side in law.equations)
    assert symbols <= set().union(*(term.expression.free_symbols for term in law.terms))
    assert not symbols & set(law.arguments)


def test_the_document_reads_back_to_the_same_numbers(law: sq.Discovery) -> None:
    document = json.loads(json.dumps(law.document(), allow_nan=False))
    jet = law.ansatz.jet
    for (lead, side), equation in zip(law.equations, document["equations"], strict=True):
        assert jet.parse(equation["lhs"]) == lead
        read = jet.parse(equation["rhs"])
        for at in points(law):
            assert evaluate(read, at) == pytest.approx(evaluate(side, at), rel=1e-14)
    for at in points(law):
        sums = dict.fromkeys((equation["lhs"] for equation in document["equations"]), 0.0)
        for term in document["terms"]:
            sums[term["lhs"]] += term["value"] * evaluate(jet.parse(term["expression"]), at)
        assert list(sums.values()) == pytest.approx(
            [evaluate(side, at) for _, side in law.equations], rel=1e-12
        )


def test_the_document_holds_the_frame(law: sq.Discovery) -> None:
    """F0, E_j and G_j as texts whose combination is the right-hand side; the invariants they name."""
    document = json.loads(json.dumps(law.document()))
    frame, jet = document["frame"], law.ansatz.jet
    assert len(frame["vectors"]) == len(frame["functions"])
    names = {name: jet.parse(text) for name, text in frame["invariants"].items()}
    for at in points(law):
        inside = {sp.Symbol(name): evaluate(e, at) for name, e in names.items()}
        symbols = {name: sp.Symbol(name) for name in names}
        values = [evaluate(parse_expression(text, symbols), inside) for text in frame["functions"]]
        for a, (_, side) in enumerate(law.equations):
            total = evaluate(jet.parse(frame["fixed"][a]), at)
            total += sum(
                g * evaluate(jet.parse(v[a]), at) for g, v in zip(values, frame["vectors"], strict=True)
            )
            assert total == pytest.approx(evaluate(side, at), rel=1e-12)


def test_the_document_tells_constants_search_and_front(law: sq.Discovery) -> None:
    document = law.document()
    assert document["schema"] == 1 and document["seed"] == 7
    assert document["constants"] == [
        {"name": c.symbol.name, "value": c.value, "standard_error": 0.01} for c in law.constants
    ]
    assert document["search"] == {
        "ended": END.why, "decided": True, "clocked": False, "epochs": 3, "evaluations": 12345
    }  # fmt: skip
    assert [entry["complexity"] for entry in document["front"]] == [2, 11]
    assert document["front"][1]["law"] == ["x_t = ...", "y_t = ..."] and document["front"][1]["chosen"]
    assert document["warnings"] == ["Not explained: nothing."]


def test_an_error_that_is_not_known_is_null() -> None:
    law = two_constants()
    unknown = tuple(Constant(c.symbol, c.value, float("nan")) for c in law.constants)
    document = replace(law, constants=unknown).document()
    assert [c["standard_error"] for c in document["constants"]] == [None, None]
    assert "nan" not in json.dumps(document["constants"])


def test_the_document_of_a_linear_law_has_none_of_this() -> None:
    linear = sq.linear_ansatz(PLANE, sq.monomials(x, y, degree=1), sq.rotation(x, y))
    t = np.linspace(0, 4, 101)
    record = sq.trajectories(t, np.stack([np.exp(-t), 2 * np.exp(-t)], axis=1), names="x y")
    law = sq.discover(linear, sq.sample(record, PLANE))
    assert not {"constants", "frame", "search"} & set(law.document())
    assert law.frame_text() == str(law) and law.frame_latex() == law.latex()


def test_text_of_the_two_constants() -> None:
    law = two_constants()
    assert str(law).split("\n") == [
        "x_t = (1.000 ± 0.010)*x*exp(c_1*(x**2 + y**2)) - (0.200 ± 0.010)*x"
        " - (0.333 ± 0.010)*y*sin(c_2*(x**2 + y**2))",
        "y_t = (1.000 ± 0.010)*y*exp(c_1*(x**2 + y**2)) - (0.200 ± 0.010)*y"
        " + (0.333 ± 0.010)*x*sin(c_2*(x**2 + y**2))",
        "c_1 = -(0.700 ± 0.010)",
        "c_2 = (1.300 ± 0.010)",
    ]
    assert law.frame_text(3).split("\n") == [
        "x_t = (-0.2 + 1.0*exp(-0.7*I_1))*(x) + (0.333*sin(1.3*I_1))*(-y)",
        "y_t = (-0.2 + 1.0*exp(-0.7*I_1))*(y) + (0.333*sin(1.3*I_1))*(x)",
        "I_1 = x**2 + y**2",
    ]


def test_text_of_a_law_with_a_fixed_part() -> None:
    lines = galilei().frame_text(3).split("\n")
    assert lines[0].startswith("u_t = -u*u_x + (") and lines[0].endswith(")*(u_xx)")
    assert lines[1:] == ["I_1 = u_x"]


def test_text_of_a_relation() -> None:
    law = darcy()
    first, *rest = law.frame_text(3).split("\n")
    assert first.startswith("u_xx + u_yy = (") and len(rest) == 2
    assert str(law).startswith("u_xx + u_yy = ") and str(law).split("\n")[-1] == "c_1 = (4.000 ± 0.010)"


@pytest.mark.parametrize("errors", [False, True])
def test_latex_is_balanced_and_complete(law: sq.Discovery, errors: bool) -> None:
    """One line for each equation and each constant; errors where they are asked for; the frame with one line
    for each invariant that occurs."""
    text = law.latex(4, errors)
    lines = text.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split("\\\\\n")
    assert len(lines) == len(law.equations) + len(law.constants)
    assert text.count(r"\pm") == (
        len(law.constants) + sum(t.standard_error > 0 for t in law.terms) if errors else 0
    )
    for constant in law.constants:
        assert any(line.startswith(f"c_{{{constant.symbol.name[2:]}}} &= ") for line in lines)
    for shown in (text, law.frame_latex(4)):
        depth = 0
        for brace in re.findall(r"(?<!\\)[{}]", shown):
            depth += 1 if brace == "{" else -1
            assert depth >= 0
        assert depth == 0 and shown.count(r"\left") == shown.count(r"\right")
        assert "nan" not in shown and "**" not in shown and "Float" not in shown
    used = set().union(*(g.free_symbols for g in law.functions))
    assert law.frame_latex().count("&=") == len(law.equations) + len(used)


def test_latex_of_the_two_constants() -> None:
    frame = two_constants().frame_latex(2)
    assert r"x_{t} &= \left(" in frame and r"I_{1} &= x^{2} + y^{2}" in frame
    assert r"\left(- y\right)" in frame and r"\sin" in frame and "0.33" in frame and "0.333" not in frame


def test_a_saved_law_is_its_document(law: sq.Discovery, tmp_path: Path) -> None:
    path = tmp_path / "law.json"
    law.save(str(path))
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(law.document()))


def test_a_law_with_functions_is_simulated() -> None:
    """The circle exp(-0.7 r^2) = 0.2 is reached, on which the state turns with sin(1.3 r^2) / 3."""
    radius = np.sqrt(np.log(5) / 0.7)
    times = np.linspace(0, 40, 401)
    found = two_constants().simulate([0.3, 0.0], times).parts[0]
    r = np.hypot(found["x"].values, found["y"].values)
    assert r[-1] == pytest.approx(radius, rel=1e-6)
    angle = np.unwrap(np.arctan2(found["y"].values, found["x"].values))
    turning = np.sin(1.3 * radius**2) / 3
    assert (angle[-1] - angle[-51]) / (times[-1] - times[-51]) == pytest.approx(turning, rel=1e-5)
