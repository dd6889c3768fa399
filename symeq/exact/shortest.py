"""The shortest basis of an exact null space, one connected component of its unknowns at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain, combinations
from math import comb, gcd
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy.polys.domains.domain import Domain

from symeq.exact.echelon import reduced_echelon_rows
from symeq.exact.vectors import Vector, null_vectors, primitive

Values = tuple[Any, ...]
IntArray = npt.NDArray[np.int64]

# Work allowed for one connected component of a null space: how many subsets of its columns are tried to list
# its elementary vectors, and how many field operations random eliminations may take where those are too many.
LISTED_SUBSETS = 1000
ELIMINATION_WORK = 100_000
SMALL_INTEGER = 2**20  # products of two such entries and their sums stay exact in 64 bits


class ShortestBasis:
    """The shortest basis of a space spanned by a few vectors whose supports are connected.

    Columns that are multiples of each other vanish together: they form a class, and a vector is known by its
    values on one column of each. Vectors of minimal support (*elementary* vectors) contain a basis of minimal
    total length, and picking them greedily finds it because independence is a matroid.
    """

    def __init__(self, vectors: list[Vector], extra: int, field: Domain) -> None:
        self.field, self.extra = field, extra
        self.affine = any(extra in vector for vector in vectors)
        vectors = [primitive(vector, field) for vector in vectors]
        if field.is_QQ:
            vectors = [{k: int(v) for k, v in vector.items()} for vector in vectors]
        self.zero = 0 if field.is_QQ else field.zero
        classes: dict[Values, list[tuple[int, Values]]] = {}
        for k in sorted(set().union(*vectors)):
            column = tuple(vector.get(k, self.zero) for vector in vectors)
            classes.setdefault(self._normal(column), []).append((k, column))
        self.classes = list(classes.values())
        self.weights = [len(members) for members in self.classes]
        self.rows = [tuple(members[0][1][i] for members in self.classes) for i in range(len(vectors))]
        self.candidates = self.rows
        if len(vectors) > 1:
            distinct = {self._normal(row) for row in chain(self.rows, self._shorter())}
            self.candidates = sorted(distinct, key=self._key)

    def basis(self) -> list[Vector]:
        """The homogeneous part: candidates without the extra unknown, greedily by length."""
        wanted = len(self.rows) - self.affine
        echelon: dict[int, Values] = {}
        chosen: list[Vector] = []
        for row in self.candidates:
            if len(chosen) == wanted:
                break
            if not self._affine(row) and _extends(echelon, row):
                chosen.append(primitive(self._vector(row), self.field))
        return chosen

    def particular(self) -> Vector:
        """The shortest candidate in which the extra unknown is 1."""
        vector = self._vector(next(filter(self._affine, self.candidates)))
        return {k: v / vector[self.extra] for k, v in vector.items()}

    def _affine(self, row: Values) -> bool:
        # The extra unknown is the last column of all, hence the last member of its class.
        return self.affine and any(
            v and c[-1][0] == self.extra for v, c in zip(row, self.classes, strict=True)
        )

    def _vector(self, row: Values) -> Vector:
        """The entries in all columns of the vector with these values on the classes."""
        vector: Vector = {}
        for value, members in zip(row, self.classes, strict=True):
            if value:
                first = members[0][1]
                at = next(i for i, entry in enumerate(first) if entry)
                scale = self.field.convert(value) / self.field.convert(first[at])
                vector.update((k, scale * self.field.convert(column[at])) for k, column in members)
        return vector

    def _normal(self, values: Values) -> Values:
        """The multiple that stands for all multiples."""
        first = next(entry for entry in values if entry)
        if not self.field.is_QQ:
            return tuple(entry / first for entry in values)
        divisor = gcd(*values) if first > 0 else -gcd(*values)
        return tuple(entry // divisor for entry in values)

    def _key(self, row: Values) -> tuple[Any, ...]:
        support = [i for i, value in enumerate(row) if value]
        length = sum(self.weights[i] for i in support)
        if self.field.is_QQ:
            return (
                length,
                sum(abs(row[i]) * self.weights[i] for i in support),
                support,
                [-row[i] for i in support],
            )
        text = ",".join(str(row[i]) for i in support)
        return length, len(text), support, [text]

    def _shorter(self) -> Iterator[Values]:
        if comb(len(self.classes), len(self.rows) - 1) <= LISTED_SUBSETS:
            yield from self._listed()
            return
        yield from self._reduced(self.rows)
        for rows in self._drawn():
            yield from rows
            yield from self._reduced(rows)

    def _listed(self) -> Iterator[Values]:
        """Every elementary vector: those that vanish on rank - 1 independent classes."""
        rank = len(self.rows)
        columns = [{i: self.field.convert(v) for i, v in enumerate(c[0][1]) if v} for c in self.classes]
        for subset in combinations(columns, rank - 1):
            reduced = reduced_echelon_rows(subset, self.field)
            if len(reduced) == rank - 1:
                y = primitive(null_vectors(reduced, reduced, rank, self.field)[0], self.field)
                factors = [(i, int(v) if self.field.is_QQ else v) for i, v in y.items()]
                yield tuple(sum(v * self.rows[i][j] for i, v in factors) for j in range(len(self.classes)))

    def _drawn(self) -> Iterator[list[Values]]:
        """Reduced echelon forms for random orders, heavy classes mostly first: their rows are elementary."""
        rank, width = len(self.rows), len(self.classes)
        for seed in range(min(12, ELIMINATION_WORK // (rank * rank * width))):
            draw = random.Random(seed)
            order = sorted(range(width), key=lambda i: draw.expovariate(1.0) / self.weights[i])
            matrix = [{at: row[j] for at, j in enumerate(order) if row[j]} for row in self.rows]
            place = sorted(range(width), key=order.__getitem__)
            rows = []
            for row in reduced_echelon_rows(matrix, self.field).values():
                vector = row if self.field.is_QQ else primitive(row, self.field)
                rows.append(tuple(vector.get(at, self.zero) for at in place))
            yield rows

    def _reduced(self, rows: list[Values]) -> list[Values]:
        """A basis in which no b b_i - a b_j that cancels an entry is shorter than b_i (over Q)."""
        if not self.field.is_QQ or max(abs(v) for row in rows for v in row) > SMALL_INTEGER:
            return []
        weights = np.array(self.weights)
        basis = np.array(rows, dtype=np.int64)
        lengths = [_length(vector, weights) for vector in basis]
        improved = True
        while improved:
            improved = False
            for i in sorted(range(len(basis)), key=lambda i: lengths[i], reverse=True):
                here, there = basis[i] != 0, basis != 0
                # b_i can only become shorter where it shares more than the other one would add.
                hopeful = (there & here) @ weights >= (there & ~here) @ weights
                hopeful[i] = False
                for j in np.flatnonzero(hopeful):
                    for a, b in _ratios(basis[i], basis[j]):
                        vector = b * basis[i] - a * basis[j]
                        vector //= np.gcd.reduce(vector)
                        length = _length(vector, weights)
                        if length < lengths[i] and abs(vector).max() <= SMALL_INTEGER:
                            basis[i], lengths[i], improved = vector, length, True
        return [tuple(map(int, vector)) for vector in basis]


def _length(vector: IntArray, weights: IntArray) -> tuple[int, int]:
    return int(weights[vector != 0].sum()), int(abs(vector) @ weights)


def _ratios(first: IntArray, second: IntArray) -> list[tuple[int, int]]:
    """All (a, b) in lowest terms with b first = a second in some entry."""
    common = np.flatnonzero(first * second)
    divisors = np.gcd(first[common], second[common]) * np.sign(second[common])
    return sorted(
        set(zip((first[common] // divisors).tolist(), (second[common] // divisors).tolist(), strict=True))
    )


def _extends(echelon: dict[int, Values], row: Values) -> bool:
    """Reduce a row by an echelon form; add what is left, and say whether there was something left."""
    for pivot, known in echelon.items():
        if row[pivot]:
            a, b = row[pivot], known[pivot]
            row = tuple(b * v - a * w for v, w in zip(row, known, strict=True))
            if isinstance(a, int) and (divisor := gcd(*row)):
                row = tuple(v // divisor for v in row)
    first = next((i for i, value in enumerate(row) if value), None)
    if first is not None:
        echelon[first] = row
    return first is not None
