"""Trees multiplied out: what was found as a product of sums, stated as the terms it is made of."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from symeq.search.genetic.forest import ONE, Prefix

Powers: TypeAlias = "tuple[tuple[Prefix, Fraction], ...]"  # a product of powers of atoms, sorted
Sum: TypeAlias = "dict[Powers, Fraction]"

HALF = Fraction(1, 2)


def expanded(prefix: Prefix, pairs: frozenset[str] = frozenset()) -> Sum:
    """A tree as a sum of products of powers; what is no sum or product of others stands for itself.

    pairs: names of further operators that take two arguments.

    >>> x, y = (1,), (2,)
    >>> square = (("mul", None), ("sub", None), 1, 2, ("sub", None), 1, 2)
    >>> [(str(number), [(atom, str(n)) for atom, n in powers]) for powers, number in expanded(square).items()]
    [('1', [((1,), '2')]), ('-2', [((1,), '1'), ((2,), '1')]), ('1', [((2,), '2')])]
    """
    stack: list[tuple[Prefix, Sum]] = []
    for token in reversed(prefix):
        if isinstance(token, int):
            own: Prefix = (token,)
            stack.append((own, {(): Fraction(1)} if token == ONE else {((own, Fraction(1)),): Fraction(1)}))
            continue
        name, _ = token
        first, a = stack.pop()
        if name not in ("add", "sub", "mul", "div"):
            whole: Prefix = (token, *first)
            if name == "sqrt" and len(a) == 1 and _single(a) is not None:
                atom = _single(a)
                assert atom is not None
                stack.append((whole, {((atom, HALF),): Fraction(1)}))
            else:
                if name in pairs:
                    second, _ = stack.pop()
                    whole = (token, *first, *second)
                stack.append((whole, {((whole, Fraction(1)),): Fraction(1)}))
            continue
        second, b = stack.pop()
        whole = (token, *first, *second)
        if name in ("add", "sub"):
            sign = 1 if name == "add" else -1
            total = dict(a)
            for powers, number in b.items():
                total[powers] = total.get(powers, Fraction(0)) + sign * number
            stack.append((whole, {powers: number for powers, number in total.items() if number}))
            continue
        if name == "div":
            if len(b) == 1:
                [(powers, number)] = b.items()
                b = {tuple((atom, -n) for atom, n in powers): 1 / number}
            else:
                b = {((second, Fraction(-1)),): Fraction(1)}
        product: Sum = {}
        for p, v in a.items():
            for q, w in b.items():
                powers = _times(p, q)
                product[powers] = product.get(powers, Fraction(0)) + v * w
        stack.append((whole, {powers: number for powers, number in product.items() if number}))
    return stack[0][1]


def _single(a: Sum) -> Prefix | None:
    """The atom that a sum is, if it is one."""
    [(powers, number)] = a.items()
    if number == 1 and len(powers) == 1 and powers[0][1] == 1:
        return powers[0][0]
    return None


def _times(p: Powers, q: Powers) -> Powers:
    total = dict(p)
    for atom, n in q:
        total[atom] = total.get(atom, Fraction(0)) + n
    return tuple(sorted(((atom, n) for atom, n in total.items() if n), key=repr))


def written(powers: Powers) -> Prefix:
    """A product of powers as a tree."""
    above: list[Prefix] = []
    below: list[Prefix] = []
    for atom, n in powers:
        side = above if n > 0 else below
        whole, rest = divmod(abs(n), 1)
        side += [atom] * int(whole)
        if rest == HALF:
            side.append((("sqrt", None), *atom))
    numerator = _product(above)
    if not below:
        return numerator
    return (("div", None), *numerator, *_product(below))


def _product(factors: list[Prefix]) -> Prefix:
    if not factors:
        return (ONE,)
    tree = factors[-1]
    for factor in reversed(factors[:-1]):
        tree = (("mul", None), *factor, *tree)
    return tree
