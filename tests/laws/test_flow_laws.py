"""The laws of flows: they generate the field, form a group, and prolong as the field does."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol

from symeq.geometry import (
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    boost,
    phase,
    read_generator,
    rotation,
    scaling,
    translation,
)
from symeq.geometry.identities import vanishes
from tests.laws.test_geometry_laws import GROUPS as ALL_GROUPS
from tests.laws.test_geometry_laws import JET_OF_GROUPS

EPS, DELTA = sympy.symbols("eps delta")
SPACE = Jet("t x y", "u v", order=1)
GROUPS = [
    translation("t", "x", "y"),
    rotation("x", "y"),
    rotation("x", "y", turning=[("u", "v")]),
    rotation("t", "x", "y"),
    scaling(t=2, x=1, u=-1),
    scaling({"x": Rational(3, 2), "u": Symbol("nu")}),
    boost("x", "u"),
    boost("x", "u") + boost("y", "v"),
    phase("u", "v"),
]
FURTHER = [
    "t*d_x + x*d_t",
    "4*t^2*d_t + 4*t*x*d_x - (x^2 + 2*t)*u*d_u",
    "t^2*d_t + t*x*d_x + (x - t*u)*d_u",
    "2*t*d_x - x*u*d_u",
    "(x^2 - y^2)*d_x + 2*x*y*d_y",
    "(1 + x^2)*d_x + x*u*d_u",
    "t*v*d_u - t*u*d_v",
    "exp(x)*d_x",
    "u^3*d_u + x*d_x",
    "sqrt(3)*y*d_x - x*d_y",
]
FIELDS = list(dict.fromkeys(v for g in GROUPS for v in g.on(SPACE).generators)) + [
    read_generator(text, SPACE) for text in FURTHER
]

over_fields = pytest.mark.parametrize("field", FIELDS, ids=str)


def flow_of(field: VectorField, parameter: Expr = EPS) -> PointMap:
    flow = field.flow(parameter)
    assert isinstance(flow, PointMap)
    return flow


def affine_fields(names: str) -> st.SearchStrategy[VectorField]:
    """z' = A z + b with small integers."""
    symbols = [Symbol(name) for name in names.split()]
    number = st.integers(-2, 2)
    row = st.tuples(*([number] * (len(symbols) + 1)))
    return st.tuples(*([row] * len(symbols))).map(
        lambda rows: VectorField(
            {
                z: sum((c * w for c, w in zip(r, (*symbols, 1), strict=True)), sympy.S.Zero)
                for z, r in zip(symbols, rows, strict=True)
            }
        )
    )


@over_fields
def test_a_flow_generates_its_field(field: VectorField) -> None:
    flow = flow_of(field)
    for z in field:
        assert vanishes(flow[z].diff(EPS) - field[z].xreplace(dict(flow.components)))
        assert vanishes(flow[z].subs(EPS, 0) - z)
    assert {z for z, _ in flow.components} == set(field)


@pytest.mark.parametrize("group", ALL_GROUPS, ids=str)
def test_every_generator_of_every_group_has_a_closed_flow(group: Symmetry) -> None:
    """Closed, begins as the generator, and goes where numerical integration goes."""
    draw = np.random.default_rng(0)
    points = {z.name: draw.uniform(0.2, 0.8, 3) for z in JET_OF_GROUPS.variables} | {"nu": 0.7}
    for field in group.on(JET_OF_GROUPS).generators:
        flow = flow_of(field)
        assert all(vanishes(flow[z].diff(EPS).subs(EPS, 0) - field[z]) for z in field)
        there, expected = flow.carry(points | {"eps": 0.1}), field.flow_numerically(0.1).carry(points)
        for name, values in expected.items():
            np.testing.assert_allclose(there[name], values, rtol=1e-8)


@over_fields
def test_flows_of_one_field_are_a_group(field: VectorField) -> None:
    """g_eps o g_delta = g_(eps + delta), on points close enough for all of it to exist."""
    third, fifth = Rational(1, 30), Rational(1, 50)
    together, one, other = (flow_of(field, s) for s in (third + fifth, third, fifth))
    draw = np.random.default_rng(0)
    points = {z.name: draw.uniform(0.2, 1.2, 9) for z in SPACE.variables} | {"nu": 0.4}
    there, expected = one.carry(other.carry(points)), together.carry(points)
    for name in points:
        np.testing.assert_allclose(there[name], expected[name], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("field", FIELDS[:8] + FIELDS[-8:-4], ids=str)
def test_the_group_law_holds_exactly(field: VectorField) -> None:
    one, other, together = flow_of(field), flow_of(field, DELTA), flow_of(field, EPS + DELTA)
    for z in field:
        composed = one[z].xreplace(dict(other.components))
        assert vanishes(composed - together[z])


@over_fields
def test_a_prolonged_flow_begins_as_the_prolonged_field(field: VectorField) -> None:
    """d/d eps at 0 of pr g_eps equals pr v."""
    images = flow_of(field).prolong(SPACE)
    prolonged = field.prolong(SPACE)
    for coordinate, image in images.items():
        assert vanishes(image.diff(EPS).subs(EPS, 0) - prolonged.get(coordinate, sympy.S.Zero))


@over_fields
def test_a_field_is_its_own_pull_back_along_its_flow(field: VectorField) -> None:
    """(D g) v = v o g."""
    flow = flow_of(field)
    for z in field:
        along = sum((field[w] * flow[z].diff(w) for w in field), sympy.S.Zero)
        assert vanishes(along - field[z].xreplace(dict(flow.components)))


INVARIANTS = [
    ("-y*d_x + x*d_y", "x^2 + y^2"),
    ("t*d_x + x*d_t", "t^2 - x^2"),
    ("t*d_x + d_u", "x - t*u"),
    ("t^2*d_t + t*x*d_x + (x - t*u)*d_u", "x/t"),
    ("t^2*d_t + t*x*d_x + (x - t*u)*d_u", "u*t - x"),
    ("(x^2 - y^2)*d_x + 2*x*y*d_y", "y/(x^2 + y^2)"),
    ("x*d_x + 2*t*d_t - u*d_u", "x*u"),
]


@pytest.mark.parametrize(("text", "invariant"), INVARIANTS)
def test_invariants_are_unchanged(text: str, invariant: str) -> None:
    field, i = read_generator(text, SPACE), SPACE.parse(invariant)
    assert vanishes(field.apply(i))
    assert vanishes(i.xreplace(dict(flow_of(field).components)) - i)


def test_differential_invariants_are_unchanged() -> None:
    """|grad u|^2 under rotations, by the prolonged finite rotation."""
    flow = flow_of(rotation("x", "y").generators[0])
    gradient = SPACE.parse("u_x^2 + u_y^2")
    assert vanishes(flow.apply(gradient, SPACE) - gradient)


@pytest.mark.parametrize("names", ["x", "x y"])
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_affine_field_of_the_line_and_plane_has_a_closed_flow(names: str, data: st.DataObject) -> None:
    field = data.draw(affine_fields(names))
    flow = flow_of(field)
    for z in field:
        assert vanishes(flow[z].diff(EPS) - field[z].xreplace(dict(flow.components)))
        assert vanishes(flow[z].subs(EPS, 0) - z)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(field=affine_fields("x y z"))
def test_every_affine_field_is_carried_one_way_or_the_other(field: VectorField) -> None:
    flow = field.flow(Rational(1, 4))
    points = {name: np.linspace(-1, 1, 5) ** k for k, name in enumerate("xyz")}
    there = flow.carry(points)
    expected = field.flow_numerically(Rational(1, 4)).carry(points) if field else points
    for name in points:
        np.testing.assert_allclose(there[name], expected[name], rtol=1e-7, atol=1e-8)


def test_groups_carry_what_their_flows_carry() -> None:
    """A product of flows is a map: rotations about three axes keep the distance."""
    maps = [flow_of(v, Rational(k + 1, 3)) for k, v in enumerate(rotation("t", "x", "y").generators)]
    moved = reduce(PointMap.compose, maps)
    points = {name: np.random.default_rng(0).normal(size=6) for name in "txy"}
    there = moved.carry(points)
    np.testing.assert_allclose(sum(v**2 for v in there.values()), sum(v**2 for v in points.values()))
    assert isinstance(Symmetry(maps=[moved]).maps[0], PointMap)
