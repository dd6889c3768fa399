"""Which symbol a name in a text stands for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from symeq.errors import InvalidInput, quoted
from symeq.parsing import RESERVED_NAMES, evaluate, is_legal_name
from symeq.syntax import Node

if TYPE_CHECKING:
    from symeq.geometry.jet import Jet

HIGHEST_ORDER = 64  # of a derivative read from text


def as_symbols(names: str | Symbol | Iterable[str | Symbol]) -> tuple[Symbol, ...]:
    """Return the symbols of "t x", "t, x", or a sequence of names and symbols (which are kept as given).

    Raises InvalidInput for a name that is no legal name.

    >>> as_symbols("t, x")
    (t, x)
    """
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    elif isinstance(names, Symbol):
        names = (names,)
    found = []
    for name in names:
        if not isinstance(name, str | Symbol):
            raise InvalidInput(f"expected the name of a variable or a Symbol, found {name!r}.")
        text = unicodedata.normalize("NFC", name if isinstance(name, str) else name.name)
        if text in RESERVED_NAMES:
            raise InvalidInput(f"`{text}` cannot name a variable: it is the name of a function.")
        if not is_legal_name(text):
            raise InvalidInput(
                f"{quoted(text)} cannot name a variable: use letters, digits and _, a letter first."
            )
        found.append(name if isinstance(name, Symbol) else Symbol(text))
    return tuple(found)


class CoordinateNames(Mapping[str, Symbol]):
    """The names that text about a jet may use; iteration lists one spelling each, look-up knows them all.

    Raises InvalidInput when a parameter has the name of a coordinate.
    """

    def __init__(
        self, jet: Jet, parameters: Sequence[Symbol] = (), extra: Mapping[str, Expr] | None = None
    ) -> None:
        self._jet = jet
        self._further = dict(extra or {})
        for symbol in parameters:
            if jet.lookup(symbol.name) is not None or symbol.name in self._further:
                raise InvalidInput(f"the parameter `{symbol.name}` has the name of a coordinate of {jet}.")
            self._further[symbol.name] = symbol

    def __getitem__(self, name: str) -> Symbol:
        symbol = self._further.get(name)
        symbol = self._jet.lookup(name) if symbol is None else symbol
        if symbol is None:
            raise KeyError(name)
        return symbol

    def __iter__(self) -> Iterator[str]:
        yield from (c.name for c in self._jet.coordinates)
        yield from self._further

    def __len__(self) -> int:
        return len(self._jet.coordinates) + len(self._further)


def read_expression(
    jet: Jet,
    node: Node,
    text: str,
    parameters: str | Sequence[str | Symbol] = (),
    extra: Mapping[str, Expr] | None = None,
) -> Expr:
    """Return the expression of a tree read from `text`; `extra` are names of the text's own grammar."""
    calls: dict[str, Callable[[list[Node]], Expr]] = {
        u.name: partial(_applied, jet, u, text) for u in jet.dependent
    }
    calls["Derivative"] = partial(_derivative, jet, text)
    return evaluate(node, CoordinateNames(jet, as_symbols(parameters), extra), text, calls=calls)


def _applied(jet: Jet, u: Symbol, text: str, nodes: list[Node]) -> Symbol:
    """The dependent variable written u(t, x)."""
    if [n.value for n in nodes] != [x.name for x in jet.independent]:
        wanted = ", ".join(x.name for x in jet.independent)
        raise InvalidInput(
            f"{quoted(text)}: {u} depends on the independent variables of {jet}; write `{u}({wanted})`."
        )
    return u


def _derivative(jet: Jet, text: str, nodes: list[Node]) -> Symbol:
    """The coordinate written Derivative(u, x, x) or Derivative(u(t, x), (x, 2))."""
    form = "write `Derivative(u, x, x)` or `Derivative(u(t, x), (x, 2))`"
    variables: list[Symbol] = []
    for node in nodes[1:]:
        variable, times = node, 1
        if node.kind == "tuple" and len(node.children) == 2 and node.children[1].kind == "number":
            variable, order = node.children[0], node.children[1].value
            times = int(order) if order == int(order) and order <= HIGHEST_ORDER else 0
        if variable.kind != "name" or times < 1:
            found = quoted(text[node.start : node.end])
            raise InvalidInput(f"{quoted(text)}: cannot differentiate by {found}; {form}.")
        variables += [jet.independent[jet.position(str(variable.value))]] * times
    if not 1 <= len(variables) <= HIGHEST_ORDER or nodes[0].kind not in ("name", "call"):
        raise InvalidInput(
            f"{quoted(text)}: a derivative has one function and 1 to {HIGHEST_ORDER} variables; {form}."
        )
    return jet.derivative(read_expression(jet, nodes[0], text), *variables)
