"""Random points modulo a prime: what terms, with all their functions and constants, are worth there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from math import lcm
from typing import Any

import sympy as sp
from sympy.ntheory import nthroot_mod
from sympy.polys.domains.domain import Domain
from sympy.polys.galoistools import gf_factor

from symeq.errors import InvalidInput
from symeq.exact.modular import primes
from symeq.terms.polynomials import Poly
from symeq.terms.ring import TermRing

TRIES = 200  # draws of a point until every root has a value, and primes until every constant has


class NoImage(Exception):
    """A constant or a root has no value modulo this prime, or not at this point."""


class ModularField:
    """The constants of a field modulo a prime: parameters are drawn, algebraic numbers are roots.

    >>> point = ModularField(sp.QQ.algebraic_field(sp.sqrt(2)), 2147483497, random.Random(0))
    >>> root = point.value(point.field.from_sympy(sp.sqrt(2)))
    >>> root**2 % 2147483497
    2

    Raises NoImage where an algebraic number has no root modulo p.
    """

    def __init__(
        self, field: Domain, prime: int, draw: random.Random, known: Mapping[sp.Symbol, int] | None = None
    ) -> None:
        self.field, self.prime = field, prime
        ground = field.domain if field.is_FractionField else field
        self._root = 0
        if ground.is_QQ_I:
            self._root = _root_of([1, 0, 1], prime)
        elif ground.is_Algebraic:
            self._root = _root_of([int(c) % prime for c in _integral(ground.mod.to_list())], prime)
        parameters = field.symbols if field.is_FractionField else ()
        given = known or {}
        self.parameters = {s: int(given.get(s, draw.randrange(1, prime))) % prime for s in parameters}

    def value(self, constant: Any) -> int:
        """Return a number (Python's or the field's) modulo p."""
        if isinstance(constant, int):
            return constant % self.prime
        return self._value(self.field.convert(constant), self.field)

    def _value(self, constant: Any, field: Domain) -> int:
        p = self.prime
        if field.is_FractionField:
            return (
                self._polynomial(constant.numer, field)
                * self._inverse(self._polynomial(constant.denom, field))
                % p
            )
        if field.is_QQ_I:
            return (self._value(constant.x, sp.QQ) + self._root * self._value(constant.y, sp.QQ)) % p
        if field.is_Algebraic:
            total = 0
            for coefficient in constant.to_list():
                total = (total * self._root + self._value(coefficient, sp.QQ)) % p
            return total
        return int(constant.numerator) * self._inverse(int(constant.denominator)) % p

    def _polynomial(self, polynomial: Any, field: Domain) -> int:
        total = 0
        values = list(self.parameters.values())
        for monomial, coefficient in polynomial.terms():
            # SymPy may leave fractions in numerator and denominator; the ground domain knows its own.
            term = self._value(field.domain.convert(coefficient), field.domain)
            for value, exponent in zip(values, monomial, strict=True):
                term = term * pow(value, exponent, self.prime) % self.prime
            total += term
        return total % self.prime

    def _inverse(self, value: int) -> int:
        if value % self.prime == 0:
            raise NoImage
        return pow(value, -1, self.prime)


def _integral(coefficients: list[Any]) -> list[int]:
    scale = sp.ilcm(1, *(int(c.denominator) for c in coefficients))
    return [int(c.numerator) * int(scale) // int(c.denominator) for c in coefficients]


def _root_of(polynomial: list[int], prime: int) -> int:
    _, factors = gf_factor([sp.ZZ(c) for c in polynomial], prime, sp.ZZ)
    for factor, _ in factors:
        if len(factor) == 2:
            return int(-factor[1]) % prime
    raise NoImage


class ModularPoint:
    """A random point modulo a prime with the values of all generators of a ring of terms.

    Coordinates, exponentials, logarithms and arc tangents are independent of each other and are drawn; what
    stands under a root is a power there, so that the root has a value.

    Arguments: `known`, values of coordinates (or parameters) that are not drawn.
    Raises InvalidInput when no prime and point are found at which everything has a value.

    >>> x, u = sp.symbols("x u")
    >>> ring = TermRing([x, u], [sp.sqrt(1 + u**2) * sp.sin(x) ** 2, sp.cos(x) ** 2])
    >>> one, root = ring.polynomial(sp.sin(x) ** 2 + sp.cos(x) ** 2), ring.polynomial(sp.sqrt(1 + u**2))
    >>> point = ModularPoint(ring, random.Random(0))
    >>> point(one), (point(root) ** 2 - 1 - point(ring.polynomial(u)) ** 2) % point.prime
    (1, 0)
    """

    def __init__(
        self,
        ring: TermRing,
        draw: random.Random,
        *,
        skip: int = 0,
        known: Mapping[sp.Symbol, int] | None = None,
    ) -> None:
        self.ring = ring
        for constants in _fields(ring.field, draw, skip, known or {}):
            for _ in range(TRIES if any(g.kind == "power" for g in ring.generators) else 1):
                try:
                    self._draw(constants, draw, known or {})
                except NoImage:
                    continue
                return
        raise InvalidInput(f"no value modulo a prime was found for {self.ring.field} and the roots given.")

    def _draw(self, constants: ModularField, draw: random.Random, known: Mapping[sp.Symbol, int]) -> None:
        self.constants, self.prime = constants, constants.prime
        self._values: dict[int, int] = {}
        self._roots: dict[int, tuple[int, int]] = {}
        self._random = draw
        for i, generator in enumerate(self.ring.generators):
            given = known.get(generator.expression) if generator.kind == "coordinate" else None
            if generator.kind != "power":
                value = draw.randrange(1, self.prime) if given is None else int(given) % self.prime
                self._values[i] = value
        for i, generator in enumerate(self.ring.generators):
            if generator.kind == "power":
                value = self(generator.argument)
                if not value or pow(value, (self.prime - 1) // 2, self.prime) != 1:
                    raise NoImage
                self._values[i] = value

    def value(self, generator: int) -> int:
        """Return the value of a generator of the ring, by its index; NoImage for a late root without one."""
        if generator not in self._values:
            made = self.ring.generators[generator]
            self._values[generator] = (
                self(made.argument) if made.kind == "power" else self._random.randrange(1, self.prime)
            )
        return self._values[generator]

    def __call__(self, poly: Poly) -> int:
        """Return the value of a polynomial of the ring."""
        total = 0
        for monomial, coefficient in poly.items():
            term = self.constants.value(coefficient)
            for i, exponent in monomial:
                term = term * self._power(i, exponent) % self.prime
            total += term
        return total % self.prime

    def _power(self, i: int, exponent: Any) -> int:
        p = self.prime
        if isinstance(exponent, int):
            if exponent < 0 and not self.value(i):
                raise NoImage
            return pow(self.value(i), exponent, p)
        # One root serves all powers, so that those of u^(1/2) are those of the square of u^(1/4).
        order, root = self._roots.get(i, (1, self.value(i)))
        common = lcm(order, exponent.denominator)
        if common != order:
            found = nthroot_mod(root, common // order, p)
            if not found:
                raise NoImage
            order, root = self._roots[i] = common, int(found)
        return pow(root, exponent.numerator * (order // exponent.denominator), p)


def _fields(
    field: Domain, draw: random.Random, skip: int, known: Mapping[sp.Symbol, int]
) -> Iterator[ModularField]:
    supply = primes()
    for _ in range(skip):
        next(supply)
    for _ in range(TRIES):
        try:
            yield ModularField(field, next(supply), draw, known)
        except NoImage:
            continue
