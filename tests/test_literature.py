"""Every worked case of tests/cases, as mathematics: it holds, what comes out is all, and wrong variants fail.

symbolic.json and further.json say what each kind of case means. Formulas are compared by annihilation, ranks
and spans, never as text; what the package says is held against SymPy functions and plain linear algebra.
"""

from __future__ import annotations

import json
import random
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from symeq.ansatz import Library, implicit_ansatz, linear_ansatz
from symeq.errors import InvalidInput
from symeq.geometry import Jet, PointMap, Symmetry, VectorField
from symeq.invariants import invariants
from symeq.symmetries import Equations, admits, point_symmetries
from tests.ansatz.independent import coordinates, prolonged, transformed, vanishes
from tests.symmetries.independent import is_symmetry, span_rank

Case = dict[str, Any]
FOLDER = Path(__file__).parent / "cases"
CASES: dict[str, Case] = {
    case["id"]: case
    for name in ("symbolic.json", "further.json")
    for case in json.loads((FOLDER / name).read_text("utf-8"))["cases"]
}
KINDS = ("prolongation", "invariants", "point_symmetries", "admits", "linear_constraints", "closure")


def cases(*kinds: str) -> pytest.MarkDecorator:
    """One test for each case of these kinds."""
    found = [case for case in CASES.values() if case["kind"] in kinds]
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


def jet_of(case: Case) -> Jet:
    return Jet(case["independent"], case["dependent"], order=case.get("order", 1))


def read(case: Case, text: str | int) -> sp.Expr:
    """The cases write fractions as Rational(3,2)."""
    plain = re.sub(r"Rational\((-?\d+),(\d+)\)", r"(\1/\2)", str(text))
    return jet_of(case).parse(plain, case.get("parameters", ()))


def field(case: Case, components: dict[str, str]) -> VectorField:
    jet = jet_of(case)
    return VectorField({jet[z]: read(case, f) for z, f in components.items()})


def fields(case: Case, listed: Sequence[dict[str, str]]) -> list[VectorField]:
    return [field(case, components) for components in listed]


def equations_of(case: Case) -> Equations:
    jet = jet_of(case)
    rules = [(jet[e["lead"]], read(case, e["rhs"])) for e in case["equations"]]
    return Equations(jet, rules, parameters=case.get("parameters", ()))


def somewhere(case: Case) -> dict[sp.Symbol, sp.Expr]:
    draw = random.Random(0)
    symbols = [*jet_of(case).coordinates, *map(sp.Symbol, case.get("parameters", ()))]
    return {z: sp.Rational(draw.randint(20, 99), draw.randint(20, 99)) for z in symbols}


def is_annihilated(case: Case, f: sp.Expr) -> bool:
    """pr v(f) = 0 at a random point, the prolongation by SymPy's functions."""
    point, total = somewhere(case), []
    for row in rows(case["id"]):
        parts = [
            sp.N((row[z] * f.diff(z)).subs(point), 40) for z in sorted(f.free_symbols & row.keys(), key=str)
        ]
        total.append(abs(sum(parts)) < 1e-25 * (1 + sum(map(abs, parts))))
    return all(total)


@cache
def rows(name: str) -> list[dict[sp.Symbol, sp.Expr]]:
    case, jet = CASES[name], jet_of(CASES[name])
    return [{z: prolonged(jet, v, z) for z in jet.coordinates} for v in fields(case, case["generators"])]


def jacobian_rank(case: Case, functions: Sequence[sp.Expr]) -> int:
    point = somewhere(case)
    slopes = [
        [sp.N(f.diff(z).subs(point), 60) if f.has(z) else 0 for z in jet_of(case).coordinates]
        for f in functions
    ]
    # Rows of like size, since a rank by elimination compares with a fixed smallness.
    matrix = sp.Matrix([[e / max(map(abs, row)) for e in row] for row in slopes])
    return matrix.rank(iszerofunc=lambda e: abs(e) < 1e-30, simplify=False)


def altered(f: sp.Expr) -> Iterator[sp.Expr]:
    """A sign, a coefficient or an exponent of a formula changed."""
    for node in sp.preorder_traversal(f):
        if node.is_Add:
            yield f.xreplace({node: node - 2 * node.args[-1]})
            yield f.xreplace({node: node + node.args[0]})
        elif node.is_Pow and not node.exp.free_symbols:
            yield f.xreplace({node: node.base ** (node.exp + 1)})


def test_the_verified_cases_are_here_and_every_kind_is_tested() -> None:
    assert {f"P{k:02d}" for k in range(1, 23)} <= CASES.keys()
    assert {case["kind"] for case in CASES.values()} == set(KINDS)
    assert sum(len(json.loads(path.read_text("utf-8"))["cases"]) for path in FOLDER.iterdir()) == len(CASES)


@cases("prolongation")
def test_prolongation(case: Case) -> None:
    jet, expected = jet_of(case), case["expected"]["coefficients"]
    v = field(case, case["generator"])
    wanted = {jet[z]: sp.expand(read(case, f)) for z, f in expected.items()}
    found = v.prolong(jet)
    assert {z: found.get(z, sp.S.Zero) for z in wanted} == wanted
    assert all(prolonged(jet, v, z) == f for z, f in wanted.items())
    for z in v:
        for wrong in (-v[z], 2 * v[z], v[z] + jet.dependent[0]):
            other = VectorField(dict(v.components) | {z: wrong}).prolong(jet)
            assert any(other.get(c, sp.S.Zero) != f for c, f in wanted.items())


@cases("invariants")
def test_invariants(case: Case) -> None:
    """Counts, annihilation, and a joint Jacobian of no higher rank: each set is a function of the other."""
    jet, expected = jet_of(case), case["expected"]
    listed = [read(case, f) for f in expected["invariants"]]
    symmetry = Symmetry(fields(case, case["generators"]))
    found = invariants(jet, symmetry)
    assert list(found.counts.jet) == expected["jet_dim_by_order"]
    assert list(found.counts.orbit) == expected["orbit_dim_by_order"]
    assert list(found.counts.invariants) == expected["n_invariants_by_order"] == list(found.found)
    assert found.complete and found.certify().holds
    n = len(listed)
    assert all(is_annihilated(case, f) for f in (*listed, *found.invariants))
    assert jacobian_rank(case, listed) == jacobian_rank(case, [*listed, *found.invariants]) == n
    assert set(invariants(jet, symmetry, prefer=listed).invariants) == set(listed)


@cases("invariants")
def test_what_is_no_invariant(case: Case) -> None:
    jet, symmetry = jet_of(case), Symmetry(fields(case, case["generators"]))
    listed = [read(case, f) for f in case["expected"]["invariants"]]
    wrong = [read(case, f) for f in case["expected"].get("not_invariants", ())]
    assert not any(is_annihilated(case, f) for f in wrong)
    changed = [g for f in listed for g in islice(altered(f), 3) if not is_annihilated(case, g)]
    assert changed
    for f in (*wrong, *changed):
        with pytest.raises(InvalidInput, match="is moved by"):
            invariants(jet, symmetry, prefer=[f])


@cases("invariants")
def test_relative_invariants(case: Case) -> None:
    """pr v(R) = lambda R: those of the case, and those that are found with their cofactors."""
    jet = jet_of(case)
    for text in case["expected"].get("relative_invariants", ()):
        relative = read(case, text)
        assert not is_annihilated(case, relative)
        for row in rows(case["id"]):
            image = sp.Add(*(row[z] * relative.diff(z) for z in relative.free_symbols))
            assert sp.rem(sp.expand(image), relative, *sorted(relative.free_symbols, key=str)) == 0
    found = invariants(jet, Symmetry(fields(case, case["generators"])), order=min(jet.order, 2))
    for factor in found.relative:
        for row, cofactor in zip(rows(case["id"]), factor.cofactors, strict=False):
            image = sp.Add(*(row[z] * factor.expression.diff(z) for z in factor.expression.free_symbols))
            assert vanishes(image - cofactor * factor.expression)


@cases("point_symmetries")
def test_point_symmetries(case: Case) -> None:
    """The dimension at every degree, and the span at the highest."""
    expected, equations = case["expected"], equations_of(case)
    known = fields(case, expected["generators"])
    variables = equations.jet.variables
    for degree, dimension in expected["dimension_by_degree"].items():
        found = point_symmetries(equations, degree=int(degree))
        assert found.certified and found.dimension == dimension, str(found)
        assert found.growth.get(int(degree)) == dimension
    assert span_rank(known, variables) == span_rank([*known, *found.generators], variables) == dimension


def varied(v: VectorField) -> Iterator[VectorField]:
    """One component turned round, doubled, or multiplied by its variable."""
    parts = dict(v.components)
    for z, f in parts.items():
        if len(parts) > 1:
            yield VectorField(parts | {z: -f})
            yield VectorField(parts | {z: 2 * f})
        else:
            yield VectorField({z: z * f})


@cases("point_symmetries")
def test_variants_are_admitted_in_the_span_of_the_algebra_and_nowhere_else(case: Case) -> None:
    expected, equations = case["expected"], equations_of(case)
    known, variables = fields(case, expected["generators"]), equations.jet.variables
    size = span_rank(known, variables)
    highest = max(map(int, expected["dimension_by_degree"]))
    wrong = [w for v in known for w in varied(v)]
    wrong = [
        w for w in wrong if all(sp.Poly(f, *variables).total_degree() <= highest for _, f in w.components)
    ]
    tried = dict.fromkeys([*known, *fields(case, expected.get("not_admitted", ())), *wrong])
    answer = admits(equations, list(tried))
    for v, admitted in zip(tried, answer.members.values(), strict=True):
        assert admitted == (span_rank([*known, v], variables) == size), v
        assert admitted == (not any(answer.residuals[str(v)]))
    refused = {str(v) for v in fields(case, expected.get("not_admitted", ()))}
    assert not any(answer.members[text] for text in refused)


@cases("point_symmetries", "admits")
def test_fields_are_symmetries_by_the_definition(case: Case) -> None:
    """Prolonged, applied and reduced to solutions by plain substitution: some good ones and all bad ones."""
    expected, equations = case["expected"], equations_of(case)
    rules = [(rule.lead, rule.rest) for rule in equations.rules]
    good = fields(case, expected.get("generators", []) + expected.get("admitted", []))
    for v in good[:: 1 + len(good) // 4]:
        assert is_symmetry(equations.jet, rules, v), v
    for v in fields(case, expected.get("not_admitted", ())):
        assert not is_symmetry(equations.jet, rules, v), v


@cases("admits")
def test_admits(case: Case) -> None:
    expected, equations = case["expected"], equations_of(case)
    good, bad = fields(case, expected["admitted"]), fields(case, expected["not_admitted"])
    answer = admits(equations, [*good, *bad])
    assert admits(equations, good) and not answer
    assert [text for text, admitted in answer.members.items() if not admitted] == [str(v) for v in bad]
    assert all(any(answer.residuals[str(v)]) for v in bad)


def symmetry_of(case: Case) -> Symmetry:
    jet = jet_of(case)
    maps = [{jet[z]: read(case, f) for z, f in d["map"].items()} for d in case.get("discrete", ())]
    generators = fields(case, [c["generator"] for c in case.get("constraints", ())])
    return Symmetry(generators, [PointMap(images) for images in maps])


def satisfies(case: Case, vector: Sequence[sp.Expr]) -> bool:
    """v(F_a) = sum_b rho_ab F_b + weight F_a, and F_a o g = sum_b rho_ab F_b, as the case states it."""
    jet, symmetry = jet_of(case), symmetry_of(case)
    for constraint, v in zip(case.get("constraints", ()), symmetry.generators, strict=True):
        weight = read(case, constraint.get("weight", 0))
        for a, f in enumerate(vector):
            mixed = sum(r * g for r, g in zip(constraint.get("rho", [[0]])[a], vector, strict=True))
            if sp.expand(prolonged(jet, v, f) - mixed - weight * f) != 0:
                return False
    for constraint, g in zip(case.get("discrete", ()), symmetry.maps, strict=True):
        for a, f in enumerate(vector):
            mixed = sum(r * h for r, h in zip(constraint["rho"][a], vector, strict=True))
            if sp.expand(transformed(jet, g, f) - mixed) != 0:
                return False
    return True


@cases("linear_constraints")
def test_linear_constraints(case: Case) -> None:
    """The span of the allowed laws, and no change of a coefficient stays allowed outside of it."""
    jet, expected, symmetry = jet_of(case), case["expected"], symmetry_of(case)
    libraries = [[read(case, f) for f in terms] for terms in case["library"]]
    columns = {place: k for k, place in enumerate((a, f) for a, terms in enumerate(libraries) for f in terms)}
    listed = [[read(case, f) for f in vector] for vector in expected["basis"]]
    assert all(satisfies(case, vector) for vector in listed)
    if case["order"] == 0:
        form = linear_ansatz(jet, dict(zip(jet.dependent, map(Library, libraries), strict=True)), symmetry)
        found, defect = form.basis, form.defect
    else:
        relations = implicit_ansatz(jet, libraries[0], symmetry)
        weights = tuple(read(case, c.get("weight", 0)) for c in case["constraints"])
        (family,) = (f for f in relations.families if f.multipliers == weights)
        found = family.basis

        def defect(relation: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, ...], ...]:
            return relations.defect(*relation)

    known, ours = ([coordinates(vector, columns) for vector in basis] for basis in (listed, found))
    n = expected["dimension"]
    assert len(ours) == n == sp.Matrix.hstack(*known).rank() == sp.Matrix.hstack(*known, *ours).rank()
    for vector in listed:
        assert not any(e for row in defect(vector) for e in row)
        for a, f in enumerate(vector):
            for term in sp.Add.make_args(f) if f != 0 and len(vector) + len(f.args) > 1 else ():
                wrong = [g - 2 * term if a == b else g for b, g in enumerate(vector)]
                outside = sp.Matrix.hstack(*known, coordinates(wrong, columns)).rank() > n
                assert satisfies(case, wrong) != outside
                # A relation may find another multiplier where a sign is changed, which makes it a law again.
                if case["order"] == 0:
                    assert outside == any(e for row in defect(wrong) for e in row)
    for a, f in columns:
        wrong = [sum(column) + (f if a == b else 0) for b, column in enumerate(zip(*listed, strict=True))]
        outside = sp.Matrix.hstack(*known, coordinates(wrong, columns)).rank() > n
        assert outside == any(e for row in defect(wrong) for e in row), f


@cases("closure")
def test_closure(case: Case) -> None:
    variables, given = jet_of(case).variables, Symmetry(fields(case, case["generators"]))
    n = case["expected"]["dimension"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        closed = given.closed().generators
        with pytest.raises(InvalidInput, match=str(n - 1)):
            given.closed(limit=n - 1)
    brackets = [v.bracket(w) for v in closed for w in closed]
    assert len(closed) == n == span_rank(closed, variables)
    assert span_rank([*closed, *given.generators, *filter(None, brackets)], variables) == n
    assert span_rank(given.generators, variables) < n
