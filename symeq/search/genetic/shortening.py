"""The chosen law, in the shortest way to write it: multiplied out, with a node less, with simple powers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from symeq.search.genetic.expansion import expanded, written
from symeq.search.genetic.forest import NOWHERE, ONE, Forest, Prefix
from symeq.search.genetic.front import FLOOR, Model, length
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.solving import TermColumns, solve

MOST = 24  # terms that a law may have when it is multiplied out
LARGEST_POWER = 4  # of a tree, in the place of a power with any number
SIGHT = 1e-6  # of the description length: what is shorter by less is not


def shortened(model: Model, problem: Problem) -> Model:
    """The law by its products, needless ones pruned, and with subtrees in the place of their parents, as long
    as the description gets shorter; else as it is."""
    with np.errstate(all="ignore"):
        forest = Forest(problem)
        columns = TermColumns(problem, forest)
        best = model
        while True:
            candidates = [terms for terms in _rewritten(best, forest) if len(terms) <= MOST]
            found = [m for terms in candidates if (m := _solved(terms, columns)) is not None]
            shortest = min(found, key=lambda m: (length(m, problem), m.size, repr(m.terms)), default=None)
            if shortest is None or length(shortest, problem) >= length(best, problem) - SIGHT:
                break
            best = shortest
        return _with_simple_powers(best, columns)


def _with_simple_powers(model: Model, columns: TermColumns) -> Model:
    r"""The law with exp(c log T) as T^(n/2), where the number c tells no more than n/2 does.

    A number costs :math:`\tfrac12 \ln B`; a half-integer power costs hardly anything, however many products
    and roots it takes to write.
    """
    problem, forest = columns.problem, columns.forest
    pairs = frozenset(name for name, operator in forest.operators.items() if operator.arity == 2)
    while True:
        for k, (j, prefix) in enumerate(model.terms):
            for simpler in _simple_powers(prefix, pairs, frozenset(forest.operators)):
                one = _solved([*model.terms[:k], (j, simpler), *model.terms[k + 1 :]], columns)
                if one is None or one.parameters >= model.parameters:
                    continue
                loss = problem.blocks * np.log(max(one.error, FLOOR) / max(model.error, FLOOR))
                if loss <= np.log(problem.blocks) * (model.parameters - one.parameters):
                    model = one
                    break
            else:
                continue
            break
        else:
            return model


def _simple_powers(prefix: Prefix, pairs: frozenset[str], known: frozenset[str]) -> Iterator[Prefix]:
    """With one exp(c log T) replaced by the nearest power of T that is a product of roots."""
    if not {"mul", "div", "sqrt"} <= known:
        return
    for place, token in enumerate(prefix[:-1]):
        if isinstance(token, int) or token[0] != "exp" or prefix[place + 1] != ("log", None):
            continue
        end = _end(prefix, place, pairs)
        power = Fraction(round(2 * (token[1] or 0.0)), 2)
        if power and abs(power) <= LARGEST_POWER:
            yield (*prefix[:place], *written(((prefix[place + 2 : end], power),)), *prefix[end:])


def _solved(terms: list[tuple[int, Prefix]], columns: TermColumns) -> Model | None:
    forest = columns.forest
    numbers = {(j, forest.number(prefix)) for j, prefix in terms}
    if any(number == NOWHERE for _, number in numbers):
        return None
    [(kept, error)] = solve(columns, [tuple(sorted(numbers))])
    if not kept:
        return None
    size = sum(forest.size[number] for _, number in kept) + len(kept)
    return Model(tuple(sorted(((j, forest.prefix[n]) for j, n in kept), key=repr)), error, size)


def _rewritten(model: Model, forest: Forest) -> Iterator[list[tuple[int, Prefix]]]:
    """The law multiplied out, and with each subtree replaced by one of its parts."""
    pairs = frozenset(name for name, operator in forest.operators.items() if operator.arity == 2)
    terms = list(model.terms)
    out: dict[tuple[int, Prefix], None] = {}
    for j, prefix in terms:
        for powers in expanded(prefix, pairs):
            out[j, written(powers)] = None
    yield list(out)
    for k, (j, prefix) in enumerate(terms):
        for shorter in _with_a_node_less(prefix, pairs):
            yield [*terms[:k], (j, shorter), *terms[k + 1 :]]
            for turned in _turned(shorter):
                yield [*terms[:k], (j, turned), *terms[k + 1 :]]


def _with_a_node_less(prefix: Prefix, pairs: frozenset[str]) -> Iterator[Prefix]:
    for place, token in enumerate(prefix):
        if isinstance(token, int):
            if token != ONE:
                yield (*prefix[:place], ONE, *prefix[place + 1 :])
            continue
        end = _end(prefix, place, pairs)
        first = _end(prefix, place + 1, pairs)
        parts = [prefix[place + 1 : first]]
        if token[0] in pairs:
            parts.append(prefix[first:end])
        for part in parts:
            yield (*prefix[:place], *part, *prefix[end:])


def _turned(prefix: Prefix) -> Iterator[Prefix]:
    """With the sign of one constant changed: exp(c (1 - T)) is exp(-c T) times a number."""
    for place, token in enumerate(prefix):
        if not isinstance(token, int) and token[1] is not None:
            yield (*prefix[:place], (token[0], -token[1]), *prefix[place + 1 :])


def _end(prefix: Prefix, place: int, pairs: frozenset[str]) -> int:
    """One past the subtree that begins at a place."""
    open_ = 1
    while open_:
        token = prefix[place]
        open_ += -1 if isinstance(token, int) else (1 if token[0] in pairs else 0)
        place += 1
    return place
