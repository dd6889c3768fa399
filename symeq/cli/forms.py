"""The laws with unknown functions that are asked for: leading derivatives or sides, an order, a symmetry."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Symbol

from symeq.ansatz import FunctionalAnsatz, RelationAnsatz, functional_ansatz, relation_ansatz
from symeq.cli.candidates import ORDER, read_leads, refuse_unknown
from symeq.cli.settings import at
from symeq.cli.words import Words, highest_order, of_order
from symeq.errors import InvalidInput, quoted
from symeq.geometry import Jet, Symmetry

PATIENCE = 60.0  # seconds for the invariants, or half of what is granted for everything


@dataclass(frozen=True)
class Forms:
    """The laws with unknown functions that are asked for.

    jet: the variables; order: of the derivatives on the right-hand side.
    leads: the leading derivatives, none of a relation; sides: what a relation may be solved for, none for
    every invariant in turn.
    symmetry: what the law is known to have; parameters: constants without a value.
    """

    jet: Jet
    order: int
    leads: tuple[Symbol, ...]
    sides: tuple[Expr, ...]
    symmetry: Symmetry
    parameters: tuple[Symbol, ...]

    def allowed(self, symmetry: Symmetry, seconds: float | None) -> FunctionalAnsatz | RelationAnsatz:
        """The laws that have a symmetry: their own, or `trivial` for the baseline.

        seconds: that are left for everything. Scalings are not divided out where that can be avoided.
        Raises NoLaw when nothing is allowed, InvalidInput when a parameter without a value is in all laws.
        """
        budget = PATIENCE if seconds is None else min(PATIENCE, seconds / 2)
        if not self.leads:
            relation = relation_ansatz(
                self.jet,
                symmetry,
                order=self.order,
                side=self.sides or None,
                parameters=self.parameters,
                budget=budget,
            )
            refuse_unknown(relation.arguments, self.parameters)
            return relation
        form = self._functional(symmetry, budget)
        parts = (*form.fixed, *form.arguments, *(entry for vector in form.frame for entry in vector))
        refuse_unknown(parts, self.parameters)
        return form

    def _functional(self, symmetry: Symmetry, budget: float) -> FunctionalAnsatz:
        def found(graded: bool) -> FunctionalAnsatz:
            return functional_ansatz(
                self.jet,
                symmetry,
                lead=self.leads,
                order=self.order,
                parameters=self.parameters,
                graded=graded,
                budget=budget,
            )

        try:
            return found(graded=True)
        except InvalidInput:  # some invariant has no weight, or what is wrong is wrong without weights, too
            return found(graded=False)


def read_forms(words: Words, least: int = 0) -> Forms:
    """Understand what the settings say of laws with unknown functions.

    least: the lowest order by default.
    Raises InvalidInput that starts with the flag or key at fault.
    """
    settings, given = words.settings, words.expressions("lead")
    for_one = [lead for lead in given if not lead.is_Symbol]
    relation = settings.switched_on("relation") or bool(for_one)
    leads = () if relation else read_leads(words)
    if relation:
        with at(settings.place("lead")):
            for side in given:
                if not any(words.jet.is_coordinate(z) for z in side.free_symbols - {*words.jet.independent}):
                    raise InvalidInput(f"{side} has no dependent variable, so no law can be solved for it.")
            if len(given) > 1 and not settings.switched_on("relation"):
                raise InvalidInput(
                    f"{quoted(str(for_one[0]))} makes the law one relation, solved for that. Leave the others"
                    " out, or add `--relation` to try one after the other."
                )
    highest = highest_order(words.jet, given or leads)
    default = max(ORDER, least) if len(words.jet.independent) > 1 else max(highest, least)
    order = of_order(settings, words.jet, max(default, highest) if relation else default).order
    jet = words.jet.with_order(max(order, highest, 1))
    sides = given if relation else ()
    return Forms(jet, order, leads, sides, words.symmetry(), words.parameters)
