r"""LaTeX at the door: names, expressions, numbers with their errors, tables. Digits belong to the printer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from sympy import Expr, Float, Symbol
from sympy.printing.latex import LatexPrinter

from symeq.errors import InvalidInput

_GREEK_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_GREEK = frozenset(_GREEK_LETTERS.values())
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: "\\" + character for character in "&%$#_{}"},
}


def text_latex(text: str) -> str:
    r"""Return plain text with LaTeX's special characters escaped.

    >>> print(text_latex("u_x & 5%"))
    u\_x \& 5\%
    """
    return "".join(_SPECIAL.get(character, character) for character in text)


def _word_latex(word: str) -> str:
    word = _GREEK_LETTERS.get(word, word)
    if word in _GREEK:
        return "\\" + word
    return word if len(word) == 1 or word.isdigit() else rf"\mathrm{{{text_latex(word)}}}"


def _name_parts(name: str) -> tuple[str, str]:
    """The LaTeX of the letter and of the subscript: x1 and x_1 carry the subscript 1."""
    match = re.fullmatch(r"([^\W\d_]+)_?([0-9]+)|([^\W_]+)_(\w*[^\W_])", name)
    if match is None:
        return _word_latex(name), ""
    stem, subscript = (group for group in match.groups() if group is not None)
    return _word_latex(stem), r",".join(_word_latex(word) for word in subscript.split("_") if word)


def symbol_latex(name: str) -> str:
    r"""Return the LaTeX of a name: Greek letters, upright words, trailing digits as subscripts.

    >>> symbol_latex("beta"), symbol_latex("x12"), symbol_latex("temp"), symbol_latex("S")
    ('\\beta', 'x_{12}', '\\mathrm{temp}', 'S')
    """
    stem, subscript = _name_parts(name)
    return f"{stem}_{{{subscript}}}" if subscript else stem


def derivative_latex(dependent: str, independents: Sequence[str]) -> str:
    r"""Return the LaTeX of a derivative, u_{xx}, or u_{x_{1} x_{2}} when the names have several letters.

    >>> derivative_latex("u", ["x", "x"]), derivative_latex("u_1", ["x1", "t"])
    ('u_{xx}', 'u_{1,x_{1} t}')
    """
    stem, subscript = _name_parts(dependent)
    joint = "" if all(len(x) == 1 and x.isascii() for x in independents) else " "
    letters = joint.join(symbol_latex(x) for x in independents)
    return f"{stem}_{{{subscript + ',' if subscript else ''}{letters}}}"


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{max(decimals, 0)}f}" if decimals >= 0 else f"{round(value, decimals):.0f}"
    return text[1:] if text.startswith("-") and float(text) == 0 else text


def number_latex(value: float, error: float | None = None, digits: int = 3) -> str:
    r"""Return a number with `digits` significant digits, or with its standard error to two digits.

    Very large and very small numbers get a power of ten.

    >>> print(number_latex(-1.00034, 0.00121))
    (-1.0003 \pm 0.0012)
    >>> print(number_latex(0.0000123456))
    1.23 \times 10^{-5}
    """
    if digits < 1:
        raise InvalidInput(f"digits={digits}: a number is printed with at least one digit.")
    if not math.isfinite(value):
        return r"\mathrm{nan}" if math.isnan(value) else (r"\infty" if value > 0 else r"-\infty")
    known = error is not None and math.isfinite(error) and error > 0
    size = max(abs(value), error if known and error is not None else 0.0)
    exponent = int(f"{size:.{digits - 1}e}".partition("e")[2]) if size else 0
    power = exponent if exponent < -3 or exponent > 5 else 0
    scale = 10.0**power
    if not known or error is None:
        text = _fixed(value / scale, digits - 1 - (exponent - power))
    else:
        decimals = 1 - int(f"{error / scale:.1e}".partition("e")[2])
        text = rf"({_fixed(value / scale, decimals)} \pm {_fixed(error / scale, decimals)})"
    return rf"{text} \times 10^{{{power}}}" if power else text


class _ExpressionPrinter(LatexPrinter):
    def __init__(self, names: dict[Symbol, str], digits: int | None) -> None:
        super().__init__({"symbol_names": names})
        self._digits = digits

    def _print_Float(self, expr: Float) -> str:
        if self._digits is None:
            return str(super()._print_Float(expr))
        return number_latex(float(expr), digits=self._digits)


def expression_latex(expression: Expr, names: Mapping[Symbol, str], digits: int | None = None) -> str:
    r"""Return the LaTeX of an expression, floats with `digits` significant digits (None: all of them).

    `names` gives the LaTeX of its symbols, as `Jet.latex_names` does; a symbol it lacks is printed by its
    name.

    >>> from sympy import Symbol
    >>> print(expression_latex(Symbol("beta") / 2 + 1.23456 * Symbol("x1"), {}, digits=3))
    \frac{\beta}{2} + 1.23 x_{1}
    """
    printed = {s: names.get(s) or symbol_latex(s.name) for s in expression.free_symbols}
    if len(set(printed.values())) == len(printed):
        # SymPy orders factors by name: under these names beta u u_x, not Derivative(u, x1) beta u.
        renamed = {s: Symbol(latex) for s, latex in printed.items()}
        expression, printed = expression.xreplace(renamed), {s: s.name for s in renamed.values()}
    return str(_ExpressionPrinter(printed, digits).doprint(expression))


def table_latex(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""Return a booktabs table; cells are LaTeX already (see text_latex), the first column is flush left.

    Raises InvalidInput when a row and the header differ in length.

    >>> print(table_latex(["law", "terms"], [["SO(2)", "6"]]))
    \begin{tabular}{lr}
    \toprule
    law & terms \\
    \midrule
    SO(2) & 6 \\
    \bottomrule
    \end{tabular}
    """
    for row in rows:
        if len(row) != len(header):
            raise InvalidInput(f"a table row has {len(row)} cells, its header {len(header)}: {list(row)}")
    lines = [" & ".join(cells) + r" \\" for cells in (header, *rows)]
    columns = "l" + "r" * (len(header) - 1)
    middle = [r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"]
    return "\n".join([rf"\begin{{tabular}}{{{columns}}}", *middle, r"\end{tabular}"])
