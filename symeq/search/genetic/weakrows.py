"""The rows of a search on weak samples: fields with their derivatives, and integrals under windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from sympy import Expr, Symbol, lambdify

from symeq.data.derivatives import AxisOperators, FiniteDifferences, Rule
from symeq.data.records import Record
from symeq.data.windows import Windows
from symeq.geometry.jet import Jet

CORRECTED = (2.0, -0.5, -0.5)  # of the data, the data with more and with less noise
HELD = 2**25  # values inside left-hand sides that are kept while supports are compared

Inside = list[list[np.ndarray]]  # the f of each part
Atoms = tuple[tuple[tuple[int, ...], Expr], ...]  # the D^a f that a left-hand side is the sum of


@dataclass(frozen=True)
class Smoothing:
    """The rules that give the coordinates at points, one for each axis: ``rules`` the derivatives, ``values``
    the variables themselves, which noise disturbs less (None: by the same rules)."""

    rules: tuple[Rule, ...]
    values: tuple[Rule, ...] | None = None


@dataclass(frozen=True, eq=False)
class Fields:
    """A record, and the rules that give its coordinates."""

    record: Record
    jet: Jet
    smoothing: Smoothing

    def operators(
        self, orders: Sequence[int], rules: Sequence[Rule] | None = None
    ) -> list[tuple[AxisOperators, ...]]:
        """By part and axis, of the rules for derivatives where no others are given."""
        rules = self.smoothing.rules if rules is None else rules
        names = self.record.independent
        made: dict[tuple[bytes, ...], tuple[AxisOperators, ...]] = {}
        found = []
        for part in self.record.parts:
            axes = [part[name].values for name in names]
            key = tuple(axis.tobytes() for axis in axes)
            if key not in made:
                made[key] = tuple(
                    rule.on(axis, order, name in self.record.periodic)
                    for rule, axis, order, name in zip(rules, axes, orders, names, strict=True)
                )
            found.append(made[key])
        return found

    def jets(self, windows: Windows, coordinates: Sequence[Symbol]) -> dict[Symbol, np.ndarray]:
        """The coordinates at all points of the windows (point,)."""
        if self.smoothing.values is None:
            return self._jets(windows, coordinates, self.smoothing.rules)
        derived = tuple(z for z in coordinates if any(orders_of(self.jet, [z])))
        plain = tuple(z for z in coordinates if z not in derived)
        found = self._jets(windows, derived, self.smoothing.rules)
        return found | self._jets(windows, plain, self.smoothing.values)

    def _jets(
        self, windows: Windows, coordinates: Sequence[Symbol], rules: Sequence[Rule]
    ) -> dict[Symbol, np.ndarray]:
        pieces = []
        operators = self.operators(orders_of(self.jet, coordinates), rules)
        for part, own, ops in zip(self.record.parts, windows.parts, operators, strict=True):
            if len(own.points):
                variables = {u: part[str(u)].values for u in self.jet.dependent}
                axes = [part[name].values for name in self.record.independent]
                pieces.append(own.jets(variables, self.jet, coordinates, ops, axes))
        return {z: np.concatenate([piece[z] for piece in pieces]) for z in coordinates}

    def inside(self, atoms: Atoms) -> Inside:
        """The functions inside a left-hand side, at all points of the data."""
        symbols = coordinates_in([inside for _, inside in atoms], self.jet)
        compiled = compiled_of(symbols, tuple(inside for _, inside in atoms))
        operators = self.operators(orders_of(self.jet, symbols))
        found = []
        for part, ops in zip(self.record.parts, operators, strict=True):
            shape = tuple(part.sizes[name] for name in self.record.independent)
            fields = [self._field(part, z, ops, shape) for z in symbols]
            with np.errstate(all="ignore"):
                values = compiled(*fields)
            found.append([np.broadcast_to(np.asarray(v, dtype=float), shape) for v in values])
        return found

    def _field(
        self, part: object, z: Symbol, operators: Sequence[AxisOperators], shape: tuple[int, ...]
    ) -> np.ndarray:
        """A coordinate at all points of a part, nan where a stencil does not fit."""
        if z in self.jet.independent:
            axis = self.jet.independent.index(z)
            view = [1] * len(shape)
            view[axis] = -1
            return np.broadcast_to(part[str(z)].values.reshape(view), shape)  # type: ignore[index]
        u, index = self.jet.multi_index(z)
        values = part[str(u)].values  # type: ignore[index]
        for axis, (order, op) in enumerate(zip(index, operators, strict=True)):
            if not order:
                continue
            if op.periodic:
                wide = np.take(values, np.arange(-op.halo, op.size + op.halo) % op.size, axis=axis)
                values = op.apply(wide, axis, order, 0)
            else:
                inner = op.apply(values, axis, order, op.halo)
                width = [(op.halo, op.halo) if k == axis else (0, 0) for k in range(len(shape))]
                values = np.pad(inner, width, constant_values=np.nan)
        return values


@lru_cache(maxsize=64)
def compiled_of(symbols: tuple[Symbol, ...], expressions: tuple[Expr, ...]) -> Callable[..., Any]:
    """Expressions as one function of arrays: the same ones are evaluated for one record after the other."""
    return lambdify(symbols, list(expressions), ["scipy", "numpy"], cse=True)


def integrals(windows: Windows, atoms: Atoms, inside: Inside) -> np.ndarray:
    """What a left-hand side amounts to under each window (window,), with all points of the data."""
    found = []
    for part, own in zip(windows.parts, inside, strict=True):
        if len(part.chosen):
            found.append(sum(part.integral(v, index) for (index, _), v in zip(atoms, own, strict=True)))
    return np.concatenate(found)


def coordinates_in(expressions: Sequence[Expr], jet: Jet) -> tuple[Symbol, ...]:
    """The jet coordinates that occur."""
    symbols: set[Symbol] = set().union(*(e.free_symbols for e in expressions))
    return tuple(sorted(symbols, key=lambda z: (z not in jet.independent, jet.order_of(z), str(z))))


def orders_of(jet: Jet, coordinates: Sequence[Symbol]) -> list[int]:
    """The highest derivative along each axis."""
    indices = [jet.multi_index(z)[1] for z in coordinates if z not in jet.independent]
    return [max((index[k] for index in indices), default=0) for k in range(len(jet.independent))]


class Under(Protocol):
    """Columns that can be taken under windows (:class:`symeq.search.genetic.byparts.Columns`)."""

    def settled(self, records: Sequence[Record], smoothing: Smoothing, windows: Windows) -> np.ndarray:
        """The rows on each record (record, column, window)."""
        ...


@dataclass(frozen=True, eq=False)
class WeakRows:
    """The windows of a search on one rung of supports, the rules that smooth and differentiate, and the
    records: the data, and where there is noise the same with more and with less of it."""

    windows: Windows
    rung: int
    smoothing: Smoothing
    records: tuple[Record, ...]
    jet: Jet
    atoms: tuple[Atoms, ...]
    leads: tuple[Expr, ...]
    corrected: bool = True
    known: dict[tuple[int, int], Inside] = field(default_factory=dict)  # of these records, by left-hand side
    by_parts_only: bool = False

    @property
    def combined(self) -> tuple[float, ...]:
        """The weights of the columns on the records; with all three noise has no effect to third order."""
        return CORRECTED if self.corrected and len(self.records) == 3 else (1.0,)

    def jets(self, coordinates: Sequence[Symbol]) -> dict[Symbol, np.ndarray]:
        """The coordinates at the points of these records, one after the other (point,)."""
        used = self.records[: len(self.combined)]
        own = [Fields(record, self.jet, self.smoothing).jets(self.windows, coordinates) for record in used]
        return {z: np.concatenate([jets[z] for jets in own]) for z in coordinates}

    def combination(self, columns: Under) -> np.ndarray:
        """The rows of columns, from all these records (column, window)."""
        rows = columns.settled(self.records, self.smoothing, self.windows)
        return np.tensordot(self.combined, rows[: len(self.combined)], axes=1)

    @cached_property
    def targets(self) -> tuple[np.ndarray, np.ndarray]:
        """The left-hand sides (lead, window), and the mean square of their noise (lead,)."""
        found = [self._ways[k][way] for k, way in enumerate(self._chosen)]
        return np.stack([rows for rows, _ in found]), np.array([noise for _, noise in found])

    def sides(self, record: Record) -> np.ndarray:
        """The left-hand sides of another record, taken in the same way (lead, window)."""
        ways = (self._by_parts, self._at_points)
        return np.stack([ways[way](record, k) for k, way in enumerate(self._chosen)])

    @cached_property
    def _chosen(self) -> list[int]:
        """By parts, from all the data; or with derivatives at the points, where these are less noisy."""
        return [int(np.argmin([_share_of_noise(*way) for way in ways])) for ways in self._ways]

    @cached_property
    def _ways(self) -> list[list[tuple[np.ndarray, float]]]:
        found = []
        for k, atoms in enumerate(self.atoms):
            left = coordinates_in([inside for _, inside in atoms], self.jet)
            by_parts = [self._by_parts(record, k) for record in self.records]
            ways = [self._combined(by_parts)]
            if any(orders_of(self.jet, left)) and not self.by_parts_only:
                at_points = [self._at_points(record, k) for record in self.records]
                rows, noise = self._combined(at_points)
                # Smoothed derivatives have less noise, and what they are off by counts like noise.
                apart, scatter = self._combined([a - b for a, b in zip(at_points, by_parts, strict=True)])
                off = float(np.nanmean(apart**2)) - scatter if np.isfinite(apart).any() else np.inf
                ways.append((rows, noise + max(off, 0.0) if len(self.records) > 1 else noise))
            found.append(ways)
        return found

    def _by_parts(self, record: Record, k: int) -> np.ndarray:
        place = next((place for place, own in enumerate(self.records) if own is record), None)
        inside = None if place is None else self.known.get((place, k))
        if inside is None:
            exact = Smoothing((FiniteDifferences(),) * len(self.jet.independent))
            inside = Fields(record, self.jet, exact).inside(self.atoms[k])
            held = sum(v.size for whole in (inside, *self.known.values()) for part in whole for v in part)
            if place is not None and held <= HELD:
                self.known[place, k] = inside
        return integrals(self.windows, self.atoms[k], inside)

    def _at_points(self, record: Record, k: int) -> np.ndarray:
        symbols = coordinates_in([self.leads[k]], self.jet)
        jets = Fields(record, self.jet, self.smoothing).jets(self.windows, symbols)
        with np.errstate(all="ignore"):
            [value] = compiled_of(symbols, (self.leads[k],))(*(jets[z] for z in symbols))
            values = np.asarray(value, dtype=float)
        return np.asarray(self.windows.weights @ values)

    def _combined(self, values: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
        if len(values) == 1:
            return values[0], 0.0
        total = np.tensordot(CORRECTED, np.stack(values), axes=1)
        half = (values[1] - values[2]) / 2
        return total, float(np.nanmean(half**2)) if np.isfinite(half).any() else np.inf

    @property
    def effective(self) -> float:
        """How many windows are worth counting under the noise of the left-hand sides."""
        indices = [max((index for index, _ in atoms), key=sum, default=None) for atoms in self.atoms]
        return min(self.windows.effective(index) for index in indices if index is not None)

    def information(self, errors: np.ndarray | None = None) -> float:
        r"""What the left-hand sides can tell, :math:`\tfrac12 n_{\text{eff}} \sum_a \ln(1 + S_a / N_a)`.

        Arguments: ``errors`` (column,), of columns relative to themselves: the mean over laws that consist
        of one of them, with :math:`N_a + \epsilon_k S_a` in the place of N_a.
        """
        rows, noise = self.targets
        good = np.isfinite(rows).all(axis=0)
        if int(good.sum()) < 2:
            return -np.inf
        signal = np.maximum(np.mean(rows[:, good] ** 2, axis=1) - noise, 0.0)
        own = np.zeros(1) if errors is None else errors
        disturbed = noise + own[:, None] * signal
        ratio = signal / np.maximum(disturbed, 1e-12 * signal + 1e-300)
        return 0.5 * self.effective * float(np.mean(np.sum(np.log1p(ratio), axis=1)))


def _share_of_noise(rows: np.ndarray, noise: float) -> float:
    good = np.isfinite(rows)
    if 2 * int(good.sum()) < good.size:
        return np.inf
    return noise / max(float(np.mean(rows[good] ** 2)), 1e-300)
