"""How the cells of a table are written: plain, Markdown, LaTeX."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symeq.latex import number_latex, text_latex


@dataclass(frozen=True)
class Style:
    """How names, numbers, numbers with an error, and shares in percent are written."""

    name: Callable[[str], str]
    number: Callable[[float], str]
    measured: Callable[[float, float], str]
    percent: Callable[[float], str]


def number_text(value: float) -> str:
    """A number to two digits; below a thousandth with a power of ten.

    >>> [number_text(value) for value in (0.01234, 3.21e-16, 12.6, float("inf"), 0.0)]
    ['0.012', '3.2e-16', '13', 'inf', '0']
    """
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if abs(value) < 1e-3 or abs(value) >= 1e5:
        return f"{value:.1e}"
    digits = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def measured_text(value: float, error: float) -> str:
    """A number with its standard error, which has one or two digits.

    >>> measured_text(0.31234, 0.0042), measured_text(3.1e-9, 4.4e-10), measured_text(0.5, float("nan"))
    ('0.3123 ± 0.0042', '(3.1 ± 0.4)e-09', '0.50')
    """
    if not math.isfinite(error) or error <= 0 or not math.isfinite(value):
        return number_text(value)
    size = max(abs(value), error)
    if size < 1e-3 or size >= 1e5:
        exponent = math.floor(math.log10(size))
        value, error = value / 10**exponent, error / 10**exponent
        digits = max(1, -math.floor(math.log10(error)))
        return f"({value:.{digits}f} ± {error:.{digits}f})e{exponent:+03d}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def percent_text(share: float) -> str:
    """A share in percent to two digits.

    >>> percent_text(0.01234), percent_text(1.0), percent_text(3e-9)
    ('1.2%', '100%', '3.0e-07%')
    """
    return f"{number_text(100 * share)}%"


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells in columns, the first flush left and the others flush right; titles may take several lines.

    >>> print(aligned(["law", "free terms"], [["SO(2)", "6"], ["none", "11"]]))
            free
    law    terms
    ------------
    SO(2)      6
    none      11
    """
    titles = [title.split() for title in header]
    tallest = max(map(len, titles))
    above = [[""] * (tallest - len(words)) + words for words in titles]
    heads = [list(line) for line in zip(*above, strict=True)]
    widths = [max(map(len, column)) for column in zip(*heads, *rows, strict=True)]
    lines = []
    for cells in (*heads, *rows):
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        lines.append("  ".join([cells[0].ljust(widths[0]), *rest]).rstrip())
    return "\n".join([*lines[:tallest], "-" * max(map(len, lines)), *lines[tallest:]])


def _markdown_name(text: str) -> str:
    return "".join("\\" + c if c in "\\|*_<>[]" else c for c in text)


PLAIN = Style(lambda text: text, number_text, measured_text, percent_text)
MARKDOWN = Style(_markdown_name, number_text, measured_text, percent_text)
LATEX = Style(
    text_latex,
    lambda value: f"${number_latex(value, digits=2)}$",
    lambda value, error: f"${number_latex(value, error, digits=2)}$",
    lambda share: rf"${number_latex(100 * share, digits=2)}\,\%$",
)
