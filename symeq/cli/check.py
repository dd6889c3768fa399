"""`symeq check`: whether equations have a symmetry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symeq.cli.answering import Started, fragment, patience
from symeq.cli.flags import (
    Consequence,
    Dependent,
    Equation,
    Generator,
    Independent,
    Json,
    Latex,
    Map,
    Parameter,
    Patience,
    Problem,
    Quiet,
    Symmetries,
)
from symeq.cli.layout import beside, hanging, section, wrapped
from symeq.cli.outputs import check_outputs, write_answer
from symeq.cli.settings import Settings
from symeq.cli.status import DONE, NOT_ADMITTED
from symeq.cli.systems import equations_latex, read_equations
from symeq.cli.words import Words
from symeq.geometry.calculus import expression_text
from symeq.symmetries import Admission, admits


def check(
    equation: Equation = None,
    consequence: Consequence = None,
    independent: Independent = None,
    dependent: Dependent = None,
    parameter: Parameter = None,
    symmetry: Symmetries = None,
    generator: Generator = None,
    map: Map = None,
    problem: Problem = None,
    budget: Patience = None,
    json: Json = None,
    latex: Latex = None,
    quiet: Quiet = None,
) -> int:
    """Decide whether equations have a symmetry, and show what is left where they do not.

    Exit status 0: they have all of it; 2: the input cannot be used, or nothing was decided within the
    budget; 3: they lack some of it (the outputs are written all the same).

    Example: symeq check --equation "u_t = -u*u_x + u_xx" --independent t,x --dependent u
    --symmetry "boost(x, u)" --map "x -> -x, u -> -u"
    """
    settings = Settings.asked(dict(locals()))
    started = Started("check")
    check_outputs(settings)
    words = Words(settings)
    with patience(settings) as seconds:
        system = read_equations(words)
        words.require_symmetry()
        asked = words.symmetries()
        answer = admits(system, list(asked.values()), parameters=words.parameters, budget=seconds)
    parts = {
        text: [str(member) for member in one.on(words.jet, system.time).members]
        for text, one in asked.items()
    }
    _tell(answer, settings.switched_on("quiet"))
    write_answer(
        settings,
        lambda: started.document(words.document() | _document(answer, parts)),
        lambda: fragment(equations_latex(answer.equations), answer.latex() if answer.tested else ""),
    )
    return DONE if answer else NOT_ADMITTED


Parts = Mapping[str, Sequence[str]]  # the members of each symmetry that was asked about, by its text


def _tell(answer: Admission, quiet: bool) -> None:
    rows = [(text, "admitted" if yes else "not admitted") for text, yes in answer.members.items()]
    if quiet:
        print("\n".join(f"{text}: {verdict}" for text, verdict in rows))
        return
    section("Equations", *(hanging(str(rule)) for rule in answer.equations.tested))
    section("Symmetry", *(beside(rows) or ["trivial: nothing to check"]))
    left = [line for text, parts in _left(answer).items() for line in _remainder(text, parts)]
    if left:
        section("Left of the equations", *left)
        notes = [wrapped(note, 2) for note in answer.equations.notes]
        if notes:
            section("Notes", *notes)
    admitted = sum(answer.members.values())
    section("Answer", f"{admitted} of {len(rows)} admitted" if rows else "nothing was asked")


def _remainder(text: str, parts: Mapping[str, str]) -> list[str]:
    return [f"under {text}", *(hanging(f"  {lead}: {rest}") for lead, rest in parts.items())]


def _left(answer: Admission) -> dict[str, dict[str, str]]:
    """What is left of each equation under the members that are not admitted."""
    leads = [lead.name for lead in answer.equations.leads]
    left = {
        text: {c: expression_text(e) for c, e in zip(leads, entries, strict=True) if e != 0}
        for text, entries in answer.residuals.items()
    }
    return {text: parts for text, parts in left.items() if parts}


def _document(answer: Admission, asked: Parts) -> dict[str, Any]:
    """`admits` and `residual` by the texts that were asked about, `members` by generator and map."""
    left = _left(answer)
    return {
        "equations": [str(rule) for rule in answer.equations.tested],
        "admits": {text: not any(m in left for m in parts) for text, parts in asked.items()},
        "residual": {
            text: {m: left[m] for m in parts if m in left}
            for text, parts in asked.items()
            if any(m in left for m in parts)
        },
        "members": dict(answer.members),
        "notes": list(answer.equations.notes),
    }
