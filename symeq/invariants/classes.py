"""Classes of monomials: those of equal weights, which fields carry into classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product
from math import comb, prod
from typing import Any

from symeq.invariants.cofactors import Cofactors
from symeq.terms import Monomial
from symeq.terms.polynomials import times

MULTISETS = 60_000  # ways to choose weights of one degree that are looked at
CLASS = 3_000  # monomials of one class


class Classes:
    """The monomials in the variables of an action, by their weights under scalings and gradings.

    notes: where it is said what was too much to be looked at; done: orders and degrees that were searched.
    """

    def __init__(self, cofactors: Cofactors, notes: list[str]) -> None:
        self.cofactors, self.notes = cofactors, notes
        self.done: set[tuple[int, int]] = set()
        action, index = cofactors.action, cofactors.ring.index
        self._orders = {index[z]: k for z, k in zip(action.coordinates, action.orders, strict=True)}
        scalings, gradings = cofactors.scalings, cofactors.gradings
        self._zero = (*(0 for _ in gradings), *(cofactors.field.zero for _ in scalings))
        self._groups: dict[tuple[int, tuple[Any, ...]], list[Monomial]] = {}
        for at, z in enumerate(cofactors.variables):
            key = (*(w[at] for w in gradings), *(w[at] for _, w in scalings))
            self._groups.setdefault((self.order(z), key), []).append(z)

    def order(self, monomial: Monomial) -> int:
        """The order of the highest derivative in a monomial."""
        return max((self._order(i) for i, _ in monomial), default=0)

    def _order(self, i: int) -> int:
        if i in self._orders:
            return self._orders[i]
        symbols = self.cofactors.ring.generators[i].expression.free_symbols
        index = self.cofactors.ring.index
        return max((self._orders[index[s]] for s in symbols if s in index), default=0)

    def of(self, order: int, degree: int) -> Iterator[list[Monomial]]:
        """The classes of monomials up to a degree and an order that are not done; small first."""
        groups = [(k, members) for k, members in self._groups.items() if k[0] <= order]
        if comb(len(groups) + degree, degree) > MULTISETS:
            self.notes.append(f"Degree {degree} at order {order} has too many monomials to be searched.")
            return
        found: dict[tuple[Any, ...], list[tuple[int, ...]]] = {}
        for d in range(degree, -1, -1):
            for chosen in combinations_with_replacement(range(len(groups)), d):
                total = self._zero
                for g in chosen:
                    total = tuple(a + b for a, b in zip(total, groups[g][0][1], strict=True))
                # A class without monomials of the highest degree was searched before.
                if d == degree or total in found:
                    found.setdefault(total, []).append(chosen)
        sized = []
        for at, multisets in enumerate(found.values()):
            size = sum(
                prod(comb(len(groups[g][1]) + c.count(g) - 1, c.count(g)) for g in set(c)) for c in multisets
            )
            top = max((groups[g][0][0] for c in multisets for g in c), default=0)
            if (top, degree) not in self.done:
                sized.append((size, at, multisets))
        left_out = sum(size > CLASS for size, *_ in sized)
        if left_out:
            self.notes.append(
                f"Degree {degree} at order {order}: {left_out} classes of more than {CLASS} monomials were"
                " left out."
            )
        for size, _, multisets in sorted(sized):
            if size <= CLASS:
                yield self._monomials(groups, multisets)

    def _monomials(self, groups: Sequence[Any], multisets: Sequence[tuple[int, ...]]) -> list[Monomial]:
        found: dict[Monomial, None] = {}
        for chosen in multisets:
            parts = [
                combinations_with_replacement(groups[g][1], chosen.count(g)) for g in sorted(set(chosen))
            ]
            for choice in product(*parts):
                monomial: Monomial = ()
                for z in (z for part in choice for z in part):
                    monomial = times(monomial, z)
                found[monomial] = None
        return sorted(found)
