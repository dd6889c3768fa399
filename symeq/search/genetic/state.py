"""A search on disk: the epochs so far, so that one that was broken off goes on where it stopped."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symeq.errors import InvalidInput
from symeq.search.genetic.epoch import EpochResult
from symeq.search.genetic.epochs import Plan
from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.front import Model
from symeq.search.genetic.problem import Problem
from symeq.writing import written_whole

KIND, SCHEMA = "symeq genetic search", 1
LARGEST = 200_000_000  # bytes of a state


class State:
    """The finished epochs of the searches of one run, by problem; written whole after every epoch.

    Arguments: ``path``, read where it exists. Raises InvalidInput for a file that is no state of a search.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._epochs: dict[str, list[dict[str, Any]]] = {}
        if self.path.exists():
            self._epochs = self._read()

    def epochs(self, problem: Problem, plan: Plan) -> list[EpochResult]:
        """The epochs of one problem that were finished with the seed and population of a plan.

        Raises InvalidInput where they do not fit the problem.
        """
        stored = self._epochs.get(_key(problem, plan), [])
        try:
            return [_epoch(one, problem) for one in stored]
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise self._damaged() from error

    def foreign(self, problems: Sequence[Problem], plan: Plan) -> bool:
        """Whether the file holds epochs, and none of these problems."""
        return bool(self._epochs) and not any(_key(problem, plan) in self._epochs for problem in problems)

    def add(self, problem: Problem, plan: Plan, epoch: EpochResult) -> None:
        """Keep a finished epoch: one that the clock or the user ended would not be the same again."""
        if epoch.late or epoch.interrupted:
            return
        self._epochs.setdefault(_key(problem, plan), []).append(
            {
                "most": epoch.most,
                "evaluations": epoch.evaluations,
                "generations": epoch.generations,
                "front": [
                    {"terms": _terms_written(model), "error": model.error, "size": model.size}
                    for model in epoch.front
                ],
            }
        )
        content = {"kind": KIND, "schema": SCHEMA, "searches": self._epochs}
        with written_whole(self.path) as partial:
            partial.write_text(json.dumps(content), encoding="utf-8")

    def _read(self) -> dict[str, list[dict[str, Any]]]:
        try:
            if self.path.stat().st_size > LARGEST:
                raise self._damaged()
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be read ({error.strerror}).") from error
        except (ValueError, RecursionError) as error:
            raise self._damaged() from error
        known = isinstance(content, Mapping) and content.get("kind") == KIND
        searches = content.get("searches") if known else None
        if not isinstance(searches, dict) or content.get("schema") != SCHEMA:
            raise self._damaged()
        if not all(isinstance(epochs, list) for epochs in searches.values()):
            raise self._damaged()
        return searches

    def _damaged(self) -> InvalidInput:
        return InvalidInput(
            f"{self.path} is no state of a genetic search of this version. Name another file, or remove it to"
            " begin anew."
        )


def _key(problem: Problem, plan: Plan) -> str:
    return f"{problem.fingerprint()}-{plan.seed}-{plan.population}"


def _terms_written(model: Model) -> list[list[Any]]:
    return [
        [j, [token if isinstance(token, int) else list(token) for token in prefix]]
        for j, prefix in model.terms
    ]


def _epoch(stored: Mapping[str, Any], problem: Problem) -> EpochResult:
    front = tuple(_model(one, problem) for one in stored["front"])
    counts = [stored["evaluations"], stored["generations"], stored["most"]]
    if not all(_whole(count, 0) for count in counts):
        raise ValueError(counts)
    return EpochResult(front, *counts)


def _model(stored: Mapping[str, Any], problem: Problem) -> Model:
    terms = []
    for j, tokens in stored["terms"]:
        if not _whole(j, 0) or j >= problem.vectors:
            raise ValueError(j)
        terms.append((j, _prefix(tokens, problem)))
    error, size = stored["error"], stored["size"]
    if not terms or not _whole(size, 1) or not _number(error) or error < 0:
        raise ValueError(stored)
    return Model(tuple(terms), float(error), size)


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _prefix(tokens: Sequence[Any], problem: Problem) -> Prefix:
    """A tree from untrusted JSON: known leaves and operators, as many arguments as each needs."""
    operators = {operator.name: operator for operator in problem.operators}
    found: list[Any] = []
    open_ = 1
    for token in tokens:
        if open_ == 0:
            raise ValueError(tokens)
        if isinstance(token, int) and not isinstance(token, bool):
            if not 0 <= token < len(problem.names):
                raise ValueError(token)
            found.append(token)
            open_ -= 1
            continue
        name, constant = token
        operator = operators[name]
        if operator.inner:
            if not _number(constant):
                raise ValueError(constant)
            constant = float(constant)
        elif constant is not None:
            raise ValueError(constant)
        found.append((name, constant))
        open_ += operator.arity - 1
    if open_:
        raise ValueError(tokens)
    return tuple(found)
