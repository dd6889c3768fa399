"""Invariants by other roads: SymPy's functions, dense ranks, finite flows, changes of variables."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import product

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.polys.matrices import DomainMatrix

from symeq.geometry import Jet, PointMap, Symmetry, VectorField
from symeq.invariants import Invariants, invariants
from tests.ansatz.independent import prolonged, transformed
from tests.laws.test_geometry_laws import GROUPS, JET_OF_GROUPS, affine_maps

DIGITS = 40
SMALL = 8  # coordinates of the jets that are gone through at order 2 and above
NU = sp.Symbol("nu")
Row = dict[sp.Symbol, sp.Expr]
Point = dict[sp.Symbol, sp.Expr]


def moved_by(group: Symmetry) -> set[sp.Symbol]:
    members = group.on(JET_OF_GROUPS).members
    return {s for m in members for z, f in m.components for s in (z, *f.free_symbols)}


@cache
def home(group: Symmetry) -> Jet:
    """The jet of the variables that a group moves, of the highest order up to 5 that stays small."""
    moved = moved_by(group)
    xs = [z for z in JET_OF_GROUPS.independent if z in moved] or ["x"]
    us = [z for z in JET_OF_GROUPS.dependent if z in moved] or ["u"]
    highest = 5 if len(group.on(JET_OF_GROUPS).generators) > 3 else 2
    orders = [k for k in range(2, highest + 1) if len(Jet(xs, us, order=k).coordinates) <= SMALL]
    return Jet(xs, us, order=max(orders, default=1))


# A parameter beside eleven coordinates takes ten seconds, and says no more than it does beside five.
QUICK = [group for group in GROUPS if NU not in moved_by(group) or len(home(group).coordinates) < 11]
over_groups = pytest.mark.parametrize("group", QUICK, ids=str)


@cache
def of(group: Symmetry) -> Invariants:
    return invariants(home(group), group, parameters="nu")


@cache
def rows(jet: Jet, fields: tuple[VectorField, ...]) -> list[Row]:
    """The prolonged fields by SymPy's functions."""
    return [{z: prolonged(jet, v, z) for z in jet.coordinates} for v in fields]


def somewhere(jet: Jet, seed: int = 0) -> Point:
    draw = random.Random(seed)
    numbers = {z: sp.Rational(draw.randint(100, 999), draw.randint(100, 499)) for z in jet.coordinates}
    return numbers | {NU: sp.Rational(3, 7)}


def value(f: sp.Expr, point: Point) -> sp.Expr:
    return sp.N(sp.sympify(f).subs(point), DIGITS)


def equal(a: sp.Expr, b: sp.Expr) -> bool:
    return bool(abs(a - b) < sp.Float(10) ** (10 - DIGITS) * (1 + abs(b)))


def applied(row: Row, f: sp.Expr, point: Point) -> sp.Expr:
    return sp.Add(*(value(row[z], point) * value(f.diff(z), point) for z in f.free_symbols & row.keys()))


def orbit_dimensions(jet: Jet, fields: tuple[VectorField, ...]) -> tuple[int, ...]:
    """The rank over the rationals at a random point, order by order."""
    widths = [len(jet.with_order(k).coordinates) for k in range(jet.order + 1)]
    if not fields:
        return (0,) * len(widths)
    point = somewhere(jet, seed=1)
    matrix = sp.Matrix([[row[z].subs(point) for z in jet.coordinates] for row in rows(jet, fields)])
    return tuple(DomainMatrix.from_Matrix(matrix[:, :n]).to_field().rank() for n in widths)


def rank_of(numbers: Sequence[Sequence[sp.Expr]]) -> int:
    """The rank of numbers with many digits, by singular values."""
    with mpmath.workdps(DIGITS):
        matrix = mpmath.matrix([list(map(mpmath.mpmathify, row)) for row in numbers])
        sizes = mpmath.svd_c(matrix, compute_uv=False)
        return sum(bool(s > mpmath.mpf(10) ** (15 - DIGITS) * sizes[0]) for s in sizes)


def jacobian_rank(jet: Jet, functions: Sequence[sp.Expr]) -> int:
    point = somewhere(jet, seed=2)
    slopes = [[value(f.diff(z), point) for z in jet.coordinates] for f in functions]
    return rank_of(slopes) if slopes else 0


@over_groups
def test_there_are_as_many_as_the_orbits_leave(group: Symmetry) -> None:
    """N_k = dim J^k - rank, by dense linear algebra over the rationals; and all of them are found."""
    found, jet = of(group), home(group)
    orbits = orbit_dimensions(jet, found.symmetry.generators)
    sizes = tuple(len(jet.with_order(k).coordinates) for k in range(jet.order + 1))
    assert found.counts.orbit == orbits
    assert found.found == tuple(a - b for a, b in zip(sizes, orbits, strict=True))
    assert jacobian_rank(jet, found.invariants) == len(found.invariants)


@over_groups
def test_every_generator_annihilates_them(group: Symmetry) -> None:
    found, jet = of(group), home(group)
    point = somewhere(jet)
    for row, i in product(rows(jet, found.symmetry.generators), found.invariants):
        assert equal(applied(row, i, point), sp.S.Zero), i


@over_groups
def test_flows_and_maps_leave_them_unchanged(group: Symmetry) -> None:
    """Finite transformations prolong by the chain rule, not by the formula for fields."""
    found, jet = of(group), home(group)
    point = somewhere(jet)
    # Where flows bend the plane, second derivatives are long.
    low = jet if len(jet.independent) == 1 else jet.with_order(1)
    small = [i for i in found.invariants if not i.free_symbols & {*jet.coordinates} - {*low.coordinates}]
    used = sorted({z for i in small for z in i.free_symbols & {*jet.coordinates}}, key=str)
    for field in found.symmetry.generators if used else ():
        flow = VectorField({z: f.subs(NU, point[NU]) for z, f in field.components}).flow(sp.Rational(1, 97))
        assert isinstance(flow, PointMap)
        there = {z: value(f, point) for z, f in flow.prolong(jet, used).items()}
        for i in small:
            assert equal(value(i, point | there), value(i, point)), (i, field)
    for g, i in product(found.symmetry.maps, found.invariants):
        assert equal(value(transformed(jet, g, i), point), value(i, point)), (i, g)


@over_groups
def test_operators_commute_with_the_generators(group: Symmetry) -> None:
    """pr v(h^i) = sum_j h^j D_j xi^i, for as many independent operators as are given."""
    found, jet = of(group), home(group)
    low = jet.with_order(max([1, *(d.order for d in found.operators)]))
    point = somewhere(low)
    for field, row in zip(found.symmetry.generators, rows(low, found.symmetry.generators), strict=True):
        for operator, (x, slot) in product(found.operators, zip(jet.independent, range(9), strict=False)):
            h = operator.coefficients
            slopes = [low.total_derivative(field[x], y) for y in jet.independent]
            expected = sp.Add(*(value(g, point) * value(s, point) for g, s in zip(h, slopes, strict=True)))
            assert equal(applied(row, h[slot], point), expected), (operator, field)
    numbers = [[value(h, point) for h in d.coefficients] for d in found.operators]
    assert not numbers or rank_of(numbers) == len(numbers)


@over_groups
def test_the_frame_is_carried_along(group: Symmetry) -> None:
    """pr v(Q^a) = sum_b (d phi^a/d u^b - sum_i u^a_i d xi^i/d u^b) Q^b, for independent Q."""
    found, jet = of(group), home(group)
    symbols = {s for q in found.frame for f in q for s in f.free_symbols if jet.is_coordinate(s)}
    low = jet.with_order(max([1, *map(jet.order_of, symbols)]))
    point = somewhere(low)
    for field, row in zip(found.symmetry.generators, rows(low, found.symmetry.generators), strict=True):
        for q, (a, u) in product(found.frame, list(enumerate(jet.dependent))):
            mixing = [
                field[u].diff(w) - sum(jet.derivative(u, x) * field[x].diff(w) for x in jet.independent)
                for w in jet.dependent
            ]
            expected = sp.Add(*(value(m, point) * value(f, point) for m, f in zip(mixing, q, strict=True)))
            assert equal(applied(row, q[a], point), expected), (q, field)
    numbers = [[value(f, point) for f in q] for q in found.frame]
    assert not numbers or rank_of(numbers) == len(numbers)


KNOWN = [
    (Jet("x", "u", order=3), ["1", "0"], ["0", "1"], ["-u", "x"]),
    (Jet("x", "u", order=4), ["1", "0"], ["0", "1"], ["0", "x"], ["u", "0"], ["x", "-u"]),
    (Jet("x", "u", order=3), ["0", "1"], ["0", "u"], ["0", "u^2"]),
    (Jet("x", "u", order=2), ["1", "0"], ["x", "2*u"]),
    (Jet("x y", "u", order=1), ["1", "0", "0"], ["0", "1", "0"], ["-y", "x", "0"]),
    (Jet("t x", "u", order=2), ["1", "0", "0"], ["0", "1", "0"], ["0", "t", "1"]),
]


@pytest.mark.parametrize("known", KNOWN, ids=str)
@settings(max_examples=2, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_change_of_variables_carries_invariants_to_invariants(
    known: tuple[Jet, Sequence[str]], data: st.DataObject
) -> None:
    """I o g is an invariant of g^* v; both sets are complete, so each is a function of the other."""
    jet, *texts = known
    fields = [VectorField(dict(zip(jet.variables, map(jet.parse, f), strict=True))) for f in texts]
    g = data.draw(affine_maps(jet))
    plain = invariants(jet, Symmetry(fields))
    there = invariants(jet, Symmetry([g.pull_back(v) for v in fields]))
    assert there.counts == plain.counts and there.complete and there.certify().holds
    images = [transformed(jet, g, i) for i in plain.invariants]
    n = len(images)
    assert jacobian_rank(jet, [*there.invariants, *images]) == jacobian_rank(jet, images) == n


LINEAR_JETS = [Jet("x", "u", order=2), Jet("x y", "u", order=1), Jet("t", "x y", order=1)]


def linear_fields(jet: Jet) -> st.SearchStrategy[VectorField]:
    entry = st.sampled_from([-2, -1, 0, 0, 0, 1, 1, 3])
    size = len(jet.variables)
    return st.lists(entry, min_size=size * size, max_size=size * size).map(
        lambda a: VectorField(
            {
                z: sum((a[size * i + j] * w for j, w in enumerate(jet.variables)), sp.S.Zero)
                for i, z in enumerate(jet.variables)
            }
        )
    )


@pytest.mark.parametrize("jet", LINEAR_JETS, ids=str)
@pytest.mark.filterwarnings("ignore:.*does not close")
@settings(max_examples=4, deadline=None, derandomize=True)
@given(data=st.data())
def test_random_linear_actions(jet: Jet, data: st.DataObject) -> None:
    fields = data.draw(st.lists(linear_fields(jet), min_size=1, max_size=2))
    found = invariants(jet, Symmetry([v for v in fields if v]), degree=2, budget=0.5)
    orbits = orbit_dimensions(jet, found.symmetry.generators)
    assert found.counts.orbit == orbits and found.certify().holds
    assert jacobian_rank(jet, found.invariants) == len(found.invariants)
    assert len(found.invariants) + found.missing == found.counts.jet[-1] - orbits[-1]
    assert found.complete or found.notes
    point = somewhere(jet)
    for row, i in product(rows(jet, found.symmetry.generators), found.invariants):
        assert equal(applied(row, i, point), sp.S.Zero), (i, fields)


@pytest.mark.parametrize(
    ("jet", "field", "text"),
    [
        (Jet("x y", "u", order=1), {"x": "-y", "y": "x"}, "u_x**2 + u_y**2"),
        (Jet("t x", "u", order=1), {"x": "t", "u": "1"}, "u_t + u*u_x"),
        (Jet("x", "u", order=2), {"x": "-u", "u": "x"}, "u_xx/(1 + u_x**2)**(3/2)"),
    ],
)
def test_the_road_by_functions_can_say_no(jet: Jet, field: dict[str, str], text: str) -> None:
    v = VectorField({z: jet.parse(f) for z, f in field.items()})
    right = jet.parse(text)
    point, (row,) = somewhere(jet), rows(jet, (v,))
    assert equal(applied(row, right, point), sp.S.Zero)
    for wrong in (right + jet.derivative("u", jet.independent[0]), right * (1 + jet["x"])):
        assert not equal(applied(row, wrong, point), sp.S.Zero)
