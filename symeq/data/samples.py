"""What the regression sees of a record: a recipe for its jet coordinates, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Symbol

from symeq.data.choosing import choose_rules
from symeq.data.derivatives import Rule
from symeq.data.jetgrid import JetGrid
from symeq.data.looks import Look, looked_at
from symeq.data.records import Record
from symeq.data.weak import WeakSamples
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet


@dataclass(frozen=True)
class Samples:
    """A recipe: a record, the noise of each variable, and a ladder of rules.  Nothing is computed until
    asked.

    ``integrals``: the same record by test functions, for the unknown numbers of a linear ansatz.
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
    integrals: WeakSamples | None = None

    @property
    def for_numbers(self) -> tuple[Samples | WeakSamples, ...]:
        """What the unknown numbers of a linear ansatz are to be found from: integrals and clean points."""
        if self.integrals is None:
            return (self,)
        return (self, self.integrals) if self.integrals.clean else (self.integrals,)

    def __str__(self) -> str:
        integrals = () if self.integrals is None else self.integrals.notes
        better = ", where that is better" if len(self.for_numbers) > 1 else ""
        more = (f"unknown numbers{better}: {note}" for note in integrals if note not in self.notes)
        return "\n".join([*self.notes, *more, *self.warnings])

    def grid(self, coordinates: Sequence[Symbol]) -> JetGrid:
        """The operators and blocks that give these jet coordinates."""
        return JetGrid(self.record, self.jet, self.rungs, self.noise, tuple(coordinates))


def pointwise(
    record: Record,
    jet: Jet,
    rule: Rule | Mapping[str, Rule] | None = None,
    *,
    lead: Symbol | str | None = None,
) -> Samples:
    """Sample the jet of a record point by point, by a stated rule or by one chosen from the data.

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
    >>> print(pointwise(record, Jet("t", "x y")).notes[-1])
    axis t: central differences of order 8 (chosen by estimated error)
    """
    return points_of(looked_at(record, jet, lead), jet, rule)


def points_of(seen: Look, jet: Jet, rule: Rule | Mapping[str, Rule] | None) -> Samples:
    """See :func:`pointwise`."""
    record, names, orders, notes = seen.record, seen.names, seen.orders, list(seen.notes)
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
    axes = [min((part[name].values for part in record.parts), key=len) for name in names]
    automatic = choose_rules(seen.fields, seen.noise, axes, orders) if len(stated) < len(names) else ()
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
    rungs = tuple(zip(*padded, strict=True))
    return Samples(record, jet, rungs, usable, seen.noise, tuple(notes), seen.warnings)


def _fits(rule: Rule, axis: np.ndarray, orders: int, periodic: bool) -> bool:
    try:
        rule.on(axis, orders, periodic)
    except InvalidInput:
        return False
    return True
