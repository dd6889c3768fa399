"""What an engine is: it takes what is allowed and what was measured, and finds a law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from symeq.ansatz.linear import LinearAnsatz
from symeq.data.samples import Samples
from symeq.search.selection import FrontEntry

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Found:
    """The outcome of a search, in the free coordinates of the ansatz.

    ``beta`` (unknown,), zero off the support; ``errors`` (unknown,), nan off the support; ``residual``, the
    share of the mean square of the left-hand sides that is left; ``chi2``, the residual over what the noise
    explains.
    """

    beta: np.ndarray
    errors: np.ndarray
    support: tuple[int, ...]
    front: tuple[FrontEntry, ...]
    residual: float
    chi2: float
    rows: int
    blocks: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


class Engine(Protocol):
    """An open point of the design: anything with a name, a seed (or None) and this verb is an engine."""

    @property
    def seed(self) -> int | None: ...

    def search(self, ansatz: LinearAnsatz, samples: Samples, progress: Progress | None = None) -> Found: ...
