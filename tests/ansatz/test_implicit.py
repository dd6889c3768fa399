"""Implicit ansaetze: the relations of the literature, certified by an independent prolongation."""

from __future__ import annotations

import itertools
import random
import warnings

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symeq.ansatz import Family, ImplicitAnsatz, Library, implicit_ansatz, monomials
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry import (
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    boost,
    cyclic,
    reflection,
    rotation,
    scaling,
    translation,
    trivial,
)
from tests.ansatz.independent import prolonged, transformed, vanishes

t, x, y, z, u, v, p = sp.symbols("t x y z u v p")
LINE, PLANE = Jet("t x", "u", order=3), Jet("x y", "u", order=2)

HEAT = Symmetry(
    [
        VectorField(c)
        for c in (
            {t: 1},
            {x: 1},
            {u: u},
            {x: x, t: 2 * t},
            {x: 2 * t, u: -x * u},
            {t: 4 * t**2, x: 4 * t * x, u: -(x**2 + 2 * t) * u},
        )
    ]
)
BURGERS = Symmetry(
    [
        VectorField(c)
        for c in (
            {t: 1},
            {x: 1},
            {x: x, t: 2 * t, u: -u},
            {x: t, u: 1},
            {t: t**2, x: t * x, u: x - t * u},
        )
    ]
)
SCHROEDINGER = Symmetry(
    [
        VectorField(c)
        for c in (
            {t: 1},
            {x: 1},
            {u: -v, v: u},
            {x: 2 * t, u: -x * v, v: x * u},
            {x: x, t: 2 * t, u: -u / 2, v: -v / 2},
            {t: 4 * t**2, x: 4 * t * x, u: -2 * t * u - x**2 * v, v: -2 * t * v + x**2 * u},
        )
    ]
)
SPACE_TURNS = Symmetry(
    [VectorField({x: -y, y: x}), VectorField({x: -u, u: x}), VectorField({y: -u, u: y})]
) + translation("x", "y", "u")
SURFACE = "u_xx u_xy u_yy u_x*u_xy u_y**2*u_xx u_x*u_y*u_xy u_x**2*u_yy u_x**2*u_xx u_y**2*u_yy u_x u_y"


def terms(jet: Jet, text: str) -> list[sp.Expr]:
    return [jet.parse(term) for term in text.split()]


def coordinates(family: Family, relation: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    found = []
    for f in relation:
        expanded = sp.expand(f) if f.is_polynomial() else sp.expand_mul(f)
        values = {term: sp.S.Zero for term in family.terms}
        for addend in sp.Add.make_args(expanded):
            term = next(k for k in family.terms if (addend / k).is_number)
            values[term] += addend / term
        found += values.values()
    return found


def spans(family: Family, *relations: tuple[str, ...]) -> bool:
    """Whether the family is the span of these relations."""
    jet = family.jet
    wanted = [tuple(jet.parse(f, family.symmetry.parameters) for f in relation) for relation in relations]
    ranks = []
    for vectors in (family.basis, wanted, (*family.basis, *wanted)):
        ranks.append(sp.Matrix([coordinates(family, vector) for vector in vectors]).rank())
    return len(set(ranks)) == 1 and ranks[0] == family.dimension == len(wanted)


def is_symmetric(family: Family, relation: tuple[sp.Expr, ...]) -> bool:
    """pr v(Delta) = Lambda Delta and Delta o g = R Delta, by the independent prolongation."""
    jet, members = family.jet, family.symmetry.members
    for member, multiplier in zip(members, (*family.multipliers, *family.map_multipliers), strict=True):
        act = prolonged if isinstance(member, VectorField) else transformed
        full = sp.Matrix([[multiplier]]) if family.equations == 1 else multiplier
        for a, f in enumerate(relation):
            expected = sum(full[a, b] * g for b, g in enumerate(relation))
            if not vanishes(act(jet, member, f) - expected):  # type: ignore[operator]
                return False
    return True


def member(family: Family, seed: int = 0) -> tuple[sp.Expr, ...]:
    draw = random.Random(seed)
    weights = [sp.Rational(draw.randint(-9, 9), draw.randint(1, 5)) for _ in family.basis]
    return tuple(
        sp.Add(*(w * vector[a] for w, vector in zip(weights, family.basis, strict=True)))
        for a in range(family.equations)
    )


def by_multipliers(form: ImplicitAnsatz) -> dict[tuple[object, ...], int]:
    return {(*f.multipliers, *f.map_multipliers): f.dimension for f in form.families}


def test_kdv_scaling_gives_one_family_for_each_weight() -> None:
    jet = Jet("t x", "u", order=5)
    library = terms(jet, "u_t u*u_x u_xxx u_xx u**2 u**2*u_x u_xxxxx u_x u_x*u_xx u**3 u_x**2")
    form = implicit_ansatz(jet, library, scaling(t=3, x=1, u=-2))
    assert by_multipliers(form) == {(-5,): 3, (-7,): 3, (-4,): 2, (-6,): 2, (-3,): 1}
    assert spans(form.families[0], ("u_t",), ("u*u_x",), ("u_xxx",))


def test_a_boost_ties_the_advection_to_the_time_derivative() -> None:
    library = terms(LINE, "u_t u*u_x u_xxx u_xx u_x u_x**2 u*u_xx")
    form = implicit_ansatz(LINE, library, boost("x", "u") + scaling(t=3, x=1, u=-2), lead="u_t")
    (family,) = form.families
    assert spans(family, ("u_t + u*u_x",), ("u_xxx",))
    (solved,) = form.solved_for()
    assert solved.fixed == (-u * LINE["u_x"],) and solved.basis == ((LINE["u_xxx"],),)
    linear = solved.linear()
    assert linear.rhs() == (-u * LINE["u_x"] + linear.beta[0] * LINE["u_xxx"],)


def test_darcy_flow_in_an_uneven_medium() -> None:
    jet = Jet("x y", "p k f", order=2)
    text = "p_xx p_yy p_xy k*p_xx k*p_yy k_x*p_x k_y*p_y k_x*p_y k_y*p_x f k*f p p_x p_y f*p k_xx k_yy"
    euclid = rotation("x", "y") + translation("x", "y", "p")
    units = scaling(x=1, y=1, f=-2) + scaling(p=1, f=1)
    form = implicit_ansatz(jet, terms(jet, text), euclid + units + scaling(k=1, f=1), lead="f")
    (family,) = form.families
    assert spans(family, ("f",), ("k*p_xx + k*p_yy",), ("k_x*p_x + k_y*p_y",), ("k_x*p_y - k_y*p_x",))
    # The mirror leaves div(k grad p) and its parts, and parts off what is odd.
    even = implicit_ansatz(jet, terms(jet, text), euclid + units + scaling(k=1, f=1) + reflection("x"))
    assert spans(even.families[0], ("f",), ("k*p_xx + k*p_yy",), ("k_x*p_x + k_y*p_y",))
    assert spans(even.families[1], ("p_xx + p_yy",)) and even.families[1].map_multipliers == (1,)
    assert form.admits("k*p_xx + k*p_yy + k_x*p_x + k_y*p_y + f")
    assert not form.admits("k*p_xx - k*p_yy + f") and not form.admits("k*p_xx + k*p_yy + f + p_xx + p_yy")


def test_poisson_equations_from_rotations_of_space() -> None:
    jet = Jet("x y z", "u f", order=2)
    library = terms(jet, "u_xx u_yy u_zz u_xy u_xz u_yz f u f**2 u_x u_y u_z u_x**2 u_y**2 u_z**2")
    (family,) = implicit_ansatz(jet, library, rotation("x", "y", "z") + translation("u")).families
    laplacian, square = ("u_xx + u_yy + u_zz",), ("u_x**2 + u_y**2 + u_z**2",)
    assert spans(family, ("f",), ("f**2",), laplacian, square)


def test_lorentz_boosts_allow_any_function_of_u() -> None:
    jet = Jet("t x y", "u", order=2)
    library = terms(jet, "u_tt u_xx u_yy u_tx u_ty u_xy u u**3 sin(u) u_t u_x u_y")
    lorentz = Symmetry([VectorField({t: x, x: t}), VectorField({t: y, y: t}), VectorField({x: -y, y: x})])
    (family,) = implicit_ansatz(jet, library, lorentz).families
    assert spans(family, ("u_tt - u_xx - u_yy",), ("u",), ("u**3",), ("sin(u)",))
    (solved,) = implicit_ansatz(jet, library, lorentz, lead="u_tt").solved_for()
    assert solved.fixed == (jet["u_xx"] + jet["u_yy"],)


def test_one_boost_alone_has_light_cone_derivatives_with_weights() -> None:
    jet = Jet("t x", "u", order=2)
    form = implicit_ansatz(jet, terms(jet, "u_tt u_xx u_tx sin(u)"), Symmetry([VectorField({t: x, x: t})]))
    assert by_multipliers(form) == {(0,): 2, (-2,): 1, (2,): 1}
    assert spans(form.families[0], ("u_tt - u_xx",), ("sin(u)",))
    light = next(f for f in form.families if f.multipliers == (-2,))
    assert spans(light, ("u_tt + 2*u_tx + u_xx",))


def test_the_heat_equation_needs_a_multiplier_of_degree_two() -> None:
    library = terms(LINE, "u u_t u_x u_xx u*u_x u_tt u_tx x*u_x u**2")
    with pytest.raises(NoLaw, match="degree 1 in t, x, u"):
        implicit_ansatz(LINE, library, HEAT, multiplier_degree=1)
    (family,) = implicit_ansatz(LINE, library, HEAT, multiplier_degree=2).families
    assert spans(family, ("u_t - u_xx",))
    assert [sp.expand(m) for m in family.multipliers] == [0, 0, 1, -2, -x, -(x**2) - 10 * t]
    # The projective field alone suffices: two numbers in its multiplier, fixed by a leading term.
    alone = implicit_ansatz(LINE, library, Symmetry(HEAT.generators[-1:]), multiplier_degree=2, lead="u_t")
    assert spans(alone.families[0], ("u_t - u_xx",))
    wrong = VectorField({t: 4 * t**2, x: 4 * t * x, u: -(x**2 + 3 * t) * u})
    with pytest.raises(NoLaw):
        implicit_ansatz(LINE, library, Symmetry([wrong]), multiplier_degree=2, lead="u_t")


def test_burgers_has_a_projective_field_with_multiplier_minus_three_t() -> None:
    library = terms(LINE, "u_t u*u_x u_xx u_x u u**2 u_x**2 u**3 u**2*u_x u_tx")
    (family,) = implicit_ansatz(LINE, library, BURGERS, multiplier_degree=1).families
    assert spans(family, ("u_t + u*u_x",), ("u_xx",))
    assert family.multipliers == (0, 0, -3, 0, -3 * t)
    with pytest.raises(NoLaw):
        implicit_ansatz(LINE, library, BURGERS)


NLS_TERMS = (
    "u_t v_t u_xx v_xx u v u**3 u**2*v u*v**2 v**3 u_x v_x u**5 u**3*v**2 u*v**4 v**5 v**3*u**2 v*u**4"
)
NLS = [
    ("u_t + v_xx", "v_t - u_xx"),
    ("u_xx - v_t", "v_xx + u_t"),
    ("u*(u**2 + v**2)**2", "v*(u**2 + v**2)**2"),
    ("-v*(u**2 + v**2)**2", "u*(u**2 + v**2)**2"),
]


@pytest.mark.parametrize(
    "how", [{"like": ("u", "v"), "multiplier_degree": 1}, {"lead": ("u_t", "v_t"), "multiplier_degree": 2}]
)
def test_schroedinger_group_leaves_the_quintic_equation(how: dict[str, object]) -> None:
    jet = Jet("t x", "u v", order=2)
    form = implicit_ansatz(jet, terms(jet, NLS_TERMS), SCHROEDINGER, **how)  # type: ignore[arg-type]
    family = form.families[0]
    assert spans(family, *NLS)
    assert family.multipliers[-1] == sp.Matrix([[-10 * t, -(x**2)], [x**2, -10 * t]])
    assert is_symmetric(family, member(family))
    solved = family.solved_for("u_t", "v_t")
    assert solved is not None
    assert solved.fixed == (-jet["v_xx"], jet["u_xx"]) and solved.unknowns == 2


def test_a_multiplier_in_first_derivatives_for_minimal_surfaces() -> None:
    library = [*terms(PLANE, SURFACE), *terms(PLANE, "1 u_xx*u_yy u_xy**2")]
    with pytest.raises(NoLaw, match="multiplier_symbols"):
        implicit_ansatz(PLANE, library, SPACE_TURNS)
    form = implicit_ansatz(
        PLANE, library, SPACE_TURNS, multiplier_degree=1, multiplier_symbols=("u_x", "u_y")
    )
    minimal = "(1 + u_y**2)*u_xx - 2*u_x*u_y*u_xy + (1 + u_x**2)*u_yy"
    assert any(spans(f, (minimal,)) for f in form.families)
    assert any(spans(f, ("u_xx*u_yy - u_xy**2",)) for f in form.families)
    assert len(form.families) == 2 and form.admits(minimal)
    assert not form.admits("(1 + u_y**2)*u_xx + 2*u_x*u_y*u_xy + (1 + u_x**2)*u_yy")


def test_curves_with_roots_in_their_terms() -> None:
    jet = Jet("x", "u", order=3)
    turns = Symmetry([VectorField({x: -u, u: x}), VectorField({x: 1}), VectorField({u: 1})])
    library = terms(jet, "1 u_xx/(1+u_x**2)**(3/2) u_xx u_xx**2/(1+u_x**2)**3")
    (family,) = implicit_ansatz(jet, library, turns).families
    assert spans(family, ("1",), ("u_xx/(1+u_x**2)**(3/2)",), ("u_xx**2/(1+u_x**2)**3",))
    rooted = terms(jet, "1 u_xx sqrt(1+u_x**2) u_x**2*sqrt(1+u_x**2)")
    form = implicit_ansatz(jet, rooted, turns, multiplier_degree=1, multiplier_symbols=["u_x"])
    assert spans(form.families[0], ("u_xx",), ("sqrt(1+u_x**2) + u_x**2*sqrt(1+u_x**2)",))


def test_vector_laws_transform_like_the_velocity() -> None:
    jet = Jet("x y", "u v p", order=2)
    library = terms(jet, "p_x p_y u_xx u_xy u_yy v_xx v_xy v_yy u v")
    group = rotation("x", "y", turning=[("u", "v")]) + translation("p") + reflection("x", "u")
    form = implicit_ansatz(jet, library, group, like=("u", "v"))
    grad, lap = ("p_x", "p_y"), ("u_xx + u_yy", "v_xx + v_yy")
    wanted = next(f for f in form.families if f.solved_for("p_x", "p_y") is not None)
    assert spans(wanted, grad, lap, ("u_xx + v_xy", "u_xy + v_yy"), ("u", "v"))
    # Where nothing is said, the blocks of variables that the symmetry mixes are tried.
    assert by_multipliers(implicit_ansatz(jet, library, group, equations=2)) == by_multipliers(form)
    with pytest.raises(InvalidInput, match="mixes u with v"):
        implicit_ansatz(jet, library, group, like=("u", "p"))


def test_a_gradient_law_under_all_linear_maps_is_dual_to_the_coordinates() -> None:
    jet = Jet("x y", "p q", order=1)
    linear = Symmetry([VectorField({a: b}) for a, b in itertools.product((x, y), repeat=2)])
    form = implicit_ansatz(jet, terms(jet, "p_x p_y q_x q_y"), linear, like=("x", "y"))
    gradients, turned = sorted(form.families, key=lambda f: f.multipliers[0] != sp.Matrix([[-1, 0], [0, 0]]))
    assert spans(gradients, ("p_x", "p_y"), ("q_x", "q_y"))
    assert spans(turned, ("p_y", "-p_x"), ("q_y", "-q_x"))


def test_conformal_darcy_flow_as_a_vector_law_and_two_scalar_laws() -> None:
    jet = Jet("x y", "u v p", order=1)
    group = (
        Symmetry(
            [
                VectorField(
                    {x: x**2 - y**2, y: 2 * x * y, u: -2 * x * u - 2 * y * v, v: 2 * y * u - 2 * x * v}
                ),
                VectorField(
                    {x: 2 * x * y, y: y**2 - x**2, u: 2 * x * v - 2 * y * u, v: -2 * x * u - 2 * y * v}
                ),
            ]
        )
        + translation("x", "y", "p")
        + rotation("x", "y", turning=[("u", "v")])
        + scaling(x=1, y=1, u=-1, v=-1)
        + reflection("x", "u")
    )
    library = terms(jet, "p_x p_y u v u_x u_y v_x v_y p")
    vector = implicit_ansatz(jet, library, group, like=("u", "v"), multiplier_degree=1)
    assert any(spans(f, ("u", "v"), ("p_x", "p_y")) for f in vector.families)
    scalar = implicit_ansatz(jet, library, group, multiplier_degree=1)
    assert [f.map_multipliers for f in scalar.families if spans(f, ("u_x + v_y",))] == [(1,)]
    assert [f.map_multipliers for f in scalar.families if spans(f, ("u_y - v_x",))] == [(-1,)]


def test_reflections_part_even_and_odd_relations() -> None:
    library = terms(LINE, "u u_x u_xx u_xxx u*u_x u**2 u**3 u_t")
    form = implicit_ansatz(LINE, library, reflection("x", "u"))
    assert by_multipliers(form) == {(-1,): 5, (1,): 3}
    assert spans(form.families[1], ("u_x",), ("u_xxx",), ("u**2",))


def test_irrational_and_complex_multipliers() -> None:
    jet = Jet("x", "u v", order=1)
    library = terms(jet, "u_x v_x u v")
    form = implicit_ansatz(jet, library, Symmetry([VectorField({u: v, v: 2 * u})]))
    assert by_multipliers(form) == {(sp.sqrt(2),): 2, (-sp.sqrt(2),): 2}
    assert all(is_symmetric(f, member(f)) for f in form.families)
    with pytest.raises(NoLaw, match="complex multipliers"):
        implicit_ansatz(jet, library, Symmetry([VectorField({u: v, v: -u})]))
    jet, w = Jet("x", "u v w", order=1), sp.Symbol("w")
    cubic = Symmetry([VectorField({u: v, v: w, w: 2 * u})])
    with pytest.raises(NoLaw, match="s\\*\\*3 - 2"):
        implicit_ansatz(jet, terms(jet, "u_x v_x w_x"), cubic)


def test_weights_may_be_parameters() -> None:
    a = sp.Symbol("a")
    form = implicit_ansatz(LINE, terms(LINE, "u_t u_xx u*u_x u**3"), scaling(t=2, x=1, u=a))
    assert by_multipliers(form) == {(a - 2,): 2}
    moving = Symmetry([VectorField({x: a * t, u: 1})], parameters="a")
    library = [*terms(LINE, "u_t u_xx u"), a * u * LINE["u_x"]]
    (family,) = implicit_ansatz(LINE, library, moving).families
    assert family.dimension == 2 and is_symmetric(family, member(family))


def test_fields_with_exponential_coefficients() -> None:
    jet = Jet("t", "x", order=2)
    growing = Symmetry([VectorField({x: sp.exp(t)})])
    (family,) = implicit_ansatz(jet, terms(jet, "x x_t x_tt x**2"), growing).families
    assert spans(family, ("x_t - x",), ("x_tt - x_t",))
    liouville = Symmetry([VectorField({x: x**2, u: -2 * x}), VectorField({t: t, u: -1})])
    library = terms(LINE, "u_tx exp(u) exp(2*u) u_x u_xx")
    form = implicit_ansatz(LINE, library, liouville, multiplier_degree=1)
    assert spans(form.families[0], ("u_tx",), ("exp(u)",))
    assert form.families[0].multipliers == (-2 * x, -1)


def test_the_empty_symmetry_and_maps_alone() -> None:
    library = terms(LINE, "u_t u_x u")
    (family,) = implicit_ansatz(LINE, library, trivial).families
    assert family.dimension == 3 and family.multipliers == ()
    twice = Symmetry(maps=[PointMap({u: 2 * u})])
    assert by_multipliers(implicit_ansatz(LINE, library, twice)) == {(2,): 3}
    jet = Jet("t", "x y z", order=1)
    form = implicit_ansatz(jet, terms(jet, "x y z x_t y_t z_t"), cyclic("x", "y", "z"), equations=3)
    assert form.families[0].dimension == 6


def test_single_products_and_plain_algebra_are_no_laws() -> None:
    with pytest.raises(NoLaw, match="single product"):
        implicit_ansatz(LINE, terms(LINE, "u*u_x"), scaling(u=1))
    with pytest.raises(NoLaw, match="no dependent variable"):
        implicit_ansatz(LINE, [sp.S.One, t], scaling(x=1))
    with pytest.raises(NoLaw, match="by algebra"):
        implicit_ansatz(LINE, [u, u**3], trivial)
    assert implicit_ansatz(LINE, terms(LINE, "u_xx"), scaling(u=1)).families[0].dimension == 1


def test_every_basis_element_is_a_left_hand_side_once() -> None:
    form = implicit_ansatz(LINE, terms(LINE, "u_t u*u_x u_xxx u_xx"), boost("x", "u"))
    (family,) = form.families
    scanned = list(form.scan())
    assert [relation.lhs for relation in scanned] == list(family.basis)
    for relation in scanned:
        assert all(f == 0 for f in relation.fixed)
        assert {*relation.basis, relation.lhs} == set(family.basis)


def test_defects_tell_the_image_where_there_is_no_multiplier() -> None:
    form = implicit_ansatz(LINE, terms(LINE, "u_t u*u_x u_xxx"), scaling(t=3, x=1, u=-2))
    assert form.defect("u_t + u_xxx") == ((0,),)
    image = -5 * LINE["u_t"] - 4 * LINE["u_xx"]
    assert form.defect("u_t + u_xx") == ((image,),)
    with pytest.raises(InvalidInput, match="not zero"):
        form.defect("u - u")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"like": ("u", "x")}, "not both"),
        ({"like": ("q",)}, "q"),
        ({"equations": 0}, "whole number"),
        ({"multiplier_degree": -1}, "whole number"),
        ({"equations": 2, "lead": "u_t"}, "disagree"),
        ({"lead": "u_tt"}, "not in the library"),
        ({"budget": 0}, "Raise the budget"),
        ({"equations": 2}, "Name variables with `like`"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, object], message: str) -> None:
    if given == {"equations": 2, "lead": "u_t"}:
        given = {"equations": 3, "lead": ("u_t", "u_xx")}
    with pytest.raises(InvalidInput, match=message):
        implicit_ansatz(LINE, terms(LINE, "u_t u_xx u"), scaling(u=1, x=1), **given)  # type: ignore[arg-type]


POOL = {
    "plane": (
        PLANE,
        monomials(*terms(PLANE, "u u_x u_y u_xx u_xy u_yy"), degree=2, min_degree=1),
        [
            rotation("x", "y"),
            scaling(x=1, y=1),
            scaling(u=1),
            translation("u"),
            reflection("x"),
            Symmetry([VectorField({x: y})]),
            Symmetry([VectorField({u: x})]),
            Symmetry([VectorField({x: y, y: x})]),
        ],
    ),
    "line": (
        LINE,
        Library(terms(LINE, "u_t u_tt u_x u_xx u_xxx u u**2 x*u_x t*u_t u*u_x u_x**2 u*u_xx")),
        [
            boost("x", "u"),
            scaling(t=2, x=1, u=-1),
            scaling(t=1, x=1),
            reflection("x", "u"),
            reflection("t"),
            translation("t", "x"),
            translation("u"),
            Symmetry([VectorField({u: x})]),
        ],
    ),
}


def shape(form: ImplicitAnsatz) -> list[frozenset[tuple[sp.Expr, ...]]]:
    return sorted((frozenset(f.basis) for f in form.families), key=lambda s: sorted(map(str, s)))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_members_pass_an_independent_check_and_generators_may_change_places(data: st.DataObject) -> None:
    jet, pool, groups = POOL[data.draw(st.sampled_from(sorted(POOL)))]
    chosen = data.draw(st.lists(st.sampled_from(range(len(groups))), min_size=1, max_size=3, unique=True))
    library = data.draw(st.lists(st.sampled_from(pool.terms), min_size=3, max_size=8, unique=True))
    degree = data.draw(st.integers(0, 1))
    symmetry = sum((groups[k] for k in chosen), trivial)
    again = sum((groups[k] for k in reversed(chosen)), trivial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            form = implicit_ansatz(jet, library, symmetry, multiplier_degree=degree)
        except NoLaw:
            with pytest.raises(NoLaw):
                implicit_ansatz(jet, library, again, multiplier_degree=degree)
            return
        other = implicit_ansatz(jet, library, again, multiplier_degree=degree)
    if form.complete and other.complete:
        assert shape(form) == shape(other)
    for family in form.families:
        assert is_symmetric(family, member(family, seed=data.draw(st.integers(0, 9))))


@pytest.mark.parametrize("name", sorted(POOL))
def test_no_relation_with_a_found_multiplier_is_missed(name: str) -> None:
    """The dimension of each family is that of a dense null space by the independent prolongation."""
    jet, pool, groups = POOL[name]
    library = pool.terms[:14]
    for symmetry in groups[:5]:
        unknowns = sp.symbols(f"a0:{len(library)}")
        general = sum(a * term for a, term in zip(unknowns, library, strict=True))
        for family in implicit_ansatz(jet, library, symmetry).families:
            conditions = []
            pairs = zip(family.symmetry.members, (*family.multipliers, *family.map_multipliers), strict=True)
            for element, multiplier in pairs:
                act = prolonged if isinstance(element, VectorField) else transformed
                conditions.append(sp.expand(act(jet, element, general) - multiplier * general))  # type: ignore[operator]
            symbols = sorted(set().union(*(c.free_symbols for c in conditions)) - set(unknowns), key=str)
            rows = [c for e in conditions if e != 0 for c in sp.Poly(e, *symbols).coeffs()]
            rank = sp.linear_eq_to_matrix(rows, unknowns)[0].rank() if rows else 0
            assert family.dimension == len(library) - rank
