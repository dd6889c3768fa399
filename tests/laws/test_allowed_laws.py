"""Every allowed law has the symmetry, for all groups: by another road than the one that found it."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from sympy import Add, Expr, Integer, Rational, Symbol

import symeq as sq
from symeq.ansatz import default_library
from tests.laws.test_geometry_laws import GROUPS

JET = sq.Jet("t x y", "u v", order=2)
LEADS = [JET["u_t"], JET["v_t"]]
NAMES = ["u", "v", *(d.name for d in JET.derivatives("u")), *(d.name for d in JET.derivatives("v"))]
WITH_LAWS = {"linear": 33, "functional": 34, "implicit": 36}  # of the groups; the others are refused

Law = tuple[sq.Symmetry, tuple[tuple[Symbol, Expr], ...]]

over_groups = pytest.mark.parametrize("group", GROUPS, ids=str)


def drawn(count: int, seed: int) -> list[Expr]:
    draw = random.Random(seed)
    return [Rational(draw.choice([-3, -2, -1, 1, 2, 3]), draw.randint(1, 3)) for _ in range(count)]


@cache
def linear_law(group: sq.Symmetry) -> Law | str:
    try:
        ansatz = sq.linear_ansatz(JET, default_library(JET, LEADS, 2, 2), group)
    except (sq.NoLaw, sq.InvalidInput) as refusal:
        return str(refusal)
    return ansatz.symmetry, ansatz.equations(drawn(ansatz.unknowns, 0))


@cache
def functional_law(group: sq.Symmetry) -> Law | str:
    try:
        form = sq.functional_ansatz(JET.with_order(1), group, degree=3, budget=60)
    except (sq.NoLaw, sq.InvalidInput) as refusal:
        return str(refusal)
    functions = [
        Add(first, *(c * i for c, i in zip(drawn(2, k), form.symbols[-2:], strict=False)))
        for k, first in enumerate(drawn(len(form.frame), 1))
    ]
    return form.symmetry, tuple(zip(form.leads, form.rhs(functions), strict=True))


@cache
def relations(group: sq.Symmetry) -> tuple[sq.Symmetry, list[Expr]] | str:
    terms = [JET[name] for name in NAMES]
    products = [JET.parse(text) for text in ("u*u_x", "v*u_y", "u*v_x", "v*v_y", "u^2", "v^2", "u*v")]
    try:
        form = sq.implicit_ansatz(JET, [*terms, *products], group, budget=60)
    except (sq.NoLaw, sq.InvalidInput) as refusal:
        return str(refusal)
    members = []
    for family in form.families:
        basis = [vector[0] for vector in family.basis]
        members.append(Add(*(c * e for c, e in zip(drawn(len(basis), 2), basis, strict=True))))
    return form.symmetry, members


@over_groups
@pytest.mark.parametrize("law_of", [linear_law, functional_law], ids=["linear", "functional"])
def test_members_are_admitted(group: sq.Symmetry, law_of: Callable[[sq.Symmetry], Law | str]) -> None:
    law = law_of(group)
    if isinstance(law, str):
        assert "." in law
        return
    symmetry, equations = law
    assert sq.admits(equations, symmetry, jet=JET, parameters=symmetry.parameters)


@over_groups
def test_relations_of_the_implicit_ansatz_are_admitted(group: sq.Symmetry) -> None:
    law = relations(group)
    if isinstance(law, str):
        assert "." in law
        return
    symmetry, members = law
    laws = [m for m in members if any(JET.order_of(s) for s in m.free_symbols if JET.is_coordinate(s))]
    for member in laws:  # a relation without derivatives is solved for a variable, not for a lead
        assert sq.admits([member], symmetry, jet=JET, parameters=symmetry.parameters), member


@over_groups
def test_a_broken_law_is_not_admitted(group: sq.Symmetry) -> None:
    """With a term in t, x, y and u added that no group of the list allows which moves one of these."""
    law = linear_law(group)
    if isinstance(law, str) or not group:
        return
    symmetry, ((lead, rhs), second) = law
    t, x, y = JET.independent
    moved = {z for item in symmetry.members for z, _ in item.components}
    if moved & {t, x, y, JET["u"]}:
        broken = ((lead, rhs + Integer(7) * (x + 2 * t) ** 3 * JET["u"] ** 3 * (y + 1)), second)
        assert not sq.admits(broken, symmetry, jet=JET, parameters=symmetry.parameters)


def test_most_groups_have_laws() -> None:
    found = {
        "linear": sum(not isinstance(linear_law(g), str) for g in GROUPS),
        "functional": sum(not isinstance(functional_law(g), str) for g in GROUPS),
        "implicit": sum(not isinstance(relations(g), str) for g in GROUPS),
    }
    assert found == WITH_LAWS
