"""Whether a law is the true one, however it is written: term by term, on sampled jets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

import symeq as sq
from symeq.ansatz.span import multiplied_out
from symeq.data import Samples

NEGLIGIBLE = 0.01  # of the largest term: smaller ones do not count, as in the literature
CLEAN, NOISY = 0.15, 0.35  # how far a term may be off, relative to itself
ROWS = 400
BEYOND, AGREES = 2.0, 0.01  # times the amplitudes of the data, and of the smallest term there


@dataclass(frozen=True)
class Truth:
    """The terms of the true relations L - F = 0, and jets to compare on."""

    relations: tuple[tuple[sp.Expr, ...], ...]
    lefts: tuple[tuple[sp.Expr, ...], ...]
    jets: dict[sp.Symbol, np.ndarray]
    tolerance: float
    beyond: dict[sp.Symbol, np.ndarray]

    @classmethod
    def of(cls, equations: Sequence[str], jet: sq.Jet, samples: Samples, *, noisy: bool) -> Truth:
        """The truth from equations as text."""
        relations, lefts = [], []
        for text in equations:
            left, right = text.split("=")
            relations.append(_terms(jet.parse(left) - jet.parse(right)))
            lefts.append(_terms(jet.parse(left)))
        symbols = set().union(*(term.free_symbols for terms in relations for term in terms))
        wanted = tuple(z for z in jet.coordinates if z in symbols or jet.order_of(z) == 0)
        jets = samples.grid(jet.coordinates if len(jet.coordinates) < 60 else wanted).scattered(0, ROWS, 1)
        beyond = {z: values * (1 if z in jet.independent else BEYOND) for z, values in jets.items()}
        return cls(tuple(relations), tuple(lefts), jets, NOISY if noisy else CLEAN, beyond)

    def matches(self, law: sq.Discovery) -> bool:
        """Whether every equation has exactly the true terms, each within the tolerance, or is the same
        function written otherwise: u (1 - A)/(1 + A) as 2 u/(1 + A) - u, or as -u tanh(ln(A)/2).

        A relation may be solved for another of its terms, so it is compared up to one factor.
        """
        if len(law.equations) != len(self.relations):
            return False
        return all(
            self._same(_terms(lead - rhs), true) or self._same_function(lead - rhs, true)
            for (lead, rhs), true in zip(law.equations, self.relations, strict=True)
        )

    def _same_function(self, mine: sp.Expr, true: Sequence[sp.Expr]) -> bool:
        """Whether two relations agree at amplitudes where there are no data: no approximation does."""
        symbols = sorted(mine.free_symbols.union(*(term.free_symbols for term in true)), key=str)
        if self.tolerance > CLEAN or not set(symbols) <= set(self.beyond):
            return False
        points = [self.beyond[z] for z in symbols]
        with np.errstate(all="ignore"):
            have = sp.lambdify(symbols, mine, "numpy")(*points)
            parts = [sp.lambdify(symbols, term, "numpy")(*points) * np.ones(len(points[0])) for term in true]
        off = float(np.linalg.norm(have - np.sum(parts, axis=0)))
        return off <= AGREES * min(float(np.linalg.norm(part)) for part in parts)

    def refitted(self, samples: Samples, rung: int) -> float:
        """The largest relative error of a coefficient of the true form, fitted on a rung: the best that any
        search could do with these derivatives."""
        symbols = tuple(sorted(set().union(*(t.free_symbols for r in self.relations for t in r)), key=str))
        jets = samples.grid(symbols).scattered(rung, 1000, 2)
        worst = 0.0
        for terms in self.relations:
            values = np.stack([np.broadcast_to(sp.lambdify(symbols, t, "numpy")(*(jets[z] for z in symbols)),
                                               jets[symbols[0]].shape) for t in terms])  # fmt: skip
            at = self._leading(terms)
            others = [k for k in range(len(terms)) if k not in at]
            target = values[at].sum(axis=0)
            usable = np.isfinite(values).all(axis=0)
            solution = np.linalg.lstsq(-values[others][:, usable].T, target[usable], rcond=None)[0]
            worst = max(worst, float(np.max(np.abs(solution - 1))))
        return worst

    def _leading(self, terms: Sequence[sp.Expr]) -> list[int]:
        """The terms of the left-hand side, which are not fitted."""
        left = set(self.lefts[self.relations.index(tuple(terms))])
        return [k for k, term in enumerate(terms) if term in left]

    def _same(self, mine: Sequence[sp.Expr], true: Sequence[sp.Expr]) -> bool:
        have, want = ([self._values(term) for term in terms] for terms in (mine, true))
        if any(column is None for column in have):
            return False
        sizes = [float(np.sqrt(np.mean(column**2))) for column in have]
        kept = [k for k, size in enumerate(sizes) if size > NEGLIGIBLE * max(sizes)]
        if len(kept) != len(true):
            return False
        pairs: dict[int, int] = {}
        for k in kept:
            cosines = [
                abs(float(have[k] @ w)) / np.linalg.norm(have[k]) / np.linalg.norm(w)
                if _alike(mine[k], term)
                else 0
                for w, term in zip(want, true, strict=True)
            ]
            best = int(np.argmax(cosines))
            if cosines[best] < 1 - self.tolerance**2 / 2 or best in pairs:
                return False
            pairs[best] = k
        largest = max(pairs, key=lambda at: float(want[at] @ want[at]))
        factor = float(have[pairs[largest]] @ want[largest]) / float(want[largest] @ want[largest])
        return all(
            np.linalg.norm(have[k] / factor - want[at]) <= self.tolerance * np.linalg.norm(want[at])
            for at, k in pairs.items()
        )

    def _values(self, term: sp.Expr) -> np.ndarray | None:
        if not term.free_symbols <= set(self.jets):
            return None
        symbols = tuple(term.free_symbols)
        values = sp.lambdify(symbols, term, "numpy")(*(self.jets[z] for z in symbols))
        return np.broadcast_to(np.asarray(values, dtype=float), (len(next(iter(self.jets.values()))),))


def _terms(relation: sp.Expr) -> tuple[sp.Expr, ...]:
    return tuple(sp.Add.make_args(_one_exponential(multiplied_out(relation))))


def _one_exponential(expression: sp.Expr) -> sp.Expr:
    """exp(a) exp(b) as exp(a + b), term by term."""
    return sp.Add(*(sp.powsimp(term, combine="exp") for term in sp.Add.make_args(expression)))


def _alike(term: sp.Expr, other: sp.Expr) -> bool:
    """Whether two terms contain the same variables, functions, roots and denominators."""
    return term.free_symbols == other.free_symbols and _shape(term) == _shape(other)


def _shape(term: sp.Expr) -> tuple[str, ...]:
    """Which functions, roots and denominators a term contains."""
    found = []
    for node in sp.preorder_traversal(term):
        if isinstance(node, sp.Function | sp.exp):
            found.append(type(node).__name__)
        elif node.is_Pow and not (node.exp.is_Integer and node.exp > 0):
            found.append("power" if not node.exp.is_Integer else "denominator")
    return tuple(sorted(found))
