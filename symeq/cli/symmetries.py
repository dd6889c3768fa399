"""`symeq symmetries`: the point symmetries of equations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr

from symeq.cli.answering import Started, fragment, patience
from symeq.cli.flags import (
    Consequence,
    Dependent,
    Equation,
    FieldDegree,
    Functions,
    Independent,
    Json,
    Latex,
    Parameter,
    Patience,
    Problem,
    Quiet,
)
from symeq.cli.layout import beside, hanging, section, warn, width, wrapped
from symeq.cli.outputs import check_outputs, write_answer
from symeq.cli.settings import Settings, at
from symeq.cli.systems import equations_latex, read_equations
from symeq.cli.words import Words, bounded, items
from symeq.errors import InvalidInput, did_you_mean, quoted
from symeq.symmetries import PointSymmetries, point_symmetries
from symeq.symmetries.ansatz import MOST_COLUMNS, polynomial_columns

DEGREE = 2


def symmetries(
    equation: Equation = None,
    consequence: Consequence = None,
    independent: Independent = None,
    dependent: Dependent = None,
    parameter: Parameter = None,
    degree: FieldDegree = None,
    library: Functions = None,
    problem: Problem = None,
    budget: Patience = None,
    json: Json = None,
    latex: Latex = None,
    quiet: Quiet = None,
) -> None:
    """Find the point symmetries of equations, each one proven.

    Exit status 0: done, to the end or not; 2: the input cannot be used.

    Example: symeq symmetries --equation "u_t = nu*u_xx" --independent t,x --dependent u --parameter nu
    """
    settings = Settings.asked(dict(locals()))
    started = Started("symmetries")
    check_outputs(settings)
    words = Words(settings)
    with patience(settings) as seconds:
        system = read_equations(words)
        functions = _functions(words)
        found = point_symmetries(system, degree=_degree(words), ansatz=functions, budget=seconds)
    _tell(found, settings.switched_on("quiet"))
    write_answer(
        settings,
        lambda: started.document(words.document() | found.document() | words.document()),
        lambda: fragment(equations_latex(found.equations), *_tables(found)),
    )


def _degree(words: Words) -> int:
    degree = bounded(words.settings, "degree", DEGREE)
    unknowns = polynomial_columns(words.jet, degree)
    if unknowns > MOST_COLUMNS:
        raise InvalidInput(
            f"{words.settings.place('degree')}: {degree} makes {unknowns} unknown coefficients; at most"
            f" {MOST_COLUMNS} are tried. Lower it, or list the functions with `--library`."
        )
    return degree


def _functions(words: Words) -> Mapping[Any, tuple[Expr, ...]] | None:
    """The coefficient functions that are listed, for each variable; None where none are."""
    settings, known = words.settings, {z.name: z for z in words.jet.variables}
    if "library" not in settings:
        return None
    found: dict[Any, tuple[Expr, ...]] = {}
    with at(settings.place("library")):
        if "degree" in settings:
            raise InvalidInput(
                f"it lists the functions, so `{settings.place('degree')}` has nothing to say. Leave one out."
            )
        for text in settings.texts("library"):
            before, colon, listed = text.partition(":")
            name = before.strip()
            if colon and name not in known:
                raise InvalidInput(
                    f"{quoted(text)}: {quoted(name)} is no variable of {words.jet}."
                    + did_you_mean(name, known)
                )
            functions = tuple(words.expression(item, text) for item in items(listed if colon else text))
            for symbol in sorted(set().union(*(f.free_symbols for f in functions)), key=str):
                if symbol not in (*words.jet.variables, *words.constants):
                    raise InvalidInput(
                        f"{quoted(text)}: `{symbol}` is a derivative, which no point transformation contains."
                    )
            for z in (known[name],) if colon else words.jet.variables:
                found[z] = (*found.get(z, ()), *functions)
    return found


def _tables(found: PointSymmetries) -> list[str]:
    if not found.generators:
        return []
    return [found.latex(), *([found.commutators_latex()] if len(found.generators) > 1 else [])]


def _tell(found: PointSymmetries, quiet: bool) -> None:
    fields = [str(v) for v in found.generators]
    if quiet:
        if fields:
            print("\n".join(fields))
        if not found.certified:
            warn(found.facts())
        return
    section("Equations", *(hanging(str(rule)) for rule in found.equations.tested))
    rows = [
        (f"v{k} = {field}".rjust(len(field) + len(f"v{len(fields)} = ")), name)
        for k, (field, name) in enumerate(zip(fields, found.names, strict=True), 1)
    ]
    section("Symmetries", *(beside(rows) or ["none"]))
    section("Count", *(wrapped(line, 2) for line in (found.facts(), *found.notes)))
    if len(fields) > 1:
        table = found.commutators()
        if max(map(len, table.splitlines())) > width():
            table = "too wide for these lines; `--latex FILE` and `--json FILE` write them"
        elif not found.closed:
            table += "\n\n* leaves the span"
        section("Brackets [row, column]", table)
