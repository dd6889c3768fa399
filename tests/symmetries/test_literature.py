"""Point symmetries of equations of the literature: dimensions, familiar fields, special values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import sympy as sp

from symeq.geometry import Jet, read_generator
from symeq.symmetries import Equations, admits, point_symmetries

LINE, CURVE, PLANE = ("t x", "u"), ("x", "u"), ("x y", "u")
EULER = (
    "u_t + u*u_x + v*u_y = -p_x",
    "v_t + u*v_x + v*v_y = -p_y",
    "u_x + v_y = 0",
)
GAS = ("r_t + u*r_x + r*u_x = 0", "u_t + u*u_x + p_x/r = 0", "p_t + u*p_x + g*p*u_x = 0")
NAVIER_STOKES_3D = (
    *(
        f"{a}_t + u*{a}_x + v*{a}_y + w*{a}_z = nu*({a}_xx + {a}_yy + {a}_zz) - p_{x}"
        for a, x in zip("uvw", "xyz", strict=True)
    ),
    "u_x + v_y + w_z = 0",
)


@dataclass(frozen=True)
class Known:
    """An equation, its dimension within an ansatz, some of its symmetries, whether it has infinitely many."""

    title: str
    jet: tuple[str, str]
    equations: tuple[str, ...] | str
    dimension: int
    has: tuple[str, ...] = ()
    infinite: bool = False
    options: dict[str, Any] = field(default_factory=dict)


# Olver (1993); Ibragimov (ed.), CRC Handbook of Lie Group Analysis (1994-1996); Bluman & Kumei (1989).
KNOWN = (
    Known(
        "wave equation: conformal group of the plane, degree 2",
        LINE,
        "u_tt = u_xx",
        12,
        ("x*d_t + t*d_x", "(t^2 + x^2)*d_t + 2*t*x*d_x"),
        infinite=True,
    ),
    Known(
        "wave equation in 3+1: conformal group, 15, and 14 + 1 linear ones",
        ("t x y z", "u"),
        "u_tt = u_xx + u_yy + u_zz",
        30,
        ("(t^2 + x^2 + y^2 + z^2)*d_t + 2*t*x*d_x + 2*t*y*d_y + 2*t*z*d_z - 2*t*u*d_u",),
        infinite=True,
    ),
    Known("Laplace equation in space", ("x y z", "u"), "u_xx + u_yy + u_zz = 0", 20, infinite=True),
    Known("Liouville", LINE, "u_tx = exp(u)", 6, ("t^2*d_t - 2*t*d_u", "x*d_x - d_u"), infinite=True),
    Known("sine-Gordon", LINE, "u_tt - u_xx = sin(u)", 3, ("x*d_t + t*d_x",)),
    Known("Emden-Fowler, generic", CURVE, "u_xx = u^n", 2, options={"parameters": "n"}),
    Known("Ermakov", CURVE, "u_xx = u^(-3)", 3, ("x^2*d_x + x*u*d_u",)),
    Known("Emden-Fowler with two", CURVE, "u_xx = u^2/x^5", 2, ("x*d_x + 3*u*d_u", "x^2*d_x + x*u*d_u")),
    Known("Chazy", CURVE, "u_xxx = 2*u*u_xx - 3*u_x^2", 3, ("x^2*d_x - (2*x*u + 6)*d_u",)),
    Known("Schwarzian", CURVE, "2*u_x*u_xxx - 3*u_xx^2 = 0", 6, ("x^2*d_x", "u^2*d_u")),
    Known("linear of third order", CURVE, "u_xxx = 0", 7, ("x^2*d_x + 2*x*u*d_u",)),
    Known(
        "porous medium, generic",
        LINE,
        "u_t = u^m*u_xx + m*u^(m - 1)*u_x^2",
        4,
        ("m*x*d_x + 2*u*d_u",),
        options={"parameters": "m"},
    ),
    Known(
        "Boussinesq",
        LINE,
        "u_tt = u_xx + 2*u*u_xx + 2*u_x^2 + u_xxxx",
        3,
        ("2*t*d_t + x*d_x - (2*u + 1)*d_u",),
    ),
    Known("BBM", LINE, "u_t + u_x + u*u_x - u_xxt = 0", 3, ("t*d_t - (u + 1)*d_u",)),
    Known(
        "KP",
        ("t x y", "u"),
        "u_tx + 6*u_x^2 + 6*u*u_xx + u_xxxx + 3*u_yy = 0",
        9,
        ("y*d_x - 6*t*d_y", "6*t*d_x + d_u"),
        infinite=True,
    ),
    Known(
        "Euler",
        ("t x y", "u v p"),
        EULER,
        13,
        ("x*d_x + y*d_y + u*d_u + v*d_v + 2*p*d_p",),
        infinite=True,
    ),
    Known(
        "Navier-Stokes in space",
        ("t x y z", "u v w p"),
        NAVIER_STOKES_3D,
        17,
        ("t^2*d_z + 2*t*d_w - 2*z*d_p", "t^2*d_p"),
        infinite=True,
        options={"parameters": "nu"},
    ),
    Known(
        "minimal surfaces: Euclid and scaling",
        PLANE,
        "(1 + u_y^2)*u_xx - 2*u_x*u_y*u_xy + (1 + u_x^2)*u_yy = 0",
        7,
        ("u*d_x - x*d_u",),
    ),
    Known("Monge-Ampere", PLANE, "u_xx*u_yy - u_xy^2 = 1", 9, ("y*d_x", "x*d_u")),
    Known("eikonal: conformal group of 2+1", PLANE, "u_x^2 + u_y^2 = 1", 10, ("u*d_x + x*d_u",)),
    Known("curve shortening", LINE, "u_t = u_xx/(1 + u_x^2)", 5, ("u*d_x - x*d_u",)),
    Known("algebraic numbers", LINE, "u_t = sqrt(3)*u_xx + sqrt(2)*u*u_x", 5, ("2*t*d_x - sqrt(2)*d_u",)),
    Known(
        "Kepler: rotations and the third law",
        ("t", "x y z"),
        tuple(f"{a}_tt = -{a}/sqrt(x^2 + y^2 + z^2)^3" for a in "xyz"),
        5,
        ("3*t*d_t + 2*x*d_x + 2*y*d_y + 2*z*d_z", "x*d_y - y*d_x"),
        options={"degree": 1},
    ),
    Known(
        "harmonic oscillator, 8 in trigonometric functions",
        CURVE,
        "u_xx = -u",
        8,
        ("u*cos(x)*d_x - u^2*sin(x)*d_u", "sin(2*x)*d_x + u*cos(2*x)*d_u"),
        options={
            "ansatz": {
                "x": ["1", "sin(2*x)", "cos(2*x)", "u*sin(x)", "u*cos(x)"],
                "u": ["u", "sin(x)", "cos(x)", "u*sin(2*x)", "u*cos(2*x)", "u^2*sin(x)", "u^2*cos(x)"],
            }
        },
    ),
    Known(
        "heat with logarithmic source",
        LINE,
        "u_t = u_xx + u*log(u)",
        4,
        ("2*exp(t)*d_x - x*u*exp(t)*d_u",),
        options={"ansatz": ["1", "x", "t", "u", "exp(t)", "u*exp(t)", "u*x*exp(t)"]},
    ),
    Known(
        "heat with linear source, a parameter in the exponent",
        LINE,
        "u_t = u_xx + k*u",
        7,
        ("2*t*d_t + x*d_x + 2*k*t*u*d_u",),
        options={"ansatz": ["1", "x", "t", "u", "exp(k*t)", "x*exp(k*t)", "u*x", "t*u"], "parameters": "k"},
    ),
    Known(
        "roots of several orders",
        LINE,
        "u_t = sqrt(u)*u_xx + u^(1/4)*u_x",
        3,
        ("x*d_x + 4*u*d_u",),
    ),
    Known(
        "a parameter under a root",
        LINE,
        "u_t = sqrt(k)*u_xx + k*u*u_x",
        5,
        ("k*t*d_x - d_u",),
        options={"parameters": "k"},
    ),
    Known("Camassa-Holm", LINE, "u_t - u_xxt + 3*u*u_x = 2*u_x*u_xx + u*u_xxx", 3, ("t*d_t - u*d_u",)),
    Known("Harry Dym", LINE, "u_t = u^3*u_xxx", 5, ("x^2*d_x + 2*x*u*d_u",)),
    Known(
        "gas dynamics, generic",
        ("t x", "r u p"),
        GAS,
        6,
        ("t*d_t + 2*r*d_r - u*d_u",),
        options={"parameters": "g"},
    ),
    Known(
        "gas dynamics of one atom",
        ("t x", "r u p"),
        GAS,
        7,
        ("t^2*d_t + t*x*d_x - t*r*d_r + (x - t*u)*d_u - 3*t*p*d_p",),
        options={"parameters": "g", "values": {"g": 3}},
    ),
    Known(
        "other names",
        ("S E", "N"),
        "N_S = lambda*N_EE",
        8,
        ("2*lambda*S*d_E - E*N*d_N",),
        infinite=True,
        options={"parameters": "lambda"},
    ),
    Known(
        "names of several letters",
        ("time x1", "E"),
        "Derivative(E, time) = beta*Derivative(E, x1, x1) - E*Derivative(E, x1)",
        5,
        ("time*d_x1 + d_E",),
        options={"parameters": "beta"},
    ),
)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.title)
def test_the_literature(known: Known) -> None:
    jet = Jet(*known.jet)
    options = {"parameters": (), **known.options}
    found = point_symmetries(known.equations, jet=jet, **options)
    assert found.certified and found.dimension == known.dimension, str(found)
    assert found.infinite_suspected == known.infinite
    assert admits(found.equations, found.symmetry())
    for text in known.has:
        field = read_generator(text, jet, options["parameters"])
        assert admits(found.equations, field), text


# Ovsiannikov (1959): which exponents of nonlinear diffusion have more symmetries than the generic four.
DIFFUSION = "u_t = u^m*u_xx + m*u^(m - 1)*u_x^2"


@pytest.mark.parametrize(("value", "count"), [(1, 4), (2, 4), (sp.Rational(-4, 3), 5)])
def test_special_values_of_parameters_have_more_symmetries(value: Any, count: int) -> None:
    found = point_symmetries(DIFFUSION, jet=Jet("t x", "u"), parameters="m", values={"m": value})
    assert found.certified and found.dimension == count
    assert dict(found.values) == {"m": str(value)}


def test_the_field_of_the_exceptional_exponent() -> None:
    jet = Jet("t x", "u")
    generic = Equations(jet, DIFFUSION, parameters="m")
    exceptional = read_generator("x^2*d_x - 3*x*u*d_u", jet)
    assert not admits(generic, exceptional)
    assert admits(generic.at({"m": sp.Rational(-4, 3)}), exceptional)


def test_vanishing_viscosity_makes_burgers_infinite() -> None:
    burgers = Equations(Jet("t x", "u"), "u_t + u*u_x = nu*u_xx", parameters="nu")
    generic, special = point_symmetries(burgers), point_symmetries(burgers, values={"nu": 0})
    assert (generic.dimension, generic.infinite_suspected) == (5, False)
    assert special.dimension > 5 and special.infinite_suspected and special.certified


def test_a_parameter_enters_the_fields_exactly() -> None:
    jet = Jet("t x", "u")
    found = point_symmetries("u_t = u_xx + k*u_x^2", jet=jet, parameters="k")
    k, t, x = sp.Symbol("k"), *jet.independent
    boost = next(v for v in found.generators if v[x] != 0 and v[jet["u"]].has(x) and v[t] == 0)
    assert sp.simplify(boost[x] / boost[jet["u"]] + 2 * k * t / x) == 0
