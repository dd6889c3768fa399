"""Which laws does a symmetry allow? Libraries of terms, the condition on their coefficients, the answer."""

from symeq.ansatz.closure import closure
from symeq.ansatz.functional import FunctionalAnsatz, functional_ansatz
from symeq.ansatz.implicit import Family, ImplicitAnsatz, SolvedRelation, implicit_ansatz
from symeq.ansatz.library import Library, default_library, monomials, partials
from symeq.ansatz.linear import LinearAnsatz, linear_ansatz
from symeq.ansatz.relation import RelationAnsatz, relation_ansatz

__all__ = [
    "Family",
    "FunctionalAnsatz",
    "ImplicitAnsatz",
    "Library",
    "LinearAnsatz",
    "RelationAnsatz",
    "SolvedRelation",
    "closure",
    "default_library",
    "functional_ansatz",
    "implicit_ansatz",
    "linear_ansatz",
    "monomials",
    "partials",
    "relation_ansatz",
]
