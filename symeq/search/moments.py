"""Is a column needed? The scores of all rungs together, against the noise that they are known to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from symeq.search.fitting import Evidence, Fit
from symeq.search.moved import Moved, Spread, each, joint
from symeq.search.path import COLLINEAR, Support
from symeq.search.scores import Scores

RIDGE = 0.02  # of the correlations of scores: they come from a sample of the points
TELLING = 0.25  # of the greatest information, mean z^2: a rung with less is left out of estimates
SINGULAR = 1e-13  # of the largest variance: a combination with less has none but round-off
HIDDEN = 4.0  # deviations of its noise by which a column must stand out of it


@dataclass(frozen=True)
class Pooled:
    """Coefficients from all rungs together: ``beta`` (column,) with ``covariance`` (column, column);
    ``spread``, the chi^2 of their differences between rungs, with ``freedom`` degrees of freedom."""

    beta: np.ndarray
    covariance: np.ndarray
    spread: float
    freedom: int


class Moments:
    r"""Score tests of columns left out, and coefficients, pooled over rungs.

    A rung r gives the support S its coefficients :math:`\beta_r`. What its residual
    :math:`b_r = (-\beta_r, 1)` leaves of the normal equations of other columns D,

    .. math:: g_r = [(M - \alpha N)\, b_r]_D, \qquad d_r = H_{DD} - H_{DS} H_{SS}^{-1} H_{SD},
              \qquad H = M - \alpha N

    has the mean :math:`d_r \delta` if the law has the further coefficients :math:`\delta`, and a covariance
    :math:`\Omega_{rs}` between any two rungs that follows from the noise
    (:class:`symeq.search.scores.Scores`): supports of different sizes see the same noise. So

    .. math:: \delta = (d^T \Omega^{-1} d)^{-1} d^T \Omega^{-1} g, \qquad
              \chi^2 = \delta^T (d^T \Omega^{-1} d)\, \delta

    The covariance is that under the hypothesis that S is the law: the test keeps its level for columns that
    the noise all but hides, where that of a coefficient divided by its error does not.

    Source: L. P. Hansen, Econometrica 50 (1982) 1029, for the weights; W. K. Newey, K. D. West, Int. Econ.
    Rev. 28 (1987) 777, for tests under the hypothesis; F. Kleibergen, Econometrica 70 (2002) 1781, for weak
    columns.
    """

    def __init__(self, evidence: Evidence, rungs: Sequence[int]) -> None:
        self.evidence = evidence
        self.scores: dict[int, Scores] = {
            rung: scores
            for rung in rungs
            if isinstance(scores := evidence.rungs[rung].scores, Scores) and scores.fields
        }
        self._units = {r: np.maximum(np.linalg.norm(evidence.totals[r], axis=0), 1e-300) for r in self.scores}
        self._squares = {r: (t := evidence.totals[r] / self._units[r]).T @ t for r in self.scores}
        self._noises = {r: evidence.noise[r] / np.outer(u, u) for r, u in self._units.items()}
        self._tests: dict[tuple[Support, Support], float | None] = {}
        self._singles: dict[Support, np.ndarray] = {}
        self._pooled: dict[Support, Pooled | None] = {}

    def chi2(self, columns: Support, beside: Support) -> float:
        r"""How much some columns explain beside others, :math:`\chi^2` with as many degrees of freedom; 0 for
        none, and where no rung shows them or their noise."""
        return self._test(columns, beside) or 0.0

    def lost(self, columns: Support, beside: Support) -> float:
        """The same for columns that are given up for others: infinite where these are so noisy that their own
        noise cannot be estimated."""
        found = self._test(columns, beside)
        return np.inf if found is None else found

    def _test(self, columns: Support, beside: Support) -> float | None:
        if not columns:
            return 0.0
        key = (columns, beside)
        if key not in self._tests:
            self._tests[key] = self._chi2(columns, beside)
        return self._tests[key]

    def singles(self, beside: Support) -> np.ndarray:
        """The chi^2 of each column by itself beside others (column,); 0 for these others."""
        if beside not in self._singles:
            self._singles[beside] = self._each(beside)
        return self._singles[beside]

    def pooled(self, support: Support) -> Pooled | None:
        """Coefficients from all rungs together; None where no rung has them."""
        if support not in self._pooled:
            self._pooled[support] = self._weighed(self._fits(support))
        return self._pooled[support]

    def best(self, support: Support) -> tuple[int, Pooled] | None:
        """The rung that determines the coefficients best, and these from all rungs that determine them well:
        the others bring more bias than they save error."""
        fits = self._fits(support)
        if not fits:
            return None
        size = max(1, len(support))
        information = np.array([self._information(rung, fit) for rung, fit in fits])
        telling = information >= information.max() + size * np.log(TELLING)
        pooled = self._weighed([pair for pair, tells in zip(fits, telling, strict=True) if tells])
        return None if pooled is None else (fits[int(np.argmax(information))][0], pooled)

    def discord(self, support: Support) -> float:
        """How far the coefficients of a law disagree between rungs: chi^2 less its mean."""
        pooled = self.pooled(support)
        return np.inf if pooled is None else max(0.0, pooled.spread - pooled.freedom)

    def surprise(self, support: Support, other: Support) -> float:
        r"""Minus twice the logarithm of the likelihood, :math:`\sum_r n_r (q_r + \ln b^T N_r b)`, on rungs on
        which another support has coefficients, too: a noisy column is not preferred for its noise."""
        total = 0.0
        shared = {rung for rung, _ in self._fits(other)}
        for rung, fit in self._fits(support):
            if rung in shared and fit.explained > 0:
                likelihood = fit.left / fit.explained + np.log(fit.explained)
                total += self.evidence.rungs[rung].independent * likelihood
        return total

    def _information(self, rung: int, fit: Fit) -> float:
        known = self.evidence.known(fit, rung)
        assert known is not None
        return float(np.sum(np.log(np.maximum(fit.beta**2 / np.maximum(known, 1e-300), 1e-3))))

    def _fits(self, support: Support) -> list[tuple[int, Fit]]:
        return [(r, fit) for r in self.scores if (fit := self.evidence.fit(support, r)) is not None]

    def _beside(self, rung: int, fit: Fit, columns: Sequence[int]) -> _Beside:
        """The scores of some columns at one rung."""
        unit, own = self._units[rung], list(fit.support)
        unknowns = self.evidence.unknowns
        clean = self._squares[rung] - fit.alpha * self._noises[rung]
        residual = np.zeros(unknowns + 1)
        residual[own] = -fit.beta * unit[own] / unit[unknowns]
        residual[unknowns] = 1.0
        back = np.zeros((len(columns), len(own)))
        if own:
            back = np.linalg.solve(clean[np.ix_(own, own)], clean[np.ix_(own, columns)]).T
        stated = clean[np.ix_(columns, columns)] - back @ clean[np.ix_(own, columns)]
        noise = self._noises[rung][np.ix_([*columns, *own], [*columns, *own])]
        outside = np.hstack([np.eye(len(columns)), -back])
        hidden = np.einsum("ij,jk,ik->i", outside, noise, outside)
        floor = HIDDEN / np.sqrt(self.evidence.rungs[rung].independent) * hidden + COLLINEAR
        moved = self.scores[rung].moved([*columns, *own], residual / unit, self._seen(own))
        fields = moved.fields / unit[[*columns, *own]][:, None, None]
        count = len(columns)
        shown = replace(moved, fields=fields[:count] - np.tensordot(back, fields[count:], axes=1))
        return _Beside(rung, (clean @ residual)[list(columns)], stated, np.diag(stated) > floor, shown)

    def _chi2(self, columns: Support, beside: Support) -> float | None:
        shown = [self._beside(rung, fit, columns) for rung, fit in self._fits(beside)]
        shown = [one for one in shown if one.visible.all()]
        if not shown:
            return 0.0
        covariance = joint([one.moved for one in shown], self._among(beside))
        slopes = np.vstack([one.stated * self._ratio(one.rung, columns) for one in shown])
        scores = np.concatenate([one.scores for one in shown])
        solved = _weighed(slopes, scores, covariance)
        if solved is None:
            return 0.0 if (np.diag(covariance) > 0).all() else None
        delta, spread = solved
        return float(delta @ np.linalg.solve(spread, delta))

    def _seen(self, support: Sequence[int]) -> np.ndarray:
        return next(iter(self.scores.values())).seen(support)

    def _among(self, support: Support) -> Spread:
        """The covariances of the functions that the residual of a support is made of."""
        return next(iter(self.scores.values())).among(self._seen(support))

    def _each(self, beside: Support) -> np.ndarray:
        columns = [j for j in range(self.evidence.unknowns) if j not in beside]
        result = np.zeros(self.evidence.unknowns)
        shown = [self._beside(rung, fit, columns) for rung, fit in self._fits(beside)]
        if not shown or not columns:
            return result
        covariance = each([one.moved for one in shown], self._among(beside))
        for k, j in enumerate(columns):
            seen = [a for a, one in enumerate(shown) if one.visible[k]]
            if not seen:
                continue
            slopes = [shown[a].stated[k, k] * self._ratio(shown[a].rung, [j])[0] for a in seen]
            scores = np.array([shown[a].scores[k] for a in seen])
            solved = _weighed(np.array(slopes)[:, None], scores, covariance[k][np.ix_(seen, seen)])
            if solved is not None:
                result[j] = float(solved[0][0] ** 2 / solved[1][0, 0])
        return result

    def _ratio(self, rung: int, columns: Sequence[int]) -> np.ndarray:
        """What turns a coefficient into that of columns and target of unit length."""
        unit = self._units[rung]
        return np.asarray(unit[list(columns)] / unit[-1])

    def _weighed(self, fits: Sequence[tuple[int, Fit]]) -> Pooled | None:
        if not fits:
            return None
        support = fits[0][1].support
        size = len(support)
        if not size:
            return Pooled(np.zeros(0), np.zeros((0, 0)), 0.0, 0)
        # The noise of the residual of one law, that of the rung which knows it best.
        residual = np.zeros(self.evidence.unknowns + 1)
        best = max(fits, key=lambda pair: self._information(*pair))[1]
        residual[list(support)], residual[-1] = -best.beta, 1.0
        seen = self._seen(support)
        moved = [self.scores[rung].moved(support, residual, seen).of(fit.bread) for rung, fit in fits]
        covariance = joint(moved, self._among(support))
        slopes = np.tile(np.eye(size), (len(fits), 1))
        values = np.concatenate([fit.beta for _, fit in fits])
        solved = _weighed(slopes, values, covariance)
        if solved is None:
            return None
        beta, spread = solved
        freedom = int((np.diag(covariance) > 0).sum()) - size
        return Pooled(beta, spread, _mismatch(slopes, values, beta, covariance), freedom)


@dataclass(frozen=True)
class _Beside:
    """Columns beside a support at one rung: ``scores`` (column,), ``stated`` d (column, column), which are
    ``visible`` (column,), and how their scores are ``moved`` by noise."""

    rung: int
    scores: np.ndarray
    stated: np.ndarray
    visible: np.ndarray
    moved: Moved


def _correlations(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard deviations, correlations without what cannot be, and the inverse of these with a ridge."""
    deviations = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    values, vectors = np.linalg.eigh(covariance / np.outer(deviations, deviations))
    values = np.maximum(values, 0.0)
    correlations = (vectors * values) @ vectors.T
    return deviations, correlations, (vectors / (values + RIDGE)) @ vectors.T


def _weighed(
    slopes: np.ndarray, values: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Generalised least squares, and the covariance of its answer; None where the slopes are dependent.

    Variances are estimates and can be negative, where the noise is large: such values are left out.
    """
    known = np.diag(covariance) > 0
    slopes, values, covariance = slopes[known], values[known], covariance[np.ix_(known, known)]
    if len(values) < slopes.shape[1]:
        return None
    deviations, correlations, inverse = _correlations(covariance)
    scaled = slopes / deviations[:, None]
    unit = np.linalg.norm(scaled, axis=0)
    if not np.all(unit > 0):
        return None
    scaled = scaled / unit
    square = scaled.T @ inverse @ scaled
    if np.linalg.cond(square) > 1 / COLLINEAR:
        return None
    gain = np.linalg.solve(square, scaled.T @ inverse)
    spread = gain @ correlations @ gain.T
    variances = np.linalg.eigvalsh(spread)
    if not variances[0] > SINGULAR * abs(variances[-1]):
        return None
    return gain @ (values / deviations) / unit, spread / np.outer(unit, unit)


def _mismatch(slopes: np.ndarray, values: np.ndarray, beta: np.ndarray, covariance: np.ndarray) -> float:
    known = np.diag(covariance) > 0
    deviations, _, inverse = _correlations(covariance[np.ix_(known, known)])
    left = (values - slopes @ beta)[known] / deviations
    return float(left @ inverse @ left)
