"""The comparison: a wrong symmetry is noticed, a right one is not accused, and every format is sound."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symeq as sq
from symeq.ansatz import LinearAnsatz
from symeq.ansatz.span import span
from symeq.geometry.grammar import read_symmetry
from symeq.latex import text_latex
from symeq.report import Comparison, compare
from symeq.report.plots import figure
from symeq.report.table import LATEX, MARKDOWN, PLAIN
from symeq.search.engine import Constant
from systems import SYSTEMS, add_noise
from tests.report.laws import stated

NAMES = {"symmetric": "A_1 & 50% {b}", "free": "none | #2"}


def searched(name: str, symmetry: str, noise: float, seed: int, **sizes: int) -> Comparison:
    """Laws under a symmetry and without one, from one noisy run and judged on another."""
    system = SYSTEMS[name]
    jet = system.jet
    record, held_out = (add_noise(system.simulate(seed=s, **sizes), noise, s) for s in (seed, seed + 1000))
    samples = sq.sample(record, jet)
    flow = len(jet.independent) == 1
    library = sq.monomials(*jet.dependent, degree=3) if flow else system.candidates
    symmetries = {"symmetric": read_symmetry(symmetry, jet), "free": sq.trivial}
    laws = {
        NAMES[key]: sq.discover(sq.linear_ansatz(jet, library, value), samples)
        for key, value in symmetries.items()
    }
    return compare(laws, held_out, truth=system.law)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_a_wrong_rotation_is_noticed(noise: float, seed: int) -> None:
    """u_t = 0.2 u_xx + 0.05 u_yy under rotations: the free law has the defect 0.15 / |(0.2, 0.05)| = 0.73."""
    comparison = searched("anisotropic_heat", "rotation(x, y)", noise, seed, points=32, frames=41)
    wrong, free = comparison.rows
    assert "The data contradict the symmetry rotation(x, y)" in comparison.verdict
    assert comparison.verdict.endswith(f"Use `{NAMES['free']}`.")
    assert wrong.residual and free.residual and wrong.defect and free.defect
    assert wrong.residual.value > free.residual.value + 0.05
    assert wrong.defect.value < 1e-12
    assert free.defect.value == pytest.approx(0.7276, abs=0.05)
    assert PLAIN.number(free.defect.value) in comparison.verdict


@pytest.mark.parametrize(
    ("name", "symmetry", "sizes"),
    [
        ("hopf", "rotation(x, y)", {"trajectories": 4}),
        ("heat_2d", "rotation(x, y)", {"points": 32, "frames": 41}),
    ],
)
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("seed", range(2))
def test_a_right_rotation_is_not_accused(
    name: str, symmetry: str, sizes: dict[str, int], noise: float, seed: int
) -> None:
    """12 draws at three standard errors: no accusation has a probability of 98.4 %; the seeds are fixed."""
    comparison = searched(name, symmetry, noise, seed, **sizes)
    assert "contradict" not in comparison.verdict
    saved = comparison.rows[0].library_unknowns - comparison.rows[0].unknowns
    assert f"saves {saved} of {comparison.rows[0].library_unknowns} unknowns" in comparison.verdict


def turning(radius: float) -> sq.Record:
    t = np.linspace(0, 10, 501)
    return sq.trajectories(t, radius * np.exp(-0.1 * t)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1))


JET = sq.Jet("t", "x y")
TRUTH = {"x_t": "-x/10 - y", "y_t": "x - y/10"}


def spirals(angle: float = 1.0, free_angle: float = 1.0) -> dict[str, sq.Discovery]:
    """Stated laws in linear terms: one under rotations, with the angular velocity given, and the true one."""
    samples = sq.sample(turning(1.0), JET)
    library = sq.monomials(*JET.dependent, degree=1, min_degree=1)
    symmetric = sq.linear_ansatz(JET, library, sq.rotation("x", "y"))
    free = sq.linear_ansatz(JET, library, sq.trivial)
    assert str(symmetric.equations([2, 3])) == "((x_t, 2*x - 3*y), (y_t, 3*x + 2*y))"
    assert str(free.equations([1, 2, 3, 4])) == "((x_t, x + 3*y), (y_t, 2*x + 4*y))"
    return {
        "rotation": stated(symmetric, [-0.1, angle], samples),
        "free": stated(free, [-0.1, free_angle, -free_angle, -0.1], samples),
    }


def test_a_failed_search_is_not_blamed_on_the_symmetry() -> None:
    verdict = compare(spirals(angle=0.8), turning(2.0)).verdict
    assert verdict.startswith("The search under rotation(x, y) failed")
    assert "do not contradict it. Use `free`" in verdict


def test_a_free_law_that_does_not_fit_is_no_witness() -> None:
    verdict = compare(spirals(angle=0.75, free_angle=0.8), turning(2.0)).verdict
    assert verdict.startswith("Neither law fits, so rotation(x, y) is not tested")
    assert verdict.endswith("`free` itself leaves 0.040.")


def test_rows_hold_worked_numbers() -> None:
    comparison = compare(spirals(angle=0.8), turning(2.0), truth=TRUTH)
    wrong, right = comparison.rows
    assert wrong.terms and right.terms and wrong.coefficient_error and right.coefficient_error
    assert wrong.terms.joint and right.terms.joint
    assert wrong.coefficient_error.max == pytest.approx(0.2)
    assert wrong.coefficient_error.rms == pytest.approx(0.2 / np.sqrt(2))
    assert right.coefficient_error.max == 0
    # L - F = 0.2 (-y, x) and L = (-x/10 - y, x - y/10), all turning in step
    assert wrong.residual and wrong.residual.value == pytest.approx(0.04 / 1.01, rel=1e-3)
    assert wrong.forecast and right.forecast
    assert wrong.forecast.error > 0.5 > 1e-6 > right.forecast.error
    assert (wrong.unknowns, wrong.library_unknowns) == (2, 4)


@pytest.mark.parametrize(
    "truth",
    [
        TRUTH,
        list(TRUTH.items()),
        [f"{lead} = {rhs}" for lead, rhs in TRUTH.items()],
        "x_t = -x/10 - y; y_t = x - y/10",
        {JET[lead]: JET.parse(rhs) for lead, rhs in TRUTH.items()},
        [(JET[lead], JET.parse(rhs)) for lead, rhs in TRUTH.items()],
    ],
)
def test_the_truth_may_be_written_in_several_ways(truth) -> None:  # type: ignore[no-untyped-def]
    rows = compare(spirals(), truth=truth).rows
    assert all(row.terms and row.terms.joint for row in rows)


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        ("x_t = y", "solved for x_t, the laws for x_t, y_t"),
        ([], "solved for nothing"),
        ("x_t = y; y_t = __import__('os')", "__import__"),
        ({"x_t": "y", "z_t": "x"}, "z_t"),
    ],
)
def test_a_truth_that_does_not_fit_is_refused(truth, says) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sq.InvalidInput, match=says):
        compare(spirals(), truth=truth)


PLANE = sq.Jet("x y", "u", order=2)
LAPLACE = PLANE.parse("u_xx + u_yy")


def bowl(a: float, b: float, reach: float) -> sq.Record:
    """u = (a x^4 + b y^4) / 12 on a square, so u_xx + u_yy = a x^2 + b y^2."""
    x = np.linspace(-reach, reach, 41)
    u = (a * x[:, None] ** 4 + b * x**4) / 12
    return sq.field({"x": x, "y": x}, {"u": u})


def poisson(a: float, b: float) -> dict[str, sq.Discovery]:
    """Stated laws u_xx + u_yy = F: a (x^2 + y^2), as the rotations allow, and a x^2 + b y^2."""
    x, y = PLANE.independent
    samples = sq.sample(bowl(a, b, 1.0), PLANE)
    rotation = sq.rotation("x", "y").on(PLANE)
    symmetric = span(PLANE, [LAPLACE], rotation, [sp.S.Zero], [[x**2 + y**2]])
    free = span(PLANE, [LAPLACE], sq.trivial, [sp.S.Zero], [[x**2], [y**2]])
    return {"rotation": stated(symmetric, [a], samples), "free": stated(free, [a, b], samples)}


def test_laws_with_an_expression_on_the_left_are_compared() -> None:
    truth = "u_yy + u_xx = 4*(x^2 + y^2)"
    comparison = compare(poisson(4.0, 4.0), bowl(4.0, 4.0, 1.5), truth=truth)
    for row in comparison.rows:
        assert row.terms and row.terms.joint and row.coefficient_error and row.coefficient_error.max == 0
        assert row.residual and row.residual.value < 1e-12
        assert row.defect and row.defect.value < 1e-12
        assert row.forecast is None
    assert "share of the mean square of u_xx + u_yy" in comparison.text()
    assert "rotation(x, y) saves 1 of 2 unknowns" in comparison.verdict


def test_a_wrong_rotation_of_such_laws_is_noticed() -> None:
    """The condition x y (2 a - 2 b) with a = 4 and b = 2; of the left-hand side (b - a) y^2 is missed."""
    comparison = compare(poisson(4.0, 2.0), bowl(4.0, 2.0, 1.5))
    wrong, free = comparison.rows
    x = np.linspace(-1.5, 1.5, 41)
    share = np.mean((2 * x**2) ** 2) / np.mean((4 * x[:, None] ** 2 + 2 * x**2) ** 2)
    # The stencils leave the rim out.
    assert wrong.residual and wrong.residual.value == pytest.approx(share, rel=0.1)
    assert free.residual and free.residual.value < 1e-12
    assert free.defect and free.defect.value == pytest.approx(2 / np.hypot(4, 2))
    assert "The data contradict the symmetry rotation(x, y)" in comparison.verdict


def test_a_left_hand_side_with_products_of_noisy_variables() -> None:
    """x y_t - y x_t = r^2 on a turning point, 5 % noise: what is left is noise, and nothing is simulated."""
    x, y = JET.dependent
    lead = JET.parse("x*y_t - y*x_t")
    radius = span(JET, [lead], sq.rotation("x", "y").on(JET), [sp.S.Zero], [[x**2 + y**2]])
    law = stated(radius, [1.0], sq.sample(turning(1.0), JET))
    comparison = compare({"turning": law}, add_noise(turning(2.0), 0.05, 1))
    (row,) = comparison.rows
    assert row.residual and row.residual.value < 0.02
    assert row.defect and row.defect.value == 0
    assert "forecast error" not in comparison.table(PLAIN)[0]


def test_a_search_of_functions_is_not_taken_for_a_proof() -> None:
    """An ansatz with unknown functions has no closest member: worse than the free law, it refutes nothing."""
    form = sq.relation_ansatz(PLANE, sq.rotation("x", "y"), side=LAPLACE).solved_for(LAPLACE)
    worse, equal = poisson(4.0, 2.0), poisson(4.0, 4.0)
    for laws in (worse, equal):
        laws["rotation"] = replace(laws["rotation"], form=form)
    verdict = compare(worse, bowl(4.0, 2.0, 1.5)).verdict
    assert verdict.startswith("The search under rotation(x, y) did not find a law as good")
    assert "so the symmetry is not refuted. Use `free`" in verdict
    assert "rotation(x, y) costs no fit" in compare(equal, bowl(4.0, 4.0, 1.5)).verdict


def test_numbers_inside_functions_count_as_numbers() -> None:
    """x_t = exp(-c r^2) x - y and the like, c = 0.7 fitted: the law has the rotations, whatever c is."""
    x, y = JET.dependent
    c = sp.Symbol("c_1")
    shrink = sp.exp(-c * (x**2 + y**2))
    rotation = sq.rotation("x", "y").on(JET)
    turned = sq.Symmetry(rotation.generators, label="SO(2)", parameters=[c])
    leads = [JET["x_t"], JET["y_t"]]
    # The terms of such a law hold a symbol, which `constants` gives its value.
    ansatz = LinearAnsatz(
        JET,
        tuple(leads),
        (sq.Library([shrink * x, y]), sq.Library([shrink * y, x])),
        turned,
        {},
        ({(0, 0): sp.S.One, (1, 0): sp.S.One}, {(0, 1): -sp.S.One, (1, 1): sp.S.One}),
    )
    fitted = replace(
        stated(ansatz, [-0.1, 1.0], sq.sample(turning(1.0), JET)), constants=(Constant(c, 0.7, 0.01),)
    )
    (row,) = compare({"SO(2)": fitted}, turning(2.0)).rows
    assert row.defect and row.defect.value < 1e-14
    (panel,) = figure(turning(1.0), {"SO(2)": fitted}).subfigs[1].axes
    (bars,) = panel.containers
    assert sorted(bars[0].get_xdata()) == [-1.0, -0.1, -0.1, 1.0]


def test_laws_with_other_leads_are_refused() -> None:
    samples = sq.sample(turning(1.0), JET)
    single = sq.linear_ansatz(JET, sq.Library([JET["x"]]), sq.trivial, lead="x_t")
    with pytest.raises(sq.InvalidInput, match="`other` is solved for x_t and `rotation` for x_t, y_t"):
        compare({**spirals(), "other": stated(single, [1.0], samples)})
    with pytest.raises(sq.InvalidInput, match="at least one law"):
        compare({})


def test_without_held_out_data_nothing_is_claimed() -> None:
    comparison = compare(spirals())
    header, _ = comparison.table(PLAIN)
    assert header == ["law", "unknowns", "symmetry defect", "seconds"]
    assert "not tested" in comparison.verdict
    assert "not tested" in compare({"rotation": spirals()["rotation"]}, turning(2.0)).verdict
    assert compare({"free": spirals()["free"]}).table(PLAIN)[0] == ["law", "unknowns", "seconds"]


def test_the_symmetry_of_the_defects_may_be_given() -> None:
    rows = compare({"free": spirals()["free"]}, turning(2.0), symmetry=sq.reflection("x")).rows
    assert rows[0].defect and rows[0].defect.value > 0.5


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    laws = spirals(angle=0.9)
    return compare(
        {NAMES["symmetric"]: laws["rotation"], NAMES["free"]: laws["free"]}, turning(2.0), truth=TRUTH
    )


def test_plain_text_is_aligned(comparison: Comparison) -> None:
    lines = comparison.text().splitlines()
    rule = next(k for k, line in enumerate(lines) if set(line) == {"-"})
    header, rows = comparison.table(PLAIN)
    assert [" ".join(line[-9:].split()) for line in lines[rule - 1 : rule]] == [header[-1]]
    table = lines[rule + 1 : rule + 1 + len(rows)]
    assert [re.split(r"  +", line.strip()) for line in table] == rows
    assert {len(line) for line in table} == {len(lines[rule])}
    assert comparison.verdict in comparison.text() == str(comparison)


def test_markdown_has_one_cell_for_each_column(comparison: Comparison) -> None:
    header, rows = comparison.table(MARKDOWN)
    lines = comparison.markdown().splitlines()[: len(rows) + 2]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    assert {len(line) for line in cells} == {len(header)}
    assert cells[3][0].strip() == r"none \| #2"


def test_latex_escapes_names_and_balances(comparison: Comparison) -> None:
    table = comparison.latex()
    body = [line for line in table.splitlines() if not line.startswith("%")]
    header, rows = comparison.table(LATEX)
    assert body[0] == rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}"
    lines = [line for line in body if line.endswith(r"\\")]
    assert len(lines) == 1 + len(rows)
    assert all(len(re.findall(r"(?<!\\)&", line)) == len(header) - 1 for line in lines)
    assert lines[1].startswith(text_latex(NAMES["symmetric"]) + " & ")
    assert lines[2].startswith(r"none | \#2 & ")
    for line in lines:
        assert len(re.findall(r"(?<!\\)\{", line)) == len(re.findall(r"(?<!\\)\}", line))
        assert line.count("$") % 2 == 0
        assert not re.search(r"(?<!\\)[#%]", line)
