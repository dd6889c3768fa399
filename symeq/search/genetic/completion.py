"""Terms that scale as the law does: a tree is multiplied by what it lacks."""

from __future__ import annotations

import copy
import random
from fractions import Fraction
from functools import lru_cache

from symeq.search.genetic.forest import NOWHERE, ONE, Forest
from symeq.search.genetic.problem import Problem, Weight

LONGEST = 7  # nodes of a factor
MOST = 24  # factors of one weight that are remembered
TREES = 1_500  # products that are tried
REMEMBERED = 16  # problems whose products are kept from one epoch to the next


class Completion:
    """For each weight the shortest products and quotients of leaves that have it."""

    def __init__(self, forest: Forest) -> None:
        assert forest.problem.grading is not None
        self.forest, self.grading = forest, forest.problem.grading
        self.factors: dict[Weight, list[int]] = {}
        if self.grading.strict:
            self._build()

    def __call__(self, vector: int, number: int, dice: random.Random) -> int:
        """A tree times a random factor, so that its product with a vector has the weight of the target."""
        grading = self.grading
        weight = self.forest.weight[number]
        if not grading.strict or weight is None:
            return number
        needed = tuple(
            t - e - w for t, e, w in zip(grading.target, grading.frame[vector], weight, strict=True)
        )
        if not any(needed):
            return number
        factors = self.factors.get(needed)
        if not factors:
            return NOWHERE
        # Short factors first: the index is the smaller of two draws.
        place = min(dice.randrange(len(factors)), dice.randrange(len(factors)))
        factor = factors[place]
        if number == ONE:
            return factor
        return self.forest.node("mul", number, factor) if "mul" in self.forest.operators else NOWHERE

    def _build(self) -> None:
        forest = self.forest
        names = forest.operators
        leaves = [k for k in range(1, len(forest.problem.names))]
        basis = list(leaves)
        if "sqrt" in names:
            basis += [n for leaf in leaves if (n := forest.node("sqrt", leaf)) != NOWHERE]
        layer = [ONE]
        seen: dict[int, None] = {}
        while layer and len(seen) < TREES:
            following: dict[int, None] = {}
            for tree in layer:
                for factor in basis:
                    for name in ("mul", "div"):
                        if name not in names:
                            continue
                        number = factor if tree == ONE and name == "mul" else forest.node(name, tree, factor)
                        if number != NOWHERE and forest.size[number] <= LONGEST and number not in seen:
                            seen[number] = None
                            following[number] = None
                            if len(seen) >= TREES:
                                break
            layer = list(following)
        for number in sorted(seen, key=lambda n: (forest.size[n], n)):
            weight = forest.weight[number]
            if weight is not None:
                found = self.factors.setdefault(weight, [])
                if len(found) < MOST:
                    found.append(number)
        zero = tuple(Fraction(0) for _ in self.grading.target)
        self.factors.setdefault(zero, []).insert(0, ONE)


def planted(problem: Problem) -> tuple[Forest, Completion | None]:
    """A new forest, and the completion where terms have weights; its products are found once for all
    epochs of a problem."""
    if problem.grading is None:
        return Forest(problem), None
    own = copy.copy(_first(problem))
    own.forest = own.forest.copy()
    return own.forest, own


@lru_cache(REMEMBERED)
def _first(problem: Problem) -> Completion:
    return Completion(Forest(problem))
