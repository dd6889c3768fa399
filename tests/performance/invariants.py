"""Differential invariants with their certificate: how many exist, how many are found, how fast."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from symeq.geometry import Jet, read_symmetry
from symeq.invariants import invariants

HEADER = (
    "group", "order", "dimension of the jet", "of the orbits", "invariants", "found", "complete", "certified",
    "s",
)  # fmt: skip
PATIENCE = 120.0  # seconds of each search


@dataclass(frozen=True)
class Case:
    """A group on a jet, and the order of the invariants."""

    name: str
    independent: str
    dependent: str
    symmetry: str
    order: int
    small: bool = False


CASES = (
    Case("SE(2), scalar", "x y", "u", "translation(x, y) + rotation(x, y)", 2, small=True),
    Case("SE(3), scalar", "x y z", "u", "translation(x, y, z) + rotation(x, y, z)", 2),
    Case("SE(3), vector", "x y z", "u v w", "translation(x, y, z) + rotation(x, y, z; u, v, w)", 1),
    Case(
        "Galilei and scaling",
        "t x",
        "u",
        "translation(t, x) + boost(x, u) + scaling(t=2, x=1, u=-1)",
        3,
    ),
    Case("SE(2), curves", "x", "u", "translation(x, u) + rotation(x, u)", 5),
    Case(
        "equi-affine, curves",
        "x",
        "u",
        "translation(x, u); x*d_u; u*d_x; x*d_x - u*d_u",
        5,
    ),
)


def rows(large: bool) -> Iterator[tuple[str, ...]]:
    """All cases, or the small one; seconds are those of one run, certificate included."""
    for case in CASES:
        if not (large or case.small):
            continue
        jet = Jet(case.independent, case.dependent, order=case.order)
        symmetry = read_symmetry(case.symmetry, jet)
        begun = time.perf_counter()
        found = invariants(jet, symmetry, order=case.order, budget=PATIENCE)
        seconds = time.perf_counter() - begun
        yield (
            case.name,
            str(case.order),
            str(found.counts.jet[-1]),
            str(found.counts.orbit[-1]),
            str(found.counts.invariants[-1]),
            str(len(found.invariants)),
            "yes" if found.complete else f"no, {found.missing} missing",
            "yes" if found.certify().holds else "NO",
            f"{seconds:.2f}",
        )
