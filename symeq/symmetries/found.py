"""The point symmetries that were found: their table, their algebra, and how complete they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import sympy
from sympy import Expr, Symbol

from symeq.geometry.calculus import expression_text
from symeq.geometry.fields import VectorField
from symeq.geometry.symmetry import Symmetry
from symeq.latex import expression_latex, table_latex, text_latex
from symeq.symmetries.algebra import Constants, structure_constants
from symeq.symmetries.equations import Equations
from symeq.symmetries.naming import KINDS, kind_of, name_of

MOST_LISTED = 64  # generators whose brackets a document lists
MOST_TABLED = 8  # generators whose brackets make a table that can be read
WIDEST = 90  # fields longer than this do not widen the table


@dataclass(frozen=True, repr=False, eq=False)
class PointSymmetries:
    """All point symmetries of equations within an ansatz.

    equations; generators: a basis, each proven; degree: of the polynomial coefficients, None for functions of
    the user; bound: an upper bound of the dimension modulo primes, None when the time ran out; growth: degree
    -> dimension modulo a prime; notes: what else is to be known; values: of parameters.

    >>> from symeq.geometry import Jet
    >>> from symeq.symmetries.point import point_symmetries
    >>> heat = point_symmetries("u_t = u_xx", degree=1, jet=Jet("t x", "u"))
    >>> heat.dimension, heat.certified, heat.infinite_suspected, dict(heat.growth)
    (6, True, True, {0: 3, 1: 6, 2: 8, 3: 10})
    """

    equations: Equations
    generators: tuple[VectorField, ...]
    degree: int | None
    bound: int | None
    growth: Mapping[int, int]
    notes: tuple[str, ...]
    values: Mapping[str, str]

    @property
    def dimension(self) -> int:
        """The number of independent symmetries that were proven."""
        return len(self.generators)

    @property
    def certified(self) -> bool:
        """Whether the dimension is exact within the ansatz: as many are proven as primes allow.

        Not where the equations have hidden consequences that could not be used.
        """
        return self.bound == len(self.generators) and not self.equations.incomplete

    @property
    def infinite_suspected(self) -> bool:
        """Whether the dimension grows at each of the two next degrees (or of those counted)."""
        if self.degree is None or len(self.growth) < 2:
            return False
        counts = [self.growth[d] for d in sorted(self.growth) if d >= self.degree]
        if len(counts) < 3:
            counts = [self.growth[d] for d in sorted(self.growth)]
        return len(counts) > 2 and all(a < b for a, b in zip(counts, counts[1:], strict=False))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What kind of transformation each generator generates, "" where it is none of the known."""
        linear = self._linear
        return tuple(kind_of(v, self.equations.jet, linear_equations=linear) for v in self.generators)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The recognised parts, one name for each generator, "" where none fits."""
        linear = self._linear
        return tuple(name_of(v, self.equations.jet, linear_equations=linear) for v in self.generators)

    @property
    def _linear(self) -> bool:
        return _is_linear(self.equations)

    @cached_property
    def _constants(self) -> Constants:
        jet, parameters = self.equations.jet, self.equations.parameters
        return structure_constants(self.generators, jet.variables, parameters)

    def structure_constants(self) -> Constants:
        """Return {(i, j): {k: c}} with [v_i, v_j] = sum_k c v_k for i < j, None where no combination does.

        >>> from symeq.geometry import Jet
        >>> from symeq.symmetries.point import point_symmetries
        >>> point_symmetries("u_xx = u^(-3)", jet=Jet("x", "u")).structure_constants()
        {(0, 1): {0: 2}, (0, 2): {1: 1}, (1, 2): {2: 2}}
        """
        return dict(self._constants)

    @property
    def closed(self) -> bool:
        """Whether all brackets lie in the span."""
        return all(value is not None for value in self._constants.values())

    def symmetry(self) -> Symmetry:
        """Return the generators as a symmetry."""
        return Symmetry(self.generators, parameters=self.equations.parameters)

    # -- for reading

    def facts(self) -> str:
        """Return one sentence: the dimension, within what, and how sure."""
        within = "the given coefficient functions" if self.degree is None else f"degree {self.degree}"
        if self.bound is None:
            return f"dimension at least {self.dimension} within {within}: the search was not finished"
        sure = "exact, every generator proven" if self.certified else "at least: each is proven"
        text = f"dimension {self.dimension} within {within} ({sure})"
        if self.infinite_suspected:
            text += "; infinitely many suspected, the dimension keeps growing"
        grown = self._grown()
        return f"{text}; {grown}" if grown else text

    def _grown(self) -> str:
        """The dimensions at other degrees, each number once: 4 at degree 1, 5 at degrees 3 and 4."""
        degrees: dict[int, list[str]] = {}
        for d, n in sorted(self.growth.items()):
            if (d, n) != (self.degree, self.dimension):
                degrees.setdefault(n, []).append(str(d))
        parts = []
        for n, listed in degrees.items():
            *first, last = listed
            parts.append(
                f"{n} at degrees {', '.join(first)} and {last}" if first else f"{n} at degree {last}"
            )
        return ", ".join(parts)

    def __str__(self) -> str:
        labels = [f"v{k}" for k in range(1, len(self.generators) + 1)]
        fields = [str(v) for v in self.generators]
        widths = [
            max((len(text) for text in column if len(text) <= WIDEST), default=0)
            for column in (labels, fields)
        ]
        lines = [
            f"{label:>{widths[0]}} = {field:<{widths[1]}}  {name}".rstrip()
            for label, field, name in zip(labels, fields, self.names, strict=True)
        ]
        return "\n".join([*lines, self.facts(), *self.notes])

    def __repr__(self) -> str:
        return f"PointSymmetries({self.facts()})"

    def latex(self) -> str:
        r"""Return a LaTeX table of the generators and their names."""
        rows = [
            [rf"$v_{{{k}}} = {v.latex()}$", text_latex(name)]
            for k, (v, name) in enumerate(zip(self.generators, self.names, strict=True), 1)
        ]
        return table_latex(["generator", "kind"], rows)

    def commutators(self) -> str:
        """Return the table of brackets [v_i, v_j] as text, for more than 8 generators those not 0 as a list.

        >>> from symeq.geometry import Jet
        >>> from symeq.symmetries.point import point_symmetries
        >>> print(point_symmetries("u_xx = u^(-3)", jet=Jet("x", "u")).commutators())
             v1     v2    v3
        v1    0   2*v1    v2
        v2  -2*v1    0   2*v3
        v3   -v2  -2*v3    0
        """
        size = len(self.generators)
        if size > MOST_TABLED:
            filled = [(i, j) for (i, j), entry in sorted(self._constants.items()) if entry != {}]
            listed = [f"[v{i + 1}, v{j + 1}] = {self._cell(i, j, latex=False)}" for i, j in filled]
            return "\n".join(listed) or "every bracket is 0"
        cells = [["", *(f"v{k}" for k in range(1, size + 1))]]
        for i in range(size):
            cells.append([f"v{i + 1}", *(self._cell(i, j, latex=False) for j in range(size))])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(f"{c:>{w}}" for c, w in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(line.rstrip() for line in lines)

    def commutators_latex(self) -> str:
        """Return the table of brackets as LaTeX."""
        size = len(self.generators)
        header = ["", *(f"$v_{{{k}}}$" for k in range(1, size + 1))]
        rows = [[f"${self._cell(i, j, latex=True)}$" for j in range(size)] for i in range(size)]
        rows = [[f"$v_{{{i}}}$", *row] for i, row in enumerate(rows, 1)]
        return table_latex(header, rows)

    def _cell(self, i: int, j: int, *, latex: bool) -> str:
        if i == j:
            return "0"
        entry = self._constants[min(i, j), max(i, j)]
        if entry is None:
            return r"\ast" if latex else "*"
        marks = {k: Symbol(f"v_{k + 1}" if latex else f"v{k + 1}") for k in entry}
        sign = 1 if i < j else -1
        total = sympy.Add(*(sign * value * marks[k] for k, value in entry.items()))
        if latex:
            return expression_latex(total, {mark: f"v_{{{k + 1}}}" for k, mark in marks.items()})
        return expression_text(total)

    def _brackets(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        for (i, j), entry in self._constants.items():
            if entry != {}:
                texts = {str(k): expression_text(c) for k, c in (entry or {}).items()}
                listed.append({"i": i, "j": j, "bracket": None if entry is None else texts})
        return listed

    def document(self) -> dict[str, Any]:
        """Return plain data: dimension, generators, degree, certified, infinite_suspected and more.

        `structure` lists the brackets of generators i < j that are not 0, as {k: text}, or null where the
        bracket leaves the span; indices count from 0. It is null itself for more than 64 generators.
        """
        structure = self._brackets() if self.dimension <= MOST_LISTED else None
        return {
            "dimension": self.dimension,
            "generators": [{z.name: expression_text(f) for z, f in v.components} for v in self.generators],
            "degree": self.degree,
            "certified": self.certified,
            "infinite_suspected": self.infinite_suspected,
            "upper_bound": self.bound,
            "growth": {str(d): n for d, n in self.growth.items()},
            "names": list(self.names),
            "structure": structure,
            "equations": [str(rule) for rule in self.equations.tested],
            "values": dict(self.values),
            "notes": list(self.notes),
        }


def arranged(
    equations: Equations,
    generators: Sequence[VectorField],
    *,
    degree: int | None,
    bound: int | None,
    growth: Mapping[int, int],
    notes: Sequence[str],
    values: Mapping[Any, Any] | None = None,
) -> PointSymmetries:
    """Return the fields in the order of reading: translations, rotations, scalings, boosts, the rest.

    >>> from symeq.geometry import Jet
    >>> t, x, u = Jet("t x", "u").variables
    >>> fields = [VectorField({x: t, u: 1}), VectorField({x: 1}), VectorField({t: 1})]
    >>> equations = Equations(Jet("t x", "u"), "u_t = u*u_x")
    >>> print(arranged(equations, fields, degree=1, bound=3, growth={}, notes=()))
    v1 = d_t          translation(t)
    v2 = d_x          translation(x)
    v3 = t*d_x + d_u  Galilean boost along x
    dimension 3 within degree 1 (exact, every generator proven)
    """
    jet = equations.jet
    linear = _is_linear(equations)
    place = {z: k for k, z in enumerate(jet.variables)}

    def key(field: VectorField) -> tuple[Any, ...]:
        kind = kind_of(field, jet, linear_equations=linear)
        listed = [z for z in jet.variables if field[z] != 0]
        return KINDS.index(kind), len(str(field)), [place[z] for z in listed], str(field)

    def turned(field: VectorField) -> VectorField:
        """-y d_x + x d_y, the way a rotation is written."""
        field = VectorField({z: field[z] for z in jet.variables})
        if kind_of(field, jet) in ("rotation", "phase rotation"):
            first = field.components[0][1]
            return field if first.could_extract_minus_sign() else -field
        return field

    shown = {str(k): str(v) for k, v in (values or {}).items()}
    return PointSymmetries(
        equations=equations,
        generators=tuple(sorted(map(turned, generators), key=key)),
        degree=degree,
        bound=bound,
        growth=MappingProxyType(dict(growth)),
        notes=tuple(dict.fromkeys(notes)),
        values=MappingProxyType(shown),
    )


def _is_linear(equations: Equations) -> bool:
    """Whether the equations are linear in all dependent variables together, without a free term."""
    jet = equations.jet
    zero = {c: 0 for r in equations.tested for c in (r.rest.free_symbols | {r.lead})}
    zero = {c: 0 for c in zero if c not in jet.independent and jet.is_coordinate(c)}
    return all(
        rule.rest.is_polynomial(*zero)
        and rule.rest.xreplace(zero) == 0
        and all(not _slope(rule.rest, c).free_symbols & set(zero) for c in zero)
        for rule in equations.tested
    )


def _slope(expression: Expr, symbol: Symbol) -> Expr:
    return expression.expand().diff(symbol)
