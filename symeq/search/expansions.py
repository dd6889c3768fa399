"""Functions of noisy coordinates with their slopes and curvatures, unbiased, at samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from sympy import Expr, Symbol

from symeq.search.columns import Columns, defined
from symeq.search.hermite import Hermite, lowered, powers_of

KEPT = 1e-14  # of the greatest variance: what is less is rounding


class Expansions:
    r"""What some functions f are to second order in noise :math:`\Sigma^{1/2} \xi`, with independent
    :math:`\xi`.

    :meth:`at` gives the values (sample, function), the slopes :math:`\nabla f\, \Sigma^{1/2}` (sample, noise,
    function), and curvatures C (sample, square, function) with :math:`\sum_q C_{qf} C_{qg} = \frac12
    \mathrm{tr}(F \Sigma G \Sigma)` of the Hessians F, G. Monomials go by recursion, other functions are
    compiled.
    """

    def __init__(
        self,
        functions: Sequence[Expr],
        coordinates: Sequence[Symbol],
        covariance: np.ndarray,
        hermite: Hermite,
    ) -> None:
        self.functions, self.coordinates = tuple(functions), tuple(coordinates)
        self.covariance, self.hermite = covariance, hermite
        powers = [powers_of(function, coordinates) for function in functions]
        self.powers = {k: one for k, one in enumerate(powers) if one is not None}
        self.others = [k for k, one in enumerate(powers) if one is None]
        values, vectors = np.linalg.eigh(covariance)
        kept = values > values.max(initial=0.0) * KEPT
        self.roots = (vectors[:, kept] * np.sqrt(values[kept])).T
        self._noisy = [int(j) for j in np.flatnonzero(np.diag(covariance) > 0)]

    def at(
        self, values: np.ndarray, unbiased: Callable[[tuple[int, ...]], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three, from the coordinates (coordinate, sample) and the unbiased monomials there."""
        rows, size = values.shape[1], len(self.functions)
        zero, slopes = np.zeros((size, rows)), np.zeros((len(self.coordinates), size, rows))
        curved = np.zeros((len(self._places), size, rows))
        for k, powers in self.powers.items():
            zero[k] = unbiased(powers)
            for j in self._noisy:
                if powers[j]:
                    slopes[j, k] = powers[j] * unbiased(lowered(powers, j))
            for (i, j), place in self._places.items():
                number = powers[i] * (powers[j] - (i == j))
                if number > 0:
                    curved[place, k] = number * unbiased(lowered(lowered(powers, i), j))
        first = np.tensordot(self.roots, slopes, axes=1)
        second = np.tensordot(self._mixed, curved, axes=1)
        if self.others:
            self._compiled(dict(zip(self.coordinates, values, strict=True)), rows, zero, first, second)
        # Products of matrices with the samples in between would not go through BLAS.
        return (
            np.ascontiguousarray(zero.T),
            np.ascontiguousarray(first.transpose(2, 0, 1)),
            np.ascontiguousarray(second.transpose(2, 0, 1)),
        )

    @cached_property
    def _places(self) -> dict[tuple[int, int], int]:
        """The pairs of coordinates by which some monomial is curved."""
        pairs = [(i, j) for i in self._noisy for j in self._noisy if i <= j]
        seen = [
            (i, j)
            for i, j in pairs
            if any(powers[i] * (powers[j] - (i == j)) > 0 for powers in self.powers.values())
        ]
        return {pair: k for k, pair in enumerate(seen)}

    @cached_property
    def _mixed(self) -> np.ndarray:
        """From second derivatives by pairs of coordinates to curvatures (square, pair); no more squares than
        pairs, unless compiled functions share them."""
        first, second = np.tril_indices(len(self.roots))
        scale = np.where(first == second, np.sqrt(0.5), 1.0)
        mixed = np.zeros((len(first), len(self._places)))
        for (i, j), place in self._places.items():
            mixed[:, place] = self.roots[first, i] * self.roots[second, j]
            if i != j:
                mixed[:, place] += self.roots[first, j] * self.roots[second, i]
        mixed *= scale[:, None]
        return mixed if self.others else np.asarray(np.linalg.qr(mixed, mode="r"))

    @cached_property
    def _columns(self) -> tuple[Columns, list[tuple[int, int]], Columns]:
        functions = [self.functions[k] for k in self.others]
        slopes = {
            (k, j): f.diff(self.coordinates[j])
            for k, f in zip(self.others, functions, strict=True)
            for j in self._noisy
        }
        slopes = {key: slope for key, slope in slopes.items() if slope != 0}
        noisy = self.covariance != 0
        return (
            Columns(functions, [], self.coordinates, noisy),
            list(slopes),
            Columns(list(slopes.values()), [], self.coordinates, noisy),
        )

    def _compiled(
        self,
        jets: Mapping[Symbol, np.ndarray],
        rows: int,
        zero: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
    ) -> None:
        columns, of, slopes = self._columns
        zero[self.others] = columns.evaluate(jets, self.covariance, rows).T
        first[:, self.others] = defined(columns.spread(jets, self.covariance, rows))
        bent = defined(slopes.spread(jets, self.covariance, rows))
        for square, (m, n) in enumerate(zip(*np.tril_indices(len(self.roots)), strict=True)):
            for (k, j), column in zip(of, bent[m], strict=True):
                second[square, k] += (np.sqrt(0.5) if m == n else 1.0) * self.roots[n, j] * column
