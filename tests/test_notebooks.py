"""Notebooks run, and each .ipynb holds the cells of the percent-script beside it."""

from __future__ import annotations

import runpy
from pathlib import Path

import jupytext
import matplotlib.pyplot as plt
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def cells(path: Path) -> list[tuple[str, str]]:
    """(type, source) of each cell that is not empty."""
    sources = [(cell.cell_type, cell.source.strip()) for cell in jupytext.read(path).cells]
    return [cell for cell in sources if cell[1]]


def test_scripts_and_notebooks_come_in_pairs() -> None:
    notebooks = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert {path.stem for path in SCRIPTS} == notebooks, "run `make notebooks`"


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_notebook_is_its_script(script: Path) -> None:
    assert cells(script.with_suffix(".ipynb")) == cells(script), "run `make notebooks`"


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_script_runs(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script), run_name="__main__")
    plt.close("all")
