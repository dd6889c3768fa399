"""What fields do to monomials: their scalings, the gradings they respect, and the cofactors they allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import lcm
from typing import Any

from sympy import QQ

from symeq.exact.echelon import reduced_echelon_rows
from symeq.exact.vectors import Vector, null_vectors
from symeq.invariants.action import Action
from symeq.terms import Monomial, Poly, multiply
from symeq.terms.polynomials import accumulate, times

Cocycle = tuple[Poly, ...]  # lambda_v for each field


class Cofactors:
    """The scalings, gradings and cofactors of an action, by exact linear algebra.

        v(f) = lambda_v f   =>   v(lambda_w) - w(lambda_v) = lambda_[v, w]

    The cofactors of relative invariants satisfy this; looked for are those whose monomials occur in the
    divergences dv^z/dz, as that of every determinant of the fields does.

    translations: the fields that are constants times d/dz; those z are left out of polynomials.
    variables: what monomials are made of, coordinates and exponentials that occur in the fields.
    scalings: combinations of fields that multiply every variable by a constant, with these constants.
    gradings: whole weights of the variables for which every field is homogeneous.
    basis: the cofactors, as one polynomial for each field.
    """

    def __init__(self, action: Action) -> None:
        self.action, self.ring = action, action.ring
        self.field = action.ring.field
        self.derivations = action.derivations
        self.images = [
            {self.ring.index[z]: self.ring.polynomial(f) for z, f in field.items()} for field in action.fields
        ]
        self.translations = {
            next(iter(image))
            for image in self.images
            if len(image) == 1 and all(set(poly) <= {()} for poly in image.values())
        }
        self.moving = [
            v
            for v, image in enumerate(self.images)
            if any(i not in self.translations or not set(poly) <= {()} for i, poly in image.items())
        ]
        self.variables = tuple(self._variables())

    def _variables(self) -> Iterator[Monomial]:
        for i, generator in enumerate(self.ring.generators):
            if generator.kind == "coordinate" and i not in self.translations:
                yield ((i, 1),)
        gone = {self.ring.generators[i].expression for i in self.translations}
        for i in sorted({i for i, _ in self.occurring}):
            generator = self.ring.generators[i]
            if generator.expression.free_symbols & gone:
                continue
            if generator.kind == "exp":
                yield ((i, 1),)
                yield ((i, -1),)
            elif generator.kind in ("log", "atan"):
                yield ((i, 1),)
        for i, e in sorted(self.occurring):
            if i in self.roots and not self.ring.generators[i].expression.free_symbols & gone:
                yield ((i, e),)

    @cached_property
    def occurring(self) -> set[tuple[int, Any]]:
        """The generators of the ring that the fields contain, with their exponents."""
        return {pair for image in self.images for poly in image.values() for m in poly for pair in m}

    @cached_property
    def roots(self) -> set[int]:
        """Coordinates and sums of which the fields contain roots or reciprocals."""
        kinds = self.ring.generators
        return {
            i
            for i, e in self.occurring
            if kinds[i].kind in ("coordinate", "power") and (e < 0 or int(e) != e)
        }

    def slope(self, v: int, variable: Monomial) -> Poly:
        """v(z)/z of a variable z, as Laurent monomials."""
        [(i, e)] = variable
        inverse = ((i, -e),)
        return {times(m, inverse): c for m, c in self.derivations[v]({variable: 1}).items()}

    @cached_property
    def slopes(self) -> list[list[Poly]]:
        """v(z)/z by field and variable."""
        return [[self.slope(v, z) for z in self.variables] for v in range(len(self.images))]

    def _null_space(self, rows: Sequence[Vector], columns: int, field: Any) -> list[Vector]:
        exact = [{k: field.convert(c) for k, c in row.items()} for row in rows if row]
        reduced = reduced_echelon_rows(exact, field)
        return null_vectors(reduced, reduced, columns, field)

    @cached_property
    def scalings(self) -> list[tuple[Vector, list[Any]]]:
        """Combinations of fields that are diagonal: their coefficients by field, and weights by variable."""
        rows: dict[Any, Vector] = {}
        for at, v in enumerate(self.moving):
            for z, poly in enumerate(self.slopes[v]):
                for monomial, c in poly.items():
                    if monomial:
                        rows.setdefault((z, monomial), {})[at] = c
        found = []
        for vector in self._null_space(list(rows.values()), len(self.moving), self.field):
            combination = {self.moving[at]: c for at, c in vector.items()}
            weights = [
                self._total(c * self.slopes[v][z].get((), 0) for v, c in combination.items())
                for z in range(len(self.variables))
            ]
            if any(weights):
                found.append((combination, weights))
        return found

    def _total(self, values: Iterator[Any]) -> Any:
        total = self.field.zero
        for value in values:
            total = total + value
        return total

    @cached_property
    def gradings(self) -> list[list[int]]:
        """Independent weights of the variables for which all fields are homogeneous."""
        rows: list[dict[int, Any]] = []
        for field in range(len(self.images)):
            shifts = {m for poly in self.slopes[field] for m in poly}
            rows += _differences(sorted(shifts, key=repr))
            for i, poly in self.images[field].items():
                if i in self.translations:
                    own_shifts = {times(m, ((i, -1),)) for m in poly}
                    rows += _differences(sorted(own_shifts | set(list(shifts)[:1]), key=repr))
        for i, generator in enumerate(self.ring.generators):
            if generator.kind == "power":
                inside = [times(m, ((i, -1),)) for m in generator.argument]
                rows += [{k: QQ(e) for k, e in m} for m in inside]
        weights: list[list[int]] = []
        for vector in self._null_space(rows, len(self.ring.generators), QQ):
            scale = lcm(*(int(c.denominator) for c in vector.values()))
            whole = {i: int(c * scale) for i, c in vector.items()}
            fine = lcm(*(Fraction(z[0][1]).denominator for z in self.variables))
            own = [int(whole.get(z[0][0], 0) * fine * z[0][1]) for z in self.variables]
            if any(own):
                weights.append(own)
        return weights

    @cached_property
    def basis(self) -> list[Cocycle]:
        """A basis of the cofactors."""
        supports = [self._support(v) if v in self.moving else [] for v in range(len(self.images))]
        unknowns = [(v, m) for v, support in enumerate(supports) for m in support]
        place = {unknown: k for k, unknown in enumerate(unknowns)}
        rows = []
        for (v, w), constants in self._structure().items():
            row: dict[Monomial, Vector] = {}
            for one, other, sign in ((v, w, 1), (w, v, -1)):
                for m in supports[other]:
                    for n, c in self.derivations[one]({m: 1}).items():
                        _add(row.setdefault(n, {}), place[other, m], sign * c)
            for u, c in constants.items():
                for m in supports[u]:
                    _add(row.setdefault(m, {}), place[u, m], -c)
            rows += list(row.values())
        for v, relation in self._relations().items():
            for m in {m for u in (v, *relation) for m in supports[u]}:
                row_of = {place[v, m]: 1} if (v, m) in place else {}
                row_of |= {place[u, m]: -c for u, c in relation.items() if (u, m) in place}
                rows.append(row_of)
        found = []
        for vector in self._null_space(rows, len(unknowns), self.field):
            cocycle: list[Poly] = [{} for _ in self.images]
            for k, c in vector.items():
                v, m = unknowns[k]
                cocycle[v][m] = c
            found.append(tuple(cocycle))
        return found

    def _support(self, v: int) -> list[Monomial]:
        found = {()} | {m for poly in self.slopes[v] for m in poly}
        for i, poly in self.images[v].items():
            found |= {times(m, ((i, -1),)) for m in poly}
        return sorted(m for m in found if all(self._regular(i, e) for i, e in m))

    def _regular(self, i: int, exponent: Any) -> bool:
        """Whether a cofactor may contain this power: of a coordinate only whole ones, where fields do so."""
        kind = self.ring.generators[i].kind
        return i in self.roots or kind == "exp" or (exponent > 0 and int(exponent) == exponent)

    @cached_property
    def _table(self) -> tuple[list[int], dict[int, Vector], list[tuple[int, int]]]:
        """Reduced rows of the fields, one column each, with the brackets of pairs as further columns."""
        size = len(self.images)
        pairs = list(combinations(range(size), 2))
        kept: list[int] = []
        pivots: list[int] = []
        for z in range(len(self.action.coordinates)):
            if z % 4 == 0 and kept and len(self._pivots(kept)) == size:
                break
            kept.append(z)
        pivots = self._pivots(kept)
        rows: dict[Any, Vector] = {}
        for v, image in enumerate(self.images):
            for i in kept:
                for m, c in image.get(i, {}).items():
                    rows.setdefault((i, m), {})[v] = self.field.convert(c)
        for at, (v, w) in enumerate(pairs):
            for i in kept:
                bracket = dict(self.derivations[v](self.images[w].get(i, {})))
                for m, c in self.derivations[w](self.images[v].get(i, {})).items():
                    accumulate(bracket, m, -c)
                for m, c in bracket.items():
                    rows.setdefault((i, m), {})[size + at] = self.field.convert(c)
        reduced = reduced_echelon_rows(rows.values(), self.field)
        return pivots, reduced, pairs

    def _pivots(self, kept: Sequence[int]) -> list[int]:
        rows: dict[Any, Vector] = {}
        for v, image in enumerate(self.images):
            for i in kept:
                for m, c in image.get(i, {}).items():
                    rows.setdefault((i, m), {})[v] = self.field.convert(c)
        return list(reduced_echelon_rows(rows.values(), self.field))

    def _structure(self) -> dict[tuple[int, int], Vector]:
        """The brackets of pairs of fields in terms of the fields."""
        pivots, reduced, pairs = self._table
        size = len(self.images)
        constants: dict[tuple[int, int], Vector] = {pair: {} for pair in pairs}
        for v in pivots:
            for k, c in reduced[v].items():
                if k >= size:
                    constants[pairs[k - size]][v] = self.field.convert(c) / self.field.convert(reduced[v][v])
        return constants

    def _relations(self) -> dict[int, Vector]:
        """Fields that are combinations of those before."""
        pivots, reduced, _ = self._table
        found: dict[int, Vector] = {v: {} for v in range(len(self.images)) if v not in pivots}
        for v in pivots:
            for k, c in reduced[v].items():
                if k in found:
                    found[k][v] = self.field.convert(c) / self.field.convert(reduced[v][v])
        return found

    @cached_property
    def generating(self) -> list[int]:
        """Fields that are no translation and no scaling, and give the rest by brackets."""
        scaling = {next(iter(c)) for c, _ in self.scalings if len(c) == 1}
        structure = self._structure()
        wanted = [v for v in self.moving if v not in scaling]
        size = len(self.images)
        chosen: list[int] = []
        span: list[Vector] = []

        def rank(rows: Sequence[Vector]) -> int:
            return len(reduced_echelon_rows([dict(r) for r in rows], self.field))

        def grown(rows: list[Vector], vector: Vector) -> bool:
            if vector and rank([*rows, vector]) > rank(rows):
                rows.append(vector)
                return True
            return False

        def bracket(a: Vector, b: Vector) -> Vector:
            total: Vector = {}
            for v, c in a.items():
                for w, d in b.items():
                    if v != w:
                        sign = 1 if v < w else -1
                        for u, e in structure[min(v, w), max(v, w)].items():
                            _add(total, u, sign * c * d * e)
            return total

        def close() -> None:
            done = 0
            while done < len(span):
                for k in range(done):
                    grown(span, bracket(span[done], span[k]))
                done += 1

        one = self.field.one
        for v in range(size):
            if v not in wanted:
                grown(span, {v: one})
        close()
        for v in wanted:
            if grown(span, {v: one}):
                chosen.append(v)
                close()
        return chosen

    def combined(self, weights: Sequence[Any]) -> Cocycle:
        """The cofactor sum_i m_i lambda^i."""
        total: list[Poly] = [{} for _ in self.images]
        for weight, cocycle in zip(weights, self.basis, strict=True):
            if weight:
                for v, poly in enumerate(cocycle):
                    for m, c in poly.items():
                        accumulate(total[v], m, weight * c)
        return tuple(total)

    def defect(self, v: int, poly: Poly, cofactor: Poly) -> Poly:
        """v(f) - lambda_v f."""
        result = dict(self.derivations[v](poly))
        if cofactor:
            for m, c in multiply(cofactor, poly).items():
                accumulate(result, m, -c)
        return result


def _add(row: Vector, k: int, value: Any) -> None:
    new = row[k] + value if k in row else value
    if new:
        row[k] = new
    else:
        row.pop(k, None)


def _differences(monomials: Sequence[Monomial]) -> list[dict[int, Any]]:
    rows = []
    for other in monomials[1:]:
        difference = times(other, tuple((i, -e) for i, e in monomials[0]))
        rows.append({i: QQ(e.numerator, e.denominator) for i, e in difference})
    return rows
