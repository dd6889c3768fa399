"""A law by the vectors of its frame: F = F0 + sum_j G_j(I) E_j."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Float

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.geometry.calculus import expression_text
from symeq.latex import expression_latex


def frame_text(form: FunctionalAnsatz, functions: Sequence[Expr], digits: int) -> str:
    """The law with each unknown function in place, and the invariants below, as text."""
    lines = []
    for a, lead in enumerate(form.leads):
        parts = [] if form.fixed[a] == 0 else [expression_text(form.fixed[a])]
        parts += [
            f"({_rounded(g, digits)})" + ("" if vector[a] == 1 else f"*({expression_text(vector[a])})")
            for g, vector in zip(functions, form.frame, strict=True)
            if g != 0 and vector[a] != 0
        ]
        lines.append(f"{expression_text(lead) if not lead.is_Symbol else lead} = {' + '.join(parts) or '0'}")
    return "\n".join([*lines, *(f"{s} = {expression_text(e)}" for s, e in _used(form, functions))])


def frame_latex(form: FunctionalAnsatz, functions: Sequence[Expr], digits: int) -> str:
    r"""The law with each unknown function in place, and the invariants below, as an ``aligned`` block."""
    names = form.jet.latex_names(
        *form.leads, *form.fixed, *form.arguments, *(e for v in form.frame for e in v)
    )
    rows = []
    for a, lead in enumerate(form.leads):
        parts = [] if form.fixed[a] == 0 else [expression_latex(form.fixed[a], names)]
        for g, vector in zip(functions, form.frame, strict=True):
            if g != 0 and vector[a] != 0:
                inside = expression_latex(_rounded(g, digits), {})
                shown = expression_latex(vector[a], names)
                brackets = vector[a].is_Add or vector[a].could_extract_minus_sign()
                shown = rf"\left({shown}\right)" if brackets else shown
                parts.append(inside if vector[a] == 1 else rf"\left({inside}\right) {shown}")
        rows.append(f"{expression_latex(lead, names)} &= {' + '.join(parts) or '0'}")
    rows += [f"{expression_latex(s, {})} &= {expression_latex(e, names)}" for s, e in _used(form, functions)]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def framed(form: FunctionalAnsatz, functions: Sequence[Expr]) -> dict[str, Any]:
    """The same as values that JSON knows; expressions are text that :func:`symeq.parse` reads."""

    def written(expression: Expr) -> str:
        return str(form.jet.standard(expression))

    return {
        "fixed": [written(part) for part in form.fixed],
        "vectors": [[written(e) for e in vector] for vector in form.frame],
        "functions": [str(g) for g in functions],
        "invariants": {s.name: written(e) for s, e in _used(form, functions)},
    }


def _used(form: FunctionalAnsatz, functions: Sequence[Expr]) -> list[tuple[Expr, Expr]]:
    """The invariants that occur."""
    inside = set().union(*(g.free_symbols for g in functions))
    return [(s, e) for s, e in zip(form.symbols, form.arguments, strict=True) if s in inside]


def _rounded(function: Expr, digits: int) -> Expr:
    return function.xreplace({number: Float(number, digits) for number in function.atoms(Float)})
