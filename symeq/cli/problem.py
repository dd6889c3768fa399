"""The problem that `symeq discover` poses, every word of it understood before any data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sympy import Symbol

from symeq.cli.allowed import Allowed
from symeq.cli.candidates import Candidates
from symeq.cli.clock import Clock, OutOfTime
from symeq.cli.forms import Forms
from symeq.data import Record, Sampled, open_record, pointwise, sample, weak
from symeq.data.checks import LEAVE_OUT, REFUSE
from symeq.errors import NoLaw
from symeq.geometry import Jet, Symmetry

Ansatz = TypeVar("Ansatz")


@dataclass(frozen=True)
class Problem:
    """The laws that are asked for, and the files that obey one of them.

    jet: the variables; symmetry: what the law is known to have.
    candidates, forms: the laws of a library, and those with unknown functions; None where they are not asked
    for.
    data, rename, axes, periodic: the files, and how their names and axes are to be read.
    missing: whether missing values are left out.
    weak: whether both sides are integrated against test functions; None where the data decide, as they may
    for a library of terms.
    """

    jet: Jet
    symmetry: Symmetry
    candidates: Candidates | None
    forms: Forms | None
    data: tuple[Path, ...]
    rename: Mapping[str, str]
    axes: Mapping[str, tuple[str, ...]]
    periodic: tuple[str, ...]
    missing: bool = False
    weak: bool | None = False

    def allowed(self, symmetry: Symmetry, clock: Clock) -> Allowed:
        """The laws that have a symmetry: the problem's own, or `trivial` for the baseline.

        Raises InvalidInput when a parameter without a value is left in them; NoLaw when nothing is allowed.
        """
        candidates, forms = self.candidates, self.forms
        if forms is None or candidates is None:
            linear = None if candidates is None else candidates.valued(symmetry)
            return Allowed(linear, None if forms is None else forms.allowed(symmetry, clock.left()))
        numbers, no_numbers = _either(lambda: candidates.valued(symmetry))
        functions, no_functions = _either(lambda: forms.allowed(symmetry, clock.left()))
        if numbers is None and functions is None:
            raise NoLaw(f"{no_numbers} {no_functions}")
        return Allowed(numbers, functions, no_numbers + no_functions)

    def record(self) -> Record:
        """What was measured, with the variables and axes of the jet."""
        return open_record(
            self.data,
            [x.name for x in self.jet.independent],
            [u.name for u in self.jet.dependent],
            rename=dict(self.rename),
            axes=dict(self.axes),
            periodic=self.periodic,
            missing=LEAVE_OUT if self.missing else REFUSE,
        )

    def samples(self, record: Record) -> Sampled:
        """The jet of a record, sampled by rules that are chosen from it, or its weak form."""
        # Of a relation nobody knows what it is solved for: all axes are differentiated alike.
        first = self.jet.derivative(self.jet.dependent[0], *[self.jet.independent[0]] * self.jet.order)
        lead = max(self.leads, key=self.jet.order_of, default=first)
        if self.weak is None and self.forms is None:
            samples = sample(record, self.jet, lead=lead)
            return samples if len(samples.for_numbers) > 1 else samples.for_numbers[0]
        return (weak if self.weak else pointwise)(record, self.jet, lead=lead)

    @property
    def leads(self) -> tuple[Symbol, ...]:
        """The leading derivatives; none of a relation."""
        asked = self.candidates or self.forms
        return asked.leads if asked else ()

    @property
    def time(self) -> str:
        """The axis of the leading derivatives; the first one where there are none."""
        if not self.leads:
            return self.jet.independent[0].name
        _, index = self.jet.multi_index(self.leads[0])
        return next(x.name for x, count in zip(self.jet.independent, index, strict=True) if count)


def _either(found: Callable[[], Ansatz]) -> tuple[Ansatz | None, str]:
    """What is allowed, or None and why nothing is."""
    try:
        return found(), ""
    except OutOfTime:
        raise
    except NoLaw as error:
        return None, str(error)
