"""The text grammar of symmetries, generators, maps and equations: of command line and problem files."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import sympy
from sympy import Dummy, Expr, Symbol

from symeq.errors import InvalidInput, quoted, unknown_name
from symeq.geometry import groups
from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols, read_expression
from symeq.geometry.symmetry import Symmetry, trivial
from symeq.parsing import evaluate
from symeq.syntax import Node, parse_groups, parse_tree

Parameters = str | Sequence[str | Symbol]


@dataclass(frozen=True)
class _Call:
    """A named symmetry as written, `rotation(x, y; u, v)`."""

    node: Node
    text: str
    constants: tuple[Symbol, ...]

    @property
    def written(self) -> str:
        return self.text[self.node.start : self.node.end]

    def refuse(self, reason: str) -> InvalidInput:
        usage = _NAMED[str(self.node.value)][0]
        return InvalidInput(f"{quoted(self.written)}: {reason}; it is written like `{usage}`.")

    def tuples(self) -> list[tuple[str, ...]]:
        """The names in each `;`-separated group."""
        for argument in (argument for group in self.node.groups for argument in group):
            if argument.kind != "name":
                found = quoted(self.text[argument.start : argument.end])
                raise self.refuse(f"`{self.node.value}` takes names of variables, found {found}")
        return [tuple(str(argument.value) for argument in group) for group in self.node.groups] or [()]

    def names(self, fewest: int, most: int | None = None) -> tuple[str, ...]:
        """The names of a call that has one group of `fewest` to `most` of them."""
        first, *rest = self.tuples()
        if rest:
            raise self.refuse(f"`;` has no place in `{self.node.value}`")
        return self.counted(first, fewest, most)

    def counted(self, names: tuple[str, ...], fewest: int, most: int | None) -> tuple[str, ...]:
        if len(names) < fewest or (most is not None and len(names) > most):
            wanted = (
                f"{fewest} or more"
                if most is None
                else f"{fewest} to {most}"
                if most > fewest
                else f"{fewest}"
            )
            raise self.refuse(f"`{self.node.value}` takes {wanted} variables, found {len(names)}")
        return names

    def alike(self, group: Callable[..., Symmetry]) -> Symmetry:
        """The group of the variables before the first `;`, with the vectors after it turning along."""
        first, *turning = self.tuples()
        return group(*self.counted(first, 2, None), turning=turning)

    def nothing(self) -> Symmetry:
        """The symmetry that demands nothing, and takes no argument."""
        self.names(0, 0)
        return trivial

    def weights(self) -> dict[str, Expr]:
        """The weights of `scaling(x=1, t=3)`."""
        found: dict[str, Expr] = {}
        arguments = [argument for group in self.node.groups for argument in group]
        for argument in arguments:
            if (
                argument.kind != "relation"
                or argument.children[0].kind != "name"
                or len(self.node.groups) > 1
            ):
                raise self.refuse("`scaling` takes weights")
            name = str(argument.children[0].value)
            if name in found:
                raise self.refuse(f"{name} has two weights")
            names = {s.name: s for s in self.constants}
            found[name] = evaluate(argument.children[1], names, self.text)
        if not found:
            raise self.refuse("`scaling` takes at least one weight")
        return found


_NAMED: Mapping[str, tuple[str, Callable[[_Call], Symmetry]]] = {
    "translation": ("translation(t, x)", lambda call: groups.translation(*call.names(1))),
    "rotation": ("rotation(x, y; u, v)", lambda call: call.alike(groups.rotation)),
    "scaling": ("scaling(x=1, t=3, u=-2)", lambda call: groups.scaling(call.weights())),
    "boost": ("boost(x, u)", lambda call: groups.boost(*call.names(2, 3))),
    "reflection": ("reflection(x, u)", lambda call: groups.reflection(*call.names(1))),
    "permutation": ("permutation(x, y)", lambda call: call.alike(groups.permutation)),
    "cyclic": ("cyclic(x, y, z)", lambda call: call.alike(groups.cyclic)),
    "phase": ("phase(u, v)", lambda call: groups.phase(*call.names(2, 2))),
    "trivial": ("trivial", lambda call: call.nothing()),
}


def read_symmetry(text: str, jet: Jet, parameters: Parameters = ()) -> Symmetry:
    """Return the symmetry a text stands for.

    A text is a sum of named symmetries, `translation(t) + boost(x, u)`, a generator, a map, or several of
    these separated by `;`. The time of a boost stays open until Symmetry.on. The label is the text as
    written.

    Raises InvalidInput for an unknown group (with the known ones), a wrong number of arguments, a symbol that
    is neither a variable of the jet nor a parameter.

    >>> symmetry = read_symmetry("translation(t) + boost(x, u)", Jet("t x", "u"))
    >>> print(symmetry, symmetry.generators)
    translation(t) + boost(x, u) (VectorField(d_t), VectorField(TIME*d_x + d_u))
    """
    if isinstance(text, str):
        text = unicodedata.normalize("NFC", text)
    constants = as_symbols(parameters)
    found = trivial
    for items in parse_groups(text):
        if any(item.kind == "arrow" for item in items):
            found += Symmetry(maps=[_map_of(items, text, jet, constants)])
            continue
        for item in items:
            if any(name.startswith("d_") for name in _free_names(item)):
                found += Symmetry([_generator_of(item, text, jet, constants)])
            else:
                found += _named_sum(item, text, jet, constants)
    return Symmetry(found.generators, found.maps, " ".join(text.split()), parameters=constants)


def _free_names(node: Node) -> Iterator[str]:
    """The names in a tree, the arguments of named symmetries left out."""
    if node.kind == "name":
        yield str(node.value)
    if node.kind != "call" or node.value not in _NAMED:
        for child in node.children:
            yield from _free_names(child)


def _named_sum(node: Node, text: str, jet: Jet, constants: tuple[Symbol, ...]) -> Symmetry:
    found = trivial
    for part in node.children if node.kind == "sum" else (node,):
        written = quoted(text[part.start : part.end])
        if part.kind not in ("call", "name"):
            raise InvalidInput(
                f"{quoted(text)}: {written} is not a symmetry. Write named symmetries joined by `+`, such as"
                " `translation(t) + boost(x, u)`, a generator like `t*d_x + d_u`, or a map like `x -> -x`."
            )
        if part.value not in _NAMED:
            raise unknown_name("symmetry", str(part.value), _NAMED, text)
        if part.kind == "name" and part.value != "trivial":
            raise InvalidInput(
                f"{quoted(text)}: {written} needs arguments, as in `{_NAMED[str(part.value)][0]}`."
            )
        call = _Call(part, text, constants)
        named = _NAMED[str(part.value)][1](call)
        found += named.on(jet, TIME, parameters=constants)
    return found


def read_generator(text: str, jet: Jet, parameters: Parameters = ()) -> VectorField:
    """Return the vector field of a text such as "t*d_x + d_u", linear in the d_<variable>.

    Raises InvalidInput for an unknown symbol, a term without or with several d_<variable>, a derivative.

    >>> print(read_generator("6*t*d_x + d_u", Jet("t x", "u")))
    6*t*d_x + d_u
    """
    return _generator_of(parse_tree(text), text, jet, as_symbols(parameters))


def _generator_of(node: Node, text: str, jet: Jet, constants: tuple[Symbol, ...]) -> VectorField:
    along = {f"d_{z.name}": (z, Dummy(f"d_{z.name}")) for z in jet.variables}
    extra: dict[str, Expr] = {name: mark for name, (_, mark) in along.items()}
    if "TIME" not in jet.names and all(s.name != "TIME" for s in constants):
        extra["TIME"] = TIME
    for name in _free_names(node):
        if name.startswith("d_") and name not in extra and name not in {s.name for s in constants}:
            raise unknown_name("direction", name, along, text, f"`{name[2:]}` is no variable of {jet}.")
    expression = sympy.expand(read_expression(jet, node, text, constants, extra))
    marks = [mark for _, mark in along.values()]
    components = {z: expression.coeff(mark) for z, mark in along.values()}
    rest = sympy.expand(expression - sympy.Add(*(components[z] * mark for z, mark in along.values())))
    if rest != 0 or any(f.has(*marks) for f in components.values()):
        raise InvalidInput(
            f"{quoted(text)}: every term of a generator has one factor d_<variable>, as `t*d_x + d_u`."
        )
    field = VectorField(components)
    for symbol in field.free_symbols - set(constants) - {TIME}:
        if symbol not in jet.variables:
            raise InvalidInput(
                f"{quoted(text)}: a generator of point transformations has no derivative `{symbol}`."
            )
    return field


def read_map(text: str, jet: Jet, parameters: Parameters = ()) -> PointMap:
    """Return the point transformation of a text such as "x -> -x, u -> -u"; unlisted variables stay.

    Raises InvalidInput for an unknown symbol, a variable listed twice, a map that cannot be inverted.

    >>> print(read_map("x -> y, y -> x", Jet("t", "x y")))
    x -> y, y -> x
    """
    items = parse_groups(text)
    if len(items) > 1:
        raise InvalidInput(f"{quoted(text)}: one map is expected; separate its images by `,`.")
    return _map_of(items[0], unicodedata.normalize("NFC", text), jet, as_symbols(parameters))


def _map_of(items: Sequence[Node], text: str, jet: Jet, constants: tuple[Symbol, ...]) -> PointMap:
    if [item.value for item in items] == ["identity"]:
        return PointMap({})
    images: dict[Symbol, Expr] = {}
    variables = {s.name: s for s in jet.variables}
    for item in items:
        if item.kind != "arrow" or item.children[0].kind != "name":
            raise InvalidInput(f"{quoted(text)}: a map is written like `x -> -x, u -> -u`.")
        name = str(item.children[0].value)
        if name not in variables:
            raise unknown_name("variable", name, variables, text, f"Maps move the variables of {jet}.")
        if variables[name] in images:
            raise InvalidInput(f"{quoted(text)}: {name} is listed twice.")
        image = read_expression(jet, item.children[1], text, constants)
        for symbol in image.free_symbols - set(constants) - set(jet.variables):
            raise InvalidInput(f"{quoted(text)}: a map of points has no derivative `{symbol}`.")
        images[variables[name]] = image
    point_map = PointMap(images)
    point_map.inverse()  # refuses a map that has none
    return point_map


def read_equation(text: str, jet: Jet, parameters: Parameters = ()) -> tuple[Expr, Expr]:
    """Return both sides of an equation such as "u_t = 6*u*u_x + u_xxx".

    Raises InvalidInput without exactly one `=`, and for an unknown symbol.

    >>> read_equation("u_t = nu*u_xx", Jet("t x", "u", order=2), parameters="nu")
    (u_t, nu*u_xx)
    """
    tree = parse_tree(text)
    if tree.kind != "relation":
        raise InvalidInput(f"{quoted(text)}: an equation has one `=`, as in `u_t = 6*u*u_x + u_xxx`.")
    left, right = (read_expression(jet, side, text, as_symbols(parameters)) for side in tree.children)
    return left, right


Meaning: TypeAlias = Expr | Symmetry | VectorField | PointMap | tuple[Expr, Expr]


def parse(text: str, jet: Jet, parameters: Parameters = ()) -> Meaning:
    """Return what a text of the grammar stands for, of whatever kind: it reads every text symeq writes.

    An equation has a `=` and gives both sides, a map an arrow, a generator a d_<variable>; names of
    symmetries, or several of these things parted by `;`, give a Symmetry; all else is an expression.

    Raises InvalidInput for what is none of these.

    >>> jet = Jet("t x", "u", order=2)
    >>> parse("Derivative(u(t, x), t) = nu*u_xx", jet, parameters="nu"), parse("u*u_x", jet)
    ((u_t, nu*u_xx), u*u_x)
    >>> parse("t*d_x + d_u", jet), parse("x -> -x", jet), parse("translation(t); d_x", jet).generators
    (VectorField(t*d_x + d_u), PointMap(x -> -x), (VectorField(d_t), VectorField(d_x)))
    """
    groups = parse_groups(text)
    if len(groups) > 1:
        return read_symmetry(text, jet, parameters)
    first = groups[0][0]
    if first.kind == "arrow" or (first.kind, first.value) == ("name", "identity"):
        return read_map(text, jet, parameters)
    if len(groups[0]) > 1:
        return read_symmetry(text, jet, parameters)
    variables = {z.name for z in jet.variables}
    parts = first.children if first.kind == "sum" else (first,)
    if all(part.value in _NAMED and part.value not in variables for part in parts):
        return read_symmetry(text, jet, parameters)
    if first.kind == "relation":
        return read_equation(text, jet, parameters)
    if any(name[:2] == "d_" and name[2:] in variables for name in _free_names(first)):
        return read_generator(text, jet, parameters)
    return jet.parse(text, parameters)
