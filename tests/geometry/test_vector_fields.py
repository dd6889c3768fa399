"""Vector fields against worked prolongations of the literature (tests/cases/symbolic.json)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
from sympy import Expr, Rational, Symbol, exp, sqrt

from symeq.errors import InvalidInput
from symeq.geometry import TIME, Jet, VectorField
from symeq.geometry.names import as_symbols

CASES = json.loads(Path(__file__).parents[1].joinpath("cases", "symbolic.json").read_text(encoding="utf-8"))[
    "cases"
]
BY_ID = {case["id"]: case for case in CASES}
x, y, t, u, v, nu = as_symbols("x y t u v nu")


def jet_of(case: dict[str, Any], order: int | None = None) -> Jet:
    return Jet(case["independent"], case["dependent"], case.get("order", 1) if order is None else order)


def expression(jet: Jet, text: str) -> Expr:
    return jet.parse(text.replace("Rational(3,2)", "(3/2)").replace("Rational(8,3)", "(8/3)"), ["nu"])


def field(jet: Jet, components: dict[str, str]) -> VectorField:
    return VectorField({jet[z]: expression(jet, f) for z, f in components.items()})


def generators(case: dict[str, Any]) -> list[dict[str, str]]:
    expected = case["expected"]
    listed = [*case.get("generators", []), *expected.get("generators", []), *expected.get("admitted", [])]
    listed += [c["generator"] for c in case.get("constraints", [])]
    return listed + ([case["generator"]] if "generator" in case else [])


EVERY_GENERATOR = [(case["id"], g) for case in CASES for g in generators(case)]


@pytest.mark.parametrize("case", ["P01", "P02"])
def test_prolongation_coefficients_of_the_literature(case: str) -> None:
    jet = jet_of(BY_ID[case])
    prolonged = field(jet, BY_ID[case]["generator"]).prolong(jet)
    for coordinate, coefficient in BY_ID[case]["expected"]["coefficients"].items():
        assert prolonged[jet[coordinate]] == sympy.expand(expression(jet, coefficient))


@pytest.mark.parametrize(
    ("case", "components"), EVERY_GENERATOR, ids=lambda c: c if isinstance(c, str) else ""
)
def test_prolongation_by_the_characteristic(case: str, components: dict[str, str]) -> None:
    """phi^J = D_J Q + sum_i xi^i u_{J,i} with Q = phi - sum_i xi^i u_i (Olver 1993, theorem 2.36)."""
    jet = jet_of(BY_ID[case], order=2)
    v = field(jet, components)
    prolonged = v.prolong(jet)
    for coordinate in jet.coordinates[len(jet.variables) :]:
        base, index = jet.multi_index(coordinate)
        expected = v[base] - sum(v[x] * jet.derivative(base, x) for x in jet.independent)
        for x, times in zip(jet.independent, index, strict=True):
            for _ in range(times):
                expected = jet.total_derivative(expected, x)
        expected += sum(v[x] * jet.derivative(coordinate, x) for x in jet.independent)
        assert sympy.expand(expected) == prolonged.get(coordinate, 0)


@pytest.mark.parametrize("case", ["P03", "P04", "P05", "P06", "P07", "P08"])
def test_invariants_of_the_literature_are_annihilated_and_others_are_not(case: str) -> None:
    jet = jet_of(BY_ID[case])
    fields = [field(jet, g) for g in BY_ID[case]["generators"]]
    for text in BY_ID[case]["expected"]["invariants"]:
        for v in fields:
            assert sympy.simplify(v.apply(expression(jet, text), jet)) == 0
    for text in BY_ID[case]["expected"].get("not_invariants", []):
        assert any(sympy.simplify(v.apply(expression(jet, text), jet)) != 0 for v in fields)


def on_solutions(jet: Jet, residual: Expr, lead: Symbol, rhs: Expr) -> Expr:
    """Put the right-hand side and its total derivatives in place of the lead and its own, highest first."""
    u, index = jet.multi_index(lead)
    while True:
        found = [s for s in residual.free_symbols if jet.is_coordinate(s) and s not in jet.variables]
        found = [s for s in found if all(a >= b for a, b in zip(jet.multi_index(s)[1], index, strict=True))]
        if not found:
            return sympy.expand(residual)
        top = max(found, key=lambda s: (jet.multi_index(s)[1][0], jet.order_of(s)))
        image = rhs
        for x, a, b in zip(jet.independent, jet.multi_index(top)[1], index, strict=True):
            for _ in range(a - b):
                image = jet.total_derivative(image, x)
        residual = sympy.expand(residual.xreplace({top: image}))


@pytest.mark.parametrize("case", ["P09", "P10", "P11", "P12", "P13", "P14"])
def test_point_symmetries_of_the_literature_leave_their_equation_invariant(case: str) -> None:
    jet = jet_of(BY_ID[case])
    (equation,) = BY_ID[case]["equations"]
    lead, rhs = jet[equation["lead"]], expression(jet, equation["rhs"])
    expected = BY_ID[case]["expected"]
    for components, admitted in [(g, True) for g in expected["generators"]] + [
        (g, False) for g in expected.get("not_admitted", [])
    ]:
        residual = field(jet, components).apply(lead - rhs, jet)
        assert (on_solutions(jet, residual, lead, rhs) == 0) is admitted, components


def test_prolongation_leaves_zeros_out_and_reaches_beyond_the_order() -> None:
    jet = Jet("t x", "u", order=1)
    boost = VectorField({x: t, u: 1})
    assert boost.prolong(jet) == {x: t, u: 1, jet["u_t"]: -jet["u_x"]}
    assert boost.prolong_on(jet, [jet["u_tt"], jet["u_xx"]]) == {jet["u_tt"]: -2 * jet["u_tx"]}


@pytest.mark.parametrize("factor", [exp(x), sqrt(3), nu, 1 / nu, sqrt(u + 1), 1 / x, sympy.sin(u), x**nu])
def test_any_coefficient_prolongs_as_the_recursion_says(factor: Expr) -> None:
    """Polynomials, algebraic numbers, parameters and functions take different roads to one result."""
    jet = Jet("t x", "u", order=2)
    field = VectorField({x: u * factor, u: t * x * factor})
    prolonged = field.prolong(jet)
    for coordinate in (jet["u_t"], jet["u_x"]):
        base, _ = jet.multi_index(coordinate)
        for z in jet.independent:
            expected = jet.total_derivative(prolonged[coordinate], z) - sum(
                jet.total_derivative(field[w], z) * jet.derivative(coordinate, w) for w in jet.independent
            )
            assert sympy.expand(expected - prolonged[jet.derivative(coordinate, z)]) == 0


def test_algebra() -> None:
    v, w = VectorField({x: -y, y: x}), VectorField({x: 1})
    assert v + w == VectorField({"x": 1 - y, "y": x}) == w + v
    assert v - v == VectorField({}) and not (v - v) and (v - v) == 0 * v
    assert 2 * v == v * 2 == v + v and -v == v * -1
    assert Fraction(1, 2) * w == VectorField({x: 0.5}) and Rational(1, 3) * w == VectorField(
        {x: Rational(1, 3)}
    )
    assert len({v, VectorField({y: x, x: -y}), 1 * v}) == 1
    assert v[x] == -y and v["y"] == x and v[u] == 0 and list(v) == [x, y]
    assert VectorField({x: (x + y) ** 2}) == VectorField({x: x**2 + 2 * x * y + y**2})


@pytest.mark.parametrize(
    ("components", "text", "latex"),
    [
        ({x: t, u: 1}, "t*d_x + d_u", r"t \partial_{x} + \partial_{u}"),
        ({x: -1, u: -2 * u}, "-d_x - 2*u*d_u", r"-\partial_{x} - 2 u \partial_{u}"),
        ({x: y - x, u: 0}, "(-x + y)*d_x", r"\left(- x + y\right) \partial_{x}"),
        ({x: x / 2, u: nu * u}, "x/2*d_x + nu*u*d_u", r"\frac{x}{2} \partial_{x} + \nu u \partial_{u}"),
        ({x: exp(1) * x}, "exp(1)*x*d_x", r"e x \partial_{x}"),
        ({x: TIME}, "TIME*d_x", r"t \partial_{x}"),
        ({}, "0", "0"),
    ],
)
def test_printed_forms(components: dict[Symbol, Any], text: str, latex: str) -> None:
    assert str(VectorField(components)) == text and VectorField(components).latex() == latex


def test_what_is_refused() -> None:
    with pytest.raises(InvalidInput, match="found the text"):
        VectorField({x: "t"})
    with pytest.raises(InvalidInput, match="found list"):
        VectorField({x: [1]})
    with pytest.raises(InvalidInput, match="finite real"):
        VectorField({x: float("inf")})
    with pytest.raises(InvalidInput, match="acts on `y`, which is not a variable"):
        VectorField({y: 1}).prolong(Jet("t x", "u"))
    with pytest.raises(InvalidInput, match="depends on the derivative `u_x`"):
        VectorField({u: Symbol("u_x")}).prolong(Jet("t x", "u"))
