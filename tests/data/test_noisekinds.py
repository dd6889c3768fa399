"""Noise that is not white and even is recognised, and white noise, smooth fields and shocks never are it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

import symeq as sq
from symeq.data.noise import noise_deviation
from symeq.data.noisekinds import Odd, odd_noise
from symeq.data.records import Record
from systems import SYSTEMS, add_noise

# A trajectory of 201 points, four of 501, chaos in space and time, resolved and hardly so, a field in three
# variables, and shocks.
RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "one trajectory": ("damped_oscillator", {"trajectories": 1, "every": 50}),
    "trajectories": ("hopf", {"trajectories": 4}),
    "chaos": ("lorenz", {"trajectories": 1}),
    "field": ("burgers", {"points": 128}),
    "rough field": ("kuramoto_sivashinsky", {"frames": 101}),
    "hardly resolved": ("kuramoto_sivashinsky", {"points": 64, "frames": 61}),
    "three variables": ("lambda_omega", {"points": 32, "frames": 31, "duration": 1.5}),
    "shocks": ("inviscid_burgers_shock", {}),
}
TELLING = ("trajectories", "chaos", "field", "rough field", "three variables")


@cache
def clean(name: str, seed: int) -> Record:
    system, options = RECORDS[name]
    return SYSTEMS[system].simulate(seed=seed, **options)


def found(record: Record) -> list[Odd]:
    names = [str(name) for name in record.parts[0].dims]
    axes = [[part[name].values for name in names] for part in record.parts]
    told: list[Odd] = []
    for u in record.dependent:
        parts = [part[u].values for part in record.parts]
        told += odd_noise(u, parts, axes, names, noise_deviation(parts, axes))
    return told


def spoilt(record: Record, level: float, seed: int, draw: Callable[..., np.ndarray]) -> Record:
    """The record with noise ``draw(rng, values)`` of this level in units of each variable's deviation."""
    rng = np.random.default_rng([3, seed])
    parts = []
    for part in record.parts:
        noisy = {u: part[u] + level * draw(rng, part[u].values) for u in record.dependent}
        parts.append(part.assign(noisy))
    return replace(record, parts=tuple(parts))


def proportional(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    return values * rng.standard_normal(values.shape)


def outliers(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    return values.std() * rng.standard_t(3, values.shape) / np.sqrt(3)


def correlated(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    a = 0.7
    white = rng.standard_normal((values.shape[0] + 50, *values.shape[1:]))
    return values.std() * lfilter([np.sqrt(1 - a**2)], [1, -a], white, axis=0)[50:]


KINDS = {"multiplicative": proportional, "heavy-tailed": outliers, "coloured": correlated}


def test_even_white_noise_and_clean_data_are_never_odd() -> None:
    """144 records, 0 to 200 % noise: at most one of them is (below 1 %)."""
    draws = [
        (name, level, seed) for name in RECORDS for level in (0, 0.01, 0.05, 0.2, 1, 2) for seed in range(3)
    ]
    odd = [
        (draw, found(add_noise(clean(name, seed % 2), level, seed)))
        for draw in draws
        for name, level, seed in [draw]
    ]
    assert len(draws) == 144
    assert len([told for _, told in odd if told]) <= 1, [draw for draw, told in odd if told]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0.01, 0.05, 0.2])
def test_each_kind_is_recognised_and_none_taken_for_another(kind: str, level: float) -> None:
    """Five systems of three draws each; of 15 at least 13 are recognised."""
    seen = wrong = 0
    for name in TELLING:
        for seed in range(3):
            told = {odd.kind for odd in found(spoilt(clean(name, seed), level, seed, KINDS[kind]))}
            seen += kind in told
            wrong += bool(told - {kind})
    assert seen >= 13
    assert wrong <= 1


def test_the_size_is_that_of_the_noise() -> None:
    """64 x 512 points of white noise of kurtosis 9 on a wave, and of correlation 0.7."""
    rng = np.random.default_rng(0)
    t, x = np.linspace(0, 2, 64), 2 * np.pi * np.arange(512) / 512
    wave, names = np.sin(x + t[:, None]), ["t", "x"]
    laplace = rng.laplace(size=wave.shape)
    student = np.where(rng.random(wave.shape) < 0.1, 3, 1) * rng.standard_normal(wave.shape)
    for noise, expected in ((laplace, 3.0), (student, 3 * (0.9 + 0.1 * 81) / (0.9 + 0.1 * 9) ** 2 - 3)):
        (odd,) = odd_noise("u", [wave + 0.1 * noise], [[t, x]], names, 0.1)
        assert odd.kind == "heavy-tailed"
        assert odd.size == pytest.approx(expected, rel=0.35)
    (odd,) = odd_noise("u", [wave + 0.1 * correlated(rng, wave)], [[t, x]], names, 0.05)
    assert odd.kind == "coloured"
    assert odd.size == pytest.approx(0.7, abs=0.06)
    assert "along t" in odd.words


def test_units_and_the_order_of_the_axes_do_not_matter() -> None:
    record = spoilt(clean("field", 0), 0.05, 0, proportional)
    u, t, x = (record.parts[0][name].values for name in ("u", "t", "x"))
    (odd,) = odd_noise("u", [u], [[t, x]], ["t", "x"], 0.1)
    (other,) = odd_noise("u", [-30 * u.T], [[5 * x, t]], ["x", "t"], 3.0)
    assert odd.kind == other.kind == "multiplicative"
    assert odd.size == pytest.approx(other.size, rel=1e-6)


def test_missing_values_are_no_outliers() -> None:
    rng = np.random.default_rng(1)
    record = add_noise(clean("trajectories", 1), 0.05, 1)
    parts = [np.where(rng.random(part["x"].shape) < 0.02, np.nan, part["x"].values) for part in record.parts]
    axes = [[part["t"].values] for part in record.parts]
    assert odd_noise("x", parts, axes, ["t"], 0.05) == ()


@pytest.mark.parametrize("sampled", [sq.sample, sq.weak])
def test_samples_and_laws_say_so(sampled: Callable[..., Any]) -> None:
    system = SYSTEMS["hopf"]
    record = spoilt(clean("trajectories", 0), 0.02, 0, outliers)
    allowed = sq.linear_ansatz(
        system.jet, sq.monomials(*system.jet.dependent, degree=3), sq.rotation("x", "y")
    )
    samples = sampled(record, system.jet)
    law = sq.discover(allowed, samples)
    for name in ("x", "y"):
        assert any(f"The noise of {name} has outliers" in warning for warning in samples.warnings)
    assert set(samples.warnings) <= set(law.warnings)
    assert law.document()["warnings"] == list(law.warnings)
    assert sampled(clean("trajectories", 0), system.jet).warnings == ()
