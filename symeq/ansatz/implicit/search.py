"""The search for families: every representation, and every multiplier on top of it, each member certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symeq.ansatz.implicit.eigenspaces import Branch, JointEigenvectors, Trail
from symeq.ansatz.implicit.families import Family, Multiplier
from symeq.ansatz.implicit.multipliers import Multipliers, monomials_up_to, multipliers
from symeq.ansatz.implicit.normalised import lead_multipliers
from symeq.ansatz.implicit.relations import Column, Matrix, RelationCondition, Representation, combination
from symeq.ansatz.implicit.solved import Relation
from symeq.ansatz.library import Library
from symeq.errors import SymeqError
from symeq.exact import Inconsistent, Row, solve_affine
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.terms.polynomials import multiply

MOST_ROOTS = 4  # square roots of eigenvalues for which the search is repeated


class FamilySearch:
    """The families found so far, by their multipliers."""

    def __init__(
        self,
        jet: Jet,
        symmetry: Symmetry,
        library: Library,
        columns: Sequence[Column],
        symbols: Sequence[sp.Symbol],
        degree: int,
        trail: Trail,
    ) -> None:
        self.jet, self.symmetry, self.library, self.columns = jet, symmetry, library, columns
        self.symbols, self.degree, self.trail = tuple(symbols), degree, trail
        self.families: dict[tuple[Multiplier, ...], Family] = {}

    def run(self, representation: Representation) -> None:
        """All families whose multiplier is this representation plus a scalar."""
        pending: list[tuple[sp.Expr, ...]] = [()]
        for _ in range(1 + MOST_ROOTS):
            if not pending:
                return
            constants = pending.pop(0)
            known = len(self.trail.roots)
            condition = RelationCondition(
                self.jet, self.symmetry, self.columns, representation, self.symbols, constants
            )
            candidates = multipliers(condition, self.degree)
            for branch in JointEigenvectors(condition, candidates, self.trail).search():
                self._add(condition, candidates, branch)
            if not constants:
                pending += [(root,) for root in list(self.trail.roots)[known:]]
        if pending:
            self.trail.lacks(f"Multipliers with {', '.join(str(r) for (r,) in pending)} were not tried.")

    def normalised(self, count: int, leads: Relation) -> None:
        """The families whose multiplier matrix is determined by the leading terms."""
        for matrices in lead_multipliers(
            self.jet, self.symmetry, self.columns, count, leads, self.symbols, self.degree, self.trail
        ):
            representation = Representation(count, matrices)
            condition = RelationCondition(self.jet, self.symmetry, self.columns, representation, ())
            signs = tuple(condition.field.one for _ in self.symmetry.maps)
            candidates = Multipliers(tuple(() for _ in self.symmetry.generators), ())
            self._add(condition, candidates, Branch((), {}, (), signs))

    def _add(self, condition: RelationCondition, candidates: Multipliers, branch: Branch) -> None:
        """The whole space of relations with the multipliers of a branch, in a readable basis."""
        size = condition.representation.size
        matrices = _matrices(condition, candidates, branch)
        key = tuple(_multiplier(matrix, size) for matrix in matrices)
        if key in self.families:
            return
        rows = _rows(condition, candidates, branch)
        answer = solve_affine(rows, len(self.columns), field=condition.field)
        if isinstance(answer, Inconsistent) or not answer.basis:
            return
        position = {term: k for k, term in enumerate(self.library)}
        places = [(a, position[term]) for a, term in self.columns]
        family = Family(
            self.jet,
            self.symmetry,
            key[: condition.generators],
            key[condition.generators :],
            size,
            self.library.terms,
            tuple({places[n]: value for n, value in vector.items()} for vector in answer.basis),
        )
        for vector in answer.basis:
            self.trail.check()
            _certify(condition, vector, matrices)
        self.families[key] = family


def _matrices(condition: RelationCondition, candidates: Multipliers, branch: Branch) -> list[Matrix]:
    """Lambda_v = rho_v + lambda_v and R_g = r_g rho_g."""
    size, found = condition.representation.size, []
    for n, rho in enumerate(condition.representation.matrices):
        if n >= condition.generators:
            sign = condition.expression(branch.signs[n - condition.generators])
            found.append({at: sp.expand(sign * entry) for at, entry in rho.items()})
            continue
        scalar = sp.Add(
            *(
                condition.expression(v) * candidates.monomials[i][k]
                for (i, k), v in branch.fixed.items()
                if i == n
            )
        )
        matrix = dict(rho)
        for a in range(size):
            matrix[a, a] = sp.expand(matrix.get((a, a), sp.S.Zero) + scalar)
        found.append({at: entry for at, entry in matrix.items() if entry != 0})
    return found


def _multiplier(matrix: Matrix, size: int) -> Multiplier:
    if size == 1:
        return matrix.get((0, 0), sp.S.Zero)
    return sp.ImmutableMatrix(size, size, lambda a, b: matrix.get((a, b), sp.S.Zero))


def _rows(condition: RelationCondition, candidates: Multipliers, branch: Branch) -> list[Row]:
    """pr v(Delta) - Lambda Delta = 0 and Delta o g - R Delta = 0, one equation for each monomial."""
    rows: list[Row] = []
    for n in range(len(condition.symmetry.members)):
        if n < condition.generators:
            images, *products = condition.operators(n, candidates.monomials[n])
            weights = {k: -v for (i, k), v in branch.fixed.items() if i == n}
        else:
            images, *products = condition.operators(n, ())
            weights = {0: -branch.signs[n - condition.generators]}
        found: dict[Any, dict[int, Any]] = {}
        for k, image in enumerate(images):
            own = {at: product[k] for at, product in enumerate(products)}
            total = combination({-1: condition.field.one, **weights}, {-1: image, **own})
            for place, value in total.items():
                found.setdefault(place, {})[k] = value
        rows += [(row, 0) for row in found.values()]
    return rows


def _certify(condition: RelationCondition, vector: Mapping[int, sp.Expr], matrices: Sequence[Matrix]) -> None:
    """Apply every generator and map to a relation as a whole, with the multipliers as they are printed."""
    for n, matrix in enumerate(matrices):
        if not condition.is_certified(n, vector, matrix):
            relation = sp.Add(*(value * condition.columns[k][1] for k, value in vector.items()))
            raise SymeqError(
                f"The relation {relation} = 0 failed its certificate. This is an error in symeq."
            )


def relation_defect(
    jet: Jet, symmetry: Symmetry, relation: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], degree: int
) -> tuple[Relation, ...]:
    """pr v(Delta) - Lambda Delta and Delta o g - R Delta, 0 where such a matrix exists, else the image.

    >>> jet = Jet("x y", "u")
    >>> from symeq.geometry.groups import rotation
    >>> relation_defect(jet, rotation("x", "y").on(jet), [jet.parse("u_x")], jet.variables, 1)
    ((-u_y,),)
    """
    size = len(relation)
    columns = list(enumerate(relation))
    nothing = Representation(size, tuple({} for _ in symmetry.members))
    condition = RelationCondition(jet, symmetry, columns, nothing, symbols)
    ring = condition.ring
    polys = [ring.polynomial(f) for f in relation]
    found: list[Relation] = []
    for n in range(len(symmetry.members)):
        monomials = monomials_up_to(symbols, degree if n < condition.generators else 0)
        products = [multiply(ring.polynomial(m), poly) for poly in polys for m in monomials]
        parts = []
        for a in range(size):
            image, *factors = ring.canonical([condition.actions[n](relation[a]), *products])
            rows: dict[Any, dict[int, Any]] = {monomial: {} for monomial in image}
            for k, poly in enumerate(factors):
                for monomial, value in poly.items():
                    rows.setdefault(monomial, {})[k] = value
            system: list[Row] = [(row, image.get(monomial, 0)) for monomial, row in rows.items()]
            solvable = not isinstance(solve_affine(system, len(factors), field=ring.field), Inconsistent)
            parts.append(
                sp.S.Zero if solvable else sp.expand(ring.expression(condition.actions[n](relation[a])))
            )
        found.append(tuple(parts))
    return tuple(found)
