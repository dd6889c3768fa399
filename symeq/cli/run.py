"""The door: runs a command, and turns every refusal into one line and an exit status."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import cast

import typer

from symeq.cli.command import app
from symeq.cli.status import DONE, FAILED, INTERRUPTED, INVALID, NO_LAW
from symeq.errors import NoLaw, SymeqError

# Newer versions of Typer bring their own copy of click, of which only the errors below are public.
_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__mro__[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `symeq` and return its exit status.

    0: done; 2: the input cannot be used, or nothing could be decided within the budget; 3: no law is allowed
    or none fits, or an equation lacks a symmetry that was checked; 130: interrupted.

    >>> main(["discover", "run.nc", "--engine", "annealing"])
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
        return status if isinstance(status, int) else DONE
    except SymeqError as error:
        return _refused(f"error: {error}", NO_LAW if isinstance(error, NoLaw) else INVALID)
    except _UsageError as error:
        context = getattr(error, "ctx", None)
        asked = context.command_path if context is not None else "symeq"
        return _refused(f"error: {error.format_message().rstrip('.')}. See `{asked} --help`.", INVALID)
    except (KeyboardInterrupt, typer.Abort):
        return _refused("interrupted.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter must not complain of it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _refused(message: str, status: int) -> int:
    """Say in one line why there is no answer; names from files may hold anything, terminal codes too."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(message.split()))
    print(f"symeq: {line}", file=sys.stderr)
    return status
