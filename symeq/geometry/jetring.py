"""Polynomials on the jet, with the total derivative as a replacement of factors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol
from sympy.polys.polyerrors import CoercionFailed, PolynomialError
from sympy.polys.polyutils import parallel_dict_from_expr

from symeq.exact import coefficient_field
from symeq.geometry.jet import Jet

Monomial = tuple[int, ...]
Poly = dict[Monomial, Any]


class JetRing:
    """The ring K[x, u, u_J] over the coordinates of a jet, K the field of the coefficients.

    A coordinate is known by its place in the jet, a monomial by the places of its factors in increasing
    order, each as often as its exponent says. SymPy differentiates an expression node by node; here D_i puts
    one place for another, which is 10 to 100 times faster.
    """

    zero: Poly = {}

    def __init__(self, jet: Jet, domain: Any) -> None:
        self.jet = jet
        self.domain = domain
        self.coordinates = jet.coordinates
        self.place = {symbol: k for k, symbol in enumerate(self.coordinates)}
        self._raised = [self._next_places(symbol) for symbol in self.coordinates]
        self._lower: dict[int, tuple[int, int]] = {}
        for k, raised in enumerate(self._raised):
            # The last index comes off first: i runs upwards, and the last one to lead here stays.
            for i, place in enumerate(raised):
                if place is not None and self._lower.get(place, (0, -1))[1] < i:
                    self._lower[place] = k, i
        self._products: dict[Monomial, Expr] = {}
        self._terms: dict[tuple[Monomial, Any], Expr] = {}

    def _next_places(self, symbol: Symbol) -> tuple[int | None, ...]:
        """The places of u_{J+1}, ..., u_{J+p}; None where D_i leaves the jet or the symbol is independent."""
        jet = self.jet
        if symbol in jet.independent or jet.order_of(symbol) >= jet.order:
            return (None,) * len(jet.independent)
        return tuple(self.place[jet.derivative(symbol, x)] for x in jet.independent)

    def coordinate(self, symbol: Symbol) -> int:
        """Return the place of a coordinate."""
        return self.place[symbol]

    def lower(self, place: int) -> tuple[int, int] | None:
        """Return J and i of a coordinate u_{J+i}, i its last index; None for a variable."""
        return self._lower.get(place)

    def raised(self, place: int, i: int) -> int | None:
        """Return the place of u_{J+i}."""
        return self._raised[place][i]

    def total_derivative(self, polynomial: Poly, i: int) -> Poly:
        """Return D_i of a polynomial of order below the order of the jet."""
        result: Poly = {}
        for monomial, coefficient in polynomial.items():
            for at, k in enumerate(monomial):
                raised = self._raised[k][i]
                if raised is not None:
                    image = tuple(sorted((*monomial[:at], *monomial[at + 1 :], raised)))
                elif k == i:
                    image = (*monomial[:at], *monomial[at + 1 :])
                else:
                    continue
                result[image] = result[image] + coefficient if image in result else coefficient
        return {m: c for m, c in result.items() if c}

    def reduced_by(self, polynomial: Poly, factor: Poly, place: int) -> Poly:
        """Return polynomial - factor * coordinate."""
        result = dict(polynomial)
        for monomial, coefficient in factor.items():
            image = tuple(sorted((*monomial, place)))
            result[image] = result[image] - coefficient if image in result else -coefficient
        return {m: c for m, c in result.items() if c}

    def scaled(self, polynomial: Poly, factor: Any) -> Poly:
        """Return a multiple of a polynomial."""
        return {m: product for m, c in polynomial.items() if (product := c * factor)}

    def difference(self, first: Poly, second: Poly) -> Poly:
        """Return first - second."""
        result = dict(first)
        for monomial, coefficient in second.items():
            result[monomial] = result[monomial] - coefficient if monomial in result else -coefficient
        return {m: c for m, c in result.items() if c}

    def product(self, first: Poly, second: Poly) -> Poly:
        """Return first * second."""
        result: Poly = {}
        for m, p in first.items():
            for n, q in second.items():
                image = tuple(sorted(m + n))
                result[image] = result[image] + p * q if image in result else p * q
        return {m: c for m, c in result.items() if c}

    def determinant(self, rows: Sequence[Sequence[Poly]], columns: tuple[int, ...]) -> Poly:
        """Return the determinant of the columns of a matrix, expanded along the first row."""
        if not columns:
            return {(): 1}
        result: Poly = {}
        for at, j in enumerate(columns):
            if rows[0][j]:
                minor = self.determinant(rows[1:], columns[:at] + columns[at + 1 :])
                result = self.difference(
                    result, self.scaled(self.product(rows[0][j], minor), (-1) ** (at + 1))
                )
        return result

    def expression(self, polynomial: Poly) -> Expr:
        """Return the polynomial as an expanded expression."""
        return sympy.Add(*(self._term(monomial, c) for monomial, c in polynomial.items()))

    def _term(self, monomial: Monomial, coefficient: Any) -> Expr:
        key = monomial, coefficient
        if key not in self._terms:
            if monomial not in self._products:
                self._products[monomial] = sympy.Mul(*(self.coordinates[k] for k in monomial))
            product = self._products[monomial]
            if isinstance(coefficient, int):
                self._terms[key] = product if coefficient == 1 else Integer(coefficient) * product
            else:
                self._terms[key] = sympy.expand_mul(self.domain.to_sympy(coefficient) * product)
        return self._terms[key]


@lru_cache(maxsize=64)
def _jet_ring(jet: Jet, domain: Any) -> JetRing:
    return JetRing(jet, domain)


def polynomials_on(
    jet: Jet, expressions: Iterable[Expr], variables: Iterable[Symbol]
) -> tuple[JetRing, list[Poly]] | None:
    """Return expressions polynomial in `variables` as elements of one ring of the jet, or None if one is not.

    Their coefficients may hold parameters and algebraic numbers; K is the smallest field that holds them.
    Whole numbers stay Python's, which are many times faster.
    """
    expressions, variables = list(expressions), list(variables)
    try:
        terms, _ = parallel_dict_from_expr(expressions, gens=variables)
    except PolynomialError:
        return None
    coefficients = [c for polynomial in terms for c in polynomial.values()]
    domain = coefficient_field(coefficients)
    try:
        numbers = iter([int(c) if c.is_Integer else domain.from_sympy(c) for c in coefficients])
    except CoercionFailed:
        return None
    ring = _jet_ring(jet, domain)
    places = [ring.place[v] for v in variables]
    return ring, [{_factors(m, places): next(numbers) for m in p} for p in terms]


def _factors(exponents: tuple[int, ...], places: list[int]) -> Monomial:
    return tuple(sorted(k for k, e in zip(places, exponents, strict=True) for _ in range(e)))
