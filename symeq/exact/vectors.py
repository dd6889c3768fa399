"""Sparse vectors over an exact field: null vectors of a reduced matrix, and their primitive multiples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from math import gcd, lcm
from typing import Any

import sympy as sp
from sympy.polys.domains.domain import Domain

Vector = dict[int, Any]


def null_vectors(
    reduced: Mapping[int, Vector], pivots: Collection[int], columns: int, field: Domain
) -> list[Vector]:
    """One vector for each free column, given reduced rows and their pivots, which are 1 but over Q.

    >>> null_vectors({0: {0: 2, 1: 1}}, [0], 2, sp.QQ) == [{1: 1, 0: sp.QQ(-1, 2)}]
    True
    """
    bound = set(pivots)
    vectors = {free: {free: field.one} for free in range(columns) if free not in bound}
    for row, pivot in zip(reduced.values(), pivots, strict=True):
        for k, value in row.items():
            if k != pivot:
                vectors[k][pivot] = field(-value) / row[pivot] if field.is_QQ else -value
    return list(vectors.values())


def primitive(vector: Vector, field: Domain) -> Vector:
    """The multiple of a vector over `field` with coprime whole entries, the first of them positive.

    >>> vector = primitive({3: sp.QQ(-1, 2), 5: sp.QQ(3)}, sp.QQ)
    >>> vector == {3: 1, 5: -6}
    True
    """
    first = vector[min(vector)]
    if field.is_QQ:
        denominator = lcm(*(int(v.denominator) for v in vector.values()))
        divisor = gcd(*(int(v.numerator) * (denominator // int(v.denominator)) for v in vector.values()))
        scale = field(denominator, divisor if first > 0 else -divisor)
        return {k: v * scale for k, v in vector.items()}
    vector = {k: v / first for k, v in vector.items()}
    if field.is_FractionField:
        common = reduce(lambda a, b: a.lcm(b), (v.denom for v in vector.values()))
        vector = {k: v * field.field.new(common) for k, v in vector.items()}
    numbers = [q for v in vector.values() for q in _rational_parts(v, field)]
    denominator = lcm(*(int(q.denominator) for q in numbers))
    divisor = gcd(*(int(q.numerator) * (denominator // int(q.denominator)) for q in numbers))
    scale = field.convert(sp.QQ(denominator, divisor))
    return {k: v * scale for k, v in vector.items()}


def _rational_parts(value: Any, field: Domain) -> Iterator[Any]:
    """The rational numbers that a field element without a parameter in its denominator is made of."""
    if field.is_QQ:
        yield value
    elif field.is_FractionField:
        for coefficient in value.numer.coeffs():
            # SymPy leaves a number in the denominator where the coefficients are a field.
            yield from _rational_parts(coefficient / value.denom.LC, field.domain)
    elif field.is_QQ_I:
        yield from (value.x, value.y)
    else:
        yield from value.to_list()
