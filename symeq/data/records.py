"""The record: what was measured, as xarray datasets with one dimension for each independent variable."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from symeq.data import axes as axes_of
from symeq.data import files
from symeq.data.checks import LEAVE_OUT, REFUSE, check_finite, check_missing, check_parts
from symeq.data.datasets import in_order, normalised
from symeq.data.ragged import runs_of, times_of
from symeq.data.slabs import is_lazy
from symeq.errors import InvalidInput

# Positions within this part of one step of a straight line count as evenly spaced: single-precision axes do.
EVEN = 1e-4


class Variables(Protocol):
    """What a record needs to know of a jet."""

    @property
    def independent(self) -> tuple[Any, ...]: ...
    @property
    def dependent(self) -> tuple[Any, ...]: ...


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """Measured variables on grids: one dataset for each trajectory or run.

    The dimensions of every part are the independent variables, with float64 coordinates that increase;
    its data variables are the dependent ones, float64 and finite. Parts may differ in length. Large variables
    may stay in a file or in chunks, of any real type: they are read by boxes, and checked as they are read.

    Args:
        parts: the datasets, all with the same dimensions (in the same order) and variables.
        periodic: the independent variables along which the data continue from the last point to the first.
        notes: what was dropped, renamed, transposed or converted on the way in, and what is suggested.
        source: where the data came from, for messages.
        missing: "refuse" NaN, or "leave out" what touches them.

    Raises:
        InvalidInput: parts that differ in their names; an axis with fewer than three points or not
            increasing; a variable with NaN or Inf, or constant.

    >>> import numpy as np
    >>> t = np.linspace(0, 1, 101)
    >>> trajectories(t, np.stack([np.sin(t), np.cos(t)], axis=1), "x y")
    Record(x, y over t: 101)
    """

    parts: tuple[xr.Dataset, ...]
    periodic: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    source: str = ""
    missing: str = REFUSE

    def __post_init__(self) -> None:
        if not self.parts:
            raise InvalidInput("A record needs at least one dataset; none was given.")
        check_missing(self.missing)
        check_parts(self.parts, self._where, self.missing)
        unknown = sorted(self.periodic - set(self.independent))
        if unknown:
            raise InvalidInput(
                f"`{unknown[0]}` was named periodic{self._where}; the axes are {', '.join(self.independent)}."
                " Name one of these."
            )

    @property
    def _where(self) -> str:
        return f" in {self.source}" if self.source else ""

    @property
    def independent(self) -> tuple[str, ...]:
        """The names of the axes, in the order of the array axes."""
        return tuple(map(str, next(iter(self.parts[0].data_vars.values())).dims))

    @property
    def dependent(self) -> tuple[str, ...]:
        """The names of the measured variables."""
        return tuple(map(str, self.parts[0].data_vars))

    @property
    def uniform(self) -> frozenset[str]:
        """The axes that are evenly spaced in every part."""
        return frozenset(
            name for name in self.independent if all(_even(part[name].values) for part in self.parts)
        )

    def on(self, jet: Variables) -> Record:
        """This record with the variables and axes of `jet`, in its order; others are left out.

        Args:
            jet: anything with tuples `independent` and `dependent`.

        Raises:
            InvalidInput: a name of the jet that the record lacks, or an axis that the jet lacks.

        >>> from types import SimpleNamespace
        >>> t = np.linspace(0, 1, 101)
        >>> both = trajectories(t, np.stack([np.sin(t), np.cos(t)], axis=1), "x y")
        >>> both.on(SimpleNamespace(independent=("t",), dependent=("y",)))
        Record(y over t: 101)
        """
        independent, dependent = tuple(map(str, jet.independent)), tuple(map(str, jet.dependent))
        if set(independent) != set(self.independent):
            raise InvalidInput(
                f"The variables{self._where or ' of the record'} have dimensions"
                f" ({', '.join(self.independent)}); the jet's independent variables are"
                f" {', '.join(independent)}. "
                + axes_of.rename_advice(axes_of.pairs(independent, self.independent))
            )
        missing = [name for name in dependent if name not in self.dependent]
        if missing:
            raise InvalidInput(
                f"There is no variable `{missing[0]}`{self._where or ' in the record'}; it has "
                f"{', '.join(self.dependent)}. "
                + axes_of.rename_advice(axes_of.pairs(missing, self.dependent))
            )
        if (independent, dependent) == (self.independent, self.dependent):
            return self
        left_out = [name for name in self.dependent if name not in dependent]
        notes = (*self.notes, f"left out: {', '.join(left_out)}") if left_out else self.notes
        parts = tuple(in_order(part, dependent, independent) for part in self.parts)
        return replace(self, parts=parts, notes=notes)

    def refuse_missing(self, block: xr.DataArray) -> None:
        """Refuses NaN in values that were read just now, unless they are to be left out; Inf in any case."""
        check_finite(str(block.name), block, self._where, self.missing, part=True)

    def __repr__(self) -> str:
        lengths = ", ".join(
            f"{name}: {_range([part.sizes[name] for part in self.parts])}"
            + (" periodic" if name in self.periodic else "")
            for name in self.independent
        )
        many = f"; {len(self.parts)} trajectories" if len(self.parts) > 1 else ""
        return f"Record({', '.join(self.dependent)} over {lengths}{many}{self._where})"

    def __str__(self) -> str:
        return "\n".join([repr(self), *(f"  {note}" for note in self.notes)])


def trajectories(
    t: ArrayLike | Sequence[ArrayLike],
    states: ArrayLike | Sequence[ArrayLike],
    names: str | Sequence[Any] = "x y",
    *,
    independent: str = "t",
    periodic: Iterable[str] = (),
    missing: str = REFUSE,
) -> Record:
    """A record of one or several trajectories.

    Args:
        t: the times, shape (n,), shared by all trajectories; or one such array for each.
        states: shape (n, d); or (trajectory, n, d); or one array (n_i, d) for each trajectory.
        names: the d names of the state variables, as text or in a sequence.
        independent: the name of the time.
        periodic: the independent variable again, if the trajectory closes.
        missing: "refuse" NaN, or "leave out" what touches them.

    Raises:
        InvalidInput: shapes that do not fit each other or the names; what `Record` refuses.

    >>> import numpy as np
    >>> t = np.linspace(0, 1, 101)
    >>> circle = np.stack([np.sin(t), np.cos(t)], axis=1)
    >>> trajectories([t, t[:51]], [circle, circle[:51]])
    Record(x, y over t: 51..101; 2 trajectories)
    """
    variables, (time,) = name_list(names), name_list(independent, most=1)
    _distinct((time, *variables))
    runs, times = runs_of(states), times_of(t)
    if len(times) == 1:
        times *= len(runs)
    if len(times) != len(runs):
        raise InvalidInput(
            f"There are {len(times)} time arrays and {len(runs)} trajectories; give one for all, or one for"
            " each."
        )
    datasets = []
    for number, (clock, run) in enumerate(zip(times, runs, strict=True)):
        which = f"Trajectory {number}" if len(runs) > 1 else "The trajectory"
        if run.ndim == 1 and len(variables) == 1:
            run = run[:, np.newaxis]
        if clock.ndim != 1 or run.shape != (clock.size, len(variables)):
            advice = "transpose the states" if run.shape == (len(variables), clock.size) else "make them fit"
            raise InvalidInput(
                f"{which} has states of shape {run.shape} with times of shape {clock.shape} and the names "
                f"{', '.join(variables)}; expected states of shape (times, {len(variables)}): {advice}."
            )
        columns = {name: (time, run[:, column]) for column, name in enumerate(variables)}
        datasets.append(xr.Dataset(columns, coords={time: clock}))
    return _record(datasets, periodic, missing)


def field(
    coordinates: Mapping[Any, ArrayLike],
    variables: Mapping[Any, ArrayLike],
    *,
    periodic: Iterable[str] = (),
    missing: str = REFUSE,
) -> Record:
    """A record of variables on a full grid.

    Args:
        coordinates: the axes by name, each of shape (n_i,), in the order of the array axes.
        variables: the arrays by name, each of shape (n_1, n_2, ...).
        periodic: the axes along which the field continues from the last point to the first.
        missing: "refuse" NaN, or "leave out" what touches them.

    Raises:
        InvalidInput: shapes that do not fit; what `Record` refuses.

    >>> import numpy as np
    >>> t, x = np.linspace(0, 1, 11), np.arange(64) / 64
    >>> u = np.cos(2 * np.pi * (x - t[:, np.newaxis]))
    >>> field({"t": t, "x": x}, {"u": u}, periodic=["x"])
    Record(u over t: 11, x: 64 periodic)
    """
    grid = {str(name): np.asarray(values).reshape(-1) for name, values in coordinates.items()}
    _distinct((*grid, *map(str, variables)))
    shape = tuple(values.size for values in grid.values())
    columns = {}
    for name, values in variables.items():
        array = np.asarray(values)
        if array.shape != shape:
            raise InvalidInput(
                f"Variable `{name}` has shape {array.shape}; the coordinates {', '.join(grid)} make the grid"
                f" {shape}. List the coordinates in the order of the array's axes."
            )
        columns[str(name)] = (tuple(grid), array)
    return _record([xr.Dataset(columns, coords=grid)], periodic, missing)


def record(
    dataset: xr.Dataset | Sequence[xr.Dataset], *, periodic: Iterable[str] = (), missing: str = REFUSE
) -> Record:
    """A record of an `xarray.Dataset`, or of several with the same variables.

    Args:
        dataset: float variables over the same dimensions, each with a coordinate; a dimension
            `trajectory` is split. Large variables that are in chunks, or still in a file, stay there.
        periodic: axes along which the data continue from the last point to the first, beside those whose
            coordinate has an attribute `periodic`.
        missing: "refuse" NaN, or "leave out" what touches them.

    Raises:
        InvalidInput: variables over different dimensions, a dimension without a coordinate; what `Record`
            refuses.

    >>> import xarray
    >>> x = np.arange(64) / 64
    >>> record(xarray.Dataset({"u": ("x", np.sin(6 * x))}, coords={"x": x}))
    Record(u over x: 64)
    """
    return _record([dataset] if isinstance(dataset, xr.Dataset) else list(dataset), periodic, missing)


def open_record(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    independent: str | Sequence[Any] | None = None,
    dependent: str | Sequence[Any] | None = None,
    *,
    rename: Mapping[str, str] | None = None,
    axes: Mapping[str, str | Sequence[str]] | None = None,
    periodic: Iterable[str] = (),
    missing: str = REFUSE,
    memory_limit: int = files.MEMORY_LIMIT,
) -> Record:
    """The record in a file (.nc, .h5, .hdf5, .zarr, .npz, .mat or .csv), or in several files, one run each.

    Axes of length one are flattened, transposed fields are turned, a negligible imaginary part is dropped, an
    axis that runs backwards is reversed: `notes` says what was done. Fields of 256 MiB and more in NetCDF,
    HDF5 and Zarr stay in the file, and are read by slabs. Nothing in a file is executed.

    Args:
        path: a file, or a list of files.
        independent: names of the independent variables in order; without them, the file's own axes.
        dependent: names of the dependent variables; without them, every variable over all the axes.
        rename: from a name in the file to the name wanted.
        axes: for a variable whose axes cannot be told from their lengths, their names in order.
        periodic: axes along which the data continue from the last point to the first, beside those whose
            coordinate has an attribute `periodic`.
        missing: "refuse" NaN, or "leave out" what touches them.
        memory_limit: bytes that the arrays of one file may claim in memory.

    Raises:
        InvalidInput: a file that is missing, damaged or larger than the limit; names or shapes that do not
            fit; what `Record` refuses.
        MissingExtra: h5py, h5netcdf or zarr is needed and not installed.

    >>> import tempfile
    >>> t = np.linspace(0, 1, 101)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(folder + "/run.npz", time=t, x=np.sin(t))
    ...     print(open_record(folder + "/run.npz", "t", "x", rename={"time": "t"}))
    Record(x over t: 101 in run.npz)
      time renamed t
    """
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    wanted = None if independent is None else name_list(independent)
    measured = None if dependent is None else name_list(dependent)
    _distinct((*(wanted or ()), *(measured or ())))
    mapping = axes_of.Naming(
        wanted, measured, dict(rename or {}), {key: name_list(given) for key, given in (axes or {}).items()}
    )
    datasets: list[xr.Dataset] = []
    notes: list[str] = []
    for one in paths:
        with files.opened(one, memory_limit=memory_limit) as contents:
            found, said = mapping.datasets(contents)
        datasets += found
        notes += [note if len(paths) == 1 else f"{contents.source}: {note}" for note in said]
    source = ", ".join(Path(one).name for one in paths)
    return _record(datasets, periodic, missing, notes=notes, source=source)


def name_list(names: str | Iterable[Any], most: int | None = None) -> tuple[str, ...]:
    """`"x y"`, `"x, y"` or a sequence of names or symbols as a tuple of names."""
    parted = re.split(r"[\s,]+", names.strip()) if isinstance(names, str) else [str(name) for name in names]
    found = tuple(name for name in parted if name)
    if not found or (most is not None and len(found) > most):
        raise InvalidInput(f"{names!r} names {len(found)} variables; expected {most or 'at least one'}.")
    return found


def _distinct(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(
                f"The name `{name}` is used twice among {', '.join(names)}. Every variable needs its own."
            )


def _record(
    datasets: Sequence[xr.Dataset],
    periodic: Iterable[str],
    missing: str,
    *,
    notes: Iterable[str] = (),
    source: str = "",
) -> Record:
    asked = name_list(periodic) if isinstance(periodic, str) and periodic else tuple(map(str, periodic))
    parts, closed, said = normalised(datasets, asked, f" in {source}" if source else "")
    if missing == LEAVE_OUT:
        said += _missing(parts)
    return Record(parts, closed, tuple(dict.fromkeys((*notes, *said))), source, missing)


def _missing(parts: Sequence[xr.Dataset]) -> list[str]:
    """How many values of each variable are missing, as far as they are in memory."""
    notes = []
    for name in parts[0].data_vars:
        near = [part[name].values for part in parts if name in part and not is_lazy(part[name])]
        lost, all_of = sum(int(np.isnan(v).sum()) for v in near), sum(v.size for v in near)
        if lost:
            notes.append(f"{name}: {lost} of {all_of} values missing, what touches them is left out")
    return notes


def _even(values: np.ndarray) -> bool:
    line = np.linspace(values[0], values[-1], values.size)
    return bool(np.abs(values - line).max() <= EVEN * (values[-1] - values[0]) / (values.size - 1))


def _range(lengths: Sequence[int]) -> str:
    return str(lengths[0]) if min(lengths) == max(lengths) else f"{min(lengths)}..{max(lengths)}"
