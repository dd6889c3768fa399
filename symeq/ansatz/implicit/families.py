"""Families of relations: all that have one multiplier, and what they read like solved for one side."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import sympy as sp

from symeq.ansatz.implicit.solved import Relation, SolvedRelation
from symeq.ansatz.linear import check_symbols, term_degree
from symeq.errors import InvalidInput
from symeq.exact import Inconsistent, Row, solve_affine
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.latex import expression_latex
from symeq.terms.ring import powers

Coefficients = Mapping[tuple[int, int], sp.Expr]
Multiplier: TypeAlias = sp.Expr | sp.ImmutableMatrix


@dataclass(frozen=True)
class Family:
    """All relations of a library with one multiplier: Delta = sum_k c_k B_k, every member is a law.

        pr v(Delta) = Lambda_v Delta,     Delta o g = R_g Delta

    multipliers: Lambda_v for each generator, an expression, or a matrix for several equations.
    map_multipliers: R_g for each map.
    terms, coefficients: the library, and the B_k as exact coefficients by (equation, term) position.
    """

    jet: Jet
    symmetry: Symmetry
    multipliers: tuple[Multiplier, ...]
    map_multipliers: tuple[Multiplier, ...]
    equations: int
    terms: tuple[sp.Expr, ...]
    coefficients: tuple[Coefficients, ...] = field(hash=False)

    @property
    def dimension(self) -> int:
        """How many independent relations there are."""
        return len(self.coefficients)

    @cached_property
    def basis(self) -> tuple[Relation, ...]:
        """B_1, B_2, ...: one expression for each equation."""
        return tuple(
            tuple(
                sp.Add(*(v * self.terms[k] for (b, k), v in vector.items() if a == b))
                for a in range(self.equations)
            )
            for vector in self.coefficients
        )

    @cached_property
    def degree(self) -> int:
        """The largest degree among the terms."""
        return max(term_degree(self.terms[k]) for vector in self.coefficients for _, k in vector)

    @cached_property
    def degenerate(self) -> str:
        """Why no member is a differential equation of its own: "" or the reason."""
        used = {self.terms[k] for vector in self.coefficients for _, k in vector}
        unknown = [s for s in self._symbols(used) if s not in self.jet.independent]
        if not unknown:
            return "it contains no dependent variable"
        if len(unknown) <= self.equations and not any(map(self.jet.order_of, unknown)):
            return "it contains no derivative and determines the unknowns by algebra"
        if self.equations > 1 and self._rank() < self.equations:
            return "its equations depend on each other"
        if self.equations == 1 and len(used) == 1:
            (term,) = used
            factors = powers(term)
            moving = [z for z in factors or () if z in unknown]
            if factors is None:
                own = [f for f in sp.Mul.make_args(term) if set(self._symbols([f])) & set(unknown)]
                if len(own) > 1 or all(f.is_Pow or f.is_Function for f in own):
                    return "it is a single product or function, which vanishes where a factor does"
            elif len(moving) > 1 or any(factors[z] > 1 for z in moving):
                return "it is a single product, which vanishes where a factor does"
        return ""

    def _rank(self) -> int:
        """The rank of a generic member's equations as vectors over the terms."""
        draw = random.Random(0)
        weights = [draw.randrange(1, 10**6) for _ in self.coefficients]
        matrix: dict[tuple[int, int], sp.Expr] = {}
        for weight, vector in zip(weights, self.coefficients, strict=True):
            for at, value in vector.items():
                matrix[at] = matrix.get(at, sp.S.Zero) + weight * value
        used = sorted({k for _, k in matrix})
        rows: list[Row] = [
            ({a: matrix[a, k] for a in range(self.equations) if matrix.get((a, k), 0) != 0}, 0) for k in used
        ]
        answer = solve_affine(rows, self.equations)
        return self.equations - (0 if isinstance(answer, Inconsistent) else len(answer.basis))

    def _symbols(self, terms: Sequence[sp.Expr] | set[sp.Expr]) -> list[sp.Symbol]:
        symbols = set().union(*(term.free_symbols for term in terms))
        return sorted(filter(self.jet.is_coordinate, symbols), key=lambda s: s.name)

    def solved_for(self, *lhs: sp.Expr | str) -> SolvedRelation | None:
        """The members in which term a has the coefficient 1 in equation a and 0 in the others, or None.

        Raises InvalidInput for terms that the library lacks or a wrong number of them.
        """
        read = [self.jet.parse(s, self.symmetry.parameters) if isinstance(s, str) else s for s in lhs]
        sides = check_symbols(self.jet, read, self.symmetry.parameters)
        if len(sides) != self.equations:
            raise InvalidInput(
                f"solved_for: expected a term for each of {self.equations} equations, found {len(sides)}."
            )
        for side in sides:
            if side not in self.terms:
                raise InvalidInput(
                    f"The term {side} is not in the library: {', '.join(map(str, self.terms))}."
                )
        position = [self.terms.index(side) for side in sides]
        rows = [
            (
                {n: v[a, k] for n, v in enumerate(self.coefficients) if (a, k) in v},
                int(a == b),
            )
            for a in range(self.equations)
            for b, k in enumerate(position)
        ]
        answer = solve_affine(rows, self.dimension)
        if isinstance(answer, Inconsistent):
            return None
        return self._solved(tuple(sides), answer.particular, answer.basis)

    def scan(self) -> Iterator[SolvedRelation]:
        """Every basis element as the left-hand side of all the others, in turn."""
        for n in range(self.dimension):
            others = tuple({m: sp.S.One} for m in range(self.dimension) if m != n)
            yield self._solved(self.basis[n], {n: sp.S.One}, others)

    def _solved(
        self, lhs: Relation, fixed: Mapping[int, sp.Expr], basis: Sequence[Mapping[int, sp.Expr]]
    ) -> SolvedRelation:
        """L = (L - B_fixed) + sum_k beta_k B_k; the sign of a free number is free."""
        sides = {(a, t): v for a, f in enumerate(lhs) for t, v in self._entries_of(f).items()}
        vectors = [
            self._entries({n: -weight for n, weight in fixed.items()}),
            *(self._entries(weights) for weights in basis),
        ]
        for at, value in sides.items():
            vectors[0][at] = sp.expand(vectors[0].get(at, sp.S.Zero) + value)
        kept = [{at: value for at, value in vector.items() if value != 0} for vector in vectors]
        return SolvedRelation(self.jet, self.symmetry, lhs, kept[0], tuple(kept[1:]))

    def _entries_of(self, side: sp.Expr) -> Mapping[sp.Expr, sp.Expr]:
        if side in self.terms:
            return {side: sp.S.One}
        n, a = next((n, a) for n, vector in enumerate(self.basis) for a, f in enumerate(vector) if f == side)
        return {self.terms[k]: value for (b, k), value in self.coefficients[n].items() if a == b}

    def _entries(self, weights: Mapping[int, sp.Expr]) -> dict[tuple[int, sp.Expr], sp.Expr]:
        total: dict[tuple[int, sp.Expr], sp.Expr] = {}
        for n, weight in weights.items():
            for (a, k), value in self.coefficients[n].items():
                at = (a, self.terms[k])
                total[at] = sp.expand(total.get(at, sp.S.Zero) + weight * value)
        return total

    @cached_property
    def letters(self) -> tuple[sp.Symbol, ...]:
        """Symbols for the numbers c_1, c_2, ... or another letter where that one is taken."""
        symbols = {s for term in self.terms for s in term.free_symbols}
        names = {s.name.split("_")[0] for s in (*symbols, *self.jet.variables, *self.symmetry.parameters)}
        letter = next(name for name in ("c", "k", "beta", "coefficient") if name not in names)
        return tuple(sp.Symbol(f"{letter}_{k}") for k in range(1, self.dimension + 1))

    def lines(self, render: Callable[[sp.Expr], str], times: str, equals: str) -> list[str]:
        """The general member, one line for each equation."""
        found = []
        for a in range(self.equations):
            text = ""
            for letter, vector in zip(self.letters, self.basis, strict=True):
                f = vector[a]
                if f == 0:
                    continue
                sign = "-" if all(t.could_extract_minus_sign() for t in sp.Add.make_args(f)) else "+"
                f = -f if sign == "-" else f
                shown = f"({render(f)})" if f.is_Add else render(f)
                piece = render(letter) if f == 1 else times.join((render(letter), shown))
                text += f" {sign} {piece}" if text else piece if sign == "+" else f"-{piece}"
            found.append(f"{text or '0'}{equals}0")
        return found

    def __str__(self) -> str:
        return "\n".join([*self.lines(str, "*", " = "), *self._told()])

    def _told(self) -> list[str]:
        pairs = zip(self.symmetry.members, (*self.multipliers, *self.map_multipliers), strict=True)
        shown = [
            f"{m.tolist() if isinstance(m, sp.MatrixBase) else m} for `{v}`"
            for v, m in pairs
            if not _plain(m, v in self.symmetry.maps)
        ]
        return [f"  multipliers: {', '.join(shown)}"] if shown else []

    def latex(self) -> str:
        r"""The general member as LaTeX, its equations below each other."""
        expressions = [f for vector in self.basis for f in vector]
        names = self.jet.latex_names(*expressions)
        return " \\\\\n".join(self.lines(lambda e: expression_latex(e, names), " ", " &= "))


def _plain(multiplier: Multiplier, of_map: bool) -> bool:
    """Whether a multiplier says nothing: 0 for a generator, 1 for a map."""
    if isinstance(multiplier, sp.MatrixBase):
        return bool(multiplier == (sp.eye(multiplier.rows) if of_map else sp.zeros(*multiplier.shape)))
    return bool(multiplier == int(of_map))
