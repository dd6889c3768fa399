"""Symmetries: sums, the jet they act on, closure under brackets and maps."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from sympy import Rational, Symbol, exp, sin, sqrt

from symeq.errors import InvalidInput
from symeq.geometry import (
    TIME,
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    boost,
    cyclic,
    permutation,
    read_symmetry,
    reflection,
    rotation,
    scaling,
    translation,
    trivial,
)
from symeq.geometry.names import as_symbols

CASES = Path(__file__).parents[1].joinpath("cases", "symbolic.json")
t, x, y, z, u, v, nu, mu = as_symbols("t x y z u v nu mu")


def closure(
    *fields: VectorField, maps: tuple[PointMap, ...] = (), parameters: str = ""
) -> tuple[VectorField, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Symmetry(fields, maps, parameters=parameters).closed().generators


def test_sums_join_labels_and_the_trivial_symmetry_is_neutral() -> None:
    both = translation("t") + boost("x", "u")
    assert both.label == "translation(t) + boost(x, u)" == str(both)
    assert (
        both + trivial == both == trivial + both
        and (both + trivial).label == (trivial + both).label == both.label
    )
    assert trivial + trivial == trivial and str(trivial + trivial) == "trivial" and not trivial
    assert both + both == both, "a generator counts once"
    assert Symmetry([VectorField({t: 1})]) == translation("t"), "labels do not count"
    assert str(Symmetry([VectorField({t: 1})], [PointMap({x: -x})])) == "d_t; x -> -x"
    assert Symmetry([VectorField({})], [PointMap({})]) == trivial


def test_a_symmetry_is_made_of_fields_and_maps() -> None:
    with pytest.raises(InvalidInput, match="found PointMap"):
        Symmetry([PointMap({x: -x})])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        trivial + 1  # type: ignore[operator]


def test_the_closure_of_a_rotation_and_a_shift_is_the_euclidean_algebra() -> None:
    """Case P22."""
    case = next(c for c in json.loads(CASES.read_text(encoding="utf-8"))["cases"] if c["id"] == "P22")
    jet = Jet(case["independent"], case["dependent"])
    given = Symmetry([VectorField({jet[a]: jet.parse(f) for a, f in g.items()}) for g in case["generators"]])
    with pytest.warns(UserWarning, match="added d_y"):
        closed = given.closed()
    assert len(closed.generators) == case["expected"]["dimension"]
    assert closed.generators[:2] == given.generators


CLOSURES = [
    ([{x: 1}, {x: x**2}], 3, "sl(2)"),
    ([{x: 1}, {x: x}, {x: x**2}], 3, "sl(2), closed already"),
    ([{x: u}, {u: x}], 3, "sl(2) on the plane"),
    ([{x: 1}, {u: 1}, {x: x * u, u: u**2}, {x: x**2, u: x * u}], 8, "projective plane, sl(3)"),
    ([{t: 1}, {x: t, u: 1}], 3, "Galilei"),
    ([{x: -y, y: x}, {y: -z, z: y}], 3, "so(3) from two of its rotations"),
    ([{x: 1}, {x: exp(x)}, {x: exp(-x)}], 3, "sl(2) with exponentials"),
    ([{x: 1}, {u: sin(x)}], 3, "u'' = -u"),
    ([{x: sqrt(3) * x}, {x: x}], 1, "dependent over the algebraic numbers"),
    ([{x: x}, {x: 2 * x}, {x: x + u}, {x: u}], 2, "dependent fields are dropped"),
    ([{x: 1}, {x: t}], 2, "t is a variable, though nothing moves it"),
    ([{x: 1, u: Rational(1, 3)}, {x: 3, u: 1}], 1, "thirds stay thirds"),
]


@pytest.mark.parametrize(
    ("fields", "dimension", "name"), CLOSURES, ids=lambda c: c if isinstance(c, str) else ""
)
def test_dimensions_of_closures(fields: list[dict[Symbol, object]], dimension: int, name: str) -> None:
    assert len(closure(*map(VectorField, fields))) == dimension


def test_parameters_are_constants_of_the_span() -> None:
    fields = VectorField({x: x, u: nu * u}), VectorField({x: 1}), VectorField({u: x})
    assert len(closure(*fields, parameters="nu")) == 4
    assert len(closure(VectorField({x: 1}), VectorField({x: nu}), parameters="nu")) == 1
    assert len(closure(VectorField({x: 1}), VectorField({x: nu}))) == 2
    spiral = VectorField({x: nu * x - sqrt(3) * y, y: sqrt(3) * x + nu * y})
    assert len(closure(spiral, spiral * mu, VectorField({x: 1}), parameters="nu mu")) == 3


def test_maps_close_the_generators_too() -> None:
    exchange = PointMap({x: y, y: x})
    assert set(closure(VectorField({x: 1}), maps=(exchange,))) == {VectorField({x: 1}), VectorField({y: 1})}
    assert len(closure(VectorField({x: -y, y: x}), maps=(PointMap({x: y, y: z, z: x}),))) == 3
    third = PointMap({x: -x / 2 - sqrt(3) * y / 2, y: sqrt(3) * x / 2 - y / 2})
    assert len(closure(VectorField({x: 1}), maps=(third,))) == 2
    inversion = PointMap({x: x / (x**2 + y**2), y: y / (x**2 + y**2)})
    plane = (translation("x", "y") + rotation("x", "y")).generators
    assert len(closure(*plane, maps=(inversion,))) == 6, "the conformal algebra so(3, 1)"


def test_a_closed_symmetry_is_returned_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for symmetry in (rotation("x", "y", "z"), translation("x") + scaling(x=1), trivial, reflection("x")):
            assert symmetry.closed() == symmetry and symmetry.closed().label == symmetry.label


def test_added_fields_are_readable() -> None:
    (*_, added) = closure(VectorField({x: 1}), VectorField({x: x**2}))
    assert added == VectorField({x: x})


@pytest.mark.parametrize("fields", [[{x: u**2}, {u: x**2}], [{x: 1}, {x: x**3}], [{u: exp(x)}, {x: u}]])
def test_an_algebra_of_infinite_dimension_is_refused(fields: list[dict[Symbol, object]]) -> None:
    with pytest.raises(InvalidInput, match="more than 12 independent fields, such as"):
        Symmetry([VectorField(f) for f in fields]).closed(limit=12)


def test_the_time_of_a_boost_is_the_leads_independent_variable() -> None:
    free = boost("x", "u")
    assert free.generators[0][Symbol("x")] is TIME
    assert free.on(Jet("t x", "u")).generators == (VectorField({x: t, u: 1}),)
    assert free.on(Jet("x t", "u"), "t") == free.on(Jet("t x", "u")) == boost("x", "u", "t")
    assert free.on(Jet("t x", "u"), TIME) == free


def test_symbols_are_those_of_the_jet() -> None:
    real = Symbol("x", real=True)
    (turn,) = rotation("x", "y").on(Jet("t", [real, "y"])).generators
    assert turn == VectorField({real: -y, y: real})
    (mirror,) = reflection("x").on(Jet("t", [real])).maps
    assert mirror == PointMap({real: -real})


STRANGERS = [
    (
        rotation("x", "z"),
        Jet("t", "x y"),
        "`rotation(x, z)`: z is not a coordinate of Jet(t; x, y). Its states are x, y.",
    ),
    (
        reflection("w"),
        Jet("t x", "u"),
        "`reflection(w)`: w is not a coordinate of Jet(t, x; u). Its variables are t, x; u.",
    ),
    (translation("u_x"), Jet("t x", "u"), "Point transformations do not involve derivatives."),
    (translation("temp"), Jet("t x", "Temp"), "Did you mean `Temp`?"),
    (scaling({"x": nu, "nu": 1}), Jet("t x", "u"), "It is a parameter, which no transformation moves."),
    (Symmetry([VectorField({x: mu * x})]), Jet("t x", "u"), "must be declared as a parameter."),
]


@pytest.mark.parametrize(
    ("symmetry", "jet", "message"), STRANGERS, ids=lambda c: str(c) if isinstance(c, Jet) else ""
)
def test_strangers_are_named(symmetry: Symmetry, jet: Jet, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        symmetry.on(jet)
    assert message in str(caught.value)


def test_declared_parameters_are_welcome_and_kept() -> None:
    symmetry = Symmetry([VectorField({x: mu * x})]).on(Jet("t x", "u"), parameters="mu")
    assert symmetry.parameters == (mu,)
    assert scaling({"x": nu}).parameters == (nu,) == (scaling({"x": nu}) + translation("t")).parameters


def test_latex() -> None:
    assert (
        translation("t") + reflection("x", "u")
    ).latex() == r"\partial_{t};\quad x \mapsto - x,\ u \mapsto - u"
    assert trivial.latex() == r"\varnothing"


def test_groups_of_the_text_grammar_close() -> None:
    text = "rotation(x, y; u, v) + translation(t, x, y) + boost(x, u) + boost(y, v)"
    symmetry = read_symmetry(text, Jet("t x y", "u v p")).on(Jet("t x y", "u v p"))
    assert symmetry.closed() == symmetry and len(symmetry.generators) == 6
    assert len((cyclic("x", "y", "z") + permutation("x", "y")).maps) == 2


@pytest.mark.parametrize(
    "text",
    [
        "t*d_t + x*d_x; exp(t)*d_u",
        "exp(x)*d_u; sqrt(3)*x*d_x + t*d_t",
        "u^2*d_x + x*d_u; d_x",
        "x^3*d_x; d_x; u*d_t",
    ],
)
def test_an_algebra_without_end_is_noticed(text: str) -> None:
    """Polynomials, exponentials and algebraic numbers alike; it took half a minute once."""
    with pytest.raises(InvalidInput, match="brackets give more than 64 independent fields"):
        read_symmetry(text, Jet("t x", "u")).closed()
