"""Inversion of space and of time."""

from __future__ import annotations

from symeq.geometry.maps import PointMap
from symeq.geometry.registry import blocks, named
from symeq.geometry.representations import Tuples, Variable, alike, as_block, distinct, label
from symeq.geometry.symmetry import Symmetry


@named("parity(x, y, z; u, v, w)", blocks)
def parity(
    *variables: Variable, turning: Tuples = (), pseudo: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return the inversion of space, x -> -x for every coordinate.

    Vectors are odd, tensors of two indices even, and a pseudo-tensor has a further factor (-1)^n.

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
