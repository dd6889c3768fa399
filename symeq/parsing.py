"""A tree of user text to an exact expression, by a whitelist of functions; text is never run as code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import sympy
from sympy import Expr

from symeq.errors import InvalidInput, quoted, unknown_name
from symeq.syntax import LONGEST_NUMBER, Node, parse_tree

LARGEST_EXPONENT = 64
MOST_TERMS = 1000  # of an expression once multiplied out
TALLEST_EXPRESSION = 60  # SymPy walks its trees recursively; taller ones could exhaust the stack


def _absolute(argument: Expr) -> Expr:
    """Abs of a real quantity; a plain symbol counts as complex, and Abs(exp(x)) would become exp(re(x))."""
    real = {s: sympy.Dummy(s.name, real=True) for s in argument.free_symbols}
    return sympy.Abs(argument.xreplace(real)).xreplace({d: s for s, d in real.items()})


DEFAULT_FUNCTIONS: Mapping[str, Callable[[Expr], Expr]] = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "tanh": sympy.tanh,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "atan": sympy.atan,
    "Abs": _absolute,
}
CONSTANTS: Mapping[str, Expr] = {"pi": sympy.pi}
RESERVED_NAMES = frozenset(DEFAULT_FUNCTIONS) | {"Derivative"}


def is_legal_name(name: str) -> bool:
    """Say whether a variable or parameter may carry this name.

    >>> is_legal_name("lambda"), is_legal_name("x1"), is_legal_name("1x"), is_legal_name("sin")
    (True, True, False, False)
    """
    return name.isidentifier() and name.strip("_") != "" and name not in RESERVED_NAMES and len(name) <= 100


def expanded_terms(expression: Expr) -> int:
    """Return an upper bound for the number of terms of an expression once it is multiplied out."""
    if expression.is_Add:
        return sum(expanded_terms(a) for a in expression.args)
    if expression.is_Mul:
        return math.prod(expanded_terms(a) for a in expression.args)
    if expression.is_Pow and expression.exp.is_Integer:
        terms, power = expanded_terms(expression.base), abs(int(expression.exp))
        return math.comb(terms + power - 1, power) if power <= LARGEST_EXPONENT else MOST_TERMS + 1
    return max((expanded_terms(a) for a in expression.args), default=1)


def _height(expression: Expr) -> int:
    height, level = 0, [expression]
    while level and height <= TALLEST_EXPRESSION:
        height, level = height + 1, [a for e in level for a in e.args]
    return height


class _Evaluator:
    """Builds the expression of a tree from the names, functions and calls it was given, and nothing else."""

    def __init__(
        self,
        text: str,
        names: Mapping[str, Expr],
        functions: Mapping[str, Callable[[Expr], Expr]],
        calls: Mapping[str, Callable[[list[Node]], Expr]],
    ) -> None:
        self.text, self.names, self.functions, self.calls = text, names, functions, calls

    def refuse(self, reason: str) -> InvalidInput:
        return InvalidInput(f"{quoted(self.text)}: {reason}")

    def value(self, node: Node) -> Expr:
        match node.kind:
            case "number":
                return node.value
            case "name":
                return self.name(str(node.value))
            case "call":
                return self.call(node)
            case "sum":
                result = sympy.Add(*map(self.value, node.children))
            case "product":
                result = sympy.Mul(*map(self.value, node.children))
            case "negative":
                result = -self.value(node.children[0])
            case "inverse":
                result = self.power(self.value(node.children[0]), sympy.S.NegativeOne)
            case "power":
                result = self.power(self.value(node.children[0]), self.value(node.children[1]))
            case "tuple":
                raise self.refuse("a list in parentheses is not an expression.")
            case _:
                raise self.refuse(
                    f"`{'=' if node.kind == 'relation' else '->'}` has no place in an expression."
                )
        return self.bounded(result)

    def name(self, name: str) -> Expr:
        if name in self.names:
            return self.names[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in self.functions or name in self.calls:
            raise self.refuse(f"`{name}` is a function and needs an argument, as in `{name}(...)`.")
        advice = "Further symbols must be declared as parameters."
        raise unknown_name("symbol", name, self.names, self.text, advice)

    def call(self, node: Node) -> Expr:
        name = str(node.value)
        if len(node.groups) > 1:
            raise self.refuse(f"`;` has no place among the arguments of `{name}`.")
        arguments = list(node.groups[0]) if node.groups else []
        if name in self.calls:
            return self.calls[name](arguments)
        if name in self.names:
            raise self.refuse(f"`{name}` is a variable, not a function; write a product with `*`.")
        if name not in self.functions:
            raise unknown_name("function", name, [*self.functions, *self.calls], self.text)
        if len(arguments) != 1:
            raise self.refuse(f"`{name}` takes one argument, found {len(arguments)}.")
        return self.bounded(self.functions[name](self.value(arguments[0])))

    def power(self, base: Expr, exponent: Expr) -> Expr:
        if exponent.is_Rational and max(abs(exponent.p), exponent.q) > LARGEST_EXPONENT:
            raise self.refuse(f"an exponent there is too large; the largest is {LARGEST_EXPONENT}.")
        if base.is_zero and exponent.is_negative:
            raise self.refuse("it divides by zero.")
        if base.is_negative and exponent.is_number and not exponent.is_integer:
            raise self.refuse("a fractional power of a negative number is not real.")
        return base**exponent

    def bounded(self, result: Expr) -> Expr:
        if result.is_Rational and max(abs(result.p), result.q).bit_length() > 4 * LONGEST_NUMBER:
            raise self.refuse(f"a number there has more than {LONGEST_NUMBER} digits.")
        if result.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I):
            raise self.refuse("it is not a finite real expression.")
        return result


def evaluate(
    node: Node,
    names: Mapping[str, Expr],
    text: str,
    *,
    functions: Mapping[str, Callable[[Expr], Expr]] = DEFAULT_FUNCTIONS,
    calls: Mapping[str, Callable[[list[Node]], Expr]] | None = None,
) -> Expr:
    """Return the exact expression of a tree read from `text`, which errors quote; see parse_expression."""
    try:
        result = _Evaluator(text, names, functions, calls or {}).value(node)
        too_large = _height(result) > TALLEST_EXPRESSION or expanded_terms(result) > MOST_TERMS
    except RecursionError:
        too_large = True
    if too_large:
        raise InvalidInput(f"{quoted(text)}: the expression is too large or too deeply nested.")
    return result


def parse_expression(
    text: str,
    names: Mapping[str, Expr],
    *,
    functions: Mapping[str, Callable[[Expr], Expr]] = DEFAULT_FUNCTIONS,
    calls: Mapping[str, Callable[[list[Node]], Expr]] | None = None,
) -> Expr:
    """Return the exact expression a text stands for; decimals become rational numbers.

    `names` says what each name means and wins over everything else, so that variables may be called E, I or
    beta; `functions` are the functions of one argument, `calls` those that read their own arguments (a list
    of Node). Text, nesting, exponents, numbers and the number of terms are bounded.

    Raises InvalidInput for anything else, with the place or the unknown name.

    >>> from sympy import Symbol
    >>> parse_expression("0.5*E^2 - beta", {"E": Symbol("E"), "beta": Symbol("beta")})
    E**2/2 - beta
    """
    return evaluate(parse_tree(text), names, text, functions=functions, calls=calls)
