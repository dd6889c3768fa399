"""All point symmetries of equations within an ansatz, with a proof of each and an exact count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symeq.exact.modular import modular_rank
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.names import as_symbols
from symeq.symmetries.ansatz import FieldAnsatz, polynomial_columns, polynomial_fields, user_fields
from symeq.symmetries.cloud import IntArray
from symeq.symmetries.condition import Condition
from symeq.symmetries.determining import Determining
from symeq.symmetries.equations import Equation, Equations, as_equations
from symeq.symmetries.found import PointSymmetries, arranged
from symeq.symmetries.onshell import OutOfTime, deadline_of
from symeq.terms import powers

# Unknowns up to which the dimension at the next two degrees, and at the next, is counted unasked.
GROWTH_COLUMNS = (2500, 8000)


def point_symmetries(
    equations: Equations | Equation | Sequence[Equation],
    *,
    degree: int = 2,
    jet: Jet | None = None,
    ansatz: Any = None,
    parameters: str | Sequence[str | Symbol] = (),
    values: Mapping[Symbol, Any] | Mapping[str, Any] | None = None,
    budget: float | None = 60.0,
) -> PointSymmetries:
    """Find every point symmetry v = sum xi^i d/dx^i + sum phi^a d/du^a with coefficients of an ansatz.

        v = sum_k c_k f_k d/dz_k,   pr v(Delta) = 0 whenever Delta = 0

    Rows at random points of the solution manifold modulo a prime bound the dimension from above; on the
    columns that occur in their null space the determining equations are solved exactly, which bounds it from
    below. The columns are parted by weight where the equations have scaling symmetries.

    Arguments: `equations`, Equations, or texts or expressions beside `jet` and `parameters`; `degree` of the
    polynomial coefficients in all variables; or `ansatz`, coefficient functions, a list for all variables
    or a mapping from variables to lists; `values` of parameters: without them they are generic, and the
    answer may miss symmetries that exist for special values; `budget` in seconds, None for no limit.
    Raises InvalidInput for bad equations, too many unknowns, functions that cannot be decided.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 2.4; random
    points as in Reid, Wittkopf, Boulton, European J. Appl. Math. 7 (1996).

    >>> found = point_symmetries("u_t + u*u_x + u_xxx = 0", jet=Jet("t x", "u"))
    >>> [str(v) for v in found.generators], found.certified, found.infinite_suspected
    (['d_t', 'd_x', '3*t*d_t + x*d_x - 2*u*d_u', 't*d_x + d_u'], True, False)
    """
    deadline = deadline_of(budget)
    system = as_equations(equations, jet, parameters)
    if values:
        system = system.at(values)
    constants = tuple(dict.fromkeys([*system.parameters, *as_symbols(parameters)]))
    notes: list[str] = []
    if ansatz is None:
        fields = polynomial_fields(system.jet, degree)
    else:
        fields, left_out = user_fields(system.jet, ansatz, constants)
        notes += left_out
    try:
        system = system.completed(deadline=deadline)
    except OutOfTime:
        notes.append("The budget ran out before it was known whether the equations have hidden consequences.")
        system = system.marked_incomplete()
    notes = [*system.notes, *notes]
    search = _Search(system, fields, deadline)
    generators, bound = search.run()
    growth = search.growth() if ansatz is None and bound is not None else {}
    if bound is None:
        notes.append(f"The budget of {budget:g} s ran out: {search.where}; there may be more symmetries.")
    elif len(generators) < bound:
        notes.append(f"The count modulo primes is {bound}; {len(generators)} fields were proven.")
    notes += search.notes
    return arranged(
        system,
        generators,
        degree=fields.degree,
        bound=bound,
        growth=growth,
        notes=notes,
        values=values,
    )


class _Search:
    """One search: its condition, its columns, its clock."""

    def __init__(self, equations: Equations, fields: FieldAnsatz, deadline: float | None) -> None:
        self.equations, self.fields, self.deadline = equations, fields, deadline
        self.notes: list[str] = []
        self.where = ""
        self.weights: list[dict[Symbol, Any]] = []
        self.count: int | None = None

    def run(self) -> tuple[list[VectorField], int | None]:
        """The proven fields, and the upper bound of the dimension (None when the time ran out)."""
        fields = self.fields
        found: list[dict[int, Expr]] = []
        bound = 0
        classes: list[list[int]] = []
        done = 0
        try:
            condition = Condition(self.equations, fields.functions, deadline=self.deadline)
            determining = self.determining = Determining(condition)
            self.weights = determining.scalings()
            classes = sorted(determining.classes(fields, self.weights), key=len)
            spaces = determining.null_spaces(fields, classes)
            for columns, (prime, basis) in zip(classes, spaces, strict=True):
                vectors, count = self._proven(columns, basis, prime)
                found += vectors
                bound += count
                done += 1
        except OutOfTime:
            searched = sum(map(len, classes[:done]))
            self.where = f"{searched} of {len(fields.columns)} unknowns were searched"
            return self._fields(found), None
        self.count = bound
        return self._fields(found), bound

    def _proven(
        self, columns: Sequence[int], basis: IntArray, prime: int
    ) -> tuple[list[dict[int, Expr]], int]:
        """The fractions with these residues, if that proves them; else exact solutions on the support.

        Where primes and points misled there are fewer than residues: then more of both, then all columns.
        """
        if not len(basis):
            return [], 0
        known = self.determining.reconstructed(self.fields, columns, basis, prime)
        if known is not None:
            return known, len(basis)
        support = {columns[k] for k in range(len(columns)) if basis[:, k].any()}
        vectors = self.determining.exact(self.fields, sorted(support))
        count = len(basis)
        if len(vectors) == count:
            return vectors, count
        for attempt in (1, 2):
            [(_, other)] = self.determining.null_spaces(self.fields, [columns], skip=attempt, seed=attempt)
            count = min(count, len(other))
            support |= {columns[k] for k in range(len(columns)) if len(other) and other[:, k].any()}
        vectors = self.determining.exact(self.fields, sorted(support))
        if len(vectors) != count:
            vectors = self.determining.exact(self.fields, columns)
            count = len(vectors)  # on all columns the exact solutions are all there are
        return vectors, count

    def _fields(self, vectors: Sequence[Mapping[int, Expr]]) -> list[VectorField]:
        made = []
        for vector in vectors:
            components: dict[Symbol, Any] = {}
            for k, value in vector.items():
                function, variable = self.fields.columns[k]
                components[variable] = components.get(variable, 0) + value * function
            made.append(VectorField(components))
        return made

    def growth(self) -> dict[int, int]:
        """The dimension modulo a prime at the degrees around the one asked for.

        One null space serves: the fields of a lower degree are those of it whose higher terms vanish.
        """
        degree, jet = self.fields.degree, self.equations.jet
        assert degree is not None and self.count is not None
        counts = {degree: self.count}
        for top, most in (
            (degree + 2, GROWTH_COLUMNS[0]),
            (degree + 1, GROWTH_COLUMNS[1]),
            (degree - 1, None),
        ):
            columns = polynomial_columns(jet, max(top, 0))
            if top < 0 or (most is not None and columns > most):
                self.notes += [f"Degree {top} was not counted: it has {columns} unknowns."] if top > 0 else []
                continue
            try:
                found = self._counts(top)
            except OutOfTime:
                self.notes.append(f"The budget ran out before the dimension at degree {top} was counted.")
                continue
            lowest = min(degree, top) - 1
            counts |= {d: n for d, n in found.items() if d >= lowest and d != degree}
            break
        return dict(sorted(counts.items()))

    def _counts(self, top: int) -> dict[int, int]:
        """The dimension at a degree and at all below."""
        fields = polynomial_fields(self.equations.jet, top)
        classes = self.determining.classes(fields, self.weights)
        degree_of = {f: sum((powers(f) or {}).values()) for f in fields.functions}
        counts = dict.fromkeys(range(top + 1), 0)
        for chosen, (prime, basis) in zip(
            classes, self.determining.null_spaces(fields, classes), strict=True
        ):
            if len(basis):
                own = np.array([degree_of[fields.columns[k][0]] for k in chosen])
                for d in counts:
                    counts[d] += len(basis) - modular_rank(basis[:, own > d], prime)
        return counts
