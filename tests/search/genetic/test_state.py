"""A search on disk: it goes on where it stopped, and a file that is something else is refused untouched."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symeq as sq
from symeq.errors import InvalidInput
from symeq.search.genetic import epochs as epochs_module
from symeq.search.genetic.epoch import EpochResult
from symeq.search.genetic.epochs import Plan, evolve
from symeq.search.genetic.front import Model
from symeq.search.genetic.state import State
from systems import SYSTEMS
from tests.search.genetic.posed import A, B, op, points, posed

LEAVES = points(rows=100)
NOISE = np.random.default_rng(3).standard_normal(100)
PROBLEM = posed(np.exp(-LEAVES[1]) + np.sin(2 * LEAVES[2]) + 0.1 * NOISE, LEAVES)
PLAN = Plan(seed=1, epochs=3, population=20)


@pytest.fixture(scope="module", autouse=True)
def never_agree() -> Iterator[None]:
    """Epochs that agree would end a search before all of them were run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epochs_module, "AGREEING", 99)
        yield


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The state of a whole search."""
    path = tmp_path_factory.mktemp("state") / "search.json"
    saved = State(path)
    evolve(PROBLEM, PLAN, watch=lambda _, epoch: saved.add(PROBLEM, PLAN, epoch))
    return path.read_text(encoding="utf-8")


def test_epochs_come_back_as_they_were(tmp_path: Path) -> None:
    """Numbers that are no short decimals, all kinds of tokens; the file is plain JSON."""
    terms = (
        (0, op("mul", op("sin", A, constant=2 / 3), op("sqrt", B))),
        (0, op("exp", A, constant=-1e-17 / 3)),
    )
    told = EpochResult((Model(terms, 1 / 3, 9), Model(((0, (0,)),), np.nextafter(0, 1), 2)), 12345, 67, 8)
    path = tmp_path / "search.json"
    saved = State(path)
    saved.add(PROBLEM, PLAN, told)
    saved.add(PROBLEM, PLAN, replace(told, evaluations=1))
    assert State(path).epochs(PROBLEM, PLAN) == [told, replace(told, evaluations=1)]
    assert json.loads(path.read_text())["kind"] == "symeq genetic search"
    assert os.listdir(tmp_path) == ["search.json"]


@pytest.mark.parametrize("count", range(4))
def test_a_search_broken_off_after_any_epoch_ends_in_the_same(count: int, text: str, tmp_path: Path) -> None:
    """And leaves the same file."""
    content = json.loads(text)
    (key,) = content["searches"]
    content["searches"][key] = content["searches"][key][:count]
    path = tmp_path / "search.json"
    if count:
        path.write_text(json.dumps(content), encoding="utf-8")
    saved = State(path)
    done = saved.epochs(PROBLEM, PLAN)
    assert len(done) == count
    outcome = evolve(PROBLEM, PLAN, done=done, watch=lambda _, epoch: saved.add(PROBLEM, PLAN, epoch))
    assert outcome == evolve(PROBLEM, PLAN)
    assert path.read_text(encoding="utf-8") == text


def test_what_the_clock_or_the_user_ended_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    saved = State(path)
    told = EpochResult((Model(((0, A),), 0.5, 2),), 1, 1, 3)
    saved.add(PROBLEM, PLAN, replace(told, late=True))
    saved.add(PROBLEM, PLAN, replace(told, interrupted=True))
    assert not path.exists() and saved.epochs(PROBLEM, PLAN) == []


OTHERS = {
    "data": (posed(PROBLEM.target + 1e-12, LEAVES), PLAN),
    "operators": (posed(PROBLEM.target, LEAVES, operators=["mul", "exp"]), PLAN),
    "seed": (PROBLEM, replace(PLAN, seed=2)),
    "population": (PROBLEM, replace(PLAN, population=30)),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_search_is_foreign(what: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    path.write_text(text, encoding="utf-8")
    other, plan = OTHERS[what]
    assert State(path).foreign([other], plan) and State(path).epochs(other, plan) == []
    assert not State(path).foreign([other, PROBLEM], PLAN)
    assert not State(tmp_path / "none.json").foreign([other], plan)


def test_more_epochs_and_other_workers_are_the_same_search(text: str, tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    path.write_text(text, encoding="utf-8")
    assert len(State(path).epochs(PROBLEM, replace(PLAN, epochs=99, workers=2, evaluations=5))) == 3


FILES = {
    "empty": "",
    "no JSON": "u_t = u_xx",
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "another kind": '{"kind": "symeq law", "schema": 1, "searches": {}}',
    "another schema": '{"kind": "symeq genetic search", "schema": 2, "searches": {}}',
    "no searches": '{"kind": "symeq genetic search", "schema": 1}',
    "searches of another form": '{"kind": "symeq genetic search", "schema": 1, "searches": [1]}',
    "epochs of another form": '{"kind": "symeq genetic search", "schema": 1, "searches": {"a": {}}}',
    "nested without end": "[" * 100_000,
}


def refused(path: Path) -> None:
    """One message that names the file and says what to do; the file is as it was."""
    before = path.read_bytes()
    with pytest.raises(InvalidInput) as told:
        State(path).epochs(PROBLEM, PLAN)
    assert str(told.value) == (
        f"{path} is no state of a genetic search of this version. Name another file, or remove it to begin"
        " anew."
    )
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_state_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    path.write_text(FILES[name], encoding="utf-8")
    refused(path)


def test_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    path.write_bytes(b"\x80\x04\x95\x00\xff\xfe")
    refused(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_a_file_is_refused(share: float, text: str, tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    path.write_text(text[: int(share * len(text))], encoding="utf-8")
    refused(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        State(tmp_path)


def tree(tokens: Any) -> Callable[[dict[str, Any]], None]:
    def change(epoch: dict[str, Any]) -> None:
        epoch["front"][0]["terms"] = [[0, tokens]]

    return change


def entry(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(epoch: dict[str, Any]) -> None:
        epoch["front"][0][key] = value

    return change


def count(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(epoch: dict[str, Any]) -> None:
        epoch[key] = value

    return change


TAMPERED = {
    "unknown operator": tree([["pow", None], 1, 2]),
    "code for an operator": tree([["__import__('os').system('true')", None], 1]),
    "an import": tree([["__import__", None], 1]),
    "a dunder": tree([["__class__", None], 1]),
    "too few arguments": tree([["mul", None], 1]),
    "too many arguments": tree([["mul", None], 1, 2, 3]),
    "no tokens": tree([]),
    "leaf out of range": tree([4]),
    "negative leaf": tree([-1]),
    "a leaf that is true": tree([True]),
    "a leaf that is a fraction": tree([1.5]),
    "a leaf that is text": tree(["1"]),
    "null": tree([None]),
    "a token of one": tree([["mul"], 1, 2]),
    "a token of three": tree([["mul", None, None], 1, 2]),
    "a name that is a list": tree([[["mul"], None], 1, 2]),
    "NaN": tree([["exp", float("nan")], 1]),
    "infinite": tree([["exp", float("inf")], 1]),
    "larger than any float": tree([["exp", 10**400], 1]),
    "no constant": tree([["exp", None], 1]),
    "a constant too many": tree([["mul", 2.0], 1, 2]),
    "a constant that is text": tree([["exp", "two"], 1]),
    "tokens that are an object": tree({"a": 1}),
    "tokens that are text": tree("mul"),
    "terms that are a number": entry("terms", 3),
    "a vector out of range": entry("terms", [[1, [1]]]),
    "a negative vector": entry("terms", [[-1, [1]]]),
    "a vector that is text": entry("terms", [["0", [1]]]),
    "an error below zero": entry("error", -1.0),
    "an error that is NaN": entry("error", float("nan")),
    "an error that is text": entry("error", "small"),
    "an error without end": entry("error", 10**400),
    "no error": entry("error", None),
    "an infinite size": entry("size", float("inf")),
    "a size that is text": entry("size", "long"),
    "a front that is a number": count("front", 3),
    "evaluations below zero": count("evaluations", -1),
    "generations that are text": count("generations", "3"),
    "most that is a fraction": count("most", 3.5),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_epochs_that_were_changed_are_refused(name: str, text: str, tmp_path: Path) -> None:
    content = copy.deepcopy(json.loads(text))
    (epochs,) = content["searches"].values()
    TAMPERED[name](epochs[1])
    path = tmp_path / "search.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    refused(path)


@pytest.mark.parametrize("missing", ["front", "evaluations", "generations", "most"])
def test_epochs_that_lack_something_are_refused(missing: str, text: str, tmp_path: Path) -> None:
    content = json.loads(text)
    (epochs,) = content["searches"].values()
    del epochs[0][missing]
    path = tmp_path / "search.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    refused(path)


@pytest.mark.parametrize("epoch", [None, 3, "front", []])
def test_epochs_that_are_none_are_refused(epoch: object, text: str, tmp_path: Path) -> None:
    content = json.loads(text)
    (epochs,) = content["searches"].values()
    epochs[0] = epoch
    path = tmp_path / "search.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    refused(path)


def test_a_write_that_fails_leaves_the_state_as_it_was(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "search.json"
    path.write_text(text, encoding="utf-8")
    saved = State(path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    told = EpochResult((Model(((0, A),), 0.5, 2),), 1, 1, 3)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InvalidInput, match="No space left"):
        saved.add(PROBLEM, PLAN, told)
    assert path.read_text(encoding="utf-8") == text and os.listdir(tmp_path) == ["search.json"]


# The engine


def small(path: Path, **further: Any) -> sq.GeneticProgramming:
    settings = {
        "seed": 0,
        "epochs": 2,
        "population": 20,
        "rows": 60,
        "operators": ["add", "mul"],
        "state": path,
    }
    settings |= further
    return sq.GeneticProgramming(**settings)


@pytest.fixture(scope="module")
def asked() -> tuple[sq.FunctionalAnsatz, sq.Samples]:
    system = SYSTEMS["two_constants"]
    form = sq.functional_ansatz(system.jet, sq.rotation("x", "y") + sq.translation("t"))
    return form, sq.sample(system.simulate(trajectories=2), system.jet)


def test_the_engine_goes_on_and_refuses_the_state_of_another_search(asked: Any, tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    whole = small(path).search(*asked)
    written = path.read_bytes()
    content = json.loads(written)
    (key,) = content["searches"]
    content["searches"][key] = content["searches"][key][:1]
    path.write_text(json.dumps(content), encoding="utf-8")
    again = small(path).search(*asked)
    assert path.read_bytes() == written
    assert again.functions == whole.functions and again.front == whole.front
    assert np.array_equal(again.beta, whole.beta) and again.end == whole.end
    for other in (small(path, seed=1), small(path, rows=50), small(path, operators=["mul", "sub"])):
        with pytest.raises(InvalidInput, match="state of another search.*Name another file"):
            other.search(*asked)
    assert path.read_bytes() == written and os.listdir(tmp_path) == ["search.json"]


def test_a_path_that_cannot_be_written_is_refused(asked: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="annot write"):
        small(tmp_path / "missing" / "search.json", epochs=1).search(*asked)
