"""The JSON document: every text in it is read back by `parse` to what it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

from symeq.geometry import Jet, PointMap, Symmetry, VectorField
from symeq.geometry.grammar import parse
from tests.cli.running import HEAT, OSCILLATOR, heat_arrays, oscillator_arrays, symeq, write

LONG = ("--independent", "time,x1", "--dependent", "lambda", "--rename", "t=time,x=x1,u=lambda")


def found(tmp_path: Path, arrays: Mapping[str, np.ndarray], *words: str) -> dict[str, Any]:
    """The document of a law found in some arrays."""
    data = write(tmp_path / "run.npz", dict(arrays))
    outcome = symeq("discover", data, *words, "--json", tmp_path / "law.json", "--quiet")
    assert outcome.status == 0, outcome.err
    return dict(json.loads((tmp_path / "law.json").read_text("utf-8")))


HEAT_JET, LONG_JET = Jet("t x", "u", order=2), Jet("time x1", "lambda", order=2)
PLANE, CURVE = Jet("t", "x y"), Jet("t", "x y", order=2)
MOTION = (*OSCILLATOR, "--lead", "x_tt, y_tt", "--degree", "1")
# name: data, jet, number of equations, flags, symmetries
CASES: dict[str, tuple[dict[str, np.ndarray], Jet, int, tuple[str, ...], tuple[str, ...]]] = {
    "short names": (heat_arrays(), HEAT_JET, 1, HEAT, ("--generator", "t*d_t + x/2*d_x", "--map", "x -> -x")),
    "long names": (
        heat_arrays(),
        LONG_JET,
        1,
        LONG,
        ("--generator", "lambda*d_lambda", "--map", "x1 -> -x1"),
    ),
    "states": (oscillator_arrays(), PLANE, 2, OSCILLATOR, ("--symmetry", "rotation(x, y)")),
    "motion": (
        oscillator_arrays(),
        CURVE,
        2,
        MOTION,
        ("--symmetry", "phase(x, y)", "--map", "x -> y, y -> -x"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_text_reads_back(tmp_path: Path, case: str) -> None:
    arrays, jet, equations, flags, symmetries = CASES[case]
    document = found(tmp_path, arrays, *flags, *symmetries)
    assert len(document["equations"]) == equations
    for equation in document["equations"]:
        lead, rhs = (parse(equation[side], jet) for side in ("lhs", "rhs"))
        assert lead in jet.coordinates[len(jet.variables) :]
        assert rhs.free_symbols <= set(jet.coordinates)
        assert parse(f"{equation['lhs']} = {equation['rhs']}", jet) == (lead, rhs)
        own = [term for term in document["terms"] if term["lhs"] == equation["lhs"]]
        read = {parse(term["expression"], jet): term["value"] for term in own}
        assert read
        assert {term: float(rhs.coeff(term)) for term in read} == pytest.approx(read, rel=1e-15)
        assert set(read) == {term.as_coeff_Mul()[1] for term in sp.Add.make_args(rhs)}
    written = [parse(text, jet) for kind in ("generators", "maps") for text in document["symmetry"][kind]]
    asked = [parse(text, jet) for text in symmetries[1::2]]
    members = [member for one in asked for member in getattr(one, "members", [one])]
    assert written == members


def test_the_document_has_what_the_design_names(tmp_path: Path) -> None:
    document = found(
        tmp_path,
        heat_arrays(),
        *HEAT,
        "--symmetry",
        "translation(t, x)",
        "--generator",
        "u*d_u",
        "--baseline",
    )
    assert document["schema"] == 1
    assert document["unknowns"] == {"library": 12, "allowed": 3}
    (term,) = document["terms"]
    assert (term["lhs"], term["expression"]) == ("Derivative(u(t, x), t)", "Derivative(u(t, x), (x, 2))")
    assert term["value"] == pytest.approx(0.1, rel=1e-5)
    assert 0 < term["standard_error"] < 1e-3
    assert term["inclusion_frequency"] is None
    assert document["symmetry"] == {"generators": ["d_t", "d_x", "u*d_u"], "maps": [], "exact": True}
    assert {"front", "data", "engine", "seconds", "versions", "seed", "warnings"} <= set(document)
    assert document["data"]["rows"] > 0
    assert set(document["data"]["noise"]) == {"u"}
    baseline = document["baseline"]
    assert baseline["unknowns"] == {"library": 12, "allowed": 12}
    assert [one["expression"] for one in baseline["terms"]] == [term["expression"]]
    rows = {row["law"]: row for row in document["comparison"]}
    assert set(rows) == {"with the symmetry", "without", "plain PySINDy"}
    assert rows["with the symmetry"]["unknowns"] == {"library": 12, "allowed": 3}
    assert rows["with the symmetry"]["symmetry_defect"] < 1e-12
    assert all(row["held_out_residual"] >= 0 for row in rows.values())
    assert document["compared"] == "found without the middle 20% of t, judged on it"
    assert "costs no fit" in document["verdict"]


def test_the_same_data_give_the_same_document(tmp_path: Path) -> None:
    first, second = (found(tmp_path, heat_arrays(), *HEAT, "--seed", "1") for _ in range(2))
    for document in (first, second):
        del document["seconds"]
    assert first == second


@pytest.mark.parametrize(
    ("text", "jet", "meaning"),
    [
        ("trivial", Jet("t", "x"), Symmetry),
        ("translation(t) + boost(x, u)", Jet("t x", "u"), Symmetry),
        ("translation(t); x -> -x; d_x", Jet("t x", "u"), Symmetry),
        ("d_t, d_x", Jet("t x", "u"), Symmetry),
        ("TIME*d_x + d_u", Jet("t x", "u"), VectorField),
        ("d_x", Jet("t x", "u"), VectorField),
        ("x -> y, y -> x", Jet("t", "x y"), PointMap),
        ("identity", Jet("t", "x y"), PointMap),
        ("u_t = u_xx", Jet("t x", "u"), tuple),
        ("u(t, x)", Jet("t x", "u"), sp.Symbol),
        ("phase(t, x)", Jet("t x", "phase"), sp.Symbol),
        ("phase(t, x) + Derivative(phase(t, x), x)", Jet("t x", "phase"), sp.Add),
        ("scaling*boost", Jet("t", "scaling boost"), sp.Mul),
        ("sin(u)^2", Jet("t x", "u"), sp.Pow),
        ("1/2", Jet("t x", "u"), sp.Rational),
    ],
)
def test_a_text_says_by_itself_what_it_is(text: str, jet: Jet, meaning: type) -> None:
    assert isinstance(parse(text, jet), meaning)
