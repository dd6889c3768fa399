"""What laws leave unexplained of held-out samples, and whether one leaves more than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from symeq.ansatz.linear import LinearAnsatz
from symeq.data.samples import Samples
from symeq.geometry.jet import Jet
from symeq.report.metrics import Law, coefficients
from symeq.search.assemble import NOISE_ROWS, Reduction
from symeq.search.columns import Columns
from symeq.search.triangle import triangle_of

COARSEST = 3  # rungs judged: the residual is least near the rule that was chosen, which is the coarsest
ROUND_OFF = 1e-9  # of a residual: laws that differ by less are the same law, solved twice
DEFECT_ROWS = 20_000  # jets kept for symmetry defects, which are ratios of mean squares


@dataclass(frozen=True)
class Share:
    """A share of the mean square of the left-hand sides, with its standard error over blocks."""

    value: float
    error: float


@dataclass(frozen=True)
class Rung:
    """Factors of one rung of the samples: triangles and noise Gram matrices (block, column, column) over
    [terms | left-hand sides]."""

    triangles: np.ndarray
    noise: np.ndarray

    def sums(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of squares (block, lead): the residual, what noise explains of it, the left-hand side."""
        left = np.sum((self.triangles @ weights.T) ** 2, axis=1)
        explained = np.einsum("ai,bij,aj->ba", weights, self.noise, weights)
        square = np.sum(self.triangles[:, :, -len(weights) :] ** 2, axis=1)
        return left, explained, square


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out samples reduced for all laws that are made of some terms; the data are not kept.

    Made by `hold_out`. Everything refers to one rung of the samples, `at`: the one at which the best law
    leaves the least, where bias and noise balance. `jets` holds a thin choice of the samples, by coordinate.
    """

    terms: tuple[sp.Expr, ...]
    leads: tuple[sp.Expr, ...]
    rungs: tuple[Rung, ...]
    at: int
    jets: Mapping[sp.Symbol, np.ndarray]

    def residual(self, law: Law) -> Share:
        r"""The share that a law leaves of the left-hand sides, noise included.

        .. math:: r = \frac1q \sum_a \frac{\sum (L_a - F_a)^2}{\sum L_a^2}
        """
        left, _, square = self.rungs[self.at].sums(self._weights(law))
        return _share(left, square)

    def noise(self, law: Law) -> Share:
        """The share that the noise of the data makes a law leave, were it the true one."""
        _, explained, square = self.rungs[self.at].sums(self._weights(law))
        return _share(explained, square)

    def excess(self, law: Law, other: Law) -> Share:
        r"""How much more a law leaves than another beyond the noise; the error is that of the difference.

        .. math:: \frac1q \sum_a \frac{(r_a - n_a) - (r'_a - n'_a)}{\sum L_a^2}

        r is the residual sum of squares of a law and n what the noise explains of it. The variance is that of
        the differences over blocks, plus the square of what the difference drifts to the next rung as far as
        that is more than chance: a lack of fit stays when the data are differentiated otherwise, a difference
        in how two laws fit the errors of a stencil does not.
        """
        value, influence = self._difference(law, other, self.at)
        variance = _variance(influence)
        if len(self.rungs) > 1:
            beside, other_influence = self._difference(law, other, self.at - 1 if self.at else 1)
            drift = (value - beside) ** 2
            variance += max(0.0, drift - _variance(influence - other_influence))
        round_off = ROUND_OFF * max(self.residual(law).value, self.residual(other).value, ROUND_OFF)
        return Share(value, float(np.hypot(np.sqrt(variance), round_off)))

    def nearest(self, ansatz: LinearAnsatz, law: Law) -> Law:
        r"""The member of an ansatz that is closest to a law on these samples, whatever fits them.

        .. math:: \min_\beta \sum_a \frac{\sum (F_a - B_{0,a} - \beta_k B_{k,a})^2}{\sum L_a^2}

        The samples must have been reduced for the terms of the ansatz too.
        """
        triangles = self.rungs[self.at].triangles
        scale = np.linalg.norm(triangles[:, :, len(self.terms) :], axis=(0, 1))
        columns = triangle_of(triangles.reshape(-1, triangles.shape[2]))[:, : len(self.terms)]

        def on_samples(rhs: Sequence[sp.Expr]) -> np.ndarray:
            weights = -self._weights(dict(zip(ansatz.leads, rhs, strict=True)))[:, : len(self.terms)]
            return np.ravel((columns @ weights.T) / scale)

        fixed = on_samples(ansatz.fixed)
        basis = np.array([on_samples(vector) for vector in ansatz.basis]).reshape(-1, fixed.size).T
        beta = np.linalg.lstsq(basis, on_samples([law[lead] for lead in ansatz.leads]) - fixed)[0]
        return dict(ansatz.equations(list(beta)))

    def _difference(self, law: Law, other: Law, rung: int) -> tuple[float, np.ndarray]:
        (left, explained, square), (left_other, explained_other, _) = (
            self.rungs[rung].sums(self._weights(one)) for one in (law, other)
        )
        return _ratio((left - explained) - (left_other - explained_other), square)

    def _weights(self, law: Law) -> np.ndarray:
        """L_a - F_a as weights (lead, column)."""
        return _weights(law, self.leads, self.terms)


def hold_out(
    samples: Samples,
    leads: Sequence[sp.Expr],
    laws: Sequence[Law],
    *,
    ansatz: LinearAnsatz | None = None,
    also: Sequence[sp.Symbol] = (),
) -> HeldOut:
    """Reduce held-out samples for some laws in one pass.

    samples: of the laws' jet. leads: L, derivatives or expressions. laws: right-hand sides by lead.
    ansatz: the laws of this may be asked about, too. also: further coordinates that `jets` shall hold.
    Raises InvalidInput where the samples cannot give a coordinate.
    """
    sides = [law[lead] for law in laws for lead in leads]
    sides += [] if ansatz is None else [rhs for vector in (ansatz.fixed, *ansatz.basis) for rhs in vector]
    terms = tuple(dict.fromkeys(term for rhs in sides for term in coefficients(rhs)))
    symbols = set().union(*(side.free_symbols for side in (*terms, *leads)))
    first = max(0, samples.usable - COARSEST)
    samples = replace(samples, rungs=samples.rungs[first:], usable=samples.usable - first)
    needed = in_order(samples.jet, symbols)
    everything = in_order(samples.jet, symbols | set(also))
    grid = samples.grid(everything)
    points = sum(int(np.prod(list(part.sizes.values()))) for part in samples.record.parts)
    chosen = [everything.index(z) for z in needed]
    covariances = [grid.covariance(rung)[np.ix_(chosen, chosen)] for rung in range(len(samples.rungs))]
    noisy = np.any([covariance != 0 for covariance in covariances], axis=0)
    # Leads as further terms: one that is no sum of derivatives has to be freed of the bias of noise, too.
    columns = Columns((*terms, *leads), (), needed, noisy)
    stride = max(1, points // NOISE_ROWS)
    reductions = [Reduction(columns, covariance, stride) for covariance in covariances]
    thin = max(1, points // DEFECT_ROWS)
    kept: dict[sp.Symbol, list[np.ndarray]] = {z: [] for z in everything}
    for chunk in grid.chunks():
        for reduction, jets, rows in zip(reductions, chunk.jets, chunk.rows, strict=True):
            reduction.add(chunk.block, jets, rows)
        for z, values in kept.items():
            values.append(chunk.jets[samples.usable - 1][z][::thin])
    rungs = tuple(_rung(reduction) for reduction in reductions)
    weights = [_weights(law, leads, terms) for law in laws]
    left = [min(_ratio(*rung.sums(w)[::2])[0] for w in weights) for rung in rungs[: samples.usable]]
    return HeldOut(
        terms,
        tuple(leads),
        rungs,
        int(np.argmin(left)),
        {z: np.concatenate(values) for z, values in kept.items()},
    )


def in_order(jet: Jet, symbols: set[sp.Symbol]) -> tuple[sp.Symbol, ...]:
    """Jet coordinates in a fixed order: independent variables, then by order and name."""
    independent = [x for x in jet.independent if x in symbols]
    others = sorted(symbols - set(independent), key=lambda z: (jet.order_of(z), z.name))
    return (*independent, *others)


def _weights(law: Law, leads: Sequence[sp.Expr], terms: Sequence[sp.Expr]) -> np.ndarray:
    weights = np.zeros((len(leads), len(terms) + len(leads)))
    position = {term: m for m, term in enumerate(terms)}
    for a, lead in enumerate(leads):
        weights[a, len(terms) + a] = 1.0
        for term, value in coefficients(law[lead]).items():
            weights[a, position[term]] = -value
    return weights


def _rung(reduction: Reduction) -> Rung:
    size = reduction.columns.size
    triangles = np.zeros((len(reduction.sizes), size, size))
    noise = np.zeros_like(triangles)
    mean = sum(reduction.noises) / max(1, sum(reduction.sampled))
    for block, (rows, sampled) in enumerate(zip(reduction.sizes, reduction.sampled, strict=True)):
        triangle = reduction.triangles[block]
        triangles[block, : triangle.shape[0]] = triangle
        noise[block] = rows * (reduction.noises[block] / sampled if sampled else mean)
    return Rung(triangles, noise)


def _ratio(numerators: np.ndarray, squares: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over leads of a ratio of sums over blocks, and the influence of each block on it."""
    total = squares.sum(axis=0)
    ratios = numerators.sum(axis=0) / total
    influence = (numerators - ratios * squares) / total
    return float(ratios.mean()), influence.mean(axis=1)


def _share(numerators: np.ndarray, squares: np.ndarray) -> Share:
    value, influence = _ratio(numerators, squares)
    return Share(value, float(np.sqrt(_variance(influence))))


def _variance(influence: np.ndarray) -> float:
    # A block that is shorter than the stencils of a rung has no rows there.
    blocks = np.count_nonzero(influence)
    return float(np.sum(influence**2)) * blocks / (blocks - 1) if blocks > 1 else float("inf")
