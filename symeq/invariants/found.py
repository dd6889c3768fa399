"""The differential invariants of a symmetry, with what proves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Symbol

from symeq.geometry.calculus import expression_text
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.invariants.action import Action
from symeq.invariants.certificate import Certificate, certificate
from symeq.invariants.counting import Counts
from symeq.invariants.operators import InvariantOperator
from symeq.invariants.relative import RelativeInvariant
from symeq.latex import expression_latex

SHORT = 60  # characters of a relative invariant that is printed


@dataclass(frozen=True)
class Invariants:
    """Functionally independent differential invariants of a symmetry up to an order, each one proven.

    symmetry: closed under the bracket; order: n of J^n; coordinates: those that were asked about.
    counts: dimensions of the jet and its orbits, and how many invariants there are, by order 0 .. n.
    invariants: by order, then as they were found, short ones first; found: how many, by order.
    of_generators: the invariants of the generators alone, before the discrete maps.
    relative: functions that every generator multiplies by a cofactor.
    operators: total derivatives that carry invariants to invariants; frame: vertical vectors that are
    carried along, one expression for each dependent variable.
    notes: what was tried and ran out.
    """

    jet: Jet
    symmetry: Symmetry
    order: int
    counts: Counts
    invariants: tuple[Expr, ...]
    found: tuple[int, ...]
    of_generators: tuple[Expr, ...] = ()
    relative: tuple[RelativeInvariant, ...] = ()
    operators: tuple[InvariantOperator, ...] = ()
    frame: tuple[tuple[Expr, ...], ...] = ()
    notes: tuple[str, ...] = ()
    action: Action = field(default=Action((), ()), repr=False, compare=False)
    moved: tuple[Mapping[Symbol, Expr], ...] = field(default=(), repr=False, compare=False)

    @property
    def missing(self) -> int:
        """How many more there are."""
        return self.counts.invariants[-1] - len(self.invariants)

    @property
    def complete(self) -> bool:
        """Whether every invariant is, locally, a function of these.

        Signs may stay undetermined where a power is preferred or a map acts: of three-fold turns,
        Im z^3 = +-sqrt(|z|^6 - (Re z^3)^2) counts as a function of |z|^2 and Re z^3.
        """
        return self.missing == 0

    def certify(self) -> Certificate:
        """Recompute the certificate: annihilation exactly, counts and Jacobian rank modulo two primes."""
        return certificate(self.action, self.moved, self.order, self.invariants)

    def __str__(self) -> str:
        n, found = self.counts.invariants[-1], len(self.invariants)
        state = "complete" if self.complete else f"{self.missing} missing"
        lines = [
            f"{self.jet}, symmetry {self.symmetry}",
            f"order {self.order}: {found} of {n} invariants, {state}",
            *(f"  I_{k} = {expression_text(i)}" for k, i in enumerate(self.invariants, 1)),
        ]
        if self.relative:
            lines.append(f"relative: {self._shown_relative()}")
        if self.operators:
            lines.append("operators: " + ", ".join(map(str, self.operators)))
        if any(vector != (1,) for vector in self.frame):
            lines.append("frame: " + ", ".join(map(_vector_text, self.frame)))
        return "\n".join([*lines, *self.notes])

    def _shown_relative(self) -> str:
        texts = [expression_text(f.expression) for f in self.relative]
        short = [text for text in texts if len(text) < SHORT]
        longer = len(texts) - len(short)
        if not longer:
            return ", ".join(short)
        count = f"{longer} {'longer' if short else 'long'} one{'s' * (longer > 1)}"
        return f"{', '.join(short)} and {count}" if short else count

    def latex(self) -> str:
        """Return the invariants as LaTeX, aligned below each other."""
        names = self.jet.latex_names(*self.invariants)
        rows = (f"I_{{{k}}} &= {expression_latex(i, names)}" for k, i in enumerate(self.invariants, 1))
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def document(self) -> dict[str, Any]:
        """Return everything as values that JSON knows; expressions are text."""
        return {
            "order": self.order,
            "counts": {
                "jet": list(self.counts.jet),
                "orbit": list(self.counts.orbit),
                "invariants": list(self.counts.invariants),
            },
            "invariants": [expression_text(i) for i in self.invariants],
            "found": list(self.found),
            "relative": [
                {
                    "expression": expression_text(f.expression),
                    "cofactors": [expression_text(c) for c in f.cofactors],
                }
                for f in self.relative
            ],
            "operators": [str(d) for d in self.operators],
            "frame": [[expression_text(e) for e in vector] for vector in self.frame],
            "complete": self.complete,
            "missing": self.missing,
            "notes": list(self.notes),
        }


def _vector_text(vector: tuple[Expr, ...]) -> str:
    inside = ", ".join(map(expression_text, vector))
    return inside if len(vector) == 1 else f"({inside})"
