"""The point-symmetry cases of cases/symbolic.json: dimensions, spans, and what must be rejected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from symeq.geometry import Jet, VectorField
from symeq.symmetries import Equations, admits, point_symmetries
from tests.symmetries.independent import is_symmetry, span_rank

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "cases" / "symbolic.json").read_text("utf-8"))[
        "cases"
    ]
    if case["kind"] in ("point_symmetries", "admits")
}
SEARCHED = [name for name, case in CASES.items() if case["kind"] == "point_symmetries"]


def read(case: dict[str, Any]) -> Equations:
    jet = Jet(case["independent"], case["dependent"])
    parameters = case.get("parameters", ())
    texts = [f"{e['lead']} = {e['rhs']}" for e in case["equations"]]
    return Equations(jet, texts, parameters=parameters)


def fields(equations: Equations, listed: list[dict[str, str]]) -> list[VectorField]:
    jet, parameters = equations.jet, equations.parameters
    return [VectorField({jet[z]: jet.parse(f, parameters) for z, f in entry.items()}) for entry in listed]


def test_all_cases_are_here() -> None:
    assert sorted(CASES) == ["P09", "P10", "P11", "P12", "P13", "P14", "P15", "P16", "P21"]


@pytest.mark.parametrize("name", SEARCHED)
def test_the_dimension_is_that_of_the_literature(name: str) -> None:
    equations = read(CASES[name])
    counts = {int(d): n for d, n in CASES[name]["expected"]["dimension_by_degree"].items()}
    for degree, count in counts.items():
        found = point_symmetries(equations, degree=degree)
        assert found.certified and found.dimension == count
        assert all(found.growth[d] == n for d, n in counts.items() if d in found.growth)


@pytest.mark.parametrize("name", SEARCHED)
def test_the_span_is_that_of_the_literature(name: str) -> None:
    equations = read(CASES[name])
    highest = max(int(d) for d in CASES[name]["expected"]["dimension_by_degree"])
    found = point_symmetries(equations, degree=highest)
    known = fields(equations, CASES[name]["expected"]["generators"])
    variables = equations.jet.variables
    assert span_rank(found.generators, variables) == span_rank(known, variables) == found.dimension
    assert span_rank([*known, *found.generators], variables) == found.dimension


@pytest.mark.parametrize("name", CASES)
def test_known_symmetries_are_admitted_and_wrong_ones_are_not(name: str) -> None:
    expected = CASES[name]["expected"]
    equations = read(CASES[name])
    good = fields(equations, expected.get("generators", []) + expected.get("admitted", []))
    bad = fields(equations, expected.get("not_admitted", []))
    assert admits(equations, good)
    answer = admits(equations, [*good, *bad])
    assert not bad or not answer
    assert [m for m, admitted in answer.members.items() if not admitted] == [str(v) for v in bad]
    assert all(any(answer.residuals[str(v)]) for v in bad)


@pytest.mark.parametrize("name", ["P10", "P11", "P13", "P16"])
def test_the_definition_of_a_symmetry_agrees(name: str) -> None:
    equations = read(CASES[name])
    rules = [(rule.lead, rule.rest) for rule in equations.rules]
    for field in point_symmetries(equations).generators:
        assert is_symmetry(equations.jet, rules, field)
    for field in fields(equations, CASES[name]["expected"].get("not_admitted", [])):
        assert not is_symmetry(equations.jet, rules, field)
