"""The laws of the geometry floor: lists of jets and groups, random polynomial fields and maps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import reduce
from itertools import combinations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol

from symeq.geometry import (
    GL,
    SE,
    SL,
    SL2,
    SO,
    SU2,
    U1,
    E,
    Galilei,
    Jet,
    Lorentz,
    O,
    Poincare,
    PointMap,
    Schroedinger,
    Symmetry,
    VectorField,
    affine,
    boost,
    conformal,
    cyclic,
    discrete_rotation,
    equiaffine,
    parity,
    permutation,
    phase,
    projective,
    read_generator,
    read_map,
    read_symmetry,
    reflection,
    rotation,
    scaling,
    symplectic,
    time_reversal,
    translation,
    trivial,
)

JETS = [
    Jet("x", "u", order=3),
    Jet("t x", "u", order=2),
    Jet("t", "x y", order=2),
    Jet("t x", "u v", order=2),
    Jet("x1 x2", "theta", order=2),
    Jet("S I", "E N", order=2),
    Jet("beta Q", "gamma lambda", order=2),
    Jet("t x", "u u_x", order=2),
    Jet("x t", "d", order=2),
]
GROUPS = [
    trivial,
    translation("t", "x", "y"),
    rotation("x", "y"),
    rotation("x", "y", turning=[("u", "v")]),
    rotation("t", "x", "y"),
    scaling(t=2, x=1, u=-1),
    scaling({"x": Rational(3, 2), "u": Symbol("nu")}),
    boost("x", "u"),
    boost("x", "u") + boost("y", "v"),
    reflection("x", "u"),
    permutation("x", "y", turning=[("u", "v")]),
    cyclic("t", "x", "y"),
    phase("u", "v"),
    rotation("x", "y", turning=[("u", "v")]) + translation("x", "y") + reflection("x", "u"),
    SO("x", "y", turning=[("u", "v")]),
    O("x", "y", pseudo=["u"]),
    SE("t", "x", "y"),
    SE("x", turning=["u"]),
    E("x", "y", turning=[("u", "v")]),
    Galilei("t", ("x", "y"), ("u", "v")),
    Galilei("t", ("x", "y")),
    Schroedinger("t", ("x", "y"), ("u", "v"), c=Symbol("nu")),
    Schroedinger("t", "x", ("u", "v"), weight=-1, c=Rational(1, 2)),
    Lorentz("t", ("x", "y")),
    Lorentz("t", "x", c=Symbol("nu"), turning=[("u", "v")]),
    Poincare("t", ("x", "y"), c=2),
    Poincare("t", "x", dual=[("u", "v")]),
    conformal("x", "y", weights={"u": Rational(-1, 2)}),
    conformal("x", "y", turning=[("u", "v")], weights={"u": -1, "v": -1}),
    conformal("x", "y", time="t", c=Symbol("nu"), weights={"u": Rational(-1, 2)}),
    GL("x", "y", turning=[("u", "v")]),
    SL("x", "y", dual=[("u", "v")]),
    SL2("x", weights={"u": Symbol("nu")}),
    SL2("u"),
    affine("x", "u"),
    equiaffine("x", "u"),
    projective("x", "u"),
    symplectic(("x", "y"), ("u", "v")),
    SU2("x", "y", "u", "v"),
    U1("x", "y", turning=[("u", "v")]),
    parity("x", "y", turning=[("u", "v")]),
    time_reversal("t", ("u", "v")),
    discrete_rotation("x", "y", order=3, turning=[("u", "v")]),
    Galilei("t", "x", "u") + VectorField({"v": 1}) + PointMap({"v": -Symbol("v")}),
]
JET_OF_GROUPS = Jet("t x y", "u v", order=2)

laws = settings(max_examples=8, deadline=None, derandomize=True)
over_jets = pytest.mark.parametrize("jet", JETS, ids=lambda jet: str(jet))
over_groups = pytest.mark.parametrize("group", GROUPS, ids=str)


def polynomials(symbols: Sequence[Symbol], terms: int = 3, degree: int = 2) -> st.SearchStrategy[Expr]:
    numbers = st.fractions(-3, 3, max_denominator=3).map(lambda f: Rational(f.numerator, f.denominator))
    monomials = st.lists(st.sampled_from(list(symbols)), max_size=degree).map(
        lambda factors: sympy.Mul(*factors)
    )
    term = st.tuples(numbers, monomials).map(lambda pair: pair[0] * pair[1])
    return st.lists(term, min_size=1, max_size=terms).map(lambda found: sympy.Add(*found))


def fields(jet: Jet) -> st.SearchStrategy[VectorField]:
    component = polynomials(jet.variables, terms=2)
    return st.dictionaries(st.sampled_from(jet.variables), component, min_size=1).map(VectorField)


def affine_maps(jet: Jet) -> st.SearchStrategy[PointMap]:
    """Invertible by construction: shears and scalings, one after the other; x' depends on x alone."""

    def step(chosen: tuple[Symbol, Symbol, int, int]) -> PointMap:
        z, w, slope, shift = chosen
        if z in jet.independent and w in jet.dependent:
            z, w = w, z
        return PointMap({z: (z + slope * w if z != w else (slope or -1) * z) + shift})

    variable = st.sampled_from(jet.variables)
    steps = st.tuples(variable, variable, st.integers(-2, 2), st.integers(-1, 1)).map(step)
    return st.lists(steps, min_size=1, max_size=3).map(lambda parts: reduce(PointMap.compose, parts))


def bracket_of(v: dict[Symbol, Expr], w: dict[Symbol, Expr]) -> dict[Symbol, Expr]:
    """The bracket of two fields on the jet, both given by all their coefficients."""
    along = {
        z: sum((f * w.get(z, sympy.S.Zero).diff(c) for c, f in v.items()), sympy.S.Zero) for z in {*v, *w}
    }
    against = {
        z: sum((f * v.get(z, sympy.S.Zero).diff(c) for c, f in w.items()), sympy.S.Zero) for z in {*v, *w}
    }
    return {z: f for z in along if (f := sympy.expand(along[z] - against[z])) != 0}


@over_jets
@laws
@given(data=st.data())
def test_total_derivatives_commute(jet: Jet, data: st.DataObject) -> None:
    expression = data.draw(polynomials(jet.coordinates))
    for x in jet.independent:
        for y in jet.independent:
            there = jet.total_derivative(jet.total_derivative(expression, x), y)
            assert there == jet.total_derivative(jet.total_derivative(expression, y), x)


@over_jets
@laws
@given(data=st.data())
def test_leibniz(jet: Jet, data: st.DataObject) -> None:
    v = data.draw(fields(jet))
    f, g = data.draw(polynomials(jet.coordinates)), data.draw(polynomials(jet.coordinates))
    for derivation in (
        lambda e: jet.total_derivative(e, jet.independent[-1]),
        lambda e: v.apply(e, jet),
    ):
        assert derivation(f * g) == sympy.expand(derivation(f) * g + f * derivation(g))


@over_jets
@laws
@given(data=st.data())
def test_prolongation_commutes_with_the_bracket(jet: Jet, data: st.DataObject) -> None:
    v, w = data.draw(fields(jet)), data.draw(fields(jet))
    assert v.bracket(w).prolong(jet) == bracket_of(v.prolong(jet), w.prolong(jet))


@over_jets
@laws
@given(data=st.data())
def test_a_prolonged_field_preserves_contact_forms(jet: Jet, data: st.DataObject) -> None:
    """[pr v, D_i] = -sum_k (D_i xi^k) D_k on every coordinate, which is the recursion in either direction."""
    v = data.draw(fields(jet))
    prolonged = v.prolong(jet)
    for coordinate in jet.with_order(jet.order - 1).coordinates[len(jet.independent) :]:
        for x in jet.independent:
            raised = jet.derivative(coordinate, x)
            expected = jet.total_derivative(prolonged.get(coordinate, sympy.S.Zero), x)
            for y in jet.independent:
                expected -= jet.total_derivative(v[y], x) * jet.derivative(coordinate, y)
            assert sympy.expand(expected) == prolonged.get(raised, 0)


@over_jets
@laws
@given(data=st.data())
def test_prolongation_is_linear_and_does_not_depend_on_the_order(jet: Jet, data: st.DataObject) -> None:
    v, w = data.draw(fields(jet)), data.draw(fields(jet))
    higher = (3 * v - w).prolong(jet.with_order(jet.order + 1))
    for coordinate in jet.coordinates:
        expected = 3 * v.prolong(jet).get(coordinate, 0) - w.prolong(jet).get(coordinate, 0)
        assert sympy.expand(expected) == higher.get(coordinate, 0)


@over_jets
@laws
@given(data=st.data())
def test_the_bracket_is_a_lie_bracket(jet: Jet, data: st.DataObject) -> None:
    u, v, w = (data.draw(fields(jet)) for _ in range(3))
    assert u.bracket(v) == -v.bracket(u) and not u.bracket(u)
    assert (u + 2 * v).bracket(w) == u.bracket(w) + 2 * v.bracket(w)
    assert not u.bracket(v.bracket(w)) + v.bracket(w.bracket(u)) + w.bracket(u.bracket(v))


@over_jets
@laws
@given(data=st.data())
def test_a_map_and_its_inverse_are_the_identity_on_the_jet(jet: Jet, data: st.DataObject) -> None:
    g = data.draw(affine_maps(jet))
    images, back = g.prolong(jet), g.inverse(jet).prolong(jet)
    for coordinate in jet.coordinates:
        assert sympy.expand(back[coordinate].xreplace(images)) == coordinate


BENT_MAPS = [
    (Jet("x", "u", order=3), "x -> u, u -> x"),
    (Jet("x", "u", order=2), "x -> x + u, u -> u - x"),
    (Jet("x", "u", order=3), "x -> 1/x, u -> u/x"),
    (Jet("t x", "u", order=2), "t -> t/(1 + 4*t), x -> x/(1 + 4*t), u -> u*(1 + 4*t)"),
    (Jet("x y", "u", order=2), "x -> x/(x^2 + y^2), y -> y/(x^2 + y^2)"),
    (Jet("t x", "u", order=1), "x -> x + u^2, u -> -u"),
]


@pytest.mark.parametrize(("jet", "text"), BENT_MAPS, ids=[text for _, text in BENT_MAPS])
def test_maps_that_bend_the_independent_variables_are_undone_too(jet: Jet, text: str) -> None:
    g = read_map(text, jet)
    images, back = g.prolong(jet), g.inverse(jet).prolong(jet)
    assert any(images[coordinate] != coordinate for coordinate in jet.coordinates)
    for coordinate in jet.coordinates:
        assert sympy.cancel(sympy.together(back[coordinate].xreplace(images))) == coordinate


@pytest.mark.parametrize("jet", JETS[:4], ids=str)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_maps_act_on_the_jet_as_a_group(jet: Jet, data: st.DataObject) -> None:
    g, h = data.draw(affine_maps(jet)), data.draw(affine_maps(jet))
    expression = data.draw(polynomials(jet.coordinates, terms=2))
    together = g.compose(h).apply(expression, jet)
    assert sympy.cancel(together - h.apply(g.apply(expression, jet), jet)) == 0


@pytest.mark.parametrize("jet", JETS[:4], ids=str)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_pulled_back_field_acts_on_pulled_back_functions(jet: Jet, data: st.DataObject) -> None:
    """pr(g^* v)(F o g) = (pr v F) o g."""
    g, v = data.draw(affine_maps(jet)), data.draw(fields(jet))
    expression = data.draw(polynomials(jet.with_order(1).coordinates, terms=2))
    there = g.pull_back(v).apply(g.apply(expression, jet), jet)
    assert sympy.cancel(there - g.apply(v.apply(expression, jet), jet)) == 0


@pytest.mark.parametrize("jet", JETS[:6], ids=str)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_field_is_the_derivative_of_its_flow_on_the_jet_too(jet: Jet, data: st.DataObject) -> None:
    """d/ds at s = 0 of the prolongation of z -> z + s v(z): maps and fields prolong by different formulas."""
    v, s = data.draw(fields(jet)), Symbol("s")
    flow = PointMap({z: z + s * f for z, f in v.components})
    low = jet.with_order(2 if len(jet.variables) < 4 else 1)
    prolonged = v.prolong(low)
    for coordinate, image in flow.prolong(low).items():
        assert sympy.expand(image.diff(s).subs(s, 0)) == prolonged.get(coordinate, 0)


@over_jets
@laws
@given(data=st.data())
def test_printed_fields_and_maps_are_read_back(jet: Jet, data: st.DataObject) -> None:
    v, g = data.draw(fields(jet)), data.draw(affine_maps(jet))
    assert read_generator(str(v), jet) == v
    assert read_map(str(g), jet) == g
    symmetry = Symmetry([v], [g])
    assert read_symmetry(str(symmetry), jet) == symmetry


@over_jets
@laws
@given(data=st.data())
def test_printed_expressions_are_read_back(jet: Jet, data: st.DataObject) -> None:
    expression = data.draw(polynomials(jet.coordinates, degree=3))
    assert jet.parse(str(expression)) == expression
    assert jet.parse(str(jet.standard(expression))) == expression


@over_jets
def test_coordinates_have_unique_names_that_lead_back_to_them(jet: Jet) -> None:
    high = jet.with_order(4)
    assert len({c.name for c in high.coordinates}) == len(high.coordinates)
    fresh = Jet(jet.independent, jet.dependent, 0)
    for coordinate in high.coordinates:
        assert fresh[coordinate.name] == coordinate and fresh.is_coordinate(coordinate)
        if coordinate not in jet.independent:
            assert fresh.derivative(*fresh.multi_index(coordinate)) == coordinate


@over_groups
def test_the_trivial_symmetry_is_neutral(group: Symmetry) -> None:
    assert group + trivial == group == trivial + group
    assert str(group + trivial) == str(group) == str(trivial + group)


@over_groups
def test_groups_close_and_stay_closed(group: Symmetry) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        closed = group.on(JET_OF_GROUPS).closed()
    # Every bracket and every image under a map is a combination of the generators: none adds to the span.
    brackets = [v.bracket(w) for v, w in combinations(closed.generators, 2)]
    images = [g.pull_back(v) for g in closed.maps for v in closed.generators]
    larger = Symmetry((*closed.generators, *brackets, *images), closed.maps, parameters=closed.parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert closed.closed() == closed
        assert larger.closed().generators == closed.generators


@over_groups
@settings(max_examples=2, deadline=None, derandomize=True)
@given(data=st.data())
def test_prolongation_commutes_with_the_bracket_of_a_group(group: Symmetry, data: st.DataObject) -> None:
    numbers = st.integers(-2, 2)
    v, w = (
        sum((data.draw(numbers) * v for v in group.on(JET_OF_GROUPS).generators), start=VectorField({}))
        for _ in range(2)
    )
    jet = JET_OF_GROUPS.with_order(1)
    assert v.bracket(w).prolong(jet) == bracket_of(v.prolong(jet), w.prolong(jet))


@over_groups
def test_groups_are_read_as_they_are_printed(group: Symmetry) -> None:
    assert read_symmetry(str(group), JET_OF_GROUPS, "nu") == group


@over_groups
def test_the_maps_of_a_group_have_finite_order_on_the_jet(group: Symmetry) -> None:
    for g in group.maps:
        power, order = g, 1
        while power.components:
            power, order = power.compose(g), order + 1
            assert order <= 12
        assert (
            sympy.expand(g.inverse().apply(g.apply(JET_OF_GROUPS["u_xy"], JET_OF_GROUPS), JET_OF_GROUPS))
            == (JET_OF_GROUPS["u_xy"])
        )
