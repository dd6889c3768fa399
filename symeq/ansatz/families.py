"""Families of relations: all that have one multiplier, and what they read like solved for one side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import sympy as sp

from symeq.ansatz.library import Library
from symeq.ansatz.linear import LinearAnsatz, term_degree
from symeq.errors import InvalidInput
from symeq.exact import Inconsistent, solve_affine
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.latex import expression_latex
from symeq.terms.ring import powers

Coefficients = Mapping[tuple[int, int], sp.Expr]
Relation = tuple[sp.Expr, ...]
Multiplier: TypeAlias = sp.Expr | sp.ImmutableMatrix


@dataclass(frozen=True)
class SolvedRelation:
    """A relation normalised to L_a = F_a with F = B0 + sum_k beta_k B_k.

    lhs: the left-hand sides L, one for each equation.
    fixed, basis: B0 and B_k, one expression for each equation.
    """

    jet: Jet
    symmetry: Symmetry
    lhs: Relation
    fixed: Relation
    basis: tuple[Relation, ...]

    @property
    def unknowns(self) -> int:
        """How many numbers beta are left open."""
        return len(self.basis)

    def rhs(self, beta: Sequence[sp.Expr | float]) -> Relation:
        """F for given numbers beta.

        Raises InvalidInput for a wrong number of coefficients.
        """
        if len(beta) != self.unknowns:
            raise InvalidInput(f"This relation has {self.unknowns} unknowns, found {len(beta)} coefficients.")
        return tuple(
            sp.Add(f, *(b * vector[a] for b, vector in zip(beta, self.basis, strict=True)))
            for a, f in enumerate(self.fixed)
        )

    def linear(self) -> LinearAnsatz:
        """The same as a LinearAnsatz, which `discover` takes.

        Raises InvalidInput unless every left-hand side is one derivative.
        """
        for side in self.lhs:
            if not side.is_Symbol or side in self.jet.variables or not self.jet.is_coordinate(side):
                raise InvalidInput(f"`{side}` cannot lead a law: it is not a derivative. Scan another term.")
        libraries = []
        for a in range(len(self.lhs)):
            sides = [vector[a] for vector in (self.fixed, *self.basis)]
            terms = [addend.as_coeff_Mul()[1] for f in sides for addend in sp.Add.make_args(sp.expand(f))]
            libraries.append(tuple(dict.fromkeys(term for term in terms if term != 0)))
        vectors = [_over(vector, libraries, self.symmetry.parameters) for vector in (self.fixed, *self.basis)]
        return LinearAnsatz(
            self.jet,
            self.lhs,
            tuple(Library(terms or (sp.S.One,)) for terms in libraries),
            self.symmetry,
            vectors[0],
            tuple(vectors[1:]),
        )

    def __str__(self) -> str:
        lines = []
        for a, (side, fixed) in enumerate(zip(self.lhs, self.fixed, strict=True)):
            parts = [f"beta_{k}*({vector[a]})" for k, vector in enumerate(self.basis, 1) if vector[a] != 0]
            lines.append(f"{side} = {' + '.join(([str(fixed)] if fixed != 0 else []) + parts) or '0'}")
        return "\n".join(lines)


def _over(
    vector: Relation, libraries: Sequence[Sequence[sp.Expr]], parameters: Sequence[sp.Symbol]
) -> Coefficients:
    coefficients: dict[tuple[int, int], sp.Expr] = {}
    for a, f in enumerate(vector):
        for addend in sp.Add.make_args(sp.expand(f)):
            number, term = addend.as_coeff_Mul()
            if number != 0:
                coefficients[a, libraries[a].index(term)] = number
    return coefficients


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

    def _symbols(self, terms: Sequence[sp.Expr] | set[sp.Expr]) -> list[sp.Symbol]:
        symbols = set().union(*(term.free_symbols for term in terms))
        return sorted(filter(self.jet.is_coordinate, symbols), key=lambda s: s.name)

    def solved_for(self, *lhs: sp.Expr | str) -> SolvedRelation | None:
        """The members in which term a has the coefficient 1 in equation a and 0 in the others, or None.

        Raises InvalidInput for terms that the library lacks or a wrong number of them.
        """
        sides = [self.jet.parse(s, self.symmetry.parameters) if isinstance(s, str) else s for s in lhs]
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
        fixed, *basis = (self._member(vector) for vector in (answer.particular, *answer.basis))
        return SolvedRelation(
            self.jet,
            self.symmetry,
            tuple(sides),
            tuple(sp.expand(side - f) for side, f in zip(sides, fixed, strict=True)),
            tuple(tuple(sp.expand(-f) for f in vector) for vector in basis),
        )

    def _member(self, weights: Mapping[int, sp.Expr]) -> Relation:
        return tuple(
            sp.Add(*(sp.expand(w * self.basis[n][a]) for n, w in weights.items()))
            for a in range(self.equations)
        )

    def scan(self) -> Iterator[SolvedRelation]:
        """Every basis element as the left-hand side of all the others, in turn."""
        for n, side in enumerate(self.basis):
            others = (vector for m, vector in enumerate(self.basis) if m != n)
            zero = tuple(sp.S.Zero for _ in side)
            yield SolvedRelation(
                self.jet, self.symmetry, side, zero, tuple(tuple(-f for f in vector) for vector in others)
            )

    @cached_property
    def letters(self) -> tuple[sp.Symbol, ...]:
        """Symbols for the numbers c_1, c_2, ... or another letter where that one is taken."""
        names = {s.name.split("_")[0] for term in self.terms for s in term.free_symbols}
        names |= {s.name for s in (*self.jet.variables, *self.symmetry.parameters)}
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
