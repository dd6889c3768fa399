"""A compact way to say which terms a search may start from."""

from __future__ import annotations

from dataclasses import dataclass

from symeq.ansatz.library import Library, monomials
from symeq.geometry.jet import Jet


@dataclass(frozen=True)
class Candidates:
    """Monomials in the dependent variables up to ``degree``, and derivatives up to the order ``derivatives``.

    The derivatives are those by the space variables, all independent variables but the first; where
    there is none, those by time (the velocities of a second-order law). Each enters by itself or,
    with ``products``, times each of the monomials.

    >>> print(*Candidates(degree=1, derivatives=2).on(Jet("t x", "u", order=2)))
    1 u u_x u_xx u*u_x u*u_xx
    """

    degree: int
    derivatives: int = 0
    products: bool = True

    def on(self, jet: Jet) -> Library:
        """The terms on a jet."""
        powers = monomials(*jet.dependent, degree=self.degree)
        alone = len(jet.independent) == 1
        partials = [c for u in jet.dependent for c in jet.derivatives(u, self.derivatives)]
        partials = [c for c in partials if alone or jet.multi_index(c)[1][0] == 0]
        if not partials:
            return powers
        slopes = Library(partials)
        return powers + (powers * slopes if self.products else slopes)
