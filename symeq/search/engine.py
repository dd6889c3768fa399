"""What an engine is: it takes what is allowed and what was measured, and finds a law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sympy import Expr, Symbol

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.implicit import ImplicitAnsatz
from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.relation import RelationAnsatz
from symeq.data.sampling import Sampled
from symeq.search.identifiability import Identifiability
from symeq.search.selection import FrontEntry

Progress = Callable[[int, int, str], None]
Ansatz = LinearAnsatz | FunctionalAnsatz | RelationAnsatz | ImplicitAnsatz


@dataclass(frozen=True)
class Constant:
    """A constant inside a function: its symbol, value and standard error (nan where unknown)."""

    symbol: Symbol
    value: float
    error: float


@dataclass(frozen=True)
class SearchEnd:
    """How a search by evolution ended: ``why`` in words, ``decided`` whether by its own judgement (else by a
    limit or the user), ``clocked`` whether the clock decided; ``epochs`` and ``evaluations`` it took."""

    why: str
    decided: bool
    clocked: bool
    epochs: int
    evaluations: int


@dataclass(frozen=True)
class Found:
    """The outcome of a search, in the free coordinates of an ansatz.

    ``beta`` (unknown,), zero off the support; ``errors`` (unknown,), nan off the support; ``residual``, the
    share of the mean square of the left-hand sides that is left; ``chi2``, the residual over what the noise
    explains. A search for functions brings the ``ansatz`` that its terms span (else it is the one searched),
    the ``form`` it searched with the ``functions`` G_j in its symbols, the inner ``constants``, and its
    ``end``; one for numbers how well the terms could be told apart, ``identifiability``, and the ``samples``
    it took (else those it was given).
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
    ansatz: LinearAnsatz | None = None
    form: FunctionalAnsatz | None = None
    functions: tuple[Expr, ...] = ()
    constants: tuple[Constant, ...] = ()
    end: SearchEnd | None = None
    identifiability: Identifiability | None = None
    samples: Sampled | None = None


class Engine(Protocol):
    """An open point of the design: anything with a name, a seed (or None) and this verb is an engine."""

    @property
    def seed(self) -> int | None: ...

    def search(self, ansatz: Any, samples: Sampled, progress: Progress | None = None) -> Found: ...
