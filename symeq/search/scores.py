"""How far noise moves the normal equations of the weak form: standard errors from what the noise is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from symeq.data.lattice import Integral, Lattice
from symeq.data.testfunctions import AxisTests
from symeq.search.moved import Moved, Spread, joint

MOST = 1_000_000  # integrals of one part and rung that are held for this
POINTS = 1_500  # at which it is computed, over all parts
AT_ONCE = 128  # of these, which share the cache
LAWS = 4  # the last ones, whose noise is held


@dataclass
class Scores:
    r"""The covariance of the scores :math:`\sum_k g_k e_k`, of columns g against the noise e of a residual.

    With :math:`h_a(i) = \sum_k g_k D^a\varphi_k(i)` the noise at a point i enters the score of a residual
    :math:`\sum_x w_x \int D^{a_x}\varphi f_x` as :math:`\sum_x w_x h_{a_x}(i)\, \delta f_x(i)`, so that

    .. math:: \mathrm{Cov} = \sum_i \sum_{xy} w_x w_y\, h_{a_x}(i)\, h_{a_y}(i)^T V_{f_x f_y}(i)

    Rows that overlap share their noise, and telescope where derivatives fall on the test functions: blocks
    of them count their edges too much. ``integrals``, what noise sees, and ``matrix`` (integral, of these),
    see :class:`symeq.search.responses.Responses`; ``maps`` (lead, column, integral) from
    integrals to the columns of the fit, each divided by the scale of its lead; ``fields``, for each part, see
    :meth:`fields_at`; ``spread``, which all rungs have in common: for each group of functions that share
    noise their places (function,), and their covariance divided by the share of the points that are samples
    (sample, function, function).
    """

    integrals: tuple[Integral, ...]
    matrix: np.ndarray
    maps: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))
    fields: list[np.ndarray] = field(default_factory=list)
    spread: Spread = ()
    _among: dict[bytes, Spread] = field(default_factory=dict, repr=False)

    def fields_at(self, lattice: Lattice, rung: int, held: np.ndarray, where: np.ndarray) -> np.ndarray:
        r"""The :math:`\sum_k D^a\varphi_k(i)` times the integrals of test k, at some points of a part
        (derivatives, sample, integral).

        Arguments: ``held`` (test, integral), all integrals of the part; ``where`` (axis, sample) the points.
        """
        count, size = where.shape[1], held.shape[1]
        fields = np.zeros((len(self.indices), count, size))
        over = np.empty((0, 0, size))
        near = [_tests_over(lattice.tests(rung, axis), points) for axis, points in enumerate(where)]
        for start in range(0, count, AT_ONCE):
            cut = slice(start, start + AT_ONCE)
            flat = np.zeros((len(where[0, cut]), 1), dtype=int)
            products: dict[tuple[int, ...], np.ndarray] = {(): np.ones((1, 1))}
            for axis, (tests, weights) in enumerate(near):
                flat = _each(flat * lattice.tests(rung, axis).count, tests[cut], np.add)
                products = {
                    some: _each(products[some[:-1]], weights[some[-1]][cut], np.multiply)
                    for some in dict.fromkeys(index[: axis + 1] for index in self.indices)
                }
            own = np.stack([products[index] for index in self.indices], axis=1)
            over = over if over.shape[:2] == flat.shape else np.empty((*flat.shape, size))
            held.take(flat, axis=0, out=over, mode="clip")
            fields[:, cut] = np.matmul(own, over).transpose(1, 0, 2)
        return fields

    @cached_property
    def indices(self) -> list[tuple[int, ...]]:
        """The derivatives that fall on test functions."""
        return list(dict.fromkeys(integral.index for integral in self.integrals))

    def seen(self, support: Sequence[int]) -> np.ndarray:
        """The functions that the residual of some columns is made of: of no others does the noise count."""
        used = self.maps[:, [*support, -1]].any(axis=(0, 1)) @ (self.matrix != 0) > 0
        return np.unique([one.function for one, use in zip(self.integrals, used, strict=True) if use])

    def moved(self, columns: Sequence[int], residual: np.ndarray, seen: np.ndarray) -> Moved:
        r"""How the scores of some columns answer to the noise of each function at each sample,
        :math:`\sum_x w_x h_{a_x}(i)`, for a residual combined of all columns (column,), whose functions are
        ``seen``."""
        told = self._weights(residual)[:, seen]
        some = told.any(axis=1)
        return Moved(self._columns[list(columns)][:, :, some], told[some])

    def covariance(self, support: Sequence[int], residual: np.ndarray) -> np.ndarray:
        """Of the scores of some columns (column, column), for the residual of these (column,)."""
        seen = self.seen(support)
        if 2 * len(seen) > self.functions:  # taken out of the others they would be copied
            seen = np.arange(self.functions)
        return joint([self.moved(support, residual, seen)], self.among(seen))

    def among(self, seen: np.ndarray) -> Spread:
        """The covariances of the functions that are ``seen``, by their places among these."""
        key = seen.tobytes()
        if key not in self._among:
            found = []
            for functions, spread in self.spread:
                places, own = np.nonzero(seen[:, None] == functions)
                if len(own) == len(functions):
                    found.append((places, spread))
                elif len(own):
                    found.append((places, np.ascontiguousarray(spread[:, own[:, None], own])))
            self._among = dict([*self._among.items(), (key, found)][-LAWS:])
        return self._among[key]

    def _weights(self, residual: np.ndarray) -> np.ndarray:
        """What a residual weighs each function with (lead and derivatives, function)."""
        weights = np.zeros((len(self.maps), len(self.indices), self.functions))
        leads, (index, function) = np.arange(len(self.maps))[:, None], self._places
        np.add.at(weights, (leads, index, function), residual @ self.maps @ self.matrix)
        return weights.reshape(-1, self.functions)

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """The place of the derivatives of each integral, and its function."""
        place = {index: k for k, index in enumerate(self.indices)}
        return (
            np.array([place[integral.index] for integral in self.integrals]),
            np.array([integral.function for integral in self.integrals]),
        )

    @cached_property
    def functions(self) -> int:
        """How many functions are integrated."""
        return max(integral.function for integral in self.integrals) + 1

    @cached_property
    def _columns(self) -> np.ndarray:
        """The fields of the columns of the fit (column, sample, lead and derivatives)."""
        fields = np.concatenate(self.fields, axis=1)
        leads = np.stack([fields @ maps.T for maps in self.maps])
        samples, columns = leads.shape[2:]
        return np.ascontiguousarray(leads.reshape(-1, samples, columns).transpose(2, 1, 0))


def _tests_over(tests: AxisTests, points: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The tests of an axis whose supports hold each point (sample, test), and by order their weights there;
    further ones, as many as the most that hold one, weigh nothing."""
    offsets = points[:, None] - tests.first
    if tests.periodic:
        offsets %= tests.size
    touched = (offsets > 0) & (offsets < tests.width - 1)  # at its ends a test function is zero
    counts = touched.sum(axis=1)
    found = np.nonzero(touched)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)

    def listed(values: np.ndarray) -> np.ndarray:
        result = np.zeros((len(points), max(1, int(counts.max(initial=0)))), dtype=values.dtype)
        result[found[0], place] = values
        return result

    under = offsets[found]
    return listed(found[1]), [listed(stencil[found[1], under]) for stencil in tests.stencils]


def _each(one: np.ndarray, other: np.ndarray, joined: np.ufunc) -> np.ndarray:
    """Each two of the columns of two matrices joined (sample, column)."""
    found = joined(one[:, :, None], other[:, None, :])
    return np.asarray(found.reshape(len(other), -1))
