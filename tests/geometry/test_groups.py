"""The named symmetries and their arguments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import pytest
import sympy
from sympy import Expr, Rational, Symbol, symbols

from symeq.errors import InvalidInput
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
    Sp,
    Symmetry,
    VectorField,
    affine,
    boost,
    conformal,
    cyclic,
    discrete_rotation,
    equiaffine,
    known_symmetries,
    parity,
    permutation,
    phase,
    projective,
    read_symmetry,
    reflection,
    rotation,
    scaling,
    symplectic,
    time_reversal,
    translation,
    trivial,
)
from symeq.geometry.groups import registry
from symeq.geometry.groups.registry import blocks, named
from symeq.geometry.groups.representations import alike

MEMBERS = [
    (translation("t", "x"), ["d_t", "d_x"]),
    (rotation("x", "y"), ["-y*d_x + x*d_y"]),
    (rotation("x", "y", "z"), ["-y*d_x + x*d_y", "-z*d_x + x*d_z", "-z*d_y + y*d_z"]),
    (
        rotation("x", "y", turning=[("u", "v"), ("a", "b")]),
        ["-y*d_x + x*d_y - v*d_u + u*d_v - b*d_a + a*d_b"],
    ),
    (scaling(x=1, t=3, u=-2), ["x*d_x + 3*t*d_t - 2*u*d_u"]),
    (scaling({"x": Rational(3, 2), Symbol("u"): Symbol("nu"), "t": 0}), ["3*x/2*d_x + nu*u*d_u"]),
    (boost("x", "u"), ["TIME*d_x + d_u"]),
    (boost("x", "u", "t"), ["t*d_x + d_u"]),
    (phase("u", "v"), ["-v*d_u + u*d_v"]),
    (reflection("x", "u"), ["x -> -x, u -> -u"]),
    (permutation("x", "y"), ["x -> y, y -> x"]),
    (permutation("x", "y", "z"), ["x -> y, y -> x", "y -> z, z -> y"]),
    (permutation("x", "y", turning=[("u", "v")]), ["x -> y, y -> x, u -> v, v -> u"]),
    (cyclic("x", "y", "z"), ["x -> y, y -> z, z -> x"]),
    (cyclic("x", "y", "z", turning=[("u", "v", "w")]), ["x -> y, y -> z, z -> x, u -> v, v -> w, w -> u"]),
    (
        rotation("x", "y", turning=[("a", "b", "c")]),
        ["-y*d_x + x*d_y - 2*b*d_a + (a - c)*d_b + 2*b*d_c"],
    ),
    (
        permutation("x", "y", turning=[("a", "b", "c", "d")], pseudo=["q"]),
        ["x -> y, y -> x, a -> d, b -> c, c -> b, d -> a, q -> -q"],
    ),
    (
        O("x", "y", turning=[("a", "b", "c")]),
        ["-y*d_x + x*d_y - 2*b*d_a + (a - c)*d_b + 2*b*d_c", "x -> -x, b -> -b"],
    ),
    (E("x", turning=["u"], pseudo=["q"]), ["d_x", "x -> -x, u -> -u, q -> -q"]),
    (
        parity("x", "y", "z", turning=[("u", "v", "w")]),
        ["x -> -x, y -> -y, z -> -z, u -> -u, v -> -v, w -> -w"],
    ),
    (
        parity("x", "y", "z", turning=[[f"s{k}" for k in range(6)]], pseudo=["q", ("a", "b", "c")]),
        ["x -> -x, y -> -y, z -> -z, q -> -q"],
    ),
    (time_reversal("t", ("u", "v")), ["t -> -t, u -> -u, v -> -v"]),
    (time_reversal("t"), ["t -> -t"]),
    (Galilei("t", "x"), ["d_t", "d_x", "t*d_x"]),
    (Lorentz("t", "x", c=Symbol("c")), ["x/c**2*d_t + t*d_x"]),
    (SL2("x", weights={"u": Rational(-1, 2)}), ["d_x", "x*d_x - u/2*d_u", "x**2*d_x - u*x*d_u"]),
    (discrete_rotation("x", "y", order=4), ["x -> -y, y -> x"]),
]


@pytest.mark.parametrize(
    ("symmetry", "members"), MEMBERS, ids=lambda c: str(c) if isinstance(c, Symmetry) else ""
)
def test_members(symmetry: Symmetry, members: list[str]) -> None:
    assert [str(member) for member in symmetry.members] == members


def test_labels_are_what_one_would_type() -> None:
    assert [str(symmetry) for symmetry, _ in MEMBERS[3:6]] == [
        "rotation(x, y; u, v; a, b)", "scaling(x=1, t=3, u=-2)", "scaling(x=3/2, u=nu, t=0)"
    ]  # fmt: skip


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_rotations_turn_in_every_plane_and_leave_the_length(n: int) -> None:
    symbols = [Symbol(f"x{k}") for k in range(n)]
    generators = rotation(*symbols).generators
    assert len(generators) == n * (n - 1) // 2
    assert all(v.apply(sum(s**2 for s in symbols)) == 0 for v in generators)


def test_vectors_turn_along() -> None:
    (turn,) = rotation("x", "y", turning=[("u", "v")]).generators
    jet = Jet("t x y", "u v", order=2)
    invariants = ["u^2 + v^2", "x*u + y*v", "u_x + v_y", "v_x - u_y", "u_t^2 + v_t^2"]
    assert [turn.apply(jet.parse(text), jet) for text in invariants] == [0] * 5
    assert turn.apply(jet.parse("u_x"), jet) != 0


x, y, z = symbols("x y z")
VECTOR = ("u", "v", "w")

# The dimensions of the textbook, with every field that turns along.
DIMENSIONS = [
    (SO("x", "y", "z", turning=[VECTOR]), 3),
    (O("x", "y", "z", turning=[VECTOR], pseudo=["q"]), 3),
    (SO(*symbols("x1:6")), 10),
    (SO(*symbols("x1:13")), 66),
    (SE("x", "y", "z", turning=[VECTOR, [f"s{k}" for k in range(6)], [f"r{k}" for k in range(9)]]), 6),
    (E("x", "y"), 3),
    (Galilei("t", "x", "u"), 3),
    (Galilei("t", "x y z", "u v w"), 10),
    (Schroedinger("t", "x", "a b"), 6),
    (Schroedinger("t", "x y", "a b", c=Symbol("c")), 9),
    (Schroedinger("t", "x y z", "a b", c=sympy.sqrt(3)), 13),
    (Schroedinger("t", "x", "a b", weight=-1), 5),
    (Lorentz("t", "x y z", turning=[("r", *VECTOR)]), 6),
    (Poincare("t", "x y z", c=Symbol("c")), 10),
    (conformal("x"), 3),
    (conformal("x", "y", turning=["u v"], weights={"u": -1, "v": -1}), 6),
    (conformal("x", "y", "z", weights={"u": Symbol("k")}), 10),
    (conformal("x", "y", time="t", c=2), 10),
    (GL("x", "y", "z", turning=[VECTOR]), 9),
    (SL("x", "y", "z", dual=[VECTOR]), 8),
    (affine("x", "y", "z"), 12),
    (equiaffine("x", "u"), 5),
    (projective("x", "u"), 8),
    (SL2("u"), 3),
    (Sp("q1 q2", "p1 p2", turning=[("a", "b", "c", "d")]), 10),
    (symplectic("x y z", "u v w"), 21),
    (SU2("a", "b", "c", "d", turning=[VECTOR, ("e", "f", "g", "h")]), 3),
    (U1("u", "v", turning=["a b"]), 1),
]


@pytest.mark.parametrize(("group", "dimension"), DIMENSIONS, ids=lambda c: str(c))
def test_groups_have_their_dimension_and_close_without_help(group: Symmetry, dimension: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(group.closed().generators) == len(group.generators) == dimension


PERIODS = [
    (cyclic("x", "y", "z", turning=[VECTOR, [f"s{k}" for k in range(6)]]), 3),
    (cyclic("x", "y", turning=["u v"], pseudo=["q"]), 2),
    (cyclic(*symbols("x0:5")), 5),
    (permutation("x", "y", "z", turning=[VECTOR], pseudo=["q"]), 2),
    *((discrete_rotation("x", "y", order=n, turning=["u v", "a b c"]), n) for n in (2, 3, 4, 6, 8, 12)),
    (parity("x", "y", "z", turning=[VECTOR], pseudo=["q"]), 2),
    (time_reversal("t", "u v"), 2),
    (E("x", "y", "z", turning=[VECTOR], antisymmetric=["a b c"]), 2),
]


@pytest.mark.parametrize(("group", "period"), PERIODS, ids=lambda c: str(c))
def test_maps_come_back_after_their_period_and_not_before(group: Symmetry, period: int) -> None:
    for g in group.maps:
        power = g
        for _ in range(period - 1):
            assert power.components
            power = power.compose(g)
        assert not power.components


def test_one_group_under_two_names() -> None:
    assert SO("x", "y", turning=["u v"]) == rotation("x", "y", turning=["u v"])
    assert Sp("q", "p") == symplectic("q", "p") and U1("u", "v") == phase("u", "v")
    assert SL2("x") == projective("x") == conformal("x")


INVARIANTS: list[tuple[Symmetry, str]] = [
    (O("x", "y", turning=["a b c"]), "a + c"),
    (O("x", "y", turning=["a b c"]), "a*c - b^2"),
    (O("x", "y", turning=["a b c"]), "a*x^2 + 2*b*x*y + c*y^2"),
    (O("x", "y", turning=["a b c d"], pseudo=["q"]), "q*(b - c)"),
    (O("x", "y", turning=["u v"], pseudo=["a b"]), "(u*a + v*b)^2"),
    (O("x", "y", turning=["u v"], pseudo=["a b"]), "(u*a + v*b)*(x*v - y*u)"),
    (SO("x", "y", antisymmetric=["q"]), "q"),
    (E("x", "y", turning=["u v"], antisymmetric=["q"]), "(u_y - v_x)*q"),
    (parity("x", "y", turning=["u v"], pseudo=["q"]), "q + u*x + v*y"),
    (Lorentz("t", "x y", c=2, turning=["a b c"]), "4*t*a - x*b - y*c"),
    (Lorentz("t", "x y", c=2, turning=["a b c"], dual=["u v q"]), "t*u + x*v + y*q + a*u + b*v + c*q"),
    (Lorentz("t", "x y", antisymmetric=["a b c"]), "a^2 + b^2 - c^2"),
    (Lorentz("t", "x y", dual=["a b c"]), "u_t^2 - u_x^2 - u_y^2 + a*u_t - b*u_x - c*u_y"),
    (GL("x", "y", dual=["u v"], turning=["a b"]), "(x*u + y*v)/(a*u + b*v)"),
    (SL("x", "y", turning=["a b", "u v"]), "x*b - y*a + a*v - b*u"),
    (SL("x", "y", turning=["a b c"], dual=["u v"]), "a*c - b^2 + a*u^2 + 2*b*u*v + c*v^2"),
    (symplectic("x", "y", turning=["a b"]), "x*b - y*a"),
    (
        SU2("a", "b", "c", "d", turning=["u v q"]),
        "2*(a*c + b*d)*u + 2*(a*d - b*c)*v + (a^2 + b^2 - c^2 - d^2)*q",
    ),
    (U1("a", "b", turning=["u v"]), "(a*u + b*v)*(a*v - b*u)"),
    (SL2("u"), "u_xxx/u_x - 3*u_xx^2/(2*u_x^2)"),
    (projective("u"), "u_xxx/u_x - 3*u_xx^2/(2*u_x^2)"),
    (equiaffine("x", "u"), "(3*u_xx*u_xxxx - 5*u_xxx^2)^3/u_xx^8"),
    (conformal("x", "y"), "(u_xx + u_yy)/(u_x^2 + u_y^2)"),
    (conformal("x", "y", weights={"u": -1}), "(u_xx + u_yy)/u^3 - (u_x^2 + u_y^2)/u^4"),
    (cyclic("x", "y", turning=["a b c"]), "a + c + b^2"),
    (discrete_rotation("x", "y", order=3), "x^3 - 3*x*y^2"),
    (discrete_rotation("x", "y", order=6, turning=["a b c"]), "a + c + a*c - b^2"),
]


@pytest.mark.parametrize(("group", "text"), INVARIANTS, ids=lambda c: str(c))
def test_invariants_of_the_textbook(group: Symmetry, text: str) -> None:
    space = "x" if any(name in text for name in ("u_xxx", "u_xxxx")) else "t x y"
    fields = [name for name in "xyuvabcdq" if name not in space.split()]
    jet = Jet(space, fields, order=4)
    f = jet.parse(text)
    assert f.free_symbols
    left: list[Expr] = [v.apply(f, jet) for v in group.generators]
    left += [g.apply(f, jet) - f for g in group.maps]
    assert [sympy.cancel(sympy.together(e)) for e in left] == [0] * len(group.members)


def test_boosts_and_shifts_commute_as_in_the_textbook() -> None:
    """[d_t, B] = d_x for Galilei; [T, B] = X, [X, B] = T/c^2 for Poincare; [X, B] = J for Schroedinger."""
    time, shift, galilean = Galilei("t", "x", "u").generators
    assert time.bracket(galilean) == shift and not shift.bracket(galilean)
    time, shift, lorentzian = Poincare("t", "x", c=Symbol("c")).generators
    assert time.bracket(lorentzian) == shift
    assert shift.bracket(lorentzian) == time * (1 / Symbol("c") ** 2)
    time, shift, kick, turn, dilation, expansion = Schroedinger("t", "x", "a b", c=Symbol("c")).generators
    assert shift.bracket(kick) == turn and time.bracket(kick) == shift * (2 * Symbol("c"))
    assert time.bracket(expansion) == dilation and time.bracket(dilation) == 2 * time
    assert dilation.bracket(expansion) == 2 * expansion


def test_su2_has_the_brackets_of_spin() -> None:
    one, two, three = SU2("a", "b", "c", "d", turning=[VECTOR, ("e", "f", "g", "h")]).generators
    sign = 1 if one.bracket(two) == 2 * three else -1
    for k, left, right in ((three, one, two), (one, two, three), (two, three, one)):
        assert left.bracket(right) == 2 * sign * k


def test_a_symmetry_takes_one_more_generator_or_map() -> None:
    field, mirror = VectorField({"u": 1}), PointMap({"x": -x})
    joined = SE("x", "y") + field + mirror
    assert joined.generators == (*SE("x", "y").generators, field) and joined.maps == (mirror,)
    assert str(joined) == "SE(x, y); d_u; x -> -x"
    assert trivial + field == Symmetry([field]) and str(trivial + mirror) == "x -> -x"
    with pytest.raises(TypeError):
        SE("x", "y") + "d_u"  # type: ignore[operator]


def test_variables_are_given_as_text_tuples_or_symbols() -> None:
    assert Galilei("t", "x y", "u v") == Galilei(Symbol("t"), [x, y], ("u", "v"))
    assert SE(x, y, turning="u v") == SE("x", "y", turning=[("u", "v")]) == SE("x", y, turning=["u, v"])
    assert conformal("x", "y", weights={Symbol("u"): -0.5}) == conformal(
        "x", "y", weights={"u": Rational(-1, 2)}
    )


def test_one_decorated_function_adds_a_symmetry() -> None:
    with pytest.raises(InvalidInput, match="unknown symmetry `shear`"):
        read_symmetry("shear(x, y)", Jet("x y", "u"))
    try:

        @named("shear(x, y; u, v)", blocks, least=2)
        def shear(*variables: Symbol, turning: Sequence[Sequence[Symbol]] = ()) -> Symmetry:
            """Return the shear x d/dy."""
            turned = alike("shear", variables, 2, turning)
            return Symmetry([turned.field({(1, 0): 1})], label=turned.label())

        jet = Jet("x y", "u v")
        assert read_symmetry("shear(x, y; u, v)", jet) == Symmetry([VectorField({"y": x, "v": Symbol("u")})])
        with pytest.raises(InvalidInput, match="takes 2 or more .* it is written like `shear"):
            read_symmetry("shear(x)", jet)
        with pytest.raises(ValueError, match="two symmetries are called `shear`"):
            named("shear(t)", blocks)(translation)
    finally:
        registry._NAMED.pop("shear", None)


def test_every_known_symmetry_says_what_it_is() -> None:
    known = known_symmetries()
    assert {"SE(x, y; u, v)", "Galilei(t; x, y; u, v)", "rotation(x, y; u, v)"} < set(known)
    assert all(len(summary) > 10 and not summary.startswith("Return") for summary in known.values())


REFUSED: list[tuple[Callable[[], Symmetry], str]] = [
    (lambda: translation(), "at least 1 variable,"),
    (lambda: rotation("x"), "at least 2 variables"),
    (lambda: rotation("x", "x"), "names x twice"),
    (lambda: rotation("x", "y", turning=[("u", "x")]), "names x twice"),
    (lambda: rotation("x", "y", turning=["u"]), "2 for a vector, 3 for a symmetric tensor, 4 for a tensor"),
    (lambda: scaling(), "at least 1 variable"),
    (lambda: scaling(x=0), "weight that is not zero"),
    (lambda: scaling(x="1"), "found the text"),
    (lambda: boost("x", "x"), "names x twice"),
    (lambda: boost("x", "u", "x"), "names x twice"),
    (lambda: reflection("2x"), "cannot name a variable"),
    (lambda: cyclic("x"), "at least 2 variables"),
    (lambda: phase("u", "u"), "names u twice"),
    (lambda: rotation("x", "y", turning=[("u", "v", "w", "a", "b")]), "has 5 components; what turns with 2"),
    (lambda: SO("x", "y", "z", antisymmetric=["u v"]), "has 3 for an antisymmetric tensor"),
    (lambda: O("x", "y", "z", pseudo=["u v"]), "1 for a scalar, 3 for a vector, 6 for a symmetric tensor, 9"),
    (lambda: SE("x", turning=["u v"]), "what turns with 1 variable has 1 for a vector"),
    (lambda: SO(*symbols("x0:101")), "at most 100 variables, found 101"),
    (lambda: Galilei("t", "x y", "u"), "every position has its velocity, found 2 and 1"),
    (lambda: Galilei("t s", "x"), "takes 1 variable in the place of .t, s., found 2"),
    (lambda: Galilei("t", ()), "at least 1 variable"),
    (lambda: Galilei("t", "t"), "names t twice"),
    (lambda: Schroedinger("t", "x", "a"), "takes 2 variables in the place of .a., found 1"),
    (lambda: Schroedinger("t", "x", "a b", c=0), "needs c that is not zero"),
    (lambda: Schroedinger("t", "x", "a b", weight=x), "the weight = x holds the variable x"),
    (lambda: Lorentz("t", "x", c=x), "c = x holds the variable x"),
    (
        lambda: Lorentz("t", "x", turning=["u v w a b"]),
        "what turns with 2 variables has 2 for a vector, 3 for",
    ),
    (lambda: conformal("x", c=2), "the speed c = 2 needs a `time`"),
    (lambda: conformal("x", weights={"x": 1}), "x is a coordinate"),
    (lambda: conformal("x", "y", turning=["u v"], weights={"u": 1}), "need one and the same weight"),
    (lambda: conformal("x", weights={"u": Symbol("u")}), "holds the variable u"),
    (lambda: SL2("x", weights={"u": x}), "the weight of u = x holds the variable x"),
    (lambda: SL("x"), "at least 2 variables"),
    (lambda: symplectic("q", "p1 p2"), "every position has its momentum, found 1 and 2"),
    (lambda: SU2("a", "b", "c", "d", turning=["u v"]), "4 are a doublet, 3 a triplet"),
    (lambda: U1("u", "v", turning=["a"]), "takes 2 variables in the place of .a., found 1"),
    (lambda: time_reversal("t", "t"), "names t twice"),
    (
        lambda: discrete_rotation("x", "y", order=7),
        "order among 2, 3, 4, 6, 8, 12; found 2 variables and order 7",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_arguments_that_are_refused(make: Callable[[], Symmetry], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()
