"""The text grammar of symmetries, generators, maps and equations: of command line and problem files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import sympy
from sympy import Dummy, Expr, Symbol

from symeq.errors import InvalidInput, did_you_mean, quoted, spelled_out, unknown_name
from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.groups.registry import NAMED, Call
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols, read_expression
from symeq.geometry.symmetry import Symmetry, trivial
from symeq.syntax import Node, parse_groups, parse_tree

Parameters = str | Sequence[str | Symbol]
SymmetryLike: TypeAlias = "Symmetry | VectorField | PointMap | str | Sequence[SymmetryLike]"


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
    if node.kind != "call" or node.value not in NAMED:
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
        if part.value not in NAMED:
            raise _unknown_symmetry(str(part.value), text)
        entry = NAMED[str(part.value)]
        if part.kind == "name" and "(" in entry.usage:
            raise InvalidInput(f"{quoted(text)}: {written} needs arguments, as in `{entry.usage}`.")
        found += entry.read(Call(part, text, constants)).on(jet, TIME, parameters=constants)
    return found


def _unknown_symmetry(name: str, text: str) -> InvalidInput:
    return InvalidInput(
        f"{quoted(text)}: unknown symmetry {quoted(name)}{spelled_out(name)}.{did_you_mean(name, NAMED)}"
        f" Known: {', '.join(NAMED)}."
    )


def as_symmetry(given: SymmetryLike, jet: Jet, parameters: Parameters = ()) -> Symmetry:
    """Return what a caller may give for a symmetry: one, a generator, a map, a text, or a sequence of these.

    Raises InvalidInput for anything else.

    >>> jet = Jet("t x", "u")
    >>> as_symmetry(["d_t", parse("t*d_x + d_u", jet)], jet).generators
    (VectorField(d_t), VectorField(t*d_x + d_u))
    """
    if isinstance(given, Symmetry):
        return given
    if isinstance(given, VectorField):
        return Symmetry([given])
    if isinstance(given, PointMap):
        return Symmetry(maps=[given])
    if isinstance(given, str):
        return read_symmetry(given, jet, parameters)
    if isinstance(given, Sequence):
        joint = trivial
        for part in given:
            joint += as_symmetry(part, jet, parameters)
        return joint
    found = type(given).__name__
    hint = " Call its method `symmetry()`." if callable(getattr(given, "symmetry", None)) else ""
    if found == "method":
        hint = " Call it: `symmetry()`."
    raise InvalidInput(
        "a symmetry is a Symmetry, a VectorField, a PointMap, a text or a list of these; found"
        f" {found}.{hint}"
    )


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
    taken = variables | {s.name for s in as_symbols(parameters)}
    parts = first.children if first.kind == "sum" else (first,)
    # A parameter may have the name of a group, but nobody calls a parameter.
    if all(p.value in NAMED and p.value not in (variables if p.kind == "call" else taken) for p in parts):
        return read_symmetry(text, jet, parameters)
    if first.kind == "relation":
        return read_equation(text, jet, parameters)
    if any(name[:2] == "d_" and name[2:] in variables for name in _free_names(first)):
        return read_generator(text, jet, parameters)
    return jet.parse(text, parameters)
