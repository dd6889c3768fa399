"""Equations that share no unknown: searched one by one, and told as one law."""

import numpy as np
import pytest

import symeq as sq
from symeq.ansatz.separate import separate
from symeq.data.weak import weak

JET = sq.Jet("t", "x y z")
LIBRARY = sq.monomials(*JET.dependent, degree=2)


def run_of(t: np.ndarray) -> np.ndarray:
    """A damped rotation of x and y, beside a z that decays."""
    return np.stack([np.exp(-0.1 * t) * np.cos(t), -np.exp(-0.1 * t) * np.sin(t), np.exp(-0.3 * t)], 1)


@pytest.fixture(scope="module")
def record() -> sq.Record:
    t, rng = np.linspace(0, 12, 601), np.random.default_rng(5)
    runs = [
        np.stack(
            [a * np.exp(-0.1 * t) * np.cos(t), -a * np.exp(-0.1 * t) * np.sin(t), np.exp(-0.3 * t) * a], 1
        )
        for a in (1.0, 1.5, 2.0, -1.2)
    ]
    return sq.trajectories(t, [run + 0.02 * rng.standard_normal(run.shape) for run in runs], names="x y z")


@pytest.mark.parametrize("sampled", [weak, sq.sample])
def test_a_law_is_as_good_as_its_equations(record: sq.Record, sampled) -> None:
    samples = sampled(record, JET)
    law = sq.discover(sq.linear_ansatz(JET, LIBRARY, sq.trivial), samples)
    terms = 0
    for name in ("x_t", "y_t", "z_t"):
        alone = sq.discover(sq.linear_ansatz(JET, LIBRARY, sq.trivial, lead=name), samples)
        [lead] = alone.ansatz.leads
        places = [k for k, vector in enumerate(law.ansatz.basis) if vector[law.ansatz.leads.index(lead)] != 0]
        assert [law.ansatz.basis[places[j]][law.ansatz.leads.index(lead)] for j in alone.support] == [
            alone.ansatz.basis[j][0] for j in alone.support
        ]
        assert law.beta[places] == pytest.approx(alone.beta, rel=1e-9)
        assert law.standard_errors[places] == pytest.approx(alone.standard_errors, rel=1e-9, nan_ok=True)
        terms += len(alone.support)
    assert terms == len(law.support)


def test_the_front_is_the_best_of_the_equations(record: sq.Record) -> None:
    """Each size is shared out so that the least is left; the chosen law stands among them."""
    law = sq.discover(sq.linear_ansatz(JET, LIBRARY, sq.trivial), weak(record, JET))
    sizes = [entry.unknowns for entry in law.front]
    assert sizes == list(range(len(sizes)))
    [chosen] = [entry for entry in law.front if entry.chosen]
    assert chosen.support == law.support and chosen.residual == pytest.approx(law.residual)
    others = [entry.residual for entry in law.front if entry.unknowns <= chosen.unknowns]
    assert others == sorted(others, reverse=True)


def test_equations_that_share_an_unknown_stay_together() -> None:
    x, y, _ = JET.dependent
    ansatz = sq.linear_ansatz(JET, LIBRARY, sq.rotation(x, y))
    parts = separate(ansatz)
    assert [part.leads for part in parts] == [(0, 1), (2,)]
    assert sorted(k for part in parts for k in part.unknowns) == list(range(ansatz.unknowns))
    for part in parts:
        for k in part.unknowns:
            assert {a for a, component in enumerate(ansatz.basis[k]) if component != 0} <= set(part.leads)


def test_an_equation_without_unknowns_is_one_too() -> None:
    """What is known of all its terms is kept, the others are searched."""
    x, y, z = JET.dependent
    libraries = {"x": [x, y], "y": [x, y], "z": [z]}
    known = {("z_t", "z"): -0.3}
    ansatz = sq.linear_ansatz(JET, libraries, sq.trivial, known=known)
    assert separate(ansatz)[2].unknowns == ()
    t = np.linspace(0, 12, 601)
    law = sq.discover(ansatz, sq.sample(sq.trajectories(t, run_of(t), names="x y z"), JET))
    assert len(law.support) == 4
    assert sorted(law.beta) == pytest.approx([-1.0, -0.1, -0.1, 1.0], abs=1e-4)
