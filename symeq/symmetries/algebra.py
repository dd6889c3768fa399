"""The Lie algebra of fields: structure constants, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from sympy import Expr, Symbol

from symeq.geometry.fields import VectorField
from symeq.terms import Derivation, TermRing
from symeq.terms.polynomials import Poly, accumulate

Entry = tuple[Symbol, Any]  # a variable and a monomial of the component along it
Constants = Mapping[tuple[int, int], dict[int, Expr] | None]


def structure_constants(
    fields: Sequence[VectorField], variables: Sequence[Symbol], parameters: Sequence[Symbol] = ()
) -> Constants:
    """Return {(i, j): {k: c}} with [v_i, v_j] = sum_k c v_k for i < j; None where no combination does.

    The fields are independent over the constants.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 1.4.

    >>> x = sp.Symbol("x")
    >>> projective = [VectorField({x: 1}), VectorField({x: x}), VectorField({x: x**2})]
    >>> structure_constants(projective, [x])
    {(0, 1): {0: 1}, (0, 2): {1: 2}, (1, 2): {2: 1}}
    """
    ring = TermRing(variables, [*parameters, *(f for v in fields for _, f in v.components)])
    components = [{z: ring.polynomial(f) for z, f in v.components} for v in fields]
    actions = [Derivation(ring, dict(v.components)) for v in fields]
    pairs = [(i, j) for j in range(len(fields)) for i in range(j)]
    brackets = [_bracket(actions[i], actions[j], components[i], components[j]) for i, j in pairs]
    vectors = _vectors(ring, [*components, *brackets], variables)
    basis = _Coordinates(ring, vectors[: len(fields)])
    return {
        pair: basis.of(vector)
        for pair, vector in sorted(zip(pairs, vectors[len(fields) :], strict=True), key=lambda e: e[0])
    }


def _bracket(v: Derivation, w: Derivation, of_v: Mapping[Symbol, Poly], of_w: Mapping[Symbol, Poly]) -> Any:
    bracket: dict[Symbol, Poly] = {}
    for z in dict.fromkeys([*of_v, *of_w]):
        total = v(of_w.get(z, {}))
        for monomial, value in w(of_v.get(z, {})).items():
            accumulate(total, monomial, -value)
        bracket[z] = total
    return bracket


def _vectors(
    ring: TermRing, fields: Sequence[Mapping[Symbol, Poly]], variables: Sequence[Symbol]
) -> list[dict[Entry, Any]]:
    """The fields as vectors over the constants, equal only if the fields are."""
    vectors: list[dict[Entry, Any]] = [{} for _ in fields]
    for z in variables:
        for vector, poly in zip(vectors, ring.canonical([f.get(z, {}) for f in fields]), strict=True):
            vector.update({(z, m): ring.field.convert(c) for m, c in poly.items()})
    ring.confirm_independence()
    return vectors


class _Coordinates:
    """Coordinates in a basis, from its reduced rows and how they are made of it."""

    def __init__(self, ring: TermRing, basis: Sequence[dict[Entry, Any]]) -> None:
        self.field = ring.field
        self.rows: list[tuple[Entry, dict[Entry, Any], dict[int, Any]]] = []
        for k, vector in enumerate(basis):
            rest, made = self._reduced(vector)
            pivot, leading = next(iter(rest.items()))
            made = {at: -c / leading for at, c in made.items()}
            made[k] = self.field.one / leading
            self.rows.append((pivot, {e: c / leading for e, c in rest.items()}, made))

    def _reduced(self, vector: Mapping[Entry, Any]) -> tuple[dict[Entry, Any], dict[int, Any]]:
        """What is left of a vector, and the combination of the basis that was taken off."""
        rest, made = dict(vector), dict[Any, Any]()
        for pivot, row, combination in self.rows:
            factor = rest.get(pivot)
            if not factor:
                continue
            _accumulate(rest, row, -factor)
            _accumulate(made, combination, factor)
        return rest, made

    def of(self, vector: Mapping[Entry, Any]) -> dict[int, Expr] | None:
        rest, made = self._reduced(vector)
        if rest:
            return None
        return {k: sp.expand(self.field.to_sympy(made[k])) for k in sorted(made)}


def _accumulate(total: dict[Any, Any], part: Mapping[Any, Any], factor: Any) -> None:
    for key, value in part.items():
        new = total[key] + factor * value if key in total else factor * value
        if new:
            total[key] = new
        else:
            total.pop(key, None)
