"""Benchmark systems, one page each: equations, proven symmetries, simulator.

>>> SYSTEMS["hopf"].equations
('x_t = 1/2*x - y - (x^2 + y^2)*x', 'y_t = x + 1/2*y - (x^2 + y^2)*y')
"""

from __future__ import annotations

from systems import (
    anisotropic_heat,
    burgers,
    damped_oscillator,
    growth,
    heat_2d,
    hopf,
    isotropic_oscillator,
    kdv,
    kuramoto_sivashinsky,
    lambda_omega,
    lorenz,
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
        burgers.SYSTEM,
        kdv.SYSTEM,
        kuramoto_sivashinsky.SYSTEM,
        heat_2d.SYSTEM,
        anisotropic_heat.SYSTEM,
    )
}

__all__ = ["SYSTEMS", "System", "add_noise"]
