"""The symmetry defect: worked values, and zero exactly for the systems that are known to have a symmetry."""

from __future__ import annotations

import numpy as np
import pytest

import symeq as sq
from symeq.geometry.grammar import read_symmetry
from symeq.report.defect import random_jets, symmetry_test
from systems import SYSTEMS


def defect_of(jet: sq.Jet, lead: str, rhs: str, symmetry: str) -> float:
    law = {jet[lead]: jet.parse(rhs)}
    test = symmetry_test(jet, list(law), read_symmetry(symmetry, jet).on(jet), [law])
    return test.defect(law, random_jets(test.coordinates)).value


@pytest.mark.parametrize(
    ("rhs", "symmetry", "expected"),
    [
        # rotation: (a - b) u_xy from two pieces a u_xy and b u_xy
        ("0.2*u_xx + 0.05*u_yy", "rotation(x, y)", 0.15 / np.hypot(0.2, 0.05)),
        ("u_xx - u_yy", "rotation(x, y)", np.sqrt(2)),
        ("u_xx + u_yy", "rotation(x, y)", 0.0),
        # scaling: the weight of u_t against that of the term
        ("u^3", "scaling(u=1)", 2 / np.hypot(1, 3)),
        ("u^3", "scaling(u=1, t=-2)", 0.0),
        # boost: -(1 + c) u_x from the pieces -u_x and -c u_x
        ("-1/2*u*u_x", "boost(x, u)", 0.5 / np.hypot(1, 0.5)),
        ("-u*u_x + u_xx", "boost(x, u)", 0.0),
        # reflection x -> -x: u_x changes sign, so both pieces add
        ("u_x", "reflection(x)", 2 / np.sqrt(2)),
        ("u_xx", "reflection(x)", 0.0),
        # functions: each coordinate in them has a piece, here times 2 x y f'
        ("exp(-x^2 - 0.99*y^2)", "rotation(x, y)", 0.01 / np.hypot(1, 0.99)),
        ("u*sin(1.3*x^2 + 1.2*y^2)", "rotation(x, y)", 0.1 / np.hypot(1.3, 1.2)),
        ("u*sin(1.3*x^2 + 1.3*y^2)", "rotation(x, y)", 0.0),
        ("u_x/(1 + x^2 + y^2)^(3/2)*y - u_y/(1 + x^2 + y^2)^(3/2)*x", "rotation(x, y)", 0.0),
        ("sin(u)", "translation(u)", 1.0),
        ("sin(u)", "u -> u + 2*pi", 0.0),
        ("cos(u)", "u -> u + pi", 2 / np.sqrt(2)),
    ],
)
def test_worked_defects(rhs: str, symmetry: str, expected: float) -> None:
    found = defect_of(sq.Jet("t x y", "u", order=2), "u_t", rhs, symmetry)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("lead", "rhs", "symmetry", "expected"),
    [
        ("u_xx + u_yy", "u_x^2 + u_y^2", "rotation(x, y)", 0.0),
        # 2 (1 - 3) u_x u_y from the pieces 2 u_x u_y and 6 u_x u_y
        ("u_xx + u_yy", "u_x^2 + 3*u_y^2", "rotation(x, y)", 2 / np.hypot(1, 3)),
        # the weight of the lead, 1 and then 3, against that of u^3
        ("u_xx + u_yy", "u^3", "scaling(u=1)", 2 / np.hypot(1, 3)),
        ("u_xx + u_yy", "u^3", "scaling(u=1, x=-1, y=-1)", 0.0),
        ("u_xx + u_yy", "u_x", "reflection(x)", 2 / np.sqrt(2)),
        ("u_xx - u_yy", "sin(u)", "Poincare(x; y)", 0.0),
        # -2 u_xx = 2 u_yy - 2 L: the pieces 2 u_yy and -2 u_yy
        ("u_xx + u_yy", "u_yy", "scaling(x=1)", 0.0),
        ("u_x^2 + u_y^2", "u^2", "rotation(x, y) + scaling(u=1) + reflection(x)", 0.0),
        ("u_xx/u", "u_x^2/u^2", "scaling(u=1)", 0.0),
    ],
)
def test_worked_defects_of_laws_with_an_expression_on_the_left(
    lead: str, rhs: str, symmetry: str, expected: float
) -> None:
    jet = sq.Jet("x y", "u", order=2)
    law = {jet.parse(lead): jet.parse(rhs)}
    test = symmetry_test(jet, list(law), read_symmetry(symmetry, jet).on(jet), [law])
    found = test.defect(law, random_jets(test.coordinates)).value
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("lead", "rhs", "symmetry", "says"),
    [
        ("u_x^2 + u_y^2", "u", "scaling(x=1)", "is not carried to a multiple of itself"),
        ("u_xy", "u_yy", "y*d_x", "the image of u_yy contains u_xy. Leave out the terms with u_yy"),
        ("u_y", "u", "x*d_y + y*d_x + u*d_y", "the image of u_y is not linear in it"),
        ("u_t", "u_xx", "t*d_t + x*d_t", "the image of u_xx contains u_tx"),
    ],
)
def test_a_condition_that_is_not_linear_in_the_law_is_refused(
    lead: str, rhs: str, symmetry: str, says: str
) -> None:
    jet = sq.Jet("t x y", "u", order=2)
    law = {jet.parse(lead): jet.parse(rhs)}
    with pytest.raises(sq.InvalidInput, match=says):
        symmetry_test(jet, list(law), read_symmetry(symmetry, jet).on(jet), [law])


def test_the_largest_defect_is_quoted_and_each_is_kept() -> None:
    jet = sq.Jet("t x y", "u", order=2)
    law = {jet["u_t"]: jet.parse("u_xx + u_yy + u_x")}
    symmetry = (sq.rotation("x", "y") + sq.translation("x") + sq.reflection("y")).on(jet)
    test = symmetry_test(jet, list(law), symmetry, [law])
    defect = test.defect(law, random_jets(test.coordinates))
    assert [name for name, _ in defect.parts] == [str(element) for element in symmetry.members]
    values = [value for _, value in defect.parts]
    assert values[0] > 0.3
    assert values[1:] == pytest.approx([0, 0], abs=1e-14)
    assert defect.value == values[0]


CLAIMS = [
    (name, text, holds)
    for name, system in SYSTEMS.items()
    for texts, holds in ((system.symmetries, True), (system.not_symmetries, False))
    for text in texts
]


@pytest.mark.parametrize(("name", "text", "holds"), CLAIMS)
def test_systems_have_the_symmetries_they_claim_and_no_others(name: str, text: str, holds: bool) -> None:
    system = SYSTEMS[name]
    jet, law = system.jet, system.law
    time = jet.independent[0]
    symmetry = read_symmetry(text, jet).on(jet, time)
    test = symmetry_test(jet, list(law), symmetry, [law])
    value = test.defect(law, random_jets(test.coordinates)).value
    assert value < 1e-12 if holds else value > 0.01


@pytest.mark.parametrize("digits", [1, 7])
def test_round_off_in_a_symmetric_law_is_no_defect(digits: int) -> None:
    jet = sq.Jet("t", "x y")
    ansatz = sq.linear_ansatz(jet, sq.monomials(*jet.dependent, degree=5), sq.rotation("x", "y"))
    beta = np.random.default_rng(digits).standard_normal(ansatz.unknowns) / 3
    law = dict(ansatz.equations(list(beta)))
    test = symmetry_test(jet, list(law), ansatz.symmetry, [law])
    assert test.defect(law, random_jets(test.coordinates)).value < 1e-14


def test_a_symmetry_with_free_parameters_has_no_number() -> None:
    jet = sq.Jet("t", "x")
    law = {jet["x_t"]: jet["x"]}
    symmetry = read_symmetry("scaling(x=a, t=1)", jet, parameters="a").on(jet, parameters="a")
    with pytest.raises(sq.InvalidInput, match="free parameters a"):
        symmetry_test(jet, list(law), symmetry, [law])
