"""What the commands without data refuse: one clear line, status 2, and every file as it was."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from symeq.cli import clock
from tests.cli.running import HEAT, symeq
from tests.cli.test_settings import FLAGS

HOSTILE = "__import__('os').system('touch executed')"
SYMBOLIC = ("constraints", "invariants", "symmetries", "check")
# A call of each command that is in order.
SOUND = {
    "constraints": {"independent": "t,x", "dependent": "u", "symmetry": "translation(t)", "degree": "1"},
    "invariants": {"independent": "t,x", "dependent": "u", "symmetry": "translation(t)", "order": "1"},
    "symmetries": {"independent": "t,x", "dependent": "u", "equation": "u_t = u*u_x", "degree": "0"},
    "check": {"independent": "t,x", "dependent": "u", "equation": "u_t = u_xx", "symmetry": "translation(t)"},
}
TEXT_FLAGS = {"independent", "dependent", "parameter", "symmetry", "generator", "map", "lead", "library",
              "known", "prefer", "equation", "consequence"}  # fmt: skip
SHAPES = {
    "known": ("{}=1", "u={}", "{}:u=1"),
    "parameter": ("nu={}", "{}=1"),
    "map": ("x -> {}",),
    "generator": ("{}*d_x",),
    "library": ("u, {}", "{}: u"),
    "symmetry": ("scaling(x={})", "translation({})"),
    "equation": ("u_t = {}", "{} = u_t"),
    "consequence": ("u_t = {}",),
    "prefer": ("u, {}",),
}
HOSTILE_WORDS = [
    (command, key, shape.format(HOSTILE))
    for command in SYMBOLIC
    for key in sorted(FLAGS[command] & TEXT_FLAGS)
    for shape in ("{}", *SHAPES.get(key, ()))
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with an answer of before."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answer.json").write_text("of before")
    return tmp_path


def contents(here: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}


def refused(here: Path, *words: object, status: int = 2) -> str:
    """The message of a refusal that leaves the folder as it was."""
    before = contents(here)
    outcome = symeq(*words, "--json", "answer.json")
    assert (outcome.status, outcome.out) == (status, ""), outcome
    assert contents(here) == before
    return outcome.message


def words_of(settings: dict[str, str]) -> list[str]:
    return [word for key, value in settings.items() for word in (f"--{key}", value)]


@pytest.mark.parametrize("command", SYMBOLIC)
def test_what_is_in_order_is_not_refused(here: Path, command: str) -> None:
    assert symeq(command, *words_of(SOUND[command])).status == 0


@pytest.mark.parametrize(("command", "key", "text"), HOSTILE_WORDS)
def test_text_is_never_run(here: Path, command: str, key: str, text: str) -> None:
    settings = {k: v for k, v in SOUND[command].items() if key != "library" or k != "degree"}
    message = refused(here, command, *words_of(settings | {key: text}))
    assert f"--{key}" in message


@pytest.mark.parametrize(("command", "key", "text"), HOSTILE_WORDS)
def test_text_in_a_problem_file_is_never_run(here: Path, command: str, key: str, text: str) -> None:
    settings = {k: v for k, v in SOUND[command].items() if key != "library" or k != "degree"} | {key: text}
    lines = (f"{k} = {v}" if v.isdigit() else f'{k} = "{v}"' for k, v in settings.items())
    (here / "problem.toml").write_text("\n".join(lines))
    assert f"problem.toml: {key}: " in refused(here, command, "--problem", "problem.toml")


@pytest.mark.parametrize("command", SYMBOLIC)
@pytest.mark.parametrize("key", ["independent", "dependent"])
def test_variables_have_to_be_named(here: Path, command: str, key: str) -> None:
    settings = {k: v for k, v in SOUND[command].items() if k != key}
    assert f"`--{key}` must name variables" in refused(here, command, *words_of(settings))


@pytest.mark.parametrize("command", SYMBOLIC)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--budget", "0"), "--budget: expected a number of seconds above 0"),
        (("--budget", "soon"), "Invalid value for '--budget'"),
        (("--latex", "nowhere/a.tex"), "--latex: cannot write nowhere/a.tex: there is no directory"),
        (("--latex", "."), "it is a directory"),
        (("--latex", "answer.json"), "--json goes there already"),
        (("--latex", "/dev/null"), "it is not a regular file"),
        (("--problem", "missing.toml"), "--problem: there is no file missing.toml"),
        (("--problem", "answer.json"), "is not TOML"),
        (("--dependent", "u, t"), "`t`"),
        (("--parameter", "u_x"), "--parameter: `u_x`: `u_x` is a coordinate"),
        (("--parameter", "nu=pi"), "cannot be kept exact"),
        (("--frobnicate", "1"), "See `symeq {command} --help`."),
        (("run.nc",), "See `symeq {command} --help`."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_words_that_no_command_can_use(here: Path, command: str, words: tuple[str, ...], says: str) -> None:
    assert says.format(command=command) in refused(here, command, *words_of(SOUND[command]), *words)


EQUATION = ("--equation", "u_t = u_xx")


@pytest.mark.parametrize(
    ("command", "words", "says"),
    [
        ("constraints", ("--symmetry", "rotation(x, z)"), "--symmetry: `rotation(x, z)`: z is not a"),
        ("constraints", ("--lead", "u"), "--lead: `u`: a lead is a derivative"),
        ("constraints", ("--library", "u, k*u_x"), "--library: `u, k*u_x`: unknown symbol `k`"),
        ("constraints", ("--library", "u", "--degree", "2"), "`--degree` has nothing to say"),
        ("constraints", ("--degree", "60", "--order", "60"), "at most 20000 are tried"),
        ("constraints", ("--known", "u_xxx=1"), "The known term u_xxx is not in the library"),
        ("invariants", (), "no symmetry was named. Add `--symmetry`"),
        ("invariants", ("--symmetry", "tranlation(x)"), "Did you mean `translation`?"),
        ("invariants", ("--generator", "k*d_x"), "--generator: `k*d_x`: unknown symbol `k`"),
        ("invariants", ("--map", "y -> -y"), "--map: `y -> -y`: unknown variable `y`"),
        ("invariants", ("--symmetry", "trivial", "--order", "-1"), "--order: expected a whole number"),
        ("invariants", ("--symmetry", "trivial", "--order", "70"), "--order: 70 is too high"),
        ("invariants", ("--symmetry", "trivial", "--order", "64"), "coordinates; at most 2000 are tried"),
        ("invariants", ("--symmetry", "trivial", "--degree", "70"), "--degree: 70 is too high"),
        ("invariants", ("--symmetry", "trivial", "--prefer", "u_xxx"), "Add `--order 3`."),
        ("invariants", ("--symmetry", "translation(x)", "--prefer", "x*u"), "is moved by d_x"),
        ("invariants", ("--generator", "u^2*d_u", "--generator", "d_u + u^3*d_x"), "does not close"),
        ("symmetries", (), "no equation was given. Add it, as in `--equation"),
        ("symmetries", ("--equation", "u_t"), "--equation: "),
        ("symmetries", ("--equation", "u_t = v_x"), "--equation: `u_t = v_x`: unknown symbol `v_x`"),
        ("symmetries", ("--equation", "u = 1"), "--equation: `u - 1 = 0`"),
        ("symmetries", ("--equation", "u_t = u_t"), "--equation: "),
        ("symmetries", (*EQUATION, "--degree", "60"), "--degree: 60 makes 119133 unknown coefficients"),
        ("symmetries", (*EQUATION, "--library", "1", "--degree", "1"), "`--degree` has nothing to say"),
        ("symmetries", (*EQUATION, "--library", "z: 1"), "--library: `z: 1`: `z` is no variable"),
        ("symmetries", (*EQUATION, "--library", "u_x"), "--library: `u_x`: `u_x` is a derivative"),
        ("symmetries", (*EQUATION, "--consequence", "u_x = k"), "--consequence: `u_x = k`: unknown symbol"),
        ("check", EQUATION, "no symmetry was named"),
        ("check", ("--symmetry", "translation(t)"), "no equation was given"),
        ("check", (*EQUATION, "--generator", "u_x*d_u"), "has no derivative `u_x`"),
        ("check", (*EQUATION, "--map", "x -> x^2 - x^2"), "--map: "),
        ("check", (*EQUATION, "--degree", "2"), "--degree"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value[:12],
)
def test_words_that_make_no_sense(here: Path, command: str, words: tuple[str, ...], says: str) -> None:
    assert says in refused(here, command, *HEAT, *words)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("degree = 2.0", "problem.toml: degree: expected a whole number, 0 or more; found 2.0."),
        ("equation = 1", "problem.toml: equation: expected text, found 1."),
        ("quiet = 1", "problem.toml: quiet: expected true or false, found 1."),
        ('data = "run.nc"', "problem.toml: unknown key `data`."),
        ('order = "2"', "problem.toml: unknown key `order`. Known: equation, consequence, independent"),
        ("latex = 1", "problem.toml: latex: expected the path of a file, found 1."),
    ],
)
def test_a_problem_file_that_makes_no_sense(here: Path, line: str, says: str) -> None:
    (here / "problem.toml").write_text(line)
    assert says in refused(here, "symmetries", "--problem", "problem.toml")


def test_the_problem_file_is_not_written_over(here: Path) -> None:
    (here / "problem.toml").write_text('equation = "u_t = u_xx"')
    words = ("--problem", "problem.toml", "--latex", "problem.toml")
    assert "it is read as input" in refused(here, "symmetries", *HEAT, *words)


WORK = {
    "constraints": "symeq.cli.candidates.linear_ansatz",
    "invariants": "symeq.cli.invariants.find_invariants",
    "symmetries": "symeq.cli.symmetries.point_symmetries",
    "check": "symeq.cli.check.admits",
}


@pytest.mark.parametrize("command", SYMBOLIC)
def test_an_interrupt_is_one_line(here: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(WORK[command], interrupted)
    assert refused(here, command, *words_of(SOUND[command]), status=130) == "interrupted."


@pytest.mark.parametrize("command", SYMBOLIC)
def test_work_that_does_not_look_at_its_clock_is_ended(
    here: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*arguments: object, **settings: object) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            pass

    monkeypatch.setattr(WORK[command], endless)
    monkeypatch.setattr(clock, "GRACE", 0.0)
    began = time.monotonic()
    status = 3 if command == "constraints" else 2
    message = refused(here, command, *words_of(SOUND[command]), "--budget", "0.1", status=status)
    assert "The budget of 0.1 s is spent." in message
    assert time.monotonic() - began < 10


def test_a_search_that_runs_out_of_time_says_what_it_has() -> None:
    words = ("--equation", "u_t = u_xx + sin(u)", "--degree", "12", "--budget", "0.001")
    outcome = symeq("symmetries", *HEAT, *words)
    assert (outcome.status, outcome.err) == (0, "")
    assert "the search was not finished" in " ".join(outcome.out.split())


def test_an_answer_stays_when_one_of_the_files_fails(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    outcome = symeq("check", *words_of(SOUND["check"]), "--json", "answer.json")
    assert outcome.status == 2
    assert "--json: cannot write answer.json: No space left on device" in outcome.message
    assert contents(here) == {here / "answer.json": b"of before"}
