"""Symmetry by construction: whatever evolves, on data that know nothing of it, has the symmetry."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
from sympy import Expr, Rational, lambdify

import symeq as sq
from symeq.search.genetic import epoch
from symeq.search.genetic.epoch import Evolution
from symeq.search.genetic.front import Model
from symeq.search.genetic.measured import Measured
from symeq.search.genetic.operators import chosen_operators
from symeq.search.genetic.problem import Grading, Problem
from symeq.search.genetic.stating import state

ROWS = 60
OPERATORS = ("add", "sub", "mul", "div", "sqrt", "exp", "sin", "saturation")
LINE = sq.Jet("t x", "u", order=2)
PLANE = sq.Jet("t", "x y")


@dataclass(frozen=True)
class Case:
    """A jet, a symmetry, and how laws are asked for; a relation names its side."""

    jet: sq.Jet
    symmetry: sq.Symmetry
    options: dict[str, Any] = field(default_factory=dict)
    side: str | None = None


CASES = {
    "turns of the plane": Case(PLANE, sq.rotation("x", "y") + sq.translation("t")),
    "turns of phase": Case(sq.Jet("t x", "u v", order=1), sq.translation("t", "x") + sq.phase("u", "v")),
    "motions of the plane": Case(
        sq.Jet("t x y", "u", order=2), sq.translation("t", "x", "y") + sq.rotation("x", "y")
    ),
    "Galilei": Case(LINE, sq.translation("t", "x") + sq.boost("x", "u") + sq.reflection("x", "u")),
    "scaling, graded": Case(
        LINE.with_order(3), sq.translation("t", "x") + sq.scaling(t=3, x=1, u=-2), {"graded": True}
    ),
    "Kepler, graded": Case(
        sq.Jet("t", "x y", order=2),
        sq.translation("t") + sq.rotation("x", "y") + sq.scaling(t=3, x=2, y=2) + sq.reflection("t"),
        {"lead": ["x_tt", "y_tt"], "graded": True},
    ),
    "scaling, divided out": Case(LINE, sq.translation("t", "x", "u") + sq.scaling(t=2, x=1, u=0)),
    "Poincare": Case(LINE, sq.Poincare("t", "x"), side="u_tt - u_xx"),
    "mirrors": Case(PLANE, sq.reflection("x") + sq.reflection("y") + sq.translation("t")),
    "a mirror of a field": Case(LINE, sq.translation("t", "x") + sq.reflection("x") + sq.reflection("u")),
    "exchange": Case(PLANE, sq.permutation("x", "y")),
}


@cache
def form_of(name: str) -> sq.FunctionalAnsatz:
    case = CASES[name]
    if case.side is None:
        return sq.functional_ansatz(case.jet, case.symmetry, **case.options)
    return sq.relation_ansatz(case.jet, case.symmetry, side=case.side).solved_for(case.side)


def exact(weight: tuple[sp.Rational, ...]) -> tuple[Fraction, ...]:
    return tuple(Fraction(int(w.p), int(w.q)) for w in weight)


def random_data(form: sq.FunctionalAnsatz, seed: int) -> Measured:
    """Jets, positive so that roots are defined, and sides that are half noise: no law holds on them."""
    rng = np.random.default_rng(seed)
    symbols = sorted(
        set().union(*(e.free_symbols for e in (*form.arguments, *(e for v in form.frame for e in v)))),
        key=str,
    )
    jets = rng.uniform(0.4, 1.6, (len(symbols), ROWS))

    def at(e: Expr) -> np.ndarray:
        return np.broadcast_to(np.asarray(lambdify(symbols, e, "numpy")(*jets), dtype=float), (ROWS,))

    leaves = np.stack([np.ones(ROWS), *map(at, form.arguments)])
    frame = np.stack([np.stack([at(e) for e in vector]) for vector in form.frame])
    target = np.einsum("j,jan->an", rng.standard_normal(len(frame)), frame)
    target = target + 0.5 * target.std() * rng.standard_normal(target.shape)
    grading = None
    if form.weights is not None:
        none = tuple(Fraction(0) for _ in form.weights.scalings)
        arguments = tuple(map(exact, form.weights.arguments))
        grading = Grading((none, *arguments), tuple(map(exact, form.weights.frame)), none)
    problem = Problem(
        leaves=leaves,
        names=("1", *(s.name for s in form.symbols)),
        frame=frame,
        target=target,
        operators=chosen_operators(OPERATORS),
        grading=grading,
    )
    count = len(form.leads)
    return Measured(
        problem,
        form,
        tuple(range(count)),
        (sp.S.One, *form.symbols),
        tuple(range(len(frame))),
        np.ones(count),
        0,
        0,
    )


def front_of(measured: Measured, seed: int) -> tuple[Model, ...]:
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(epoch, "GENERATIONS", 6)
        return Evolution(measured.problem, seed, 3, 24).run().front


def stated(measured: Measured, model: Model, seed: int) -> tuple[Expr, ...]:
    """The right-hand sides with exact rational coefficients and constants."""
    law = state([(measured, model)])
    rng = np.random.default_rng(seed)

    def drawn() -> Rational:
        return Rational(int(rng.integers(1, 9)), int(rng.integers(2, 7)))

    values = {symbol: drawn() for symbol, _ in law.constants}
    return law.form.rhs_with(law.functions([drawn() for _ in law.trees], values))


def vanishes(e: Expr) -> bool:
    return e == 0 or sp.expand(e) == 0 or sp.simplify(e) == 0


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(2))
def test_every_law_of_a_front_has_the_symmetry(name: str, seed: int) -> None:
    """Six generations of 24 laws on 60 random rows; the symmetry condition, exactly."""
    form = form_of(name)
    measured = random_data(form, seed)
    front = front_of(measured, seed)
    assert front
    for model in front:
        sides = stated(measured, model, seed)
        assert all(vanishes(e) for action in form.defect(sides) for e in action), sides


@pytest.mark.parametrize("name", CASES)
def test_laws_beside_the_front_have_not(name: str) -> None:
    """The condition can fail: a law of the front plus a term that is none."""
    form = form_of(name)
    measured = random_data(form, 0)
    sides = stated(measured, front_of(measured, 0)[0], 0)
    u = form.jet.dependent[0]
    spoiled = (sides[0] + u**7 * form.jet.independent[0], *sides[1:])
    assert any(not vanishes(e) for action in form.defect(spoiled) for e in action)


@pytest.mark.parametrize("name", ["scaling, graded", "Kepler, graded"])
def test_graded_laws_are_members_of_their_form(name: str) -> None:
    """What the form itself checks, tree by tree: functions that scale as their vector asks."""
    form = form_of(name)
    measured = random_data(form, 3)
    for model in front_of(measured, 3):
        law = state([(measured, model)])
        ones = {symbol: sp.S.One for symbol, _ in law.constants}
        form.rhs(law.functions([sp.S.One] * len(law.trees), ones))


@pytest.mark.parametrize("name", ["turns of the plane", "Galilei", "Poincare", "Kepler, graded"])
def test_a_law_is_the_same_as_terms_and_as_functions(name: str) -> None:
    """sum beta_k T_k E_{j_k} of the linear ansatz that the terms span, and F0 + sum G_j E_j: at 30 digits."""
    form = form_of(name)
    measured = random_data(form, 1)
    for model in front_of(measured, 1):
        law = state([(measured, model)])
        beta = [Rational(k + 2, 3) for k in range(len(law.trees))]
        values = {symbol: Rational(k + 1, 5) for k, (symbol, _) in enumerate(law.constants)}
        linear = [side.xreplace(values) for side in law.ansatz().rhs(beta)]
        framed = form.rhs_with(law.functions(beta, values))
        symbols = sorted(set().union(*(e.free_symbols for e in (*linear, *framed))), key=str)
        point = {s: Rational(2 * k + 3, 7) for k, s in enumerate(symbols)}
        for one, other in zip(linear, framed, strict=True):
            assert abs(sp.N(one.subs(point) - other.subs(point), 30)) < 1e-20
