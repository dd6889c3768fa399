"""User text to a small tree, by a whitelist grammar."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sympy import Rational

from symeq.errors import InvalidInput, quoted, spelled_out

LONGEST_TEXT = 10_000
DEEPEST_NESTING = 100
LONGEST_NUMBER = 400  # decimal digits, before and after evaluation

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
