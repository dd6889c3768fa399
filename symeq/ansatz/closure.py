"""What a library lacks: its closure under a symmetry, and why no law in it may have that symmetry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import sympy as sp

from symeq.ansatz.constraints import Column, SymmetryCondition
from symeq.ansatz.library import Library, default_library
from symeq.errors import NoLaw, SymeqError
from symeq.exact import AffineSolutions, Inconsistent, Row, solve_affine
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry

Demand = VectorField | PointMap | Column

BOOST_ORDER = 2  # a boost of a law of order n in time calls for products of n velocities
CLOSURE_LIMIT = 2000  # terms: the images of a library under a projective field never end


def closure(jet: Jet, leads: Sequence[sp.Symbol], symmetry: Symmetry, library: Library) -> Library:
    """The library with all terms that the symmetry mixes into it, breadth first, up to CLOSURE_LIMIT terms.

    leads: the leading derivatives; a term that contains one of them or a derivative of one is left out.
    symmetry: as it acts on the jet (`Symmetry.on`).

    >>> from symeq.geometry.groups import rotation
    >>> jet = Jet("t x y", "u")
    >>> turn = rotation("x", "y").on(jet)
    >>> print(closure(jet, [jet["u_t"]], turn, Library([jet["u_xx"]])))
    u_xx, u_xy, u_yy
    """
    terms = dict.fromkeys(library)
    frontier = list(terms)
    while frontier and len(terms) < CLOSURE_LIMIT:
        condition = SymmetryCondition(jet, leads, symmetry, frontier)
        found = (
            condition.ring.monomial(monomial)
            for term in frontier
            for action in condition.actions
            for monomial in action.image(term)
        )
        frontier = [
            term
            for term in dict.fromkeys(found)
            if term not in terms and not any(is_principal(jet, leads, s) for s in term.free_symbols)
        ]
        terms.update(dict.fromkeys(frontier))
    return Library(list(terms)[:CLOSURE_LIMIT])


@dataclass(frozen=True)
class Problem:
    """The question which laws L_a = F_a are allowed, given a symmetry and some of the coefficients."""

    jet: Jet
    leads: tuple[sp.Symbol, ...]
    symmetry: Symmetry
    columns: tuple[Column, ...]
    known: Mapping[Column, sp.Expr]

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What a law has to meet, one by one."""
        return (*self.symmetry.generators, *self.symmetry.maps, *self.known)

    @property
    def condition(self) -> SymmetryCondition:
        """The symmetry condition on the terms of the library."""
        terms = [*(term for _, term in self.columns), *self.known.values()]
        return SymmetryCondition(self.jet, self.leads, self.symmetry, terms)

    def solve(
        self, condition: SymmetryCondition | None = None, demands: Collection[Demand] | None = None
    ) -> AffineSolutions | Inconsistent:
        """The coefficients that meet the demands (default: all of them)."""
        condition = condition or self.condition
        wanted = self.demands if demands is None else demands
        rows: list[Row] = condition.rows(
            self.columns, [i for i, action in enumerate(condition.actions) if action.source in wanted]
        )
        position = {column: k for k, column in enumerate(self.columns)}
        for column, value in self.known.items():
            if column in wanted:
                rows.append(({position[column]: 1}, condition.ring.number(value)))
        return solve_affine(rows, len(self.columns), field=condition.ring.field)

    def law(self, coefficients: Mapping[int, sp.Expr]) -> str:
        """The law with these coefficients, as text."""
        rhs = [sp.S.Zero for _ in self.leads]
        for k, value in coefficients.items():
            a, term = self.columns[k]
            rhs[a] += value * term
        return ", ".join(f"{lead} = {f}" for lead, f in zip(self.leads, rhs, strict=True))

    def name(self, demand: Demand) -> str:
        """A demand as a message calls it."""
        if isinstance(demand, tuple):
            a, term = demand
            return f"the known term {term} with coefficient {self.known[demand]} in {self.leads[a]}"
        alone = len(self.symmetry.generators) + len(self.symmetry.maps) == 1
        return str(self.symmetry) if alone else f"`{demand}`"

    def with_columns(self, further: Iterable[Column]) -> Problem:
        """The same question with further unknown coefficients."""
        return replace(self, columns=tuple(dict.fromkeys([*self.columns, *further])))

    def mixed(self) -> Problem:
        """The same question about the closure of the library."""
        further: list[Column] = []
        for a in range(len(self.leads)):
            terms = [term for b, term in self.columns if a == b]
            further += [(a, term) for term in closure(self.jet, self.leads, self.symmetry, Library(terms))]
        return self.with_columns(further)

    def widened(self) -> Problem:
        """With the closure, what the shift of a lead calls for, and the simplest terms of the same order."""
        jet, leads = self.jet, self.leads
        symbols = set().union(*(term.free_symbols for _, term in self.columns))
        order = max((jet.order_of(s) for s in symbols if jet.is_coordinate(s)), default=0)
        further = [
            (a, term) for a in range(len(leads)) for term in default_library(jet, leads, 1, max(order, 2))
        ]
        return self.mixed().with_columns([*further, *self._called_for()])

    def _called_for(self) -> list[Column]:
        """Terms with the shift of a lead in their image, then those with what else there is in that image.

        A field that shifts z sends m z to a multiple of m and something else, for any monomial m.
        """
        jet, leads = self.jet, self.leads
        condition = SymmetryCondition(jet, leads, self.symmetry, jet.variables)
        columns: list[Column] = []
        wanted = [
            (a, condition.ring.monomial(monomial))
            for a in range(len(leads))
            for action in condition.actions
            for monomial in action.shifts[a]
        ]
        for _ in range(BOOST_ORDER):
            found = [(a, m * z) for a, m in dict.fromkeys(wanted) for z in jet.variables]
            found = [(a, t) for a, t in found if not any(is_principal(jet, leads, s) for s in t.free_symbols)]
            columns += found
            condition = SymmetryCondition(jet, leads, self.symmetry, [term for _, term in found])
            images = {term: [action.image(term) for action in condition.actions] for _, term in found}
            wanted = [
                (a, condition.ring.monomial(m)) for a, term in found for image in images[term] for m in image
            ]
        return columns


def why_inconsistent(problem: Problem) -> NoLaw:
    """Name the terms that the library lacks, or else the demands that contradict each other."""
    try:
        wide = problem.widened()
        answer = wide.solve()
    except SymeqError:
        # Further terms may lead beyond what the condition can treat; the question about the library stands.
        return _contradiction(problem)
    if isinstance(answer, Inconsistent):
        return _contradiction(wide)
    return _missing_terms(problem, wide, answer)


def _missing_terms(problem: Problem, wide: Problem, answer: AffineSolutions) -> NoLaw:
    inside = len(problem.columns)
    needed = [wide.columns[k] for k in answer.particular if k >= inside]
    # The shortest law need not be the one with the fewest new terms: drop what it can do without.
    for column in sorted(needed, key=lambda column: -sp.count_ops(column[1])):
        fewer = [other for other in needed if other != column]
        if isinstance(problem.with_columns(fewer).solve(), AffineSolutions):
            needed = fewer
    extended = problem.with_columns(needed)
    answer = cast(AffineSolutions, extended.solve())
    missing = [(extended.columns[k], value) for k, value in answer.particular.items() if k >= inside]
    place = {a: f" in {lead}" if len(problem.leads) > 1 else "" for a, lead in enumerate(problem.leads)}
    wanted = ", ".join(f"{term} with coefficient {value}{place[a]}" for (a, term), value in missing)
    terms = ", ".join(dict.fromkeys(str(term) for (_, term), _ in missing))
    condition = problem.condition
    unmet = [d for d in problem.demands if isinstance(problem.solve(condition, [d]), Inconsistent)]
    demands = " and ".join(map(problem.name, unmet or _smallest_contradiction(problem)))
    term, it = ("terms", "them") if len(missing) > 1 else ("term", "it")
    return NoLaw(
        f"No law in this library has the symmetry {demands}: it requires the {term} {wanted}, and the"
        f" library has none. Add {it}, for instance with `library + [{terms}]`."
    )


def _smallest_contradiction(problem: Problem) -> list[Demand]:
    """Demands that contradict each other, none of which can be left out."""
    condition = problem.condition
    kept = list(problem.demands)
    for demand in problem.demands:
        fewer = [other for other in kept if other != demand]
        if isinstance(problem.solve(condition, fewer), Inconsistent):
            kept = fewer
    return kept


def _contradiction(problem: Problem) -> NoLaw:
    demands = _smallest_contradiction(problem)
    names = [problem.name(demand) for demand in demands]
    leads = ", ".join(lead.name for lead in problem.leads)
    if len(demands) == 1:
        return NoLaw(
            f"No law for {leads} has the symmetry {names[0]}: neither the library's terms nor those that the"
            " symmetry mixes with them can meet it. Leave it out, or give a library of another kind."
        )
    advice = "Leave one of them out."
    fixed = [demand for demand in demands if isinstance(demand, tuple)]
    if len(fixed) == 1:
        k = problem.columns.index(fixed[0])
        answer = problem.solve(demands=[demand for demand in demands if demand not in fixed])
        if isinstance(answer, AffineSolutions) and not any(k in vector for vector in answer.basis):
            advice = f"The coefficient has to be {answer.particular.get(k, sp.S.Zero)}."
    return NoLaw(
        f"No law for {leads} has all of these, they contradict each other: {'; '.join(names)}. {advice}"
    )


def why_nothing(problem: Problem) -> NoLaw:
    """Say that only F = 0 is allowed, and a law that the closure of the library would allow."""
    leads = ", ".join(lead.name for lead in problem.leads)
    message = f"No library term satisfies the symmetry {problem.symmetry}: it leaves nothing but {leads} = 0."
    try:
        wide = problem.mixed()
        answer = wide.solve()
    except SymeqError:
        return NoLaw(message)
    if isinstance(answer, Inconsistent) or not answer.basis:
        return NoLaw(f"{message} Give a library with other terms.")
    law = answer.basis[0]
    terms = ", ".join(dict.fromkeys(str(wide.columns[k][1]) for k in law if k >= len(problem.columns)))
    return NoLaw(
        f"{message} The library lacks partners: with `library + [{terms}]` it allows {wide.law(law)}."
    )
