"""Factors of made-up regression problems, of which everything is known."""

from __future__ import annotations

import numpy as np

from symeq.search.assemble import Factors
from symeq.search.triangle import triangle_of


def factors(
    columns: np.ndarray, target: np.ndarray, noise: np.ndarray | None = None, blocks: int = 20
) -> Factors:
    """Factors of the rows [columns (sample, unknown) | target (sample,)], cut into blocks.

    noise: covariance (unknown + 1, unknown + 1) of the white noise on one row, the target last.
    """
    rows = np.column_stack([columns, target])
    size = rows.shape[1]
    per_row = np.zeros((size, size)) if noise is None else noise
    parts = np.array_split(rows, blocks)
    return Factors(
        triangles=np.stack([triangle_of(part) for part in parts]),
        noise=np.stack([len(part) * per_row for part in parts]),
        scales=np.ones(1),
        rows=len(rows),
        independent=float(len(rows)),
        effective=float(len(rows)),
        undefined=0,
        square=float(target @ target),
    )


def correlated(rng: np.random.Generator, rows: int, columns: int, correlation: float) -> np.ndarray:
    """Normal columns of unit variance, every pair with the same correlation."""
    shared = rng.standard_normal((rows, 1))
    return correlation**0.5 * shared + (1 - correlation) ** 0.5 * rng.standard_normal((rows, columns))
