"""The problem that `symeq discover` poses, every word of it understood before any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from symeq.ansatz import LinearAnsatz
from symeq.cli.candidates import Candidates
from symeq.data import Record, Samples, open_record, sample
from symeq.errors import InvalidInput
from symeq.geometry import Jet, Symmetry


@dataclass(frozen=True)
class Problem:
    """The laws that are asked for, and the files that obey one of them.

    candidates: the laws.
    data, rename, axes, periodic: the files, and how their names and axes are to be read.
    """

    candidates: Candidates
    data: tuple[Path, ...]
    rename: Mapping[str, str]
    axes: Mapping[str, tuple[str, ...]]
    periodic: tuple[str, ...]

    @property
    def jet(self) -> Jet:
        """The variables."""
        return self.candidates.jet

    @property
    def symmetry(self) -> Symmetry:
        """What the law is known to have."""
        return self.candidates.symmetry

    def allowed(self, symmetry: Symmetry) -> LinearAnsatz:
        """The laws that have a symmetry: the problem's own, or `trivial` for the baseline.

        Raises InvalidInput when a parameter without a value is left in them; NoLaw when nothing is allowed.
        """
        ansatz = self.candidates.allowed(symmetry)
        for law in (ansatz.fixed, *ansatz.basis):
            for rhs in law:
                for symbol in sorted(rhs.free_symbols & set(self.candidates.parameters), key=str):
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
        return sample(record, self.jet, lead=max(self.candidates.leads, key=self.jet.order_of))
