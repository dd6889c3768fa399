"""Whatever cannot be used ends with one clear line, status 2 (or 3), and no file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.cli.running import HEAT, heat_arrays, symeq, write

HOSTILE = "__import__('os').system('touch executed')"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with heat.npz."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "heat.npz", heat_arrays())
    return tmp_path


def refused(here: Path, *words: object, status: int = 2) -> str:
    """The message of a refusal that leaves the folder as it was."""
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    outcome = symeq("discover", *words, "--json", "law.json")
    assert outcome.status == status, outcome
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
    return outcome.message


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("missing.npz", *HEAT), "There is no file missing.npz. Check its name and folder."),
        ((), "DATA: name at least one file"),
        ((".", *HEAT), "is a directory"),
        (("heat.npz", "--independent", "t,x"), "`--dependent` must name variables"),
        (("heat.npz",), "heat.npz holds t (61), x (64), u (61 x 64)."),
        (("heat.npz", "--independent", "t,x", "--dependent", "v"), "Rename with `--rename u=v`."),
        (("heat.npz", "--independent", "time,x", "--dependent", "u"), "Rename with `--rename t=time`."),
        (("heat.npz", "--independent", "t", "--dependent", "u"), "does not fit the axes (t 61)"),
        (("heat.npz", "--independent", "t,t", "--dependent", "u"), "the variable `t` is named twice"),
        (("heat.npz", *HEAT, "--rename", "w=u"), "there is no `w` in heat.npz"),
        (("heat.npz", *HEAT, "--rename", "u"), "--rename: `u`: write `OLD=NEW`"),
        (("heat.npz", *HEAT, "--rename", "u=a b"), "`a b` cannot name a variable"),
        (("heat.npz", *HEAT, "--axes", "u"), "--axes: `u`: write `VARIABLE=AXIS,AXIS`"),
        (("heat.npz", *HEAT, "--axes", "w=t,x"), "there is no `w` in heat.npz"),
        (("heat.npz", *HEAT, "--periodic", "y"), "--periodic: `y` is not one of the independent variables"),
        (
            ("heat.npz", *HEAT, "--symmetry", "rotation(x, z)"),
            "--symmetry: `rotation(x, z)`: z is not a coordinate",
        ),
        (("heat.npz", *HEAT, "--symmetry", "tranlation(x)"), "Did you mean `translation`?"),
        (("heat.npz", *HEAT, "--symmetry", ""), "--symmetry: the text is empty"),
        (("heat.npz", *HEAT, "--generator", "t*d_x + d_v"), "unknown direction `d_v`"),
        (("heat.npz", *HEAT, "--generator", "k*d_x"), "unknown symbol `k`"),
        (("heat.npz", *HEAT, "--generator", "u_x*d_x"), "has no derivative `u_x`"),
        (("heat.npz", *HEAT, "--map", "x -> x^2 - x^2"), "--map: "),
        (("heat.npz", *HEAT, "--map", "y -> -y"), "unknown variable `y`"),
        (("heat.npz", *HEAT, "--lead", "u"), "a lead is a derivative, such as `u_t`"),
        (("heat.npz", *HEAT, "--lead", "v_t"), "--lead: `v_t`: unknown symbol `v_t`"),
        (("heat.npz", *HEAT, "--lead", "u_t, u_tt"), "u_tt"),
        (("heat.npz", *HEAT, "--library", "u, k*u_x"), "--library: `u, k*u_x`: unknown symbol `k`"),
        (("heat.npz", *HEAT, "--library", "u; u_x"), "part a list by `,`"),
        (("heat.npz", *HEAT, "--library", "u, u_xx", "--degree", 2), "`--degree` has nothing to say"),
        (
            ("heat.npz", *HEAT, "--library", "u, u_xx", "--order", 1),
            "a derivative of order 2, above `--order 1`",
        ),
        (("heat.npz", *HEAT, "--library", "u_x: u"), "u_x leads no equation; the leads are u_t"),
        (("heat.npz", *HEAT, "--known", "u*u_x"), "--known: `u*u_x`: write `u*u_x=-1`"),
        (("heat.npz", *HEAT, "--known", "u_xx=u"), "is not a constant"),
        (("heat.npz", *HEAT, "--known", "u_xxx=1"), "The known term u_xxx is not in the library"),
        (
            ("heat.npz", *HEAT, "--parameter", "u_x"),
            "--parameter: `u_x`: `u_x` is a coordinate of Jet(t, x; u)",
        ),
        (("heat.npz", *HEAT, "--parameter", "nu=pi"), "cannot be kept exact"),
        (("heat.npz", *HEAT, "--parameter", "nu, nu=1"), "nu is declared twice"),
        (
            ("heat.npz", *HEAT, "--parameter", "nu", "--library", "u, u_xx + nu*u"),
            "The parameter `nu` has no value, and the allowed laws contain",
        ),
        (("heat.npz", *HEAT, "--engine", "spare"), "Did you mean `sparse`?"),
        (("heat.npz", *HEAT, "--degree", "-1"), "found -1"),
        (("heat.npz", *HEAT, "--degree", "two"), "Invalid value for '--degree'"),
        (("heat.npz", *HEAT, "--degree", "1000000"), "--degree: 1000000 is too high"),
        (("heat.npz", *HEAT, "--degree", "60", "--order", "60"), "terms; at most 20000 are tried"),
        (("heat.npz", *HEAT, "--seed", "-1"), "found -1"),
        (("heat.npz", *HEAT, "--budget", "0"), "seconds above 0"),
        (("heat.npz", *HEAT, "--budget", "nan"), "seconds above 0"),
        (("heat.npz", *HEAT, "--symetry", "trivial"), "--symetry"),
        (("heat.npz", *HEAT, "--problem", "missing.toml"), "--problem: there is no file missing.toml"),
        (
            ("heat.npz", *HEAT, "--latex", "nowhere/law.tex"),
            "--latex: cannot write nowhere/law.tex: there is no directory",
        ),
        (("heat.npz", *HEAT, "--latex", "."), "it is a directory"),
        (("heat.npz", *HEAT, "--latex", "law.json"), "--json goes there already"),
        (("heat.npz", *HEAT, "--latex", "heat.npz"), "it is read as input"),
        (("heat.npz", *HEAT, "--latex", "/dev/null"), "it is not a regular file"),
    ],
    ids=lambda value: " ".join(map(str, value[3:])) if isinstance(value, tuple) else "",
)
def test_words_that_make_no_sense(here: Path, words: tuple[object, ...], says: str) -> None:
    assert says in refused(here, *words)


def spoil(change: Callable[[dict[str, np.ndarray]], None]) -> dict[str, np.ndarray]:
    arrays = heat_arrays()
    change(arrays)
    return arrays


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda a: a["u"].__setitem__((3, 5), np.inf),
            "1 Inf among its 3904 values, first at (t=0.15, x=0.49",
        ),
        (
            lambda a: a["u"].__setitem__((slice(None), slice(None)), np.nan),
            "Variable `u` in bad.npz is NaN everywhere",
        ),
        (
            lambda a: a["u"].__setitem__((slice(2, 4), 7), np.nan),
            "2 NaN among its 3904 values, first at (t=0.1, x=",
        ),
        (lambda a: a.update(t=a["t"][:2], u=a["u"][:2]), "Axis `t` in bad.npz has 2 points"),
        (lambda a: a["t"].__setitem__(5, 0.0), "Axis `t` in bad.npz is not increasing"),
        (lambda a: a.update(x=a["x"][:-1]), "does not fit the axes"),
        (lambda a: a["u"].fill(1.0), "is constant (everywhere 1)"),
        (lambda a: a.update(u=a["u"] * (1 + 1j)), "its imaginary part is not negligible"),
    ],
    ids=[
        "Inf",
        "all NaN",
        "some NaN",
        "two times",
        "not monotone",
        "misfit",
        "constant",
        "complex",
    ],
)
def test_data_from_which_nothing_can_be_learnt(
    here: Path, change: Callable[[dict[str, np.ndarray]], None], says: str
) -> None:
    write(here / "bad.npz", spoil(change))
    assert says in refused(here, "bad.npz", *HEAT)


def test_missing_values_are_left_out_on_demand(here: Path) -> None:
    write(here / "holed.npz", spoil(lambda a: a["u"].__setitem__((slice(20, 24), 7), np.nan)))
    assert "(`--missing`)" in refused(here, "holed.npz", *HEAT)
    outcome = symeq("discover", "holed.npz", *HEAT, "--missing")
    assert outcome.status == 0 and "u: 4 of 3904 values missing" in outcome.out


def test_a_store_that_claims_too_much(here: Path) -> None:
    arrays = heat_arrays()
    dataset = xr.Dataset({"u": (("t", "x"), arrays["u"])}, {"t": arrays["t"], "x": arrays["x"]})
    dataset.to_zarr(here / "bad.zarr", zarr_format=2, consolidated=False)
    for name, shape in (("t", [10**15]), ("u", [10**15, 64])):
        described = json.loads((here / "bad.zarr" / name / ".zarray").read_text())
        (here / "bad.zarr" / name / ".zarray").write_text(json.dumps({**described, "shape": shape}))
    assert "`u` in bad.zarr claims 64000000000000000 points" in refused(here, "bad.zarr", *HEAT)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"u,t\n1"])
def test_a_damaged_file(here: Path, content: bytes) -> None:
    (here / "bad.npz").write_bytes(content)
    assert "cannot be read as NumPy" in refused(here, "bad.npz", *HEAT)


TEXT_FLAGS = (
    "independent", "dependent", "symmetry", "generator", "map", "lead", "library", "known", "parameter",
    "rename", "axes", "periodic", "engine",
)  # fmt: skip
SHAPES = {
    "rename": ("{}=u", "u={}"),
    "axes": ("u={}", "{}=t,x"),
    "known": ("{}=1", "u={}", "{}:u=1"),
    "parameter": ("nu={}", "{}=1"),
    "map": ("x -> {}",),
    "generator": ("{}*d_x",),
    "library": ("u, {}", "{}: u"),
    "symmetry": ("scaling(x={})", "translation({})"),
}
HOSTILE_WORDS = [(key, shape.format(HOSTILE)) for key in TEXT_FLAGS for shape in ("{}", *SHAPES.get(key, ()))]


@pytest.mark.parametrize(("key", "text"), HOSTILE_WORDS)
def test_text_is_never_run(here: Path, key: str, text: str) -> None:
    words = {"independent": "t,x", "dependent": "u", key: text}
    refused(here, "heat.npz", *(part for name, value in words.items() for part in (f"--{name}", value)))


@pytest.mark.parametrize(("key", "text"), HOSTILE_WORDS)
def test_text_in_a_problem_file_is_never_run(here: Path, key: str, text: str) -> None:
    words = {"independent": "t,x", "dependent": "u", key: text}
    (here / "problem.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in words.items()))
    assert "problem.toml" in refused(here, "heat.npz", "--problem", "problem.toml") or key in (
        "rename",
        "axes",
    )


def test_terminal_codes_in_names_are_shown_and_not_sent(here: Path) -> None:
    assert "\\x1b[2J" in refused(here, "\x1b[2J.npz", *HEAT)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(here: Path) -> None:
    (here / "locked").mkdir(mode=0o500)
    assert "Permission denied" in refused(here, "heat.npz", *HEAT, "--latex", "locked/law.tex")


def test_outputs_are_checked_before_the_data_are_read(here: Path) -> None:
    (here / "broken.npz").write_bytes(b"no archive")
    assert "cannot write" in refused(here, "broken.npz", *HEAT, "--latex", "nowhere/law.tex")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--library", "u, u_xx", "--symmetry", "boost(x, u)"), "the term u*u_x with coefficient -1"),
        (("--library", "u, u^2", "--generator", "d_u"), "No library term satisfies"),
        (("--symmetry", "boost(x, u)", "--known", "u*u_x=-2"), "The coefficient has to be -1"),
        (("--generator", "t*d_x + d_u", "--generator", "2*t*d_x + d_u"), "contradict"),
    ],
    ids=["lacking term", "nothing", "known", "two boosts"],
)
def test_no_law_is_allowed(here: Path, words: tuple[str, ...], says: str) -> None:
    assert says in refused(here, "heat.npz", *HEAT, *words, status=3)


def test_no_law_fits_noise(here: Path) -> None:
    arrays = heat_arrays()
    arrays["u"] = np.random.default_rng(0).normal(size=arrays["u"].shape)
    write(here / "noise.npz", arrays)
    assert "No law fits" in refused(here, "noise.npz", *HEAT, "--library", "u_xx", status=3)


def test_a_budget_too_small(here: Path) -> None:
    assert "The budget of 0.001 s is spent." in refused(
        here, "heat.npz", *HEAT, "--budget", "0.001", status=3
    )


def test_an_interrupt_is_one_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("symeq.cli.allowed.discover", interrupted)
    assert refused(here, "heat.npz", *HEAT, status=130) == "interrupted."
