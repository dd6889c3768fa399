"""The engine end to end: settings, refusals, and laws that no linear search can find."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.special
import sympy as sp
from scipy.integrate import solve_ivp
from sympy import Expr

import symeq as sq
from symeq.search.genetic.operators import OPERATORS
from systems import SYSTEMS, add_noise

T = np.linspace(0, 4, 201)
PLANE = sq.Jet("t", "x y")
x, y = PLANE.dependent
ROTATION = sq.rotation(x, y) + sq.translation("t")
BESSEL = sq.Operator("j0", scipy.special.j0, lambda z: sp.besselj(0, z), inner=True, even=True)

SETTINGS = [
    ({"seed": -1}, "seed=-1.: expected a whole number, 0 or more"),
    ({"seed": 1.5}, "seed=1.5"),
    ({"seed": None}, "seed=None"),
    ({"seed": True}, "seed=True"),
    ({"epochs": 0}, "epochs=0.: expected a whole number, 1 or more"),
    ({"epochs": 2.0}, "epochs=2.0"),
    ({"rows": 19}, "rows=19.: expected a whole number, 20 or more"),
    ({"population": 9}, "population=9.: expected a whole number, 10 or more"),
    ({"population": "200"}, "population='200'"),
    ({"evaluations": 0}, "evaluations=0"),
    ({"evaluations": 1e6}, "evaluations=1000000.0"),
    ({"workers": 0}, "workers=0.: expected a whole number, 1 or more"),
    ({"workers": True}, "workers=True"),
    ({"workers": None}, "expected a number of processes or an Executor"),
    ({"workers": "two"}, "expected a number of processes or an Executor"),
    ({"seconds": 0}, "seconds=0.: expected a positive number"),
    ({"seconds": -3.0}, "seconds=-3.0"),
    ({"seconds": float("nan")}, "seconds=nan"),
    ({"seconds": float("inf")}, "seconds=inf"),
    ({"seconds": "60"}, "seconds='60'"),
    ({"operators": ["add", "sinus"]}, "no operator `sinus`.*Known"),
    ({"operators": ["sin"]}, "two arguments"),
    ({"soft": 3}, "soft"),
    ({"state": 3}, "state"),
]


@pytest.mark.parametrize(("setting", "said"), SETTINGS, ids=str)
def test_settings_are_refused_one_by_one(setting: Mapping[str, Any], said: str) -> None:
    with pytest.raises(sq.InvalidInput, match=said):
        sq.GeneticProgramming(**setting)


def test_settings_are_keywords_and_frozen() -> None:
    with pytest.raises(TypeError):
        sq.GeneticProgramming(1)  # type: ignore[misc]
    engine = sq.GeneticProgramming(operators=["mul", BESSEL])
    assert [operator.name for operator in engine.operators] == ["mul", "j0"]
    assert replace(engine, seed=3).operators == engine.operators
    with pytest.raises(AttributeError):
        engine.seed = 2  # type: ignore[misc]


def plane(*radii: float) -> sq.Record:
    z = [r * np.exp((0.1 + 1j) * T) for r in radii]
    return sq.trajectories(T, [np.stack([w.real, w.imag], axis=1) for w in z], names="x y")


def test_each_engine_refuses_what_is_for_the_other() -> None:
    samples = sq.sample(plane(1.0, 2.0), PLANE)
    linear = sq.linear_ansatz(PLANE, sq.monomials(x, y, degree=3), ROTATION)
    functional = sq.functional_ansatz(PLANE, ROTATION)
    with pytest.raises(sq.InvalidInput, match="LinearAnsatz has none.*functional_ansatz.*SparseRegression"):
        sq.discover(linear, samples, sq.GeneticProgramming())
    with pytest.raises(sq.InvalidInput, match="GeneticProgramming"):
        sq.discover(functional, samples, sq.SparseRegression())
    relation = sq.relation_ansatz(sq.Jet("x y", "u", order=2), sq.rotation("x", "y"))
    darcy = sq.sample(SYSTEMS["darcy"].simulate(points=21, nodes=40), relation.jet)
    with pytest.raises(sq.InvalidInput, match="GeneticProgramming"):
        sq.discover(relation, darcy, sq.SparseRegression())


def test_samples_of_another_jet_are_refused() -> None:
    form = sq.functional_ansatz(sq.Jet("t", "a b"), sq.trivial)
    with pytest.raises(sq.InvalidInput, match="Use the same jet for both"):
        sq.discover(form, sq.sample(plane(1.0), PLANE), sq.GeneticProgramming())


def terms(law: sq.Discovery) -> dict[tuple[Expr, Expr], float]:
    """Each term of each equation with its value, as given: constants are symbols."""
    return {(term.lead, term.expression): term.value for term in law.terms}


def sides(law: sq.Discovery) -> dict[Expr, Expr]:
    return dict(law.equations)


def test_two_numbers_inside_functions() -> None:
    """z_t = (exp(-0.7 r^2) - 0.2 + i sin(1.3 r^2)) z: 10 clean trajectories, rotations, seed 0, 300 rows:
    exactly these six terms, all five numbers within 1e-3; and error bars for the constants."""
    system = SYSTEMS["two_constants"]
    form = sq.functional_ansatz(PLANE, ROTATION)
    samples = sq.sample(system.simulate(trajectories=10), PLANE)
    engine = sq.GeneticProgramming(
        seed=0, operators=["add", "sub", "mul", "exp", "sin"], rows=300, population=100
    )
    before, legacy = random.getstate(), str(np.random.get_state())
    law = sq.discover(form, samples, engine)
    assert random.getstate() == before and str(np.random.get_state()) == legacy
    (c_1, c_2), square = (c.symbol for c in law.constants), x**2 + y**2
    found = terms(law)
    fall, turn = sp.exp(c_1 * square), sp.sin(c_2 * square)
    expected = {
        (PLANE["x_t"], x * fall): 1, (PLANE["x_t"], x): -0.2, (PLANE["x_t"], y * turn): -1,
        (PLANE["y_t"], y * fall): 1, (PLANE["y_t"], y): -0.2, (PLANE["y_t"], x * turn): 1,
    }  # fmt: skip
    assert found.keys() == expected.keys()
    assert [found[k] for k in expected] == pytest.approx(list(expected.values()), abs=1e-3)
    assert [c.value for c in law.constants] == pytest.approx([-0.7, 1.3], abs=1e-3)
    assert all(0 <= c.error < 1e-3 for c in law.constants)
    assert law.end is not None and law.end.decided and not law.warnings
    again = sq.discover(form, samples, engine)
    assert str(again) == str(law) and again.functions == law.functions
    assert again.front == law.front and np.array_equal(again.beta, law.beta)


def test_a_force_that_depends_on_the_distance() -> None:
    """x_tt = -x (1 + 0.3 exp(-r^2)): 10 trajectories, all symmetries, seed 0."""
    system = SYSTEMS["central_force"]
    form = sq.functional_ansatz(system.jet, system.symmetry, lead=list(system.law))
    samples = sq.sample(system.simulate(trajectories=10), system.jet)
    operators = ["add", "sub", "mul", "div", "exp"]
    engine = sq.GeneticProgramming(seed=0, operators=operators, rows=300, population=60)
    law = sq.discover(form, samples, engine)
    (constant,) = law.constants
    a, b = system.jet.dependent
    fall = sp.exp(constant.symbol * (a**2 + b**2))
    jet, found = system.jet, terms(law)
    expected = {
        (jet["x_tt"], a): -1, (jet["x_tt"], a * fall): -0.3,
        (jet["y_tt"], b): -1, (jet["y_tt"], b * fall): -0.3,
    }  # fmt: skip
    assert found.keys() == expected.keys()
    assert [found[k] for k in expected] == pytest.approx(list(expected.values()), abs=1e-3)
    assert constant.value == pytest.approx(-1, abs=1e-3)


def test_amplitudes_in_the_plane() -> None:
    """lambda-omega on 48^2 points and 41 frames, all symmetries, seed 0: its fourteen
    terms, to 2e-3, which is what this grid differentiates to."""
    system = SYSTEMS["lambda_omega"]
    form = sq.functional_ansatz(system.jet, system.symmetry)
    samples = sq.sample(system.simulate(points=48, frames=41), system.jet)
    law = sq.discover(
        form,
        samples,
        sq.GeneticProgramming(seed=0, operators=["add", "sub", "mul"], rows=300, population=100),
    )
    assert not law.constants
    found = terms(law)
    expected = {
        (lead, term): float(number)
        for lead, side in system.law.items()
        for term, number in sp.expand(side).as_coefficients_dict().items()
    }
    assert found.keys() == expected.keys()
    assert [found[k] for k in expected] == pytest.approx(list(expected.values()), abs=2e-3)


def test_a_steady_law_whose_side_is_not_known() -> None:
    """Darcy flow, 101^2 points, rotations: of the laplacian, u and |grad u|^2 the laplacian is found to be
    8 (x u_x + y u_y) - exp(4 r^2); seed 0."""
    system = SYSTEMS["darcy"]
    jet = system.jet
    relation = sq.relation_ansatz(jet, sq.rotation("x", "y"), side=["u_xx + u_yy", "u_x^2 + u_y^2", "u"])
    samples = sq.sample(system.simulate(points=101), jet)
    engine = sq.GeneticProgramming(
        seed=0, operators=["add", "sub", "mul", "div", "exp"], epochs=6, rows=300, population=100
    )
    law = sq.discover(relation, samples, engine)
    ((lead, _),) = law.equations
    assert lead == jet["u_xx"] + jet["u_yy"]
    (constant,) = law.constants
    u_x, u_y = jet["u_x"], jet["u_y"]
    a, b = jet.independent
    found = terms(law)
    expected = {(lead, a * u_x): 8, (lead, b * u_y): 8, (lead, sp.exp(constant.symbol * (a**2 + b**2))): -1}
    assert found.keys() == expected.keys()
    assert [found[k] for k in expected] == pytest.approx(list(expected.values()), abs=1e-3)
    assert constant.value == pytest.approx(4, abs=1e-3)
    assert any("left-hand sides tried" in note for note in law.provenance.notes)


def test_a_wave_with_an_unknown_function() -> None:
    """sine-Gordon, 128 points, 201 frames, the Poincare group, side u_tt - u_xx, seed 0: -sin u."""
    system = SYSTEMS["sine_gordon"]
    relation = sq.relation_ansatz(system.jet, sq.Poincare("t", "x"), side="u_tt - u_xx")
    samples = sq.sample(system.simulate(points=128, frames=201), system.jet, lead="u_tt")
    law = sq.discover(relation, samples, sq.GeneticProgramming(seed=0, epochs=4, rows=300, population=60))
    (constant,) = law.constants
    lead = system.jet["u_tt"] - system.jet["u_xx"]
    assert terms(law) == {(lead, sp.sin(constant.symbol * system.jet["u"])): pytest.approx(-1, abs=1e-3)}
    assert constant.value == pytest.approx(1, abs=1e-3)


def oscillating(rate: Any, starts: Any) -> sq.Record:
    paths = [
        solve_ivp(lambda _, z: rate(*z), (0, 4), start, t_eval=T, rtol=1e-11, atol=1e-12).y.T
        for start in starts
    ]
    return sq.trajectories(T, paths, names="x y")


def test_a_function_of_the_user() -> None:
    """z_t = (J_0(2 r^2) + i) z, which no other operator makes: 4 trajectories, seed 0."""

    def rate(a: float, b: float) -> list[float]:
        growth = scipy.special.j0(2 * (a**2 + b**2))
        return [growth * a - b, growth * b + a]

    record = oscillating(rate, [[0.3, 0], [1.5, 0.5], [-1.2, 1.2], [0.1, -0.8]])
    form = sq.functional_ansatz(PLANE, ROTATION)
    engine = sq.GeneticProgramming(seed=0, operators=["add", "mul", "sin", BESSEL], rows=200, population=60)
    law = sq.discover(form, sq.sample(record, PLANE), engine)
    (constant,) = law.constants
    assert constant.value == pytest.approx(2, abs=1e-3)
    function = sp.besselj(0, constant.symbol * (x**2 + y**2))
    expected = {
        (PLANE["x_t"], x * function): 1, (PLANE["x_t"], y): -1,
        (PLANE["y_t"], y * function): 1, (PLANE["y_t"], x): 1,
    }  # fmt: skip
    assert terms(law) == {place: pytest.approx(number, abs=1e-3) for place, number in expected.items()}
    point = np.array([0.3, 0.4])
    growth = scipy.special.j0(2 * 0.25)
    assert law.rhs(*point) == pytest.approx([growth * 0.3 - 0.4, growth * 0.4 + 0.3], abs=1e-4)


# What is not explained


@pytest.mark.parametrize("seed", range(2))
def test_noise_is_not_told_as_a_law(seed: int) -> None:
    """White noise for states: no law, or one that is said to be undecided or not to explain them."""
    rng = np.random.default_rng(seed)
    record = sq.trajectories(T, [rng.standard_normal((len(T), 2)) for _ in range(4)], names="x y")
    engine = sq.GeneticProgramming(
        seed=seed, epochs=2, operators=["add", "mul", "sin"], rows=150, population=30
    )
    try:
        law = sq.discover(sq.functional_ansatz(PLANE, ROTATION), sq.sample(record, PLANE), engine)
    except sq.NoLaw:
        return
    assert any("not decided" in w or "Not explained" in w for w in law.warnings), law.warnings


def test_a_law_out_of_reach_is_said_not_to_explain_the_data() -> None:
    """z_t = (J_0(9 r^2) + i) z without a symmetry and with products alone, two epochs."""

    def rate(a: float, b: float) -> list[float]:
        growth = scipy.special.j0(9 * (a**2 + b**2))
        return [growth * a - b, growth * b + a]

    record = oscillating(rate, [[0.3, 0], [1.5, 0.5], [-1.2, 1.2]])
    engine = sq.GeneticProgramming(seed=0, operators=["add", "mul"], epochs=2, rows=150, population=30)
    law = sq.discover(sq.functional_ansatz(PLANE, sq.trivial), sq.sample(record, PLANE), engine)
    (told,) = (w for w in law.warnings if w.startswith("Not explained"))
    assert "A variable, an operator or a term may be missing, or the symmetry may be wrong." in told
    share = float(told.split()[2])
    assert 1e-4 < share < 1


def test_a_variable_that_does_not_change_is_no_trouble() -> None:
    """y_t is 0 up to round-off: told as y_t = 0, or refused; not searched in round-off."""
    record = sq.trajectories(T, [np.stack([k * np.exp(-T), 0 * T + k], axis=1) for k in (1, 2)], names="x y")
    engine = sq.GeneticProgramming(epochs=1, operators=["add", "mul"], rows=60, population=20)
    try:
        law = sq.discover(sq.functional_ansatz(PLANE, sq.trivial), sq.sample(record, PLANE), engine)
    except sq.InvalidInput as refusal:
        assert "y_t" in str(refusal)
        return
    assert sides(law)[PLANE["y_t"]] == 0


# How a search ends


def small(**further: Any) -> sq.GeneticProgramming:
    settings: dict[str, Any] = {"epochs": 2, "operators": ["add", "mul"], "rows": 60, "population": 20}
    return sq.GeneticProgramming(**(settings | further))


NOISY = sq.sample(add_noise(SYSTEMS["hopf"].simulate(trajectories=2), 0.02, 0), PLANE)
FORM = sq.functional_ansatz(PLANE, ROTATION)


def test_limits_are_told() -> None:
    """Of epochs, evaluations and time: in the end of the search, in words, and by a warning."""
    for engine, why, clocked in (
        (small(epochs=1), "largest number of epochs", False),
        (small(epochs=9, evaluations=1), "evaluations granted are spent", False),
        (small(epochs=9, seconds=1e-3), "time granted was spent", True),
    ):
        law = sq.discover(FORM, NOISY, engine)
        assert law.end is not None and not law.end.decided and law.end.clocked == clocked
        assert why in law.end.why and law.end.epochs == 1 and law.end.evaluations > 0
        assert any("not decided" in warning and why in warning for warning in law.warnings)


def test_ctrl_c_returns_the_best_law_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int, str]] = []

    def progress(*what: Any) -> None:
        calls.append(what)
        if len(calls) == 2:
            raise KeyboardInterrupt

    law = sq.discover(FORM, NOISY, small(epochs=9), progress=progress)
    assert law.end is not None and "interrupted" in law.end.why and law.end.clocked and not law.end.decided
    assert law.end.epochs == 2 and law.terms


def test_progress_tells_the_best_law_so_far() -> None:
    calls: list[tuple[int, int, str]] = []
    sq.discover(FORM, NOISY, small(), progress=lambda *what: calls.append(what))
    assert [number for number, _, _ in calls] == [1, 2, 2] and {total for _, total, _ in calls} == {2}
    assert all("laws tried, best so far: x_{t} = " in text for _, _, text in calls[:2])
    assert calls[-1][2] == "fitting the law to all data"


def test_the_front_holds_laws_by_size() -> None:
    law = sq.discover(FORM, NOISY, small())
    sizes = [entry.complexity for entry in law.front]
    assert sizes == sorted(sizes) and len(set(sizes)) == len(sizes)
    errors = [entry.residual for entry in law.front]
    assert errors == sorted(errors, reverse=True)
    assert sum(entry.chosen for entry in law.front) == 1
    assert all(len(entry.law) == 2 and entry.law[0].startswith("x_t = ") for entry in law.front)


def test_without_an_engine_functions_are_searched_by_genetic_programming() -> None:
    """An exact linear law, which ends with its first epochs."""
    law = sq.discover(FORM, sq.sample(plane(1.0, 2.0), PLANE))
    assert law.provenance.engine == "genetic programming" and law.provenance.seed == 0
    assert terms(law) == {
        (PLANE["x_t"], x): pytest.approx(0.1), (PLANE["x_t"], y): pytest.approx(-1),
        (PLANE["y_t"], x): pytest.approx(1), (PLANE["y_t"], y): pytest.approx(0.1),
    }  # fmt: skip
    assert set(OPERATORS) == set(sq.GeneticProgramming().operators)
