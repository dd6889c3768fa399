"""Samples by test functions: a recipe for the integrals of a law against bumps on a lattice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from sympy import Symbol

from symeq.data.derivatives import FiniteDifferences, Rule
from symeq.data.jetgrid import JetGrid
from symeq.data.looks import Look, looked_at
from symeq.data.records import Record
from symeq.data.slabs import root_mean_square
from symeq.data.testfunctions import Bump, windows
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

CLEAN = 0.25  # share of quadrature in the noise from which on data count as clean
SMALLEST_NOISE = 1e-4  # of a variable's root mean square: quadrature errors of clean data are no less


@dataclass(frozen=True)
class WeakSamples:
    """A recipe: a record, the noise of each variable, and a list of supports for the test functions.

    ``rungs[k]`` has one bump for each axis; ``coarser[k]`` is the rung whose supports are the next larger
    ones along every axis. ``noise`` is never below the errors of quadrature, which make up the share
    ``certain`` of its square. ``rule`` differentiates what no integration by parts moves away. ``warnings``
    are of the noise, as those of :class:`symeq.data.samples.Samples`.
    """

    record: Record
    jet: Jet
    rungs: tuple[tuple[Bump, ...], ...]
    coarser: tuple[int, ...]
    noise: tuple[float, ...]
    certain: float = 0.0
    rule: Rule = FiniteDifferences()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """How many rungs there are to choose from."""
        return len(self.rungs)

    @property
    def clean(self) -> bool:
        """Whether the noise does not stand out of the errors of quadrature."""
        return self.certain >= CLEAN

    @property
    def for_numbers(self) -> tuple[WeakSamples]:
        """What the unknown numbers of a linear ansatz are to be found from."""
        return (self,)

    def __str__(self) -> str:
        return "\n".join([*self.notes, *self.warnings])

    def grid(self, coordinates: Sequence[Symbol]) -> JetGrid:
        """The operators that give these jet coordinates at the points."""
        rules = ((self.rule,) * len(self.jet.independent),)
        return JetGrid(self.record, self.jet, rules, self.noise, tuple(coordinates))


def weak(
    record: Record,
    jet: Jet,
    supports: Sequence[Bump] | None = None,
    *,
    lead: Symbol | str | None = None,
) -> WeakSamples:
    r"""Integrate both sides of a law against test functions, so that derivatives fall on these.

    .. math:: \int \varphi\, D^a f = (-1)^{|a|} \int f\, D^a \varphi

    A few sizes of support are offered along time and along space, each twice the one before; the best one
    depends on the law, so the choice is left to the search.

    Arguments: ``record``; ``jet``, whose variables the record must have; ``supports``, one bump for each
    axis in place of the list; ``lead``, as for :func:`symeq.data.sampling.sample`.
    Raises InvalidInput for a missing variable, or an axis too short for the supports.
    Source: D. A. Messenger, D. M. Bortz, J. Comput. Phys. 443 (2021) 110525, section 2.

    >>> import numpy as np
    >>> from symeq.data.records import trajectories
    >>> t = np.linspace(0, 10, 201)
    >>> record = trajectories(t, np.stack([np.cos(t), np.sin(t)], axis=1), names="x y")
    >>> print(weak(record, Jet("t", "x y")).notes[-1])
    axis t: test functions of 15 to 103 points
    """
    return integrals_of(looked_at(record, jet, lead), jet, supports)


def integrals_of(seen: Look, jet: Jet, supports: Sequence[Bump] | None = None) -> WeakSamples:
    """See :func:`weak`."""
    record, names, orders, notes = seen.record, seen.names, seen.orders, list(seen.notes)
    noise, shares = [], []
    for parts, deviation in zip(seen.fields, seen.noise, strict=True):
        least = SMALLEST_NOISE * root_mean_square(parts)
        shares.append(min(1.0, least / max(deviation, 1e-300)) ** 2)
        noise.append(max(deviation, least))
    sizes = [min(part.sizes[name] for part in record.parts) for name in names]
    if supports is not None:
        if len(supports) != len(names):
            raise InvalidInput(f"weak(supports=...): expected {len(names)} of them, one for each of {names}.")
        rungs, coarser = [tuple(supports)], [0]
    else:
        single = len(names) == 1
        lists = [windows(size, order, single=single) for size, order in zip(sizes, orders, strict=True)]
        rungs, coarser = _combined(lists)
    for k, name in enumerate(names):
        widths = sorted({2 * rung[k].half + 1 for rung in rungs})
        reach = f"{widths[0]} to {widths[-1]}" if len(widths) > 1 else f"{widths[0]}"
        notes.append(f"axis {name}: test functions of {reach} points")
    return WeakSamples(
        record,
        jet,
        tuple(rungs),
        tuple(coarser),
        tuple(noise),
        min(shares),
        notes=tuple(notes),
        warnings=seen.warnings,
    )


def _combined(lists: Sequence[Sequence[Bump]]) -> tuple[list[tuple[Bump, ...]], list[int]]:
    """Supports along the first axis with supports along all others, which grow together."""
    across = max((len(each) for each in lists[1:]), default=1)
    steps = list(product(range(len(lists[0])), range(across)))

    def rung(first: int, other: int) -> tuple[Bump, ...]:
        return (lists[0][first], *(each[min(other, len(each) - 1)] for each in lists[1:]))

    place = {step: k for k, step in enumerate(steps)}
    coarser = [place[min(first + 1, len(lists[0]) - 1), min(other + 1, across - 1)] for first, other in steps]
    return [rung(*step) for step in steps], coarser
