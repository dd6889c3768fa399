"""Simulators against exact solutions and against themselves with half the step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symeq.data.records import Record
from systems import (
    boussinesq,
    burgers,
    central_force,
    damped_oscillator,
    darcy,
    exponential_wave,
    growth,
    inviscid_burgers,
    isotropic_oscillator,
    kdv,
    kepler,
    kuramoto_sivashinsky,
    lambda_omega,
    lotka_volterra,
    nonlinear_schroedinger,
    saturable_laser,
    selkov,
    sine_gordon,
    vector_burgers,
    vector_wave,
)
from systems.modes import Polarised
from systems.torus import Torus
from systems.trajectories import runge_kutta


def values(record: Record, name: str = "u") -> np.ndarray:
    return np.stack([part[name].values for part in record.parts])


def test_the_kdv_soliton_keeps_its_shape() -> None:
    record = kdv.simulate(initial=lambda x: kdv.soliton(0, x, c=4), length=40, frames=5, duration=2)
    part = record.parts[0]
    exact = np.stack([kdv.soliton(t, part["x"].values, c=4) for t in part["t"].values])
    # The soliton's tails at the edge of the box are 2 c exp(-40) of a periodic one's.
    assert np.abs(part["u"].values - exact).max() < 1e-6


def test_burgers_follows_cole_and_hopf() -> None:
    length, nu = 16.0, 0.1
    part = burgers.simulate(
        initial=lambda x: burgers.cole_hopf(0, x, length=length, nu=nu), frames=11, length=length, nu=nu
    ).parts[0]
    exact = np.stack([burgers.cole_hopf(t, part["x"].values, length=length, nu=nu) for t in part["t"].values])
    assert np.abs(part["u"].values - exact).max() < 1e-9


def test_the_isotropic_oscillator_has_its_closed_form() -> None:
    k, c = isotropic_oscillator.PARAMETERS["k"], isotropic_oscillator.PARAMETERS["c"]
    part = isotropic_oscillator.simulate(trajectories=1, seed=5).parts[0]
    t, x, u = (part[name].values for name in ("t", "x", "u"))
    frequency = np.sqrt(k - c**2 / 4)
    swing = x[0] * np.cos(frequency * t) + (u[0] + c / 2 * x[0]) / frequency * np.sin(frequency * t)
    assert np.abs(x - np.exp(-c / 2 * t) * swing).max() < 1e-8


def test_the_damped_oscillator_has_its_closed_form() -> None:
    for part in damped_oscillator.simulate(trajectories=2).parts:
        z = part["x"].values + 1j * part["y"].values
        assert np.abs(z - z[0] * np.exp((-0.1 + 1j) * part["t"].values)).max() < 1e-9


def test_growth_has_its_closed_form() -> None:
    for part in growth.simulate(trajectories=2).parts:
        t, x, y = (part[name].values for name in "txy")
        fed = 0.1 * y[0] ** 2 / 2.3
        assert np.abs(y - y[0] * np.exp(t)).max() < 1e-9
        assert np.abs(x - (x[0] - fed) * np.exp(-0.3 * t) - fed * np.exp(2 * t)).max() < 1e-9


def test_sine_gordon_follows_the_breather() -> None:
    def initial(x: np.ndarray) -> np.ndarray:
        eta = 0.8  # at t = 0 the breather is flat, and rises with this velocity
        return np.stack([0 * x, 4 * eta / np.cosh(eta * x)])

    part = sine_gordon.simulate(initial=initial, points=512, length=60, frames=11).parts[0]
    t, x = (part[name].values for name in "tx")
    exact = np.stack([sine_gordon.breather(moment, x, frequency=0.6) for moment in t])
    assert np.abs(part["u"].values - exact).max() < 1e-8


def test_the_soliton_of_the_nonlinear_schroedinger_equation_runs_on() -> None:
    part = nonlinear_schroedinger.simulate(
        initial=lambda x: nonlinear_schroedinger.soliton(0, x, a=1.5, c=np.pi / 20),
        points=512,
        length=40,
        frames=6,
    ).parts[0]
    exact = [
        nonlinear_schroedinger.soliton(t, part["x"].values, a=1.5, c=np.pi / 20) for t in part["t"].values
    ]
    for name, wave in zip("uv", np.stack(exact, axis=1), strict=True):
        assert np.abs(part[name].values - wave).max() < 1e-7


def test_a_boussinesq_record_goes_on_where_the_last_one_ended() -> None:
    options = {"frames": 5, "duration": 2.0}
    long = boussinesq.simulate(frames=9, duration=4.0).parts[0]["u"].values
    next_run = boussinesq.simulate(begin=2.0, **options).parts[0]  # type: ignore[arg-type]
    assert np.allclose(next_run["t"], 2 + 0.5 * np.arange(5))
    assert np.abs(next_run["u"].values - long[4:]).max() < 1e-8


def test_a_spiral_record_goes_on_where_the_last_one_ended() -> None:
    long = lambda_omega.simulate_spiral(points=32, frames=9, duration=1.0).parts[0]["u"].values
    later = lambda_omega.simulate_spiral(points=32, frames=5, duration=0.5, begin=0.5).parts[0]
    assert np.allclose(later["t"], 0.5 + 0.125 * np.arange(5))
    assert np.abs(later["u"].values - long[4:]).max() < 1e-8


def test_energy_is_conserved() -> None:
    prey = lotka_volterra.simulate(trajectories=5)
    for part in prey.parts:
        energy = lotka_volterra.energy(part["x"].values, part["y"].values, **lotka_volterra.PARAMETERS)
        assert 3 <= energy[0] <= 4.5
        assert np.abs(energy - energy[0]).max() < 1e-9


def test_planets_keep_the_third_law_and_their_distance() -> None:
    for part in kepler.simulate(trajectories=5, duration=30.0, samples=3001).parts:
        x, y = part["x"].values, part["y"].values
        r = np.hypot(x, y)
        assert r.min() > 0.39
        half_axis = (r.min() + r.max()) / 2
        turns = np.abs(np.unwrap(np.arctan2(y, x))[-1] - np.arctan2(y[0], x[0])) / (2 * np.pi)
        # Whole turns would be exact; a part of a turn is seen from the focus.
        assert abs(turns - 30.0 / (2 * np.pi * half_axis**1.5)) < 0.25


def test_central_orbits_keep_their_areal_velocity() -> None:
    for part in central_force.simulate(trajectories=3, duration=2.0, samples=401).parts:
        t, x, y = (part[name].values for name in "txy")
        area = x * np.gradient(y, t, edge_order=2) - y * np.gradient(x, t, edge_order=2)
        assert np.ptp(area[1:-1]) < 1e-4 * np.abs(x * y).max()


def test_darcy_fields_keep_their_boundary_values_and_do_not_depend_on_the_nodes() -> None:
    coarse, fine = (darcy.simulate(fields=2, nodes=nodes, points=41) for nodes in (120, 160))
    for rough, smooth in zip(coarse.parts, fine.parts, strict=True):
        assert np.abs(rough["u"].values - smooth["u"].values).max() < 1e-6 * np.abs(smooth["u"].values).max()
    still, moved = (part["u"].values for part in fine.parts)
    assert np.abs(still[[0, -1]]).max() == 0
    assert moved[0].std() > 0.1 * still.max()


def test_inviscid_waves_carry_their_values_until_they_break() -> None:
    part = inviscid_burgers.simulate(points=4096, frames=3).parts[0]
    x, t, u = part["x"].values, part["t"].values, part["u"].values
    carried = np.interp(
        x, np.concatenate([x + u[0] * t[-1] + shift for shift in (-10, 0, 10)]), np.tile(u[0], 3)
    )
    assert np.abs(carried - u[-1]).max() < 1e-4
    with pytest.raises(ValueError, match="this wave breaks"):
        inviscid_burgers.simulate(duration=100.0)


def test_before_a_wave_breaks_its_record_with_shocks_is_that_without() -> None:
    smooth = inviscid_burgers.simulate(frames=11).parts[0]
    same = inviscid_burgers.simulate_shock(frames=11, duration=float(smooth["t"][-1])).parts[0]
    assert np.abs(smooth["u"].values - same["u"].values).max() < 1e-12


def test_a_shock_runs_with_the_mean_of_its_sides_and_swallows_both() -> None:
    """Rankine and Hugoniot: the place of the greatest drop moves with (u_left + u_right) / 2; the rest still
    carries its values, so that no jump rises and the area is kept."""
    part = inviscid_burgers.simulate_shock(points=2048, frames=41).parts[0]
    x, t, u = part["x"].values, part["t"].values, part["u"].values
    late = t > 0.6 * t[-1]
    drops = np.argmin(np.diff(u, axis=1), axis=1)[late]
    sides = [u[late, np.mod(drops + step, x.size)] for step in (0, 1)]
    place = np.unwrap(x[drops], period=10.0)
    speed = (sides[0] + sides[1]) / 2
    expected = place[0] + np.concatenate([[0], np.cumsum(np.diff(t[late]) * (speed[1:] + speed[:-1]) / 2)])
    assert (sides[0] - sides[1]).min() > 1
    assert np.abs(place - expected).max() < 3 * (x[1] - x[0])
    assert np.diff(u, axis=1).max() < 0.05
    assert np.abs(u.mean(axis=1)).max() < 3 / x.size


def test_the_published_ramp_is_carried_and_then_jumps() -> None:
    x = np.linspace(-4000, 4000, 256)
    start = inviscid_burgers.ramp(0, x)
    for t in np.linspace(0, 1.9, 20):  # until it breaks, at 2
        assert np.allclose(inviscid_burgers.ramp(t, x + t * start), start)
    assert np.allclose([inviscid_burgers.ramp(4, np.array([999.0, 1001.0]))], [1000, 0])


def test_the_gradient_of_the_divergence_acts_along_the_wave_vector_alone() -> None:
    box = Torus(lengths=(2 * np.pi, 3.0, 5.0), points=(8, 6, 10))
    field = np.random.default_rng(0).standard_normal((3, *box.points))
    waves = Polarised(box)
    along = [box.derivative(*row) for row in np.eye(3, dtype=int)]
    divergence = sum(d * part for d, part in zip(along, box.forward(field), strict=True))
    expected = box.backward(np.stack([d * divergence for d in along]))
    square = sum((d**2).real for d in along)
    parts = waves.forward(field)
    parts[0] *= square
    parts[1:] = 0
    assert np.allclose(waves.backward(parts), expected)


@pytest.mark.parametrize(
    ("simulate", "options", "step", "bound"),
    [
        (lambda_omega.simulate, {"frames": 11, "duration": 0.5}, lambda_omega.STEP, 1e-5),
        (lambda_omega.simulate_spiral, {"frames": 3, "duration": 0.5}, lambda_omega.STEP, 1e-6),
        (burgers.simulate, {"frames": 11, "duration": 5.0}, 0.01, 1e-7),
        (kdv.simulate, {"frames": 11, "duration": 2.0}, 0.0025, 1e-4),
        (kuramoto_sivashinsky.simulate, {"frames": 11, "duration": 5.0}, 0.01, 1e-7),
        (boussinesq.simulate, {"frames": 11, "duration": 2.0}, 0.005, 1e-8),
        (sine_gordon.simulate, {"frames": 11, "duration": 5.0}, 0.01, 1e-7),
        (exponential_wave.simulate, {"frames": 11, "duration": 5.0}, 0.01, 1e-7),
        (nonlinear_schroedinger.simulate, {"frames": 11, "duration": 2.0}, 0.002, 1e-6),
        (saturable_laser.simulate, {"frames": 3, "duration": 0.5, "points": 64}, 0.01, 1e-6),
        (vector_wave.simulate, {"frames": 3, "duration": 0.4, "points": 16}, 0.02, 1e-6),
        (vector_burgers.simulate, {"frames": 3, "duration": 0.5, "points": 64}, 0.01, 1e-6),
    ],
    ids=[
        "lambda_omega",
        "lambda_omega_spiral",
        "burgers",
        "kdv",
        "kuramoto_sivashinsky",
        "boussinesq",
        "sine_gordon",
        "exponential_wave",
        "nonlinear_schroedinger",
        "saturable_laser",
        "vector_wave",
        "vector_burgers",
    ],
)
def test_half_the_default_step_changes_nothing(
    simulate: Callable[..., Record], options: dict[str, float], step: float, bound: float
) -> None:
    whole, half = (values(simulate(step=h, **options)) for h in (step, step / 2))
    assert np.abs(whole - half).max() < bound


@pytest.mark.parametrize(
    ("simulate", "points", "duration", "bound"),
    [
        (lambda_omega.simulate, 128, 0.5, 1e-5),
        (burgers.simulate, 256, 10.0, 1e-6),
        (kdv.simulate, 256, 2.0, 1e-8),
        (kuramoto_sivashinsky.simulate, 256, 10.0, 1e-9),
        (boussinesq.simulate, 256, 2.0, 1e-9),
        (sine_gordon.simulate, 256, 5.0, 1e-9),
        (exponential_wave.simulate, 256, 5.0, 1e-6),
        (nonlinear_schroedinger.simulate, 256, 2.0, 1e-8),
        (vector_burgers.simulate, 128, 0.5, 1e-6),
    ],
    ids=[
        "lambda_omega",
        "burgers",
        "kdv",
        "kuramoto_sivashinsky",
        "boussinesq",
        "sine_gordon",
        "exponential_wave",
        "nonlinear_schroedinger",
        "vector_burgers",
    ],
)
def test_twice_the_default_points_change_nothing(
    simulate: Callable[..., Record], points: int, duration: float, bound: float
) -> None:
    options = {"frames": 3, "duration": duration}
    default, fine = (simulate(points=n, **options).parts[0]["u"] for n in (points, 2 * points))
    shared = fine.isel({axis: slice(None, None, 2) for axis in fine.dims if axis != "t"})
    assert np.abs(shared.values - default.values).max() < bound


def test_runge_kutta_is_of_fourth_order() -> None:
    errors = []
    for steps in (20, 40):
        states = runge_kutta(lambda x, y: [-y, x], np.array([[1.0], [0.0]]), step=2 / steps, steps=steps)
        errors.append(np.abs(states[-1, :, 0] - [np.cos(2), np.sin(2)]).max())
    assert 14 < errors[0] / errors[1] < 18


def test_exponential_runge_kutta_is_of_fourth_order() -> None:
    def end(step: float) -> np.ndarray:
        record = burgers.simulate(points=64, length=8, frames=3, duration=2, step=step, seed=1)
        return values(record)[0, -1]

    ends = [end(step) for step in (0.05, 0.025, 0.0125)]
    ratio = np.abs(ends[0] - ends[1]).max() / np.abs(ends[1] - ends[2]).max()
    assert 12 < ratio < 22


def test_a_random_field_does_not_depend_on_the_grid() -> None:
    coarse, fine = (
        Torus((3.0, 5.0), points).smooth_field(np.random.default_rng(7), waves=3)
        for points in ((16, 20), (32, 60))
    )
    assert np.allclose(fine[::2, ::3], coarse)
    assert abs(fine.mean()) < 1e-12
    assert np.isclose(np.mean(fine**2), 1)


@pytest.mark.parametrize("points", [(12, 9), (9, 12), (12, 12)])
def test_derivatives_of_a_wave_are_exact(points: tuple[int, int]) -> None:
    torus = Torus(lengths=(2 * np.pi, 4 * np.pi), points=points, origin=(1.0, -2.0))
    x, y = np.meshgrid(*torus.axes, indexing="ij")
    wave = torus.backward(torus.derivative(1, 2) * torus.forward(np.sin(2 * x + 1.5 * y)))
    assert np.allclose(wave, -4.5 * np.cos(2 * x + 1.5 * y))


def test_the_published_protocols_are_kept() -> None:
    spiral = lambda_omega.simulate_spiral(points=16).parts[0]
    assert np.allclose(spiral["t"], 0.05 * np.arange(201))
    oscillator, growing = damped_oscillator.simulate(), growth.simulate()
    assert len(oscillator.parts) == 50
    assert np.allclose(oscillator.parts[0]["t"], 0.2 * np.arange(101))
    radii = [float(np.hypot(part["x"][0], part["y"][0])) for part in oscillator.parts]
    assert 0.5 <= min(radii) < 0.7
    assert 1.8 < max(radii) <= 2
    assert len(growing.parts) == 100
    assert np.allclose(growing.parts[0]["t"], 0.02 * np.arange(101))
    starts = np.array([[part[name][0] for name in "xy"] for part in growing.parts])
    assert 0.2 <= starts.min() < 0.25
    assert 0.95 < starts.max() <= 1
    sugar = selkov.simulate()
    assert len(sugar.parts) == 10
    assert np.allclose(sugar.parts[0]["t"], 0.002 * np.arange(10001))
    starts = np.array([[part[name][0] for name in "xy"] for part in sugar.parts])
    assert 0.5 <= starts.min() < starts.max() <= 1


def test_the_spiral_turns_once_around_its_centre() -> None:
    angle = np.linspace(-np.pi, np.pi, 65)
    u, v = lambda_omega.spiral(2 * np.cos(angle), 2 * np.sin(angle))
    assert np.allclose(np.hypot(u, v), np.tanh(2))
    assert np.isclose(np.unwrap(np.arctan2(v, u))[-1] - np.unwrap(np.arctan2(v, u))[0], 2 * np.pi)
