"""What a symmetry does to a part of the jet."""

from __future__ import annotations

import pytest

from symeq.errors import InvalidInput
from symeq.geometry import Jet, Symmetry, read_symmetry
from symeq.invariants import Action


def test_generators_are_closed_and_prolonged():
    jet = Jet("x y", "u")
    with pytest.warns(UserWarning, match="does not close"):
        action = Action.on_jet(jet, read_symmetry("d_x; rotation(x, y)", jet), 1)
    assert len(action.fields) == 3
    assert action.orders == (0, 0, 0, 1, 1)


def test_a_part_of_the_jet_must_be_carried_into_itself():
    jet = Jet("t x", "u", order=1)
    boost = read_symmetry("boost(x, u)", jet)
    kept = [c for c in jet.coordinates if c.name != "u_t"]
    assert Action.on_jet(jet, boost, 1, kept).coordinates == tuple(kept)
    without = [c for c in jet.coordinates if c.name != "u_x"]
    with pytest.raises(InvalidInput, match="moves u_t by -u_x"):
        Action.on_jet(jet, boost, 1, without)


def test_strange_coordinates_are_named():
    with pytest.raises(InvalidInput, match="w"):
        Action.on_jet(Jet("x", "u"), Symmetry(), 1, [Jet("x", "w")["w"]])


def test_restriction_by_order_is_the_action_of_lower_order():
    jet = Jet("x", "u")
    symmetry = read_symmetry("translation(x, u) + rotation(x, u)", jet)
    high, low = (Action.on_jet(jet, symmetry, n) for n in (3, 2))
    assert high.up_to(2) == low
