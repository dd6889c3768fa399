"""Which allowed law fits? Factors of the data, supports, their tests, and the engines that use them."""

from __future__ import annotations

from symeq.search.engine import Engine, Found
from symeq.search.genetic import GeneticProgramming, Operator, SoftSymmetry
from symeq.search.selection import FrontEntry
from symeq.search.sparse import SparseRegression

__all__ = [
    "Engine",
    "Found",
    "FrontEntry",
    "GeneticProgramming",
    "Operator",
    "SoftSymmetry",
    "SparseRegression",
]
