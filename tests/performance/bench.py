"""Print every table: ``make bench``, or ``python -m tests.performance.bench --draws 10 --only recovery``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import typer  # noqa: E402  (threads are set before numpy is loaded)

from tests.performance import (  # noqa: E402
    evaluations,
    fields,
    genetic,
    genetic_noise,
    invariants,
    noise,
    point_symmetries,
    prolongation,
    pysindy_noise,
    recovery,
    rivals,
    symbolic,
    throughput,
)

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def main(
    draws: int = 50,
    seeds: int = 30,
    points: int = 128,
    frames: int = 101,
    data: Path = SHARED,
    only: Annotated[list[str] | None, typer.Option(help="Print this table alone; may be repeated.")] = None,
) -> None:
    """Recovery of ODEs over DRAWS data sets, the published fields in DATA, lambda-omega, the algebra, and the
    genetic engine over SEEDS."""
    large = points >= 128
    tables: dict[str, Callable[[], None]] = {
        "recovery": lambda: show(
            f"Exact laws over {draws} independently drawn data sets", recovery.HEADER, recovery.rows(draws)
        ),
        "published": lambda: show("Published fields", fields.PUBLISHED_HEADER, fields.published(data)),
        "lambda_omega": lambda: show(
            f"lambda-omega, {points} x {points} x {frames}",
            fields.LAMBDA_OMEGA_HEADER,
            fields.lambda_omega(points, frames),
        ),
        "noise": lambda: show(
            f"Success against noise, {draws} draws", noise.HEADER, noise.table(draws, large)
        ),
        "noise_choice": lambda: show(
            f"By test functions or point by point, {draws} draws",
            noise.CHOICE_HEADER,
            noise.choice(draws, large),
        ),
        "noise_pysindy": lambda: show(
            f"PySINDy against noise, {draws} draws",
            pysindy_noise.HEADER,
            pysindy_noise.table(draws, large),
        ),
        "prolongation": lambda: show(
            "Prolongation of all generators", prolongation.HEADER, prolongation.rows(large)
        ),
        "symbolic": lambda: show(
            "Rotation-equivariant right-hand sides", symbolic.HEADER, symbolic.rows(large)
        ),
        "point_symmetries": lambda: show(
            "Point symmetries", point_symmetries.HEADER, point_symmetries.rows(large)
        ),
        "invariants": lambda: show("Differential invariants", invariants.HEADER, invariants.rows(large)),
        "genetic": lambda: show(
            f"Functions of invariants, {seeds} seeds, at most {genetic.SECONDS:g} s each",
            genetic.HEADER,
            genetic.table(seeds, large),
        ),
        "genetic_noise": lambda: show(
            f"Functions of invariants under noise, {seeds} seeds, at most {genetic_noise.SECONDS:g} s each",
            genetic_noise.HEADER,
            genetic_noise.table(seeds, large),
        ),
        "rivals": lambda: show(f"Against pyoperon, {seeds} seeds", rivals.HEADER, rivals.table(seeds, large)),
        "throughput": lambda: show(
            "One pass by test functions",
            throughput.HEADER,
            throughput.rows(points, frames, large),
        ),
        "evaluations": lambda: show(
            "What a generation costs", evaluations.HEADER, evaluations.rows(30 if large else 2, large)
        ),
    }
    unknown = [name for name in only or () if name not in tables]
    if unknown:
        raise typer.BadParameter(
            f"there is no table {', '.join(unknown)}; the tables are {', '.join(tables)}."
        )
    for name in only or tables:
        tables[name]()


def show(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table, each row printed as soon as it is measured."""
    print(f"\n## {title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    typer.run(main)
