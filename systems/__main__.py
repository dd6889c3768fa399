"""The command `python -m systems`: list the benchmark systems, simulate them, recover one."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from symeq.errors import SymeqError
from systems import SYSTEMS, add_noise, storage

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


class Noise(StrEnum):
    """How the noise enters; see :func:`systems.noise.add_noise`."""

    additive = "additive"
    multiplicative = "multiplicative"


@app.command("list")
def list_systems() -> None:
    """Show every system with its equations and the symmetries that are proven for it."""
    table = Table("system", "equations", "symmetries", show_lines=True)
    for system in SYSTEMS.values():
        table.add_row(system.name, "\n".join(system.equations), "\n".join(system.symmetries))
    Console().print(table)


@app.command()
def simulate(
    name: Annotated[str, typer.Argument(help="A system of `python -m systems list`.")],
    out: Annotated[Path, typer.Option(help="The file to write: .nc, .npz or .csv.")],
    noise: Annotated[float, typer.Option(min=0, help="Deviation of the noise / of the variable.")] = 0.0,
    kind: Annotated[Noise, typer.Option(help="How the noise enters.")] = Noise.additive,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the starts and of the noise.")] = 0,
) -> None:
    """Simulate a system with its default sizes, add noise, and write the data."""
    if name not in SYSTEMS:
        fail(f"there is no system `{name}`. The systems are {', '.join(SYSTEMS)}.")
    if not math.isfinite(noise):
        fail(f"--noise {noise} is no level. Give a number, 0 or more.")
    try:
        storage.check(out)
        record = SYSTEMS[name].simulate(seed=seed)
        if noise > 0:
            record = add_noise(record, noise, seed, kind=kind.value)
        described = {"system": name, "noise": noise, "noise_kind": kind.value, "seed": seed}
        storage.save(record, out, attributes=described)
    except SymeqError as error:
        fail(str(error))
    typer.echo(f"{out}: {record!r}")


@app.command("demo")
def run_demo(
    out: Annotated[Path, typer.Option(help="The folder for the figure and the law.")] = Path("."),
) -> None:
    """Recover a reaction-diffusion law from a noisy field, with and without its symmetry."""
    # Here, so that the other commands need neither PySINDy nor matplotlib.
    from systems.demo import demo

    try:
        demo(out)
    except SymeqError as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """End with one clear line and exit status 2."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)


if __name__ == "__main__":
    app(prog_name="python -m systems")
