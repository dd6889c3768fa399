"""The door: runs a command, and turns every refusal into one line and an exit status."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import cast

import typer

from symeq.cli.command import app
from symeq.errors import NoLaw, SymeqError

FOUND, FAILED, INVALID, NO_LAW, INTERRUPTED = 0, 1, 2, 3, 130

# Newer versions of Typer bring their own copy of click, of which only the errors below are public.
_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__mro__[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `symeq` and return its exit status.

    0: a law was found; 2: the input cannot be used; 3: no law is allowed, or none fits; 130: interrupted.

    >>> main(["discover", "run.nc", "--engine", "genetic"])
    2
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an error in ASCII must not become a failure
    try:
        status = app(args=arguments, prog_name="symeq", standalone_mode=False)
        sys.stdout.flush()
        if status == INTERRUPTED:  # some versions of Typer make it of a KeyboardInterrupt
            raise KeyboardInterrupt
        return status if isinstance(status, int) else FOUND
    except SymeqError as error:
        return _refused(f"error: {error}", NO_LAW if isinstance(error, NoLaw) else INVALID)
    except _UsageError as error:
        return _refused(f"error: {error.format_message().rstrip('.')}. See `symeq discover --help`.", INVALID)
    except (KeyboardInterrupt, typer.Abort):
        return _refused("interrupted.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter must not complain of it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _refused(message: str, status: int) -> int:
    """Say in one line why there is no law; names from files may hold anything, terminal codes too."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(message.split()))
    print(f"symeq: {line}", file=sys.stderr)
    return status
