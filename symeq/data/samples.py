"""What the regression sees of a record: a recipe for its jet coordinates, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Symbol

from symeq.data.choosing import choose_rules
from symeq.data.derivatives import Rule
from symeq.data.jetgrid import JetGrid
from symeq.data.noise import noise_deviation
from symeq.data.noisekinds import odd_noise
from symeq.data.records import Record
from symeq.data.slabs import Array, deviation, held
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet


@dataclass(frozen=True)
class Samples:
    """A recipe: a record, the noise of each variable, and a ladder of rules.  Nothing is computed until
    asked.

    ``warnings`` say where the noise is not white and even (:func:`symeq.data.noisekinds.odd_noise`).
    ``rungs[k]`` has one rule per axis, from the finest to the coarsest; all share their blocks. The best
    window depends on the law, so the choice among the first ``usable`` rungs is left to the search, and a
    coefficient that changes from rung to rung is seen to be an artefact of differentiation.
    """

    record: Record
    jet: Jet
    rungs: tuple[tuple[Rule, ...], ...]
    usable: int
    noise: tuple[float, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([*self.notes, *self.warnings])

    def grid(self, coordinates: Sequence[Symbol]) -> JetGrid:
        """The operators and blocks that give these jet coordinates."""
        return JetGrid(self.record, self.jet, self.rungs, self.noise, tuple(coordinates))


def sample(
    record: Record,
    jet: Jet,
    rule: Rule | Mapping[str, Rule] | None = None,
    *,
    lead: Symbol | str | None = None,
) -> Samples:
    """Sample the jet of a record pointwise, by a stated rule or by one chosen from the data.

    The noise of each variable is estimated first; for each axis without a stated rule the window is then
    chosen that has the smallest estimated error (:func:`symeq.data.choosing.choose_rules`), and offered
    together with its half and its quarter: averaging over many rows removes noise but no bias, so the best
    window of a law is shorter.

    Arguments: ``record``; ``jet``, whose variables the record must have and whose order says how often each
    axis is differentiated (the first axis as often as ``lead``, by default once, unless it is the only one);
    ``rule``, one rule for all axes or a mapping from axis names.
    Raises InvalidInput for a missing variable, a rule for an unknown axis, or an axis too short for a
    stencil.

    >>> import numpy as np
    >>> from symeq.data.records import trajectories
    >>> t = np.linspace(0, 10, 201)
    >>> record = trajectories(t, np.stack([np.cos(t), np.sin(t)], axis=1), names="x y")
    >>> print(sample(record, Jet("t", "x y")).notes[-1])
    axis t: central differences of order 8 (chosen by estimated error)
    """
    record = record.on(jet)
    names = [str(x) for x in jet.independent]
    orders = highest_orders(jet, lead)
    stated: dict[str, Rule] = {}
    if isinstance(rule, Mapping):
        unknown = sorted(set(rule) - set(names))
        if unknown:
            raise InvalidInput(
                f"A rule was given for `{unknown[0]}`, which is no axis of the record. "
                f"Its axes are {', '.join(names)}."
            )
        stated = dict(rule)
    elif rule is not None:
        stated = dict.fromkeys(names, rule)
    fields = [[held(part[str(u)]) for part in record.parts] for u in jet.dependent]
    points = [[part[name].values for name in names] for part in record.parts]
    noise = []
    notes = list(record.notes)
    for u, parts in zip(jet.dependent, fields, strict=True):
        noise.append(noise_deviation(parts, points))
        notes.append(noise_note(u, parts, noise[-1]))
    axes = [min((part[name].values for part in record.parts), key=len) for name in names]
    automatic = choose_rules(fields, noise, axes, orders) if len(stated) < len(names) else ()
    ladders: list[tuple[Rule, ...]] = []
    for k, name in enumerate(names):
        ladder: tuple[Rule, ...]
        if name not in stated:
            ladder = automatic[k].ladder()
            reach = "at most " if len(ladder) > 2 else ""
            notes.append(f"axis {name}: {reach}{automatic[k]} (chosen by estimated error)")
        else:
            used, coarser = stated[name], stated[name].coarser()
            drifts = not automatic and _fits(coarser, axes[k], orders[k], name in record.periodic)
            ladder = (used, coarser) if drifts else (used,)
            notes.append(f"axis {name}: {used}")
        ladders.append(ladder)
    height = max(len(ladder) for ladder in ladders)
    padded = [(ladder[0],) * (height - len(ladder)) + tuple(ladder) for ladder in ladders]
    usable = height if automatic else 1
    warned = noise_warnings(jet, fields, points, noise)
    return Samples(record, jet, tuple(zip(*padded, strict=True)), usable, tuple(noise), tuple(notes), warned)


def highest_orders(jet: Jet, lead: Symbol | str | None) -> list[int]:
    """How often each axis is differentiated: the first as often as the lead, by default once, unless it is
    the only one."""
    orders = [max(1, jet.order)] * len(jet.independent)
    if len(orders) > 1:
        orders[0] = 1
        if lead is not None:
            symbol = jet[lead] if isinstance(lead, str) else lead
            return [max(order, have) for order, have in zip(jet.multi_index(symbol)[1], orders, strict=True)]
    return orders


def noise_note(u: Symbol, parts: Sequence[Array], noise: float) -> str:
    """What is said of the noise of a variable."""
    spread = max(deviation(parts), np.finfo(float).tiny)  # the blocks looked at may be constant
    return f"noise of {u}: {noise:.3g}, {noise / spread:.2%} of its standard deviation"


def noise_warnings(
    jet: Jet,
    fields: Sequence[Sequence[Array]],
    points: Sequence[Sequence[np.ndarray]],
    noise: Sequence[float],
) -> tuple[str, ...]:
    """What is said of noise that is not white and even, of all variables."""
    names = [str(x) for x in jet.independent]
    each = zip(jet.dependent, fields, noise, strict=True)
    return tuple(odd.words for u, parts, s in each for odd in odd_noise(str(u), parts, points, names, s))


def _fits(rule: Rule, axis: np.ndarray, orders: int, periodic: bool) -> bool:
    try:
        rule.on(axis, orders, periodic)
    except InvalidInput:
        return False
    return True
