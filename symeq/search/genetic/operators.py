"""What a tree of the genetic search may be made of: operators, as numbers, as SymPy, and how they scale."""

from __future__ import annotations

import keyword
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sympy as sp

from symeq.errors import InvalidInput, did_you_mean, quoted

Kind = Literal["sum", "product", "quotient", "root", "function"]


@dataclass(frozen=True)
class Operator:
    r"""A function of one or two arguments, or with an inner constant, :math:`T \mapsto f(c T)`.

    Arguments: ``values``, the function on arrays (a module-level function, so that it reaches other
    processes); ``symbol``, the same on SymPy expressions; ``arity``; ``inner``, whether its argument is
    multiplied by a constant c that the search determines (then of arity 1); ``odd`` or ``even`` in that
    argument, so that c > 0 is enough; ``kind``, how units and scaling weights go through it: a *function*
    takes none and has none.

    >>> import scipy.special
    >>> import sympy as sp
    >>> bessel = Operator("j0", scipy.special.j0, lambda z: sp.besselj(0, z), inner=True, even=True)
    >>> bessel.name
    'j0'
    """

    name: str
    values: Callable[..., np.ndarray]
    symbol: Callable[..., sp.Expr]
    arity: int = 1
    inner: bool = False
    odd: bool = False
    even: bool = False
    commutative: bool = False
    kind: Kind = "function"

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or keyword.iskeyword(self.name):
            raise InvalidInput(f"Operator({self.name!r}): a name is letters, digits and underscores.")
        if self.arity not in (1, 2):
            raise InvalidInput(f"Operator({self.name!r}): the arity is 1 or 2, found {self.arity!r}.")
        if self.inner and self.arity != 1:
            raise InvalidInput(f"Operator({self.name!r}): only functions of one argument have a constant.")

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process computes values only; the SymPy form may be a lambda, which does not travel.
        rest = (self.arity, self.inner, self.odd, self.even, self.commutative, self.kind)
        return Operator, (self.name, self.values, _unknown, *rest)


def _unknown(*arguments: sp.Expr) -> sp.Expr:
    raise InvalidInput("The SymPy form of an operator stays in the process that made it.")


def _saturation(z: Any) -> Any:
    return 1 / (1 + z)


KNOWN: dict[str, Operator] = {
    one.name: one
    for one in (
        Operator("add", np.add, operator.add, 2, commutative=True, kind="sum"),
        Operator("sub", np.subtract, operator.sub, 2, kind="sum"),
        Operator("mul", np.multiply, operator.mul, 2, commutative=True, kind="product"),
        Operator("div", np.divide, operator.truediv, 2, kind="quotient"),
        Operator("sqrt", np.sqrt, sp.sqrt, kind="root"),
        Operator("log", np.log, sp.log),
        Operator("exp", np.exp, sp.exp, inner=True),
        Operator("sin", np.sin, sp.sin, inner=True, odd=True),
        Operator("cos", np.cos, sp.cos, inner=True, even=True),
        Operator("tanh", np.tanh, sp.tanh, inner=True, odd=True),
        Operator("saturation", _saturation, _saturation, inner=True),
    )
}
OPERATORS = tuple(KNOWN.values())


def chosen_operators(given: Sequence[Operator | str]) -> tuple[Operator, ...]:
    """Operators by name or as they are.  Raises InvalidInput for an unknown name and one used twice."""
    found: dict[str, Operator] = {}
    for one in given:
        if isinstance(one, str) and one not in KNOWN:
            raise InvalidInput(
                f"There is no operator {quoted(one)}.{did_you_mean(one, tuple(KNOWN))} Known:"
                f" {', '.join(KNOWN)}; another one is an Operator(name, values, symbol)."
            )
        chosen = KNOWN[one] if isinstance(one, str) else one
        if not isinstance(chosen, Operator):
            raise InvalidInput(f"Expected an Operator or the name of one, found {one!r}.")
        if found.get(chosen.name, chosen) is not chosen:
            raise InvalidInput(f"Two operators are called {quoted(chosen.name)}. Rename one.")
        found[chosen.name] = chosen
    if not any(chosen.arity == 2 for chosen in found.values()):
        raise InvalidInput("The genetic search needs an operator of two arguments, such as `mul`.")
    return tuple(found.values())
