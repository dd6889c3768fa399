"""What noise adds to the Gram matrix of integrals: covariances at samples, weighed by test functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from symeq.data.lattice import Lattice
from symeq.search.products import Covariances
from symeq.search.responses import Responses

AT_ONCE, LEAST = 2**20, 256  # values of the covariances that are worked out at once; samples of these


class Noises:
    r"""The noise in integrals of a part, :math:`\sum_i V_{fg}(i) \sum_k D^a\varphi_k(i)\, D^b\varphi_k(i)`.

    The covariances V are taken once for all rungs, in halves, and only for those pairs of slots and of
    derivatives a, b that some integrals have.

    Arguments: ``responses``, what noise sees of the integrals; ``covariances`` at some samples; ``where``,
    the place of each on each axis (axis, sample); ``share`` of the points that are samples.
    """

    def __init__(
        self, responses: Responses, covariances: Covariances, where: np.ndarray, share: float
    ) -> None:
        self.responses, self.where, self.share = responses, where, share
        self.groups = [_Group(responses, group) for group in responses.groups]
        self.halves = [
            [np.empty((covariances.samples, len(tier.first))) for tier in group.tiers]
            for group in self.groups
        ]
        step = max(LEAST, AT_ONCE // responses.shared)
        for start in range(0, covariances.samples, step):
            cut = slice(start, start + step)
            for group, halves, values in zip(self.groups, self.halves, covariances.at(cut), strict=True):
                for tier, half in zip(group.tiers, halves, strict=True):
                    half[cut] = values[:, tier.first, tier.second]

    def of(self, lattice: Lattice, rung: int) -> np.ndarray:
        """The noise of each block (block, integral, integral), of the integrals that noise was asked for."""
        size = len(self.responses.matrix)
        found = np.zeros((lattice.count, size, size))
        sums = [
            [np.zeros((lattice.count, len(tier.pairs), len(tier.first))) for tier in group.tiers]
            for group in self.groups
        ]
        for block, (near, weights) in enumerate(self._weights(lattice, rung)):
            for group, halves, own in zip(self.groups, self.halves, sums, strict=True):
                for tier, half, result in zip(group.tiers, halves, own, strict=True):
                    np.matmul(weights[tier.pairs], half[near], out=result[block])
        for group, own in zip(self.groups, sums, strict=True):
            gram = group.gram(own, lattice.count)
            if self.responses.directions:
                matrix = self.responses.matrix[:, group.integrals]
                rows = np.flatnonzero(matrix.any(axis=1))
                found[:, rows[:, None], rows] += np.matmul(np.matmul(matrix[rows], gram), matrix[rows].T)
            else:
                found = gram
        return found

    def _weights(self, lattice: Lattice, rung: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The samples that some test of each block touches, and what they weigh there for each two of the
        derivatives (pair, sample)."""
        orders = np.array(self.responses.indices).T
        first, second = np.tril_indices(orders.shape[1])
        covers, reach, places = [], [], []
        for axis, order in enumerate(orders):
            cover = lattice.cover(rung, axis)
            kinds, place = np.unique(order[first] * len(cover[0]) + order[second], return_inverse=True)
            reach.append(cover[:, 0, 0] != 0)
            covers.append(cover.reshape(len(cover), -1, cover.shape[-1])[:, kinds])
            places.append(place)
        for pieces, near in self._near(reach):
            weights = np.full((len(first), near.size), 1 / self.share)
            for cover, piece, where, place in zip(covers, pieces, self.where, places, strict=True):
                own = cover[piece].take(where[near], axis=1)
                weights *= own[place] if len(own) > 1 else own
            yield near, weights

    def _near(self, reach: Sequence[np.ndarray]) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        """The pieces of each block, and the samples that its tests reach, by ``reach`` (piece, point) of each
        axis."""
        found: list[tuple[tuple[int, ...], np.ndarray]] = [((), np.arange(self.where.shape[1]))]
        for reached, where in zip(reach, self.where, strict=True):
            found = [
                ((*pieces, piece), near[own[where[near]]])
                for pieces, near in found
                for piece, own in enumerate(reached)
            ]
        yield from found


@dataclass(frozen=True)
class _Tier:
    """Pairs of slots whose integrals have the same two sets of derivatives: ``first``, ``second`` (pair of
    slots,) in their group; ``pairs`` of derivatives, each once; ``own`` (two,), which of them any two have;
    ``rows``, ``columns`` (two, pair of slots), the places of their integrals in the Gram matrix."""

    first: np.ndarray
    second: np.ndarray
    pairs: np.ndarray
    own: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


class _Group:
    """The integrals of a group of slots, and which of their covariances are asked for."""

    def __init__(self, responses: Responses, group: np.ndarray) -> None:
        slots = {int(slot): k for k, slot in enumerate(group)}
        own = [k for k, integral in enumerate(responses.integrals) if integral.function in slots]
        self.integrals = np.array(own, dtype=int)
        index = {one: k for k, one in enumerate(responses.indices)}
        places: dict[int, dict[int, int]] = {}
        for row, k in enumerate(own):
            integral = responses.integrals[k]
            places.setdefault(slots[integral.function], {})[index[integral.index]] = row
        kinds: dict[tuple[int, ...], list[int]] = {}
        for slot, rows in sorted(places.items()):
            kinds.setdefault(tuple(sorted(rows)), []).append(slot)
        self.tiers = [
            _tier(places, one, other, one is other)
            for k, one in enumerate(kinds.values())
            for other in list(kinds.values())[: k + 1]
        ]

    def gram(self, sums: Sequence[np.ndarray], blocks: int) -> np.ndarray:
        """The Gram matrices from sums (block, pair of derivatives, pair of slots)."""
        result = np.zeros((blocks, len(self.integrals), len(self.integrals)))
        for tier, distinct in zip(self.tiers, sums, strict=True):
            own = distinct[:, tier.own]
            result[:, tier.rows, tier.columns] = own
            result[:, tier.columns, tier.rows] = own
        return result


def _tier(places: dict[int, dict[int, int]], one: list[int], other: list[int], same: bool) -> _Tier:
    if same:
        a, b = np.tril_indices(len(one))
    else:
        a, b = (grid.ravel() for grid in np.indices((len(one), len(other))))
    first, second = np.array(one)[a], np.array(other)[b]
    twos, rows, columns = [], [], []
    for p, q in product(sorted(places[one[0]]), sorted(places[other[0]])):
        low, high = min(p, q), max(p, q)
        twos.append(high * (high + 1) // 2 + low)
        rows.append(np.array([places[slot][p] for slot in one])[a])
        columns.append(np.array([places[slot][q] for slot in other])[b])
    pairs, own = np.unique(twos, return_inverse=True)
    return _Tier(first, second, pairs, own, np.array(rows), np.array(columns))
