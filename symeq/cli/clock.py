"""The budget: a search that takes longer than the user grants it is given up."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from symeq.errors import NoLaw


class OutOfTime(NoLaw):
    """No law was found in the time granted."""


class _Rung(BaseException):
    """The alarm; no error, so that nothing on the way up takes it for one of its own."""


class Clock:
    """So many seconds from now on, or as many as it takes; `grace`, seconds more than are spoken of.

    >>> clock = Clock(0.01)
    >>> with clock.running():
    ...     while True:
    ...         pass
    Traceback (most recent call last):
    symeq.cli.clock.OutOfTime: The budget of 0.01 s is spent. Grant more, or ask for less.
    """

    def __init__(self, seconds: float | None, grace: float = 0.0) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds + grace

    @contextmanager
    def running(self) -> Iterator[None]:
        """Give up what is inside when the time is over; without alarms (on Windows) only before it begins.

        Raises OutOfTime.
        """
        if self._end is None:
            yield
            return
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._spent()
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
