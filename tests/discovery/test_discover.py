"""The verb: what it refuses, what it does not invent, what a symmetry fixes."""

from __future__ import annotations

import numpy as np
import pytest

import symeq as sq
from systems import SYSTEMS, add_noise

JET = sq.Jet("t", "x y")
x, y = JET.dependent
TURNING = sq.linear_ansatz(JET, sq.monomials(x, y, degree=3), sq.rotation(x, y))
FREE = sq.linear_ansatz(JET, sq.monomials(x, y, degree=2), sq.trivial)
T = np.linspace(0, 10, 501)


def noise_alone(seed: int, trajectories: int = 2) -> sq.Record:
    rng = np.random.default_rng(seed)
    return sq.trajectories(T, [rng.standard_normal((T.size, 2)) for _ in range(trajectories)], names="x y")


@pytest.mark.parametrize("allowed", [TURNING, FREE], ids=["rotation, degree 3", "none, degree 2"])
def test_white_noise_has_no_law(allowed: sq.LinearAnsatz) -> None:
    """20 seeds, 2 x 501 points: at most two laws are invented."""
    invented = 0
    for seed in range(20):
        try:
            sq.discover(allowed, sq.sample(noise_alone(seed), JET))
            invented += 1
        except sq.NoLaw as refusal:
            assert f"none of the {allowed.unknowns} allowed terms is significant" in str(refusal)
    assert invented <= 2


def test_noise_around_a_resting_point_has_no_law() -> None:
    """A constant state of 1 with noise of 1 %, 20 seeds: at most two."""
    invented = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        record = sq.trajectories(T, np.array([1.0, 0.5]) + 0.01 * rng.standard_normal((T.size, 2)), "x y")
        try:
            sq.discover(FREE, sq.sample(record, JET))
            invented += 1
        except sq.NoLaw:
            pass
    assert invented <= 2


@pytest.mark.parametrize(
    "other",
    [sq.Jet("s", "x y"), sq.Jet("t", "x z"), sq.Jet("t", "x")],
    ids=str,
)
def test_samples_of_another_jet_are_refused(other: sq.Jet) -> None:
    states = np.stack([np.sin(T)] * len(other.dependent), axis=1)
    names = [str(u) for u in other.dependent]
    record = sq.trajectories(T, states, names, independent=str(other.independent[0]))
    with pytest.raises(sq.InvalidInput, match="Use the same jet for both"):
        sq.discover(TURNING, sq.sample(record, other))


def test_a_variable_that_the_law_does_not_name_is_no_obstacle() -> None:
    states = np.stack([np.exp(-T / 5), np.sin(T)], axis=1)
    alone = sq.Jet("t", "x")
    allowed = sq.linear_ansatz(alone, sq.monomials(alone["x"], degree=2), sq.trivial)
    law = sq.discover(allowed, sq.sample(sq.trajectories(T, states), JET))
    (term,) = law.terms
    assert (term.lead, term.expression) == (alone["x_t"], alone["x"])
    assert term.value == pytest.approx(-0.2, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "speed"), [("burgers", -1.0), ("kdv", -6.0), ("kuramoto_sivashinsky", -1.0)]
)
def test_what_a_boost_fixes_is_exact(name: str, speed: float) -> None:
    """Whatever the noise: the advection term has its exact coefficient, no error, and no unknown."""
    system = SYSTEMS[name]
    jet = system.jet
    record = add_noise(system.simulate(points=64, frames=51, duration=2.0), 0.02, 0)
    law = sq.discover(sq.linear_ansatz(jet, system.candidates, system.symmetry), sq.sample(record, jet))
    (advection,) = [term for term in law.terms if term.expression == jet["u"] * jet["u_x"]]
    assert (advection.value, advection.standard_error, advection.basis) == (speed, 0.0, None)
    assert (r"-u u_{x}" if speed == -1 else r"-6\, u u_{x}") in law.latex(digits=2).replace("- ", "-")
    assert "±" not in str(law).split("*u*u_x")[0].rsplit("-", 1)[-1]


def test_a_fixed_part_is_a_law_even_when_nothing_else_is_significant() -> None:
    """White noise and a boost: no allowed term is significant, the advection stands."""
    jet = sq.Jet("t x", "u", order=2)
    rng = np.random.default_rng(0)
    record = sq.field(
        {"t": np.linspace(0, 1, 41), "x": np.arange(64) / 64},
        {"u": rng.standard_normal((41, 64))},
        periodic="x",
    )
    library = sq.monomials(jet["u"], degree=1) * [jet["u_x"], jet["u_xx"]]
    law = sq.discover(sq.linear_ansatz(jet, library, sq.boost("x", "u")), sq.sample(record, jet))
    assert [term.expression for term in law.terms if term.basis is None] == [jet["u"] * jet["u_x"]]


def test_where_it_came_from_is_told() -> None:
    record = add_noise(SYSTEMS["hopf"].simulate(trajectories=3), 0.02, 0)
    law = sq.discover(TURNING, sq.pointwise(record, JET))
    told = law.provenance
    assert set(told.noise) == {"x", "y"}
    assert told.noise["x"] == pytest.approx(0.02 * 0.55, rel=0.3)
    assert 2 * 3 * 300 < told.rows <= 2 * 3 * 501
    assert told.blocks >= 12
    assert told.seed is None
    assert told.engine == "sparse regression"
    assert {"python", "symeq", "numpy", "scipy", "sympy", "xarray", "pysindy"} <= set(told.versions)
    assert any(note.startswith("coefficients from: t ") for note in told.notes)


def test_a_library_that_lacks_a_term_is_warned_of() -> None:
    """Hopf without its cubic terms."""
    allowed = sq.linear_ansatz(JET, sq.monomials(x, y, degree=2), sq.rotation(x, y))
    law = sq.discover(allowed, sq.sample(SYSTEMS["hopf"].simulate(trajectories=4), JET))
    assert any("a term may be missing from the library" in warning for warning in law.warnings)
    full = sq.discover(TURNING, sq.sample(SYSTEMS["hopf"].simulate(trajectories=4), JET))
    assert not full.warnings
