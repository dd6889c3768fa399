"""Equivariant vectors: the condition holds exactly, the rank is the highest there is, nothing is repeated."""

from __future__ import annotations

import random
from itertools import product

import pytest
import sympy as sp

from symeq.errors import InvalidInput
from symeq.invariants.equivariant.condition import Equivariance, Motion
from symeq.invariants.equivariant.factors import fixed_with_factors, vectors_with_factors
from symeq.invariants.equivariant.vectors import equivariant_vectors, polynomial_vectors

x, y, z, t, u = sp.symbols("x y z t u")
a, b, c = sp.symbols("a b c")
SPACE = (x, y, z)


def linear(matrix: sp.Matrix, coordinates: tuple[sp.Symbol, ...]) -> Motion:
    """The field z -> A z and the vectors that it turns like z."""
    images = matrix * sp.Matrix(coordinates)
    moved = {s: f for s, f in zip(coordinates, images, strict=True) if f != 0}
    size = len(coordinates)
    rows = tuple(tuple(matrix[i, j] for j in range(size)) for i in range(size))
    return Motion(moved, rows, (sp.S.Zero,) * size)


def turn(i: int, j: int, size: int) -> sp.Matrix:
    matrix = sp.zeros(size, size)
    matrix[i, j], matrix[j, i] = -1, 1
    return matrix


def so3(*vectors: tuple[sp.Symbol, ...]) -> Equivariance:
    """Rotations of several vectors at once; E turns like each of them."""
    motions = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        images = {}
        for vector in vectors:
            images |= {vector[i]: -vector[j], vector[j]: vector[i]}
        one = linear(turn(i, j, 3), SPACE)
        motions.append(Motion(images, one.mixing, one.shift))
    return Equivariance(tuple(s for vector in vectors for s in vector), 3, tuple(motions))


def test_plane_rotations_have_the_radius_and_the_circle() -> None:
    found = equivariant_vectors(Equivariance((x, y), 2, (linear(turn(0, 1, 2), (x, y)),)))
    assert found.vectors == ((x, y), (-y, x))
    assert found.complete and found.degrees == (1, 1) and found.degree == 1


def test_isotropy_bounds_the_rank() -> None:
    """A vector on R^3 that turns with the point lies along it, whatever its degree."""
    found = equivariant_vectors(so3(SPACE))
    assert found.vectors == ((x, y, z),)
    assert (found.rank, found.most, found.complete) == (1, 1, True)


def test_two_vectors_and_their_cross_product() -> None:
    found = equivariant_vectors(so3(SPACE, (a, b, c)))
    cross = sp.Matrix(SPACE).cross(sp.Matrix((a, b, c)))
    assert set(found.vectors[:2]) == {SPACE, (a, b, c)}
    assert found.complete and found.degrees == (1, 1, 2)
    assert sp.Matrix(found.vectors[2]) in (cross, -cross)


@pytest.mark.parametrize("seed", range(6))
def test_random_linear_fields(seed: int) -> None:
    """For z -> A z the vectors A z and z are equivariant; all that is found is, and spans these."""
    draw = random.Random(seed)
    matrix = sp.Matrix(2, 2, [draw.randint(-2, 2) for _ in range(4)])
    condition = Equivariance((x, y), 2, (linear(matrix, (x, y)),))
    found = equivariant_vectors(condition)
    assert all(condition.holds(vector) for vector in found.vectors)
    assert condition.rank(found.vectors) == found.rank <= found.most
    point = sp.Matrix((x, y))
    known = [tuple(point), tuple(matrix * point)]
    assert condition.rank([*found.vectors, *known]) == found.rank


@pytest.mark.parametrize("seed", range(4))
def test_no_vector_repeats_those_of_lower_degree(seed: int) -> None:
    """Generators times polynomial invariants span all vectors of the degree, each generator is needed."""
    draw = random.Random(seed)
    weights = [draw.randint(-2, 3) for _ in range(3)]
    field = linear(sp.diag(*weights), SPACE)
    condition = Equivariance(SPACE, 3, (field,))
    found = equivariant_vectors(condition, degree=2)
    assert len(set(found.vectors)) == len(found.vectors)
    everything = polynomial_vectors(condition, found.degree)
    scalars = [e for (e,) in polynomial_vectors(condition.homogeneous(1), found.degree)]
    products = [tuple(sp.expand(s * e) for e in v) for v in found.vectors for s in scalars]
    keys = sorted({(k, m) for v in (*everything, *products) for k, m in _monomials(v)}, key=str)
    rows = [[_monomials(v).get(key, 0) for key in keys] for v in products]
    for vector in everything:
        if (
            sp.Matrix([*rows, [_monomials(vector).get(key, 0) for key in keys]]).rank()
            > sp.Matrix(rows).rank()
        ):
            # Only vectors that were left out on purpose may be missing: the frame is complete without them.
            assert found.rank == found.most


def _monomials(vector: tuple[sp.Expr, ...]) -> dict[tuple[int, sp.Expr], sp.Expr]:
    found = {}
    for k, e in enumerate(vector):
        for term in sp.Add.make_args(sp.expand(e)):
            number, monomial = term.as_coeff_Mul()
            if number:
                found[k, monomial] = number
    return found


def test_shifts_give_a_particular_vector() -> None:
    """t d_x + d_u asks v(F) = -u_x of F: -u u_x does it."""
    slope = sp.Symbol("u_x")
    boost = Motion({x: t, u: sp.S.One}, ((sp.S.Zero,),), (-slope,))
    found = equivariant_vectors(Equivariance((t, x, u, slope), 1, (boost,)))
    assert found.fixed == (-u * slope,)
    assert found.vectors == ((1,),) and found.complete


def test_contradictory_shifts_are_told_from_missing_polynomials() -> None:
    """d_x and t d_x: no F at all has v(F) = 0 and t v(F) = 1; t d_u alone has F = u/t, no polynomial."""
    still = Motion({x: sp.S.One}, ((sp.S.Zero,),), (sp.S.Zero,))
    pushed = Motion({x: t}, ((sp.S.Zero,),), (sp.S.One,))
    both = equivariant_vectors(Equivariance((t, x), 1, (still, pushed)), degree=2)
    assert both.fixed is None and not both.solvable and not both.complete
    alone = Equivariance((t, u), 1, (Motion({u: t}, ((sp.S.Zero,),), (sp.S.One,)),))
    found = equivariant_vectors(alone, degree=2)
    assert found.fixed is None and found.solvable and found.notes
    assert fixed_with_factors(alone) == (u / t,)


def test_maps_select_parities() -> None:
    """Rotations and the mirror leave no circling field: (-y, x) turns the other way."""
    mirror = Motion({x: -x}, ((-1, 0), (0, 1)), (sp.S.Zero,) * 2, is_map=True)
    condition = Equivariance((x, y), 2, (linear(turn(0, 1, 2), (x, y)), mirror))
    found = equivariant_vectors(condition, degree=3)
    assert found.vectors == ((x, y),)
    assert not condition.holds((-y, x))


def test_cyclic_maps_over_an_extension() -> None:
    """The turn by a third of a circle needs sqrt(3), its vectors do not."""
    third = sp.Rational(-1, 2), sp.sqrt(3) / 2
    images = {x: third[0] * x - third[1] * y, y: third[1] * x + third[0] * y}
    rows = ((third[0], -third[1]), (third[1], third[0]))
    condition = Equivariance((x, y), 2, (Motion(images, rows, (sp.S.Zero,) * 2, is_map=True),))
    found = equivariant_vectors(condition)
    assert found.complete and all(condition.holds(v) for v in found.vectors)
    assert all(not e.has(sp.sqrt(3)) for v in found.vectors for e in v)


@pytest.mark.parametrize(("power", "weight"), [(1, 1), (2, 3), (3, -2), (2, -5)])
def test_powers_of_relative_invariants(power: int, weight: int) -> None:
    """v = power x d_x and v(E) = weight E: E = x^(weight/power)."""
    condition = Equivariance((x,), 1, (Motion({x: power * x}, ((sp.Integer(weight),),), (sp.S.Zero,)),))
    [vector] = vectors_with_factors(condition)
    assert vector == (x ** sp.Rational(weight, power),) and condition.holds(vector)


def test_arc_length_and_its_wrong_variants() -> None:
    slope = sp.Symbol("u_x")
    condition = Equivariance((slope,), 1, (Motion({slope: 1 + slope**2}, ((-slope,),), (sp.S.Zero,)),))
    assert vectors_with_factors(condition) == [(1 / sp.sqrt(1 + slope**2),)]
    assert not condition.holds((1 + slope**2,))
    assert not condition.holds((sp.sqrt(1 + slope**2),))


def test_weights_that_are_parameters() -> None:
    alpha = sp.Symbol("alpha")
    condition = Equivariance((x, y), 1, (Motion({x: alpha * x, y: y}, ((alpha,),), (sp.S.Zero,)),))
    found = equivariant_vectors(condition)
    assert found.vectors == ((x,),) and found.complete


def test_coefficients_that_are_no_polynomials() -> None:
    """sin(x) d_u + cos(x) d_p leaves u cos(x) - p sin(x) unchanged but no polynomial in u and p alone."""
    p = sp.Symbol("p")
    wave = Motion({u: sp.sin(x), p: sp.cos(x)}, ((sp.S.Zero,),), (sp.S.Zero,))
    condition = Equivariance((x, u, p), 1, (wave,))
    assert condition.holds((u * sp.cos(x) - p * sp.sin(x),))
    assert equivariant_vectors(condition).vectors == ((1,),)


def test_nothing_asked_leaves_the_unit_vectors() -> None:
    found = equivariant_vectors(Equivariance((x, y), 2, ()))
    assert found.vectors == ((1, 0), (0, 1)) and found.complete


def test_running_out_of_time_or_degree_is_said() -> None:
    matrix = sp.diag(1, 1, 1)
    slow = Motion(linear(matrix, SPACE).images, ((sp.Integer(9),),), (sp.S.Zero,))
    found = equivariant_vectors(Equivariance(SPACE, 1, (slow,)), degree=3)
    assert not found.complete and "degree 3" in found.notes[-1]
    late = equivariant_vectors(Equivariance(SPACE, 1, (slow,)), degree=12, budget=0)
    assert not late.complete and "time" in late.notes[-1]
    many = tuple(sp.symbols("q:90"))
    wide = Motion({s: s for s in many}, ((sp.Integer(9),),), (sp.S.Zero,))
    crowded = equivariant_vectors(Equivariance(many, 1, (wide,)), degree=9)
    assert not crowded.complete and "too many" in crowded.notes[-1]
    with pytest.raises(InvalidInput, match="degree"):
        equivariant_vectors(Equivariance((x,), 1, ()), degree=-1)


def test_rank_is_that_of_sympy() -> None:
    draw = random.Random(1)
    for _ in range(5):
        vectors = [
            tuple(sum(draw.randint(-1, 1) * s**k for s, k in product((x, y), (1, 2))) for _ in range(3))
            for _ in range(3)
        ]
        assert Equivariance((x, y), 3, ()).rank(vectors) == sp.Matrix(vectors).rank()
