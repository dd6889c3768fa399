"""The triangular factor: all that least squares needs to know of any number of rows."""

from __future__ import annotations

import numpy as np


def triangle_of(rows: np.ndarray) -> np.ndarray:
    """R of rows = Q R, square: R' R is the Gram matrix, without its squared condition number.

    >>> np.allclose(np.abs(triangle_of(np.array([[3.0], [4.0]]))), 5)
    True
    """
    size = rows.shape[1]
    reduced = np.asarray(np.linalg.qr(rows, mode="r"))
    return (
        reduced
        if reduced.shape[0] == size
        else np.vstack([reduced, np.zeros((size - reduced.shape[0], size))])
    )
