"""A pass on disk: what is merged so far, so that one that was broken off goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from symeq.ansatz.weakform import WeakForm
from symeq.data.slabs import boxes, held, read
from symeq.errors import InvalidInput
from symeq.search.chunks import Work
from symeq.search.merging import Merged
from symeq.writing import written_whole

KIND, SCHEMA = "symeq weak pass", 2
LARGEST = 4 * 2**30  # bytes of a state
EVERY = 20.0  # seconds from one writing to the next
SHARE = 0.05  # of the time may be spent on writing
LOOKED_AT = 64  # boxes of a lazy variable that are compared
LOOK = 2**12  # values of each


class State:
    """The merged factors of one pass, written whole from time to time.

    Arguments: ``path``, read where it exists; the arrays lie in it as NumPy writes them, nothing is pickled.
    Raises InvalidInput for a file that is no state of a pass.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._stored: dict[str, np.ndarray] | None = None
        self._told: dict[str, Any] = {}
        self._written, self._cost = time.monotonic(), 0.0
        if self.path.exists():
            self._stored = self._read()

    def restore(self, merged: Merged, fingerprint: str) -> int:
        """Put what was merged where it was, and tell how many chunks that are.

        Raises InvalidInput for the state of another pass, and for one that was changed.
        """
        if self._stored is None:
            return 0
        if self._told.get("pass") != fingerprint:
            raise InvalidInput(
                f"{self.path} is the state of another pass: the data, the ansatz or the test functions"
                " differ. Name another file, or ask for what was asked then."
            )
        done = self._told.get("chunks")
        try:
            if isinstance(done, bool) or not isinstance(done, int):
                raise ValueError(done)
            merged.restore(self._stored, done)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise self._damaged() from error
        self._stored = None
        return done

    def keep(self, merged: Merged, fingerprint: str, chunks: int, *, last: bool) -> None:
        """Write what is merged so far, if it is time for that."""
        now = time.monotonic()
        if not last and now - self._written < max(EVERY, self._cost / SHARE):
            return
        header = json.dumps({"kind": KIND, "schema": SCHEMA, "pass": fingerprint, "chunks": chunks})
        arrays = {"header": np.frombuffer(header.encode(), dtype=np.uint8), **merged.arrays()}
        with written_whole(self.path) as partial, open(partial, "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        self._written = time.monotonic()
        self._cost = self._written - now

    def _read(self) -> dict[str, np.ndarray]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                members = archive.infolist()
                stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
                if not stored or sum(member.file_size for member in members) > LARGEST:
                    raise self._damaged()
            with np.load(self.path, allow_pickle=False) as file:
                found = {name: np.asarray(file[name]) for name in file.files}
            told = json.loads(found.pop("header").tobytes().decode("utf-8"))
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be read ({error.strerror or error}).") from error
        except (
            ValueError,
            KeyError,
            RecursionError,
            EOFError,
            zipfile.BadZipFile,
            NotImplementedError,
        ) as error:
            raise self._damaged() from error
        if not isinstance(told, Mapping) or (told.get("kind"), told.get("schema")) != (KIND, SCHEMA):
            raise self._damaged()
        self._told = dict(told)
        return found

    def _damaged(self) -> InvalidInput:
        return InvalidInput(
            f"{self.path} is no state of a pass of this version. Name another file, or remove it to begin"
            " anew."
        )


def fingerprint_of(work: Work, form: WeakForm) -> str:
    """The same for the same pass over the same data; of large variables some boxes are compared."""
    digest = hashlib.sha256()
    samples = work.samples
    record = samples.record
    asked = (
        [(atom.index, str(atom.inside)) for atom in form.atoms],
        work.coordinates,
        samples.rungs,
        samples.rule,
        samples.noise,
        samples.certain,
        sorted(record.periodic),
        record.missing,
        work.chunks,
        work.held,
    )
    digest.update(repr(asked).encode())
    digest.update(form.fixed.tobytes() + form.basis.tobytes())
    for part in record.parts:
        for x in samples.jet.independent:
            digest.update(part[str(x)].values.tobytes())
        for u in samples.jet.dependent:
            array = held(part[str(u)])
            if isinstance(array, np.ndarray):
                digest.update(np.ascontiguousarray(array).data)
                continue
            places = boxes(array.shape, LOOK)
            for k in np.unique(np.linspace(0, len(places) - 1, LOOKED_AT).astype(int)):
                digest.update(np.ascontiguousarray(read(array, places[k])).data)
    return digest.hexdigest()
