"""Equations in solved form: which leads, which reductions, which refusals."""

from __future__ import annotations

import pytest
import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry import Jet
from symeq.symmetries import Equations
from symeq.symmetries.solving import rankings

LINE = Jet("t x", "u")
FLOW = Jet("t x y", "u v p")
NAVIER_STOKES = [
    "u_t + u*u_x + v*u_y = nu*(u_xx + u_yy) - p_x",
    "v_t + u*v_x + v*v_y = nu*(v_xx + v_yy) - p_y",
    "u_x + v_y = 0",
]

LEADS = [
    (LINE, ["u_t = u_xx"], ["u_t"]),
    (LINE, ["u_xx = u_t"], ["u_xx"]),
    (LINE, ["u_tt - u_xx = sin(u)"], ["u_tt"]),
    (LINE, ["u_t = u_txx + u*u_x"], ["u_txx"]),
    (LINE, ["exp(u)*u_t = u_x^2"], ["u_t"]),
    (LINE, ["exp(u)*u_t = u_xx"], ["u_xx"]),
    (Jet("x t", "u"), ["u_t + u*u_x = u_xx"], ["u_t"]),
    (FLOW, NAVIER_STOKES, ["u_t", "v_t", "u_x"]),
    (Jet("t x", "u v"), ["u_t + v_t = u_xx", "u_t - v_t = v_xx"], ["u_t", "v_t"]),
    (Jet("x y", "u v p"), ["p_x = -u", "p_y = -v", "u_x + v_y = 0"], ["p_x", "p_y", "u_x"]),
    (Jet("x y", "u"), ["u_xx*u_yy - u_xy^2 = 1"], ["u_xx"]),
    (Jet("t", "x y"), ["x_t = y", "y_t = -sin(x)"], ["x_t", "y_t"]),
    (Jet("t", "x"), ["0 = x_tt + x"], ["x_tt"]),
]


@pytest.mark.parametrize(("jet", "texts", "leads"), LEADS, ids=lambda case: str(case))
def test_leads(jet: Jet, texts: list[str], leads: list[str]) -> None:
    equations = Equations(jet, texts, parameters="nu")
    assert sorted(c.name for c in equations.leads) == sorted(leads)
    for text in texts:
        left, right = text.split("=")
        assert equations.reduce(jet.parse(f"{left} - ({right})", "nu")) == 0
    for rule in equations.rules:
        assert rule.lead not in rule.rest.free_symbols


def test_every_ranking_is_kept_by_differentiation() -> None:
    jet = Jet("t x y", "u v", order=2)
    derivatives = [*jet.derivatives("u"), *jet.derivatives("v")]
    for ranking in rankings(jet):
        for a in derivatives:
            for x in jet.independent:
                assert ranking(jet.derivative(a, x)) > ranking(a)
                for b in derivatives:
                    raised = ranking(jet.derivative(a, x)) > ranking(jet.derivative(b, x))
                    assert raised == (ranking(a) > ranking(b))


def test_reduction_closes_the_rules_under_total_derivatives() -> None:
    heat = Equations(LINE, "u_t = u_xx")
    assert heat.reduce(LINE.parse("u_ttx")) == LINE["u_xxxxx"]
    flow = Equations(FLOW, NAVIER_STOKES, parameters="nu")
    continuity = FLOW.total_derivative(FLOW.parse("u_x + v_y"), "t")
    assert flow.completed().reduce(continuity) == 0
    assert flow.reduce(FLOW.parse("u_xx + u_xy")) == FLOW.parse("-v_xy - v_yy")


@pytest.mark.parametrize(
    ("text", "expression", "expected"),
    [
        ("u_t = sqrt(1 + u_x^2)", "u_t^2 - u_x^2 - 1", "0"),
        ("u_t = u_xx/(1 + u_x^2)", "(1 + u_x^2)*u_t - u_xx", "0"),
        ("u_tx = exp(u)", "u_txx - u_x*u_tx", "0"),
        ("u_t = log(u)", "exp(u_t) - u", "0"),
        ("u_x^2 + u_t^2 = 1", "u_x^2 + u_t^2 - 1", "0"),
    ],
)
def test_reduction_knows_functions(text: str, expression: str, expected: str) -> None:
    assert Equations(LINE, text).reduce(LINE.parse(expression)) == LINE.parse(expected)


def test_hidden_consequences_are_found_and_added() -> None:
    flow = Equations(FLOW, NAVIER_STOKES, parameters="nu")
    assert flow.hidden()
    complete = flow.completed()
    assert complete.leads == flow.leads and not complete.hidden()
    poisson = FLOW.parse("p_xx + p_yy + 2*u_y*v_x - 2*u_x*v_y")
    assert flow.reduce(poisson) != 0 and complete.reduce(poisson) == 0
    heat = Equations(LINE, "u_t = u_xx")
    assert heat.completed() is heat


def test_a_contradiction_of_mixed_derivatives_is_refused() -> None:
    equations = Equations(Jet("x y", "u"), ["u_x = 1", "u_y = x"])
    with pytest.raises(InvalidInput, match="contradict"):
        equations.completed()


def test_consequences_reduce_and_are_not_tested() -> None:
    poisson = "p_xx + p_yy = 2*u_x*v_y - 2*u_y*v_x"
    flow = Equations(FLOW, NAVIER_STOKES, parameters="nu", consequences=poisson)
    assert len(flow.tested) == 3 and len(flow.rules) == 4
    assert flow.hidden() == ()


def test_equations_may_be_expressions() -> None:
    texts = Equations(LINE, "u_t = u_xx")
    assert Equations(LINE, (LINE["u_t"], LINE["u_xx"])).rules == texts.rules
    assert Equations(LINE, [(LINE["u_t"], LINE["u_xx"])]).rules == texts.rules
    assert Equations(LINE, [LINE["u_t"] - LINE["u_xx"]]).rules == texts.rules
    assert Equations(LINE, sp.Eq(LINE["u_t"], LINE["u_xx"])).rules == texts.rules
    assert Equations(LINE, [(LINE["u_t"], 0.5 * LINE["u_xx"])]).rules[0].rest == LINE["u_xx"] / 2


def test_a_redundant_equation_is_noted() -> None:
    equations = Equations(LINE, ["u_t = u_xx", "2*u_t - 2*u_xx = 0"])
    assert len(equations.rules) == 1 and "follows" in equations.notes[0]


@pytest.mark.parametrize(
    ("jet", "texts", "complaint"),
    [
        (LINE, [], "no equation"),
        (LINE, ["u_t = u_t"], "says nothing"),
        (LINE, ["u_t = u_xx", "u_t = u_xx + 1"], "contradicts"),
        (LINE, ["u_t = u_xx", "u = x"], "no derivative"),
        (LINE, ["u_t = nu*u_xx"], "nu"),
        (LINE, ["u_t^3 + u_x^3 = 1"], "solved for"),
        (LINE, ["u_t"], "one `=`"),
        (LINE, [3], "found int"),
        (LINE, [sp.Symbol("w") - LINE["u_t"]], "unknown symbol `w`"),
    ],
)
def test_refusals(jet: Jet, texts: list[object], complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        Equations(jet, texts)  # type: ignore[arg-type]


def test_rules_that_lead_back_to_each_other_are_solved_otherwise() -> None:
    jet = Jet("t x", "u v")
    equations = Equations(jet, ["u_t = v_tx", "v_t = u_tx"])
    assert equations.reduce(jet.parse("u_t - v_tx")) == equations.reduce(jet.parse("v_t - u_tx")) == 0
    assert equations.reduce(jet.parse("u_tx - u_txxx")) == 0


def test_values_of_parameters() -> None:
    equations = Equations(LINE, "u_t = nu*u_xx + k*u", parameters="nu k")
    assert str(equations.at({"nu": 0})) == "u_t = k*u"
    assert [s.name for s in equations.at({"nu": 0}).parameters] == ["k"]
    with pytest.raises(InvalidInput, match="unknown parameter"):
        equations.at({"mu": 1})


def test_texts_are_read_back() -> None:
    flow = Equations(FLOW, NAVIER_STOKES, parameters="nu")
    assert Equations(FLOW, str(flow).splitlines(), parameters="nu") == flow
