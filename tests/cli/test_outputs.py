"""Files come whole, all of them or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symeq.cli.outputs import check_outputs, write_outputs
from symeq.cli.settings import Settings
from symeq.errors import InvalidInput


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def test_every_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "old.tex").write_text("old")
    write_outputs({"--json": (tmp_path / "new.json", "1 ± 0"), "--latex": (tmp_path / "old.tex", "x")})
    assert contents(tmp_path) == {"new.json": "1 ± 0", "old.tex": "x"}


@pytest.mark.parametrize("existing", [{}, {"a.json": "old", "b.tex": "older"}])
@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("fails_at", [1, 2])
def test_when_one_fails_nothing_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: dict[str, str], step: str, fails_at: int
) -> None:
    for name, text in existing.items():
        (tmp_path / name).write_text(text)
    works, calls = getattr(os, step), []

    def full(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")
        works(*arguments)

    monkeypatch.setattr(os, step, full)
    flag, name = [("--json", "a.json"), ("--latex", "b.tex")][fails_at - 1]
    with pytest.raises(InvalidInput, match=f"{flag}: cannot write .*{name}: No space left on device"):
        write_outputs({"--json": (tmp_path / "a.json", "new"), "--latex": (tmp_path / "b.tex", "new")})
    assert contents(tmp_path) == existing


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    check_outputs(Settings.of_flags({"json": tmp_path / "link.json"}))
    write_outputs({"--json": (tmp_path / "link.json", "new")})
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "target.json").read_text() == "new"


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_outputs(Settings.of_flags({"json": tmp_path / "a.json"}))
    assert contents(tmp_path) == {}


def test_an_input_seen_through_a_link_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "data.npz").write_text("data")
    (tmp_path / "link").symlink_to(tmp_path / "data.npz")
    with pytest.raises(InvalidInput, match="it is read as input"):
        check_outputs(Settings.of_flags({"json": tmp_path / "link"}), [tmp_path / "data.npz"])
