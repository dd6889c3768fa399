"""Units as exponents: what is read, what is not, and when a record has them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import symeq as sq
from symeq.data.units import record_units, unit_exponents

READ = {
    "m s-1": {"m": 1, "s": -1}, "m/s": {"m": 1, "s": -1}, "kg*m/s^2": {"kg": 1, "m": 1, "s": -2},
    "W m**-2 K-1": {"W": 1, "m": -2, "K": -1}, "m/s/s": {"m": 1, "s": -2}, "1/s": {"s": -1},
    "m^1/2": {"m": Fraction(1, 2)}, "m m-1": {}, "1": {}, "": {}, "dimensionless": {}, "°C": {"°C": 1},
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_products_of_powers_are_read(text: str) -> None:
    assert unit_exponents(text) == {symbol: Fraction(n) for symbol, n in READ[text].items()}


@pytest.mark.parametrize(
    "text", ["days since 1850-01-01", "3 m", "m^", "m**m", "(m)", "m;s", "m^99", "__import__('os')"]
)
def test_other_texts_are_no_units(text: str) -> None:
    assert unit_exponents(text) is None


def test_a_record_has_units_when_all_of_its_variables_have() -> None:
    jet, t = sq.Jet("t", "x y"), np.linspace(0, 1, 30)
    bare = sq.trajectories(t, np.stack([t, t**2], axis=1), names="x y")
    part = bare.parts[0].assign_coords(t=bare.parts[0]["t"].assign_attrs(units="s"))
    marked = part.assign(x=part["x"].assign_attrs(units="m"))
    assert record_units(bare, jet) is None and record_units(replace(bare, parts=(marked,)), jet) is None
    full = marked.assign(y=marked["y"].assign_attrs(units="m/s"))
    assert record_units(replace(bare, parts=(full,)), jet) == {
        "t": {"s": 1}, "x": {"m": 1}, "y": {"m": 1, "s": -1}
    }  # fmt: skip
    other = full.assign(y=full["y"].assign_attrs(units="km/s"))
    assert record_units(replace(bare, parts=(full, other)), jet) is None
