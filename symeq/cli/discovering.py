"""The road of `symeq discover`: what is allowed, what was measured, the law, and where it goes."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from symeq.cli.clock import Clock, OutOfTime
from symeq.cli.comparing import Beside, beside
from symeq.cli.outputs import check_outputs, write_outputs
from symeq.cli.reading import read_problem
from symeq.cli.settings import Settings, at
from symeq.cli.telling import tell_allowed, tell_beside, tell_data, tell_law
from symeq.discovery import Discovery, discover
from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.geometry import trivial
from symeq.search.engine import Progress as Report

LATER_ENGINES = ("genetic", "both")


def discover_law(settings: Settings, file: Path | None = None) -> None:
    """Read the problem, find the law, print it and write it.

    file: the problem file that the settings came from, so that it is not written over.
    Raises InvalidInput before any work for what cannot be used; NoLaw when nothing is allowed or fits.
    """
    _check_engine(settings)
    problem = read_problem(settings)
    outputs = {key: Path(path) for key in ("json", "latex") for path in settings.texts(key)}
    inputs = [*problem.data, *([file] if file else [])]
    check_outputs({settings.place(key): path for key, path in outputs.items()}, inputs)
    quiet, wants_baseline = settings.switched_on("quiet"), settings.switched_on("baseline")
    clock = Clock(settings.seconds("budget"))
    with _warnings_told():
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
    texts = {"json": _json, "latex": _latex}
    write_outputs({settings.place(key): (path, texts[key](law, compared)) for key, path in outputs.items()})


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
def _warnings_told() -> Iterator[None]:
    """Tell each warning in one line, where Python would tell its place in the code."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            told = (str(one.message) for one in caught if issubclass(one.category, UserWarning))
            for message in dict.fromkeys(told):
                print(f"symeq: warning: {' '.join(message.split())}", file=sys.stderr)


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


def _json(law: Discovery, compared: Beside | None) -> str:
    document = law.document() | (compared.document() if compared else {})
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _latex(law: Discovery, compared: Beside | None) -> str:
    """For `\\input` in a paper: the equations, and the comparison as a table below."""
    packages = "amsmath and booktabs" if compared else "amsmath"
    text = f"% needs {packages}\n\\begin{{equation}}\n{law.latex(errors=True)}\n\\end{{equation}}\n"
    return text + (f"\n% {compared.how}\n{compared.comparison.latex()}\n" if compared else "")
