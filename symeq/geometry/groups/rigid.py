"""The rigid motions: turns, turns with shifts, and both with reflections."""

from __future__ import annotations

from symeq.geometry.fields import VectorField
from symeq.geometry.groups.elementary import planes
from symeq.geometry.groups.registry import blocks, named
from symeq.geometry.groups.representations import Alike, Matrix, Tuples, Variable, alike
from symeq.geometry.symmetry import Symmetry


def mirror(n: int) -> Matrix:
    """Return the reflection of the first of n coordinates."""
    return {(i, i): -1 if i == 0 else 1 for i in range(n)}


def _turns(turned: Alike) -> list[VectorField]:
    return [turned.field(plane) for plane in planes(turned.n)]


def _shifts(turned: Alike) -> list[VectorField]:
    return [VectorField({z: 1}) for z in turned.variables]


@named("SO(x, y; u, v)", blocks, least=2)
def SO(*variables: Variable, turning: Tuples = (), antisymmetric: Tuples = ()) -> Symmetry:
    """Return SO(n), the proper rotations: x_i d/dx_j - x_j d/dx_i; the same as `rotation`.

    Arguments as in `rotation`.

    >>> len(SO("x", "y", "z").generators)
    3
    """
    turned = alike("SO", variables, 2, turning, antisymmetric=antisymmetric)
    return Symmetry(_turns(turned), label=turned.label())


@named("O(x, y; u, v; pseudo(w))", blocks)
def O(  # noqa: E743 - the group has this name
    *variables: Variable, turning: Tuples = (), pseudo: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return O(n): the rotations, and the reflection of the first coordinate.

    Arguments: n variables; `turning`, tuples of components that turn and are reflected along, n a vector,
    n(n+1)/2 a symmetric tensor (xx, xy, .., yy, ..), n^2 a tensor; `pseudo`, the same with a further change
    of sign under reflections, and 1 for a pseudo-scalar; `antisymmetric`, tensors of n(n-1)/2 components.
    Raises InvalidInput when a variable is named twice or a tuple has another number of components.

    >>> print(O("x", "y", turning=[("u", "v")], pseudo=["w"]).maps[0])
    x -> -x, u -> -u, w -> -w
    """
    turned = alike("O", variables, 1, turning, pseudo=pseudo, antisymmetric=antisymmetric)
    return Symmetry(_turns(turned), [turned.map(mirror(turned.n))], turned.label())


@named("SE(x, y; u, v)", blocks)
def SE(*variables: Variable, turning: Tuples = (), antisymmetric: Tuples = ()) -> Symmetry:
    """Return SE(n), the proper rigid motions: d/dx_i and x_i d/dx_j - x_j d/dx_i, n(n+1)/2 in all.

    Arguments as in `rotation`; one variable is only shifted.

    >>> SE("x", "y").generators
    (VectorField(d_x), VectorField(d_y), VectorField(-y*d_x + x*d_y))
    """
    turned = alike("SE", variables, 1, turning, antisymmetric=antisymmetric)
    return Symmetry([*_shifts(turned), *_turns(turned)], label=turned.label())


@named("E(x, y; u, v; pseudo(w))", blocks)
def E(
    *variables: Variable, turning: Tuples = (), pseudo: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return E(n), all rigid motions: SE(n), and the reflection of the first coordinate.

    Arguments as in `O`.

    >>> print(E("x", turning=["u"]), E("x", turning=["u"]).members)
    E(x; u) (VectorField(d_x), PointMap(x -> -x, u -> -u))
    """
    turned = alike("E", variables, 1, turning, pseudo=pseudo, antisymmetric=antisymmetric)
    fields = [*_shifts(turned), *_turns(turned)]
    return Symmetry(fields, [turned.map(mirror(turned.n))], turned.label())
