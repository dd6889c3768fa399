"""Names of fields, told from their form."""

from __future__ import annotations

import pytest

from symeq.geometry import Jet, read_generator
from symeq.symmetries.naming import KINDS, kind_of, name_of

FLOW = Jet("t x y", "u v p")
NAMED = [
    ("d_t", "translation", "translation(t)"),
    ("d_x + c*d_y", "translation", "translation along x, y"),
    ("x*d_y - y*d_x", "rotation", "rotation(x, y)"),
    ("x*d_y - y*d_x + u*d_v - v*d_u", "rotation", "rotation(x, y; u, v)"),
    ("u*d_v - v*d_u", "phase rotation", "phase(u, v)"),
    ("t*d_x + x*d_t", "hyperbolic rotation", "Lorentz boost(t, x)"),
    ("t*d_x + 4*x*d_t", "hyperbolic rotation", "Lorentz boost(t, x)"),
    ("x*d_u - u*d_x", "rotation", "rotation(x, u)"),
    ("2*t*d_t + x*d_x - u*d_u", "scaling", "scaling(t=2, x=1, u=-1)"),
    ("c*t*d_t - u*d_u", "scaling", "scaling(t=c, u=-1)"),
    ("t*d_t + (1 - 2*u)*d_u", "scaling", "scaling(t=1, u=-2) with a shift of u"),
    ("t*d_x + d_u", "Galilean boost", "Galilean boost along x"),
    ("2*t*d_x - x*u*d_u", "Galilean boost", "Galilean boost along x"),
    ("t^2*d_x + 2*t*d_u - 2*x*d_p", "moving frame", "moving frame along x"),
    ("exp(t)*d_x + exp(t)*d_u", "moving frame", "moving frame along x"),
    ("y*d_x", "shear", "shear along x"),
    ("t^2*d_t + t*x*d_x + (x - t*u)*d_u", "projective", "projective transformation"),
    ("4*t^2*d_t + 4*t*x*d_x - (x^2 + 2*t)*u*d_u", "projective", "projective transformation"),
    ("(x^2 - y^2)*d_x + 2*x*y*d_y", "conformal", "special conformal transformation"),
    ("(t^2 + x^2)*d_t + 2*t*x*d_x", "conformal", "special conformal transformation"),
    ("t^2*d_p", "gauge shift", "gauge shift of p"),
    ("exp(t)*x*d_p", "gauge shift", "gauge shift of p"),
    ("y*d_u + u*d_v", "linear", "linear transformation"),
    ("t*d_x + t*d_u", "linear", "linear transformation"),
    ("x^2*d_x", "projective", "projective transformation"),
    ("u^2*d_u + u*v*d_v", "projective", "projective transformation"),
    ("x*u*d_x + u^2*d_u", "projective", "projective transformation"),
    ("x^2*d_x - (2*x*u + 6)*d_u", "projective", "projective transformation"),
    ("c*t^2*d_t + c*t*x*d_x", "projective", "projective transformation"),
    ("t^3*d_x + 3*t^2*d_u - 6*t*x*d_p", "moving frame", "moving frame along x"),
    ("u^2*d_t + d_x", "", ""),
]
NAMELESS = [
    "t*u*d_t",
    "t*x*d_t",
    "u*x*d_x",
    "t*u*d_u",
    "u*v*d_u",
    "3*t^2*d_t + t*x*d_x",
    "t^2*d_t + x^2*d_x",
    "t^2*d_t + u^2*d_u",
    "t*x*d_x + t*y*d_y",
    "t*x*d_y - t*y*d_x",
    "t*(x + y)*d_x + t*(y - x)*d_y",
    "x^2*d_t",
    "x^2*d_t + d_u",
    "exp(x)*d_t",
    "t^2*d_x + t^2*d_u",
    "t*d_x + u^2*d_u",
]


@pytest.mark.parametrize(("text", "kind", "name"), NAMED)
def test_names(text: str, kind: str, name: str) -> None:
    field = read_generator(text, FLOW, "c")
    assert kind in KINDS
    assert (kind_of(field, FLOW), name_of(field, FLOW)) == (kind, name)


@pytest.mark.parametrize("text", NAMELESS)
def test_no_name_is_given_where_the_form_does_not_fit(text: str) -> None:
    field = read_generator(text, FLOW)
    assert (kind_of(field, FLOW), name_of(field, FLOW)) == ("", "")


@pytest.mark.parametrize(("text", "kind", "name"), NAMED)
def test_names_do_not_depend_on_names(text: str, kind: str, name: str) -> None:
    other = Jet("q1 S E", "beta I N")
    field = read_generator(text, FLOW, "c").substitute(
        dict(zip(FLOW.variables, other.variables, strict=True))
    )
    assert kind_of(field, other) == kind


def test_solutions_of_linear_equations_are_superposed() -> None:
    field = read_generator("x*d_u + y*d_v", FLOW)
    assert kind_of(field, FLOW) == "gauge shift"
    assert kind_of(field, FLOW, linear_equations=True) == "superposition"
