"""What discrete maps leave of the invariants of the generators: averages over the group that they make."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations_with_replacement, islice
from math import prod

import sympy as sp
from sympy import Expr, Symbol

from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap

ELEMENTS = 64  # maps that a few maps may generate
DEGREE = 4  # of the products of invariants that are averaged
AVERAGED = 500
FACTORED = 40  # terms of an average that is factored

Prolonged = Mapping[Symbol, Expr]


def generated(maps: Sequence[PointMap]) -> tuple[PointMap, ...] | None:
    """All maps that some maps generate, without the identity; None when there are more than ELEMENTS.

    >>> x, y = sp.symbols("x y")
    >>> len(generated([PointMap({x: -x}), PointMap({x: y, y: x})]))
    7
    """
    found = list(dict.fromkeys(g for g in maps if g.components))
    at = 0
    while at < len(found):
        for h in maps:
            image = found[at].compose(h)
            if image.components and image not in found:
                found.append(image)
                if len(found) > ELEMENTS:
                    return None
        at += 1
    return tuple(found)


def prolonged(jet: Jet, maps: Sequence[PointMap], coordinates: Sequence[Symbol]) -> tuple[Prolonged, ...]:
    """What maps do to coordinates, fixed ones left out."""
    return tuple({z: g for z, g in h.prolong(jet, coordinates).items() if g != z} for h in maps)


def averaged(
    invariants: Sequence[Expr],
    elements: Sequence[Prolonged],
    maps: Sequence[Prolonged],
    *,
    unchanged: Callable[[Prolonged, Expr], bool],
    grows: Callable[[Expr], bool],
    wanted: int,
    deadline: float | None = None,
) -> list[Expr]:
    """Invariants of the maps too: those unchanged, then products and averages by degree, as many as wanted.

        (1/|G|) sum_g prod_i I_i(g z)

    unchanged: the exact test; grows: whether an invariant is independent of those taken, which takes it.
    """
    found: list[Expr] = []

    def take(candidate: Expr) -> None:
        if len(found) < wanted and all(unchanged(g, candidate) for g in maps) and grows(candidate):
            found.append(candidate)

    moving = []
    for invariant in invariants:
        if all(unchanged(g, invariant) for g in maps):
            take(invariant)
        else:
            moving.append(invariant)
    signs = [[_sign(invariant, g) for g in maps] for invariant in moving]
    only_signs = all(all(row) for row in signs)  # then averages are products or zero
    tried = 0
    # Noether's bound: averages of degree |G| or less generate all polynomials that are left unchanged.
    for degree in range(1, max(DEGREE, len(elements) + 1) + 1):
        places = combinations_with_replacement(range(len(moving)), degree)
        # Powers before mixed products: they keep the parts of a law apart.
        for places_chosen in sorted(islice(places, AVERAGED), key=lambda c: (len(set(c)), c)):
            chosen = [moving[at] for at in places_chosen]
            late = deadline is not None and time.monotonic() > deadline
            if len(found) == wanted or tried == AVERAGED or late:
                return found
            if only_signs and any(prod(signs[at][k] for at in places_chosen) < 0 for k in range(len(maps))):
                continue
            tried += 1
            product = sp.Mul(*chosen)
            take(product)
            if elements and not only_signs and len(found) < wanted:
                mean = _mean(product, elements)
                if mean not in (sp.S.Zero, product):
                    take(mean)
    return found


def _sign(function: Expr, g: Prolonged) -> int:
    """1 or -1 where a map multiplies a polynomial by that, else 0."""
    image = function.xreplace(dict(g))
    if not function.is_polynomial():
        return int(image == function) - int(image == -function)
    image, own = sp.expand(image), sp.expand(function)
    return int(image == own) - int(image == sp.expand(-own))


def _mean(function: Expr, elements: Sequence[Prolonged]) -> Expr:
    """The sum of the images, without a common number."""
    images = [function, *(function.xreplace(dict(g)) for g in elements)]
    total = sp.expand(sp.Add(*images))
    roots = any(not p.exp.is_Integer for p in total.atoms(sp.Pow))
    long = len(sp.Add.make_args(total)) > FACTORED
    total = total if roots or long or total.atoms(sp.Function) else sp.factor(total)
    content, rest = total.as_coeff_Mul() if total.is_Mul else total.primitive()
    return rest if content.is_Rational else total
