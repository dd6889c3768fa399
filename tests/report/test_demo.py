"""`python -m systems demo` on a small grid: what it prints, what it writes, how it refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from systems.__main__ import app
from systems.demo import demo


def test_the_demo_goes_the_whole_road(tmp_path: Path) -> None:
    printed = io.StringIO()
    picture, document = demo(tmp_path, points=48, frames=61, console=Console(file=printed, width=120))
    text = printed.getvalue()
    places = [
        text.index(part)
        for part in (
            "6 unknowns instead of 40",
            "u_t = beta_1*u",
            "u_t = (",
            r"\begin{aligned}",
            "plain PySINDy",
            "saves 34 of 40 unknowns",
            str(picture),
            str(document),
        )
    ]
    assert places == sorted(places)
    assert picture.read_bytes().startswith(b"\x89PNG")
    written = json.loads(document.read_text("utf-8"))
    assert written["unknowns"] == {"library": 40, "allowed": 6}
    values = {(t["lhs"], t["expression"]): t["value"] for t in written["terms"]}
    laplacian = values["Derivative(u(t, x, y), t)", "Derivative(u(t, x, y), (x, 2))"]
    assert abs(laplacian - 0.1) < 0.01


def test_a_missing_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "missing")])
    assert result.exit_code == 2
    assert result.output.startswith("error: cannot write ")
    assert result.output.count("\n") == 1
