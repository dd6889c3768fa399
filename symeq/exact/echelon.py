"""The reduced row echelon form of sparse rows over an exact field."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd, lcm

from sympy.polys.domains.domain import Domain
from sympy.polys.matrices.sdm import sdm_irref

from symeq.exact.vectors import Vector


def reduced_echelon_rows(rows: Iterable[Vector], field: Domain) -> dict[int, Vector]:
    """Return the non-zero rows of the reduced row echelon form by the columns of their pivots, in order.

    rows: sparse rows with entries of `field`, over Q of whole numbers too; they are not changed.

    Over Q each row is the multiple with coprime whole entries and a positive pivot, elsewhere the pivot is 1:
    whole numbers are many times faster than fractions.

    >>> from sympy import QQ
    >>> reduced_echelon_rows([{0: 2, 1: 2, 2: QQ(1, 3)}, {0: 1}], QQ)
    {0: {0: 1}, 1: {1: 6, 2: 1}}
    """
    # Last pivots first: what is reduced then meets few of the rows before.
    ordered = sorted(filter(None, rows), key=min)
    if not field.is_QQ:
        reduced, pivots, _ = sdm_irref(dict(enumerate(ordered)))
        return dict(zip(pivots, reduced.values(), strict=True))
    known: dict[int, Vector] = {}
    zero: set[int] = set()  # pivots of rows with no other entry
    users: dict[int, set[int]] = {}  # the pivots of the rows that have an entry in a column
    while ordered:
        row = _whole(ordered.pop(), zero)
        for k in [k for k in row if k in known]:
            _cancel(row, known[k], k)
        if not row:
            continue
        pivot = min(row)
        _make_primitive(row, pivot)
        for k in users.pop(pivot, ()):
            other = known[k]
            _cancel(other, row, pivot)
            _make_primitive(other, k)
            for column in row:
                if column in other:
                    users.setdefault(column, set()).add(k)
                elif column in users:
                    users[column].discard(k)
            if len(other) == 1:
                del known[k]
                zero.add(k)
        if len(row) == 1:
            zero.add(pivot)
            continue
        known[pivot] = row
        for column in row:
            if column != pivot:
                users.setdefault(column, set()).add(pivot)
    return {k: known.get(k) or {k: 1} for k in sorted([*known, *zero])}


def _whole(row: Vector, left_out: set[int]) -> Vector:
    """A multiple of the row with whole entries, without the columns left out."""
    if {type(v) for v in row.values()} == {int}:
        return {k: v for k, v in row.items() if k not in left_out}
    scale = lcm(*(int(v.denominator) for v in row.values()))
    return {k: int(v.numerator) * (scale // int(v.denominator)) for k, v in row.items() if k not in left_out}


def _cancel(row: Vector, known: Vector, column: int) -> None:
    """Replace a row by the multiple b row - a known that has no entry in the column."""
    a, b = row[column], known[column]
    divisor = gcd(a, b)
    a, b = a // divisor, b // divisor
    if b != 1:
        for k in row:
            row[k] *= b
    for k, value in known.items():
        if k not in row:
            row[k] = -a * value
        elif new := row[k] - a * value:
            row[k] = new
        else:
            del row[k]


def _make_primitive(row: Vector, pivot: int) -> None:
    if row[pivot] == 1:
        return
    divisor = gcd(*row.values())
    if row[pivot] < 0:
        divisor = -divisor
    if divisor != 1:
        for k in row:
            row[k] //= divisor
