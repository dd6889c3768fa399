"""The condition pr v(Delta) = Lambda_v Delta on relations sum_k c_k T_k = 0: images of terms, products."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.domains.domain import Domain

from symeq.errors import InvalidInput
from symeq.exact.vectors import Vector
from symeq.geometry.calculus import partial_derivative
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry
from symeq.terms.actions import Derivation, substitution
from symeq.terms.polynomials import Poly, add, multiply
from symeq.terms.ring import TermRing, powers

Column = tuple[int, sp.Expr]  # one unknown coefficient: the position of its equation, and its term
Place = tuple[int, Any]  # a row: the position of an equation, and a monomial
Matrix = dict[tuple[int, int], sp.Expr]


@dataclass(frozen=True)
class Representation:
    """How the equations of a system transform into each other: rho_v for generators, rho_g for maps.

    matrices: one for each member of the symmetry, its entries that are not zero.
    """

    size: int
    matrices: tuple[Matrix, ...]


def alone(symmetry: Symmetry) -> Representation:
    """One equation, which is mixed with no other."""
    matrices: list[Matrix] = [{} for _ in symmetry.generators] + [{(0, 0): sp.S.One} for _ in symmetry.maps]
    return Representation(1, tuple(matrices))


def like(jet: Jet, symmetry: Symmetry, variables: Sequence[sp.Symbol]) -> list[Representation]:
    """The equations transform as these variables do, or dually: rho = dphi/dz, or -rho^T (as gradients do).

    Raises InvalidInput when the symmetry mixes them with other dependent variables.
    """
    matrices = []
    kind = jet.independent if set(variables) <= set(jet.independent) else jet.dependent
    for member in symmetry.members:
        matrix: Matrix = {}
        for a, z in enumerate(variables):
            for w in kind:
                slope = sp.expand(partial_derivative(member[z], w))
                if slope == 0:
                    continue
                if w not in variables:
                    names = ", ".join(s.name for s in variables)
                    raise InvalidInput(
                        f"No equations transform like {names}: `{member}` mixes {z} with {w}. Add {w}, or"
                        " list other variables."
                    )
                matrix[a, variables.index(w)] = slope
        matrices.append(matrix)
    first = Representation(len(variables), tuple(matrices))
    second = _dual(first, len(symmetry.generators))
    return [first] if first == second else [first, second]


def _dual(representation: Representation, generators: int) -> Representation:
    size, found = representation.size, []
    for n, matrix in enumerate(representation.matrices):
        if n < generators:
            found.append({(b, a): -entry for (a, b), entry in matrix.items()})
        else:
            full = sp.Matrix(size, size, lambda a, b, m=matrix: m.get((a, b), 0))
            inverse = full.inv().T.applyfunc(sp.cancel)
            found.append({(a, b): inverse[a, b] for a in range(size) for b in range(size) if inverse[a, b]})
    return Representation(size, tuple(found))


class RelationCondition:
    """The operators whose joint eigenvectors are the relations with a symmetry.

        (pr v - rho_v) Delta = lambda_v Delta,      Delta o g = r_g rho_g Delta

    jet, symmetry: as in `Symmetry.on`, closed.
    columns: the unknowns c_{a,k}, by equation and term.
    representation: how several equations mix.
    symbols: what lambda may depend on.
    constants: further numbers that the field of constants has to hold.
    """

    def __init__(
        self,
        jet: Jet,
        symmetry: Symmetry,
        columns: Sequence[Column],
        representation: Representation,
        symbols: Sequence[sp.Symbol],
        constants: Iterable[sp.Expr] = (),
    ) -> None:
        self.jet, self.symmetry, self.columns = jet, symmetry, tuple(columns)
        self.representation, self.symbols = representation, tuple(symbols)
        terms = list(dict.fromkeys(term for _, term in self.columns))
        used = self._coordinates([*terms, *self.symbols])
        self.images = [self._prolonged(member, used) for member in symmetry.members]
        functions = [term for term in terms if powers(term.as_coeff_Mul()[1]) is None]
        moved = [
            term.subs(image, simultaneous=True)
            for member, image in zip(symmetry.members, self.images, strict=True)
            if isinstance(member, PointMap)
            for term in functions
        ]
        entries = [entry for matrix in representation.matrices for entry in matrix.values()]
        everything = [*terms, *moved, *entries, *(f for image in self.images for f in image.values())]
        coordinates = dict.fromkeys([*used, *self._coordinates(everything), *jet.variables])
        self.ring = TermRing(coordinates, [*everything, *constants])
        self.field: Domain = self.ring.field
        self.actions: list[Callable[[sp.Expr], Poly]] = [
            self._action(member, image) for member, image in zip(symmetry.members, self.images, strict=True)
        ]
        for term in terms:
            self.ring.polynomial(term)
        self.ring.confirm_independence()
        self._numbers: dict[sp.Expr, Any] = {}
        self._operators: dict[tuple[int, tuple[sp.Expr, ...]], list[list[dict[Place, Any]]]] = {}

    def _coordinates(self, expressions: Iterable[sp.Expr]) -> list[sp.Symbol]:
        symbols = set().union(*(e.free_symbols for e in expressions))
        return sorted(filter(self.jet.is_coordinate, symbols), key=lambda s: s.name)

    def _prolonged(
        self, member: VectorField | PointMap, used: Sequence[sp.Symbol]
    ) -> dict[sp.Symbol, sp.Expr]:
        if isinstance(member, VectorField):
            return member.prolong_on(self.jet, used)
        return member.prolong(self.jet, used)

    def _action(
        self, member: VectorField | PointMap, image: Mapping[sp.Symbol, sp.Expr]
    ) -> Callable[[sp.Expr], Poly]:
        if isinstance(member, VectorField):
            derivation = Derivation(self.ring, image)
            return lambda term: derivation(self.ring.polynomial(term))
        return substitution(self.ring, image)

    @property
    def generators(self) -> int:
        """How many of the operators belong to generators; those of the maps come after them."""
        return len(self.symmetry.generators)

    def operators(self, member: int, factors: tuple[sp.Expr, ...]) -> list[list[dict[Place, Any]]]:
        """What an operator makes of every column, then every column times each factor, as sparse vectors.

        For a generator: (pr v - rho_v) e_a T, then e_a m T for each monomial m; for a map: e_a T o g, then
        rho_g e_a T (factors are not used).
        """
        key = (member, factors)
        if key not in self._operators:
            rho = self.representation.matrices[member]
            generator = member < self.generators
            action = self.actions[member]
            entries = {at: self.ring.polynomial(entry) for at, entry in rho.items()}
            monomials = [self.ring.polynomial(m) for m in factors]
            tuples: list[dict[int, Poly]] = []
            for a, term in self.columns:
                poly = self.ring.polynomial(term)
                mixed = {b: multiply(entry, poly) for (b, c), entry in entries.items() if c == a}
                image = {a: dict(action(term))}
                if generator:
                    for b, part in mixed.items():
                        image[b] = _difference(image.get(b, {}), part)
                    tuples.append(image)
                    tuples += [{a: multiply(m, poly)} for m in monomials]
                else:
                    tuples += [image, mixed]
            flat = self.ring.canonical([poly for parts in tuples for poly in parts.values()])
            known = iter(flat)
            vectors = [
                {(a, monomial): self.field.convert(v) for a in parts for monomial, v in next(known).items()}
                for parts in tuples
            ]
            width = len(tuples) // len(self.columns)
            self._operators[key] = [vectors[k::width] for k in range(width)]
        return self._operators[key]

    def expression(self, value: Any) -> sp.Expr:
        """A constant of the field as an expression."""
        return sp.expand(self.field.to_sympy(self.field.convert(value)))

    def is_certified(
        self, member: int, coefficients: Mapping[int, sp.Expr], matrix: Mapping[tuple[int, int], sp.Expr]
    ) -> bool:
        """Whether pr v(Delta) - Lambda Delta = 0, or Delta o g - R Delta = 0, in every equation.

        coefficients: those of Delta by the position of the column; matrix: Lambda or R, as expressions.
        """
        images: dict[int, Poly] = {}
        relation: dict[int, Poly] = {}
        for k, value in coefficients.items():
            if value not in self._numbers:
                self._numbers[value] = self.ring.number(value)
            a, term = self.columns[k]
            factor: Poly = {(): self._numbers[value]}
            images[a] = add(images.get(a, {}), multiply(factor, self.actions[member](term)))
            relation[a] = add(relation.get(a, {}), multiply(factor, self.ring.polynomial(term)))
        for (a, b), entry in matrix.items():
            if b in relation:
                product = multiply(self.ring.polynomial(entry), relation[b])
                images[a] = _difference(images.get(a, {}), product)
        return not any(self.ring.canonical([poly])[0] for poly in images.values())


def _difference(a: Poly, b: Poly) -> Poly:
    total = dict(a)
    for monomial, value in b.items():
        new = total.get(monomial, 0) - value
        if new:
            total[monomial] = new
        else:
            total.pop(monomial, None)
    return total


def combination(
    vector: Vector, images: Sequence[Mapping[Any, Any]] | Mapping[int, Mapping[Any, Any]]
) -> dict[Any, Any]:
    """sum_k vector[k] images[k]."""
    total: dict[Any, Any] = {}
    for k, factor in vector.items():
        for place, value in images[k].items():
            new = total[place] + factor * value if place in total else factor * value
            if new:
                total[place] = new
            else:
                total.pop(place, None)
    return total
