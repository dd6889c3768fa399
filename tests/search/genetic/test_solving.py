"""Least squares for whole populations: each answer is what one alone would get, and needless terms go."""

from __future__ import annotations

import warnings
from itertools import combinations

import numpy as np
import pytest

from symeq.search.genetic import solving
from symeq.search.genetic.forest import NOWHERE, Forest
from symeq.search.genetic.individual import Terms
from symeq.search.genetic.problem import Images, Problem
from symeq.search.genetic.solving import TermColumns, least_squares, solve
from tests.search.genetic.posed import A, B, C, op, points, posed

ROWS = 200


def population(problem: Problem, forest: Forest, size: int, seed: int, most: int = 6) -> list[Terms]:
    """Random sets of terms among products and functions of the leaves."""
    rng = np.random.default_rng(seed)
    numbers = [0]
    parts = [A, B, C, op("mul", A, A), op("mul", A, B), op("div", C, B), op("sqrt", C)]
    parts += [op("sin", B, constant=2.0), op("exp", A, constant=-1.0), op("mul", B, op("mul", B, C))]
    numbers += [forest.number(part) for part in parts]
    terms = [(j, n) for j in range(problem.vectors) for n in numbers]
    found = []
    for _ in range(size):
        drawn = rng.choice(len(terms), rng.integers(1, most + 1), replace=False)
        found.append(tuple(sorted(terms[k] for k in drawn)))
    return found


def share_left(columns: TermColumns, terms: Terms) -> float:
    """The share of the target that numpy's least squares leaves."""
    if not terms:
        return 1.0
    matrix = np.stack([columns.column(term) for term in terms], axis=1)
    matrix = matrix / np.linalg.norm(matrix, axis=0)
    beta = np.linalg.lstsq(matrix, columns.target, rcond=None)[0]
    residual = columns.target - matrix @ beta
    return float(residual @ residual) / columns.square


def random_problem(seed: int, components: int = 1, vectors: int = 1, images: bool = False) -> Problem:
    rng = np.random.default_rng(seed)
    leaves = points(seed, rows=ROWS)
    frame = rng.standard_normal((vectors, components, ROWS))
    target = rng.standard_normal((components, ROWS))
    moved = None
    if images:
        moved = Images(
            points(seed + 1, rows=ROWS),
            rng.standard_normal((vectors, components, ROWS)),
            rng.standard_normal((components, components, ROWS)),
            0.7,
        )
    if (components, vectors, images) == (1, 1, False):
        frame = np.ones_like(frame)
    return posed(target, leaves, frame=frame, images=moved)


KINDS = [(1, 1, False), (2, 2, False), (1, 3, False), (2, 3, True), (1, 1, True)]


@pytest.mark.parametrize(("components", "vectors", "images"), KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_every_individual_gets_what_numpy_gives_it_alone(
    seed: int, components: int, vectors: int, images: bool
) -> None:
    """80 individuals of up to six terms; the share left of what was kept, to 1e-9."""
    problem = random_problem(seed, components, vectors, images)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    given = population(problem, forest, 80, seed)
    answers = solve(columns, given)
    assert len(answers) == len(given)
    for terms, (kept, share) in zip(given, answers, strict=True):
        assert set(kept) <= set(terms)
        assert share == pytest.approx(share_left(columns, kept), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_exactly_the_needless_terms_are_pruned(seed: int) -> None:
    """y = 2 A - 3 A B + 1e-3 noise, offered with four terms more: of 20 sets that hold both, each is left
    with these two and at most with a term that explains more than (ln n / n) of the noise."""
    rng = np.random.default_rng(seed)
    leaves = points(seed, rows=ROWS)
    target = 2 * leaves[1] - 3 * leaves[1] * leaves[2] + 1e-3 * rng.standard_normal(ROWS)
    problem = posed(target, leaves)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    true = {(0, forest.number(A)), (0, forest.number(op("mul", A, B)))}
    given = [tuple(sorted(true | set(terms))) for terms in population(problem, forest, 20, seed, most=4)]
    for terms, (kept, share) in zip(given, solve(columns, given), strict=True):
        assert true <= set(kept)
        worth = max(share * np.log(ROWS) / ROWS, solving.LEAST)
        for term in kept:
            without = share_left(columns, tuple(t for t in kept if t != term))
            assert without - share >= worth * (1 - 1e-6), (terms, kept)
        assert share_left(columns, terms) <= share * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_of_an_exact_law_nothing_else_is_left(seed: int) -> None:
    """y = 2 A - 3 A B without noise: all other terms go, and only round-off is left."""
    leaves = points(seed, rows=ROWS)
    problem = posed(2 * leaves[1] - 3 * leaves[1] * leaves[2], leaves)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    true = {(0, forest.number(A)), (0, forest.number(op("mul", A, B)))}
    given = [tuple(sorted(true | set(terms))) for terms in population(problem, forest, 20, seed, most=4)]
    for kept, share in solve(columns, given):
        assert set(kept) == true
        assert share < 1e-26


def test_dependent_terms_are_no_trouble() -> None:
    """A + B, A, B and A - B are two dimensions: two of them are kept at most. Of dependent columns the share
    is known to 1e-6."""
    problem = random_problem(0)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    numbers = [forest.number(tree) for tree in (A, B, op("add", A, B), op("sub", A, B))]
    [(kept, share)] = solve(columns, [tuple(sorted((0, n) for n in numbers))])
    assert len(kept) <= 2
    best = share_left(columns, ((0, numbers[0]), (0, numbers[1])))
    assert best - 1e-6 <= share <= best + 2 * np.log(ROWS) / ROWS
    assert share == pytest.approx(share_left(columns, kept), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_what_little_a_law_leaves_is_not_rounding(seed: int) -> None:
    """y = 2 A - 3 A B + 2e-3 noise, which leaves 4e-7; offered with functions that are nearly
    dependent (sin(c A) for twelve c and A): of 40 sets each leaves what its own columns do, to 2 %. The
    inverse of the Gram matrix alone told thirty times as much."""
    rng = np.random.default_rng(seed)
    leaves = points(seed, rows=ROWS)
    target = 2 * leaves[1] - 3 * leaves[1] * leaves[2] + 2e-3 * rng.standard_normal(ROWS)
    problem = posed(target, leaves)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    true = {(0, forest.number(A)), (0, forest.number(op("mul", A, B)))}
    spread = leaves[1].std()
    alike = [forest.number(op("sin", A, constant=c / spread)) for c in np.linspace(0.5, 0.6, 12)]
    given = [
        tuple(sorted(true | {(0, int(n)) for n in rng.choice(alike, 4, replace=False) if n != NOWHERE}))
        for _ in range(40)
    ]
    for kept, share in solve(columns, given):
        assert share == pytest.approx(share_left(columns, kept), rel=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_sums_beside_what_they_are_made_of_cost_no_needed_term(seed: int) -> None:
    """y = A + B/10 - A^2 with noise of 1 %, offered with A + B, B - A and a bent function: all subsets leave
    what their own columns do, to 2 %, and with all of them the law is found. The
    inverse of the Gram matrix alone took B out, and told 0.014 where 0.5 was left."""
    rng = np.random.default_rng(seed)
    leaves = points(seed, rows=ROWS)
    target = leaves[1] + leaves[2] / 10 - leaves[1] ** 2
    target += 0.1 * np.std(target) * rng.standard_normal(ROWS)
    problem = posed(target, leaves)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    offered = [A, B, op("add", A, B), op("sub", B, A), op("mul", A, A), op("tanh", A, constant=1.2)]
    numbers = [forest.number(prefix) for prefix in offered]
    given = [
        tuple(sorted((0, n) for n in some)) for size in (3, 4, 5, 6) for some in combinations(numbers, size)
    ]
    for kept, share in solve(columns, given):
        assert share == pytest.approx(share_left(columns, kept), rel=0.02)
    everything, wanted = given[-1], share_left(columns, given[-1])
    [(_, share)] = solve(columns, [everything])
    assert share < 1.3 * wanted


def test_answers_do_not_depend_on_what_was_solved_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for eight columns the Gram matrix is cleared all the time; the answers are the same."""
    problem = random_problem(4, 2, 3)
    forest = Forest(problem)
    batches = [population(problem, forest, 7, seed) for seed in range(12)]
    free = TermColumns(problem, forest)
    wanted = [solve(free, batch) for batch in batches]
    monkeypatch.setattr(solving, "CAPACITY", 8)
    tight = TermColumns(problem, forest)
    keep = batches[0][0]
    cleared = 0
    for batch, expected in zip(batches, wanted, strict=True):
        before = tight._entered
        answers = solve(tight, batch, keep)
        cleared += tight._entered < before
        for (kept, share), (terms, same) in zip(answers, expected, strict=True):
            assert kept == terms
            assert share == pytest.approx(same, rel=1e-12)
    assert cleared > 3


def test_wild_columns_raise_no_warning_and_no_error() -> None:
    """Columns near the ends of the range, of zeros but for one row, equal up to round-off, undefined ones."""
    rng = np.random.default_rng(0)
    spike = np.zeros(ROWS)
    spike[7] = 1e10
    x = rng.uniform(0.5, 2, ROWS)
    leaves = np.stack([np.ones(ROWS), x, 1e11 * x, 1e-11 * x**2, spike, x * (1 + 1e-15), 1e11 * (x - 1), -x])
    problem = posed(x**2, leaves, frame=np.stack([np.ones((1, ROWS)), np.full((1, ROWS), 1e8), spike[None]]))
    problem.frame.setflags(write=False)
    forest = Forest(problem)
    with np.errstate(all="ignore"):
        numbers = list(range(8))
        for a in range(1, 8):
            for b in range(1, 8):
                numbers += [forest.node(name, a, b) for name in ("mul", "div", "sub", "add")]
            numbers += [forest.node("exp", a, constant=c) for c in (1e-9, 1.0, 50.0)]
    numbers = sorted({n for n in numbers if n != NOWHERE})
    terms = [(j, n) for j in range(3) for n in numbers]
    given = [
        tuple(sorted({terms[k] for k in rng.integers(0, len(terms), rng.integers(1, 9))})) for _ in range(400)
    ]
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        answers = solve(TermColumns(problem, forest), given)
    assert all(np.isfinite(share) and share >= 0 for _, share in answers)
    assert max(share for _, share in answers) <= 1 + 1e-6


def test_nobody_and_nothing() -> None:
    problem = random_problem(0)
    forest = Forest(problem)
    assert solve(TermColumns(problem, forest), []) == []
    assert solve(TermColumns(problem, forest), [()]) == [((), 1.0)]


@pytest.mark.parametrize("seed", range(5))
def test_least_squares_is_that_of_numpy_and_exact_where_the_data_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((50, 4))
    beta = rng.standard_normal(4)
    target = rng.standard_normal(50)
    solution, left = least_squares(columns, target)
    expected, [square], *_ = np.linalg.lstsq(columns, target, rcond=None)
    assert solution == pytest.approx(expected, rel=1e-10)
    assert left == pytest.approx(square, rel=1e-10)
    solution, left = least_squares(columns, columns @ beta)
    assert solution == pytest.approx(beta, rel=1e-13)
    assert left < 1e-29 * float(np.sum((columns @ beta) ** 2)) * 50


def test_least_squares_of_dependent_columns() -> None:
    column = np.linspace(1, 2, 30)
    solution, left = least_squares(np.stack([column, column, 0 * column], axis=1), 3 * column)
    assert solution[0] + solution[1] == pytest.approx(3)
    assert left < 1e-25
