"""Which laws does a symmetry allow? Libraries of terms, the condition on their coefficients, the answer."""

from symeq.ansatz.closure import closure
from symeq.ansatz.library import Library, default_library, monomials, partials
from symeq.ansatz.linear import LinearAnsatz, linear_ansatz

__all__ = [
    "Library",
    "LinearAnsatz",
    "closure",
    "default_library",
    "linear_ansatz",
    "monomials",
    "partials",
]
