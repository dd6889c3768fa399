"""The measurements run, small, and their tables say what they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.performance import bench


def test_the_benchmark_runs_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(draws=1, points=32, frames=41, data=tmp_path)
    printed = capsys.readouterr().out
    assert "| damped_oscillator | 20% additive | 2 | rotation(x, y) | 2 / 12 / 2 forced | 1/1 |" in printed
    assert "| damped_oscillator | 20% additive | 5 | rotation(x, y) | 6 / 42 / 2 | 1/1 |" in printed
    assert "| growth | 5% multiplicative | 2 | scaling(x=2, y=1) | 3 / 12 / 3 forced | 1/1 |" in printed
    assert "kdv.mat | file not present: skipped" in printed
    assert "| velocity, gradient, degree 2 | 273 | 7 |" in printed
