"""The figure: what it shows, that nothing overlaps, and that a file is whole or absent."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import symeq as sq
from symeq.report.metrics import coefficients
from symeq.report.plots import MOST_TERMS, figure, save_figure
from systems import SYSTEMS
from tests.report.laws import stated

matplotlib.use("agg")


def drawn(name: str, **sizes: int) -> Any:
    """The figure of a system's law with coefficients 10 % too large, in the system's own library."""
    system = SYSTEMS[name]
    jet, record = system.jet, system.simulate(**sizes)
    samples = sq.sample(record, jet)
    free = sq.linear_ansatz(jet, system.candidates, sq.trivial, lead=list(system.law))
    true = {lead: coefficients(rhs) for lead, rhs in system.law.items()}
    beta = np.zeros(free.unknowns)
    for k, vector in enumerate(free.basis_coefficients):
        (((a, m), number),) = vector.items()
        beta[k] = 1.1 * true[free.leads[a]].get(free.libraries[a].terms[m], 0.0) / float(number)
    return figure(record, {"law & co": stated(free, beta, samples)}, system.law)


CASES = [
    ("lambda_omega", {"points": 16, "frames": 21}, 2),
    ("hopf", {"trajectories": 2}, 1),
    ("burgers", {"points": 64, "frames": 41}, 1),
]


@pytest.mark.parametrize(("name", "sizes", "panels"), CASES)
def test_data_on_the_left_and_coefficients_on_the_right(
    name: str, sizes: dict[str, int], panels: int
) -> None:
    system, canvas = SYSTEMS[name], drawn(name, **sizes)
    left, right = canvas.subfigs
    fields = [axes for axes in left.axes if axes.get_label() != "<colorbar>"]
    assert len(fields) == panels
    assert fields[-1].get_xlabel() in {f"${x}$" for x in system.jet.independent}
    (panel,) = right.axes
    (bars,) = panel.containers
    terms = sum(len(rhs.expand().args) for rhs in system.law.values())
    assert len(bars[0].get_xdata()) == terms
    true = {round(float(line.get_xdata()[0]), 9) for line in panel.lines if line.get_color() == "black"}
    assert {round(float(value) / 1.1, 9) for value in bars[0].get_xdata()} == true


@pytest.mark.parametrize(("name", "sizes", "panels"), CASES)
def test_labels_do_not_overlap(name: str, sizes: dict[str, int], panels: int) -> None:
    canvas = drawn(name, **sizes)
    canvas.draw_without_rendering()
    (panel,) = canvas.subfigs[1].axes
    for ticks in (panel.get_yticklabels(), panel.get_xticklabels()):
        boxes = [label.get_window_extent() for label in ticks if label.get_text()]
        assert len(boxes) > 1
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    labels = panel.get_yticklabels()
    edge = max(axes.get_tightbbox().x1 for axes in canvas.subfigs[0].axes)
    assert min(label.get_window_extent().x0 for label in labels) > edge
    (legend,) = canvas.legends
    assert not any(legend.get_window_extent().overlaps(axes.get_window_extent()) for axes in canvas.axes)


def test_many_terms_are_cut_and_the_figure_says_so() -> None:
    jet = SYSTEMS["hopf"].jet
    record = SYSTEMS["hopf"].simulate(trajectories=2)
    free = sq.linear_ansatz(jet, SYSTEMS["hopf"].candidates, sq.trivial)
    law = stated(free, np.linspace(1, 2, free.unknowns), sq.sample(record, jet))
    (panel,) = figure(record, {"all": law}).subfigs[1].axes
    assert len(panel.get_yticks()) == MOST_TERMS
    assert f"{free.unknowns - MOST_TERMS} smaller terms are not shown" in panel.get_xlabel()


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_figure_is_written(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"figure{suffix}"
    save_figure(drawn("hopf", trajectories=2), out)
    start = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix]
    assert out.read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("a.txt", "its suffix is .txt; figures with .png"),
        ("missing/a.png", "there is no directory"),
        ("folder.png", "is a directory"),
    ],
)
def test_an_unwritable_path_is_refused_in_one_line(tmp_path: Path, out: str, says: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(sq.InvalidInput, match=says) as caught:
        save_figure(drawn("hopf", trajectories=2), tmp_path / out)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_matplotlib_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(sq.MissingExtra, match=r"symeq\[plot\]"):
        drawn("hopf", trajectories=2)
