"""Files are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from symeq.errors import InvalidInput


def partial_of(target: Path) -> Path:
    """Where a file grows: on the same volume as its target, so that renaming it is one step."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a path that could not be written, before time is spent on what to write.

    Raises InvalidInput: no such folder, one that cannot be written, a folder or device as the path, a file
    that is write-protected.
    """
    target = Path(path).resolve()
    try:
        if target.is_dir():
            raise refusal(path, "it is a directory")
        if target.exists() and not target.is_file():
            raise refusal(path, "it is not a regular file")
        if not target.parent.is_dir():
            raise refusal(path, f"there is no directory {Path(path).parent}")
        if target.exists() and not os.access(target, os.W_OK):
            raise refusal(path, "the file there is write-protected")
        partial_of(target).touch()
        partial_of(target).unlink()
    except OSError as error:
        raise refusal(path, error.strerror or str(error)) from error


def refusal(path: str | os.PathLike[str], reason: str) -> InvalidInput:
    """The error of a path that cannot be written."""
    return InvalidInput(f"cannot write {os.fspath(path)}: {reason}. Choose another path.")


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A partial file that takes the place of ``path`` when the block ends, and vanishes when it fails.

    Raises InvalidInput for a path that cannot be written; what stood there before is then untouched.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(f"{folder}/law.txt") as partial:
    ...         _ = partial.write_text("u_t = u_xx")
    ...     Path(folder, "law.txt").read_text()
    'u_t = u_xx'
    """
    check_writable(path)
    target = Path(path).resolve()
    partial = partial_of(target)
    try:
        yield partial
        os.replace(partial, target)
    except OSError as error:
        raise refusal(path, error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
