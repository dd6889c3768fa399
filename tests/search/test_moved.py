"""Covariances of scores: the same by whichever factor comes first, and those of the definition."""

from __future__ import annotations

import numpy as np
import pytest

from symeq.search.moved import Moved, each, joint

SAMPLES = 7


def drawn(columns: int, weights: int, functions: int, rungs: int) -> tuple[list[Moved], list[tuple]]:  # type: ignore[type-arg]
    rng = np.random.default_rng(columns + weights)
    moved = [
        Moved(rng.standard_normal((columns, SAMPLES, weights)), rng.standard_normal((weights, functions)))
        for _ in range(rungs)
    ]
    groups = np.array_split(rng.permutation(functions), 2)
    roots = [rng.standard_normal((SAMPLES, len(own), len(own))) for own in groups]
    return moved, [(own, root @ root.transpose(0, 2, 1)) for own, root in zip(groups, roots, strict=True)]


@pytest.mark.parametrize(
    ("columns", "weights", "functions", "rungs"),
    [(40, 2, 30, 1), (3, 5, 4, 3), (200, 2, 30, 2), (1, 1, 2, 1)],
    ids=["many columns", "few columns", "many columns, two rungs", "one"],
)
def test_covariances_are_those_of_the_definition(
    columns: int, weights: int, functions: int, rungs: int
) -> None:
    r"""Of sum_i sum_fg m_cif V_fg(i) m_kig, with V block-diagonal in the groups."""
    moved, spread = drawn(columns, weights, functions, rungs)
    whole = np.zeros((SAMPLES, functions, functions))
    for own, covariance in spread:
        whole[:, own[:, None], own] = covariance
    told = np.concatenate([np.einsum("cid,df->cif", one.fields, one.weights) for one in moved])
    expected = np.einsum("cif,ifg,kig->ck", told, whole, told, optimize=True)
    assert joint(moved, spread) == pytest.approx(expected, rel=1e-9, abs=1e-9 * abs(expected).max())
    by_rung = expected.reshape(rungs, columns, rungs, columns)
    between = np.einsum("rcsc->crs", by_rung)
    assert each(moved, spread) == pytest.approx(between, rel=1e-9, abs=1e-9 * abs(expected).max())
    turned = np.random.default_rng(0).standard_normal((2, columns))
    combined = joint([moved[0].of(turned)], spread)
    assert combined == pytest.approx(turned @ expected[:columns, :columns] @ turned.T, rel=1e-9)
