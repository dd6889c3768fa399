"""Differential invariants, relative invariants, invariant operators and frames, each with its proof."""

from symeq.invariants.action import Action
from symeq.invariants.certificate import Certificate
from symeq.invariants.counting import Counts
from symeq.invariants.found import Invariants
from symeq.invariants.invariants import invariants
from symeq.invariants.moving import MovingFrame, moving_frame
from symeq.invariants.operators import (
    InvariantOperator,
    equivariant_frame,
    invariant_operators,
    tresse_operators,
)
from symeq.invariants.relative import RelativeInvariant

__all__ = [
    "Action",
    "Certificate",
    "Counts",
    "InvariantOperator",
    "Invariants",
    "MovingFrame",
    "RelativeInvariant",
    "equivariant_frame",
    "invariant_operators",
    "invariants",
    "moving_frame",
    "tresse_operators",
]
