"""Moving frames: normalised invariants are annihilated, reproduce themselves, and are those of textbooks."""

from __future__ import annotations

import pytest
import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.invariants.moving import MovingFrame, moving_frame
from symeq.invariants.radicals import tidied

t, x, y, z, u = sp.symbols("t x y z u")
a, b, c, s, phi, h = sp.symbols("a b c s phi h")
alpha, beta, gamma = sp.symbols("alpha beta gamma")

RIGID = PointMap({x: x * sp.cos(phi) - u * sp.sin(phi) + a, u: x * sp.sin(phi) + u * sp.cos(phi) + b})
HALF_ANGLE = PointMap(
    {
        x: x * (1 - h**2) / (1 + h**2) - 2 * h * u / (1 + h**2) + a,
        u: 2 * h * x / (1 + h**2) + u * (1 - h**2) / (1 + h**2) + b,
    }
)
EQUIAFFINE = PointMap({x: alpha * x + beta * u + a, u: gamma * x + (1 + beta * gamma) / alpha * u + b})
PROJECTIVE = PointMap({u: (alpha * u + beta) / (gamma * u + (1 + beta * gamma) / alpha)})
BOOSTS = PointMap({t: t + a, x: x + b + c * t, u: u + c})
TURNED = PointMap({x: x * sp.cos(phi) - y * sp.sin(phi), y: x * sp.sin(phi) + y * sp.cos(phi)})
STRETCHED = PointMap({x: sp.exp(s) * x, u: sp.exp(2 * s) * u})
LORENTZ = PointMap({t: t * sp.cosh(s) + x * sp.sinh(s), x: x * sp.cosh(s) + t * sp.sinh(s)})

CASES = [
    (Jet("x", "u", order=3), RIGID, "a b phi", {"x": 0, "u": 0, "u_x": 0}),
    (Jet("x", "u", order=2), HALF_ANGLE, "a b h", {"x": 0, "u": 0, "u_x": 0}),
    (
        Jet("x", "u", order=4),
        EQUIAFFINE,
        "alpha beta gamma a b",
        {"x": 0, "u": 0, "u_x": 0, "u_xx": 1, "u_xxx": 0},
    ),
    (Jet("x", "u", order=4), PROJECTIVE, "alpha beta gamma", {"u": 0, "u_x": 1, "u_xx": 0}),
    (Jet("t x", "u", order=2), BOOSTS, "a b c", {"t": 0, "x": 0, "u": 0}),
    (Jet("x y", "u", order=1), TURNED, "phi", {"y": 0}),
    (Jet("x", "u", order=2), STRETCHED, "s", {"u_x": 1}),
    (Jet("x", "u", order=2), STRETCHED, "s", {"x": 2}),
    (Jet("t x", "u", order=1), LORENTZ, "s", {"x": 0}),
]


@pytest.fixture(scope="module", params=range(len(CASES)))
def case(request: pytest.FixtureRequest) -> MovingFrame:
    jet, action, parameters, section = CASES[request.param]
    return moving_frame(jet, action, parameters, section)


def test_generators_annihilate_all_invariants(case: MovingFrame) -> None:
    for invariant in case.invariants:
        for v in case.generators:
            assert sp.simplify(v.apply(invariant, case.jet)) == 0


def test_there_are_as_many_as_coordinates_less_parameters(case: MovingFrame) -> None:
    coordinates = case.jet.coordinates
    assert len(case.invariants) == len(coordinates) - len(case.parameters)
    point = {z: sp.Rational(3 + 2 * k, 7) for k, z in enumerate(coordinates)}
    jacobian = sp.Matrix([[sp.diff(i, z).subs(point) for z in coordinates] for i in case.invariants])
    assert jacobian.applyfunc(lambda e: sp.N(e, 40)).rank(iszerofunc=lambda e: abs(e) < 1e-25) == len(
        case.invariants
    )


def test_replacement(case: MovingFrame) -> None:
    """iota(z) = z on the cross-section, and iota(I) = I for invariants I (Fels and Olver, theorem 4.7)."""
    section = dict(case.cross_section)
    point = {z: section.get(z, sp.Rational(5 + 2 * k, 3)) for k, z in enumerate(case.jet.coordinates)}
    for coordinate, value in case.normalised:
        limit = value.subs(point)
        if limit.is_finite:  # the half angle is 0/0 there
            assert abs(sp.N(limit - point[coordinate])) < 1e-12
    away = {z: sp.Rational(4 + 3 * k, 5) for k, z in enumerate(case.jet.coordinates)}
    for invariant in case.invariants:
        twice = case.invariantise(invariant)
        assert abs(sp.N((twice - invariant).subs(away), 30)) < 1e-20


def test_curvatures_of_the_literature() -> None:
    jet, action, parameters, section = CASES[0]
    slope, second, third = jet["u_x"], jet["u_xx"], jet["u_xxx"]
    curve = moving_frame(jet, action, parameters, section)
    assert curve.invariants[0] == second / (1 + slope**2) ** sp.Rational(3, 2)
    jet, action, parameters, section = CASES[2]
    affine = moving_frame(jet, action, parameters, section)
    [curvature] = affine.invariants
    expected = (3 * jet["u_xx"] * jet["u_xxxx"] - 5 * jet["u_xxx"] ** 2) / (
        3 * jet["u_xx"] ** sp.Rational(8, 3)
    )
    assert sp.simplify(curvature - expected) == 0
    jet, action, parameters, section = CASES[3]
    schwarzian = moving_frame(jet, action, parameters, section).invariants[1]
    assert sp.cancel(schwarzian - (third / slope - 3 * second**2 / (2 * slope**2))) == 0


def test_the_half_angle_takes_the_branch_of_the_identity() -> None:
    jet, action, parameters, section = CASES[1]
    curve = moving_frame(jet, action, parameters, section)
    assert curve.invariants == (jet["u_xx"] / (1 + jet["u_x"] ** 2) ** sp.Rational(3, 2),)


def test_refusals_say_what_to_do() -> None:
    jet = Jet("x", "u", order=2)
    shift = PointMap({x: x + a, u: u + b})
    with pytest.raises(InvalidInput, match="fixes 2 coordinates, found 1: x"):
        moving_frame(jet, shift, "a b", {"x": 0})
    with pytest.raises(InvalidInput, match="does not fix the parameters a, b"):
        moving_frame(jet, shift, "a b", {"x": 0, "u_x": 0})
    with pytest.raises(InvalidInput, match="`c` cannot be a parameter"):
        moving_frame(jet, shift, "a c", {"x": 0, "u": 0})
    with pytest.raises(InvalidInput, match="`u` cannot be a parameter"):
        moving_frame(jet, shift, "a u", {"x": 0, "u": 0})
    with pytest.raises(InvalidInput, match="not a constant"):
        moving_frame(jet, shift, "a b", {"x": u, "u": 0})
    with pytest.raises(InvalidInput, match="Give `identity`"):
        moving_frame(jet, PointMap({x: x + a - 7}), "a", {"x": 0})
    with pytest.raises(InvalidInput, match="not found in time"):
        moving_frame(jet, RIGID, "a b phi", {"x": 0, "u": 0, "u_x": 0}, budget=0)


def test_the_identity_may_be_anywhere() -> None:
    jet = Jet("x", "u", order=1)
    frame = moving_frame(jet, PointMap({x: x + a - 7}), "a", {"x": 0}, identity={"a": 7})
    assert dict(frame.frame) == {a: 7 - x} and frame.invariants == (u, jet["u_x"])


def test_maps_that_form_no_group_are_found_out() -> None:
    """x -> x + a, u -> u + a x^2 misses the term that composing two of them makes."""
    with pytest.raises(InvalidInput, match="form a group"):
        moving_frame(Jet("x", "u", order=1), PointMap({x: x + a, u: u + a * x**2}), "a", {"x": 0})


def test_rotations_of_space_are_refused_in_time() -> None:
    """The normalisation of SO(3) is no sequence of equations in one unknown; it must not hang."""
    p, q, r = sp.symbols("p q r")
    skew = sp.Matrix([[0, -r, q], [r, 0, -p], [-q, p, 0]])
    cayley = ((sp.eye(3) - skew).inv() * (sp.eye(3) + skew)).applyfunc(sp.cancel)
    turned = PointMap(dict(zip((x, y, z), cayley * sp.Matrix([x, y, z]), strict=True)))
    with pytest.raises(InvalidInput, match="one after the other"):
        moving_frame(Jet("x y z", "u"), turned, "p q r", {"z": 0, "u_y": 0, "u_z": 0})


def test_printing() -> None:
    jet = Jet("x", "u", order=1)
    frame = moving_frame(jet, STRETCHED, "s", {"x": 1})
    assert str(frame) == "x -> 1\nu -> u/x**2\nu_x -> u_x/x"
    assert r"\iota\left(u_{x}\right) &= \frac{u_{x}}{x}" in frame.latex()
    with pytest.raises(InvalidInput, match="Raise its order"):
        frame.invariantise(jet["u_xx"])


@pytest.mark.parametrize(
    "expression",
    [
        sp.sqrt(x / y) + sp.sqrt(y / x),
        1 / (1 + sp.sqrt(1 + x**2)),
        (x**3 * (1 + y)) ** sp.Rational(1, 3) / (1 + y),
        sp.sqrt(4 * x**2 + 4 * y**2) / (x**2 + y**2),
        (-1 - x) ** 3 / y,
        sp.sqrt((x - y) / (x + y)) * (y - x),
        sp.sqrt((y - x) / (x + y)) * (y - x),
    ],
)
def test_tidied_expressions_keep_their_value(expression: sp.Expr) -> None:
    point = {x: sp.Rational(3, 7), y: sp.Rational(5, 4)}
    assert abs(sp.N((tidied(expression) - expression).subs(point), 30)) < 1e-25
