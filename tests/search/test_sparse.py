"""The engine: the answer turns with the data, scales with the units, and stays inside the allowed laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pysindy as ps
import pytest
import sympy as sp

import symeq as sq
from symeq.search.sparse import SparseRegression
from systems import SYSTEMS, add_noise

HOPF = SYSTEMS["hopf"]
JET = HOPF.jet
x, y = JET.dependent
TURNING = sq.linear_ansatz(JET, sq.monomials(x, y, degree=5), sq.rotation(x, y))
FREE = sq.linear_ansatz(JET, sq.monomials(x, y, degree=3), sq.trivial)
NOISY = add_noise(HOPF.simulate(seed=1, trajectories=4), 0.02, 1)


def moved(record: sq.Record, matrix: np.ndarray, time: float = 1.0) -> sq.Record:
    """The record with states multiplied by a matrix and times by a number."""
    t = time * record.parts[0]["t"].values
    states = [np.stack([part["x"].values, part["y"].values], axis=1) for part in record.parts]
    return sq.trajectories(t, [part @ matrix.T for part in states], names="x y")


def turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("angle", [0.3, 1.0, np.pi / 2, 2.5])
def test_turned_data_give_the_same_law(angle: float) -> None:
    """Hopf, 4 x 501 points, 2 % noise, six unknowns. With the noise given, the coefficients agree to
    round-off; estimated for each variable by itself, it moves them by less than a tenth of their errors."""
    straight = sq.discover(TURNING, sq.sample(NOISY, JET))
    samples = sq.sample(moved(NOISY, turn(angle)), JET)
    turned = sq.discover(TURNING, samples)
    assert turned.support == straight.support == (0, 1, 2)
    error = straight.standard_errors[list(straight.support)]
    assert (np.abs(turned.beta - straight.beta)[list(straight.support)] < 0.1 * error).all()
    noise = (0.01, 0.01)
    for sampled in (sq.pointwise, sq.weak):
        one, other = (
            sq.discover(TURNING, replace(sampled(record, JET), noise=noise))
            for record in (NOISY, moved(NOISY, turn(angle)))
        )
        assert other.beta == pytest.approx(one.beta, abs=1e-10)
        assert other.standard_errors == pytest.approx(one.standard_errors, rel=1e-8, nan_ok=True)


@pytest.mark.parametrize("angle", [0.3, 1.0, 2.5])
def test_turned_clean_data_give_the_same_law(angle: float) -> None:
    clean = HOPF.simulate(seed=1, trajectories=4)
    straight, turned = (
        sq.discover(TURNING, sq.sample(record, JET)) for record in (clean, moved(clean, turn(angle)))
    )
    assert turned.support == straight.support
    assert turned.beta == pytest.approx(straight.beta, abs=1e-8)


@pytest.mark.parametrize(("time", "length"), [(1e-3, 1.0), (1.0, 1e4), (60.0, 0.01)])
def test_units_rescale_the_coefficients(time: float, length: float) -> None:
    """z_t = a z + b |z|^2 z: a goes with 1 / time, b with 1 / (time length^2)."""
    law = sq.discover(TURNING, sq.sample(NOISY, JET))
    record = moved(NOISY, length * np.eye(2), time)
    other = sq.discover(TURNING, sq.sample(record, JET))
    unit = np.array([1, 1, length**-2, length**-2, length**-4, length**-4]) / time
    assert other.support == law.support
    assert other.beta == pytest.approx(law.beta * unit, rel=1e-7)
    assert other.standard_errors == pytest.approx(law.standard_errors * unit, rel=1e-6, nan_ok=True)
    assert other.residual == pytest.approx(law.residual, rel=1e-6)


def test_each_variable_may_have_its_own_unit() -> None:
    """Without a symmetry, x in thousandths: each coefficient of x^i y^j in x_t goes with 1000^(1 - i)."""
    law = sq.discover(FREE, sq.sample(NOISY, JET))
    other = sq.discover(FREE, sq.sample(moved(NOISY, np.diag([1000.0, 1.0])), JET))
    found = {(term.lead, term.expression): term.value for term in other.terms}
    assert len(found) == len(law.terms) == 8
    for term in law.terms:
        power = (1 if term.lead == JET["x_t"] else 0) - sp.degree(term.expression, x)
        assert found[term.lead, term.expression] == pytest.approx(term.value * 1000.0**power, rel=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        ps.STLSQ(threshold=0.05),
        ps.SSR(),
        ps.FROLS(),
        ps.SR3(reg_weight_lam=0.005, relax_coeff_nu=1.0, regularizer="l0", max_iter=3000),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
@pytest.mark.parametrize("allowed", [TURNING, FREE], ids=["rotation", "none"])
def test_any_pysindy_optimiser_stays_inside_the_allowed_laws(
    optimizer: ps.BaseOptimizer, allowed: sq.LinearAnsatz
) -> None:
    """The law has the symmetry exactly, and the optimiser is left as it was."""
    law = sq.discover(allowed, sq.sample(NOISY, JET), SparseRegression(optimizer))
    assert law.support
    assert set(np.flatnonzero(law.beta)) == set(law.support)
    assert all(
        residual == 0 for part in allowed.defect([rhs for _, rhs in law.equations]) for residual in part
    )
    assert not hasattr(optimizer, "coef_")
    assert type(optimizer).__name__ in law.provenance.engine


def test_coefficients_are_refitted_on_the_support_that_an_optimiser_proposes() -> None:
    """A ridge that shrinks what SR3 or STLSQ itself says does not shrink the law: for the support of the
    true terms it is that of the own search, to the last bit."""
    jet = sq.Jet("t", "x y")
    linear = sq.linear_ansatz(jet, sq.monomials(x, y, degree=1), sq.rotation(x, y))
    spiral = add_noise(SYSTEMS["damped_oscillator"].simulate(trajectories=5, seed=2), 0.05, 2)
    samples = sq.sample(spiral, jet)
    own = sq.discover(linear, samples)
    proposed = sq.discover(linear, samples, SparseRegression(ps.STLSQ(threshold=1e-3, alpha=1e3)))
    assert proposed.support == own.support == (0, 1)
    assert np.array_equal(proposed.beta, own.beta)
    assert np.array_equal(proposed.standard_errors, own.standard_errors)


def test_an_optimiser_that_is_none_is_refused() -> None:
    with pytest.raises(sq.InvalidInput, match="optimiser instance is needed"):
        sq.discover(TURNING, sq.sample(NOISY, JET), SparseRegression("STLSQ"))  # type: ignore[arg-type]


def test_progress_is_told_in_grid_points() -> None:
    told: list[tuple[int, int, str]] = []
    sq.discover(
        TURNING, sq.sample(NOISY, JET), progress=lambda done, total, what: told.append((done, total, what))
    )
    done = [each for each, _, _ in told]
    assert done == sorted(done)
    assert {total for _, total, _ in told} == {4 * 501} == {done[-1]}


def test_the_same_search_twice_gives_the_same_bits() -> None:
    one, other = (sq.discover(FREE, sq.sample(NOISY, JET)) for _ in range(2))
    assert np.array_equal(one.beta, other.beta)
    assert np.array_equal(one.standard_errors, other.standard_errors, equal_nan=True)
    assert one.front == other.front


def test_samples_where_a_term_is_undefined_are_left_out_and_said() -> None:
    """log(x + 1/2) is undefined on about a quarter of the limit circle: the law is found on the rest."""
    allowed = sq.linear_ansatz(
        JET, sq.monomials(x, y, degree=3) + [sp.log(x + sp.Rational(1, 2))], sq.trivial
    )
    law = sq.discover(allowed, sq.sample(HOPF.simulate(seed=4, trajectories=4), JET))
    assert {(term.lead, term.expression) for term in law.terms} == {
        (lead, term) for lead, rhs in HOPF.law.items() for term in sp.expand(rhs).as_coefficients_dict()
    }
    (note,) = [note for note in law.provenance.notes if "samples left out" in note]
    assert 200 < int(note.split()[0]) < 1000


def test_a_term_with_an_infinite_slope_is_no_obstacle() -> None:
    """sqrt(x) where x rests at 0 for a while: the value is finite there, the slope is not."""
    jet = sq.Jet("t", "x y")
    t = np.linspace(0, 3, 301)
    states = np.stack([np.maximum(t - 1, 0) ** 2, np.exp(-t)], axis=1)
    library = sq.Library([jet["y"], sp.sqrt(jet["x"])])
    law = sq.discover(sq.linear_ansatz(jet, library, sq.trivial), sq.sample(sq.trajectories(t, states), jet))
    found = {(str(term.lead), term.expression): term.value for term in law.terms}
    assert found["x_t", sp.sqrt(jet["x"])] == pytest.approx(2, rel=0.01)
    assert found["y_t", jet["y"]] == pytest.approx(-1, rel=0.01)


def test_columns_that_are_dependent_on_the_data_only_are_no_obstacle() -> None:
    """Starts on the unit circle of a rotation: 1 and x^2 + y^2 are the same column there."""
    t = np.linspace(0, 12, 601)
    states = [np.stack([np.cos(t + a), np.sin(t + a)], axis=1) for a in (0.0, 1.0, 2.0)]
    samples = sq.sample(sq.trajectories(t, states, names="x y"), JET)
    for allowed in (FREE, TURNING):
        law = sq.discover(allowed, samples)
        rates = law.rhs(*[{x: 0.6, y: 0.8}[z] for z in law.arguments])
        assert rates == pytest.approx([-0.8, 0.6], abs=1e-6)


def test_a_law_without_unknowns_is_the_fixed_part() -> None:
    """The inviscid Burgers equation, of which the boost leaves nothing open; exact by characteristics."""
    jet = sq.Jet("t x", "u")
    t, grid = np.linspace(0, 0.6, 61), 2 * np.pi * np.arange(128) / 128
    start = np.broadcast_to(grid, (61, 128)).copy()
    for _ in range(60):
        wave = start + t[:, None] * np.sin(start) - grid
        start -= wave / (1 + t[:, None] * np.cos(start))
    record = sq.field({"t": t, "x": grid}, {"u": np.sin(start)}, periodic=["x"])
    allowed = sq.linear_ansatz(jet, sq.Library([jet["u"] * jet["u_x"]]), sq.boost("x", "u"))
    assert allowed.unknowns == 0
    law = sq.discover(allowed, sq.sample(record, jet))
    ((lead, rhs),) = law.equations
    assert lead == jet["u_t"]
    assert float(rhs / (jet["u"] * jet["u_x"])) == -1
    assert law.residual < 1e-6
    assert not law.warnings
