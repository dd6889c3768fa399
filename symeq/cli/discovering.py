"""The road of `symeq discover`: what is allowed, what was measured, the law, and where it goes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from symeq.cli.clock import Clock, OutOfTime
from symeq.cli.comparing import Beside, beside
from symeq.cli.layout import warnings_told
from symeq.cli.outputs import check_outputs, write_answer
from symeq.cli.reading import read_problem
from symeq.cli.settings import Settings, at
from symeq.cli.telling import tell_allowed, tell_beside, tell_data, tell_law
from symeq.discovery import Discovery, discover
from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.geometry import trivial
from symeq.search.engine import Progress as Report

LATER_ENGINES = ("genetic", "both")


def discover_law(settings: Settings) -> None:
    """Read the problem, find the law, print it and write it.

    Raises InvalidInput before any work for what cannot be used; NoLaw when nothing is allowed or fits.
    """
    _check_engine(settings)
    problem = read_problem(settings)
    check_outputs(settings, problem.data)
    quiet, wants_baseline = settings.switched_on("quiet"), settings.switched_on("baseline")
    clock = Clock(settings.seconds("budget"))
    with warnings_told():
        with clock.running():
            allowed = problem.allowed(problem.symmetry)
            free = problem.allowed(trivial) if wants_baseline else None
            if not quiet:
                tell_allowed(allowed)
            with _progress(quiet):
                record = problem.record()
                samples = problem.samples(record)
            if not quiet:
                tell_data(record, samples)
            with _progress(quiet) as progress:
                law = discover(allowed, samples, progress=progress)
        tell_law(law, quiet)
        compared = None
        if free is not None:
            try:
                with clock.running(), _progress(quiet) as progress:
                    compared = beside(problem, free, law, record, samples, progress)
            except OutOfTime as error:
                warnings.warn(f"There is no comparison. {error}", stacklevel=1)
    if compared is not None and not quiet:
        tell_beside(compared)
    write_answer(settings, lambda: _document(law, compared), lambda: _latex(law, compared))


def _check_engine(settings: Settings) -> None:
    with at(settings.place("engine")):
        for name in settings.texts("engine"):
            if name in LATER_ENGINES:
                raise InvalidInput(f"{quoted(name)} comes with a later version; this one has `sparse`.")
            if name != "sparse":
                known = ("sparse", *LATER_ENGINES)
                raise InvalidInput(
                    f"there is no engine {quoted(name)}; it is `sparse`.{did_you_mean(name, known)}"
                )


@contextmanager
def _progress(quiet: bool) -> Iterator[Report | None]:
    """A bar on a terminal's error stream, nothing elsewhere; gone again before anything is printed."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    with bar:
        task = bar.add_task("reading the data", total=None)

        def report(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield report


def _document(law: Discovery, compared: Beside | None) -> dict[str, Any]:
    return law.document() | (compared.document() if compared else {})


def _latex(law: Discovery, compared: Beside | None) -> str:
    """For `\\input` in a paper: the equations, and the comparison as a table below."""
    packages = "amsmath and booktabs" if compared else "amsmath"
    text = f"% needs {packages}\n\\begin{{equation}}\n{law.latex(errors=True)}\n\\end{{equation}}\n"
    return text + (f"\n% {compared.how}\n{compared.comparison.latex()}\n" if compared else "")
