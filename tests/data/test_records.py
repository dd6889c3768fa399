"""Records made of arrays and datasets: what goes in comes out, and what determines nothing is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sympy import Symbol

from symeq.data.records import Record, field, record, trajectories
from symeq.errors import InvalidInput

T = np.linspace(0.0, 2.0, 41)
X = np.arange(64) / 64
CIRCLE = np.stack([np.sin(3 * T), np.cos(3 * T)], axis=1)
WAVE = np.cos(2 * np.pi * (X - T[:, np.newaxis])) + T[:, np.newaxis] ** 2


def wave(**attrs: Any) -> xr.Dataset:
    return xr.Dataset({"u": (("t", "x"), WAVE)}, coords={"t": T, "x": ("x", X, attrs)})


@settings(max_examples=50, deadline=None)
@given(
    states=arrays(
        np.float64, st.tuples(st.integers(3, 12), st.just(2)), elements=st.floats(-1e6, 1e6), unique=True
    )
)
def test_a_trajectory_comes_out_as_it_went_in(states: np.ndarray) -> None:
    t = np.arange(len(states)) * 0.5
    (part,) = trajectories(t, states, "x y").parts
    assert np.array_equal(part["t"], t)
    assert np.array_equal(np.stack([part["x"], part["y"]], axis=1), states)


@pytest.mark.parametrize(
    ("t", "states", "lengths"),
    [
        (T, CIRCLE, [41]),
        (list(T), CIRCLE.tolist(), [41]),
        (T, np.stack([CIRCLE, 2 * CIRCLE, -CIRCLE]), [41, 41, 41]),
        (T, [CIRCLE, 2 * CIRCLE], [41, 41]),
        ([T, T[:17]], [CIRCLE, CIRCLE[:17]], [41, 17]),
        (np.stack([T, T + 1]), np.stack([CIRCLE, CIRCLE]), [41, 41]),
    ],
)
def test_every_way_to_give_trajectories(t: Any, states: Any, lengths: list[int]) -> None:
    made = trajectories(t, states, "x y")
    assert [part.sizes["t"] for part in made.parts] == lengths
    assert made.independent == ("t",) and made.dependent == ("x", "y")
    assert np.array_equal(made.parts[0]["y"].values, CIRCLE[:, 1])


def test_names_may_be_symbols_and_one_state_needs_no_second_axis() -> None:
    made = trajectories(T, np.sin(T), [Symbol("beta")], independent="s")
    assert (made.independent, made.dependent) == (("s",), ("beta",))


def test_a_field_keeps_the_order_of_its_axes() -> None:
    made = field({"t": T, "x": X}, {"u": WAVE, "v": WAVE**2})
    assert made.independent == ("t", "x") and made.dependent == ("u", "v")
    assert np.array_equal(made.parts[0]["v"].values, WAVE**2)


def test_a_trajectory_dimension_is_split_wherever_it_stands() -> None:
    stacked = np.stack([CIRCLE[:, 0], CIRCLE[:, 1]], axis=1)
    made = record(xr.Dataset({"x": (("t", "trajectory"), stacked)}, coords={"t": T}))
    assert made.independent == ("t",) and len(made.parts) == 2
    for column, part in enumerate(made.parts):
        assert np.array_equal(part["x"].values, CIRCLE[:, column])


def test_datasets_that_list_their_axes_differently_become_one_record() -> None:
    other = wave().transpose("x", "t") + 1.0
    made = record([wave(), other])
    assert [part["u"].dims for part in made.parts] == [("t", "x")] * 2
    assert np.array_equal(made.parts[1]["u"].values, WAVE + 1.0)


def test_units_and_the_mark_of_a_periodic_axis_are_kept() -> None:
    dataset = wave(units="m", periodic=True)
    dataset["u"].attrs["units"] = "m/s"
    made = record(dataset)
    assert made.periodic == {"x"}
    assert made.parts[0]["u"].attrs["units"] == "m/s" and made.parts[0]["x"].attrs["units"] == "m"
    assert record(made.parts[0]).periodic == {"x"}
    assert record(wave(periodic=0)).periodic == frozenset()


def test_a_periodic_axis_that_looks_so_is_only_suggested() -> None:
    (note,) = field({"t": T, "x": X}, {"u": WAVE}).notes
    assert note.startswith("x: looks periodic")
    assert field({"t": T, "x": X}, {"u": WAVE}, periodic=["x"]).notes == ()
    assert field({"t": T, "x": X}, {"u": X * WAVE}).notes == ()


def test_a_repeated_end_point_of_a_periodic_axis_is_dropped() -> None:
    closed = np.linspace(0, 1, 65)
    u = np.cos(2 * np.pi * (closed - T[:, np.newaxis]))
    made = field({"t": T, "x": closed}, {"u": u}, periodic=["x"])
    assert made.parts[0].sizes["x"] == 64
    assert any("was dropped" in note for note in made.notes)
    # Flat ends are equal too, and are no repetition.
    flat = np.exp(-200 * (closed - 0.5) ** 2) * (1 + T[:, np.newaxis])
    flat[:, [0, 1, -2, -1]] = 0.0
    assert field({"t": T, "x": closed}, {"u": flat}, periodic=["x"]).parts[0].sizes["x"] == 65


@pytest.mark.parametrize("dtype", [np.int16, np.float32, ">f8", np.uint8])
def test_numbers_of_any_type_become_float64(dtype: Any) -> None:
    states = np.arange(20).reshape(10, 2).astype(dtype)
    made = trajectories(np.arange(10), states, "x y")
    assert made.parts[0]["x"].dtype == np.float64 and made.parts[0]["t"].dtype == np.float64
    assert np.array_equal(made.parts[0]["x"].values, np.arange(0, 20, 2))
    assert "t: int64 converted to float64" in made.notes


@pytest.mark.parametrize(("size", "kept"), [(1e-9, True), (0.9e-4, True), (1.1e-4, False), (1.0, False)])
def test_a_negligible_imaginary_part_is_dropped_and_no_other(size: float, kept: bool) -> None:
    u = WAVE + 1j * size * np.sqrt(np.mean(WAVE**2))
    if kept:
        made = field({"t": T, "x": X}, {"u": u})
        assert np.array_equal(made.parts[0]["u"].values, WAVE)
        assert any("imaginary part dropped" in note for note in made.notes)
    else:
        with pytest.raises(InvalidInput, match="imaginary part is not negligible"):
            field({"t": T, "x": X}, {"u": u})


def test_uneven_axes_are_legal_and_known() -> None:
    made = field({"t": T**2, "x": X.astype(np.float32)}, {"u": WAVE})
    assert made.uniform == {"x"}


def test_on_a_jet_variables_are_chosen_and_axes_ordered() -> None:
    made = field({"x": X, "t": T}, {"u": WAVE.T, "v": WAVE.T**2})
    jet = SimpleNamespace(independent=(Symbol("t"), Symbol("x")), dependent=(Symbol("v"),))
    chosen = made.on(jet)
    assert (chosen.independent, chosen.dependent) == (("t", "x"), ("v",))
    assert np.array_equal(chosen.parts[0]["v"].values, WAVE**2)
    assert "left out: u" in chosen.notes


@pytest.mark.parametrize(
    ("independent", "dependent", "message"),
    [
        (("t", "x"), ("w",), r"no variable `w`.*it has u"),
        (("t", "y"), ("u",), r"dimensions \(t, x\).*are t, y.*`--rename x=y`"),
        (("t",), ("u",), r"dimensions \(t, x\).*variables are t"),
    ],
)
def test_a_jet_with_other_names_is_refused(independent: tuple, dependent: tuple, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        record(wave()).on(SimpleNamespace(independent=independent, dependent=dependent))


def spoiled(value: float, *places: tuple[int, int]) -> np.ndarray:
    u = WAVE.copy()
    for place in places:
        u[place] = value
    return u


def stepped(*values: float) -> np.ndarray:
    t = T.copy()
    t[5 : 5 + len(values)] = values
    return t


REFUSED = {
    "two time points": (T[:2], WAVE[:2], r"Axis `t` has 2 points.*at least 3"),
    "one time point": (T[:1], WAVE[:1], r"Axis `t` has 1 point;"),
    "repeated time": (stepped(T[4]), WAVE, r"Axis `t` repeats the value 0.2 \(positions 4 and 5\)"),
    "non-monotone time": (stepped(0.9), WAVE, r"Axis `t` is not increasing: 0.3 \(position 6\) follows 0.9"),
    "to and fro": (np.r_[T[:20], T[20::-1]], WAVE, r"Axis `t` is not increasing: .*Sort the data"),
    "NaN time": (stepped(np.nan), WAVE, r"Axis `t` is not finite at 1 of 41.*position 5"),
    "Inf": (
        T,
        spoiled(np.inf, (2, 1)),
        r"`u` has 1 Inf among its 2624 values, first at \(t=0.1, x=0.015625\)",
    ),
    "all NaN": (T, np.full_like(WAVE, np.nan), r"Variable `u` is NaN everywhere"),
    "NaN": (T, spoiled(np.nan, (0, 0), (4, 32)), r"`u` has 2 NaN.*\(t=0, x=0; t=0.2, x=0.5\)"),
    "constant": (T, np.full_like(WAVE, 7.0), r"Variable `u` is constant \(everywhere 7\)"),
    "constant up to rounding": (T, 0.1 + spoiled(0, (0, 0)) * 1e-18, r"is constant"),
    "text": (T, WAVE.astype(str), r"`u` is not numeric"),
    "dates": (
        T.astype("datetime64[s]") + np.arange(41).astype("timedelta64[s]"),
        WAVE,
        r"`t` is not numeric.*seconds",
    ),
    "objects": (T, WAVE.astype(object), r"`u` is not numeric: its type is object"),
    "truth values": (T, WAVE > 0, r"`u` is not numeric: its type is bool"),
    "other shape": (T, WAVE[:, :-1], r"`u` has shape \(41, 63\).*grid \(41, 64\)"),
    "transposed": (T, WAVE.T, r"`u` has shape \(64, 41\)"),
}


@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_that_runs_backwards_is_reversed(axis: int) -> None:
    t, x = (T[::-1], X) if axis == 0 else (T, X[::-1])
    found = field({"t": t, "x": x}, {"u": np.flip(WAVE, axis)})
    assert f"{'tx'[axis]}: ran backwards, reversed with the data along it" in found.notes
    assert np.array_equal(found.parts[0]["u"].values, WAVE)
    assert np.array_equal(found.parts[0]["t"].values, T) and np.array_equal(found.parts[0]["x"].values, X)


def test_one_of_two_trajectories_that_runs_backwards_is_reversed() -> None:
    found = trajectories([T, T[::-1]], [CIRCLE, CIRCLE[::-1]], "x y")
    assert np.array_equal(found.parts[1]["y"].values, found.parts[0]["y"].values)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_fields(name: str) -> None:
    t, u, message = REFUSED[name]
    with pytest.raises(InvalidInput, match=message):
        field({"t": t, "x": X}, {"u": u})


@pytest.mark.parametrize(
    ("t", "states", "names", "message"),
    [
        (T, CIRCLE, "x y z", r"shape \(41, 2\).*names x, y, z"),
        (T, CIRCLE.T, "x y", r"transpose the states"),
        (T[:-1], CIRCLE, "x y", r"shape \(41, 2\) with times of shape \(40,\)"),
        ([T, T], [CIRCLE] * 3, "x y", r"2 time arrays and 3 trajectories"),
        (T, [[1.0, 2.0], [1.0]], "x y", r"ragged"),
        (T, CIRCLE, "x x", r"`x` is used twice"),
        (T, CIRCLE, "t x", r"`t` is used twice"),
        (T, [], "x y", r"at least one dataset"),
        (T, CIRCLE, "", r"expected at least one"),
    ],
)
def test_refused_trajectories(t: Any, states: Any, names: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        trajectories(t, states, names)


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ([], r"at least one dataset"),
        ([WAVE], r"a ndarray was given"),
        (wave()["u"], r"a DataArray was given|to_dataset"),
        ([wave(), wave().rename(u="w")], r"Trajectory 1 has w over t, x, trajectory 0 has u over t, x"),
        (wave().drop_vars("x"), r"Dimension `x` has no coordinate.*assign_coords"),
        (wave().assign(p=("t", T)), r"`u` has dimensions \(t, x\), `p` \(t\)"),
        (xr.Dataset(coords={"t": T}), r"no data variables"),
        ([wave(periodic=1), wave()], r"Axis `x` is marked periodic in some runs"),
    ],
)
def test_refused_datasets(datasets: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        record(datasets)


def test_an_axis_called_periodic_must_exist() -> None:
    with pytest.raises(InvalidInput, match="`y` was named periodic; the axes are t, x"):
        record(wave(), periodic=["y"])


def test_a_constant_trajectory_beside_varying_ones_is_kept() -> None:
    rest = np.zeros_like(CIRCLE)
    assert len(trajectories(T, [CIRCLE, rest], "x y").parts) == 2


def test_a_record_is_frozen_and_says_what_it_is() -> None:
    made = record([wave(), wave().isel(t=slice(9))], periodic="x")
    assert repr(made) == "Record(u over t: 9..41, x: 64 periodic; 2 trajectories)"
    with pytest.raises(AttributeError):
        made.parts = ()  # type: ignore[misc]
    with pytest.raises(InvalidInput, match="float64 over"):
        Record((wave().astype(np.float32),))
