"""The relations sum_k c_k T_k = 0 that a symmetry allows: laws without a solved form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

import sympy as sp

from symeq.ansatz.implicit.eigenspaces import OutOfTime, Trail
from symeq.ansatz.implicit.families import Family
from symeq.ansatz.implicit.relations import Representation, alone, like
from symeq.ansatz.implicit.search import FamilySearch, relation_defect
from symeq.ansatz.implicit.solved import Relation, SolvedRelation
from symeq.ansatz.library import Library
from symeq.ansatz.linear import check_symbols, checked_library
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry.calculus import exact_expression
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry


@dataclass(frozen=True)
class ImplicitAnsatz:
    """All relations of a library that have a symmetry, as families with one multiplier each.

        Delta_a = sum_k c_{a,k} T_k = 0,     pr v(Delta) = Lambda_v Delta,     Delta o g = R_g Delta

    jet, library, symmetry: what was asked, the symmetry closed and as it acts on the jet.
    equations: the number q of relations in a member.
    families: every one with a law in it, the largest and of lowest degree first.
    degree, symbols: which multipliers were sought: polynomials of this degree in these symbols.
    notes: what was tried and what was left out; `complete` says whether nothing was.

    Made by `implicit_ansatz`.
    """

    jet: Jet
    library: Library
    symmetry: Symmetry
    equations: int
    families: tuple[Family, ...]
    degree: int
    symbols: tuple[sp.Symbol, ...]
    lead: Relation = ()
    notes: tuple[str, ...] = ()
    complete: bool = field(default=True)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The general member of every family, with symbols for its numbers."""
        return tuple(
            tuple(
                sp.Add(*(c * vector[a] for c, vector in zip(family.letters, family.basis, strict=True)))
                for a in range(self.equations)
            )
            for family in self.families
        )

    def solved_for(self, *lhs: sp.Expr | str) -> tuple[SolvedRelation, ...]:
        """Every family that allows it, normalised to `lhs` = B0 + sum_k beta_k B_k.

        lhs: a term for each equation (default: the lead that was given).
        Raises InvalidInput for a term that the library lacks, NoLaw where no relation contains it.
        """
        sides = lhs or self.lead
        if not sides:
            raise InvalidInput("solved_for: name a term of the library for each equation.")
        found = [solved for family in self.families if (solved := family.solved_for(*sides)) is not None]
        if not found:
            raise NoLaw(f"No allowed relation can be solved for {', '.join(map(str, sides))}.")
        return tuple(found)

    def scan(self) -> Iterator[SolvedRelation]:
        """Every possible left-hand side: each basis element of each family, with all others on the right."""
        for family in self.families:
            yield from family.scan()

    def defect(self, *relation: sp.Expr | str) -> tuple[Relation, ...]:
        """How far any relation is from having the symmetry: 0 exactly where a multiplier exists.

            pr v(Delta) - Lambda Delta,   Delta o g - R Delta

        relation: an expression for each equation. Lambda is sought among the multipliers of the ansatz, any
        matrix for several equations; where there is none, the image pr v(Delta) itself is returned.
        Returns one tuple per generator and then per map, of one expression per equation.

        >>> from symeq.geometry import scaling
        >>> jet = Jet("t x", "u")
        >>> terms = [jet.parse(text) for text in ("u_t", "u_xx")]
        >>> form = implicit_ansatz(jet, terms, scaling(t=2, x=1))
        >>> form.defect("u_t - u_xx"), form.admits("u_t - u_x")
        (((0,),), False)
        """
        read = [
            self.jet.parse(f, self.symmetry.parameters) if isinstance(f, str) else exact_expression(f)
            for f in relation
        ]
        exact = [sp.expand(f) for f in check_symbols(self.jet, read, self.symmetry.parameters)]
        if not exact or all(f == 0 for f in exact):
            raise InvalidInput("defect: a relation needs a side that is not zero.")
        return relation_defect(self.jet, self.symmetry, exact, self.symbols, self.degree)

    def admits(self, *relation: sp.Expr | str) -> bool:
        """Say whether a relation has the symmetry with a multiplier of the kind that was sought."""
        return all(f == 0 for parts in self.defect(*relation) for f in parts)

    def __str__(self) -> str:
        count = f"{len(self.families)} {'family' if len(self.families) == 1 else 'families'} of relations"
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([f"{self.symmetry}: {count}", *map(str, self.families), *notes])

    def latex(self) -> str:
        r"""Every family as aligned equations, below a LaTeX comment that counts them."""
        count = f"% {self.symmetry}: {len(self.families)} families"
        blocks = (f"\\begin{{aligned}}\n{family.latex()}\n\\end{{aligned}}" for family in self.families)
        return "\n".join([count, *blocks])


def implicit_ansatz(
    jet: Jet,
    library: Library | Iterable[sp.Expr],
    symmetry: SymmetryLike,
    *,
    equations: int = 1,
    like: Sequence[sp.Symbol | str] | None = None,
    multiplier_degree: int = 0,
    multiplier_symbols: Sequence[sp.Symbol | str] | None = None,
    lead: sp.Expr | str | Sequence[sp.Expr | str] | None = None,
    parameters: str | Sequence[str | sp.Symbol] = (),
    budget: float | None = 60,
) -> ImplicitAnsatz:
    """Find all relations Delta = sum_k c_k T_k = 0 of a library that have a symmetry.

        pr v(Delta) = Lambda_v Delta,     Delta o g = R_g Delta

    jet, library: the variables, and the terms T_k, leading derivatives included.
    symmetry: generators and maps; `trivial` demands nothing.
    equations: the number q of relations that go together; `like`, q variables that they transform like.
    multiplier_degree: Lambda is a polynomial of this degree in the variables (or in `multiplier_symbols`,
    which may be derivatives); 0: a constant. R_g is constant.
    lead: a term (one for each equation) that has to occur; with it, several equations need no `like`.
    parameters: symbols that stand for constants; the answer holds for generic values.
    budget: seconds; None for no limit.

    >>> from symeq.geometry import scaling
    >>> jet = Jet("t x", "u")
    >>> terms = [jet.parse(text) for text in ("u_t", "u*u_x", "u_xxx", "u_xx", "u**2*u_x")]
    >>> print(implicit_ansatz(jet, terms, scaling(t=3, x=1, u=-2)).families[0])
    c_1*u_t + c_2*u*u_x + c_3*u_xxx = 0
      multipliers: -5 for `3*t*d_t + x*d_x - 2*u*d_u`

    Raises NoLaw when there is none, saying what was tried; InvalidInput for symbols that are not the jet's
    and for a budget too small to find anything.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), theorem 2.31 and
    proposition 2.10.
    """
    trail = Trail(None if budget is None else monotonic() + budget)
    symmetry = as_symmetry(symmetry, jet, parameters)
    resolved = symmetry.on(jet, parameters=parameters).closed()
    constants = resolved.parameters
    terms = checked_library(jet, library, (), constants)
    leads = _leads(jet, lead, terms, constants)
    count = _count(equations, like, leads)
    symbols = (
        jet.variables
        if multiplier_symbols is None
        else tuple(jet[s if isinstance(s, str) else s.name] for s in multiplier_symbols)
    )
    if isinstance(multiplier_degree, bool) or not isinstance(multiplier_degree, int) or multiplier_degree < 0:
        raise InvalidInput(f"multiplier_degree is a whole number, 0 or more; found {multiplier_degree!r}.")
    columns = tuple((a, term) for term in terms for a in range(count))
    search = FamilySearch(jet, resolved, terms, columns, symbols, multiplier_degree, trail)
    try:
        if count == 1 and like is None:
            search.run(alone(resolved))
        elif like is None and leads:
            search.normalised(count, leads)
        else:
            for representation in _representations(jet, resolved, count, like):
                search.run(representation)
    except OutOfTime:
        trail.stop()
    kind = (
        f"degree {multiplier_degree} in {', '.join(map(str, symbols))}" if multiplier_degree else "constants"
    )
    notes = [f"Multipliers tried: {kind}.", *_advice(jet, resolved, count, symbols), *trail.notes]
    families = []
    for family in search.families.values():
        if reason := family.degenerate:
            notes.append(f"Left out: {', '.join(family.lines(str, '*', ' = '))}, since {reason}.")
        elif not leads or family.solved_for(*leads) is not None:
            families.append(family)
    if not families:
        if trail.stopped:
            raise InvalidInput(
                f"Nothing was found within {budget} seconds, of {len(terms)} terms. Raise the budget, or give"
                " fewer terms."
            )
        raise NoLaw(_nothing(resolved, terms, leads, notes))
    families.sort(key=lambda f: (-f.dimension, f.degree, f.coefficients and sorted(f.coefficients[0])))
    return ImplicitAnsatz(
        jet,
        terms,
        resolved,
        count,
        tuple(families),
        multiplier_degree,
        symbols,
        leads,
        tuple(notes),
        trail.complete,
    )


def _nothing(symmetry: Symmetry, terms: Library, leads: Relation, notes: Sequence[str]) -> str:
    containing = f" with {', '.join(map(str, leads))}" if leads else ""
    return (
        f"No relation of these {len(terms)} terms{containing} has the symmetry {symmetry}."
        f" {' '.join(notes)} A larger library or a higher multiplier_degree may have one."
    )


def _advice(jet: Jet, symmetry: Symmetry, count: int, symbols: Sequence[sp.Symbol]) -> list[str]:
    """What other multipliers there might be."""
    notes = []
    unknown = set(jet.dependent)
    bending = [v for v in symmetry.generators if any(v[x].free_symbols & unknown for x in jet.independent)]
    if bending and set(symbols) <= set(jet.variables):
        slopes = ", ".join(s.name for u in jet.dependent for s in jet.derivatives(u, 1))
        notes.append(
            f"`{bending[0]}` moves {', '.join(x.name for x in jet.independent if bending[0][x] != 0)} by an"
            " amount that depends on the solution: its multiplier may contain first derivatives. Name them"
            f" with multiplier_symbols ({slopes}) and a multiplier_degree."
        )
    if count > 1:
        notes.append(
            "Systems whose equations each have a multiplier of their own are found one equation at a time,"
            " with equations=1."
        )
    return notes


def _leads(
    jet: Jet,
    lead: sp.Expr | str | Sequence[sp.Expr | str] | None,
    terms: Library,
    parameters: Sequence[sp.Symbol],
) -> Relation:
    if lead is None:
        return ()
    given = [lead] if isinstance(lead, sp.Expr | str) else list(lead)
    read = [jet.parse(s, parameters) if isinstance(s, str) else exact_expression(s) for s in given]
    leads = tuple(check_symbols(jet, read, parameters))
    for term in leads:
        if term not in terms:
            raise InvalidInput(f"The lead {term} is not in the library. Add it.")
        if leads.count(term) > 1:
            raise InvalidInput(f"The term {term} cannot lead two equations.")
    return leads


def _count(equations: int, variables: Sequence[object] | None, leads: Relation) -> int:
    if isinstance(equations, bool) or not isinstance(equations, int) or equations < 1:
        raise InvalidInput(f"equations is a whole number, 1 or more; found {equations!r}.")
    counts = {equations} if equations > 1 else set()
    counts |= {len(variables)} if variables is not None else set()
    counts |= {len(leads)} if leads else set()
    if len(counts) > 1:
        raise InvalidInput(f"equations, like and lead disagree on the number of equations: {sorted(counts)}.")
    return counts.pop() if counts else 1


def _representations(
    jet: Jet, symmetry: Symmetry, count: int, variables: Sequence[sp.Symbol | str] | None
) -> list[Representation]:
    """Those asked for, else every set of `count` variables that the symmetry mixes with no other."""
    if variables is not None:
        chosen = [jet[s if isinstance(s, str) else s.name] for s in variables]
        for z in chosen:
            if z not in jet.variables or chosen.count(z) > 1:
                raise InvalidInput(f"like: `{z}` is not a variable of {jet}, or it is named twice.")
        if any(z in jet.independent for z in chosen) and not set(chosen) <= set(jet.independent):
            raise InvalidInput("like: give dependent variables or independent variables, not both.")
        return like(jet, symmetry, chosen)
    found: dict[tuple[object, ...], Representation] = {}
    for kind in (jet.dependent, jet.independent):
        for block in _blocks(symmetry, kind):
            if len(block) == count:
                for representation in like(jet, symmetry, block):
                    key = tuple(tuple(sorted(m.items(), key=str)) for m in representation.matrices)
                    found.setdefault(key, representation)
    if not found:
        raise InvalidInput(
            f"{count} equations: `{symmetry}` mixes no {count} variables among themselves that they could"
            " transform like. Name variables with `like`, or a leading term of each equation with `lead`."
        )
    return list(found.values())


def _blocks(symmetry: Symmetry, variables: Sequence[sp.Symbol]) -> list[list[sp.Symbol]]:
    blocks = [[z] for z in variables]
    for member in symmetry.members:
        for z, f in member.components:
            for w in variables:
                if z in variables and w in f.free_symbols:
                    first = next(b for b in blocks if z in b)
                    second = next(b for b in blocks if w in b)
                    if first is not second:
                        blocks.remove(second)
                        first += second
    return [sorted(block, key=list(variables).index) for block in blocks]
