"""What an open file holds: arrays that are not read before their size is known to be bearable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symeq.data import slabs
from symeq.errors import InvalidInput

MEMORY_LIMIT = 4 * 2**30
"""Bytes that the arrays read from one file into memory may claim together."""
DENSEST = 1100
"""Bytes that one stored byte may stand for: the best that deflate does with zeros is 1032."""


@dataclass(frozen=True)
class Entry:
    """One array of a file, not yet read; `dims` is None where the format does not name the axes.

    `stored` reads boxes of it, also once the file is closed, where the format allows that.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    dims: tuple[str, ...] | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)
    itemsize: int = 8
    refusal: str = ""
    stored: slabs.Slabs | None = None

    @property
    def extent(self) -> tuple[int, ...]:
        """The shape without the axes of length one that MATLAB adds."""
        return tuple(n for n in self.shape if n != 1)

    @property
    def claimed(self) -> int:
        """Bytes the array takes once it is float64, by what the file says about it."""
        return math.prod(self.shape) * max(self.itemsize, 8)


@dataclass(frozen=True)
class Contents:
    """The arrays an open file holds, by name; `table` says that they are the columns of a table.

    `size` tells whether the file takes at least so many bytes.
    """

    source: str
    entries: Mapping[str, Entry]
    table: bool = False
    memory_limit: int = MEMORY_LIMIT
    size: Callable[[int], bool] = field(default=lambda least: True)

    def lazy(self, names: Iterable[str]) -> frozenset[str]:
        """Which of the arrays are read by boxes: fields, where all together are large."""
        chosen = {name: self.entries[name] for name in names}
        if sum(entry.claimed for entry in chosen.values()) <= min(slabs.LAZY_FROM, self.memory_limit):
            return frozenset()
        return frozenset(
            name
            for name, entry in chosen.items()
            if entry.stored is not None and len(entry.extent) > 1 and not entry.refusal
        )

    def check(self, names: Iterable[str]) -> None:
        """Refuses arrays that cannot be variables, or that claim more than the limit together."""
        chosen = {name: self.entries[name] for name in names}
        for name, entry in chosen.items():
            if entry.refusal:
                raise InvalidInput(f"Variable `{name}` in {self.source} {entry.refusal}.")
        lazy = self.lazy(chosen)
        near = {name: entry for name, entry in chosen.items() if name not in lazy}
        if sum(entry.claimed for entry in near.values()) <= self.memory_limit:
            near = {}
        hollow = {
            name: chosen[name]
            for name in lazy
            if chosen[name].claimed > self.memory_limit and not self.size(chosen[name].claimed // DENSEST)
        }
        if near or hollow:
            name, entry = max({**near, **hollow}.items(), key=lambda item: item[1].claimed)
            few = f" The file has not even 1/{DENSEST} of these bytes." if name in hollow else ""
            raise InvalidInput(
                f"Variable `{name}` in {self.source} claims {math.prod(entry.shape)} points"
                f" {shape_text(entry.shape)}, that is {entry.claimed / 2**30:.3g} GiB; at most"
                f" {self.memory_limit / 2**30:.3g} GiB of a file are read.{few} If the file is sound, open a"
                " part of it with xarray and pass that to `symeq.record`."
            )

    def read(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """The named arrays, checked first."""
        chosen = {name: self.entries[name] for name in names}
        self.check(chosen)
        arrays = {}
        for name, entry in chosen.items():
            try:
                arrays[name] = np.asarray(entry.read())
            except Exception as error:
                raise InvalidInput(
                    f"Variable `{name}` in {self.source} cannot be read ({reason(error)}); the file is"
                    " truncated or damaged. Write or fetch it again."
                ) from error
        return arrays


def shape_text(shape: tuple[int, ...]) -> str:
    """`(256 x 101)`."""
    return f"({' x '.join(map(str, shape))})"


def reason(error: BaseException) -> str:
    """One line of what a foreign library said."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
