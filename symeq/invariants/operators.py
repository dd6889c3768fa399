"""Differential operators that commute with a group, and the fields along which its invariants are varied."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import sympy as sp

from symeq.errors import InvalidInput
from symeq.exact.modular import modular_rank
from symeq.geometry.calculus import exact_expression, expression_text, partial_derivative
from symeq.geometry.fields import VectorField
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry
from symeq.invariants.equivariant.condition import Equivariance, Motion, Vector
from symeq.invariants.equivariant.factors import vectors_with_factors
from symeq.invariants.equivariant.vectors import equivariant_vectors
from symeq.latex import expression_latex, symbol_latex
from symeq.terms import ModularPoint, TermRing
from symeq.terms.polynomials import common_monomial, times

Mixing = Callable[[VectorField | PointMap], tuple[Vector, ...]]
Condition = Callable[[Jet, Symmetry, int], Equivariance]

CHOICES = 200  # sets of p invariants that are tried for the operators of Tresse


@dataclass(frozen=True)
class InvariantOperator:
    """A total derivative along h that commutes with a group, and so carries invariants to invariants.

        D = sum_i h^i D_i,   [pr v, D] = 0  <=>  pr v(h^i) = sum_j h^j D_j xi^i

    jet: the variables.
    coefficients: the h^i, one for each independent variable, on the jet to some order.

    Source: Olver, Equivalence, Invariants, and Symmetry (1995), section 5.2.

    >>> jet = Jet("x y", "u")
    >>> along = InvariantOperator(jet, (jet["u_x"], jet["u_y"]))
    >>> print(along)
    u_x*D_x + u_y*D_y
    >>> along.apply(jet["u"])
    u_x**2 + u_y**2
    """

    jet: Jet
    coefficients: tuple[sp.Expr, ...]

    @property
    def order(self) -> int:
        """The order of the highest derivative in the coefficients."""
        symbols = set().union(*(h.free_symbols for h in self.coefficients))
        return max((self.jet.order_of(s) for s in symbols if self.jet.is_coordinate(s)), default=0)

    def apply(self, expression: sp.Expr) -> sp.Expr:
        """Return D F, polynomials expanded, quotients and roots with their common factors in front.

        >>> jet = Jet("x", "u")
        >>> arc = InvariantOperator(jet, ((1 + jet["u_x"] ** 2) ** sp.Rational(-1, 2),))
        >>> arc.apply(jet["u_xx"] / (1 + jet["u_x"] ** 2) ** sp.Rational(3, 2))
        (u_x**2*u_xxx - 3*u_x*u_xx**2 + u_xxx)/(u_x**2 + 1)**3
        """
        expression = exact_expression(expression)
        parts = [
            h * _total_derivative(self.jet, expression, x)
            for h, x in zip(self.coefficients, self.jet.independent, strict=True)
            if h != 0
        ]
        return gathered(self.jet, sp.Add(*parts))

    def commutes(self, symmetry: Symmetry) -> bool:
        """Whether the operator commutes with every prolonged generator and map, decided exactly."""
        return operator_condition(self.jet, symmetry, max(self.order, 1)).holds(self.coefficients)

    def _text(self, render: Callable[[sp.Expr], str], names: Sequence[str], tex: bool) -> str:
        terms = [(h, name) for h, name in zip(self.coefficients, names, strict=True) if h != 0]
        if len(terms) < 2:
            return _term(*terms[0], render, tex) if terms else "0"
        below = [_below(h) for h, _ in terms]
        common = {b: min(d[b] for d in below) for b in below[0] if all(b in d for d in below)}
        factors = [b**e for b, e in common.items()]
        text = ""
        for h, name in terms:
            term = _term(sp.Mul(h, *factors), name, render, tex)
            text += f" - {term[1:].lstrip()}" if text and term[0] == "-" else f" + {term}" if text else term
        return _quotient(text, common, render, tex, brackets=True)

    def __str__(self) -> str:
        return self._text(expression_text, [f"D_{x.name}" for x in self.jet.independent], False)

    def latex(self) -> str:
        r"""Return LaTeX such as `u_{x} D_{x} + u_{y} D_{y}`."""
        names = self.jet.latex_names(*self.coefficients)
        letters = [f"D_{{{symbol_latex(x.name)}}}" for x in self.jet.independent]
        return self._text(lambda e: expression_latex(e, names), letters, True)


def _below(h: sp.Expr) -> dict[sp.Expr, sp.Rational]:
    """The powers in the denominator of a product: 1 / (2 sqrt(a)) has 2^1 and a^(1/2)."""
    number, rest = h.as_coeff_Mul()
    found: dict[sp.Expr, sp.Rational] = {}
    if number.is_Rational and number.q != 1:
        found[sp.Integer(number.q)] = sp.S.One
    for factor in sp.Mul.make_args(rest):
        if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
            found[factor.base] = -factor.exp
    return found


def _term(h: sp.Expr, name: str, render: Callable[[sp.Expr], str], tex: bool) -> str:
    below = _below(h)
    h = sp.Mul(h, *(b**e for b, e in below.items()))
    if h == 1 or h == -1:
        text = name if h == 1 else f"-{name}"
    else:
        shown = render(h)
        if h.is_Add:
            shown = rf"\left({shown}\right)" if tex else f"({shown})"
        text = f"{shown} {name}" if tex else f"{shown}*{name}"
    return _quotient(text, below, render, tex, brackets=False)


def _quotient(
    text: str, below: dict[sp.Expr, sp.Rational], render: Callable[[sp.Expr], str], tex: bool, brackets: bool
) -> str:
    if not below:
        return text
    factors = [b**e for b, e in below.items()]
    # A number would be multiplied into a sum.
    denominator = factors[0] if len(factors) == 1 else sp.Mul(*factors, evaluate=False)
    shown = render(denominator)
    if tex:
        sign = "-" if text[0] == "-" and not brackets else ""
        return rf"{sign}\frac{{{text[len(sign) :]}}}{{{shown}}}"
    if denominator.is_Add or denominator.is_Mul:
        shown = f"({shown})"
    return f"({text})/{shown}" if brackets else f"{text}/{shown}"


def _total_derivative(jet: Jet, expression: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """D_x F as the chain rule leaves it: multiplied out, roots of sums fall into many terms."""
    terms = [partial_derivative(expression, x)]
    for symbol in expression.free_symbols:
        if symbol not in jet.independent and jet.is_coordinate(symbol):
            terms.append(jet.derivative(symbol, x) * partial_derivative(expression, symbol))
    return sp.Add(*terms)


def gathered(jet: Jet, expression: sp.Expr) -> sp.Expr:
    """Return an expression with the lowest power of every root and denominator in front of one sum.

    >>> jet = Jet("x", "u")
    >>> gathered(jet, jet["u_xx"] / jet["u_x"] + jet["u_x"])
    (u_x**2 + u_xx)/u_x
    """
    coordinates = sorted(filter(jet.is_coordinate, expression.free_symbols), key=lambda s: s.name)
    if expression.is_polynomial(*coordinates):
        return sp.expand(expression)
    ring = TermRing(coordinates, [expression])
    poly = ring.polynomial(expression)
    exponents: dict[int, list[sp.Rational]] = {}
    for monomial in poly:
        for i, generator in enumerate(ring.generators):
            if generator.kind == "power":
                exponents.setdefault(i, []).append(sp.Rational(dict(monomial).get(i, 0)))
    # Roots of different kind in one sum have no common power; such a sum stays as it is.
    if any((e - found[0]).q != 1 for found in exponents.values() for e in found):
        return expression
    lowest = tuple((i, min(found)) for i, found in exponents.items())
    inverse = tuple((i, -e) for i, e in lowest if e)
    raised = ring.canonical([{times(m, inverse): c for m, c in poly.items()}])[0]
    front = tuple((i, e) for i, e in lowest if e)
    common = common_monomial(raised)
    rest = {times(m, tuple((i, -e) for i, e in common)): c for m, c in raised.items()}
    if not rest:
        return sp.S.Zero
    return ring.monomial(times(front, common)) * sp.factor(ring.expression(rest))


def operator_condition(jet: Jet, symmetry: Symmetry, order: int) -> Equivariance:
    """The condition on the coefficients h of an operator that commutes with a symmetry, on J^order.

    pr v(h^i) = sum_j (D_j xi^i) h^j,     h^i(g z) = sum_j (D_j x'^i) h^j(z)
    """
    jet = jet.with_order(max(order, 1))
    p = len(jet.independent)

    def mixing(item: VectorField | PointMap) -> tuple[Vector, ...]:
        rows = (tuple(jet.total_derivative(item[x], y) for y in jet.independent) for x in jet.independent)
        return tuple(rows)

    return _condition(jet, symmetry, p, mixing)


def frame_condition(jet: Jet, symmetry: Symmetry, order: int) -> Equivariance:
    """The condition on the characteristics Q of fields that commute with a symmetry, on J^order.

    pr v(Q^a) = sum_b (d phi^a/d u^b - sum_i u^a_i d xi^i/d u^b) Q^b
    Q^a(g z)  = sum_b (d u'^a/d u^b  - sum_i u'^a_i d x'^i/d u^b) Q^b(z)
    """
    jet = jet.with_order(max(order, 1))

    def mixing(item: VectorField | PointMap) -> tuple[Vector, ...]:
        slopes = {(u, x): jet.derivative(u, x) for u in jet.dependent for x in jet.independent}
        moved = item.prolong(jet, slopes.values()) if isinstance(item, PointMap) else {}
        return tuple(
            tuple(
                sp.expand(
                    partial_derivative(item[u], w)
                    - sp.Add(
                        *(
                            moved.get(slopes[u, x], slopes[u, x]) * partial_derivative(item[x], w)
                            for x in jet.independent
                        )
                    )
                )
                for w in jet.dependent
            )
            for u in jet.dependent
        )

    return _condition(jet, symmetry, len(jet.dependent), mixing)


def _condition(jet: Jet, symmetry: Symmetry, size: int, mixing: Mixing) -> Equivariance:
    zero = (sp.S.Zero,) * size
    motions = []
    for item in symmetry.members:
        images = item.prolong(jet)
        motions.append(Motion(images, mixing(item), zero, isinstance(item, PointMap)))
    return Equivariance(jet.coordinates, size, tuple(motions))


@dataclass(frozen=True)
class _Frame:
    """Vectors of the lowest orders that were found, with what ran out."""

    vectors: tuple[Vector, ...]
    rank: int
    most: int
    notes: tuple[str, ...]


def _lowest(
    condition: Condition,
    jet: Jet,
    symmetry: SymmetryLike,
    order: int | None,
    degree: int,
    relative: Sequence[sp.Expr],
    budget: float | None,
) -> _Frame:
    """Vectors order by order, each of which raises the rank, until there are as many as components."""
    resolved = as_symmetry(symmetry, jet).on(jet).closed()
    highest = jet.order if order is None else order
    if highest < 0:
        raise InvalidInput(f"the order of a frame is a whole number, 0 or more; found {highest}.")
    deadline = None if budget is None else time.monotonic() + budget
    best: _Frame | None = None
    for k in range(highest + 1):
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if best is not None and left == 0:
            return _Frame(
                best.vectors, best.rank, best.most, (*best.notes, f"The time was used up at order {k}.")
            )
        asked: Equivariance = condition(jet, resolved, k)
        variables = jet.with_order(k).coordinates
        kept = () if best is None else best.vectors
        found = equivariant_vectors(asked, degree=degree, variables=variables, minimal=True, budget=left)
        vectors, rank = list(kept), asked.rank(kept)
        further = list(found.vectors)
        if asked.rank([*kept, *further]) < found.most:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            further += vectors_with_factors(
                asked, relative, variables=variables, degree=degree, known=(*kept, *further), budget=left
            )
        for vector in further:
            grown = asked.rank([*vectors, vector])
            if grown > rank:
                vectors.append(vector)
                rank = grown
        best = _Frame(tuple(vectors), rank, found.most, found.notes if rank < found.most else ())
        if rank == asked.size:
            break
    assert best is not None
    return best


def invariant_operators(
    jet: Jet,
    symmetry: SymmetryLike,
    *,
    order: int | None = None,
    degree: int = 4,
    relative: Sequence[sp.Expr] = (),
    budget: float | None = 30,
) -> tuple[InvariantOperator, ...]:
    """Find operators D = sum_i h^i D_i that commute with a symmetry, with coefficients of low order.

        pr v(h^i) = sum_j h^j D_j xi^i   for every generator v

    The coefficients are polynomials, or a polynomial times powers of relative invariants; no operator is a
    combination of the others with invariant coefficients. There may be fewer than independent variables:
    then no others were found up to this order and degree (`tresse_operators` makes them from invariants).

    Arguments: `order` of the coefficients (default: of the jet); the highest `degree`; further `relative`
    invariants; `budget` in seconds.
    Raises InvalidInput for a symmetry that does not act on this jet.
    Source: Olver, Equivalence, Invariants, and Symmetry (1995), section 5.2.

    >>> from symeq.geometry.groups import boost, rotation, translation
    >>> for operator in invariant_operators(Jet("x y", "u"), rotation("x", "y") + translation("x", "y")):
    ...     print(operator)
    u_x*D_x + u_y*D_y
    -u_y*D_x + u_x*D_y
    >>> galilei = translation("t", "x") + boost("x", "u")
    >>> print(*invariant_operators(Jet("t x", "u"), galilei), sep="; ")
    D_x; D_t + u*D_x
    """
    found = _lowest(operator_condition, jet, symmetry, order, degree, relative, budget)
    return tuple(InvariantOperator(jet, vector) for vector in found.vectors)


def equivariant_frame(
    jet: Jet,
    symmetry: SymmetryLike,
    *,
    order: int | None = None,
    degree: int = 4,
    relative: Sequence[sp.Expr] = (),
    budget: float | None = 30,
) -> tuple[Vector, ...]:
    """Find vertical vectors Q that the group carries along: characteristics of fields that commute with it.

        pr v(Q^a) = sum_b (d phi^a/d u^b - sum_i u^a_i d xi^i/d u^b) Q^b

    Arguments and raises: as `invariant_operators`. Returns vectors of one expression per dependent variable.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), proposition 5.19.

    >>> from symeq.geometry.groups import rotation
    >>> equivariant_frame(Jet("t", "x y"), rotation("x", "y"))
    ((x, y), (-y, x))
    """
    return _lowest(frame_condition, jet, symmetry, order, degree, relative, budget).vectors


def tresse_operators(jet: Jet, invariants: Sequence[sp.Expr]) -> tuple[InvariantOperator, ...]:
    """Return the derivatives with respect to p invariants, which commute with every group that has them.

        d/dI_k = sum_i (D I)^{-1}_{ik} D_i,   (D I)_{ki} = D_i I_k

    Arguments: the invariants to choose from; the first p whose total Jacobian does not vanish are taken.
    Returns nothing where no p of them will do.
    Source: Olver, Equivalence, Invariants, and Symmetry (1995), proposition 5.26 (after Tresse, 1894).

    >>> jet = Jet("x", "u")
    >>> [operator] = tresse_operators(jet, [jet["u"]])
    >>> print(operator)
    D_x/u_x
    """
    p = len(jet.independent)
    for chosen in _independent(jet, invariants, p):
        matrix = sp.Matrix([[jet.total_derivative(i, x) for x in jet.independent] for i in chosen])
        adjugate, determinant = matrix.adjugate(), sp.factor(matrix.det(method="berkowitz"))
        return tuple(
            InvariantOperator(
                jet,
                tuple(gathered(jet, sp.factor(sp.expand(adjugate[i, k])) / determinant) for i in range(p)),
            )
            for k in range(p)
        )
    return ()


def _independent(jet: Jet, invariants: Sequence[sp.Expr], p: int) -> Iterator[tuple[sp.Expr, ...]]:
    """Sets of p invariants whose total Jacobian is not zero at a random point."""
    slopes = {i: [jet.total_derivative(i, x) for x in jet.independent] for i in invariants}
    moving = [i for i in invariants if any(d != 0 for d in slopes[i])]
    everything = [d for i in moving for d in slopes[i]]
    symbols = sorted(set().union(*(d.free_symbols for d in everything)), key=lambda s: s.name)
    ring = TermRing(filter(jet.is_coordinate, symbols), everything)
    read = {i: [ring.polynomial(d) for d in slopes[i]] for i in moving}
    point = ModularPoint(ring, random.Random(0))
    for chosen in islice(combinations(moving, p), CHOICES):
        values = np.array([[point(d) for d in read[i]] for i in chosen], dtype=np.int64)
        if modular_rank(values, point.prime) == p:
            yield chosen
