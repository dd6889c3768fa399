"""What samples show of a functional ansatz: its arguments, vectors and left-hand sides in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
from sympy import Expr, Symbol, lambdify

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.data.samples import Samples
from symeq.data.sampling import Sampled
from symeq.data.slabs import deviation, held
from symeq.data.weak import WeakSamples
from symeq.errors import InvalidInput
from symeq.search.genetic.byparts import Columns
from symeq.search.genetic.problem import Images
from symeq.search.genetic.projection import Projection
from symeq.search.genetic.soft import SoftSymmetry
from symeq.search.genetic.supports import WINDOWS, weak_rows
from symeq.search.genetic.weakrows import coordinates_in

FEWEST_ROWS = 12
FAR_OUT = 1e4  # times its median: there an invariant with a denominator or a root has degenerated
CLEAN = 1e-6  # share of a variable's deviation that is noise


@dataclass(frozen=True, eq=False)
class Seen:
    """Arguments (argument, point) and frame (vector, lead, point) of a form; target (lead, row), L - F0, and
    noise (lead,), the mean square of what noise adds to it.

    projection: from points to rows, where these are integrals, and alone (vector, 1 and argument, lead, row),
    the rows of single arguments, known more closely than from the points; left_out: rows on which an
    invariant degenerates; rung: of the samples; effective: how many independent rows there are, None where
    nobody knows; images: of a soft symmetry.
    """

    arguments: np.ndarray
    frame: np.ndarray
    target: np.ndarray
    noise: np.ndarray
    left_out: int
    rung: int
    projection: Projection | None = None
    alone: np.ndarray | None = None
    effective: float | None = None
    images: Images | None = None


def look(
    form: FunctionalAnsatz, samples: Sampled, *, rows: int, seed: int, soft: SoftSymmetry | None = None
) -> Seen:
    """A form on samples: at points drawn at random, or under test functions drawn at random.

    Raises InvalidInput where the samples cannot give what the ansatz contains, and when too few rows are
    left.
    """
    jet = samples.jet
    expressions = (*form.leads, *form.fixed, *form.arguments, *(e for v in form.frame for e in v))
    strange = sorted(
        str(s) for s in set().union(*(e.free_symbols for e in expressions)) if not jet.is_coordinate(s)
    )
    if strange:
        raise InvalidInput(
            f"The ansatz contains the constants {', '.join(strange)}, whose values no data tell."
            " Give them numbers before the search."
        )
    if isinstance(samples, Samples):
        return _at_points(form, samples, rows, seed, soft)
    if soft is not None:
        raise InvalidInput(
            "A soft symmetry compares laws point by point, and these samples are integrals against test"
            " functions. Give it sq.sample(record, jet)."
        )
    return _under_windows(form, samples, rows, seed)


class _Compiled:
    """Expressions at points (expression, point)."""

    def __init__(self, expressions: Sequence[Expr], coordinates: Sequence[Symbol]) -> None:
        self.expressions, self.coordinates = tuple(expressions), tuple(coordinates)
        self._values = lambdify(self.coordinates, list(expressions), ["scipy", "numpy"], cse=True)

    def __call__(self, jets: Mapping[Symbol, np.ndarray]) -> np.ndarray:
        count = len(jets[self.coordinates[0]]) if self.coordinates else 0
        with np.errstate(all="ignore"):
            columns = self._values(*(jets[z] for z in self.coordinates))
            return np.stack([np.broadcast_to(np.asarray(v, dtype=float), (count,)) for v in columns])

    def defined(self, values: np.ndarray, usable: np.ndarray) -> np.ndarray:
        """Where none of them degenerates (point,)."""
        usable = usable & np.isfinite(values).all(axis=0)
        for expression, column in zip(self.expressions, values, strict=True):
            if not expression.is_polynomial(*self.coordinates):
                usable &= ~(np.abs(column) > _limit(np.abs(column), usable))
        return usable


def _at_points(
    form: FunctionalAnsatz, samples: Samples, rows: int, seed: int, soft: SoftSymmetry | None
) -> Seen:
    expressions = (*form.leads, *form.fixed, *form.arguments, *(e for v in form.frame for e in v))
    coordinates = coordinates_in(expressions, samples.jet)
    compiled = _Compiled(expressions, coordinates)
    grid = samples.grid(coordinates)
    rung = search_rung(samples)
    jets = grid.scattered(rung, rows, seed)
    values = compiled(jets)
    count = values.shape[1]
    usable = np.ones(count, dtype=bool)
    images = None if soft is None else soft.images(form, samples, coordinates, rung, rows, seed)
    if images is not None:
        usable &= np.isfinite(images.leaves).all(axis=0) & np.isfinite(images.frame).all(axis=(0, 1))
        usable &= np.isfinite(images.jacobian).all(axis=(0, 1))
    usable = compiled.defined(values, usable)
    _check_rows(int(usable.sum()), count)
    values = values[:, usable]
    q, m = len(form.leads), len(form.arguments)
    noise = _noise(form.leads, jets, coordinates, grid.covariance(rung), usable)
    if images is not None:
        images = replace(
            images,
            leaves=images.leaves[:, usable],
            frame=images.frame[:, :, usable],
            jacobian=images.jacobian[:, :, usable],
        )
    return Seen(
        values[2 * q : 2 * q + m],
        values[2 * q + m :].reshape(len(form.frame), q, -1),
        values[:q] - values[q : 2 * q],
        noise,
        count - values.shape[1],
        rung,
        images=images,
    )


def _under_windows(form: FunctionalAnsatz, samples: WeakSamples, rows: int, seed: int) -> Seen:
    expressions = (*form.arguments, *(e for v in form.frame for e in v))
    coordinates = coordinates_in(expressions, samples.jet) or samples.jet.independent[:1]
    compiled = _Compiled(expressions, coordinates)
    q, m = len(form.leads), len(form.arguments)
    # All vectors, by themselves and times each argument.
    factors = (sp.S.One, *form.arguments)
    places = [(j, a) for j, vector in enumerate(form.frame) for a in range(q) if vector[a] != 0]
    written = [form.frame[j][a] * i for j, a in places for i in factors]
    products = Columns(samples.jet, written, few=True)

    sides = [lead - fixed for lead, fixed in zip(form.leads, form.fixed, strict=True)]
    made = weak_rows(sides, samples, products, looked_at=coordinates, seed=seed, most=min(rows, WINDOWS))
    alone = np.zeros((len(form.frame), len(factors), q, made.windows.count))
    found = made.combination(products).reshape(len(places), len(factors), -1)
    for (j, a), own in zip(places, found, strict=True):
        alone[j, :, a] = own
    values = compiled(made.jets(coordinates))
    good = compiled.defined(values, np.ones(values.shape[1], dtype=bool))
    target, noise = made.targets
    bad = ~good.reshape(len(made.combined), -1).all(axis=0)
    usable = np.isfinite(target).all(axis=0) & (abs(made.windows.weights) @ bad.astype(float) == 0)
    usable &= np.isfinite(alone).all(axis=(0, 1, 2))
    _check_rows(int(usable.sum()), len(usable))
    windows = made.windows
    if not usable.all():
        windows = windows.kept(usable)
        values = compiled(replace(made, windows=windows).jets(coordinates))
    return Seen(
        values[:m],
        values[m:].reshape(len(form.frame), q, -1),
        target[:, usable],
        noise,
        len(usable) - int(usable.sum()),
        made.rung,
        Projection(windows, made.combined),
        alone[:, :, :, usable],
        made.effective * int(usable.sum()) / len(usable),
    )


def left_by(
    leads: Sequence[Expr], laws: Sequence[Sequence[Expr]], samples: WeakSamples, seed: int = 0
) -> list[float]:
    """The share of the mean square of the left-hand sides that each law leaves under test functions.

    Arguments: ``laws``, the right-hand sides of each.
    """
    columns = Columns(samples.jet, [side for law in laws for side in law])
    made = weak_rows(leads, samples, columns, seed=seed)
    values = made.combination(columns).reshape(len(laws), len(leads), -1)
    target, _ = made.targets
    good = np.isfinite(target).all(axis=0) & np.isfinite(values).all(axis=(0, 1))
    square = np.maximum(np.mean(target[:, good] ** 2, axis=1, keepdims=True), 1e-300)
    return [float(np.mean((target - own)[:, good] ** 2 / square)) for own in values]


def _check_rows(usable: int, count: int) -> None:
    if usable < FEWEST_ROWS:
        raise InvalidInput(
            f"On {count - usable} of {count} samples an invariant of the ansatz has no finite"
            f" value; at least {FEWEST_ROWS} are needed. Give more data, or prefer other invariants."
        )


def search_rung(samples: Samples) -> int:
    """The rung whose derivatives are searched: the finest of clean data, else the window that was chosen."""
    return 0 if is_clean(samples) else max(0, samples.usable - 1)


def is_clean(samples: Samples) -> bool:
    """Whether the noise of every variable is negligible."""
    spreads = [
        deviation([held(part[str(u)]) for part in samples.record.parts]) for u in samples.jet.dependent
    ]
    return all(s <= CLEAN * spread for s, spread in zip(samples.noise, spreads, strict=True))


def _limit(size: np.ndarray, usable: np.ndarray) -> float:
    """How large the values of an expression that may degenerate can be."""
    known = size[usable]
    return FAR_OUT * float(np.median(known)) if known.size else np.inf


def _noise(
    leads: Sequence[Expr],
    jets: Mapping[Symbol, np.ndarray],
    coordinates: Sequence[Symbol],
    covariance: np.ndarray,
    usable: np.ndarray,
) -> np.ndarray:
    """The mean square of what noise adds to each left-hand side, to first order (lead,)."""
    found = []
    for lead in leads:
        slopes = [lead.diff(z) for z in coordinates]
        compiled = lambdify(coordinates, slopes, ["scipy", "numpy"], cse=True)
        columns = [
            np.broadcast_to(np.asarray(v, float), usable.shape)[usable]
            for v in compiled(*map(jets.get, coordinates))
        ]
        matrix = np.stack(columns, axis=1)
        found.append(float(np.mean(np.einsum("ni,ij,nj->n", matrix, covariance, matrix))))
    return np.array(found)
