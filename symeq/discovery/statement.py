"""How a law is stated: as text, as LaTeX, as a JSON document."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sympy import Expr, Float

from symeq.discovery.framed import framed
from symeq.geometry.jet import Jet
from symeq.latex import expression_latex, number_latex, symbol_latex
from symeq.search.engine import Constant
from symeq.writing import written_whole

if TYPE_CHECKING:
    from symeq.discovery.law import Discovery

SCHEMA = 1


@dataclass(frozen=True)
class Term:
    """One library term of one equation: ``standard_error`` is 0 and ``basis`` None where the symmetry fixes
    the value."""

    lead: Expr
    expression: Expr
    value: float
    standard_error: float
    basis: int | None


def law_text(leads: Sequence[Expr], terms: Sequence[Term], constants: Sequence[Constant] = ()) -> str:
    """The equations as plain text, coefficients with standard errors; constants in lines of their own."""
    lines = []
    for lead in leads:
        parts = []
        for term in terms:
            if term.lead == lead:
                number = _number_text(abs(term.value), term.standard_error)
                symbol = "" if term.expression == 1 else _in_brackets(term.expression)
                exact_one = term.basis is None and number == "1" and symbol
                product = symbol if exact_one else "*".join(filter(None, (number, symbol)))
                parts.append((term.value < 0, product))
        body = " ".join(("- " if minus else "+ ") + part for minus, part in parts)
        body = (
            body.removeprefix("+ ").replace("- ", "-", 1)
            if body.startswith("- ")
            else body.removeprefix("+ ")
        )
        lines.append(f"{lead} = {body or '0'}")
    for constant in constants:
        number = _number_text(abs(constant.value), constant.error)
        lines.append(f"{constant.symbol} = {'-' if constant.value < 0 else ''}{number}")
    return "\n".join(lines)


def law_latex(
    jet: Jet,
    leads: Sequence[Expr],
    terms: Sequence[Term],
    digits: int,
    errors: bool,
    constants: Sequence[Constant] = (),
) -> str:
    """The equations as LaTeX: one line as it is, several in an ``aligned`` block; then the constants."""
    names = jet.latex_names(*leads, *(term.expression for term in terms))
    lines = []
    for lead in leads:
        body = ""
        for term in terms:
            if term.lead == lead:
                known = errors and term.standard_error > 0
                number = number_latex(abs(term.value), term.standard_error if known else None, digits)
                exact = term.basis is None and float(term.value).is_integer()
                number = str(abs(int(term.value))) if exact else number
                symbol = "" if term.expression == 1 else expression_latex(term.expression, names)
                number = "" if exact and number == "1" and symbol else number
                sign = "-" if term.value < 0 else "+"
                joined = number + (r"\, " if number and symbol else "") + symbol
                body += f" {sign} {joined}" if body else (f"-{joined}" if sign == "-" else joined)
        lines.append((expression_latex(lead, names), body or "0"))
    for constant in constants:
        known = errors and math.isfinite(constant.error) and constant.error > 0
        number = number_latex(abs(constant.value), constant.error if known else None, digits)
        lines.append((symbol_latex(constant.symbol.name), ("-" if constant.value < 0 else "") + number))
    if len(lines) == 1:
        return f"{lines[0][0]} = {lines[0][1]}"
    inner = " \\\\\n".join(f"{left} &= {right}" for left, right in lines)
    return f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}"


def document(law: Discovery) -> dict[str, Any]:
    """The law as JSON values: ``equations`` and ``terms`` in strings that :func:`symeq.parse` reads, and
    everything about how they were found."""
    jet, ansatz, provenance = law.ansatz.jet, law.ansatz, law.provenance

    def written(expression: Expr) -> str:
        return str(jet.standard(expression))

    equations = []
    for lead, rhs in law.equations:
        own = [term for term in law.terms if term.lead == lead]
        inside = set().union(*(term.expression.free_symbols for term in own))
        constants = [constant for constant in law.constants if constant.symbol in inside]
        latex = law_latex(jet, [lead], own, 6, False, constants)
        equations.append({"lhs": written(lead), "rhs": written(rhs), "latex": latex})
    symmetry = ansatz.symmetry
    values = {constant.symbol: Float(constant.value, 17) for constant in law.constants}
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "equations": equations,
        "terms": [
            {
                "lhs": written(term.lead),
                "expression": written(term.expression.xreplace(values)),
                "value": term.value,
                "standard_error": _json_number(term.standard_error),
                "inclusion_frequency": None,
                "basis": term.basis,
            }
            for term in law.terms
        ],
        "unknowns": {"library": ansatz.library_unknowns, "allowed": ansatz.unknowns},
        "symmetry": {
            "generators": [str(generator) for generator in symmetry.generators],
            "maps": [str(point_map) for point_map in symmetry.maps],
            "exact": True,
        },
        "front": [
            {
                "unknowns": entry.unknowns,
                "basis": list(entry.support),
                "residual": _json_number(entry.residual),
                "significant": entry.significant,
                "chosen": entry.chosen,
            }
            | ({"complexity": entry.complexity, "law": list(entry.law)} if entry.law else {})
            for entry in law.front
        ],
        "data": {
            "rows": provenance.rows,
            "blocks": provenance.blocks,
            "noise": dict(provenance.noise),
            "sampled": list(provenance.notes),
            "residual": _json_number(law.residual),
            "chi2": _json_number(law.chi2),
        },
        "identifiability": _identified(law),
        "warnings": list(law.warnings),
        "engine": provenance.engine,
        "seconds": provenance.seconds,
        "versions": dict(provenance.versions),
        "seed": provenance.seed,
    }
    if law.form is not None and law.end is not None:
        content["constants"] = [
            {"name": c.symbol.name, "value": c.value, "standard_error": _json_number(c.error)}
            for c in law.constants
        ]
        content["frame"] = framed(law.form, law.functions)
        content["search"] = {
            "ended": law.end.why,
            "decided": law.end.decided,
            "clocked": law.end.clocked,
            "epochs": law.end.epochs,
            "evaluations": law.end.evaluations,
        }
    return content


def _identified(law: Discovery) -> dict[str, Any] | None:
    """The condition of the allowed columns, and which terms cannot be told apart; None where not asked."""
    known = law.identifiability
    if known is None:
        return None
    return {
        "condition": _json_number(known.condition),
        "inflation": [_json_number(value) for value in known.inflation],
        "nearly_dependent": [list(group) for group in known.groups],
        "dependent": [list(group) for group in known.dependent],
        "confused": [list(group) for group in law.confused],
    }


def write_json(content: dict[str, Any], path: str | Path) -> None:
    """Write a JSON file, whole or not at all.  Raises InvalidInput for a path that cannot be written."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _json_number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _in_brackets(expression: Expr) -> str:
    return f"({expression})" if expression.is_Add else str(expression)


def _number_text(value: float, error: float) -> str:
    if not math.isfinite(error) or error <= 0:
        return f"{value:.6g}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    if decimals > 12 or error > 1e6:
        return f"({value:.6g} ± {error:.1e})"
    return f"({value:.{decimals}f} ± {error:.{decimals}f})"
