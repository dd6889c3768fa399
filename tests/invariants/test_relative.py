"""Relative invariants and their cofactors."""

from __future__ import annotations

import pytest
import sympy as sp

from symeq.geometry import Jet, read_symmetry
from symeq.invariants import Action, invariants
from symeq.invariants.cofactors import Cofactors

CURVES = (
    ("translation(x, u) + rotation(x, u)", 3, "1 + u_x**2"),
    ("translation(x, u) + rotation(x, u)", 3, "u_xx"),
    ("d_u; u*d_u; u**2*d_u", 3, "u_x"),
    ("translation(x, u); x*d_u; u*d_x; x*d_x - u*d_u", 4, "u_xx"),
    ("translation(x, u); x*d_u; u*d_x; x*d_x; u*d_u", 5, "3*u_xx*u_xxxx - 5*u_xxx**2"),
    ("x*d_x + a*u*d_u", 1, "u_x"),
)


@pytest.mark.parametrize("text, order, expected", CURVES)
def test_relative_invariants_of_curves(text, order, expected):
    jet = Jet("x", "u", order=order)
    symmetry = read_symmetry(text, jet, parameters="a")
    found = invariants(jet, symmetry, parameters="a")
    assert jet.parse(expected).expand() in [f.expression for f in found.relative]
    for f in found.relative:
        for v, cofactor in zip(found.symmetry.generators, f.cofactors, strict=True):
            assert sp.expand(v.apply(f.expression, jet) - cofactor * f.expression) == 0
        assert any(cofactor != 0 for cofactor in f.cofactors)


@pytest.mark.parametrize("text, order, expected", CURVES)
def test_cofactors_are_cocycles(text, order, expected):
    jet = Jet("x", "u", order=order)
    action = Action.on_jet(jet, read_symmetry(text, jet, parameters="a"), order)
    known = Cofactors(action)
    for cocycle in known.basis:
        values = [known.ring.expression(poly) for poly in cocycle]
        for (v, w), constants in known._structure().items():
            left = action.applied(v, values[w]) - action.applied(w, values[v])
            right = sp.Add(*(known.ring.expression({(): c}) * values[u] for u, c in constants.items()))
            assert sp.expand(left - right) == 0


def test_gradings_and_scalings_hold_for_every_field():
    jet = Jet("t x", "u", order=2)
    galilei = read_symmetry("translation(t, x) + boost(x, u) + scaling(t=2, x=1, u=-1)", jet)
    known = Cofactors(Action.on_jet(jet, galilei, 2))
    assert known.gradings and len(known.scalings) == 1
    place = {z[0][0]: at for at, z in enumerate(known.variables)}
    for weights in known.gradings:
        for v in known.moving:
            shifts = {
                sum(weights[place[i]] * e for i, e in m if i in place)
                for poly in known.slopes[v]
                for m in poly
            }
            assert len(shifts) <= 1
