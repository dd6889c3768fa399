"""`symeq discover --weak`: noisy data through test functions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from systems import SYSTEMS, add_noise
from tests.cli.running import HEAT, OSCILLATOR, TURNING, symeq, write


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


def test_workers_and_a_state_give_the_same_law(tmp_path: Path) -> None:
    """The state is made, gone on with when all is done, and refused for other data and as another file."""
    data, state = noisy_burgers(tmp_path), tmp_path / "pass.npz"
    asked = (*HEAT, "--symmetry", "boost(x, u)", "--weak", "--json", tmp_path / "law.json")
    laws = []
    for further in ((), ("--workers", "2", "--resume", state), ("--resume", state)):
        done = symeq("discover", data, *asked, *further)
        assert (done.status, done.err) == (0, "")
        law = json.loads((tmp_path / "law.json").read_text("utf-8"))
        laws.append([term["value"] for term in law["terms"]])
    assert laws[0] == laws[1] == laws[2]
    part = add_noise(SYSTEMS["burgers"].simulate(points=128), 0.3, 2).parts[0]
    other = write(tmp_path / "other.npz", {name: np.asarray(part[name].values) for name in ("t", "x", "u")})
    done = symeq("discover", other, *asked, "--resume", state)
    assert done.status == 2
    assert "is the state of another pass: the data, the ansatz or the test functions differ." in done.message
    (tmp_path / "text.npz").write_text("u_t = u_xx", "utf-8")
    done = symeq("discover", data, *asked, "--resume", tmp_path / "text.npz")
    assert done.status == 2
    assert "--resume: " in done.message and "is no state of a pass of this version." in done.message


@pytest.mark.parametrize("flag", [("--workers", "2"), ("--resume", "state.npz")])
def test_without_test_functions_there_is_no_pass_to_share(flag: tuple[str, str], tmp_path: Path) -> None:
    done = symeq("discover", tmp_path, *HEAT, *flag)
    assert done.status == 2
    assert f"{flag[0]}: it is for `--engine genetic`" in done.message


def noisy_spirals(folder: Path) -> list[Path]:
    """Spirals z' = (0.1 + i - 0.1 |z|^2) z from four starts, noise of 0.05 on each coordinate."""
    t, rng = np.linspace(0, 10, 401), np.random.default_rng(0)
    files = []
    for start in (0.3, 0.6, 1.5, 2.0):
        radius = 1 / np.sqrt(1 + (1 / start**2 - 1) * np.exp(-0.2 * t))
        x, y = radius * np.array([np.cos(t), np.sin(t)]) + 0.05 * rng.standard_normal((2, 401))
        files.append(write(folder / f"spiral_{start}.npz", {"t": t, "x": x, "y": y}))
    return files


@pytest.mark.parametrize("engine", ["genetic", "both"])
def test_functions_are_searched_by_test_functions(engine: str, tmp_path: Path) -> None:
    out = tmp_path / "law.json"
    asked = (*noisy_spirals(tmp_path), *OSCILLATOR, *TURNING, "--engine", engine, "--weak", "--json", out)
    done = symeq("discover", *asked, "--operators", "add, mul", "--epochs", "2", "--quiet")
    assert done.status == 0, done.message
    law = json.loads(out.read_text("utf-8"))
    assert any("test functions of" in note for note in law["data"]["sampled"])
    found = {(term["lhs"], term["expression"]) for term in law["terms"]}
    assert {("Derivative(x(t), t)", "y(t)"), ("Derivative(y(t), t)", "x(t)")} <= found
