"""Epochs: the same outcome whoever runs them, and an end that says what it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.special
import sympy as sp

from symeq.search.genetic import epochs as epochs_module
from symeq.search.genetic.epoch import EpochResult, Evolution
from symeq.search.genetic.epochs import Consumed, Outcome, Plan, Stop, evolve, run_epoch
from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.front import Model, pareto
from symeq.search.genetic.operators import OPERATORS, Operator
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import predicted
from symeq.search.genetic.scan import relation_share, scan
from tests.search.genetic.posed import A, B, C, op, points, posed

LEAVES = points(rows=100)
NOISE = np.random.default_rng(9).standard_normal(100)
EASY = posed(2 * LEAVES[1] * LEAVES[2] - np.sin(2 * LEAVES[3]), LEAVES, operators=["add", "mul", "sin"])
HARD = posed(LEAVES[1] * LEAVES[2] + NOISE, LEAVES)  # most of it nothing explains
PLAN = Plan(seed=4, epochs=4, population=30)
BESSEL = Operator("j0", scipy.special.j0, lambda z: sp.besselj(0, z), inner=True, even=True)


def hard(plan: Plan, **further: Any) -> Outcome:
    """A search whose epochs never agree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epochs_module, "AGREEING", 99)
        return evolve(HARD, plan, **further)


@contextmanager
def dask() -> Iterator[Executor]:
    distributed = pytest.importorskip("dask.distributed")
    cluster = distributed.LocalCluster(
        processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        yield client.get_executor()


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(3),
    "processes": lambda: ProcessPoolExecutor(2),
    "dask": dask,
}


@pytest.fixture(scope="module")
def alone() -> dict[str, Outcome]:
    return {"easy": evolve(EASY, PLAN), "hard": hard(PLAN)}


@pytest.mark.parametrize("problem", ["easy", "hard"])
def test_two_processes_find_what_one_finds(problem: str, alone: dict[str, Outcome]) -> None:
    """Front, choice, epochs and counts, bit for bit."""
    plan = replace(PLAN, workers=2)
    assert (evolve(EASY, plan) if problem == "easy" else hard(plan)) == alone[problem]


@pytest.mark.parametrize("kind", EXECUTORS)
def test_an_executor_finds_what_one_process_finds(kind: str, alone: dict[str, Outcome]) -> None:
    with EXECUTORS[kind]() as executor:
        assert hard(replace(PLAN, workers=executor)) == alone["hard"]


def test_an_operator_of_the_user_reaches_other_processes() -> None:
    """Its SymPy form, which only the one who asks needs, may be a lambda."""
    problem = posed(scipy.special.j0(2 * LEAVES[1]), LEAVES, operators=(*OPERATORS, BESSEL))
    plan = Plan(seed=1, epochs=1, population=20)
    with ProcessPoolExecutor(1) as executor:
        assert evolve(problem, replace(plan, workers=executor)) == evolve(problem, plan)


def test_an_epoch_depends_on_seed_and_number_alone(alone: dict[str, Outcome]) -> None:
    third = run_epoch(HARD, PLAN, 2)
    assert alone["hard"].epochs[2] == third
    assert run_epoch(HARD, replace(PLAN, epochs=9), 2) == third
    assert run_epoch(HARD, replace(PLAN, seed=5), 2) != third
    assert run_epoch(HARD, PLAN, 3) != third


def test_the_easy_law_is_found_and_the_search_is_decided(alone: dict[str, Outcome]) -> None:
    """2 A B - sin(2 C) on 100 exact rows, three operators, population 30."""
    outcome = evolve(EASY, replace(PLAN, epochs=12))
    assert outcome.stop.decided and outcome.chosen is not None
    assert outcome.chosen.error < 1e-18
    assert predicted(outcome.chosen, EASY) == pytest.approx(EASY.target.ravel(), abs=1e-8)


def test_the_search_is_over_when_its_epochs_are(alone: dict[str, Outcome]) -> None:
    outcome = alone["hard"]
    assert outcome.stop is Stop.EPOCHS and not outcome.stop.decided
    assert len(outcome.epochs) == 4
    assert outcome.front == pareto(m for e in outcome.epochs for m in e.front)


@pytest.mark.parametrize("workers", [1, 2])
def test_evaluations_are_counted_on_the_epochs_taken(workers: int, alone: dict[str, Outcome]) -> None:
    """A grant of one evaluation more than the first two epochs need is spent by three of them."""
    counts = [epoch.evaluations for epoch in alone["hard"].epochs]
    granted = counts[0] + counts[1] + 1
    outcome = hard(replace(PLAN, evaluations=granted, workers=workers))
    assert outcome.stop is Stop.EVALUATIONS
    assert [epoch.evaluations for epoch in outcome.epochs] == counts[:3]
    assert outcome.evaluations == sum(counts[:3]) >= granted


@pytest.mark.parametrize("workers", [1, 2])
def test_the_clock_ends_a_search_and_says_so(workers: int) -> None:
    """A law is returned even if the time was over before it began: one generation is always run."""
    outcome = hard(replace(PLAN, deadline=time.monotonic() - 1, workers=workers))
    assert outcome.stop is Stop.CLOCK and not outcome.stop.decided
    assert outcome.chosen is not None and len(outcome.epochs) == 1
    assert outcome.epochs[0].late and outcome.epochs[0].generations == 1


def test_the_clock_lets_go_on_until_it_is_time() -> None:
    began = time.monotonic()
    outcome = hard(Plan(seed=0, epochs=10_000, population=30, deadline=began + 0.5))
    assert outcome.stop is Stop.CLOCK
    assert 0.5 <= time.monotonic() - began < 5


# Ctrl-C


def test_an_interrupt_inside_an_epoch_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the third generation of the second epoch: its front so far counts."""
    whole = hard(PLAN)
    generation = Evolution.generation
    calls = {"left": whole.epochs[0].generations + 3}

    def interrupted(self: Evolution, population: list) -> tuple:
        calls["left"] -= 1
        if calls["left"] == 0:
            raise KeyboardInterrupt
        return generation(self, population)

    monkeypatch.setattr(Evolution, "generation", interrupted)
    outcome = hard(PLAN)
    assert outcome.stop is Stop.INTERRUPTED and not outcome.stop.decided
    assert len(outcome.epochs) == 2 and outcome.epochs[0] == whole.epochs[0]
    assert outcome.epochs[1].interrupted and outcome.epochs[1].front and outcome.chosen is not None


def test_an_interrupt_between_epochs_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = hard(PLAN)

    def watch(consumed: Consumed, _: EpochResult) -> None:
        if len(consumed.epochs) == 2:
            raise KeyboardInterrupt

    outcome = hard(PLAN, watch=watch)
    assert outcome.stop is Stop.INTERRUPTED and outcome.epochs == whole.epochs[:2]


def test_an_interrupt_before_anything_was_found_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list:
        raise KeyboardInterrupt

    monkeypatch.setattr(Evolution, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hard(PLAN)


def test_an_error_in_an_epoch_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list:
        raise ZeroDivisionError

    monkeypatch.setattr(Evolution, "evaluate", broken)
    with pytest.raises(ZeroDivisionError):
        hard(PLAN)


def test_a_target_of_noise_is_no_error() -> None:
    """Nothing explains it: all terms of all individuals may be pruned, and then there is no law."""
    for seed in range(3):
        outcome = evolve(
            posed(np.random.default_rng(seed).standard_normal(100), LEAVES), replace(PLAN, epochs=1)
        )
        assert outcome.chosen is None or outcome.chosen.error > 0.3
        assert not outcome.stop.decided


# Epochs that were run before


@pytest.mark.parametrize("prefix", range(5))
def test_a_search_goes_on_from_any_of_its_epochs(prefix: int, alone: dict[str, Outcome]) -> None:
    whole = alone["hard"]
    seen: list[int] = []
    outcome = hard(
        PLAN,
        done=whole.epochs[:prefix],
        watch=lambda c, _: seen.append(len(c.epochs)),
    )
    assert outcome == whole
    assert seen == list(range(prefix + 1, 5))


def test_a_decided_search_does_not_go_on() -> None:
    whole = evolve(EASY, replace(PLAN, epochs=12))
    calls: list[int] = []
    again = evolve(EASY, replace(PLAN, epochs=12), done=whole.epochs, watch=lambda *_: calls.append(1))
    assert again == whole and not calls


# When epochs agree


def told(problem: Problem, *trees: Prefix, most: int = 6) -> EpochResult:
    """An epoch whose front is one law."""
    bare = Model(tuple(sorted(((0, tree) for tree in trees), key=repr)), 0.0, 0)
    left = predicted(bare, problem) - problem.target.ravel()
    size = sum(map(len, trees)) + len(trees)
    return EpochResult(
        (replace(bare, error=float(left @ left / np.sum(problem.target**2)), size=size),), 10, 3, most
    )


DOUBTFUL = posed(LEAVES[1] * LEAVES[2] + 1e-5 * NOISE, LEAVES)


def stops(problem: Problem, *told_: EpochResult) -> list[Stop | None]:
    consumed, found = Consumed(problem), []
    for epoch in told_:
        consumed.add(epoch)
        found.append(consumed.stop(Plan()))
    return found


def test_two_epochs_agree_when_they_choose_the_same_function() -> None:
    """A B is A B however it is written; another law is not; and one witness is not enough."""
    product, other = op("mul", A, B), op("mul", A, C)
    detour = op("div", op("mul", A, op("mul", B, C)), C)
    assert stops(DOUBTFUL, told(DOUBTFUL, product)) == [None]
    assert stops(DOUBTFUL, told(DOUBTFUL, product), told(DOUBTFUL, product)) == [None, Stop.AGREED]
    assert stops(DOUBTFUL, told(DOUBTFUL, detour), told(DOUBTFUL, product)) == [None, Stop.AGREED]
    disagreeing = stops(DOUBTFUL, told(DOUBTFUL, other), told(DOUBTFUL, product), told(DOUBTFUL, product))
    assert disagreeing == [None, None, Stop.AGREED]


def test_a_law_that_used_all_its_terms_is_no_witness() -> None:
    """Where an epoch allowed one term, that it chose one says nothing."""
    product = op("mul", A, B)
    cramped = told(DOUBTFUL, product, most=1)
    assert stops(DOUBTFUL, cramped, cramped, cramped) == [None, None, None]


def test_of_noisy_data_more_epochs_are_heard() -> None:
    noisy = replace(DOUBTFUL, noise=1e-3)
    product = told(noisy, op("mul", A, B))
    answers = stops(noisy, *[product] * epochs_module.FEWEST_NOISY)
    assert answers[:-1] == [None] * (epochs_module.FEWEST_NOISY - 1) and answers[-1] is Stop.AGREED


def test_an_exact_law_needs_no_second_witness() -> None:
    exact = posed(LEAVES[1] * LEAVES[2], LEAVES)
    assert stops(exact, told(exact, op("mul", A, B))) == [Stop.EXACT]


# Left-hand sides side by side


def test_the_side_that_has_a_relation_is_found_by_one_and_by_two() -> None:
    """A B + noise, A B + 1e-9 noise and A + noise, of which only the second is explained."""
    y = LEAVES[1] * LEAVES[2]
    sides = [HARD, posed(y + 1e-9 * NOISE, LEAVES), posed(LEAVES[1] + 0.1 * NOISE, LEAVES)]
    plan = Plan(seed=2, epochs=3, population=30)
    one = scan(sides, plan)
    assert one.best == 1 and one.stop.decided
    assert one.shares[1] < 1e-15 < 1e-4 < min(one.shares[0], one.shares[2])
    assert scan(sides, replace(plan, workers=2)) == one
    for count in range(3):
        done = {k: outcome.epochs[: count if k else 1] for k, outcome in enumerate(one.outcomes)}
        assert scan(sides, plan, done=done) == one


def test_the_share_of_a_relation_does_not_depend_on_its_side() -> None:
    """y = 2 a + noise and a = y / 2 - noise / 2 leave the same share, to first order in the noise."""
    a, y = LEAVES[1], 2 * LEAVES[1] + 1e-4 * NOISE
    one = posed(y, np.stack([LEAVES[0], a]))
    other = posed(a, np.stack([LEAVES[0], y]))
    law = Model(((0, A),), 0.0, 2)
    assert relation_share(law, one) == pytest.approx(relation_share(law, other), rel=1e-3)
