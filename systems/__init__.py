"""Benchmark systems, one page each: equations, proven symmetries, simulator.

>>> SYSTEMS["hopf"].equations
('x_t = 1/2*x - y - (x^2 + y^2)*x', 'y_t = x + 1/2*y - (x^2 + y^2)*y')
"""

from __future__ import annotations

from systems import (
    anisotropic_heat,
    boussinesq,
    burgers,
    central_force,
    damped_oscillator,
    darcy,
    exponential_wave,
    growth,
    heat_2d,
    hopf,
    inviscid_burgers,
    isotropic_oscillator,
    kdv,
    kepler,
    kuramoto_sivashinsky,
    lambda_omega,
    lorenz,
    lotka_volterra,
    michaelis_menten,
    nonlinear_schroedinger,
    saturable_laser,
    selkov,
    sine_gordon,
    two_constants,
    vector_burgers,
    vector_wave,
)
from systems.noise import add_noise
from systems.system import System

SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        damped_oscillator.SYSTEM,
        growth.SYSTEM,
        hopf.SYSTEM,
        lorenz.SYSTEM,
        isotropic_oscillator.SYSTEM,
        isotropic_oscillator.SECOND_ORDER,
        lambda_omega.SYSTEM,
        lambda_omega.SPIRAL,
        burgers.SYSTEM,
        kdv.SYSTEM,
        kuramoto_sivashinsky.SYSTEM,
        heat_2d.SYSTEM,
        anisotropic_heat.SYSTEM,
        selkov.SYSTEM,
        lotka_volterra.SYSTEM,
        michaelis_menten.SYSTEM,
        central_force.SYSTEM,
        kepler.SYSTEM,
        boussinesq.SYSTEM,
        darcy.SYSTEM,
        sine_gordon.SYSTEM,
        exponential_wave.SYSTEM,
        nonlinear_schroedinger.SYSTEM,
        two_constants.SYSTEM,
        saturable_laser.SYSTEM,
        vector_wave.SYSTEM,
        inviscid_burgers.SYSTEM,
        inviscid_burgers.SHOCK,
        vector_burgers.SYSTEM,
    )
}

__all__ = ["SYSTEMS", "System", "add_noise"]
