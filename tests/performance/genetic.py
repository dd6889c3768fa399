"""How often does the genetic engine find the exact law, by its own rule, and how fast?

Every cell redraws the rows and the start of the search, and the trajectories where the system has any; the
law, and when to stop, are the engine's own choice, with one setting for all. Beside the symmetry stands the
same engine with the trivial one, on the raw jet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

import symeq as sq
from symeq.data import Samples
from symeq.geometry import read_symmetry
from symeq.search.genetic.epochs import Plan, evolve
from symeq.search.genetic.operators import OPERATORS
from symeq.search.genetic.problem import Problem
from symeq.search.genetic.replay import coefficients
from symeq.search.genetic.seen import search_rung
from systems import SYSTEMS, add_noise
from tests.performance.exactness import Truth

Form = sq.FunctionalAnsatz | sq.RelationAnsatz


@dataclass(frozen=True)
class Cell:
    """A system under a symmetry: `form` on its jet, and how the search is asked.

    lead: what the law is solved for where that is not u_t; redrawn: whether the simulation depends on the
    seed; options: of the simulator; noise: deviation of the noise / of the variable.
    """

    name: str
    system: str
    symmetry: str
    form: Callable[[sq.Jet, sq.Symmetry], Form]
    raw: Callable[[sq.Jet], Form] | None = None
    lead: str | None = None
    truth: tuple[str, ...] = ()
    redrawn: bool = False
    options: dict[str, object] = field(default_factory=dict)
    noise: float = 0.0

    @cached_property
    def jet(self) -> sq.Jet:
        return SYSTEMS[self.system].jet

    @cached_property
    def searched(self) -> Form:
        return self.form(self.jet, read_symmetry(self.symmetry, self.jet))

    @cached_property
    def searched_raw(self) -> Form | None:
        return None if self.raw is None else self.raw(self.jet)

    @cached_property
    def _fixed(self) -> Samples:
        return self._sampled(0)

    def samples(self, seed: int) -> Samples:
        """Samples of the run of a seed; systems with one simulation are simulated once, clean."""
        return self._sampled(seed) if self.redrawn or self.noise else self._fixed

    def record(self, seed: int) -> sq.Record:
        """What is measured in the run of a seed."""
        options = dict(self.options) | ({"seed": seed} if self.redrawn else {})
        record = SYSTEMS[self.system].simulate(**options)
        return add_noise(record, self.noise, seed) if self.noise else record

    def _sampled(self, seed: int) -> Samples:
        return sq.sample(self.record(seed), self.jet, lead=self.lead)

    @cached_property
    def true_law(self) -> tuple[str, ...]:
        return self.truth or SYSTEMS[self.system].equations


def _functional(**options: object) -> Callable[[sq.Jet, sq.Symmetry], Form]:
    return lambda jet, symmetry: sq.functional_ansatz(jet, symmetry, **options)  # type: ignore[arg-type]


def _relation(**options: object) -> Callable[[sq.Jet, sq.Symmetry], Form]:
    return lambda jet, symmetry: sq.relation_ansatz(jet, symmetry, **options)  # type: ignore[arg-type]


def _raw(shifts: str = "t", **options: object) -> Callable[[sq.Jet], Form]:
    """The jet itself: no symmetry but that nothing depends on place or time, to the baseline's favour."""
    return lambda jet: sq.functional_ansatz(jet, sq.translation(*shifts.split()), **options)  # type: ignore[arg-type]


def _raw_steady(lead: str) -> Callable[[sq.Jet], Form]:
    return lambda jet: sq.functional_ansatz(jet, sq.trivial, lead=lead)


ON_INVARIANTS = ("u*u_xx + v*v_xx + u*u_yy + v*v_yy", "u*v_xx - v*u_xx + u*v_yy - v*u_yy")
PLANAR = {"lead": ["x_tt", "y_tt"], "order": 1}
LITERATURE = (
    Cell("Boussinesq, weights", "boussinesq", "translation(t, x) + scaling(t=2, x=1, u=-2)",
         _functional(lead="u_tt", graded=True), _raw("t x", lead="u_tt"), "u_tt"),
    Cell("Darcy, side given", "darcy", "rotation(x, y)", _relation(side="u_xx + u_yy"),
         _raw_steady("u_xx"), "u_xx"),
    Cell("Darcy, scanned", "darcy", "rotation(x, y)", _relation(), None, "u_xx"),
    Cell("lambda-omega, I_t", "lambda_omega", "translation(t, x, y) + phase(u, v)",
         _relation(side="u*u_t + v*v_t", without=["u_t", "v_t"], prefer=ON_INVARIANTS), None,
         truth=("u*u_t + v*v_t = 0.1*(u*u_xx + v*v_xx + u*u_yy + v*v_yy) + (u^2 + v^2) - (u^2 + v^2)^2",)),
    Cell("lambda-omega, E_t", "lambda_omega", "translation(t, x, y) + phase(u, v)",
         _relation(side="u*v_t - v*u_t", without=["u_t", "v_t"], prefer=ON_INVARIANTS), None,
         truth=("u*v_t - v*u_t = 0.1*(u*v_xx - v*u_xx + u*v_yy - v*u_yy) - (u^2 + v^2)^2",)),
    Cell("lambda-omega, frame", "lambda_omega", "translation(t, x, y) + rotation(x, y) + phase(u, v)",
         _functional(), _raw("t x y")),
    Cell("central force, Gaussian well", "central_force", "translation(t) + rotation(x, y)",
         _functional(**PLANAR), _raw(**PLANAR), "x_tt", redrawn=True),
    Cell("Kepler", "kepler", "translation(t) + rotation(x, y)", _functional(**PLANAR), _raw(**PLANAR), "x_tt",
         redrawn=True),
)  # fmt: skip
HARDER = (
    Cell("vector field, SO(3)", "vector_wave", "translation(t) + SE(x, y, z; u, v, w)", _functional(),
         _raw("t x y z"), redrawn=True, options={"points": 40, "frames": 21}),
    Cell("saturable laser, U(1)", "saturable_laser", "translation(t, x, y) + rotation(x, y) + phase(u, v)",
         _functional(), _raw("t x y"), redrawn=True),
    Cell("two inner constants", "two_constants", "translation(t) + rotation(x, y)", _functional(), _raw(),
         redrawn=True),
    Cell("Lorentz-invariant wave", "exponential_wave", "Poincare(t; x) + reflection(u)",
         _relation(side="u*u_tt - u*u_xx"), _raw("t x", lead="u_tt"), "u_tt",
         truth=("u*u_tt - u*u_xx = -u^2*exp(-u^2)",), redrawn=True),
)  # fmt: skip
FURTHER = (
    Cell("Kepler, weights", "kepler",
         "translation(t) + rotation(x, y) + scaling(t=3, x=2, y=2)", _functional(**PLANAR, graded=True),
         None, "x_tt", redrawn=True),
    Cell("sine-Gordon", "sine_gordon", "Poincare(t; x)", _relation(side="u_tt - u_xx"),
         _raw("t x", lead="u_tt"), "u_tt", redrawn=True),
    Cell("nonlinear Schroedinger", "nonlinear_schroedinger",
         "translation(t, x) + phase(u, v) + reflection(x)", _functional(), _raw("t x"), redrawn=True),
    Cell("Michaelis-Menten", "michaelis_menten", "translation(t)", _functional(), None, redrawn=True),
    Cell("Lotka-Volterra, logarithms", "lotka_volterra", "translation(t)", _functional(), None, redrawn=True,
         options={"trajectories": 5, "every": 10}),
    Cell("Sel'kov", "selkov", "translation(t)", _functional(), None, redrawn=True,
         options={"trajectories": 5, "every": 10}),
)  # fmt: skip
HEADER = (
    "system", "noise", "leaves, vectors", "search", "exact", "interval", "decided", "median s", "max s",
    "evaluations", "true form refitted",
)  # fmt: skip
SECONDS = 20.0  # of each run, for the symmetry and for the baseline


def rows(
    seeds: int, cells: tuple[Cell, ...], *, seconds: float = SECONDS, raw: bool = True, first: int = 0
) -> Iterator[tuple[str, ...]]:
    """The table, a row at a time: with the symmetry, and without where there is a baseline."""
    for cell in cells:
        yield row(cell, cell.searched, "symmetry", seeds, seconds, first)
        if raw and cell.searched_raw is not None:
            yield row(cell, cell.searched_raw, "raw jet", seeds, seconds, first)


def table(seeds: int, large: bool) -> Iterator[tuple[str, ...]]:
    """All cells; small: one of them, once, and a function with noise."""
    if not large:
        yield from rows(1, tuple(c for c in HARDER if c.name == "two inner constants"), raw=False)
        yield algebraic_row(1, 0.05)
        return
    yield from rows(seeds, (*LITERATURE, *HARDER))
    yield from rows(seeds, FURTHER, raw=False)
    yield algebraic_row(seeds)
    yield algebraic_row(seeds, 0.05)


def row(cell: Cell, form: Form, search: str, seeds: int, seconds: float, first: int = 0) -> tuple[str, ...]:
    """Success over the seeds, with a 95 % interval, and what it took."""
    times, exact, decided, tried, refitted = [], 0, 0, [], []
    for seed in range(first, first + seeds):
        samples = cell.samples(seed)
        true_law = cell.true_law if form is cell.searched else SYSTEMS[cell.system].equations
        truth = Truth.of(true_law, cell.jet, samples, noisy=cell.noise > 0)
        refitted.append(truth.refitted(samples, search_rung(samples)))
        begun = time.perf_counter()
        try:
            law = sq.discover(form, samples, sq.GeneticProgramming(seed=seed, seconds=seconds))
        except sq.NoLaw:
            times.append(time.perf_counter() - begun)
            continue
        times.append(time.perf_counter() - begun)
        assert law.end is not None
        decided += law.end.decided
        tried.append(law.end.evaluations)
        exact += truth.matches(law)
    first_form = form if isinstance(form, sq.FunctionalAnsatz) else next(form.scan())
    return (
        cell.name,
        f"{cell.noise:.0%}" if cell.noise else "none",
        f"{len(first_form.arguments)}, {len(first_form.frame)}",
        search,
        f"{exact}/{seeds}",
        interval(exact, seeds),
        f"{decided}/{seeds}",
        f"{np.median(times):.2f}",
        f"{max(times):.2f}",
        f"{np.median(tried or [0]):.0f}",
        f"{np.median(refitted):.1%} off" if cell.noise else f"{np.median(refitted):.0e} off",
    )


def interval(successes: int, runs: int) -> str:
    """Wilson's 95 % interval of a success rate."""
    z = 1.96
    p, n = successes / runs, runs
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{max(0.0, middle - half):.2f} - {min(1.0, middle + half):.2f}"


def algebraic(seed: int, noise: float = 0.0) -> Problem:
    """x1^2 x2 - x3/2 + sin x1 on [-3, 3]^3, 1000 points, with noise on the target alone."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 3, (3, 1000))
    y = x[0] ** 2 * x[1] - x[2] / 2 + np.sin(x[0])
    y = y + noise * y.std() * rng.standard_normal(y.size)
    scale = np.sqrt(np.mean(y**2))
    leaves = np.vstack([np.ones(x.shape[1]), x])
    return Problem(
        leaves, ("1", "x1", "x2", "x3"), np.ones((1, 1, x.shape[1])), (y / scale)[None], OPERATORS,
        noise=noise**2,
    )  # fmt: skip


def algebraic_row(seeds: int, noise: float = 0.0, first: int = 0) -> tuple[str, ...]:
    """The same for a function without a differential equation."""
    from symeq.search.genetic.replay import columns_of
    from symeq.search.genetic.shortening import shortened

    times, exact, decided, tried = [], 0, 0, []
    for seed in range(first, first + seeds):
        problem = algebraic(seed, noise)
        begun = time.perf_counter()
        plan = Plan(seed=seed, deadline=time.monotonic() + SECONDS)
        outcome = evolve(problem, plan)
        assert outcome.chosen is not None
        law = shortened(outcome.chosen, problem)
        times.append(time.perf_counter() - begun)
        decided += outcome.stop.decided
        tried.append(outcome.evaluations)
        x1, x2, x3 = problem.leaves[1:]
        true = np.stack([x1**2 * x2, x3, np.sin(x1)], axis=1) / np.array([1.0, -2.0, 1.0])
        found = columns_of(law, problem) * coefficients(law, problem)
        exact += found.shape[1] == 3 and _paired(found, true, 0.35 if noise else 0.01)
    return (
        "x1^2 x2 - x3/2 + sin x1", f"{noise:.0%} on y" if noise else "none", "3, 1", "-", f"{exact}/{seeds}",
        interval(exact, seeds), f"{decided}/{seeds}", f"{np.median(times):.2f}", f"{max(times):.2f}",
        f"{np.median(tried):.0f}", "-",
    )  # fmt: skip


def _paired(found: np.ndarray, true: np.ndarray, tolerance: float) -> bool:
    """Whether the columns are the same up to order and one common factor."""
    taken: set[int] = set()
    units = true / np.linalg.norm(true, axis=0)
    for column in found.T:
        near = [
            k
            for k in range(true.shape[1])
            if abs(column @ units[:, k]) > (1 - tolerance / 10) * np.linalg.norm(column)
        ]
        if len(near) != 1 or near[0] in taken:
            return False
        taken.add(near[0])
    return len(taken) == true.shape[1]


def noisy(cells: tuple[Cell, ...], levels: tuple[float, ...]) -> tuple[Cell, ...]:
    """The same cells with noise."""
    return tuple(replace(cell, noise=level) for cell in cells for level in levels)
