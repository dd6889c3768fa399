"""Sums of monomials with rational exponents, as dictionaries."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Exponent = int | Fraction
Monomial = tuple[tuple[int, Exponent], ...]  # (generator, exponent), by generator
Poly = dict[Monomial, Any]


def add(*polys: Poly) -> Poly:
    """The sum of polynomials."""
    total: Poly = {}
    for poly in polys:
        for monomial, value in poly.items():
            accumulate(total, monomial, value)
    return total


def multiply(a: Poly, b: Poly) -> Poly:
    """The product of two polynomials."""
    total: Poly = {}
    for m, p in a.items():
        for n, q in b.items():
            accumulate(total, times(m, n), p * q)
    return total


def accumulate(total: Poly, monomial: Monomial, value: Any) -> None:
    new = total[monomial] + value if monomial in total else value
    if new:
        total[monomial] = new
    else:
        total.pop(monomial, None)


def times(m: Monomial, n: Monomial) -> Monomial:
    if not n:
        return m
    if not m:
        return n
    exponents = dict(m)
    for i, e in n:
        exponents[i] = exponents.get(i, 0) + e
    return tuple(sorted([(i, e if type(e) is int else whole(e)) for i, e in exponents.items() if e]))


def whole(exponent: Exponent) -> Exponent:
    return int(exponent) if isinstance(exponent, Fraction) and exponent.denominator == 1 else exponent


def common_monomial(poly: Poly) -> Monomial:
    """The lowest power of every generator in a sum."""
    lowest: dict[int, Exponent] = {}
    for at, monomial in enumerate(poly):
        exponents = dict(monomial)
        for i in lowest.keys() | exponents.keys():
            before = lowest.get(i, 0) if at else exponents[i]
            lowest[i] = min(before, exponents.get(i, 0))
    return tuple(sorted((i, e) for i, e in lowest.items() if e))
