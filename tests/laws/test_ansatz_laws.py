"""Every member of a linear ansatz has the symmetry and none is missed: over lists of laws."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symeq.ansatz import Library, LinearAnsatz, default_library, linear_ansatz, monomials
from symeq.errors import NoLaw
from symeq.geometry import (
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    boost,
    cyclic,
    permutation,
    phase,
    reflection,
    rotation,
    scaling,
    translation,
    trivial,
)
from tests.ansatz.independent import conditions, coordinates, dense_system, vanishes

PLANE, SPACE = Jet("t", "x y"), Jet("t", "x y z")
LINE, PAIR = Jet("t x", "u"), Jet("t x", "u v")
SCALAR_2D, VECTOR_2D = Jet("t x y", "u"), Jet("t x y", "u v")
t, x, y, u, nu = sp.symbols("t x y u nu")
half, root = sp.Rational(1, 2), sp.sqrt(3) / 2


def terms(jet: Jet, text: str) -> list[sp.Expr]:
    return [jet.parse(part) for part in text.split(",")]


@dataclass(frozen=True)
class Case:
    """A library and a symmetry, and how many laws the literature or a count by hand says there are."""

    name: str
    jet: Jet
    library: Library
    symmetry: Symmetry
    unknowns: int
    lead: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    known: dict[str, int] = field(default_factory=dict)

    def ansatz(self) -> LinearAnsatz:
        return linear_ansatz(
            self.jet, self.library, self.symmetry, lead=self.lead or None, known=self.known or None
        )


def library(jet: Jet, degree: int, order: int) -> Library:
    leads = [jet.derivative(v, jet.independent[0]) for v in jet.dependent]
    return default_library(jet, leads, degree, order)


def states(jet: Jet, degree: int, *names: str) -> Library:
    return monomials(*(jet[name] for name in names), degree=degree)


DIFFUSION = Library(terms(VECTOR_2D, "u_x, u_y, v_x, v_y, u_xx, u_xy, u_yy, v_xx, v_xy, v_yy"))
CASES = [
    Case("P17 Hopf", PLANE, states(PLANE, 3, "x", "y"), rotation("x", "y"), 4),
    Case("Hopf to degree 5", PLANE, states(PLANE, 5, "x", "y"), rotation("x", "y"), 6),
    Case("P18 time weight", PLANE, states(PLANE, 4, "x", "y"), scaling(t=-2, x=1, y=1), 8),
    Case(
        "P20 parity and swap",
        PLANE,
        states(PLANE, 3, "x", "y"),
        reflection("x", "y") + permutation("x", "y"),
        6,
    ),
    Case("growth", PLANE, states(PLANE, 2, "x", "y"), scaling(x=2, y=1), 3),
    Case(
        "three-fold rotation",
        PLANE,
        states(PLANE, 2, "x", "y"),
        Symmetry(maps=[PointMap({x: -half * x - root * y, y: root * x - half * y})]),
        4,
    ),
    Case(
        "irrational weights",
        PLANE,
        states(PLANE, 2, "x", "y"),
        Symmetry([VectorField({x: sp.sqrt(3) * x, y: y})]),
        2,
    ),
    Case(
        "elliptic rotation",
        PLANE,
        states(PLANE, 3, "x", "y"),
        Symmetry([VectorField({x: -y, y: nu * x})], parameters="nu"),
        4,
    ),
    Case("Lorenz reflection", SPACE, states(SPACE, 2, "x", "y", "z"), reflection("x", "y"), 14),
    Case("cyclic exchange", SPACE, states(SPACE, 2, "x", "y", "z"), cyclic("x", "y", "z"), 10),
    Case("reversor", PLANE, states(PLANE, 2, "x", "y"), reflection("t", "y"), 6),
    Case(
        "isotropic oscillator",
        SPACE,
        states(SPACE, 3, "x", "y", "z", "x_t", "y_t", "z_t"),
        rotation("x", "y", "z") + reflection("x", "y", "z"),
        8,
        lead=("x_tt", "y_tt", "z_tt"),
    ),
    Case(
        "reversible oscillator",
        SPACE,
        states(SPACE, 1, "x", "y", "z", "x_t", "y_t", "z_t"),
        rotation("x", "y", "z") + reflection("t"),
        1,
        lead=("x_tt", "y_tt", "z_tt"),
    ),
    Case(
        "Burgers", LINE, library(LINE, 2, 2), boost("x", "u") + scaling(x=1, t=2, u=-1), 1, fixed=("-u*u_x",)
    ),
    Case(
        "KdV",
        LINE,
        library(LINE, 2, 3),
        Symmetry([VectorField({x: 6 * t, u: 1})]) + scaling(x=1, t=3, u=-2),
        1,
        fixed=("-6*u*u_x",),
    ),
    Case(
        "Kuramoto-Sivashinsky",
        LINE,
        library(LINE, 2, 4),
        boost("x", "u") + reflection("x", "u"),
        2,
        fixed=("-u*u_x",),
    ),
    Case("time shift", LINE, library(LINE, 1, 2) + [t, t * u], translation("t", "x"), 6),
    Case(
        "Galilean Burgers in the plane",
        VECTOR_2D,
        library(VECTOR_2D, 1, 2),
        rotation("x", "y", turning=[("u", "v")]) + boost("x", "u") + boost("y", "v"),
        4,
        fixed=("-u*u_x - v*u_y", "-u*v_x - v*v_y"),
    ),
    Case(
        "lambda-omega",
        VECTOR_2D,
        states(VECTOR_2D, 3, "u", "v") + DIFFUSION,
        rotation("x", "y") + phase("u", "v"),
        6,
    ),
    Case("heat, isotropic", SCALAR_2D, library(SCALAR_2D, 0, 2), rotation("x", "y"), 2),
    Case(
        "heat, projective",
        LINE,
        library(LINE, 1, 4),
        Symmetry([VectorField({t: 4 * t**2, x: 4 * t * x, u: -(x**2 + 2 * t) * u})]),
        0,
        fixed=("u_xx",),
    ),
    Case(
        "Klein-Gordon",
        LINE,
        Library(terms(LINE, "u, u**2, u_xx, u_x, u_t, u_t**2, u_x**2, u_t*u_x")),
        Symmetry([VectorField({t: x, x: t})]),
        3,
        lead=("u_tt",),
        fixed=("u_xx",),
    ),
    Case(
        "boost of laws of orders 1 and 2",
        PAIR,
        Library(terms(PAIR, "u*u_x, v, v_x, v_xx, u*v_tx, u**2*v_xx, v_t, u*v_x")),
        boost("x", "u"),
        8,
        lead=("u_t", "v_tt"),
        fixed=("-u*u_x", "-2*u*v_tx - u**2*v_xx"),
    ),
    Case(
        "known advection",
        LINE,
        library(LINE, 1, 2),
        reflection("x", "u"),
        2,
        fixed=("-u*u_x",),
        known={"u*u_x": -1},
    ),
    Case(
        "nKdV",
        LINE,
        Library(terms(LINE, "exp(t/50)*u*u_x, exp(t/50)*u_xxx, u*u_x, u_xxx, exp(t/25)*u_xxx")),
        Symmetry(
            [
                VectorField({t: sp.exp(-t / 50)}),
                VectorField({x: 50 * (sp.exp(t / 50) - 1), u: 1}),
                VectorField({x: 1}),
            ]
        ),
        1,
        fixed=("-exp(t/50)*u*u_x",),
    ),
    Case(
        "rotation with radii",
        PLANE,
        Library(
            terms(
                PLANE,
                "x, y, x*sqrt(x^2 + y^2), y*sqrt(x^2 + y^2), x/sqrt(x^2 + y^2), y/(x^2 + y^2), x/(x^2 + y^2)",
            )
        ),
        rotation("x", "y"),
        6,
    ),
    Case(
        "pendulum",
        PLANE,
        Library(terms(PLANE, "y, sin(x), cos(x), y*cos(x), sin(x)**2, x")),
        reflection("x", "y"),
        8,
    ),
    Case(
        "half turn",
        PLANE,
        Library(terms(PLANE, "y, sin(x), cos(x), sin(2*x), tan(x)")),
        Symmetry(maps=[PointMap({x: x + sp.pi})]),
        6,
    ),
    Case(
        "logarithms",
        PLANE,
        Library(terms(PLANE, "x, y, x*log(x), x*log(y), x^2/y, sqrt(x*y), 1/x")),
        scaling(x=1, y=1),
        10,
    ),
]
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each
def test_the_symmetry_leaves_as_many_unknowns_as_the_literature_says(case: Case) -> None:
    ansatz = case.ansatz()
    assert ansatz.unknowns == case.unknowns
    assert ansatz.library_unknowns == len(case.library) * len(ansatz.leads)
    fixed = [case.jet.parse(text) for text in case.fixed] or [sp.S.Zero for _ in ansatz.leads]
    assert all(vanishes(f - g) for f, g in zip(ansatz.fixed, fixed, strict=True))


@each
def test_every_member_satisfies_the_condition_by_an_independent_computation(case: Case) -> None:
    ansatz = case.ansatz()
    elements = [*ansatz.symmetry.generators, *ansatz.symmetry.maps]
    for condition in conditions(case.jet, ansatz.leads, ansatz.rhs(), elements):
        assert vanishes(condition)


@each
def test_the_defect_is_zero_on_members_and_only_there(case: Case) -> None:
    ansatz = case.ansatz()
    members = ansatz.rhs([sp.Rational(k, 3) for k in range(1, ansatz.unknowns + 1)])
    assert all(r == 0 for residuals in ansatz.defect(members) for r in residuals)
    for a, excluded in enumerate(ansatz.excluded):
        for term in excluded[:: 1 + len(excluded) // 6]:
            wrong = [f + (term if a == b else 0) for b, f in enumerate(members)]
            assert any(r != 0 for residuals in ansatz.defect(wrong) for r in residuals), term


@each
def test_the_basis_is_independent_and_its_columns_say_the_same(case: Case) -> None:
    ansatz = case.ansatz()
    if "nu" in {s.name for s in ansatz.symmetry.parameters}:
        pytest.skip("a coefficient with a parameter has no column of numbers")
    columns, fixed, basis = ansatz.columns()
    assert basis.shape == (ansatz.unknowns, len(ansatz.leads), len(columns))
    if ansatz.unknowns:
        assert np.linalg.matrix_rank(basis.reshape(ansatz.unknowns, -1)) == ansatz.unknowns
    for a in range(len(ansatz.leads)):
        for row, f in ((fixed, ansatz.fixed), *zip(basis, ansatz.basis, strict=True)):
            again = sp.Add(*(sp.nsimplify(c) * term for c, term in zip(row[a], columns, strict=True)))
            assert sp.expand(again - f[a]) == 0
    assert all(np.abs(np.concatenate([fixed[None], basis])).sum(axis=(0, 1)) > 0)


@each
def test_without_symmetry_every_coefficient_is_free(case: Case) -> None:
    free = linear_ansatz(case.jet, case.library, trivial, lead=case.lead or None)
    assert free.unknowns == free.library_unknowns
    assert all(sum(map(bool, vector)) == 1 for vector in free.basis)


GENERATORS = [
    {x: -y, y: x},
    {x: x, y: y},
    {x: y},
    {x: x},
    {x: 1},
    {t: t, x: x},
    {t: t, y: -y},
    {y: t},
    {x: t, y: 1},
]
MAPS = [{x: -x}, {x: y, y: x}, {x: -y, y: x}, {t: -t, x: -x}, {x: x + 1}, {x: 2 * x, y: y - x}]
POOL = [*monomials(x, y, degree=3), *(t * m for m in monomials(x, y, degree=1))]


@given(
    st.lists(st.sampled_from(range(len(GENERATORS))), max_size=2, unique=True),
    st.lists(st.integers(-2, 2), min_size=2, max_size=2),
    st.lists(st.sampled_from(range(len(MAPS))), max_size=1),
    st.lists(st.sampled_from(range(len(POOL))), min_size=1, max_size=8, unique=True),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:.*does not close")
def test_random_ansatz_is_the_dense_null_space_of_the_independent_condition(
    fields: list[int], factors: list[int], maps: list[int], pool: list[int]
) -> None:
    mixed = [VectorField(GENERATORS[i]) for i in fields]
    if len(mixed) == 2:
        mixed = [mixed[0] * factors[0] + mixed[1] * factors[1]]
    symmetry = Symmetry([v for v in mixed if v], [PointMap(MAPS[i]) for i in maps])
    assume(bool(symmetry))
    candidates = Library([POOL[i] for i in pool])
    columns = {(a, term): 2 * k + a for k, term in enumerate(candidates) for a in (0, 1)}
    c = sp.symbols(f"c0:{len(columns)}")
    rhs = [sum(c[columns[a, term]] * term for term in candidates) for a in (0, 1)]
    leads = [PLANE["x_t"], PLANE["y_t"]]
    elements = [*symmetry.generators, *symmetry.maps]
    residuals = conditions(PLANE, leads, rhs, elements)
    matrix, side = dense_system(residuals, c, [t, x, y])
    solvable = matrix.row_join(side).rank() == matrix.rank()
    nothing = solvable and side.is_zero_matrix and matrix.rank() == len(columns)
    if not solvable or nothing:
        with pytest.raises(NoLaw):
            linear_ansatz(PLANE, candidates, symmetry)
        return
    ansatz = linear_ansatz(PLANE, candidates, symmetry)
    assert ansatz.unknowns == len(columns) - matrix.rank()
    assert matrix * coordinates(ansatz.fixed, columns) == side
    for vector in ansatz.basis:
        assert (matrix * coordinates(vector, columns)).is_zero_matrix
