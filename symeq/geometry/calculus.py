"""Exact expressions and their partial derivatives on plain symbols."""

from __future__ import annotations

from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import sympy
from sympy import Abs, Dummy, Expr, Float, Integer, Rational, Symbol
from sympy.printing.str import StrPrinter

from symeq.errors import InvalidInput


class _TextPrinter(StrPrinter):
    """SymPy's text, except for Euler's number, as `E` is an ordinary name here, and for the dummy TIME."""

    def _print_Exp1(self, expr: Expr) -> str:
        return "exp(1)"

    def _print_Dummy(self, expr: Dummy) -> str:
        return str(expr.name)


def expression_text(expression: Expr) -> str:
    """Return text that the parser reads back as the same expression."""
    return str(_TextPrinter().doprint(expression))


def exact_expression(value: Any) -> Expr:
    """Return a number or SymPy expression with every float replaced by the decimal fraction it prints as.

    Raises InvalidInput for text (which is read by the grammar) and for anything else.

    >>> exact_expression(0.1), exact_expression(Rational(1, 3))
    (1/10, 1/3)
    """
    if isinstance(value, str):
        raise InvalidInput(f"expected an expression, found the text {value!r}; read it with `Jet.parse`.")
    expression = value
    # SymPy's own numbers count as Integral and Real for Python, and must not become floats here.
    if not isinstance(value, Expr):
        if isinstance(value, Integral):
            expression = Integer(int(value))
        elif isinstance(value, Fraction):
            expression = Rational(value.numerator, value.denominator)
        elif isinstance(value, Real):
            expression = Float(float(value))
        else:
            raise InvalidInput(f"expected a number or an expression, found {type(value).__name__}.")
    if expression.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I):
        raise InvalidInput(f"{expression} is not a finite real expression.")
    return expression.xreplace({number: Rational(str(number)) for number in expression.atoms(Float)})


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
