"""Symmetries, generators, maps and equations as users type them."""

from __future__ import annotations

import time

import pytest
from sympy import Rational, Symbol

from symeq.errors import InvalidInput
from symeq.geometry import (
    GL,
    SE,
    SL,
    SL2,
    SO,
    SU2,
    TIME,
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
    as_symmetry,
    boost,
    conformal,
    cyclic,
    discrete_rotation,
    equiaffine,
    parity,
    parse,
    permutation,
    phase,
    projective,
    read_equation,
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

JET = Jet("t x y z", "u v w", order=2)
nu = Symbol("nu")

SYMMETRIES = [
    ("translation(t)", translation("t")),
    ("translation(t,x)", translation("t", "x")),
    ("rotation(x, y; u, v)", rotation("x", "y", turning=[("u", "v")])),
    ("rotation(x, y, z; u, v, w)", rotation("x", "y", "z", turning=[("u", "v", "w")])),
    ("scaling(x=1, t=3, u=-2)", scaling(x=1, t=3, u=-2)),
    ("scaling(x=3/2, u=nu, t=-0.5)", scaling(x=Rational(3, 2), u=nu, t=Rational(-1, 2))),
    ("boost(x, u)", boost("x", "u")),
    ("boost(x, u, t)", boost("x", "u", "t")),
    ("reflection(x, u)", reflection("x", "u")),
    ("permutation(x, y)", permutation("x", "y")),
    ("permutation(x, y; u, v)", permutation("x", "y", turning=[("u", "v")])),
    ("cyclic(x, y, z; u, v, w)", cyclic("x", "y", "z", turning=[("u", "v", "w")])),
    ("phase(u, v)", phase("u", "v")),
    ("SO(x, y; u, v)", SO("x", "y", turning=["u v"])),
    ("SO(x, y; u, v, w)", SO("x", "y", turning=["u v w"])),
    ("SO(x, y, z; antisymmetric(u, v, w))", SO("x", "y", "z", antisymmetric=["u v w"])),
    ("O(x, y; u, v; pseudo(w))", O("x", "y", turning=["u v"], pseudo=["w"])),
    ("O(x, y, z; pseudo(u, v, w))", O("x", "y", "z", pseudo=["u v w"])),
    ("E(x, y; pseudo(u; v, w))", E("x", "y", pseudo=["u", "v w"])),
    ("SE(x, y, z; u, v, w)", SE("x", "y", "z", turning=["u v w"])),
    ("Galilei(t; x, y; u, v)", Galilei("t", "x y", "u v")),
    ("Galilei(t; x, y; u, v; w, z)", Galilei("t", "x y", "u v", turning=["w z"])),
    ("Galilei(t; x)", Galilei("t", "x")),
    ("Schroedinger(t; x, y; u, v)", Schroedinger("t", "x y", "u v")),
    ("Schroedinger(t; x; u, v; c=nu/2, weight=-1)", Schroedinger("t", "x", "u v", c=nu / 2, weight=-1)),
    ("Schroedinger(t; x; u, v; w, z)", Schroedinger("t", "x", "u v", turning=["w z"])),
    ("Lorentz(t; x, y, z; c=nu)", Lorentz("t", "x y z", c=nu)),
    ("Lorentz(t; x, y; dual(u, v, w); c=2)", Lorentz("t", "x y", dual=["u v w"], c=2)),
    ("Poincare(t; x, y; u, v, w)", Poincare("t", "x y", turning=["u v w"])),
    ("conformal(x, y, z; u=-1/2, v=nu)", conformal("x", "y", "z", weights={"u": Rational(-1, 2), "v": nu})),
    ("conformal(x, y; u, v; u=-1, v=-1)", conformal("x", "y", turning=["u v"], weights={"u": -1, "v": -1})),
    ("conformal(x, y, time=t, c=3; u=-1)", conformal("x", "y", time="t", c=3, weights={"u": -1})),
    ("GL(x, y; u, v)", GL("x", "y", turning=["u v"])),
    ("SL(x, y; dual(u, v))", SL("x", "y", dual=["u v"])),
    ("affine(x, u)", affine("x", "u")),
    ("equiaffine(x, u)", equiaffine("x", "u")),
    ("projective(x, u)", projective("x", "u")),
    ("SL2(u)", SL2("u")),
    ("SL2(x; u=nu, v=0)", SL2("x", weights={"u": nu, "v": 0})),
    ("symplectic(x, y; u, v)", symplectic("x y", "u v")),
    ("Sp(x; u; v, w)", Sp("x", "u", turning=["v w"])),
    ("SU2(x, y, u, v)", SU2("x", "y", "u", "v")),
    ("U1(u, v; x, y)", U1("u", "v", turning=["x y"])),
    ("parity(x, y, z; u, v, w)", parity("x", "y", "z", turning=["u v w"])),
    ("time_reversal(t; u)", time_reversal("t", "u")),
    ("permutation(x, y; u, v, w; pseudo(z))", permutation("x", "y", turning=["u v w"], pseudo=["z"])),
    ("discrete_rotation(x, y; u, v; order=6)", discrete_rotation("x", "y", order=6, turning=["u v"])),
    ("SE(x, y) + Galilei(t; z)", SE("x", "y") + Galilei("t", "z")),
    ("SE(x, y); u*d_u; u -> -u", SE("x", "y") + scaling(u=1) + reflection("u")),
    ("trivial", trivial),
    ("trivial + translation(t)", translation("t")),
    (
        "translation(t) + boost(x, u) + reflection(x, u)",
        translation("t") + boost("x", "u") + reflection("x", "u"),
    ),
    ("t*d_x + d_u", Symmetry([VectorField({"x": Symbol("t"), "u": 1})])),
    ("d_t, d_x", translation("t", "x")),
    ("x -> -x, u -> -u", reflection("x", "u")),
    ("x -> -x; translation(t); t*d_x + d_u", reflection("x") + translation("t") + boost("x", "u", "t")),
]


@pytest.mark.parametrize(("text", "symmetry"), SYMMETRIES, ids=[text for text, _ in SYMMETRIES])
def test_symmetries(text: str, symmetry: Symmetry) -> None:
    found = read_symmetry(text, JET, parameters="nu")
    assert found == symmetry and found.label == text
    assert read_symmetry(str(symmetry), JET, "nu") == symmetry


def test_names_that_clash_with_functions_of_sympy_are_variables() -> None:
    jet = Jet("beta S", "I lambda")
    assert read_symmetry("rotation(beta, S; I, lambda)", jet).generators[0]["beta"] == -Symbol("S")
    assert read_generator("gamma*I*d_lambda + E*d_S", jet, "gamma E")["S"] == Symbol("E")


def test_names_of_groups_stay_free_for_variables_and_parameters() -> None:
    """A call is the group, except for a field that is written with its arguments; a bare name never is."""
    jet = Jet("O U1", "E SE")
    assert read_symmetry("E(O, U1; E, SE)", jet) == E("O", "U1", turning=["E SE"])
    assert read_symmetry("SO(E, SE) + O(U1)", jet) == SO("E", "SE") + O("U1")
    assert parse("E", jet) == Symbol("E") == parse("E(O, U1)", jet)
    assert parse("SO(E, SE)", jet) == SO("E", "SE")
    assert read_generator("E*d_O + SE*d_E", jet) == VectorField({"O": Symbol("E"), "E": Symbol("SE")})
    plain = Jet("t x", "u", order=2)
    assert parse("E", plain, parameters="E") == Symbol("E")
    assert parse("E + SE", plain, parameters="E SE") == Symbol("E") + Symbol("SE")
    assert parse("E(x)", plain, parameters="E") == E("x")
    assert parse("u_t = E*u_xx", plain, parameters="E")[1] == Symbol("E") * plain["u_xx"]
    assert read_symmetry("Lorentz(t; x; c=E)", plain, "E") == Lorentz("t", "x", c=Symbol("E"))
    fields = Jet("x y", "pseudo dual")
    assert read_symmetry("E(x, y; pseudo, dual)", fields) == E("x", "y", turning=["pseudo dual"])
    assert read_symmetry("E(x; pseudo(pseudo))", fields) == E("x", pseudo=["pseudo"])


REFUSED_SYMMETRIES = {
    "rotation(x, q)": "q is not a coordinate of Jet(t, x, y, z; u, v, w). Its variables are t, x, y, z; u, v",
    "rotaton(x, y)": "unknown symmetry `rotaton`. Did you mean `rotation`? Known: translation, rotation",
    "u_t": "unknown symmetry `u_t`",
    "rotation(x)": "takes 2 or more variables, found 1; it is written like `rotation(x, y; u, v)`",
    "rotation(x, y; u)": "(u) has 1 component; what turns with 2 variables has 2 for a vector, 3 for a sym",
    "rotation(x, x)": "names x twice",
    "rotation(x, y; pseudo(w))": "`pseudo(...)` has no place in `rotation`",
    "O(x, y; u, pseudo(w))": "takes names of variables, found `pseudo(w)`",
    "O(x, y; pseudo())": "`pseudo(...)` takes components, found none",
    "O(x, y; pseudo(2))": "takes names of variables, found `2`",
    "SE": "needs arguments, as in `SE(x, y; u, v)`",
    "se(x, y)": "Did you mean `SE`?",
    "schrodinger(t; x; u, v)": "Did you mean `Schroedinger`? Known: translation, rotation",
    "Galilei(t)": "takes 2 or more groups of variables parted by `;`, found 1",
    "Galilei(t, x; y)": "takes 1 variable in the place of (t, x), found 2; it is written like `Galilei",
    "time_reversal(t; x; u)": "`time_reversal` has no place for (u)",
    "Lorentz(t; x; d=2)": "unknown option `d`. Known: c; it is written like",
    "Lorentz(t; x; c=2, c=3)": "`c` is given twice",
    "Lorentz(t; x; c=y)": "unknown symbol `y`. Known: nu.",
    "SE(x, y; c=2)": "takes names of variables, found `c=2`",
    "conformal(x; u=1, u=2)": "u has two weights",
    "conformal(x, time=2)": "takes names of variables, found `2`",
    "SU2(x, y)": "takes 4 variables, found 2; it is written like `SU2(a, b, c, d)`",
    "SL2(x, y)": "takes 1 variable in the place of (x, y), found 2",
    "projective(x; u)": "`;` has no place in `projective`",
    "rotation": "needs arguments, as in `rotation(x, y; u, v)`",
    "boost(x)": "takes 2 to 3 variables, found 1",
    "boost(x; u)": "`;` has no place in `boost`",
    "boost(x, u, v, t)": "takes 2 to 3 variables, found 4",
    "phase(u)": "takes 2 variables, found 1",
    "trivial(x)": "takes 0 variables, found 1",
    "translation()": "takes 1 or more variables, found 0",
    "translation(x + 1)": "takes names of variables, found `x + 1`",
    "translation(x=1)": "takes names of variables, found `x=1`",
    "translation(u_x)": "Point transformations do not involve derivatives",
    "translation(nu)": "It is a parameter, which no transformation moves",
    "scaling(x)": "takes weights; it is written like `scaling(x=1, t=3, u=-2)`",
    "scaling()": "takes at least one weight",
    "scaling(x=1, x=2)": "x has two weights",
    "scaling(x=y)": "unknown symbol `y`. Known: nu.",
    "scaling(x=0)": "weight that is not zero",
    "scaling(x=1/0)": "divides by zero",
    "translation(t) - translation(x)": "is not a symmetry",
    "2*translation(x)": "is not a symmetry",
    "x = -x": "is not a symmetry",
    "boost(x, u": "the text ends",
    "__import__('os').system('x')": "unexpected character `'`",
    "": "the text is empty",
    "(" * 200 + "translation(x)": "nested more than 100 deep",
}


@pytest.mark.parametrize("text", REFUSED_SYMMETRIES, ids=lambda text: text[:40])
def test_symmetries_that_are_refused(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidInput) as caught:
        read_symmetry(text, JET, "nu")
    assert REFUSED_SYMMETRIES[text] in str(caught.value) and "\n" not in str(caught.value)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("text", "components"),
    [
        ("t*d_x + d_u", {"x": "t", "u": "1"}),
        ("6*t*d_x + d_u", {"x": "6*t", "u": "1"}),
        ("-(x^2 + 2*t)*u*d_u + 4*t*(t*d_t + x*d_x)", {"t": "4*t^2", "x": "4*t*x", "u": "-(x^2+2*t)*u"}),
        ("d_x/2 - d_x/2", {}),
        ("nu*exp(-t)*d_u", {"u": "nu*exp(-t)"}),
        ("0", {}),
    ],
)
def test_generators(text: str, components: dict[str, str]) -> None:
    assert read_generator(text, JET, "nu") == VectorField(
        {z: JET.parse(f, "nu") for z, f in components.items()}
    )


def test_a_direction_wins_over_a_derivative_of_the_same_name() -> None:
    jet = Jet("x t", "d")
    assert read_generator("d_x", jet) == VectorField({"x": 1}) and jet["d_x"] == Symbol("d_x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "t*d_x + d_q",
            "unknown direction `d_q`. Known: d_t, d_x, d_y, d_z, d_u, d_v, d_w. `q` is no variable",
        ),
        ("d_x*d_u", "every term of a generator has one factor"),
        ("d_x + 1", "every term of a generator has one factor"),
        ("d_x**2", "every term of a generator has one factor"),
        ("1/d_x", "every term of a generator has one factor"),
        ("sin(d_x)", "every term of a generator has one factor"),
        ("t", "every term of a generator has one factor"),
        ("u_x*d_u", "has no derivative `u_x`"),
        ("mu*d_u", "unknown symbol `mu`"),
        ("d_x = d_u", "`=` has no place"),
        ("__import__('os').system('x')", "unexpected character"),
    ],
)
def test_generators_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_generator(text, JET, "nu")
    assert message in str(caught.value)


def test_a_parameter_may_not_be_called_like_a_direction() -> None:
    with pytest.raises(InvalidInput, match="has the name of a coordinate"):
        read_generator("d_x", JET, ["d_x"])


def test_maps() -> None:
    x, y, u = (Symbol(name) for name in "xyu")
    assert read_map("x -> -x, u -> -u", JET) == PointMap({x: -x, u: -u})
    assert read_map("x -> y, y -> x", JET) == PointMap({x: y, y: x})
    assert read_map("u -> nu*u + 1/2", JET, "nu") == PointMap({u: nu * u + Rational(1, 2)})
    assert read_map("identity", JET) == read_map("x -> x", JET) == PointMap({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x -> 0", "Jacobian determinant is zero"),
        ("x -> y", "Jacobian determinant is zero"),
        ("x -> x**2", "no inverse that could be found"),
        ("x -> -x, x -> x", "x is listed twice"),
        ("q -> -q", "unknown variable `q`"),
        ("nu -> -nu", "unknown variable `nu`"),
        ("u_x -> -u_x", "unknown variable `u_x`"),
        ("x -> u_x", "has no derivative `u_x`"),
        ("x -> mu", "unknown symbol `mu`"),
        ("x -> -x; y -> -y", "one map is expected"),
        ("-x -> x", "a map is written like"),
        ("x", "a map is written like"),
        ("x ->", "the text ends"),
        ("x -> y -> x", "only one"),
        ("x -> __import__('os')", "unexpected character"),
    ],
)
def test_maps_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_map(text, JET, "nu")
    assert message in str(caught.value)


def test_equations() -> None:
    jet = Jet("t x", "u", order=3)
    assert read_equation("u_t = 6*u*u_x + u_xxx", jet) == (jet["u_t"], jet.parse("6*u*u_x + u_xxx"))
    assert read_equation("0 = u_x - nu", jet, "nu") == (0, jet["u_x"] - nu)
    assert read_equation("Derivative(u(t, x), t) = Derivative(u(t, x), (x, 2))", jet) == (
        jet["u_t"],
        jet["u_xx"],
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("u_t", "an equation has one `=`"),
        ("u_t -> u", "an equation has one `=`"),
        ("u_t = u = 0", "only one"),
        ("u_t =", "the text ends"),
        ("u_t = mu*u", "unknown symbol `mu`"),
        ("u_t = __import__('os').system('x')", "unexpected character"),
    ],
)
def test_equations_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_equation(text, JET)


def test_the_open_time_of_a_boost_is_printed_and_read() -> None:
    assert str(boost("x", "u").generators[0]) == "TIME*d_x + d_u"
    assert read_generator("TIME*d_x + d_u", JET) == VectorField({"x": TIME, "u": 1})
    assert read_generator("TIME*d_x", Jet("TIME x", "u")) == VectorField({"x": Symbol("TIME")})


@pytest.mark.parametrize(
    "given",
    ["t*d_x + d_u", VectorField({"x": Symbol("t"), "u": 1}), ["t*d_x", "d_u"]],
    ids=str,
)
def test_a_symmetry_may_be_given_as_what_it_is_made_of(given: object) -> None:
    jet = Jet("t x", "u")
    assert sum(as_symmetry(given, jet).generators, VectorField({})) == VectorField({"x": Symbol("t"), "u": 1})


@pytest.mark.parametrize(
    ("given", "message"),
    [(3, "found int"), (Symmetry().closed, "found method. Call it")],
    ids=["int", "method"],
)
def test_what_is_no_symmetry_is_refused(given: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        as_symmetry(given, Jet("t x", "u"))
