"""A relation normalised to a left-hand side, as engines want it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp

from symeq.ansatz.library import Library
from symeq.ansatz.linear import LinearAnsatz
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry

Relation = tuple[sp.Expr, ...]
Entries = Mapping[tuple[int, sp.Expr], sp.Expr]  # coefficients by equation and term


@dataclass(frozen=True)
class SolvedRelation:
    """A family of relations normalised to L_a = F_a with F = B0 + sum_k beta_k B_k.

    lhs: the left-hand sides L, one for each equation.
    fixed_entries, basis_entries: B0 and B_k as exact coefficients by equation and term.
    """

    jet: Jet
    symmetry: Symmetry
    lhs: Relation
    fixed_entries: Entries = field(hash=False)
    basis_entries: tuple[Entries, ...] = field(hash=False)

    def _expressions(self, entries: Entries) -> Relation:
        return tuple(
            sp.Add(*(value * term for (b, term), value in entries.items() if a == b))
            for a in range(len(self.lhs))
        )

    @cached_property
    def fixed(self) -> Relation:
        """B0, one expression for each equation."""
        return self._expressions(self.fixed_entries)

    @cached_property
    def basis(self) -> tuple[Relation, ...]:
        """B_1, B_2, ..., one expression for each equation."""
        return tuple(map(self._expressions, self.basis_entries))

    @property
    def unknowns(self) -> int:
        """How many numbers beta are left open."""
        return len(self.basis_entries)

    def rhs(self, beta: Sequence[sp.Expr | float]) -> Relation:
        """F for given numbers beta.

        Raises InvalidInput for a wrong number of coefficients.
        """
        if len(beta) != self.unknowns:
            raise InvalidInput(f"This relation has {self.unknowns} unknowns, found {len(beta)} coefficients.")
        return tuple(
            sp.Add(f, *(b * vector[a] for b, vector in zip(beta, self.basis, strict=True)))
            for a, f in enumerate(self.fixed)
        )

    def linear(self) -> LinearAnsatz:
        """The same as a LinearAnsatz, which `discover` takes.

        Raises InvalidInput unless every left-hand side is one derivative.
        """
        for side in self.lhs:
            derivative = side.is_Symbol and side not in self.jet.variables and self.jet.is_coordinate(side)
            if not derivative:
                raise InvalidInput(f"`{side}` cannot lead a law: it is not a derivative. Scan another term.")
        vectors = (self.fixed_entries, *self.basis_entries)
        libraries = []
        for a in range(len(self.lhs)):
            terms = dict.fromkeys(term for entries in vectors for b, term in entries if a == b)
            libraries.append(tuple(terms) or (sp.S.One,))
        coefficients = [
            {(a, libraries[a].index(term)): value for (a, term), value in entries.items()}
            for entries in vectors
        ]
        return LinearAnsatz(
            self.jet,
            self.lhs,
            tuple(map(Library, libraries)),
            self.symmetry,
            coefficients[0],
            tuple(coefficients[1:]),
        )

    def __str__(self) -> str:
        lines = []
        for a, (side, fixed) in enumerate(zip(self.lhs, self.fixed, strict=True)):
            parts = [f"beta_{k}*({vector[a]})" for k, vector in enumerate(self.basis, 1) if vector[a] != 0]
            lines.append(f"{side} = {' + '.join(([str(fixed)] if fixed != 0 else []) + parts) or '0'}")
        return "\n".join(lines)
