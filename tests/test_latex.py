"""LaTeX at the door: names, numbers with errors, expressions, tables."""

from __future__ import annotations

import pytest
from sympy import Float, Rational, Symbol, exp

from symeq.errors import InvalidInput
from symeq.geometry import Jet
from symeq.latex import (
    derivative_latex,
    expression_latex,
    number_latex,
    symbol_latex,
    table_latex,
    text_latex,
)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("u", "u"),
        ("S", "S"),
        ("beta", r"\beta"),
        ("lambda", r"\lambda"),
        ("\u03b1", r"\alpha"),
        ("x1", "x_{1}"),
        ("x_12", "x_{12}"),
        ("mu_0", r"\mu_{0}"),
        ("temp", r"\mathrm{temp}"),
        ("T_hot", r"T_{\mathrm{hot}}"),
        ("u_x", "u_{x}"),
        ("a_b_c", "a_{b,c}"),
        ("a__b", "a_{b}"),
        ("_a", r"\mathrm{\_a}"),
    ],
)
def test_names(name: str, latex: str) -> None:
    assert symbol_latex(name) == latex


@pytest.mark.parametrize(
    ("u", "by", "latex"),
    [
        ("u", ["x", "x"], "u_{xx}"),
        ("u", ["x1", "x2"], "u_{x_{1} x_{2}}"),
        ("theta", ["t"], r"\theta_{t}"),
        ("u_1", ["x"], "u_{1,x}"),
        ("u", ["\u03b1", "\u03b1"], r"u_{\alpha \alpha}"),
    ],
)
def test_derivatives(u: str, by: list[str], latex: str) -> None:
    assert derivative_latex(u, by) == latex


@pytest.mark.parametrize(
    ("value", "error", "digits", "latex"),
    [
        (-1.00034, 0.00121, 3, r"(-1.0003 \pm 0.0012)"),
        (1.0, 0.1, 3, r"(1.00 \pm 0.10)"),
        (123.4, 12.0, 3, r"(123 \pm 12)"),
        (1234.0, 120.0, 3, r"(1230 \pm 120)"),
        (0.0, 0.5, 3, r"(0.00 \pm 0.50)"),
        (-0.0001, 0.5, 3, r"(0.00 \pm 0.50)"),
        (0.999, 0.0996, 3, r"(1.00 \pm 0.10)"),
        (1.5e-7, 2.0e-8, 3, r"(1.50 \pm 0.20) \times 10^{-7}"),
        (3.14159, None, 3, "3.14"),
        (3.14159, 0.0, 3, "3.14"),
        (3.14159, float("nan"), 3, "3.14"),
        (0.0996, None, 2, "0.10"),
        (9.996, None, 3, "10.0"),
        (-2.0, None, 1, "-2"),
        (1234.5, None, 2, "1200"),
        (1.23456e-5, None, 3, r"1.23 \times 10^{-5}"),
        (9.999e8, None, 2, r"1.0 \times 10^{9}"),
        (0.0, None, 3, "0.00"),
        (float("inf"), None, 3, r"\infty"),
        (float("-inf"), None, 3, r"-\infty"),
        (float("nan"), None, 3, r"\mathrm{nan}"),
    ],
)
def test_numbers(value: float, error: float | None, digits: int, latex: str) -> None:
    assert number_latex(value, error, digits) == latex


def test_a_number_needs_a_digit() -> None:
    with pytest.raises(InvalidInput, match="digits=0"):
        number_latex(1.0, digits=0)


def test_expressions_take_names_from_the_jet_and_digits_from_the_caller() -> None:
    jet = Jet("t x1", "u", order=2)
    expression = jet.parse("beta*Derivative(u, x1, x1)", "beta") * Float("1.23456")
    assert (
        expression_latex(expression, jet.latex_names(expression), digits=3) == r"1.23 \beta u_{x_{1} x_{1}}"
    )
    assert expression_latex(Rational(1, 2) * Symbol("x1"), {}) == r"\frac{x_{1}}{2}"
    assert expression_latex(exp(Symbol("gamma")), {}) == r"e^{\gamma}"


def test_tables_are_booktabs_and_rectangular() -> None:
    assert table_latex(["law", "a", "b"], [["SO(2)", "1", "2"], ["none", "3", "4"]]).splitlines() == [
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"law & a & b \\",
        r"\midrule",
        r"SO(2) & 1 & 2 \\",
        r"none & 3 & 4 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
    with pytest.raises(InvalidInput, match="has 1 cells, its header 2"):
        table_latex(["a", "b"], [["1"]])


def test_plain_text_is_escaped() -> None:
    assert text_latex(r"50% of u_x & \a{b}^~") == (
        r"50\% of u\_x \& \textbackslash{}a\{b\}\textasciicircum{}\textasciitilde{}"
    )
