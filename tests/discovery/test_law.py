"""The noun: what is printed, saved and compiled is what the engine found."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from sympy import Expr

import symeq as sq
from symeq.discovery import from_coefficients
from systems import SYSTEMS, add_noise

T = np.linspace(0, 10, 501)


def samples_on(jet: sq.Jet) -> sq.Samples:
    """Some samples of a jet, for laws whose coefficients are given."""
    axes = {str(z): np.linspace(0, 1, 15) for z in jet.independent}
    grid = np.meshgrid(*axes.values(), indexing="ij")
    values = {str(u): np.sin(sum(grid) + k) for k, u in enumerate(jet.dependent)}
    return sq.sample(sq.field(axes, values), jet)


def given(
    jet: sq.Jet,
    library: Sequence[Expr],
    symmetry: sq.Symmetry,
    beta: Sequence[float],
    lead: str | None = None,
) -> sq.Discovery:
    allowed = sq.linear_ansatz(jet, sq.Library(library), symmetry, lead=lead)
    return from_coefficients(allowed, np.array(beta), engine="given", seconds=0.0, samples=samples_on(jet))


def noisy_hopf() -> sq.Discovery:
    system = SYSTEMS["hopf"]
    record = add_noise(system.simulate(trajectories=4), 0.02, 0)
    allowed = sq.linear_ansatz(system.jet, system.candidates, system.symmetry)
    return sq.discover(allowed, sq.sample(record, system.jet))


def noisy_burgers() -> sq.Discovery:
    system = SYSTEMS["burgers"]
    record = add_noise(system.simulate(points=128, frames=51, duration=2.0), 0.01, 0)
    allowed = sq.linear_ansatz(system.jet, system.candidates, system.symmetry)
    return sq.discover(allowed, sq.sample(record, system.jet))


def long_names() -> sq.Discovery:
    """Independents of several letters and dependents that SymPy uses for other things."""
    jet = sq.Jet("time x1 x2", "S beta", order=2)
    s, beta = jet.dependent
    library = [s, beta * s, jet["Derivative(S, x1, x2)"], jet["Derivative(beta, x1, x1)"], sp.Integer(1)]
    return given(jet, library, sq.trivial, np.arange(1, 11) / 7)


def functions() -> sq.Discovery:
    jet = sq.Jet("t x", "u", order=2)
    u, u_x = jet["u"], jet["u_x"]
    library = [sp.exp(-u), sp.sin(u) * u_x, 1 / (1 + u**2), sp.sqrt(u), u_x**2, jet["x"] * u]
    return given(jet, library, sq.trivial, [1 / 3, -2e-7, 1e9, 0.1, 5.0, -1.25])


LAWS = {"hopf": noisy_hopf, "burgers": noisy_burgers, "long names": long_names, "functions": functions}


@pytest.fixture(scope="module", params=LAWS.values(), ids=LAWS)
def law(request: pytest.FixtureRequest) -> sq.Discovery:
    return request.param()


def evaluate(expression: Expr, at: dict[sp.Symbol, float]) -> float:
    return float(expression.evalf(30, subs={z: sp.Float(value, 30) for z, value in at.items()}))


def test_every_string_of_the_document_reads_back_to_the_same_numbers(law: sq.Discovery) -> None:
    jet, rng = law.ansatz.jet, np.random.default_rng(0)
    document = json.loads(json.dumps(law.document(), allow_nan=False))
    for (lead, rhs), equation in zip(law.equations, document["equations"], strict=True):
        assert jet.parse(equation["lhs"]) == lead
        read = jet.parse(equation["rhs"])
        assert read.free_symbols == rhs.free_symbols
        for point in rng.uniform(0.1, 1.5, (5, len(law.arguments))):
            at = dict(zip(law.arguments, point, strict=True))
            assert evaluate(read, at) == pytest.approx(evaluate(rhs, at), rel=1e-15)
    for term, written in zip(law.terms, document["terms"], strict=True):
        assert jet.parse(written["lhs"]) == term.lead
        assert jet.parse(written["expression"]) == term.expression
        assert written["value"] == term.value
        assert written["basis"] == term.basis
        assert written["standard_error"] == (
            term.standard_error if math.isfinite(term.standard_error) else None
        )


def test_the_document_says_what_the_design_asks(law: sq.Discovery) -> None:
    document = law.document()
    assert document["schema"] == 1
    assert set(document) >= {
        *("schema", "equations", "terms", "unknowns", "symmetry", "front", "data", "engine", "seconds"),
        *("versions", "seed"),
    }
    assert document["unknowns"] == {
        "library": law.ansatz.library_unknowns, "allowed": law.ansatz.unknowns
    }  # fmt: skip
    assert len(document["symmetry"]["generators"]) == len(law.ansatz.symmetry.generators)
    assert [entry["chosen"] for entry in document["front"]].count(True) == (1 if law.front else 0)
    assert document["data"]["rows"] == law.provenance.rows


def test_the_terms_add_up_to_the_equations(law: sq.Discovery) -> None:
    point = {z: 0.3 + 0.1 * k for k, z in enumerate(law.arguments)}
    for lead, rhs in law.equations:
        total = sum(term.value * evaluate(term.expression, point) for term in law.terms if term.lead == lead)
        assert total == pytest.approx(evaluate(rhs, point), rel=1e-12)
    held = [float(side) for side in (side.subs(point) for side in law.ansatz.rhs(list(law.beta)))]
    assert held == pytest.approx([evaluate(rhs, point) for _, rhs in law.equations], rel=1e-12)


def test_the_compiled_law_evaluates_as_sympy_does(law: sq.Discovery) -> None:
    """50 random points, against 30 digits."""
    rng = np.random.default_rng(0)
    points = rng.uniform(0.1, 1.5, (len(law.arguments), 50))
    fast = law.rhs(*points)
    assert fast.shape == (len(law.equations), 50)
    for k in range(50):
        at = dict(zip(law.arguments, points[:, k], strict=True))
        slow = [evaluate(rhs, at) for _, rhs in law.equations]
        assert fast[:, k] == pytest.approx(slow, rel=1e-12)


def test_arrays_of_any_shape_go_in(law: sq.Discovery) -> None:
    points = np.random.default_rng(1).uniform(0.1, 1.5, (len(law.arguments), 3, 4, 2))
    whole = law.rhs(*points)
    assert whole.shape == (len(law.equations), 3, 4, 2)
    assert law.rhs(*points[:, 1, 2, 0]) == pytest.approx(whole[:, 1, 2, 0], rel=1e-14)
    with pytest.raises(sq.InvalidInput, match=f"takes {len(law.arguments)} arrays"):
        law.rhs(*points[:-1])


def test_the_text_shows_every_term_with_its_value(law: sq.Discovery) -> None:
    lines = str(law).split("\n")
    assert [line.split(" = ")[0] for line in lines] == [str(lead) for lead, _ in law.equations]
    for line, (lead, _) in zip(lines, law.equations, strict=True):
        own = [term for term in law.terms if term.lead == lead]
        numbers = re.findall(
            r"(?<![\w^*])\(?(\d+\.?\d*(?:e[+-]?\d+)?)(?: ± (\d+\.?\d*))?\)?", line.split(" = ")[1]
        )
        shown = [float(value) for value, _ in numbers]
        for term in own:
            slack = max(1e-5 * abs(term.value), 0.1 * term.standard_error if term.standard_error > 0 else 0)
            implied = [1.0] if abs(term.value) == 1 else []
            assert any(abs(value - abs(term.value)) <= slack for value in shown + implied), (term, line)
        assert line.count("±") == sum(term.standard_error > 0 for term in own)


@pytest.mark.parametrize("errors", [False, True])
def test_the_latex_is_balanced_and_complete(law: sq.Discovery, errors: bool) -> None:
    text = law.latex(digits=4, errors=errors)
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    body = text.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").strip()
    assert len(body.split("\\\\\n")) == len(law.equations)
    known = sum(term.standard_error > 0 for term in law.terms)
    assert text.count(r"\pm") == (known if errors else 0)
    assert "nan" not in text and "inf" not in text.replace(r"\inf", "")


def test_latex_of_known_coefficients() -> None:
    jet = sq.Jet("t", "x y")
    x, y = jet.dependent
    law = given(jet, list(sq.monomials(x, y, degree=3)), sq.rotation(x, y), [-0.1, 1.0, 0.0, 1 / 3])
    assert law.latex() == "\n".join(
        [
            r"\begin{aligned}",
            r"x_{t} &= -0.100\, x - 1.00\, y - 0.333\, x^{2} y - 0.333\, y^{3} \\",
            r"y_{t} &= 1.00\, x - 0.100\, y + 0.333\, x^{3} + 0.333\, x y^{2}",
            r"\end{aligned}",
        ]
    )


def test_latex_of_a_fixed_term_is_exact() -> None:
    jet = sq.Jet("t x", "u", order=3)
    u, u_x, u_xxx = jet["u"], jet["u_x"], jet["u_xxx"]
    law = given(jet, [u * u_x, u_xxx], sq.Symmetry((sq.VectorField({jet["x"]: 6 * jet["t"], u: 1}),)), [-0.5])
    assert law.latex() == r"u_{t} = -6\, u u_{x} - 0.500\, u_{xxx}"
    assert str(law) == "u_t = -6*u*u_x - 0.5*u_xxx"


def test_an_equation_without_terms_is_zero() -> None:
    jet = sq.Jet("t", "x y")
    x, y = jet.dependent
    law = given(jet, [x, y], sq.trivial, [1.5, 0, 0, 0])
    assert law.equations[1] == (jet["y_t"], 0)
    assert str(law).split("\n")[1] == "y_t = 0"
    assert law.rhs(np.array([2.0])).tolist() == [[3.0], [0.0]]


# Simulation


def oscillator() -> sq.Discovery:
    jet = sq.Jet("t", "x y")
    x, y = jet.dependent
    return given(jet, [x, y], sq.rotation(x, y), [-0.1, 1.0])


def pendulum() -> sq.Discovery:
    """x_tt = -2 x - 0.2 x_t, y_tt = 0 x + ..., as a second-order law in two variables."""
    jet = sq.Jet("t", "x y", order=2)
    x, y = jet.dependent
    allowed = sq.linear_ansatz(
        jet, sq.Library([x, jet["x_t"], y, jet["y_t"]]), sq.trivial, lead=[jet["x_tt"], jet["y_t"]]
    )
    beta = np.zeros(allowed.unknowns)
    wanted = {(0, x): -2.0, (0, jet["x_t"]): -0.2, (1, x): 1.0}
    for k, vector in enumerate(allowed.basis_coefficients):
        ((lead, term),) = vector
        beta[k] = wanted.get((lead, allowed.libraries[lead].terms[term]), 0.0)
    return from_coefficients(allowed, beta, engine="given", seconds=0.0, samples=samples_on(jet))


def test_a_first_order_law_is_simulated() -> None:
    found = oscillator().simulate([1.0, 0.5], T).parts[0]
    exact = (1 + 0.5j) * np.exp((-0.1 + 1j) * T)
    assert found["x"].values == pytest.approx(exact.real, abs=1e-7)
    assert found["y"].values == pytest.approx(exact.imag, abs=1e-7)
    assert found["t"].values == pytest.approx(T)


def test_a_law_of_mixed_order_is_simulated() -> None:
    """x'' = -2 x - 0.2 x', y' = x: start x, y, x_t."""
    found = pendulum().simulate([1.0, 0.0, 0.5], T).parts[0]
    w = -0.1 + 1j * np.sqrt(1.99)
    a = 0.5 - 0.5j * (0.5 + 0.1) / w.imag
    exact = 2 * np.real(a * np.exp(w * T))
    integral = 2 * np.real(a * (np.exp(w * T) - 1) / w)
    assert found["x"].values == pytest.approx(exact, abs=1e-7)
    assert found["y"].values == pytest.approx(integral, abs=1e-7)


def test_a_law_that_names_the_time_is_simulated() -> None:
    jet = sq.Jet("t", "x")
    t, x = jet["t"], jet["x"]
    law = given(jet, [t * x], sq.trivial, [-2.0])
    start = law.simulate([3.0], T[100:201]).parts[0]["x"].values
    assert start == pytest.approx(3 * np.exp(T[100] ** 2 - T[100:201] ** 2), abs=1e-7)


@pytest.mark.parametrize(
    ("start", "times", "said"),
    [
        ([1.0], T, "must hold 2 numbers, x, y"),
        ([1.0, 2.0, 3.0], T, "must hold 2 numbers, x, y"),
        ([[1.0, 2.0]], T, "must hold 2 numbers"),
        ([1.0, 0.0], T[::-1], "increasing"),
        ([1.0, 0.0], [0.0, 1.0], "three or more"),
        ([1.0, 0.0], [0.0, 1.0, 1.0], "increasing"),
        ([1.0, float("nan")], T, "finite"),
        ([1.0, 0.0], [0.0, 1.0, float("inf")], "finite"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(start: list[float], times: list[float], said: str) -> None:
    with pytest.raises(sq.InvalidInput, match=said):
        oscillator().simulate(start, times)


def test_the_start_of_a_higher_order_law_is_named() -> None:
    with pytest.raises(sq.InvalidInput, match="must hold 3 numbers, x, y, x_t"):
        pendulum().simulate([1.0, 0.0], T)


def test_a_solution_that_blows_up_is_said_to() -> None:
    jet = sq.Jet("t", "x")
    law = given(jet, [jet["x"] ** 2], sq.trivial, [1.0])
    with pytest.raises(sq.InvalidInput, match="does not reach t = 10.*shorter"):
        law.simulate([1.0], T)


def test_a_field_is_not_simulated() -> None:
    with pytest.raises(sq.InvalidInput, match="ordinary differential equations.*t, x"):
        functions().simulate([1.0], T)


# Saving


def test_a_saved_law_is_its_document(tmp_path: Path, law: sq.Discovery) -> None:
    path = tmp_path / "law.json"
    law.save(str(path))
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(law.document()))
    assert os.listdir(tmp_path) == ["law.json"]


def test_a_saved_law_replaces_the_one_before_and_may_be_read_by_all_who_could(tmp_path: Path) -> None:
    path, plain = tmp_path / "law.json", tmp_path / "plain"
    path.write_text("old", encoding="utf-8")
    plain.write_text("", encoding="utf-8")
    oscillator().save(str(path))
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == 1
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("where", ["missing/law.json", "folder"])
def test_a_path_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path, where: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(sq.InvalidInput, match="annot write"):
        oscillator().save(str(tmp_path / where))
    assert os.listdir(tmp_path) == ["folder"]
    assert os.listdir(tmp_path / "folder") == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "law.json"
    path.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(sq.InvalidInput, match="No space left"):
        oscillator().save(str(path))
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["law.json"]
