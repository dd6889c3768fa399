"""The groups of space and time: Galilei, Schroedinger, Lorentz and Poincare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import sympy
from sympy import Expr

from symeq.errors import InvalidInput
from symeq.geometry.fields import VectorField
from symeq.geometry.groups.elementary import planes
from symeq.geometry.groups.registry import blocks, named
from symeq.geometry.groups.representations import (
    Matrix,
    Tuples,
    Variable,
    alike,
    as_block,
    constant,
    distinct,
    label,
    listed,
    parameters_of,
)
from symeq.geometry.symmetry import Symmetry


@named("Galilei(t; x, y; u, v)", blocks)
def Galilei(
    time: Variable,
    positions: Sequence[Variable],
    velocities: Sequence[Variable] = (),
    *,
    turning: Tuples = (),
    antisymmetric: Tuples = (),
) -> Symmetry:
    """Return the Galilei group of n dimensions: shifts of time and space, rotations, boosts t d/dx + d/du.

    Its dimension is 1 + 2n + n(n-1)/2; rotations turn the velocities too.

    Arguments: the time; n positions; the n velocities that a boost shifts, or none; `turning` and
    `antisymmetric`, tuples of components of further fields that turn along, as in `rotation`.
    Raises InvalidInput when positions and velocities differ in number.

    >>> [str(v) for v in Galilei("t", "x", "u").generators]
    ['d_t', 'd_x', 't*d_x + d_u']
    """
    clock = as_block("Galilei", time, 1)
    space, speeds = as_block("Galilei", positions), as_block("Galilei", velocities)
    if speeds and len(speeds) != len(space):
        raise InvalidInput(
            f"`Galilei({clock[0]}; {listed(space)}; {listed(speeds)})`: every position has its velocity,"
            f" found {len(space)} and {len(speeds)}; further vectors and tensors stand behind the velocities."
        )
    moving = [speeds] if speeds else []
    among = alike("Galilei", space, 1, [*moving, *turning], among=clock, antisymmetric=antisymmetric)
    boosts = [VectorField({x: clock[0], **({speeds[k]: 1} if speeds else {})}) for k, x in enumerate(space)]
    shifts = [VectorField({z: 1}) for z in (*clock, *space)]
    turns = [among.field(plane) for plane in planes(among.n)]
    return Symmetry([*shifts, *turns, *boosts], label=among.label(clock, space))


@named("Schroedinger(t; x, y; a, b; c=1)", blocks)
def Schroedinger(
    time: Variable,
    positions: Sequence[Variable],
    amplitude: Sequence[Variable],
    *,
    turning: Tuples = (),
    c: Any = 1,
    weight: Any = None,
) -> Symmetry:
    """Return the Schroedinger group: what leaves i psi_t + c laplace psi = 0 unchanged, psi = a + i b.

    Shifts, rotations, boosts 2 c t d/dx_k + x_k J, the phase J = a d/db - b d/da, the dilation
    2 t d/dt + x d/dx + w N and the expansion t^2 d/dt + t x d/dx + |x|^2/(4c) J + w t N, with
    N = a d/da + b d/db and w = -n/2; n(n+3)/2 + 4 in all. (The linear equation has N by itself, and the sum
    with any solution, too.) A further term |psi|^p psi needs the weight w = -2/p; the expansion is left out
    where that is another than -n/2.

    Arguments: the time; n positions; the real and the imaginary part (a, b); `turning`, such pairs of
    further amplitudes that transform alike; the constant c; the weight w of the dilation (default -n/2).
    Source: Niederer, Helv. Phys. Acta 45 (1972) 802; Olver, Applications of Lie Groups to Differential
    Equations (2nd ed., 1993), section 2.4.

    >>> len(Schroedinger("t", ("x", "y"), ("a", "b")).generators)
    9
    >>> [str(v) for v in Schroedinger("t", "x", ("a", "b"), weight=-1).generators[2:]]
    ['2*t*d_x - b*x*d_a + a*x*d_b', '-b*d_a + a*d_b', '2*t*d_t + x*d_x - a*d_a - b*d_b']
    """
    clock, space = as_block("Schroedinger", time, 1), as_block("Schroedinger", positions)
    amplitudes = [as_block("Schroedinger", pair, 2) for pair in (amplitude, *turning)]
    parts = [z for pair in amplitudes for z in pair]
    among = alike("Schroedinger", space, 1, among=(*clock, *parts))
    (t,), n = clock, among.n
    everything = (t, *space, *parts)
    c = constant("Schroedinger", "c", c, everything)
    free = sympy.Rational(-n, 2)
    given = free if weight is None else weight
    w = constant("Schroedinger", "the weight", given, everything, may_vanish=True)
    turn = VectorField({z: f for a, b in amplitudes for z, f in ((a, -b), (b, a))})
    size = VectorField({z: z for z in parts})
    stretch = VectorField({x: x for x in space})
    square = sympy.Add(*(x**2 for x in space))
    fields = [VectorField({z: 1}) for z in (t, *space)]
    fields += [among.field(plane) for plane in planes(n)]
    fields += [VectorField({x: 2 * c * t}) + turn * x for x in space]
    fields += [turn, VectorField({t: 2 * t}) + stretch + size * w]
    if w == free:
        fields.append(VectorField({t: t**2}) + stretch * t + turn * (square / (4 * c)) + size * (w * t))
    settings = _speed(c) | ({} if w == free else {"weight": w})
    text = label("Schroedinger", clock, space, *amplitudes, settings)
    return Symmetry(fields, label=text, parameters=parameters_of(c, w))


def _speed(c: Expr) -> dict[str, Expr]:
    """How the constant c stands in a label."""
    return {} if c == 1 else {"c": c}


def metric_turns(metric: Sequence[Expr]) -> list[Matrix]:
    """Return the generators of SO(g) for a diagonal metric g: e_j e_i^T g_ii - e_i e_j^T g_jj.

    A plane of time and space is divided by g_tt, and becomes the boost t d/dx + x/c^2 d/dt for g_tt = -c^2.
    """
    turns: list[Matrix] = []
    for i, j in combinations(range(len(metric)), 2):
        scale = 1 if metric[i] == 1 else metric[i]
        turns.append({(i, j): -metric[j] / scale, (j, i): metric[i] / scale})
    return turns


def minkowski(n: int, c: Expr) -> list[Expr]:
    """Return the metric diag(-c^2, 1, .., 1) of time and n coordinates."""
    return [-(c**2), *[sympy.S.One] * n]


def _relativistic(
    name: str,
    time: Variable,
    positions: Sequence[Variable],
    c: Any,
    turning: Tuples,
    kinds: Mapping[str, Tuples],
    shifted: bool,
) -> Symmetry:
    clock, space = as_block(name, time, 1), as_block(name, positions)
    distinct(name, space, 1)
    turned = alike(name, (*clock, *space), 2, turning, **kinds)
    fields_of_tensors = [s for tensor in turned.tensors for s in tensor.components]
    c = constant(name, "c", c, (*turned.variables, *fields_of_tensors))
    fields = [VectorField({z: 1}) for z in turned.variables] if shifted else []
    fields += [turned.field(turn) for turn in metric_turns(minkowski(len(space), c))]
    return Symmetry(fields, label=turned.label(clock, space, settings=_speed(c)), parameters=parameters_of(c))


@named("Lorentz(t; x, y, z; c=1)", blocks)
def Lorentz(
    time: Variable,
    positions: Sequence[Variable],
    *,
    c: Any = 1,
    turning: Tuples = (),
    dual: Tuples = (),
    antisymmetric: Tuples = (),
) -> Symmetry:
    """Return the Lorentz group: boosts t d/dx + x/c^2 d/dt and rotations, n(n+1)/2 in all.

    Arguments: the time; n positions; the speed c; `turning`, tuples of components that turn along, time
    first: n+1 are a vector that turns like (t, x), (n+1)(n+2)/2 a symmetric tensor (tt, tx, .., xx, ..),
    (n+1)^2 a tensor; `dual`, the same for what turns like (d/dt, d/dx), a gradient; `antisymmetric`, tensors
    of n(n+1)/2 components (tx, ty, .., xy, ..), such as the electromagnetic field.

    >>> [str(v) for v in Lorentz("t", ("x",), turning=[("r", "j")], c=2).generators]
    ['x/4*d_t + t*d_x + j/4*d_r + r*d_j']
    """
    kinds = {"dual": dual, "antisymmetric": antisymmetric}
    return _relativistic("Lorentz", time, positions, c, turning, kinds, False)


@named("Poincare(t; x, y, z; c=1)", blocks)
def Poincare(
    time: Variable,
    positions: Sequence[Variable],
    *,
    c: Any = 1,
    turning: Tuples = (),
    dual: Tuples = (),
    antisymmetric: Tuples = (),
) -> Symmetry:
    """Return the Poincare group: the Lorentz group and the shifts of time and space.

    Arguments as in `Lorentz`; (n+1)(n+2)/2 generators.

    >>> [str(v) for v in Poincare("t", "x").generators]
    ['d_t', 'd_x', 'x*d_t + t*d_x']
    """
    kinds = {"dual": dual, "antisymmetric": antisymmetric}
    return _relativistic("Poincare", time, positions, c, turning, kinds, True)
