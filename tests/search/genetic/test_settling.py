"""The last word on the front: laws that data explain to the noise, and shorter ones that do so too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.search.genetic.epoch import EpochResult
from symeq.search.genetic.epochs import Outcome, Stop
from symeq.search.genetic.forest import Forest
from symeq.search.genetic.front import Model
from symeq.search.genetic.measured import Measured, measure
from symeq.search.genetic.operators import chosen_operators
from symeq.search.genetic.settling import settled
from symeq.search.genetic.solving import TermColumns
from systems import SYSTEMS, add_noise

KEPLER = SYSTEMS["kepler"]
FORM = sq.functional_ansatz(
    KEPLER.jet, sq.translation("t") + sq.rotation("x", "y"), lead=["x_tt", "y_tt"], order=0
)


@pytest.fixture(scope="module")
def samples() -> sq.WeakSamples:
    return sq.weak(add_noise(KEPLER.simulate(trajectories=8, seed=0, samples=501), 0.05, 0), KEPLER.jet)


@pytest.fixture(scope="module")
def measured(samples: sq.WeakSamples) -> Measured:
    [one] = measure(FORM, samples, chosen_operators(["add", "mul", "div", "sqrt"]), rows=100, seed=0)
    return one


def models(measured: Measured) -> list[Model]:
    """x / r^2, which is wrong; x / r^3, the law; the law with x r^2 beside it, which it does not need."""
    forest = Forest(measured.problem)
    square = next(k for k, e in enumerate(measured.leaves[1:], 1) if _is_square(measured, e))
    vector = next(j for j, own in enumerate(FORM.frame) if own == (KEPLER.jet["x"], KEPLER.jet["y"]))
    flat = forest.node("div", 0, square)
    steep = forest.node("div", flat, forest.node("sqrt", square))
    place = measured.vectors.index(vector)
    columns = TermColumns(measured.problem, forest)
    found = []
    for trees in ([flat], [steep], [steep, square]):
        terms = [(place, tree) for tree in trees]
        error = _left(measured, [columns.column(term) for term in terms])
        size = sum(forest.size[tree] for _, tree in terms) + len(terms)
        found.append(Model(tuple(sorted(((j, forest.prefix[t]) for j, t in terms), key=repr)), error, size))
    return found


def _is_square(measured: Measured, leaf: sp.Expr) -> bool:
    arguments = dict(zip(FORM.symbols, FORM.arguments, strict=True))
    x, y = KEPLER.jet.dependent
    return sp.expand(arguments[leaf] - x**2 - y**2) == 0


def _left(measured: Measured, columns: list[np.ndarray]) -> float:
    target = measured.problem.target.ravel()
    matrix = np.stack(columns, axis=1)
    beta = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return float(np.mean((target - matrix @ beta) ** 2) / np.mean(target**2))


def outcome(found: list[Model], chosen: int) -> Outcome:
    epoch = EpochResult(tuple(found), 0, 0, 4)
    return Outcome(tuple(found), found[chosen], (epoch,), Stop.AGREED)


def test_a_shorter_law_that_leaves_only_noise_is_taken(samples: sq.WeakSamples, measured: Measured) -> None:
    """The needless term goes; the wrong law, which leaves more on the rows of the search, is not tried."""
    wrong, true, longer = models(measured)
    assert longer.error < true.error < wrong.error
    [(_, taken)], law, fit = settled([(measured, outcome([wrong, true, longer], 2))], samples, print)
    assert taken.chosen == true
    assert fit is not None and fit.lack == 0 and len(law.trees) == len(fit.beta) == 1
    assert abs(fit.beta[0] + 1) < 4 * fit.errors[0] < 0.1


def test_a_shorter_law_that_leaves_more_is_not(samples: sq.WeakSamples, measured: Measured) -> None:
    """Were the wrong law as good on the rows of the search as the true one, all data would tell."""
    wrong, true, _ = models(measured)
    close = replace(wrong, error=1.5 * true.error)
    [(_, taken)], _, fit = settled([(measured, outcome([close, true], 1))], samples, print)
    assert taken.chosen == true and fit is not None and fit.lack == 0


def test_what_is_not_explained_is_left_as_it_was_chosen(samples: sq.WeakSamples, measured: Measured) -> None:
    """A law that leaves more than noise is no measure of what a shorter one may leave."""
    wrong, _, longer = models(measured)
    told: list[str] = []
    [(_, taken)], _, fit = settled([(measured, outcome([wrong], 0))], samples, told.append)
    assert taken.chosen == wrong and fit is not None and fit.lack > 0 and len(told) == 1
    [(_, kept)], _, nothing = settled([(measured, outcome([wrong, longer], 1))], None, told.append)
    assert kept.chosen == longer and nothing is None
