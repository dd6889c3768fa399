"""Which symmetries does an equation have? Equations in solved form, tests of symmetries, and the search."""

from symeq.symmetries.admits import Admission, admits
from symeq.symmetries.equations import Equations

__all__ = ["Admission", "Equations", "admits"]
