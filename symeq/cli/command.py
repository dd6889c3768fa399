"""The flags of `symeq discover`, and the road from them to the law."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from symeq.cli.discovering import discover_law
from symeq.cli.settings import Settings

app = typer.Typer(
    help="Equations from data and symmetry.", add_completion=False, pretty_exceptions_enable=False
)

Texts = list[str] | None
VARIABLES, SYMMETRY, LAW, DATA, RESULT = "Variables", "Symmetry", "Law", "Data", "Result"


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


def _option(help: str, panel: str, metavar: str | None = None, *names: str, **settings: Any) -> Any:
    return typer.Option(
        *names, help=help, rich_help_panel=panel, metavar=metavar, show_default=False, **settings
    )


@app.command()
def discover(
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DATA...",
            help="Files (.nc, .h5, .npz, .mat, .csv); several are several runs of the same law.",
            show_default=False,
        ),
    ] = None,
    independent: Annotated[Texts, _option("Independent variables: t,x", VARIABLES, "NAMES")] = None,
    dependent: Annotated[Texts, _option("Dependent variables: u,v", VARIABLES, "NAMES")] = None,
    parameter: Annotated[
        Texts, _option("A constant that texts may use: nu, nu=0.1", VARIABLES, "NAME[=VALUE]")
    ] = None,
    symmetry: Annotated[
        Texts,
        _option(
            "What the law is known to have: translation(t), rotation(x, y; u, v), scaling(x=1, t=3, u=-2),"
            " boost(x, u), reflection(x, u), permutation(x, y), cyclic(x, y, z), phase(u, v)",
            SYMMETRY,
            "TEXT",
        ),
    ] = None,
    generator: Annotated[Texts, _option("A generator: t*d_x + d_u", SYMMETRY, "TEXT")] = None,
    map: Annotated[Texts, _option("A discrete map: x -> -x, u -> -u", SYMMETRY, "TEXT")] = None,
    baseline: Annotated[
        bool | None,
        _option("Search without the symmetry too, and compare.", SYMMETRY, None, "--baseline/--no-baseline"),
    ] = None,
    lead: Annotated[
        Texts,
        _option("The derivatives the law gives, default d/dt of each dependent: u_tt", LAW, "DERIVATIVES"),
    ] = None,
    order: Annotated[
        int | None,
        _option("Highest derivative in the library, default 2 (ODE: that of the leads).", LAW, "N"),
    ] = None,
    degree: Annotated[int | None, _option("Highest power in the library, default 3.", LAW, "N")] = None,
    library: Annotated[
        Texts,
        _option(
            "The candidate terms themselves: u, u*u_x, u_xx, sin(u); or for one lead u_t: u", LAW, "TERMS"
        ),
    ] = None,
    known: Annotated[
        Texts, _option("A coefficient that is given: u*u_x=-1, u_t: u*u_x=-1", LAW, "TERM=VALUE")
    ] = None,
    engine: Annotated[Texts, _option("How to search: sparse.", LAW, "NAME")] = None,
    seed: Annotated[int | None, _option("Seed of engines that draw at random, default 0.", LAW, "N")] = None,
    budget: Annotated[float | None, _option("Give up after this many seconds.", LAW, "SECONDS")] = None,
    rename: Annotated[
        Texts, _option("Names in the file to the names wanted: usol=u,tt=t", DATA, "OLD=NEW,...")
    ] = None,
    axes: Annotated[
        Texts, _option("The axes of an array, where lengths cannot tell: usol=x,t", DATA, "VARIABLE=AXES")
    ] = None,
    periodic: Annotated[Texts, _option("Axes along which the data repeat: x,y", DATA, "NAMES")] = None,
    problem: Annotated[
        Path | None,
        _option(
            "TOML file with any of these flags (and data) as keys; flags given here win. Its paths start from"
            " its own folder.",
            DATA,
            "FILE.toml",
        ),
    ] = None,
    json: Annotated[Path | None, _option("Write the law and how it was found.", RESULT, "FILE")] = None,
    latex: Annotated[
        Path | None, _option("Write the equations, and the comparison if any.", RESULT, "FILE")
    ] = None,
    quiet: Annotated[
        bool | None, _option("Print the law and nothing else.", RESULT, None, "--quiet/--no-quiet")
    ] = None,
) -> None:
    """Find the equation that data obey, among those that have a known symmetry.

    Exit status 0: a law was found; 2: the input cannot be used; 3: no law is allowed, or none fits.

    Example: symeq discover burgers.mat --rename usol=u --independent t,x --dependent u
    --symmetry "translation(t, x)" --symmetry "boost(x, u)" --baseline
    """
    flags = dict(locals())
    file = flags.pop("problem")
    settings = Settings.of_flags(flags)
    if file is not None:
        settings = settings.over(Settings.of_file(file))
    discover_law(settings, file)
