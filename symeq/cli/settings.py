"""What was asked for, as texts: the flags of the command line over the keys of a problem file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symeq.errors import InvalidInput, did_you_mean, quoted

LARGEST_FILE = 1_000_000  # bytes of a problem file

TEXTS = (
    "independent", "dependent", "symmetry", "generator", "map", "lead", "library", "known", "parameter",
    "rename", "axes", "periodic", "engine", "operators", "equation", "consequence", "prefer",
)  # fmt: skip
PATHS = ("data", "json", "latex", "resume")
WRITTEN = ("json", "latex")
WHOLE = ("order", "degree", "seed")
COUNTS = ("epochs", "evaluations", "workers")
SECONDS = ("budget",)
SWITCHES = ("baseline", "relation", "missing", "weak", "quiet")
KEYS = (*TEXTS, *PATHS, *WHOLE, *COUNTS, *SECONDS, *SWITCHES)  # of all commands together


@dataclass(frozen=True)
class Given:
    """A value and the place where it stands, for messages: `--order`, or `order` in burgers.toml."""

    value: Any
    place: str


@dataclass(frozen=True)
class Settings:
    """What was asked under each key of KEYS; a key nobody gave is absent.

    file: the problem file that some of it came from.

    >>> flags = Settings.of_flags({"symmetry": ["boost(x, u)"], "order": 3, "degree": None})
    >>> flags.texts("symmetry"), flags.number("order", 2), flags.number("degree", 2), flags.place("degree")
    (('boost(x, u)',), 3, 2, '--degree')
    """

    given: Mapping[str, Given]
    file: Path | None = None

    @classmethod
    def asked(cls, flags: Mapping[str, Any]) -> Settings:
        """The flags of a command, None where one was not given, over the keys of the file in `problem`.

        The file may hold the keys that the command has flags for.
        Raises InvalidInput for a file that cannot be used, and for a value of the wrong type.
        """
        own = {key: value for key, value in flags.items() if key != "problem"}
        settings, file = cls.of_flags(own), flags.get("problem")
        return settings if file is None else settings.over(cls.of_file(file, tuple(own)))

    @classmethod
    def of_flags(cls, flags: Mapping[str, Any]) -> Settings:
        """The flags that were given: None and empty lists were not."""
        given = {}
        for key, value in flags.items():
            if value is not None and value != []:
                with at(_flag(key)):
                    given[key] = Given(_read(key, value), _flag(key))
        return cls(given)

    @classmethod
    def of_file(cls, path: Path, known: Sequence[str] = KEYS) -> Settings:
        """The keys of a TOML file, of which some are known; paths in it start from its folder.

        Raises InvalidInput for a file that is missing or no TOML, an unknown key, a value of the wrong type.
        """
        given = {}
        for key, value in _toml(path).items():
            if key not in known:
                raise InvalidInput(
                    f"{path}: unknown key {quoted(key)}.{did_you_mean(key, known)} Known: {', '.join(known)}."
                )
            place = f"{path}: {key}"
            with at(place):
                read = _read(key, value)
            if key in PATHS:
                read = tuple(str(path.parent / one) for one in read)
            given[key] = Given(read, place)
        return cls(given, path)

    def over(self, other: Settings) -> Settings:
        """These settings, and those of `other` for the keys that are absent here."""
        return Settings({**other.given, **self.given}, self.file or other.file)

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def place(self, key: str) -> str:
        """Where the value of a key stands, or would stand."""
        return self.given[key].place if key in self.given else _flag(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a key, none when it is absent."""
        return self.given[key].value if key in self.given else ()

    def outputs(self) -> dict[str, Path]:
        """The files to write at the end, by the key of each."""
        return {key: Path(path) for key in WRITTEN for path in self.texts(key)}

    def path(self, key: str) -> Path | None:
        """The path of a key that has one, None when it is absent."""
        return next(map(Path, self.texts(key)), None)

    def number(self, key: str, default: int) -> int:
        """The whole number of a key."""
        return self.given[key].value if key in self.given else default

    def count(self, key: str) -> int | None:
        """The whole number of a key, None when it is absent."""
        return self.given[key].value if key in self.given else None

    def seconds(self, key: str) -> float | None:
        """The seconds of a key, None when it is absent."""
        return self.given[key].value if key in self.given else None

    def switch(self, key: str) -> bool | None:
        """Whether a switch is on or off, None when it was not touched."""
        return bool(self.given[key].value) if key in self.given else None

    def switched_on(self, key: str) -> bool:
        """Whether a switch is on."""
        return key in self.given and self.given[key].value


@contextmanager
def at(place: str) -> Iterator[None]:
    """Put the place where the user wrote it in front of what is wrong with it."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error}") from error


def _flag(key: str) -> str:
    return "DATA" if key == "data" else f"--{key}"


def _read(key: str, value: Any) -> Any:
    """A value as its key needs it: texts and paths as a tuple, numbers as numbers."""
    if key in SWITCHES:
        if not isinstance(value, bool):
            raise InvalidInput(f"expected true or false, found {value!r}.")
        return value
    if key in WHOLE:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InvalidInput(f"expected a whole number, 0 or more; found {value!r}.")
        return value
    if key in COUNTS:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidInput(f"expected a whole number, 1 or more; found {value!r}.")
        return value
    if key in SECONDS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise InvalidInput(f"expected a number of seconds above 0, found {value!r}.")
        return float(value)
    if key in PATHS:
        paths = [value] if isinstance(value, str | Path) else value
        if not isinstance(paths, list) or not all(isinstance(one, str | Path) for one in paths):
            raise InvalidInput(f"expected the path of a file, found {value!r}.")
        if key != "data" and len(paths) != 1:
            raise InvalidInput(f"expected the path of one file, found {len(paths)}.")
        return tuple(map(str, paths))
    return tuple(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    """A text, a list of texts, or a table: {usol = "u"} stands for "usol=u"."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            entries = entry if isinstance(entry, list) else [entry]
            yield f"{name}={','.join(map(_scalar, entries))}"
    else:
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str):
                raise InvalidInput(f"expected text, found {one!r}.")
            yield one


def _scalar(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput(f"expected text or a number, found {value!r}.")
    return str(value)


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InvalidInput(f"--problem: there is no file {path}. Check its name and folder.")
    try:
        with open(path, "rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InvalidInput(
                f"--problem: {path} has more than {LARGEST_FILE} bytes; it is no problem file."
            )
        return tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise InvalidInput(f"--problem: {path} cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if not isinstance(error, RecursionError) else "nested too deeply"
        raise InvalidInput(f"--problem: {path} is not TOML: {reason}.") from error
