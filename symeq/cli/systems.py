"""The equations that a command is about."""

from __future__ import annotations

from symeq.cli.settings import at
from symeq.cli.words import Words
from symeq.errors import InvalidInput
from symeq.symmetries import Equations


def read_equations(words: Words) -> Equations:
    """The equations and what follows from them, constants with a value replaced by it.

    Raises InvalidInput that starts with the flag or key at fault.
    """
    settings = words.settings
    if not settings.texts("equation"):
        raise InvalidInput('no equation was given. Add it, as in `--equation "u_t = u_xx"`.')
    given, follow = words.equations("equation"), words.equations("consequence")
    with at(settings.place("equation")):
        alone = Equations(words.jet, given, parameters=words.parameters)
    if not follow:
        return alone
    with at(settings.place("consequence")):
        return Equations(words.jet, given, parameters=words.parameters, consequences=follow)


def equations_latex(equations: Equations) -> str:
    """The equations as LaTeX, below each other."""
    return f"\\begin{{gathered}}\n{equations.latex()}\n\\end{{gathered}}"
