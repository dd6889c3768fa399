"""How far any law is from having a symmetry, as one number without units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symeq.ansatz.constraints import SymmetryCondition
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.report.metrics import Law, coefficients

RANDOM_ROWS = 4096


@dataclass(frozen=True)
class Defect:
    """The largest defect under the generators and maps of a symmetry, and that under each of them."""

    value: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class SymmetryTest:
    """The symmetry condition of a law, ready to be evaluated on jets for any coefficients.

    For each generator (or map) and lead the condition is a sum of pieces that are linear in the coefficients,

        A_a + sum_b M_ab F_b - image(F_a),

    one piece for A_a, one for each term of F_b, one for each term of F_a. Made by `symmetry_test`.
    """

    elements: tuple[str, ...]
    pieces: tuple[tuple[tuple[tuple[sp.Symbol, sp.Expr] | None, sp.Expr], ...], ...]
    owners: tuple[int, ...]  # pieces[k] are the pieces of one lead for the element owners[k]

    @property
    def coordinates(self) -> frozenset[sp.Symbol]:
        """The jet coordinates on which the condition depends."""
        return frozenset().union(*(piece.free_symbols for group in self.pieces for _, piece in group))

    def defect(self, law: Law, jets: Mapping[sp.Symbol, np.ndarray]) -> Defect:
        """The RMS of the condition over some jets, relative to that of its pieces; 0 for a symmetric law.

        law: right-hand sides by lead, made of the terms the test was made for.
        jets: values of `coordinates`, arrays of one length.

        A defect of 1 says that nothing cancels; round-off leaves about 1e-16.
        """
        numbers = {(lead, term): c for lead, rhs in law.items() for term, c in coefficients(rhs).items()}
        arguments = sorted(self.coordinates, key=lambda z: z.name)
        values = [np.asarray(jets[z], dtype=float) for z in arguments]
        rows = len(values[0]) if values else 1
        left = np.zeros(len(self.elements))
        size = np.zeros(len(self.elements))
        for element, group in zip(self.owners, self.pieces, strict=True):
            used = [(1.0 if place is None else numbers.get(place, 0.0), piece) for place, piece in group]
            used = [(number, piece) for number, piece in used if number]
            if not used:
                continue
            columns = np.empty((rows, len(used)))
            compiled = sp.lambdify(arguments, [piece for _, piece in used], "numpy", cse=True)
            with np.errstate(all="ignore"):
                for k, column in enumerate(compiled(*values)):
                    columns[:, k] = used[k][0] * column
            columns = columns[np.isfinite(columns.sum(axis=1))]
            left[element] += np.mean(columns.sum(axis=1) ** 2) if len(columns) else 0.0
            size[element] += np.sum(np.mean(columns**2, axis=0)) if len(columns) else 0.0
        with np.errstate(invalid="ignore"):
            ratios = np.where(size > 0, np.sqrt(left / size), 0.0)
        parts = tuple(zip(self.elements, map(float, ratios), strict=True))
        return Defect(max((value for _, value in parts), default=0.0), parts)


def symmetry_test(
    jet: Jet, leads: Sequence[sp.Symbol], symmetry: Symmetry, laws: Sequence[Law]
) -> SymmetryTest:
    """Prepare the symmetry condition for laws that are made of any of the terms of some laws.

    symmetry: as it acts on this jet (`Symmetry.on`), closed or not.
    Raises InvalidInput where the condition is not linear in the law, and for a symmetry with free parameters.

    >>> from symeq.geometry.groups import rotation
    >>> jet = Jet("t x y", "u", order=2)
    >>> law = {jet["u_t"]: jet.parse("4*u_xx + 3*u_yy")}
    >>> test = symmetry_test(jet, tuple(law), rotation("x", "y").on(jet), [law])
    >>> test.defect(law, random_jets(test.coordinates)).value  # |4 - 3| / sqrt(4^2 + 3^2)
    0.2...
    """
    if symmetry.parameters:
        names = ", ".join(s.name for s in symmetry.parameters)
        raise InvalidInput(
            f"`{symmetry}` has the free parameters {names}; a defect is a number. Give them values."
        )
    terms = {lead: tuple(dict.fromkeys(t for law in laws for t in coefficients(law[lead]))) for lead in leads}
    condition = SymmetryCondition(jet, leads, symmetry, [term for own in terms.values() for term in own])
    expression = condition.ring.expression
    elements, pieces, owners = [], [], []
    for number, action in enumerate(condition.actions):
        elements.append(str(action.source))
        for a, lead in enumerate(leads):
            group: list[tuple[tuple[sp.Symbol, sp.Expr] | None, sp.Expr]] = [
                (None, expression(action.shifts[a]))
            ]
            for b, factor in action.mixing[a].items():
                mixed = expression(factor)
                group += [((leads[b], term), mixed * term) for term in terms[leads[b]]]
            group += [((lead, term), -expression(action.image(term))) for term in terms[lead]]
            pieces.append(tuple((place, piece) for place, piece in group if piece != 0))
            owners.append(number)
    return SymmetryTest(tuple(elements), tuple(pieces), tuple(owners))


def random_jets(
    coordinates: frozenset[sp.Symbol], rows: int = RANDOM_ROWS, seed: int = 0
) -> dict[sp.Symbol, np.ndarray]:
    """Standard normal values of jet coordinates, where there are no data to take them from."""
    rng = np.random.default_rng(seed)
    return {z: rng.standard_normal(rows) for z in sorted(coordinates, key=lambda z: z.name)}
