"""`symeq discover --weak`: noisy data through test functions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from systems import SYSTEMS, add_noise
from tests.cli.running import HEAT, symeq, write


def noisy_burgers(folder: Path) -> Path:
    part = add_noise(SYSTEMS["burgers"].simulate(points=128), 0.3, 1).parts[0]
    return write(folder / "burgers.npz", {name: np.asarray(part[name].values) for name in ("t", "x", "u")})


def test_noisy_data_through_test_functions(tmp_path: Path) -> None:
    out = tmp_path / "law.json"
    asked = (noisy_burgers(tmp_path), *HEAT, "--symmetry", "boost(x, u)", "--symmetry", "reflection(x, u)")
    done = symeq("discover", *asked, "--weak", "--json", out)
    assert (done.status, done.err) == (0, "")
    assert "test functions of" in done.out
    law = json.loads(out.read_text("utf-8"))
    assert {term["expression"] for term in law["terms"]} == {
        "u(t, x)*Derivative(u(t, x), x)",
        "Derivative(u(t, x), (x, 2))",
    }


def test_functions_are_not_searched_by_test_functions(tmp_path: Path) -> None:
    done = symeq("discover", tmp_path, *HEAT, "--weak", "--engine", "genetic")
    assert done.status == 2
    assert "--weak: it is for `--engine sparse`" in done.message
