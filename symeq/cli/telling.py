"""What the terminal shows of `symeq discover`, in the order in which a reader asks."""

from __future__ import annotations

import math
import sys
import textwrap

from symeq.ansatz import LinearAnsatz
from symeq.cli.comparing import Beside
from symeq.cli.layout import WIDTH, section
from symeq.data import Record, Samples
from symeq.discovery import Discovery
from symeq.report.table import PLAIN, aligned

LONGEST_LAW = 2000  # characters of an allowed law that are still worth reading


def tell_allowed(allowed: LinearAnsatz) -> None:
    """How much of the library the symmetry leaves, and which laws."""
    text = str(allowed)
    if not allowed.symmetry:
        section("Allowed without a symmetry", f"all {allowed.unknowns} unknowns of the library")
    else:
        section("Allowed by the symmetry", text if len(text) <= LONGEST_LAW else text.splitlines()[0])


def tell_data(record: Record, samples: Samples) -> None:
    """What was read, and how it was sampled."""
    section("Data", repr(record), *samples.notes)


def tell_law(law: Discovery, quiet: bool) -> None:
    """The law with its errors, how well it fits, and as LaTeX; when quiet, the bare law."""
    if quiet:
        print(law)
        for warning in law.warnings:
            print(f"symeq: warning: {warning}", file=sys.stderr)
        return
    source = law.provenance
    fit = f"unexplained: {law.residual:.2g} of the mean square of the left-hand side"
    if math.isfinite(law.chi2) and law.chi2 > 0:
        fit += f" (noise alone leaves {law.residual / law.chi2:.2g})"
    rows = f"{source.rows} rows in {source.blocks} blocks, {source.engine}, {source.seconds:.2g} s"
    section("Law", str(law), "", fit, rows, *(f"warning: {warning}" for warning in law.warnings))
    section("LaTeX", law.latex(errors=True))


def tell_beside(compared: Beside) -> None:
    """The law that is found without the symmetry, and the comparison."""
    section("Without the symmetry", str(compared.baseline or compared.reason))
    comparison = compared.comparison
    said = [
        textwrap.fill(text, WIDTH, break_long_words=False)
        for text in (*comparison.notes, *compared.notes, comparison.verdict)
    ]
    section(f"Comparison (laws {compared.how})", aligned(*comparison.table(PLAIN)), "", *said)
