"""What the terminal shows of `symeq discover`, in the order in which a reader asks."""

from __future__ import annotations

import math
import sys
import textwrap

from symeq.ansatz import FunctionalAnsatz, RelationAnsatz
from symeq.cli.allowed import Allowed
from symeq.cli.comparing import Beside
from symeq.cli.layout import WIDTH, hanging, section, wrapped
from symeq.data import Record, Sampled
from symeq.discovery import Discovery
from symeq.geometry.calculus import expression_text
from symeq.report.table import PLAIN, aligned

LONGEST_LAW = 2000  # characters of an allowed law that are still worth reading


def tell_allowed(allowed: Allowed) -> None:
    """How much the symmetry leaves of a library, which unknown functions, and which laws."""
    linear, form = allowed.linear, allowed.form
    if linear is not None:
        text = str(linear)
        if not linear.symmetry:
            section("Allowed without a symmetry", f"all {linear.unknowns} unknowns of the library")
        else:
            section("Allowed by the symmetry", text if len(text) <= LONGEST_LAW else text.splitlines()[0])
    if form is not None:
        under = "by the symmetry" if form.symmetry else "without a symmetry"
        what = f"Allowed {under}" if linear is None else f"Functions allowed {under}"
        section(what, *_functions(form))
    if allowed.lacking:
        section("Not allowed", wrapped(allowed.lacking))


def _functions(form: FunctionalAnsatz | RelationAnsatz) -> list[str]:
    """How many unknown functions, of what; and the laws."""
    count = _counted(len(form.arguments), "invariant" if form.symmetry else "variable")
    label = f"{form.symmetry}: " if form.symmetry else ""
    if isinstance(form, RelationAnsatz):
        sides = ", ".join(map(expression_text, form.sides))
        head = f"{label}one unknown relation between {count}, solved for {sides}"
        return [wrapped(head, 4), *map(hanging, str(form).splitlines()[1:])]
    head = f"{label}{_counted(len(form.frame), 'unknown function')} of {count}"
    return [wrapped(head, 4), *map(hanging, str(form).splitlines())]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def tell_data(record: Record, samples: Sampled) -> None:
    """What was read, and how it was sampled."""
    section("Data", repr(record), *samples.notes)


def tell_law(law: Discovery, allowed: Allowed, samples: Sampled, quiet: bool) -> None:
    """The law with its errors, how well it fits, how it was found, and as LaTeX; when quiet, the bare law."""
    if quiet:
        print(law)
        for warning in law.warnings:
            print(f"symeq: warning: {warning}", file=sys.stderr)
        return
    source = law.provenance
    fit = f"unexplained: {law.residual:.2g} of the mean square of the left-hand side"
    if math.isfinite(law.chi2) and law.chi2 > 0:
        fit += f" (noise alone leaves {law.residual / law.chi2:.2g})"
    rows = f"{source.rows} rows in {source.blocks} blocks, {source.engine}, {_seconds(source.seconds)}"
    if law.identifiability is not None:
        rows += f"; condition of the allowed columns {law.identifiability.condition:.2g}"
    warned = (wrapped(f"warning: {warning}", 4) for warning in law.warnings)
    more = [note for note in source.notes if note not in samples.notes]
    sampled = [wrapped(note, 4) for note in more if allowed.form is None]
    section("Law", str(law), "", fit, rows, *sampled, *warned)
    if has_frame(law):
        section("Law by the vectors of its frame", *map(hanging, law.frame_text().splitlines()))
    if allowed.form is not None:
        told = [] if source.seed is None else [f"seed {source.seed}"]
        section("Search", *(wrapped(note, 4) for note in (*told, *more)))
    section("LaTeX", law.latex(errors=True))
    if has_frame(law):
        section("LaTeX by the vectors of its frame", law.frame_latex())


def has_frame(law: Discovery) -> bool:
    """Whether the vectors say more of a law than its components: there are several, or several functions."""
    return law.form is not None and max(len(law.form.frame), len(law.form.leads)) > 1


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds:.0f} s"


def tell_beside(compared: Beside) -> None:
    """The law that is found without the symmetry, and the comparison."""
    section("Without the symmetry", str(compared.baseline or compared.reason))
    comparison = compared.comparison
    if comparison is None:
        section("Comparison", *map(wrapped, (compared.how, *compared.notes)))
        return
    said = [
        textwrap.fill(text, WIDTH, break_long_words=False)
        for text in (*comparison.notes, *compared.notes, comparison.verdict)
    ]
    section(f"Comparison (laws {compared.how})", aligned(*comparison.table(PLAIN)), "", *said)
