"""Which terms a law needs, by tests that know the noise: steps, exchanges, proposals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from symeq.search.moments import Moments
from symeq.search.path import Support

STEPS = 100  # moves after which a search that still finds better ones ends
UNDECIDED = 3.84  # of chi^2, 95 % of one degree of freedom: a lesser difference tells nothing
SUSPECTS = 2  # terms, those of the least significance, that are tested for removal
EXCHANGED = 6  # terms, again the least significant ones, for which another one is tried
LONGER = 4  # terms by which a proposal may exceed the law of the steps


class Stepwise:
    r"""The law that no move improves.

    A move from the law L to S is made where, with :math:`\chi^2(D \mid S)` what D explains beside S,

    .. math:: \chi^2(S \setminus L \mid L) - \chi^2(L \setminus S \mid S) > (|S| - |L|)\, p

    p: the penalty of a term, :math:`\ln n + 2 \ln K` for n independent rows and K columns. Where terms are
    exchanged, what the coefficients of a law disagree from rung to rung counts against it; and if the
    two sides differ by no more than chance, the law is taken under which the data are more probable.
    No term stays that is not worth its penalty.

    Arguments: ``moments``; ``penalty`` p.
    Source: D. W. K. Andrews, Econometrica 67 (1999) 543, for the criterion; J. Chen, Z. Chen, Biometrika 95
    (2008) 759, for the penalty.
    """

    def __init__(self, moments: Moments, penalty: float) -> None:
        self.moments, self.penalty = moments, penalty
        self.unknowns = moments.evidence.unknowns

    def prefers(self, other: Support, law: Support) -> bool:
        """Whether another law is to be taken in place of this one."""
        more = tuple(j for j in other if j not in law)
        less = tuple(j for j in law if j not in other)
        price = self.penalty * (len(other) - len(law))
        gained = self.moments.chi2(more, law)
        if not less:
            return gained > price
        gained += self.moments.discord(law)
        if gained < price:
            return False
        lost = self.moments.lost(less, other)
        if gained - lost < min(price, -UNDECIDED):
            return False
        if more:
            lost += self.moments.discord(other)
            if len(more) == len(less) and abs(gained - lost) < UNDECIDED:
                return self.moments.surprise(other, law) < self.moments.surprise(law, other)
        return gained - lost > price

    def needed(self, law: Support) -> bool:
        """Whether every term is worth its penalty beside the others."""
        return all(self.moments.chi2((j,), _without(law, j)) >= self.penalty for j in law)

    def law(self, proposals: Iterable[Support], start: Support = ()) -> Support:
        """The law that steps lead to from the best of the proposals, and from any that is better still."""
        ordered = sorted(set(proposals), key=lambda one: (len(one), one))
        law = start
        for other in ordered:  # as they are: steps from a poor start are many, and lead through long laws
            law = other if self._takes(other, law) else law
        law = self._stepped(law)
        for other in ordered:
            law = self._stepped(other) if self._takes(other, law) else law
        return law

    def _takes(self, other: Support, law: Support) -> bool:
        fits = 0 < len(other) <= len(law) + LONGER and other != law
        return fits and self.prefers(other, law) and self.needed(other)

    def _stepped(self, law: Support) -> Support:
        """Additions first, the best one; then what is no longer needed goes; then exchanges."""
        seen = {law}
        for _ in range(STEPS):
            for moves in (self._removed, self._added, self._exchanged):
                other = moves(law)
                if other is not None and other not in seen:
                    break
            else:
                return law
            law = other
            seen.add(law)
        return law

    def _added(self, law: Support) -> Support | None:
        gains = self.moments.singles(law)
        enters = int(np.argmax(gains)) if gains.size else -1
        if enters < 0 or gains[enters] < self.penalty:
            return None
        return _with(law, enters)

    def _removed(self, law: Support) -> Support | None:
        ranked = self._by_significance(law)
        # Of a long law, as a start can be, many terms together that explain no more than as much noise would.
        count = len(law) // 2
        while count > 1:
            gone = tuple(sorted(ranked[:count]))
            rest = tuple(j for j in law if j not in gone)
            if self.moments.lost(gone, rest) < self.penalty + count:
                return rest
            count //= 2
        for out in ranked[:SUSPECTS]:
            rest = _without(law, out)
            if self.moments.lost((out,), rest) < self.penalty:
                return rest
        return None

    def _by_significance(self, law: Support) -> list[int]:
        """The terms of a law, the least significant one first."""
        pooled = self.moments.pooled(law)
        if pooled is None:
            return list(law)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = pooled.beta**2 / np.diag(pooled.covariance)
        return [law[k] for k in np.argsort(ratios)]

    def _exchanged(self, law: Support) -> Support | None:
        for out in self._by_significance(law)[:EXCHANGED]:
            rest = _without(law, out)
            gains = self.moments.singles(rest).copy()
            gains[out] = 0.0
            enters = int(np.argmax(gains))
            other = _with(rest, enters)
            if gains[enters] >= self.penalty and self.prefers(other, law):
                return other
        return None


def _with(law: Support, j: int) -> Support:
    return tuple(sorted({*law, j}))


def _without(law: Sequence[int], out: int) -> Support:
    return tuple(j for j in law if j != out)
