"""All point symmetries of equations within an ansatz, with a proof of each and an exact count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Symbol

from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.names import as_symbols
from symeq.symmetries.ansatz import FieldAnsatz, polynomial_columns, polynomial_fields, user_fields
from symeq.symmetries.condition import Condition
from symeq.symmetries.determining import Determining
from symeq.symmetries.equations import Equation, Equations, as_equations
from symeq.symmetries.found import PointSymmetries, arranged
from symeq.symmetries.onshell import OutOfTime, deadline_of

GROWTH_COLUMNS = 2500  # unknowns up to which the dimension at two degrees higher is counted unasked


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
            for columns, basis in zip(classes, determining.null_spaces(fields, classes), strict=True):
                vectors, count = self._proven(columns, basis)
                found += vectors
                bound += count
                done += 1
        except OutOfTime:
            searched = sum(map(len, classes[:done]))
            self.where = f"{searched} of {len(fields.columns)} unknowns were searched"
            return self._fields(found), None
        self.count = bound
        return self._fields(found), bound

    def _proven(self, columns: Sequence[int], basis: Any) -> tuple[list[dict[int, Expr]], int]:
        """Exact solutions on the support; where primes and points misled, more of both, then all columns."""
        if not len(basis):
            return [], 0
        support = {columns[k] for k in range(len(columns)) if basis[:, k].any()}
        vectors = self.determining.exact(self.fields, sorted(support))
        count = len(basis)
        if len(vectors) == count:
            return vectors, count
        for attempt in (1, 2):
            [other] = self.determining.null_spaces(self.fields, [columns], skip=attempt, seed=attempt)
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
        """The dimension modulo a prime at the degrees around the one asked for."""
        degree, jet = self.fields.degree, self.equations.jet
        assert degree is not None and self.count is not None
        counts = {degree: self.count}
        for other in (degree - 1, degree + 1, degree + 2):
            if other < 0:
                continue
            columns = polynomial_columns(jet, other)
            if columns > max(GROWTH_COLUMNS, len(self.fields.columns)):
                self.notes.append(f"Degree {other} was not counted: it has {columns} unknowns.")
                break
            fields = polynomial_fields(jet, other)
            classes = self.determining.classes(fields, self.weights)
            try:
                counts[other] = sum(map(len, self.determining.null_spaces(fields, classes)))
            except OutOfTime:
                self.notes.append(f"The budget ran out before the dimension at degree {other} was counted.")
                break
        return dict(sorted(counts.items()))
