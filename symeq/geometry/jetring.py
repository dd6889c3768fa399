"""Polynomials on the jet, with the total derivative pushed through exponents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, Symbol
from sympy.polys.constructor import construct_domain
from sympy.polys.orderings import lex
from sympy.polys.polyerrors import PolynomialError
from sympy.polys.polyutils import parallel_dict_from_expr
from sympy.polys.rings import PolyElement, PolyRing

from symeq.geometry.jet import Jet


class JetRing:
    """The ring K[x, u, u_J] over the coordinates of a jet, K the field of the coefficients.

    SymPy differentiates an expression node by node; here D_i shifts exponents, which is 10 to 50 times
    faster.
    """

    def __init__(self, jet: Jet, domain: Any) -> None:
        self.jet = jet
        self.domain = domain
        self.coordinates = jet.coordinates
        self.place = {symbol: k for k, symbol in enumerate(self.coordinates)}
        self.ring = PolyRing(self.coordinates, domain, lex)
        self.zero = self.ring.zero
        self._raised = [self._next_places(symbol) for symbol in self.coordinates]
        self._products: dict[tuple[int, ...], Expr] = {}

    def _next_places(self, symbol: Symbol) -> tuple[int | None, ...]:
        """The places of u_{J+1}, ..., u_{J+p}; None where D_i leaves the jet or the symbol is independent."""
        jet = self.jet
        if symbol in jet.independent or jet.order_of(symbol) >= jet.order:
            return (None,) * len(jet.independent)
        return tuple(self.place[jet.derivative(symbol, x)] for x in jet.independent)

    def generator(self, symbol: Symbol) -> PolyElement:
        """Return a coordinate as an element of the ring."""
        return self.ring.gens[self.place[symbol]]

    def total_derivative(self, polynomial: PolyElement, i: int) -> PolyElement:
        """Return D_i of a polynomial of order below the order of the jet."""
        result: dict[tuple[int, ...], Any] = {}
        for monomial, coefficient in polynomial.items():
            for k, exponent in enumerate(monomial):
                if not exponent:
                    continue
                raised = self._raised[k][i]
                if raised is None and k != i:
                    continue
                image = list(monomial)
                image[k] -= 1
                if k != i and raised is not None:
                    image[raised] += 1
                key = tuple(image)
                result[key] = result.get(key, self.domain.zero) + coefficient * exponent
        return self.ring.from_dict({m: c for m, c in result.items() if c})

    def expression(self, polynomial: PolyElement) -> Expr:
        """Return the polynomial as an expanded expression."""
        terms = []
        for monomial, coefficient in polynomial.items():
            if monomial not in self._products:
                factors = (c**e for c, e in zip(self.coordinates, monomial, strict=True) if e)
                self._products[monomial] = sympy.Mul(*factors)
            terms.append(self._scaled(coefficient, self._products[monomial]))
        return sympy.Add(*terms)

    def _scaled(self, coefficient: Any, product: Expr) -> Expr:
        if coefficient == self.domain.one:
            return product
        return sympy.expand_mul(self.domain.to_sympy(coefficient) * product)


@lru_cache(maxsize=64)
def _jet_ring(jet: Jet, domain: Any) -> JetRing:
    return JetRing(jet, domain)


def polynomials_on(
    jet: Jet, expressions: Iterable[Expr], variables: Iterable[Symbol]
) -> tuple[JetRing, list[PolyElement]] | None:
    """Return expressions polynomial in `variables` as elements of one ring of the jet, or None if one is not.

    Their coefficients may hold parameters and algebraic numbers; K is the smallest field that SymPy finds for
    them.
    """
    expressions, variables = list(expressions), list(variables)
    try:
        terms, _ = parallel_dict_from_expr(expressions, gens=variables)
    except PolynomialError:
        return None
    coefficients = [c for polynomial in terms for c in polynomial.values()]
    domain, values = construct_domain(coefficients or [sympy.S.One], field=True, extension=True)
    if domain.is_EX or not domain.is_Exact:
        return None
    converted = iter(values)
    jet_ring = _jet_ring(jet, domain)
    places = [jet_ring.place[v] for v in variables]
    size = len(jet_ring.coordinates)
    return jet_ring, [_embedded(jet_ring.ring, {m: next(converted) for m in p}, places, size) for p in terms]


def _embedded(
    ring: PolyRing, terms: Mapping[tuple[int, ...], Any], places: list[int], size: int
) -> PolyElement:
    result = {}
    for monomial, coefficient in terms.items():
        exponents = [0] * size
        for place, exponent in zip(places, monomial, strict=True):
            exponents[place] = exponent
        result[tuple(exponents)] = coefficient
    return ring.from_dict({m: c for m, c in result.items() if c})
