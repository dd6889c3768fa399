"""What kind of transformation a vector field generates, told from its form and not from names."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy import Expr, Symbol

from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet

Linear = dict[tuple[Symbol, Symbol], Expr]  # (z, y) -> coefficient of y in the component along z

KINDS = (
    "translation", "rotation", "hyperbolic rotation", "phase rotation", "scaling", "Galilean boost",
    "moving frame", "shear", "projective", "conformal", "linear", "gauge shift", "superposition", "",
)  # fmt: skip
"""The kinds in the order in which generators are listed."""


def kind_of(field: VectorField, jet: Jet, *, linear_equations: bool = False) -> str:
    """Return the kind of a field: one of KINDS, "" for none of those.

    linear_equations: whether solutions of the equations may be added, so that f(x) d/du adds one.

    >>> jet = Jet("t x y", "u v")
    >>> t, x, y, u, v = jet.variables
    >>> kind_of(VectorField({x: -y, y: x, u: -v, v: u}), jet), kind_of(VectorField({x: t, u: 1}), jet)
    ('rotation', 'Galilean boost')
    >>> kind_of(VectorField({t: t**2, x: t * x, y: t * y}), jet)
    'projective'
    """
    components = dict(field.components)
    moving = {z: f for z, f in components.items() if z in jet.independent}
    variables = set(jet.variables)
    if all(not f.free_symbols & variables for f in components.values()):
        return "translation"
    if not moving and all(f.free_symbols & variables <= set(jet.independent) for f in components.values()):
        return "superposition" if linear_equations else "gauge shift"
    matrix = _matrix(components, jet)
    if matrix is not None and (kind := _linear_kind(matrix, jet)):
        return kind
    if boost := _boost_kind(moving, components, jet):
        return boost
    if matrix is None and _is_shifted_scaling(components, jet):
        return "scaling"
    return _curved_kind(components, jet) or ("linear" if matrix is not None else "")


def name_of(field: VectorField, jet: Jet, *, linear_equations: bool = False) -> str:
    """Return the kind of a field with the variables it concerns, as far as the grammar can write it.

    >>> jet = Jet("t x y", "u v p")
    >>> t, x, y, u, v, p = jet.variables
    >>> name_of(VectorField({x: -y, y: x, u: -v, v: u}), jet)
    'rotation(x, y; u, v)'
    >>> name_of(VectorField({t: 2 * t, x: x, y: y, u: -u}), jet)
    'scaling(t=2, x=1, y=1, u=-1)'
    >>> name_of(VectorField({p: t**2}), jet)
    'gauge shift of p'
    """
    kind = kind_of(field, jet, linear_equations=linear_equations)
    components = dict(field.components)
    listed = [z for z in jet.variables if z in components]
    names = ", ".join(z.name for z in listed)
    if kind == "translation":
        return f"translation({names})" if len(listed) == 1 else f"translation along {names}"
    if kind == "scaling":
        weights = [(z.name, sp.expand(components[z]).coeff(z)) for z in listed]
        text = f"scaling({', '.join(f'{name}={weight}' for name, weight in weights if weight != 0)})"
        shifted = [z.name for z in listed if sp.expand(components[z] - components[z].coeff(z) * z) != 0]
        return f"{text} with a shift of {', '.join(shifted)}" if shifted else text
    if kind in ("rotation", "phase rotation", "hyperbolic rotation"):
        return _turning(kind, components, jet)
    if kind in ("Galilean boost", "moving frame", "shear"):
        return f"{kind} along {', '.join(z.name for z in listed if z in jet.independent)}"
    if kind == "gauge shift":
        return f"gauge shift of {names}"
    if kind == "superposition":
        return "superposition of a solution"
    return {"projective": "projective transformation", "conformal": "special conformal transformation"}.get(
        kind, "linear transformation" if kind == "linear" else ""
    )


def _matrix(components: Mapping[Symbol, Expr], jet: Jet) -> Linear | None:
    """The coefficients of a field that is linear in the variables, without constant part."""
    matrix: Linear = {}
    for z, f in components.items():
        rest = f
        for y in jet.variables:
            slope = sp.expand(f).coeff(y, 1)
            if slope != 0:
                if slope.free_symbols & set(jet.variables):
                    return None
                matrix[z, y] = slope
                rest = rest - slope * y
        if sp.expand(rest) != 0:
            return None
    return matrix


def _linear_kind(matrix: Linear, jet: Jet) -> str:
    if all(z == y for z, y in matrix):
        return "scaling"
    independent = set(jet.independent)
    if any(z == y for z, y in matrix):
        return ""
    turning = all(matrix.get((y, z)) == -a for (z, y), a in matrix.items())
    if turning:
        # Dependent variables alone turn their phase, but the states of an ODE are a place.
        place = len(independent) == 1 or any(z in independent for z, _ in matrix)
        return "rotation" if place else "phase rotation"
    outer = {pair: a for pair, a in matrix.items() if pair[0] in independent}
    if len(outer) == 2:
        [((z, y), a), ((w, s), b)] = outer.items()
        if (z, y) == (s, w):
            return "rotation" if (a / b).is_negative else "hyperbolic rotation"
    return ""


def _turning(kind: str, components: Mapping[Symbol, Expr], jet: Jet) -> str:
    """The planes that turn: rotation(x, y; u, v)."""
    groups: list[list[Symbol]] = []
    seen: set[Symbol] = set()
    for z in jet.variables:
        if z not in components or z in seen:
            continue
        group = [z]
        for y in group:
            group += [w for w in jet.variables if components[y].has(w) and w not in group]
        groups.append(sorted(group, key=jet.variables.index))
        seen.update(group)
    shown = "; ".join(", ".join(z.name for z in group) for group in groups)
    if kind == "phase rotation":
        return f"phase({shown})" if len(groups) == 1 and len(groups[0]) == 2 else f"phase rotation of {shown}"
    return f"Lorentz boost({shown})" if kind == "hyperbolic rotation" else f"rotation({shown})"


def _is_shifted_scaling(components: Mapping[Symbol, Expr], jet: Jet) -> bool:
    """Whether every component is w z + c with constants w and c."""
    return all(
        not sp.expand(f - f.coeff(z) * z).free_symbols & set(jet.variables)
        and not f.coeff(z).free_symbols & set(jet.variables)
        for z, f in components.items()
    )


def _boost_kind(moving: Mapping[Symbol, Expr], components: Mapping[Symbol, Expr], jet: Jet) -> str:
    """Motion of the frame: components f(t) along other independent variables, with one t for all, and
    a dependent variable that answers to the speed f'(t). Without one, only y d_x has a name: a shear."""
    if not moving:
        return ""
    used = set().union(*(f.free_symbols for f in moving.values())) & set(jet.variables)
    if len(used) != 1 or used & set(moving) or not used <= set(jet.independent):
        return ""
    [t] = used
    affine = all(sp.expand(f.diff(t, 2)) == 0 for f in moving.values())
    if len(moving) == len(components):
        return "shear" if affine else ""
    answers = any(
        sp.expand(g.diff(t) * f.diff(t) - g * f.diff(t, 2)) == 0  # g / f' is free of t
        for z, g in components.items()
        if z not in moving
        for f in moving.values()
        if f.diff(t) != 0
    )
    if not answers or not _is_affine(components, jet):
        return ""
    return "Galilean boost" if affine else "moving frame"


def _is_affine(components: Mapping[Symbol, Expr], jet: Jet) -> bool:
    """Whether the dependent components are affine in the dependent variables."""
    return all(
        sp.expand(components[z].diff(y).diff(w)) == 0
        for z in jet.dependent
        if z in components
        for y in jet.dependent
        for w in jet.dependent
    )


def _curved_kind(components: Mapping[Symbol, Expr], jet: Jet) -> str:
    """Quadratic motion: z (a.z), or conformal for some diagonal metric, of the independent variables alone,
    with dependent ones carried along affinely, or of all variables that move."""
    independent = {z: f for z, f in components.items() if z in jet.independent}
    alone = not any(f.free_symbols & set(jet.dependent) for f in independent.values())
    if independent and alone and not _is_affine(components, jet):
        return ""
    moving = independent if independent and alone else dict(components)
    if not moving or not all(f.is_polynomial(*jet.variables) for f in moving.values()):
        return ""
    if any(sp.Poly(f, *jet.variables).homogeneous_order() != 2 for f in moving.values()):
        return ""
    # A variable that stays fixed is no part of the motion: t (x d_y - y d_x) is a rotation for each t.
    if not set().union(*(f.free_symbols for f in moving.values())) & set(jet.variables) <= set(moving):
        return ""
    if _is_conformal(moving, jet):
        return "conformal"
    return "projective" if _has_common_factor(moving, jet) else ""


def _has_common_factor(moving: Mapping[Symbol, Expr], jet: Jet) -> bool:
    """Whether xi^z = z l with one linear l for all z."""
    factors = [sp.cancel(f / z) for z, f in moving.items()]
    return factors[0].is_polynomial(*jet.variables) and all(sp.cancel(f - factors[0]) == 0 for f in factors)


def _is_conformal(moving: Mapping[Symbol, Expr], jet: Jet) -> bool:
    """d_i xi_j + d_j xi_i = 2 sigma g_ij for the diagonal metric that the field itself suggests."""
    axes = list(moving)
    sigma = moving[axes[0]].diff(axes[0])
    if len(axes) < 2 or any(sp.expand(moving[z].diff(z) - sigma) != 0 for z in axes):
        return False
    metric = {axes[0]: sp.S.One}
    reached = [axes[0]]
    for z in reached:
        for y in axes:
            slope = moving[y].diff(z)
            if y not in metric and slope != 0:
                metric[y] = sp.cancel(-metric[z] * moving[z].diff(y) / slope)
                reached.append(y)
                if metric[y] == 0 or metric[y].free_symbols & set(jet.variables):
                    return False
    if len(metric) < len(axes):
        return False
    return all(
        sp.expand(metric[z] * moving[z].diff(y) + metric[y] * moving[y].diff(z)) == 0
        for z in axes
        for y in axes
        if z != y
    )
