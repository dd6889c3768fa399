"""Is noise correlated along an axis?  Read off the fast end of its spectrum, where no resolved signal is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

BANDS = (np.pi / 4, np.pi / 2)  # eight and four points per wave: a resolved signal is slower
BINS = 16
FEWEST = 8  # ordinates in a band
SHORTEST = 24  # points of a line
TAPER = 35 / 18  # of the ordinates of a Hann window so many hang together
CORRELATIONS = np.concatenate([[0.0], np.linspace(-0.95, 0.95, 39), [0.97, 0.98]])
Spectrum: TypeAlias = tuple[np.ndarray, np.ndarray, int]  # frequencies, mean power, how many lines
Band: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]  # frequencies, weights, power
STEEPEST, FLATTEST = 60.0, 4.0  # decay of a signal's end over one radian per point


def correlation(lines: Sequence[np.ndarray], independent: float) -> tuple[float, float]:
    r"""The correlation a of neighbours, and how many deviations it is from 0; (0, 0) where a signal explains
    it.

    Of three spectra over the fast end of the frequencies the likeliest is taken (Whittle),

    .. math:: S(\omega) \propto 1, \qquad \frac{1}{1 + a^2 - 2 a \cos \omega}, \qquad 1 + B e^{-c \omega},

    white noise, noise of correlation :math:`a^{|i - j|}`, and white noise beside the end of a signal.

    Arguments: ``lines``, arrays (line, point) on even axes; ``independent``, the share of the lines that are.
    Source: P. Whittle, Ark. Mat. 2 (1953) 423.
    """
    spectra = [_spectrum(part) for part in lines if part.shape[1] >= SHORTEST]
    fast, fastest = (_binned(spectra, band, independent / TAPER) for band in BANDS)
    if fastest[1].sum() < FEWEST * independent / TAPER:
        return 0.0, 0.0
    white, *coloured = _likelihood(fast, _shapes(CORRELATIONS, fast))
    best = int(np.argmax(coloured))
    a = CORRELATIONS[best + 1]
    # The fastest end must say the same by itself: else the slower one is of a signal.
    without, same, *others = _likelihood(fastest, _shapes(np.append([0.0, a], CORRELATIONS), fastest))
    if _of_signal(fast) > max(coloured[best], white + 2) or not without + 1 < same > max(others) - 2:
        return 0.0, 0.0
    return float(a), float(np.sqrt(max(0.0, 2 * (coloured[best] - white))))


def _binned(spectra: Sequence[Spectrum], band: float, share: float) -> Band:
    """The mean power in bins of frequency from ``band`` on, weighted by how many independent ordinates it is
    of."""
    edges = np.linspace(band, np.pi, BINS + 1)
    sums, counts = np.zeros(BINS), np.zeros(BINS)
    for frequencies, power, number in spectra:
        where = np.digitize(frequencies, edges) - 1
        inside = (where >= 0) & (where < BINS)
        sums += number * np.bincount(where[inside], power[inside], BINS)
        counts += number * np.bincount(where[inside], minlength=BINS)
    seen = counts > 0
    return (0.5 * (edges[1:] + edges[:-1]))[seen], counts[seen] * share, sums[seen] / counts[seen]


def _spectrum(lines: np.ndarray) -> Spectrum:
    """Frequencies in radians per point, the mean power of the lines without gaps, and how many they are.

    Second differences take away most of the signal before the ends are tapered, and are divided out."""
    whole = np.diff(lines[np.isfinite(lines).all(axis=1)], n=2, axis=1)
    points = whole.shape[1]
    taper = np.hanning(points + 2)[1:-1]
    frequencies = 2 * np.pi * np.fft.rfftfreq(points)[1:]
    if not len(whole):
        return frequencies, np.zeros(frequencies.size), 0
    power = np.mean(np.abs(np.fft.rfft(whole * taper, axis=1)[:, 1:]) ** 2, axis=0) / np.sum(taper**2)
    if points % 2 == 0:  # the highest frequency has half the freedom of the others
        frequencies, power = frequencies[:-1], power[:-1]
    return frequencies, power / (2 * np.sin(frequencies / 2)) ** 4, len(whole)


def _shapes(correlations: np.ndarray, band: Band) -> np.ndarray:
    """The spectra of these correlations (correlation, frequency)."""
    a = correlations[:, None]
    return np.asarray(1 / (1 + a**2 - 2 * a * np.cos(band[0])))


def _of_signal(band: Band) -> float:
    """The likelihood of white noise beside the end of a signal."""
    c = np.geomspace(FLATTEST, STEEPEST, 12)[:, None, None]
    b = np.geomspace(0.05, 1e4, 40)[:, None]
    ends = 1 + b * np.exp(-c * (band[0] - band[0][0]))
    return float(_likelihood(band, ends.reshape(-1, band[0].size)).max())


def _likelihood(band: Band, shapes: np.ndarray) -> np.ndarray:
    """The logarithm of the likelihood of each shape of the spectrum, at its best level (shape,)."""
    _, weights, power = band
    levels = (weights * power / shapes).sum(axis=1) / weights.sum()
    return -(weights * np.log(levels[:, None] * shapes)).sum(axis=1)
