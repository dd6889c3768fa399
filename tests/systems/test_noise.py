"""Noise has the level, the kind and the independence that its caller asked for."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.data.records import Record
from systems import SYSTEMS, add_noise


def pooled(record: Record, name: str) -> np.ndarray:
    return np.concatenate([part[name].values.ravel() for part in record.parts])


@pytest.fixture(scope="module")
def clean() -> Record:
    return SYSTEMS["hopf"].simulate(trajectories=20)


@pytest.mark.parametrize("level", [0.01, 0.2, 1.0])
def test_additive_noise_is_a_share_of_the_pooled_deviation(clean: Record, level: float) -> None:
    noisy = add_noise(clean, level, seed=1)
    for name in ("x", "y"):
        added = pooled(noisy, name) - pooled(clean, name)
        # 10020 points: the deviation of a sample deviation is 0.7 %.
        assert np.isclose(added.std(), level * pooled(clean, name).std(), rtol=0.03)
        assert abs(np.corrcoef(added[1:], added[:-1])[0, 1]) < 0.04


def test_multiplicative_noise_grows_with_the_value(clean: Record) -> None:
    noisy = add_noise(clean, 0.05, seed=1, kind="multiplicative")
    ratio = pooled(noisy, "x") / pooled(clean, "x") - 1
    assert np.isclose(ratio.std(), 0.05, rtol=0.03)


def test_variables_and_trajectories_get_noise_of_their_own(clean: Record) -> None:
    noisy = add_noise(clean, 0.1, seed=1)
    rows = [noisy.parts[k][name].values - clean.parts[k][name].values for k in (0, 1) for name in ("x", "y")]
    assert np.abs(np.corrcoef(rows) - np.eye(4)).max() < 0.2


def test_the_seed_decides_and_the_clean_record_stays(clean: Record) -> None:
    before = pooled(clean, "x").copy()
    first, again, other = (pooled(add_noise(clean, 0.1, seed=seed), "x") for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert np.array_equal(pooled(clean, "x"), before)


def test_noise_does_not_repeat_the_numbers_of_the_start() -> None:
    record = SYSTEMS["isotropic_oscillator"].simulate(trajectories=200, samples=3, seed=4)
    starts = np.array([part["x"].values[0] for part in record.parts])
    added = pooled(add_noise(record, 1.0, seed=4), "x") - pooled(record, "x")
    assert abs(np.corrcoef(starts, added[:200])[0, 1]) < 0.3


def test_an_unknown_kind_is_refused(clean: Record) -> None:
    with pytest.raises(ValueError, match="'additive' nor 'multiplicative'"):
        add_noise(clean, 0.1, seed=0, kind="pink")  # type: ignore[arg-type]
