"""`symeq constraints`: the laws that a symmetry allows in a library, before any data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Symbol

from symeq.ansatz import LinearAnsatz
from symeq.cli.answering import Started, fragment, members
from symeq.cli.candidates import read_candidates
from symeq.cli.clock import Clock
from symeq.cli.flags import (
    Budget,
    Dependent,
    Generator,
    Independent,
    Json,
    Known,
    Latex,
    Lead,
    LibraryDegree,
    LibraryOrder,
    Map,
    Parameter,
    Problem,
    Quiet,
    Symmetries,
    Terms,
)
from symeq.cli.layout import hanging, labelled, section, warnings_told, wrapped
from symeq.cli.outputs import check_outputs, write_answer
from symeq.cli.settings import Settings
from symeq.cli.words import Words
from symeq.geometry.calculus import expression_text


def constraints(
    independent: Independent = None,
    dependent: Dependent = None,
    parameter: Parameter = None,
    symmetry: Symmetries = None,
    generator: Generator = None,
    map: Map = None,
    lead: Lead = None,
    order: LibraryOrder = None,
    degree: LibraryDegree = None,
    library: Terms = None,
    known: Known = None,
    problem: Problem = None,
    budget: Budget = None,
    json: Json = None,
    latex: Latex = None,
    quiet: Quiet = None,
) -> None:
    """Find all laws that a symmetry allows in a library of terms.

    Exit status 0: there are some; 2: the input cannot be used; 3: no law is allowed, or the budget is spent.

    Example: symeq constraints --independent t,x --dependent u --degree 2
    --symmetry "translation(t, x)" --symmetry "boost(x, u)"
    """
    settings = Settings.asked(dict(locals()))
    started = Started("constraints")
    check_outputs(settings)
    with warnings_told(), Clock(settings.seconds("budget")).running():
        words = Words(settings)
        candidates = read_candidates(words)
        allowed = candidates.allowed(candidates.symmetry)
    _tell(allowed, settings.switched_on("quiet"))
    write_answer(
        settings,
        lambda: started.document(words.document() | _document(allowed)),
        lambda: fragment(allowed.latex()),
    )


def _tell(allowed: LinearAnsatz, quiet: bool) -> None:
    counts, *laws = str(allowed).splitlines()
    if not laws:
        counts = counts.replace("see .basis", "`--json FILE` writes them")
    if quiet:
        print("\n".join(laws or [counts]))
        return
    section("Allowed by the symmetry", wrapped(counts, 4), *map(hanging, laws))
    excluded = [
        (f"for {lead}", ", ".join(map(expression_text, terms)))
        for lead, terms in zip(allowed.leads, allowed.excluded, strict=True)
        if terms
    ]
    section("Terms in no allowed law", *(labelled(excluded) or ["none"]))


def _document(allowed: LinearAnsatz) -> dict[str, Any]:
    leads = allowed.leads
    return {
        "symmetry": members(allowed.symmetry),
        "library": _listed(leads, [tuple(library) for library in allowed.libraries]),
        "unknowns": {"library": allowed.library_unknowns, "allowed": allowed.unknowns},
        "fixed": _by_lead(leads, allowed.fixed),
        "allowed": [_by_lead(leads, law) for law in allowed.basis],
        "excluded": _listed(leads, allowed.excluded),
        "latex": allowed.latex(),
    }


def _by_lead(leads: Sequence[Symbol], law: Sequence[Expr]) -> dict[str, str]:
    return {lead.name: expression_text(rhs) for lead, rhs in zip(leads, law, strict=True)}


def _listed(leads: Sequence[Symbol], terms: Sequence[Sequence[Expr]]) -> dict[str, list[str]]:
    return {lead.name: [expression_text(f) for f in some] for lead, some in zip(leads, terms, strict=True)}
