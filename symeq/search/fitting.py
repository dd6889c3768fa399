"""Coefficients, errors and significance of one support, corrected for the noise in the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from symeq.search.assemble import Factors
from symeq.search.path import COLLINEAR, Support
from symeq.search.triangle import triangle_of

ROUND_OFF = 1e-12  # of the target: what a term contributes below this is arithmetic, not law
FEWEST_EFFECTIVE = 10  # rows on a rung: of fewer no spread can be known
LARGEST_Z2 = 1200.0  # beyond it the tail probability underflows


@dataclass(frozen=True)
class Fit:
    """Least squares on one support.

    ``beta`` (column,); ``influence`` (block, column), how far each block moves the coefficients; ``left``,
    the residual sum of squares; ``explained``, the part of it that the noise accounts for; ``certain``
    (column,), the variance that the errors of quadrature would have if they were noise; ``bread`` (column,
    column), what turns scores into coefficients; ``alpha``, the share of the noise that was taken off the
    Gram matrix; ``ratio``, the residual in units of what the noise alone leaves.
    """

    support: Support
    beta: np.ndarray
    influence: np.ndarray
    left: float
    explained: float
    certain: np.ndarray
    bread: np.ndarray
    alpha: float
    ratio: float


@dataclass(frozen=True)
class Trial:
    """A fit with its standard errors and, for each column, the z^2 of the hypothesis that it is absent."""

    fit: Fit
    errors: np.ndarray
    z2: np.ndarray


class Evidence:
    r"""Fits and tests supports on the factors of all rungs; every answer is remembered.

    With M the Gram matrix of [columns | target] and N what noise adds to it,

    .. math:: \beta = (M - \alpha N)_{SS}^{-1} (M - \alpha N)_{Sy}, \qquad
              \alpha = \lambda (1 - 2/n), \quad \lambda = \min_b \frac{b^T M b}{b^T N b}

    (errors in variables, with Fuller's modification; 1 in place of lambda where it is so much above 1 that
    the columns do not explain the data). The variance of beta follows from the noise, where that is known as
    it is for the weak form (:class:`symeq.search.scores.Scores`); else it is that of its blocks,
    :math:`\sum_b \psi_b \psi_b^T` with the influence :math:`\psi_b` of block b, plus the square of what the
    coefficient drifts to the next coarser rung, as far as that is more than chance: an artefact of
    differentiation drifts, a law does not.

    Source: W. A. Fuller, Measurement Error Models (1987), section 2.5, for alpha.
    """

    def __init__(self, rungs: Sequence[Factors], coarser: Sequence[int] | None = None) -> None:
        self.rungs = tuple(rungs)
        self.coarser = tuple(range(1, len(rungs) + 1) if coarser is None else coarser)
        self.totals = [factors.total() for factors in rungs]
        shares = [_trusted_share(factors, total) for factors, total in zip(rungs, self.totals, strict=True)]
        self.block_noise = [share * factors.noise for share, factors in zip(shares, rungs, strict=True)]
        self.noise = [noise.sum(axis=0) for noise in self.block_noise]
        self.unknowns = rungs[0].unknowns
        self.blocks = rungs[0].blocks
        tried = max(1, self.unknowns) * len(self.rungs)
        self.penalty = float(np.log(self.blocks) + 2 * np.log(tried))
        self._fits: dict[tuple[int, Support], Fit | None] = {}
        self._trials: dict[tuple[int, Support], Trial | None] = {}

    def telling(self, usable: int) -> list[int]:
        """Of the first ``usable`` rungs those with enough effective rows, or half of the most there are."""
        rows = [self.rungs[rung].effective for rung in range(usable)]
        least = min(FEWEST_EFFECTIVE, max(rows) / 2)
        return [rung for rung, effective in enumerate(rows) if effective >= least]

    def fit(self, support: Support, rung: int) -> Fit | None:
        """The corrected fit; None where the columns are dependent or hidden by the noise."""
        key = (rung, support)
        if key not in self._fits:
            self._fits[key] = self._fit(support, rung)
        return self._fits[key]

    def trial(self, support: Support, rung: int) -> Trial | None:
        """The fit with errors and significance."""
        key = (rung, support)
        if key not in self._trials:
            self._trials[key] = self._trial(support, rung)
        return self._trials[key]

    def significant(self, support: Support, rung: int) -> bool:
        """Whether every column is needed: z^2 above ln(blocks) + 2 ln(unknowns x rungs), an extended BIC."""
        fit = self.fit(support, rung)
        if fit is None:
            return False
        # What noise adds to the errors takes longest; often one knows without it.
        drift, least = self._apart_from_noise(fit, rung)
        if np.any(fit.beta**2 < self.penalty * np.maximum(drift, least)):
            return False
        trial = self.trial(support, rung)
        return trial is not None and bool(np.all(trial.z2 >= self.penalty))

    def floor(self, fit: Fit, rung: int) -> float:
        """The uncertainty of what the noise explains: no remainder below it can be told from zero."""
        return float(2 * np.sqrt(2 / self.rungs[rung].independent) * fit.explained)

    def unexplained(self, fit: Fit, rung: int) -> float:
        """Residual sum of squares beyond the noise, not below its own uncertainty."""
        round_off = 1e-26 * self.rungs[rung].square
        return max(fit.left - fit.explained, self.floor(fit, rung), round_off, 1e-300)

    def blind(self, fit: Fit, rung: int) -> bool:
        """Whether the residual is so close to the noise that only z^2 can tell whether a term is missing."""
        return fit.left - fit.explained <= self.floor(fit, rung)

    def known(self, fit: Fit, rung: int) -> np.ndarray | None:
        """The variance of the coefficients (column,) that follows from the noise, where that is known."""
        scores = self.rungs[rung].scores
        if scores is None:
            return None
        if not fit.support:
            return np.zeros(0)
        residual = np.zeros(self.unknowns + 1)
        residual[list(fit.support)], residual[-1] = -fit.beta, 1.0
        spread = scores.covariance(fit.support, residual)
        # A law that does not explain the data to the noise errs by what it leaves, too.
        excess = 1.0 if fit.ratio <= self._adequate(rung) else max(1.0, fit.ratio)
        return np.einsum("ij,jk,ik->i", fit.bread, spread, fit.bread) * excess

    def _adequate(self, rung: int) -> float:
        return float(1 + 2 * np.sqrt(2 / self.rungs[rung].independent))

    def _beside(self, rung: int) -> tuple[int | None, float]:
        """The rung that a coefficient is held against, and the error of the coefficient / its drift."""
        coarser = self.coarser[rung]
        if coarser < len(self.rungs):
            return (coarser, 1.0) if coarser != rung else (None, 0.0)
        # The error falls with at least the square of the window: the coarsest is off by 4/3 of its drift.
        return (rung - 1, 4 / 3) if rung else (None, 0.0)

    def _fit(self, support: Support, rung: int) -> Fit | None:
        chosen = list(support)
        k = len(chosen)
        use = [*chosen, self.unknowns]
        factors = self.rungs[rung]
        if not factors.rows:
            return None
        scale = np.maximum(np.linalg.norm(self.totals[rung][:, use], axis=0), 1e-300)
        triangle = triangle_of(self.totals[rung][:, use] / scale)
        noise = self.noise[rung][np.ix_(use, use)] / np.outer(scale, scale)
        if k >= min(self.blocks, factors.rows) and k:
            return None  # B blocks give a variance of rank B - 1: not enough for k >= B errors
        if k and np.min(np.abs(np.diag(triangle)[:k])) < COLLINEAR:
            return None
        ratio = _smallest_ratio(triangle, noise)
        # Where the columns explain the data, their residual knows the noise better than its estimate did.
        adequate = ratio <= self._adequate(rung)
        alpha = float((ratio if adequate else 1.0) * (1 - 2 / factors.independent))
        inverse = linalg.solve_triangular(triangle[:k, :k], np.eye(k)) if k else np.zeros((0, 0))
        inner = np.eye(k) - alpha * inverse.T @ noise[:k, :k] @ inverse
        if k and np.linalg.eigvalsh(inner)[0] < 2 / np.sqrt(factors.independent) * (
            1 - inner.diagonal().min()
        ):
            return None  # some combination of the columns is no larger than its noise
        right = triangle[:k, k] - alpha * inverse.T @ noise[:k, k]
        beta = inverse @ np.linalg.solve(inner, right) if k else right
        bread = inverse @ np.linalg.solve(inner, inverse.T) if k else np.zeros((0, 0))
        b = np.append(-beta, 1.0)
        rows = factors.triangles[:, :, use] / scale
        residuals = rows @ b
        block_noise = self.block_noise[rung][np.ix_(range(factors.blocks), chosen, use)]
        noise_scores = block_noise / np.outer(scale[:k], scale) @ b
        scores = np.einsum("bri,br->bi", rows[:, :, :k], residuals) - alpha * noise_scores
        unit = scale[k] / scale[:k]
        left = float(np.sum((triangle @ b) ** 2)) * scale[k] ** 2
        explained = float(b @ noise @ b)
        certain = np.diag(bread) * unit**2 * max(explained, 0.0) * factors.certain / max(1, factors.rows)
        influence = scores @ bread.T * unit
        bread = bread / np.outer(scale[:k], scale[:k])
        return Fit(
            support, beta * unit, influence, left, explained * scale[k] ** 2, certain, bread, alpha, ratio
        )

    def _apart_from_noise(self, fit: Fit, rung: int) -> tuple[np.ndarray, np.ndarray]:
        """What the drift to a coarser rung adds to the variance of the coefficients, beyond chance, and the
        least that this can be: the errors of quadrature and arithmetic."""
        drift = np.zeros(len(fit.support))
        beside, share = self._beside(rung)
        other = None if beside is None else self.fit(fit.support, beside)
        if other is not None:
            moved = (fit.beta - other.beta) * share
            drift = np.maximum(0.0, moved**2 - _variance(fit.influence - other.influence))
        norms = np.maximum(np.linalg.norm(self.totals[rung], axis=0), 1e-300)
        return drift, np.maximum((ROUND_OFF * norms[-1] / norms[list(fit.support)]) ** 2, fit.certain)

    def _trial(self, support: Support, rung: int) -> Trial | None:
        fit = self.fit(support, rung)
        if fit is None:
            return None
        known = self.known(fit, rung)
        drift, least = self._apart_from_noise(fit, rung)
        variance = np.maximum((_variance(fit.influence) if known is None else known) + drift, least)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(variance > 0, fit.beta**2 / variance, np.inf)
        if known is not None:
            return Trial(fit, np.sqrt(variance), np.minimum(ratio, LARGEST_Z2))
        return Trial(fit, np.sqrt(variance), _normal_equivalent(ratio, self.blocks - 1))


def _trusted_share(factors: Factors, total: np.ndarray) -> float:
    """The share of the estimated noise that the residual of all columns leaves room for.

    Of clean data the noise estimate is what the highest differences leave of the signal, which is too much.
    """
    scale = np.maximum(np.linalg.norm(total, axis=0), 1e-300)
    solution = np.linalg.lstsq(total[:, :-1] / scale[:-1], total[:, -1], rcond=COLLINEAR)[0] / scale[:-1]
    b = np.append(-solution, 1.0)
    explained = float(b @ factors.noise.sum(axis=0) @ b)
    left = float(np.sum((total @ b) ** 2))
    certain = 1 - 5 * np.sqrt(2 / factors.independent)
    return max(left / explained, factors.certain) if left < certain * explained else 1.0


def _variance(influence: np.ndarray) -> np.ndarray:
    blocks = influence.shape[0]
    if blocks < 2:  # the scores of one block add up to zero: nothing is known of their spread
        return np.full(influence.shape[1], np.inf)
    return (influence**2).sum(axis=0) * blocks / (blocks - 1)


def _normal_equivalent(ratio: np.ndarray, freedom: int) -> np.ndarray:
    """The z^2 of a normal variable as improbable as this t^2 with few degrees of freedom."""
    tail = special.stdtr(max(1, freedom), -np.sqrt(ratio))
    return np.minimum(special.ndtri(tail) ** 2, LARGEST_Z2)


def _smallest_ratio(triangle: np.ndarray, noise: np.ndarray) -> float:
    """Smallest (b' M b) / (b' N b): the residual of the best law, in units of what noise alone leaves."""
    inverse = linalg.pinv(triangle)
    largest = float(np.linalg.eigvalsh(inverse.T @ noise @ inverse)[-1])
    return 1 / largest if largest > 1e-12 else 1e12
