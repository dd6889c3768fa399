"""The unitary groups on complex fields, which are written by their real and imaginary parts."""

from __future__ import annotations

from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.fields import VectorField
from symeq.geometry.groups.registry import blocks, named
from symeq.geometry.groups.representations import Tuples, Variable, as_block, distinct, label, listed
from symeq.geometry.symmetry import Symmetry


@named("U1(u, v; a, b)", blocks, least=2, most=2)
def U1(*amplitude: Variable, turning: Tuples = ()) -> Symmetry:
    """Return U(1), the phase of the complex amplitude u + i v: u d/dv - v d/du; as `phase`.

    Arguments: the real and the imaginary part; `turning`, pairs (a, b) of further amplitudes with the same
    phase.

    >>> [str(v) for v in U1("u", "v", turning=[("a", "b")]).generators]
    ['-v*d_u + u*d_v - b*d_a + a*d_b']
    """
    groups = [as_block("U1", group, 2) for group in (amplitude, *turning)]
    distinct("U1", [z for group in groups for z in group], 2)
    turn = {z: f for u, v in groups for z, f in ((u, -v), (v, u))}
    return Symmetry([VectorField(turn)], label=label("U1", *groups))


@named("SU2(a, b, c, d)", blocks, least=4, most=4)
def SU2(*doublet: Variable, turning: Tuples = ()) -> Symmetry:
    """Return SU(2) on the complex doublet psi = (a + i b, c + i d): psi -> i sigma_k psi, k = 1, 2, 3.

    Arguments: the real and imaginary parts of psi; `turning`, further doublets of four components, and
    triplets of three that turn like the vector psi^+ sigma psi.
    Raises InvalidInput for another number of components.

    >>> [str(v) for v in SU2("a", "b", "c", "d").generators]
    ['-d*d_a + c*d_b - b*d_c + a*d_d', 'c*d_a + d*d_b - a*d_c - b*d_d', '-b*d_a + a*d_b + d*d_c - c*d_d']
    """
    groups = [as_block("SU2", doublet, 4), *(as_block("SU2", group) for group in turning)]
    distinct("SU2", [z for group in groups for z in group], 4)
    fields = [VectorField({})] * 3
    for group in groups:
        if len(group) not in (3, 4):
            raise InvalidInput(
                f"`{label('SU2', *groups)}`: ({listed(group)}) has {len(group)}"
                f" component{'s' * (len(group) != 1)}; 4 are a doublet, 3 a triplet, scalars are not listed."
            )
        turns = _doublet(*group) if len(group) == 4 else _triplet(group)
        fields = [field + VectorField(turn) for field, turn in zip(fields, turns, strict=True)]
    return Symmetry(fields, label=label("SU2", *groups))


def _doublet(a: Symbol, b: Symbol, c: Symbol, d: Symbol) -> list[dict[Symbol, Expr]]:
    return [{a: -d, b: c, c: -b, d: a}, {a: c, b: d, c: -a, d: -b}, {a: -b, b: a, c: d, d: -c}]


def _triplet(n: tuple[Symbol, ...]) -> list[dict[Symbol, Expr]]:
    """The turns about the axes 1, 2, 3 by twice the angle, as psi^+ sigma psi has them."""
    about = [(1, 2), (2, 0), (0, 1)]
    return [{n[i]: 2 * n[j], n[j]: -2 * n[i]} for i, j in about]
