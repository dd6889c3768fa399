"""A law found by the search, as expressions: unknown functions, vectors, and an ansatz that spans it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.library import Library
from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.span import multiplied_out
from symeq.geometry.symmetry import Symmetry
from symeq.search.genetic.constants import constants
from symeq.search.genetic.front import Model
from symeq.search.genetic.measured import Measured
from symeq.search.genetic.replay import coefficients


@dataclass(frozen=True)
class Stated:
    r"""The law :math:`F_a = F_{0,a} + \sum_k \beta_k T_k(I; c) E_{j_k, a}` of one or several searches.

    trees (term,): T_k in the symbols of the form and the constants; vectors (term,): j_k; beta (term,): from
    the rows of the search; constants: the inner constants c with their values.
    """

    form: FunctionalAnsatz
    trees: tuple[Expr, ...]
    vectors: tuple[int, ...]
    beta: np.ndarray
    constants: tuple[tuple[Symbol, float], ...]

    def functions(self, beta: Sequence[Expr | float], values: Mapping[Symbol, Expr]) -> tuple[Expr, ...]:
        """The G_j of the form for given coefficients and constants."""
        sides = [sp.S.Zero] * len(self.form.frame)
        for number, tree, j in zip(beta, self.trees, self.vectors, strict=True):
            sides[j] += number * tree.xreplace(dict(values))
        return tuple(sides)

    def ansatz(self, vectors: Sequence[Sequence[Expr]] | None = None) -> LinearAnsatz:
        """The laws with these terms and any coefficients; or those that other vectors span, in order."""
        form = self.form
        rows = [tuple(map(multiplied_out, v)) for v in (form.fixed, *(vectors or self.terms))]
        libraries: list[dict[Expr, int]] = [{} for _ in form.leads]
        coefficients: list[dict[tuple[int, int], Expr]] = []
        for row in rows:
            own: dict[tuple[int, int], Expr] = {}
            for a, side in enumerate(row):
                for part in sp.Add.make_args(side):
                    if part == 0:
                        continue
                    number, term = part.as_coeff_Mul()
                    place = a, libraries[a].setdefault(term, len(libraries[a]))
                    own[place] = own.get(place, sp.S.Zero) + number
            coefficients.append({place: number for place, number in own.items() if number != 0})
        symbols = tuple(symbol for symbol, _ in self.constants)
        symmetry = Symmetry(
            form.symmetry.generators,
            form.symmetry.maps,
            form.symmetry.label,
            parameters=tuple(dict.fromkeys((*form.symmetry.parameters, *symbols))),
        )
        return LinearAnsatz(
            form.jet,
            form.leads,
            tuple(Library.of_independent(library or [sp.S.One]) for library in libraries),
            symmetry,
            coefficients[0],
            tuple(coefficients[1:]),
        )

    @property
    def terms(self) -> tuple[tuple[Expr, ...], ...]:
        """T_k E_{j_k} on the jet, one expression per left-hand side each."""
        arguments = dict(zip(self.form.symbols, self.form.arguments, strict=True))
        return tuple(
            tuple(tree.xreplace(arguments) * e if e != 0 else sp.S.Zero for e in self.form.frame[j])
            for tree, j in zip(self.trees, self.vectors, strict=True)
        )

    def without(self, k: int) -> Stated:
        """The law without one of its terms."""
        trees = self.trees[:k] + self.trees[k + 1 :]
        used = set().union(*(tree.free_symbols for tree in trees))
        kept = tuple((symbol, value) for symbol, value in self.constants if symbol in used)
        vectors = self.vectors[:k] + self.vectors[k + 1 :]
        return Stated(self.form, trees, vectors, np.delete(self.beta, k), kept)

    def renumbered(self) -> Stated:
        """The law with its constants called by consecutive numbers."""
        names = {
            symbol: Symbol(f"{symbol.name.rsplit('_', 1)[0]}_{k}")
            for k, (symbol, _) in enumerate(self.constants, 1)
        }
        trees = tuple(tree.xreplace(names) for tree in self.trees)
        constants = tuple((names[symbol], value) for symbol, value in self.constants)
        return Stated(self.form, trees, self.vectors, self.beta, constants)

    def at(self, values: Sequence[float]) -> Stated:
        """The law with other values of its constants."""
        pairs = zip(self.constants, values, strict=True)
        return Stated(
            self.form, self.trees, self.vectors, self.beta, tuple((s, float(v)) for (s, _), v in pairs)
        )


def state(found: Sequence[tuple[Measured, Model]]) -> Stated:
    """The joint law of the searches of a form."""
    form = found[0][0].form
    taken = {s.name.split("_")[0] for s in (*form.jet.variables, *form.symmetry.parameters, *form.symbols)}
    letter = next(name for name in ("c", "k", "kappa", "lambda_", "constant") if name not in taken)
    trees: list[Expr] = []
    vectors: list[int] = []
    beta: list[float] = []
    numbered: list[tuple[Symbol, float]] = []
    for measured, model in found:
        beta += list(coefficients(model, measured.problem))
        for j, prefix in model.terms:
            own = []
            for value in constants(prefix):
                own.append((Symbol(f"{letter}_{len(numbered) + 1}"), value))
                numbered.append(own[-1])
            trees.append(as_powers(measured.expression(prefix, [symbol for symbol, _ in own])))
            vectors.append(measured.vectors[j])
    return Stated(form, tuple(trees), tuple(vectors), np.array(beta), tuple(numbered))


def as_powers(expression: Expr) -> Expr:
    """exp(c log x) written as x^c, and the root of 1/x, which is defined for x > 0 alone, as x^(-1/2).

    >>> x, c = sp.symbols("x c")
    >>> as_powers(2 * sp.exp(c * sp.log(1 + x)) + sp.sqrt(1 / x) / x)
    2*(x + 1)**c + x**(-3/2)
    """

    def power(argument: Expr) -> Expr:
        for factor in sp.Mul.make_args(argument):
            if isinstance(factor, sp.log):
                return factor.args[0] ** (argument / factor)
        return sp.exp(argument)

    def is_root(node: sp.Basic) -> bool:
        return node.is_Pow and node.exp == sp.S.Half and node.base.is_Pow and node.base.exp == -1

    return expression.replace(sp.exp, power).replace(is_root, lambda node: node.base.base ** (-sp.S.Half))
