"""How noise enters an integral: through the function inside, by parts where a derivative is left there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, prod

import numpy as np
from sympy import ZZ, Add, Expr, Symbol, expand

from symeq.data.lattice import Integral, MultiIndex
from symeq.geometry.jet import Jet
from symeq.geometry.jetring import JetRing
from symeq.search.hermite import powers_of

Direction = tuple[Expr, Symbol]


@dataclass(frozen=True, eq=False)
class Responses:
    r"""What noise sees of some integrals.

    An integral :math:`\int \psi f` with derivatives :math:`u_J` inside f answers to noise :math:`\delta u` by

    .. math:: \sum_J \int \psi\, f_{u_J} D^J \delta u
              = \sum_J \sum_{K \le J} (-1)^{|J|} \binom{J}{K} \int D^K\psi\; D^{J-K} f_{u_J}\; \delta u

    and, in the second order, point by point. Taken point by point the first order would be too large by the
    square of the points under a test function: neighbouring points share a stencil. ``integrals`` are those
    on the right, each of a slot: first the functions, for what is not of the first order, then ``directions``
    (g, u), the terms of the functions :math:`D^{J-K} f_{u_J}` times the noise of u. ``matrix`` (integral, of
    these); ``exact`` (function,), those without derivatives. If all are, they are all slots there are.

    Source: P. J. Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 4.1.
    """

    integrals: tuple[Integral, ...]
    matrix: np.ndarray
    directions: tuple[Direction, ...]
    exact: np.ndarray

    @cached_property
    def indices(self) -> list[MultiIndex]:
        """The derivatives that fall on test functions."""
        return list(dict.fromkeys(integral.index for integral in self.integrals))

    @property
    def shared(self) -> int:
        """How many pairs of slots share noise."""
        return sum(len(group) ** 2 for group in self.groups)

    @cached_property
    def groups(self) -> tuple[np.ndarray, ...]:
        """The slots that share noise: functions without derivatives, those with, the directions of each
        variable."""
        if not self.directions:
            return (np.arange(len(self.exact)),)
        variables = [u for _, u in self.directions]
        return (
            np.flatnonzero(self.exact),
            np.flatnonzero(~self.exact),
            *(
                len(self.exact) + np.flatnonzero([u == one for one in variables])
                for u in dict.fromkeys(variables)
            ),
        )


def responses_of(jet: Jet, functions: Sequence[Expr], integrals: Sequence[Integral]) -> Responses:
    """Of integrals of some functions; of functions without derivatives inside these integrals themselves.

    >>> jet = Jet("t x y", "u v")
    >>> v, u_y = jet["v"], jet["u_y"]
    >>> responses = responses_of(jet, [v * u_y], [Integral(0, (0, 0, 0))])
    >>> responses.directions
    ((v_y, u), (v, u), (u_y, v))
    >>> [(integral.index, integral.function) for integral in responses.integrals]
    [((0, 0, 0), 0), ((0, 0, 0), 1), ((0, 0, 1), 2), ((0, 0, 0), 3)]
    >>> responses.matrix
    array([[ 1., -1.,  1.,  1.]])
    """
    exact = np.array([not _derivatives(jet, function) for function in functions])
    if exact.all():
        return Responses(tuple(integrals), np.eye(len(integrals)), (), exact)
    highest = max(sum(index) for function in functions for _, _, index in _derivatives(jet, function))
    ring = JetRing(jet.with_order(max(jet.order, 2 * highest)), ZZ)
    moved = [list(_moved(jet, ring, function)) for function in functions]
    slots: dict[Direction, int] = {}
    places: dict[Integral, int] = {}
    rows: list[dict[int, float]] = []
    for integral in integrals:
        row = {places.setdefault(integral, len(places)): 1.0}
        for index, direction, factor in moved[integral.function]:
            slot = len(functions) + slots.setdefault(direction, len(slots))
            there = Integral(slot, tuple(a + k for a, k in zip(integral.index, index, strict=True)))
            place = places.setdefault(there, len(places))
            row[place] = row.get(place, 0.0) + factor
        rows.append(row)
    matrix = np.zeros((len(rows), len(places)))
    for k, row in enumerate(rows):
        matrix[k, list(row)] = list(row.values())
    return Responses(tuple(places), matrix, tuple(slots), exact)


def _derivatives(jet: Jet, function: Expr) -> list[tuple[Symbol, Symbol, MultiIndex]]:
    """The derivatives in a function: the coordinate, its variable, and how often it is differentiated."""
    found = []
    for z in sorted(function.free_symbols - {*jet.independent, *jet.dependent}, key=str):
        u, index = jet.multi_index(z)
        found.append((z, u, index))
    return found


def _moved(jet: Jet, ring: JetRing, function: Expr) -> Iterator[tuple[MultiIndex, Direction, float]]:
    none = (0,) * len(jet.independent)
    own = [(u, u, none) for u in jet.dependent if u in function.free_symbols]
    for z, u, index in [*_derivatives(jet, function), *own]:
        for left, terms in reversed(_differentiated(jet, ring, function, z, index)):
            moved = tuple(whole - one for whole, one in zip(index, left, strict=True))
            sign = (-1.0) ** (sum(index) + sum(moved))
            for g, number in terms:
                yield moved, (g, u), sign * prod(map(comb, index, moved)) * number


def _differentiated(
    jet: Jet, ring: JetRing, function: Expr, z: Symbol, index: MultiIndex
) -> list[tuple[MultiIndex, list[tuple[Expr, float]]]]:
    """The D^K of the slope by z for all K up to an index, term by term: those of monomials on the ring."""
    powers = powers_of(function, ring.coordinates)
    known = {}
    for steps in product(*(range(count + 1) for count in index)):
        axis = next((k for k, count in enumerate(steps) if count), None)
        if axis is None:
            known[steps] = function.diff(z) if powers is None else _slope(ring, powers, ring.coordinate(z))
            continue
        before = known[(*steps[:axis], steps[axis] - 1, *steps[axis + 1 :])]
        known[steps] = (
            jet.total_derivative(before, jet.independent[axis])
            if powers is None
            else ring.total_derivative(before, axis)
        )
    found = []
    for steps, inside in known.items():
        if powers is None:
            pairs = [term.as_coeff_Mul() for term in Add.make_args(expand(inside)) if term != 0]
            found.append((steps, [(g, float(number)) for number, g in pairs]))
        else:
            found.append((steps, [(ring.expression({m: 1}), float(c)) for m, c in inside.items()]))
    return found


def _slope(ring: JetRing, powers: tuple[int, ...], place: int) -> dict[tuple[int, ...], int]:
    factors = [k for k, power in enumerate(powers) for _ in range(power - (k == place))]
    return {tuple(factors): powers[place]}
