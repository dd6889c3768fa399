"""What a benchmark system states about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add

from sympy import Expr, Symbol

from symeq.ansatz.library import Library
from symeq.data.records import Record
from symeq.geometry.grammar import read_equation, read_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry, trivial
from systems.library import Candidates


@dataclass(frozen=True, kw_only=True)
class System:
    """A law, the symmetries it is known to have, some it is known to lack, and a simulator.

    Arguments: ``independent``, ``dependent`` and ``order`` of its jet; ``equations``, ``symmetries`` and
    ``not_symmetries`` in the text grammar of symeq; ``library``, the candidate terms a search may start from;
    ``spanned``, whether the law is a combination of them, or lies beyond; ``simulate``, keyword arguments to
    a Record, clean of noise, the same for the same ``seed``. A steady law has no time among ``independent``.

    >>> from systems import SYSTEMS
    >>> burgers = SYSTEMS["burgers"]
    >>> burgers.jet
    Jet('t, x', 'u', order=2)
    >>> burgers.law
    {u_t: -u*u_x + u_xx/10}
    """

    name: str
    dependent: str
    equations: tuple[str, ...]
    symmetries: tuple[str, ...]
    library: Candidates
    simulate: Callable[..., Record]
    not_symmetries: tuple[str, ...] = ()
    spanned: bool = True
    independent: str = "t"
    order: int = 1

    @property
    def jet(self) -> Jet:
        """The jet space on which the law is stated."""
        return Jet(self.independent, self.dependent, self.order)

    @property
    def law(self) -> dict[Symbol, Expr]:
        """Exact right-hand sides by leading derivative."""
        jet = self.jet
        sides = [read_equation(text, jet) for text in self.equations]
        return {jet[str(lead)]: rhs for lead, rhs in sides}

    @property
    def symmetry(self) -> Symmetry:
        """All of ``symmetries`` together."""
        jet = self.jet
        return reduce(add, (read_symmetry(text, jet) for text in self.symmetries), trivial)

    @property
    def candidates(self) -> Library:
        """The library on the jet of this system."""
        return self.library.on(self.jet, list(self.law))
