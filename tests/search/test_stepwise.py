"""Steps between laws, on tests that are stated: what is unknown proves nothing, and steps are few."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import cast

import numpy as np

from symeq.search.moments import Moments
from symeq.search.path import Support
from symeq.search.stepwise import Stepwise

PENALTY = 10.0


class Stated:
    """Tests of independent columns: a column is worth what it is worth, beside any others; nothing can be
    said beside ``blurred`` columns. Counts the tests of all columns at once."""

    def __init__(self, worth: Iterable[float], blurred: Support = ()) -> None:
        self.worth, self.blurred, self.looks = np.array(list(worth)), blurred, 0
        self.evidence = SimpleNamespace(unknowns=len(self.worth))

    def chi2(self, columns: Support, beside: Support) -> float:
        return 0.0 if set(beside) & set(self.blurred) else float(self.worth[list(columns)].sum())

    def lost(self, columns: Support, beside: Support) -> float:
        unknown = columns and set(beside) & set(self.blurred)
        return np.inf if unknown else self.chi2(columns, beside)

    def singles(self, beside: Support) -> np.ndarray:
        self.looks += 1
        found = np.array([self.chi2((j,), beside) for j in range(len(self.worth))])
        found[list(beside)] = 0.0
        return found

    def discord(self, support: Support) -> float:
        return 0.0

    def surprise(self, support: Support, other: Support) -> float:
        return 0.0

    def pooled(self, support: Support) -> SimpleNamespace:
        variance = 1 / np.maximum(self.worth[list(support)], 1e-9)
        return SimpleNamespace(beta=np.ones(len(support)), covariance=np.diag(variance))


def search(stated: Stated) -> Stepwise:
    return Stepwise(cast(Moments, stated), PENALTY)


def test_a_law_whose_noise_is_unknown_is_not_preferred() -> None:
    """Column 3 hides what others are worth beside it: as far as can be seen nothing is lost. It is added,
    since it is worth something beside the law, but the law does not go."""
    stated = Stated([50, 40, 0.5, 30], blurred=(3,))
    assert not search(stated).prefers((3,), (0, 1))
    assert search(stated).law([(3,), (2, 3)], start=(0, 1)) == (0, 1, 3)


def test_steps_start_from_the_best_proposal() -> None:
    """A search that has a good proposal looks at all columns a few times, however poor its start is."""
    worth = [60, 50, 40, *[0.8] * 30]
    good = Stated(worth)
    assert search(good).law([(7,), (8, 9), (0, 1, 2)], start=(12, 13)) == (0, 1, 2)
    assert good.looks <= 6


def test_many_terms_of_a_long_law_are_removed_together() -> None:
    """Of 33 terms three are worth something; one by one their removal would take 30 steps."""
    stated = Stated([60, 50, 40, *[0.8] * 30])
    asked: list[Support] = []
    plain = stated.pooled

    def counted(support: Support) -> SimpleNamespace:
        asked.append(support)
        return plain(support)

    stated.pooled = counted  # type: ignore[method-assign]
    assert search(stated).law([], start=tuple(range(33))) == (0, 1, 2)
    assert len(set(asked)) < 12
