"""Fields: the published files, where they are present, and lambda-omega beside PySINDy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import symeq as sq
from symeq.geometry import read_symmetry
from symeq.interop.pysindy import plain_pysindy
from systems import SYSTEMS
from systems.noise import add_noise

PUBLISHED = (
    ("burgers.mat", {"usol": "u"}, 2, "translation(t, x) + boost(x, u)", {"u*u_x": -1.0, "u_xx": 0.1}),
    (
        "kdv.mat",
        {"usol": "u"},
        3,
        "translation(t, x); 6*t*d_x + d_u; scaling(x=1, t=3, u=-2)",
        {"u*u_x": -6.0, "u_xxx": -1.0},
    ),
    (
        "kuramoto_sivishinky.mat",
        {"uu": "u", "tt": "t"},
        4,
        "translation(t, x) + boost(x, u)",
        {"u*u_x": -1.0, "u_xx": -1.0, "u_xxxx": -1.0},
    ),
)
PUBLISHED_HEADER = ("file", "symmetry", "allowed / library", "added noise", "exact", "largest error", "s")
ADDED = (0.0, 0.05, 0.2)
LAMBDA_OMEGA_HEADER = ("noise", "search", "allowed / library", "exact", "largest error", "s")


def published(folder: Path) -> Iterator[tuple[str, ...]]:
    """The three fields of Rudy et al., Science Advances 2017, as they are and with one draw of noise added,
    with the boost that each law has and without."""
    for name, rename, order, symmetry, truth in PUBLISHED:
        if not (folder / name).exists():
            yield (name, "file not present: skipped", "", "", "", "", "")
            continue
        jet = sq.Jet("t x", "u", order=order)
        library = sq.default_library(jet, [jet["u_t"]], 3, order)
        for text in (symmetry, ""):
            allowed = sq.linear_ansatz(jet, library, read_symmetry(text, jet) if text else sq.trivial)
            for level in ADDED:
                record = sq.open_record(str(folder / name), ["t", "x"], ["u"], rename=rename)
                record = add_noise(record, level, 0) if level else record
                begun = time.process_time()
                law = sq.discover(allowed, sq.sample(record, jet))
                exact, error = _against(law, {("u_t", term): value for term, value in truth.items()})
                yield (
                    name,
                    text or "none",
                    f"{allowed.unknowns} / {allowed.library_unknowns}",
                    f"{level:.0%}",
                    "yes" if exact else "no",
                    f"{error:.1e}" if level == 0 else f"{error:.2%}",
                    f"{time.process_time() - begun:.1f}",
                )


def lambda_omega(points: int, frames: int) -> Iterator[tuple[str, ...]]:
    """A random field with noise: the symmetric search, the same without symmetry, and plain PySINDy."""
    system = SYSTEMS["lambda_omega"]
    jet = system.jet
    truth = {
        (str(lead), str(term)): float(value)
        for lead, rhs in system.law.items()
        for term, value in rhs.expand().as_coefficients_dict().items()
    }
    clean = system.simulate(seed=0, points=points, frames=frames, duration=0.05 * (frames - 1))
    for noise in (0.02, 0.1):
        record = add_noise(clean, noise, 0)
        samples = sq.sample(record, jet)
        searches = {"symmetric": system.symmetry, "none": sq.trivial, "PySINDy, defaults": sq.trivial}
        for name, symmetry in searches.items():
            begun = time.perf_counter()
            allowed = sq.linear_ansatz(jet, system.candidates, symmetry)
            plain = name.startswith("PySINDy")
            law = plain_pysindy(record, allowed, samples=samples) if plain else sq.discover(allowed, samples)
            exact, error = _against(law, truth)
            seconds = time.perf_counter() - begun
            yield (
                f"{noise:.0%}",
                name,
                f"{allowed.unknowns} / {allowed.library_unknowns}",
                "yes" if exact else "no",
                f"{error:.2%}",
                f"{seconds:.2f}",
            )


def _against(law: sq.Discovery, truth: dict[tuple[str, str], float]) -> tuple[bool, float]:
    found = {(str(term.lead), str(term.expression)): term.value for term in law.terms if term.value}
    errors = [abs(found.get(at, 0.0) - value) / abs(value) for at, value in truth.items()]
    return set(found) == set(truth), float(np.max(errors))
