"""What the genetic search sees of ansatz and samples: arrays, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from symeq.search.genetic.operators import Operator
from symeq.search.genetic.projection import Projection

Weight = tuple[Fraction, ...]


@dataclass(frozen=True)
class Grading:
    r"""Scaling weights: under each scaling :math:`\lambda` a leaf is multiplied by :math:`\lambda^w`.

    leaves, frame: the weight of every leaf and of every vector; target: of the left-hand side. With
    ``strict`` every term T E_j has the weight of the target (a symmetry); else, for units, sums and functions
    must be homogeneous and the coefficient of a term has what unit it needs.
    """

    leaves: tuple[Weight, ...]
    frame: tuple[Weight, ...]
    target: Weight
    strict: bool = True


@dataclass(frozen=True, eq=False)
class Images:
    r"""Points g(z) for the soft symmetry, with the Jacobian of g there.

    leaves (leaf, image), frame (vector, component, image): at g(z); ``jacobian`` (component, component,
    image) at z, the first points of the problem; ``weight`` of the penalty.
    """

    leaves: np.ndarray
    frame: np.ndarray
    jacobian: np.ndarray
    weight: float


@dataclass(frozen=True, eq=False)
class Problem:
    r"""Find sum_k beta_k T_k E_{j_k} = y, with trees T of the leaves.

    leaves (leaf, point): the first is the constant 1; names (leaf,): how trees are written in text.
    frame (vector, component, point): E_j; target (component, row): y = L - F0; each component divided by its
    scale. projection: of the products T_k E_j to rows; without one the points are the rows. alone (vector,
    leaf, component, row): the rows of products with a single leaf, where they are known more closely.
    frequencies (leaf,): how often each leaf is drawn, relative to others (default: alike).
    operators: of the trees. noise: the share of the mean square of y that the noise of y explains.
    blocks: how many independent pieces the rows stand for.
    """

    leaves: np.ndarray
    names: tuple[str, ...]
    frame: np.ndarray
    target: np.ndarray
    operators: tuple[Operator, ...]
    frequencies: tuple[int, ...] = ()
    noise: float = 0.0
    blocks: int = 48
    grading: Grading | None = None
    images: Images | None = None
    projection: Projection | None = None
    alone: np.ndarray | None = None

    def projected(self, values: np.ndarray) -> np.ndarray:
        """The rows of values at the points (..., point)."""
        return values if self.projection is None else self.projection(values)

    def column(self, vector: int, prefix: Sequence[object], values: np.ndarray) -> np.ndarray:
        """The rows of a vector times a tree, of its values at the points, components stacked (row,)."""
        if self.alone is not None and len(prefix) == 1 and isinstance(prefix[0], int):
            return np.asarray(self.alone[vector, prefix[0]].ravel())
        return self.projected(self.frame[vector] * values).ravel()

    @property
    def vectors(self) -> int:
        return int(self.frame.shape[0])

    @property
    def rows(self) -> int:
        return int(self.target.size)

    @property
    def symbols(self) -> int:
        """How many different symbols a law may be written with."""
        return len(self.names) + len(self.operators) + self.vectors

    def fingerprint(self) -> str:
        """The same for the same arrays and operators: a saved state belongs to one problem."""
        digest = hashlib.sha256()
        arrays = [self.leaves, self.frame, self.target]
        if self.images is not None:
            arrays += [self.images.leaves, self.images.frame, self.images.jacobian]
        for array in arrays:
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        if self.projection is not None:
            arrays += self.projection.arrays
        if self.alone is not None:
            arrays.append(self.alone)
        weight = None if self.images is None else self.images.weight
        names = [o.name for o in self.operators]
        named: Sequence[object] = (self.names, names, self.grading, weight, self.frequencies)
        digest.update(repr(named).encode())
        return digest.hexdigest()
