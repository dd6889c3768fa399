"""Differential invariants: complete where they are known, and laws over random groups."""

from __future__ import annotations

import random
import time
import warnings
from dataclasses import replace

import pytest
import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry import Jet, Symmetry, VectorField, read_symmetry, trivial
from symeq.invariants import Invariants, invariants
from symeq.invariants.counting import jacobian_ranks
from symeq.invariants.relative import RelativeInvariant

COMPLETE = (
    ("x y", "u", "translation(x, y) + rotation(x, y)", 3),
    ("x y z", "u v w", "translation(x, y, z) + rotation(x, y, z; u, v, w)", 1),
    ("t x", "u", "translation(t, x) + boost(x, u) + scaling(t=2, x=1, u=-1)", 3),
    ("t x", "u", "translation(t, x); x*d_t + t*d_x", 2),
    ("t x y", "u", "translation(t, x, y) + rotation(x, y); x*d_t + t*d_x; y*d_t + t*d_y", 2),
    ("x y", "u", "translation(x, y) + rotation(x, y); x*d_x + y*d_y;"
     " (x**2 - y**2)*d_x + 2*x*y*d_y; 2*x*y*d_x + (y**2 - x**2)*d_y", 2),
    ("x", "u", "translation(x, u); x*d_u; u*d_x; x*d_x; u*d_u", 6),
    ("x", "u", "translation(x, u) + rotation(x, u); x*d_x + u*d_u", 4),
    ("x y", "u", "translation(x, y); x*d_x; y*d_y; y*d_x; x*d_y", 2),
    ("t", "x y", "d_t - y*d_x + x*d_y", 1),
    ("x y", "u", "x*d_x + y*d_y - 3*y*d_x + 3*x*d_y", 1),
    ("x", "u", "x*d_x + d_u; d_x", 3),
    ("x", "u", "x*d_x + a*u*d_u", 2),
    ("x", "u", "sin(x)*d_u; cos(x)*d_u", 3),
    ("x", "u", "exp(x)*d_u; u*d_u", 2),
    ("x", "u", "sqrt(x)*d_x", 2),
    ("x", "u", "x*d_x - sqrt(3)*u*d_u", 2),
    ("I E", "S", "translation(I, E) + rotation(I, E)", 2),
    ("x1 x2", "beta", "rotation(x1, x2); rotation(x1, x2)", 1),
    ("x", "u", "d_x; u*d_x; u**2*d_x", 4),
)  # fmt: skip


@pytest.mark.parametrize("independent, dependent, text, order", COMPLETE)
def test_complete_and_certified(independent, dependent, text, order):
    jet = Jet(independent, dependent, order=order)
    found = invariants(jet, read_symmetry(text, jet, parameters="a"), parameters="a")
    assert found.complete and found.missing == 0 and not found.notes
    assert found.found == found.counts.invariants
    certificate = found.certify()
    assert certificate.holds and certificate.counts == found.counts
    assert not any(i.has(sp.I) for i in found.invariants if "I" not in independent)


def test_familiar_forms():
    def shown(independent, dependent, text, order):
        jet = Jet(independent, dependent, order=order)
        return {str(i) for i in invariants(jet, read_symmetry(text, jet)).invariants}

    plane = shown("x y", "u", "translation(x, y) + rotation(x, y)", 2)
    assert {"u", "u_x**2 + u_y**2", "u_xx + u_yy", "u_xx*u_yy - u_xy**2"} < plane
    assert "u_xx/(u_x**2 + 1)**(3/2)" in shown("x", "u", "translation(x, u) + rotation(x, u)", 2)
    affine = "translation(x, u); x*d_u; u*d_x; x*d_x - u*d_u"
    assert shown("x", "u", affine, 4) == {"(3*u_xx*u_xxxx - 5*u_xxx**2)/u_xx**(8/3)"}
    assert shown("x", "u", "d_x; u*d_x", 2) == {"u", "u_xx/u_x**3"}
    assert "t - atan(y/x)" in shown("t", "x y", "d_t - y*d_x + x*d_y", 0)


def test_maps_leave_what_they_do_not_move():
    jet = Jet("t x", "u", order=2)
    symmetry = read_symmetry("translation(t, x) + boost(x, u); reflection(x, u)", jet)
    found = invariants(jet, symmetry)
    assert found.complete and found.certify().holds
    assert {jet["u_x"], jet["u_xx"] ** 2} < set(found.invariants)
    assert jet["u_xx"] in found.of_generators


def test_only_maps():
    jet = Jet("x", "u v", order=0)
    swap = invariants(jet, read_symmetry("u -> v, v -> u", jet))
    assert swap.complete and swap.certify().holds
    assert jet.parse("u + v") in swap.invariants and jet["u"] not in swap.invariants
    assert invariants(jet, trivial).invariants == jet.coordinates


def test_a_part_of_the_jet():
    jet = Jet("t x", "u", order=2)
    names = {"t", "x", "u", "u_x", "u_xx"}
    kept = [c for c in jet.coordinates if c.name in names]
    symmetry = read_symmetry("translation(t, x) + boost(x, u)", jet)
    found = invariants(jet, symmetry, coordinates=kept)
    assert set(found.invariants) == {jet["u_x"], jet["u_xx"]} and found.complete


def test_preferred_invariants_come_first_and_are_proven():
    jet = Jet("x y", "u", order=2)
    plane = read_symmetry("translation(x, y) + rotation(x, y)", jet)
    trace = jet.parse("u_xx**2 + 2*u_xy**2 + u_yy**2")
    found = invariants(jet, plane, prefer=[trace, "u_xx + u_yy"])
    assert {trace, jet.parse("u_xx + u_yy")} < set(found.invariants) and found.complete
    with pytest.raises(InvalidInput, match=r"u_xx - u_yy.*is moved by"):
        invariants(jet, plane, prefer=["u_xx - u_yy"])
    mirror = read_symmetry("reflection(u)", jet)
    with pytest.raises(InvalidInput, match="not left unchanged by the map"):
        invariants(jet, mirror, prefer=["u"])
    twice = invariants(jet, plane, prefer=["u", "u**2"])
    assert twice.complete and any("is a function of those before it" in note for note in twice.notes)


def test_what_is_missing_is_said():
    jet = Jet("x", "u", order=7)
    projective = "translation(x, u); x*d_u; u*d_x; x*d_x; u*d_u; x**2*d_x + x*u*d_u; x*u*d_x + u**2*d_u"
    found = invariants(jet, read_symmetry(projective, jet), degree=4)
    assert (found.missing, found.complete) == (1, False)
    assert any("missing after degree 4" in note for note in found.notes)
    assert "1 missing" in str(found) and found.document()["missing"] == 1
    begun = time.monotonic()
    hurried = invariants(jet, read_symmetry(projective, jet), budget=0)
    assert time.monotonic() - begun < 5 and not hurried.complete and hurried.notes
    assert hurried.certify().holds


@pytest.mark.parametrize("options, message", [
    ({"order": -1}, "order"), ({"degree": 0}, "degree"), ({"prefer": ["u_xxx"]}, "Raise the order"),
])  # fmt: skip
def test_bad_questions(options, message):
    with pytest.raises(InvalidInput, match=message):
        invariants(Jet("x", "u"), trivial, **options)


@pytest.mark.parametrize("seed", range(4))
def test_random_linear_groups(seed):
    draw = random.Random(seed)
    p, q, order = draw.choice([(1, 1, 2), (1, 2, 1), (2, 1, 1)])
    jet = Jet([f"x{i}" for i in range(p)], [f"u{a}" for a in range(q)], order=order)

    def entry():
        return sp.Integer(draw.choice([-2, -1, 0, 0, 1, 1, 3]))

    field = VectorField({z: sum(entry() * w for w in jet.variables) + entry() for z in jet.variables})
    found = invariants(jet, Symmetry([field]), degree=2, budget=20)
    assert found.certify().holds
    assert found.counts.invariants[-1] - found.missing == len(found.invariants)
    assert found.missing == 0 or found.notes


@pytest.mark.parametrize("seed", range(4))
def test_a_shear_carries_invariants_to_invariants(seed):
    """Conjugate fields by u -> u + polynomial(x): as many invariants, carried along by substitution."""
    draw = random.Random(seed)
    jet = Jet("x", "u", order=3)
    x, u = jet.variables
    shear = draw.randint(1, 3) * x + draw.randint(-2, 2) * x**2
    fields = [VectorField({x: 1}), VectorField({u: u}), VectorField({u: 1})]

    def carried(v):
        return VectorField({x: v[x].subs(u, u - shear), u: (v[u] + v[x] * shear.diff(x)).subs(u, u - shear)})

    moved = {u: u - shear}
    for k in range(1, 4):
        moved[jet.derivative(u, (k,))] = jet.derivative(u, (k,)) - shear.diff(x, k)
    plain = invariants(jet, Symmetry(fields))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bent = invariants(jet, Symmetry([carried(v) for v in fields]))
    assert plain.complete and bent.complete
    images = [i.subs(moved, simultaneous=True) for i in plain.invariants]
    n = len(images)
    assert jacobian_ranks(jet.coordinates, [*bent.invariants, *images]) == (n, n)


def test_a_large_jet_answers_within_its_budget():
    jet = Jet("t x y z", "u v w p", order=2)
    symmetry = read_symmetry("translation(t, x, y, z) + rotation(x, y, z; u, v, w)", jet)
    begun = time.monotonic()
    found = invariants(jet, symmetry, budget=2)
    assert time.monotonic() - begun < 25
    assert found.certify().holds and len(found.invariants) >= 10


def test_the_document_holds_texts_that_are_read_back():
    jet = Jet("x", "u", order=3)
    found = invariants(jet, read_symmetry("translation(x, u) + rotation(x, u)", jet))
    document = found.document()
    assert document["counts"] == {"jet": [2, 3, 4, 5], "orbit": [2, 3, 3, 3], "invariants": [0, 0, 1, 2]}
    again = [jet.parse(text) for text in document["invariants"]]
    assert all(sp.simplify(a - b) == 0 for a, b in zip(again, found.invariants, strict=True))
    assert document["complete"] and document["missing"] == 0 and len(document["operators"]) == 1
    assert found.latex().count("I_{") == 2


def _of(variables: str, order: int, text: str, budget: float = 60) -> Invariants:
    jet = Jet(variables, "u", order=order)
    return invariants(jet, read_symmetry(text, jet), budget=budget)


def test_printing_leaves_out_what_says_nothing() -> None:
    plane = _of("x y", 1, "translation(x, y) + rotation(x, y)")
    assert "frame" not in str(plane)
    assert plane.document()["frame"] == [["1"]]
    curve = _of("x", 2, "translation(x, u) + rotation(x, u)")
    assert str(curve).splitlines()[-1] == "frame: sqrt(u_x**2 + 1)"


def test_a_spent_budget_gives_one_line_per_order() -> None:
    hurried = _of("x y", 2, "translation(x, y) + rotation(x, y)", budget=0.0)
    assert hurried.missing
    assert [note.split(":")[0] for note in hurried.notes] == ["Order 0", "Order 1", "Order 2"]
    assert all(note.endswith("missing when the time was used up.") for note in hurried.notes)


def test_long_relative_invariants_are_counted_in_print() -> None:
    x, u = sp.symbols("x u")
    found = _of("x", 1, "translation(x)")
    short, long = (RelativeInvariant(f, ()) for f in (u, sp.Add(*(x * u**k for k in range(20)))))
    assert "relative: u and 2 longer ones" in str(replace(found, relative=(short, long, long)))
    assert "relative: 1 long one" in str(replace(found, relative=(long,)))
