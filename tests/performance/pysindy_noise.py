"""Success of PySINDy against noise: STLSQ point by point, on test functions, and an ensemble of these."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

import symeq as sq
from systems import SYSTEMS, add_noise
from systems.system import System

K, FEWEST, MODELS = 1000, 50, 20  # test functions, those of each trajectory at least, models of an ensemble
METHODS = ("pointwise", "test functions", "ensemble")
LEVELS = (0.01, 0.05, 0.2, 0.5)
HEADER = ("system", "columns", "true", "noise", *METHODS, "s")


@dataclass(frozen=True)
class Rival:
    """A system, and the degree of PySINDy's polynomials; derivatives up to the order of the law."""

    system: str
    degree: int


RIVALS = (
    Rival("damped_oscillator", 5),
    Rival("hopf", 5),
    Rival("lorenz", 3),
    Rival("selkov", 3),
    Rival("burgers", 3),
    Rival("inviscid_burgers_shock", 3),
    Rival("kdv", 3),
    Rival("kuramoto_sivashinsky", 3),
    Rival("nonlinear_schroedinger", 3),
    Rival("heat_2d", 3),
)


def table(
    draws: int, large: bool, rivals: Sequence[Rival] = RIVALS, levels: Sequence[float] = LEVELS
) -> Iterator[tuple[str, ...]]:
    """All systems; small: the first, at one level, once."""
    for rival in rivals if large else rivals[:1]:
        system = SYSTEMS[rival.system]
        clean = system.simulate()
        truth = names(system)
        for level in levels if large else levels[:1]:
            exact, columns, begun = dict.fromkeys(METHODS, 0), 0, time.process_time()
            for draw in range(draws if large else 1):
                record = add_noise(clean, level, draw)
                for method in METHODS:
                    found, columns = fitted(record, system, rival.degree, method, draw)
                    exact[method] += found == truth
            seconds = (time.process_time() - begun) / (draws if large else 1)
            share = [f"{exact[method]}/{draws if large else 1}" for method in METHODS]
            count = str(sum(map(len, truth)))
            yield rival.system, str(columns), count, f"{level:.0%}", *share, f"{seconds:.1f}"


def names(system: System) -> list[set[str]]:
    """The terms of each equation as PySINDy calls them."""
    jet = system.jet
    place = {u: f"x{k}" for k, u in enumerate(jet.dependent)}
    space = [str(x) for x in jet.independent[1:]]

    def name(term: sp.Expr) -> str:
        powers, slope = [], ""
        for factor in sp.Mul.make_args(term.as_coeff_Mul()[1]):
            base, exponent = factor.as_base_exp()
            if base in place:
                powers.append((place[base], "" if exponent == 1 else f"^{exponent}"))
            elif base != 1:
                u, index = jet.multi_index(base)
                digits = "".join(str(k + 1) * count for k, count in enumerate(index[1:]))
                slope = f"{place[u]}_{digits}"
        return (" ".join(sorted(a + b for a, b in powers)) + slope) or "1"

    assert len(space) == len(jet.independent) - 1
    return [{name(term) for term in sp.expand(rhs).as_ordered_terms()} for rhs in system.law.values()]


def fitted(
    record: sq.Record, system: System, degree: int, method: str, seed: int
) -> tuple[list[set[str]], int]:
    """The terms that a method keeps, and how many columns it had."""
    import pysindy as ps

    clock, *space = (str(x) for x in system.jet.independent)
    fields = [
        np.stack([part[str(u)].transpose(*space, clock).values for u in system.jet.dependent], axis=-1)
        for part in record.parts
    ]
    t, axes = record.parts[0][clock].values, [record.parts[0][name].values for name in space]
    powers = ps.PolynomialLibrary(degree=degree, include_bias=not space)
    common: dict[str, Any] = {"function_library": powers, "derivative_order": system.order if space else 0}
    library: Any = powers
    if method != "pointwise":
        grid = np.stack(np.meshgrid(*axes, t, indexing="ij"), axis=-1) if space else t
        library = ps.WeakPDELibrary(spatiotemporal_grid=grid, K=max(FEWEST, K // len(fields)), **common)
    elif space:
        library = ps.PDELibrary(spatial_grid=np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1), **common)
    optimizer: Any = ps.STLSQ()
    if method == "ensemble":
        optimizer = ps.EnsembleOptimizer(ps.STLSQ(), bagging=True, n_models=MODELS)
    np.random.seed(seed)  # PySINDy draws from the global generator
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ps.SINDy(feature_library=library, optimizer=optimizer)
        model.fit(fields if len(fields) > 1 else fields[0], t=t)
    told = [" ".join(sorted(name.split(" "))) for name in model.get_feature_names()]
    kept = [{told[k] for k in np.flatnonzero(row)} for row in model.coefficients()]
    return kept, len(told)
