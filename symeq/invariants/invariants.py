"""The verb `invariants`: all differential invariants of a symmetry, order by order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import sympy as sp
from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.invariants.action import Action
from symeq.invariants.certificate import is_annihilated, is_unchanged, is_zero_everywhere
from symeq.invariants.collecting import Collection
from symeq.invariants.counting import counts, jacobian_ranks
from symeq.invariants.discrete import averaged, generated, prolonged
from symeq.invariants.found import Invariants
from symeq.invariants.operators import InvariantOperator, equivariant_frame, invariant_operators
from symeq.terms.points import NoImage

SEARCHED = 0.6  # of the time, for invariants; the rest for maps, operators and the frame
SIDE = 5.0  # seconds at most for operators, and for the frame


def invariants(
    jet: Jet,
    symmetry: SymmetryLike,
    *,
    order: int | None = None,
    degree: int = 8,
    prefer: Sequence[Expr | str] = (),
    coordinates: Iterable[Symbol] | None = None,
    parameters: str | Sequence[str | Symbol] = (),
    budget: float | None = 60,
) -> Invariants:
    """Find functionally independent differential invariants of a symmetry, and prove each one.

        pr v(I) = 0 for all generators v,   I(g z) = I(z) for all maps g,   N_k = dim J^k - dim orbit

    Arguments: `order` n of the jet space J^n (default: of the jet); `degree`, the highest of polynomials
    tried; `prefer`, invariants to be taken first; `coordinates`, the part of the jet that is asked about;
    `parameters`, further constants; `budget` in seconds (None: no limit).
    Where fewer are found than exist, `missing` says how many and `notes` what ran out.
    Raises InvalidInput for a symmetry that does not close or does not act on the jet or the coordinates, and
    for a preferred expression that is no invariant.
    Source: Olver, Equivalence, Invariants, and Symmetry (1995), chapters 3 and 5.

    >>> from symeq.geometry.groups import rotation, translation
    >>> print(*invariants(Jet("x y", "u", order=1), translation("x", "y") + rotation("x", "y")).invariants)
    u u_x**2 + u_y**2
    >>> curves = translation("x", "u") + rotation("x", "u")
    >>> print(*invariants(Jet("x", "u", order=2), curves).invariants)
    u_xx/(u_x**2 + 1)**(3/2)
    """
    n = jet.order if order is None else order
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InvalidInput(f"the order of invariants is a whole number, 0 or more; found {n!r}.")
    if degree < 1:
        raise InvalidInput(f"the degree of invariants is a whole number, 1 or more; found {degree}.")
    deadline = None if budget is None else time.monotonic() + budget
    jet = jet.with_order(n)
    symmetry = as_symmetry(symmetry, jet, parameters)
    resolved = symmetry.on(jet, parameters=parameters).closed()
    proposed = [_read(jet, item, resolved.parameters) for item in prefer]
    kept = Action.on_jet(jet, resolved, n, coordinates)
    action = Action(kept.coordinates, kept.fields, kept.parameters, kept.orders, tuple(proposed))
    moved = prolonged(jet, resolved.maps, action.coordinates)
    for item in proposed:
        _check_proposed(jet, resolved, action, moved, item)
    numbers = counts(action, n)
    within = None if budget is None else time.monotonic() + SEARCHED * budget
    whole = coordinates is None
    collection = Collection(jet, resolved, action, numbers, degree, within, whole)
    collection.collect(proposed)
    notes = list(collection.notes)
    chosen = of_generators = collection.real()
    if resolved.maps:
        chosen = _of_maps(jet, resolved, action, moved, chosen, deadline, notes)
    certain = [i for i in chosen if is_annihilated(action, i)]
    if len(certain) < len(chosen):
        notes.append("Some candidates could not be proven and were left out.")
    certain = [i if i in proposed else _positive(i) for i in certain]
    found = tuple(sum(_order(jet, i) <= k for i in certain) for k in range(n + 1))
    certain.sort(key=lambda i: _order(jet, i))
    incomplete = len(certain) < numbers.invariants[-1]
    operators, frame = _side(jet, resolved, n, whole, collection, deadline)
    return Invariants(
        jet=jet,
        symmetry=resolved,
        order=n,
        counts=numbers,
        invariants=tuple(certain),
        found=found,
        of_generators=tuple(of_generators),
        relative=collection.relative(),
        operators=operators,
        frame=frame,
        notes=tuple(dict.fromkeys([*collection.remarks, *(notes if incomplete else ())])),
        action=action,
        moved=moved,
    )


def _read(jet: Jet, item: Expr | str, parameters: Sequence[Symbol]) -> Expr:
    return jet.parse(item, parameters) if isinstance(item, str) else exact_expression(item)


def _images(action: Action, function: Expr) -> list[Expr]:
    return [action.applied(v, function) for v in range(len(action.fields))]


def _check_proposed(
    jet: Jet, symmetry: Symmetry, action: Action, moved: Sequence[Mapping[Symbol, Expr]], item: Expr
) -> None:
    known = set(action.coordinates) | set(action.parameters)
    for symbol in sorted(item.free_symbols - known, key=lambda s: s.name):
        raise InvalidInput(
            f"the preferred invariant `{expression_text(item)}` contains {symbol}, which is not among the"
            " coordinates that are asked about. Raise the order or leave it out."
        )
    for v, image in zip(symmetry.generators, _images(action, item), strict=True):
        if not is_zero_everywhere(action, [image]):
            raise InvalidInput(
                f"the preferred invariant `{expression_text(item)}` is moved by {v}, to first order by"
                f" {expression_text(sp.factor(image))}. Leave it or the generator out."
            )
    for g, images in zip(symmetry.maps, moved, strict=True):
        if not is_unchanged(action, images, item):
            shown = expression_text(item.xreplace(dict(images)))
            raise InvalidInput(
                f"the preferred invariant `{expression_text(item)}` is not left unchanged by the map {g}: it"
                f" becomes {shown}. Leave it or the map out."
            )


def _positive(function: Expr) -> Expr:
    """A sum, or its negative, that does not begin with a minus where that can be helped."""
    if not function.is_Add or not str(function).startswith("-"):
        return function
    negative = sp.expand(-function)
    return function if str(negative).startswith("-") else negative


def _order(jet: Jet, function: Expr) -> int:
    symbols = (s for s in function.free_symbols if jet.is_coordinate(s) and s not in jet.independent)
    return max(map(jet.order_of, symbols), default=0)


def _of_maps(
    jet: Jet,
    symmetry: Symmetry,
    action: Action,
    moved: Sequence[Mapping[Symbol, Expr]],
    of_generators: Sequence[Expr],
    deadline: float | None,
    notes: list[str],
) -> list[Expr]:
    """Invariants of the whole symmetry, order by order."""
    elements = generated(symmetry.maps)
    if elements is None:
        notes.append("The maps generate too many maps to average over.")
    everything = prolonged(jet, elements or (), action.coordinates)
    taken: list[Expr] = []
    for k in range(jet.order + 1):
        own = [i for i in of_generators if _order(jet, i) <= k]

        def grows(candidate: Expr) -> bool:
            if max(jacobian_ranks(action.coordinates, [*taken, candidate])) > len(taken):
                taken.append(candidate)
                return True
            return False

        fresh = [i for i in own if i not in taken]
        wanted = len(own) - len(taken)
        averaged(
            fresh,
            everything,
            moved,
            unchanged=lambda g, f: is_unchanged(action, g, f),
            grows=grows,
            wanted=wanted,
            deadline=deadline,
        )
    if len(taken) < len(of_generators):
        late = deadline is not None and time.monotonic() > deadline
        notes.append(
            f"Maps: {len(of_generators) - len(taken)} invariants of the generators found no partner that the"
            f" maps leave unchanged{' before the time was used up' * late}."
        )
    return taken


def _side(
    jet: Jet, symmetry: Symmetry, order: int, whole: bool, collection: Collection, deadline: float | None
) -> tuple[tuple[InvariantOperator, ...], tuple[tuple[Expr, ...], ...]]:
    """Operators and the frame, which are no part of the certificate."""
    if not whole or order == 0:
        return (), ()

    def left() -> float:
        return SIDE if deadline is None else max(0.0, min(SIDE, deadline - time.monotonic()))

    relative = [f.expression for f in collection.relative()]
    lowest = min(order, 2)
    try:
        operators = invariant_operators(
            jet, symmetry, order=lowest, degree=3, relative=relative, budget=left()
        )
        frame = equivariant_frame(jet, symmetry, order=lowest, degree=3, relative=relative, budget=left())
    except NoImage:  # roots in the fields that have no value at the points drawn
        return (), ()
    return operators, frame
