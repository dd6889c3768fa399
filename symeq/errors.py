"""The errors symeq raises; each message says what was asked, what was found and what to do."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from itertools import islice


class SymeqError(Exception):
    """Anything symeq refuses to do."""


class InvalidInput(SymeqError, ValueError):
    """What was handed in cannot be used; the command line exits with status 2."""


class NoLaw(SymeqError):
    """No law is allowed by the symmetry, or none fits the data; the command line exits with status 3."""


class MissingExtra(SymeqError, ImportError):
    """An optional dependency is needed and absent; the message names the extra that installs it."""


def quoted(text: str) -> str:
    """Return the text between backquotes on one line, shortened in the middle when long."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))
    return f"`{line}`" if len(line) <= 70 else f"`{line[:45]} ... {line[-15:]}`"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean `u_x`?" for the closest known name, or an empty string.

    >>> did_you_mean("tranlation", ["translation", "rotation"])
    ' Did you mean `translation`?'
    """
    known = list(islice(known, 2000))
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    close = close or [k for k in known if k.lower() == name.lower()][:1]
    return f" Did you mean `{close[0]}`?" if close else ""


def spelled_out(characters: str) -> str:
    """Spell out characters outside ASCII: some look like others."""
    foreign = [c for c in characters if not c.isascii()]
    if not foreign:
        return ""
    first = foreign[0]
    return f" (it contains {first!r}, {unicodedata.name(first, f'U+{ord(first):04X}')})"


def unknown_name(what: str, name: str, known: Iterable[str], text: str, advice: str = "") -> InvalidInput:
    """Return the error for a name nobody declared: what it should be, what is known, the closest one."""
    known = list(islice(known, 2000))
    shown = ", ".join(known[:16]) + (" and more" if len(known) > 16 else "")
    return InvalidInput(
        f"{quoted(text)}: unknown {what} {quoted(name)}{spelled_out(name)}."
        f"{did_you_mean(name, known)} Known: {shown or 'none'}.{' ' + advice if advice else ''}"
    )
