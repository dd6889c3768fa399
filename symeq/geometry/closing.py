"""Closure of vector fields under the bracket and under maps, with exact linear independence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import sympy
from sympy import Expr, Symbol
from sympy.polys.constructor import construct_domain

from symeq.errors import InvalidInput
from symeq.geometry.fields import VectorField
from symeq.geometry.maps import PointMap
from symeq.terms import Derivation, Poly, TermRing, add, multiply

Entries = dict[Any, Any]  # coefficient by component and monomial


class _Algebra(Protocol):
    """Fields in a form that can be bracketed and compared."""

    def read(self, field: VectorField) -> Any: ...

    def bracket(self, v: Any, w: Any) -> Any: ...

    def entries(self, form: Any) -> tuple[Any, Entries]: ...


def closure(
    generators: Sequence[VectorField], maps: Sequence[PointMap], parameters: Sequence[Symbol], limit: int
) -> tuple[list[VectorField], int]:
    """Return independent fields that span the closure, and how many of them were given.

    Arguments: `limit`, how many independent fields are enough to see that there is no end (more, if more
    were given).
    Raises InvalidInput when there are more.

    >>> x, y = sympy.symbols("x y")
    >>> fields, given = closure([VectorField({x: -y, y: x}), VectorField({x: 1})], [], [], 64)
    >>> [str(v) for v in fields], given
    (['-y*d_x + x*d_y', 'd_x', 'd_y'], 2)
    """
    try:
        algebra: _Algebra = _Polynomials(generators, maps, parameters)
        return _closure(algebra, generators, maps, limit)
    except _BeyondTerms:
        return _closure(_Expressions(parameters), generators, maps, limit)


class _BeyondTerms(Exception):
    """A component is no term whose normal form is independent of the others'."""


def _closure(
    algebra: _Algebra, generators: Sequence[VectorField], maps: Sequence[PointMap], limit: int
) -> tuple[list[VectorField], int]:
    span = _Span()
    forms: list[Any] = []
    made: list[VectorField | tuple[int, int]] = []  # the fields, or of which two each is the bracket

    def field(k: int) -> VectorField:
        # Most fields of an algebra without end are never asked for, and they are long.
        origin = made[k]
        if isinstance(origin, tuple):
            v, w = origin
            made[k] = origin = _primitive(field(v).bracket(field(w)))
        return origin

    def take(form: Any, origin: VectorField | tuple[int, int]) -> None:
        if span.grows_by(*algebra.entries(form)):
            forms.append(form)
            made.append(origin)

    for v in generators:
        take(algebra.read(v), v)
    given = len(forms)
    done = 0
    while done < len(forms):
        for k in range(done):
            take(algebra.bracket(forms[done], forms[k]), (done, k))
        for g in maps:
            moved = _primitive(g.pull_back(field(done)))
            take(algebra.read(moved), moved)
        done += 1
        if len(forms) > max(limit, given):  # what was given is needed, however much it is
            raise InvalidInput(
                f"brackets give more than {limit} independent fields, such as {field(given)}."
                " Give generators that close, or raise the limit."
            )
    return [field(k) for k in range(len(forms))], given


class _Polynomials:
    """Components as sums of independent monomials."""

    def __init__(
        self, generators: Sequence[VectorField], maps: Sequence[PointMap], parameters: Sequence[Symbol]
    ) -> None:
        members: list[VectorField | PointMap] = [*generators, *maps]
        symbols: set[Symbol] = set().union(*(item.free_symbols for item in members))
        variables = sorted(symbols - set(parameters), key=lambda s: s.name)
        components = [f for item in members for _, f in item.components]
        try:
            self.ring = TermRing(variables, [*components, *parameters])
            for f in components:
                self.ring.polynomial(f)
        except InvalidInput:
            raise _BeyondTerms from None

    def read(self, field: VectorField) -> tuple[dict[Symbol, Poly], Derivation]:
        try:
            return self._form({z: self.ring.polynomial(f) for z, f in field.components})
        except InvalidInput:
            raise _BeyondTerms from None

    def _form(self, polys: dict[Symbol, Poly]) -> tuple[dict[Symbol, Poly], Derivation]:
        # Roots and denominators of sums are related to what stands in them: no normal form of one alone.
        if any(g.kind == "power" for g in self.ring.generators):
            raise _BeyondTerms
        polys = {z: poly for z, poly in polys.items() if poly}
        images = {self.ring.index[z]: poly for z, poly in polys.items()}
        return polys, Derivation.of_polynomials(self.ring, images)

    def bracket(self, v: Any, w: Any) -> tuple[dict[Symbol, Poly], Derivation]:
        (first, along), (second, against) = v, w
        polys = {
            z: add(along(second.get(z, {})), multiply({(): -1}, against(first.get(z, {}))))
            for z in dict.fromkeys([*first, *second])
        }
        return self._form(polys)

    def entries(self, form: Any) -> tuple[Any, Entries]:
        polys, _ = form
        convert = self.ring.field.convert
        return self.ring.field, {
            (z, monomial): convert(c) for z, poly in polys.items() for monomial, c in poly.items()
        }


class _Expressions:
    """Components as SymPy leaves them, multiplied out."""

    def __init__(self, parameters: Sequence[Symbol]) -> None:
        self.parameters = frozenset(parameters)

    def read(self, field: VectorField) -> VectorField:
        return field

    def bracket(self, v: VectorField, w: VectorField) -> VectorField:
        return v.bracket(w)

    def entries(self, form: VectorField) -> tuple[Any, Entries]:
        found = dict(_terms(form, self.parameters))
        domain, values = construct_domain(
            [*found.values(), *self.parameters, sympy.S.One], field=True, extension=True
        )
        return domain, dict(zip(found, values, strict=False))


def _terms(field: VectorField, parameters: frozenset[Symbol]) -> Iterator[tuple[tuple[Symbol, Expr], Expr]]:
    found: dict[tuple[Symbol, Expr], Expr] = {}
    for z, f in field.components:
        for term in sympy.Add.make_args(f):
            coefficient, monomial = term.as_independent(*(term.free_symbols - parameters), as_Add=False)
            found[z, monomial] = found.get((z, monomial), sympy.S.Zero) + coefficient
    return iter(found.items())


class _Span:
    """The linear span of fields over the constants, as reduced rows: one exact elimination step per field."""

    def __init__(self) -> None:
        self.domain: Any = sympy.QQ
        self.rows: list[tuple[Any, Entries]] = []

    def grows_by(self, domain: Any, entries: Entries) -> bool:
        """Take a field in; say whether it is independent of those before."""
        joint = self.domain.unify(domain)
        if joint != self.domain:
            old, self.domain = self.domain, joint
            self.rows = [(p, {k: joint.convert_from(c, old) for k, c in row.items()}) for p, row in self.rows]
        # SymPy would convert an algebraic number into its own field by guessing it anew.
        same = domain == self.domain
        row = {k: c if same else self.domain.convert_from(c, domain) for k, c in entries.items() if c}
        for pivot, known in self.rows:
            if factor := row.get(pivot):
                for k, c in known.items():
                    new = row.get(k, self.domain.zero) - factor * c
                    if new:
                        row[k] = new
                    else:
                        row.pop(k, None)
        if not row:
            return False
        pivot, leading = next(iter(row.items()))
        self.rows.append((pivot, {k: c / leading for k, c in row.items()}))
        return True


def _primitive(field: VectorField) -> VectorField:
    """The multiple with coprime integer coefficients, the first positive; for reading only."""
    numbers = [c for _, c in _terms(field, frozenset()) if c.is_Rational]
    if not numbers:
        return field
    factor = sympy.ilcm(1, *(c.q for c in numbers)) / sympy.Integer(sympy.igcd(0, *(c.p for c in numbers)))
    return field * (factor if numbers[0] > 0 else -factor)
