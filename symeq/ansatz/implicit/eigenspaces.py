"""Joint eigenvectors of generators and maps on a library: for which multipliers are there relations?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import sympy as sp
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.sdm import sdm_irref
from sympy.polys.polyerrors import CoercionFailed

from symeq.ansatz.implicit.multipliers import Cocycle, Multipliers
from symeq.ansatz.implicit.quadratic import Affine, solve_quadratic
from symeq.ansatz.implicit.relations import RelationCondition, combination
from symeq.exact.characteristic import characteristic_polynomial
from symeq.exact.vectors import Vector, null_vectors

# Columns for which one characteristic polynomial is computed: modulo primes over Q, else in the field.
LARGEST_RATIONAL_BLOCK, LARGEST_BLOCK = 240, 24


class OutOfTime(Exception):
    """The budget is spent."""


@dataclass
class Trail:
    """What a search came across: the time it may take, what it left out and why, roots it would need."""

    deadline: float | None = None
    notes: dict[str, None] = field(default_factory=dict)
    roots: dict[sp.Expr, None] = field(default_factory=dict)
    complete: bool = True
    stopped: bool = False

    def check(self) -> None:
        """Raise OutOfTime when the time is over."""
        if self.deadline is not None and monotonic() > self.deadline:
            raise OutOfTime

    def stop(self) -> None:
        """Remember that the time ran out."""
        self.stopped = True
        self.lacks("The time budget ran out: there may be further families.")

    def lacks(self, note: str) -> None:
        """Remember what was left out."""
        self.notes[note] = None
        self.complete = False


@dataclass(frozen=True)
class Branch:
    """A space of coefficient vectors with lambda = fixed + sum_j s_j free[j] and r_g for the maps done."""

    space: tuple[Vector, ...]
    fixed: Cocycle
    free: tuple[Cocycle, ...]
    signs: tuple[Any, ...] = ()


class JointEigenvectors:
    """All (lambda, r) for which relations exist, one operator after another.

        A c = s B c,   A = pr v - rho_v - fixed,  B = multiplication by what s stands in front of

    On the largest space with A c in B(space) this is an eigenvalue problem of one matrix. A generator whose
    lambda has no unknown is a linear condition.
    """

    def __init__(self, condition: RelationCondition, candidates: Multipliers, trail: Trail) -> None:
        self.condition, self.candidates, self.trail = condition, candidates, trail
        self.field: Domain = condition.field
        self.found: dict[Any, Branch] = {}

    def search(self) -> list[Branch]:
        """Every branch with its multipliers; stops at the deadline with what it has."""
        one = self.field.one
        space = tuple({k: one} for k in range(len(self.condition.columns)))
        start = Branch(space, {}, self.candidates.cocycles)
        try:
            self._generators(start, tuple(range(self.condition.generators)))
        except OutOfTime:
            self.trail.stop()
        return list(self.found.values())

    def _generators(self, branch: Branch, todo: tuple[int, ...]) -> None:
        self.trail.check()
        linear = [i for i in todo if not any(at[0] == i for z in branch.free for at in z)]
        for i in linear:
            branch = Branch(self._kernel(branch, i), branch.fixed, branch.free)
            self.trail.check()
        if not branch.space:
            return
        todo = tuple(i for i in todo if i not in linear)
        if not todo:
            self._maps(branch, 0)
            return
        split = {i: _echelon(branch.free, i, self.field) for i in todo}
        i = min(todo, key=lambda i: len(split[i][0]))
        own, others = split[i]
        if len(own) > 1:
            self._by_leads(branch, todo)
            return
        factor = own[0]
        rest = tuple(n for n in todo if n != i)
        images = self._images(branch, i)
        products = self._products(branch, i, factor)
        for value, space in self._pencil(branch.space, images, products, self._name(i)):
            fixed = _sum(branch.fixed, factor, value, self.field)
            self._generators(Branch(space, fixed, tuple(others)), rest)

    def _maps(self, branch: Branch, g: int) -> None:
        self.trail.check()
        if g == len(self.condition.symmetry.maps):
            key = (tuple(sorted(branch.fixed.items(), key=lambda item: item[0])), branch.signs)
            self.found.setdefault(key, branch)
            return
        images, products = self.condition.operators(self.condition.generators + g, ())
        moved = [combination(c, images) for c in branch.space]
        mixed = [combination(c, products) for c in branch.space]
        for value, space in self._pencil(branch.space, moved, mixed, f"`{self.condition.symmetry.maps[g]}`"):
            self._maps(Branch(space, branch.fixed, (), (*branch.signs, value)), g + 1)

    def _name(self, i: int) -> str:
        return f"`{self.condition.symmetry.generators[i]}`"

    def _operator(self, i: int) -> list[list[dict[Any, Any]]]:
        return self.condition.operators(i, self.candidates.monomials[i])

    def _images(self, branch: Branch, i: int) -> list[dict[Any, Any]]:
        """(pr v - rho_v - fixed) c for the basis of the space."""
        images, *products = self._operator(i)
        found = [combination(c, images) for c in branch.space]
        fixed = self._products(branch, i, branch.fixed)
        return [_minus(image, product) for image, product in zip(found, fixed, strict=True)]

    def _products(self, branch: Branch, i: int, factor: Cocycle) -> list[dict[Any, Any]]:
        """p c for the basis of the space, with p the polynomial of generator i in a cocycle."""
        _, *products = self._operator(i)
        parts = {k: value for (j, k), value in factor.items() if j == i}
        return [combination(parts, {k: combination(c, products[k]) for k in parts}) for c in branch.space]

    def _kernel(self, branch: Branch, i: int) -> tuple[Vector, ...]:
        images = self._images(branch, i)
        return tuple(combination(v, branch.space) for v in self._null(images))

    def _null(self, images: Sequence[Mapping[Any, Any]]) -> list[Vector]:
        """The combinations of these vectors that vanish."""
        rows: dict[Any, Vector] = {}
        for n, image in enumerate(images):
            for place, value in image.items():
                rows.setdefault(place, {})[n] = value
        reduced, pivots, _ = sdm_irref(dict(enumerate(rows.values())))
        return null_vectors(reduced, pivots, len(images), self.field)

    def _pencil(
        self,
        space: tuple[Vector, ...],
        images: Sequence[Mapping[Any, Any]],
        products: Sequence[Mapping[Any, Any]],
        name: str,
    ) -> Iterator[tuple[Any, tuple[Vector, ...]]]:
        """Every s with its space of c such that A c = s B c, given A c and B c on a basis; B is injective."""
        one = self.field.one
        basis: list[Vector] = [{n: one} for n in range(len(space))]
        while True:
            self.trail.check()
            if not basis:
                return
            size = len(basis)
            # The unknowns of B come first: they are then the pivots, and those of A stay free.
            columns = [_negative(combination(v, products)) for v in basis]
            columns += [combination(v, images) for v in basis]
            null = self._null(columns)
            if len(null) == size:
                break
            basis = [combination({n - size: c for n, c in v.items() if n >= size}, basis) for v in null]
        operator = [{n: c for n, c in v.items() if n < size} for v in null]
        vectors = [combination(v, space) for v in basis]
        for value in self._eigenvalues(operator, name):
            shifted = [_minus(column, {n: value}) if value else column for n, column in enumerate(operator)]
            yield value, tuple(combination(v, vectors) for v in self._null(shifted))

    def _eigenvalues(self, operator: Sequence[Vector], name: str) -> list[Any]:
        """The real eigenvalues in the field, block by block; the others are noted."""
        values: dict[Any, None] = {}
        for block in _blocks(operator):
            self.trail.check()
            if len(block) == 1:
                value = operator[block[0]].get(block[0], self.field.zero)
                values |= dict.fromkeys(self._real([value], name))
                continue
            place = {n: at for at, n in enumerate(block)}
            columns = [{place[m]: value for m, value in operator[n].items()} for n in block]
            rational = _rational(columns, self.field)
            if len(block) > (LARGEST_BLOCK if rational is None else LARGEST_RATIONAL_BLOCK):
                self.trail.lacks(
                    f"{name}: the multipliers of {len(block)} terms that it mixes were not computed; only 0"
                    " was tried for them. A smaller library, or further symmetries, part them."
                )
                values[self.field.zero] = None
            elif rational is None:
                values |= dict.fromkeys(self._of_field(columns, name))
            else:
                values |= dict.fromkeys(self._of_rationals(rational, name))
        return sorted(values, key=lambda v: sp.default_sort_key(self.condition.expression(v)))

    def _of_rationals(self, columns: Sequence[Vector], name: str) -> Iterator[Any]:
        s = sp.Symbol("s")
        polynomial = sp.Poly(characteristic_polynomial(columns, self.trail.check), s)
        for factor, _ in polynomial.factor_list()[1]:
            coefficients = factor.all_coeffs()
            if len(coefficients) == 2:
                yield self.field.from_sympy(-coefficients[1] / coefficients[0])
            elif len(coefficients) > 3 or not factor.count_roots():
                self._irreducible(factor, name)
            else:
                a, b, c = coefficients
                discriminant = b**2 - 4 * a * c
                primes = sp.factorint(discriminant.p * discriminant.q)
                root = sp.sqrt(sp.Mul(*(p for p, e in primes.items() if e % 2)))
                try:
                    square_root = self.field.from_sympy(sp.sqrt(discriminant))
                except CoercionFailed:
                    self.trail.roots[root] = None
                    continue
                for sign in (1, -1):
                    yield (sign * square_root - self.field.from_sympy(b)) / self.field.from_sympy(2 * a)

    def _of_field(self, columns: Sequence[Vector], name: str) -> Iterator[Any]:
        rows: dict[int, Vector] = {}
        for n, column in enumerate(columns):
            for m, value in column.items():
                rows.setdefault(m, {})[n] = value
        matrix = DomainMatrix(rows, (len(columns), len(columns)), self.field)
        for factor, _ in matrix.charpoly_factor_list():
            if len(factor) == 2:
                yield from self._real([self.field.convert(-factor[1] / factor[0])], name)
            else:
                coefficients = [self.condition.expression(c) for c in factor]
                self._irreducible(sp.Poly(coefficients, sp.Symbol("s")), name)

    def _real(self, values: Sequence[Any], name: str) -> Iterator[Any]:
        for value in values:
            if self.condition.expression(value).has(sp.I):
                self._complex(name)
            else:
                yield value

    def _complex(self, name: str) -> None:
        self.trail.notes[f"{name}: complex multipliers were left out; they belong to no real law."] = None

    def _irreducible(self, factor: sp.Poly, name: str) -> None:
        if all(c.is_Rational for c in factor.all_coeffs()) and not factor.count_roots():
            self._complex(name)
        else:
            roots = f"the roots s of {factor.as_expr()}"
            self.trail.lacks(f"{name}: multipliers that are {roots}, were left out.")

    def _by_leads(self, branch: Branch, todo: tuple[int, ...]) -> None:
        """Fix several unknowns s at once, from one coefficient after the other normalised to 1."""
        space = tuple(_reduced(branch.space, self.field))
        seen: set[Any] = set()
        for first in range(len(space)):
            self.trail.check()
            for values in self._of_lead(Branch(space[first:], branch.fixed, branch.free), todo):
                fixed = branch.fixed
                for z, value in zip(branch.free, values, strict=True):
                    fixed = _sum(fixed, z, value, self.field)
                key = tuple(sorted(fixed.items(), key=lambda item: item[0]))
                if key not in seen:
                    seen.add(key)
                    self._generators(Branch(space, fixed, ()), todo)

    def _of_lead(self, branch: Branch, todo: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
        """The values of s for relations in which the first vector of the space has the coefficient 1."""
        width = len(branch.free)
        rows: list[dict[tuple[int, ...], Any]] = []
        for i in todo:
            found: dict[Any, dict[tuple[int, ...], Any]] = {}
            parts: list[tuple[int | None, list[dict[Any, Any]]]] = [(None, self._images(branch, i))]
            parts += [(j, self._products(branch, i, z)) for j, z in enumerate(branch.free)]
            for j, vectors in parts:
                for n, vector in enumerate(vectors):
                    own = (width + n - 1,) if n else ()
                    key = own if j is None else (j, *own)
                    for place, value in vector.items():
                        found.setdefault(place, {})[key] = value if j is None else -value
            rows += found.values()
        unknowns = width + len(branch.space) - 1
        lead = self.condition.columns[min(branch.space[0])][1]
        for answer in solve_quadratic(rows, unknowns, self.field, self.trail.check):
            values = _values(answer, width)
            if values is None:
                names = " and ".join(self._name(i) for i in todo)
                self.trail.lacks(f"{names}: the multipliers with {lead} as leading term were not all found.")
            elif not any(self.condition.expression(v).has(sp.I) for v in values):
                yield values


def _values(answer: Affine | None, width: int) -> tuple[Any, ...] | None:
    if answer is None or any(set(answer[j]) - {()} for j in range(width)):
        return None
    return tuple(answer[j].get((), 0) for j in range(width))


def _echelon(cocycles: Sequence[Cocycle], i: int, field: Domain) -> tuple[list[Cocycle], list[Cocycle]]:
    """A basis in which as few cocycles as possible have a part for generator i: these, and the others."""
    own: list[tuple[tuple[int, int], Cocycle]] = []
    others: list[Cocycle] = []
    for z in cocycles:
        for pivot, known in own:
            if z.get(pivot):
                z = _sum(z, known, -z[pivot] / known[pivot], field)
        first = next((at for at in z if at[0] == i), None)
        if first is None:
            others.append(z)
        else:
            own.append((first, z))
    return [z for _, z in own], [z for z in others if z]


def _sum(z: Cocycle, w: Cocycle, factor: Any, field: Domain) -> Cocycle:
    total = dict(z)
    for at, value in w.items():
        new = total.get(at, field.zero) + factor * value
        if new:
            total[at] = new
        else:
            total.pop(at, None)
    return total


def _minus(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> dict[Any, Any]:
    total = dict(a)
    for place, value in b.items():
        new = total[place] - value if place in total else -value
        if new:
            total[place] = new
        else:
            total.pop(place, None)
    return total


def _negative(a: Mapping[Any, Any]) -> dict[Any, Any]:
    return {place: -value for place, value in a.items()}


def _rational(columns: Sequence[Vector], field: Domain) -> list[Vector] | None:
    try:
        return [{n: sp.QQ.convert_from(v, field) for n, v in column.items()} for column in columns]
    except CoercionFailed:
        return None


def _reduced(space: Sequence[Vector], field: Domain) -> list[Vector]:
    reduced, _, _ = sdm_irref({n: dict(v) for n, v in enumerate(space)})
    return list(reduced.values())


def _blocks(operator: Sequence[Vector]) -> list[list[int]]:
    """Groups of basis vectors that the operator mixes."""
    parent = list(range(len(operator)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, column in enumerate(operator):
        for m in column:
            parent[root(m)] = root(n)
    groups: dict[int, list[int]] = {}
    for n in range(len(operator)):
        groups.setdefault(root(n), []).append(n)
    return list(groups.values())
