"""Is noise correlated along an axis?  Read off the fast end of its spectrum, where no resolved signal is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BANDS = (np.pi / 4, np.pi / 2)  # eight and four points per wave: the signal is slower than one of them
BINS = 16
FEWEST = 8  # ordinates in a band
SHORTEST = 24  # points of a line
TAPER = 35 / 18  # of the ordinates of a Hann window so many hang together
CORRELATIONS = np.concatenate([np.linspace(-0.95, 0.95, 39), [0.97, 0.98]])
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
    for band in BANDS:
        edges = np.linspace(band, np.pi, BINS + 1)
        sums, counts = np.zeros(BINS), np.zeros(BINS)
        for frequencies, power, number in spectra:
            where = np.digitize(frequencies, edges) - 1
            for k in range(BINS):
                sums[k] += number * power[where == k].sum()
                counts[k] += number * np.count_nonzero(where == k)
        if not counts.any() or counts.sum() < FEWEST:
            continue
        found = _judged(0.5 * (edges[1:] + edges[:-1]), sums, counts, independent / TAPER)
        if found is not None:
            return found
    return 0.0, 0.0


def _spectrum(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
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


def _judged(
    frequencies: np.ndarray, sums: np.ndarray, counts: np.ndarray, share: float
) -> tuple[float, float] | None:
    """The correlation and its deviations; None where the end of a signal explains the spectrum as well."""
    seen = counts > 0
    frequencies, weights = frequencies[seen], counts[seen] * share
    power = sums[seen] / counts[seen]

    def likelihood(shapes: np.ndarray) -> np.ndarray:
        levels = (weights * power / shapes).sum(axis=1) / weights.sum()
        return -(weights * np.log(levels[:, None] * shapes)).sum(axis=1)

    white = likelihood(np.ones((1, frequencies.size)))[0]
    a = CORRELATIONS[:, None]
    coloured = likelihood(1 / (1 + a**2 - 2 * a * np.cos(frequencies)))
    c = np.geomspace(FLATTEST, STEEPEST, 12)[:, None, None]
    b = np.geomspace(0.05, 1e4, 40)[:, None]
    ends = 1 + b * np.exp(-c * (frequencies - frequencies[0]))
    signal = likelihood(ends.reshape(-1, frequencies.size)).max()
    best = int(np.argmax(coloured))
    if signal > max(coloured[best], white + 2):
        return None
    return float(CORRELATIONS[best]), float(np.sqrt(max(0.0, 2 * (coloured[best] - white))))
