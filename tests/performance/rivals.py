"""Against pyoperon at equal wall time, rows and operators: with invariants for both, and raw for both.

pyoperon is scored by an oracle: it succeeds when any model of its front predicts fresh rows as well as the
true law does. Ours is judged by the law it chose, term by term, and stops by itself. It is an extra: `pip
install ".[bench]"`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

import symeq as sq
from symeq.search.genetic.epochs import Plan, evolve
from symeq.search.genetic.measured import Measured, measure
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import tree_values
from symeq.search.genetic.shortening import shortened
from tests.performance.genetic import FURTHER, HARDER, LITERATURE, Cell, algebraic, interval

SYMBOLS = "add,sub,mul,div,exp,log,sin,cos,sqrt,tanh,constant,variable"
POPULATION, LOCAL_STEPS, LONGEST = 1000, 5, 40  # objectives r2 and length, Levenberg-Marquardt on every child
AS_GOOD = 10.0  # times what the true law leaves of fresh rows
ROUND_OFF = 1e-10
HEADER = (
    "target",
    "variables",
    "seconds",
    "pyoperon, oracle",
    "interval",
    "ours, chosen",
    "interval",
    "ours, s",
)


@dataclass(frozen=True)
class Target:
    """One number as a function of others: `draw(seed)` gives variables (row, variable), values, and a
    problem for the search; `floor(seed)` what the true law leaves of fresh rows."""

    name: str
    problem: Callable[[int], Problem]
    floor: float


def _of_cell(name: str, *, raw: bool = False, component: int = 0) -> Callable[[int], Problem]:
    cell = next(c for c in (*LITERATURE, *HARDER, *FURTHER) if c.name == name)

    def problem(seed: int) -> Problem:
        form = cell.searched_raw if raw else cell.searched
        assert form is not None
        if isinstance(form, sq.RelationAnsatz):
            form = next(form.scan())
        return measure(form, cell.samples(seed), OPERATORS, rows=2000, seed=seed)[component].problem

    return problem


def _radial(name: str) -> Callable[[int], Problem]:
    """The radial acceleration of a central force, (x . x_tt) / r^2, as a function of the invariants."""
    cell: Cell = next(c for c in LITERATURE if c.name == name)

    def problem(seed: int) -> Problem:
        form = cell.searched
        assert isinstance(form, sq.FunctionalAnsatz)
        measured: Measured = measure(form, cell.samples(seed), OPERATORS, rows=2000, seed=seed)[0]
        position, whole = measured.problem.frame[0], measured.problem
        radial = np.sum(position * whole.target, axis=0) / np.sum(position**2, axis=0)
        scale = np.sqrt(np.mean(radial**2))
        return Problem(
            whole.leaves, whole.names, np.ones((1, 1, radial.size)), (radial / scale)[None], OPERATORS
        )  # fmt: skip

    return problem


TARGETS = (
    Target("Boussinesq, weights", _of_cell("Boussinesq, weights"), 1e-11),
    Target("Boussinesq, raw", _of_cell("Boussinesq, weights", raw=True), 1e-11),
    Target("Darcy, invariants", _of_cell("Darcy, side given"), 1e-10),
    Target("Darcy, raw", _of_cell("Darcy, side given", raw=True), 1e-10),
    Target("lambda-omega I_t, invariants", _of_cell("lambda-omega, I_t"), 1e-8),
    Target("lambda-omega E_t, invariants", _of_cell("lambda-omega, E_t"), 1e-8),
    Target("lambda-omega u_t, raw", _of_cell("lambda-omega, frame", raw=True), 1e-8),
    Target("Kepler, radial, invariants", _radial("Kepler"), 1e-10),
    Target("Gaussian well, radial, invariants", _radial("central force, Gaussian well"), 1e-10),
    Target("x1^2 x2 - x3/2 + sin x1", algebraic, 1e-12),
)


def table(seeds: int, large: bool) -> Iterator[tuple[str, ...]]:
    """Ten and thirty seconds; small: one second on one target; a line of advice where pyoperon is absent."""
    if find_spec("pyoperon") is None:
        yield ('pyoperon is not installed: `pip install ".[bench]"`', *("" for _ in HEADER[1:]))
    elif large:
        yield from rows(seeds, (10, 30))
    else:
        yield from rows(1, (1,), TARGETS[-1:])


def rows(
    seeds: int, seconds: Sequence[float], targets: Sequence[Target] = TARGETS
) -> Iterator[tuple[str, ...]]:
    """Both sides on the same 1000 rows; fresh rows judge both."""
    for target in targets:
        for limit in seconds:
            theirs, ours, took = 0, 0, []
            for seed in range(seeds):
                problem = target.problem(seed)
                shown, fresh = _halves(problem)
                theirs += pyoperon_finds(shown, fresh, limit, seed, target.floor)
                begun = time.perf_counter()
                ours += ours_finds(shown, fresh, limit, seed, target.floor)
                took.append(time.perf_counter() - begun)
            yield (
                target.name, str(problem.leaves.shape[0] - 1), f"{limit:g}", f"{theirs}/{seeds}",
                interval(theirs, seeds), f"{ours}/{seeds}", interval(ours, seeds), f"{np.median(took):.1f}",
            )  # fmt: skip


def ours_finds(shown: Problem, fresh: Problem, limit: float, seed: int, floor: float) -> bool:
    """Whether the chosen law predicts fresh rows as the true law does."""
    outcome = evolve(shown, Plan(seed=seed, deadline=time.monotonic() + limit))
    if outcome.chosen is None:
        return False
    law = shortened(outcome.chosen, shown)
    columns = [tree_values(prefix, shown.leaves, shown) * shown.frame[j, 0] for j, prefix in law.terms]
    beta = np.linalg.lstsq(np.stack(columns, axis=1), shown.target[0], rcond=None)[0]
    there = [tree_values(prefix, fresh.leaves, fresh) * fresh.frame[j, 0] for j, prefix in law.terms]
    return _share(beta @ np.stack(there), fresh.target[0]) <= AS_GOOD * floor + ROUND_OFF


def pyoperon_finds(shown: Problem, fresh: Problem, limit: float, seed: int, floor: float) -> bool:
    """Whether any model of pyoperon's front does."""
    from pyoperon.sklearn import SymbolicRegressor

    variables, others = shown.leaves[1:].T, fresh.leaves[1:].T
    search = SymbolicRegressor(
        allowed_symbols=SYMBOLS, population_size=POPULATION, pool_size=POPULATION, max_length=LONGEST,
        objectives=["r2", "length"], optimizer_iterations=LOCAL_STEPS, generations=10**9,
        max_evaluations=10**12, max_time=max(1, round(limit)), n_threads=1, random_state=seed,
    )  # fmt: skip
    search.fit(np.ascontiguousarray(variables), shown.target[0])
    for entry in search.pareto_front_:
        values = search.evaluate_model(entry["tree"], np.ascontiguousarray(others))
        here = search.evaluate_model(entry["tree"], np.ascontiguousarray(variables))
        # The scale and shift of a model are fitted on the rows that were shown.
        matrix = np.stack([here, np.ones_like(here)], axis=1)
        if not np.isfinite(matrix).all() or not np.isfinite(values).all():
            continue
        slope, shift = np.linalg.lstsq(matrix, shown.target[0], rcond=None)[0]
        if _share(slope * values + shift, fresh.target[0]) <= AS_GOOD * floor + ROUND_OFF:
            return True
    return False


def _share(predicted: np.ndarray, target: np.ndarray) -> float:
    return float(np.mean((predicted - target) ** 2) / np.mean(target**2))


def _halves(problem: Problem) -> tuple[Problem, Problem]:
    """The first 1000 rows, or half of them, for the search, and the rest to judge by."""
    count = problem.leaves.shape[1]
    order = np.random.default_rng(0).permutation(count)
    cut = min(1000, count // 2)

    def part(rows_: np.ndarray) -> Problem:
        return Problem(
            problem.leaves[:, rows_], problem.names, problem.frame[:, :, rows_], problem.target[:, rows_],
            problem.operators, problem.frequencies, problem.noise, problem.blocks, problem.grading,
        )  # fmt: skip

    return part(order[:cut]), part(order[cut:])
