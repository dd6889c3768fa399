"""What a symmetry leaves of the laws that are asked for, and the search among them."""

from __future__ import annotations

from dataclasses import dataclass

from symeq.ansatz import FunctionalAnsatz, LinearAnsatz, RelationAnsatz
from symeq.cli.engines import Clocked
from symeq.data import Sampled
from symeq.discovery import Discovery, discover, discover_both
from symeq.search.engine import Progress


@dataclass(frozen=True)
class Allowed:
    """The laws of a library, or those with unknown functions, or both.

    lacking: why one of them is missing that was asked for.
    """

    linear: LinearAnsatz | None
    form: FunctionalAnsatz | RelationAnsatz | None = None
    lacking: str = ""

    def search(self, samples: Sampled, genetic: Clocked, progress: Progress | None) -> Discovery:
        """The law that the samples support, by sparse regression, by the genetic engine, or by both.

        Raises NoLaw.
        """
        if self.form is None:
            assert self.linear is not None
            return discover(self.linear, samples, genetic.sparse, progress=progress)
        if isinstance(self.form, RelationAnsatz) or self.linear is None:
            return discover(self.form, samples, genetic, progress=progress)
        return discover_both(self.linear, self.form, samples, genetic=genetic, progress=progress)
