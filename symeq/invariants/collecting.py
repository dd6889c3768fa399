"""Collect the invariants of generators order by order: by degree, by class, then by differentiation."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice

import sympy as sp
from sympy import Expr

from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.invariants.action import Action
from symeq.invariants.cofactors import Cofactors
from symeq.invariants.counting import Counts, jacobian_ranks
from symeq.invariants.operators import InvariantOperator, invariant_operators, tresse_operators
from symeq.invariants.pool import Factor, at_points_of
from symeq.invariants.products import invariant_product
from symeq.invariants.relative import RelativeInvariant, Search

PLAIN, MANY = 3, 400  # degree and size of class up to which polynomial invariants are looked for first
LEAST = 2  # the degree up to which relative invariants are looked for in any case
SMALL = 60  # monomials of the classes that are looked at where nothing is missing
DIFFERENTIATED = 3  # the degree after which known invariants are differentiated
APPLICATIONS = 60  # derivatives of invariants that are tried
DIVISORS = 4  # factors below an additive relative invariant
LONGEST, SHORTEST = 60, 4  # operations in an invariant that others are derived by, for p < 3 and more
LONG = 3000  # terms of a derivative that are given up


class Collection:
    """The factors and invariants of an action, which grow order by order."""

    def __init__(
        self,
        jet: Jet,
        symmetry: Symmetry,
        action: Action,
        counts: Counts,
        degree: int,
        deadline: float | None,
        whole: bool,
    ) -> None:
        self.jet, self.symmetry, self.action, self.counts = jet, symmetry, action, counts
        self.degree, self.deadline, self.whole = degree, deadline, whole
        self.notes: list[str] = []
        self.remarks: list[str] = []
        self.cofactors = Cofactors(action)
        self.search = Search(self.cofactors, deadline, self.notes)
        self.chosen: list[Expr] = []
        self._operators: tuple[InvariantOperator, ...] | None = None
        self._read = 0

    def late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def collect(self, proposed: Sequence[Expr]) -> None:
        """Find the invariants; those proposed are taken first at their order."""
        ring = self.action.ring
        self.pool = at_points_of(self.cofactors, [ring.polynomial(f) for f in proposed])
        zero = (self.cofactors.field.zero,) * len(self.cofactors.basis)
        given = [self.search.factor(ring.polynomial(f), zero) for f in proposed]
        given = [Factor(e, f.poly, f.weights, self._order(e)) for e, f in zip(proposed, given, strict=True)]
        for order, target in enumerate(self.counts.invariants):
            for factor in given:
                if factor.order == order and not self.pool.take(factor):
                    self.remarks.append(f"{factor.expression} is a function of those before it.")
            self._at_order(order, target)
            self._products()

    def _order(self, expression: Expr) -> int:
        orders = dict(zip(self.action.coordinates, self.action.orders, strict=True))
        return max((orders[s] for s in expression.free_symbols if s in orders), default=0)

    def _plain(self, order: int, target: int) -> bool:
        """Take polynomial invariants alone, if those of low degree are all there are.

        Factors of lower degree may exist, but nobody writes u_t^2 - u_x^2 in them without need.
        """
        if not self.cofactors.basis or self.pool.count >= target:
            return False
        before = self.pool.copy()
        for degree in range(1, min(PLAIN, self.degree) + 1):
            found = self.search.factors(order, degree, largest=MANY, weighted=False)
            for factor in sorted(found, key=lambda f: f.key):
                self.pool.take(factor)
                if self.pool.count == target:
                    return True
        self.pool = before
        return False

    def _at_order(self, order: int, target: int) -> None:
        if self._plain(order, target):
            return
        for degree in range(1, self.degree + 1):
            complete = self.pool.count >= target
            if complete and degree > LEAST or self.late():
                break
            if complete and self._full(order):
                break
            self._take(self.search.factors(order, degree, largest=SMALL if complete else 10**9))
            if self.pool.count < target and degree == LEAST:
                self._take(self.search.additive(order, degree))
            if self.pool.count < target and degree == LEAST:
                divisors = [f for f in self.pool.factors if not f.absolute and not f.additive]
                for below in divisors[:DIVISORS]:
                    self._take(self.search.additive(order, 1, below))
            if self.pool.count < target and degree == LEAST:
                self._take(a for f in tuple(self.pool.factors) if (a := self.search.angle(f)) is not None)
            if self.pool.count < target and degree == DIFFERENTIATED:
                self._differentiate(order, target)
        if self.pool.count < target:
            if self.degree < DIFFERENTIATED:
                self._differentiate(order, target)
            if self.pool.count < target:
                missing = target - self.pool.count
                tried = "when the time was used up" if self.late() else f"after degree {self.degree}"
                self.notes.append(f"Order {order}: {missing} of {target} missing {tried}.")

    def _full(self, order: int) -> bool:
        width = sum(k <= order for k in self.action.orders)
        return len(self.pool.factors) >= width

    def _take(self, candidates: Iterable[Factor]) -> None:
        """Take the factors that are new, the shortest first."""
        for found in sorted(candidates, key=lambda f: (not f.absolute, f.key)):
            if not self.pool.would_take(found):
                continue
            for part in sorted(self.search.parts(found), key=lambda f: f.key):
                self.pool.take(part)

    def _products(self) -> None:
        """Turn the factors that came in into invariants."""
        field = self.cofactors.field
        for at in range(self._read, len(self.pool.factors)):
            made = invariant_product(self.pool.factors[at], self.pool.factors[:at], field)
            if made is not None:
                self.chosen.append(made)
        self._read = len(self.pool.factors)

    def real(self) -> list[Expr]:
        """The invariants, complex ones parted into real and imaginary part, which are invariants too."""
        if not any(i.has(sp.I) for i in self.chosen):
            return self.chosen
        kept: list[Expr] = []
        for part in (p for i in self.chosen for p in (_parts(i) if i.has(sp.I) else (i,))):
            if max(jacobian_ranks(self.action.coordinates, [*kept, part])) > len(kept):
                kept.append(part)
        return kept

    def _differentiate(self, order: int, target: int) -> None:
        """Apply invariant operators to known invariants."""
        if not self.whole or order < 2:
            return
        self._products()
        lower = [i for i in self.chosen if self._order(i) == order - 1]
        lower += [i for i in self.chosen if self._order(i) < order - 1]
        operators = list(self._known_operators(order))
        if len(operators) < len(self.jet.independent):
            # Determinants of long entries take a time that no clock could bound.
            size = LONGEST if len(self.jet.independent) < 3 else SHORTEST
            low = [i for i in self.chosen if self._order(i) < order and i.count_ops() <= size]
            operators += tresse_operators(self.jet, low) if low and not self.late() else ()
        tried = 0
        found: list[Factor] = []
        for i in lower:
            for operator in operators:
                if self.pool.count >= target or self.late() or tried == APPLICATIONS:
                    return
                tried += 1
                image = operator.apply(i)
                if self._order(image) == order:
                    found = self._factors_of(image)
                    for part in found:
                        if self.pool.would_take(part):
                            self.pool.take(part)

    def _known_operators(self, order: int) -> tuple[InvariantOperator, ...]:
        if self._operators is None:
            left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
            self._operators = invariant_operators(
                self.jet,
                self.symmetry,
                order=min(order - 1, 2),
                degree=2,
                relative=[f.expression for f in self.pool.factors if not f.absolute],
                budget=None if left is None else left / 4,
            )
        return self._operators

    def _factors_of(self, expression: Expr) -> list[Factor]:
        """The polynomials that a product of powers is made of."""
        found = []
        for piece in sp.Mul.make_args(expression):
            base, _ = piece.as_base_exp()
            symbols = base.free_symbols & set(self.action.coordinates)
            if not symbols or not base.is_polynomial(*symbols):
                continue
            if len(sp.Add.make_args(base)) > LONG:
                continue
            try:
                factor = self.search.recognised(sp.expand(base))
            except InvalidInput:
                continue
            if factor is not None:
                found += list(islice(self.search.parts(factor), 8))
        return sorted(found, key=lambda f: f.key)

    def relative(self) -> tuple[RelativeInvariant, ...]:
        """The factors that are no invariants, with their cofactors."""
        ring = self.action.ring
        return tuple(
            RelativeInvariant(f.expression, tuple(map(ring.expression, self.cofactors.combined(f.weights))))
            for f in self.pool.factors
            if not f.absolute and not f.additive
        )


def _parts(expression: Expr) -> tuple[Expr, ...]:
    """Real and imaginary part, for real coordinates, without exponentials of imaginary arguments."""
    real = {s: sp.Dummy(s.name, real=True) for s in expression.free_symbols}
    back = {dummy: s for s, dummy in real.items()}
    parts = (sp.expand(sp.trigsimp(part)).primitive()[1] for part in expression.xreplace(real).as_real_imag())
    return tuple(part.xreplace(back) for part in parts if part.free_symbols)
