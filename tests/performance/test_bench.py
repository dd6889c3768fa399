"""The measurements run, small, and their tables say what they should."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from tests.performance import bench


def test_the_benchmark_runs_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(draws=1, seeds=1, points=32, frames=41, data=tmp_path)
    printed = capsys.readouterr().out
    assert "| damped_oscillator | 20% additive | 2 | rotation(x, y) | 2 / 12 / 2 forced | 1/1 |" in printed
    assert "| damped_oscillator | 20% additive | 5 | rotation(x, y) | 6 / 42 / 2 | 1/1 |" in printed
    assert "| growth | 5% multiplicative | 2 | scaling(x=2, y=1) | 3 / 12 / 3 forced | 1/1 |" in printed
    assert "| damped_oscillator | 50 of 101 | rotation(x, y) | 6 / 42 / 2 | 1% | 1/1 |" in printed
    assert "| damped_oscillator | rotation(x, y) | 5.0% | 1/1 |" in printed
    assert "| damped_oscillator | 21 | 4 | 1% |" in printed
    assert "kdv.mat | file not present: skipped" in printed
    assert "| SE(2), scalar | 2 | 8 | 3 | 5 | 5 | yes | yes |" in printed
    assert "| Burgers | 2 | 30 | 5 | yes |" in printed
    assert "| two inner constants | none | 1, 2 | symmetry | 1/1 |" in printed
    assert "| x1^2 x2 - x3/2 + sin x1 | 5% on y | 3, 1 | - |" in printed
    assert "| no symmetry | 32 x 32 x 41 | 19 | 180 | 1 |" in printed
    assert printed.count("x faster, same factors |") == 1 and printed.count("of the machine") == 2
    assert "| Kepler | 2% | weak |" in printed and "| Kepler | 2% | pointwise |" in printed
    assert printed.count("| x1^2 x2 - x3/2 + sin x1 | kept | 1000 | 2 |") == 1
    assert "pyoperon" in printed.split("## Against pyoperon")[1]
    for title, agreeing in (("Prolongation of all generators", 2), ("Rotation-equivariant right-hand", 1)):
        table = printed.split(f"## {title}")[1].split("## ")[0]
        assert table.count("| yes |\n") == agreeing and "NO" not in table


def test_one_table_can_be_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(points=32, only=["symbolic"])
    printed = capsys.readouterr().out
    assert printed.count("## ") == 1 and "| velocity, gradient, degree 2 | 273 | 801 | 7 |" in printed
    with pytest.raises(typer.BadParameter, match="there is no table speed; the tables are recovery, "):
        bench.main(only=["speed"])
