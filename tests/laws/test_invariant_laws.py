"""The invariants of all groups: all found and certified, and counted where some are missing."""

from __future__ import annotations

import time
from functools import cache

import pytest

import symeq as sq
from tests.laws.test_geometry_laws import GROUPS

JET = sq.Jet("t x y", "u v", order=1)

over_groups = pytest.mark.parametrize("group", GROUPS, ids=str)


@cache
def found_for(group: sq.Symmetry) -> sq.Invariants:
    return sq.invariants(JET, group, budget=60)


@over_groups
def test_all_invariants_are_found_and_certified(group: sq.Symmetry) -> None:
    found = found_for(group)
    certificate = found.certify()
    assert certificate.holds and found.complete
    assert found.counts.invariants[-1] == certificate.jacobian_rank == len(found.invariants)
    widths = [len(JET.with_order(k).coordinates) for k in range(2)]
    assert list(found.counts.jet) == widths
    assert [a - b for a, b in zip(widths, found.counts.orbit, strict=True)] == list(found.counts.invariants)


@over_groups
def test_the_jet_coordinates_of_large_orbits_are_no_invariants(group: sq.Symmetry) -> None:
    """What a generator moves is refused as a preferred invariant."""
    for generator in found_for(group).symmetry.generators[:2]:
        z = next(iter(generator))
        with pytest.raises(sq.InvalidInput, match="is moved by"):
            sq.invariants(JET, group, prefer=[z])


@pytest.mark.parametrize(("degree", "budget"), [(1, 60.0), (8, 1e-9)])
def test_what_is_missing_is_said(degree: int, budget: float) -> None:
    begun = time.perf_counter()
    found = sq.invariants(sq.Jet("x y z", "u", order=2), sq.SE("x", "y", "z"), degree=degree, budget=budget)
    assert time.perf_counter() - begun < 20
    assert found.missing == 7 - len(found.invariants) > 0 and not found.complete
    assert found.certify().holds
    assert any("missing" in note for note in found.notes)
