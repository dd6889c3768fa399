"""What is a symmetry? Jets, vector fields, point maps and the groups they make."""

from symeq.geometry.conformal_groups import conformal
from symeq.geometry.discrete import discrete_rotation, parity, time_reversal
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
from symeq.geometry.linear_groups import GL, SL, SL2, Sp, affine, equiaffine, projective, symplectic
from symeq.geometry.maps import PointMap
from symeq.geometry.registry import known_symmetries
from symeq.geometry.rigid import SE, SO, E, O
from symeq.geometry.spacetime import Galilei, Lorentz, Poincare, Schroedinger
from symeq.geometry.symmetry import Symmetry, trivial
from symeq.geometry.unitary import SU2, U1

__all__ = [
    "E",
    "GL",
    "O",
    "SE",
    "SL",
    "SL2",
    "SO",
    "SU2",
    "TIME",
    "U1",
    "Galilei",
    "Jet",
    "Lorentz",
    "Poincare",
    "PointMap",
    "Schroedinger",
    "Sp",
    "Symmetry",
    "VectorField",
    "affine",
    "boost",
    "conformal",
    "cyclic",
    "discrete_rotation",
    "equiaffine",
    "known_symmetries",
    "parity",
    "parse",
    "permutation",
    "phase",
    "projective",
    "read_equation",
    "read_generator",
    "read_map",
    "read_symmetry",
    "reflection",
    "rotation",
    "scaling",
    "symplectic",
    "time_reversal",
    "translation",
    "trivial",
]
