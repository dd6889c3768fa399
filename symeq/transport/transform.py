"""Carry data along a symmetry: u'(x') = phi(x, u) at x' = xi(x, u)."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from symeq.data import Record
from symeq.data.checks import FEWEST_POINTS
from symeq.data.records import Variables
from symeq.errors import InvalidInput
from symeq.transport.action import Action, Element, action
from symeq.transport.resampling import covered_box, interpolated, period, within

_LINEAR = 1e-9


def transform(
    record: Record, element: Element, *, jet: Variables | None = None, epsilon: Any = None
) -> Record:
    """Return the record carried along by an element of a symmetry: the graph of u goes to that of u'.

        g (x, u) = (xi(x, u), phi(x, u)),    u'(xi(x, u(x))) = phi(x, u(x))

    If the element is a symmetry of the law that u obeys, u' obeys it, too. Maps that take each axis to one
    axis are exact; others are interpolated, along periodic axes by trigonometric polynomials, and the largest
    box that is covered is kept. The notes of the record say what was done and what was lost.

    Arguments: the record; a PointMap, a NumericalFlow, or a VectorField with `epsilon`, a number; `jet`, to
    take the variables in its order.
    Raises InvalidInput for a parameter that has no number, for variables the record lacks, for a graph that
    is none any more after the transformation, and if nothing is left.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), section 2.2.

    >>> from symeq.data import field
    >>> from symeq.geometry import boost
    >>> t, x = np.linspace(0, 0.5, 11), np.arange(64) / 64
    >>> wave = field({"t": t, "x": x}, {"u": np.sin(2 * np.pi * (x - t[:, None]))}, periodic=["x"])
    >>> print(transform(wave, boost("x", "u"), epsilon=1))
    Record(u over t: 11, x: 64 periodic)
      carried along by exp(1 (t*d_x + d_u)); x interpolated
    """
    if jet is not None:
        record = record.on(jet)
    names = (*record.independent, *record.dependent)
    moving = action(element, epsilon, record.independent, names)
    carriers = [_Carrier(part, record, moving) for part in record.parts]
    parts = [carrier.carried() for carrier in carriers]
    periodic = frozenset(carriers[0].periodic).intersection(*(c.periodic for c in carriers))
    parts = [_marked(part, periodic) for part in parts]
    said = list(dict.fromkeys(note for carrier in carriers for note in carrier.notes))
    lost = sum(carrier.lost for carrier in carriers) / len(carriers)
    if lost > 0:
        said.append(f"{100 * lost:.3g}% of the region lost at the edges")
    note = "; ".join([f"carried along by {moving.label}", *said])
    return Record(tuple(parts), periodic, (*record.notes, note), record.source, record.missing)


def _marked(part: xr.Dataset, periodic: frozenset[str]) -> xr.Dataset:
    coordinates = {}
    for name in map(str, part.dims):
        attributes = {key: value for key, value in part[name].attrs.items() if key != "periodic"}
        coordinates[name] = (
            name,
            part[name].values,
            attributes | ({"periodic": 1} if name in periodic else {}),
        )
    return part.assign_coords(coordinates)


class _Carrier:
    """One part of a record on its way."""

    def __init__(self, part: xr.Dataset, record: Record, moving: Action) -> None:
        self.part, self.moving = part, moving
        self.axes, self.variables = record.independent, record.dependent
        self.old = {name: part[name].values for name in self.axes}
        self.closed = record.periodic
        self.periodic: set[str] = set()
        self.notes: list[str] = []
        self.lost = 0.0

    def carried(self) -> xr.Dataset:
        """The part after the transformation."""
        sources = {name: self.moving.depends(name) for name in self.axes}
        # x' = f(x) of one axis each: the grid stays a grid.
        single = {name: next(iter(s)) for name, s in sources.items() if len(s) == 1 and s <= set(self.axes)}
        if len(single) == len(self.axes) and len(set(single.values())) == len(self.axes):
            return self._relabelled(single)
        bent = [name for name, s in sources.items() if s & set(self.variables)]
        own = [name for name in self.axes if single.get(name) == name]
        mixed = [name for name in self.axes if name not in own]
        if len(mixed) == 1:
            return self._by_lines(mixed[0], parametric=bool(bent))
        if bent:
            raise InvalidInput(
                f"`{self.moving.label}` mixes the axes {', '.join(mixed)} with the values, so that no grid is"
                " left; only one axis may depend on the values."
            )
        return self._resampled(own, mixed)

    def _grid(self) -> dict[str, np.ndarray]:
        """Every variable at every point, broadcast to the shape of the grid."""
        mesh = np.meshgrid(*(self.old[name] for name in self.axes), indexing="ij")
        points = dict(zip(self.axes, mesh, strict=True))
        return points | {name: self.part[name].values for name in self.variables}

    def _moved_axis(self, name: str, source: str) -> np.ndarray:
        """The image of an axis that is a function of one axis."""
        values = self.old[source]
        points = {other: np.full_like(values, self.old[other][0]) for other in self.axes} | {source: values}
        points |= {other: np.zeros_like(values) for other in self.variables}
        image = self.moving.carry(points)[name]
        steps = np.diff(image)
        if not np.isfinite(image).all() or not ((steps > 0).all() or (steps < 0).all()):
            raise InvalidInput(
                f"`{self.moving.label}` takes `{source}` from {values[0]:g} to {values[-1]:g} through"
                f" infinity or back on itself, so that `{name}` is no axis. Cut the data to one"
                " side, or take a smaller step."
            )
        return image

    def _keeps_period(self, name: str, source: str, image: np.ndarray) -> bool:
        """Whether an axis stays periodic: it is stretched evenly, and no value depends on the place."""
        if source not in self.closed:
            return False
        values = self.old[source]
        slope = (image[-1] - image[0]) / (values[-1] - values[0])
        straight = image[0] + slope * (values - values[0])
        even = np.abs(image - straight).max() <= _LINEAR * abs(image[-1] - image[0])
        others = (*self.variables, *(other for other in self.axes if other != name))
        if even and not any(source in self.moving.depends(other) for other in others if other != source):
            return True
        self.notes.append(f"{name} no longer periodic")
        return False

    def _relabelled(self, single: dict[str, str]) -> xr.Dataset:
        images = {name: self._moved_axis(name, source) for name, source in single.items()}
        for name, source in single.items():
            if self._keeps_period(name, source, images[name]):
                self.periodic.add(name)
        values = self.moving.carry(self._grid())
        order = [self.axes.index(single[name]) for name in self.axes]
        arrays = {name: values[name].transpose(order) for name in self.variables}
        return self._dataset(images, arrays)

    def _by_lines(self, axis: str, *, parametric: bool) -> xr.Dataset:
        """One axis is moved differently on each line along it."""
        k = self.axes.index(axis)
        grid = self._grid()
        values = self.moving.carry(grid)
        images = {
            name: self.old[axis] if name == axis else self._moved_axis(name, name) for name in self.axes
        }
        lines = np.moveaxis(values[axis], k, -1)
        shape = lines.shape[:-1]
        steps = np.diff(lines, axis=-1)
        rising = bool((steps > 0).all())
        if not np.isfinite(lines).all() or not (rising or (steps < 0).all()):
            raise InvalidInput(
                f"`{self.moving.label}` turns the graph over: {axis}' is not monotone along {axis}, so"
                " that it is no function any more. Take a smaller step, or a part of the data."
            )
        if len(self.axes) == 1:
            return self._dataset({axis: lines}, values)
        ratio = self._kept_period(axis) if axis in self.closed else 0.0
        closed = ratio > 0
        upward = lines if rising else lines[..., ::-1]
        if closed:
            old = self.old[axis]
            new = old if abs(ratio - 1) <= _LINEAR else float(upward.flat[0]) + ratio * (old - old[0])
        else:
            new = self._common(upward, axis)
            self.lost = self._outside({axis: new}, values)
        images[axis] = new
        self.notes.append(f"{axis} interpolated")
        if closed:
            self.periodic.add(axis)
        for name in self.axes:
            if name != axis and self._keeps_period(name, name, images[name]):
                self.periodic.add(name)
        if parametric or self.moving.backward is None:
            length = ratio * period(self.old[axis]) if closed else 0.0
            found = {}
            for name in self.variables:
                moved = np.moveaxis(values[name], k, -1)
                curves = [_along_curve(lines[at], moved[at], new, length) for at in np.ndindex(*shape)]
                found[name] = np.moveaxis(np.reshape(curves, (*shape, new.size)), -1, k)
            return self._dataset(images, found)
        before = self._origins(images)
        places = np.moveaxis(before[axis], k, -1)
        for name, measured in self._measured():
            rows, closing = np.moveaxis(measured, k, -1), [axis in self.closed]
            curves = [
                interpolated(rows[at], [self.old[axis]], closing, [places[at]]) for at in np.ndindex(*shape)
            ]
            before[name] = np.moveaxis(np.reshape(curves, (*shape, new.size)), -1, k)
        return self._dataset(images, self.moving.carry(before))

    def _origins(self, images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Where the points of the new grid come from, the values left aside."""
        mesh = np.meshgrid(*(images[name] for name in self.axes), indexing="ij")
        points = dict(zip(self.axes, mesh, strict=True))
        before = self.moving.fetch(points | {name: np.zeros(mesh[0].shape) for name in self.variables})
        return {name: before[name] for name in self.axes}

    def _measured(self) -> list[tuple[str, np.ndarray]]:
        return [(name, self.part[name].values) for name in self.variables]

    def _kept_period(self, axis: str) -> float:
        """The new period over the old one, or 0 if one period further on not all is as it was."""
        length = period(self.old[axis])
        point = {name: np.array([values[0], values[-1]]) for name, values in self.old.items()}
        point |= {name: np.array([v.min(), v.max()]) for name, v in self._measured()}
        here = self.moving.carry(point)
        there = self.moving.carry(point | {axis: point[axis] + length})
        same = all(
            np.allclose(here[name], there[name], rtol=_LINEAR, atol=_LINEAR) for name in self.variables
        )
        ratios = np.abs(there[axis] - here[axis]) / length
        if same and np.ptp(ratios) <= _LINEAR * ratios.max():
            return float(ratios[0])
        self.notes.append(f"{axis} no longer periodic")
        return 0.0

    def _outside(self, images: dict[str, np.ndarray], moved: dict[str, np.ndarray]) -> float:
        """The share of the points that come to lie outside the new axes."""
        inside = np.ones(moved[self.axes[0]].shape, dtype=bool)
        for name, new in images.items():
            inside &= within(new, moved[name], False)
        return 1 - float(inside.mean())

    def _common(self, lines: np.ndarray, axis: str) -> np.ndarray:
        """An axis that all lines cover."""
        low, high = float(lines[..., 0].max()), float(lines[..., -1].min())
        step = float(np.median(np.diff(lines, axis=-1)))
        count = int(np.floor((high - low) / step * (1 + _LINEAR))) + 1 if high > low else 0
        if count < FEWEST_POINTS:
            raise InvalidInput(
                f"`{self.moving.label}` leaves no part of `{axis}` that is known on all lines: what all cover"
                f" runs from {low:g} to {high:g}. Take a smaller step, or a shorter record."
            )
        return np.linspace(low, high, min(count, 2 * self.old[axis].size))

    def _resampled(self, own: list[str], mixed: list[str]) -> xr.Dataset:
        """Several axes are mixed, without the values: each new point is looked up where it comes from."""
        images = {name: self._moved_axis(name, name) for name in own}
        wraps = [name for name in mixed if name in self.closed]
        moved = self.moving.carry(self._grid())
        for name in mixed:
            images[name] = self._candidate(name, moved[name], every=len(wraps) == len(mixed))
        before = self._origins(images)
        covered = np.ones(before[mixed[0]].shape, dtype=bool)
        for name in mixed:
            covered &= within(self.old[name], before[name], name in self.closed)
        box = covered_box(covered)
        if box is None or any(s.stop - s.start < FEWEST_POINTS for s in box):
            raise InvalidInput(
                f"`{self.moving.label}` leaves no box that the data cover. Take a smaller step, or a larger"
                " record."
            )
        images = {name: images[name][s] for name, s in zip(self.axes, box, strict=True)}
        if len(wraps) < len(mixed):
            self.lost = self._outside({name: images[name] for name in mixed}, moved)
        self.notes += [f"{', '.join(mixed)} interpolated", *(f"{name} no longer periodic" for name in wraps)]
        for name in own:
            if self._keeps_period(name, name, images[name]):
                self.periodic.add(name)
        before = {name: values[box] for name, values in before.items()}
        places = [self.axes.index(name) for name in own]
        starts = [box[k].start for k in places]
        for variable in self.variables:
            values = self.part[variable].values
            found = np.empty(before[self.axes[0]].shape)
            for at in product(*(range(found.shape[k]) for k in places)):
                here: list[Any] = [slice(None)] * len(self.axes)
                there: list[Any] = [slice(None)] * len(self.axes)
                for k, i, start in zip(places, at, starts, strict=True):
                    here[k], there[k] = i, i + start
                found[tuple(here)] = interpolated(
                    values[tuple(there)],
                    [self.old[name] for name in mixed],
                    [name in self.closed for name in mixed],
                    [before[name][tuple(here)] for name in mixed],
                )
            before[variable] = found
        return self._dataset(images, self.moving.carry(before))

    def _candidate(self, name: str, moved: np.ndarray, *, every: bool) -> np.ndarray:
        """An axis through the whole image, about as fine as before."""
        if not np.isfinite(moved).all():
            raise InvalidInput(
                f"`{self.moving.label}` takes a part of the data to infinity. Cut it off, or take a smaller"
                " step."
            )
        old = self.old[name]
        if every:
            # All axes that mix are periodic, so that the data are known everywhere.
            return old
        steps = [float(np.median(np.abs(np.diff(moved, axis=k)))) for k in range(moved.ndim)]
        low, high = float(moved.min()), float(moved.max())
        count = int(np.ceil((high - low) / max(steps))) + 1
        return np.linspace(low, high, min(count, 2 * old.size))

    def _dataset(self, images: dict[str, np.ndarray], arrays: dict[str, np.ndarray]) -> xr.Dataset:
        """The dataset on new axes, turned so that they increase, and cut to where every value is real."""
        arrays = {name: arrays[name] for name in self.variables}
        bad = ~np.logical_and.reduce([np.isfinite(v) for v in arrays.values()])
        box = covered_box(~bad)
        if box is None or any(s.stop - s.start < FEWEST_POINTS for s in box):
            raise InvalidInput(
                f"`{self.moving.label}` gives no real value at {int(bad.sum())} of {bad.size} points;"
                " nothing is left. Take a smaller step, or a part of the data."
            )
        if bad.any():
            self.notes.append(f"cut to where all values are real ({int(bad.sum())} of {bad.size} are not)")
            self.periodic -= {
                name for name, s, n in zip(self.axes, box, bad.shape, strict=True) if s.stop - s.start < n
            }
        turned = [slice(None, None, -1 if images[name][-1] < images[name][0] else 1) for name in self.axes]
        coordinates = {}
        for name, s, turn in zip(self.axes, box, turned, strict=True):
            attributes = self._attributes(name)
            coordinates[name] = (name, np.ascontiguousarray(images[name][s][turn]), attributes)
        columns = {
            name: (self.axes, np.ascontiguousarray(v[box][tuple(turned)]), self._attributes(name))
            for name, v in arrays.items()
        }
        attributes = dict(self.part.attrs)
        attributes["carried_along_by"] = "; ".join(
            filter(None, [str(attributes.get("carried_along_by", "")), self.moving.label])
        )
        return xr.Dataset(columns, coords=coordinates, attrs=attributes)

    def _attributes(self, name: str) -> dict[Any, Any]:
        """What is said of a variable; a unit only where the variable is what it was."""
        attributes = dict(self.part[name].attrs)
        if self.moving.moves(name):
            attributes.pop("units", None)
        return attributes


def _along_curve(line: np.ndarray, values: np.ndarray, new: np.ndarray, length: float) -> np.ndarray:
    """The values over the line, which may continue after `length`, at the points of the new axis."""
    order = slice(None) if line[-1] > line[0] else slice(None, None, -1)
    line, values = line[order], values[order]
    if length:
        new = line[0] + np.mod(new - line[0], length)
        line, values = np.concatenate([line - length, line, line + length]), np.tile(values, 3)
    return interpolated(values, [line], [False], [new])
