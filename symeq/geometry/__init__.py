"""What is a symmetry? Jets, vector fields, point maps and the groups they make."""

from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.grammar import parse, read_equation, read_generator, read_map, read_symmetry
from symeq.geometry.groups import (
    boost,
    cyclic,
    permutation,
    phase,
    reflection,
    rotation,
    scaling,
    translation,
)
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry, trivial

__all__ = [
    "TIME",
    "Jet",
    "PointMap",
    "Symmetry",
    "VectorField",
    "boost",
    "cyclic",
    "parse",
    "permutation",
    "phase",
    "read_equation",
    "read_generator",
    "read_map",
    "read_symmetry",
    "reflection",
    "rotation",
    "scaling",
    "translation",
    "trivial",
]
