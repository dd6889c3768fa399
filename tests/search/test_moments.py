"""Score tests under noise: their level, their power, and the laws that they lead to."""

from __future__ import annotations

import numpy as np
import pytest

import symeq as sq
from symeq.data.weak import weak
from symeq.geometry import read_symmetry
from symeq.search.fitting import Evidence
from symeq.search.integrated import assemble_weak
from symeq.search.moments import Moments, _weighed
from symeq.search.selection import select
from symeq.search.stepwise import Stepwise
from systems import SYSTEMS, add_noise


def evidence_of(name: str, text: str, level: float, seed: int, **arguments: int) -> Evidence:
    system = SYSTEMS[name]
    record = add_noise(system.simulate(**arguments), level, seed)
    symmetry = read_symmetry(text, system.jet) if text else sq.trivial
    ansatz = sq.linear_ansatz(system.jet, system.candidates, symmetry)
    samples = weak(record, system.jet)
    return Evidence(assemble_weak(ansatz, samples), samples.coarser)


HOPF = (0, 1, 2)  # x/2, rotation and |x|^2 x of the six fields that turn with the plane, up to degree 5


@pytest.fixture(scope="module")
def hopf() -> list[tuple[Evidence, Moments]]:
    found = []
    for seed in range(16):
        evidence = evidence_of("hopf", "rotation(x, y)", 0.2, seed, trajectories=4)
        found.append((evidence, Moments(evidence, range(len(evidence.rungs)))))
    return found


def test_columns_that_a_law_lacks_keep_the_level(hopf: list[tuple[Evidence, Moments]]) -> None:
    """chi^2 of one degree of freedom: mean 1, 5 % above 3.84, over 16 draws of three columns each, singly and
    in pairs."""
    singles = np.array([moments.singles(HOPF)[[3, 4, 5]] for _, moments in hopf])
    assert 0.5 < singles.mean() < 1.6
    assert np.mean(singles > 3.84) < 0.14
    pairs = np.array([moments.chi2((3, 5), HOPF) for _, moments in hopf])
    assert 0.8 < pairs.mean() < 3.4


def test_one_column_is_tested_alike_alone_and_among_all(hopf: list[tuple[Evidence, Moments]]) -> None:
    for _, moments in hopf[:3]:
        together = moments.singles((0, 1))
        alone = [moments.chi2((j,), (0, 1)) for j in range(2, 6)]
        assert together[2:] == pytest.approx(alone, rel=1e-8)
        assert not together[:2].any()


def test_pooled_coefficients_err_as_they_say(hopf: list[tuple[Evidence, Moments]]) -> None:
    truth = np.array([0.5, 1.0, -1.0])
    ratios, spreads = [], []
    for evidence, moments in hopf:
        pooled = moments.pooled(HOPF)
        assert pooled is not None and pooled.freedom == 3 * (len(evidence.rungs) - 1)
        ratios.append((pooled.beta - truth) ** 2 / np.diag(pooled.covariance))
        spreads.append(pooled.spread / pooled.freedom)
    assert 0.4 < np.mean(ratios) < 1.8
    assert np.mean(spreads) < 1.3


def test_two_columns_that_hide_each_other_are_found_together() -> None:
    """On its limit cycle x/2 and |x|^2 x cancel: neither is needed beside the rotation, both are."""
    evidence = evidence_of("hopf", "rotation(x, y)", 0.5, 8)
    moments = Moments(evidence, range(len(evidence.rungs)))
    assert moments.chi2((0, 2), (1,)) > 3 * max(moments.chi2((0,), (1,)), moments.chi2((2,), (1,)))


def test_a_law_does_not_depend_on_where_the_search_starts(hopf: list[tuple[Evidence, Moments]]) -> None:
    for _, moments in hopf[:5]:
        search = Stepwise(moments, 11.0)
        laws = {search.law([HOPF], start) for start in ((), HOPF, (0, 3, 5), tuple(range(6)))}
        assert laws == {HOPF}


def test_the_lorenz_system_under_noise() -> None:
    """5 % noise, the 30 unknowns of degree 3 that the reflection leaves of 60: exact."""
    evidence = evidence_of("lorenz", "reflection(x, y)", 0.05, 0)
    choice = select(evidence, evidence.telling(len(evidence.rungs)))
    assert choice.trial.fit.support == (1, 2, 3, 4, 5, 7, 9)
    truth = np.array([-10, 28, 10, -1, -8 / 3, 1, -1])
    assert np.all(np.abs(choice.trial.fit.beta / truth - 1) < 0.05)


def test_a_value_whose_noise_is_not_known_is_left_out() -> None:
    """Estimated variances of high powers come out negative where the noise is large."""
    slopes, values = np.ones((3, 1)), np.array([1.0, 3.0, 50.0])
    solved = _weighed(slopes, values, np.diag([1.0, 1.0, -1.0]))
    assert solved is not None
    assert solved[0] == pytest.approx([2.0]) and solved[1] == pytest.approx(np.array([[0.5]]), rel=0.1)
    assert _weighed(slopes, values, -np.eye(3)) is None


def test_noise_that_some_combination_escapes_tells_nothing() -> None:
    """Covariances without full rank, of any scales: no answer, rather than one with a singular covariance."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        size = int(rng.integers(2, 6))
        scales = 10.0 ** rng.uniform(-8, 8, size)
        noise = rng.standard_normal((size, int(rng.integers(1, size)))) * scales[:, None]
        assert _weighed(np.diag(scales), rng.standard_normal(size) * scales, noise @ noise.T) is None
    noise = rng.standard_normal((4, 4))
    solved = _weighed(np.eye(4), np.ones(4), noise @ noise.T)
    assert solved is not None and np.linalg.eigvalsh(solved[1])[0] > 0
