"""A symmetry as a penalty: rows that are its formula, for maps given either way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.errors import InvalidInput
from symeq.report.defect import random_jets, symmetry_test
from symeq.search.genetic.forest import NOWHERE, Forest, Prefix
from symeq.search.genetic.measured import Measured, measure
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.replay import tree_values
from symeq.search.genetic.solving import TermColumns
from systems import SYSTEMS, add_noise
from tests.search.genetic.posed import A, B, C, op

PLANE = sq.Jet("t", "x y")
x, y = PLANE.dependent
FREE = sq.functional_ansatz(PLANE, sq.trivial)
TURNING = sq.functional_ansatz(PLANE, sq.rotation(x, y) + sq.translation("t"))
RECORD = SYSTEMS["damped_oscillator"].simulate(trajectories=3)
COS, SIN = np.cos(0.7), np.sin(0.7)
EXACT = (sp.Rational(4, 5), sp.Rational(3, 5))


def turned(states: np.ndarray) -> np.ndarray:
    return np.stack([COS * states[0] - SIN * states[1], SIN * states[0] + COS * states[1]])


def bent(states: np.ndarray) -> np.ndarray:
    return np.stack([states[0] + 0.2 * states[1] ** 2, np.sinh(states[1])])


def slope(name: str, states: np.ndarray) -> np.ndarray:
    """J_g by hand."""
    one, zero = np.ones_like(states[0]), np.zeros_like(states[0])
    if name == "turned":
        return np.array([[COS * one, -SIN * one], [SIN * one, COS * one]])
    return np.array([[one, 0.4 * states[1]], [zero, np.cosh(states[1])]])


MAPS = {"turned": turned, "bent": bent}


def softened(
    form: sq.FunctionalAnsatz, move: object, weight: float = 0.3, rows: int = 80
) -> tuple[Measured, ...]:
    samples = sq.sample(RECORD, PLANE)
    return measure(form, samples, OPERATORS, rows=rows, seed=0, soft=sq.SoftSymmetry(move, weight))  # type: ignore[arg-type]


def leaves_at(form: sq.FunctionalAnsatz, t: np.ndarray, states: np.ndarray) -> np.ndarray:
    symbols = (PLANE["t"], x, y)
    values = [sp.lambdify(symbols, e, "numpy")(t, *states) for e in form.arguments]
    return np.stack([np.ones_like(t), *(np.broadcast_to(v, t.shape) for v in values)])


def frame_at(form: sq.FunctionalAnsatz, t: np.ndarray, states: np.ndarray) -> np.ndarray:
    symbols = (PLANE["t"], x, y)
    return np.stack(
        [
            np.stack([np.broadcast_to(sp.lambdify(symbols, e, "numpy")(t, *states), t.shape) for e in vector])
            for vector in form.frame
        ]
    )


def drawn(form: sq.FunctionalAnsatz, seed: int) -> list[tuple[int, Prefix, float]]:
    """A random law: (vector, tree, coefficient)."""
    rng = np.random.default_rng(seed)
    if form is FREE:
        trees = [
            A,
            B,
            C,
            op("mul", B, C),
            op("sin", B, constant=1.3),
            op("exp", op("mul", C, C), constant=-0.4),
        ]
    else:
        trees = [(0,), A, op("mul", A, A), op("sin", A, constant=1.3), op("log", A)]
    return [
        (int(rng.integers(len(form.frame))), trees[k], float(rng.standard_normal()))
        for k in rng.choice(len(trees), 4, replace=False)
    ]


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("form", [FREE, TURNING], ids=["free", "turning"])
@pytest.mark.parametrize("seed", range(3))
def test_the_rows_of_the_penalty_are_its_formula(name: str, form: sq.FunctionalAnsatz, seed: int) -> None:
    """weight sum |J_g F(z) - F(g z)|^2 for random laws F of four terms, at 80 points. F has two components,
    and J_g mixes them: so they are searched together, whatever else ties them."""
    [one] = softened(form, MAPS[name])
    problem = one.problem
    samples = sq.sample(RECORD, PLANE)
    jets = samples.grid([PLANE["t"], x, y, PLANE["x_t"], PLANE["y_t"]]).scattered(0, 80, 0)
    t, states = jets[PLANE["t"]], np.stack([jets[x], jets[y]])
    there = MAPS[name](states)
    forest = Forest(problem)
    columns = TermColumns(problem, forest)
    rows, direct_here, direct_there = np.zeros(columns.length), np.zeros((2, 80)), np.zeros((2, 80))
    for j, tree, beta in drawn(form, seed):
        number = forest.number(tree)
        assert number != NOWHERE
        rows += beta * columns.column((one.vectors.index(j), number))
        for total, at in ((direct_here, states), (direct_there, there)):
            total += beta * tree_values(tree, leaves_at(form, t, at), problem) * frame_at(form, t, at)[j]
    scale = one.scales[0]
    assert rows[:160].reshape(2, 80) * scale == pytest.approx(direct_here, rel=1e-7, abs=1e-9)
    expected = np.einsum("abn,bn->an", slope(name, states), direct_here) - direct_there
    penalty = rows[160:] @ rows[160:] * scale**2
    assert penalty == pytest.approx(0.3 * float(np.sum(expected**2)), rel=1e-6, abs=1e-12)
    assert not columns.target[160:].any()


def test_a_law_with_the_symmetry_costs_nothing() -> None:
    [one] = softened(TURNING, turned)
    forest = Forest(one.problem)
    columns = TermColumns(one.problem, forest)
    for j in (0, 1):
        for tree in ((0,), A, op("exp", A, constant=-0.5)):
            column = columns.column((j, forest.number(tree)))
            assert np.abs(column[160:]).max() < 1e-8 * np.abs(column).max()


def test_a_point_map_and_a_function_are_the_same() -> None:
    """A turn by the angle of cosine 4/5."""
    c, s = EXACT
    map_ = sq.PointMap({x: c * x - s * y, y: s * x + c * y})

    def move(states: np.ndarray) -> np.ndarray:
        return np.stack([0.8 * states[0] - 0.6 * states[1], 0.6 * states[0] + 0.8 * states[1]])

    for one, other in zip(softened(FREE, map_), softened(FREE, move), strict=True):
        a, b = one.problem.images, other.problem.images
        assert a is not None and b is not None
        assert a.leaves == pytest.approx(b.leaves) and a.frame == pytest.approx(b.frame)
        assert a.jacobian == pytest.approx(b.jacobian, abs=1e-8)


def test_the_jets_of_a_field_are_those_of_the_moved_field() -> None:
    """u = e^{-t} (cos x, sin x) and a turn of (u, v): u_x, v_xx, ... are turned along."""
    jet = sq.Jet("t x", "u v", order=2)
    t, grid = np.linspace(0, 1, 41), 2 * np.pi * np.arange(32) / 32
    fall = np.exp(-t)[:, None]
    record = sq.field(
        {"t": t, "x": grid}, {"u": fall * np.cos(grid), "v": fall * np.sin(2 * grid)}, periodic=["x"]
    )
    form = sq.functional_ansatz(jet, sq.translation("t", "x"))
    one, *_ = measure(
        form, sq.sample(record, jet), OPERATORS, rows=50, seed=0, soft=sq.SoftSymmetry(turned, 1.0)
    )
    images = one.problem.images
    assert images is not None
    place = {e: k + 1 for k, e in enumerate(form.arguments)}
    for first, second in (("u", "v"), ("u_x", "v_x"), ("u_xx", "v_xx")):
        here = np.stack([one.problem.leaves[place[jet[name]]] for name in (first, second)])
        there = np.stack([images.leaves[place[jet[name]]] for name in (first, second)])
        assert there == pytest.approx(turned(here), abs=1e-9)


def nothing_like_it(states: np.ndarray) -> np.ndarray:
    return states[:1]


BAD = {
    "a shape of its own": (nothing_like_it, "made states of shape"),
    "a map of the time": (sq.PointMap({PLANE["t"]: 2 * PLANE["t"]}), "holds t; it may move x, y only"),
    "a map that holds the time": (sq.PointMap({x: x + PLANE["t"]}), "holds t; it may move x, y only"),
}


@pytest.mark.parametrize("name", BAD)
def test_maps_that_do_not_fit_are_refused(name: str) -> None:
    move, said = BAD[name]
    with pytest.raises(InvalidInput, match=said):
        softened(FREE, move)


@pytest.mark.parametrize("weight", [0, -1.0, float("nan"), float("inf"), "1", None])
def test_weights_are_positive_numbers(weight: object) -> None:
    with pytest.raises(InvalidInput, match="the weight is a positive number"):
        sq.SoftSymmetry(turned, weight)  # type: ignore[arg-type]


def test_what_is_no_map_is_refused() -> None:
    with pytest.raises(InvalidInput, match="expected a PointMap or a function of the states, found 3"):
        sq.SoftSymmetry(3)  # type: ignore[arg-type]


def test_laws_it_is_not_for_are_refused() -> None:
    """Of second order in time, and with a part that is fixed."""
    central = SYSTEMS["central_force"]
    form = sq.functional_ansatz(central.jet, sq.translation("t"), lead=list(central.law))
    with pytest.raises(InvalidInput, match="for laws u_t = F.*x_tt"):
        measure(
            form, sq.sample(central.simulate(trajectories=2), central.jet), OPERATORS, rows=50, seed=0,
            soft=sq.SoftSymmetry(turned),
        )  # fmt: skip
    burgers = SYSTEMS["burgers"]
    galilei = sq.functional_ansatz(burgers.jet, sq.translation("t", "x") + sq.boost("x", "u"))
    samples = sq.sample(burgers.simulate(points=32, frames=21, duration=0.5), burgers.jet)
    with pytest.raises(InvalidInput, match="without a fixed part"):
        measure(galilei, samples, OPERATORS, rows=50, seed=0, soft=sq.SoftSymmetry(lambda u: -u))


def test_of_relations_it_is_refused_for_what_it_is() -> None:
    """Not by saying that their invariants do not vary."""
    relation = sq.relation_ansatz(sq.Jet("x y", "u", order=2), sq.rotation("x", "y"))
    darcy = sq.sample(SYSTEMS["darcy"].simulate(points=21, nodes=40), relation.jet)
    with pytest.raises(InvalidInput, match="for laws u_t = F"):
        sq.GeneticProgramming(soft=sq.SoftSymmetry(lambda u: -u), rows=50).search(relation, darcy)


def defect(law: sq.Discovery) -> float:
    sides = dict(law.equations)
    test = symmetry_test(PLANE, tuple(sides), sq.rotation(x, y).on(PLANE), [sides])
    return test.defect(sides, random_jets(test.coordinates)).value


def test_a_soft_rotation_makes_laws_of_noisy_data_more_symmetric() -> None:
    """Damped oscillator, 5 trajectories, 10 % noise, no hard symmetry, products and sums, 3 seeds of noise:
    all four terms of the law are kept, and its defects under rotation, summed, fall below half."""
    without, with_ = 0.0, 0.0
    plain = sq.GeneticProgramming(operators=["add", "mul"], epochs=1, population=40, rows=200)
    form = sq.functional_ansatz(PLANE, sq.translation("t"))
    for seed in range(3):
        record = add_noise(SYSTEMS["damped_oscillator"].simulate(trajectories=5, seed=seed), 0.1, seed)
        samples = sq.sample(record, PLANE)
        soft = sq.SoftSymmetry(turned, weight=10.0)
        hard, softened_ = (sq.discover(form, samples, e) for e in (plain, replace(plain, soft=soft)))
        assert {(term.lead, term.expression) for term in softened_.terms} >= {
            (lead, z) for lead in form.leads for z in (x, y)
        }
        without += defect(hard)
        with_ += defect(softened_)
    assert with_ < 0.5 * without
