"""Operators that commute with a group: proven, and they carry invariants to invariants."""

from __future__ import annotations

import pytest
import sympy as sp

from symeq.geometry.fields import VectorField
from symeq.geometry.groups import boost, reflection, rotation, scaling, translation
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry, trivial
from symeq.invariants.operators import (
    InvariantOperator,
    equivariant_frame,
    frame_condition,
    gathered,
    invariant_operators,
    tresse_operators,
)

x, y, t, u = sp.symbols("x y t u")
CURVE = Jet("x", "u", order=2)
PLANE = Jet("x y", "u", order=2)
LINE = Jet("t x", "u", order=2)


def fields(*components: dict[sp.Symbol, sp.Expr | int]) -> Symmetry:
    return Symmetry([VectorField(c) for c in components])


MOVES = translation("x", "u") + fields({x: -u, u: x})
EQUIAFFINE = translation("x", "u") + fields({x: u}, {u: x}, {x: x, u: -u})
CONFORMAL = (
    translation("x", "y")
    + rotation("x", "y")
    + scaling(x=1, y=1)
    + fields({x: x**2 - y**2, y: 2 * x * y}, {x: 2 * x * y, y: y**2 - x**2})
)
GROUPS = [
    (CURVE, trivial, ["D_x"]),
    (CURVE, MOVES, ["D_x/sqrt(u_x**2 + 1)"]),
    (CURVE, EQUIAFFINE, ["D_x/u_xx**(1/3)"]),
    (CURVE, MOVES + scaling(x=1, u=1), ["(u_x**2 + 1)*D_x/u_xx"]),
    (CURVE, fields({u: 1}, {u: u}, {u: u**2}), ["D_x"]),
    (CURVE, fields({x: 1}, {x: x}, {x: x**2}), ["D_x/u_x"]),
    (CURVE, fields({x: 1, u: sp.exp(x)}), ["D_x"]),
    (PLANE, translation("x", "y") + rotation("x", "y"), ["u_x*D_x + u_y*D_y", "-u_y*D_x + u_x*D_y"]),
    (PLANE, CONFORMAL, None),
    (PLANE, translation("x", "y") + rotation("x", "y") + reflection("x"), None),
    (LINE, translation("t", "x") + boost("x", "u"), ["D_x", "D_t + u*D_x"]),
    (LINE, translation("t", "x") + boost("x", "u") + scaling(t=2, x=1, u=-1), None),
    (LINE, translation("t", "x") + fields({t: x, x: t}), None),
    (Jet("x y z", "u", order=2), translation("x", "y", "z") + rotation("x", "y", "z"), None),
    (Jet("t", "x y", order=1), rotation("x", "y"), ["D_t"]),
]


@pytest.mark.parametrize(("jet", "symmetry", "known"), GROUPS)
def test_operators_commute_and_are_as_many_as_variables(
    jet: Jet, symmetry: Symmetry, known: list[str] | None
) -> None:
    resolved = symmetry.on(jet).closed()
    found = invariant_operators(jet, symmetry)
    assert len(found) == len(jet.independent)
    assert all(operator.commutes(resolved) for operator in found)
    matrix = sp.Matrix([operator.coefficients for operator in found])
    assert sp.simplify(matrix.det()) != 0
    if known is not None:
        assert [str(operator) for operator in found] == known


@pytest.mark.parametrize(("jet", "symmetry", "known"), [g for g in GROUPS if g[1].generators])
def test_the_commutator_is_zero_on_functions(jet: Jet, symmetry: Symmetry, known: list[str] | None) -> None:
    """pr v(D F) = D(pr v(F)) for functions F of the first order, by another road than the condition."""
    resolved = symmetry.on(jet).closed()
    operator = invariant_operators(jet, symmetry)[0]
    F = jet.independent[0] * jet.dependent[0] + jet.derivative(jet.dependent[0], jet.independent[-1]) ** 2
    for v in resolved.generators:
        first = v.apply(operator.apply(F), jet)
        second = operator.apply(v.apply(F, jet))
        assert sp.simplify(sp.powsimp(first - second)) == 0


def test_wrong_operators_are_refused() -> None:
    moves = MOVES.on(CURVE).closed()
    assert not InvariantOperator(CURVE, (sp.S.One,)).commutes(moves)
    assert not InvariantOperator(CURVE, (sp.sqrt(1 + CURVE["u_x"] ** 2),)).commutes(moves)
    rotations = rotation("x", "y").on(PLANE)
    assert not InvariantOperator(PLANE, (PLANE["u_y"], PLANE["u_x"])).commutes(rotations)
    mirrored = (rotation("x", "y") + reflection("x")).on(PLANE)
    assert not InvariantOperator(PLANE, (-PLANE["u_y"], PLANE["u_x"])).commutes(mirrored)


def test_arc_length_differentiates_curvature() -> None:
    """D_s kappa is invariant, D_x kappa is not (Olver, Equivalence, Invariants and Symmetry, section 5.2)."""
    jet = CURVE.with_order(3)
    [along] = invariant_operators(jet, MOVES)
    slope, second = jet["u_x"], jet["u_xx"]
    curvature = second / (1 + slope**2) ** sp.Rational(3, 2)
    moves = MOVES.on(jet).closed()
    derived = along.apply(curvature)
    assert derived == (slope**2 * jet["u_xxx"] - 3 * slope * second**2 + jet["u_xxx"]) / (slope**2 + 1) ** 3
    assert all(sp.simplify(v.apply(derived, jet)) == 0 for v in moves.generators)
    bare = jet.total_derivative(curvature, "x")
    assert any(sp.simplify(v.apply(bare, jet)) != 0 for v in moves.generators)


def test_tresse_operators_invert_the_total_jacobian() -> None:
    """d I_j / d I_k is the unit matrix, and the operators commute with the group."""
    p, q = PLANE["u_x"], PLANE["u_y"]
    basis = [PLANE["u"], p**2 + q**2, PLANE["u_xx"] + PLANE["u_yy"]]
    found = tresse_operators(PLANE, basis)
    assert [[sp.simplify(d.apply(i)) for i in basis[:2]] for d in found] == [[1, 0], [0, 1]]
    rigid = (translation("x", "y") + rotation("x", "y")).on(PLANE)
    assert all(operator.commutes(rigid) for operator in found)
    assert tresse_operators(PLANE, basis[:1]) == ()
    assert tresse_operators(PLANE, [PLANE["u"], PLANE["u"] ** 2]) == ()


@pytest.mark.parametrize(("jet", "symmetry", "known"), GROUPS)
def test_vertical_frames(jet: Jet, symmetry: Symmetry, known: list[str] | None) -> None:
    resolved = symmetry.on(jet).closed()
    frame = equivariant_frame(jet, symmetry)
    condition = frame_condition(jet, resolved, jet.order)
    assert frame and len(frame) <= len(jet.dependent)
    assert all(condition.holds(q) for q in frame)
    assert condition.rank(frame) == len(frame)


def test_the_frame_of_curves_is_the_normal() -> None:
    """u_t = sqrt(1 + u_x^2) moves a curve along its normal with unit speed."""
    [(normal,)] = equivariant_frame(CURVE, MOVES)
    assert normal == sp.sqrt(1 + CURVE["u_x"] ** 2)


def test_characteristics_commute_with_the_generators() -> None:
    """[pr v, pr v_Q] = 0 on the dependent variables: pr v(Q^a) = sum_b Q^b d phi^a/d u^b for linear SO(2)."""
    jet = Jet("x y", "u v", order=1)
    turn = (rotation("x", "y", turning=[("u", "v")])).on(jet)
    [v] = turn.generators
    for q in equivariant_frame(jet, turn):
        images = dict(zip(jet.dependent, q, strict=True))
        for w in jet.dependent:
            varied = sum(sp.diff(v[w], s) * images[s] for s in jet.dependent)
            assert sp.expand(v.apply(images[w], jet) - varied) == 0


def test_no_time_is_no_error() -> None:
    assert invariant_operators(PLANE, CONFORMAL, budget=0) is not None


def test_printing_reads_well() -> None:
    [arc] = invariant_operators(CURVE, MOVES)
    assert arc.latex() == r"\frac{D_{x}}{\sqrt{u_{x}^{2} + 1}}"
    named = Jet("x1 x2", "u", order=1)
    sum_of_slopes = named.parse("Derivative(u, x1) + Derivative(u, x2)")
    operator = InvariantOperator(named, (sum_of_slopes, sp.Integer(-1)))
    assert str(operator) == "(Derivative(u, x1) + Derivative(u, x2))*D_x1 - D_x2"
    assert str(InvariantOperator(PLANE, (sp.S.Zero, sp.S.Zero))) == "0"


def test_gathering_keeps_the_value() -> None:
    jet = Jet("x", "u", order=2)
    p, q = jet["u_x"], jet["u_xx"]
    for e in (q / (1 + p**2) + p / (1 + p**2) ** 2, sp.sqrt(1 + p**2) * q + 1, p * (p + q), 1 / p + 1 / q):
        assert sp.simplify(gathered(jet, e) - e) == 0


def test_a_common_denominator_is_written_once() -> None:
    jet = Jet("x y", "u")
    u_x, u_y = jet["u_x"], jet["u_y"]
    square = u_x**2 + u_y**2
    along = InvariantOperator(jet, (u_x / square, -u_y / square))
    assert str(along) == "(u_x*D_x - u_y*D_y)/(u_x**2 + u_y**2)"
    assert along.latex() == r"\frac{u_{x} D_{x} - u_{y} D_{y}}{u_{x}^{2} + u_{y}^{2}}"
    apart = InvariantOperator(jet, (u_x / square / 2, -1 / u_y))
    assert str(apart) == "u_x*D_x/(2*(u_x**2 + u_y**2)) - D_y/u_y"
    assert apart.latex().endswith(r"- \frac{D_{y}}{u_{y}}")
    assert str(InvariantOperator(jet, (jet["x"] * 0, -1 / square))) == "-D_y/(u_x**2 + u_y**2)"
