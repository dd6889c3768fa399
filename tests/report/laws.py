"""Laws with stated coefficients, as a search would return them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import symeq as sq
from symeq.discovery import from_coefficients


def stated(ansatz: sq.LinearAnsatz, beta: Sequence[float], samples: sq.Samples) -> sq.Discovery:
    """The law with these numbers in front of the ansatz's basis."""
    return from_coefficients(ansatz, np.array(beta), engine="stated", seconds=0.0, samples=samples)
