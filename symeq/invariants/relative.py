"""Relative invariants: the search for polynomials that every field multiplies by a cofactor."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import comb, prod
from typing import Any

import sympy as sp
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from symeq.exact import Inconsistent, Row, solve_affine
from symeq.exact.echelon import reduced_echelon_rows
from symeq.invariants.classes import CLASS, Classes
from symeq.invariants.cofactors import Cofactors
from symeq.invariants.pool import Factor
from symeq.terms import Monomial, Poly, multiply
from symeq.terms.polynomials import accumulate, times

TRIED = 300  # cofactors for one class
EIGENVALUES = 16  # monomials of a class on which fields are diagonalised
QUADRATIC = 20  # terms of a polynomial that is factored over the Gaussian numbers
FACTORED = 150  # terms of a polynomial that is factored
ADDITIVE = 400  # monomials of an additive relative invariant


@dataclass(frozen=True)
class RelativeInvariant:
    """A function that every generator multiplies by a cofactor: v(f) = lambda_v f.

    expression: f; cofactors: lambda_v for each generator of the closed symmetry.
    """

    expression: sp.Expr
    cofactors: tuple[sp.Expr, ...]


@dataclass
class Search:
    """The polynomials f with v(f) = lambda_v f for all fields, degree by degree and class by class.

    A class holds the monomials of equal weights: fields carry classes into classes. The cofactors tried for
    a class are those that a vertex of the Newton polytope of f can have,

        (sum_i m_i lambda^i_v)_mu = (coefficient of mu in v(M)/M)   for a monomial M of the class.
    """

    cofactors: Cofactors
    deadline: float | None = None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        cofactors = self.cofactors
        self.classes = Classes(cofactors, self.notes)
        variables = list(enumerate(cofactors.variables))
        self.place = {z[0][0]: (at, z[0][1]) for at, z in reversed(variables)}
        self.functionals, self.inverse = self._functionals()

    def late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def _functionals(self) -> tuple[list[tuple[int, Monomial] | int], list[list[Any]]]:
        """Coefficients of lambda that determine the m_i, those fixed by scalings first, and their inverse."""
        cofactors, size = self.cofactors, len(self.cofactors.basis)
        candidates: list[tuple[int, Monomial] | int] = list(range(len(cofactors.scalings)))
        places = {(v, mu) for cocycle in cofactors.basis for v, poly in enumerate(cocycle) for mu in poly}
        ordered = sorted((-_degree(mu), v, mu) for v, mu in places)
        candidates += [(v, mu) for _, v, mu in ordered]
        chosen: list[tuple[int, Monomial] | int] = []
        rows: list[list[Any]] = []
        for candidate in candidates:
            row = [self._value(candidate, cocycle) for cocycle in cofactors.basis]
            if len(rows) < size and _rank([*rows, row], cofactors.field) > len(rows):
                rows.append(row)
                chosen.append(candidate)
        return chosen, rows

    def _value(self, functional: tuple[int, Monomial] | int, cocycle: Sequence[Poly]) -> Any:
        convert = self.cofactors.field.convert
        if isinstance(functional, int):
            combination, _ = self.cofactors.scalings[functional]
            total = self.cofactors.field.zero
            for v, c in combination.items():
                total = total + c * cocycle[v].get((), 0)
            return total
        v, mu = functional
        return convert(cocycle[v].get(mu, 0))

    def factors(
        self, order: int, degree: int, *, largest: int = CLASS, weighted: bool = True
    ) -> Iterator[Factor]:
        """The factors of a degree, by class; stops when the time is used up.

        Arguments: `largest`, classes of more monomials are passed over; `weighted`, whether cofactors other
        than 0 are tried.
        """
        whole = True
        for monomials in self.classes.of(order, degree):
            if len(monomials) > largest:
                whole = False
                break
            for weights in self.weights(monomials):
                if self.late():
                    return
                if weighted or not any(weights):
                    yield from self._solutions(monomials, weights)
        if whole and weighted:
            self.classes.done |= {(k, degree) for k in range(order + 1)}

    def weights(self, monomials: Sequence[Monomial]) -> list[tuple[Any, ...]]:
        """The m of the cofactors that polynomials of a class may have."""
        cofactors = self.cofactors
        convert, zero = cofactors.field.convert, cofactors.field.zero
        fixed = [self._weight(monomials[0], w) for _, w in cofactors.scalings]
        size = len(cofactors.basis)
        sets: list[list[Any]] = []
        for functional in self.functionals:
            if isinstance(functional, int):
                sets.append([fixed[functional]])
            else:
                v, mu = functional
                slopes = [poly.get(mu, 0) for poly in cofactors.slopes[v]]
                values = dict.fromkeys(convert(self._weight(m, slopes)) for m in monomials)
                if mu == ():
                    values |= dict.fromkeys(self._eigenvalues(v, monomials))
                sets.append(list(values))
        found: dict[tuple[Any, ...], None] = {}
        if prod(map(len, sets)) > TRIED:
            sets = [sorted(s, key=lambda e: len(str(e)))[: max(2, int(TRIED ** (1 / size)))] for s in sets]
        if size and not any(fixed):
            found[(zero,) * size] = None
        for choice in product(*sets):
            found[tuple(_solved(self.inverse, list(choice), cofactors.field))] = None
        return [m for m in found if self._agrees(m, fixed)]

    def _eigenvalues(self, v: int, monomials: Sequence[Monomial]) -> list[Any]:
        """The rational c with v(f) = c f inside a class, which has to be small."""
        field = self.cofactors.field
        moved = any(m for poly in self.cofactors.slopes[v] for m in poly)
        if not field.is_QQ or len(monomials) > EIGENVALUES or not moved:
            return []
        place = {m: k for k, m in enumerate(monomials)}
        matrix = [[field.zero] * len(monomials) for _ in monomials]
        for k, m in enumerate(monomials):
            for n, c in self.cofactors.derivations[v]({m: 1}).items():
                if n in place:
                    matrix[place[n]][k] = field.convert(c)
        shape = (len(monomials), len(monomials))
        factors = DomainMatrix(matrix, shape, field).charpoly_factor_list()
        return [-factor[1] / factor[0] for factor, _ in factors if len(factor) == 2]

    def _weight(self, monomial: Monomial, weights: Sequence[Any]) -> Any:
        total = self.cofactors.field.zero
        for i, e in monomial:
            at, own = self.place[i]
            times_own = Fraction(e) / Fraction(own)
            factor = self.cofactors.field.convert(QQ(times_own.numerator, times_own.denominator))
            total = total + weights[at] * factor
        return total

    def _agrees(self, weights: Sequence[Any], fixed: Sequence[Any]) -> bool:
        for at, wanted in enumerate(fixed):
            total = self.cofactors.field.zero
            for m, cocycle in zip(weights, self.cofactors.basis, strict=True):
                total = total + m * self._value(at, cocycle)
            if total != wanted:
                return False
        return True

    def _solutions(self, monomials: Sequence[Monomial], weights: Sequence[Any]) -> Iterator[Factor]:
        cofactors = self.cofactors
        combined = cofactors.combined(weights)
        columns = []
        for v in cofactors.generating:
            columns.append([cofactors.defect(v, {m: 1}, combined[v]) for m in monomials])
            if self.late():
                return
        answer = self._null(columns, len(monomials))
        for vector in answer:
            poly = {monomials[k]: cofactors.ring.number(c) for k, c in vector.items()}
            if poly.keys() != {()}:
                yield self.factor(poly, tuple(weights))

    def _null(self, columns: Sequence[Sequence[Poly]], size: int) -> tuple[dict[int, sp.Expr], ...]:
        ring = self.cofactors.ring
        rows: list[Row] = []
        rooted = any(g.kind == "power" for g in ring.generators)
        for polys in columns:
            shown = ring.canonical(list(polys)) if rooted else polys
            by_monomial: dict[Monomial, dict[int, Any]] = {}
            for k, poly in enumerate(shown):
                for m, c in poly.items():
                    by_monomial.setdefault(m, {})[k] = c
            rows += [(row, 0) for row in by_monomial.values()]
        answer = solve_affine(rows, size, field=ring.field)
        return () if isinstance(answer, Inconsistent) else answer.basis

    def factor(self, poly: Poly, weights: tuple[Any, ...], additive: bool = False) -> Factor:
        """A polynomial of the ring with its cofactor."""
        order = max(self.classes.order(m) for m in poly)
        return Factor(self.cofactors.ring.expression(poly), poly, weights, order, additive)

    def recognised(self, expression: sp.Expr) -> Factor | None:
        """A polynomial as a factor, if its cofactor is in the span of those known."""
        cofactors = self.cofactors
        poly = cofactors.ring.polynomial(expression)
        size = len(cofactors.basis)
        rows: list[Row] = []
        for v in range(len(cofactors.images)):
            image = cofactors.derivations[v](poly)
            by_monomial: dict[Monomial, dict[int, Any]] = {}
            for k, cocycle in enumerate(cofactors.basis):
                for m, c in multiply(cocycle[v], poly).items():
                    by_monomial.setdefault(m, {})[k] = c
            for m in image:
                by_monomial.setdefault(m, {})
            rows += [(row, image.get(m, 0)) for m, row in by_monomial.items()]
        answer = solve_affine(rows, size, field=cofactors.field)
        if isinstance(answer, Inconsistent):
            return None
        weights = tuple(cofactors.field.from_sympy(answer.particular.get(k, sp.S.Zero)) for k in range(size))
        return self.factor(poly, weights)

    def angle(self, found: Factor) -> Factor | None:
        """The angle atan(b/a) of a factor a^2 + b^2, if it is an additive relative invariant."""
        if not self.cofactors.basis or found.degree != 2 or len(found.poly) > QUADRATIC:
            return None
        _, pieces = sp.factor_list(
            found.expression, *sorted(found.expression.free_symbols, key=str), gaussian=True
        )
        if len(pieces) != 2 or pieces[0][0].is_polynomial() is False:
            return None
        first = sp.expand(pieces[0][0])
        imaginary = sp.Add(*(t / sp.I for t in sp.Add.make_args(first) if t.has(sp.I)))
        real = sp.expand(first - sp.I * imaginary)
        if not real.free_symbols and not imaginary.free_symbols or 0 in (real, imaginary):
            return None
        if real.has(sp.I) or imaginary.has(sp.I):
            return None
        cofactors = self.cofactors
        expression = sp.atan(imaginary / real)
        poly = cofactors.ring.polynomial(expression)
        rows: list[Row] = []
        for v in range(len(cofactors.images)):
            polys = [cofactors.derivations[v](poly), *(cocycle[v] for cocycle in cofactors.basis)]
            image, *shown = cofactors.ring.canonical(polys)
            monomials = dict.fromkeys(m for p in (image, *shown) for m in p)
            for m in monomials:
                rows.append(({k: p[m] for k, p in enumerate(shown) if m in p}, image.get(m, 0)))
        answer = solve_affine(rows, len(cofactors.basis), field=cofactors.field)
        if isinstance(answer, Inconsistent):
            return None
        weights = tuple(
            cofactors.field.from_sympy(answer.particular.get(k, sp.S.Zero))
            for k in range(len(cofactors.basis))
        )
        return Factor(expression, poly, weights, found.order, additive=True)

    def parts(self, found: Factor) -> list[Factor]:
        """The irreducible factors, which are relative invariants themselves."""
        plain = all(self.cofactors.ring.generators[i].kind == "coordinate" for m in found.poly for i, _ in m)
        long = found.degree < 2 or len(found.poly) > FACTORED
        # Without cofactors the factors are invariants themselves, of lower degrees, and known.
        if found.additive or long or not plain or not self.cofactors.basis:
            return [found]
        expression = found.expression
        if found.absolute and len(found.poly) == 1:
            return [found]
        pieces = [f for f, _ in sp.factor_list(expression)[1]]
        if len(pieces) == 1 and sp.expand(pieces[0] - expression) == 0:
            return [found]
        known = [self.recognised(sp.expand(piece)) for piece in pieces]
        return [f for f in known if f is not None] if all(known) else [found]

    def additive(self, order: int, degree: int, below: Factor | None = None) -> Iterator[Factor]:
        """Polynomials g, or quotients N/f by a factor, with v(g) = lambda_v that is not 0, as log f has.

        v(N) = lambda_f N + lambda f
        """
        cofactors = self.cofactors
        variables = [z for z in cofactors.variables if self.classes.order(z) <= order]
        size = len(cofactors.basis)
        if not size or comb(len(variables) + degree, degree) > ADDITIVE:
            return
        monomials: dict[Monomial, None] = {}
        for d in range(degree + 1):
            for chosen in combinations_with_replacement(variables, d):
                monomial: Monomial = ()
                for z in chosen:
                    monomial = times(monomial, z)
                if monomial or below is not None:
                    monomials[monomial] = None
        names = list(monomials)
        base: Poly = {(): 1} if below is None else below.poly
        own = cofactors.combined(below.weights) if below is not None else ({},) * len(cofactors.images)
        columns = [
            [
                *(multiply({(): -1}, multiply(cocycle[v], base)) for cocycle in cofactors.basis),
                *(cofactors.defect(v, {m: 1}, own[v]) for m in names),
            ]
            for v in range(len(cofactors.images))
        ]
        for vector in self._null(columns, size + len(names)):
            weights = tuple(
                cofactors.field.from_sympy(vector[k]) if k in vector else cofactors.field.zero
                for k in range(size)
            )
            poly: Poly = {}
            for k, c in vector.items():
                if k >= size:
                    accumulate(poly, names[k - size], cofactors.ring.number(c))
            if poly and any(weights) and below is None:
                yield self.factor(poly, weights, additive=True)
            elif poly and any(weights) and below is not None:
                expression = cofactors.ring.expression(poly) / below.expression
                read = cofactors.ring.polynomial(expression)
                yield Factor(
                    expression, read, weights, max(self.classes.order(m) for m in (*poly, *base)), True
                )


def _degree(monomial: Monomial) -> Any:
    return sum(e for _, e in monomial)


def _rank(rows: Sequence[Sequence[Any]], field: Any) -> int:
    sparse = [{k: c for k, c in enumerate(row) if c} for row in rows]
    return len(reduced_echelon_rows([row for row in sparse if row], field))


def _solved(rows: Sequence[Sequence[Any]], values: Sequence[Any], field: Any) -> list[Any]:
    """The m with sum_i rows[j][i] m_i = values[j], for a square regular matrix."""
    size = len(rows)
    sparse = []
    for row, value in zip(rows, values, strict=True):
        entries = {k: field.convert(c) for k, c in enumerate(row) if c}
        if value:
            entries[size] = field.convert(value)
        sparse.append(entries)
    reduced = reduced_echelon_rows(sparse, field)
    return [field.convert(reduced[k].get(size, 0)) / field.convert(reduced[k][k]) for k in range(size)]
