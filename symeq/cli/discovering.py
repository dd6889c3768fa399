"""The road of `symeq discover`: what is allowed, what was measured, the law, and where it goes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from symeq.cli.allowed import Allowed
from symeq.cli.clock import Clock, OutOfTime
from symeq.cli.comparing import Beside, beside
from symeq.cli.engines import Clocked, read_genetic, read_sparse
from symeq.cli.layout import shortened, warnings_told
from symeq.cli.outputs import check_outputs, write_answer
from symeq.cli.problem import Problem
from symeq.cli.reading import read_problem
from symeq.cli.settings import Settings
from symeq.cli.telling import has_frame, tell_allowed, tell_beside, tell_data, tell_law
from symeq.data import Record, Sampled
from symeq.discovery import Discovery
from symeq.geometry import trivial
from symeq.search.engine import Progress as Report
from symeq.search.genetic.epochs import Stop

WIDEST_BAR, NARROWEST_BAR, TIME = 40, 10, 10  # columns of the bar, and of the time beside it


def discover_law(settings: Settings) -> None:
    """Read the problem, find the law, print it and write it.

    Raises InvalidInput before any work for what cannot be used; NoLaw when nothing is allowed or fits.
    """
    problem = read_problem(settings)
    check_outputs(settings, problem.data)
    clock = Clock(settings.seconds("budget"))
    genetic = Clocked(read_genetic(settings), clock, read_sparse(settings))
    quiet, wants_baseline = settings.switched_on("quiet"), settings.switched_on("baseline")
    with warnings_told():
        with clock.running():
            allowed = problem.allowed(problem.symmetry, clock)
            free = problem.allowed(trivial, clock) if wants_baseline else None
            if not quiet:
                tell_allowed(allowed)
            with _progress(quiet, "reading the data"):
                record = problem.record()
                samples = problem.samples(record)
            if not quiet:
                tell_data(record, samples)
        with clock.running(patient=allowed.form is not None), _progress(quiet, "searching") as progress:
            law = allowed.search(samples, genetic, progress)
        tell_law(law, allowed, samples, quiet)
        compared = None
        if free is not None:
            compared = _compared(problem, allowed, free, law, record, samples, genetic, quiet)
    if compared is not None and not quiet:
        tell_beside(compared)
    write_answer(settings, lambda: _document(law, compared), lambda: _latex(law, compared))


def _compared(
    problem: Problem,
    allowed: Allowed,
    free: Allowed,
    law: Discovery,
    record: Record,
    samples: Sampled,
    genetic: Clocked,
    quiet: bool,
) -> Beside | None:
    """What stands beside the law; None, with a warning, where that was broken off: the law is found."""
    if law.end is not None and law.end.why == Stop.INTERRUPTED.value:
        warnings.warn("There is no comparison: the search was interrupted.", stacklevel=1)
        return None
    patient = allowed.form is not None
    try:
        with genetic.clock.running(patient=patient), _progress(quiet, "searching") as progress:
            return beside(problem, allowed, free, law, record, samples, genetic.anew(), progress)
    except OutOfTime as error:
        warnings.warn(f"There is no comparison. {error}", stacklevel=1)
    except KeyboardInterrupt:
        warnings.warn("There is no comparison: it was interrupted.", stacklevel=1)
    return None


@contextmanager
def _progress(quiet: bool, begun: str) -> Iterator[Report | None]:
    """A bar on a terminal's error stream, nothing elsewhere; gone again before anything is printed."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    wide = min(WIDEST_BAR, max(NARROWEST_BAR, console.width // 6))
    columns = (
        TextColumn("{task.description}", markup=False),  # LaTeX is full of brackets
        BarColumn(wide),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    with bar:
        task = bar.add_task(begun, total=None)

        def report(done: int, total: int, what: str) -> None:
            room = console.width - wide - TIME
            bar.update(task, completed=done, total=total, description=shortened(what, room))

        yield report


def _document(law: Discovery, compared: Beside | None) -> dict[str, Any]:
    return law.document() | (compared.document() if compared else {})


def _latex(law: Discovery, compared: Beside | None) -> str:
    """For `\\input` in a paper: the equations, and the comparison as a table below."""
    comparison = compared and compared.comparison
    packages = "amsmath and booktabs" if comparison else "amsmath"
    text = f"% needs {packages}\n{_displayed(law.latex(errors=True))}"
    if has_frame(law):
        text += f"\n% the same by the vectors of its frame\n{_displayed(law.frame_latex())}"
    return text + (f"\n% {compared.how}\n{comparison.latex()}\n" if compared and comparison else "")


def _displayed(equation: str) -> str:
    return f"\\begin{{equation}}\n{equation}\n\\end{{equation}}\n"
