"""Every system has the symmetries it claims, lacks those it denies, and simulates the law it states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
import xarray as xr

from symeq.geometry.grammar import read_symmetry
from symeq.geometry.jet import Jet
from systems import SYSTEMS, System

CLAIMS = [(system, text) for system in SYSTEMS.values() for text in system.symmetries]
DENIALS = [(system, text) for system in SYSTEMS.values() for text in system.not_symmetries]

# Frames so close that sixth-order differences in time err by less than a millionth.
CLOSE_FRAMES: dict[str, dict[str, Any]] = {
    "damped_oscillator": {"trajectories": 3, "duration": 1.0, "every": 10},
    "growth": {"trajectories": 3, "duration": 1.0, "every": 10},
    "hopf": {"trajectories": 3, "duration": 1.0, "samples": 101},
    "lorenz": {"trajectories": 3, "duration": 0.2, "samples": 201},
    "isotropic_oscillator": {"trajectories": 3, "duration": 1.0, "samples": 51},
    "isotropic_oscillator_second_order": {"trajectories": 3, "duration": 1.0, "samples": 51},
    "lambda_omega": {"points": 64, "frames": 31, "duration": 0.075, "step": 0.0025},
    "burgers": {"frames": 31, "duration": 0.15, "step": 0.005},
    "kdv": {"frames": 31, "duration": 0.03, "step": 0.001},
    "kuramoto_sivashinsky": {"frames": 31, "duration": 0.15, "step": 0.005},
    "heat_2d": {"points": 32, "frames": 31, "duration": 0.3},
    "anisotropic_heat": {"points": 32, "frames": 31, "duration": 0.3},
}


def residuals(system: System, text: str) -> list[sympy.Expr]:
    """pr v (L - F) and (L - F) o pr g on L = F, for each generator v and map g of a symmetry."""
    jet, law = system.jet, system.law
    symmetry = read_symmetry(text, jet).on(jet)
    assert symmetry.generators or symmetry.maps, f"{text} holds nothing to check"
    found = []
    for lead, rhs in law.items():
        symbols = {lead} | {c for c in rhs.free_symbols if jet.is_coordinate(c)}
        for v in symmetry.generators:
            prolonged = v.prolong_on(jet, sorted(symbols, key=str))
            slopes = [prolonged.get(c, 0) * sympy.diff(lead - rhs, c) for c in symbols]
            found.append(sympy.Add(*slopes))
        for g in symmetry.maps:
            image = g.prolong(jet, sorted(symbols, key=str))
            found.append((lead - rhs).xreplace({c: image.get(c, c) for c in symbols}))
    return [sympy.expand(residual.xreplace(law)) for residual in found]


@pytest.mark.parametrize(("system", "text"), CLAIMS, ids=[f"{s.name}: {text}" for s, text in CLAIMS])
def test_a_claimed_symmetry_is_one(system: System, text: str) -> None:
    assert all(residual == 0 for residual in residuals(system, text))


@pytest.mark.parametrize(("system", "text"), DENIALS, ids=[f"{s.name}: {text}" for s, text in DENIALS])
def test_a_denied_symmetry_is_none(system: System, text: str) -> None:
    assert any(residual != 0 for residual in residuals(system, text))


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_law_is_in_its_library(system: System) -> None:
    terms = {term.as_coeff_Mul()[1] for term in system.candidates}
    for rhs in system.law.values():
        needed = {term.as_coeff_Mul()[1] for term in sympy.Add.make_args(sympy.expand(rhs))}
        assert needed <= terms


def time_derivative(values: np.ndarray, t: np.ndarray, order: int) -> np.ndarray:
    """Central sixth-order differences along axis 0, without the first and last three frames."""
    stencils = {
        1: np.array([-1, 9, -45, 0, 45, -9, 1]) / 60,
        2: np.array([2, -27, 270, -490, 270, -27, 2]) / 180,
    }
    frames = len(values) - 6
    moved = [weight * values[k : k + frames] for k, weight in enumerate(stencils[order])]
    return np.sum(moved, axis=0) / (t[1] - t[0]) ** order


def columns(part: xr.Dataset, jet: Jet, symbols: set[sympy.Symbol]) -> dict[sympy.Symbol, np.ndarray]:
    """The coordinates that a law needs: differences in time, Fourier series in space."""
    t = part["t"].values
    found = {}
    for symbol in symbols:
        u, (in_time, *in_space) = jet.multi_index(symbol)
        values = part[u.name].values
        for axis, order in enumerate(in_space, start=1):
            x = part[jet.independent[axis].name].values
            k = 2 * np.pi * np.fft.fftfreq(x.size, x[1] - x[0])
            shape = [-1 if a == axis else 1 for a in range(values.ndim)]
            multiplier = ((1j * k) ** order).reshape(shape)
            if order:
                values = np.fft.ifft(multiplier * np.fft.fft(values, axis=axis), axis=axis).real
        found[symbol] = time_derivative(values, t, in_time) if in_time else values[3:-3]
    return found


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_simulation_obeys_the_law(system: System) -> None:
    jet = system.jet
    for part in system.simulate(seed=3, **CLOSE_FRAMES[system.name]).parts:
        for lead, rhs in system.law.items():
            symbols = sorted(rhs.free_symbols, key=str)
            values = columns(part, jet, {lead, *symbols})
            right = sympy.lambdify(symbols, rhs, "numpy")(*(values[s] for s in symbols))
            scale = np.abs(values[lead]).max()
            assert np.abs(values[lead] - right).max() < 1e-5 * scale


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_seed_decides(system: System) -> None:
    first, again, other = (system.simulate(seed=seed, **CLOSE_FRAMES[system.name]) for seed in (0, 0, 1))
    assert all(a.identical(b) for a, b in zip(first.parts, again.parts, strict=True))
    name = first.dependent[0]
    assert not np.allclose(first.parts[0][name], other.parts[0][name], rtol=0.01)
