"""Laws with arbitrary functions of invariants: every member is symmetric, and what is known is found."""

from __future__ import annotations

import random
import warnings

import pytest
import sympy as sp

from symeq.ansatz.frames import elements, lead_condition
from symeq.ansatz.functional import FunctionalAnsatz, functional_ansatz
from symeq.ansatz.library import monomials
from symeq.ansatz.linear import linear_ansatz
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry.fields import VectorField
from symeq.geometry.groups import (
    SE,
    boost,
    cyclic,
    permutation,
    phase,
    reflection,
    rotation,
    scaling,
    translation,
)
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry, trivial

t, x, y, u, v = sp.symbols("t x y u v")
PLANE = Jet("t", "x y")
LINE = Jet("t x", "u", order=2)


def fields(*components: dict[sp.Symbol, sp.Expr | int]) -> Symmetry:
    return Symmetry([VectorField(c) for c in components])


TURNED = fields({x: -u, u: x})
CASES = [
    (PLANE, rotation("x", "y") + translation("t")),
    (PLANE, rotation("x", "y") + reflection("x")),
    (PLANE, rotation("x", "y") + scaling(x=1, y=1, t=-1) + translation("t")),
    (PLANE, permutation("x", "y")),
    (PLANE, trivial),
    (Jet("t", "x y z"), rotation("x", "y", "z") + translation("t")),
    (Jet("t", "x y z"), cyclic("x", "y", "z") + translation("t")),
    (LINE, translation("t", "x") + boost("x", "u") + reflection("x", "u")),
    (LINE, translation("t", "x") + reflection("x") + reflection("u")),
    (LINE, translation("t", "x") + scaling(x=1, t=2, u=0)),
    (LINE, translation("t", "x", "u") + TURNED),
    (LINE, translation("t", "x", "u") + TURNED + reflection("u")),
    (LINE, fields({u: sp.sin(x)}, {u: sp.cos(x)})),
    (LINE, fields({u: sp.exp(t)}) + translation("x")),
    (LINE, fields({u: t})),
    (LINE.with_order(3), translation("t", "x") + boost("x", "u") + scaling(t=3, x=1, u=-2)),
    (LINE.with_order(3), translation("t", "x") + fields({u: 1}, {u: u}, {u: u**2})),
    (Jet("t x y", "u", order=2), translation("t", "x", "y") + rotation("x", "y")),
    (Jet("t x y", "u v", order=1), translation("t", "x", "y") + rotation("x", "y") + phase("u", "v")),
]


def found(jet: Jet, symmetry: Symmetry, **options: object) -> FunctionalAnsatz:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return functional_ansatz(jet, symmetry, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=range(len(CASES)))
def form(request: pytest.FixtureRequest) -> FunctionalAnsatz:
    return found(*CASES[request.param])


def random_functions(form: FunctionalAnsatz, draw: random.Random) -> list[sp.Expr]:
    factors = [sp.S.One, *form.symbols]
    return [
        sp.Add(*(draw.randint(-3, 3) * draw.choice(factors) * draw.choice(factors) for _ in range(3)))
        for _ in form.functions
    ]


@pytest.mark.parametrize("seed", range(2))
def test_every_member_is_symmetric(form: FunctionalAnsatz, seed: int) -> None:
    members = form.rhs(random_functions(form, random.Random(seed)))
    assert all(residual == 0 for action in form.defect(members) for residual in action)


def test_the_search_is_complete(form: FunctionalAnsatz) -> None:
    assert form.complete and form.missing == 0, str(form)


def test_arguments_are_free_of_leads(form: FunctionalAnsatz) -> None:
    symbols = {s for e in form.arguments for s in e.free_symbols}
    assert not symbols & set(form.leads)
    assert all(form.jet.order_of(s) <= form.jet.order for s in symbols if form.jet.is_coordinate(s))


def test_linear_members_are_symmetric(form: FunctionalAnsatz) -> None:
    degree = 1 if len(form.arguments) < 8 else 0
    linear = form.linearise(degree)
    draw = random.Random(0)
    members = linear.rhs([draw.randint(1, 9) for _ in linear.beta])
    assert all(residual == 0 for action in linear.defect(members) for residual in action)
    assert linear.fixed == tuple(map(sp.expand, form.fixed))
    assert 0 < linear.unknowns <= len(form.frame) * (1 + len(form.arguments))


def test_wrong_members_are_not(form: FunctionalAnsatz) -> None:
    """A vector that is no combination of the frame, or an argument that is no invariant, has a defect."""
    if not form.symmetry:
        return
    coordinate = form.jet.dependent[0]
    spoiled = [f * (1 + coordinate**5 * form.jet.independent[0]) for f in form.rhs([1] * len(form.frame))]
    assert any(residual != 0 for action in form.defect(spoiled) for residual in action)


def test_burgers() -> None:
    """Translations, boosts and the mirror x, u -> -x, -u allow u_t = -u u_x + G(u_x, u_xx^2) u_xx."""
    form = found(LINE, translation("t", "x") + boost("x", "u") + reflection("x", "u"))
    slope, second = LINE["u_x"], LINE["u_xx"]
    assert form.fixed == (-u * slope,)
    assert form.frame == ((second,),)
    assert set(form.arguments) == {slope, second**2}
    assert "u_t = -u*u_x + G_1(I_1, I_2)*u_xx" in str(form)
    assert r"u_{t} &= - u u_{x} + G_{1}(I_{1}, I_{2}) u_{xx}" in form.latex()


def test_plane_rotations() -> None:
    form = found(PLANE, rotation("x", "y") + translation("t"))
    assert form.frame == ((x, y), (-y, x)) and form.arguments == (x**2 + y**2,)


def test_amplitude_equations_take_the_velocity_frame() -> None:
    """w, i w, Lap w, i Lap w for w = u + i v: nothing is divided by |w|."""
    jet = Jet("t x y", "u v", order=2)
    group = translation("t", "x", "y") + rotation("x", "y") + phase("u", "v")
    form = found(jet, group)
    w = sp.Matrix([u, v])
    laplacian = sp.Matrix([jet["u_xx"] + jet["u_yy"], jet["v_xx"] + jet["v_yy"]])
    turn = sp.Matrix([[0, -1], [1, 0]])
    expected = [tuple(e) for e in (w, turn * w, laplacian, turn * laplacian)]
    assert list(form.frame) == expected
    assert all(e.is_polynomial() for vector in form.frame for e in vector)


def test_curve_flows_move_along_the_normal() -> None:
    """u_t = sqrt(1 + u_x^2) G(kappa), and with the mirror u -> -u an odd function of the curvature."""
    slope, second = LINE["u_x"], LINE["u_xx"]
    rigid = translation("t", "x", "u") + TURNED
    form = found(LINE, rigid)
    assert form.frame == ((sp.sqrt(1 + slope**2),),)
    [curvature] = form.arguments
    kappa = second / (1 + slope**2) ** sp.Rational(3, 2)
    point = {slope: sp.Rational(1, 3), second: sp.Rational(2, 7)}
    assert (
        sp.simplify(
            sp.Matrix(
                [
                    [sp.diff(curvature, s) for s in (slope, second)],
                    [sp.diff(kappa, s) for s in (slope, second)],
                ]
            )
            .subs(point)
            .det()
        )
        == 0
    )
    mean_curvature = second / (1 + slope**2)
    assert all(e == 0 for action in form.defect([mean_curvature]) for e in action)
    mirrored = found(LINE, rigid + reflection("u"))
    assert all(e == 0 for action in mirrored.defect([mean_curvature]) for e in action)
    assert any(e != 0 for action in mirrored.defect([sp.sqrt(1 + slope**2)]) for e in action)


def test_diffusion_in_the_plane() -> None:
    """SE(2) on a scalar: u_t = G of u, |grad u|^2, the laplacian and two more invariants of order 2."""
    jet = Jet("t x y", "u", order=2)
    form = found(jet, translation("t", "x", "y") + rotation("x", "y"))
    assert form.frame == ((1,),) and len(form.arguments) == 5
    assert {u, jet["u_x"] ** 2 + jet["u_y"] ** 2, jet["u_xx"] + jet["u_yy"]} <= set(form.arguments)


def test_galilean_fluids() -> None:
    """-(u . grad) u is fixed; the laplacian and the gradient of the divergence are among the vectors."""
    jet = Jet("t x y", "u v", order=2)
    group = translation("t", "x", "y") + rotation("x", "y", turning=[("u", "v")])
    group = group + boost("x", "u") + boost("y", "v") + reflection("x", "u")
    resolved = group.on(jet).closed()
    leads = (jet["u_t"], jet["v_t"])
    condition = lead_condition(jet, leads, resolved, 2)
    assert condition.holds((-u * jet["u_x"] - v * jet["u_y"], -u * jet["v_x"] - v * jet["v_y"]))
    plain = condition.homogeneous()
    assert plain.holds((jet["u_xx"] + jet["u_yy"], jet["v_xx"] + jet["v_yy"]))
    assert not plain.holds((-jet["v_xx"] - jet["v_yy"], jet["u_xx"] + jet["u_yy"]))


@pytest.mark.parametrize(
    ("symmetry", "degree"),
    [
        (rotation("x", "y") + translation("t"), 2),
        (rotation("x", "y") + reflection("x") + translation("t"), 2),
    ],
)
def test_linearising_is_the_linear_ansatz(symmetry: Symmetry, degree: int) -> None:
    """Where invariants and vectors generate all polynomials: G of degree d in r^2, terms up to 2 d + 1."""
    form = found(PLANE, symmetry)
    linear = linear_ansatz(PLANE, monomials(x, y, degree=2 * degree + 1), symmetry)
    assert form.linearise(degree).unknowns == linear.unknowns


def test_trivial_symmetry_leaves_everything_open() -> None:
    form = found(LINE, trivial)
    assert form.frame == ((1,),) and form.fixed == (0,)
    assert set(form.arguments) == {t, x, u, LINE["u_x"], LINE["u_xx"]}


def test_weights_that_are_parameters() -> None:
    """x -> e^(a s) x, t -> e^s t: the only weight is that of u_x, to the power 1/a."""
    form = found(LINE.with_order(1), translation("t", "x") + scaling(x=sp.Symbol("a"), t=1))
    [(vector,)] = form.frame
    assert sp.simplify(vector - LINE["u_x"] ** (1 / sp.Symbol("a"))) == 0
    assert form.arguments == (u,)


def test_names_avoid_those_of_the_user() -> None:
    form = found(Jet("t", "I G"), trivial)
    names = {s.name for s in (*form.functions, *form.symbols)}
    assert names == {"H_1", "H_2", "J_1", "J_2", "J_3"}


def test_preferred_invariants_are_arguments() -> None:
    form = found(PLANE, rotation("x", "y") + translation("t"), prefer=["(x**2 + y**2)/2"])
    assert form.arguments == ((x**2 + y**2) / 2,) or form.arguments == (x**2 / 2 + y**2 / 2,)


def test_laws_that_cannot_be() -> None:
    with pytest.raises(NoLaw, match="contradicts itself"):
        found(Jet("t", "x"), fields({x: 1}, {x: t}))
    with pytest.raises(NoLaw, match="order 0"):
        found(LINE.with_order(0), translation("x") + boost("x", "u"))
    with pytest.raises(InvalidInput, match="use implicit_ansatz"):
        found(LINE, fields({x: t, t: x}))
    with pytest.raises(InvalidInput, match="order of a law"):
        found(LINE, trivial, order=-1)


def test_functions_are_checked() -> None:
    form = found(PLANE, rotation("x", "y") + translation("t"))
    with pytest.raises(InvalidInput, match="2 functions, found 1"):
        form.rhs([1])
    with pytest.raises(InvalidInput, match="contains x"):
        form.rhs([x, 1])
    with pytest.raises(InvalidInput, match="degree"):
        form.linearise(-1)
    with pytest.raises(InvalidInput, match="Choose a lower degree"):
        form.linearise(5000)


def test_elements_of_a_group_of_maps() -> None:
    """The signed permutations of two variables are eight; a shift generates no end of maps."""
    square = [PointMap({x: -x}), PointMap({x: y, y: x})]
    assert len(elements(square)) == 7
    assert len(elements([PointMap({x: x + 1})])) == 64


def test_denominators_are_not_multiplied_out() -> None:
    jet = Jet("t x", "u", order=2)
    form = functional_ansatz(jet, translation("t") + SE("x", "u"))
    linear = form.linearise(2)
    u_x, u_xx = jet["u_x"], jet["u_xx"]
    root = sp.sqrt(1 + u_x**2)
    assert [b for (b,) in linear.basis] == [root, u_xx / root**2, u_xx**2 / root**5]
    assert all(linear.defect(vector) == ((0,),) * len(linear.symmetry.members) for vector in linear.basis)


# Scalings that are not divided out

KEPLER = Jet("t", "x y", order=2)
THIRD = scaling(t=3, x=2, y=2)
PLANETS = translation("t") + rotation("x", "y") + reflection("x") + reflection("t")


def kepler(**options: object) -> FunctionalAnsatz:
    return found(KEPLER, PLANETS + THIRD, lead=["x_tt", "y_tt"], **options)


def test_nothing_is_divided_by_what_may_vanish() -> None:
    """u_t = G(u_x, u_xx) of weight -2 under x: 1, t: 2: the graded form keeps u_x and u_xx themselves."""
    symmetry = translation("t", "x", "u") + scaling(x=1, t=2, u=0)
    plain, graded = found(LINE, symmetry), found(LINE, symmetry, graded=True)
    assert plain.weights is None and not all(e.is_polynomial() for e in (*plain.arguments, *plain.frame[0]))
    assert set(graded.arguments) == {LINE["u_x"], LINE["u_xx"]} and graded.frame == ((1,),)
    assert graded.weights is not None
    assert dict(zip(graded.arguments, graded.weights.arguments, strict=True)) == {
        LINE["u_x"]: (-1,), LINE["u_xx"]: (-2,)
    }  # fmt: skip
    assert graded.weights.frame == ((2,),)
    assert f"every product scales as u_t under {graded.weights.scalings[0]}" in str(graded)


def test_a_graded_form_holds_the_law_of_kepler() -> None:
    """-x / r^3: r^2 has weight 4 and x_tt, x differ by 6, so that (r^2)^(-3/2) is what fits."""
    form = kepler(graded=True)
    [square] = [s for s, e in zip(form.symbols, form.arguments, strict=True) if e == x**2 + y**2]
    first = form.frame.index((x, y))
    functions = [sp.S.Zero] * len(form.frame)
    functions[first] = -(square ** sp.Rational(-3, 2))
    sides = form.rhs(functions)
    assert sides == (-x * (x**2 + y**2) ** sp.Rational(-3, 2), -y * (x**2 + y**2) ** sp.Rational(-3, 2))
    assert all(sp.simplify(e) == 0 for action in form.defect(sides) for e in action)
    functions[first] = -(square**-1)
    with pytest.raises(InvalidInput, match="does not make a law that has the scalings.*x_tt, y_tt"):
        form.rhs(functions)


@pytest.mark.parametrize("seed", range(3))
def test_products_of_the_right_weight_are_symmetric_and_others_are_not(seed: int) -> None:
    """Of u, u_x, u_xx, u_xxx with t: 3, x: 1, u: -2: the defect vanishes just where the weights add up."""
    draw = random.Random(seed)
    symmetry = translation("t", "x") + scaling(t=3, x=1, u=-2)
    form = found(LINE.with_order(3), symmetry, graded=True)
    assert form.weights is not None and form.weights.frame == ((5,),)
    met = set()
    for _ in range(12):
        product = sp.Mul(*(s ** sp.Rational(draw.randint(-4, 4), 2) for s in form.symbols))
        if draw.random() < 0.5:  # mended by a power of u
            (weight,) = form.weights.of(product, form) or (sp.S.Zero,)
            product *= form.symbols[form.arguments.index(u)] ** ((5 + weight) / 2)
        fits = form.weights.fits(product, 0, form)
        residuals = [e for action in form.defect(form.rhs_with([product])) for e in action]
        assert all(sp.expand(e) == 0 for e in residuals) == fits
        met.add(fits)
    assert met == {True, False}


def test_without_scalings_nothing_is_graded() -> None:
    for symmetry in (trivial, rotation("x", "y") + translation("t")):
        plain, graded = found(PLANE, symmetry), found(PLANE, symmetry, graded=True)
        assert graded.weights is None and graded.arguments == plain.arguments and graded.frame == plain.frame


def test_a_graded_form_linearises_to_what_scales() -> None:
    """Products of degree 2 of u_x and u_xx with the weight of u_t: as the linear ansatz says."""
    symmetry = translation("t", "x", "u") + scaling(x=1, t=2, u=0)
    linear = found(LINE, symmetry, graded=True).linearise(2)
    assert {b for (b,) in linear.basis} == {LINE["u_x"] ** 2, LINE["u_xx"]}
    library = monomials(LINE["u_x"], LINE["u_xx"], degree=2)
    assert linear_ansatz(LINE, library, symmetry).unknowns == linear.unknowns == 2


def test_scalings_that_contradict_the_fixed_part_are_refused() -> None:
    """A boost x += t, u += 1 fixes -u u_x, which scales as u_t only where u scales as x / t."""
    galilei = translation("t", "x") + boost("x", "u")
    assert found(LINE, galilei + scaling(x=1, t=2, u=-1), graded=True).fixed == (-u * LINE["u_x"],)
    with pytest.raises(NoLaw):
        found(LINE, galilei + scaling(x=1, t=2, u=0), graded=True)


def test_a_projective_scaling_cannot_be_taken_apart() -> None:
    """It is the bracket of d_u and u^2 d_u: the form is then the one without grading."""
    jet = LINE.with_order(3)
    symmetry = translation("t", "x") + fields({u: 1}, {u: u}, {u: u**2})
    plain, graded = found(jet, symmetry), found(jet, symmetry, graded=True)
    assert graded.weights is None and graded.arguments == plain.arguments
