"""What evolves: a set of terms, each a vector of the frame times a tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from deap import base

Term: TypeAlias = tuple[int, int]  # (vector of the frame, tree)
Terms: TypeAlias = tuple[Term, ...]  # sorted, none twice


class Smallest(base.Fitness):
    """One number to be made small."""

    weights = (-1.0,)


class SmallAndShort(base.Fitness):
    """The logarithm of the error and the complexity, both to be made small."""

    weights = (-1.0, -1.0)


@dataclass(eq=False)
class Individual:
    """A law by its terms; ``error`` is the share of the mean square of the target that it leaves, ``size``
    counts nodes and terms, ``inner`` constants inside functions."""

    terms: Terms
    error: float = float("inf")
    size: int = 0
    inner: int = 0
    fitness: base.Fitness = field(default_factory=Smallest)

    @property
    def weight(self) -> float:
        """The size by which laws compete: of two as large, one without inner constants is the smaller."""
        return weighed(self.size, self.inner)


def weighed(size: int, inner: int) -> float:
    """Nodes and terms, and half for each inner constant, which is a number more that was fitted."""
    return size + inner / 2
