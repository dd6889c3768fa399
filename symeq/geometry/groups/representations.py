"""What turns along with the variables of a group: vectors and tensors among the fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, combinations_with_replacement, product
from math import prod
from typing import Any, TypeAlias

import sympy
from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.fields import VectorField
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols

Variable: TypeAlias = Symbol | str
Tuples: TypeAlias = Iterable[Sequence[Variable] | Variable]
Matrix: TypeAlias = Mapping[tuple[int, int], Any]
"""The entries a_ij of a matrix that are not zero."""

MOST_VARIABLES = 100  # the number of generators grows with the square
KINDS = ("pseudo", "dual", "antisymmetric")


@dataclass(frozen=True)
class Tensor:
    """The components T_ij.. of a field that turns along with n variables.

    `indices` are those of the components that are stored; T_ji = sign * T_ij where the sign is not zero.
    `kind` is "" or one of KINDS: a pseudo-tensor has a further factor det M under a reflection M, a dual
    tensor turns with the inverse transpose of the matrix.
    """

    components: tuple[Symbol, ...]
    indices: tuple[tuple[int, ...], ...]
    sign: int = 0
    kind: str = ""

    @cached_property
    def _entries(self) -> dict[tuple[int, ...], Expr]:
        found: dict[tuple[int, ...], Expr] = {}
        for symbol, index in zip(self.components, self.indices, strict=True):
            if self.sign:
                found[index[::-1]] = self.sign * symbol
            found[index] = symbol
        return found

    @cached_property
    def _rows(self) -> dict[tuple[int, int], list[tuple[Symbol, tuple[int, ...]]]]:
        """The components that have an index i in a slot."""
        found: dict[tuple[int, int], list[tuple[Symbol, tuple[int, ...]]]] = {}
        for symbol, index in zip(self.components, self.indices, strict=True):
            for slot, i in enumerate(index):
                found.setdefault((slot, i), []).append((symbol, index))
        return found

    def entry(self, index: tuple[int, ...]) -> Expr:
        return self._entries.get(index, sympy.S.Zero)

    def turned(self, matrix: Matrix) -> dict[Symbol, Expr]:
        """The rates of the components under the generator A: sum over slots of A_ik T_..k.."""
        if self.kind == "dual":
            matrix = {(j, i): -a for (i, j), a in matrix.items()}
        rates: dict[Symbol, Expr] = {}
        for slot in range(len(self.indices[0])):
            for (i, k), a in matrix.items():
                for symbol, index in self._rows.get((slot, i), ()):
                    term = a * self.entry((*index[:slot], k, *index[slot + 1 :]))
                    rates[symbol] = rates.get(symbol, sympy.S.Zero) + term
        return {symbol: rates[symbol] for symbol in self.components if symbol in rates}

    def moved(self, matrix: Matrix, n: int) -> dict[Symbol, Expr]:
        """The images of the components under an orthogonal matrix M: M_ik M_jl T_kl."""
        factor = determinant(matrix, n) if self.kind == "pseudo" else sympy.S.One
        along: dict[int, list[tuple[int, Any]]] = {}
        for (i, k), a in matrix.items():
            along.setdefault(i, []).append((k, a))
        images = {}
        for symbol, index in zip(self.components, self.indices, strict=True):
            rows = [along.get(i, []) for i in index]
            images[symbol] = factor * sympy.Add(
                *(
                    prod((a for _, a in chosen), start=sympy.S.One) * self.entry(tuple(k for k, _ in chosen))
                    for chosen in product(*rows)
                )
            )
        return images

    def __str__(self) -> str:
        return f"{self.kind}({listed(self.components)})" if self.kind else listed(self.components)


def determinant(matrix: Matrix, n: int) -> Expr:
    return sympy.Matrix(n, n, lambda i, j: matrix.get((i, j), 0)).det()


def listed(symbols: Iterable[Symbol]) -> str:
    return ", ".join(s.name for s in symbols)


def distinct(name: str, variables: Iterable[Variable], at_least: int) -> tuple[Symbol, ...]:
    """Return the symbols of variables; refuse too few of them, and one that is named twice."""
    symbols = as_symbols(list(variables))
    if len(symbols) < at_least:
        raise InvalidInput(
            f"`{name}` needs at least {at_least} variable{'s' * (at_least > 1)}, found {len(symbols)}."
        )
    for symbol in symbols:
        if symbols.count(symbol) > 1:
            raise InvalidInput(f"`{name}({listed(symbols)})` names {symbol} twice.")
    return symbols


def as_block(name: str, given: Variable | Sequence[Variable], count: int | None = None) -> tuple[Symbol, ...]:
    """Return the symbols of a group of variables, which may be a single one; refuse another number."""
    symbols = as_symbols(given)
    if count is not None and len(symbols) != count:
        raise InvalidInput(
            f"`{name}` takes {count} variable{'s' * (count > 1)} in the place of ({listed(symbols)}),"
            f" found {len(symbols)}."
        )
    return symbols


def constant(
    name: str, option: str, value: Any, variables: Iterable[Symbol], *, may_vanish: bool = False
) -> Expr:
    """Return the value of an option or a weight: a number or an expression in parameters."""
    found = exact_expression(value)
    if found == 0 and not may_vanish:
        raise InvalidInput(f"`{name}` needs {option} that is not zero.")
    for symbol in found.free_symbols & set(variables):
        raise InvalidInput(f"`{name}`: {option} = {found} holds the variable {symbol}; give a constant.")
    return found


def parameters_of(*values: Expr) -> tuple[Symbol, ...]:
    """Return the symbols that occur in options and weights, by name."""
    return tuple(sorted({s for value in values for s in value.free_symbols}, key=lambda s: s.name))


@dataclass(frozen=True)
class Alike:
    """The variables a matrix group acts on and the tensors that turn along, with the text that names it all.

    Arguments: the name of the group; `variables` in the order of rows and columns of the matrices; tensors.
    """

    name: str
    variables: tuple[Symbol, ...]
    tensors: tuple[Tensor, ...] = ()

    @property
    def n(self) -> int:
        return len(self.variables)

    def _products(self, matrix: Matrix) -> dict[Symbol, Expr]:
        """The rows of A x that are not zero, in the order of the variables."""
        rows = {i: sympy.S.Zero for i in sorted({i for i, _ in matrix})}
        for (i, j), a in matrix.items():
            rows[i] += a * self.variables[j]
        return {self.variables[i]: f for i, f in rows.items()}

    def field(self, matrix: Matrix) -> VectorField:
        """The generator A x d/dx, the tensors turned along."""
        rates = self._products(matrix)
        for tensor in self.tensors:
            rates |= tensor.turned(matrix)
        return VectorField(rates)

    def map(self, matrix: Matrix) -> PointMap:
        """The map x -> M x of an orthogonal matrix, the tensors moved along."""
        images = self._products(matrix)
        for tensor in self.tensors:
            images |= tensor.moved(matrix, self.n)
        return PointMap(images)

    def label(self, *groups: Iterable[Symbol], settings: Mapping[str, Expr] | None = None) -> str:
        """The text of the group: its groups of variables (default: one), its tensors, its settings."""
        return label(self.name, *(groups or (self.variables,)), *map(str, self.tensors), settings or {})


def label(name: str, *groups: str | Mapping[str, Expr] | Iterable[Symbol]) -> str:
    """Return the text of a named symmetry, empty groups left out."""
    texts = []
    for group in groups:
        if isinstance(group, str):
            texts.append(group)
        elif isinstance(group, Mapping):
            texts.append(", ".join(f"{key}={expression_text(value)}" for key, value in group.items()))
        else:
            texts.append(listed(group))
    return f"{name}({'; '.join(filter(None, texts))})"


def alike(
    name: str,
    variables: Iterable[Variable],
    at_least: int,
    turning: Tuples = (),
    *,
    among: Iterable[Symbol] = (),
    **kinds: Tuples,
) -> Alike:
    """Return the variables and what turns along: `turning` tuples, and those of other kinds by keyword.

    n components are a vector, n(n+1)/2 a symmetric tensor by the rows of its upper triangle (xx, xy, .., yy,
    ..), n^2 a tensor by rows; one pseudo-component is a scalar, n(n-1)/2 are an antisymmetric tensor (xy, xz,
    .., yz, ..). `among` are further variables of the group, all names have to differ.
    Raises InvalidInput for another number of components, naming those that make sense.
    """
    symbols = distinct(name, variables, at_least)
    if len(symbols) > MOST_VARIABLES:
        raise InvalidInput(f"`{name}` acts on at most {MOST_VARIABLES} variables, found {len(symbols)}.")
    given = []
    for kind, tuples in {"": turning, **kinds}.items():
        given += [(kind, t) for t in ([tuples] if isinstance(tuples, str | Symbol) else tuples)]
    found = [(kind, as_block(name, components)) for kind, components in given]
    distinct(name, [*among, *symbols, *(s for _, group in found for s in group)], at_least)
    tensors = tuple(_tensor(name, symbols, group, kind) for kind, group in found)
    return Alike(name, symbols, tensors)


def _shapes(n: int, kind: str) -> Iterator[tuple[str, tuple[tuple[int, ...], ...], int]]:
    """The tensors of a kind in n dimensions: what each is called, the stored indices, the sign of T_ji."""
    if kind == "antisymmetric":
        yield "an antisymmetric tensor", tuple(combinations(range(n), 2)), -1
        return
    if kind == "pseudo":
        yield "a scalar", ((),), 0
    if n > 1 or kind != "pseudo":
        yield "a vector", tuple((i,) for i in range(n)), 0
    if n > 1:
        yield "a symmetric tensor", tuple(combinations_with_replacement(range(n), 2)), 1
        yield "a tensor", tuple(product(range(n), repeat=2)), 0


def _tensor(name: str, variables: tuple[Symbol, ...], group: tuple[Symbol, ...], kind: str) -> Tensor:
    n = len(variables)
    shapes = [(what, indices, sign) for what, indices, sign in _shapes(n, kind) if indices]
    for _, indices, sign in shapes:
        if len(indices) == len(group):
            return Tensor(group, indices, sign, kind)
    wanted = ", ".join(f"{len(indices)} for {what}" for what, indices, _ in shapes) or "none"
    written = f"{kind}({listed(group)})" if kind else listed(group)
    raise InvalidInput(
        f"`{name}({listed(variables)}; {written})`: ({listed(group)}) has {len(group)}"
        f" component{'s' * (len(group) != 1)}; what turns with {n} variable{'s' * (n > 1)} has {wanted}."
        " Scalars are not listed."
    )
