"""What generators and maps do to terms: derivations and substitutions of a term ring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy as sp

from symeq.terms.polynomials import Poly, accumulate, add, multiply, times
from symeq.terms.ring import TermRing, powers


class Derivation:
    """A vector field on the terms of a ring: v(g h) = v(g) h + g v(h), given v on the coordinates.

    >>> x, u = sp.symbols("x u")
    >>> ring = TermRing([x, u], [sp.exp(x), u])
    >>> v = Derivation(ring, {x: sp.S.One, u: x})
    >>> ring.expression(v(ring.polynomial(u**2 * sp.exp(x))))
    u**2*exp(x) + 2*u*x*exp(x)
    """

    def __init__(self, ring: TermRing, images: Mapping[sp.Symbol, sp.Expr]) -> None:
        self.ring = ring
        self._images = {
            ring.index[z]: ring.polynomial(image) for z, image in images.items() if z in ring.index
        }

    @classmethod
    def of_polynomials(cls, ring: TermRing, images: Mapping[int, Poly]) -> Derivation:
        """Return the vector field whose coefficients are given as polynomials, by index of the coordinate."""
        field = cls(ring, {})
        field._images.update(images)
        return field

    def __call__(self, poly: Poly) -> Poly:
        total: Poly = {}
        for monomial, coefficient in poly.items():
            for at, (i, exponent) in enumerate(monomial):
                image = self._images.get(i)
                if image is None:
                    image = self._image(i)
                if not image:
                    continue
                factor = coefficient * self.ring.rational(exponent)
                lower = ((i, exponent - 1),) if exponent != 1 else ()
                rest = (*monomial[:at], *lower, *monomial[at + 1 :])
                for other, value in image.items():
                    accumulate(total, times(rest, other), factor * value)
        return total

    def _image(self, i: int) -> Poly:
        generator = self.ring.generators[i]
        if generator.kind == "coordinate":
            image: Poly = {}
        else:
            inner = self(generator.argument)
            image = inner
            if inner and generator.kind == "exp":
                image = multiply({((i, 1),): 1}, inner)
            elif inner and generator.kind == "log":
                image = multiply(inner, self.ring.power(generator.argument, Fraction(-1)))
            elif inner and generator.kind == "atan":
                square = multiply(generator.argument, generator.argument)
                image = multiply(inner, self.ring.power(add({(): 1}, square), Fraction(-1)))
        self._images[i] = image
        return image


def substitution(ring: TermRing, images: Mapping[sp.Symbol, sp.Expr]) -> Callable[[sp.Expr], Poly]:
    """The map theta -> theta o g on terms, given the coordinates of g z.

    >>> x, u = sp.symbols("x u")
    >>> ring = TermRing([x, u], [x, u])
    >>> ring.expression(substitution(ring, {x: -x, u: u + x})(x * u))
    -u*x - x**2
    """
    single = {z: ring.polynomial(image) for z, image in images.items()}
    known: dict[tuple[sp.Symbol, int], Poly] = {}

    def power(z: sp.Symbol, exponent: int) -> Poly:
        if exponent == 1:
            return single[z] if z in single else ring.polynomial(z)
        if (z, exponent) not in known:
            known[z, exponent] = multiply(power(z, exponent - 1), power(z, 1))
        return known[z, exponent]

    def substitute(term: sp.Expr) -> Poly:
        number, monomial = term.as_coeff_Mul()
        exponents = powers(monomial)
        if exponents is None:
            return ring.polynomial(term.subs(images, simultaneous=True))
        product: Poly = {(): ring.number(number)}
        for z, exponent in exponents.items():
            product = multiply(product, power(z, exponent))
        return product

    return substitute
