"""The named symmetries and their arguments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sympy import Rational, Symbol

from symeq.errors import InvalidInput
from symeq.geometry import (
    Jet,
    Symmetry,
    boost,
    cyclic,
    permutation,
    phase,
    reflection,
    rotation,
    scaling,
    translation,
)

MEMBERS = [
    (translation("t", "x"), ["d_t", "d_x"]),
    (rotation("x", "y"), ["-y*d_x + x*d_y"]),
    (rotation("x", "y", "z"), ["-y*d_x + x*d_y", "-z*d_x + x*d_z", "-z*d_y + y*d_z"]),
    (
        rotation("x", "y", turning=[("u", "v"), ("a", "b")]),
        ["-y*d_x + x*d_y - v*d_u + u*d_v - b*d_a + a*d_b"],
    ),
    (scaling(x=1, t=3, u=-2), ["x*d_x + 3*t*d_t - 2*u*d_u"]),
    (scaling({"x": Rational(3, 2), Symbol("u"): Symbol("nu"), "t": 0}), ["3*x/2*d_x + nu*u*d_u"]),
    (boost("x", "u"), ["TIME*d_x + d_u"]),
    (boost("x", "u", "t"), ["t*d_x + d_u"]),
    (phase("u", "v"), ["-v*d_u + u*d_v"]),
    (reflection("x", "u"), ["x -> -x, u -> -u"]),
    (permutation("x", "y"), ["x -> y, y -> x"]),
    (permutation("x", "y", "z"), ["x -> y, y -> x", "y -> z, z -> y"]),
    (permutation("x", "y", turning=[("u", "v")]), ["x -> y, y -> x, u -> v, v -> u"]),
    (cyclic("x", "y", "z"), ["x -> y, y -> z, z -> x"]),
    (cyclic("x", "y", "z", turning=[("u", "v", "w")]), ["x -> y, y -> z, z -> x, u -> v, v -> w, w -> u"]),
]


@pytest.mark.parametrize(
    ("symmetry", "members"), MEMBERS, ids=lambda c: str(c) if isinstance(c, Symmetry) else ""
)
def test_members(symmetry: Symmetry, members: list[str]) -> None:
    assert [str(member) for member in symmetry.members] == members


def test_labels_are_what_one_would_type() -> None:
    assert [str(symmetry) for symmetry, _ in MEMBERS[3:6]] == [
        "rotation(x, y; u, v; a, b)", "scaling(x=1, t=3, u=-2)", "scaling(x=3/2, u=nu, t=0)"
    ]  # fmt: skip


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_rotations_turn_in_every_plane_and_leave_the_length(n: int) -> None:
    symbols = [Symbol(f"x{k}") for k in range(n)]
    generators = rotation(*symbols).generators
    assert len(generators) == n * (n - 1) // 2
    assert all(v.apply(sum(s**2 for s in symbols)) == 0 for v in generators)


def test_vectors_turn_along() -> None:
    (turn,) = rotation("x", "y", turning=[("u", "v")]).generators
    jet = Jet("t x y", "u v", order=2)
    invariants = ["u^2 + v^2", "x*u + y*v", "u_x + v_y", "v_x - u_y", "u_t^2 + v_t^2"]
    assert [turn.apply(jet.parse(text), jet) for text in invariants] == [0] * 5
    assert turn.apply(jet.parse("u_x"), jet) != 0


REFUSED: list[tuple[Callable[[], Symmetry], str]] = [
    (lambda: translation(), "at least 1 variable,"),
    (lambda: rotation("x"), "at least 2 variables"),
    (lambda: rotation("x", "x"), "names x twice"),
    (lambda: rotation("x", "y", turning=[("u", "x")]), "names x twice"),
    (lambda: rotation("x", "y", turning=["u"]), "2 for a vector, 3 for a symmetric tensor, 4 for a tensor"),
    (lambda: scaling(), "at least 1 variable"),
    (lambda: scaling(x=0), "weight that is not zero"),
    (lambda: scaling(x="1"), "found the text"),
    (lambda: boost("x", "x"), "names x twice"),
    (lambda: boost("x", "u", "x"), "names x twice"),
    (lambda: reflection("2x"), "cannot name a variable"),
    (lambda: cyclic("x"), "at least 2 variables"),
    (lambda: phase("u", "u"), "names u twice"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_arguments_that_are_refused(make: Callable[[], Symmetry], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()
