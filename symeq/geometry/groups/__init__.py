"""The named symmetries, one function each; the registry gives them to Python and to the text grammar."""

from symeq.geometry.groups.conformal import conformal
from symeq.geometry.groups.discrete import discrete_rotation, parity, time_reversal
from symeq.geometry.groups.elementary import (
    boost,
    cyclic,
    permutation,
    phase,
    reflection,
    rotation,
    scaling,
    translation,
)
from symeq.geometry.groups.linear import GL, SL, SL2, Sp, affine, equiaffine, projective, symplectic
from symeq.geometry.groups.registry import known_symmetries
from symeq.geometry.groups.rigid import SE, SO, E, O
from symeq.geometry.groups.spacetime import Galilei, Lorentz, Poincare, Schroedinger
from symeq.geometry.groups.unitary import SU2, U1

__all__ = [
    "E",
    "GL",
    "O",
    "SE",
    "SL",
    "SL2",
    "SO",
    "SU2",
    "U1",
    "Galilei",
    "Lorentz",
    "Poincare",
    "Schroedinger",
    "Sp",
    "affine",
    "boost",
    "conformal",
    "cyclic",
    "discrete_rotation",
    "equiaffine",
    "known_symmetries",
    "parity",
    "permutation",
    "phase",
    "projective",
    "reflection",
    "rotation",
    "scaling",
    "symplectic",
    "time_reversal",
    "translation",
]
