"""Inversions of space and of time, and turns by a fraction of the circle."""

from __future__ import annotations

from typing import Any

import sympy

from symeq.errors import InvalidInput
from symeq.geometry.groups.registry import blocks, named
from symeq.geometry.groups.representations import Tuples, Variable, alike, as_block, distinct, label
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry


@named("parity(x, y, z; u, v, w)", blocks)
def parity(
    *variables: Variable, turning: Tuples = (), pseudo: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return the inversion of space, x -> -x for every coordinate.

    Vectors are odd, tensors of two indices even, and a pseudo-tensor has a further factor (-1)^n. In an even
    number of dimensions this is a rotation; the reflection of one coordinate is in `O` and `E`.

    Arguments: n variables; `turning`, `pseudo` and `antisymmetric`, tuples of components as in `O`.

    >>> print(parity("x", "y", "z", turning=[("u", "v", "w")], pseudo=["q"]).maps[0])
    x -> -x, y -> -y, z -> -z, u -> -u, v -> -v, w -> -w, q -> -q
    """
    moved = alike("parity", variables, 1, turning, pseudo=pseudo, antisymmetric=antisymmetric)
    return Symmetry(maps=[moved.map({(i, i): -1 for i in range(moved.n)})], label=moved.label())


@named("time_reversal(t; u, v)", blocks)
def time_reversal(time: Variable, odd: tuple[Variable, ...] = ()) -> Symmetry:
    """Return the reversal of time, t -> -t, which also flips the sign of the variables that are odd.

    Arguments: the time, and the odd variables, such as velocities and magnetic fields.

    >>> print(time_reversal("t", ("u", "v")).maps[0])
    t -> -t, u -> -u, v -> -v
    """
    clock = as_block("time_reversal", time, 1)
    symbols = distinct("time_reversal", [*clock, *as_block("time_reversal", odd)], 1)
    return Symmetry(
        maps=[PointMap({z: -z for z in symbols})], label=label("time_reversal", clock, symbols[1:])
    )


@named("discrete_rotation(x, y; u, v; order=6)", blocks, least=2, most=2)
def discrete_rotation(
    *variables: Variable, order: Any, turning: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return the turn of a plane by 2 pi/n, which generates the cyclic group C_n of a lattice or a polygon.

    Arguments: two variables; the order n, one of 2, 3, 4, 6, 8, 12, for which sine and cosine are roots of
    rational numbers; `turning` and `antisymmetric`, tuples of components that turn along as in `rotation`.
    Raises InvalidInput for another order.

    >>> print(discrete_rotation("x", "y", order=3).maps[0])
    x -> -x/2 - sqrt(3)*y/2, y -> sqrt(3)*x/2 - y/2
    """
    turned = alike("discrete_rotation", variables, 2, turning, antisymmetric=antisymmetric)
    if turned.n > 2 or order not in _ORDERS:
        raise InvalidInput(
            f"`{turned.label(settings={'order': order})}`: a plane is turned, of two variables, by an order"
            f" among {', '.join(map(str, _ORDERS))}; found {turned.n} variables and order {order}."
        )
    angle = 2 * sympy.pi / order
    c, s = sympy.cos(angle), sympy.sin(angle)
    turn = turned.map({(0, 0): c, (0, 1): -s, (1, 0): s, (1, 1): c})
    return Symmetry(maps=[turn], label=turned.label(settings={"order": sympy.Integer(order)}))


_ORDERS = (2, 3, 4, 6, 8, 12)
