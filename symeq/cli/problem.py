"""The problem that a command poses, every word of it understood before any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sympy import Expr, Symbol

from symeq.ansatz import Library, LinearAnsatz, linear_ansatz
from symeq.data import Record, Samples, open_record, sample
from symeq.errors import InvalidInput
from symeq.geometry import Jet, Symmetry

Known = Mapping[tuple[str, Expr] | Expr, Expr]


@dataclass(frozen=True)
class Problem:
    """The laws that are asked for, and the files that obey one of them.

    jet, leads: the variables and the leading derivatives.
    library: the candidate terms, for each lead; known: coefficients that are given, by lead and term.
    symmetry: what the law is known to have; parameters: constants without a value.
    data, rename, axes, periodic: the files, and how their names and axes are to be read.
    """

    jet: Jet
    leads: tuple[Symbol, ...]
    library: Mapping[Symbol, Library]
    known: Known
    symmetry: Symmetry
    parameters: tuple[Symbol, ...]
    data: tuple[Path, ...]
    rename: Mapping[str, str]
    axes: Mapping[str, tuple[str, ...]]
    periodic: tuple[str, ...]

    def allowed(self, symmetry: Symmetry) -> LinearAnsatz:
        """The laws that have a symmetry: the problem's own, or `trivial` for the baseline.

        Raises InvalidInput when a parameter without a value is left in them; NoLaw when nothing is allowed.
        """
        ansatz = linear_ansatz(
            self.jet, self.library, symmetry, lead=self.leads, known=self.known, parameters=self.parameters
        )
        for law in (ansatz.fixed, *ansatz.basis):
            for rhs in law:
                for symbol in sorted(rhs.free_symbols & set(self.parameters), key=str):
                    raise InvalidInput(
                        f"The parameter `{symbol}` has no value, and the allowed laws contain {rhs}. Give it"
                        f" one, as in `--parameter {symbol}=0.1`."
                    )
        return ansatz

    def record(self) -> Record:
        """What was measured, with the variables and axes of the jet."""
        return open_record(
            self.data,
            [x.name for x in self.jet.independent],
            [u.name for u in self.jet.dependent],
            rename=dict(self.rename),
            axes=dict(self.axes),
            periodic=self.periodic,
        )

    def samples(self, record: Record) -> Samples:
        """The jet of a record, sampled by rules that are chosen from it."""
        return sample(record, self.jet, lead=max(self.leads, key=self.jet.order_of))
