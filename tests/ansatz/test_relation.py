"""Relations between invariants: functionally independent, solved for any of them, and never an identity."""

from __future__ import annotations

import pytest
import sympy as sp

import symeq as sq
from symeq.ansatz.relation import RelationAnsatz, relations_of
from symeq.errors import InvalidInput, NoLaw

STEADY = sq.Jet("x y", "u", order=2)
WAVE = sq.Jet("t x", "u", order=2)
CASES = {
    "turns": (STEADY, sq.rotation("x", "y")),
    "turns and mirrors": (STEADY, sq.rotation("x", "y") + sq.reflection("x")),
    "motions": (STEADY, sq.translation("x", "y") + sq.rotation("x", "y")),
    "Poincare": (WAVE, sq.Poincare("t", "x")),
    "Galilei": (WAVE, sq.translation("t", "x") + sq.boost("x", "u")),
    "shifts of u": (STEADY, sq.translation("u") + sq.rotation("x", "y")),
    "nothing": (WAVE.with_order(1), sq.trivial),
}


@pytest.fixture(scope="module", params=CASES)
def relation(request: pytest.FixtureRequest) -> RelationAnsatz:
    return sq.relation_ansatz(*CASES[request.param])


def test_invariants_are_invariant_and_independent(relation: RelationAnsatz) -> None:
    """v(I) = 0 and g(I) = I; the Jacobian has full rank at a random point."""
    jet, symmetry = relation.jet, relation.symmetry
    for e in relation.arguments:
        assert all(sp.expand(v.apply(e, jet)) == 0 for v in symmetry.generators)
        assert all(sp.expand(g.apply(e, jet) - e) == 0 for g in symmetry.maps)
    symbols = sorted({s for e in relation.arguments for s in e.free_symbols}, key=str)
    point = {s: sp.Rational(3 * k**2 + 7, 5 + 2 * k) for k, s in enumerate(symbols)}
    jacobian = sp.Matrix([[sp.diff(e, s) for s in symbols] for e in relation.arguments]).subs(point)
    assert jacobian.rank() == len(relation.arguments)


def test_each_side_in_turn_is_a_function_of_the_others(relation: RelationAnsatz) -> None:
    """Highest derivatives first; every side once, only those with u; with nothing lost or doubled."""
    forms = list(relation.scan())
    assert sorted(map(str, (form.leads[0] for form in forms))) == sorted(map(str, relation.sides))
    orders = [max(relation.jet.order_of(z) for z in form.leads[0].free_symbols) for form in forms]
    assert orders == sorted(orders, reverse=True)
    for form in forms:
        (lead,) = form.leads
        assert lead.free_symbols - set(relation.jet.independent)
        assert {*form.arguments, lead} == set(relation.arguments) and lead not in form.arguments
        assert form.frame == ((1,),) and form.fixed == (0,)


def test_every_member_is_a_relation_with_the_symmetry(relation: RelationAnsatz) -> None:
    """side = 2 + I + sin(3 I J), for every side: symmetric; with what is no invariant added it is not."""
    for form in relation.scan():
        first, last = form.symbols[0], form.symbols[-1]
        sides = form.rhs_with([2 + first + sp.sin(3 * first * last)])
        assert all(sp.simplify(e) == 0 for action in form.defect(sides) for e in action), form.leads
        if relation.symmetry.generators:
            top = relation.jet.derivatives("u")[-1]
            spoiled = [sides[0] + relation.jet.independent[0] * top**3]
            assert any(sp.simplify(e) != 0 for action in form.defect(spoiled) for e in action), form.leads


def test_the_sides_may_be_named() -> None:
    """As they are wanted: the wave operator is an invariant of Poincare once it is asked for."""
    relation = sq.relation_ansatz(WAVE, sq.Poincare("t", "x"), side="u_tt - u_xx")
    assert relation.sides == (WAVE["u_tt"] - WAVE["u_xx"],)
    assert [form.leads for form in relation.scan()] == [relation.sides]
    several = sq.relation_ansatz(STEADY, sq.rotation("x", "y"), side=["u", STEADY["u_xx"] + STEADY["u_yy"]])
    assert len(list(several.scan())) == 2
    by_text = relation.solved_for("u_tt - u_xx")
    assert by_text == relation.solved_for(-WAVE["u_xx"] + WAVE["u_tt"])


def test_what_is_no_invariant_is_refused() -> None:
    relation = sq.relation_ansatz(STEADY, sq.rotation("x", "y"))
    with pytest.raises(InvalidInput, match="u_xx is none of the invariants u, .*Name it in `prefer`"):
        relation.solved_for("u_xx")
    with pytest.raises(InvalidInput):
        sq.relation_ansatz(STEADY, sq.rotation("x", "y"), side="u_xx - u_yy").solved_for("u_xx - u_yy")


def test_where_there_is_nothing_to_relate() -> None:
    with pytest.raises(NoLaw, match="nothing to relate"):
        sq.relation_ansatz(STEADY.with_order(0), sq.translation("x", "y", "u"))


def test_text_and_latex() -> None:
    relation = sq.relation_ansatz(STEADY.with_order(1), sq.rotation("x", "y"))
    count = len(relation.arguments)
    lines = str(relation).split("\n")
    assert lines[0] == f"rotation(x, y): 0 = Phi({', '.join(f'I_{k}' for k in range(1, count + 1))})"
    assert len(lines) == 1 + count
    latex = relation.latex()
    assert r"0 &= \Phi(I_{1}, I_{2}, I_{3}, I_{4})" in latex and latex.count(r"\\") == count
    assert latex.count("{") == latex.count("}")


# From an implicit ansatz


def test_the_invariant_members_of_an_implicit_ansatz_are_related() -> None:
    """u_tt - u_xx, u, u^3 of the Lorentz boost: u^3 is a function of u, so two are left."""
    terms = [WAVE.parse(text) for text in ("u_tt", "u_xx", "u_tx", "u", "u^3", "u_t", "u_x")]
    lorentz = sq.Symmetry([sq.VectorField({WAVE["t"]: WAVE["x"], WAVE["x"]: WAVE["t"]})])
    relation = relations_of(sq.implicit_ansatz(WAVE, terms, lorentz))
    wave = WAVE["u_tt"] - WAVE["u_xx"]
    assert len(relation.arguments) == 2 and WAVE["u"] in relation.arguments
    assert any(sp.expand(e - wave) == 0 or sp.expand(e + wave) == 0 for e in relation.arguments)
    form = next(relation.scan())
    assert form.arguments == (WAVE["u"],)
    assert all(e == 0 for action in form.defect(form.rhs_with([sp.sin(form.symbols[0])])) for e in action)


def test_fewer_than_two_invariant_members_are_no_relation() -> None:
    terms = [WAVE.parse(text) for text in ("u_t", "u_x", "u")]
    form = sq.implicit_ansatz(WAVE, terms, sq.translation("u") + sq.scaling(t=1, x=1))
    with pytest.raises(NoLaw, match="fewer than two independent invariants"):
        relations_of(form)
