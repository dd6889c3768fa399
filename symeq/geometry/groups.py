"""Named symmetries, each from its textbook generators or maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, TypeAlias

from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols
from symeq.geometry.symmetry import Symmetry

Variable: TypeAlias = Symbol | str
Tuples: TypeAlias = Iterable[Sequence[Variable]]


def _distinct(name: str, variables: Iterable[Variable], at_least: int) -> tuple[Symbol, ...]:
    symbols = as_symbols(list(variables))
    if len(symbols) < at_least:
        raise InvalidInput(
            f"`{name}` needs at least {at_least} variable{'s' * (at_least > 1)}, found {len(symbols)}."
        )
    for symbol in symbols:
        if symbols.count(symbol) > 1:
            raise InvalidInput(f"`{name}({_listed(symbols)})` names {symbol} twice.")
    return symbols


def _listed(symbols: Iterable[Symbol]) -> str:
    return ", ".join(s.name for s in symbols)


def _alike(name: str, variables: Sequence[Variable], turning: Tuples) -> tuple[tuple[Symbol, ...], ...]:
    """The tuples that transform alike: the variables, then the components of each vector field."""
    groups = (_distinct(name, variables, 2), *(as_symbols(list(vector)) for vector in turning))
    _distinct(name, [s for group in groups for s in group], 2)
    for group in groups[1:]:
        if len(group) != len(groups[0]):
            raise InvalidInput(
                f"`{name}({'; '.join(map(_listed, groups))})`: the vector ({_listed(group)}) has {len(group)}"
                f" components, it turns with {len(groups[0])} variables."
            )
    return groups


def translation(*variables: Variable) -> Symmetry:
    """Return the shifts of each variable: d/dz.

    >>> [str(v) for v in translation("t", "x").generators]
    ['d_t', 'd_x']
    """
    symbols = _distinct("translation", variables, 1)
    return Symmetry([VectorField({z: 1}) for z in symbols], label=f"translation({_listed(symbols)})")


def rotation(*variables: Variable, turning: Tuples = ()) -> Symmetry:
    """Return SO(n): x_i d/dx_j - x_j d/dx_i in all n(n-1)/2 planes.

    Arguments: n variables; `turning`, tuples of n components of vector fields that turn along.
    Raises InvalidInput when a variable is named twice or a vector has another number of components.

    >>> str(rotation("x", "y", turning=[("u", "v")]).generators[0])
    '-y*d_x + x*d_y - v*d_u + u*d_v'
    """
    groups = _alike("rotation", variables, turning)
    planes = [
        VectorField({z: w for g in groups for z, w in ((g[i], -g[j]), (g[j], g[i]))})
        for i, j in combinations(range(len(groups[0])), 2)
    ]
    return Symmetry(planes, label=f"rotation({'; '.join(map(_listed, groups))})")


def scaling(weights: Mapping[Variable, Any] | None = None, /, **named: Any) -> Symmetry:
    """Return the one-parameter scaling z -> exp(w s) z: the sum of w z d/dz.

    Arguments: weights w by variable, as one mapping or by name; rational numbers or expressions in
    parameters.

    >>> str(scaling(x=1, t=3, u=-2).generators[0])
    'x*d_x + 3*t*d_t - 2*u*d_u'
    """
    given: dict[Variable, Any] = {**(weights or {}), **named}
    symbols = _distinct("scaling", given, 1)
    factors: dict[Symbol, Expr] = {
        z: exact_expression(w) for z, w in zip(symbols, given.values(), strict=True)
    }
    if not any(factors.values()):
        raise InvalidInput("`scaling` needs a weight that is not zero.")
    parameters = sorted({s for w in factors.values() for s in w.free_symbols}, key=lambda s: s.name)
    label = ", ".join(f"{z.name}={expression_text(w)}" for z, w in factors.items())
    field = VectorField({z: w * z for z, w in factors.items()})
    return Symmetry([field], label=f"scaling({label})", parameters=parameters)


def boost(x: Variable, u: Variable, time: Variable | None = None) -> Symmetry:
    """Return the Galilean boost t d/dx + d/du into a frame of another speed.

    Arguments: a coordinate x, the velocity u along it, and the time t (default: the lead's independent
    variable). Several dimensions are a sum: boost(x, u) + boost(y, v).

    >>> str(boost("x", "u", "t").generators[0])
    't*d_x + d_u'
    """
    position, velocity = _distinct("boost", (x, u), 2)
    clock = TIME if time is None else _distinct("boost", (x, u, time), 3)[2]
    label = f"boost({position.name}, {velocity.name}{'' if time is None else ', ' + clock.name})"
    return Symmetry([VectorField({position: clock, velocity: 1})], label=label)


def reflection(*variables: Variable) -> Symmetry:
    """Return the map that flips the sign of every variable listed.

    >>> str(reflection("x", "u").maps[0])
    'x -> -x, u -> -u'
    """
    symbols = _distinct("reflection", variables, 1)
    return Symmetry(maps=[PointMap({z: -z for z in symbols})], label=f"reflection({_listed(symbols)})")


def permutation(*variables: Variable, turning: Tuples = ()) -> Symmetry:
    """Return every exchange of the variables, generated by those of neighbours in the list.

    Argument `turning`: tuples of components that are exchanged along.

    >>> str(permutation("x", "y", turning=[("u", "v")]).maps[0])
    'x -> y, y -> x, u -> v, v -> u'
    """
    groups = _alike("permutation", variables, turning)
    maps = [
        PointMap({z: w for g in groups for z, w in ((g[i], g[j]), (g[j], g[i]))})
        for i, j in pairwise(range(len(groups[0])))
    ]
    return Symmetry(maps=maps, label=f"permutation({'; '.join(map(_listed, groups))})")


def cyclic(*variables: Variable, turning: Tuples = ()) -> Symmetry:
    """Return the cyclic exchange x -> y -> z -> x.

    Argument `turning`: tuples of components that are exchanged along.

    >>> str(cyclic("x", "y", "z").maps[0])
    'x -> y, y -> z, z -> x'
    """
    groups = _alike("cyclic", variables, turning)
    images = {z: w for g in groups for z, w in zip(g, g[1:] + g[:1], strict=True)}
    return Symmetry(maps=[PointMap(images)], label=f"cyclic({'; '.join(map(_listed, groups))})")


def phase(u: Variable, v: Variable) -> Symmetry:
    """Return the phase rotation of the complex amplitude u + i v: u d/dv - v d/du.

    >>> str(phase("u", "v").generators[0])
    '-v*d_u + u*d_v'
    """
    real, imaginary = _distinct("phase", (u, v), 2)
    return Symmetry(
        [VectorField({real: -imaginary, imaginary: real})], label=f"phase({real.name}, {imaginary.name})"
    )
