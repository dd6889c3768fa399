"""User text to a small tree and to exact expressions, by a whitelist grammar; text is never run as code."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational

from symeq.errors import InvalidInput, quoted, spelled_out, unknown_name

LONGEST_TEXT = 10_000
DEEPEST_NESTING = 100
LARGEST_EXPONENT = 64
LONGEST_NUMBER = 400  # decimal digits, before and after evaluation
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

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<operator>->|\*\*|[-+*/^(),;=])"
)
_STRENGTH = {"=": 5, "->": 5, "+": 10, "-": 10, "*": 20, "/": 20, "^": 40, "**": 40}
_SIGN = 30  # -x**2 is -(x**2), -x*y is (-x)*y


@dataclass(frozen=True)
class Token:
    """One word of a text: its kind (number, name, operator, end), its letters and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Node:
    """A node of the tree of a text; `text[start:end]` is what was written.

    Kinds, with value and children: number (Rational), name (str), call (str, one tuple per `;`-separated
    group), tuple, sum, product, negative, inverse, power (base, exponent), relation (`=`: left, right) and
    arrow (`->`: left, right).
    """

    kind: str
    start: int
    end: int
    value: str | Rational = ""
    children: tuple[Node, ...] = ()

    @property
    def groups(self) -> tuple[tuple[Node, ...], ...]:
        """The arguments of a call, one tuple for each `;`-separated group."""
        return tuple(group.children for group in self.children)


def is_legal_name(name: str) -> bool:
    """Say whether a variable or parameter may carry this name.

    >>> is_legal_name("lambda"), is_legal_name("x1"), is_legal_name("1x"), is_legal_name("sin")
    (True, True, False, False)
    """
    return name.isidentifier() and name.strip("_") != "" and name not in RESERVED_NAMES and len(name) <= 100


def tokenize(text: str) -> tuple[Token, ...]:
    """Cut a text into tokens, the last of kind "end".

    Raises InvalidInput for a character the grammar does not know, and for a text that is empty or too long.

    >>> [token.text for token in tokenize("u_t = 6*u")]
    ['u_t', '=', '6', '*', 'u', '']
    """
    if not isinstance(text, str):
        raise InvalidInput(f"expected text, found {type(text).__name__}.")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            f"{quoted(text)}: the text has {len(text)} characters, at most {LONGEST_TEXT} are read."
        )
    text = unicodedata.normalize("NFC", text)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match.lastgroup == "name" and not match.group().isidentifier()):
            bad = position
            if match is not None:
                bad += next(k for k in range(len(match.group())) if not match.group()[: k + 1].isidentifier())
            shape = spelled_out(text[bad])
            raise InvalidInput(
                f"{quoted(text)}: unexpected character `{text[bad]}`{shape} at position {bad + 1}. Text is"
                " made of numbers, names, + - * / ^ ** , ; = -> and parentheses."
            )
        if match.lastgroup != "space":
            tokens.append(Token(str(match.lastgroup), match.group(), position))
        position = match.end()
    if not tokens:
        raise InvalidInput("the text is empty: expected an expression.")
    tokens.append(Token("end", "", len(text)))
    return tuple(tokens)


def _number(token: Token, text: str) -> Rational:
    mantissa, _, exponent = token.text.lower().partition("e")
    if len(mantissa) > LONGEST_NUMBER or (exponent and abs(int(exponent[:6])) > LONGEST_NUMBER):
        raise InvalidInput(f"{quoted(text)}: a number there has more than {LONGEST_NUMBER} digits.")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) - len(fraction)
    digits = int(whole + fraction)
    return Rational(digits * 10**power) if power >= 0 else Rational(digits, 10**-power)


class _Reader:
    """A Pratt parser: every operator has a strength, and an operand ends where a weaker operator begins."""

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text) if isinstance(text, str) else text
        self.tokens = tokenize(self.text)
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def at(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.text in operators

    def unexpected(self, wanted: str) -> InvalidInput:
        token = self.token
        found = (
            "the text ends"
            if token.kind == "end"
            else f"found {quoted(token.text)} at position {token.start + 1}"
        )
        before = self.tokens[self.position - 1] if self.position else token
        factor = token.kind in ("name", "number") or token.text == "("
        hint = " Write a product with `*`." if factor and before.kind in ("name", "number") else ""
        return InvalidInput(f"{quoted(self.text)}: {found}, expected {wanted}.{hint}")

    def close(self) -> int:
        if not self.at(")"):
            raise self.unexpected("an operator or a closing parenthesis")
        return self.advance().end

    def items(self) -> tuple[Node, ...]:
        found = [self.expression()]
        while self.at(","):
            self.advance()
            found.append(self.expression())
        return tuple(found)

    def groups(self) -> tuple[Node, ...]:
        found = []
        while True:
            children = self.items()
            found.append(Node("tuple", children[0].start, children[-1].end, "", children))
            if not self.at(";"):
                return tuple(found)
            self.advance()

    def expression(self, weaker: int = 0) -> Node:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise InvalidInput(f"{quoted(self.text)}: nested more than {DEEPEST_NESTING} deep.")
        left = self.operand()
        while self.token.kind == "operator" and _STRENGTH.get(self.token.text, 0) > weaker:
            if self.at("+", "-"):
                left = self.chain(left, "sum", "+", "-", "negative")
            elif self.at("*", "/"):
                left = self.chain(left, "product", "*", "/", "inverse")
            elif self.at("^", "**"):
                self.advance()
                exponent = self.expression(_STRENGTH["**"] - 1)
                left = Node("power", left.start, exponent.end, "", (left, exponent))
            else:
                kind = "relation" if self.advance().text == "=" else "arrow"
                right = self.expression(_STRENGTH["="])
                left = Node(kind, left.start, right.end, "", (left, right))
                if self.at("=", "->"):
                    raise self.unexpected("only one `=` or `->`")
        self.depth -= 1
        return left

    def chain(self, first: Node, kind: str, plain: str, turned: str, wrapper: str) -> Node:
        children = [first]
        while self.at(plain, turned):
            operator = self.advance()
            child = self.expression(_STRENGTH[plain])
            if operator.text == turned:
                child = Node(wrapper, child.start, child.end, "", (child,))
            children.append(child)
        return Node(kind, first.start, children[-1].end, "", tuple(children))

    def operand(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.advance()
            return Node("number", token.start, token.end, _number(token, self.text))
        if token.kind == "name":
            self.advance()
            if not self.at("("):
                return Node("name", token.start, token.end, token.text)
            self.advance()
            groups = () if self.at(")") else self.groups()
            return Node("call", token.start, self.close(), token.text, groups)
        if self.at("("):
            self.advance()
            children = self.items()
            end = self.close()
            return children[0] if len(children) == 1 else Node("tuple", token.start, end, "", children)
        if self.at("+", "-"):
            self.advance()
            child = self.expression(_SIGN)
            return child if token.text == "+" else Node("negative", token.start, child.end, "", (child,))
        raise self.unexpected("a number, a name or `(`")

    def finish(self) -> None:
        if self.token.kind != "end":
            raise self.unexpected("an operator or the end")


def parse_tree(text: str) -> Node:
    """Read one expression, relation or arrow into a tree.

    Raises InvalidInput naming the place where the text cannot be read.

    >>> parse_tree("u_t = 6*u").kind
    'relation'
    """
    reader = _Reader(text)
    tree = reader.expression()
    reader.finish()
    return tree


def parse_groups(text: str) -> tuple[tuple[Node, ...], ...]:
    """Read a list whose items are parted by `,` and whose groups of items are parted by `;`.

    >>> [[item.kind for item in group] for group in parse_groups("x -> -x, u -> -u; d_t")]
    [['arrow', 'arrow'], ['name']]
    """
    reader = _Reader(text)
    groups = reader.groups()
    reader.finish()
    return tuple(group.children for group in groups)


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
