"""Quadratic equations that are linear in most unknowns: elimination, and branches where a row factors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sympy.polys.domains.domain import Domain
from sympy.polys.matrices.sdm import sdm_irref
from sympy.polys.orderings import lex
from sympy.polys.polyerrors import PolynomialError
from sympy.polys.rings import PolyRing

Key = tuple[int, ...]  # unknowns of a monomial, in increasing order; () stands for 1
Form = dict[Key, Any]
Affine = list[Form]  # every unknown as an affine form in those that stay free

MOST_BRANCHES = 200
FACTORED_UNKNOWNS = 4  # a row in more unknowns is not tried for factors


def solve_quadratic(
    rows: Sequence[Mapping[Key, Any]], unknowns: int, field: Domain, check: Callable[[], None]
) -> Iterator[Affine | None]:
    """Every affine space of solutions that elimination and factoring find; None for a rest they leave.

    rows: polynomials of degree two at most in the unknowns 0, 1, ..., each of which has to vanish.
    check: called between steps, to stop in time.

    >>> from sympy import QQ
    >>> one = QQ.one
    >>> system = [{(0, 0): one, (): -4 * one}, {(0, 1): one, (): -2 * one}]
    >>> [[form[()] == value for form, value in zip(answer, expected)]
    ...     for answer, expected in zip(solve_quadratic(system, 2, QQ, lambda: None), [(2, 1), (-2, -1)])]
    [[True, True], [True, True]]
    """
    start: Affine = [{(n,): field.one} for n in range(unknowns)]
    stack = [([_sorted(row) for row in rows], start)]
    for _ in range(MOST_BRANCHES):
        if not stack:
            return
        check()
        system, known = stack.pop()
        reduced = _eliminated(system, known, field, check)
        if reduced is None:
            continue
        system, known = reduced
        if not system:
            yield known
            continue
        factors = next(filter(None, (_factors(row, field) for row in sorted(system, key=_width))), None)
        if factors is None:
            yield None
            continue
        # An empty list of factors is a row without a real solution.
        stack += [([*system, factor], known) for factor in reversed(factors)]
    if stack:
        yield None


def _sorted(row: Mapping[Key, Any]) -> Form:
    total: Form = {}
    for key, value in row.items():
        _add(total, tuple(sorted(key)), value)
    return total


def _add(total: Form, key: Key, value: Any) -> None:
    new = total[key] + value if key in total else value
    if new:
        total[key] = new
    else:
        total.pop(key, None)


def _width(row: Form) -> int:
    return len({n for key in row for n in key})


def _eliminated(
    system: list[Form], known: Affine, field: Domain, check: Callable[[], None]
) -> tuple[list[Form], Affine] | None:
    """Use up every linear row, those among combinations of the rows included; None for a contradiction."""
    combined = False
    while True:
        check()
        # What is linear as it stands shrinks the system before its quadratic rows are combined.
        quadratic = [row for row in system if not combined and any(len(key) > 1 for key in row)]
        system = system if combined else [row for row in system if all(len(key) < 2 for key in row)]
        keys = sorted({key for row in system for key in row}, key=lambda key: (-len(key), key))
        place = {key: k for k, key in enumerate(keys)}
        matrix = {n: {place[key]: value for key, value in row.items()} for n, row in enumerate(system) if row}
        reduced, pivots, _ = sdm_irref(matrix)
        system = [{keys[k]: value for k, value in row.items()} for row in reduced.values()]
        linear: dict[int, Form] = {}
        for row, pivot in zip(system, pivots, strict=True):
            key = keys[pivot]
            if not key:
                return None
            if len(key) == 1:
                linear[key[0]] = {other: -value for other, value in row.items() if other != key}
        if not linear and combined:
            return system, known
        combined = not linear
        rest = [row for row, pivot in zip(system, pivots, strict=True) if len(keys[pivot]) > 1]
        system = [_substituted(row, linear) for row in (*rest, *quadratic)]
        known = [_substituted(form, linear) for form in known]


def _substituted(row: Form, linear: Mapping[int, Form]) -> Form:
    total: Form = {}
    for key, value in row.items():
        product: Form = {(): value}
        for n in key:
            factor = linear.get(n)
            if factor is None:
                product = {tuple(sorted((*k, n))): v for k, v in product.items()}
                continue
            expanded: Form = {}
            for k, v in product.items():
                for other, w in factor.items():
                    _add(expanded, tuple(sorted((*k, *other))), v * w)
            product = expanded
        for k, v in product.items():
            _add(total, k, v)
    return total


def _factors(row: Form, field: Domain) -> list[Form] | None:
    """The factors of a row, or None when it has none; an empty list where no real number solves it."""
    involved = sorted({n for key in row for n in key})
    if len(involved) > FACTORED_UNKNOWNS:
        return None
    ring = PolyRing([f"x{n}" for n in involved], field, lex)
    polynomial = ring.zero
    for key, value in row.items():
        term = ring.one * value
        for n in key:
            term *= ring.gens[involved.index(n)]
        polynomial += term
    try:
        _, factors = polynomial.factor_list()
    except (PolynomialError, NotImplementedError):
        return None
    if len(factors) == 1 and factors[0][1] == 1:
        return [] if _without_roots(row, involved, field) else None
    found = []
    for factor, _ in factors:
        form: Form = {}
        for exponents, value in factor.terms():
            key = tuple(n for n, e in zip(involved, exponents, strict=True) for _ in range(e))
            form[key] = value
        found.append(form)
    return found


def _without_roots(row: Form, involved: Sequence[int], field: Domain) -> bool:
    """Whether a quadratic in one unknown over Q has no real root."""
    if len(involved) > 1 or not field.is_QQ:
        return False
    n = involved[0]
    a, b, c = (row.get(key, field.zero) for key in ((n, n), (n,), ()))
    return bool(b * b - 4 * a * c < 0)
