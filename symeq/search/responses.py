"""How noise enters an integral: through the function inside, by parts where a derivative is left there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod

import numpy as np
from sympy import Expr, Symbol

from symeq.data.lattice import Integral, MultiIndex
from symeq.geometry.jet import Jet


@dataclass(frozen=True, eq=False)
class Responses:
    r"""What noise sees of some integrals.

    An integral :math:`\int \psi f` with derivatives :math:`u_J` inside f answers to noise :math:`\delta u` by

    .. math:: \sum_J \int \psi\, f_{u_J} D^J \delta u
              = \sum_J \sum_{K \le J} (-1)^{|J|} \binom{J}{K} \int D^K\psi\; D^{J-K} f_{u_J}\; \delta u

    and, in the second order, point by point. Taken point by point the first order would be too large by the
    square of the points under a test function: neighbouring points share a stencil. ``integrals`` are those
    on the right, each of a slot: first the functions, those with derivatives for their second order alone,
    then ``directions`` (g, u), the functions :math:`g = D^{J-K} f_{u_J}` times the noise of u. ``matrix``
    (integral, of these); ``exact`` (slot,), the functions without derivatives.

    Source: P. J. Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 4.1.
    """

    integrals: tuple[Integral, ...]
    matrix: np.ndarray
    directions: tuple[tuple[Expr, Symbol], ...]
    exact: np.ndarray

    @property
    def indices(self) -> list[MultiIndex]:
        """The derivatives that fall on test functions."""
        return list(dict.fromkeys(integral.index for integral in self.integrals))


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
    slots: dict[tuple[Expr, Symbol], int] = {}
    places: dict[Integral, int] = {}
    rows: list[dict[int, float]] = []
    for integral in integrals:
        row = {places.setdefault(integral, len(places)): 1.0}
        if not exact[integral.function]:
            for index, direction, factor in _moved(jet, functions[integral.function]):
                slot = len(functions) + slots.setdefault(direction, len(slots))
                there = Integral(slot, tuple(a + k for a, k in zip(integral.index, index, strict=True)))
                place = places.setdefault(there, len(places))
                row[place] = row.get(place, 0.0) + factor
        rows.append(row)
    matrix = np.zeros((len(rows), len(places)))
    for k, row in enumerate(rows):
        matrix[k, list(row)] = list(row.values())
    return Responses(
        tuple(places), matrix, tuple(slots), np.concatenate([exact, np.zeros(len(slots), dtype=bool)])
    )


def _derivatives(jet: Jet, function: Expr) -> list[tuple[Symbol, Symbol, MultiIndex]]:
    """The derivatives in a function: the coordinate, its variable, and how often it is differentiated."""
    found = []
    for z in sorted(function.free_symbols - {*jet.independent, *jet.dependent}, key=str):
        u, index = jet.multi_index(z)
        found.append((z, u, index))
    return found


def _moved(jet: Jet, function: Expr) -> list[tuple[MultiIndex, tuple[Expr, Symbol], float]]:
    none = (0,) * len(jet.independent)
    own = [(u, u, none) for u in jet.dependent if u in function.free_symbols]
    found = []
    for z, u, index in [*_derivatives(jet, function), *own]:
        slope = function.diff(z)
        for moved in product(*(range(count + 1) for count in index)):
            inside = slope
            for x, count, gone in zip(jet.independent, index, moved, strict=True):
                for _ in range(count - gone):
                    inside = jet.total_derivative(inside, x)
            if inside != 0:
                sign = (-1.0) ** (sum(index) + sum(moved))
                found.append((moved, (inside, u), sign * prod(map(comb, index, moved))))
    return found
