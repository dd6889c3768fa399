"""The verb compare and its noun: laws side by side, and whether the data bear out the symmetry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from symeq.data.records import Record
from symeq.data.samples import Samples, pointwise
from symeq.discovery import Discovery
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.latex import table_latex
from symeq.report.defect import Defect, SymmetryTest, random_jets, symmetry_test
from symeq.report.heldout import HeldOut, Share, hold_out
from symeq.report.metrics import (
    CoefficientError,
    Forecast,
    Law,
    TermCount,
    coefficient_error,
    count_terms,
    forecast_error,
)
from symeq.report.table import LATEX, MARKDOWN, PLAIN, Style, aligned
from symeq.report.truth import Truth, read_truth
from symeq.report.verdict import verdict


@dataclass(frozen=True)
class Row:
    """One law of a comparison; None where there was nothing to compute a column from."""

    name: str
    unknowns: int
    library_unknowns: int
    terms: TermCount | None
    coefficient_error: CoefficientError | None
    residual: Share | None
    forecast: Forecast | None
    defect: Defect | None
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """Laws side by side. `print(comparison)` shows the table, what its columns mean, and the verdict.

    Made by `compare`.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    verdict: str

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The table in columns of plain text, then the notes and the verdict."""
        return "\n".join([aligned(*self.table(PLAIN)), "", *self.notes, "", self.verdict])

    def markdown(self) -> str:
        """The table in Markdown, then the notes and the verdict."""
        header, rows = self.table(MARKDOWN)
        marks = ["---", *("---:" for _ in header[1:])]
        lines = [f"| {' | '.join(cells)} |" for cells in (header, marks, *rows)]
        notes = [f"- {MARKDOWN.name(note)}" for note in self.notes]
        return "\n".join([*lines, "", *notes, "", MARKDOWN.name(self.verdict)])

    def latex(self) -> str:
        """The table for LaTeX (package booktabs), after the notes and the verdict as comments."""
        comments = [f"% {line}" for line in (*self.notes, self.verdict)]
        return "\n".join([*comments, table_latex(*self.table(LATEX))])

    def table(self, style: Style) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of cells; columns that no row fills are left out."""
        columns: list[tuple[str, list[str]]] = [
            ("law", [style.name(row.name) for row in self.rows]),
            ("unknowns", [f"{row.unknowns} of {row.library_unknowns}" for row in self.rows]),
        ]
        counts = [row.terms for row in self.rows if row.terms]
        if counts:
            columns += [
                (title, [str(len(getattr(count, title))) for count in counts])
                for title in ("found", "missed", "spurious")
            ]
        wrong = [row.coefficient_error for row in self.rows if row.coefficient_error]
        if wrong:
            cells = [f"{style.percent(error.rms)} (max {style.percent(error.max)})" for error in wrong]
            columns.append(("coefficient error", cells))
        shares = [row.residual for row in self.rows if row.residual]
        if shares:
            columns.append(
                ("held-out residual", [style.measured(share.value, share.error) for share in shares])
            )
        forecasts = [row.forecast for row in self.rows if row.forecast]
        if forecasts:
            columns.append(("forecast error", [style.number(forecast.error) for forecast in forecasts]))
        defects = [row.defect for row in self.rows if row.defect]
        if defects:
            columns.append(("symmetry defect", [style.number(defect.value) for defect in defects]))
        columns.append(("seconds", [style.number(row.seconds) for row in self.rows]))
        header = [title for title, _ in columns]
        return header, [list(cells) for cells in zip(*(cells for _, cells in columns), strict=True)]


def compare(
    laws: Mapping[str, Discovery],
    held_out: Record | Samples | None = None,
    *,
    truth: Truth | None = None,
    symmetry: Symmetry | None = None,
) -> Comparison:
    """Put laws side by side: against the truth where it is known, and on data that none of them has seen.

    laws: discoveries by name, all with the same leading derivatives.
    held_out: a record (sampled by the default rule) or samples.
    truth: {lead: right-hand side}, pairs, or equations as text such as "u_t = u_xx".
    symmetry: what the column of defects refers to; default: the symmetry that the first law with one was
    searched under. Laws without it show how far the data by themselves are from it.

    The verdict holds each law with a symmetry against the best one without: is more left of the held-out data
    than three standard errors of the paired difference, the data contradict the symmetry.

    Raises InvalidInput for no laws, for laws with different leads, and for a truth that does not fit them.

    >>> import numpy as np, symeq as sq
    >>> t = np.linspace(0, 10, 501)
    >>> turn = lambda r: sq.trajectories(t, r * np.exp(-t / 9)[:, None] * np.stack([np.cos(t), np.sin(t)], 1))
    >>> jet = sq.Jet("t", "x y")
    >>> x, y = jet.dependent
    >>> samples, library = sq.sample(turn(1.0), jet), sq.monomials(x, y, degree=3)
    >>> symmetries = {"SO(2)": sq.rotation(x, y), "none": sq.trivial}
    >>> ansaetze = {name: sq.linear_ansatz(jet, library, s) for name, s in symmetries.items()}
    >>> laws = {name: sq.discover(ansatz, samples) for name, ansatz in ansaetze.items()}
    >>> comparison = compare(laws, turn(2.0), truth="x_t = -x/9 - y; y_t = x - y/9")
    >>> [(row.name, row.unknowns, row.terms.joint) for row in comparison.rows]
    [('SO(2)', 4, True), ('none', 20, True)]
    """
    jet, leads = _same_leads(laws)
    sides: dict[str, Law] = {name: dict(law.equations) for name, law in laws.items()}
    true = None if truth is None else read_truth(truth, jet, leads)
    under = _symmetry(laws, jet, leads, symmetry)
    notes: list[str] = []
    test = None
    if under:
        try:
            test = symmetry_test(jet, leads, under, list(sides.values()))
        except InvalidInput as error:
            notes.append(f"symmetry defect: not shown. {error}")
    samples = _samples(held_out, jet, leads, list(sides.values()), test)
    also = sorted(test.coordinates, key=str) if test else []
    reduced = None if samples is None else hold_out(samples, leads, list(sides.values()), also=also)
    jets = reduced.jets if reduced else random_jets(frozenset(also))
    solved = all(lead.is_Symbol for lead in leads) and {jet.multi_index(z)[0] for z in leads}
    flow = len(jet.independent) == 1 and solved == set(jet.dependent)
    rows = tuple(
        Row(
            name=name,
            unknowns=law.unknowns,
            library_unknowns=law.library_unknowns,
            terms=count_terms(sides[name], true) if true else None,
            coefficient_error=coefficient_error(sides[name], true) if true else None,
            residual=reduced.residual(sides[name]) if reduced else None,
            forecast=forecast_error(law, samples) if samples and flow else None,
            defect=test.defect(sides[name], jets) if test else None,
            seconds=law.provenance.seconds,
        )
        for name, law in laws.items()
    )
    notes = [*_notes(rows, under, reduced, list(sides.values())), *notes]
    return Comparison(
        rows, tuple(notes), verdict(laws, {row.name: row.defect for row in rows}, samples, reduced)
    )


def _same_leads(laws: Mapping[str, Discovery]) -> tuple[Jet, tuple[sp.Expr, ...]]:
    if not laws:
        raise InvalidInput("There is nothing to compare: give at least one law.")
    first_name, first = next(iter(laws.items()))
    for name, law in laws.items():
        if set(law.ansatz.leads) != set(first.ansatz.leads):
            mine, theirs = (", ".join(map(str, one.ansatz.leads)) for one in (law, first))
            raise InvalidInput(
                f"`{name}` is solved for {mine} and `{first_name}` for {theirs}."
                " Compare laws with the same leads."
            )
    return first.ansatz.jet, first.ansatz.leads


def _symmetry(
    laws: Mapping[str, Discovery], jet: Jet, leads: Sequence[sp.Expr], given: Symmetry | None
) -> Symmetry | None:
    if given is None:
        return next((law.ansatz.symmetry for law in laws.values() if law.ansatz.symmetry), None)
    if not leads[0].is_Symbol:  # no derivative leads, so none says which variable is the time
        return given.on(jet) or None
    _, index = jet.multi_index(leads[0])
    time = next(x for x, count in zip(jet.independent, index, strict=True) if count)
    return given.on(jet, time) or None


def _samples(
    held_out: Record | Samples | None,
    jet: Jet,
    leads: Sequence[sp.Expr],
    sides: Sequence[Law],
    test: SymmetryTest | None,
) -> Samples | None:
    if held_out is None or isinstance(held_out, Samples):
        return held_out
    symbols = set(test.coordinates) if test else set()
    for side in sides:
        symbols |= set().union(*(rhs.free_symbols for rhs in side.values()))
    on_left = sorted(set().union(*(lead.free_symbols for lead in leads)) - set(jet.independent), key=str)
    # The order of a law that is solved for time derivatives is that of its right-hand side.
    if len(jet.independent) == 1 or not all(lead.is_Symbol for lead in leads):
        symbols |= set(on_left)
    order = max((jet.order_of(z) for z in symbols if jet.is_coordinate(z)), default=1)
    first = max(on_left, key=lambda z: (jet.multi_index(z)[1][0], jet.order_of(z)))
    return pointwise(held_out, jet.with_order(max(1, order)), lead=first)


def _notes(
    rows: Sequence[Row], under: Symmetry | None, reduced: HeldOut | None, sides: Sequence[Law]
) -> list[str]:
    """What the columns mean."""
    notes = []
    if rows[0].coefficient_error:
        notes.append("coefficient error: relative, of the true terms; root mean square, and the largest.")
    if reduced:
        leads = ", ".join(map(str, reduced.leads))
        noise = min(reduced.noise(side).value for side in sides)
        notes.append(
            f"held-out residual: share of the mean square of {leads} that the law leaves; noise alone leaves"
            f" {PLAIN.number(noise)}."
        )
    if rows[0].forecast:
        forecast = rows[0].forecast
        plural = "trajectory" if forecast.trajectories == 1 else "trajectories"
        notes.append(
            f"forecast error: relative RMS error of {forecast.trajectories} simulated {plural} over"
            f" {forecast.horizon:g} units of time."
        )
    if rows[0].defect:
        where = "the held-out data" if reduced else "random jets"
        notes.append(f"symmetry defect: under {under}, on {where}; 0: the law has it, 1: nothing cancels.")
    return notes
