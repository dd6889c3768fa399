"""Zarr stores: directories of many small files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from symeq.errors import InvalidInput

METADATA = (".zgroup", ".zarray", ".zmetadata", "zarr.json")
LARGEST_METADATA = 64 * 2**20  # bytes of one description; consolidated ones of long records have some MB


def is_store(path: Path) -> bool:
    """Whether a directory is a Zarr store, by its suffix or by what lies in it."""
    if not path.is_dir():
        return False
    return path.suffix.lower() == ".zarr" or any((path / name).is_file() for name in METADATA)


def holds(path: Path, least: int) -> bool:
    """Whether a file, or all files of a directory together, take at least so many bytes."""
    if path.is_file():
        status = path.stat()
        # Holes in a sparse file take no bytes; some file systems do not count blocks at all.
        return min(status.st_size, 512 * getattr(status, "st_blocks", 0) or status.st_size) >= least
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            total += os.lstat(os.path.join(folder, name)).st_size
            if total >= least:
                return True
    return total >= least


def refuse_codecs(path: Path) -> None:
    """Refuses a store whose values would be unpickled, by the codecs that its descriptions name.

    Raises:
        InvalidInput: a codec named pickle; a description that is too large or no JSON.
    """
    for file in _descriptions(path):
        if file.stat().st_size > LARGEST_METADATA:
            raise InvalidInput(
                f"{path.name} describes its arrays in {file.stat().st_size} bytes ({file.name}); at most"
                f" {LARGEST_METADATA} are read. Write it again."
            )
        try:
            described = json.loads(file.read_bytes())
            found = _names_pickle(described)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                f"{path.name} cannot be read as Zarr ({file.relative_to(path)} is no JSON); it is truncated"
                " or damaged. Write or fetch it again."
            ) from error
        if found:
            raise InvalidInput(
                f"{path.name} holds pickled values ({file.relative_to(path)} names the codec), which are"
                " never unpickled. Write it again with numeric arrays."
            )


def _descriptions(path: Path) -> Iterator[Path]:
    for folder, inside, names in os.walk(path):
        here = [name for name in METADATA if name in names]
        yield from (Path(folder) / name for name in here)
        if ".zarray" in here or "zarr.json" in here and "c" in inside:
            inside.clear()  # what lies below an array are its chunks


def _names_pickle(described: Any) -> bool:
    """Whether some codec is called pickle; texts of the user may well be."""
    if isinstance(described, dict):
        named = (described.get(key) for key in ("id", "name"))
        if any(isinstance(one, str) and one.lower().endswith("pickle") for one in named):
            return True
        return any(_names_pickle(one) for one in described.values())
    return isinstance(described, list) and any(map(_names_pickle, described))
