"""Inner constants by variable projection: found again from starts that are off by a factor of two."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from symeq.search.genetic.constants import constants, refined, with_constants
from symeq.search.genetic.forest import NOWHERE, Forest, Prefix
from symeq.search.genetic.operators import KNOWN
from symeq.search.genetic.problem import Images, Problem
from symeq.search.genetic.solving import TermColumns, solve
from tests.search.genetic.posed import A, B, C, op, points, posed

ROWS = 200
LEAVES = points(5, rows=ROWS)
FUNCTIONS = [("exp", -1.2), ("exp", 0.9), ("sin", 1.3), ("tanh", 0.8), ("saturation", 0.6), ("cos", 1.1)]


def start(problem: Problem, trees: list[Prefix]) -> tuple[TermColumns, tuple[tuple[int, int], ...]]:
    forest = Forest(problem)
    numbers = [forest.number(tree) for tree in trees]
    assert NOWHERE not in numbers
    return TermColumns(problem, forest), tuple(sorted((0, n) for n in numbers))


def found(columns: TermColumns, terms: tuple[tuple[int, int], ...]) -> list[float]:
    return [c for _, n in terms for c in constants(columns.forest.prefix[n])]


def left_by(name: str, c: float, other: float) -> float:
    """What the best beta leaves of y = 1.5 f(c A) + 0.3 B when f(other A) and B are offered."""
    y = 1.5 * KNOWN[name].values(c * LEAVES[1]) + 0.3 * LEAVES[2]
    columns = np.stack([KNOWN[name].values(other * LEAVES[1]), LEAVES[2]], axis=1)
    return float(np.linalg.lstsq(columns, y, rcond=None)[1][0])


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize(("name", "c"), FUNCTIONS)
def test_a_constant_is_found_from_twice_and_half_its_value(name: str, c: float, factor: float) -> None:
    """y = 1.5 f(c A) + 0.3 B on 200 exact rows, 1e-8. Between start and c the least squares fall all the way:
    no other optimum lies in between."""
    slope = [left_by(name, c, between) for between in np.geomspace(factor * c, c, 12)[:-1]]
    assert all(later < earlier for earlier, later in pairwise(slope))
    y = 1.5 * KNOWN[name].values(c * LEAVES[1]) + 0.3 * LEAVES[2]
    columns, terms = start(posed(y, LEAVES), [op(name, A, constant=factor * c), B])
    better = refined(terms, columns)
    assert found(columns, better) == [pytest.approx(c, rel=1e-8)]
    [(kept, share)] = solve(columns, [better])
    assert kept == better and share < 1e-15


def test_two_constants_in_two_terms_and_two_in_one() -> None:
    """y = exp(-1.2 A) + 2 sin(1.3 B), then y = exp(-1.2 A) sin(1.3 B) + C; starts off by factors of 2."""
    fall, turn = np.exp(-1.2 * LEAVES[1]), np.sin(1.3 * LEAVES[2])
    apart = [op("exp", A, constant=-2.4), op("sin", B, constant=0.65)]
    columns, terms = start(posed(fall + 2 * turn, LEAVES), apart)
    assert sorted(found(columns, refined(terms, columns))) == pytest.approx([-1.2, 1.3], rel=1e-8)
    columns, terms = start(posed(fall * turn + LEAVES[3], LEAVES), [op("mul", *apart), C])
    assert sorted(found(columns, refined(terms, columns))) == pytest.approx([-1.2, 1.3], rel=1e-8)


def test_constants_of_terms_with_vectors_and_a_soft_symmetry() -> None:
    """y = sin(1.3 A) E with two components, and images that this law carries over."""
    rng = np.random.default_rng(0)
    frame = rng.standard_normal((1, 2, ROWS))
    images = Images(LEAVES, frame, np.tile(np.eye(2)[:, :, None], ROWS), 0.5)
    columns, terms = start(
        posed(np.sin(1.3 * LEAVES[1]) * frame[0], LEAVES, frame=frame, images=images),
        [op("sin", A, constant=0.65)],
    )
    assert found(columns, refined(terms, columns)) == [pytest.approx(1.3, rel=1e-8)]


def test_what_has_no_constants_stays_as_it_is() -> None:
    columns, terms = start(posed(LEAVES[1], LEAVES), [op("mul", A, B), C])
    assert refined(terms, columns) is terms


@pytest.mark.parametrize("seed", range(10))
def test_the_fit_never_becomes_worse(seed: int) -> None:
    """Targets of noise, starts at random: the share left does not grow, and nothing raises."""
    rng = np.random.default_rng(seed)
    names = rng.choice(["exp", "sin", "tanh", "saturation", "cos"], 2)
    sizes = rng.uniform(0.3, 3, 2)
    trees = [
        op(str(n), leaf, constant=float(c))
        for n, leaf, c in zip(names, (A, op("mul", B, C)), sizes, strict=True)
    ]
    with np.errstate(all="ignore"):
        columns, terms = start(posed(rng.standard_normal(ROWS), LEAVES), trees)
        better = refined(terms, columns)
        # Without pruning, which weighs terms: the residual of all of them.
        left = [
            float(np.linalg.lstsq(np.stack([columns.column(t) for t in each], 1), columns.target)[1][0])
            for each in (terms, better)
        ]
    assert left[1] <= left[0] * (1 + 1e-9)


def test_constants_are_listed_and_replaced_in_the_order_of_the_tree() -> None:
    tree = op("mul", op("sin", A, constant=2.0), op("exp", op("mul", A, B), constant=-0.5))
    assert constants(tree) == [2.0, -0.5]
    other = with_constants(tree, [3.0, 4.0])
    assert constants(other) == [3.0, 4.0]
    assert with_constants(other, [2.0, -0.5]) == tree
    assert constants(op("mul", A, B)) == []
