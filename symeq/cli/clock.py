"""The budget: a search that takes longer than the user grants it is given up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from symeq.errors import NoLaw


class _Rung(BaseException):
    """The alarm; no error, so that nothing on the way up takes it for one of its own."""


@contextmanager
def budget(seconds: float | None) -> Iterator[None]:
    """Give up what is inside after so many seconds, None for never.

    Raises NoLaw when the time is over. Without alarms (on Windows) nothing is interrupted.

    >>> with budget(0.01):
    ...     while True:
    ...         pass
    Traceback (most recent call last):
    symeq.errors.NoLaw: No law was found within the budget of 0.01 s. Grant more, or ask for less.
    """
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise _Rung

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Rung:
        raise NoLaw(
            f"No law was found within the budget of {seconds:g} s. Grant more, or ask for less."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
