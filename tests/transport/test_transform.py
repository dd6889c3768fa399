"""Data carried along by symmetries: exact maps, interpolated ones, and claims that are tried on data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline
from sympy import Rational, Symbol, sin

from symeq.data import Record, field, trajectories
from symeq.errors import InvalidInput
from symeq.geometry import Jet, PointMap, VectorField, boost, read_generator, read_map, rotation, scaling
from symeq.transport import transform
from systems import burgers, hopf, kdv
from systems.trajectories import reference

PLANE = Jet("t x", "u", order=2)


def derivative(values: np.ndarray, axis: np.ndarray, k: int, times: int = 1) -> np.ndarray:
    """By splines of degree 5, the edges left out as NaN."""
    found = make_interp_spline(axis, values, k=5, axis=k).derivative(times)(axis)
    edge = [slice(None)] * values.ndim
    for edge[k] in (slice(None, 8), slice(-8, None)):
        found[tuple(edge)] = np.nan
    return found


def misfit(record: Record, law: str) -> float:
    """Root mean square of u_t - F, relative to u_t, for the laws tried here."""
    part = record.parts[0]
    u, t, x = part["u"].values, part["t"].values, part["x"].values
    u_t, u_x = derivative(u, t, 0), derivative(u, x, 1)
    u_xx, u_xxx = derivative(u, x, 1, 2), derivative(u, x, 1, 3)
    rate = {
        "burgers": -u * u_x + 0.1 * u_xx,
        "heat": u_xx,
        "kdv": -6 * u * u_x - u_xxx,
    }[law]
    return float(np.sqrt(np.nanmean((u_t - rate) ** 2) / np.nanmean(u_t**2)))


def heat_record() -> Record:
    t, x = np.linspace(0.02, 0.2, 61), np.linspace(-3, 3, 241)
    s, y = 1 + t[:, None], x[None, :]
    return field({"t": t, "x": x}, {"u": np.exp(-(y**2) / (4 * s)) / np.sqrt(s) + np.exp(s / 4 + y / 2)})


def burgers_record() -> Record:
    return burgers.simulate(points=128, frames=121, duration=3.0)


def kdv_record() -> Record:
    return kdv.simulate(points=128, frames=101, duration=0.5)


# A law, its data, an element, epsilon, and whether solutions go to solutions.
CLAIMS = [
    ("burgers", burgers_record, "t*d_x + d_u", Rational(1, 2), True),
    ("burgers", burgers_record, "t*d_x + 2*d_u", Rational(1, 2), False),
    ("burgers", burgers_record, "x*d_x + 2*t*d_t - u*d_u", Rational(1, 3), True),
    ("burgers", burgers_record, "x*d_x + 2*t*d_t", Rational(1, 3), False),
    ("burgers", burgers_record, "t^2*d_t + t*x*d_x + (x - t*u)*d_u", Rational(1, 10), True),
    ("burgers", burgers_record, "t^2*d_t + t*x*d_x + (x + t*u)*d_u", Rational(1, 10), False),
    ("heat", heat_record, "4*t^2*d_t + 4*t*x*d_x - (x^2 + 2*t)*u*d_u", Rational(1, 2), True),
    ("heat", heat_record, "4*t^2*d_t + 4*t*x*d_x - (x^2 - 2*t)*u*d_u", Rational(1, 2), False),
    ("heat", heat_record, "2*t*d_x - x*u*d_u", Rational(1, 2), True),
    ("kdv", kdv_record, "x*d_x + 3*t*d_t - 2*u*d_u", Rational(1, 4), True),
    ("kdv", kdv_record, "6*t*d_x + d_u", Rational(1, 2), True),
    ("kdv", kdv_record, "t*d_x + d_u", Rational(1, 2), False),
]


@pytest.mark.parametrize(("law", "data", "generator", "epsilon", "holds"), CLAIMS)
def test_a_claimed_symmetry_is_tried_on_data(law, data, generator, epsilon, holds) -> None:  # type: ignore[no-untyped-def]
    record = data()
    before = misfit(record, law)
    after = misfit(transform(record, read_generator(generator, PLANE), epsilon=epsilon), law)
    assert before < 5e-3
    assert after < 3 * before + 1e-3 if holds else after > 0.05, (before, after)


MIRRORS = [
    ("burgers", burgers_record, "x -> -x, u -> -u", True),
    ("burgers", burgers_record, "x -> -x", False),
    ("kdv", kdv_record, "t -> -t, x -> -x", True),
    ("kdv", kdv_record, "t -> -t", False),
]


@pytest.mark.parametrize(("law", "data", "text", "holds"), MIRRORS)
def test_a_claimed_mirror_is_tried_on_data(law, data, text, holds) -> None:  # type: ignore[no-untyped-def]
    record = data()
    mirrored = transform(record, read_map(text, PLANE))
    after = misfit(mirrored, law)
    assert (after < 1.01 * misfit(record, law)) if holds else after > 0.05
    assert mirrored.periodic == {"x"}
    np.testing.assert_array_equal(
        transform(mirrored, read_map(text, PLANE)).parts[0]["u"], record.parts[0]["u"]
    )


def test_turned_trajectories_are_trajectories_of_the_same_law() -> None:
    """Hopf normal form: the turned run obeys x_t = x/2 - y - r^2 x, the stretched one does not."""
    record = hopf.simulate(trajectories=3, samples=401)
    turned = transform(record, rotation("x", "y"), epsilon=1)
    stretched = transform(record, PointMap({"x": 2 * Symbol("x")}))
    errors = []
    for found in (record, turned, stretched):
        worst = 0.0
        for part in found.parts:
            t, x, y = (part[name].values for name in ("t", "x", "y"))
            rate = x / 2 - y - (x**2 + y**2) * x
            worst = max(worst, float(np.nanmax(np.abs(derivative(x, t, 0) - rate))))
        errors.append(worst)
    assert errors[0] < 1e-3 and errors[1] < 2 * errors[0] + 1e-4 and errors[2] > 0.1
    np.testing.assert_array_equal(turned.parts[0]["t"], record.parts[0]["t"])


def test_a_boost_is_exact_on_a_periodic_axis() -> None:
    t, x = np.linspace(0, 0.9, 10), np.arange(32) * 2 * np.pi / 32
    record = field({"t": t, "x": x}, {"u": np.cos(3 * x[None, :]) + 0 * t[:, None]}, periodic=["x"])
    found = transform(record, boost("x", "u"), epsilon=2)
    np.testing.assert_allclose(found.parts[0]["u"], 2 + np.cos(3 * (x - 2 * t[:, None])), atol=1e-12)
    assert found.periodic == {"x"} and "x interpolated" in found.notes[-1] and "lost" not in found.notes[-1]


def test_a_boost_cuts_off_what_was_not_measured() -> None:
    t, x = np.linspace(0, 1, 11), np.linspace(0, 4, 81)
    record = field({"t": t, "x": x}, {"u": np.sin(x) + 0 * t[:, None]})
    found = transform(record, boost("x", "u"), epsilon=1)
    place = found.parts[0]["x"].values
    assert place[0] == pytest.approx(1) and place[-1] == pytest.approx(4)
    np.testing.assert_allclose(found.parts[0]["u"], 1 + np.sin(place - t[:, None]), atol=1e-9)
    assert "lost at the edges" in found.notes[-1]
    with pytest.raises(InvalidInput, match="no part of `x`"):
        transform(record, boost("x", "u"), epsilon=5)


@pytest.mark.parametrize("periodic", [[], ["x", "y"]])
def test_a_turned_field(periodic: list[str]) -> None:
    t, x, y = np.linspace(0, 1, 3), np.arange(48) / 48, np.arange(48) / 48
    k = 2 * np.pi
    u = np.sin(k * x)[None, :, None] * np.cos(k * y)[None, None, :] + t[:, None, None]
    record = field({"t": t, "x": x, "y": y}, {"u": u}, periodic=periodic)
    found = transform(record, rotation("x", "y"), epsilon=Rational(1, 3)).parts[0]
    c, s = np.cos(1 / 3), np.sin(1 / 3)
    a, b, d = np.meshgrid(found["t"], found["x"], found["y"], indexing="ij")
    expected = np.sin(k * (c * b + s * d)) * np.cos(k * (c * d - s * b)) + a
    assert found["u"].size > 3 * 400
    np.testing.assert_allclose(found["u"], expected, atol=1e-6)


def test_a_quarter_turn_is_exact() -> None:
    x, y = np.linspace(0, 1, 5), np.linspace(0, 2, 7)
    u = x[:, None] + 10 * y
    found = transform(field({"x": x, "y": y}, {"u": u}), read_map("x -> -y, y -> x", Jet("x y", "u")))
    a, b = np.meshgrid(found.parts[0]["x"], found.parts[0]["y"], indexing="ij")
    np.testing.assert_allclose(found.parts[0]["u"], b - 10 * a, atol=1e-14)


def test_a_lorentz_boost_keeps_the_wave_equation_wave() -> None:
    t, x = np.linspace(-1, 1, 81), np.linspace(-2, 2, 161)
    wave = field({"t": t, "x": x}, {"u": np.exp(-((x[None, :] - t[:, None]) ** 2))})
    found = transform(wave, VectorField({"t": Symbol("x"), "x": Symbol("t")}), epsilon=Rational(1, 4)).parts[
        0
    ]
    a, b = np.meshgrid(found["t"], found["x"], indexing="ij")
    # x - t is multiplied by exp(-epsilon), so that it was exp(epsilon) (x' - t').
    np.testing.assert_allclose(found["u"], np.exp(-((np.exp(0.25) * (b - a)) ** 2)), atol=1e-7)


def test_a_hodograph_turns_a_rising_curve_and_refuses_a_wave() -> None:
    x = np.linspace(0, 1, 50)
    swap = PointMap({"x": Symbol("u"), "u": Symbol("x")})
    found = transform(trajectories(x, np.exp(x)[:, None], "u", independent="x"), swap).parts[0]
    np.testing.assert_allclose(found["u"], np.log(found["x"]), atol=1e-12)
    with pytest.raises(InvalidInput, match="not monotone"):
        transform(trajectories(x, np.sin(9 * x)[:, None], "u", independent="x"), swap)


def test_values_that_shift_their_own_place() -> None:
    """x' = x + eps u straightens or steepens a profile, the flow of u_t = -u u_x."""
    x, t = np.arange(128) / 128, np.linspace(0, 1, 4)
    u = 0.05 * np.sin(2 * np.pi * x)[None, :] + 0.01 * t[:, None]
    record = field({"t": t, "x": x}, {"u": u}, periodic=["x"])
    found = transform(record, VectorField({"x": Symbol("u")}), epsilon=1)
    assert found.periodic == {"x"}
    again = transform(found, VectorField({"x": Symbol("u")}), epsilon=-1)
    np.testing.assert_allclose(again.parts[0]["u"], u, atol=1e-6)
    with pytest.raises(InvalidInput, match="turns the graph over"):
        transform(record, VectorField({"x": Symbol("u")}), epsilon=5)


def test_units_stay_where_nothing_changes() -> None:
    record = field(
        {"t": np.linspace(0, 1, 5), "x": np.linspace(0, 1, 7)}, {"u": np.random.default_rng(0).random((5, 7))}
    )
    for name, unit in (("t", "s"), ("x", "m"), ("u", "K")):
        record.parts[0][name].attrs["units"] = unit
    part = transform(record, scaling(x=1), epsilon=1).parts[0]
    assert (
        part["t"].attrs["units"] == "s" and part["u"].attrs["units"] == "K" and "units" not in part["x"].attrs
    )
    assert part.attrs["carried_along_by"] == "exp(1 (x*d_x))"


def test_a_numerical_flow_carries_data_too() -> None:
    """The flow of a pendulum's own law moves each point of a run to where it is one unit of time later."""
    q, p = Symbol("q"), Symbol("p")
    t = np.linspace(0, 3, 301)
    run = reference(lambda q, p: [p, -np.sin(q)], np.array([[0.5], [0.0]]), t)[:, :, 0]
    swing = VectorField({q: p, p: -sin(q)})
    found = transform(trajectories(t, run, "q p"), swing, epsilon=1).parts[0]
    np.testing.assert_allclose(found["q"][:-100], run[100:, 0], atol=1e-7)


REFUSED = {
    "epsilon": (VectorField({"x": 1}), None, "give `epsilon`"),
    "too much": (PointMap({"x": -Symbol("x")}), 1, "leave out `epsilon`"),
    "unknown": (VectorField({"y": 1}), 1, "holds `y`"),
    "open": (PointMap({"x": Symbol("nu") * Symbol("x")}), None, "must have a number"),
    "infinity": (VectorField({"t": Symbol("t") ** 2}), 2, "infinity"),
    "several": (boost("x", "u") + rotation("t", "x"), 1, "give one of them"),
    "nothing": (object(), None, "found object"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    t, x = np.linspace(0, 1, 11), np.linspace(0, 1, 12)
    record = field({"t": t, "x": x}, {"u": np.sin(x + t[:, None])})
    element, epsilon, message = REFUSED[case]
    with pytest.raises(InvalidInput, match=message):
        transform(record, element, epsilon=epsilon)
