"""What the commands of the symbolic half share: the clock, the frame of the document, LaTeX to include."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from symeq.cli.clock import Clock, OutOfTime
from symeq.cli.layout import warnings_told
from symeq.cli.settings import Settings
from symeq.errors import InvalidInput
from symeq.geometry import Symmetry

SCHEMA = 1
PATIENCE = 60.0  # seconds, where no budget is given


class Started:
    """A command that has begun: its name, and since when it runs."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.began = time.monotonic()

    def document(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The document of an answer, in the frame that all commands give it."""
        versions = {"python": platform.python_version()}
        versions |= {package: version(package) for package in ("symeq", "sympy", "numpy")}
        return {
            "schema": SCHEMA,
            "command": self.command,
            **content,
            "seconds": round(time.monotonic() - self.began, 3),
            "versions": versions,
        }


@contextmanager
def patience(settings: Settings) -> Iterator[float]:
    """The seconds that a search may take; warnings of it are told in a line each.

    Raises InvalidInput when a search goes on for more than twice that.
    """
    budget = settings.seconds("budget") or PATIENCE
    try:
        with warnings_told(), Clock(budget).running(patient=True):
            yield budget
    except OutOfTime as error:
        raise InvalidInput(f"Nothing was decided. {error}") from None


def members(symmetry: Symmetry) -> dict[str, list[str]]:
    """The generators and maps as texts, for a document."""
    return {"generators": list(map(str, symmetry.generators)), "maps": list(map(str, symmetry.maps))}


def fragment(*pieces: str) -> str:
    r"""LaTeX to `\input`, of tables and of equations that are aligned, each below the other.

    >>> print(fragment(r"\begin{aligned} u &= 1 \end{aligned}"))
    % needs amsmath
    \begin{equation}
    \begin{aligned} u &= 1 \end{aligned}
    \end{equation}
    """
    shown = [piece.strip() for piece in pieces if piece.strip()]
    packages = "amsmath and booktabs" if any(map(_is_table, shown)) else "amsmath"
    return f"% needs {packages}\n" + "\n\n".join(map(_displayed, shown))


def _is_table(piece: str) -> bool:
    return "\\begin{tabular}" in piece


def _displayed(piece: str) -> str:
    if _is_table(piece) or all(line.startswith("%") for line in piece.splitlines()):
        return piece
    return f"\\begin{{equation}}\n{piece}\n\\end{{equation}}"


def aligned_latex(rows: Iterable[tuple[str, str]]) -> str:
    """Equations of LaTeX, left-hand and right-hand side of each, aligned below each other; "" for none."""
    lines = " \\\\\n".join(f"{left} &= {right}" for left, right in rows)
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}" if lines else ""
