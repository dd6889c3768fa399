"""The comparison: a wrong symmetry is noticed, a right one is not accused, and every format is sound."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symeq as sq
from symeq.geometry.grammar import read_symmetry
from symeq.latex import text_latex
from symeq.report import Comparison, compare
from symeq.report.table import LATEX, MARKDOWN, PLAIN
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
