"""Worked cases of the literature: counts, annihilation, Jacobian rank, and what is no invariant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symeq.errors import InvalidInput
from symeq.geometry import Jet, Symmetry, VectorField
from symeq.invariants import invariants
from symeq.invariants.counting import jacobian_ranks

PAGES = json.loads((Path(__file__).parents[1] / "cases" / "symbolic.json").read_text())
CASES = [c for c in (PAGES["cases"] if isinstance(PAGES, dict) else PAGES) if c["kind"] == "invariants"]
CASES = [c for c in CASES if {"order", "generators"} <= c.keys()]


def problem(case):
    jet = Jet(" ".join(case["independent"]), " ".join(case["dependent"]), order=case["order"])
    fields = [VectorField({z: jet.parse(f) for z, f in v.items()}) for v in case["generators"]]
    return jet, Symmetry(fields)


def read(jet, text):
    """The cases write exponents as Rational(3,2)."""
    return jet.parse(text.replace("Rational(3,2)", "(3/2)").replace("Rational(8,3)", "(8/3)"))


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_all_invariants_of_the_case_are_functions_of_those_found(case):
    jet, symmetry = problem(case)
    found = invariants(jet, symmetry)
    expected = case["expected"]
    assert list(found.counts.jet) == expected["jet_dim_by_order"]
    assert list(found.counts.orbit) == expected["orbit_dim_by_order"]
    assert list(found.counts.invariants) == expected["n_invariants_by_order"] == list(found.found)
    assert found.complete and found.certify().holds
    listed = [read(jet, text) for text in expected["invariants"]]
    n = len(found.invariants)
    assert jacobian_ranks(jet.coordinates, [*found.invariants, *listed]) == (n, n)


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_listed_invariants_are_taken_first_and_others_are_refused(case):
    jet, symmetry = problem(case)
    listed = [read(jet, text) for text in case["expected"]["invariants"]]
    found = invariants(jet, symmetry, prefer=listed)
    assert set(found.invariants) == set(listed)
    for text in case["expected"].get("not_invariants", ()):
        with pytest.raises(InvalidInput, match="is moved by"):
            invariants(jet, symmetry, prefer=[read(jet, text)])
