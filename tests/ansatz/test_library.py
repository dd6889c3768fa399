"""Libraries: no repeated, no dependent terms; sums and products."""

from __future__ import annotations

from math import comb

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symeq.ansatz import Library, default_library, monomials, partials
from symeq.errors import InvalidInput
from symeq.geometry import Jet

x, y, z, a = sp.symbols("x y z a")
polynomials = st.dictionaries(
    st.sampled_from(list(monomials(x, y, degree=2))), st.integers(-2, 2), min_size=1
)


@pytest.mark.parametrize("variables", [1, 2, 3, 4])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_there_are_binomially_many_monomials(variables: int, degree: int) -> None:
    symbols = sp.symbols(f"q0:{variables}")
    library = monomials(*symbols, degree=degree)
    assert len(library) == len(set(library)) == comb(variables + degree, degree)
    degrees = [sp.Poly(term, *symbols).total_degree() for term in library]
    assert degrees == sorted(degrees)


def test_monomials_of_functions_and_from_a_lowest_degree() -> None:
    assert list(monomials(sp.exp(x), y, degree=2, min_degree=2)) == [sp.exp(2 * x), y * sp.exp(x), y**2]


def test_repeated_terms_and_numbers_in_front_are_dropped() -> None:
    assert list(Library([x, 2 * x, y, x, 0, -3 * y, 5])) == [x, y, 1]


def test_sum_and_product() -> None:
    first = Library([1, x])
    assert first + [y] == [1, x] + Library([y]) == first | Library([x, y]) == Library([1, x, y])
    assert list(first * [1, x, y]) == [1, x, y, x**2, x * y]
    assert list([y] * first) == [y, x * y]


@given(st.lists(polynomials, min_size=1, max_size=6))
def test_a_library_is_accepted_if_and_only_if_its_terms_are_independent(
    drawn: list[dict[sp.Expr, int]],
) -> None:
    terms = [sp.Add(*(value * term for term, value in one.items())) for one in drawn]
    distinct = {term.as_coeff_Mul()[1] for term in terms if term}
    basis = list(monomials(x, y, degree=2))
    rows = [[sp.Poly(term, x, y).coeff_monomial(m) for m in basis] for term in distinct]
    if not distinct:
        with pytest.raises(InvalidInput, match="not zero"):
            Library(terms)
    elif sp.Matrix(rows).rank() == len(distinct):
        Library(terms)
    else:
        with pytest.raises(InvalidInput, match="linearly dependent"):
            Library(terms)


@pytest.mark.parametrize(
    "terms",
    [
        [sp.sin(x) ** 2, sp.cos(x) ** 2, 1],
        [sp.sin(2 * x), sp.sin(x) * sp.cos(x)],
        [sp.exp(x), sp.sinh(x), sp.cosh(x)],
        [sp.sin(x + y), sp.sin(x) * sp.cos(y), sp.cos(x) * sp.sin(y)],
        [sp.log(x * y), sp.log(x), sp.log(y)],
        [1 / (1 + x), x / (1 + x), 1],
        [1 / (x * (1 + x)), 1 / x, 1 / (2 + 2 * x)],
        [sp.sqrt(1 + x), x * sp.sqrt(1 + x), (1 + x) ** sp.Rational(3, 2)],
        [sp.exp(x + 1), sp.exp(x)],
        [sp.tan(x) ** 2, 1 / sp.cos(x) ** 2, 1],
        [sp.tanh(x), sp.exp(2 * x) * sp.tanh(x), sp.exp(2 * x), 1],
        [sp.Abs(x) * x**2, sp.Abs(x) ** 3],
    ],
    ids=str,
)
def test_identities_between_functions_are_seen(terms: list[sp.Expr]) -> None:
    with pytest.raises(InvalidInput, match="linearly dependent"):
        Library(terms)
    assert len(Library(terms[:-1])) == len(terms) - 1


@pytest.mark.parametrize(
    "terms",
    [
        [sp.sin(x), sp.cos(x), sp.sin(2 * x), sp.cos(2 * x), 1],
        [sp.exp(x), sp.exp(2 * x), sp.exp(x / 2), sp.exp(sp.sqrt(2) * x), x * sp.exp(x)],
        [1 / x, 1 / x**2, 1 / (1 + x), 1 / (1 + x) ** 2, x, 1],
        [sp.sqrt(x), x ** sp.Rational(3, 2), sp.sqrt(x + y), sp.sqrt(x * y), x],
        [sp.log(x), sp.log(x) ** 2, sp.log(1 + x), x * sp.log(x), sp.atan(x)],
        [sp.Abs(x), x, x * sp.Abs(x), x**2],
        [x**a, x ** (2 * a), y**a, x],
        [sp.tanh(x), sp.tanh(2 * x), sp.tan(x)],
    ],
    ids=str,
)
def test_independent_functions_are_kept(terms: list[sp.Expr]) -> None:
    assert len(Library(terms)) == len(terms)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([], "at least one term"),
        ([0], "at least one term"),
        ([sp.Function("f")(x)], "no function that terms may contain"),
        ([sp.atan(x), sp.atan(1 / x)], "depend on each other"),
        ([sp.gamma(x)], "no function that terms may contain"),
        (["x"], "found the text"),
    ],
)
def test_what_cannot_be_a_library(terms: list[sp.Expr], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Library(terms)


@pytest.mark.parametrize(("degree", "min_degree"), [(-1, 0), (1, 2), (2, -1)])
def test_degrees_out_of_order(degree: int, min_degree: int) -> None:
    with pytest.raises(InvalidInput, match="min_degree <= degree"):
        monomials(x, degree=degree, min_degree=min_degree)


def test_partials_are_those_of_the_jet() -> None:
    jet = Jet("t x", "u v")
    assert list(partials(jet, "u", 2)) == list(jet.derivatives("u", 2))
    assert list(partials(jet, ["u", "v"], 1)) == [jet[name] for name in ("u_t", "u_x", "v_t", "v_x")]


@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_default_library_has_one_derivative_per_term_and_no_lead(degree: int, order: int) -> None:
    jet = Jet("t x y", "u v")
    leads = [jet["u_t"], jet["v_t"]]
    library = default_library(jet, leads, degree, order)
    spatial = 2 * (comb(order + 2, 2) - 1)
    assert len(library) == comb(degree + 2, 2) * (1 + spatial)
    assert not any("t" in s.name for term in library for s in term.free_symbols)


def test_default_library_of_second_order_in_time_keeps_the_velocity() -> None:
    jet = Jet("t", "x")
    assert list(default_library(jet, [jet["x_tt"]], 1, 1)) == [1, x, jet["x_t"], x * jet["x_t"]]


def test_latex_of_derivatives() -> None:
    jet = Jet("t x", "u")
    assert Library([jet["u_xx"], sp.sin(jet["u"])]).latex(jet) == r"u_{xx}, \; \sin{\left(u \right)}"


def test_many_logarithms_are_told_apart() -> None:
    terms = [sp.log(x + k) for k in range(6)] + [sp.atan(x), sp.atan(2 * x), x, 1]
    assert len(Library(terms)) == len(terms)
