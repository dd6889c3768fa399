"""Genetic programming over invariants: laws that no polynomial library holds."""

from __future__ import annotations

from symeq.search.genetic.engine import GeneticProgramming
from symeq.search.genetic.operators import OPERATORS, Operator
from symeq.search.genetic.soft import SoftSymmetry

__all__ = ["OPERATORS", "GeneticProgramming", "Operator", "SoftSymmetry"]
