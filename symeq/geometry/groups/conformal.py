"""The conformal groups of Euclidean space and of space-time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import expression_text
from symeq.geometry.fields import VectorField
from symeq.geometry.groups.registry import blocks, named
from symeq.geometry.groups.representations import (
    Alike,
    Tuples,
    Variable,
    alike,
    as_block,
    constant,
    label,
    listed,
    parameters_of,
)
from symeq.geometry.groups.spacetime import metric_turns, minkowski
from symeq.geometry.symmetry import Symmetry


def _weights(name: str, among: Alike, given: Mapping[Variable, Any] | None) -> dict[Symbol, Expr]:
    """The weight of every field that has one; refuse a variable, and components of unequal weight."""
    found: dict[Symbol, Expr] = {}
    for key, value in (given or {}).items():
        (symbol,) = as_block(name, key, 1)
        if symbol in among.variables:
            raise InvalidInput(f"`{name}`: {symbol} is a coordinate; weights belong to fields.")
        found[symbol] = value
    for symbol, value in found.items():
        weight = f"the weight of {symbol}"
        found[symbol] = constant(name, weight, value, (*among.variables, *found), may_vanish=True)
    for tensor in among.tensors:
        weights = {found.get(symbol, sympy.S.Zero) for symbol in tensor.components}
        if len(weights) > 1:
            raise InvalidInput(f"`{name}`: the components of ({tensor}) need one and the same weight.")
    return found


def _conformal(among: Alike, metric: list[Expr], weights: Mapping[Symbol, Expr]) -> list[VectorField]:
    """Shifts, turns, the dilation and the special fields of a diagonal metric g.

    K_b = 2 g(b, x) (x d/dx + w u d/du) - g(x, x) b d/dx with the local turn 2 (x b^T g - b x^T g), here
    divided by g(b, b) for b = e_k.
    """
    x = among.variables
    size = VectorField({u: w * u for u, w in weights.items()})
    dilation = VectorField({z: z for z in x}) + size
    square = sympy.Add(*(g * z**2 for g, z in zip(metric, x, strict=True)))
    fields = [VectorField({z: 1}) for z in x]
    fields += [among.field(turn) for turn in metric_turns(metric)]
    fields.append(dilation)
    for k, z in enumerate(x):
        others = [i for i in range(len(x)) if i != k]
        local = {(i, k): 2 * x[i] for i in others}
        local |= {(k, i): -2 * x[i] * metric[i] / metric[k] for i in others}
        special = dilation * (2 * z) - VectorField({z: square / metric[k]})
        for tensor in among.tensors:
            special += VectorField(tensor.turned(local))
        fields.append(special)
    return fields


@named("conformal(x, y, z; u=-1/2)", blocks)
def conformal(
    *variables: Variable,
    weights: Mapping[Variable, Any] | None = None,
    turning: Tuples = (),
    dual: Tuples = (),
    antisymmetric: Tuples = (),
    time: Variable | None = None,
    c: Any = 1,
) -> Symmetry:
    """Return the conformal group of n dimensions, (n+1)(n+2)/2 generators.

    Shifts, rotations, the dilation x d/dx + w u d/du, and 2 x_k (x d/dx + w u d/du) - |x|^2 d/dx_k for each
    k. (In the plane this is the part of it that acts on the whole sphere.) Laplace's equation has it for
    w = 1 - n/2.

    Arguments: n variables; `weights`, w of each field that has one; `turning`, `dual`, `antisymmetric`,
    tuples of components that turn along as in `Lorentz`, each with its weight; `time`, a further variable
    that is counted first, with |x|^2 = x^2 + y^2 + .. - c^2 t^2.
    Raises InvalidInput for components of one tensor with unequal weights.
    Source: Di Francesco, Mathieu, Senechal, Conformal Field Theory (1997), equation (4.18).

    >>> [str(v) for v in conformal("x", weights={"u": 1}).generators]
    ['d_x', 'x*d_x + u*d_u', 'x**2*d_x + 2*u*x*d_u']
    """
    clock = () if time is None else as_block("conformal", time, 1)
    space = as_block("conformal", variables)
    coordinates = (*clock, *space)
    among = alike("conformal", coordinates, 1 + len(clock), turning, dual=dual, antisymmetric=antisymmetric)
    found = _weights("conformal", among, weights)
    c = constant("conformal", "c", c, (*coordinates, *found))
    if c != 1 and not clock:
        raise InvalidInput(f"`conformal({listed(space)})`: the speed c = {c} needs a `time`.")
    metric = minkowski(len(space), c) if clock else [sympy.S.One] * len(space)
    settings = ["time=" + listed(clock)] * len(clock) + ([] if c == 1 else ["c=" + expression_text(c)])
    text = label(
        "conformal",
        ", ".join([listed(space), *settings]),
        *map(str, among.tensors),
        {z.name: w for z, w in found.items()},
    )
    fields = _conformal(among, metric, found)
    return Symmetry(fields, label=text, parameters=parameters_of(c, *found.values()))
