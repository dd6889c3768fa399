"""One short, independent evolution: from random individuals to a front of laws."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from deap import base, tools

from symeq.search.genetic.completion import planted
from symeq.search.genetic.constants import refined
from symeq.search.genetic.dice import Dice, deap_with
from symeq.search.genetic.front import Model, pareto
from symeq.search.genetic.individual import Individual, SmallAndShort, Terms
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.solving import TermColumns, solve
from symeq.search.genetic.variation import Variation

EXACT = 1e-20  # the share at which only round-off is left
PATIENCE = 20  # generations without progress that end an epoch
STEADY = 8  # generations that are enough where one law stands out
STANDS_OUT = 1e-3  # of the error of every shorter law: a true one lies decades below its neighbours
PROGRESS = 0.8  # an entry of the front counts as better when its error falls below this share
PARSIMONY = 0.03  # of the logarithm of the error, for each node and term
TOURNAMENT = 4
CROSSOVER = 0.5
GENERATIONS = 400
SCOUTED = 12  # generations after which an epoch that has something to beat is judged
ELITE = 4
PROMISING = 4  # children of a generation, of structures not seen before, whose constants are refined
ROUGHLY = 0.01  # gain of a step below which a child's constants are good enough to be judged by
TRIES = 3  # draws for a child that is not its parent


@dataclass(frozen=True)
class EpochResult:
    """What an epoch found: its front, evaluations, generations, the most terms of its laws, and whether the
    clock or the user ended it."""

    front: tuple[Model, ...]
    evaluations: int
    generations: int
    most: int
    late: bool = False
    interrupted: bool = False


@dataclass
class Evolution:
    """The state of an epoch: DEAP's toolbox, hall of fame and log around our evaluation."""

    problem: Problem
    seed: int
    most: int
    population: int = 200
    evaluations: int = 0
    known: dict[Terms, Individual] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = Dice(self.seed)
        self.forest, completion = planted(self.problem)
        self.columns = TermColumns(self.problem, self.forest)
        self.variation = Variation(self.forest, self.dice, deap_with(self.dice), self.most, completion)
        self.hall = tools.ParetoFront(similar=lambda a, b: a.terms == b.terms)
        self.best: dict[float, float] = {}
        self.toolbox = base.Toolbox()
        self.toolbox.register("individual", self.variation.individual)
        self.toolbox.register("mate", self.variation.mate)
        self.toolbox.register("mutate", self.variation.mutate)
        self.toolbox.register("evaluate", self.evaluate)
        self.toolbox.register("select", tournaments, size=TOURNAMENT, dice=self.dice)
        self.statistics = tools.Statistics(lambda individual: individual.error)
        self.statistics.register("least", np.min)
        self.statistics.register("median", np.median)
        self.log = tools.Logbook()
        self._refined: set[Terms] = set()
        self._structures: set[tuple[object, ...]] = set()

    def evaluate(self, population: list[Terms]) -> list[Individual]:
        """Individuals with their needless terms pruned, all new ones solved at once."""
        new = [terms for terms in dict.fromkeys(population) if terms not in self.known]
        self.evaluations += len(new)
        for terms, (pruned, error) in zip(new, self.solved(new), strict=True):
            self.known[terms] = self.known.get(pruned) or self._individual(pruned, error)
            self.known.setdefault(pruned, self.known[terms])
        return [self.known[terms] for terms in population]

    def solved(self, laws: list[Terms]) -> list[tuple[Terms, float]]:
        """Least squares for all of them at once; the columns of the hall of fame are kept."""
        return solve(self.columns, laws, [term for entry in self.hall for term in entry.terms])

    def _individual(self, terms: Terms, error: float) -> Individual:
        size = sum(self.forest.size[tree] for _, tree in terms) + len(terms)
        inner = sum(self.forest.nonlinear[tree] for _, tree in terms)
        one = Individual(terms, error, size, inner)
        one.fitness.values = (float(np.log(error + EXACT)) + PARSIMONY * size,)
        return one

    def improve(self, population: list[Individual]) -> bool:
        """Take the better ones into the hall of fame; whether one of them is much better."""
        progress = False
        entered = []
        for one in population:
            if not one.terms:
                continue
            before = self.best.get(one.weight, np.inf)
            if one.error < before:
                rivals = [e for w, e in self.best.items() if w <= one.weight]
                least = min(rivals, default=np.inf)
                if one.error < least:
                    progress |= one.error < PROGRESS * least and least > EXACT
                    entered.append(one)
                self.best[one.weight] = one.error
        if entered:
            self.hall.update([_fit_for_hall(one) for one in entered])
        return progress

    def stands_out(self) -> bool:
        """Whether the law with the least error of all, but for its last 20 %, has a gap below it."""
        least = min(self.best.values(), default=1.0) / PROGRESS
        first = min(
            (one for one in self.hall if one.error <= least), key=lambda one: one.weight, default=None
        )
        if first is None or len(first.terms) >= self.most:
            return False
        shorter = [one.error for one in self.hall if one.weight < first.weight]
        return first.error < STANDS_OUT * min(shorter, default=1.0)

    def polish(self, children: list[Individual]) -> list[Individual]:
        """Members of the front whose constants were not at their optimum, and the best children of structures
        that were not seen before, now there."""
        waiting = self._unrefined(one for one in self.hall)
        self._structures.update(map(self._structure, waiting))
        better = [refined(terms, self.columns) for terms in waiting]
        rough = []
        promising = sorted(children, key=lambda one: one.fitness.values)
        for terms in self._unrefined(promising):
            structure = self._structure(terms)
            if structure not in self._structures:
                self._structures.add(structure)
                rough.append(terms)
                if len(waiting) + len(rough) >= PROMISING:
                    break
        self._refined.update((*waiting, *rough, *better))
        return self.evaluate([*better, *(refined(terms, self.columns, ROUGHLY) for terms in rough)])

    def _structure(self, terms: Terms) -> tuple[object, ...]:
        """The terms without the values of their constants."""
        forest = self.forest
        return tuple(
            (j, tuple(token if isinstance(token, int) else token[0] for token in forest.prefix[tree]))
            for j, tree in terms
        )

    def _unrefined(self, individuals: Iterable[Individual], most: int | None = None) -> list[Terms]:
        """The first of those with inner constants that were not refined yet."""
        found = (
            one.terms
            for one in individuals
            if one.terms not in self._refined and any(self.forest.nonlinear[tree] for _, tree in one.terms)
        )
        return list(islice(dict.fromkeys(found), most))

    def front(self) -> tuple[Model, ...]:
        """The laws of the hall of fame, free of this epoch's numbering."""
        return pareto(
            Model(
                tuple(sorted(((j, self.forest.prefix[t]) for j, t in one.terms), key=repr)),
                one.error,
                one.size,
            )
            for one in self.hall
        )

    def offspring(self, population: list[Individual]) -> list[Terms]:
        """As many children as individuals, by crossover or mutation of tournament winners."""
        count = self.population - ELITE
        parents = self.toolbox.select(sorted(population, key=lambda one: one.fitness.values), 2 * count)
        children = []
        for k in range(count):
            first, second = parents[2 * k].terms, parents[2 * k + 1].terms
            for _ in range(TRIES):
                if self.dice.random() < CROSSOVER:
                    child = self.toolbox.mate(first, second)
                else:
                    child = self.toolbox.mutate(first)
                if child and child != first:
                    break
            children.append(child or self.toolbox.individual())
        return children

    def distinct(self, candidates: list[Individual]) -> list[Individual]:
        """The first of each law, as many as a population holds: copies would take it over."""
        first: dict[Terms, Individual] = {}
        for one in candidates:
            if one.terms:
                first.setdefault(one.terms, one)
        return list(first.values())[: self.population]

    def run(
        self,
        deadline: float | None = None,
        watch: Callable[[Evolution], None] | None = None,
        beat: float | None = None,
    ) -> EpochResult:
        """Evolve until nothing improves any more, or the law is exact, or the time is over; or until it is
        clear that no law comes below the share ``beat``."""
        idle = generation = 0
        late = interrupted = False
        try:
            start = [self.toolbox.individual() for _ in range(self.population)]
            population = self.distinct(self.toolbox.evaluate(start))
            self.improve(population)
            # Where no term explains more than chance there is nothing to select from.
            for generation in range(1, GENERATIONS + 1 if population else 1):
                population, progress = self.generation(population)
                self.log.record(generation=generation, **self.statistics.compile(population))
                idle = 0 if progress else idle + 1
                if watch is not None:
                    watch(self)
                late = deadline is not None and time.monotonic() > deadline
                if late or idle >= (STEADY if self.stands_out() else PATIENCE):
                    break
                least = min(self.best.values(), default=1.0)
                if least < EXACT or beat is not None and generation >= SCOUTED and least > beat:
                    break
        except KeyboardInterrupt:
            if not self.hall:
                raise
            interrupted = True
        return EpochResult(self.front(), self.evaluations, generation, self.most, late, interrupted)

    def generation(self, population: list[Individual]) -> tuple[list[Individual], bool]:
        """The next population, and whether the front became much better."""
        ranked = sorted(population, key=lambda one: one.fitness.values)
        children = self.toolbox.evaluate(self.offspring(population))
        progress = self.improve(children)
        polished = self.polish(children)
        progress |= self.improve(polished)
        following = self.distinct([*ranked[:ELITE], *polished, *children, *ranked[ELITE:]])
        self.forest.forget(tree for one in [*following, *self.hall] for _, tree in one.terms)
        return following, progress


def tournaments(ranked: list[Individual], count: int, size: int, dice: random.Random) -> list[Individual]:
    """Winners of tournaments: of ranked individuals the first of those drawn.

    DEAP's own compares fitnesses, which took 5.6 of the 45 ms of a generation."""
    draw, many = dice.random, len(ranked)
    return [ranked[int(min([draw() for _ in range(size)]) * many)] for _ in range(count)]


def _fit_for_hall(one: Individual) -> Individual:
    entry = Individual(one.terms, one.error, one.size, one.inner, SmallAndShort())
    entry.fitness.values = (float(np.log(one.error + 1e-300)), one.weight)
    return entry
