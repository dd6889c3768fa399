"""What laws leave of held-out data: shares with known values, and errors that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.report.heldout import HeldOut, hold_out
from symeq.report.metrics import coefficients
from systems import SYSTEMS, add_noise

HEAT = SYSTEMS["anisotropic_heat"]


def heat(scale_x: float, scale_y: float) -> dict[sp.Symbol, sp.Expr]:
    """The law u_t = a u_xx + b u_yy with the true a and b times some numbers."""
    jet = HEAT.jet
    return {jet["u_t"]: 0.2 * scale_x * jet["u_xx"] + 0.05 * scale_y * jet["u_yy"]}


def reduced(noise: float, seed: int, *laws: dict[sp.Symbol, sp.Expr]) -> HeldOut:
    record = HEAT.simulate(points=32, frames=41, seed=seed)
    if noise:
        record = add_noise(record, noise, seed)
    return hold_out(sq.sample(record, HEAT.jet), list(laws[0]), laws)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.3])
def test_a_multiple_of_the_law_leaves_the_square_of_what_is_missing(share: float) -> None:
    held = reduced(0.0, 0, heat(share, share))
    assert held.residual(heat(share, share)).value == pytest.approx((1 - share) ** 2, abs=1e-4)


def test_the_true_law_leaves_what_the_noise_explains() -> None:
    held = reduced(0.05, 3, heat(1, 1))
    left, noise = held.residual(heat(1, 1)), held.noise(heat(1, 1))
    assert left.value == pytest.approx(noise.value, abs=4 * left.error)
    assert left.value > 3 * left.error > 0


def test_the_excess_is_free_of_noise_and_of_the_law_it_refers_to() -> None:
    wrong, right = heat(0.8, 0.8), heat(1, 1)
    excess = reduced(0.05, 4, wrong, right).excess(wrong, right)
    assert excess.value == pytest.approx(0.04, rel=0.1)
    assert excess.value > 5 * excess.error


def test_a_law_leaves_no_more_than_itself() -> None:
    law, again = heat(1, 1), heat(1 + 1e-15, 1)
    held = reduced(0.05, 5, law, again)
    assert held.excess(law, law).value == 0
    assert abs(held.excess(law, again).value) < 3 * held.excess(law, again).error


def test_errors_of_the_excess_are_calibrated() -> None:
    """30 draws of 2 % noise: the mean of z^2 would be 1, and lies below 1.9 with a probability of 99.8 %.

    The errors hold a systematic part and may be larger than the scatter, so the lower bound is wide.
    """
    system = SYSTEMS["hopf"]
    jet, record = system.jet, system.simulate(trajectories=4, samples=201, seed=1)
    right = dict(system.law)
    wrong = {lead: rhs * sp.Float(0.97) for lead, rhs in right.items()}
    clean = hold_out(sq.sample(record, jet), list(right), [right, wrong]).excess(wrong, right).value
    assert clean == pytest.approx(0.0009, rel=0.05)
    z = []
    for seed in range(30):
        held = hold_out(sq.sample(add_noise(record, 0.02, seed), jet), list(right), [right, wrong])
        excess = held.excess(wrong, right)
        z.append((excess.value - clean) / excess.error)
    assert 0.05 < np.mean(np.square(z)) < 1.9


def test_the_nearest_symmetric_law_is_the_projection() -> None:
    jet = HEAT.jet
    symmetry = sq.translation("t", "x", "y") + sq.rotation("x", "y")
    ansatz = sq.linear_ansatz(jet, HEAT.candidates, symmetry)
    true = dict(HEAT.law)
    record = HEAT.simulate(points=32, frames=41)
    held = hold_out(sq.sample(record, jet), list(true), [true], ansatz=ansatz)
    nearest = held.nearest(ansatz, true)
    assert all(defect == 0 for part in ansatz.defect([sp.nsimplify(nearest[jet["u_t"]])]) for defect in part)
    best = held.excess(nearest, true).value
    for k in range(ansatz.unknowns):
        for step in (-1e-3, 1e-3):
            moved = {jet["u_t"]: nearest[jet["u_t"]] + step * ansatz.basis[k][0]}
            assert held.excess(moved, true).value > best
    member = dict(ansatz.equations([0.5, -1.0, 0.25, 2.0]))
    again = held.nearest(ansatz, member)
    for vector, number in zip(ansatz.basis, [0.5, -1.0, 0.25, 2.0], strict=True):
        term = sp.Add.make_args(vector[0])[0]
        assert coefficients(again[jet["u_t"]])[term] == pytest.approx(number, abs=1e-9)
