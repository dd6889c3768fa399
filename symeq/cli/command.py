"""The command `symeq`: its subcommands, and the flags of `symeq discover`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from symeq.cli.check import check
from symeq.cli.constraints import constraints
from symeq.cli.discovering import discover_law
from symeq.cli.flags import (
    Axes,
    Baseline,
    Dependent,
    Engine,
    Epochs,
    Evaluations,
    Files,
    Generator,
    Independent,
    Json,
    Known,
    Latex,
    LeadOrSide,
    LibraryDegree,
    LibraryOrder,
    Map,
    Missing,
    Operators,
    Parameter,
    Periodic,
    Problem,
    Quiet,
    Relation,
    Rename,
    Resume,
    SearchBudget,
    Seed,
    Symmetries,
    Terms,
    Weak,
    Workers,
)
from symeq.cli.invariants import invariants
from symeq.cli.settings import Settings
from symeq.cli.symmetries import symmetries

app = typer.Typer(
    help="Equations from data and symmetry.", add_completion=False, pretty_exceptions_enable=False
)
WITH_DATA, WITHOUT = "With data", "Without data"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"symeq {version('symeq')}")
        raise typer.Exit


@app.callback()
def symeq(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Equations from data and symmetry."""


@app.command(rich_help_panel=WITH_DATA)
def discover(
    data: Files = None,
    independent: Independent = None,
    dependent: Dependent = None,
    parameter: Parameter = None,
    symmetry: Symmetries = None,
    generator: Generator = None,
    map: Map = None,
    baseline: Baseline = None,
    lead: LeadOrSide = None,
    relation: Relation = None,
    order: LibraryOrder = None,
    degree: LibraryDegree = None,
    library: Terms = None,
    known: Known = None,
    engine: Engine = None,
    operators: Operators = None,
    epochs: Epochs = None,
    evaluations: Evaluations = None,
    workers: Workers = None,
    seed: Seed = None,
    resume: Resume = None,
    rename: Rename = None,
    axes: Axes = None,
    periodic: Periodic = None,
    missing: Missing = None,
    weak: Weak = None,
    problem: Problem = None,
    budget: SearchBudget = None,
    json: Json = None,
    latex: Latex = None,
    quiet: Quiet = None,
) -> None:
    """Find the equation that data obey, among those that have a known symmetry.

    Ctrl-C ends a genetic search with the best law so far. Exit status 0: a law was found; 2: the input
    cannot be used; 3: no law is allowed, or none fits.

    Example: symeq discover burgers.mat --rename usol=u --independent t,x --dependent u
    --symmetry "translation(t, x)" --symmetry "boost(x, u)" --baseline

    Example: symeq discover orbits.nc --independent t --dependent x,y --engine genetic
    --symmetry "translation(t)" --symmetry "rotation(x, y)" --lead x_tt,y_tt --resume search.json
    """
    discover_law(Settings.asked(dict(locals())))


for command in (constraints, invariants, symmetries, check):
    app.command(rich_help_panel=WITHOUT)(command)
