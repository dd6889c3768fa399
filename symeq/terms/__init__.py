"""Terms as sums of independent monomials, what derivations do to them, and their values modulo a prime."""

from symeq.terms.actions import Derivation, substitution
from symeq.terms.points import ModularField, ModularPoint
from symeq.terms.polynomials import Monomial, Poly, add, multiply
from symeq.terms.ring import TermRing, powers

__all__ = [
    "Derivation",
    "ModularField",
    "ModularPoint",
    "Monomial",
    "Poly",
    "TermRing",
    "add",
    "multiply",
    "powers",
    "substitution",
]
