"""The noun that a search ends in: a law, how sure it is, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Float, Symbol, lambdify

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.linear import LinearAnsatz
from symeq.data.records import Record
from symeq.discovery.framed import frame_latex, frame_text
from symeq.discovery.integrate import integrate
from symeq.discovery.statement import Term, document, law_latex, law_text, write_json
from symeq.errors import InvalidInput
from symeq.search.engine import Constant, SearchEnd
from symeq.search.identifiability import Identifiability
from symeq.search.selection import FrontEntry


@dataclass(frozen=True)
class Provenance:
    """Where a law came from: ``rows`` used, resampling ``blocks``, ``noise`` of each variable, what was
    sampled how."""

    rows: int
    blocks: int
    noise: Mapping[str, float]
    notes: tuple[str, ...]
    engine: str
    seconds: float
    seed: int | None
    versions: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Discovery:
    r"""The law :math:`L_a = B_{0,a} + \sum_k \beta_k B_{k,a}` that an engine found.

    ``beta`` (unknown,), zero off the ``support``; ``standard_errors`` (unknown,), nan off the support,
    statistical and systematic errors together; ``front``, the best law of every size; ``residual``, the
    share of the mean square of the left-hand sides that is left; ``chi2``, the residual over what the noise
    explains: 1 for a right law, inf without noise. Of a search for functions: ``form``, what was searched,
    ``functions``, its G_j with numbers, ``constants``, those inside functions, and ``end``, how it ended; the
    ``ansatz`` then spans the terms that were found. Of a search for numbers: ``identifiability``, the
    condition of the allowed columns, and which chosen terms the data cannot tell from others.
    """

    ansatz: LinearAnsatz
    beta: np.ndarray
    standard_errors: np.ndarray
    support: tuple[int, ...]
    front: tuple[FrontEntry, ...]
    residual: float
    chi2: float
    provenance: Provenance
    warnings: tuple[str, ...] = field(default=())
    form: FunctionalAnsatz | None = None
    functions: tuple[Expr, ...] = ()
    constants: tuple[Constant, ...] = ()
    end: SearchEnd | None = None
    identifiability: Identifiability | None = None

    @property
    def unknowns(self) -> int:
        """How many unknowns the symmetry allowed."""
        return self.ansatz.unknowns

    @property
    def library_unknowns(self) -> int:
        """How many the library has without it."""
        return self.ansatz.library_unknowns

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Each library term of each equation, with its value and standard error."""
        ansatz = self.ansatz
        found: list[Term] = []
        for lead, symbol in enumerate(ansatz.leads):
            parts: dict[int, list[tuple[int | None, float]]] = {}
            for (row, term), coefficient in ansatz.fixed_coefficients.items():
                if row == lead:
                    parts.setdefault(term, []).append((None, float(coefficient)))
            for k in self.support:
                for (row, term), coefficient in ansatz.basis_coefficients[k].items():
                    if row == lead:
                        parts.setdefault(term, []).append((k, float(coefficient)))
            for term, contributions in sorted(parts.items()):
                value = sum(c * (1.0 if k is None else float(self.beta[k])) for k, c in contributions)
                error = (
                    sum(c**2 * float(self.standard_errors[k]) ** 2 for k, c in contributions if k is not None)
                    ** 0.5
                )
                bases = [k for k, _ in contributions if k is not None]
                found.append(
                    Term(
                        symbol, ansatz.libraries[lead].terms[term], value, error, bases[0] if bases else None
                    )
                )
        return tuple(found)

    @property
    def confused(self) -> tuple[tuple[str, ...], ...]:
        """Each term that the data cannot tell from others, followed by these, in words."""
        return () if self.identifiability is None else self.identifiability.confused(self.ansatz)

    @cached_property
    def equations(self) -> tuple[tuple[Symbol, Expr], ...]:
        """(left-hand side, right-hand side with numbers) for every equation."""
        sides: dict[Symbol, Expr] = {lead: sympy.Integer(0) for lead in self.ansatz.leads}
        values = {constant.symbol: Float(constant.value, 17) for constant in self.constants}
        for term in self.terms:
            sides[term.lead] += Float(term.value, 17) * term.expression.xreplace(values)
        return tuple(sides.items())

    @cached_property
    def arguments(self) -> tuple[Symbol, ...]:
        """The jet coordinates on which the right-hand sides depend, in the order :attr:`rhs` takes them."""
        jet = self.ansatz.jet
        found = set().union(*(rhs.free_symbols for _, rhs in self.equations))
        known = [z for z in (*jet.independent, *jet.dependent) if z in found]
        return (*known, *sorted(found - set(known), key=lambda z: (jet.order_of(z), str(z))))

    @cached_property
    def _compiled(self) -> Any:
        return lambdify(self.arguments, [rhs for _, rhs in self.equations], ["scipy", "numpy"], cse=True)

    def rhs(self, *values: np.ndarray) -> np.ndarray:
        """The right-hand sides at given :attr:`arguments`: (lead, ...) for arrays of shape (...)."""
        if len(values) != len(self.arguments):
            raise InvalidInput(
                f"rhs takes {len(self.arguments)} arrays, {', '.join(map(str, self.arguments))}; "
                f"{len(values)} were given."
            )
        arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values)) if values else []
        shape = arrays[0].shape if arrays else ()
        return np.stack([np.broadcast_to(side, shape) for side in self._compiled(*arrays)]).astype(float)

    def simulate(self, start: Sequence[float] | np.ndarray, times: Sequence[float] | np.ndarray) -> Record:
        """Integrate the law of an ODE from a start, as a record at the given times.

        Arguments: ``start``, the states in the order of the jet, then their lower derivatives (x, y, x_t,
        y_t); ``times``, increasing, the first one is where the start holds. Raises InvalidInput for a PDE,
        a start of the wrong length, or when the solution does not reach the last time.
        """
        return integrate(self.ansatz.jet, self.ansatz.leads, self.arguments, self.rhs, start, times)

    def latex(self, digits: int = 3, errors: bool = False) -> str:
        r"""The equations as LaTeX, with ``digits`` significant digits, or with their standard errors."""
        return law_latex(self.ansatz.jet, self.ansatz.leads, self.terms, digits, errors, self.constants)

    def frame_text(self, digits: int = 6) -> str:
        """The law by the vectors of its frame, F = F0 + sum_j G_j(I) E_j, as text; by component where it has
        none."""
        return str(self) if self.form is None else frame_text(self.form, self.functions, digits)

    def frame_latex(self, digits: int = 3) -> str:
        """The law by the vectors of its frame, as LaTeX; by component where it has none."""
        return self.latex(digits) if self.form is None else frame_latex(self.form, self.functions, digits)

    def __str__(self) -> str:
        return law_text(self.ansatz.leads, self.terms, self.constants)

    def document(self) -> dict[str, Any]:
        """The law as one JSON document (schema 1)."""
        return document(self)

    def save(self, path: str) -> None:
        """Write :meth:`document` to a file, whole or not at all."""
        write_json(self.document(), path)
