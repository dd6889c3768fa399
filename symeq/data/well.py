"""HDF5 in the layout of large collections: fields grouped as scalars, vectors and tensors by trajectory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from symeq.data.contents import Entry, shape_text
from symeq.data.slabs import Slabs
from symeq.data.tables import TRAJECTORY
from symeq.errors import InvalidInput

GROUPS = ("t0_fields", "t1_fields", "t2_fields")
TIME = "time"
MOST_COMPONENTS = 16
LONGEST_AXIS = 2**27  # points of an axis, or of all the times of all trajectories

Fetch = Callable[[str, tuple[Any, ...]], np.ndarray]


def is_grouped(file: Mapping[str, Any]) -> bool:
    """Whether an open HDF5 file has this layout."""
    return "dimensions" in file and any(name in file for name in GROUPS)


def grouped(file: Mapping[str, Any], fetch: Fetch) -> dict[str, Entry]:
    r"""The axes and the components of the fields: `time`, `x`, `y`, `density`, `velocity_x`, `stress_xy`.

    Fields lie over (trajectory, time, x, y, ...), vectors with one further axis, tensors with two. What is
    constant in time or along an axis cannot be a variable.

    Args:
        file: the open file.
        fetch: reads a box of an array, by its name and a key.

    Raises:
        InvalidInput: no coordinates of an axis, or times that differ between trajectories.
    """
    axes = _spatial(file)
    periodic = _periodic(file)
    entries = {
        axis: replace(_axis(file, axis), attrs={"periodic": 1} if axis in periodic else {})
        for axis in (TIME, *axes)
    }
    for rank, group in enumerate(GROUPS):
        for name, dataset in file.get(group, {}).items():
            if getattr(dataset, "shape", None) is not None:
                entries |= _components(f"{group}/{name}", name, dataset, rank, axes, fetch)
    return entries


def _spatial(file: Mapping[str, Any]) -> tuple[str, ...]:
    dimensions = file["dimensions"]
    named = dimensions.attrs.get("spatial_dims")
    if named is None:
        return tuple(sorted(name for name in dimensions if name != TIME))
    return tuple(one.decode() if isinstance(one, bytes) else str(one) for one in np.atleast_1d(named))


def _axis(file: Mapping[str, Any], name: str) -> Entry:
    dataset = file["dimensions"].get(name)
    if dataset is None or getattr(dataset, "shape", None) is None:
        held = ", ".join(file["dimensions"]) or "nothing"
        raise InvalidInput(
            f"The group `dimensions` has no coordinates of the axis `{name}`; it holds {held}. Store them"
            " there."
        )
    if dataset.ndim == 1:
        return Entry((int(dataset.shape[0]),), lambda: dataset[()], (name,), {}, dataset.dtype.itemsize)
    if dataset.size > LONGEST_AXIS:
        raise InvalidInput(
            f"The axis `{name}` claims {dataset.size} points; at most {LONGEST_AXIS} are read."
            " Store the coordinate along its own direction only."
        )
    rows = dataset[()].reshape(-1, dataset.shape[-1])
    if (rows != rows[:1]).any():
        raise InvalidInput(
            f"The axis `{name}` differs between trajectories, which one file cannot say of a grid. Save each"
            " trajectory in a file of its own, and name all the files."
        )
    return Entry((rows.shape[1],), lambda: rows[0], (name,), {}, dataset.dtype.itemsize)


def _periodic(file: Mapping[str, Any]) -> set[str]:
    """The axes all of whose conditions at the boundary are called periodic."""
    kinds: dict[str, set[str]] = {}
    for condition in file.get("boundary_conditions", {}).values():
        kind = condition.attrs.get("bc_type", b"")
        text = kind.decode() if isinstance(kind, bytes) else str(kind)
        for axis in np.atleast_1d(condition.attrs.get("associated_dims", [])):
            kinds.setdefault(axis.decode() if isinstance(axis, bytes) else str(axis), set()).add(text.upper())
    return {axis for axis, found in kinds.items() if found == {"PERIODIC"}}


def _components(
    path: str, name: str, dataset: Any, rank: int, axes: tuple[str, ...], fetch: Fetch
) -> dict[str, Entry]:
    attrs = dataset.attrs
    over = np.broadcast_to(np.atleast_1d(attrs.get("dim_varying", True)), (len(axes),))
    dims = (
        *([TRAJECTORY] if attrs.get("sample_varying", True) else []),
        *([TIME] if attrs.get("time_varying", True) else []),
        *(axis for axis, varies in zip(axes, over, strict=True) if varies),
    )
    shape = tuple(map(int, dataset.shape))
    refusal = "" if dataset.dtype.kind in "fiu" else f"is not numeric (its type is {dataset.dtype})"
    if dataset.external or dataset.is_virtual:
        refusal = "takes its values from another file; copy them into this one"
    wide = any(n > MOST_COMPONENTS for n in shape[len(dims) :])
    if len(shape) != len(dims) + rank or wide:
        refusal = (
            f"has shape {shape_text(shape)}, and its group and attributes say ({', '.join(dims)}) and"
            f" {rank} axes of at most {MOST_COMPONENTS} components; write it again"
        )
        dims, rank = tuple(f"axis {k}" for k in range(len(shape))), 0
    places = product(*(range(n) for n in shape[len(dims) :])) if not refusal else [(0,) * rank]
    found = {}
    for place in places:
        letters = "".join(axes[k] if k < len(axes) else str(k) for k in place)
        slabs = Slabs(shape[: len(dims)], dataset.dtype, partial(_component, fetch, path, place))
        found[f"{name}_{letters}" if rank else name] = Entry(
            shape[: len(dims)],
            partial(_whole, dataset, place),
            dims,
            {},
            dataset.dtype.itemsize,
            refusal,
            slabs,
        )
    return found


def _component(fetch: Fetch, path: str, place: tuple[int, ...], key: tuple[Any, ...]) -> np.ndarray:
    return fetch(path, (*key, *place))


def _whole(dataset: Any, place: tuple[int, ...]) -> np.ndarray:
    return np.asarray(dataset[(..., *place)])
