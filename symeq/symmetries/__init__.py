"""Which symmetries does an equation have? Equations in solved form, tests of symmetries, and the search."""

from symeq.symmetries.admits import Admission, admits
from symeq.symmetries.equations import Equations
from symeq.symmetries.found import PointSymmetries
from symeq.symmetries.point import point_symmetries

__all__ = ["Admission", "Equations", "PointSymmetries", "admits", "point_symmetries"]
