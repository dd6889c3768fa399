"""The named symmetries: what each is called, how it is written, and how its arguments are read from text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from sympy import Expr, Symbol

from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.geometry.groups.representations import KINDS
from symeq.geometry.symmetry import Symmetry
from symeq.parsing import evaluate
from symeq.syntax import Node

Make = TypeVar("Make", bound=Callable[..., Symmetry])


@dataclass(frozen=True)
class Named:
    """A named symmetry: an example of how it is written, the function that makes it, and its reader."""

    usage: str
    make: Callable[..., Symmetry]
    read: Callable[[Call], Symmetry]
    least: int
    most: int | None

    @property
    def name(self) -> str:
        return self.usage.partition("(")[0]

    @property
    def summary(self) -> str:
        """The sentence that says what it is."""
        return (inspect.getdoc(self.make) or "").partition("\n")[0].removeprefix("Return ")

    def parameters(self, *kinds: object) -> dict[str, inspect.Parameter]:
        found = inspect.signature(self.make).parameters
        return {name: p for name, p in found.items() if p.kind in kinds}


_NAMED: dict[str, Named] = {}
NAMED: Mapping[str, Named] = MappingProxyType(_NAMED)
"""Every named symmetry by its name, in the order of the error that lists them."""


def named(
    usage: str, read: Callable[[Call], Symmetry], *, least: int = 1, most: int | None = None
) -> Callable[[Make], Make]:
    """Return the decorator that enters a function into the grammar, under the name its usage begins with.

    Arguments: `usage`, an example as a user types it; `read`, the reader of the arguments: `listed` (one
    group of names), `blocks` (groups of names, further tensors and options) or `weights`; `least` and
    `most`, how many variables the first group has where the function takes any number.
    """

    def enter(make: Make) -> Make:
        entry = Named(usage, make, read, least, most)
        known = _NAMED.get(entry.name)
        # A file that is imported anew enters its functions again.
        if known is not None and known.make.__qualname__ != make.__qualname__:
            raise ValueError(f"two symmetries are called `{entry.name}`")
        _NAMED[entry.name] = entry
        return make

    return enter


def known_symmetries() -> dict[str, str]:
    """Return every named symmetry as it is written, with the sentence that says what it is.

    >>> from symeq.geometry import known_symmetries
    >>> known_symmetries()["rotation(x, y; u, v)"]
    'SO(n): x_i d/dx_j - x_j d/dx_i in all n(n-1)/2 planes.'
    """
    return {entry.usage: entry.summary for entry in NAMED.values()}


@dataclass(frozen=True)
class Call:
    """A named symmetry as written in `text`, such as `rotation(x, y; u, v)`."""

    node: Node
    text: str
    constants: tuple[Symbol, ...]

    @property
    def entry(self) -> Named:
        return NAMED[str(self.node.value)]

    def written(self, node: Node) -> str:
        return quoted(self.text[node.start : node.end])

    def refuse(self, reason: str) -> InvalidInput:
        return InvalidInput(f"{self.written(self.node)}: {reason}; it is written like `{self.entry.usage}`.")

    def names(self, group: Sequence[Node]) -> tuple[str, ...]:
        for argument in group:
            if argument.kind != "name":
                raise self.refuse(
                    f"`{self.entry.name}` takes names of variables, found {self.written(argument)}"
                )
        return tuple(str(argument.value) for argument in group)

    def counted(self, names: tuple[str, ...], fewest: int, most: int | None) -> tuple[str, ...]:
        if len(names) < fewest or (most is not None and len(names) > most):
            several = f"{fewest} to {most}" if most is None or most > fewest else f"{fewest}"
            wanted = f"{fewest} or more" if most is None else several
            raise self.refuse(f"`{self.entry.name}` takes {wanted} variables, found {len(names)}")
        return names

    def make(self, *arguments: Any, **settings: Any) -> Symmetry:
        """The symmetry; what its function refuses is told with the way it is written."""
        try:
            return self.entry.make(*arguments, **settings)
        except InvalidInput as error:
            reason = str(error).removesuffix(".")
            raise InvalidInput(f"{reason}; it is written like `{self.entry.usage}`.") from None

    def number(self, node: Node) -> Expr:
        """The value of an option or a weight: a number or an expression in parameters."""
        return evaluate(node, {s.name: s for s in self.constants}, self.text)


_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
_STARRED = inspect.Parameter.VAR_POSITIONAL
_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def listed(call: Call) -> Symmetry:
    """Read one group of names, `boost(x, u)`, one for each argument of the function."""
    if len(call.node.groups) > 1:
        raise call.refuse(f"`;` has no place in `{call.entry.name}`")
    names = call.names(call.node.groups[0] if call.node.groups else ())
    if call.entry.parameters(_STARRED):
        return call.make(*call.counted(names, call.entry.least, call.entry.most))
    parameters = call.entry.parameters(_POSITIONAL)
    required = [p for p in parameters.values() if p.default is p.empty]
    return call.make(*call.counted(names, len(required), len(parameters)))


def weights(call: Call) -> Symmetry:
    """Read weights of variables, `scaling(x=1, t=3)`."""
    arguments = [argument for group in call.node.groups for argument in group]
    if len(call.node.groups) > 1 or any(not _is_setting(argument) for argument in arguments):
        raise call.refuse(f"`{call.entry.name}` takes weights")
    if not arguments:
        raise call.refuse(f"`{call.entry.name}` takes at least one weight")
    found: dict[str, Expr] = {}
    for argument in arguments:
        _weigh(call, argument, found)
    return call.make(found)


def blocks(call: Call) -> Symmetry:
    """Read groups of names, `Galilei(t; x, y; u, v)`: one for each argument of the function, then tensors.

    The first group holds the variables where the function takes any number of them. A group `pseudo(...)`,
    `dual(...)` or `antisymmetric(...)` holds tensors of that kind. What is written `name=value` is an option,
    or, behind the first group, the weight of a field where the function takes weights.
    """
    entry = call.entry
    keywords = entry.parameters(_KEYWORD)
    positional = entry.parameters(_POSITIONAL)
    groups: list[tuple[str, ...]] = []
    settings: dict[str, Any] = {}
    found: dict[str, Expr] = {}
    for k, arguments in enumerate(call.node.groups):
        names = []
        for argument in arguments:
            if _is_setting(argument) and "weights" in keywords and k > 0:
                _weigh(call, argument, found)
            elif _is_setting(argument):
                _set(call, argument, settings)
            elif argument.kind == "call" and argument.value in KINDS and len(arguments) == 1 and k > 0:
                kind = str(argument.value)
                if kind not in keywords:
                    raise call.refuse(f"`{kind}(...)` has no place in `{entry.name}`")
                if not argument.groups:
                    raise call.refuse(f"`{kind}(...)` takes components, found none")
                settings[kind] = [*settings.get(kind, ()), *(call.names(g) for g in argument.groups)]
            else:
                names.append(argument)
        if names or not arguments:
            groups.append(call.names(names))
    if entry.parameters(_STARRED):
        first = call.counted(groups[0] if groups else (), entry.least, entry.most)
        leading: tuple[Any, ...] = first
        rest = groups[1:]
    else:
        required = sum(p.default is p.empty for p in positional.values())
        if len(groups) < required:
            raise call.refuse(
                f"`{entry.name}` takes {required}{' or more' * ('turning' in keywords)} groups of variables"
                f" parted by `;`, found {len(groups)}"
            )
        leading, rest = tuple(groups[: len(positional)]), groups[len(positional) :]
    if rest and "turning" not in keywords:
        raise call.refuse(f"`{entry.name}` has no place for ({', '.join(rest[0])})")
    if rest:
        settings["turning"] = rest
    if found:
        settings["weights"] = found
    return call.make(*leading, **settings)


def _is_setting(node: Node) -> bool:
    return node.kind == "relation" and node.children[0].kind == "name"


def _weigh(call: Call, node: Node, found: dict[str, Expr]) -> None:
    name = str(node.children[0].value)
    if name in found:
        raise call.refuse(f"{name} has two weights")
    found[name] = call.number(node.children[1])


def _set(call: Call, node: Node, settings: dict[str, Any]) -> None:
    """An option of the function: a variable where its argument is one, else a number."""
    name, value = str(node.children[0].value), node.children[1]
    keywords = call.entry.parameters(_KEYWORD)
    options = [k for k in keywords if k not in (*KINDS, "turning", "weights")]
    if not options:
        raise call.refuse(f"`{call.entry.name}` takes names of variables, found {call.written(node)}")
    if name not in options:
        known = ", ".join(options)
        raise call.refuse(f"unknown option `{name}`.{did_you_mean(name, options)} Known: {known}")
    if name in settings:
        raise call.refuse(f"`{name}` is given twice")
    # The annotation is text here; it says which options name a variable and which are numbers.
    variable = "Variable" in str(keywords[name].annotation)
    settings[name] = call.names([value])[0] if variable else call.number(value)
