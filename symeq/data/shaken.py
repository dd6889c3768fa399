"""Records with noise of their own size added and taken off: what noise does to any function of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from symeq.data.records import Record
from symeq.data.slabs import window

STREAM = 0x7368616B  # keeps these draws apart from all others with the same seed
MOST = 4_000_000  # values of a variable in one part that are held at once
FEWEST_POINTS = 64  # along an axis that is cut


def shaken(record: Record, noise: Sequence[float], seed: int, draw: int = 0) -> tuple[Record, Record]:
    r"""The record with white noise added, and with the same noise taken off.

    For any function f of the data with noise :math:`\epsilon` of the same size,

    .. math:: \tfrac12 [f(u + \epsilon) - f(u - \epsilon)], \qquad
              \tfrac12 [f(u + \epsilon) + f(u - \epsilon)] - f(u)

    are a draw of its noise and, in the mean, its bias, both to third order; all correlations between
    derivatives and neighbours come out as they are.

    Arguments: ``noise``, the deviation of each variable; ``seed`` and ``draw``, which one.

    >>> from symeq.data.records import trajectories
    >>> t = np.linspace(0, 1, 101)
    >>> more, less = shaken(trajectories(t, np.stack([t, t], axis=1), names="x y"), (0.1, 0.0), seed=0)
    >>> bool(np.allclose(more.parts[0]["x"] + less.parts[0]["x"], 2 * t))
    True
    """
    rng = np.random.default_rng([STREAM, seed, draw])
    deviation = dict(zip(record.dependent, noise, strict=True))
    added = [
        {name: s * rng.standard_normal(tuple(part.sizes.values())) for name, s in deviation.items()}
        for part in record.parts
    ]

    def moved(sign: float) -> Record:
        parts = tuple(
            part.assign({name: part[name] + sign * own[name] for name in record.dependent})
            for part, own in zip(record.parts, added, strict=True)
        )
        return replace(record, parts=parts)

    return moved(1.0), moved(-1.0)


def in_memory(record: Record, most: int = MOST) -> Record:
    """The record in memory; of a part with more values the middle box, whose cut axes do not wrap."""
    cut_axes: set[str] = set()
    parts: list[xr.Dataset] = []
    for part in record.parts:
        sizes = tuple(part.sizes[name] for name in record.independent)
        if int(np.prod(sizes)) > most:
            cut = dict(zip(record.independent, window(sizes, most, FEWEST_POINTS), strict=True))
            cut_axes |= {name for name, span in cut.items() if span.stop - span.start < part.sizes[name]}
            part = part.isel(cut)
        parts.append(part.load())
    if not cut_axes:
        return replace(record, parts=tuple(parts))
    return replace(record, parts=tuple(parts), periodic=record.periodic - cut_axes)
