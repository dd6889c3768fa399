"""The verb: find the member of an ansatz that the samples support."""

from __future__ import annotations

import platform
import time
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from symeq.ansatz.linear import LinearAnsatz
from symeq.data.records import Record
from symeq.data.samples import pointwise
from symeq.data.sampling import Sampled, sample
from symeq.discovery.law import Discovery, Provenance
from symeq.errors import InvalidInput, NoLaw
from symeq.search.engine import Ansatz, Engine, Found, Progress
from symeq.search.genetic import GeneticProgramming
from symeq.search.sparse import SparseRegression
from symeq.search.threads import one_thread

PACKAGES = ("symeq", "numpy", "scipy", "sympy", "xarray", "pysindy", "deap")


def discover(
    ansatz: Ansatz,
    samples: Sampled | Record,
    engine: Engine | None = None,
    *,
    progress: Progress | None = None,
) -> Discovery:
    """Find the member of the ansatz that the samples support.

    Arguments: ``ansatz``, what is allowed; ``samples`` of the same jet, or a record, which is then sampled by
    :func:`~symeq.data.sampling.sample`; ``engine``, by default
    :class:`~symeq.search.sparse.SparseRegression` for the unknown numbers of a linear ansatz and
    :class:`~symeq.search.genetic.GeneticProgramming` for the unknown functions of the others; ``progress``,
    called with (done, total, what).
    Raises NoLaw when no term is significant and none is fixed, InvalidInput when the samples are of another
    jet or the engine is for another kind of ansatz.

    >>> import symeq as sq
    >>> t = np.linspace(0, 10, 501)
    >>> states = np.stack([np.exp(-t / 10) * np.cos(t), np.exp(-t / 10) * np.sin(t)], axis=1)
    >>> jet = sq.Jet("t", "x y")
    >>> x, y = jet.dependent
    >>> allowed = sq.linear_ansatz(jet, sq.monomials(x, y, degree=3), sq.rotation(x, y))
    >>> law = sq.discover(allowed, sq.sample(sq.trajectories(t, states, names="x y"), jet))
    >>> print(law.latex())
    \\begin{aligned}
    x_{t} &= -0.100\\, x - 1.00\\, y \\\\
    y_{t} &= 1.00\\, x - 0.100\\, y
    \\end{aligned}
    """
    if isinstance(samples, Record):
        samples = _sampled(ansatz, samples)
    if samples.jet.independent != ansatz.jet.independent or set(ansatz.jet.dependent) - set(
        samples.jet.dependent
    ):
        raise InvalidInput(
            f"The ansatz is on {ansatz.jet}, the samples are of {samples.jet}. Use the same jet for both."
        )
    used: Engine = engine or (
        SparseRegression() if isinstance(ansatz, LinearAnsatz) else GeneticProgramming()
    )
    begun = time.perf_counter()
    with one_thread():
        found = used.search(ansatz, samples, progress)
    searched, samples = found.ansatz or ansatz, found.samples or samples
    assert isinstance(searched, LinearAnsatz)  # an engine that searched another kind brings its own
    law = _discovery(searched, samples, found, str(used), time.perf_counter() - begun, used.seed)
    if not law.terms:
        raise NoLaw(
            f"No law fits: none of the {searched.unknowns} allowed terms is significant in these data "
            f"({found.rows} rows, {'; '.join(samples.notes)}). {''.join(f'{w} ' for w in samples.warnings)}"
            "Give more or cleaner data, another library, or another symmetry."
        )
    return law


def _sampled(ansatz: Ansatz, record: Record) -> Sampled:
    if not isinstance(ansatz, LinearAnsatz):
        return pointwise(record, ansatz.jet)
    return sample(record, ansatz.jet, lead=max(ansatz.leads, key=ansatz.jet.order_of))


def from_coefficients(
    ansatz: LinearAnsatz, beta: np.ndarray, *, engine: str, seconds: float, samples: Sampled
) -> Discovery:
    """Another program's coefficients in the free coordinates of an ansatz, as a row to compare with."""
    support = tuple(int(k) for k in np.flatnonzero(beta))
    errors = np.full(len(beta), np.nan)
    found = Found(np.asarray(beta, dtype=float), errors, support, (), np.nan, np.nan, 0, 0, (), ())
    return _discovery(ansatz, samples, found, engine, seconds, None)


def _discovery(
    ansatz: LinearAnsatz, samples: Sampled, found: Found, engine: str, seconds: float, seed: int | None
) -> Discovery:
    noise = {str(u): float(s) for u, s in zip(samples.jet.dependent, samples.noise, strict=True)}
    provenance = Provenance(
        found.rows, found.blocks, noise, (*samples.notes, *found.notes), engine, seconds, seed, _versions()
    )
    return Discovery(
        ansatz,
        found.beta,
        found.errors,
        found.support,
        found.front,
        found.residual,
        found.chi2,
        provenance,
        (*samples.warnings, *found.warnings),
        found.form,
        found.functions,
        found.constants,
        found.end,
        found.identifiability,
    )


def _versions() -> dict[str, str]:
    result = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            result[package] = version(package)
        except PackageNotFoundError:
            result[package] = "not installed"
    return result
