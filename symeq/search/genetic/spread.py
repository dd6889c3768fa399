"""Test functions all over a record, on a lattice of points that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from symeq.data.derivatives import AxisOperators
from symeq.data.records import Record
from symeq.data.testfunctions import Bump
from symeq.data.windows import (
    FEWEST_ACROSS,
    FEWEST_WINDOWS,
    AxisWindows,
    MultiIndex,
    PartWindows,
    Windows,
    draw_windows,
)

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # grid points to the next one that is looked at
FEW = 1 / 4  # of the points granted: more of them only take time
LONGER = 1.5  # times the largest support offered
ROOM = 2 / 3  # of an axis: a longer support leaves no place for a second one


def wider(rungs: Sequence[tuple[Bump, ...]], sizes: Sequence[int]) -> list[tuple[Bump, ...]]:
    """The supports offered, those along the first axis with those along all others, and larger ones.

    What noise leaves of a second derivative falls with the fifth power of the support; a search needs few
    numbers but good ones. Supports that the user chose are left alone.
    """
    if len(rungs) == 1:
        return list(rungs)
    firsts = list(dict.fromkeys(rung[0] for rung in rungs))
    others = list(dict.fromkeys(rung[1:] for rung in rungs))
    largest = tuple(_longer(bump, size) for bump, size in zip(rungs[-1], sizes, strict=True))
    firsts = list(dict.fromkeys([*firsts, largest[0]]))
    others = list(dict.fromkeys([*others, largest[1:]]))
    return [(first, *other) for first, other in product(firsts, others)]


def _longer(bump: Bump, size: int) -> Bump:
    half = int(LONGER * bump.half)
    if 2 * half + 1 > ROOM * size:
        return bump
    return replace(bump, half=half, stride=max(1, int(LONGER * bump.stride)))


def spread_windows(
    record: Record,
    bumps: Sequence[Bump],
    orders: MultiIndex,
    operators: Sequence[Sequence[AxisOperators]],
    *,
    most: int,
    points: int,
    seed: int,
) -> Windows:
    """Windows at random places of the whole record, without repetition, all parts alike.

    All of them look at one lattice, which is as coarse as the supports allow and the points granted ask for:
    however large the supports are, it has no more points than the record. Where even that is too much, the
    windows lie in boxes (:func:`symeq.data.windows.draw_windows`, with the same arguments and errors).
    """
    names = record.independent
    values = [[part[name].values for name in names] for part in record.parts]
    made: dict[tuple[object, ...], AxisWindows] = {}  # parts often lie on the same axes

    def windows(part: int, axis: int, step: int) -> AxisWindows:
        own, op = values[part][axis], operators[part][axis]
        key = (axis, step, own.tobytes(), op.first, op.last)
        if key not in made:
            periodic = names[axis] in record.periodic
            made[key] = AxisWindows.on(bumps[axis], own, orders[axis], periodic, op, step)
        return made[key]

    coarsest = max(bump.half for bump in bumps) // FEWEST_ACROSS
    for step in (step for step in STEPS if step <= max(1, coarsest)):
        axes = [tuple(windows(part, axis, step) for axis in range(len(names))) for part in range(len(values))]
        usable = [[np.flatnonzero(axis.usable) for axis in own] for own in axes]
        looked_at = sum(
            int(np.prod([len(np.unique(a.places[u])) for a, u in zip(own, each, strict=True)]))
            for own, each in zip(axes, usable, strict=True)
        )
        if looked_at <= FEW * points:
            break
    sizes = [int(np.prod([len(each) for each in own])) for own in usable]
    if looked_at > points or sum(sizes) < FEWEST_WINDOWS:
        return draw_windows(record, bumps, orders, operators, most=most, points=points, seed=seed)
    rng = np.random.default_rng(seed)
    chosen = np.arange(sum(sizes))
    if len(chosen) > most:
        chosen = np.sort(rng.choice(len(chosen), most, replace=False))
    ends = np.cumsum([0, *sizes])
    found = []
    for own, each, first, last in zip(axes, usable, ends[:-1], ends[1:], strict=True):
        flat = chosen[(chosen >= first) & (chosen < last)] - first
        places = np.zeros((0, len(each)), dtype=int)
        if len(flat):
            where = np.unravel_index(flat, [len(u) for u in each])
            places = np.stack([u[k] for u, k in zip(each, where, strict=True)], axis=1)
        found.append(PartWindows(own, places))
    return Windows(tuple(found))
