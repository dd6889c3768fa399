"""Which terms the data can tell apart: the condition of the allowed columns, and what could replace those
chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular
from sympy import Expr, expand

from symeq.ansatz.linear import LinearAnsatz
from symeq.search.fitting import Evidence
from symeq.search.moments import Moments
from symeq.search.path import COLLINEAR, Support

DECIDED = 4.5  # deviations from which a term is surely needed: one more than it takes to be chosen
HARDLY = 30.0  # condition index from which columns are nearly dependent
INVOLVED = 0.3  # of a unit vector of near dependence: a column with less is no part of it
TOLD = 3  # exchanges that a warning names
FOUND = 1e-6  # coefficient of a column of unit norm in an exact dependence


@dataclass(frozen=True)
class Exchange:
    """A chosen term, and others any of which explains the data as well in its place."""

    term: int
    others: Support


@dataclass(frozen=True, eq=False)
class Identifiability:
    r"""How well data tell the allowed terms apart; terms by their place in the basis of the ansatz.

    ``condition`` of the columns, scaled to unit norm, noise taken off; ``inflation`` (unknown,), by which
    factor the error of each coefficient is larger than if its column were at right angles to the others;
    ``groups`` of nearly dependent columns; ``dependent``, groups that are dependent exactly; ``exchanges``,
    what the chosen terms could be exchanged for; ``support``, the chosen terms.
    """

    support: Support
    condition: float
    inflation: np.ndarray
    groups: tuple[Support, ...] = ()
    dependent: tuple[Support, ...] = ()
    exchanges: tuple[Exchange, ...] = ()

    def confused(self, ansatz: LinearAnsatz) -> tuple[tuple[str, ...], ...]:
        """Each chosen term that can be exchanged, in words, followed by what for."""
        others = {exchange.term: list(exchange.others) for exchange in self.exchanges}
        for group in self.dependent:
            for j in set(group) & set(self.support):
                others.setdefault(j, []).extend(k for k in group if k not in self.support)
        return tuple(
            tuple(name_of(ansatz, k) for k in (j, *dict.fromkeys(others[j])))
            for j in self.support
            if others.get(j)
        )

    def warnings(self, ansatz: LinearAnsatz) -> tuple[str, ...]:
        """That a chosen term can be exchanged, and what would decide."""
        pairs = [f"{term} from {' or '.join(others[:TOLD])}" for term, *others in self.confused(ansatz)]
        if not pairs:
            return ()
        more = f", nor {len(pairs) - TOLD} terms more" if len(pairs) > TOLD else ""
        return (
            f"These data cannot tell {'; '.join(pairs[:TOLD])}{more}: another law explains them as well."
            " Starts that differ more, more trajectories, a further symmetry or a lower degree would decide.",
        )


def name_of(ansatz: LinearAnsatz, k: int) -> str:
    """A vector of the basis in words: its components, or the only one and where it stands."""
    components = [expand(component) for component in ansatz.basis[k]]
    places = [a for a, component in enumerate(components) if component != 0]
    if len(places) > 1:
        return f"({', '.join(map(_text, components))})"
    where = f" in {ansatz.leads[places[0]]}" if len(components) > 1 else ""
    return _text(components[places[0]]) + where


def _text(expression: Expr) -> str:
    return str(expression).replace("**", "^")


def identifiability(
    evidence: Evidence,
    support: Support,
    rung: int,
    rungs: Sequence[int],
    moments: Moments | None = None,
) -> Identifiability:
    r"""Condition and exchanges of a law that was chosen.

    With C the Gram matrix of the columns, noise taken off, of unit diagonal, and its eigenvalues lambda (none
    below the uncertainty of the noise),

    .. math:: \text{condition} = \sqrt{\lambda_{max} / \lambda_{min}}, \qquad
              \text{inflation}_j = \sqrt{(C^{-1})_{jj}}

    and the eigenvectors of a condition index above 30 name the groups. A chosen term j can be exchanged for k
    where the law with k in its place needs all of its terms, each :math:`z \ge 4.5`, and the law with both
    does not need j, :math:`z_j < 4.5`. Where it is known how noise moves the scores, j is asked
    by its score test on all rungs together.

    Arguments: ``evidence``; the chosen ``support`` and its ``rung``; ``rungs`` to ask; ``moments``, the score
    tests.
    Source: D. A. Belsley, E. Kuh, R. E. Welsch, Regression Diagnostics (1980), chapter 3, for the condition
    index; R. Davidson, J. G. MacKinnon, Econometrica 49 (1981) 781, for laws that do not contain each other.

    >>> import symeq as sq
    >>> t = np.linspace(0, 20, 401)
    >>> circle = sq.trajectories(t, np.stack([np.cos(t), np.sin(t)], axis=1), names="x y")
    >>> jet = sq.Jet("t", "x y")
    >>> x, y = jet.dependent
    >>> turning = sq.linear_ansatz(jet, sq.monomials(x, y, degree=3), sq.rotation(x, y))
    >>> law = sq.discover(turning, sq.sample(circle, jet))  # on a circle r^2 is 1
    >>> law.identifiability.confused(turning)
    (('(-y, x)', '(-x^2*y - y^3, x^3 + x*y^2)'),)
    """
    values, vectors = _spectrum(evidence, rung)
    if not values.size:
        return Identifiability(support, 1.0, np.zeros(0))
    low = 1 / HARDLY**2 * values[-1]
    near = [vectors[:, i] for i in np.flatnonzero(values < low)]
    groups = [tuple(int(j) for j in np.flatnonzero(np.abs(v) > INVOLVED)) for v in near]
    return Identifiability(
        support,
        float(np.sqrt(values[-1] / values[0])),
        np.sqrt((vectors**2 / values).sum(axis=1)),
        tuple(dict.fromkeys(group for group in groups if len(group) > 1)),
        _dependent(evidence.totals[rung][:, :-1]),
        _exchanges(evidence, support, rung, rungs) if moments is None else _exchanges_by(moments, support),
    )


def _spectrum(evidence: Evidence, rung: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of the scaled Gram matrix of the columns."""
    columns = evidence.totals[rung][:, :-1]
    norms = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    noise = evidence.noise[rung][:-1, :-1] / np.outer(norms, norms)
    gram = (columns / norms).T @ (columns / norms) - noise
    uncertain = 2 * np.sqrt(2 / evidence.rungs[rung].independent) * noise
    own = np.sqrt(np.maximum(np.diag(gram), np.maximum(np.diag(uncertain), 1e-16)))
    values, vectors = np.linalg.eigh(gram / np.outer(own, own))
    least = np.einsum("ij,ik,jk->k", uncertain / np.outer(own, own), vectors, vectors)
    values = np.maximum(values, np.maximum(least, COLLINEAR**2))
    order = np.argsort(values)
    return values[order], vectors[:, order]


def _dependent(columns: np.ndarray) -> tuple[Support, ...]:
    """Groups of columns one of which is a combination of the others, to round-off."""
    norms = np.linalg.norm(columns, axis=0)
    seen = np.flatnonzero(norms > 1e-12 * norms.max(initial=0.0))
    if not seen.size:
        return ()
    triangle, order = qr(columns[:, seen] / norms[seen], mode="r", pivoting=True)
    rank = int(np.sum(np.abs(np.diag(triangle)) > COLLINEAR))
    shares = solve_triangular(triangle[:rank, :rank], triangle[:rank, rank:])
    return tuple(
        tuple(sorted(int(seen[order[i]]) for i in [rank + k, *np.flatnonzero(np.abs(own) > FOUND)]))
        for k, own in enumerate(shares.T)
    )


def _exchanges_by(moments: Moments, support: Support) -> tuple[Exchange, ...]:
    found = []
    for j in support:
        rest = tuple(k for k in support if k != j)
        worth = moments.singles(rest)
        rivals = [int(k) for k in np.flatnonzero(2 * worth > worth[j]) if k not in support]
        others = [k for k in rivals if _undecided_by(moments, j, tuple(sorted({*rest, k})))]
        if others:
            found.append(Exchange(j, tuple(others)))
    return tuple(found)


def _undecided_by(moments: Moments, j: int, other: Support) -> bool:
    """Whether another law needs all of its terms, and explains the data without term j."""
    pooled = moments.pooled(other)
    if pooled is None or np.min(pooled.beta**2 / np.diag(pooled.covariance)) < DECIDED**2:
        return False
    return moments.chi2((j,), other) + moments.discord(other) < DECIDED**2


def _exchanges(evidence: Evidence, support: Support, rung: int, rungs: Sequence[int]) -> tuple[Exchange, ...]:
    unknowns = evidence.totals[rung].shape[1] - 1
    asked = [rung, *(other for other in rungs if other != rung)]
    found = []
    for j in support:
        others = [
            k for k in range(unknowns) if k not in support and _undecided(evidence, support, j, k, asked)
        ]
        if others:
            found.append(Exchange(j, tuple(others)))
    return tuple(found)


def _undecided(evidence: Evidence, law: Support, j: int, k: int, rungs: Sequence[int]) -> bool:
    """Whether the law with k in place of j needs all of its terms, and the law with both does not need j.

    That is asked of the first of the rungs, of the others where the noise hides the law with both from it."""
    other = evidence.trial(tuple(sorted({*law, k} - {j})), rungs[0])
    if other is None or np.min(other.z2) < DECIDED**2:
        return False
    both = tuple(sorted({*law, k}))
    first = evidence.trial(both, rungs[0])
    trials = [first] if first is not None else [evidence.trial(both, rung) for rung in rungs[1:]]
    return all(trial.z2[both.index(j)] < DECIDED**2 for trial in trials if trial is not None)
