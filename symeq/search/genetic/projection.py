"""From values at points to the rows of a search: integrals against test functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symeq.data.windows import Windows


@dataclass(frozen=True, eq=False)
class Projection:
    r"""A linear map of point columns to rows, :math:`\sum_i \varphi_k(i) \sum_c w_c f_c(i)`.

    Every term of a law is evaluated at the points and then projected, so that trees stay trees. Samples point
    by point need none. The values are those on several copies of the data, one after the other (see
    :func:`symeq.data.shaken.shaken`): their combination has no bias by noise.

    windows: the phi_k; combined: w_c.
    """

    windows: Windows
    combined: tuple[float, ...] = (1.0,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Rows (..., row) of values (..., copy and point)."""
        if values.ndim > 1:
            return np.stack([self(own) for own in values])
        copies = values.reshape(len(self.combined), -1)
        return self.windows.project(self.combined @ copies if len(copies) > 1 else copies[0])

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What two projections differ in."""
        weights = self.windows.weights
        return (np.array(self.combined), weights.data, weights.indices, weights.indptr)
