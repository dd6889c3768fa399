"""Which laws does a symmetry allow? Libraries of terms, the condition on their coefficients, the answer."""

from symeq.ansatz.closure import closure
from symeq.ansatz.families import Family
from symeq.ansatz.implicit import ImplicitAnsatz, implicit_ansatz
from symeq.ansatz.library import Library, default_library, monomials, partials
from symeq.ansatz.linear import LinearAnsatz, linear_ansatz
from symeq.ansatz.solved import SolvedRelation

__all__ = [
    "Family",
    "ImplicitAnsatz",
    "Library",
    "LinearAnsatz",
    "SolvedRelation",
    "closure",
    "default_library",
    "implicit_ansatz",
    "linear_ansatz",
    "monomials",
    "partials",
]
