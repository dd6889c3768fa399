"""The condition that a law L = F has a symmetry, as affine equations C c = d on the coefficients of F."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NoReturn

import sympy as sp

from symeq.errors import InvalidInput
from symeq.exact import Row
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry
from symeq.terms.actions import Derivation, substitution
from symeq.terms.polynomials import Monomial, Poly, add, multiply
from symeq.terms.ring import TermRing, powers

Column = tuple[int, sp.Expr]  # one unknown coefficient: the position of its lead, and its term


@dataclass
class Action:
    """What one generator or map does to the law: L_a -> A_a + sum_b M_ab L_b, theta -> image(theta).

    The condition on F is A_a + sum_b M_ab F_b - image(F_a) = 0 for every lead a. For a generator v the
    image is pr v(theta) and A + M L = pr v(L); for a map g it is theta o g and A + M L = L o g.
    """

    source: VectorField | PointMap
    image: Callable[[sp.Expr], Poly]
    shifts: list[Poly] = field(default_factory=list)
    mixing: list[dict[int, Poly]] = field(default_factory=list)


class SymmetryCondition:
    """The conditions of all generators and maps of a symmetry on the right-hand sides of a law.

        pr v(L_a - F_a) = 0 and (L_a - F_a) o g = 0   whenever L = F

    jet, leads: the variables and the leading derivatives L_a.
    symmetry: as it acts on this jet (`Symmetry.on`).
    terms: every term that F may contain.

    >>> from symeq.geometry.groups import boost
    >>> jet = Jet("t x", "u")
    >>> terms = [jet.parse("u*u_x"), jet["u_xx"]]
    >>> condition = SymmetryCondition(jet, [jet["u_t"]], boost("x", "u").on(jet), terms)
    >>> condition.rows([(0, term) for term in terms])
    [({0: -1}, 1)]

    Raises InvalidInput where the condition is not affine in F: when a leading derivative or a derivative of
    one turns up in the image of a term, as it may for a field whose time component depends on more than time.
    """

    def __init__(
        self, jet: Jet, leads: Sequence[sp.Symbol], symmetry: Symmetry, terms: Iterable[sp.Expr]
    ) -> None:
        self.jet, self.leads = jet, tuple(leads)
        terms = list(dict.fromkeys(terms))
        in_terms = self._coordinates(terms)
        elements: list[VectorField | PointMap] = [*symmetry.generators, *symmetry.maps]
        images = [self._images(element, [*in_terms, *leads]) for element in elements]
        # A function may need new constants after a map: exp(x) -> exp(x + 2) needs exp(2).
        functions = [term for term in terms if powers(term.as_coeff_Mul()[1]) is None]
        moved = [
            term.subs(image, simultaneous=True)
            for element, image in zip(elements, images, strict=True)
            if isinstance(element, PointMap)
            for term in functions
        ]
        everything = [*terms, *moved, *chain.from_iterable(image.values() for image in images)]
        self.ring = TermRing(dict.fromkeys([*in_terms, *leads, *self._coordinates(everything)]), everything)
        self.actions = [self._action(e, image, in_terms) for e, image in zip(elements, images, strict=True)]
        for term in terms:
            self.ring.polynomial(term)
        self.ring.confirm_independence()

    def _coordinates(self, expressions: Iterable[sp.Expr]) -> list[sp.Symbol]:
        symbols = set().union(*(e.free_symbols for e in expressions))
        return sorted(filter(self.jet.is_coordinate, symbols), key=lambda s: s.name)

    def _images(
        self, element: VectorField | PointMap, coordinates: list[sp.Symbol]
    ) -> dict[sp.Symbol, sp.Expr]:
        if isinstance(element, VectorField):
            return element.prolong_on(self.jet, coordinates)
        return element.prolong(self.jet, coordinates)

    def _action(
        self, element: VectorField | PointMap, images: dict[sp.Symbol, sp.Expr], in_terms: Sequence[sp.Symbol]
    ) -> Action:
        principal = {
            generator.expression
            for generator in self.ring.generators
            if generator.kind == "coordinate" and is_principal(self.jet, self.leads, generator.expression)
        }
        for z in in_terms:
            if z in images and not principal.isdisjoint(images[z].free_symbols):
                self._refuse(element, z, images[z].free_symbols & principal)
        if isinstance(element, VectorField):
            derivation = Derivation(self.ring, images)
            action = Action(element, lambda term: derivation(self.ring.polynomial(term)))
        else:
            action = Action(element, substitution(self.ring, images))
        for lead in self.leads:
            shift, mixing = self._split(element, lead, images.get(lead, sp.S.Zero), principal)
            action.shifts.append(shift)
            action.mixing.append(mixing)
        return action

    def _split(
        self,
        element: VectorField | PointMap,
        lead: sp.Symbol,
        image: sp.Expr,
        principal: set[sp.Symbol],
    ) -> tuple[Poly, dict[int, Poly]]:
        """The image of a lead as A + sum_b M_b L_b."""
        poly = self.ring.polynomial(image)
        position = {self.ring.index[lead]: b for b, lead in enumerate(self.leads)}
        hidden = {i for i, g in enumerate(self.ring.generators) if g.expression.free_symbols & principal}
        shift: Poly = {}
        mixing: dict[int, Poly] = {}
        for monomial, coefficient in poly.items():
            leading = [(i, e) for i, e in monomial if i in hidden]
            rest: Monomial = tuple((i, e) for i, e in monomial if i not in hidden)
            if not leading:
                shift[rest] = coefficient
            elif len(leading) == 1 and leading[0][1] == 1 and leading[0][0] in position:
                mixing.setdefault(position[leading[0][0]], {})[rest] = coefficient
            else:
                found = set().union(*(self.ring.generators[i].expression.free_symbols for i, _ in leading))
                self._refuse(element, lead, found & principal)
        return shift, mixing

    def _refuse(
        self, element: VectorField | PointMap, coordinate: sp.Symbol, symbols: Iterable[sp.Symbol]
    ) -> NoReturn:
        names = ", ".join(sorted(s.name for s in symbols))
        leads = ", ".join(lead.name for lead in self.leads)
        advice = "Choose" if coordinate in self.leads else f"Leave out the terms with {coordinate}, or choose"
        raise InvalidInput(
            f"The condition that `{element}` is a symmetry is not linear in a law solved for {leads}: the"
            f" image of {coordinate} contains {names}. {advice} another leading derivative."
        )

    def rows(self, columns: Sequence[Column], elements: Iterable[int] | None = None) -> list[Row]:
        """One affine equation per element, lead and monomial, monomials outside the library included.

        columns: the unknown coefficients.
        elements: positions of the generators and then the maps (default: all).
        """
        chosen = range(len(self.actions)) if elements is None else elements
        return [row for i in chosen for row in self._rows_of(self.actions[i], columns)]

    def _rows_of(self, action: Action, columns: Sequence[Column]) -> Iterator[Row]:
        terms = dict.fromkeys(term for _, term in columns)
        images = {term: _negative(action.image(term)) for term in terms}
        for a in range(len(self.leads)):
            unknowns: list[int] = []
            polys = [action.shifts[a]]
            for k, (b, term) in enumerate(columns):
                mixed = action.mixing[a].get(b)
                poly = multiply(mixed, self.ring.polynomial(term)) if mixed else {}
                if a == b:
                    poly = add(poly, images[term]) if poly else images[term]
                if poly:
                    unknowns.append(k)
                    polys.append(poly)
            shift, *polys = self.ring.canonical(polys)
            rows: dict[Monomial, dict[int, object]] = {monomial: {} for monomial in shift}
            for k, poly in zip(unknowns, polys, strict=True):
                for monomial, coefficient in poly.items():
                    rows.setdefault(monomial, {})[k] = coefficient
            for monomial, row in rows.items():
                yield row, -shift.get(monomial, 0)

    def residuals(self, rhs: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, ...], ...]:
        """A_a + sum_b M_ab F_b - image(F_a) for each element and lead, zero if and only if it vanishes."""
        polys = [self.ring.polynomial(f) for f in rhs]
        found = []
        for action in self.actions:
            of_leads = []
            for a, f in enumerate(rhs):
                mixed = [multiply(factor, polys[b]) for b, factor in action.mixing[a].items()]
                images = [_negative(action.image(term)) for term in sp.Add.make_args(f)]
                residual = add(action.shifts[a], *mixed, *images)
                zero = not self.ring.canonical([residual])[0]
                of_leads.append(sp.S.Zero if zero else self.ring.expression(residual))
            found.append(tuple(of_leads))
        return tuple(found)


def _negative(poly: Poly) -> Poly:
    return {monomial: -coefficient for monomial, coefficient in poly.items()}
