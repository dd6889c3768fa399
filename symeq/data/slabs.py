"""Variables too large for the memory: boxes of them are read when they are needed, and as float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from symeq.errors import InvalidInput, quoted

LAZY_FROM = 256 * 2**20
"""Bytes of float64 from which on variables stay where they are, in a file or in chunks."""
BLOCK = 2**22  # values read at once in a pass over a variable
AHEAD = 2**23  # values of one variable kept while windows march along an axis
LOOKED_AT = 16  # blocks that tell how far a variable spreads

Array = np.ndarray | xr.DataArray
"""An array in memory, or a variable that is read by boxes."""
Box = tuple[slice, ...]
_ALONE: ContextVar[bool] = ContextVar("alone", default=False)


class Slabs(BackendArray):
    """An array behind a function that fetches a box of it, in the form that xarray indexes lazily."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, fetch: Callable[[tuple[Any, ...]], Any]):
        self.shape, self.dtype, self.fetch = shape, dtype, fetch

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self.fetch)

    def variable(self, dims: Sequence[str], attrs: Any = None) -> xr.Variable:
        """The array as an xarray variable; nothing is read."""
        return xr.Variable(dims, indexing.LazilyIndexedArray(self), attrs)


def slabs_of(variable: xr.Variable) -> Slabs:
    """A lazy variable of xarray as slabs."""
    return Slabs(variable.shape, variable.dtype, partial(_fetched, variable))


def _fetched(variable: xr.Variable, key: tuple[Any, ...]) -> np.ndarray:
    return np.asarray(variable[key].values)


def transposed(variable: xr.Variable, dims: Sequence[str]) -> xr.Variable:
    """The variable with its axes in another order; a lazy one stays lazy."""
    if variable.dims == tuple(dims):
        return variable
    if variable._in_memory or variable.chunks is not None:
        return variable.transpose(*dims)
    order = [variable.dims.index(dim) for dim in dims]
    shape = tuple(variable.shape[axis] for axis in order)
    return Slabs(shape, variable.dtype, partial(_turned, variable, order)).variable(dims, variable.attrs)


def _turned(variable: xr.Variable, order: Sequence[int], key: tuple[Any, ...]) -> np.ndarray:
    asked = {axis: key[place] for place, axis in enumerate(order)}
    values = _fetched(variable, tuple(asked[axis] for axis in range(len(order))))
    left = [axis for axis in order if isinstance(asked[axis], slice)]
    return values.transpose([sorted(left).index(axis) for axis in left])


def stays_out(variable: xr.Variable | xr.DataArray) -> bool:
    """Whether a variable is not in memory and too large to be fetched into it."""
    plain = variable.variable if isinstance(variable, xr.DataArray) else variable
    return not plain._in_memory and 8 * math.prod(plain.shape) > LAZY_FROM


def is_lazy(variable: xr.DataArray) -> bool:
    """Whether the values of a variable are not in memory."""
    return not variable.variable._in_memory


def held(variable: xr.DataArray) -> Array:
    """The values where they are in memory, else the variable itself, of which boxes are read."""
    return variable if is_lazy(variable) else variable.values


def read(array: Array, box: Box) -> np.ndarray:
    """A box of an array as float64.

    Raises:
        InvalidInput: the file behind it is damaged.
    """
    if isinstance(array, np.ndarray):
        return np.asarray(array[box], dtype=float)
    try:
        plain = array.variable[box]
        if _ALONE.get() and plain.chunks is not None:
            return np.asarray(plain.data.compute(scheduler="synchronous"), dtype=float)
        return np.asarray(plain.values, dtype=float)
    except Exception as error:
        said = quoted(str(error) or type(error).__name__)
        raise InvalidInput(
            f"Variable `{array.name}` cannot be read everywhere ({said}); its file is truncated, damaged or"
            " no longer there. Write or fetch it again."
        ) from error


@contextmanager
def alone() -> Iterator[None]:
    """Read chunked variables without the help of others: a worker that waits for another one may wait for
    itself."""
    token = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(token)


def boxes(shape: tuple[int, ...], most: int | None = None) -> list[Box]:
    """Boxes of at most ``most`` values that cover an array, in the order of its memory.

    >>> [[(cut.start, cut.stop) for cut in box] for box in boxes((5, 3), 6)]
    [[(0, 2), (0, 3)], [(2, 4), (0, 3)], [(4, 5), (0, 3)]]
    """
    most = BLOCK if most is None else most
    if not shape:
        return [()]
    inner = math.prod(shape[1:])
    if inner > most:
        rest = boxes(shape[1:], most)
        return [(slice(i, i + 1), *box) for i in range(shape[0]) for box in rest]
    step = max(1, most // max(1, inner))
    full = tuple(slice(0, n) for n in shape[1:])
    return [(slice(start, min(start + step, shape[0])), *full) for start in range(0, shape[0], step)]


def blocks(array: Array) -> Iterator[np.ndarray]:
    """All values of an array, a bounded number at a time."""
    for box in boxes(array.shape):
        yield read(array, box)


def window(shape: tuple[int, ...], points: int, least: int) -> Box:
    """The middle of a field, at most about ``points`` large, contiguous along every axis, of which ``least``
    points are kept where there are so many."""
    shrink = min(1.0, (points / math.prod(shape)) ** (1 / len(shape)))
    cut = []
    for size in shape:
        keep = min(size, max(least, int(size * shrink)))
        start = (size - keep) // 2
        cut.append(slice(start, start + keep))
    return tuple(cut)


def middle(array: Array, points: int, least: int) -> tuple[Box, np.ndarray]:
    """A box of a field to estimate from, and its values: the middle, or where fewer values are missing."""
    first = window(array.shape, points, least)
    found = read(array, first)
    best, most = first, _share(found)
    if most > 0.5:
        return best, found
    for axis, cut in enumerate(first):
        length = cut.stop - cut.start
        for start in np.unique(np.linspace(0, array.shape[axis] - length, 5).astype(int)):
            box = (*first[:axis], slice(int(start), int(start) + length), *first[axis + 1 :])
            values = read(array, box)
            if _share(values) > most:
                best, found, most = box, values, _share(values)
    return best, found


def _share(values: np.ndarray) -> float:
    return float(np.isfinite(values).mean()) if values.size else 1.0


def sum_of_squares(values: np.ndarray) -> tuple[float, int]:
    """The sum of the squares of the values that are not missing, and how many those are."""
    square = float(np.sum(values * values))
    if np.isfinite(square):
        return square, values.size
    good = values[np.isfinite(values)]
    return float(np.sum(good * good)), good.size


def root_mean_square(arrays: Sequence[Array]) -> float:
    """The root mean square of arrays together; missing values do not count, and of large lazy arrays some
    blocks are looked at."""
    square, count = 0.0, 0
    for array in arrays:
        places = boxes(array.shape)
        if not isinstance(array, np.ndarray):
            some = max(1, LOOKED_AT // len(arrays))
            places = [places[k] for k in np.unique(np.linspace(0, len(places) - 1, some).astype(int))]
        for place in places:
            more, values = sum_of_squares(read(array, place))
            square, count = square + more, count + values
    return math.sqrt(square / max(1, count))


def deviation(arrays: Sequence[Array]) -> float:
    """Standard deviation over all arrays, without a copy of them; of lazy ones some blocks are looked at."""
    pieces: list[np.ndarray] = []
    for array in arrays:
        if isinstance(array, np.ndarray):
            pieces.append(array)
            continue
        places = boxes(array.shape)
        some = max(1, LOOKED_AT // len(arrays))
        chosen = np.unique(np.linspace(0, len(places) - 1, some).astype(int))
        pieces += [read(array, _inside(places[k])) for k in chosen]
    if not all(math.isfinite(float(piece.sum())) for piece in pieces):
        pieces = [piece[np.isfinite(piece)] for piece in pieces]
    pieces = [piece for piece in pieces if piece.size]
    if not pieces:
        return 0.0
    rows = sum(piece.size for piece in pieces)
    mean = sum(float(piece.sum()) for piece in pieces) / rows
    return math.sqrt(
        sum(piece.size * (float(piece.var()) + (float(piece.mean()) - mean) ** 2) for piece in pieces) / rows
    )


def _inside(box: Box) -> Box:
    """The middle of a box, of a size of which several may be held."""
    cut = window(tuple(one.stop - one.start for one in box), BLOCK // LOOKED_AT, 1)
    return tuple(
        slice(one.start + part.start, one.start + part.stop) for one, part in zip(box, cut, strict=True)
    )


class Buffer:
    """The box of a lazy variable that was read last, longer than asked along the axis windows march on.

    Boxes may reach beyond the ends of an axis, where the variable repeats. What lies from ``until`` on along
    the first axis is for another reader.
    """

    def __init__(
        self,
        array: xr.DataArray,
        check: Callable[[xr.DataArray], None] | None = None,
        until: int | None = None,
    ) -> None:
        self.array, self.check, self.until = array, check, until
        self.spans: tuple[range, ...] = ()
        self.values = np.empty(0)

    def get(self, spans: Sequence[range]) -> np.ndarray:
        """The values on a box, as float64."""
        known = len(self.spans) > 0 and all(
            have.start <= span.start and span.stop <= have.stop
            for have, span in zip(self.spans, spans, strict=True)
        )
        if not known:
            self._fill(spans)
        cut = tuple(
            slice(span.start - have.start, span.stop - have.start)
            for have, span in zip(self.spans, spans, strict=True)
        )
        return self.values[cut]

    def _fill(self, spans: Sequence[range]) -> None:
        longer, shape = list(spans), self.array.shape
        march = next((k for k, span in enumerate(spans) if len(span) < shape[k]), None)
        if march is not None:
            across = math.prod(len(span) for k, span in enumerate(spans) if k != march)
            start, stop = spans[march].start, spans[march].stop
            # Stencils overlap: what is read again stays below two thirds.
            ahead = max(AHEAD // max(1, across), len(spans[march]) * 3 // 2)
            end = shape[march] if march or self.until is None else min(shape[march], self.until)
            longer[march] = range(start, max(stop, min(end, start + ahead)))
        self.values = np.empty(0)
        self.values, self.spans = _repeated(self.array, longer), tuple(longer)
        if self.check is not None and not np.isfinite(self.values).all():
            points = {
                axis: self.array[axis].values[np.arange(span.start, span.stop) % len(self.array[axis])]
                for axis, span in zip(self.array.dims, longer, strict=True)
            }
            self.check(xr.DataArray(self.values, points, self.array.dims, self.array.name))


def _repeated(array: xr.DataArray, spans: Sequence[range], known: Box = ()) -> np.ndarray:
    """A box that may reach beyond the ends of the axes, where the array repeats."""
    axis = len(known)
    if axis == len(spans):
        return read(array, known)
    size, start, stop = array.shape[axis], spans[axis].start, spans[axis].stop
    pieces = []
    while start < stop:
        first = start % size
        last = min(size, first + stop - start)
        pieces.append(_repeated(array, spans, (*known, slice(first, last))))
        start += last - first
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=axis)


def gather(array: xr.DataArray, places: Sequence[np.ndarray], most: int) -> np.ndarray:
    """The values of a lazy variable at places (point, ...) on each axis, by boxes around neighbours."""
    count = len(places[0])
    if not count:
        return np.empty(np.broadcast_shapes(*(where.shape for where in places)))
    low = [int(where.min()) for where in places]
    high = [int(where.max()) + 1 for where in places]
    if count > 1 and math.prod(b - a for a, b in zip(low, high, strict=True)) > most:
        halves = slice(count // 2), slice(count // 2, None)
        return np.concatenate([gather(array, [where[half] for where in places], most) for half in halves])
    values = read(array, tuple(slice(a, b) for a, b in zip(low, high, strict=True)))
    return values[tuple(where - a for where, a in zip(places, low, strict=True))]
