"""Which symmetries are admitted, and what is left where they are not."""

from __future__ import annotations

import pytest
import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry import Jet, boost, read_map, read_symmetry, scaling, translation, trivial
from symeq.symmetries import Equations, admits

LINE = Jet("t x", "u")
CLAIMS = [
    ("u_t = u_xx", "t -> 4*t, x -> 2*x", True),
    ("u_t = u_xx", "t -> 4*t, x -> 3*x", False),
    ("u_t = u_xx + u^3", "u -> -u", True),
    ("u_t = u_xx + u^2", "u -> -u", False),
    ("u_t + u*u_x + u_xxx = 0", "x -> -x, t -> -t", True),
    ("u_t + u*u_x + u_xxx = 0", "x -> -x, u -> -u", False),
    ("u_t + u*u_x = u_xx", "x -> x + 2*t, u -> u + 2", True),
    ("u_t + u*u_x = u_xx", "t -> -1/t, x -> x/t, u -> u*t - x", True),
    ("u_t + u*u_x = u_xx", "t -> -1/t, x -> x/t, u -> u*t + x", False),
    ("u_tt - u_xx = sin(u)", "u -> u + 2*pi", True),
    ("u_tt - u_xx = sin(u)", "u -> u + pi", False),
    ("u_tt - u_xx = sin(u)", "u -> -u", True),
    ("u_tx = exp(u)", "t -> 3*t, u -> u - log(3)", True),
    ("u_t = u_xx", "x*d_x + 2*t*d_t", True),
    ("u_t = exp(u)*u_xx", "2*t*d_t + x*d_x; x*d_x + 2*d_u", True),
    ("u_t = exp(u)*u_xx", "x*d_x + d_u", False),
    ("u_t = sqrt(1 + u_x^2)", "u*d_x - x*d_u", True),
    ("u_t = (1 + u_x^2)^(1/3)", "u*d_x - x*d_u", False),
    ("u_x^2 + u_t^2 = 1", "x*d_u + u*d_x", True),
    ("u_x^2 + u_t^2 = 1", "x*d_u - u*d_x", False),
    ("u_t = u_xx", "sin(x)*exp(-t)*d_u", True),
    ("u_t = u_xx", "sin(x)*exp(t)*d_u", False),
    ("u_t = Abs(u_x)", "u -> u + 1; x -> -x; u*d_u", True),
]


@pytest.mark.parametrize(("equation", "symmetry", "admitted"), CLAIMS)
def test_claims(equation: str, symmetry: str, admitted: bool) -> None:
    answer = admits(equation, symmetry, jet=LINE)
    assert bool(answer) == admitted
    for text, verdict in answer.members.items():
        assert verdict == (not any(answer.residuals[text]))


def test_members_are_judged_one_by_one() -> None:
    heat = Equations(LINE, "u_t = u_xx")
    answer = admits(heat, [translation("t"), boost("x", "u"), scaling(x=1, t=2), "x -> -x", "t -> -t"])
    assert list(answer.members.values()) == [True, False, True, True, False]
    assert [str(m) for m in answer.rejected] == ["t*d_x + d_u", "t -> -t"]
    assert answer.residuals["t -> -t"] == (-2 * LINE["u_xx"],)
    assert "left of the equation for u_t: -u_x" in str(answer)
    document = answer.document()
    assert document["admits"]["t*d_x + d_u"] is False and document["residual"]["t*d_x + d_u"] == {
        "u_t": "-u_x"
    }
    assert "d_t" not in document["residual"]


def test_residuals_are_read_back() -> None:
    answer = admits("u_t = u_xx + u^3", "t*d_x + d_u", jet=LINE)
    [text] = answer.document()["residual"]["t*d_x + d_u"].values()
    assert LINE.parse(text) == answer.residuals["t*d_x + d_u"][0]


def test_the_trivial_symmetry_is_always_admitted() -> None:
    answer = admits("u_t = u_xx", trivial, jet=LINE)
    assert answer and dict(answer.members) == {} and answer.document() == {"admits": {}, "residual": {}}


def test_the_time_of_a_boost_is_the_variable_of_the_leads() -> None:
    jet = Jet("x t", "u")
    assert admits("u_t + u*u_x = u_xx", "boost(x, u)", jet=jet)


def test_parameters_of_equation_and_symmetry() -> None:
    jet = LINE
    assert admits("u_t = nu*u_xx", "2*nu*t*d_x - x*u*d_u", jet=jet, parameters="nu")
    assert not admits("u_t = nu*u_xx", "2*t*d_x - x*u*d_u", jet=jet, parameters="nu")
    equations = Equations(jet, "u_t = u_xx")
    assert admits(equations, "c*d_x + d_t", parameters="c")
    assert admits(equations, read_symmetry("c*d_x", jet, "c"))
    assert admits("u_tt = c^2*u_xx", "x*d_t + c^2*t*d_x; x -> -x", jet=jet, parameters="c")


def test_hidden_consequences_are_used_before_a_symmetry_is_rejected() -> None:
    # u_x = v and u_y = w imply v_y = w_x, and that is what the field makes of the last equation.
    jet = Jet("x y", "u v w p q")
    equations = Equations(jet, ["u_x = v", "u_y = w", "p_x + q_y = 0"])
    assert jet.parse("v_y - w_x") in equations.hidden() or jet.parse("w_x - v_y") in equations.hidden()
    assert admits(equations, "w*d_p - v*d_q")
    assert not admits(equations, "v*d_p - w*d_q")


def test_pi_and_roots_are_exact() -> None:
    jet = Jet("t x y", "u")
    third = "x -> -x/2 - sqrt(3)/2*y, y -> sqrt(3)/2*x - y/2"
    assert admits("u_t = u_xx + u_yy", read_map(third, jet), jet=jet)
    assert admits("u_t = u_x^3 - 3*u_x*u_y^2", third, jet=jet)
    assert not admits("u_t = u_x^3", third, jet=jet)


@pytest.mark.parametrize(
    ("symmetry", "complaint"),
    [("translation(z)", "z"), (7, "found int"), ("c*d_x", "c"), ("u_x*d_u", "derivative")],
)
def test_refusals(symmetry: object, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        admits("u_t = u_xx", symmetry, jet=LINE)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="jet"):
        admits("u_t = u_xx", trivial)


def test_no_budget_no_verdict() -> None:
    with pytest.raises(InvalidInput, match="could not be decided"):
        admits("u_tt = u_xx", "x*d_t + t*d_x", jet=LINE, budget=1e-9)


# What each map does to the equation as it is written, roots not taken, decides.
BRANCHES = [
    (
        Jet("x y", "u"),
        "u_x^2 + u_y^2 = 1",
        "x -> -x; u -> -u; x -> y, y -> x; x -> -y, y -> x",
        "x -> u, u -> x",
    ),
    (Jet("t x", "u"), "u_t^2 = u_xx^3", "t -> -t; x -> -x", "u -> -u; t -> -t, u -> -u"),
    (Jet("t x", "u"), "(u_t - u_x)^2 = u^2*u_x^2", "u -> -u; t -> -t, x -> -x", "t -> -t; x -> -x"),
]


@pytest.mark.parametrize(("jet", "equation", "good", "bad"), BRANCHES)
def test_a_map_may_lead_from_one_branch_to_another(jet: Jet, equation: str, good: str, bad: str) -> None:
    for text in good.split("; "):
        assert admits(equation, text, jet=jet), text
    for text in bad.split("; "):
        assert not admits(equation, text, jet=jet), text
    assert any("other branch" in note for note in Equations(jet, equation).notes)


def test_residuals_of_real_equations_are_real() -> None:
    pendulum = Equations(Jet("t", "x y"), ["x_t = y", "y_t = -sin(x)"])
    answer = admits(pendulum, "x -> x + pi; d_x; x -> x + 2*pi")
    x = pendulum.jet["x"]
    assert [list(left) for left in answer.remainders] == [[0, sp.cos(x)], [0, -2 * sp.sin(x)], [0, 0]]
