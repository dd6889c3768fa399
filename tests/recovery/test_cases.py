"""Recoveries out of the ordinary: symmetries that name the time, uneven times, one short run, a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

import symeq as sq
from symeq.geometry import read_symmetry
from systems import SYSTEMS, add_noise
from tests.recovery.recovering import compared

HOPF = SYSTEMS["hopf"]
JET = HOPF.jet
x, y = JET.dependent
CUBIC = sq.monomials(x, y, degree=3)
TURNING = sq.linear_ansatz(JET, CUBIC, sq.rotation(x, y))


@pytest.mark.parametrize(("level", "bound"), [(0.0, 1e-3), (0.01, 0.15), (0.02, 0.3)])
def test_one_short_run(level: float, bound: float) -> None:
    """Hopf, one trajectory of 101 points up to t = 10, SO(2) in degree 3 (four unknowns), three draws."""
    for seed in range(3):
        record = HOPF.simulate(seed=seed, trajectories=1, samples=101)
        samples = sq.sample(add_noise(record, level, seed) if level else record, JET)
        outcome = compared(sq.discover(TURNING, samples), HOPF.law)
        assert outcome.exact
        assert outcome.error < bound
        assert max(outcome.distances) < 4


def unevenly(seed: int, level: float) -> sq.Record:
    """Three Hopf trajectories of 401 times up to 10, displaced by up to 30 % of the spacing."""
    rng = np.random.default_rng(seed)
    times, states = [], []
    for _ in range(3):
        t = np.linspace(0, 10, 401) + 0.3 * 0.025 * rng.uniform(-1, 1, 401)
        r, a = rng.uniform(0.1, 1.8), rng.uniform(0, 6)

        def rate(_: float, z: np.ndarray) -> list[float]:
            growth = 0.5 - z @ z
            return [growth * z[0] - z[1], z[0] + growth * z[1]]

        start = [r * np.cos(a), r * np.sin(a)]
        clean = solve_ivp(rate, (t[0], t[-1]), start, t_eval=t, rtol=1e-11, atol=1e-12).y.T
        times.append(t)
        states.append(clean + level * 0.5 * rng.standard_normal(clean.shape))
    return sq.trajectories(times, states, "x y")


@pytest.mark.parametrize(("level", "bound"), [(0.0, 1e-5), (0.01, 0.05), (0.03, 0.15)])
@pytest.mark.parametrize("symmetry", [sq.rotation(x, y), sq.trivial], ids=str)
def test_uneven_times(symmetry: sq.Symmetry, level: float, bound: float) -> None:
    """Two draws, degree 3."""
    for seed in range(2):
        samples = sq.sample(unevenly(seed, level), JET)
        outcome = compared(sq.discover(sq.linear_ansatz(JET, CUBIC, symmetry), samples), HOPF.law)
        assert outcome.exact
        assert outcome.error < bound


def test_a_second_order_law_in_one_variable() -> None:
    """Duffing: x_tt = -x - 0.1 x_t - x^3, 5 trajectories of 301 points, 2 % noise, x -> -x, three draws."""
    jet = sq.Jet("t", "x", order=2)
    x, v = jet["x"], jet["x_t"]
    allowed = sq.linear_ansatz(jet, sq.monomials(x, v, degree=3), sq.reflection("x"), lead="x_tt")
    truth = {jet["x_tt"]: -x - v / 10 - x**3}
    t = np.linspace(0, 15, 301)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        states = []
        for _ in range(5):
            start = rng.uniform(-2, 2, 2)
            run = solve_ivp(
                lambda _, z: [z[1], -z[0] - z[1] / 10 - z[0] ** 3], (0, 15), start, t_eval=t, rtol=1e-10
            )
            states.append(run.y[:1].T)
        clean = sq.trajectories(t, states, "x")
        for record, bound in ((clean, 1e-4), (add_noise(clean, 0.02, seed), 0.25)):
            outcome = compared(sq.discover(allowed, sq.sample(record, jet, lead="x_tt")), truth)
            assert outcome.exact
            assert outcome.error < bound


@pytest.mark.parametrize(
    ("name", "generator", "fixed"),
    [
        ("burgers", "t*d_x + d_u", "u*u_x"),
        ("burgers", "t^2*d_t + t*x*d_x + (x - t*u)*d_u", "u*u_x"),
        ("kdv", "6*t*d_x + d_u", "u*u_x"),
        ("heat_2d", "0.2*t*d_x - x*u*d_u", "u_xx"),
    ],
)
def test_symmetries_that_name_the_time(name: str, generator: str, fixed: str) -> None:
    """One time-dependent generator alone; it fixes one coefficient exactly, the rest is found."""
    system = SYSTEMS[name]
    small = {"points": 32, "frames": 41} if name == "heat_2d" else {"frames": 101, "duration": 4.0}
    allowed = sq.linear_ansatz(system.jet, system.candidates, read_symmetry(generator, system.jet))
    assert allowed.unknowns < allowed.library_unknowns
    law = sq.discover(allowed, sq.sample(system.simulate(seed=2, **small), system.jet))
    outcome = compared(law, system.law)
    assert outcome.exact
    assert outcome.error < 2e-3
    (term,) = [term for term in law.terms if term.basis is None]
    assert term.expression == system.jet.parse(fixed)
    exact = dict(sp.expand(next(iter(system.law.values()))).as_coefficients_dict())
    assert term.value == float(exact[term.expression])


def test_a_law_that_names_the_time_itself() -> None:
    """x_t = -t x with the symmetry d_x -> x d_x: time is one of the columns."""
    jet = sq.Jet("t", "x")
    t, x = jet["t"], jet["x"]
    allowed = sq.linear_ansatz(jet, sq.monomials(t, x, degree=2), sq.scaling({x: 1}))
    times = np.linspace(0, 2, 201)
    runs = [(a * np.exp(-(times**2) / 2))[:, None] for a in (0.5, -1.0, 2.0)]
    law = sq.discover(allowed, sq.sample(sq.trajectories(times, runs, "x"), jet))
    assert compared(law, {jet["x_t"]: -t * x}).exact
    assert law.terms[0].value == pytest.approx(-1, abs=1e-6)


def test_a_wrong_rotation_is_warned_of_and_costs_the_fit() -> None:
    """Heat that spreads at 0.2 along x and 0.05 along y cannot be turned: with the rotation the law leaves a
    share of the left-hand side that is large, without it almost none."""
    system = SYSTEMS["anisotropic_heat"]
    samples = sq.sample(add_noise(system.simulate(points=32, frames=41), 0.01, 0), system.jet)
    wrong = sq.discover(sq.linear_ansatz(system.jet, system.candidates, sq.rotation("x", "y")), samples)
    free = sq.discover(sq.linear_ansatz(system.jet, system.candidates, sq.trivial), samples)
    assert compared(free, system.law).exact
    assert any("symmetry may be wrong" in warning for warning in wrong.warnings)
    assert not free.warnings
    assert wrong.residual > 5 * free.residual
    assert wrong.chi2 > 3 > 1.5 > free.chi2


def test_a_closed_orbit_by_fourier_series() -> None:
    """One period of x_t = -y / 2, y_t = 2 x, periodic in time, without any symmetry."""
    t = 2 * np.pi * np.arange(200) / 200
    record = sq.trajectories(t, np.stack([np.cos(t), 2 * np.sin(t)], axis=1), "x y", periodic=["t"])
    allowed = sq.linear_ansatz(JET, sq.monomials(x, y, degree=2), sq.trivial)
    outcome = compared(
        sq.discover(allowed, sq.sample(record, JET, sq.Spectral())), {JET["x_t"]: -y / 2, JET["y_t"]: 2 * x}
    )
    assert outcome.exact
    assert outcome.error < 1e-10
