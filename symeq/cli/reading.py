"""From the texts of the settings to the problem that `symeq discover` poses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from symeq.cli.candidates import read_candidates
from symeq.cli.engines import GENETIC, SPARSE, asked_engine
from symeq.cli.forms import read_forms
from symeq.cli.problem import Problem
from symeq.cli.settings import Settings, at
from symeq.cli.words import Words, highest_order, names, read_jet
from symeq.data.axes import holdings
from symeq.data.files import opened
from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.geometry import Jet
from symeq.parsing import is_legal_name


def read_problem(settings: Settings) -> Problem:
    """Understand every text of the settings; of the files only the presence is checked.

    Raises InvalidInput that starts with the flag or key at fault.
    """
    engine = asked_engine(settings)
    data = tuple(Path(path) for path in settings.texts("data"))
    if not data:
        raise InvalidInput("DATA: name at least one file, as in `symeq discover run.nc ...`.")
    for path in data:
        if not path.exists():
            raise InvalidInput(f"There is no file {path}. Check its name and folder.")
    rename = dict(_renamed(settings))
    _require_variables(settings, data[0])
    words = Words(settings, read_jet(settings))
    candidates = None if engine == GENETIC else read_candidates(words)
    terms = [term for one in candidates.library.values() for term in one] if candidates else []
    forms = None if engine == SPARSE else read_forms(words, highest_order(words.jet, terms))
    jets = [asked.jet for asked in (candidates, forms) if asked is not None]
    return Problem(
        max(jets, key=lambda jet: jet.order),
        words.symmetry(),
        candidates,
        forms,
        data,
        rename,
        _axes(settings, rename),
        _periodic(settings, words.jet),
        settings.switched_on("missing"),
        settings.switch("weak"),
    )


def _require_variables(settings: Settings, path: Path) -> None:
    missing = [key for key in ("independent", "dependent") if not names(settings, key)]
    if missing:
        with opened(path) as contents:
            held = holdings(contents.entries)
        flags = " and ".join(f"`--{key}`" for key in missing)
        raise InvalidInput(
            f"{flags} must name variables, as in `--independent t,x --dependent u`. {path.name} holds {held}."
        )


def _periodic(settings: Settings, jet: Jet) -> tuple[str, ...]:
    """The axes along which the data repeat."""
    known, given = [x.name for x in jet.independent], names(settings, "periodic")
    with at(settings.place("periodic")):
        for name in given:
            if name not in known:
                raise InvalidInput(
                    f"{quoted(name)} is not one of the independent variables, {', '.join(known)}."
                    + did_you_mean(name, known)
                )
    return tuple(dict.fromkeys(given))


def _renamed(settings: Settings) -> Iterator[tuple[str, str]]:
    """`OLD=NEW` items, parted by commas."""
    seen: set[str] = set()
    for text in settings.texts("rename"):
        with at(settings.place("rename")):
            for item in text.split(","):
                old, _, new = (part.strip() for part in item.partition("="))
                if not old or not new:
                    raise InvalidInput(f"{quoted(text)}: write `OLD=NEW`, or several parted by commas.")
                if not is_legal_name(new):
                    raise InvalidInput(
                        f"{quoted(new)} cannot name a variable: use letters, digits and _, a letter first."
                    )
                if old in seen:
                    raise InvalidInput(f"{quoted(old)} is renamed twice.")
                seen.add(old)
                yield old, new


def _axes(settings: Settings, rename: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    axes: dict[str, tuple[str, ...]] = {}
    for text in settings.texts("axes"):
        with at(settings.place("axes")):
            name, _, listed = (part.strip() for part in text.partition("="))
            given = tuple(listed.replace(",", " ").split())
            if not name or not given:
                raise InvalidInput(f"{quoted(text)}: write `VARIABLE=AXIS,AXIS`, as in `usol=x,t`.")
            for axis in given:
                if not is_legal_name(axis) and axis not in rename:
                    raise InvalidInput(f"{quoted(axis)} cannot name an axis.")
            if name in axes:
                raise InvalidInput(f"{quoted(text)}: the axes of {name} are given twice.")
            axes[name] = given
    return axes
