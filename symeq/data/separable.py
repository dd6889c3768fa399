"""Sums over a grid under products of weights, one axis after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np


@dataclass(frozen=True, eq=False)
class Separable:
    r"""The sums :math:`\sum_i \varphi^1_{k_1}(i_1) \varphi^2_{k_2}(i_2) \dots f(i)`.

    Sums that windows have in common are formed once: for n points along each of d axes and m tests, about
    :math:`m\, n^d` products in place of one for each point under each window.

    Arguments: ``points`` (point,), the places of the values on a flat grid, others count as zero;
    ``matrices``, one (test, place) for each axis of the grid; ``chosen`` (window, axis), numbers of tests.
    """

    points: np.ndarray
    matrices: tuple[np.ndarray, ...]
    chosen: np.ndarray

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of the grid."""
        return tuple(matrix.shape[1] for matrix in self.matrices)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Sums (window,) of values (point,)."""
        size = prod(self.sizes)
        whole = values
        if len(self.points) < size:
            whole = np.zeros(size)
            whole[self.points] = values
        after = 1
        for matrix in reversed(self.matrices):
            tests, places = matrix.shape
            shaped = whole.reshape(-1, places, after)
            whole = shaped[:, :, 0] @ matrix.T if after == 1 else np.matmul(matrix, shaped)
            after *= tests
        return np.asarray(whole.ravel()[self._flat])

    @cached_property
    def _flat(self) -> np.ndarray:
        return np.ravel_multi_index(tuple(self.chosen.T), [len(matrix) for matrix in self.matrices])

    @property
    def operations(self) -> int:
        """Products of numbers."""
        total, before, after = 0, prod(self.sizes), 1
        for matrix in reversed(self.matrices):
            tests, places = matrix.shape
            before //= places
            total += before * places * tests * after
            after *= tests
        return total
