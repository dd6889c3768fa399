"""The whole road on one example: from a noisy field to the equation, with and without the symmetry."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.rule import Rule

import symeq as sq
from symeq.interop.pysindy import plain_pysindy
from symeq.report import compare
from symeq.report.plots import figure, save_figure
from symeq.search.threads import one_thread
from symeq.writing import check_writable
from systems import lambda_omega
from systems.noise import add_noise

NOISE = 0.02
SEED, HELD_OUT_SEED = 0, 1


def demo(
    out: Path, *, points: int = 128, frames: int = 101, console: Console | None = None
) -> tuple[Path, Path]:
    """Recover the lambda-omega system from a random field with 2 % noise, and say how sure the result is.

    Arguments: ``out``, the folder for the figure and the law; ``points`` per space axis, ``frames`` in time.
    Returns the paths of the figure (PNG) and of the law (JSON).
    Raises InvalidInput for a folder that cannot be written.
    """
    picture, document = out / "demo.png", out / "demo.json"
    for path in (picture, document):
        check_writable(path)
    # Threads of the linear algebra wait for each other longer than these small matrices take.
    with one_thread():
        _demo(picture, document, points, frames, console or Console(width=_width()))
    return picture, document


def _width() -> int | None:
    """The terminal's own width; wide enough for the tables where the output goes to a file."""
    return None if sys.stdout.isatty() else 110


def _demo(picture: Path, document: Path, points: int, frames: int, console: Console) -> None:
    begun = time.perf_counter()
    system = lambda_omega.SYSTEM
    jet = system.jet

    console.print(Rule("the data", align="left"))
    console.print(
        f"Two chemicals u, v react and diffuse in the plane: {points} x {points} points, {frames} times,"
        f" {NOISE:.0%} noise.\nOnly the two fields are given; the equations behind them are to be found.\n"
    )
    record, held_out = (
        add_noise(system.simulate(points=points, frames=frames, seed=seed), NOISE, seed)
        for seed in (SEED, HELD_OUT_SEED)
    )
    samples = sq.sample(record, jet)
    show(console, str(samples))

    console.print(Rule("what the symmetry leaves, before any data", align="left"))
    symmetry = sq.translation("t", "x", "y") + sq.rotation("x", "y") + sq.phase("u", "v")
    library = system.candidates
    console.print(
        "The law is known to be the same at all places and times, in all directions of the plane, and for\n"
        f"all phases of (u, v). Of {len(library)} candidate terms in each equation,\n",
        highlight=False,
    )
    show(console, str(library))
    console.print("it leaves:\n")
    allowed = sq.linear_ansatz(jet, library, symmetry)
    free = sq.linear_ansatz(jet, library, sq.trivial)
    show(console, str(allowed))

    console.print(Rule("the search", align="left"))
    laws = {
        "symmetric": search(console, "under the symmetry", allowed, samples),
        "no symmetry": search(console, "without it", free, samples),
    }
    with console.status("plain PySINDy"):
        laws["plain PySINDy"] = plain_pysindy(record, allowed, samples=samples)
    console.print()

    console.print(Rule("the law, with standard errors", align="left"))
    law = laws["symmetric"]
    show(console, str(law))
    # As it is, to be copied.
    console.print(law.latex(errors=True) + "\n", markup=False, highlight=False, soft_wrap=True)

    console.print(Rule("on a second run, which no search has seen", align="left"))
    with console.status("judging the laws"):
        comparison = compare(laws, held_out, truth=system.law)
    show(console, comparison.text())

    law.save(str(document))
    save_figure(figure(record, laws, system.law), picture)
    console.print(Rule(align="left"))
    console.print(f"field and coefficients: {picture}\nthe law for programs:   {document}", highlight=False)
    console.print(f"{time.perf_counter() - begun:.0f} seconds in all", highlight=False)


def search(console: Console, what: str, ansatz: sq.LinearAnsatz, samples: sq.Samples) -> sq.Discovery:
    """Discover with a progress bar."""
    columns = (TextColumn("{task.description:<38}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=None)

        def progress(done: int, total: int, message: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{what}: {message}")

        law = sq.discover(ansatz, samples, progress=progress)
        bar.update(task, description=f"{what}: {ansatz.unknowns} unknowns")
    return law


def show(console: Console, text: str) -> None:
    """Print text as it is, indented, never wrapped inside a table."""
    for line in text.splitlines():
        wide = len(line) > console.width - 2 and "  " not in line  # a table has wide gaps
        shown = Padding(line, (0, 0, 0, 2)) if wide else f"  {line}"
        console.print(shown, markup=False, highlight=False, soft_wrap=not wide)
    console.print()
