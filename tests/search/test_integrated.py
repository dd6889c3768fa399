"""The weak form as factors: the same for any slab, unbiased under noise, blind to holes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import symeq as sq
from symeq.data import stretch
from symeq.data.lattice import Integral, Lattice
from symeq.data.testfunctions import Bump
from symeq.data.weak import weak
from symeq.errors import InvalidInput
from symeq.search import integrated, merging
from symeq.search.fitting import Evidence
from symeq.search.integrated import assemble_weak
from systems import SYSTEMS, add_noise

BURGERS = SYSTEMS["burgers"]
U, U_X, U_XX = (BURGERS.jet[name] for name in ("u", "u_x", "u_xx"))


def burgers(points: int = 64, frames: int = 61) -> sq.Record:
    return BURGERS.simulate(points=points, frames=frames)


def test_a_clean_law_is_found() -> None:
    ansatz = sq.linear_ansatz(BURGERS.jet, BURGERS.candidates, sq.trivial)
    law = sq.discover(ansatz, weak(BURGERS.simulate(), BURGERS.jet))
    found = {term.expression: term.value for term in law.terms if term.value}
    assert found == {U * U_X: pytest.approx(-1, rel=2e-3), U_XX: pytest.approx(0.1, rel=2e-3)}


@pytest.mark.parametrize("periodic", [(), ("t",), ("x",), ("t", "x")], ids=str)
@pytest.mark.parametrize("terms", ["u, u*u_x, u_xx", "u_x^2, sin(u), x*u_x"])
def test_chunks_and_tiles_of_any_size_give_the_same(
    terms: str, periodic: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Triangles, noise and standard errors, to 1e-10, on an axis that is periodic or not."""
    ansatz = sq.linear_ansatz(BURGERS.jet, [BURGERS.jet.parse(term) for term in terms.split(",")], sq.trivial)
    [part] = add_noise(burgers(), 0.1, 0).parts
    samples = weak(sq.record(part, periodic=periodic), BURGERS.jet)
    samples = replace(samples, rungs=samples.rungs[::5])
    whole = assemble_weak(ansatz, samples)
    support, residual = list(range(whole[0].unknowns)), np.ones(whole[0].unknowns + 1)
    for chunk, tile, frames in ((320, 64, 3), (640, 2000, 128), (2000, 100, 7)):
        monkeypatch.setattr(stretch, "TILE", tile)
        monkeypatch.setattr(stretch, "FRAMES", (frames,))
        for one, other in zip(assemble_weak(ansatz, samples, chunk=chunk), whole, strict=True):
            assert (one.rows, one.undefined) == (other.rows, other.undefined)
            grams = [np.einsum("bij,bik->bjk", f.triangles, f.triangles) for f in (one, other)]
            assert np.allclose(*grams, rtol=1e-10, atol=1e-10 * np.abs(grams[1]).max())
            assert np.allclose(one.noise, other.noise, rtol=1e-10, atol=1e-10 * np.abs(other.noise).max())
            assert one.scores is not None and other.scores is not None
            errors = [f.scores.covariance(support, residual) for f in (one, other)]
            assert np.allclose(*errors, rtol=1e-10, atol=1e-10 * np.abs(errors[1]).max())


def test_a_contraction_is_the_sum_over_all_points() -> None:
    """Against one sum over all axes, for functions of three axes, periodic and not, with holes."""
    rng, shape = np.random.default_rng(2), (23, 31, 26)
    axes = tuple(np.linspace(0, 1, size) for size in shape)
    rungs = tuple((Bump(a, stride=2), Bump(b, stride=3), Bump(b, stride=2)) for a in (4, 7) for b in (4, 9))
    columns = [Integral(f, i) for f, i in ((0, (0, 0, 0)), (0, (1, 2, 0)), (1, (0, 0, 2)), (1, (1, 1, 1)))]
    functions = rng.standard_normal((2, *shape))
    functions[1, 11, 5, 6] = np.nan
    for periodic in ((False, False, False), (True, True, False), (False, True, True)):
        lattice = Lattice(axes, periodic, rungs, (1, 2, 2))

        def values(box: tuple[range, ...]) -> list[np.ndarray]:
            cut = tuple(slice(one.start, one.stop) for one in box)
            return [function[cut].ravel() for function in functions]

        for found in stretch.integrate(lattice, columns, range(4, 21), values):
            tests = [lattice.tests(found.rung, axis) for axis in range(3)]
            clean = np.nan_to_num(functions)[:, 4:21]
            for column, sums in zip(columns, found.sums, strict=True):
                t, x, y = (
                    one.matrix(order, span, some)
                    for one, order, span, some in zip(
                        tests,
                        column.index,
                        (range(4, 21), range(31), range(26)),
                        (found.tests, slice(None), slice(None)),
                        strict=True,
                    )
                )
                direct = np.einsum("at,bx,cy,txy->abc", t, x, y, clean[column.function], optimize=True)
                assert np.allclose(sums, direct.reshape(sums.shape), atol=1e-12 * np.abs(direct).max())
            under = [one.matrix(0, span, some) != 0 for one, span, some in zip(
                tests, (range(11, 12), range(5, 6), range(6, 7)), (found.tests, slice(None), slice(None)),
                strict=True,
            )]  # fmt: skip
            touched = np.einsum("at,bx,cy->abc", *(one.astype(float) for one in under))
            assert np.array_equal(found.holes, touched.reshape(found.holes.shape))


@pytest.mark.parametrize("name", ["hopf", "burgers"])
def test_the_noise_matrix_is_what_noise_adds(name: str) -> None:
    """The Gram matrix of noisy data less the noise matrix is that of clean data, within the spread of 16
    draws."""
    system = SYSTEMS[name]
    clean = burgers() if name == "burgers" else system.simulate(trajectories=4)
    terms = [U, U * U_X, U**3, U_XX] if name == "burgers" else sq.monomials(*system.jet.dependent, degree=3)
    symmetry = sq.trivial if name == "burgers" else sq.rotation("x", "y")
    ansatz = sq.linear_ansatz(system.jet, terms, symmetry)
    bumps = [Bump(10, stride=5)] * len(system.jet.independent)
    level = 0.2
    deviations = tuple(
        level * float(np.std(np.concatenate([part[str(u)].values.ravel() for part in clean.parts])))
        for u in system.jet.dependent
    )

    def gram(record: sq.Record, noise: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
        samples = replace(weak(record, system.jet, bumps), noise=noise)
        [factors] = assemble_weak(ansatz, samples)
        square = np.einsum("bij,bik->jk", factors.triangles, factors.triangles)
        return square * factors.scales[0] ** 2, factors.noise.sum(axis=0) * factors.scales[0] ** 2

    exact, _ = gram(clean, (0.0,) * len(deviations))
    draws = [gram(add_noise(clean, level, seed), deviations) for seed in range(16)]
    corrected = np.array([square - noise for square, noise in draws])
    spread = corrected.std(axis=0) / np.sqrt(len(draws) - 1)
    assert np.mean(np.abs(corrected.mean(axis=0) - exact) <= 3.5 * spread + 1e-12) > 0.9
    raw = np.mean([square for square, _ in draws], axis=0)
    left = [abs(gram[-1, -1] - exact[-1, -1]) for gram in (corrected.mean(axis=0), raw)]
    assert left[0] < 0.2 * left[1]


def test_tests_over_a_hole_are_left_out() -> None:
    """A logarithm that is not defined at one point costs the tests around it, and they are counted."""
    jet = sq.Jet("t x", "u", order=2)
    t, x = np.linspace(0, 1, 41), np.linspace(0, 1, 41)
    values = 2 + np.sin(3 * t)[:, None] * np.cos(2 * x)
    values[20, 20] = -1.0
    record = sq.field({"t": t, "x": x}, {"u": values})
    ansatz = sq.linear_ansatz(jet, [jet["u"], jet.parse("log(u)")], sq.trivial)
    samples = weak(record, jet, [Bump(8, stride=4)] * 2)
    [factors] = assemble_weak(ansatz, samples)
    assert factors.rows + factors.undefined == 49
    assert factors.undefined == 9
    assert np.isfinite(factors.triangles).all()


def test_a_term_that_is_nowhere_defined_is_refused() -> None:
    jet = sq.Jet("t", "x")
    record = sq.trajectories(np.linspace(0, 1, 60), -2 - np.sin(np.linspace(0, 3, 60))[:, None], "x")
    ansatz = sq.linear_ansatz(jet, [jet["x"], jet.parse("log(x)")], sq.trivial)
    with pytest.raises(InvalidInput, match="No test function lies on values that are all defined"):
        assemble_weak(ansatz, weak(record, jet))


def test_parts_of_unequal_length_and_uneven_times() -> None:
    """Damped rotation from three runs of different times."""
    jet, rng = sq.Jet("t", "x y"), np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, 6, size)) for size in (150, 200, 251)]
    runs = [
        np.exp(-0.1 * t)[:, None] * np.stack([np.cos(t + k), -np.sin(t + k)], 1) for k, t in enumerate(times)
    ]
    ansatz = sq.linear_ansatz(jet, sq.monomials(*jet.dependent, degree=2), sq.trivial)
    law = sq.discover(ansatz, weak(sq.trajectories(times, runs), jet))
    found = {(str(t.lead), str(t.expression)): t.value for t in law.terms if t.value}
    assert set(found) == {("x_t", "x"), ("x_t", "y"), ("y_t", "x"), ("y_t", "y")}
    assert found["x_t", "y"] == pytest.approx(1, rel=5e-3)


def test_standard_errors_are_those_that_noise_gives() -> None:
    """Over 30 draws the spread of a coefficient is the standard error that each draw tells, within a third;
    that of blocks of overlapping tests is off by more."""
    system = SYSTEMS["hopf"]
    clean = system.simulate(trajectories=3)
    x, y = system.jet.dependent
    ansatz = sq.linear_ansatz(system.jet, sq.monomials(x, y, degree=3), sq.rotation(x, y))
    support = (0, 1, 2)
    found, told = [], []
    for seed in range(30):
        samples = weak(add_noise(clean, 0.1, seed), system.jet, [Bump(20, stride=5)])
        evidence = Evidence(assemble_weak(ansatz, samples), samples.coarser)
        fit = evidence.fit(support, 0)
        assert fit is not None
        known = evidence.known(fit, 0)
        assert known is not None
        found.append(fit.beta)
        told.append(np.sqrt(known))
    ratio = np.std(found, axis=0) / np.median(told, axis=0)
    assert np.all((ratio > 0.65) & (ratio < 1.5))


def test_many_short_parts_tell_the_noise_of_all_their_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a tenth of the points as samples the noise and the standard errors are those of all points, within
    a fifth: two hundred runs of thirty points, where each gives a sample or two."""
    jet, rng = sq.Jet("t", "x y"), np.random.default_rng(1)
    t, x, y = np.linspace(0, 3, 30), jet.dependent[0], jet.dependent[1]
    phases = rng.uniform(0, 2 * np.pi, 200)
    runs = [np.stack([np.cos(t + p), -np.sin(t + p)], 1) + 0.1 * rng.standard_normal((30, 2)) for p in phases]
    samples = weak(sq.trajectories(t, runs), jet, [Bump(10, stride=5)])
    ansatz = sq.linear_ansatz(jet, sq.monomials(x, y, degree=2), sq.rotation(x, y))

    def told() -> tuple[np.ndarray, np.ndarray]:
        [factors] = assemble_weak(ansatz, samples)
        evidence = Evidence([factors], samples.coarser)
        fit = evidence.fit((0, 1), 0)
        assert fit is not None
        known = evidence.known(fit, 0)
        assert known is not None
        return np.diag(factors.noise.sum(axis=0)) * factors.scales[0] ** 2, np.sqrt(known)

    everywhere = told()
    monkeypatch.setattr(integrated, "NOISE_ROWS", 600)
    monkeypatch.setattr(merging, "POINTS", 300)
    for few, all_of_them in zip(told(), everywhere, strict=True):
        assert np.allclose(few, all_of_them, rtol=0.2)


@pytest.mark.parametrize("every", [13, 30, 60])
def test_scattered_gaps_leave_out_the_supports_that_they_leave_no_room_for(every: int) -> None:
    """Every 30th or 60th value is missing: the short supports fit between, the long ones nowhere. Where none
    fits, that is said; the samples of both kinds then go by points, if these have rows enough."""
    jet, rng, t = sq.Jet("t", "x y"), np.random.default_rng(0), np.linspace(0, 12, 601)
    states = np.exp(-0.1 * t)[:, None] * np.stack([np.cos(t), -np.sin(t)], 1)
    states += 0.005 * rng.standard_normal(states.shape)
    states[::every] = np.nan
    record = sq.trajectories(t, states, names="x y", missing="leave out")
    x, y = jet.dependent
    ansatz = sq.linear_ansatz(jet, sq.monomials(x, y, degree=1), sq.rotation(x, y))
    if every == 13:
        with pytest.raises(InvalidInput, match="No test function lies on values"):
            sq.discover(ansatz, weak(record, jet))
        with pytest.raises(InvalidInput, match="some term has no finite value"):
            sq.discover(ansatz, sq.sample(record, jet))
        return
    law = sq.discover(ansatz, sq.sample(record, jet))
    assert len(law.support) == 2 and any("test functions" in note for note in law.provenance.notes)
    error = np.sort(law.beta[list(law.support)]) - np.sort([-0.1, -1.0 if law.beta.min() < -0.5 else 1.0])
    assert np.all(np.abs(error) < 4 * np.max(law.standard_errors[list(law.support)]))
