"""Every system has the symmetries it claims, lacks those it denies, and simulates the law it states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
import xarray as xr

from symeq.data.records import Record
from symeq.geometry.grammar import read_symmetry
from symeq.geometry.jet import Jet
from symeq.symmetries.admits import admits
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
    "lambda_omega_spiral": {
        "points": 96,
        "frames": 31,
        "duration": 0.075,
        "begin": 2.0,
        "ripple": 0.1,
        "step": 0.0025,
    },
    "burgers": {"frames": 31, "duration": 0.15, "step": 0.005},
    "kdv": {"frames": 31, "duration": 0.03, "step": 0.001},
    "kuramoto_sivashinsky": {"frames": 31, "duration": 0.15, "step": 0.005},
    "heat_2d": {"points": 32, "frames": 31, "duration": 0.3},
    "anisotropic_heat": {"points": 32, "frames": 31, "duration": 0.3},
    "selkov": {"trajectories": 3, "duration": 1.0, "every": 10},
    "lotka_volterra": {"trajectories": 3, "duration": 1.0, "every": 10},
    "michaelis_menten": {"trajectories": 3, "duration": 0.5, "samples": 101},
    "central_force": {"trajectories": 3, "duration": 1.0, "samples": 51},
    "kepler": {"trajectories": 3, "duration": 0.5, "samples": 51},
    "boussinesq": {"frames": 31, "duration": 0.15, "ripple": 0.1},
    "darcy": {"fields": 2, "points": 201, "reach": 0.8},
    "sine_gordon": {"frames": 31, "duration": 0.6},
    "exponential_wave": {"frames": 31, "duration": 0.6},
    "nonlinear_schroedinger": {"frames": 31, "duration": 0.06},
    "two_constants": {"trajectories": 3, "duration": 0.5, "samples": 51},
    "saturable_laser": {"frames": 21, "duration": 0.1, "step": 0.005},
    "vector_wave": {"points": 48, "frames": 9, "duration": 0.08, "level": 0.4},
    "inviscid_burgers": {"frames": 31, "duration": 0.1},
    "inviscid_burgers_shock": {"frames": 31, "duration": 0.1},
    "vector_burgers": {"frames": 21, "duration": 0.1, "step": 0.005},
}


def residuals(system: System, text: str) -> list[sympy.Expr]:
    """pr v (L - F) and (L - F) o pr g on L = F, for each generator v and map g of a symmetry."""
    jet, law = system.jet, system.law
    symmetry = read_symmetry(text, jet).on(jet, jet.independent[0])
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
    return [residual.xreplace(law) for residual in found]


@pytest.mark.parametrize(("system", "text"), CLAIMS, ids=[f"{s.name}: {text}" for s, text in CLAIMS])
def test_a_claimed_symmetry_is_one(system: System, text: str) -> None:
    assert all(sympy.simplify(sympy.expand(residual)) == 0 for residual in residuals(system, text))
    assert admits(list(system.equations), text, jet=system.jet)


@pytest.mark.parametrize(("system", "text"), DENIALS, ids=[f"{s.name}: {text}" for s, text in DENIALS])
def test_a_denied_symmetry_is_none(system: System, text: str) -> None:
    found = residuals(system, text)
    rng = np.random.default_rng(0)
    coordinates = system.jet.with_order(system.order + 1).coordinates
    somewhere = {symbol: rng.uniform(0.5, 1.5) for symbol in coordinates}
    assert any(abs(residual.subs(somewhere).evalf()) > 1e-3 for residual in found)
    assert not admits(list(system.equations), text, jet=system.jet)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_law_is_in_its_library_unless_it_is_said_to_lie_beyond(system: System) -> None:
    terms = {sympy.expand(term).as_coeff_Mul()[1] for term in system.candidates}
    needed = {
        term.as_coeff_Mul()[1]
        for rhs in system.law.values()
        for term in sympy.Add.make_args(sympy.expand(rhs))
    }
    assert (needed <= terms) == system.spanned


def difference(values: np.ndarray, places: np.ndarray, axis: int, order: int) -> np.ndarray:
    """Central sixth-order differences along an axis, without its first and last three points."""
    stencils = {
        0: np.array([0, 0, 0, 1, 0, 0, 0]),
        1: np.array([-1, 9, -45, 0, 45, -9, 1]) / 60,
        2: np.array([2, -27, 270, -490, 270, -27, 2]) / 180,
    }
    moved = np.moveaxis(values, axis, 0)
    inside = len(moved) - 6
    summed = sum(weight * moved[k : k + inside] for k, weight in enumerate(stencils[order]))
    return np.moveaxis(summed / (places[1] - places[0]) ** order, 0, axis)


def columns(
    record: Record, part: xr.Dataset, jet: Jet, symbols: set[sympy.Symbol]
) -> dict[sympy.Symbol, np.ndarray]:
    """The coordinates that a law needs: Fourier series on periodic axes, differences on the others."""
    found = {}
    for symbol in symbols:
        if symbol in jet.independent:
            values = part[symbol.name].broadcast_like(part[jet.dependent[0].name])
            values, orders = values.transpose(*map(str, jet.independent)).values, (0,) * len(jet.independent)
        else:
            u, orders = jet.multi_index(symbol)
            values = part[u.name].values
        for axis, (x, order) in enumerate(zip(jet.independent, orders, strict=True)):
            places = part[x.name].values
            if x.name not in record.periodic:
                values = difference(values, places, axis, order)
            elif order:
                k = 2 * np.pi * np.fft.fftfreq(places.size, places[1] - places[0])
                shape = [-1 if a == axis else 1 for a in range(values.ndim)]
                multiplier = ((1j * k) ** order).reshape(shape)
                values = np.fft.ifft(multiplier * np.fft.fft(values, axis=axis), axis=axis).real
        found[symbol] = values
    return found


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_simulation_obeys_the_law(system: System) -> None:
    jet = system.jet
    record = system.simulate(seed=3, **CLOSE_FRAMES[system.name])
    for part in record.parts:
        for lead, rhs in system.law.items():
            symbols = sorted(rhs.free_symbols, key=str)
            values = columns(record, part, jet, {lead, *symbols})
            right = sympy.lambdify(symbols, rhs, "numpy")(*(values[s] for s in symbols))
            scale = np.abs(values[lead]).max()
            assert np.abs(values[lead] - right).max() < 1e-5 * scale


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_seed_decides(system: System) -> None:
    first, again, other = (system.simulate(seed=seed, **CLOSE_FRAMES[system.name]) for seed in (0, 0, 1))
    assert all(a.identical(b) for a, b in zip(first.parts, again.parts, strict=True))
    name = first.dependent[0]
    pairs = zip(first.parts, other.parts, strict=True)
    assert not all(np.allclose(a[name], b[name], rtol=0.01) for a, b in pairs)
