"""Relations between invariants, Phi(I_1, ..., I_m) = 0: laws without a lead, with an unknown function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.implicit import ImplicitAnsatz
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.grammar import SymmetryLike
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal
from symeq.geometry.symmetry import Symmetry
from symeq.invariants import Invariants, invariants
from symeq.invariants.counting import jacobian_ranks
from symeq.latex import expression_latex


@dataclass(frozen=True)
class RelationAnsatz:
    """All relations Phi(I_1, ..., I_m) = 0 between the invariants of a symmetry.

    jet, symmetry: the symmetry as it acts on the jet; invariants: functionally independent, so that no
    relation between them holds for every function u; sides: those that a relation may be solved for;
    without: derivatives that, with their own derivatives, do not occur on the other side.

    Solved for I_k it is a functional ansatz, I_k = G(the other I). Made by `relation_ansatz`.
    """

    jet: Jet
    symmetry: Symmetry
    invariants: Invariants
    arguments: tuple[sp.Expr, ...]
    sides: tuple[sp.Expr, ...]
    without: tuple[sp.Symbol, ...] = ()

    def solved_for(self, side: sp.Expr | str) -> FunctionalAnsatz:
        """The relations in the form I_k = G(the others).

        >>> from symeq.geometry.groups import rotation
        >>> print(relation_ansatz(Jet("x y", "u", order=1), rotation("x", "y")).solved_for("x*u_x + y*u_y"))
        u_x*x + u_y*y = G_1(I_1, I_2, I_3)
        I_1 = u
        I_2 = x**2 + y**2
        I_3 = u_x**2 + u_y**2

        Raises InvalidInput for an expression that is none of the invariants.
        """
        read = self.jet.parse(side, self.symmetry.parameters) if isinstance(side, str) else side
        place = next((k for k, i in enumerate(self.arguments) if sp.expand(i - read) == 0), None)
        if place is None:
            raise InvalidInput(
                f"{read} is none of the invariants {', '.join(map(expression_text, self.arguments))}."
                " Name it in `prefer`."
            )
        others = tuple(
            argument
            for k, argument in enumerate(self.arguments)
            if k != place and not any(is_principal(self.jet, self.without, z) for z in argument.free_symbols)
        )
        return FunctionalAnsatz(
            jet=self.jet,
            leads=(self.arguments[place],),
            symmetry=self.symmetry,
            fixed=(sp.S.Zero,),
            frame=((sp.S.One,),),
            arguments=others,
            complete=self.invariants.complete,
            missing=self.invariants.missing,
            notes=self.invariants.notes,
            invariants=self.invariants,
            relation=True,
        )

    def scan(self) -> Iterator[FunctionalAnsatz]:
        """Every side in turn, those with the highest derivatives first."""

        def order(side: sp.Expr) -> int:
            symbols = (z for z in side.free_symbols if self.jet.is_coordinate(z))
            return max((self.jet.order_of(z) for z in symbols if z not in self.jet.independent), default=-1)

        for side in sorted(self.sides, key=order, reverse=True):
            yield self.solved_for(side)

    def __str__(self) -> str:
        names = [f"I_{k}" for k in range(1, len(self.arguments) + 1)]
        lines = [f"{self.symmetry}: 0 = Phi({', '.join(names)})"]
        lines += [f"{n} = {expression_text(i)}" for n, i in zip(names, self.arguments, strict=True)]
        return "\n".join(lines)

    def latex(self) -> str:
        """The invariants as aligned equations."""
        names = self.jet.latex_names(*self.arguments)
        symbols = [f"I_{{{k}}}" for k in range(1, len(self.arguments) + 1)]
        rows = [rf"0 &= \Phi({', '.join(symbols)})"]
        rows += [f"{s} &= {expression_latex(i, names)}" for s, i in zip(symbols, self.arguments, strict=True)]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def relation_ansatz(
    jet: Jet,
    symmetry: SymmetryLike,
    *,
    order: int | None = None,
    side: sp.Expr | str | Sequence[sp.Expr | str] | None = None,
    without: sp.Symbol | str | Sequence[sp.Symbol | str] = (),
    prefer: Sequence[sp.Expr | str] = (),
    parameters: str | Sequence[str | sp.Symbol] = (),
    budget: float | None = 60,
) -> RelationAnsatz:
    """All relations between the differential invariants of a symmetry: for steady laws, or an unknown lead.

        0 = Phi(I_1, ..., I_m),     solved for one of them:  I_k = G(I_1, ... without I_k ..., I_m)

    jet, symmetry, order, parameters, budget: as for `invariants`.
    side: the invariant or invariants that a relation may be solved for (default: all that contain a
    dependent variable).
    without: derivatives such as u_t that, with their own derivatives, the other side must not contain.
    prefer: invariants to be used where they serve.

    >>> from symeq.geometry.groups import Poincare
    >>> jet = Jet("t x", "u", order=2)
    >>> print(relation_ansatz(jet, Poincare("t", "x"), side="u_tt - u_xx").solved_for("u_tt - u_xx"))
    u_tt - u_xx = G_1(I_1, I_2, I_3, I_4)
    I_1 = u
    ...

    Raises NoLaw when there is nothing to relate.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), proposition 2.56.
    """
    given = [side] if isinstance(side, sp.Expr | str) else list(side or ())
    sides = [jet.parse(s, parameters) if isinstance(s, str) else exact_expression(s) for s in given]
    excluded = [without] if isinstance(without, sp.Symbol | str) else list(without)
    absent = tuple(jet[s if isinstance(s, str) else s.name] for s in excluded)
    kept = {z for s in sides for z in s.free_symbols}
    among = [z for z in jet.coordinates if z in kept or not is_principal(jet, absent, z)]
    found = invariants(
        jet,
        symmetry,
        order=order,
        coordinates=among if absent else None,
        prefer=[*sides, *prefer],
        parameters=parameters,
        budget=budget,
    )
    allowed = found.invariants
    if len(allowed) < 2:
        raise NoLaw(f"{found.symmetry} leaves {len(allowed)} invariants of this order: nothing to relate.")
    unknown = [i for i in allowed if i.free_symbols - set(jet.independent)]
    return RelationAnsatz(jet, found.symmetry, found, allowed, tuple(sides or unknown), absent)


def relations_of(form: ImplicitAnsatz, budget: float | None = 60) -> RelationAnsatz:
    """The functional relations between the members of an implicit ansatz that are invariants themselves.

    Members of the family whose multipliers are all 0 (and 1, for maps) are invariant; of these the shortest
    that are functionally independent are related, so that no identity among them is taken for a law.
    Raises NoLaw where there are fewer than two.
    """
    members = [
        vector[0]
        for family in form.families
        if family.equations == 1
        and all(m == 0 for m in family.multipliers)
        and all(m == 1 for m in family.map_multipliers)
        for vector in family.basis
        if vector[0].free_symbols
    ]
    members.sort(key=lambda e: (sp.count_ops(e), str(e)))
    symbols = sorted({s for e in members for s in e.free_symbols if form.jet.is_coordinate(s)}, key=str)
    kept: list[sp.Expr] = []
    for member in members:
        if min(jacobian_ranks(symbols, [*kept, member])) > len(kept):
            kept.append(member)
    if len(kept) < 2:
        raise NoLaw(
            f"The relations of {form.symmetry} hold fewer than two independent invariants; for an unknown"
            " function of invariants use relation_ansatz, or give more terms."
        )
    order = max(form.jet.order_of(s) for s in symbols if s not in form.jet.independent)
    found = invariants(form.jet, form.symmetry, order=order, prefer=kept, budget=budget)
    sides = tuple(i for i in kept if i.free_symbols - set(form.jet.independent))
    return RelationAnsatz(form.jet, found.symmetry, found, tuple(kept), sides)
