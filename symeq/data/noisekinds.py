"""Is the noise what the errors take it for, white and even?  Asked of the data alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb

import numpy as np

from symeq.data.derivatives import is_uniform
from symeq.data.noise import Core, cores
from symeq.data.noisecolour import correlation
from symeq.data.slabs import Array, root_mean_square

ENOUGH_POINTS = 100_000
FEWEST = 40  # differences, of which a fourth moment says something
SMALLEST = 1e-4  # of the root mean square: noise below it matters to nobody
ORDERS = (0, 2, 4, 6, 8)
SIGNAL_LEFT = 0.05  # of the noise: a difference that leaves more of the signal than this is not used
SIGNAL_SHRINKS = 1.25  # at least, from one difference to the next; noise does not
SIGNIFICANT = 5.0  # deviations
GROWTH = 2.0  # of the variance, from the smallest tenth of the signal to its largest
CORRELATION = 0.15  # from point to point
EXCESS = 1.0  # of the kurtosis over the 3 of Gaussian noise
UNEVEN = 0.5  # excess of the differences, from where their spectrum is that of some places only
OUTLIER = 4.5  # deviations
SINGLE = 2 / 3  # of the outliers are single points: the others are jumps and kinks of the signal
LOCAL = 0.15  # correlation of the energies of neighbours, from where they belong to a place


@dataclass(frozen=True)
class Odd:
    """One way in which the noise of a variable is not white and even: its ``kind``, its ``size``, how many
    deviations of white noise that is (``z``), and ``words`` on what it means and what to do."""

    kind: str
    size: float
    z: float
    words: str


def odd_noise(
    name: str,
    parts: Sequence[Array],
    axes: Sequence[Sequence[np.ndarray]],
    names: Sequence[str],
    deviation: float,
) -> tuple[Odd, ...]:
    r"""Whether noise grows with the signal, is correlated along an axis, or has heavy tails.

    All is read off mixed differences r of unit norm, which leave nothing of a smooth signal:

    - *multiplicative*: r^2 is correlated with m^2, where m is the mean over the points of the difference,
      of which r is independent for white noise;
    - *coloured*: the fast end of the spectrum is neither flat nor flat beside the end of a signal
      (:func:`symeq.data.noisecolour.correlation`);
    - *heavy-tailed*: independent noise of kurtosis :math:`3 + \kappa` gives a difference with weights c the
      excess :math:`\kappa \sum c^4 / (\sum c^2)^2`, and outliers are single points.

    Nothing is said of noise below 1e-4 of the signal, or where that is not resolved: shocks are no noise.

    Arguments: ``name`` of the variable; ``parts``, its arrays; ``axes``, the coordinates of each part;
    ``names`` of the axes; ``deviation`` of the noise, from :func:`symeq.data.noise.noise_deviation`.
    Source: R. Koenker, J. Econometrics 17 (1981) 107, for the first test.

    >>> rng = np.random.default_rng(0)
    >>> t = np.linspace(0, 20, 2001)
    >>> u = 2 + np.sin(t)
    >>> even, growing = u + 0.1 * rng.standard_normal(t.size), u * (1 + 0.05 * rng.standard_normal(t.size))
    >>> [[odd.kind for odd in odd_noise("u", [noisy], [[t]], ["t"], 0.1)] for noisy in (even, growing)]
    [[], ['multiplicative']]
    """
    if deviation <= SMALLEST * root_mean_square(parts):
        return ()
    even = [all(is_uniform(x) for x in each) for each in zip(*axes, strict=True)]
    field = _Field(tuple(cores(parts, axes, ENOUGH_POINTS)))
    return tuple(_judged(name, names, even, field)) if field.shows_noise else ()


def _judged(name: str, names: Sequence[str], even: Sequence[bool], field: _Field) -> Iterator[Odd]:
    growth = field.growth
    if growth is not None:
        yield Odd(
            "multiplicative",
            *growth,
            f"The noise of {name} grows with its size, its variance by a factor of {growth[0]:.2g}:"
            " corrections and standard errors take it as even. Where it is proportional to a variable of one"
            " sign, search a law for the logarithm.",
        )
        return  # whose differences have heavy tails, and a spectrum of some places only
    excess, size, z = field.tails
    if excess > UNEVEN and z > SIGNIFICANT - 1:
        if z > SIGNIFICANT and size > EXCESS and field.outliers_are_single:
            yield Odd(
                "heavy-tailed",
                size,
                z,
                f"The noise of {name} has outliers (kurtosis {3 + size:.2g}, that of Gaussian noise is 3),"
                " which weigh on coefficients and standard errors: set them to NaN and leave missing values"
                " out.",
            )
        return
    for axis, label in enumerate(names):
        a, deviations = field.colour(axis) if even[axis] else (0.0, 0.0)
        if deviations > SIGNIFICANT - 1 and abs(a) > CORRELATION:
            factor = np.sqrt((1 + abs(a)) / (1 - abs(a)))
            apart = max(2, int(np.ceil(np.log(0.1) / np.log(abs(a)))))
            yield Odd(
                "coloured",
                a,
                deviations,
                f"The noise of {name} is correlated along {label}, {a:.2g} from point to point: its estimate"
                f" and standard errors may be off by a factor of {factor:.2g}. Keep only every"
                f" {_ordinal(apart)} point along {label}, or compare laws of independent records.",
            )


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


@dataclass(frozen=True)
class _Field:
    """The differences of one variable, and what they show."""

    cores: tuple[Core, ...]

    @cached_property
    def squares(self) -> dict[tuple[int, ...], tuple[float, float]]:
        """Of each combination of orders the mean square, and its relative deviation for white noise."""
        dimensions = self.cores[0].values.ndim
        found = {}
        for orders in product(ORDERS if dimensions < 3 else ORDERS[:-1], repeat=dimensions):
            if any(orders):
                r = self.differences(orders)
                if r.size >= FEWEST:
                    found[orders] = float(np.mean(r * r)), float(np.sqrt(2 * _repeats(orders, 2) / r.size))
        return found

    def differences(self, orders: tuple[int, ...]) -> np.ndarray:
        """All that are finite, in one row."""
        pieces = [core.difference(orders).ravel() for core in self.cores if core.admits(orders)]
        r = np.concatenate(pieces) if pieces else np.zeros(0)
        return r[np.isfinite(r)]

    @cached_property
    def best(self) -> tuple[int, ...]:
        """The difference with the least mean square."""
        return min(self.squares, key=lambda orders: self.squares[orders][0])

    @cached_property
    def shows_noise(self) -> bool:
        """Whether one difference more leaves as much: of a signal it would leave less."""
        return bool(self.squares) and any(
            self._lasts(axis, order) for axis, order in enumerate(self.best) if order
        )

    def _lasts(self, axis: int, order: int) -> bool:
        pair = [(*self.best[:axis], order + step, *self.best[axis + 1 :]) for step in (-2, 0, 2)]
        pair = pair[1:] if pair[2] in self.squares else pair[:2]
        if any(orders not in self.squares for orders in pair):
            return False
        (before, scatter), (after, _) = (self.squares[orders] for orders in pair)
        return before < (SIGNAL_SHRINKS + 2 * scatter) * after

    @cached_property
    def shortest(self) -> tuple[int, ...]:
        """Of the differences that leave hardly more than the best one, that of the fewest points."""
        least, scatter = self.squares[self.best]
        near = [
            orders
            for orders, (square, own) in self.squares.items()
            if square < least * (1 + SIGNAL_LEFT + 2 * np.hypot(scatter, own))
        ]
        return min(near, key=lambda orders: (np.prod(np.add(orders, 1)), self.squares[orders][0]))

    @cached_property
    def growth(self) -> tuple[float, float] | None:
        """By which factor the variance grows with the signal, and the significance; None where it stays."""
        size, z = self._growing(self.shortest)
        if z < SIGNIFICANT or size < GROWTH:
            return None
        # What is left of a signal is large at its crests, too, but less so in further differences; and an
        # outlier is large in the difference and in the mean of its own points, not in that of those beside.
        longer = tuple(order + 2 if order else 0 for order in self.shortest)
        remains = self._growing(longer if longer in self.squares else self.best)[0] > 0.7 * size
        return (size, z) if remains and self._growing(self.shortest, 1)[1] > SIGNIFICANT / 2 else None

    def _growing(self, orders: tuple[int, ...], beside: int = 0) -> tuple[float, float]:
        """The factor and its significance, by the means of the same points or of those beside."""
        left, means = [], []
        for core in self.cores:
            if core.admits(orders):
                r, mean = core.difference(orders), core.values
                for axis, order in enumerate(orders):
                    mean = np.lib.stride_tricks.sliding_window_view(mean, order + 1, axis=axis).mean(axis=-1)
                axis = int(np.argmax(orders))
                r, mean = np.moveaxis(r, axis, 0), np.moveaxis(mean, axis, 0)
                if apart := beside * (orders[axis] + 1):
                    mean = (mean[: -2 * apart] + mean[2 * apart :]) / 2
                    r = r[apart : len(r) - apart]
                left.append(r.ravel())
                means.append(mean.ravel())
        r, m = np.concatenate(left), np.concatenate(means)
        finite = np.isfinite(r) & np.isfinite(m)
        energy, g = r[finite] ** 2, m[finite] ** 2
        if energy.size < FEWEST or not np.ptp(g) or not np.ptp(energy):
            return 1.0, 0.0
        z = float(np.corrcoef(energy, g)[0, 1] * np.sqrt(energy.size / _repeats(orders, 2)))
        low, high = np.quantile(g, [0.1, 0.9])
        slope, level = np.polyfit(g, energy, 1)
        return float((level + slope * high) / max(level + slope * low, 0.02 * energy.mean())), z

    @cached_property
    def tails(self) -> tuple[float, float, float]:
        """The excess kurtosis of the differences, of the noise itself, and the significance."""
        orders = self.shortest
        r = self.differences(orders)
        excess = float(np.mean(r**4) / np.mean(r**2) ** 2 - 3)
        weights = [np.array([comb(order, k) for k in range(order + 1)], dtype=float) for order in orders]
        passed = np.prod([np.sum(c**4) / np.sum(c**2) ** 2 for c in weights])
        return excess, float(excess / passed), excess / np.sqrt(24 * _repeats(orders, 4) / r.size)

    @cached_property
    def outliers_are_single(self) -> bool:
        """Whether large differences have the pattern of single points, and lie anywhere."""
        orders = self.shortest
        single = seen = 0
        for core in self.cores:
            if core.admits(orders):
                r = np.nan_to_num(core.difference(orders))
                spread = np.median(np.abs(r)) / 0.6745
                for axis, order in enumerate(orders):
                    if order:
                        alike, of = _single(np.moveaxis(r, axis, -1), order, OUTLIER * spread)
                        single, seen = single + alike, seen + of
                    if _locality(r**2, axis, order) > LOCAL + 3 / np.sqrt(r.size / _repeats(orders, 2)):
                        return False
        return seen > 0 and single >= SINGLE * seen

    def colour(self, axis: int) -> tuple[float, float]:
        """The correlation of the noise along an axis, and its significance."""
        before, after = self.best[:axis], self.best[axis + 1 :]
        r = self.differences((*before, 4, *after))
        if r.size < FEWEST or np.mean(r**4) > (3 + UNEVEN) * np.mean(r**2) ** 2:
            return 0.0, 0.0  # a front of the signal, whose spectrum is that of correlated noise
        orders, lines = (*before, 0, *after), []
        for core in self.cores:
            if core.admits(orders):
                values = np.moveaxis(core.difference(orders), axis, -1)
                lines.append(values.reshape(-1, values.shape[-1]))
        return correlation(lines, 1 / _repeats(orders, 2))


def _single(r: np.ndarray, order: int, least: float) -> tuple[int, int]:
    """How many peaks of differences along the last axis look like those of a single point, not like those of
    a jump or a kink; and of how many."""
    half = order // 2
    rows = r.reshape(-1, r.shape[-1])
    peaks = np.argwhere(np.abs(rows) > least)
    patterns = [[(-1) ** k * comb(o, k) for k in range(o + 1)] for o in (order, order - 1, order - 2)]
    alike = seen = 0
    for row, place in peaks[:: max(1, len(peaks) // 500)]:
        near = rows[row, place - half : place + half + 1]
        if near.size < order + 1 or np.abs(near[half]) < np.abs(near).max():
            continue
        energies = [
            max(np.convolve(near, np.array(c[::-1]) / np.linalg.norm(c), "valid") ** 2) for c in patterns
        ]
        alike, seen = alike + (energies[0] >= max(energies[1:])), seen + 1
    return int(alike), seen


def _locality(energy: np.ndarray, axis: int, order: int) -> float:
    """The correlation of energies along an axis beyond the reach of one difference."""
    for other, size in enumerate(energy.shape):
        if other != axis:
            wide = min(9, size)
            energy = np.lib.stride_tricks.sliding_window_view(energy, wide, axis=other).mean(axis=-1)
    moved = np.moveaxis(energy, axis, 0)
    first, second = moved[: -order - 1].ravel(), moved[order + 1 :].ravel()
    if first.size < FEWEST or not np.ptp(first) or not np.ptp(second):
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _repeats(orders: Sequence[int], power: int) -> float:
    """How many differences of white noise count as one in a mean of squares (2) or fourth powers (4)."""
    return float(
        np.prod(
            [sum((comb(2 * k, k + j) / comb(2 * k, k)) ** power for j in range(-k, k + 1)) for k in orders]
        )
    )
