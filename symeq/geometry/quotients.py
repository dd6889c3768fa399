"""The prolongation of a rational point map, by polynomials over powers of two known denominators."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr, Symbol
from sympy.polys.rings import PolyElement, PolyRing

from symeq.geometry.jet import Jet, MultiIndex
from symeq.geometry.jetring import JetRing, Poly, polynomials_on


class RationalProlongation:
    """The recursion of PointMap.prolong for images f/q, where f and q are polynomials.

        u'_J = N_J / (q^a d^b),   A_ij = D_i x'^j = B_ij / q^2,   d = det B,   A^-1 = q^2 adj(B) / d
        N_{J+j} = sum_i adj(B)_ji (D_i N_J q d - N_J (a D_i q d + b q D_i d))

    The denominators are known beforehand, so that only they are ever divided by, and only at the end.
    """

    def __init__(self, ring: JetRing, images: Sequence[Poly], below: Poly) -> None:
        self.ring, self.jet = ring, ring.jet
        self.images = dict(zip(self.jet.variables, images, strict=True))
        self.q = below
        directions = range(len(self.jet.independent))
        self._slopes_q = [ring.total_derivative(below, i) for i in directions]
        matrix = [[self._slope(self.images[x], i) for x in self.jet.independent] for i in directions]
        everything = tuple(directions)
        self.d = ring.determinant(matrix, everything)
        self.adjoint = [
            [ring.scaled(ring.determinant(_without(matrix, i), _left(everything, j)), (-1) ** (i + j))
             for i in directions]
            for j in directions
        ]  # fmt: skip
        if set(self.d) == {()}:
            inverse = ring.domain.one / self.d[()]
            self.adjoint = [[ring.scaled(entry, inverse) for entry in row] for row in self.adjoint]
            self.d = {(): 1}
        self._slopes_d = [ring.total_derivative(self.d, i) for i in directions] if self.jet.order > 1 else []
        self.known: dict[tuple[Symbol, MultiIndex], tuple[Poly, int, int]] = {}
        self.polynomials = PolyRing(self.jet.coordinates, ring.domain)
        self.factors = self._factors()

    def _slope(self, image: Poly, i: int) -> Poly:
        ring = self.ring
        slope = ring.total_derivative(image, i)
        if self.q != {(): 1}:
            slope = ring.difference(ring.product(slope, self.q), ring.product(image, self._slopes_q[i]))
        return slope

    def image(self, coordinate: Symbol) -> Expr:
        """Return the image of a coordinate of the jet, in lowest terms."""
        if coordinate in self.jet.variables:
            return self._expression(self.images[coordinate], 1, 0)
        return self._expression(*self.derivative(*self.jet.multi_index(coordinate)))

    def derivative(self, u: Symbol, index: MultiIndex) -> tuple[Poly, int, int]:
        """Return N, a and b of u'_J."""
        if not any(index):
            return self.images[u], 1, 0
        if (u, index) not in self.known:
            ring, q, d = self.ring, self.q, self.d
            j = max(k for k, count in enumerate(index) if count)
            below, a, b = self.derivative(u, tuple(count - (k == j) for k, count in enumerate(index)))
            with_q, with_d = bool(a) and q != {(): 1}, bool(b) and d != {(): 1}
            total: Poly = {}
            for i, factor in enumerate(self.adjoint[j]):
                if not factor:
                    continue
                step = ring.total_derivative(below, i)
                inner: Poly = ring.scaled(self._slopes_q[i], -a) if with_q else {}
                if with_q:
                    step = ring.product(step, q)
                if with_d:
                    step, inner = ring.product(step, d), ring.product(inner, d)
                    slope = ring.scaled(self._slopes_d[i], b)
                    inner = ring.difference(inner, ring.product(slope, q) if with_q else slope)
                if inner:
                    step = ring.difference(step, ring.scaled(ring.product(below, inner), -1))
                total = ring.difference(total, ring.scaled(ring.product(factor, step), -1))
            self.known[u, index] = total, a + with_q - 2, b + with_d + 1
        return self.known[u, index]

    def _element(self, polynomial: Poly) -> PolyElement:
        size = len(self.ring.coordinates)
        terms = {}
        for monomial, coefficient in polynomial.items():
            exponents = [0] * size
            for k in monomial:
                exponents[k] += 1
            terms[tuple(exponents)] = self.ring.domain.convert(coefficient)
        return self.polynomials.from_dict(terms)

    def _factors(self) -> dict[PolyElement, tuple[int, int]]:
        """The irreducible factors of q and d with their exponents there; numbers are factors too."""
        found: dict[PolyElement, tuple[int, int]] = {}
        for place, polynomial in enumerate((self.q, self.d)):
            number, factors = self._element(polynomial).factor_list()
            if number != self.ring.domain.one:
                factors = [(self.polynomials(number), 1), *factors]
            for factor, power in factors:
                counts = list(found.get(factor, (0, 0)))
                counts[place] += power
                found[factor] = counts[0], counts[1]
        return found

    def _expression(self, numerator: Poly, a: int, b: int) -> Expr:
        element = self._element(numerator)
        below: list[Expr] = []
        for factor, (in_q, in_d) in self.factors.items():
            power = a * in_q + b * in_d
            while power > 0 and (quotient := _quotient(element, factor)) is not None:
                element, power = quotient, power - 1
            if power < 0:
                element *= factor**-power
            elif power > 0:
                below.append(sympy.Pow(factor.as_expr(), -power))
        return sympy.Mul(sympy.expand(element.as_expr()), *below)


def _quotient(element: PolyElement, factor: PolyElement) -> PolyElement | None:
    quotient, rest = divmod(element, factor)
    return None if rest else quotient


def _without(matrix: list[list[Poly]], i: int) -> list[list[Poly]]:
    return matrix[:i] + matrix[i + 1 :]


def _left(columns: tuple[int, ...], j: int) -> tuple[int, ...]:
    return columns[:j] + columns[j + 1 :]


def rational_prolongation(jet: Jet, images: Sequence[Expr]) -> RationalProlongation | None:
    """Return the recursion for the images of the variables of a jet, or None where one is not rational."""
    if not all(image.is_rational_function(*jet.variables) for image in images):
        return None
    parts = [sympy.fraction(sympy.cancel(sympy.together(image))) for image in images]
    below = sympy.S.One
    for _, denominator in parts:
        below = sympy.lcm(below, denominator) if denominator != 1 else below
    numerators = [sympy.expand(f if below == 1 else sympy.cancel(f * below / g)) for f, g in parts]
    found = polynomials_on(jet, [*numerators, sympy.expand(below)], jet.variables)
    if found is None:
        return None
    ring, (*polynomials, q) = found
    return RationalProlongation(ring, polynomials, q)
