"""Linear ansaetze: readable bases, what they print, what they refuse and how they say it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symeq.ansatz import Library, closure, default_library, linear_ansatz, monomials
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry import (
    Jet,
    PointMap,
    Symmetry,
    VectorField,
    boost,
    permutation,
    phase,
    reflection,
    rotation,
    scaling,
    translation,
    trivial,
)

PLANE, LINE = Jet("t", "x y"), Jet("t x", "u")
t, x, y, u, nu = sp.symbols("t x y u nu")
BURGERS = default_library(LINE, [LINE["u_t"]], degree=2, order=2)


def up_to_sign(vector: tuple[sp.Expr, ...]) -> frozenset[tuple[sp.Expr, ...]]:
    return frozenset({tuple(sp.expand(f) for f in vector), tuple(sp.expand(-f) for f in vector)})


def test_rotations_of_the_plane_give_the_hopf_normal_form_in_order() -> None:
    ansatz = linear_ansatz(PLANE, monomials(x, y, degree=5), rotation(x, y))
    r2 = x**2 + y**2
    expected = [(f * r2**k, g * r2**k) for k in range(3) for f, g in ((x, y), (-y, x))]
    assert ansatz.basis == tuple(tuple(sp.expand(f) for f in vector) for vector in expected)
    assert ansatz.library_unknowns == 42


def vector_calculus() -> tuple[Jet, dict[str, tuple[sp.Expr, ...]]]:
    """The isotropic vector terms of velocity, gradient and second derivatives, bilinear at most."""
    jet = Jet("t x y z", "u v w", order=2)
    velocity, space = jet.dependent, jet.independent[1:]

    def d(f: sp.Expr, i: int) -> sp.Expr:
        return jet.total_derivative(f, space[i])

    def curl(a: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
        return tuple(d(a[(i + 2) % 3], (i + 1) % 3) - d(a[(i + 1) % 3], (i + 2) % 3) for i in range(3))

    divergence = sum(d(velocity[j], j) for j in range(3))
    terms = {
        "u": velocity,
        "curl u": curl(velocity),
        "lap u": tuple(sum(d(d(f, j), j) for j in range(3)) for f in velocity),
        "grad div u": tuple(d(divergence, i) for i in range(3)),
        "(u.grad) u": tuple(sum(velocity[j] * d(f, j) for j in range(3)) for f in velocity),
        "u div u": tuple(f * divergence for f in velocity),
        "grad u^2/2": tuple(d(sum(f**2 for f in velocity) / 2, i) for i in range(3)),
    }
    return jet, terms


def test_isotropic_vector_terms_come_out_separately() -> None:
    jet, terms = vector_calculus()
    symbols = [s for s in jet.coordinates if jet.order_of(s) and "t" not in s.name]
    library = (
        Library(jet.dependent)
        + symbols
        + monomials(*jet.dependent, degree=1, min_degree=1) * [s for s in symbols if jet.order_of(s) == 1]
    )
    ansatz = linear_ansatz(jet, library, rotation("x", "y", "z", turning=[("u", "v", "w")]))
    assert len(ansatz.basis) == 7
    found = {up_to_sign(vector) for vector in ansatz.basis}
    assert all(up_to_sign(vector) in found for vector in terms.values())


@pytest.mark.parametrize(
    ("order", "degree", "unknowns", "allowed"),
    [(1, 1, 39, 2), (1, 2, 273, 7), (2, 2, 1488, 25), (1, 3, 1365, 26)],
)
def test_sizes_of_isotropic_vector_libraries(order: int, degree: int, unknowns: int, allowed: int) -> None:
    # The even ones: u, lap u, ...; SO(3) without inversion also keeps pseudo-vectors such as curl u.
    jet = Jet("t x y z", "u v w", order=order)
    symbols = [s for s in jet.coordinates if s not in jet.independent and "t" not in s.name]
    turn = rotation("x", "y", "z", turning=[("u", "v", "w")])
    ansatz = linear_ansatz(jet, monomials(*symbols, degree=degree), turn)
    assert (ansatz.library_unknowns, ansatz.unknowns) == (unknowns, allowed)
    entries = [value for vector in ansatz.basis_coefficients for value in vector.values()]
    assert all(value.is_Integer for value in entries)
    assert max(map(abs, entries)) <= 3


def test_two_rotations_keep_their_radii_apart() -> None:
    jet = Jet("t", "x y p q")
    p, q = jet["p"], jet["q"]
    ansatz = linear_ansatz(jet, monomials(x, y, p, q, degree=3), rotation(x, y) + rotation(p, q))
    radial = [(x, y, 0, 0), (-y, x, 0, 0), (0, 0, p, q), (0, 0, -q, p)]
    radii = [x**2 + y**2, p**2 + q**2]
    expected = {up_to_sign(v) for v in radial} | {
        up_to_sign(tuple(r * f for f in v)) for v in radial for r in radii
    }
    assert {up_to_sign(v) for v in ansatz.basis} == expected


def test_permuted_oscillators_keep_own_and_mutual_terms_apart() -> None:
    jet = Jet("t", "x y z")
    ansatz = linear_ansatz(jet, monomials(*jet.dependent, degree=1), permutation("x", "y", "z"))
    z = jet["z"]
    assert set(ansatz.basis) == {(1, 1, 1), (x, y, z), (y + z, x + z, x + y)}


def test_reflection_and_phase_leave_the_even_terms() -> None:
    jet = Jet("t x", "u v")
    library = default_library(jet, [jet["u_t"], jet["v_t"]], degree=1, order=2)
    ansatz = linear_ansatz(jet, library, phase("u", "v") + reflection("x"))
    assert {str(v) for v in ansatz.basis} == {"(u, v)", "(-v, u)", "(u_xx, v_xx)", "(-v_xx, u_xx)"}


def test_leads_libraries_and_known_terms_may_be_named_one_by_one() -> None:
    jet = Jet("t x", "u v", order=2)
    libraries = {"u_t": Library([jet["u_xx"], jet["v_x"]]), "v": Library([jet["u_x"], jet["v_xx"]])}
    ansatz = linear_ansatz(
        jet,
        libraries,
        reflection("x", "v"),
        lead=["u_t", "v_t"],
        known={("u_t", "v_x"): -1, ("v_t", "u_x"): "-1"},
    )
    assert ansatz.fixed == (-jet["v_x"], -jet["u_x"])
    assert ansatz.basis == ((jet["u_xx"], 0), (0, jet["v_xx"]))


def test_terms_with_a_lead_or_its_derivatives_are_left_out() -> None:
    jet = Jet("t x", "u", order=5)
    names = ["u_t", "u_xxx", "u_xx", "u_xxxxx", "u_x"]
    terms = [jet[name] for name in names] + [u * jet["u_x"], u**2, u * jet["u_tx"]]
    ansatz = linear_ansatz(jet, terms, scaling(x=1, t=3, u=-2))
    assert ansatz.basis == ((jet["u_xxx"],), (u * jet["u_x"],))
    assert ansatz.library_unknowns == 6


def test_symbols_are_recognised_by_name() -> None:
    real = sp.Symbol("u", real=True)
    assert linear_ansatz(LINE, [real], trivial).basis == ((u,),)


def test_a_law_for_one_of_two_fields() -> None:
    jet = Jet("t x", "u v")
    library = Library([jet[name] for name in ("v_x", "u_xx", "v", "v_t")])
    ansatz = linear_ansatz(jet, library, reflection("x", "v"), lead="u_t")
    assert ansatz.leads == (jet["u_t"],)
    assert ansatz.basis == ((jet["v_x"],), (jet["u_xx"],))


def test_parameters_of_the_symmetry_may_enter_the_law() -> None:
    ansatz = linear_ansatz(PLANE, [x, y], Symmetry([VectorField({x: -y, y: nu * x})], parameters="nu"))
    assert set(ansatz.basis) == {(x, y), (-y, nu * x)}
    with pytest.raises(InvalidInput, match="nu is not a number"):
        ansatz.columns()


def test_a_symmetry_that_is_not_closed_is_closed_first() -> None:
    jet = Jet("t", "x y z")
    two = Symmetry(rotation("x", "y").generators + rotation("y", "z").generators)
    with pytest.warns(UserWarning, match="added"):
        ansatz = linear_ansatz(jet, monomials(*jet.dependent, degree=1), two)
    assert len(ansatz.symmetry.generators) == 3
    assert ansatz.basis == (jet.dependent,)


def test_rhs_equations_and_columns_agree() -> None:
    ansatz = linear_ansatz(LINE, BURGERS, boost("x", "u") + reflection("x", "u"))
    beta = [0.25 * k for k in range(1, ansatz.unknowns + 1)]
    terms, fixed, basis = ansatz.columns()
    array = fixed + np.tensordot(beta, basis, 1)
    (rhs,) = ansatz.rhs(beta)
    assert sp.expand(rhs - sum(c * term for c, term in zip(array[0], terms, strict=True))) == 0
    assert ansatz.equations(beta) == ((LINE["u_t"], rhs),)
    assert not set(terms) & set(ansatz.excluded[0])
    with pytest.raises(InvalidInput, match="unknowns, found 0"):
        ansatz.rhs([])


def test_an_ansatz_is_a_value() -> None:
    first, second = (linear_ansatz(LINE, BURGERS, boost("x", "u")) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != linear_ansatz(LINE, BURGERS, boost("x", "u"), known={"u_xx": 1})


def test_the_defect_of_a_fitted_law_is_what_it_lacks() -> None:
    ansatz = linear_ansatz(LINE, BURGERS, boost("x", "u"))
    u_x, u_xx = LINE["u_x"], LINE["u_xx"]
    assert ansatz.defect([-u * u_x + 0.1 * u_xx]) == ((0,),)
    assert ansatz.defect([-0.75 * u * u_x]) == ((-u_x / 4,),)
    with pytest.raises(InvalidInput, match="expected 1 right-hand sides, found 2"):
        ansatz.defect([u, u])
    with pytest.raises(InvalidInput, match="q, which is not a coordinate"):
        ansatz.defect([sp.Symbol("q")])


def test_text_and_latex() -> None:
    jet = Jet("t x", "beta")
    library = Library([jet["beta"] * jet["beta_x"], jet["beta_xx"], 2 * jet["beta"], sp.S.One])
    ansatz = linear_ansatz(jet, library, boost("x", "beta"))
    assert str(ansatz).splitlines() == [
        "boost(x, beta): 2 unknowns instead of 4",
        "beta_t = -beta*beta_x + c_1 + c_2*beta_xx",
    ]
    assert ansatz.latex().splitlines() == [
        "% boost(x, beta): 2 unknowns instead of 4",
        r"\begin{aligned}",
        r"\beta_{t} &= - \beta \beta_{x} + c_{1} + c_{2} \beta_{xx}",
        r"\end{aligned}",
    ]


def test_a_long_law_is_counted_not_printed() -> None:
    jet = Jet("t", [f"q{i}" for i in range(50)])
    ansatz = linear_ansatz(jet, monomials(*jet.dependent, degree=1), trivial)
    assert str(ansatz) == "trivial: 2550 unknowns (too many terms to print; see .basis)"
    assert "\n" not in ansatz.latex()


SECOND = Jet("t x", "u v")
FLAT = Jet("t x y", "u v")
NO_LAW = [
    (
        LINE,
        [LINE["u_x"], LINE["u_xx"]],
        boost("x", "u"),
        {},
        "boost(x, u): it requires the term u*u_x with coefficient -1, and the library "
        "has none. Add it, for instance with `library + [u*u_x]`",
    ),
    (
        LINE,
        [LINE["u_xxx"]],
        Symmetry([VectorField({x: 6 * t, u: 1})]) + scaling(x=1, t=3, u=-2),
        {},
        "the symmetry `6*t*d_x + d_u`: it requires the term u*u_x with coefficient -6",
    ),
    (
        FLAT,
        [FLAT["u_xx"], FLAT["v_xx"]],
        boost("x", "u") + boost("y", "v"),
        {},
        "u*u_x with coefficient -1 in u_t, u_y*v with coefficient -1 in u_t, u*v_x with "
        "coefficient -1 in v_t, v*v_y with coefficient -1 in v_t",
    ),
    (
        FLAT,
        [FLAT["u_xx"], FLAT["v_xx"]],
        rotation("x", "y"),
        {("u_t", "u_xx"): 3},
        "it requires the term u_yy with coefficient 3 in u_t",
    ),
    (
        LINE,
        [u, LINE["u_x"]],
        Symmetry([VectorField({t: 4 * t**2, x: 4 * t * x, u: -(x**2 + 2 * t) * u})]),
        {},
        "it requires the term u_xx with coefficient 1",
    ),
    (
        LINE,
        BURGERS,
        boost("x", "u") + Symmetry([VectorField({x: 6 * t, u: 1})]),
        {},
        "contradict each other: `t*d_x + d_u`; `6*t*d_x + d_u`",
    ),
    (
        LINE,
        BURGERS,
        boost("x", "u"),
        {"u*u_x": 2},
        "contradict each other: boost(x, u); the known term u*u_x with coefficient 2 in "
        "u_t. The coefficient has to be -1",
    ),
    (
        LINE,
        BURGERS,
        reflection("u"),
        {"u*u_x": -1},
        "contradict each other: reflection(u); the known term u*u_x with coefficient -1 "
        "in u_t. The coefficient has to be 0",
    ),
    (
        LINE,
        BURGERS,
        Symmetry([VectorField({x: t**2 / 2, u: t})]),
        {},
        "No law for u_t has the symmetry t**2/2*d_x + t*d_u",
    ),
    (
        LINE,
        [u**2, u**4],
        reflection("u"),
        {},
        "it leaves nothing but u_t = 0. Give a library with other terms",
    ),
    (
        Jet("t x y", "u"),
        [Jet("t x y", "u")["u_xx"]],
        rotation("x", "y"),
        {},
        "with `library + [u_yy]` it allows u_t = u_xx + u_yy",
    ),
]


@pytest.mark.parametrize(
    ("jet", "library", "symmetry", "known", "message"), NO_LAW, ids=[case[-1][:60] for case in NO_LAW]
)
def test_no_law_says_what_is_missing_or_contradicts(
    jet: Jet, library: list[sp.Expr], symmetry: Symmetry, known: dict[str, int], message: str
) -> None:
    with pytest.raises(NoLaw) as error:
        linear_ansatz(jet, library, symmetry, known=known)
    assert message in str(error.value)


def test_the_term_that_is_named_makes_the_law_possible() -> None:
    jet = Jet("t x", "u v")
    library = Library([jet[name] for name in ("u_x", "v_x", "u_xx", "v_xx")])
    with pytest.raises(NoLaw, match=r"library \+ \[u\*u_x, u\*v_tx, u\*\*2\*v_xx\]"):
        linear_ansatz(jet, library, boost("x", "u"), lead=["u_t", "v_tt"])
    enough = library + [u * jet["u_x"], u * jet["v_tx"], u**2 * jet["v_xx"]]
    ansatz = linear_ansatz(jet, enough, boost("x", "u"), lead=["u_t", "v_tt"])
    assert ansatz.fixed == (-u * jet["u_x"], -2 * u * jet["v_tx"] - u**2 * jet["v_xx"])


def test_the_closure_holds_what_the_symmetry_mixes() -> None:
    turn = rotation(x, y).on(PLANE)
    assert set(closure(PLANE, [PLANE["x_t"]], turn, Library([x**2]))) == {x**2, x * y, y**2}
    swap = permutation(x, y).on(PLANE)
    assert set(closure(PLANE, [PLANE["x_t"]], swap, Library([sp.exp(x), x]))) == {sp.exp(x), sp.exp(y), x, y}
    projective = Symmetry([VectorField({x: x**2})]).on(PLANE)
    assert len(closure(PLANE, [PLANE["x_t"]], projective, Library([x]))) >= 1000


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"library": [sp.Symbol("q")]},
            "q, which is not a coordinate of Jet(t, x; u) nor a declared "
            "parameter"),
        ({"library": [LINE["u_t"]]}, "Every term of the library contains u_t"),
        ({"lead": "x"}, "`x` cannot lead a law"),
        ({"lead": "u"}, "`u` cannot lead a law"),
        ({"lead": []}, "found none"),
        ({"lead": ["u_t", "u_tx"]}, "`u_tx` leads a law"),
        ({"lead": ["u_t", "u_t"]}, "`u_t` leads a law"),
        ({"library": {"u_x": [u]}}, "There is no library for u_t"),
        ({"known": {"u_xxx": 1}}, "known term u_xxx is not in the library"),
        ({"known": {("u_x", "u_xx"): 1}}, "is not in the library for u_x"),
        ({"known": {"u_xx": u}}, "is not a constant"),
        ({"symmetry": rotation("x", "z")}, "z is not a coordinate of Jet(t, x; u)"),
        ({"symmetry": Symmetry([VectorField({t: x, x: t})])},
            "image of u_x contains u_t. Leave out "
            "the terms with u_x"),
        ({"symmetry": Symmetry([VectorField({t: u})])}, "contains u_t"),
        ({"symmetry": Symmetry(maps=[PointMap({t: x, x: t})])}, "contains u_t"),
        ({"library": [x**u, u]}, "exponent must be a constant"),
        ({"library": [u, nu * u], "parameters": "nu"}, "linearly dependent"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_questions_are_refused(question: dict[str, object], message: str) -> None:
    asked: dict[str, object] = {"library": BURGERS, "symmetry": translation("x"), **question}
    library, symmetry = asked.pop("library"), asked.pop("symmetry")
    with pytest.raises(InvalidInput) as error:
        linear_ansatz(LINE, library, symmetry, **asked)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_a_known_term_that_may_stand_in_two_equations_needs_its_lead() -> None:
    with pytest.raises(InvalidInput, match=r'write \("x_t", "x"\)'):
        linear_ansatz(PLANE, [x, y], trivial, known={"x": 1})


def test_leads_of_different_order_that_mix_are_refused() -> None:
    jet = Jet("t x", "u v")
    with pytest.raises(InvalidInput, match="image of v_tt contains u_tt"):
        linear_ansatz(jet, [jet["u_xx"], jet["v_xx"]], phase("u", "v"), lead=["u_t", "v_tt"])
