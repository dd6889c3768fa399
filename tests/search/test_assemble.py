"""Factors: all that the rows say, in any order of blocks and any size of chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.data import jetgrid as jetgrid_module
from symeq.search.assemble import Factors, assemble
from symeq.search.triangle import triangle_of

T = np.linspace(0, 6, 301)
JET = sq.Jet("t", "x y")
x, y = JET.dependent


def spiral(noise: float, seed: int = 0) -> sq.Record:
    """Three trajectories of z_t = (i - 0.2) z."""
    rng = np.random.default_rng(seed)
    states = []
    for start in (1.0, 1.5, 2.0):
        z = start * np.exp((1j - 0.2) * T + 1j * start)
        states.append(np.stack([z.real, z.imag], axis=1) + noise * rng.standard_normal((T.size, 2)))
    return sq.trajectories(T, states, names="x y")


FREE = sq.linear_ansatz(JET, sq.monomials(x, y, degree=3), sq.trivial)
TURNING = sq.linear_ansatz(JET, sq.monomials(x, y, degree=3), sq.rotation(x, y))


def gram(factors: Factors, order: Sequence[int] | None = None) -> np.ndarray:
    """The Gram matrix from the blocks, folded one after another in some order."""
    size = factors.unknowns + 1
    triangle = np.zeros((0, size))
    for block in range(factors.blocks) if order is None else order:
        triangle = triangle_of(np.vstack([triangle, factors.triangles[block]]))
    return triangle.T @ triangle


def relative(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of two Gram matrices, relative to the norms of their columns."""
    norms = np.sqrt(np.diag(one))
    return float(np.abs((one - other) / np.outer(norms, norms)).max())


@pytest.mark.parametrize("allowed", [FREE, TURNING], ids=["none", "rotation"])
def test_factors_hold_the_gram_matrix_of_the_rows(allowed: sq.LinearAnsatz) -> None:
    """Against every row written out: [B_1 ... B_K | L - B_0], components stacked, clean data."""
    samples = replace(sq.sample(spiral(0), JET, sq.FiniteDifferences(6)), noise=(0.0, 0.0))
    factors = assemble(allowed, samples)[0]
    wanted = [x, y, JET["x_t"], JET["y_t"]]
    rows = []
    for chunk in samples.grid(wanted).chunks():
        jets = [chunk.jets[0][z] for z in wanted]
        for lead in range(2):
            sides = [vector[lead] for vector in allowed.basis] + [allowed.leads[lead] - allowed.fixed[lead]]
            values = sp.lambdify(wanted, sides, "numpy")(*jets)
            rows.append(np.stack([value * np.ones(chunk.rows[0]) for value in values], axis=1))
            rows[-1] /= factors.scales[lead]
    table = np.vstack(rows)
    assert factors.rows == len(table) == 2 * 3 * (T.size - 6)
    assert relative(table.T @ table, gram(factors)) < 1e-12
    assert factors.total().T @ factors.total() == pytest.approx(gram(factors), rel=1e-9, abs=1e-9)


def test_blocks_may_come_in_any_order() -> None:
    for factors in assemble(FREE, sq.sample(spiral(0.02), JET)):
        order = np.random.default_rng(0).permutation(factors.blocks)
        assert relative(gram(factors), gram(factors, order)) < 1e-10
        assert relative(gram(factors), gram(factors, range(factors.blocks)[::-1])) < 1e-10


@pytest.mark.parametrize("rows", [5, 100])
def test_chunks_do_not_change_the_factors(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = sq.sample(spiral(0.02), JET)
    before = assemble(FREE, samples)
    monkeypatch.setattr(jetgrid_module, "CHUNK_ROWS", rows)
    for one, other in zip(before, assemble(FREE, samples), strict=True):
        assert one.rows == other.rows
        assert relative(gram(one), gram(other)) < 1e-10
        assert one.noise == pytest.approx(other.noise, rel=1e-9, abs=1e-10 * np.abs(one.noise).max())


def test_the_same_call_gives_the_same_bits() -> None:
    samples = sq.sample(spiral(0.02), JET)
    for one, other in zip(assemble(FREE, samples), assemble(FREE, samples), strict=True):
        assert np.array_equal(one.triangles, other.triangles)
        assert np.array_equal(one.noise, other.noise)


def test_the_gram_matrix_without_its_noise_is_that_of_the_clean_data() -> None:
    """The same 3 x 301 points with 60 draws of 10 % noise: the mean of M - N is the clean M within 5 of its
    own standard errors, where M alone is more than 30 of them away."""
    rule = sq.SmoothedDifferences(9)

    def at_unit_scale(record: sq.Record, deviation: float) -> tuple[np.ndarray, np.ndarray]:
        samples = replace(sq.sample(record, JET, rule), noise=(deviation, deviation))
        factors = assemble(TURNING, samples)[0]
        unit = factors.scales[0] ** 2
        return gram(factors) * unit, factors.noise.sum(axis=0) * unit

    clean, _ = at_unit_scale(spiral(0), 0.0)
    draws = [at_unit_scale(spiral(0.1, seed), 0.1) for seed in range(60)]
    corrected = np.stack([m - n for m, n in draws])
    error = corrected.std(axis=0, ddof=1) / 60**0.5 + 1e-12 * np.abs(clean).max()
    assert (np.abs(corrected.mean(axis=0) - clean) / error).max() < 5
    raw = np.stack([m for m, _ in draws]).mean(axis=0)
    assert (np.abs(raw - clean) / error).max() > 30


def test_progress_counts_every_grid_point_once() -> None:
    counted: list[int] = []
    assemble(FREE, sq.sample(spiral(0.02), JET), counted.append)
    assert sum(counted) == 3 * T.size


def test_components_that_share_an_unknown_share_their_scale() -> None:
    samples = sq.sample(spiral(0.02), JET)
    shared, apart = assemble(TURNING, samples)[0].scales, assemble(FREE, samples)[0].scales
    assert shared[0] == shared[1]
    assert apart[0] != apart[1]


def test_samples_on_which_a_term_is_undefined_are_left_out_and_counted() -> None:
    """log(x + 1) fails where x < -1, on a few of the points; log(x - 1) on most."""
    record = spiral(0)
    samples = replace(sq.sample(record, JET, sq.FiniteDifferences(6)), noise=(0.0, 0.0))
    library = sq.Library([x, y, sp.log(x + 1)])
    factors = assemble(sq.linear_ansatz(JET, library, sq.trivial), samples)[0]
    inside = np.concatenate([part["x"].values[3:-3] for part in record.parts])
    assert factors.undefined == np.sum(inside <= -1) > 0
    assert factors.rows == 2 * np.sum(inside > -1)
    with pytest.raises(sq.InvalidInput, match=r"log\(x - 1\).*Leave out"):
        assemble(sq.linear_ansatz(JET, sq.Library([x, y, sp.log(x - 1)]), sq.trivial), samples)
