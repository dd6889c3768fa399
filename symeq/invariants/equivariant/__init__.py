"""Vectors that a group carries along, v(E) = M E + A: polynomials, and with powers of relative invariants."""

from symeq.invariants.equivariant.condition import Equivariance, Motion, Vector
from symeq.invariants.equivariant.factors import fixed_with_factors, vectors_with_factors
from symeq.invariants.equivariant.vectors import EquivariantVectors, equivariant_vectors, polynomial_vectors

__all__ = [
    "Equivariance",
    "EquivariantVectors",
    "Motion",
    "Vector",
    "equivariant_vectors",
    "fixed_with_factors",
    "polynomial_vectors",
    "vectors_with_factors",
]
