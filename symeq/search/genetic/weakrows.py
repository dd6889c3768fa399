"""From a functional ansatz and weak samples to rows: which supports, how smooth, and the integrals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from sympy import Expr, Symbol, lambdify

from symeq.ansatz.weakform import divergence_form
from symeq.data.derivatives import AxisOperators, FiniteDifferences, Rule
from symeq.data.records import Record
from symeq.data.samples import pointwise
from symeq.data.shaken import in_memory, shaken
from symeq.data.weak import WeakSamples
from symeq.data.windows import Windows, draw_windows
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

POINTS = 48_000  # under all windows of a search, copies of the data counted: what a generation costs
WINDOWS = 500  # of a search: more tell nothing new
CORRECTED = (2.0, -0.5, -0.5)  # of the data, the data with more and with less noise
BIASED = 4.0  # squares of standard errors that noise moves a typical column by, so that it is corrected
NEGLIGIBLE = 1e-6  # share of a column's mean square

Atoms = tuple[tuple[tuple[int, ...], Expr], ...]  # the D^a f that a left-hand side is the sum of


@dataclass(frozen=True, eq=False)
class Fields:
    """A record on which derivatives are taken by rules, one for each axis."""

    record: Record
    jet: Jet
    rules: tuple[Rule, ...]

    def operators(self, orders: Sequence[int]) -> list[tuple[AxisOperators, ...]]:
        """By part and axis."""
        names = self.record.independent
        made: dict[tuple[bytes, ...], tuple[AxisOperators, ...]] = {}
        found = []
        for part in self.record.parts:
            axes = [part[name].values for name in names]
            key = tuple(axis.tobytes() for axis in axes)
            if key not in made:
                made[key] = tuple(
                    rule.on(axis, order, name in self.record.periodic)
                    for rule, axis, order, name in zip(self.rules, axes, orders, names, strict=True)
                )
            found.append(made[key])
        return found

    def jets(self, windows: Windows, coordinates: Sequence[Symbol]) -> dict[Symbol, np.ndarray]:
        """The coordinates at all points of the windows (point,)."""
        pieces = []
        operators = self.operators(orders_of(self.jet, coordinates))
        for part, own, ops in zip(self.record.parts, windows.parts, operators, strict=True):
            if len(own.points):
                variables = {u: part[str(u)].values for u in self.jet.dependent}
                axes = [part[name].values for name in self.record.independent]
                pieces.append(own.jets(variables, self.jet, coordinates, ops, axes))
        return {z: np.concatenate([piece[z] for piece in pieces]) for z in coordinates}

    def integrals(self, windows: Windows, atoms: Atoms) -> np.ndarray:
        """What a left-hand side amounts to under each window (window,), with all points of the data."""
        symbols = coordinates_in([inside for _, inside in atoms], self.jet)
        compiled = lambdify(symbols, [inside for _, inside in atoms], ["scipy", "numpy"], cse=True)
        operators = self.operators(orders_of(self.jet, symbols))
        found = []
        for part, own, ops in zip(self.record.parts, windows.parts, operators, strict=True):
            if not len(own.chosen):
                continue
            shape = tuple(part.sizes[name] for name in self.record.independent)
            fields = [self._field(part, z, ops, shape) for z in symbols]
            with np.errstate(all="ignore"):
                values = [np.broadcast_to(np.asarray(v, dtype=float), shape) for v in compiled(*fields)]
            found.append(sum(own.integral(v, index) for (index, _), v in zip(atoms, values, strict=True)))
        return np.concatenate(found)

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


def coordinates_in(expressions: Sequence[Expr], jet: Jet) -> tuple[Symbol, ...]:
    """The jet coordinates that occur."""
    symbols: set[Symbol] = set().union(*(e.free_symbols for e in expressions))
    return tuple(sorted(symbols, key=lambda z: (z not in jet.independent, jet.order_of(z), str(z))))


def orders_of(jet: Jet, coordinates: Sequence[Symbol]) -> list[int]:
    """The highest derivative along each axis."""
    indices = [jet.multi_index(z)[1] for z in coordinates if z not in jet.independent]
    return [max((index[k] for index in indices), default=0) for k in range(len(jet.independent))]


@dataclass(frozen=True, eq=False)
class WeakRows:
    """The windows of a search on one rung of supports, the rules that differentiate, and the records: the
    data, and where there is noise the same with more and with less of it."""

    windows: Windows
    rung: int
    rules: tuple[Rule, ...]
    records: tuple[Record, ...]
    jet: Jet
    atoms: tuple[Atoms, ...]
    leads: tuple[Expr, ...]
    corrected: bool = True

    @property
    def combined(self) -> tuple[float, ...]:
        """The weights of the columns on the records; with all three noise has no effect to third order."""
        return CORRECTED if self.corrected and len(self.records) == 3 else (1.0,)

    def jets(self, coordinates: Sequence[Symbol]) -> dict[Symbol, np.ndarray]:
        """The coordinates at the points of these records, one after the other (point,)."""
        used = self.records[: len(self.combined)]
        own = [Fields(record, self.jet, self.rules).jets(self.windows, coordinates) for record in used]
        return {z: np.concatenate([jets[z] for jets in own]) for z in coordinates}

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
            ways = [self._combined([self._by_parts(record, k) for record in self.records])]
            if any(orders_of(self.jet, left)):
                ways.append(self._combined([self._at_points(record, k) for record in self.records]))
            found.append(ways)
        return found

    def _by_parts(self, record: Record, k: int) -> np.ndarray:
        rules = (FiniteDifferences(),) * len(self.jet.independent)
        return Fields(record, self.jet, rules).integrals(self.windows, self.atoms[k])

    def _at_points(self, record: Record, k: int) -> np.ndarray:
        symbols = coordinates_in([self.leads[k]], self.jet)
        jets = Fields(record, self.jet, self.rules).jets(self.windows, symbols)
        compiled = lambdify(symbols, self.leads[k], ["scipy", "numpy"], cse=True)
        with np.errstate(all="ignore"):
            values = np.asarray(compiled(*(jets[z] for z in symbols)), dtype=float)
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

    def information(self) -> float:
        r"""What the left-hand sides can tell, :math:`\tfrac12 n_{\text{eff}} \sum_a \ln(1 + S_a / N_a)`."""
        rows, noise = self.targets
        good = np.isfinite(rows).all(axis=0)
        if int(good.sum()) < 2:
            return -np.inf
        signal = np.maximum(np.mean(rows[:, good] ** 2, axis=1) - noise, 0.0)
        return (
            0.5
            * self.effective
            * float(np.sum(np.log1p(signal / np.maximum(noise, 1e-12 * signal + 1e-300))))
        )


def _share_of_noise(rows: np.ndarray, noise: float) -> float:
    good = np.isfinite(rows)
    if 2 * int(good.sum()) < good.size:
        return np.inf
    return noise / max(float(np.mean(rows[good] ** 2)), 1e-300)


def weak_rows(
    leads: Sequence[Expr],
    samples: WeakSamples,
    coordinates: Sequence[Symbol],
    columns: Callable[[Mapping[Symbol, np.ndarray]], Sequence[np.ndarray]],
    *,
    seed: int,
    most: int = WINDOWS,
    points: int = POINTS,
) -> WeakRows:
    r"""The rows of a search: supports by information, smoothing by the error that it leaves in the columns.

    The left-hand sides are written as :math:`\sum_a D^a f_a`, exactly, and integrated by parts over
    all points. Terms T E are evaluated at a few points under each test function, with derivatives that are
    smoothed only as far as this brings them, under the windows, closer to what they are.

    Arguments: ``leads``, L - F0; ``coordinates`` and ``columns``, what the terms are made of, to judge the
    smoothing by; ``seed`` of windows and noise; ``most`` windows, ``points`` under all of them.
    Raises InvalidInput where too few test functions fit.
    """
    jet = samples.jet
    record = in_memory(samples.record)
    noisy = samples.certain < 1
    records = (record, *shaken(record, samples.noise, seed)) if noisy else (record,)
    leads = tuple(leads)
    atoms = tuple(divergence_form(jet, lead) for lead in leads)
    orders = tuple(max(index[k] for own in atoms for index, _ in own) for k in range(len(jet.independent)))
    derived = orders_of(jet, coordinates_in([*coordinates, *leads], jet))
    highest = max(coordinates, key=lambda z: -1 if z in jet.independent else jet.multi_index(z)[1][0])
    ladder = pointwise(record, jet, lead=None if highest in jet.independent else highest)
    rules = list(dict.fromkeys(ladder.rungs[: ladder.usable])) if noisy else [ladder.rungs[0]]

    def rows(rung: int, widest: tuple[Rule, ...], copies: int = 1) -> WeakRows:
        operators = Fields(record, jet, widest).operators(derived)
        windows = draw_windows(
            record, samples.rungs[rung], orders, operators,
            most=most, points=points // copies, seed=seed,
        )  # fmt: skip
        return WeakRows(windows, rung, rules[len(rules) // 2], records, jet, atoms, leads)

    offered: list[WeakRows] = []
    while rules and not offered:
        # At the points of a window the stencils of all rules have to fit.
        tried = [_tried(rows, rung, rules[-1]) for rung in range(len(samples.rungs))]
        offered = [made for made in tried if made is not None]
        rules = rules if offered else rules[:-1]
    if not offered:
        raise InvalidInput(
            "The test functions do not fit into these data beside the stencils of derivatives. Give more"
            " points, or smaller supports."
        )
    best = max(offered, key=lambda made: (made.information(), -made.rung))
    if not noisy:
        return best
    best = _smoothed(best, rules, coordinates, columns)
    if best.corrected and (fewer := _tried(rows, best.rung, rules[-1], len(records))) is not None:
        return replace(best, windows=fewer.windows)
    return best


def _tried(
    rows: Callable[[int, tuple[Rule, ...], int], WeakRows],
    rung: int,
    rules: tuple[Rule, ...],
    copies: int = 1,
) -> WeakRows | None:
    try:
        return rows(rung, rules, copies)
    except InvalidInput:
        return None


def _smoothed(
    rows: WeakRows,
    rules: Sequence[tuple[Rule, ...]],
    coordinates: Sequence[Symbol],
    columns: Callable[[Mapping[Symbol, np.ndarray]], Sequence[np.ndarray]],
) -> WeakRows:
    r"""The rows with the rules whose columns have the least estimated error under the windows.

    With P the projection and g a column, against every finer rule,

    .. math:: \max_{m' < m} [\overline{(P(g_m - g_{m'}))^2} - \text{noise}]_+ + b^2 + s^2

    with the bias that smoothing makes, the bias b that noise makes, and the noise s^2 itself, relative to
    the mean square of P g; noise and b from the shaken records.
    Source: A. Goldenshluger, O. Lepski, Ann. Statist. 39 (2011) 1608, for the maximum over finer rules.
    """
    weights = rows.windows.weights
    kept: list[np.ndarray] = []
    scores, biased = [], []
    for rule in rules:
        projected = []
        for record in rows.records:
            jets = Fields(record, rows.jet, rule).jets(rows.windows, coordinates)
            projected.append(_projected(weights, columns(jets)))
        values = np.stack(projected)  # (record, column, window)
        kept.append(values)
        clean = 2 * values[0] - (values[1] + values[2]) / 2
        noise, shift = (values[1] - values[2]) / 2, values[0] - clean
        bias = np.zeros(values.shape[1])
        for finer in kept[:-1]:
            apart = clean - (2 * finer[0] - (finer[1] + finer[2]) / 2)
            spread = noise - (finer[1] - finer[2]) / 2
            more = np.nanmean(apart**2, axis=1) - np.nanmean(spread**2, axis=1)
            bias = np.fmax(bias, more)
        power = np.maximum(np.nanmean(clean**2, axis=1), 1e-300)
        share = (bias + np.nanmean(shift**2, axis=1) + np.nanmean(noise**2, axis=1)) / power
        scores.append(float(np.sum(np.log(np.nan_to_num(share, nan=1.0) + NEGLIGIBLE))))
        # Beside its noise, averaged over all rows: what noise shifts the typical column by.
        moved = (
            np.nanmean(shift, axis=1) ** 2 * rows.effective / np.maximum(np.nanmean(noise**2, axis=1), 1e-300)
        )
        biased.append(bool(np.median(moved) > BIASED))
    best = int(np.argmin(scores))
    return replace(rows, rules=rules[best], corrected=biased[best])


def _projected(weights: sparse.csr_array, columns: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack([weights @ np.where(np.isfinite(c), c, 0.0) for c in columns])
