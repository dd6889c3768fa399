"""The fields among which symmetries are sought: coefficient functions times directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import sympy as sp
from sympy import Expr, Symbol

from symeq.errors import InvalidInput, unknown_name
from symeq.geometry.calculus import exact_expression
from symeq.geometry.jet import Jet
from symeq.terms import TermRing

Column = tuple[Expr, Symbol]  # the field `function d/dvariable`

MOST_COLUMNS = 20_000


@dataclass(frozen=True)
class FieldAnsatz:
    """v = sum c_k f_k d/dz_k with unknown numbers c_k.

    jet; columns: the pairs (f_k, z_k); degree: of the monomials f_k, None for functions of the user.

    >>> ansatz = polynomial_fields(Jet("x", "u"), 1)
    >>> ansatz.columns[:3], len(ansatz.columns)
    (((1, x), (x, x), (u, x)), 6)
    """

    jet: Jet
    columns: tuple[Column, ...]
    degree: int | None

    @property
    def functions(self) -> tuple[Expr, ...]:
        """The coefficient functions, each once."""
        return tuple(dict.fromkeys(f for f, _ in self.columns))


def polynomial_fields(jet: Jet, degree: int) -> FieldAnsatz:
    """All fields whose coefficients are polynomials of a total degree in all variables.

    Raises InvalidInput for a degree that is no whole number, and for too many fields.
    """
    if isinstance(degree, bool) or not isinstance(degree, int) or degree < 0:
        raise InvalidInput(f"degree={degree!r}: the degree of the coefficients is a whole number, 0 or more.")
    count = polynomial_columns(jet, degree)
    if count > MOST_COLUMNS:
        raise InvalidInput(
            f"degree={degree}: {count} unknown coefficients on {jet} are too many (at most {MOST_COLUMNS})."
            " Take a lower degree, or list coefficient functions as `ansatz`."
        )
    functions = [
        sp.Mul(*chosen)
        for total in range(degree + 1)
        for chosen in combinations_with_replacement(jet.variables, total)
    ]
    return FieldAnsatz(jet, tuple((f, z) for z in jet.variables for f in functions), degree)


def polynomial_columns(jet: Jet, degree: int) -> int:
    """How many unknowns the polynomials of a degree have.

    >>> polynomial_columns(Jet("t x y", "u v p"), 2)
    168
    """
    size = len(jet.variables)
    return size * comb(size + degree, degree)


def user_fields(jet: Jet, ansatz: Any, parameters: Sequence[Symbol]) -> tuple[FieldAnsatz, tuple[str, ...]]:
    """The fields of coefficient functions listed by the user, and notes on those that were left out.

    ansatz: functions of the variables for every direction, or a mapping from variables to their own lists;
    texts or expressions.
    Raises InvalidInput for functions of derivatives, unknown symbols, and variables the jet does not have.

    >>> jet = Jet("x", "u")
    >>> user_fields(jet, ["sin(x)^2", "cos(x)^2", "1"], ())[1]
    ('The function 1 is a combination of the others and was left out.',)
    """
    directions: dict[Symbol, list[Expr]] = {}
    if isinstance(ansatz, Mapping):
        known = {z.name: z for z in jet.variables}
        for name, functions in ansatz.items():
            if str(name) not in known:
                raise unknown_name("variable", str(name), known, str(name), f"The ansatz is made on {jet}.")
            directions[known[str(name)]] = _read(jet, functions, parameters)
    else:
        functions = _read(jet, ansatz, parameters)
        directions = {z: functions for z in jet.variables}
    ring = TermRing(jet.variables, [*parameters, *(f for listed in directions.values() for f in listed)])
    columns: list[Column] = []
    notes: list[str] = []
    for z in jet.variables:
        kept, left_out = _independent(ring, directions.get(z, []))
        columns += [(f, z) for f in kept]
        notes += [f"The function {f} is a combination of the others and was left out." for f in left_out]
    if not columns:
        raise InvalidInput("the ansatz lists no coefficient function.")
    if len(columns) > MOST_COLUMNS:
        raise InvalidInput(f"the ansatz has {len(columns)} unknowns; {MOST_COLUMNS} are the most.")
    return FieldAnsatz(jet, tuple(columns), None), tuple(dict.fromkeys(notes))


def _read(jet: Jet, functions: Any, parameters: Sequence[Symbol]) -> list[Expr]:
    listed = [functions] if isinstance(functions, str | Expr | int) else list(functions)
    found = []
    for entry in listed:
        function = jet.parse(entry, parameters) if isinstance(entry, str) else exact_expression(entry)
        for symbol in sorted(function.free_symbols, key=lambda s: s.name):
            if symbol in jet.variables or symbol in parameters:
                continue
            if jet.is_coordinate(symbol):
                raise InvalidInput(
                    f"ansatz function `{function}`: point symmetries do not hold derivatives (`{symbol}`)."
                )
            names = [s.name for s in (*jet.variables, *parameters)]
            raise unknown_name(
                "symbol", symbol.name, names, str(function), "Declare a constant as a parameter."
            )
        if function != 0:
            found.append(function)
    return list(dict.fromkeys(found))


def _independent(ring: TermRing, functions: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The functions that are no combination of those before, over the constants, and the others."""
    canonical = ring.canonical([ring.polynomial(f) for f in functions])
    ring.confirm_independence()
    kept, left_out = [], []
    rows: dict[Any, dict[Any, Any]] = {}
    for function, poly in zip(functions, canonical, strict=True):
        rest = {m: ring.field.convert(c) for m, c in poly.items()}
        for pivot, row in rows.items():
            if factor := rest.get(pivot):
                for m, c in row.items():
                    rest[m] = rest.get(m, ring.field.zero) - factor * c
                rest = {m: c for m, c in rest.items() if c}
        if not rest:
            left_out.append(function)
            continue
        pivot, leading = next(iter(rest.items()))
        rows[pivot] = {m: c / leading for m, c in rest.items()}
        kept.append(function)
    return kept, left_out
