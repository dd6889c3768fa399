"""The invariants of all groups: certified, annihilated at random points, counted where some are missing."""

from __future__ import annotations

import random
import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Matrix, N, Rational, S, Symbol

import symeq as sq
from tests.laws.test_geometry_laws import GROUPS

JET = sq.Jet("t x y", "u v", order=1)
PRECISION = 1e-18

over_groups = pytest.mark.parametrize("group", GROUPS, ids=str)


@cache
def found_for(group: sq.Symmetry) -> sq.Invariants:
    return sq.invariants(JET, group, budget=60)


def point(symbols: set[Symbol], seed: int) -> dict[Symbol, Expr]:
    draw = random.Random(seed)
    return {
        s: Rational(draw.randint(11, 99), draw.randint(11, 99)) for s in sorted(symbols, key=lambda s: s.name)
    }


def value(expression: Expr) -> float:
    return abs(complex(N(expression.subs(point(expression.free_symbols, 1)), 30)))


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
def test_invariants_are_annihilated_at_random_points(group: sq.Symmetry) -> None:
    found = found_for(group)
    for generator in found.symmetry.generators:
        coefficients = generator.prolong(JET)
        for i in found.invariants:
            slope = sum((f * i.diff(z) for z, f in coefficients.items()), S.Zero)
            assert value(slope) < PRECISION, (generator, i)
    for g in found.symmetry.maps:
        images = g.prolong(JET)
        for i in found.invariants:
            assert value(i.subs(images, simultaneous=True) - i) < PRECISION, (g, i)


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


matrices = st.lists(st.integers(-2, 2), min_size=4, max_size=4).map(lambda e: Matrix(2, 2, e))


@settings(max_examples=5, deadline=None, derandomize=True)
@given(matrices, matrices.filter(lambda m: m.det() != 0))
def test_counts_do_not_depend_on_the_coordinates(matrix: Matrix, change: Matrix) -> None:
    """A linear field and its conjugate have as many invariants, and those found are certified."""
    jet = sq.Jet("t", "x y", order=1)
    states = Matrix(jet.dependent)

    def field(m: Matrix) -> sq.Symmetry:
        components = zip(jet.dependent, m * states, strict=True)
        return sq.Symmetry([sq.VectorField({z: e for z, e in components if e != 0})])

    first = sq.invariants(jet, field(matrix), budget=20)
    second = sq.invariants(jet, field(change.inv() * matrix * change), budget=20)
    assert first.counts == second.counts
    assert first.certify().holds and second.certify().holds
