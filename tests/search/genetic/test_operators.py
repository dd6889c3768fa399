"""What trees are made of: operators say the same as numbers and as SymPy, and bad ones are refused."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import sympy as sp
from sympy import lambdify

from symeq.errors import InvalidInput
from symeq.search.genetic.operators import KNOWN, OPERATORS, Operator, chosen_operators

GRID = np.linspace(0.3, 1.9, 23)
OTHER = np.linspace(2.0, 0.7, 23)
J0 = Operator("j0", scipy.special.j0, lambda z: sp.besselj(0, z), inner=True, even=True)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_numbers_and_expressions_agree(operator: Operator) -> None:
    a, b = sp.symbols("a b")
    given = (GRID, OTHER)[: operator.arity]
    compiled = lambdify((a, b), operator.symbol(*(a, b)[: operator.arity]), "numpy")
    assert operator.values(*given) == pytest.approx(compiled(GRID, OTHER), rel=1e-14)


@pytest.mark.parametrize("operator", [*OPERATORS, J0], ids=lambda o: o.name)
def test_claims_about_symmetry_hold(operator: Operator) -> None:
    if operator.arity == 2:
        same = operator.values(GRID, OTHER) == pytest.approx(operator.values(OTHER, GRID))
        assert same == operator.commutative
    elif operator.inner:
        with np.errstate(all="ignore"):
            there, back = operator.values(GRID), operator.values(-GRID)
        assert operator.odd == (back == pytest.approx(-there))
        assert operator.even == (back == pytest.approx(there))


@pytest.mark.parametrize(
    ("kind", "names"),
    [("sum", {"add", "sub"}), ("product", {"mul"}), ("quotient", {"div"}), ("root", {"sqrt"})],
)
def test_kinds(kind: str, names: set[str]) -> None:
    assert {operator.name for operator in OPERATORS if operator.kind == kind} == names


@pytest.mark.parametrize(
    "name", ["", "2x", "a b", "a-b", "lambda", "import", "__import__('os')", "f()", "x;y"]
)
def test_names_that_are_no_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="a name is letters, digits and underscores"):
        Operator(name, np.sin, sp.sin)


@pytest.mark.parametrize("arity", [0, 3, -1])
def test_other_numbers_of_arguments_are_refused(arity: int) -> None:
    with pytest.raises(InvalidInput, match=f"arity is 1 or 2, found {arity}"):
        Operator("f", np.sin, sp.sin, arity)


def test_a_constant_inside_is_for_one_argument() -> None:
    with pytest.raises(InvalidInput, match="only functions of one argument"):
        Operator("f", np.add, lambda a, b: a + b, 2, inner=True)


def test_operators_by_name_or_as_they_are() -> None:
    chosen = chosen_operators(["mul", J0, "sin"])
    assert chosen == (KNOWN["mul"], J0, KNOWN["sin"])
    assert chosen_operators(["mul", "mul"]) == (KNOWN["mul"],)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["mul", "sine"], "no operator `sine`.*`sin`.*Known: add, sub"),
        (["mull"], "`mul`"),
        (["mul", "__import__"], "no operator"),
        (["mul", 3], "Expected an Operator or the name of one, found 3"),
        (["mul", np.sin], "Expected an Operator"),
        (["sin", "sqrt"], "needs an operator of two arguments"),
        ([], "needs an operator of two arguments"),
        (["mul", "sin", Operator("sin", np.sin, sp.sin)], "Two operators are called `sin`. Rename"),
    ],
)
def test_bad_lists_are_refused(given: list[object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        chosen_operators(given)  # type: ignore[arg-type]
