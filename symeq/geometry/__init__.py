"""What is a symmetry? Jets, vector fields, point maps and the groups they make."""

from symeq.geometry.conformal import conformal
from symeq.geometry.discrete import parity, time_reversal
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
    "conformal",
    "parity",
    "time_reversal",
    "GL",
    "SL",
    "SL2",
    "Sp",
    "affine",
    "equiaffine",
    "projective",
    "symplectic",
    "known_symmetries",
    "O",
    "E",
    "SE",
    "SO",
    "Galilei",
    "Lorentz",
    "Poincare",
    "Schroedinger",
    "SU2",
    "U1",
]
