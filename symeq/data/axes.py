"""Which arrays of a file are the axes and which the variables, and which axis of an array is which."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from symeq.data.contents import Contents, Entry, shape_text
from symeq.data.slabs import transposed
from symeq.data.tables import TRAJECTORY, table_datasets
from symeq.errors import InvalidInput


@dataclass(frozen=True)
class Naming:
    """From the names and axes of a file to the names and axes wanted.

    Args:
        independent: names of the independent variables in order, or None for the file's own.
        dependent: names of the dependent variables, or None for all over the axes.
        rename: from a name in the file to the name wanted.
        axes: from a variable (by either name) to the names of its axes in order.
    """

    independent: tuple[str, ...] | None = None
    dependent: tuple[str, ...] | None = None
    rename: dict[str, str] = field(default_factory=dict)
    axes: dict[str, Sequence[str]] = field(default_factory=dict)

    def datasets(self, contents: Contents) -> tuple[list[xr.Dataset], list[str]]:
        """The datasets in an open file and notes of what was renamed, transposed or left out.

        Raises:
            InvalidInput: names that the file lacks, shapes that do not fit, axes that cannot be told apart.
        """
        renamed, notes = self._renamed(contents)
        if renamed.table:
            found, said = table_datasets(renamed, self.independent, self.dependent)
            return found, notes + said
        grid = Grid(renamed, self._named_axes(renamed))
        if self.independent is None:
            grid.require((), self.dependent or ())
        independent = self.independent or grid.guess_independent(self.dependent)
        grid = grid.aliased(independent)
        dependent = self.dependent or grid.guess_dependent(independent)
        dataset, said = grid.dataset(independent, dependent)
        return [dataset], notes + said

    def _renamed(self, contents: Contents) -> tuple[Contents, list[str]]:
        """The contents under the wanted names."""
        known = set(contents.entries) | {
            dim for entry in contents.entries.values() for dim in entry.dims or ()
        }
        for old, new in self.rename.items():
            if old not in known:
                raise InvalidInput(
                    f"`--rename {old}={new}`: there is no `{old}` in {contents.source}. It holds "
                    f"{holdings(contents.entries)}."
                )
            if (new in known and new not in self.rename) or list(self.rename.values()).count(new) > 1:
                raise InvalidInput(
                    f"`--rename {old}={new}`: {contents.source} would hold `{new}` twice. "
                    f"Rename the other one too; it holds {holdings(contents.entries)}."
                )
        entries = {
            self.rename.get(name, name): replace(
                entry,
                dims=None if entry.dims is None else tuple(self.rename.get(dim, dim) for dim in entry.dims),
            )
            for name, entry in contents.entries.items()
        }
        return replace(contents, entries=entries), [
            f"{old} renamed {new}" for old, new in self.rename.items()
        ]

    def _named_axes(self, contents: Contents) -> dict[str, tuple[str, ...]]:
        named = {}
        for name, given in self.axes.items():
            wanted = self.rename.get(name, name)
            if wanted not in contents.entries:
                raise InvalidInput(
                    f"`--axes {name}={','.join(given)}`: there is no `{name}` in {contents.source}. It holds "
                    f"{holdings(contents.entries)}."
                )
            named[wanted] = tuple(self.rename.get(axis, axis) for axis in given)
        return named


@dataclass(frozen=True)
class Grid:
    """The arrays of a file to be laid on axes, by the wanted names; `named` holds axes the user named."""

    contents: Contents
    named: dict[str, tuple[str, ...]]

    @property
    def entries(self) -> dict[str, Entry]:
        return dict(self.contents.entries)

    def aliased(self, independent: tuple[str, ...]) -> Grid:
        """A coordinate `t(time)` names the dimension `time` too."""
        alias = {
            entry.dims[0]: name
            for name, entry in self.entries.items()
            if name in independent
            and entry.dims
            and len(entry.dims) == 1
            and entry.dims[0] not in independent
        }
        entries = {
            name: (
                entry
                if entry.dims is None
                else replace(entry, dims=tuple(alias.get(d, d) for d in entry.dims))
            )
            for name, entry in self.entries.items()
        }
        return replace(self, contents=replace(self.contents, entries=entries))

    def guess_independent(self, dependent: tuple[str, ...] | None) -> tuple[str, ...]:
        """The axes that the file names, or the one-dimensional arrays that a field's lengths point to."""
        source = self.contents.source
        fields = [
            (name, entry)
            for name, entry in self.entries.items()
            if not entry.refusal and (name in dependent if dependent else len(entry.extent) > 1 or entry.dims)
        ]
        for name, entry in sorted(fields, key=lambda item: -len(item[1].extent)):
            dims = self.named.get(name, entry.dims)
            if dims:
                return tuple(dim for dim in dims if dim != TRAJECTORY)
            lines = [
                [
                    key
                    for key, line in self.entries.items()
                    if not line.refusal and line.extent == (n,) and key != name
                ]
                for n in entry.extent
            ]
            if all(len(line) == 1 for line in lines) and len({line[0] for line in lines}) == len(lines):
                return tuple(line[0] for line in lines)
        refusals = "".join(
            f" `{key}` {entry.refusal}." for key, entry in self.entries.items() if entry.refusal
        )
        raise InvalidInput(
            f"The axes of {source} cannot be told from its names and shapes: it holds"
            f" {holdings(self.entries)}.{refusals} Name the independent and dependent variables"
            " (`--independent t,x --dependent u`)."
        )

    def guess_dependent(self, independent: tuple[str, ...]) -> tuple[str, ...]:
        """Every numeric array over all the axes."""
        self.require(independent, ())
        lengths = sorted(self.length(axis) for axis in independent)
        found = tuple(
            name
            for name, entry in self.entries.items()
            if name not in independent
            and not entry.refusal
            and self._spans(name, entry, independent, lengths)
        )
        if not found:
            refusals = "".join(
                f" `{key}` {entry.refusal}." for key, entry in self.entries.items() if entry.refusal
            )
            raise InvalidInput(
                f"{self.contents.source} has no variable over ({', '.join(independent)}): it holds "
                f"{holdings(self.entries)}.{refusals} Name the dependent variables (`--dependent u`)."
            )
        return found

    def _spans(self, name: str, entry: Entry, independent: tuple[str, ...], lengths: list[int]) -> bool:
        dims = self.named.get(name, entry.dims)
        if dims:
            return set(dims) - {TRAJECTORY} == set(independent)
        return sorted(entry.extent) == lengths

    def length(self, axis: str) -> int:
        """Points along an axis; a one-point axis counts as one."""
        return int(np.prod(self.entries[axis].extent, dtype=int))

    def dataset(
        self, independent: tuple[str, ...], dependent: tuple[str, ...]
    ) -> tuple[xr.Dataset, list[str]]:
        """The variables on the axes, in the order of `independent`, and notes."""
        self.require(independent, dependent)
        self.contents.check((*independent, *dependent))
        for axis in independent:
            if len(self.entries[axis].extent) > 1:
                raise InvalidInput(
                    f"Axis `{axis}` in {self.contents.source} has shape"
                    f" {shape_text(self.entries[axis].shape)}; an axis has one dimension. Save the coordinate"
                    " along its own direction only."
                )
        notes: list[str] = []
        dims: dict[str, tuple[str, ...]] = {}
        for name in dependent:
            dims[name] = self._dims(name, independent)
        lazy = self.contents.lazy((*independent, *dependent))
        arrays = self.contents.read((*independent, *(name for name in dependent if name not in lazy)))
        columns: dict[str, xr.Variable] = {}
        for name in dependent:
            kept = dims[name]
            if name in lazy:
                columns[name] = self._stored(name, kept, independent)
                continue
            shape = tuple(self.length(axis) for axis in kept if axis != TRAJECTORY)
            values = arrays[name]
            if values.ndim != len(kept):
                notes.append(f"{name}: {shape_text(values.shape)} flattened to {len(kept)} axes")
                values = self._flat(values, kept, shape)
            order = tuple(axis for axis in (TRAJECTORY, *independent) if axis in kept)
            if order != kept:
                notes.append(f"{name}: transposed from ({', '.join(kept)}) to ({', '.join(order)})")
            columns[name] = xr.Variable(
                order, values.transpose([kept.index(axis) for axis in order]), self.entries[name].attrs
            )
        coordinates = {
            axis: (axis, arrays[axis].reshape(-1), self.entries[axis].attrs) for axis in independent
        }
        rest = [name for name in self.entries if name not in (*independent, *dependent)]
        if rest:
            notes.append(f"left out: {', '.join(rest)}")
        return xr.Dataset(columns, coords=coordinates), notes

    def _stored(self, name: str, kept: tuple[str, ...], independent: tuple[str, ...]) -> xr.Variable:
        """A variable that stays in its file, on the axes in the order wanted."""
        entry = self.entries[name]
        assert entry.stored is not None
        given = self.named.get(name, entry.dims)
        if given is None or len(given) != len(entry.shape):
            long = iter(kept)
            given = tuple(
                f"axis {place}" if n == 1 and len(kept) < len(entry.shape) else next(long)
                for place, n in enumerate(entry.shape)
            )
        whole = entry.stored.variable(given, entry.attrs)
        flat = whole.isel({axis: 0 for axis in given if axis not in kept})
        return transposed(flat, [axis for axis in (TRAJECTORY, *independent) if axis in kept])

    @staticmethod
    def _flat(values: np.ndarray, kept: tuple[str, ...], shape: tuple[int, ...]) -> np.ndarray:
        lead = (-1,) if TRAJECTORY in kept else ()
        return values.reshape(lead + shape)

    def _dims(self, name: str, independent: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the axes of a variable, in the order of its array."""
        entry, source = self.entries[name], self.contents.source
        lengths = {axis: self.length(axis) for axis in independent}
        given = self.named.get(name, entry.dims)
        if given is not None:
            return self._checked(name, given, independent)
        shape = entry.shape if len(entry.shape) == len(independent) else entry.extent
        orders = [
            order
            for order in itertools.permutations(independent)
            if tuple(lengths[axis] for axis in order) == shape
        ]
        if len(orders) == 1:
            return orders[0]
        grid = ", ".join(f"{axis} {n}" for axis, n in lengths.items())
        if not orders:
            raise InvalidInput(
                f"Variable `{name}` in {source} has shape {shape_text(entry.shape)}, which does not fit the"
                f" axes ({grid}). Each axis of the array needs an independent variable of its length."
            )
        raise InvalidInput(
            f"Variable `{name}` in {source} has shape {shape_text(entry.shape)}, and the axes ({grid}) cannot"
            " be told apart by their lengths. Name them in the order of the array, for instance `--axes"
            f" {name}={','.join(independent)}`."
        )

    def _checked(self, name: str, given: tuple[str, ...], independent: tuple[str, ...]) -> tuple[str, ...]:
        """Axes that the file or the user names, without those of length one that no variable stands for."""
        entry, source = self.entries[name], self.contents.source
        extra = [axis for axis in given if axis not in (*independent, TRAJECTORY)]
        lost = [axis for axis in independent if axis not in given]
        if len(given) == len(entry.shape):
            longer = [axis for axis in extra if entry.shape[given.index(axis)] != 1]
        else:
            longer = extra
        if lost or longer or len(set(given)) != len(given):
            raise InvalidInput(
                f"Variable `{name}` in {source} has dimensions ({', '.join(given)}); the jet's independent"
                f" variables are {', '.join(independent)}. "
                + rename_advice(pairs(lost, extra))
            )
        kept = tuple(axis for axis in given if axis not in extra)
        shape = (
            entry.extent
            if len(given) != len(entry.shape)
            else tuple(n for axis, n in zip(given, entry.shape, strict=True) if axis not in extra)
        )
        expected = tuple(self.length(axis) if axis in independent else None for axis in kept)
        if len(shape) != len(kept) or any(n not in (None, m) for n, m in zip(expected, shape, strict=True)):
            grid = ", ".join(f"{axis} {self.length(axis)}" for axis in independent)
            raise InvalidInput(
                f"Variable `{name}` in {source} has shape {shape_text(entry.shape)}, which does not fit "
                f"({', '.join(given)}) with the axes ({grid}). Name its axes in the order of the array "
                f"(`--axes {name}={','.join(independent)}`)."
            )
        return kept

    def require(self, independent: tuple[str, ...], dependent: tuple[str, ...]) -> None:
        """Refuses names that the file lacks, with the renaming that would supply them."""
        source, entries = self.contents.source, self.entries
        lost = [name for name in independent if name not in entries]
        missing = [name for name in dependent if name not in entries]
        if not lost and not missing:
            return
        wanted = (*independent, *dependent)
        for name in dependent:
            dims = entries[name].dims if name in entries else None
            if dims and name not in self.named and not missing:
                if set(dims) >= set(independent):
                    raise InvalidInput(
                        f"Dimension `{lost[0]}` of variable `{name}` in {source} has no coordinate, so its"
                        " spacing is unknown. Store the coordinate as a variable of the same name."
                    )
                raise InvalidInput(
                    f"Variable `{name}` in {source} has dimensions ({', '.join(dims)}); the jet's independent"
                    f" variables are {', '.join(independent)}. "
                    + rename_advice(pairs(lost, [dim for dim in dims if dim not in independent]))
                )
        unused = {name: e for name, e in entries.items() if name not in wanted and not e.refusal}
        lines = [name for name, entry in unused.items() if len(entry.extent) == 1]
        if len(independent) == 1:
            supplied = pairs(lost + missing, lines)
        else:
            known = [self.length(axis) for axis in independent if axis in entries]
            fields = [
                name
                for name, entry in unused.items()
                if len(entry.extent) == len(independent) and all(n in entry.extent for n in known)
            ]
            supplied = pairs(lost, lines) | pairs(missing, fields)
        refused = "".join(f" `{key}` {entry.refusal}." for key, entry in entries.items() if entry.refusal)
        raise InvalidInput(
            f"There is no variable {', '.join(f'`{name}`' for name in lost + missing)} in {source}. It holds "
            f"{holdings(entries)}.{refused} "
            + rename_advice(supplied)
        )


def holdings(entries: Mapping[str, Entry]) -> str:
    """`usol (256 x 101), x (256), t (101)`."""
    listed = [f"{name} {shape_text(entry.extent or (1,))}" for name, entry in entries.items()]
    if len(listed) > 12:
        listed = [*listed[:12], f"and {len(listed) - 12} more"]
    return ", ".join(listed) or "no arrays"


def pairs(missing: Sequence[str], candidates: Sequence[str]) -> dict[str, str]:
    """From candidates to the missing names they must be: by a unique first letter, then the only one left."""
    offered = list(candidates)
    wanted = [name for name in missing if name not in offered]
    left = [name for name in offered if name not in missing]
    found = {}
    for name in list(wanted):
        alike = [one for one in left if one[:1].lower() == name[:1].lower()]
        if len(alike) == 1 and sum(other[:1].lower() == name[:1].lower() for other in wanted) == 1:
            found[alike[0]] = name
            wanted.remove(name)
            left.remove(alike[0])
    if len(wanted) == len(left) == 1:
        found[left[0]] = wanted[0]
    return found


def rename_advice(supplied: dict[str, str]) -> str:
    """The renaming to use, in the words of the command line."""
    if not supplied:
        return "Name the matching ones with `--rename OLD=NEW`, or correct the names asked for."
    return f"Rename with `--rename {','.join(f'{old}={new}' for old, new in supplied.items())}`."
