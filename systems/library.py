"""A compact way to say which terms a search may start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Symbol

from symeq.ansatz.library import Library, monomials
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal


@dataclass(frozen=True)
class Candidates:
    """Monomials in the dependent variables up to ``degree``, and derivatives up to the order ``derivatives``.

    The derivatives are those that a law with these leads leaves free: neither a lead nor the derivative of
    one. So an evolution law has those by the space variables, one of second order in time the velocities
    too. Each enters by itself or, with ``products``, times each of the monomials. ``further`` terms, texts,
    stand beside them.

    >>> jet = Jet("t x", "u", order=2)
    >>> print(*Candidates(degree=1, derivatives=2, further=("sin(u)",)).on(jet, [jet["u_t"]]))
    1 u u_x u_xx u*u_x u*u_xx sin(u)
    """

    degree: int
    derivatives: int = 0
    products: bool = True
    further: tuple[str, ...] = ()

    def on(self, jet: Jet, leads: Sequence[Symbol]) -> Library:
        """The terms on a jet, for a law with these leads."""
        library = monomials(*jet.dependent, degree=self.degree)
        partials = [c for u in jet.dependent for c in jet.derivatives(u, self.derivatives)]
        partials = [c for c in partials if not is_principal(jet, leads, c)]
        if partials:
            slopes = Library(partials)
            library += library * slopes if self.products else slopes
        return library + [jet.parse(text) for text in self.further]
