"""Differential invariants, relative invariants, invariant operators and frames, each with its proof."""

from symeq.invariants.action import Action
from symeq.invariants.certificate import Certificate
from symeq.invariants.counting import Counts
from symeq.invariants.found import Invariants
from symeq.invariants.invariants import invariants
from symeq.invariants.relative import RelativeInvariant

__all__ = ["Action", "Certificate", "Counts", "Invariants", "RelativeInvariant", "invariants"]
