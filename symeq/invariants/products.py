"""Products of powers of relative invariants that are invariant, in the form a reader knows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, islice
from typing import Any

import sympy as sp

from symeq.exact.echelon import reduced_echelon_rows
from symeq.invariants.pool import Factor

SUPPORTS = 3000  # sets of factors that are tried below one


def invariant_product(newest: Factor, others: Sequence[Factor], field: Any) -> sp.Expr | None:
    """The shortest invariant f prod_i f_i^{e_i} of a factor f with others, or None if there is none.

        m + sum_i e_i m_i = 0

    Exponents stay fractions where the base is positive or the root is odd; else all are made whole. With an
    additive factor the answer is a sum with logarithms.
    """
    if newest.absolute:
        return newest.expression
    partners = [f for f in others if not f.absolute]
    size = len(newest.weights)
    best: tuple[Any, list[tuple[Factor, sp.Expr]]] | None = None
    supports = (c for n in range(1, size + 1) for c in combinations(partners, n))
    for support in islice(supports, SUPPORTS):
        if best is not None and best[0][0] == 0 and len(support) > best[0][1]:
            break
        exponents = _exponents(newest, support, field)
        if exponents is None:
            continue
        pairs = [(f, field.to_sympy(e)) for f, e in zip(support, exponents, strict=True)]
        key = (sum(not e.is_Integer for _, e in pairs), len(pairs), _length(pairs))
        if best is None or key < best[0]:
            best = key, pairs
    return None if best is None else _written(newest, best[1])


def _exponents(newest: Factor, support: Sequence[Factor], field: Any) -> list[Any] | None:
    """The e_i, where they are unique and none is 0."""
    rows = []
    for at, own in enumerate(newest.weights):
        row = {k: field.convert(f.weights[at]) for k, f in enumerate(support) if f.weights[at]}
        if own:
            row[len(support)] = -field.convert(own)
        rows.append(row)
    reduced = reduced_echelon_rows([row for row in rows if row], field)
    if sorted(reduced) != list(range(len(support))):
        return None
    found = [field.convert(reduced[k].get(len(support), 0)) / field.convert(reduced[k][k]) for k in reduced]
    return found if all(found) else None


def _length(pairs: Sequence[tuple[Factor, sp.Expr]]) -> tuple[Any, ...]:
    roots = sum(e.is_Rational and e.q % 2 == 0 and not is_positive(f) for f, e in pairs)
    size = sum(abs(e) * f.degree if e.is_Rational else 10 for f, e in pairs)
    signed = sum(not is_positive(f) for f, _ in pairs)
    return roots, signed, sum(f.order + len(f.poly) for f, _ in pairs), size


def is_positive(factor: Factor) -> bool:
    """Whether a factor is a sum of squares, with positive coefficients, as it stands."""
    even = all(int(e) == e and e % 2 == 0 for m in factor.poly for _, e in m)
    terms = sp.Add.make_args(factor.expression)
    return even and all(term.as_coeff_Mul()[0].is_positive for term in terms)


def _written(newest: Factor, pairs: Sequence[tuple[Factor, sp.Expr]]) -> sp.Expr:
    additive = newest.additive or any(f.additive for f, _ in pairs)
    if additive:
        everything = [(newest, sp.S.One), *pairs]
        lead = next(e for f, e in everything if f.additive)
        return sp.Add(
            *((e / lead) * (f.expression if f.additive else sp.log(f.expression)) for f, e in everything)
        )
    raised = sp.S.One
    uneven = [e.q for f, e in pairs if e.is_Rational and e.q % 2 == 0 and not is_positive(f)]
    if uneven:
        raised = sp.Integer(sp.ilcm(1, *(e.q for _, e in pairs if e.is_Rational)))
    return sp.Mul(newest.expression**raised, *(f.expression ** (e * raised) for f, e in pairs))
