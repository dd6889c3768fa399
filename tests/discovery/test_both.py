"""Both engines: which one runs, which law is taken, and that the answer says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import symeq as sq
from symeq.data import Record, Samples
from symeq.search.engine import Found, Progress

JET = sq.Jet("t", "x y")
TURNING = sq.translation("t") + sq.rotation("x", "y")
SMALL = sq.GeneticProgramming(operators=["add", "mul", "exp"])


def circles(noise: float = 0.0, seed: int = 0) -> Record:
    """x_t = -exp(-r^2) y, y_t = exp(-r^2) x on six circles."""
    t, radii, rng = (
        np.linspace(0, 6, 121),
        np.array([0.4, 0.7, 1.0, 1.3, 1.6, 1.9]),
        np.random.default_rng(seed),
    )
    angle = radii[:, None] + np.exp(-(radii[:, None] ** 2)) * t
    states = radii[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=2)
    return sq.trajectories(t, [*(states + noise * rng.normal(size=states.shape))], "x y")


@pytest.fixture(scope="module")
def samples() -> Samples:
    return sq.pointwise(circles(), JET)


FORM = sq.functional_ansatz(JET, TURNING)


def linear(degree: int) -> sq.LinearAnsatz:
    return sq.linear_ansatz(JET, sq.monomials(*JET.dependent, degree=degree), TURNING)


class Silent:
    """An engine that finds nothing, for one reason or another."""

    seed = 7

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def search(self, ansatz: object, samples: Samples, progress: Progress | None = None) -> Found:
        raise self.error


NEVER = Silent(AssertionError("the library suffices"))


def test_the_genetic_engine_is_not_asked_where_the_library_suffices() -> None:
    t = np.linspace(0, 12, 401)
    states = np.exp(-t / 10)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    for noise in (0.0, 0.01):
        noisy = states + noise * np.random.default_rng(0).normal(size=states.shape)
        seen = sq.pointwise(sq.trajectories(t, noisy, "x y"), JET)
        alone = sq.discover(linear(3), seen)
        law = sq.discover_both(linear(3), FORM, seen, genetic=NEVER)
        assert str(law) == str(alone)
        assert law.provenance.engine == "sparse regression"
        assert "leaves nothing beyond what noise and differentiation" in law.provenance.notes[-1]
        assert [replace(entry, law=()) for entry in law.front] == list(alone.front)


def test_each_law_of_the_front_is_told_as_it_was_fitted() -> None:
    t = np.linspace(0, 12, 401)
    states = np.exp(-t / 10)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    samples = sq.pointwise(sq.trajectories(t, states, "x y"), JET)
    law = sq.discover_both(linear(3), FORM, samples, genetic=NEVER)
    [chosen] = [entry for entry in law.front if entry.chosen]
    for text, (lead, rhs) in zip(chosen.law, law.equations, strict=True):
        left, right = sq.parse(text, JET)
        assert left == lead
        assert all(abs(float(right.coeff(z) - rhs.coeff(z))) < 1e-3 for z in JET.dependent)
    assert len({entry.law for entry in law.front}) == len(law.front)


def test_functions_are_searched_where_the_library_leaves_something(samples: Samples) -> None:
    law = sq.discover_both(linear(3), FORM, samples, genetic=SMALL)
    assert law.provenance.engine == "genetic programming"
    assert law.provenance.seed == 0
    assert law.frame_text().splitlines()[0] == "x_t = (1.0*exp(-1.0*I_1))*(-y)"
    assert (
        "the law is of genetic programming: the law of sparse regression leaves 0.1"
        in law.provenance.notes[-1]
    )
    assert [entry.chosen for entry in law.front].count(True) == 1
    sparse = [entry for entry in law.front if entry.complexity is None]
    evolved = [entry for entry in law.front if entry.complexity is not None]
    assert sparse
    assert evolved
    assert all(entry.law for entry in law.front)
    assert all(entry.support == () for entry in sparse)  # which counts another basis than that of the law
    [chosen] = [entry for entry in law.front if entry.chosen]
    assert chosen in evolved
    assert chosen.residual < 1e-20 < min(entry.residual for entry in sparse)


def test_the_sparse_law_stays_where_functions_explain_no_more(samples: Samples) -> None:
    poor = sq.GeneticProgramming(operators=["add", "mul"], epochs=1, population=10)
    law = sq.discover_both(linear(7), FORM, samples, genetic=poor)
    assert law.provenance.engine == "sparse regression"
    assert law.form is None
    assert "Not explained: the law of sparse regression leaves " in law.warnings[-1]
    assert "Genetic programming found nothing better: " in law.warnings[-1]
    [chosen] = [entry for entry in law.front if entry.chosen]
    assert chosen.support == law.support
    assert any(entry.complexity is not None for entry in law.front)
    found = law.document()["front"]
    assert [entry["chosen"] for entry in found].count(True) == 1
    assert {entry["complexity"] is None for entry in found} == {True, False}


@pytest.mark.parametrize(
    ("error", "why"),
    [(sq.NoLaw("nothing fits."), "nothing fits."), (KeyboardInterrupt(), "it was interrupted")],
)
def test_the_sparse_law_stays_where_no_function_is_found(
    samples: Samples, error: BaseException, why: str
) -> None:
    law = sq.discover_both(linear(3), FORM, samples, genetic=Silent(error))
    assert str(law) == str(sq.discover(linear(3), samples))
    assert "Genetic programming found no law: " + why in law.warnings[-1]
    assert "found none" in law.provenance.notes[-1]


RADIAL = sq.linear_ansatz(
    JET, {"x_t": sq.Library(JET.dependent[:1]), "y_t": sq.Library(JET.dependent[1:])}, TURNING
)


def test_functions_are_searched_where_no_term_is_significant(samples: Samples) -> None:
    assert str(RADIAL.basis) == "((x, y),)"
    law = sq.discover_both(RADIAL, FORM, samples, genetic=SMALL)
    assert law.frame_text().splitlines()[1] == "y_t = (1.0*exp(-1.0*I_1))*(x)"
    assert "sparse regression found none (No law fits" in law.provenance.notes[-1]


def test_neither_finds_a_law(samples: Samples) -> None:
    with pytest.raises(sq.NoLaw, match="^Sparse regression: No law fits.* Genetic programming: nothing fits"):
        sq.discover_both(RADIAL, FORM, samples, genetic=Silent(sq.NoLaw("nothing fits.")))
    with pytest.raises(KeyboardInterrupt):
        sq.discover_both(RADIAL, FORM, samples, genetic=Silent(KeyboardInterrupt()))


def test_both_ansaetze_have_the_same_leads(samples: Samples) -> None:
    form = sq.functional_ansatz(sq.Jet("t", "x y", order=2), TURNING, lead=["x_tt", "y_tt"])
    with pytest.raises(sq.InvalidInput, match="for x_t, y_t, the other one for x_tt, y_tt"):
        sq.discover_both(linear(1), form, samples)


def test_progress_is_told_of_both(samples: Samples) -> None:
    told: list[str] = []
    sq.discover_both(linear(1), FORM, samples, genetic=SMALL, progress=lambda *said: told.append(said[2]))
    assert "choosing the terms" in told
    assert told[-1] == "fitting the law to all data"
