"""From samples to arrays: what is searched together, which rows count, and which invariants vary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.errors import InvalidInput
from symeq.search.genetic.measured import Measured, groups, measure
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.seen import search_rung
from systems import SYSTEMS, add_noise

T = np.linspace(0, 4, 201)
PLANE = sq.Jet("t", "x y")
ROTATION = sq.functional_ansatz(PLANE, sq.rotation("x", "y") + sq.translation("t"))
FREE = sq.functional_ansatz(PLANE, sq.trivial)


def spirals(*radii: float, turning: float = 1.0, growth: float = 0.1) -> sq.Record:
    z = [r * np.exp((growth + 1j * turning) * T) for r in radii]
    return sq.trajectories(T, [np.stack([w.real, w.imag], axis=1) for w in z], names="x y")


def searches(
    form: sq.FunctionalAnsatz, record: sq.Record, rows: int = 100, seed: int = 0
) -> tuple[Measured, ...]:
    return measure(form, sq.sample(record, form.jet), OPERATORS, rows=rows, seed=seed)


def test_sides_that_share_a_vector_are_searched_together_the_others_apart() -> None:
    """Rotations tie x_t to y_t; without a symmetry each is a search of its own; phases tie u_t to v_t."""
    assert groups(ROTATION) == [(0, 1)]
    assert groups(FREE) == [(0,), (1,)]
    two = sq.functional_ansatz(sq.Jet("t", "x y z w"), sq.rotation("x", "z") + sq.rotation("y", "w"))
    assert groups(two) == [(0, 2), (1, 3)]
    [joint] = searches(ROTATION, spirals(1.0, 2.0))
    assert joint.leads == (0, 1) and joint.vectors == (0, 1) and joint.problem.target.shape == (2, 100)
    apart = searches(FREE, spirals(1.0, 2.0))
    assert [one.leads for one in apart] == [(0,), (1,)] and [one.vectors for one in apart] == [(0,), (1,)]
    assert all(one.problem.frame.shape == (1, 1, 100) for one in apart)


def test_arrays_are_those_of_the_form() -> None:
    """r^2, (x, y), (-y, x) and (x_t, y_t) of two spirals, whose derivatives are known; times the scale."""
    [one] = searches(ROTATION, spirals(1.0, 2.0))
    problem, scale = one.problem, one.scales[0]
    x, y = problem.frame[0] * scale
    assert problem.frame[1] * scale == pytest.approx(np.stack([-y, x]))
    assert problem.leaves == pytest.approx(np.stack([np.ones(100), x**2 + y**2]))
    assert problem.target * scale == pytest.approx(np.stack([0.1 * x - y, x + 0.1 * y]), abs=1e-9)
    assert np.mean(problem.target**2) == pytest.approx(1)
    assert problem.names == ("1", "I_1") and one.left_out == 0 and problem.grading is None


def test_rows_are_drawn_from_the_seed() -> None:
    record = spirals(1.0, 2.0)
    one, same, other = (searches(ROTATION, record, seed=seed)[0].problem for seed in (0, 0, 1))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()
    everything = searches(ROTATION, record, rows=10**6)[0].problem
    assert everything.leaves.shape[1] == 2 * (201 - 8)
    assert set(np.round(one.leaves[1], 9)) <= set(np.round(everything.leaves[1], 9))


def test_invariants_that_do_not_vary_are_left_out() -> None:
    """On one circle r^2 is a number: nothing is left but constants."""
    circle = spirals(2.0, growth=0.0)
    [one] = searches(ROTATION, circle)
    assert one.problem.names == ("1",) and one.leaves == (1,)
    form = sq.functional_ansatz(sq.Jet("t", "x y z"), sq.rotation("x", "y") + sq.translation("t"))
    z = np.exp(1j * T)
    record = sq.trajectories(T, np.stack([z.real, z.imag, np.sin(T) + 2], axis=1), names="x y z")
    names = {form.symbols[k].name for k, e in enumerate(form.arguments) if e == form.jet["z"]}
    assert all(set(each.problem.names) == {"1", *names} for each in searches(form, record))


def lines(count: int) -> sq.Record:
    """Straight lines in the plane, which come close to x = 0 or meet it."""
    paths = [np.stack([0.2 * k + T - 2, 1 + 0.01 * k * T**2], axis=1) for k in range(count)]
    return sq.trajectories(T, paths, names="x y")


def test_rows_where_an_invariant_degenerates_are_left_out_and_counted() -> None:
    """y / x on lines through x = 0: where |x| is below 1e-4 of the usual there is no y / x worth a row."""
    form = sq.functional_ansatz(PLANE, sq.scaling(x=1, y=1) + sq.translation("t"))
    [argument] = form.arguments
    assert not argument.is_polynomial()
    record = lines(3)
    measured = searches(form, record, rows=10**6)
    x, y = (np.concatenate([p[n].values[4:-4] for p in record.parts]) for n in ("x", "y"))
    with np.errstate(all="ignore"):
        values = np.abs(sp.lambdify(PLANE.dependent, argument, "numpy")(x, y))
    bad = int(np.sum(~np.isfinite(values) | (values > 1e4 * np.median(values))))
    assert bad > 0
    for one in measured:
        assert one.left_out == bad
        assert one.problem.leaves.shape[1] == len(x) - bad
        assert np.isfinite(one.problem.leaves).all() and np.isfinite(one.problem.frame).all()


def test_too_few_rows_are_refused() -> None:
    """sqrt of what is negative nearly everywhere: nothing is left to search on."""
    form = sq.functional_ansatz(sq.Jet("t", "x"), sq.trivial, prefer=["sqrt(x)"])
    assert any(e.has(sp.sqrt(form.jet["x"])) for e in form.arguments)
    record = sq.trajectories(T, [np.where(T < 0.1, 1.0, -1.0)[:, None] * (1 + T[:, None])], names="x")
    with pytest.raises(InvalidInput, match="no finite value; at least 12 are needed. Give more data"):
        searches(form, record)


def test_constants_without_values_are_refused() -> None:
    jet = sq.Jet("t x", "u", order=1)
    form = sq.functional_ansatz(jet, sq.translation("t", "x") + sq.scaling(x=sp.Symbol("a"), t=1))
    x = np.linspace(0, 1, 30)
    record = sq.field({"t": T, "x": x}, {"u": np.sin(x + T[:, None])})
    with pytest.raises(InvalidInput, match="contains the constants a, whose values no data tell"):
        searches(form, record)


def test_scalings_that_were_not_divided_out_become_weights() -> None:
    system = SYSTEMS["kepler"]
    form = sq.functional_ansatz(system.jet, system.symmetry, lead=list(system.law), graded=True)
    [one] = measure(form, sq.sample(system.simulate(trajectories=2), system.jet), OPERATORS, rows=100, seed=0)
    grading, weights = one.problem.grading, form.weights
    assert grading is not None and weights is not None and grading.strict
    assert grading.leaves == ((0,), *weights.arguments) and grading.frame == weights.frame
    assert grading.target == (0,)


@pytest.mark.parametrize("level", [0.0, 0.02])
def test_noise_says_how_much_and_on_which_rung(level: float) -> None:
    """Damped oscillators, 4 trajectories: clean data are differentiated on the finest rung; of noisy data the
    share of noise in the target is the mean square of what is added to it, to a factor of 2."""
    system = SYSTEMS["damped_oscillator"]
    clean = system.simulate(trajectories=4)
    noisy = add_noise(clean, level, 0) if level else clean
    samples = sq.sample(noisy, PLANE)
    rung = search_rung(samples)
    [one] = measure(ROTATION, samples, OPERATORS, rows=400, seed=0)
    if not level:
        assert rung == 0 and one.problem.noise < 1e-12
        return
    assert rung == max(0, samples.usable - 1) > 0 and one.rung == rung
    wanted = [*PLANE.independent, *PLANE.dependent, PLANE["x_t"], PLANE["y_t"]]
    there = samples.grid(wanted).scattered(rung, 400, 0)
    exact = replace(samples, record=clean.on(PLANE)).grid(wanted).scattered(rung, 400, 0)
    added = np.stack([there[z] - exact[z] for z in (PLANE["x_t"], PLANE["y_t"])]) / one.scales[0]
    assert 0.5 < np.mean(added**2) / one.problem.noise < 2
