"""`symeq invariants`: the differential invariants of a symmetry, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator

from symeq.cli.answering import Started, aligned_latex, fragment, members, patience
from symeq.cli.flags import (
    Dependent,
    Generator,
    Independent,
    InvariantDegree,
    JetOrder,
    Json,
    Latex,
    Map,
    Parameter,
    Patience,
    Prefer,
    Problem,
    Quiet,
    Symmetries,
)
from symeq.cli.layout import hanging, labelled, section, warn, wrapped
from symeq.cli.outputs import check_outputs, write_answer
from symeq.cli.settings import Settings, at
from symeq.cli.words import Words, bounded, highest_order, of_order
from symeq.errors import InvalidInput
from symeq.geometry.calculus import expression_text
from symeq.invariants import Invariants
from symeq.invariants import invariants as find_invariants
from symeq.latex import expression_latex
from symeq.report.table import aligned

ORDER = 2  # of the jet, where none is given
DEGREE = 8  # of the polynomials that are tried


def invariants(
    independent: Independent = None,
    dependent: Dependent = None,
    parameter: Parameter = None,
    symmetry: Symmetries = None,
    generator: Generator = None,
    map: Map = None,
    order: JetOrder = None,
    degree: InvariantDegree = None,
    prefer: Prefer = None,
    problem: Problem = None,
    budget: Patience = None,
    json: Json = None,
    latex: Latex = None,
    quiet: Quiet = None,
) -> None:
    """Find the differential invariants of a symmetry, each one proven.

    Where some are missing, it says how many. Exit status 0: done, complete or not; 2: the input cannot be
    used.

    Example: symeq invariants --independent x,y --dependent u --order 2 --symmetry "SE(x, y)"
    """
    settings = Settings.asked(dict(locals()))
    started = Started("invariants")
    check_outputs(settings)
    words = Words(settings)
    with patience(settings) as seconds:
        words.require_symmetry()
        wanted, proposed = words.symmetry(), words.expressions("prefer")
        jet = of_order(settings, words.jet, ORDER)
        with at(settings.place("prefer")):
            highest = highest_order(jet, proposed)
            if highest > jet.order:
                raise InvalidInput(f"it has a derivative of order {highest}. Add `--order {highest}`.")
        found = find_invariants(
            jet,
            wanted,
            degree=bounded(settings, "degree", DEGREE),
            prefer=proposed,
            parameters=words.parameters,
            budget=seconds,
        )
    _tell(found, settings.switched_on("quiet"))
    write_answer(
        settings,
        lambda: started.document(words.document() | {"symmetry": members(found.symmetry)} | found.document()),
        lambda: fragment(*_latex(found)),
    )


def _latex(found: Invariants) -> Iterator[str]:
    """The invariants, the relative ones and the operators."""
    yield found.latex() if found.invariants else "% no invariants were found"
    names = found.jet.latex_names(*(f.expression for f in found.relative))
    relative = (expression_latex(f.expression, names) for f in found.relative)
    yield aligned_latex((f"R_{{{k}}}", text) for k, text in enumerate(relative, 1))
    operators = (d.latex() for d in found.operators)
    yield aligned_latex((rf"\mathcal{{D}}_{{{k}}}", text) for k, text in enumerate(operators, 1))


def _tell(found: Invariants, quiet: bool) -> None:
    texts = [expression_text(i) for i in found.invariants]
    if quiet:
        if texts:
            print("\n".join(texts))
        if not found.complete:
            warn(f"{found.missing} of {found.counts.invariants[-1]} invariants are missing.")
        return
    section("Symmetry", hanging("; ".join(map(str, found.symmetry.members)) or "trivial", 4))
    counts = found.counts
    table = zip(counts.jet, counts.orbit, counts.invariants, found.found, strict=True)
    state = (
        "complete" if found.complete else f"incomplete: {found.missing} of {counts.invariants[-1]} missing"
    )
    section(
        f"Count ({state})",
        aligned(
            ["order", "dim jet", "dim orbit", "invariants", "found"],
            [[str(k), *map(str, row)] for k, row in enumerate(table)],
        ),
    )
    places = [found.jet.with_order(found.order)] * len(texts)
    orders = [highest_order(jet, [i]) for jet, i in zip(places, found.invariants, strict=True)]
    rows = [
        (f"order {k}  I_{n}", f"= {text}") for n, (k, text) in enumerate(zip(orders, texts, strict=True), 1)
    ]
    section("Invariants", *(labelled(rows) or ["none"]))
    if found.relative:
        relative = (expression_text(f.expression) for f in found.relative)
        section("Relative invariants", *(hanging(text, 4) for text in relative))
    if found.operators:
        section("Invariant derivatives", *(hanging(str(d), 4) for d in found.operators))
    if found.frame:
        vectors = (", ".join(map(expression_text, vector)) for vector in found.frame)
        section(
            "Frame (vectors that the symmetry carries along)",
            *(hanging(f"({vector})") for vector in vectors),
        )
    if found.notes:
        section("Notes", *(wrapped(note, 2) for note in found.notes))
