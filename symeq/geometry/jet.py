"""The jet space: independent variables, dependent variables and their derivatives, each one plain symbol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import sympy
from sympy import Expr, Symbol

from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.geometry.calculus import exact_expression, partial_derivative
from symeq.geometry.names import HIGHEST_ORDER, CoordinateNames, as_symbols, read_expression
from symeq.latex import derivative_latex, symbol_latex
from symeq.syntax import parse_tree

MultiIndex = tuple[int, ...]


@dataclass(frozen=True, init=False, repr=False)
class Jet:
    """The jet space J^n of p independent variables x and q dependent variables u.

    Its coordinates are x, u and the derivatives u_J with |J| <= n; each is one plain Symbol, and u_xt and
    u_tx are the same one. A derivative exists at any order, under a name that does not depend on `order`:
    `u_xx` (letters in the order of `independent`) when every independent variable is a single character and
    no variable is called like a derivative, else `Derivative(u, x1, x2)`.

    Arguments: `independent` and `dependent`, "t x", "t, x" or sequences of names or symbols; `order` n >= 0.
    Raises InvalidInput for repeated, reserved or illegal names and for a negative order.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 2.3.

    >>> jet = Jet("t x", "u", order=2)
    >>> jet.coordinates
    (t, x, u, u_t, u_x, u_tt, u_tx, u_xx)
    >>> jet.total_derivative(jet.parse("u*u_x"), "x")
    u*u_xx + u_x**2
    """

    independent: tuple[Symbol, ...]
    dependent: tuple[Symbol, ...]
    order: int

    def __init__(
        self,
        independent: str | Symbol | Sequence[str | Symbol],
        dependent: str | Symbol | Sequence[str | Symbol],
        order: int = 1,
    ) -> None:
        object.__setattr__(self, "independent", as_symbols(independent))
        object.__setattr__(self, "dependent", as_symbols(dependent))
        object.__setattr__(self, "order", order)
        self._check()

    def _check(self) -> None:
        if not self.independent or not self.dependent:
            which = "dependent" if self.independent else "independent"
            raise InvalidInput(f"a jet needs at least one {which} variable, found none.")
        if isinstance(self.order, bool) or not isinstance(self.order, int) or self.order < 0:
            raise InvalidInput(f"the order of a jet is a whole number, 0 or more; found {self.order!r}.")
        names = [s.name for s in self.variables]
        for name in names:
            if names.count(name) > 1:
                raise InvalidInput(f"{self}: the variable `{name}` is named twice.")
            if name.startswith("d_") and name[2:] in names:
                raise InvalidInput(
                    f"{self}: `{name}` cannot name a variable: it stands for the direction `{name[2:]}`."
                )

    def __str__(self) -> str:
        return (
            f"Jet({', '.join(s.name for s in self.independent)}; {', '.join(s.name for s in self.dependent)})"
        )

    def __repr__(self) -> str:
        first, second = (", ".join(s.name for s in group) for group in (self.independent, self.dependent))
        return f"Jet({first!r}, {second!r}, order={self.order})"

    @property
    def variables(self) -> tuple[Symbol, ...]:
        """The coordinates of order 0 on which point transformations act: x, then u."""
        return self.independent + self.dependent

    @cached_property
    def coordinates(self) -> tuple[Symbol, ...]:
        """All coordinates up to the order of the jet: x, u, then derivatives by increasing order."""
        by_order = (self._of_order(u, k) for k in range(1, self.order + 1) for u in self.dependent)
        return self.variables + tuple(c for group in by_order for c in group)

    def _of_order(self, u: Symbol, order: int) -> Iterator[Symbol]:
        positions = range(len(self.independent))
        for chosen in combinations_with_replacement(positions, order):
            yield self.derivative(u, tuple(chosen.count(k) for k in positions))

    def derivatives(self, u: Symbol | str, order: int | None = None) -> tuple[Symbol, ...]:
        """Return all derivatives of u of order 1 to `order` (default: the order of the jet).

        >>> Jet("x y", "u").derivatives("u", 2)
        (u_x, u_y, u_xx, u_xy, u_yy)
        """
        highest = self.order if order is None else order
        return tuple(c for k in range(1, highest + 1) for c in self._of_order(self._dependent(u), k))

    def with_order(self, order: int) -> Jet:
        """Return the jet of the same variables to another order."""
        return self if order == self.order else Jet(self.independent, self.dependent, order)

    @cached_property
    def _short_names(self) -> bool:
        letters = {x.name for x in self.independent}
        if any(len(letter) > 1 for letter in letters):
            return False
        heads = {u.name for u in self.dependent}
        parts = (s.name.rpartition("_") for s in self.variables)
        return not any(head in heads and tail and set(tail) <= letters for head, _, tail in parts)

    @cached_property
    def _known(self) -> dict[str, Symbol]:
        return {s.name: s for s in self.variables}

    @cached_property
    def _symbols(self) -> dict[tuple[Symbol, MultiIndex], Symbol]:
        return {}

    @cached_property
    def _indices(self) -> dict[Symbol, tuple[Symbol, MultiIndex]]:
        return {u: (u, (0,) * len(self.independent)) for u in self.dependent}

    def _dependent(self, u: Symbol | str) -> Symbol:
        symbol = self._known.get(u if isinstance(u, str) else u.name)
        if symbol is None or symbol not in self.dependent or (isinstance(u, Symbol) and u != symbol):
            raise InvalidInput(
                f"`{u}` is not a dependent variable of {self}.{did_you_mean(str(u), self._known)}"
            )
        return symbol

    def position(self, x: Symbol | str) -> int:
        """Return the place of an independent variable among `independent`."""
        name = x if isinstance(x, str) else x.name
        for k, symbol in enumerate(self.independent):
            if symbol.name == name and (isinstance(x, str) or x == symbol):
                return k
        known = [s.name for s in self.independent]
        raise InvalidInput(f"`{name}` is not an independent variable of {self}.{did_you_mean(name, known)}")

    def derivative(self, u: Symbol | str, *by: Symbol | str | MultiIndex) -> Symbol:
        """Return the coordinate of a derivative of any order: `derivative(u, x, x)`, `derivative(u, (0, 2))`.

        `u` may itself be a derivative, which is then differentiated further.

        >>> Jet("t x1", "u").derivative("u", "x1", "t")
        Derivative(u, t, x1)
        """
        base, index = self.multi_index(self[u] if isinstance(u, str) else u)
        counts = list(index)
        for entry in by:
            if isinstance(entry, tuple):
                if len(entry) != len(counts) or any(not isinstance(k, int) or k < 0 for k in entry):
                    raise InvalidInput(f"{entry} is not a multi-index of {self}: give {len(counts)} counts.")
                counts = [i + k for i, k in zip(counts, entry, strict=True)]
            else:
                counts[self.position(entry)] += 1
        key = (base, tuple(counts))
        if not any(counts):
            return base
        if key not in self._symbols:
            symbol = Symbol(self._name(*key), real=True) if base.is_real else Symbol(self._name(*key))
            self._symbols[key] = symbol
            self._indices[symbol] = key
        return self._symbols[key]

    def _name(self, u: Symbol, index: MultiIndex) -> str:
        letters = [x.name for x, k in zip(self.independent, index, strict=True) for _ in range(k)]
        return (
            f"{u.name}_{''.join(letters)}"
            if self._short_names
            else f"Derivative({', '.join([u.name, *letters])})"
        )

    def lookup(self, name: str) -> Symbol | None:
        """Return the coordinate of a name such as u_xt, or None; jet[name] reads every spelling."""
        if name in self._known:
            return self._known[name]
        head, _, tail = name.rpartition("_")
        letters = [x.name for x in self.independent]
        u = self._known.get(head)
        if not self._short_names or u not in self.dependent or not tail or len(tail) > HIGHEST_ORDER:
            return None
        if not set(tail) <= set(letters):
            return None
        return self.derivative(u, tuple(tail.count(letter) for letter in letters))

    def __getitem__(self, name: str) -> Symbol:
        """Return the coordinate of a name in any spelling: jet["u_xt"], jet["Derivative(u, x1, x2)"]."""
        symbol = self.lookup(name)
        if symbol is None:
            symbol = self.parse(name)
        if not isinstance(symbol, Symbol):
            raise InvalidInput(f"{quoted(name)} is not a coordinate of {self}.")
        return symbol

    def _find(self, symbol: Symbol) -> tuple[Symbol, MultiIndex] | None:
        if symbol not in self._indices and isinstance(symbol, Symbol) and symbol not in self.independent:
            name = symbol.name
            if name.startswith("Derivative(") and name.endswith(")") and not self._short_names:
                parts = [self._known.get(part) for part in name[11:-1].split(", ")]
                if (
                    parts[0] in self.dependent
                    and len(parts) > 1
                    and all(p in self.independent for p in parts[1:])
                ):
                    self.derivative(parts[0], *[p for p in parts[1:] if p is not None])
            else:
                self.lookup(name)
        return self._indices.get(symbol)

    def multi_index(self, coordinate: Symbol) -> tuple[Symbol, MultiIndex]:
        """Return (u, (i_1, ..., i_p)) of a dependent variable (all zero) or a derivative.

        Raises InvalidInput for any other symbol.

        >>> Jet("t x", "u").multi_index(Symbol("u_txx"))
        (u, (1, 2))
        """
        found = self._find(coordinate)
        if found is None:
            raise InvalidInput(
                f"`{coordinate}` is neither a dependent variable of {self} nor a derivative of one."
            )
        return found

    def is_coordinate(self, symbol: Symbol) -> bool:
        """Say whether a symbol is a variable of the jet or a derivative, of any order."""
        return symbol in self.independent or self._find(symbol) is not None

    def order_of(self, symbol: Symbol) -> int:
        """Return the order of a coordinate, 0 for the variables themselves."""
        return 0 if symbol in self.independent else sum(self.multi_index(symbol)[1])

    def total_derivative(self, expression: Expr, x: Symbol | str) -> Expr:
        """Return D_x F = dF/dx + sum over u, J of u_{J+x} dF/du_J, expanded."""
        expression = exact_expression(expression)
        variable = self.independent[self.position(x)]
        terms = [partial_derivative(expression, variable)]
        for symbol in expression.free_symbols:
            if self._find(symbol) is not None:
                terms.append(self.derivative(symbol, variable) * partial_derivative(expression, symbol))
        return sympy.expand(sympy.Add(*terms))

    @property
    def names(self) -> CoordinateNames:
        """The names text may use: a mapping to symbols that lists coordinates and knows every spelling."""
        return CoordinateNames(self)

    def parse(self, text: str, parameters: str | Sequence[str | Symbol] = ()) -> Expr:
        """Return the expression of a text in jet coordinates and declared parameters.

        Accepts u_xx, u_xt, Derivative(u, x, x), Derivative(u(t, x), (x, 2)) and u(t, x).
        Raises InvalidInput naming an unknown symbol or the place where the text cannot be read.

        >>> Jet("t x", "u").parse("Derivative(u(t, x), (x, 2)) + nu*u_xt", parameters=["nu"])
        nu*u_tx + u_xx
        """
        return read_expression(self, parse_tree(text), text, parameters)

    def standard(self, expression: Expr) -> Expr:
        """Return the expression with u(t, x) and SymPy derivatives in place of the jet's plain symbols.

        >>> jet = Jet("t x", "u")
        >>> jet.standard(jet["u_xx"])
        Derivative(u(t, x), (x, 2))
        """
        replaced = {}
        for symbol in expression.free_symbols:
            found = self._find(symbol)
            if found is not None:
                u, index = found
                function = sympy.Function(u.name)(*self.independent)
                counts = [(x, k) for x, k in zip(self.independent, index, strict=True) if k]
                replaced[symbol] = sympy.Derivative(function, *counts) if counts else function
        return expression.xreplace(replaced)

    def latex_names(self, *expressions: Expr) -> dict[Symbol, str]:
        r"""Return the LaTeX of every symbol of the expressions (of all coordinates when none is given).

        >>> Jet("x1 x2", "u").latex_names(Symbol("Derivative(u, x1, x2)"))
        {Derivative(u, x1, x2): 'u_{x_{1} x_{2}}'}
        """
        symbols: set[Symbol] = set(self.coordinates) if not expressions else set()
        symbols = symbols.union(*(e.free_symbols for e in expressions))
        names = {}
        for symbol in sorted(symbols, key=lambda s: s.name):
            u, index = self._find(symbol) or (symbol, ())
            letters = [x.name for x, k in zip(self.independent, index, strict=False) for _ in range(k)]
            names[symbol] = derivative_latex(u.name, letters) if letters else symbol_latex(u.name)
        return names
