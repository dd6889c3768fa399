"""Columns under windows: from all points, by parts as far as derivatives move, the rest at a few points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symeq.ansatz.weakform import MultiIndex, divergence_form
from symeq.data.records import Record
from symeq.data.windows import Windows
from symeq.errors import SymeqError
from symeq.geometry.jet import Jet
from symeq.search.genetic.weakrows import (
    CORRECTED,
    HELD,
    Atoms,
    Fields,
    Smoothing,
    compiled_of,
    coordinates_in,
    integrals,
    orders_of,
)

COPIES = len(CORRECTED)  # of a record, whose rows are held
LONGEST = 8  # monomials of an expression that is tried to be moved: of more that takes seconds


class Columns:
    r"""Expressions g, each as :math:`\sum_a D^a f_a`, and what they amount to under windows,

    .. math:: \sum_a (-1)^{|a|} \int D^a\varphi\, f_a + \sum_i \varphi(i) h(i)

    with all points of the data for what moved and for what has no derivatives: smoothing does not bias it,
    and of its noise least is left. The rest h is taken at the points of the windows.

    Arguments: ``jet``; ``expressions``; ``few``, to take them at the points of the windows as they are, like
    the trees of a search, but for those that lose all their derivatives: then what smoothing does to a field
    it does to all functions of it alike.
    """

    def __init__(self, jet: Jet, expressions: Sequence[Expr], *, few: bool = False) -> None:
        self.jet = jet
        free: dict[tuple[MultiIndex, Expr], int] = {}
        ruled: dict[tuple[MultiIndex, Expr], int] = {}
        shares: list[tuple[dict[int, float], dict[int, float]]] = []
        rests: list[Expr] = []
        for expression in expressions:
            own: tuple[dict[int, float], dict[int, float]] = {}, {}
            rest = sp.S.Zero
            for index, inside in _divided(jet, expression, few):
                for term in sp.Add.make_args(inside):
                    derived = any(orders_of(jet, coordinates_in([term], jet)))
                    if not any(index) and (derived or few):
                        rest += term
                        continue
                    number, function = term.as_coeff_Mul()
                    atoms = ruled if derived else free
                    place = atoms.setdefault((index, function), len(atoms))
                    own[derived][place] = own[derived].get(place, 0.0) + float(number)
            shares.append(own)
            rests.append(rest)
        self._free, self._ruled = tuple(free), tuple(ruled)
        self._shares = [np.zeros((len(rests), len(atoms))) for atoms in (free, ruled)]
        for k, pair in enumerate(shares):
            for matrix, some in zip(self._shares, pair, strict=True):
                matrix[k, list(some)] = list(some.values())
        self.rests = tuple(rests)
        self.coordinates = coordinates_in(self.rests, jet) or jet.independent[:1]
        self._values = compiled_of(self.coordinates, self.rests)
        self._held: list[tuple[Record, Windows, np.ndarray]] = []

    @property
    def underived(self) -> Columns | None:
        """What is taken at the points of the windows and has no derivatives, of the variables; if any is."""
        symbols = [(rest, coordinates_in([rest], self.jet)) for rest in self.rests]
        found = [
            rest
            for rest, own in symbols
            if not any(orders_of(self.jet, own)) and not set(own) <= set(self.jet.independent)
        ]
        return Columns(self.jet, found, few=True) if found else None

    @property
    def order(self) -> MultiIndex:
        """The most derivatives that moved, along each axis."""
        moved = [(0,) * len(self.jet.independent), *(index for index, _ in (*self._free, *self._ruled))]
        return tuple(map(max, zip(*moved, strict=True)))

    @property
    def looked_at(self) -> tuple[Symbol, ...]:
        """All coordinates that rules have to give."""
        return tuple({*self.coordinates, *coordinates_in([f for _, f in self._ruled], self.jet)})

    def under(self, record: Record, smoothing: Smoothing, windows: Windows) -> np.ndarray:
        """The rows (expression, window); nan where a value is missing or not finite."""
        return self._whole(record, smoothing, windows) + self._rest(record, smoothing, windows)

    def settled(self, records: Sequence[Record], smoothing: Smoothing, windows: Windows) -> np.ndarray:
        """The rows on each record (record, expression, window), from which the mean that noise adds to what
        all points give is taken off: it needs no trade with the noise of the correction."""
        rest = np.stack([self._rest(record, smoothing, windows) for record in records])
        whole = np.stack([self._whole(record, smoothing, windows) for record in records])
        if len(records) == len(CORRECTED):
            half = (whole[1] - whole[2]) / 2
            whole = np.tensordot(CORRECTED, whole, axes=1) + np.stack([np.zeros_like(half), half, -half])
        return np.asarray(rest + whole)

    def _rest(self, record: Record, smoothing: Smoothing, windows: Windows) -> np.ndarray:
        jets = Fields(record, self.jet, smoothing).jets(windows, self.coordinates)
        count = len(jets[self.coordinates[0]])
        with np.errstate(all="ignore"):
            values = self._values(*(jets[z] for z in self.coordinates))
        rows = []
        for rest, value in zip(self.rests, values, strict=True):
            if rest == 0:
                rows.append(np.zeros(windows.count))
                continue
            column = np.broadcast_to(np.asarray(value, dtype=float), (count,))
            bad = ~np.isfinite(column)
            if not bad.any():
                rows.append(windows.project(column))
                continue
            row = windows.project(np.where(bad, 0.0, column))
            rows.append(np.where(abs(windows.weights) @ bad.astype(float) > 0, np.nan, row))
        return np.stack(rows)

    def _whole(self, record: Record, smoothing: Smoothing, windows: Windows) -> np.ndarray:
        """From all points; what no rule is needed for is held for the last records."""
        rows = next((r for known, under, r in self._held if known is record and under is windows), None)
        if rows is None:
            rows = self._shares[0] @ self._integrals(self._free, record, smoothing, windows)
            self._held = [*self._held, (record, windows, rows)][-COPIES:]
        return np.asarray(rows + self._shares[1] @ self._integrals(self._ruled, record, smoothing, windows))

    def _integrals(
        self, atoms: Atoms, record: Record, smoothing: Smoothing, windows: Windows
    ) -> np.ndarray:
        """(atom, window)"""
        fields = Fields(record, self.jet, smoothing)
        size = sum(int(np.prod(list(part.sizes.values()))) for part in record.parts)
        count = max(1, HELD // size)
        found = [np.zeros((0, windows.count))]
        for first in range(0, len(atoms), count):
            some = atoms[first : first + count]
            inside = fields.inside(some)
            for k, atom in enumerate(some):
                found.append(integrals(windows, (atom,), [[values[k]] for values in inside])[None])
        return np.concatenate(found)


def _divided(jet: Jet, expression: Expr, wholly: bool) -> Sequence[tuple[MultiIndex, Expr]]:
    """The expression as it is where it is long, or no polynomial of the variables; ``wholly``, where some of
    its derivatives do not move."""
    whole = (((0,) * len(jet.independent), expression),)
    expanded = sp.expand(expression)
    if len(sp.Add.make_args(expanded)) > LONGEST or not any(orders_of(jet, coordinates_in([expanded], jet))):
        return whole
    try:
        found = divergence_form(jet, expanded)
    except SymeqError:
        return whole
    stays = wholly and any(orders_of(jet, coordinates_in([inside for _, inside in found], jet)))
    return whole if stays else found
