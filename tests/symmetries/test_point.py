"""The search for point symmetries: bounds, budgets, ansaetze, transformed equations."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symeq.errors import InvalidInput
from symeq.geometry import Jet, PointMap, parse
from symeq.symmetries import Equations, admits, point_symmetries
from symeq.symmetries.ansatz import polynomial_fields
from symeq.symmetries.condition import Condition
from symeq.symmetries.determining import Determining
from tests.symmetries.independent import is_symmetry, span_rank

LINE = Jet("t x", "u")
TRIED = ["u_t = u_xx", "u_t + u*u_x = u_xx", "u_t + u*u_x + u_xxx = 0", "u_tt = u_xx", "u_tx = exp(u)"]


@pytest.mark.parametrize("text", TRIED)
def test_classes_of_weight_lose_nothing(text: str) -> None:
    determining = Determining(Condition(Equations(LINE, text)))
    fields = polynomial_fields(LINE, 2)
    classes = determining.classes(fields, determining.scalings())
    assert sorted(k for chosen in classes for k in chosen) == list(range(len(fields.columns)))
    together = [list(range(len(fields.columns)))]
    [(_, whole)] = determining.null_spaces(fields, together)
    assert sum(len(basis) for _, basis in determining.null_spaces(fields, classes)) == len(whole)
    assert len(determining.exact(fields, together[0])) == len(whole)


def test_another_prime_and_other_points_give_the_same_count() -> None:
    determining = Determining(Condition(Equations(LINE, "u_t + u*u_x = u_xx")))
    fields = polynomial_fields(LINE, 3)
    everything = [list(range(len(fields.columns)))]
    counts = {
        len(basis)
        for skip in (0, 1, 2)
        for seed in (0, 1)
        for _, basis in determining.null_spaces(fields, everything, skip=skip, seed=seed)
    }
    assert counts == {5}


def test_an_equation_that_says_little_does_not_hide_what_another_says() -> None:
    # The first equation alone gives few independent rows, however many points there are.
    jet = Jet("t x", "u v")
    found = point_symmetries(["u_x = 0", "v_t = v_xx + v^2*u + v_x^3"], jet=jet)
    assert found.certified
    rules = [(rule.lead, rule.rest) for rule in found.equations.rules]
    assert all(is_symmetry(jet, rules, v) for v in found.generators)
    assert not admits(found.equations, "d_u") and admits(found.equations, "d_t; d_x")


@pytest.mark.parametrize("text", TRIED)
def test_lower_degrees_are_contained(text: str) -> None:
    found = [point_symmetries(text, jet=LINE, degree=degree) for degree in (0, 1, 2, 3)]
    for low, high in pairwise(found):
        joint = span_rank([*low.generators, *high.generators], LINE.variables)
        assert joint == high.dimension == span_rank(high.generators, LINE.variables)
        assert low.growth[low.degree + 1] == high.dimension


INTEGERS = st.integers(-3, 3)
UNITS = st.sampled_from([-2, -1, 1, 2, 3])


@settings(max_examples=4, deadline=None)
@given(UNITS, UNITS, UNITS, INTEGERS, INTEGERS, INTEGERS)
def test_affine_transformations_keep_the_dimension(a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    t, x, u = LINE.variables
    change = PointMap({t: a * t, x: b * x + d * t, u: c * u + e * x + f * t})
    for text, count in zip(TRIED[:3], (8, 5, 4), strict=True):
        [rule] = Equations(LINE, text).rules
        moved = Equations(LINE, change.apply(rule.lead - rule.rest, LINE))
        found = point_symmetries(moved)
        assert found.certified and found.dimension == count
        original = point_symmetries(text, jet=LINE)
        images = [change.pull_back(v) for v in original.generators]
        assert span_rank([*images, *found.generators], LINE.variables) == count


def test_hodograph_transformations_keep_the_dimension() -> None:
    jet = Jet("x", "u")
    for swap in (
        PointMap({"x": sp.Symbol("u"), "u": sp.Symbol("x")}),
        PointMap({"x": sp.Symbol("x") + sp.Symbol("u")}),
    ):
        for text, count in (("u_xx = 0", 8), ("u_xxx = u_x^2", 3)):
            [rule] = Equations(jet, text).rules
            moved = Equations(jet, sp.fraction(sp.together(swap.apply(rule.lead - rule.rest, jet)))[0])
            assert point_symmetries(moved).dimension == point_symmetries(text, jet=jet).dimension == count


def test_a_budget_that_runs_out_is_said() -> None:
    found = point_symmetries("u_t = u_xx", jet=LINE, budget=1e-6)
    assert not found.certified and found.bound is None and not found.infinite_suspected
    assert "ran out" in str(found) and "at least" in found.facts()
    assert found.document()["certified"] is False


def test_consequences_that_cannot_be_used_leave_the_dimension_open() -> None:
    # Mixed derivatives give u v = 0, which holds no derivative.
    found = point_symmetries(["u_x = v", "u_y = v", "v_x = v_y + u*v"], jet=Jet("x y", "u v"), degree=1)
    assert not found.certified and "not used" in str(found)
    assert admits(found.equations, found.symmetry())


def test_too_many_unknowns_are_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown coefficients"):
        point_symmetries("u_t = u_xx", jet=LINE, degree=60)


@pytest.mark.parametrize(
    "options", [{"degree": -1}, {"degree": 1.5}, {"budget": 0}, {"ansatz": ["u_x"]}, {"ansatz": []}]
)
def test_refusals(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        point_symmetries("u_t = u_xx", jet=LINE, **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="variables"):
        point_symmetries("u_t = u_xx")


def test_dependent_functions_do_not_count_twice() -> None:
    jet = Jet("x", "u")
    trigonometric = ["sin(x)^2", "cos(x)^2", "1", "cos(2*x)", "sin(2*x)", "u", "u*sin(2*x)", "u*cos(2*x)"]
    found = point_symmetries("u_xx = -u", jet=jet, ansatz=trigonometric)
    assert found.certified and found.dimension == 4
    assert any("combination" in note for note in found.notes)


def test_an_ansatz_may_differ_between_variables() -> None:
    found = point_symmetries("u_t = u_xx", jet=LINE, ansatz={"x": "t", "u": ["u*x", "u"]})
    assert [str(v) for v in found.generators] == ["u*d_u", "2*t*d_x - u*x*d_u"]


def test_document_and_table() -> None:
    found = point_symmetries("u_t = nu*u_xx", jet=LINE, parameters="nu")
    document = found.document()
    assert (document["dimension"], document["degree"]) == (8, 2)
    assert document["certified"] is document["infinite_suspected"] is True
    for entry, field in zip(document["generators"], found.generators, strict=True):
        assert {z: parse(f, LINE, "nu") for z, f in entry.items()} == {z.name: f for z, f in field.components}
    text = str(found)
    assert all(str(v) in text for v in found.generators) and "infinitely many suspected" in text
    assert found.latex().count(r"\partial") >= 8
    assert list(found.symmetry().generators) == list(found.generators)


def test_the_order_is_that_of_reading() -> None:
    flow = Jet("t x y", "u v p")
    texts = ["u_t + u*u_x + v*u_y = -p_x", "v_t + u*v_x + v*v_y = -p_y", "u_x + v_y = 0"]
    kinds = point_symmetries(texts, jet=flow, degree=1).kinds
    assert kinds[:5] == ("translation",) * 4 + ("rotation",)
    assert kinds[5:9] == ("scaling", "scaling", "Galilean boost", "Galilean boost")


def test_an_equation_without_symmetries() -> None:
    jet = Jet("x", "u")
    found = point_symmetries("u_xx = u^3 + x*u^2 + x^3 + exp(x)", jet=jet)
    assert found.dimension == 0 and found.certified and not found.symmetry()
    assert found.document()["generators"] == [] and found.commutators() == "" and "dimension 0" in str(found)


def test_growth_is_what_the_degrees_themselves_give() -> None:
    for text in TRIED:
        counts = [point_symmetries(text, jet=LINE, degree=degree).dimension for degree in range(5)]
        for degree in (1, 2):
            growth = point_symmetries(text, jet=LINE, degree=degree).growth
            assert growth == {d: counts[d] for d in range(degree - 1, degree + 3)}


def test_each_degree_is_counted_once_in_words() -> None:
    found = point_symmetries("u_t + u*u_x = u_xx", jet=LINE, degree=2)
    assert found.facts() == (
        "dimension 5 within degree 2 (exact, every generator proven); 4 at degree 1, 5 at degrees 3 and 4"
    )
    assert found.document()["growth"] == {"1": 4, "2": 5, "3": 5, "4": 5}


def test_what_is_too_large_to_count_is_said() -> None:
    jet = Jet("t x y z a b", "u v w p")
    found = point_symmetries(["u_t = v_x", "v_t = w_y", "w_t = p_z", "p_t = u_a + u_b*u"], jet=jet, degree=3)
    assert found.certified and any("not counted" in note for note in found.notes)
    assert set(found.growth) == {1, 2, 3}
