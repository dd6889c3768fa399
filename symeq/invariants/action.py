"""Vector fields on a space of coordinates: what a symmetry does to a part of the jet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.terms import Derivation, TermRing


@dataclass(frozen=True)
class Action:
    """Vector fields v = sum_z v^z d/dz on a space of coordinates z, closed under the bracket.

    coordinates: the z; orders: the order of each, by which invariants are counted (default: all 0).
    fields: the coefficients v^z by coordinate, zeros left out.
    parameters: symbols that are constants.
    terms: further expressions that the ring of terms has to hold.

    >>> from symeq.geometry.groups import rotation
    >>> plane = Action.on_jet(Jet("x y", "u"), rotation("x", "y"), 1)
    >>> plane.coordinates, plane.fields
    ((x, y, u, u_x, u_y), ({x: -y, y: x, u_x: -u_y, u_y: u_x},))
    """

    coordinates: tuple[Symbol, ...]
    fields: tuple[Mapping[Symbol, Expr], ...]
    parameters: tuple[Symbol, ...] = ()
    orders: tuple[int, ...] = ()
    terms: tuple[Expr, ...] = ()

    def __post_init__(self) -> None:
        if not self.orders:
            object.__setattr__(self, "orders", (0,) * len(self.coordinates))

    @classmethod
    def on_jet(
        cls, jet: Jet, symmetry: Symmetry, order: int, coordinates: Iterable[Symbol] | None = None
    ) -> Action:
        """The generators of a symmetry, closed and prolonged to J^order.

        Arguments: `coordinates`, those of the jet that are kept; the generators must carry them into
        themselves. Raises InvalidInput naming what leaks otherwise.
        """
        jet = jet.with_order(order)
        resolved = symmetry.on(jet).closed()
        kept = jet.coordinates if coordinates is None else _kept(jet, coordinates)
        fields = tuple(v.prolong_on(jet, kept) for v in resolved.generators)
        orders = tuple(jet.order_of(c) if c not in jet.independent else 0 for c in kept)
        action = cls(kept, fields, resolved.parameters, orders)
        action._check_closed(frozenset(jet.coordinates))
        return action

    def _check_closed(self, known: frozenset[Symbol]) -> None:
        inside = frozenset(self.coordinates) | frozenset(self.parameters)
        for field in self.fields:
            for z, f in field.items():
                leaks = sorted((f.free_symbols & known) - inside, key=lambda s: s.name)
                if leaks:
                    raise InvalidInput(
                        f"the symmetry moves {z} by {f}, which involves {leaks[0]}. Ask about {leaks[0]} as"
                        " well, or leave the generator out."
                    )

    def restricted(self, coordinates: Sequence[Symbol]) -> Action:
        """The same fields on fewer coordinates, which they must carry into themselves."""
        inside = set(coordinates)
        pairs = [(z, k) for z, k in zip(self.coordinates, self.orders, strict=True) if z in inside]
        fields = tuple({z: f for z, f in field.items() if z in inside} for field in self.fields)
        action = Action(
            tuple(z for z, _ in pairs), fields, self.parameters, tuple(order for _, order in pairs)
        )
        action._check_closed(frozenset(self.coordinates))
        return action

    def up_to(self, order: int) -> Action:
        """The same on the coordinates up to an order."""
        return self.restricted([z for z, k in zip(self.coordinates, self.orders, strict=True) if k <= order])

    @cached_property
    def ring(self) -> TermRing:
        """The terms over the coordinates, with the constants and functions of the fields."""
        everything = [*(f for field in self.fields for f in field.values()), *self.terms]
        # A parameter that occurs nowhere would make the field of constants many times slower.
        ring = TermRing(self.coordinates, everything)
        for f in everything:
            ring.polynomial(f)
        return ring

    @cached_property
    def derivations(self) -> tuple[Derivation, ...]:
        """The fields as derivations of the terms."""
        return tuple(Derivation(self.ring, field) for field in self.fields)

    def applied(self, field: int, expression: Expr) -> Expr:
        """v(F) by SymPy's own derivatives, not multiplied out."""
        terms = (f * sp.diff(expression, z) for z, f in self.fields[field].items() if expression.has(z))
        return sp.Add(*terms)


def _kept(jet: Jet, coordinates: Iterable[Symbol]) -> tuple[Symbol, ...]:
    wanted = list(coordinates)
    known = set(jet.coordinates)
    for z in wanted:
        if z not in known:
            raise InvalidInput(f"`{z}` is not a coordinate of {jet} up to order {jet.order}.")
    return tuple(z for z in jet.coordinates if z in set(wanted))
