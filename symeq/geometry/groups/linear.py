"""The linear, affine, projective and symplectic groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

from symeq.errors import InvalidInput
from symeq.geometry.fields import VectorField
from symeq.geometry.groups.registry import blocks, listed, named
from symeq.geometry.groups.representations import (
    Alike,
    Matrix,
    Tuples,
    Variable,
    alike,
    as_block,
    constant,
    distinct,
    label,
    parameters_of,
)
from symeq.geometry.groups.representations import listed as names
from symeq.geometry.symmetry import Symmetry


def _matrices(n: int, *, traceless: bool) -> list[Matrix]:
    """Return the matrices e_i e_j^T, on the diagonal their differences where the trace has to vanish."""
    units: list[Matrix] = [{(i, j): 1} for i in range(n) for j in range(n) if i != j]
    diagonals: list[Matrix] = [{(i, i): 1} for i in range(n)]
    if traceless:
        diagonals = [{(i, i): 1, (i + 1, i + 1): -1} for i in range(n - 1)]
    return [*diagonals, *units]


def _linear(turned: Alike, *, traceless: bool, shifted: bool) -> Symmetry:
    fields = [VectorField({z: 1}) for z in turned.variables] if shifted else []
    fields += [turned.field(matrix) for matrix in _matrices(turned.n, traceless=traceless)]
    return Symmetry(fields, label=turned.label())


@named("GL(x, y; u, v)", blocks)
def GL(*variables: Variable, turning: Tuples = (), dual: Tuples = (), antisymmetric: Tuples = ()) -> Symmetry:
    """Return GL(n), all linear transformations: x_j d/dx_i, n^2 in all.

    Arguments: n variables; `turning`, tuples of components that turn along: n are a vector, n(n+1)/2 a
    symmetric tensor (xx, xy, .., yy, ..), n^2 a tensor; `dual`, the same for what turns with the inverse
    transpose, as a gradient does; `antisymmetric`, tensors of n(n-1)/2 components.

    >>> [str(v) for v in GL("x", turning=["u"], dual=["p"]).generators]
    ['x*d_x + u*d_u - p*d_p']
    """
    turned = alike("GL", variables, 1, turning, dual=dual, antisymmetric=antisymmetric)
    return _linear(turned, traceless=False, shifted=False)


@named("SL(x, y; u, v)", blocks, least=2)
def SL(*variables: Variable, turning: Tuples = (), dual: Tuples = (), antisymmetric: Tuples = ()) -> Symmetry:
    """Return SL(n), the linear transformations that keep the volume: n^2 - 1 in all.

    Arguments as in `GL`.

    >>> [str(v) for v in SL("x", "y").generators]
    ['x*d_x - y*d_y', 'y*d_x', 'x*d_y']
    """
    turned = alike("SL", variables, 2, turning, dual=dual, antisymmetric=antisymmetric)
    return _linear(turned, traceless=True, shifted=False)


@named("affine(x, u)", blocks)
def affine(
    *variables: Variable, turning: Tuples = (), dual: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return the affine group: d/dx_i and x_j d/dx_i, n(n+1) in all.

    Arguments as in `GL`.

    >>> len(affine("x", "u").generators)
    6
    """
    turned = alike("affine", variables, 1, turning, dual=dual, antisymmetric=antisymmetric)
    return _linear(turned, traceless=False, shifted=True)


@named("equiaffine(x, u)", blocks, least=2)
def equiaffine(
    *variables: Variable, turning: Tuples = (), dual: Tuples = (), antisymmetric: Tuples = ()
) -> Symmetry:
    """Return the equi-affine group, the affine maps that keep the volume: n(n+1) - 1 in all.

    Arguments as in `GL`.

    >>> [str(v) for v in equiaffine("x", "u").generators]
    ['d_x', 'd_u', 'x*d_x - u*d_u', 'u*d_x', 'x*d_u']
    """
    turned = alike("equiaffine", variables, 2, turning, dual=dual, antisymmetric=antisymmetric)
    return _linear(turned, traceless=True, shifted=True)


@named("projective(x, u)", listed)
def projective(*variables: Variable) -> Symmetry:
    """Return the projective group SL(n+1): affine(n) and x_k (x d/dx), n(n+2) in all.

    One variable, independent or dependent, gives SL(2): d/dx, x d/dx, x^2 d/dx.

    >>> [str(v) for v in projective("u").generators]
    ['d_u', 'u*d_u', 'u**2*d_u']
    """
    turned = alike("projective", variables, 1)
    radial = VectorField({z: z for z in turned.variables})
    flat = _linear(turned, traceless=False, shifted=True)
    return Symmetry([*flat.generators, *(radial * z for z in turned.variables)], label=turned.label())


@named("SL2(x; u=1)", blocks)
def SL2(variable: Variable, *, weights: Mapping[Variable, Any] | None = None) -> Symmetry:
    """Return SL(2) acting on a line: d/dx, x d/dx + w u d/du, x^2 d/dx + 2 w x u d/du.

    Its finite transformations are x -> (a x + b)/(c x + d).

    Arguments: the variable, independent or dependent; `weights`, w of each further variable that is scaled
    along by (dx'/dx)^w.

    >>> [str(v) for v in SL2("x", weights={"u": 1}).generators]
    ['d_x', 'x*d_x + u*d_u', 'x**2*d_x + 2*u*x*d_u']
    """
    (x,) = as_block("SL2", variable, 1)
    everything = distinct("SL2", [x, *(weights or ())], 1)
    values = {
        u: constant("SL2", f"the weight of {u}", w, everything, may_vanish=True)
        for u, w in zip(everything[1:], (weights or {}).values(), strict=True)
    }
    size = VectorField({u: w * u for u, w in values.items()})
    stretch = VectorField({x: x})
    text = label("SL2", [x], {u.name: w for u, w in values.items()})
    return Symmetry(
        [VectorField({x: 1}), stretch + size, stretch * x + size * (2 * x)],
        label=text,
        parameters=parameters_of(*values.values()),
    )


@named("Sp(q1, q2; p1, p2)", blocks)
def Sp(positions: Sequence[Variable], momenta: Sequence[Variable], *, turning: Tuples = ()) -> Symmetry:
    """Return Sp(2n), the linear canonical transformations: n(2n+1) in all; the same as `symplectic`.

    Arguments as in `symplectic`.

    >>> len(Sp(("q1", "q2"), ("p1", "p2")).generators)
    10
    """
    return _symplectic("Sp", positions, momenta, turning)


@named("symplectic(q1, q2; p1, p2)", blocks)
def symplectic(
    positions: Sequence[Variable], momenta: Sequence[Variable], *, turning: Tuples = ()
) -> Symmetry:
    """Return Sp(2n): dH/dp d/dq - dH/dq d/dp for every H that is a product of two of the q and p.

    Arguments: n positions q, n momenta p; `turning`, tuples of components that turn along like (q, p), as in
    `rotation`.
    Raises InvalidInput when positions and momenta differ in number.

    >>> [str(v) for v in symplectic("q", "p").generators]
    ['q*d_q - p*d_p', 'q*d_p', 'p*d_q']
    """
    return _symplectic("symplectic", positions, momenta, turning)


def _symplectic(
    name: str, positions: Sequence[Variable], momenta: Sequence[Variable], turning: Tuples
) -> Symmetry:
    q, p = as_block(name, positions), as_block(name, momenta)
    if len(q) != len(p):
        raise InvalidInput(
            f"`{name}({names(q)}; {names(p)})`: every position has its momentum, found {len(q)} and {len(p)}."
        )
    turned, n = alike(name, (*q, *p), 2, turning), len(q)
    matrices: list[Matrix] = [{(i, j): 1, (n + j, n + i): -1} for i in range(n) for j in range(n)]
    pairs = list(combinations_with_replacement(range(n), 2))
    matrices += [{(n + i, j): 1, (n + j, i): 1} for i, j in pairs]
    matrices += [{(i, n + j): 1, (j, n + i): 1} for i, j in pairs]
    return Symmetry([turned.field(matrix) for matrix in matrices], label=turned.label(q, p))
