"""One thread for the products of matrices."""

from __future__ import annotations

from contextlib import AbstractContextManager

import scipy.linalg  # noqa: F401  (its library is to be among those that are found)
from threadpoolctl import ThreadpoolController

_LOADED = ThreadpoolController()  # once: a look at everything that the process has loaded takes 20 ms


def one_thread() -> AbstractContextManager[object]:
    """Keep products to one thread: the matrices are narrow, and threads would cost more than they save."""
    limit: AbstractContextManager[object] = _LOADED.limit(limits=1, user_api="blas")
    return limit
