"""Laws without a solved form: relations sum_k c_k T_k = 0 with v(Delta) = Lambda Delta."""

from symeq.ansatz.implicit.ansatz import ImplicitAnsatz, implicit_ansatz
from symeq.ansatz.implicit.families import Family
from symeq.ansatz.implicit.solved import SolvedRelation

__all__ = ["Family", "ImplicitAnsatz", "SolvedRelation", "implicit_ansatz"]
