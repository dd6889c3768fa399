"""The files a command writes: checked before the work, written whole, all of them or none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from symeq.cli.settings import Settings
from symeq.errors import InvalidInput
from symeq.writing import check_writable, partial_of, refusal


def check_outputs(settings: Settings, inputs: Iterable[Path] = ()) -> None:
    """Refuse outputs that could not be written, before time is spent on what to write.

    Arguments: `inputs`, files that are read and must stay, as must the problem file.
    Raises InvalidInput: no such directory, one that cannot be written, a directory or device as a path, one
    path for two outputs or for an input. The state of a search is an output that grows during the work.
    """
    files = [*inputs, *([settings.file] if settings.file else [])]
    taken = {path.resolve(): "it is read as input" for path in files}
    state = settings.path("resume")
    for key, path in (settings.outputs() | ({"resume": state} if state else {})).items():
        target, flag = path.resolve(), settings.place(key)
        if target in taken:
            raise _refusal(flag, path, taken[target])
        taken[target] = f"{flag} goes there already"
        try:
            check_writable(path)
        except InvalidInput as error:
            raise InvalidInput(f"{flag}: {error}") from error


def write_answer(settings: Settings, document: Callable[[], Any], latex: Callable[[], str]) -> None:
    """Write the outputs that were asked for: a document as JSON, a fragment of LaTeX.

    Raises InvalidInput naming the path that failed; then nothing is written.
    """
    paths, texts = settings.outputs(), {}
    if "json" in paths:
        texts["json"] = json.dumps(document(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if "latex" in paths:
        texts["latex"] = latex().rstrip("\n") + "\n"
    write_outputs({settings.place(key): (path, texts[key]) for key, path in paths.items()})


def write_outputs(outputs: Mapping[str, tuple[Path, str]]) -> None:
    """Write every text to the path of its flag; when one fails, every path holds what it held before.

    Raises InvalidInput naming the path that failed.
    """
    targets = {flag: path.resolve() for flag, (path, _) in outputs.items()}
    replaced: list[tuple[Path, bytes | None]] = []
    at_work = ""
    try:
        for flag, (_, text) in outputs.items():
            at_work = flag
            with open(partial_of(targets[flag]), "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        for flag, target in targets.items():
            at_work = flag
            before = target.read_bytes() if target.exists() else None
            os.replace(partial_of(target), target)
            replaced.append((target, before))
    except OSError as error:
        for target, before in replaced:
            if before is None:
                target.unlink()
            else:
                target.write_bytes(before)
        raise _refusal(at_work, outputs[at_work][0], error.strerror or str(error)) from error
    finally:
        for target in targets.values():
            partial_of(target).unlink(missing_ok=True)


def _refusal(flag: str, path: Path, reason: str) -> InvalidInput:
    return InvalidInput(f"{flag}: {refusal(path, reason)}")
