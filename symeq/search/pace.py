"""How long something still takes, from how long it took so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

WORTH_TELLING = 2.0  # seconds that are left


@dataclass
class Pace:
    """So many of ``total`` are done, at the pace since the first of them was told.

    >>> seconds = iter([0.0, 30.0])
    >>> pace = Pace(100, clock=lambda: next(seconds))
    >>> for more in (10, 20):
    ...     pace.add(more)
    >>> pace.done, pace.left()
    (30, ', about 1 min 45 s left')
    """

    total: int
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    _told: list[tuple[float, int]] = field(default_factory=list)

    def add(self, more: int) -> None:
        """So many more are done."""
        self.done += more
        self._told = [*self._told[:1], (self.clock(), self.done)]

    def left(self) -> str:
        """The time that is left, to be added to a text; nothing where nobody knows."""
        if len(self._told) < 2:
            return ""
        (begun, before), (now, done) = self._told
        seconds = (self.total - done) * (now - begun) / max(1, done - before)
        return f", about {_duration(seconds)} left" if seconds >= WORTH_TELLING else ""


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(round(whole / 5) * 5, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
