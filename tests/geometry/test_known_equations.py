"""Equations of the literature have the named groups, with the right representation and with no other."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sympy
from sympy import Expr

from symeq.geometry import Jet, read_symmetry

PARAMETERS = "c nu"


def residuals(jet: Jet, solved: Mapping[str, str], equations: list[str], group: str) -> list[Expr]:
    """What is left of pr v(Delta) and Delta o g on the solutions, given by some derivatives in the others."""
    rules = {jet.parse(lead, PARAMETERS): jet.parse(image, PARAMETERS) for lead, image in solved.items()}
    symmetry = read_symmetry(group, jet, PARAMETERS)
    left = []
    for text in equations:
        delta = jet.parse(text, PARAMETERS)
        found = [v.apply(delta, jet) for v in symmetry.generators]
        found += [g.apply(delta, jet) for g in symmetry.maps]
        for expression in found:
            for _ in range(3):  # the rules of the divergence and its derivatives lead to one another
                expression = sympy.expand(expression.xreplace(rules))
            left.append(sympy.cancel(expression))
    return [expression for expression in left if expression != 0]


SPACE = ("x", "y", "z", "w")


def laplace(n: int) -> tuple[Jet, dict[str, str], list[str]]:
    terms = [f"u_{x}{x}" for x in SPACE[:n]]
    jet = Jet(SPACE[:n], "u", order=2)
    return jet, {terms[0]: f"-({' + '.join(terms[1:])})"}, [" + ".join(terms)]


SCHROEDINGER = (
    Jet("t x y", "a b", order=2),
    {"a_t": "-c*(b_xx + b_yy)", "b_t": "c*(a_xx + a_yy)"},
    ["a_t + c*(b_xx + b_yy)", "b_t - c*(a_xx + a_yy)"],
)
CUBIC = (
    Jet("t x", "a b", order=2),
    {"a_t": "-c*b_xx - nu*(a^2 + b^2)*b", "b_t": "c*a_xx + nu*(a^2 + b^2)*a"},
    ["a_t + c*b_xx + nu*(a^2 + b^2)*b", "b_t - c*a_xx - nu*(a^2 + b^2)*a"],
)
QUINTIC = (
    Jet("t x", "a b", order=2),
    {"a_t": "-c*b_xx - nu*(a^2 + b^2)^2*b", "b_t": "c*a_xx + nu*(a^2 + b^2)^2*a"},
    ["a_t + c*b_xx + nu*(a^2 + b^2)^2*b", "b_t - c*a_xx - nu*(a^2 + b^2)^2*a"],
)
MANAKOV = (
    Jet("t x", "a b d e", order=2),
    {
        "a_t": "-c*b_xx - (a^2 + b^2 + d^2 + e^2)*b", "b_t": "c*a_xx + (a^2 + b^2 + d^2 + e^2)*a",
        "d_t": "-c*e_xx - (a^2 + b^2 + d^2 + e^2)*e", "e_t": "c*d_xx + (a^2 + b^2 + d^2 + e^2)*d",
    },
    [
        "a_t + c*b_xx + (a^2 + b^2 + d^2 + e^2)*b", "b_t - c*a_xx - (a^2 + b^2 + d^2 + e^2)*a",
        "d_t + c*e_xx + (a^2 + b^2 + d^2 + e^2)*e", "e_t - c*d_xx - (a^2 + b^2 + d^2 + e^2)*d",
    ],
)  # fmt: skip
WAVE = (
    Jet("t x y z", "u", order=2),
    {"u_tt": "c^2*(u_xx + u_yy + u_zz)"},
    ["u_tt - c^2*(u_xx + u_yy + u_zz)"],
)
# The field F^tx = p, F^ty = q, F^tz = r, F^xy = f, F^xz = g, F^yz = h of Maxwell's equations, c = 1.
MAXWELL = (
    Jet("t x y z", "p q r f g h", order=1),
    {
        "p_t": "f_y + g_z", "q_t": "-f_x + h_z", "r_t": "-g_x - h_y", "p_x": "-q_y - r_z",
        "f_t": "p_y - q_x", "g_t": "p_z - r_x", "h_t": "q_z - r_y", "h_x": "g_y - f_z",
    },
    [
        "p_x + q_y + r_z", "p_t - f_y - g_z", "q_t + f_x - h_z", "r_t + g_x + h_y",
        "h_x - g_y + f_z", "f_t + q_x - p_y", "g_t + r_x - p_z", "h_t + r_y - q_z",
    ],
)  # fmt: skip
NAVIER_STOKES = (
    Jet("t x y z", "u v w p", order=2),
    {
        "u_t": "-u*u_x - v*u_y - w*u_z - p_x + nu*(u_xx + u_yy + u_zz)",
        "v_t": "-u*v_x - v*v_y - w*v_z - p_y + nu*(v_xx + v_yy + v_zz)",
        "w_t": "-u*w_x - v*w_y - w*w_z - p_z + nu*(w_xx + w_yy + w_zz)",
        "w_z": "-u_x - v_y", "w_xz": "-u_xx - v_xy", "w_yz": "-u_xy - v_yy", "w_zz": "-u_xz - v_yz",
    },
    [
        "u_t + u*u_x + v*u_y + w*u_z + p_x - nu*(u_xx + u_yy + u_zz)",
        "v_t + u*v_x + v*v_y + w*v_z + p_y - nu*(v_xx + v_yy + v_zz)",
        "w_t + u*w_x + v*w_y + w*w_z + p_z - nu*(w_xx + w_yy + w_zz)",
        "u_x + v_y + w_z",
    ],
)  # fmt: skip
VORTICITY = (
    Jet("x y z", "u v w a b e", order=1),
    {"a": "w_y - v_z", "b": "u_z - w_x", "e": "v_x - u_y"},
    ["a - w_y + v_z", "b - u_z + w_x", "e - v_x + u_y"],
)
PLANE_VORTICITY = (Jet("x y", "u v q", order=1), {"q": "v_x - u_y"}, ["q - v_x + u_y"])
STRESS = (
    Jet("x y z", "k l m n p q f g h", order=1),
    {"f": "k_x + l_y + m_z", "g": "l_x + n_y + p_z", "h": "m_x + p_y + q_z"},
    ["f - k_x - l_y - m_z", "g - l_x - n_y - p_z", "h - m_x - p_y - q_z"],
)
GRADIENT = (
    Jet("x y", "u v k l m n", order=1),
    {"k": "u_x", "l": "u_y", "m": "v_x", "n": "v_y"},
    ["k - u_x", "l - u_y", "m - v_x", "n - v_y"],
)
CONTINUITY = (Jet("t x y", "r u v", order=1), {"r_t": "-u_x - v_y"}, ["r_t + u_x + v_y"])
POTENTIAL = (Jet("x y", "s a b", order=1), {"s_x": "a", "s_y": "b"}, ["s_x - a", "s_y - b"])
LINE = (Jet("x", "u", order=2), {"u_xx": "0"}, ["u_xx"])
AREA = (Jet("t", "q p", order=1), {}, ["q*p_t - p*q_t"])

HAVE = [
    (SCHROEDINGER, "Schroedinger(t; x, y; a, b; c=c) + E(x, y) + time_reversal(t; b) + U1(a, b)"),
    (CUBIC, "Schroedinger(t; x; a, b; c=c, weight=-1) + parity(x)"),
    (QUINTIC, "Schroedinger(t; x; a, b; c=c)"),
    (MANAKOV, "Schroedinger(t; x; a, b; d, e; c=c, weight=-1) + SU2(a, b, d, e)"),
    (WAVE, "Poincare(t; x, y, z; c=c) + parity(x, y, z) + time_reversal(t)"),
    (WAVE, "conformal(x, y, z, time=t, c=c; u=-1)"),
    (laplace(2), "conformal(x, y) + discrete_rotation(x, y; order=8)"),
    (laplace(3), "conformal(x, y, z; u=-1/2) + O(x, y, z)"),
    (laplace(4), "conformal(x, y, z, w; u=-1) + permutation(x, y, z, w)"),
    (MAXWELL, "Poincare(t; x, y, z; antisymmetric(p, q, r, f, g, h))"),
    (MAXWELL, "SE(x, y, z; p, q, r; antisymmetric(f, g, h)) + time_reversal(t; f, g, h)"),
    (MAXWELL, "parity(x, y, z; p, q, r; antisymmetric(f, g, h))"),
    (
        MAXWELL,
        "conformal(x, y, z, time=t; antisymmetric(p, q, r, f, g, h); p=-2, q=-2, r=-2, f=-2, g=-2, h=-2)",
    ),
    (NAVIER_STOKES, "Galilei(t; x, y, z; u, v, w) + E(x, y, z; u, v, w) + parity(x, y, z; u, v, w)"),
    (VORTICITY, "E(x, y, z; u, v, w; pseudo(a, b, e)) + parity(x, y, z; u, v, w; pseudo(a, b, e))"),
    (PLANE_VORTICITY, "E(x, y; u, v; pseudo(q)) + parity(x, y; u, v; pseudo(q))"),
    (PLANE_VORTICITY, "permutation(x, y; u, v; pseudo(q)) + discrete_rotation(x, y; u, v; order=3)"),
    (STRESS, "E(x, y, z; k, l, m, n, p, q; f, g, h) + cyclic(x, y, z; k, l, m, n, p, q; f, g, h)"),
    (GRADIENT, "E(x, y; u, v; k, l, m, n) + permutation(x, y; u, v; k, l, m, n)"),
    (CONTINUITY, "equiaffine(t, x, y; r, u, v) + Poincare(t; x, y; r, u, v; c=nu)"),
    (CONTINUITY, "affine(t, x, y; r, u, v)"),
    (POTENTIAL, "affine(x, y; dual(a, b))"),
    (LINE, "projective(x, u)"),
    (AREA, "symplectic(q; p)"),
]
HAVE_NOT = [
    (SCHROEDINGER, "Schroedinger(t; x, y; a, b; c=2*c)", "another constant"),
    (CUBIC, "Schroedinger(t; x; a, b; c=c)", "the weight of the quintic equation"),
    (WAVE, "Poincare(t; x, y, z)", "another speed"),
    (WAVE, "conformal(x, y, z, time=t, c=c; u=-1/2)", "another weight"),
    (laplace(3), "conformal(x, y, z)", "without weight"),
    (MAXWELL, "Lorentz(t; x, y, z; antisymmetric(f, g, h, p, q, r))", "the two fields exchanged"),
    (NAVIER_STOKES, "SE(x, y, z)", "velocities that do not turn"),
    (NAVIER_STOKES, "Galilei(t; x, y, z)", "velocities that no boost shifts"),
    (VORTICITY, "E(x, y, z; u, v, w; a, b, e)", "a vector that is none"),
    (PLANE_VORTICITY, "O(x, y; u, v)", "a pseudo-scalar that is held fixed"),
    (STRESS, "rotation(x, y, z; k, n, q, l, m, p; f, g, h)", "the components in another order"),
    (GRADIENT, "rotation(x, y; u, v; k, l; m, n)", "rows that turn as vectors"),
    (CONTINUITY, "affine(t, x, y; dual(r, u, v))", "a dual vector"),
    (POTENTIAL, "affine(x, y; a, b)", "a vector in place of a gradient"),
]


@pytest.mark.parametrize(("law", "group"), HAVE, ids=[group for _, group in HAVE])
def test_the_law_has_the_group(law: tuple[Jet, dict[str, str], list[str]], group: str) -> None:
    assert residuals(*law, group) == []


@pytest.mark.parametrize(("law", "group", "wrong"), HAVE_NOT, ids=[wrong for _, _, wrong in HAVE_NOT])
def test_the_law_has_no_other(law: tuple[Jet, dict[str, str], list[str]], group: str, wrong: str) -> None:
    assert residuals(*law, group) != [], wrong
