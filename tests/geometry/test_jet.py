"""The coordinates of the jet: names, clashes, spellings, total derivative, standard form."""

from __future__ import annotations

import pytest
from sympy import Abs, Derivative, Expr, Function, Symbol, cos, exp, sin, sqrt

from symeq.errors import InvalidInput
from symeq.geometry import Jet


def names(jet: Jet) -> list[str]:
    return [s.name for s in jet.coordinates]


def test_coordinates_come_by_increasing_order() -> None:
    assert names(Jet("t x", "u v", order=2)) == (
        "t x u v u_t u_x v_t v_x u_tt u_tx u_xx v_tt v_tx v_xx".split()  # noqa: SIM905
    )


@pytest.mark.parametrize(
    ("p", "q", "order", "size"), [(1, 3, 4, 16), (4, 3, 4, 214), (3, 3, 4, 108), (2, 1, 0, 3)]
)
def test_the_jet_has_the_dimension_of_the_textbook(p: int, q: int, order: int, size: int) -> None:
    """dim J^n = p + q binom(p + n, n)."""
    assert len(Jet([f"x{k}" for k in range(p)], [f"u{k}" for k in range(q)], order).coordinates) == size


@pytest.mark.parametrize("independent", ["t x", "t, x", "t,x", ["t", "x"], (Symbol("t"), "x"), "t  ,  x"])
def test_ways_to_name_the_variables(independent: str) -> None:
    assert Jet(independent, "u") == Jet("t x", Symbol("u"))


def test_symbols_are_kept_as_given() -> None:
    u = Symbol("u", real=True)
    jet = Jet("x", u, 2)
    assert jet.dependent == (u,) and jet["u_xx"].is_real and jet.parse("u*u_x") == u * jet.derivative(u, "x")


@pytest.mark.parametrize(
    ("independent", "dependent", "coordinate"),
    [
        ("t x", "u", "u_tx"),
        ("x t", "u", "u_xt"),
        ("t x1", "u", "Derivative(u, t, x1)"),
        ("t x", "u u_t", "Derivative(u, t, x)"),
        ("t x", "u u_xt", "Derivative(u, t, x)"),
        ("t x", "u u_1", "u_tx"),
        ("S I", "E N", "E_SI"),
        ("beta Q", "gamma lambda", "Derivative(gamma, beta, Q)"),
        ("\u03b1 x", "u", "u_\u03b1x"),
    ],
)
def test_short_names_only_where_they_are_unambiguous(
    independent: str, dependent: str, coordinate: str
) -> None:
    jet = Jet(independent, dependent, order=2)
    u = jet.dependent[0]
    mixed = jet.derivative(u, *jet.independent)
    assert mixed.name == coordinate
    assert (
        mixed == jet.derivative(u, *reversed(jet.independent)) == jet.derivative(u, (1, 1)) == jet[coordinate]
    )
    assert len(set(names(jet))) == len(names(jet))


def test_names_do_not_depend_on_the_order() -> None:
    low, high = Jet("t x", "u", order=0), Jet("t x", "u", order=3)
    assert low.derivative("u", "x", "x", "t") == high["u_txx"] == low["u_xtx"]
    assert low.multi_index(high["u_txx"]) == (Symbol("u"), (1, 2))
    assert low.order_of(high["u_txx"]) == 3 and low.with_order(3) == high


def test_a_symbol_made_elsewhere_is_recognised_by_its_name() -> None:
    assert Jet("t x", "u").multi_index(Symbol("u_xxx")) == (Symbol("u"), (0, 3))
    long = Jet("t x1", "u")
    assert long.multi_index(Symbol("Derivative(u, t, x1)")) == (Symbol("u"), (1, 1))
    assert not long.is_coordinate(Symbol("Derivative(u, x1, t)")), "letters come in the order of the jet"
    assert not long.is_coordinate(Symbol("Derivative(u, y)"))
    assert not Jet("t x", "u").is_coordinate(Symbol("u_xt")), "one symbol for each coordinate"
    assert not Jet("t x", "u").is_coordinate(Symbol("u", positive=True)), (
        "another symbol, though of the same name"
    )


SPELLINGS = {
    "u_tx": ["u_tx", "u_xt", "Derivative(u, t, x)", "Derivative(u, x, t)", "Derivative(u(t, x), t, x)"],
    "u_txx": ["u_xtx", "Derivative(u, (x, 2), t)", "Derivative(u(t,x),(x,2),(t,1))", "Derivative(u_x, t, x)"],
    "u": ["u", "u(t, x)", " ( u ) "],
}


@pytest.mark.parametrize(
    ("coordinate", "spelling"), [(c, s) for c, group in SPELLINGS.items() for s in group]
)
def test_every_spelling_is_the_same_coordinate(coordinate: str, spelling: str) -> None:
    jet = Jet("t x", "u")
    assert jet.parse(spelling) == jet[spelling] == Symbol(coordinate)


@pytest.mark.parametrize(
    ("independent", "dependent", "order", "message"),
    [
        ("t t", "u", 1, "named twice"),
        ("t x", "x", 1, "named twice"),
        ("t x", "", 1, "at least one dependent"),
        ("", "u", 1, "at least one independent"),
        ("t x", "2u", 1, "cannot name a variable"),
        ("t x", "u'", 1, "cannot name a variable"),
        ("t sin", "u", 1, "name of a function"),
        ("t x", "Derivative", 1, "name of a function"),
        ("t x", "d_x", 1, "stands for the direction `x`"),
        ("t x", "u", -1, "order"),
        ("t x", "u", 1.5, "order"),
        ("t x", "u", True, "order"),
        ("t x", [3], 1, "name of a variable"),
    ],
)
def test_jets_that_are_refused(independent: str, dependent: str, order: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Jet(independent, dependent, order)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("u_xz", "unknown symbol `u_xz`"),
        ("u_xx + nu", "must be declared as parameters"),
        ("Derivative(u)", "one function"),
        ("Derivative(u, z)", "`z` is not an independent variable"),
        ("Derivative(u, (x, 1000000000))", "cannot differentiate by"),
        ("Derivative(u, (x, 1/2))", "cannot differentiate by"),
        ("Derivative(u + 1, x)", "one function"),
        ("Derivative(x, x)", "neither a dependent variable"),
        ("Derivative(sin(u), x)", "neither a dependent variable"),
        ("u(x)", r"write `u\(t, x\)`"),
        ("u_" + "x" * 70, "unknown symbol"),
    ],
)
def test_text_about_a_jet_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Jet("t x", "u", order=2).parse(text)


def test_parameters_are_declared_and_never_shadow_coordinates() -> None:
    jet = Jet("t x", "u")
    assert jet.parse("nu*u", "nu") == Symbol("nu") * Symbol("u")
    with pytest.raises(InvalidInput, match="has the name of a coordinate"):
        jet.parse("u", ["u_xx"])


@pytest.mark.parametrize("symbol", [Symbol("t"), Symbol("w"), Symbol("u_z"), Symbol("u_")])
def test_a_multi_index_belongs_to_the_dependent_side(symbol: Symbol) -> None:
    with pytest.raises(InvalidInput, match="neither a dependent variable"):
        Jet("t x", "u").multi_index(symbol)


def test_a_derivative_needs_a_dependent_variable_and_a_multi_index_of_the_right_length() -> None:
    jet = Jet("t x", "u")
    with pytest.raises(InvalidInput, match="multi-index"):
        jet.derivative("u", (1,))
    with pytest.raises(InvalidInput, match="not an independent variable"):
        jet.derivative("u", "u")
    with pytest.raises(InvalidInput, match="not a coordinate"):
        jet["u + 1"]


def chain_rule(jet: Jet, expression: Expr, x: Symbol) -> Expr:
    """SymPy's derivative of the same expression on functions, as an independent oracle."""
    return jet.standard(expression).diff(x).doit()


@pytest.mark.parametrize(
    "text",
    [
        "u*u_x",
        "x*sin(u)*v_t",
        "sqrt(1 + u_x^2)",
        "exp(t*u)/v",
        "u^3*v_xt",
        "log(u)*t",
        "atan(u_x)",
        "x^(1/3)*u",
    ],
)
@pytest.mark.parametrize("x", ["t", "x"])
def test_the_total_derivative_is_the_derivative_along_any_function(text: str, x: str) -> None:
    jet = Jet("t x", "u v")
    expression = jet.parse(text)
    ours = jet.standard(jet.total_derivative(expression, x))
    assert (ours - chain_rule(jet, expression, Symbol(x))).simplify() == 0


def test_absolute_values_are_differentiated_as_real_ones() -> None:
    jet = Jet("x", "u")
    u, slope = jet["u"], jet["u_x"]
    once = jet.total_derivative(Abs(u), "x")
    assert once == slope * Abs(u) / u
    assert (jet.total_derivative(once, "x") - jet["u_xx"] * Abs(u) / u).simplify() == 0
    slope_at = jet.total_derivative(sin(Abs(u)) + exp(u), "x").subs({u: -2, slope: 1})
    assert slope_at == -cos(2) + exp(-2)
    assert jet.total_derivative(sqrt(u), "x") == slope / (2 * sqrt(u))


def test_standard_form_is_sympys_and_is_read_back() -> None:
    jet = Jet("t x", "u", order=3)
    t, x = jet.independent
    u = Function("u")(t, x)
    assert jet.standard(jet["u_txx"] * jet["u"]) == Derivative(u, t, (x, 2)) * u
    for coordinate in jet.coordinates:
        assert jet.parse(str(jet.standard(coordinate))) == coordinate


def test_latex_names() -> None:
    jet = Jet("t x1", "u beta", order=1)
    assert [jet.latex_names()[c] for c in jet.coordinates] == [
        "t", "x_{1}", "u", r"\beta", "u_{t}", "u_{x_{1}}", r"\beta_{t}", r"\beta_{x_{1}}"
    ]  # fmt: skip
    nu = Symbol("nu")
    assert jet.latex_names(nu * jet["u"]) == {nu: r"\nu", jet["u"]: "u"}


def test_names_list_coordinates_and_know_every_spelling() -> None:
    known = Jet("t x", "u", order=2).names
    assert list(known) == ["t", "x", "u", "u_t", "u_x", "u_tt", "u_tx", "u_xx"] and len(known) == 8
    assert known["u_xt"] == Symbol("u_tx") and "u_xz" not in known


def test_printed_forms() -> None:
    jet = Jet("t x", "u", order=2)
    assert str(jet) == "Jet(t, x; u)" and repr(jet) == "Jet('t, x', 'u', order=2)"
