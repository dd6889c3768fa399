"""The linear-constraint cases of cases/symbolic.json, in solved form: equal span, by rank."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from symeq.ansatz import Library, implicit_ansatz, linear_ansatz
from symeq.geometry import Jet, PointMap, Symmetry, VectorField
from tests.ansatz.independent import coordinates

CASES = json.loads((Path(__file__).parents[1] / "cases" / "symbolic.json").read_text("utf-8"))["cases"]


def read(case: dict[str, Any]) -> tuple[Jet, list[Library], Symmetry]:
    jet = Jet(case["independent"], case["dependent"])
    libraries = [Library([jet.parse(text) for text in terms]) for terms in case["library"]]
    fields = [{z: jet.parse(f) for z, f in c["generator"].items()} for c in case.get("constraints", ())]
    maps = [{z: jet.parse(f) for z, f in d["map"].items()} for d in case.get("discrete", ())]
    return jet, libraries, Symmetry(list(map(VectorField, fields)), list(map(PointMap, maps)))


@pytest.mark.parametrize("name", ["P17", "P18", "P20"])
def test_the_allowed_laws_span_the_verified_space(name: str) -> None:
    case = next(case for case in CASES if case["id"] == name)
    jet, libraries, symmetry = read(case)
    ansatz = linear_ansatz(jet, dict(zip(jet.dependent, libraries, strict=True)), symmetry)
    places = [(a, term) for a, library in enumerate(libraries) for term in library]
    columns = {place: k for k, place in enumerate(places)}
    found = [coordinates(vector, columns) for vector in ansatz.basis]
    expected = [coordinates([jet.parse(f) for f in vector], columns) for vector in case["expected"]["basis"]]
    assert len(found) == case["expected"]["dimension"] == sp.Matrix.hstack(*expected).rank()
    assert sp.Matrix.hstack(*found, *expected).rank() == sp.Matrix.hstack(*found).rank() == len(found)


def test_p19_the_weight_of_kdv_is_one_family_among_others() -> None:
    case = next(case for case in CASES if case["id"] == "P19")
    jet = Jet(case["independent"], case["dependent"], order=case["order"])
    [constraint] = case["constraints"]
    field = VectorField({z: jet.parse(f) for z, f in constraint["generator"].items()})
    form = implicit_ansatz(jet, [jet.parse(term) for term in case["library"][0]], Symmetry([field]))
    families = {family.multipliers: family for family in form.families}
    kdv = families[(jet.parse(constraint["weight"]),)]
    terms = set().union(*(vector[0].free_symbols for vector in kdv.basis))
    expected = [jet.parse(vector[0]) for vector in case["expected"]["basis"]]
    assert kdv.dimension == case["expected"]["dimension"] == len(expected)
    assert sp.Matrix([[e.coeff(f) for f in expected] for (e,) in kdv.basis]).rank() == len(expected)
    assert all(form.admits(e) for e in expected) and not form.admits(sum(expected) + jet["u_xx"])
    assert jet["u_xx"] not in terms
