"""How answers look on a terminal: sections, lines no longer than it is wide, and warnings of one line."""

from __future__ import annotations

import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

WIDTH = 100  # where nobody says how wide the terminal is
NARROWEST = 40
INDENT = "  "


def section(title: str, *lines: str) -> None:
    """Print a title and, indented below it, lines."""
    text = "\n".join(f"{INDENT}{line}".rstrip() for line in "\n".join(lines).split("\n"))
    print(f"{title}\n{text}\n", flush=True)  # at once, also through a pipe: the search may take long


def width() -> int:
    """The columns that a line of a section has."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, NARROWEST) - len(INDENT)


def wrapped(text: str, hang: int = 0) -> str:
    """The text in lines that fit, those after the first indented by `hang`; broken at spaces alone."""
    within = max(width(), hang + NARROWEST // 2)
    return textwrap.fill(
        text, within, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    )


def shortened(text: str, room: int) -> str:
    """The text in one line of so many columns, what does not fit cut off."""
    line = " ".join(text.split())
    return line if len(line) <= room else line[: max(room - 1, 0)] + "…"


def hanging(text: str, hang: int | None = None) -> str:
    """A formula in lines that fit, broken between its terms; a right-hand side stays right of its `=`."""
    left, sign, _ = text.partition(" = ")
    if hang is None:
        hang = len(left) + len(sign) if sign and len(left) < NARROWEST // 2 else 4
    within = max(width(), hang + NARROWEST // 2)
    if len(text) <= within:
        return text
    lines, line = [], ""
    for piece in _pieces(text):
        joined = f"{line} {piece}" if line.strip() else line + piece
        if len(joined) > within and line.strip():
            lines.append(line)
            joined = " " * hang + piece
        *full, line = _filled(joined, within, hang + 2)
        lines += full
    return "\n".join([*lines, line])


def _filled(line: str, within: int, hang: int) -> list[str]:
    """A line, or several where it holds a single term that is longer."""
    if len(line) <= within:
        return [line]
    return textwrap.wrap(
        line, within, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    )


def _pieces(text: str) -> Iterator[str]:
    """The parts of a formula between spaces outside brackets, each with the sign before it."""
    depth, piece = 0, ""
    for word in text.split(" "):
        piece = f"{piece} {word}" if piece else word
        depth += sum(map(word.count, "([{")) - sum(map(word.count, ")]}"))
        if depth <= 0 and word not in ("+", "-"):
            yield piece
            piece = ""
    if piece:
        yield piece


def labelled(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Labels in a column, and beside each its formula in lines that fit."""
    listed = list(rows)
    longest = max((len(label) for label, _ in listed), default=0)
    return [hanging(f"{label:<{longest}}  {text}".rstrip(), longest + 2) for label, text in listed]


def beside(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Texts in a column and a remark beside each, or below it where the two do not fit in a line."""
    remarks = max((len(remark) for _, remark in rows), default=0)
    within = width() - remarks - 2
    column = max((len(text) for text, _ in rows if len(text) <= within), default=0)
    lines = []
    for text, remark in rows:
        if len(text) <= column or not remark:
            lines.append(f"{text:<{column}}  {remark}" if remark else hanging(text))
        else:
            lines += [hanging(text), f"{INDENT * 4}{remark}"]
    return lines


@contextmanager
def warnings_told() -> Iterator[None]:
    """Tell each warning in one line, where Python would tell its place in the code."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            told = (str(one.message) for one in caught if issubclass(one.category, UserWarning))
            for message in dict.fromkeys(told):
                warn(message)


def warn(message: str) -> None:
    """Tell a warning in one line, on the stream of errors."""
    print(f"symeq: warning: {' '.join(message.split())}", file=sys.stderr)
