"""The budget: a search that takes longer than the user grants it is given up."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from symeq.errors import NoLaw

GRACE = 10.0  # seconds after twice the budget, when a search that does not look at its clock is ended


class OutOfTime(NoLaw):
    """No law was found in the time granted."""


class _Rung(BaseException):
    """The alarm; no error, so that nothing on the way up takes it for one of its own."""


class Clock:
    """So many seconds from now on, or as many as it takes.

    >>> clock = Clock(0.01)
    >>> with clock.running():
    ...     while True:
    ...         pass
    Traceback (most recent call last):
    symeq.cli.clock.OutOfTime: The budget of 0.01 s is spent. Grant more, or ask for less.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """The seconds that are left, None for as many as it takes.

        Raises OutOfTime where none are.
        """
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._spent()
        return left

    @contextmanager
    def running(self, *, patient: bool = False) -> Iterator[None]:
        """Give up what is inside when the time is over; without alarms (on Windows) only before it begins.

        patient: what is inside looks at the clock itself, and is given up at twice the time and some more.
        Raises OutOfTime.
        """
        left = self.left()
        if left is None:
            yield
            return
        if patient and self.seconds is not None:
            left += self.seconds + GRACE
        if not hasattr(signal, "setitimer"):
            yield
            return

        def ring(number: int, frame: FrameType | None) -> None:
            raise _Rung

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, left)
        try:
            yield
        except _Rung:
            raise self._spent() from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _spent(self) -> OutOfTime:
        return OutOfTime(f"The budget of {self.seconds:g} s is spent. Grant more, or ask for less.")
