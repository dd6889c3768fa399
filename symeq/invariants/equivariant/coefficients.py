"""The exact linear system for the coefficients of equivariant polynomial vectors, which grows by degree."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import comb

import sympy as sp

from symeq.exact import Inconsistent, Row, solve_affine
from symeq.geometry.calculus import exact_expression
from symeq.invariants.equivariant.condition import Equivariance, Vector
from symeq.terms import Derivation, ModularField, ModularPoint, Monomial, Poly, TermRing, add, multiply

Unknown = tuple[int, Monomial]  # a component of E and a monomial in it
RowKey = tuple[int, int, Monomial]  # a motion, a component of its condition and a monomial in that

UNKNOWNS = 24_000  # coefficients in one linear system: some seconds
ENUMERATED = 400_000  # monomials of one degree that are looked at, before weights have sorted out most


class Coefficients:
    """The linear system for the coefficients of E, which grows by one degree at a time."""

    def __init__(
        self, condition: Equivariance, variables: Sequence[sp.Symbol], deadline: float | None
    ) -> None:
        self.condition, self.deadline = condition, deadline
        self.degree = -1
        self.ring = condition.ring()
        ring = self.ring
        self.constants = _constants(ring)
        self.mixing = [
            [[ring.polynomial(exact_expression(e)) for e in row] for row in motion.mixing]
            for motion in condition.motions
        ]
        self.shifts = [
            [ring.polynomial(exact_expression(e)) for e in motion.shift] for motion in condition.motions
        ]
        self.derivations = [None if m.is_map else Derivation(ring, m.images) for m in condition.motions]
        self.moved = [
            {
                ring.index[z]: ring.polynomial(exact_expression(f))
                for z, f in m.images.items()
                if z in ring.index
            }
            if m.is_map
            else {}
            for m in condition.motions
        ]
        self.unknowns: list[Unknown] = []
        self.columns: list[dict[tuple[int, int], Poly]] = []
        self.free = [ring.index[z] for z in variables if not self._shifted(z)]
        self.weights = list(self._weights())

    def late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def _shifted(self, z: sp.Symbol) -> bool:
        """Whether a field is d/dz and asks nothing else of E, which then does not depend on z."""
        return any(
            not m.is_map
            and set(m.images) == {z}
            and not m.images[z].free_symbols & set(self.condition.coordinates)
            and not any(e != 0 for row in m.mixing for e in row)
            and not any(e != 0 for e in m.shift)
            for m in self.condition.motions
        )

    def _weights(self) -> Iterator[tuple[dict[int, int], list[int]]]:
        """For fields that multiply each coordinate and component by a constant: all these, modulo a prime."""
        for j, motion in enumerate(self.condition.motions):
            derivation, mixing = self.derivations[j], self.mixing[j]
            if derivation is None or any(self.shifts[j]):
                continue
            images = {self.ring.index[z]: self.ring.polynomial(f) for z, f in motion.images.items()}
            diagonal = all(set(image) == {((i, 1),)} for i, image in images.items())
            plain = all(
                set(poly) <= {()} if a == b else not poly
                for a, row in enumerate(mixing)
                for b, poly in enumerate(row)
            )
            if diagonal and plain:
                yield (
                    {i: self.constants.value(image[(i, 1),]) for i, image in images.items()},
                    [self.constants.value(row[a].get((), 0)) for a, row in enumerate(mixing)],
                )

    def _allowed(self, monomial: Monomial, component: int) -> bool:
        p = self.constants.prime
        return all(
            (sum(w.get(i, 0) * int(e) for i, e in monomial) - own[component]) % p == 0
            for w, own in self.weights
        )

    def extend(self, degree: int) -> str:
        """Take the monomials of a degree in; say what is in the way of that, or nothing."""
        n = len(self.free)
        count = comb(n + degree - 1, degree) if n else int(degree == 0)
        if count > ENUMERATED:
            return f"Degree {degree} has {count} monomials in {n} coordinates, too many to try."
        new: list[Unknown] = []
        for chosen in combinations_with_replacement(self.free, degree):
            monomial: Monomial = tuple((i, chosen.count(i)) for i in sorted(set(chosen)))
            new += [(a, monomial) for a in range(self.condition.size) if self._allowed(monomial, a)]
            if len(self.unknowns) + len(new) > UNKNOWNS:
                return f"Degree {degree} has more than {UNKNOWNS} coefficients, too many to solve for."
        fresh: list[dict[tuple[int, int], Poly]] = []
        for at, (a, monomial) in enumerate(new):
            if at % 64 == 0 and self.late():
                return f"The time was used up in degree {degree}."
            fresh.append(self._column(a, monomial))
        self.unknowns += new
        self.columns += fresh
        self.degree = degree
        return ""

    def _column(self, component: int, monomial: Monomial) -> dict[tuple[int, int], Poly]:
        """What a coefficient contributes to v(E) - M E, by motion and component."""
        column: dict[tuple[int, int], Poly] = {}
        for j, mixing in enumerate(self.mixing):
            image = self._image(j, monomial)
            for a, row in enumerate(mixing):
                mixed = multiply(row[component], {monomial: -1}) if row[component] else {}
                poly = add(image, mixed) if a == component else mixed
                if poly:
                    column[j, a] = poly
        return column

    def _image(self, j: int, monomial: Monomial) -> Poly:
        derivation = self.derivations[j]
        if derivation is not None:
            return derivation({monomial: 1})
        product: Poly = {(): 1}
        for i, exponent in monomial:
            factor = self.moved[j].get(i, {((i, 1),): 1})
            for _ in range(int(exponent)):
                product = multiply(product, factor)
        return product

    def _rows(self) -> tuple[dict[RowKey, dict[int, object]], dict[RowKey, object]]:
        """The linear system by rows, and its right-hand sides."""
        rows: dict[RowKey, dict[int, object]] = {}
        right: dict[RowKey, object] = {}
        rooted = any(g.kind == "power" for g in self.ring.generators)
        by_place: dict[tuple[int, int], list[tuple[int, Poly]]] = {}
        for k, column in enumerate(self.columns):
            for place, poly in column.items():
                by_place.setdefault(place, []).append((k, poly))
        for j, shift in enumerate(self.shifts):
            for a, poly in enumerate(shift):
                entries = by_place.get((j, a), [])
                polys = [poly, *(entry for _, entry in entries)]
                if rooted:
                    polys = self.ring.canonical(polys)
                for monomial, value in polys[0].items():
                    right[j, a, monomial] = value
                for (k, _), entry in zip(entries, polys[1:], strict=True):
                    for monomial, value in entry.items():
                        rows.setdefault((j, a, monomial), {})[k] = value
        return rows, right

    def _components(
        self, rows: Mapping[RowKey, Mapping[int, object]]
    ) -> list[tuple[list[int], list[RowKey]]]:
        """Unknowns that occur together, with their rows."""
        parent = list(range(len(self.unknowns)))

        def root(k: int) -> int:
            while parent[k] != k:
                parent[k] = parent[parent[k]]
                k = parent[k]
            return k

        for row in rows.values():
            first, *others = row
            for k in others:
                parent[root(k)] = root(first)
        groups: dict[int, tuple[list[int], list[RowKey]]] = {}
        for k in range(len(self.unknowns)):
            groups.setdefault(root(k), ([], []))[0].append(k)
        for key, row in rows.items():
            groups[root(next(iter(row)))][1].append(key)
        return list(groups.values())

    def solutions(self, degree: int) -> list[dict[Unknown, sp.Expr]]:
        """The homogeneous solutions, from every component that holds a monomial of this degree."""
        rows, _ = self._rows()
        found = []
        for members, keys in self._components(rows):
            if all(_degree(self.unknowns[k][1]) < degree for k in members):
                continue
            place = {k: at for at, k in enumerate(members)}
            system: list[Row] = [({place[k]: v for k, v in rows[key].items()}, 0) for key in keys]
            answer = solve_affine(system, len(members), field=self.ring.field)
            if not isinstance(answer, Inconsistent):
                found += [{self.unknowns[members[at]]: c for at, c in v.items()} for v in answer.basis]
        return found

    def particular(self) -> Vector | None:
        """The shortest solution with the shifts, if there is one up to the present degree."""
        rows, right = self._rows()
        if not right.keys() <= rows.keys():
            return None
        solution: dict[Unknown, sp.Expr] = {}
        for members, keys in self._components(rows):
            if not any(key in right for key in keys):
                continue
            place = {k: at for at, k in enumerate(members)}
            system: list[Row] = [
                ({place[k]: v for k, v in rows[key].items()}, right.get(key, 0)) for key in keys
            ]
            answer = solve_affine(system, len(members), field=self.ring.field)
            if isinstance(answer, Inconsistent):
                return None
            solution |= {self.unknowns[members[at]]: c for at, c in answer.particular.items()}
        return self.vector(solution)

    def vector(self, solution: Mapping[Unknown, sp.Expr]) -> Vector:
        """A solution as expressions."""
        parts: list[list[sp.Expr]] = [[] for _ in range(self.condition.size)]
        for (a, monomial), value in solution.items():
            parts[a].append(value * self.ring.monomial(monomial))
        return tuple(sp.Add(*part) for part in parts)

    def residues(self, solution: Mapping[Unknown, sp.Expr]) -> dict[Unknown, int]:
        """A solution modulo a prime."""
        field = self.ring.field
        return {k: self.constants.value(field.from_sympy(c)) for k, c in solution.items()}

    def degree_of(self, solution: Mapping[Unknown, sp.Expr]) -> int:
        return max(_degree(monomial) for _, monomial in solution)

    def key(self, solution: Mapping[Unknown, sp.Expr]) -> tuple[object, ...]:
        """By degree and then by length; of equal ones, that with the lower derivatives."""
        return self.degree_of(solution), len(solution), sorted((m, a) for a, m in solution)


def _degree(monomial: Monomial) -> int:
    return sum(int(e) for _, e in monomial)


def _constants(ring: TermRing) -> ModularField:
    return ModularPoint(ring, random.Random(0)).constants
