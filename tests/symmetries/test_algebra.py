"""Structure constants: familiar algebras, antisymmetry, Jacobi, and brackets that leave the span."""

from __future__ import annotations

from itertools import combinations

import pytest
import sympy as sp

from symeq.geometry import Jet, VectorField
from symeq.symmetries import PointSymmetries, point_symmetries
from symeq.symmetries.algebra import structure_constants

LINE = Jet("t x", "u")


def matrix(found: PointSymmetries) -> dict[tuple[int, int], sp.Matrix]:
    """[v_i, v_j] as a column of coefficients, for all i and j."""
    size = found.dimension
    brackets = {(i, i): sp.zeros(size, 1) for i in range(size)}
    for (i, j), entry in found.structure_constants().items():
        assert entry is not None
        brackets[i, j] = sp.Matrix([entry.get(k, 0) for k in range(size)])
        brackets[j, i] = -brackets[i, j]
    return brackets


CLOSED = [
    (LINE, "u_t + u*u_x = nu*u_xx", {}, 5),
    (LINE, "u_t + u*u_x + u_xxx = 0", {}, 4),
    (Jet("x", "u"), "u_xx = 0", {}, 8),
    (Jet("x", "u"), "u_xx = u^(-3)", {}, 3),
    (LINE, "u_t = u_xx + nu*u_x^2", {}, 6),
    (LINE, "u_tx = exp(u)", {"degree": 2}, 6),
    (Jet("x y", "u"), "u_x^2 + u_y^2 = 1", {}, 10),
    (LINE, "u_t = u_xx + nu*u*log(u)", {"ansatz": ["1", "exp(nu*t)", "u*exp(nu*t)", "u*x*exp(nu*t)"]}, 4),
]


@pytest.mark.parametrize(("jet", "equation", "options", "dimension"), CLOSED, ids=lambda case: str(case))
def test_brackets_and_jacobi(jet: Jet, equation: str, options: dict[str, object], dimension: int) -> None:
    found = point_symmetries(equation, jet=jet, parameters="nu", **options)  # type: ignore[arg-type]
    assert found.closed and found.dimension == dimension
    brackets = matrix(found)
    for i, j in combinations(range(dimension), 2):
        bracket = found.generators[i].bracket(found.generators[j])
        combined = VectorField({})
        for k, value in enumerate(brackets[i, j]):
            combined = combined + found.generators[k] * value
        assert all(sp.simplify(f) == 0 for _, f in (bracket - combined).components)

    def with_vector(i: int, vector: sp.Matrix) -> sp.Matrix:
        return sum((brackets[i, k] * vector[k] for k in range(dimension)), sp.zeros(dimension, 1))

    for i, j, k in combinations(range(dimension), 3):
        total = (
            with_vector(i, brackets[j, k]) + with_vector(j, brackets[k, i]) + with_vector(k, brackets[i, j])
        )
        assert total.expand().is_zero_matrix


def killing_form(found: PointSymmetries) -> sp.Matrix:
    brackets, size = matrix(found), found.dimension
    adjoint = [sp.Matrix.hstack(*(brackets[i, j] for j in range(size))) for i in range(size)]
    return sp.Matrix(size, size, lambda i, j: (adjoint[i] * adjoint[j]).trace())


def test_sl2_of_the_ermakov_equation() -> None:
    found = point_symmetries("u_xx = u^(-3)", jet=Jet("x", "u"))
    killing = killing_form(found)
    assert killing.det() != 0
    assert sorted(sp.sign(e) for e, m in killing.eigenvals().items() for _ in range(m)) == [-1, 1, 1]


def test_sl3_of_the_free_particle_is_semisimple_and_the_heat_algebra_is_not() -> None:
    assert killing_form(point_symmetries("u_xx = 0", jet=Jet("x", "u"))).det() != 0
    heat = point_symmetries("u_t = u_xx", jet=LINE, degree=1)
    assert heat.closed and killing_form(heat).det() == 0


def test_so3_of_the_kepler_problem() -> None:
    jet = Jet("t", "x y z")
    texts = [f"{a}_tt = -{a}/sqrt(x^2 + y^2 + z^2)^3" for a in "xyz"]
    found = point_symmetries(texts, jet=jet, degree=1)
    turning = [k for k, kind in enumerate(found.kinds) if kind == "rotation"]
    constants = found.structure_constants()
    assert len(turning) == 3
    for i, j in combinations(turning, 2):
        [other] = set(turning) - {i, j}
        entry = constants[i, j]
        assert entry is not None and list(entry) == [other] and abs(entry[other]) == 1


def test_galilei_boost_time_translation_gives_space_translation() -> None:
    found = point_symmetries("u_t + u*u_x + u_xxx = 0", jet=LINE)
    place = {str(v): k for k, v in enumerate(found.generators)}
    time, space, galilei = place["d_t"], place["d_x"], place["t*d_x + d_u"]
    assert found.structure_constants()[time, galilei] == {space: 1}
    assert found.structure_constants()[space, galilei] == {}
    assert "v2" in found.commutators() and r"v_{2}" in found.commutators_latex()


def test_a_bracket_that_leaves_the_span() -> None:
    heat = point_symmetries("u_t = u_xx", jet=LINE, degree=2)
    missing = [pair for pair, entry in heat.structure_constants().items() if entry is None]
    assert missing and not heat.closed
    assert {entry["bracket"] is None for entry in heat.document()["structure"]} == {True, False}


def test_constants_may_hold_parameters_and_functions() -> None:
    x, k = sp.symbols("x k")
    fields = [VectorField({x: 1}), VectorField({x: sp.sin(k * x)}), VectorField({x: sp.cos(k * x)})]
    constants = structure_constants(fields, [x], [k])
    assert constants == {(0, 1): {2: k}, (0, 2): {1: -k}, (1, 2): {0: -k}}


def test_brackets_of_many_generators_are_listed_without_the_zeros() -> None:
    found = point_symmetries("u_x^2 + u_y^2 = 1", jet=Jet("x y", "u"))
    lines = found.commutators().splitlines()
    filled = [pair for pair, entry in sorted(found.structure_constants().items()) if entry != {}]
    assert found.dimension == 10 and 0 < len(filled) < 45
    assert [line.split(" = ")[0] for line in lines] == [f"[v{i + 1}, v{j + 1}]" for i, j in filled]
    assert not any(line.endswith(" = 0") for line in lines)
