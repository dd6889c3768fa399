"""How expressions scale: the weights that products must share when scalings are not divided out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from symeq.errors import NoLaw
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry

if TYPE_CHECKING:
    from symeq.ansatz.functional import FunctionalAnsatz

Weight = tuple[sp.Rational, ...]


@dataclass(frozen=True)
class Weights:
    r"""Weights under the scalings :math:`v = \sum_z w_z z \partial_z` of a symmetry.

        v(I_k) = w(I_k) I_k,    v(E_{j,a}) = (w(L_a) + w_j) E_{j,a}

    scalings: the v; arguments: one weight for each I_k, a number for each scaling; frame: the w_j. A product
    of arguments times E_j belongs to a law when its weight and w_j add up to zero.
    """

    scalings: tuple[VectorField, ...]
    arguments: tuple[Weight, ...]
    frame: tuple[Weight, ...]

    def of(self, function: sp.Expr, form: FunctionalAnsatz) -> Weight | None:
        """The weight of a function of the `symbols` or arguments of a form; None where it has none."""
        known = dict(zip(form.symbols, self.arguments, strict=True))
        found = []
        for k, scaling in enumerate(self.scalings):
            weights = scaled_coordinates(form.jet, scaling, function.free_symbols)
            weights |= {s: w[k] for s, w in known.items()}
            weight = weight_of(function, weights)
            if weight is None:
                return None
            found.append(weight)
        return tuple(found)

    def fits(self, function: sp.Expr, vector: int, form: FunctionalAnsatz) -> bool:
        """Whether a function times a vector of the frame scales as the law does."""
        weight = self.of(function, form)
        return weight is not None and all(w + e == 0 for w, e in zip(weight, self.frame[vector], strict=True))


def weight_of(expression: sp.Expr, weights: Mapping[sp.Symbol, sp.Rational]) -> sp.Rational | None:
    """The weight of an expression whose symbols have weights (others: 0); None where it is not homogeneous.

    >>> u, u_xx = sp.symbols("u u_xx")
    >>> weight_of(u * u_xx + 2 * u**3, {u: sp.Integer(-2), u_xx: sp.Integer(-4)})
    -6
    """
    if expression.is_Symbol:
        return sp.Rational(weights.get(expression, sp.S.Zero))
    if not expression.free_symbols:
        return sp.S.Zero
    parts = [weight_of(part, weights) for part in expression.args]
    if expression.is_Mul:
        return None if None in parts else sp.Add(*parts)
    if expression.is_Pow and not expression.exp.free_symbols:
        return None if parts[0] is None else parts[0] * expression.exp
    if expression.is_Add:
        return parts[0] if parts[0] is not None and len(set(parts)) == 1 else None
    return sp.S.Zero if not any(part is None or part != 0 for part in parts) else None


def split_scalings(symmetry: Symmetry) -> tuple[Symmetry, tuple[VectorField, ...]]:
    """The scalings among the generators, and the symmetry without them where that is closed on its own."""
    scalings = tuple(v for v in symmetry.generators if is_scaling(v))
    rest = [v for v in symmetry.generators if not is_scaling(v)]
    without = Symmetry(rest, symmetry.maps, parameters=symmetry.parameters)
    spanned = {tuple(sorted(v.bracket(w).components, key=str)) for k, v in enumerate(rest) for w in rest[:k]}
    # A scaling that is the bracket of others (of projective fields) cannot be taken apart from them.
    if any(is_scaling(VectorField(dict(components))) for components in spanned if components):
        return symmetry, ()
    return without, scalings


def is_scaling(field: VectorField) -> bool:
    """Whether a field is sum_z w_z z d_z with rational numbers w_z."""
    return all((f / z).is_Rational for z, f in field.components)


def scaled_coordinates(
    jet: Jet, scaling: VectorField, symbols: set[sp.Symbol] | frozenset[sp.Symbol]
) -> dict[sp.Symbol, sp.Rational]:
    """The weight of jet coordinates: w(u_J) = w(u) - sum of the w(x) in J."""
    own = {z: f / z for z, f in scaling.components}
    found = {}
    for z in symbols:
        if not jet.is_coordinate(z):
            continue
        if z in jet.independent:
            found[z] = own.get(z, sp.S.Zero)
            continue
        u, index = jet.multi_index(z)
        taken = (n * own.get(x, sp.S.Zero) for x, n in zip(jet.independent, index, strict=True))
        found[z] = own.get(u, sp.S.Zero) - sp.Add(*taken)
    return found


def weights_of(
    jet: Jet,
    scalings: Sequence[VectorField],
    leads: Sequence[sp.Symbol],
    fixed: Sequence[sp.Expr],
    frame: Sequence[Sequence[sp.Expr]],
    arguments: Sequence[sp.Expr],
) -> Weights | None:
    """The weights of a form under scalings; None where an argument or vector is not homogeneous.

    Raises NoLaw when the part F0 that the rest of the symmetry prescribes does not scale as the leads do.
    """
    of_arguments: list[list[sp.Rational]] = [[] for _ in arguments]
    of_frame: list[list[sp.Rational]] = [[] for _ in frame]
    for scaling in scalings:
        symbols = set().union(
            *(e.free_symbols for e in (*leads, *fixed, *arguments, *(e for v in frame for e in v)))
        )
        weights = scaled_coordinates(jet, scaling, symbols)
        of_leads = [weight_of(lead, weights) for lead in leads]
        for a, part in enumerate(fixed):
            if part != 0 and weight_of(part, weights) != of_leads[a]:
                raise NoLaw(
                    f"No law has all of the symmetry: `{scaling}` does not scale {part}, which the other"
                    f" generators prescribe, as it scales {leads[a]}. Leave one of them out."
                )
        for k, argument in enumerate(arguments):
            weight = weight_of(argument, weights)
            if weight is None:
                return None
            of_arguments[k].append(weight)
        for j, vector in enumerate(frame):
            found = {
                None if (w := weight_of(e, weights)) is None else w - of_leads[a]
                for a, e in enumerate(vector)
                if e != 0
            }
            if len(found) != 1 or None in found:
                return None
            of_frame[j].append(found.pop())
    return Weights(tuple(scalings), tuple(map(tuple, of_arguments)), tuple(map(tuple, of_frame)))
