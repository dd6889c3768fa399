"""How to search: the engine that is asked for, the flags that it takes, and the seconds it gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from symeq.ansatz import FunctionalAnsatz, RelationAnsatz
from symeq.cli.clock import Clock
from symeq.cli.settings import SWITCHES, Settings, at
from symeq.data import Sampled
from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.search import GeneticProgramming, SparseRegression
from symeq.search.engine import Found, Progress
from symeq.search.genetic.state import State
from symeq.search.saved import State as PassState

SPARSE, GENETIC, BOTH = ENGINES = ("sparse", "genetic", "both")
OF_LIBRARY = ("degree", "library", "known")
OF_EVOLUTION = ("operators", "epochs", "evaluations", "workers", "resume")
OF_PASSES = ("workers", "resume")  # by test functions


def asked_engine(settings: Settings) -> str:
    """The name of the engine.

    Raises InvalidInput for an unknown one, and for a flag that has no meaning for it.
    """
    given = settings.texts("engine") or (SPARSE,)
    with at(settings.place("engine")):
        for name in given:
            if name not in ENGINES:
                raise InvalidInput(
                    f"there is no engine {quoted(name)}; there are `sparse`, `genetic` and `both`."
                    + did_you_mean(name, ENGINES)
                )
        if len(set(given)) > 1:
            raise InvalidInput("it was given twice. Give it once; `both` stands for both.")
    engine = given[0]
    if engine == SPARSE:
        weak = settings.switched_on("weak")
        _refuse(
            settings,
            (*(key for key in OF_EVOLUTION if not (weak and key in OF_PASSES)), "relation"),
            "is for `--engine genetic`. Add that, or leave it out.",
        )
    if engine == GENETIC:
        _refuse(
            settings,
            OF_LIBRARY,
            "is about a library of terms, and `--engine genetic` searches functions instead. Leave it out, or"
            " take `--engine both`.",
        )
    if engine == BOTH:
        _refuse(settings, ("relation",), "is for `--engine genetic` alone: sparse regression needs a lead.")
    return engine


def _refuse(settings: Settings, keys: tuple[str, ...], why: str) -> None:
    for key in keys:
        if key in settings and (key not in SWITCHES or settings.switched_on(key)):
            with at(settings.place(key)):
                raise InvalidInput(f"it {why}")


def _alone(settings: Settings) -> bool:
    """Whether sparse regression is the engine: then workers and a state are those of its pass."""
    return (settings.texts("engine") or (SPARSE,)) == (SPARSE,)


def read_sparse(settings: Settings) -> SparseRegression:
    """Sparse regression with the settings of the user.

    Raises InvalidInput for a state that is none.
    """
    if not settings.switched_on("weak") or not _alone(settings):
        return SparseRegression()
    state = settings.path("resume")
    if state is not None:
        with at(settings.place("resume")):
            PassState(state)  # read once, so that another file is not taken for one after the data were read
    return SparseRegression(workers=settings.count("workers"), state=state)


def read_genetic(settings: Settings) -> GeneticProgramming:
    """The genetic engine with the settings of the user; the seconds are left to the clock.

    Raises InvalidInput for unknown operators, and for a state that is none.
    """
    asked: dict[str, Any] = {"seed": settings.number("seed", 0)}
    asked |= {k: n for k in ("epochs", "evaluations", "workers") if (n := settings.count(k)) is not None}
    state = None if _alone(settings) else settings.path("resume")
    if state is not None:
        with at(settings.place("resume")):
            State(state)  # read once, so that another file is not taken for one after the data were read
        asked["state"] = state
    if "operators" not in settings:
        return GeneticProgramming(**asked)
    with at(settings.place("operators")):
        names = [name for text in settings.texts("operators") for name in text.replace(",", " ").split()]
        return GeneticProgramming(operators=names, **asked)


@dataclass(frozen=True)
class Clocked:
    """An engine that searches for as long as a clock grants when its turn comes, and the one for numbers."""

    engine: GeneticProgramming
    clock: Clock
    sparse: SparseRegression = SparseRegression()

    @property
    def seed(self) -> int:
        return self.engine.seed

    def __str__(self) -> str:
        return str(self.engine)

    def search(
        self, ansatz: FunctionalAnsatz | RelationAnsatz, samples: Sampled, progress: Progress | None = None
    ) -> Found:
        """The best law within the seconds that are left; raises OutOfTime where none are."""
        return replace(self.engine, seconds=self.clock.left()).search(ansatz, samples, progress)

    def anew(self) -> Clocked:
        """The same without a state: one file keeps one search."""
        sparse = replace(self.sparse, state=None)
        return replace(self, engine=replace(self.engine, state=None), sparse=sparse)
