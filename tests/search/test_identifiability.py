"""What the data cannot tell apart is said, and nothing is said of laws that they determine."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import symeq as sq
from symeq.search.fitting import Evidence
from symeq.search.identifiability import identifiability
from systems import SYSTEMS, add_noise
from tests.search.synthetic import correlated, factors


def turning(degree: int) -> sq.LinearAnsatz:
    """Reactions of u, v up to a degree, and diffusion, with the symmetries of lambda-omega."""
    system = SYSTEMS["lambda_omega"]
    u, v = system.jet.dependent
    names = ("u_xx", "u_yy", "v_xx", "v_yy")
    library = sq.monomials(u, v, degree=degree) + [system.jet[name] for name in names]
    symmetry = sq.parse("phase(u, v) + rotation(x, y)", system.jet)
    return sq.linear_ansatz(system.jet, library, symmetry, lead=["u_t", "v_t"])


@cache
def fields(start: str, noise: float, seed: int) -> sq.Record:
    options = {"points": 64, "frames": 101, "duration": 10.0}
    return add_noise(SYSTEMS[start].simulate(seed=seed, **options), noise, seed)


def test_a_spiral_cannot_tell_the_cubic_from_the_quintic_term() -> None:
    """A = u^2 + v^2 is 1 almost everywhere, so that A w and A^2 w are the same; 64 x 64 x 101, 30 % noise.
    The law of a start of random waves is determined."""
    allowed = turning(5)
    law = sq.discover(allowed, sq.weak(fields("lambda_omega_spiral", 0.3, 0), allowed.jet))
    cubic, quintic = "(u^3 + u*v^2, u^2*v + v^3)", "(u^5 + 2*u^3*v^2 + u*v^4, u^4*v + 2*u^2*v^3 + v^5)"
    assert any({cubic, quintic} <= set(group) for group in law.confused)
    (told,) = (warning for warning in law.warnings if "cannot tell" in warning)
    assert cubic in told
    assert "further symmetry" in told
    assert law.document()["identifiability"]["confused"] == [list(group) for group in law.confused]
    random = sq.discover(allowed, sq.weak(fields("lambda_omega", 0.3, 0), allowed.jet))
    assert random.support == (0, 2, 4, 5)
    assert random.confused == ()
    assert law.identifiability is not None
    assert random.identifiability is not None
    assert random.identifiability.condition < law.identifiability.condition


DETERMINED = [
    (name, symmetry, level, sampled)
    for name, symmetry in (("burgers", "boost(x, u)"), ("kdv", "6*t*d_x + d_u"), ("hopf", "rotation(x, y)"))
    for level, sampled in ((0.0, sq.sample), (0.02, sq.sample), (0.2, sq.weak))
]


@pytest.mark.parametrize(("name", "symmetry", "level", "sampled"), DETERMINED)
def test_of_determined_laws_nothing_is_said(name: str, symmetry: str, level: float, sampled: object) -> None:
    """Two draws of each; the whole library of degree 3, with the boost or the rotation."""
    system = SYSTEMS[name]
    allowed = sq.linear_ansatz(
        system.jet, system.library.on(system.jet, list(system.law)), sq.parse(symmetry, system.jet)
    )
    if name == "hopf":
        allowed = sq.linear_ansatz(
            system.jet, sq.monomials(*system.jet.dependent, degree=3), sq.rotation("x", "y")
        )
    for seed in range(2):
        record = add_noise(system.simulate(seed=seed), level, seed)
        law = sq.discover(allowed, sampled(record, system.jet))  # type: ignore[operator]
        assert law.confused == ()
        assert law.identifiability is not None
        assert 1 <= law.identifiability.condition < 50


def evidence(columns: np.ndarray, target: np.ndarray) -> Evidence:
    return Evidence([factors(columns, target)])


def test_the_condition_and_the_inflation_are_those_of_the_columns() -> None:
    """2000 rows of 4 columns, every pair with correlation c: eigenvalues 1 + 3c and 1 - c."""
    rng = np.random.default_rng(0)
    columns = correlated(rng, 2000, 4, 0.5)
    known = identifiability(evidence(columns, columns[:, 0] + rng.standard_normal(2000)), (0,), 0, [0])
    unit = columns / np.linalg.norm(columns, axis=0)
    assert known.condition == pytest.approx(np.linalg.cond(unit), rel=1e-9)
    assert known.condition == pytest.approx(np.sqrt(2.5 / 0.5), rel=0.1)
    assert known.inflation == pytest.approx(np.sqrt(np.diag(np.linalg.inv(unit.T @ unit))), rel=1e-9)
    assert known.groups == known.dependent == known.exchanges == ()


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    columns = correlated(rng, 500, 3, 0.9)
    target = columns[:, 0] + 0.1 * rng.standard_normal(500)
    first = identifiability(evidence(columns, target), (0,), 0, [0])
    other = identifiability(evidence(columns * [1e3, 1e-4, -2.0], 5 * target), (0,), 0, [0])
    assert other.condition == pytest.approx(first.condition, rel=1e-6)
    assert other.inflation == pytest.approx(first.inflation, rel=1e-6)
    assert other.exchanges == first.exchanges == ()


@pytest.mark.parametrize(("apart", "exchanged"), [(0.02, True), (0.5, False)])
def test_a_near_copy_of_a_chosen_column_can_be_exchanged_for_it(apart: float, exchanged: bool) -> None:
    """2000 rows, noise .5: apart .02 moves the residual by (.02 / .5)^2 x 2000 = 3, apart .5 by 2000.
    20 draws, of which one may go the other way."""
    seen = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        columns = rng.standard_normal((2000, 3))
        columns[:, 2] = columns[:, 0] + apart * rng.standard_normal(2000)
        target = columns[:, 0] + columns[:, 1] + 0.5 * rng.standard_normal(2000)
        known = identifiability(evidence(columns, target), (0, 1), 0, [0])
        seen += [(each.term, each.others) for each in known.exchanges] == [(0, (2,))]
        assert known.groups == (((0, 2),) if exchanged else ())
    assert seen >= 19 if exchanged else seen == 0


def test_exact_dependence_is_named() -> None:
    rng = np.random.default_rng(2)
    columns = rng.standard_normal((300, 4))
    columns[:, 3] = columns[:, 0] - 2 * columns[:, 1]
    known = identifiability(evidence(columns, columns[:, 2] + rng.standard_normal(300)), (2,), 0, [0])
    assert known.dependent == ((0, 1, 3),)
    allowed = turning(3)
    assert known.confused(allowed) == ()  # no chosen term is one of them
