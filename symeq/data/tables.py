"""Tables: rows of a trajectory, of several, or of a full grid in any order."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import xarray as xr

from symeq.data.contents import Contents, Entry, reason
from symeq.errors import InvalidInput

TRAJECTORY = "trajectory"
LONGEST_LINE = 1_000_000


@contextmanager
def table(path: Path) -> Iterator[dict[str, Entry]]:
    """Comma-separated values with one header line."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        lines = _lines(stream, path.name)
        header = [cell.strip() for cell in next(csv.reader(lines), [])]
        if not any(header):
            raise InvalidInput(f"{path.name} has no header line; its first line must name the columns.")
        if all(_number(cell) for cell in header):
            raise InvalidInput(
                f"{path.name} has no header line, only numbers: its first line must name the columns."
            )
        for name, count in Counter(header).items():
            if not name or count > 1:
                what = f"names the column `{name}` twice" if name else "has a column without a name"
                raise InvalidInput(
                    f"The header of {path.name} {what}: {', '.join(header)}. Name each column once."
                )
        try:
            with warnings.catch_warnings():
                # An empty table is reported below, in our words.
                warnings.simplefilter("ignore", UserWarning)
                values = np.loadtxt(lines, delimiter=",", comments=None, quotechar='"', ndmin=2)
        except ValueError as error:
            raise InvalidInput(_first_bad_line(path, header) or f"{path.name}: {reason(error)}.") from error
    if not values.size:
        raise InvalidInput(f"{path.name} has a header line and no rows. Add one row for each point.")
    if values.shape[1] != len(header):
        raise InvalidInput(
            f"The rows of {path.name} have {values.shape[1]} cells, its header names {len(header)} columns: "
            f"{', '.join(header)}. Name every column."
        )
    yield {name: Entry((len(values),), values[:, column].copy) for column, name in enumerate(header)}


def _lines(stream: IO[str], source: str) -> Iterator[str]:
    """The lines of a table, none so long that it could fill the memory."""
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise InvalidInput(
                f"{source} has a line of {LONGEST_LINE} characters or more; it is no table of samples by"
                " rows. Write one row for each point."
            )
        yield line


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_bad_line(path: Path, header: list[str]) -> str:
    """Where a table stops being numbers in equal rows; empty when it never does."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(_lines(stream, path.name))
        next(rows)
        for row in rows:
            if row and len(row) != len(header):
                return (
                    f"Line {rows.line_num} of {path.name} has {len(row)} cells, its header {len(header)} "
                    f"({', '.join(header)}). Give every row one number for each column."
                )
            for name, cell in zip(header, row, strict=False):
                if not _number(cell):
                    return (
                        f"Line {rows.line_num} of {path.name}, column `{name}`: {cell[:40]!r} is not a"
                        " number. Write numbers, with a decimal point."
                    )
    return ""


def table_datasets(
    contents: Contents, independent: tuple[str, ...] | None, dependent: tuple[str, ...] | None
) -> tuple[list[xr.Dataset], list[str]]:
    """The datasets in a table: one for each value of a column `trajectory`, and notes.

    Raises:
        InvalidInput: a column that is not there, or rows that do not fill the grid.
    """
    columns = list(contents.entries)
    notes = []
    if independent is None:
        independent = (next(name for name in columns if name not in (TRAJECTORY, *(dependent or ()))),)
        notes.append(f"{independent[0]}: taken as the independent variable, the first column")
    if dependent is None:
        dependent = tuple(name for name in columns if name not in (TRAJECTORY, *independent))
    missing = [name for name in (*independent, *dependent) if name not in columns]
    if missing or not dependent:
        unused = [name for name in columns if name not in (*independent, *dependent)]
        advice = f"{unused[0]}={missing[0]}" if len(unused) == len(missing) == 1 else "OLD=NEW"
        asked = f"`{missing[0]}`" if missing else "for a dependent variable"
        raise InvalidInput(
            f"There is no column {asked} in {contents.source}; its columns are {', '.join(columns)}. "
            f"Rename with `--rename {advice}`, or correct the names asked for."
        )
    split = TRAJECTORY in columns and TRAJECTORY not in (*independent, *dependent)
    arrays = contents.read((*independent, *dependent, *([TRAJECTORY] if split else [])))
    rest = [name for name in columns if name not in arrays]
    if rest:
        notes.append(f"left out: {', '.join(rest)}")
    labels = arrays[TRAJECTORY] if split else np.zeros(len(arrays[independent[0]]))
    names, where = np.unique(labels, return_inverse=True)
    datasets = []
    for number, label in enumerate(names):
        rows = np.flatnonzero(where == number)
        which = f"trajectory {label:g} of {contents.source}" if split else contents.source
        part = {name: arrays[name][rows] for name in (*independent, *dependent)}
        datasets.append(_grid(part, independent, dependent, which))
    return datasets, notes


def _grid(
    rows: dict[str, np.ndarray], independent: tuple[str, ...], dependent: tuple[str, ...], source: str
) -> xr.Dataset:
    if len(independent) == 1:
        return xr.Dataset(
            {name: (independent, rows[name]) for name in dependent},
            coords={independent[0]: rows[independent[0]]},
        )
    count = len(rows[independent[0]])
    axes, places = {}, []
    for name in independent:
        axes[name], place = np.unique(rows[name], return_inverse=True)
        places.append(place)
    shape = tuple(values.size for values in axes.values())
    # Python integers: the product of the lengths of scattered columns may not fit into 64 bits.
    expected = 1
    for n in shape:
        expected *= n
    lengths = " x ".join(f"{n} values of {name}" for name, n in zip(independent, shape, strict=True))
    if expected != count:
        raise InvalidInput(
            f"The rows of {source} do not fill a grid: {lengths} make {expected} points, and there are"
            f" {count} rows. Supply one row for every point of the grid of ({', '.join(independent)})."
        )
    flat = np.ravel_multi_index(places, shape)
    counts = np.bincount(flat, minlength=expected)
    if counts.max() > 1:
        twice = np.unravel_index(int(counts.argmax()), shape)
        point = ", ".join(f"{name}={axes[name][i]:g}" for name, i in zip(independent, twice, strict=True))
        raise InvalidInput(
            f"The rows of {source} do not fill a grid: the point ({point}) occurs {counts.max()} times. "
            f"Supply one row for every point of the grid of ({', '.join(independent)})."
        )
    columns = {}
    for name in dependent:
        values = np.empty(expected)
        values[flat] = rows[name]
        columns[name] = (independent, values.reshape(shape))
    return xr.Dataset(columns, coords=axes)
