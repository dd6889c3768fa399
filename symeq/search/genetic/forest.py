"""Expressions interned once: every distinct subtree is one number with one column of values."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import islice
from typing import TypeAlias

import numpy as np

from symeq.search.genetic.operators import Operator
from symeq.search.genetic.problem import Problem, Weight

# A tree in prefix order: the number of a leaf, or the name of an operator with its inner constant (or None).
Token: TypeAlias = "int | tuple[str, float | None]"
Prefix: TypeAlias = "tuple[Token, ...]"

ONE = 0  # the leaf that is constant
NOWHERE = -1  # what has no finite, varying values
SMALLEST, LARGEST = 1e-24, 1e24  # mean square of a column
STRAIGHT = (
    1e-5  # a function that is a parabola of its argument up to this share of its variance is none of its own
)
STEEP = 32.0  # largest constant, in units of 1 / spread: beyond, 1 / (1 + c T) is 1 / T and exp a single row
CONSTANT = 1e-13  # share of a column's mean square that is variance, below which it counts as constant
DIGITS = 9  # of a fingerprint
COLUMNS = 12_000  # columns kept before those that nobody uses are dropped
MEMORY = 256 * 2**20  # bytes of columns that are kept at most: what was dropped is computed again


class Forest:
    r"""All trees of one search, as integers.

    ``node(op, a, b)`` gives the number of a tree; the same tree, and any other with the same values on these
    rows, has the same number, that of the shortest way found to write it. ``NOWHERE`` is the number of all
    trees that are not defined, constant, or out of the range of floating-point numbers.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.operators = {operator.name: operator for operator in problem.operators}
        leaves = problem.leaves
        if problem.images is not None:
            leaves = np.hstack([leaves, problem.images.leaves])
        self.rows = leaves.shape[1]
        self.most = max(1, MEMORY // (8 * self.rows))  # columns beside those of the leaves
        self.columns: dict[int, np.ndarray] = {}
        self.key: list[tuple[object, ...]] = []
        self.size: list[int] = []
        self.prefix: list[Prefix] = []
        self.nonlinear: list[int] = []  # how many inner constants
        self.weight: list[Weight | None] = []
        self._spread: dict[int, float] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._alike: dict[tuple[object, ...], int] = {}
        # A fixed direction: the same for every search, so that the same tree is always the same tree.
        direction = np.random.default_rng(0)
        self._probe = direction.standard_normal((3, self.rows)) / np.sqrt(self.rows)
        self._probe[0] = 1 / self.rows  # the mean
        grading = problem.grading
        for k, values in enumerate(leaves):
            weight = None if grading is None else grading.leaves[k]
            self._enter(("leaf", k), np.ascontiguousarray(values), 1, (k,), 0, weight)
            alike = self._fingerprint(values, weight)
            if alike is not None:
                self._alike.setdefault(alike, k)

    def __len__(self) -> int:
        return len(self.key)

    def copy(self) -> Forest:
        """Another forest with the same trees; both may grow on."""
        other = copy.copy(self)
        for name, member in vars(self).items():
            if isinstance(member, dict | list):
                setattr(other, name, member.copy())
        return other

    def node(self, name: str, a: int, b: int = ONE, constant: float | None = None) -> int:
        """The number of a tree made of others: ``name(a, b)``, or ``name(constant * a)``."""
        if a == NOWHERE or b == NOWHERE:
            return NOWHERE
        operator = self.operators[name]
        if operator.commutative and b < a:
            a, b = b, a
        if operator.inner:
            constant = 1.0 if constant is None else constant
            if (operator.odd or operator.even) and constant < 0:
                constant = -constant
        key: tuple[object, ...] = (name, a, b) if operator.arity == 2 else (name, a, constant)
        known = self._known.get(key)
        if known is not None:
            return known
        number = self._made(operator, key, a, b, constant)
        self._known[key] = number
        return number

    def _made(
        self, operator: Operator, key: tuple[object, ...], a: int, b: int, constant: float | None
    ) -> int:
        weight = self._weight(operator, a, b)
        if self.problem.grading is not None and weight is None:
            return NOWHERE
        arguments = (a, b) if operator.arity == 2 else (a,)
        if operator.inner or operator.arity == 1:
            if a == ONE or self.nonlinear[a]:
                return NOWHERE
        elif a == b == ONE and operator.kind != "sum":
            return NOWHERE
        inner = sum(self.nonlinear[i] for i in arguments) + operator.inner
        size = 1 + sum(self.size[i] for i in arguments) + operator.inner
        if operator.inner and abs(constant or 0.0) * self.spread(a) > STEEP:
            return NOWHERE
        values = self._apply(operator, arguments, constant)
        alike = self._fingerprint(values, weight)
        if alike is None or operator.inner and _straight(values, self.values(a)):
            return NOWHERE
        other = self._alike.get(alike)
        if other is not None and self.size[other] <= size:
            return other
        prefix: Prefix = ((operator.name, constant if operator.inner else None),)
        for i in arguments:
            prefix += self.prefix[i]
        number = self._enter(key, values, size, prefix, inner, weight)
        self._alike[alike] = number
        return number

    def _enter(
        self,
        key: tuple[object, ...],
        values: np.ndarray,
        size: int,
        prefix: Prefix,
        inner: int,
        weight: Weight | None,
    ) -> int:
        number = len(self.key)
        self.key.append(key)
        self.size.append(size)
        self.prefix.append(prefix)
        self.nonlinear.append(inner)
        self.weight.append(weight)
        self._keep(number, values)
        self._known[key] = number
        return number

    def _apply(self, operator: Operator, arguments: Sequence[int], constant: float | None) -> np.ndarray:
        if operator.inner:
            return operator.values(constant * self.values(arguments[0]))
        return operator.values(*map(self.values, arguments))

    def values(self, number: int) -> np.ndarray:
        """The column of a tree on all rows, computed again where it was dropped."""
        column = self.columns.get(number)
        if column is None:
            name, a, last = self.key[number]
            operator = self.operators[str(name)]
            first = int(a)  # type: ignore[call-overload]
            if operator.arity == 2:
                column = self._apply(operator, (first, int(last)), None)  # type: ignore[call-overload]
            else:
                column = self._apply(operator, (first,), last)  # type: ignore[arg-type]
            self._keep(number, column)
        return column

    def _keep(self, number: int, column: np.ndarray) -> None:
        """Hold a column, in the place of the one held longest where there is no more room."""
        leaves = len(self.problem.names)
        if number >= leaves and len(self.columns) >= leaves + self.most:
            del self.columns[next(islice(self.columns, leaves, None))]
        self.columns[number] = column

    def forget(self, used: Iterable[int]) -> None:
        """Drop the columns that none of the trees in use needs, once there are too many."""
        if len(self.columns) < min(COLUMNS, self.most):
            return
        kept = set(range(len(self.problem.names)))
        waiting = list(used)
        while waiting:
            number = waiting.pop()
            if number in kept:
                continue
            kept.add(number)
            name, a, last = self.key[number]
            waiting.append(int(a))  # type: ignore[call-overload]
            if self.operators[str(name)].arity == 2:
                waiting.append(int(last))  # type: ignore[call-overload]
        self.columns = {number: column for number, column in self.columns.items() if number in kept}

    def spread(self, number: int) -> float:
        """The standard deviation of a tree over the rows: constants inside functions are drawn relative to
        it."""
        known = self._spread.get(number)
        if known is None:
            known = self._spread[number] = float(self.values(number).std())
        return known

    def number(self, prefix: Prefix) -> int:
        """The number of a tree in prefix order."""
        stack: list[int] = []
        for token in reversed(prefix):
            if isinstance(token, int):
                stack.append(token)
                continue
            name, constant = token
            if self.operators[name].arity == 2:
                a, b = stack.pop(), stack.pop()
                stack.append(self.node(name, a, b))
            else:
                stack.append(self.node(name, stack.pop(), constant=constant))
        [root] = stack
        return root

    def evaluated(self, prefix: Prefix) -> np.ndarray:
        """The column of a tree without interning it: what is tried and given up leaves no trace."""
        stack: list[np.ndarray] = []
        for token in reversed(prefix):
            if isinstance(token, int):
                stack.append(self.columns[token])
                continue
            name, constant = token
            operator = self.operators[name]
            first = stack.pop()
            if operator.arity == 2:
                stack.append(operator.values(first, stack.pop()))
            else:
                stack.append(operator.values(first if constant is None else constant * first))
        return stack[0]

    def _weight(self, operator: Operator, a: int, b: int) -> Weight | None:
        """How a tree scales; None where it does not, or where nothing is known."""
        first, second = self.weight[a], self.weight[b]
        if first is None or second is None:
            return None
        none = tuple(Fraction(0) for _ in first)
        if operator.kind == "product":
            return tuple(v + w for v, w in zip(first, second, strict=True))
        if operator.kind == "quotient":
            return tuple(v - w for v, w in zip(first, second, strict=True))
        if operator.kind == "sum":
            return first if first == second else None
        if operator.kind == "root":
            return tuple(v / 2 for v in first)
        strict = self.problem.grading is not None and self.problem.grading.strict
        return none if first == none or not strict else None

    def _fingerprint(self, values: np.ndarray, weight: Weight | None) -> tuple[object, ...] | None:
        """What tells a tree from others; None where it is not finite, too large or small, or constant.

        Trees that scale differently are different, though they may be equal on these data.
        """
        square = float(values @ values) / self.rows
        if not SMALLEST < square < LARGEST:
            return None
        mean, first, second = (self._probe @ values).tolist()
        if square - mean * mean < CONSTANT * square:
            return None
        norm = math.sqrt(square)
        return (
            round(first / norm, DIGITS),
            round(second / norm, DIGITS),
            round(math.log(norm), DIGITS),
            weight,
        )


def _straight(values: np.ndarray, argument: np.ndarray) -> bool:
    """Whether a function is a parabola on these data: sin(c T) for small c is T, cos(c T) is T^2."""
    y, x = values - values.mean(), argument - argument.mean()
    square, length = float(y @ y), float(x @ x)
    left = y - x * (float(x @ y) / max(length, 1e-300))
    if float(left @ left) < STRAIGHT * square:
        return True
    z = x * x
    z -= z.mean()
    z -= x * (float(x @ z) / max(length, 1e-300))
    left -= z * (float(z @ left) / max(float(z @ z), 1e-300))
    return float(left @ left) < STRAIGHT * square
