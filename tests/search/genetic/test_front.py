"""Laws by size: what the front keeps, and which law of it is believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from symeq.search.genetic.front import FLOOR, Model, by_score, choose, length, pareto
from tests.search.genetic.posed import A, B, op, points, posed

PROBLEM = posed()
models = st.builds(
    lambda error, size, j: Model(((j, A),), error, size),
    st.sampled_from([0.0, 1e-20, 1e-9, 0.01, 0.1, 0.1001, 0.5, 1.0]),
    st.integers(1, 9),
    st.integers(0, 3),
)


@given(st.lists(models, max_size=25))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_front_holds_what_no_other_law_beats(given_: list[Model]) -> None:
    front = pareto(given_)
    assert set(front) <= set(given_)
    for kept in front:
        assert not any(
            (other.size <= kept.size and other.error < kept.error)
            or (other.size < kept.size and other.error <= kept.error)
            for other in given_
        )
    for model in given_:
        assert any(kept.size <= model.size and kept.error <= model.error for kept in front)
    assert all(a.size < b.size and a.error > b.error for a, b in zip(front, front[1:], strict=False))


@given(st.lists(models, max_size=15), st.randoms(use_true_random=False), st.lists(models, max_size=15))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_fronts_may_be_joined_in_any_order(one: list[Model], dice: object, other: list[Model]) -> None:
    joined = [*one, *other]
    dice.shuffle(joined)  # type: ignore[attr-defined]
    assert pareto([*pareto(one), *pareto(other)]) == pareto([*one, *other]) == pareto(joined)


def test_parameters_are_coefficients_and_inner_constants() -> None:
    tree = op("mul", op("sin", A, constant=2.0), op("exp", B, constant=-1.0))
    assert Model(((0, A), (0, tree)), 0.1, 9).parameters == 4


def test_the_description_length_by_hand() -> None:
    """48 blocks, 2 parameters, complexity 5, 14 + ... symbols."""
    model = Model(((0, op("sin", A, constant=2.0)),), 0.01, 5)
    symbols = len(PROBLEM.names) + len(PROBLEM.operators) + 1
    assert PROBLEM.symbols == symbols
    by_hand = 24 * np.log(0.01) + np.log(48) + 5 * np.log(symbols)
    assert length(model, PROBLEM) == by_hand


def test_the_shorter_law_is_believed_in_a_tie() -> None:
    """Of laws that leave nothing but round-off, and of laws that leave the same."""
    exact = [Model(((0, A),), 1e-30, 3), Model(((0, B),), 1e-33, 9)]
    assert choose(exact, PROBLEM) == exact[0]
    assert exact[1].error < exact[0].error < FLOOR
    alike = [Model(((0, A),), 0.1, 3), Model(((0, B),), 0.1 * (1 - 1e-6), 4)]
    assert choose(alike, PROBLEM) == choose(alike[::-1], PROBLEM) == alike[0]


def test_a_longer_law_is_believed_where_it_pays() -> None:
    laws = [Model(((0, A),), 0.5, 1), Model(((0, B),), 1e-6, 9), Model(((0, B),), 0.99e-6, 14)]
    assert choose(laws, PROBLEM) == laws[1]


def test_fewer_blocks_ask_for_more() -> None:
    """Half of the error is worth 4 nodes when 48 pieces say so, and not when 6 do."""
    laws = [Model(((0, A),), 0.2, 3), Model(((0, B),), 0.05, 7)]
    assert choose(laws, PROBLEM) == laws[1]
    assert choose(laws, replace(PROBLEM, blocks=6)) == laws[0]


def test_nothing_to_choose_from() -> None:
    assert choose((), PROBLEM) is None and by_score(()) is None and pareto([]) == ()


def test_the_other_rule_takes_the_steepest_step_among_the_best() -> None:
    laws = [
        Model(((0, A),), 0.5, 1), Model(((0, A),), 0.4, 4), Model(((0, A),), 1.2e-3, 6),
        Model(((0, A),), 1.1e-3, 9), Model(((0, A),), 1e-3, 15),
    ]  # fmt: skip
    assert by_score(laws) == laws[2]


def test_a_problem_is_known_by_its_arrays_and_operators() -> None:
    leaves = points()
    assert posed().fingerprint() == posed().fingerprint()
    others = [
        posed(leaves=leaves + 1e-15 * (np.arange(leaves.shape[1]) == 3)),
        posed(leaves[2]),
        posed(operators=["mul", "sin"]),
        posed(frame=2 * np.ones((1, 1, leaves.shape[1]))),
        posed(names=("1", "I_1", "I_3", "I_2")),
    ]
    assert len({problem.fingerprint() for problem in (posed(), *others)}) == 1 + len(others)
