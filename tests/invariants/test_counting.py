"""How many invariants there are."""

from __future__ import annotations

from math import comb

import pytest

from symeq.geometry import Jet, Symmetry, read_symmetry
from symeq.invariants import Action
from symeq.invariants.counting import counts, jacobian_ranks

# (independent, dependent, symmetry, order, dimension of the orbits by order)
ORBITS = (
    ("x", "u", "translation(x, u); x*d_u; u*d_x; x*d_x - u*d_u", 5, (2, 3, 4, 5, 5, 5)),
    ("x", "u", "d_u; u*d_u; u**2*d_u", 4, (1, 2, 3, 3, 3)),
    ("x y z", "u", "translation(x, y, z) + rotation(x, y, z)", 2, (3, 5, 6)),
    ("x", "u", "translation(x, u); x*d_u; u*d_x; x*d_x; u*d_u; x**2*d_x + x*u*d_u; x*u*d_x + u**2*d_u",
     7, (2, 3, 4, 5, 6, 7, 8, 8)),
)  # fmt: skip


@pytest.mark.parametrize("independent, dependent, text, order, orbit", ORBITS)
def test_orbits(independent, dependent, text, order, orbit):
    jet = Jet(independent, dependent, order=order)
    found = counts(Action.on_jet(jet, read_symmetry(text, jet), order), order)
    assert found.orbit == orbit
    assert found.invariants == tuple(a - b for a, b in zip(found.jet, orbit, strict=True))


@pytest.mark.parametrize("p, q, n", [(1, 1, 4), (2, 1, 3), (3, 2, 2)])
def test_without_symmetry_everything_is_invariant(p, q, n):
    jet = Jet([f"x{i}" for i in range(p)], [f"u{a}" for a in range(q)], order=n)
    found = counts(Action.on_jet(jet, Symmetry(), n), n)
    assert found.invariants == tuple(p + q * comb(p + k, k) for k in range(n + 1))


def test_functions_of_others_add_no_rank():
    jet = Jet("x", "u", order=2)
    curvature = jet.parse("u_xx/(1 + u_x**2)**(3/2)")
    assert jacobian_ranks(jet.coordinates, [curvature, curvature**2]) == (1, 1)
    assert jacobian_ranks(jet.coordinates, [curvature, jet["u_xx"]]) == (2, 2)
    assert jacobian_ranks(jet.coordinates, []) == (0, 0)
