"""Exact expressions and their partial derivatives on plain symbols."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy
from sympy import Abs, Dummy, Expr, Rational, Symbol
from sympy.printing.str import StrPrinter

from symeq.errors import InvalidInput


class _TextPrinter(StrPrinter):
    """SymPy's text, except for Euler's number: `E` is an ordinary name in our grammar."""

    def _print_Exp1(self, expr: Expr) -> str:
        return "exp(1)"


def expression_text(expression: Expr) -> str:
    """Return text that the parser reads back as the same expression."""
    return str(_TextPrinter().doprint(expression))


def exact_expression(value: Any) -> Expr:
    """Return a number or SymPy expression with every float replaced by the decimal fraction it prints as.

    Raises InvalidInput for text (which is read by the grammar) and for anything else.

    >>> exact_expression(0.1)
    1/10
    """
    if isinstance(value, Fraction):
        return Rational(value.numerator, value.denominator)
    if isinstance(value, str):
        raise InvalidInput(f"expected an expression, found the text {value!r}; read it with `Jet.parse`.")
    try:
        expression = sympy.sympify(value, strict=True)
    except sympy.SympifyError:
        expression = None
    if not isinstance(expression, Expr):
        raise InvalidInput(f"expected a number or an expression, found {type(value).__name__}.")
    if expression.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I):
        raise InvalidInput(f"{expression} is not a finite real expression.")
    return expression.xreplace({number: Rational(str(number)) for number in expression.atoms(sympy.Float)})


def partial_derivative(expression: Expr, symbol: Symbol) -> Expr:
    """Return the partial derivative, with d|a| = |a|/a da.

    SymPy takes a plain symbol for complex and would differentiate its real and imaginary part.
    """
    inner = next((a for a in expression.atoms(Abs) if not a.args[0].has(Abs)), None)
    if inner is None:
        return expression.diff(symbol)
    kernel, (argument,) = Dummy(), inner.args
    opened = expression.xreplace({inner: kernel})
    chain = partial_derivative(opened, kernel) * kernel / argument * argument.diff(symbol)
    return (partial_derivative(opened, symbol) + chain).xreplace({kernel: inner})
