"""Libraries: the candidate terms a law may be made of, as expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import sympy as sp

from symeq.errors import InvalidInput
from symeq.exact import Inconsistent, solve_affine
from symeq.geometry.calculus import exact_expression
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal
from symeq.latex import expression_latex
from symeq.terms.ring import TermRing, powers


@dataclass(frozen=True, init=False, repr=False)
class Library:
    """An ordered set of linearly independent candidate terms theta_1, ..., theta_m.

    Repeated terms and the numbers in front of terms are dropped. `a + b` (or `a | b`) is the union and
    `a * b` the library of all products; a sequence of expressions may stand on either side.

    >>> u, u_x = sp.symbols("u u_x")
    >>> print(Library([1, u]) * [1, u_x] + [sp.sin(u)])
    1, u_x, u, u*u_x, sin(u)

    Raises InvalidInput for terms that are linearly dependent, and for a library without terms.
    """

    terms: tuple[sp.Expr, ...]

    def __init__(self, terms: Iterable[sp.Expr | int]) -> None:
        distinct = dict.fromkeys(_without_number(term) for term in terms)
        distinct.pop(sp.S.Zero, None)
        if not distinct:
            raise InvalidInput("A library needs at least one term that is not zero.")
        object.__setattr__(self, "terms", tuple(distinct))
        # A library does not know its jet: a symbol in an exponent can only be a parameter.
        exponents = {s for term in distinct for power in term.atoms(sp.Pow) for s in power.exp.free_symbols}
        symbols = set().union(*(term.free_symbols for term in distinct)) - exponents
        check_independence(self.terms, sorted(symbols, key=str))

    @classmethod
    def of_independent(cls, terms: Iterable[sp.Expr]) -> Library:
        """A library of terms that are known to be independent, whatever functions they hold; nothing is
        checked.

        >>> x = sp.Symbol("x")
        >>> print(Library.of_independent([x, sp.besselj(0, x)]))
        x, besselj(0, x)
        """
        library = cls.__new__(cls)
        object.__setattr__(library, "terms", tuple(terms))
        return library

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[sp.Expr]:
        return iter(self.terms)

    def __contains__(self, term: sp.Expr) -> bool:
        return term in self.terms

    def __add__(self, other: Library | Iterable[sp.Expr | int]) -> Library:
        return Library([*self, *other])

    def __radd__(self, other: Iterable[sp.Expr | int]) -> Library:
        return Library([*other, *self])

    __or__, __ror__ = __add__, __radd__

    def __mul__(self, other: Library | Iterable[sp.Expr | int]) -> Library:
        factors = list(other)
        return Library([first * second for first in self for second in factors])

    def __rmul__(self, other: Iterable[sp.Expr | int]) -> Library:
        return Library([first * second for first in other for second in self])

    def __str__(self) -> str:
        return ", ".join(map(str, self.terms))

    def __repr__(self) -> str:
        return f"Library([{self}])"

    def latex(self, jet: Jet | None = None) -> str:
        r"""The terms as LaTeX, derivatives as subscripts when their jet is given.

        >>> x, y = sp.symbols("x y")
        >>> print(Library([x**2, x * y]).latex())
        x^{2}, \; x y
        """
        names = {} if jet is None else jet.latex_names(*self.terms)
        return r", \; ".join(expression_latex(term, names) for term in self.terms)


def _without_number(term: sp.Expr | int) -> sp.Expr:
    if isinstance(term, sp.Expr) and powers(term) is not None:
        return term
    number, rest = exact_expression(term).as_coeff_Mul()
    return rest if number else sp.S.Zero


def check_independence(terms: Sequence[sp.Expr], coordinates: Sequence[sp.Symbol]) -> None:
    """Refuse terms of which one is a combination of others with constant coefficients.

    >>> x, y = sp.symbols("x y")
    >>> check_independence([x + y, x, y], [x, y])
    Traceback (most recent call last):
    symeq.errors.InvalidInput: The terms x + y, x, y are linearly dependent. Leave one of them out.
    """
    known = set(coordinates)
    if all((p := powers(term)) is not None and p.keys() <= known for term in terms):
        return
    ring = TermRing(coordinates, terms)
    for term in terms:
        ring.polynomial(term)
    ring.confirm_independence()
    polys = ring.canonical([ring.polynomial(term) for term in terms])
    if all(len(poly) == 1 for poly in polys) and len({m for poly in polys for m in poly}) == len(polys):
        return
    rows: dict[object, dict[int, object]] = {}
    for k, poly in enumerate(polys):
        for monomial, coefficient in poly.items():
            rows.setdefault(monomial, {})[k] = coefficient
    answer = solve_affine([(row, 0) for row in rows.values()], len(terms), field=ring.field)
    if isinstance(answer, Inconsistent) or not answer.basis:
        return
    involved = ", ".join(str(terms[k]) for k in answer.basis[0])
    raise InvalidInput(f"The terms {involved} are linearly dependent. Leave one of them out.")


def monomials(*variables: sp.Expr, degree: int, min_degree: int = 0) -> Library:
    """All monomials x_1^{e_1} ... x_n^{e_n} with min_degree <= e_1 + ... + e_n <= degree, by degree.

    variables: symbols, or any expressions that serve as factors.

    >>> x, y = sp.symbols("x y")
    >>> print(monomials(x, y, degree=2))
    1, x, y, x**2, x*y, y**2

    Raises InvalidInput unless 0 <= min_degree <= degree.
    """
    if not 0 <= min_degree <= degree:
        raise InvalidInput(f"monomials: expected 0 <= min_degree <= degree, found {min_degree} and {degree}.")
    found = []
    for total in range(min_degree, degree + 1):
        for chosen in combinations_with_replacement(variables, total):
            found.append(sp.Mul(*chosen))
    return Library(found)


def partials(jet: Jet, u: sp.Symbol | str | Sequence[sp.Symbol | str], order: int) -> Library:
    """All derivatives of u (of each of several u) of order 1 to `order`; a law's own lead may be among them.

    >>> print(partials(Jet("t x", "u"), "u", 2))
    u_t, u_x, u_tt, u_tx, u_xx
    """
    dependents = [u] if isinstance(u, sp.Symbol | str) else u
    return Library([derivative for v in dependents for derivative in jet.derivatives(v, order)])


def default_library(jet: Jet, leads: Sequence[sp.Symbol], degree: int, order: int) -> Library:
    """Monomials in the dependent variables up to a degree, alone and times one derivative up to an order.

        u^e u_J,   |e| <= degree,   |J| <= order,   u_J neither a lead nor a derivative of one

    >>> jet = Jet("t x", "u")
    >>> print(default_library(jet, [jet["u_t"]], degree=1, order=2))
    1, u, u_x, u_xx, u*u_x, u*u_xx
    """
    states = monomials(*(u for u in jet.dependent if not is_principal(jet, leads, u)), degree=degree)
    by_order = sorted((d for u in jet.dependent for d in jet.derivatives(u, order)), key=jet.order_of)
    factors = [d for d in by_order if not is_principal(jet, leads, d)]
    return Library([*states, *(state * factor for state in states for factor in factors)])
