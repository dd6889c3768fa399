"""Integration by parts, exactly: a term as a sum of total derivatives, which move to the test function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from math import comb, prod

import numpy as np
import sympy as sp

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.separate import Component
from symeq.exact import AffineSolutions, solve_affine
from symeq.geometry.calculus import partial_derivative
from symeq.geometry.jet import Jet

MultiIndex = tuple[int, ...]
Factor = tuple[sp.Symbol, MultiIndex]  # a dependent variable and how often it is differentiated
Monomial = tuple[Factor, ...]  # factors in order, repeated for powers
MOST_CANDIDATES = 300  # D^a f that are tried for one term; beyond it, it is left as it is


@dataclass(frozen=True)
class Atom:
    r"""A column of the weak form, :math:`(-1)^{|a|} \int D^a\varphi \, f`: the derivatives ``index`` that
    moved to the test function, and the function ``inside``."""

    index: MultiIndex
    inside: sp.Expr


@dataclass(frozen=True)
class WeakForm:
    r"""An ansatz after integration by parts.

    ``atoms`` (atom,); ``fixed`` (lead, atom), the left-hand sides :math:`L - B_0`; ``basis`` (unknown, lead,
    atom), the :math:`B_k`, all over the atoms.
    """

    atoms: tuple[Atom, ...]
    fixed: np.ndarray
    basis: np.ndarray

    @property
    def functions(self) -> tuple[sp.Expr, ...]:
        """The distinct functions inside."""
        return tuple(dict.fromkeys(atom.inside for atom in self.atoms))

    @property
    def order(self) -> MultiIndex:
        """The most derivatives that moved, along each axis."""
        return tuple(max(counts) for counts in zip(*(atom.index for atom in self.atoms), strict=True))

    def part(self, component: Component) -> WeakForm:
        """Some equations, over the same atoms."""
        leads, unknowns = list(component.leads), list(component.unknowns)
        return WeakForm(self.atoms, self.fixed[leads], self.basis[unknowns][:, leads])


def weak_form(ansatz: LinearAnsatz) -> WeakForm:
    r"""All vectors of an ansatz as sums of :math:`D^a f_a`, each vector as a whole.

    .. math:: \int \varphi\, B_{k} = \sum_a (-1)^{|a|} \int D^a\varphi \, f_{k,a}

    >>> from symeq.ansatz.library import monomials
    >>> from symeq.ansatz.linear import linear_ansatz
    >>> from symeq.geometry.groups import boost
    >>> jet = Jet("t x", "u", order=2)
    >>> u, u_x, u_xx = (jet[name] for name in ("u", "u_x", "u_xx"))
    >>> for atom in weak_form(linear_ansatz(jet, [u * u_x, u_xx], boost("x", "u"))).atoms:
    ...     print(atom.index, atom.inside)
    (0, 1) u**2
    (1, 0) u
    (0, 2) u

    Raises InvalidInput when a coefficient contains a parameter.
    """
    ansatz.columns()  # refuses parameters
    jet = ansatz.jet
    places: dict[Atom, int] = {}
    moved = cache(partial(divergence_form, jet))  # equations of a system have many terms in common

    def entries(expression: sp.Expr) -> dict[int, float]:
        found: dict[int, float] = {}
        for index, inside in moved(expression):
            for term in sp.Add.make_args(inside):
                number, function = term.as_coeff_Mul()
                place = places.setdefault(Atom(index, function), len(places))
                found[place] = found.get(place, 0.0) + float(number)
        return found

    lefts = [entries(lead - fixed) for lead, fixed in zip(ansatz.leads, ansatz.fixed, strict=True)]
    vectors = [[entries(vector[a]) for a in range(len(ansatz.leads))] for vector in ansatz.basis]
    fixed = np.zeros((len(lefts), len(places)))
    basis = np.zeros((len(vectors), len(lefts), len(places)))
    for a, left in enumerate(lefts):
        fixed[a, list(left)] = list(left.values())
        for k, vector in enumerate(vectors):
            basis[k, a, list(vector[a])] = list(vector[a].values())
    return WeakForm(tuple(places), fixed, basis)


def divergence_form(jet: Jet, expression: sp.Expr) -> tuple[tuple[MultiIndex, sp.Expr], ...]:
    r"""Write an expression as :math:`\sum_a D^a f_a` with as few derivatives left inside the f as possible.

    The highest order left inside any factor is made least, then the sum of orders, by exact linear algebra
    on the monomials with the same variables and the same derivatives; a coefficient g that depends on the
    coordinates follows by :math:`g D^a f = \sum_k (-1)^{|k|} \binom{a}{k} D^{a-k}(f\, \partial^k g)`.
    Returns pairs (a, f_a). What cannot be moved is left inside.

    >>> jet = Jet("t x", "u", order=2)
    >>> u, u_x, u_xx = (jet[name] for name in ("u", "u_x", "u_xx"))
    >>> divergence_form(jet, u * u_x)
    (((0, 1), u**2/2),)
    >>> divergence_form(jet, u_x**2 + u * u_xx)
    (((0, 2), u**2/2),)
    >>> divergence_form(jet, u_x**2)
    (((0, 0), u_x**2),)
    >>> divergence_form(jet, jet["x"] * u_xx)
    (((0, 1), -2*u), ((0, 2), u*x))

    Source: P. J. Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 4.1,
    for total derivatives; D. A. Messenger, D. M. Bortz, J. Comput. Phys. 443 (2021) 110525, for weak forms.
    """
    found: dict[MultiIndex, sp.Expr] = {}

    def add(index: MultiIndex, function: sp.Expr) -> None:
        found[index] = found.get(index, sp.S.Zero) + function

    none = (0,) * len(jet.independent)
    classes: dict[tuple[sp.Expr, tuple[sp.Symbol, ...], MultiIndex], dict[Monomial, sp.Expr]] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        number, place, rest = _factors(jet, term)
        monomial = _monomial(jet, rest)
        if monomial is not None:
            variables = tuple(u for u, _ in monomial)
            own = classes.setdefault((place, variables, _total(monomial, none)), {})
            own[monomial] = own.get(monomial, sp.S.Zero) + number
            continue
        index, inside = _of_function(jet, rest)
        for moved, function in _with_coefficient(jet, index, number * inside, place):
            add(moved, function)
    for (place, _, total), target in classes.items():
        for index, function in _moved(jet, target, total):
            for moved, product_ in _with_coefficient(jet, index, function, place):
                add(moved, product_)
    expanded = ((index, sp.expand(function)) for index, function in sorted(found.items()))
    return tuple((index, function) for index, function in expanded if function != 0)


def _factors(jet: Jet, term: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """A term as number times function of place and time times the rest."""
    number, place, rest = sp.S.One, sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(term):
        symbols = {s for s in factor.free_symbols if jet.is_coordinate(s)}
        if not symbols:
            number *= factor
        elif symbols <= set(jet.independent):
            place *= factor
        else:
            rest *= factor
    return number, place, rest


def _monomial(jet: Jet, rest: sp.Expr) -> Monomial | None:
    """The factors of a product of powers of coordinates; None for anything else."""
    factors: list[Factor] = []
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if factor == 1:
            continue
        if not base.is_Symbol or not exponent.is_Integer or exponent < 0:
            return None
        factors += [jet.multi_index(base)] * int(exponent)
    return _ordered(factors)


def _ordered(factors: Sequence[Factor]) -> Monomial:
    return tuple(sorted(factors, key=lambda factor: (factor[0].name, factor[1])))


def _total(monomial: Monomial, none: MultiIndex) -> MultiIndex:
    return tuple(map(sum, zip(none, *(index for _, index in monomial), strict=True)))


def _of_function(jet: Jet, rest: sp.Expr) -> tuple[MultiIndex, sp.Expr]:
    """h(u) u_i = D_i of the integral of h; other functions stay inside."""
    none = (0,) * len(jet.independent)
    derivatives = [s for s in rest.free_symbols if s not in jet.independent and jet.order_of(s) > 0]
    if len(derivatives) != 1 or jet.order_of(derivatives[0]) != 1:
        return none, rest
    [slope] = derivatives
    u, index = jet.multi_index(slope)
    height = sp.cancel(rest / slope)
    if height.free_symbols & {slope} or height.free_symbols - {u}:
        return none, rest
    primitive = sp.integrate(height, u)
    return (none, rest) if primitive.has(sp.Integral) else (index, primitive)


def _with_coefficient(
    jet: Jet, index: MultiIndex, function: sp.Expr, place: sp.Expr
) -> Iterator[tuple[MultiIndex, sp.Expr]]:
    """g D^a f = sum over k <= a of (-1)^|k| binomial(a, k) D^(a-k) (f d^k g)."""
    if place == 1:
        yield index, function
        return
    for steps in product(*(range(count + 1) for count in index)):
        slope = place
        for x, count in zip(jet.independent, steps, strict=True):
            for _ in range(count):
                slope = partial_derivative(slope, x)
        if slope != 0:
            number = (-1) ** sum(steps) * prod(map(comb, index, steps))
            yield tuple(a - k for a, k in zip(index, steps, strict=True)), number * function * slope


def _moved(
    jet: Jet, target: Mapping[Monomial, sp.Expr], total: MultiIndex
) -> list[tuple[MultiIndex, sp.Expr]]:
    """A polynomial whose monomials share variables and derivatives as sum of D^a f, the least inside."""
    variables = tuple(u for u, _ in next(iter(target)))
    if len(variables) == 1:  # a derivative itself, the only monomial of its kind
        return [(total, number * variables[0]) for number in target.values()]
    highest = max((sum(index) for monomial in target for _, index in monomial), default=0)
    for inner in range(highest):
        candidates: list[tuple[MultiIndex, Monomial]] = []
        for inside in sorted(product(*(range(count + 1) for count in total)), key=lambda b: (sum(b), b)):
            candidates += [
                (tuple(t - b for t, b in zip(total, inside, strict=True)), monomial)
                for monomial in _inside(variables, inside, inner)
            ]
            if len(candidates) > MOST_CANDIDATES:
                break
        if len(candidates) > MOST_CANDIDATES:
            break
        solved = _combination(target, candidates)
        if solved is not None:
            return [(index, number * _expression(jet, monomial)) for (index, monomial), number in solved]
    none = (0,) * len(total)
    return [(none, number * _expression(jet, monomial)) for monomial, number in target.items()]


def _combination(
    target: Mapping[Monomial, sp.Expr], candidates: Sequence[tuple[MultiIndex, Monomial]]
) -> list[tuple[tuple[MultiIndex, Monomial], sp.Expr]] | None:
    """The target as a combination of D^a f, with the least sum of orders inside."""
    columns = [_differentiated(monomial, index) for index, monomial in candidates]
    for level in sorted({sum(_total(f, (0,) * len(a))) for a, f in candidates}):
        used = [k for k, (a, f) in enumerate(candidates) if sum(_total(f, (0,) * len(a))) <= level]
        rows = list(dict.fromkeys([*target, *(m for k in used for m in columns[k])]))
        system = [
            ({j: sp.Integer(columns[k][m]) for j, k in enumerate(used) if m in columns[k]}, target.get(m, 0))
            for m in rows
        ]
        solved = solve_affine(system, len(used))
        if isinstance(solved, AffineSolutions):
            orders = [_orders(candidates[k][1]) for k in used]
            return [(candidates[used[j]], number) for j, number in _lowered(solved, orders).items()]
    return None


def _orders(monomial: Monomial) -> tuple[int, int]:
    """How many derivatives are inside, and the most in one factor."""
    counts = [sum(index) for _, index in monomial]
    return sum(counts), max(counts, default=0)


def _lowered(solved: AffineSolutions, orders: Sequence[tuple[int, int]]) -> dict[int, sp.Expr]:
    """A solution in which no term can be replaced by others with fewer derivatives inside."""
    terms = dict(solved.particular)
    improved = True
    while improved:
        improved = False
        for vector in solved.basis:
            highest = max(orders[j] for j in vector)
            top = [j for j in vector if orders[j] == highest]
            if len(top) == 1 and top[0] in terms:
                share = terms[top[0]] / vector[top[0]]
                for j, number in vector.items():
                    terms[j] = terms.get(j, sp.S.Zero) - share * number
                terms = {j: number for j, number in terms.items() if number != 0}
                improved = True
    return terms


def _inside(variables: tuple[sp.Symbol, ...], total: MultiIndex, inner: int) -> list[Monomial]:
    """All monomials of these variables with these derivatives, none of more than ``inner`` in one factor."""
    indices = [index for index in product(*(range(min(t, inner) + 1) for t in total)) if sum(index) <= inner]
    found: dict[Monomial, None] = {}
    partial: dict[tuple[Monomial, MultiIndex], None] = {((), total): None}
    for u in variables:
        following: dict[tuple[Monomial, MultiIndex], None] = {}
        for monomial, left in partial:
            for index in indices:
                rest = tuple(a - b for a, b in zip(left, index, strict=True))
                if min(rest) >= 0:
                    following[_ordered([*monomial, (u, index)]), rest] = None
        partial = following
    for monomial, left in partial:
        if not any(left):
            found[monomial] = None
    return list(found)


def _differentiated(monomial: Monomial, index: MultiIndex) -> dict[Monomial, int]:
    """D^a of a monomial as whole numbers by monomial."""
    result = {monomial: 1}
    for axis, count in enumerate(index):
        for _ in range(count):
            following: dict[Monomial, int] = {}
            for factors, number in result.items():
                for k, (u, have) in enumerate(factors):
                    raised = (u, tuple(c + (j == axis) for j, c in enumerate(have)))
                    made = _ordered([*factors[:k], raised, *factors[k + 1 :]])
                    following[made] = following.get(made, 0) + number
            result = following
    return result


def _expression(jet: Jet, monomial: Monomial) -> sp.Expr:
    return sp.Mul(*(jet.derivative(u, index) for u, index in monomial))
