"""The laws F = B0 + sum_k beta_k B_k that a symmetry allows in a library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import sympy as sp

from symeq.ansatz.closure import Problem, why_inconsistent, why_nothing
from symeq.ansatz.constraints import Column, SymmetryCondition
from symeq.ansatz.library import Library, check_independence
from symeq.errors import InvalidInput
from symeq.exact import Inconsistent
from symeq.geometry.calculus import exact_expression
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet, as_symbols
from symeq.geometry.leads import is_principal
from symeq.geometry.symmetry import Symmetry
from symeq.latex import expression_latex
from symeq.terms.ring import powers

Coefficients = Mapping[tuple[int, int], sp.Expr]
FloatArray = npt.NDArray[np.float64]
Libraries = Library | Iterable[sp.Expr] | Mapping[sp.Symbol, Library] | Mapping[str, Library]
Known = Mapping[str, object] | Mapping[sp.Expr, object] | Mapping[tuple[str, str], object]

PRINTED_TERMS = 2000  # a law of more terms than this is counted, not printed


@dataclass(frozen=True)
class LinearAnsatz:
    """All laws L_a = F_a of a library that have a symmetry: known up to the numbers beta.

        F_a = B0_a + sum_k beta_k B_{k,a},   B_{k,a} = sum_m c[a, m] theta_{a,m}

    jet, leads: the variables and the leading derivatives L_a.
    libraries: the candidate terms theta_{a,m} for each lead.
    symmetry: generators (closed under the bracket) and maps, as they act on the jet.
    fixed_coefficients, basis_coefficients: B0 and B_k as exact coefficients by (lead, term) position.

    Every member satisfies the symmetry condition exactly. Made by `linear_ansatz`.
    """

    jet: Jet
    leads: tuple[sp.Symbol, ...]
    libraries: tuple[Library, ...]
    symmetry: Symmetry
    fixed_coefficients: Coefficients = field(hash=False)
    basis_coefficients: tuple[Coefficients, ...] = field(hash=False)

    @property
    def unknowns(self) -> int:
        """How many numbers the symmetry leaves open."""
        return len(self.basis_coefficients)

    @property
    def library_unknowns(self) -> int:
        """How many numbers the library leaves open without the symmetry."""
        return sum(len(library) for library in self.libraries)

    def _expressions(self, coefficients: Coefficients) -> tuple[sp.Expr, ...]:
        parts: list[list[sp.Expr]] = [[] for _ in self.leads]
        for (a, m), value in coefficients.items():
            parts[a].append(value * self.libraries[a].terms[m])
        return tuple(sp.Add(*terms) for terms in parts)

    @cached_property
    def fixed(self) -> tuple[sp.Expr, ...]:
        """B0: one expression per lead."""
        return self._expressions(self.fixed_coefficients)

    @cached_property
    def basis(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """B_1, B_2, ...: one expression per lead each, by degree and then by length."""
        return tuple(self._expressions(vector) for vector in self.basis_coefficients)

    @cached_property
    def excluded(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """The library terms that appear in no allowed law, for each lead."""
        used = {at for vector in (self.fixed_coefficients, *self.basis_coefficients) for at in vector}
        return tuple(
            tuple(term for m, term in enumerate(library) if (a, m) not in used)
            for a, library in enumerate(self.libraries)
        )

    @cached_property
    def beta(self) -> tuple[sp.Symbol, ...]:
        """Symbols for the unknown numbers, beta_1, beta_2, ... or another letter where that one is taken."""
        symbols = set().union(*(term.free_symbols for library in self.libraries for term in library))
        taken = {s.name.split("_")[0] for s in (*symbols, *self.jet.variables, *self.symmetry.parameters)}
        letter = next(name for name in ("beta", "c", "b", "k", "coefficient") if name not in taken)
        return tuple(sp.Symbol(f"{letter}_{k}") for k in range(1, self.unknowns + 1))

    def rhs(self, beta: Sequence[float | sp.Expr] | None = None) -> tuple[sp.Expr, ...]:
        """F_a for given numbers beta (default: the symbols `beta`).

        Raises InvalidInput for a wrong number of coefficients.
        """
        values = self.beta if beta is None else beta
        if len(values) != self.unknowns:
            raise InvalidInput(f"This ansatz has {self.unknowns} unknowns, found {len(values)} coefficients.")
        numbers = [v if isinstance(v, sp.Expr | int) else sp.Float(float(v)) for v in values]
        return tuple(
            sp.Add(fixed, *(number * vector[a] for number, vector in zip(numbers, self.basis, strict=True)))
            for a, fixed in enumerate(self.fixed)
        )

    def equations(
        self, beta: Sequence[float | sp.Expr] | None = None
    ) -> tuple[tuple[sp.Symbol, sp.Expr], ...]:
        """(L_a, F_a) for each lead."""
        return tuple(zip(self.leads, self.rhs(beta), strict=True))

    def columns(self) -> tuple[tuple[sp.Expr, ...], FloatArray, FloatArray]:
        """The distinct terms that occur, and B0 (lead, term) and B (unknown, lead, term) over them.

        Raises InvalidInput when a coefficient contains a parameter, which no column of numbers can hold.
        """
        vectors = (self.fixed_coefficients, *self.basis_coefficients)
        used = {at for vector in vectors for at in vector}
        terms = tuple(
            dict.fromkeys(
                term
                for a, library in enumerate(self.libraries)
                for m, term in enumerate(library)
                if (a, m) in used
            )
        )
        position = {term: i for i, term in enumerate(terms)}
        array = np.zeros((len(vectors), len(self.leads), len(terms)))
        for k, vector in enumerate(vectors):
            for (a, m), value in vector.items():
                if not value.is_number:
                    raise InvalidInput(
                        f"The coefficient {value} is not a number. Give its parameters values first."
                    )
                array[k, a, position[self.libraries[a].terms[m]]] = float(value)
        return terms, array[0], array[1:]

    def defect(self, expressions: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, ...], ...]:
        """The symmetry condition on any right-hand sides F_a: zero if and only if the law has the symmetry.

            pr v(L_a - F_a)   or   (L_a - F_a) o g,   each on L = F

        expressions: one per lead; floating-point coefficients count as the exact binary fractions they are.
        Returns one tuple per generator and then per map, of one expression per lead.
        """
        if len(expressions) != len(self.leads):
            raise InvalidInput(
                f"defect: expected {len(self.leads)} right-hand sides, found {len(expressions)}."
            )
        exact = [
            exact_expression(
                f.xreplace({x: sp.Rational(x) for x in f.atoms(sp.Float)}) if isinstance(f, sp.Expr) else f
            )
            for f in expressions
        ]
        rhs = [sp.expand(f) for f in check_symbols(self.jet, exact, self.symmetry.parameters)]
        terms = [term for f in rhs for term in sp.Add.make_args(f)]
        return SymmetryCondition(self.jet, self.leads, self.symmetry, terms).residuals(rhs)

    def _lines(
        self, names: Sequence[str], render: Callable[[sp.Expr], str], times: str
    ) -> list[tuple[str, str]]:
        lines = []
        for a, lead in enumerate(self.leads):
            text = render(self.fixed[a]) if self.fixed[a] else ""
            for name, vector in zip(names, self.basis, strict=True):
                if vector[a]:
                    sign, factor = "+", vector[a]
                    if all(term.could_extract_minus_sign() for term in sp.Add.make_args(factor)):
                        sign, factor = "-", -factor
                    number, rest = (sp.S.One, factor) if factor.is_Add else factor.as_coeff_Mul()
                    shown = render(rest)
                    if rest.is_Add:
                        shown = rf"\left({shown}\right)" if times == " " else f"({shown})"
                    factors = ([] if number == 1 else [render(number)], [name], [] if rest == 1 else [shown])
                    piece = times.join(part for parts in factors for part in parts)
                    text += f" {sign} {piece}" if text else piece if sign == "+" else f"-{piece}"
            lines.append((render(lead), text or "0"))
        return lines

    @property
    def _counts(self) -> str:
        noun = "unknown" if self.unknowns == 1 else "unknowns"
        of = f" instead of {self.library_unknowns}" if self.unknowns < self.library_unknowns else ""
        return f"{self.symmetry}: {self.unknowns} {noun}{of}"

    @property
    def _too_long(self) -> bool:
        return sum(map(len, self.basis_coefficients)) > PRINTED_TERMS

    def __str__(self) -> str:
        if self._too_long:
            return f"{self._counts} (too many terms to print; see .basis)"
        lines = self._lines([s.name for s in self.beta], str, "*")
        return "\n".join([self._counts, *(f"{lead} = {text}" for lead, text in lines)])

    def latex(self) -> str:
        r"""The counts as a LaTeX comment, then the law as aligned equations."""
        if self._too_long:
            return f"% {self._counts} (too many terms to print; see .basis)"
        expressions = (*self.leads, *self.fixed, *(f for vector in self.basis for f in vector))
        names = self.jet.latex_names(*expressions)
        beta = [expression_latex(s, {}) for s in self.beta]
        lines = self._lines(beta, lambda e: expression_latex(e, names), " ")
        law = " \\\\\n".join(f"{lead} &= {text}" for lead, text in lines)
        return f"% {self._counts}\n\\begin{{aligned}}\n{law}\n\\end{{aligned}}"


def linear_ansatz(
    jet: Jet,
    library: Libraries,
    symmetry: SymmetryLike,
    *,
    lead: sp.Symbol | str | Sequence[sp.Symbol | str] | None = None,
    known: Known | None = None,
    parameters: str | Sequence[str | sp.Symbol] = (),
) -> LinearAnsatz:
    """Find all laws L_a = F_a, with F_a in the span of a library, that have a symmetry.

        pr v(L - F) = 0  and  F(g z) = rho(g) F(z)   on L = F,    F_a = sum_m c_{a,m} theta_{a,m}

    jet: the variables.
    library: the terms theta, the same for every lead or a mapping from leads (or dependent variables) to
    libraries; terms that contain a lead or a derivative of one are left out.
    symmetry: generators and maps; `trivial` demands nothing.
    lead: the leading derivative(s), in any order; default: d/dx^1 of every dependent variable.
    known: coefficients that are given, {term: number} or {(lead, term): number}.
    parameters: symbols that stand for constants; the answer holds for generic values.

    >>> from symeq.ansatz.library import monomials
    >>> from symeq.geometry.groups import boost, rotation
    >>> jet = Jet("t", "x y")
    >>> x, y = jet.dependent
    >>> print(linear_ansatz(jet, monomials(x, y, degree=3), rotation(x, y)))
    rotation(x, y): 4 unknowns instead of 20
    x_t = beta_1*x - beta_2*y + beta_3*(x**3 + x*y**2) - beta_4*(x**2*y + y**3)
    y_t = beta_1*y + beta_2*x + beta_3*(x**2*y + y**3) + beta_4*(x**3 + x*y**2)

    A symmetry may fix coefficients:

    >>> wave = Jet("t x", "u")
    >>> u, u_x, u_xx = (wave[name] for name in ("u", "u_x", "u_xx"))
    >>> print(linear_ansatz(wave, monomials(u, degree=2) * [1, u_x, u_xx], boost("x", "u")))
    boost(x, u): 3 unknowns instead of 9
    u_t = -u*u_x + beta_1 + beta_2*u_x + beta_3*u_xx

    Raises NoLaw when no law of the library has the symmetry, naming the term that the library lacks or the
    demands that contradict each other; InvalidInput for symbols or leads that are not the jet's and for
    symmetries whose condition is not affine in F.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), theorem 2.31.
    """
    leads = leading(jet, lead)
    _, index = jet.multi_index(leads[0])
    time = next(x for x, count in zip(jet.independent, index, strict=True) if count)
    symmetry = as_symmetry(symmetry, jet, parameters)
    resolved = symmetry.on(jet, time, parameters=parameters).closed()
    libraries = _libraries(jet, library, leads, resolved.parameters)
    # Unknowns by term first: where two leads share a vector (-y, x), the lowest term gets the positive sign.
    terms = dict.fromkeys(term for one in libraries for term in one)
    place = {(a, term): (a, m) for a, one in enumerate(libraries) for m, term in enumerate(one)}
    columns = tuple((a, term) for term in terms for a in range(len(leads)) if (a, term) in place)
    fixed = _known(jet, leads, columns, known or {}, resolved.parameters)
    problem = Problem(jet, leads, resolved, columns, fixed)
    answer = problem.solve()
    if isinstance(answer, Inconsistent):
        raise why_inconsistent(problem)
    if not answer.basis and not answer.particular:
        raise why_nothing(problem)
    degrees = [term_degree(term) for _, term in columns]
    basis = sorted(answer.basis, key=lambda v: (max(degrees[k] for k in v), len(v), sorted(v)))
    return LinearAnsatz(
        jet,
        leads,
        libraries,
        resolved,
        {place[columns[k]]: value for k, value in answer.particular.items()},
        tuple({place[columns[k]]: value for k, value in vector.items()} for vector in basis),
    )


def leading(jet: Jet, lead: sp.Symbol | str | Sequence[sp.Symbol | str] | None) -> tuple[sp.Symbol, ...]:
    if lead is None:
        return tuple(jet.derivative(u, jet.independent[0]) for u in jet.dependent)
    given = [lead] if isinstance(lead, sp.Symbol | str) else list(lead)
    leads = tuple(jet[s if isinstance(s, str) else s.name] for s in given)
    for position, symbol in enumerate(leads):
        if symbol in jet.independent or jet.order_of(symbol) == 0:
            raise InvalidInput(f"`{symbol}` cannot lead a law: it is not a derivative.")
        others = [other for at, other in enumerate(leads) if at != position]
        if is_principal(jet, others, symbol):
            raise InvalidInput(f"`{symbol}` leads a law and so does it, or what it is a derivative of.")
    if not leads:
        raise InvalidInput("A law needs a leading derivative, found none.")
    return leads


def _libraries(
    jet: Jet, library: Libraries, leads: Sequence[sp.Symbol], parameters: Sequence[sp.Symbol]
) -> tuple[Library, ...]:
    if not isinstance(library, Mapping):
        one = checked_library(jet, library, leads, parameters)
        return tuple(one for _ in leads)
    given = {jet[key if isinstance(key, str) else key.name]: value for key, value in library.items()}
    by_lead = []
    for lead in leads:
        dependent, _ = jet.multi_index(lead)
        if lead not in given and dependent not in given:
            raise InvalidInput(
                f"There is no library for {lead}: the libraries given are for {', '.join(map(str, given))}."
            )
        by_lead.append(checked_library(jet, given[lead if lead in given else dependent], leads, parameters))
    return tuple(by_lead)


def checked_library(
    jet: Jet,
    library: Library | Iterable[sp.Expr],
    leads: Sequence[sp.Symbol],
    parameters: Sequence[sp.Symbol],
) -> Library:
    given = library if isinstance(library, Library) else [exact_expression(term) for term in library]
    terms = check_symbols(jet, list(given), parameters)
    principal = {symbol for symbol in _symbols(terms) if is_principal(jet, leads, symbol)}
    kept = [term for term in terms if principal.isdisjoint(term.free_symbols)] if principal else terms
    if not kept:
        raise InvalidInput(
            f"Every term of the library contains {', '.join(map(str, leads))} or a derivative of it."
        )
    found = library if isinstance(library, Library) and kept == list(library) else Library(kept)
    if parameters:
        check_independence(found.terms, [s for s in _symbols(found) if s not in parameters])
    return found


def _symbols(terms: Iterable[sp.Expr]) -> list[sp.Symbol]:
    return sorted(set().union(*(term.free_symbols for term in terms)), key=lambda s: s.name)


def check_symbols(jet: Jet, terms: Sequence[sp.Expr], parameters: Sequence[sp.Symbol]) -> list[sp.Expr]:
    """The terms in the jet's own symbols, which are recognised by name."""
    replaced = {}
    for symbol in _symbols(terms):
        if symbol in parameters or jet.is_coordinate(symbol):
            continue
        if symbol.name not in jet.names:
            raise InvalidInput(
                f"The library contains {symbol}, which is not a coordinate of {jet} nor a declared parameter."
            )
        replaced[symbol] = jet.names[symbol.name]
    return [term.xreplace(replaced) for term in terms] if replaced else list(terms)


def _known(
    jet: Jet,
    leads: Sequence[sp.Symbol],
    columns: Sequence[Column],
    known: Known,
    parameters: Sequence[sp.Symbol],
) -> dict[Column, sp.Expr]:
    fixed: dict[Column, sp.Expr] = {}
    for key, value in known.items():
        lead, text = key if isinstance(key, tuple) else (None, key)
        term = jet.parse(text, parameters) if isinstance(text, str) else text
        number, term = term.as_coeff_Mul()
        wanted = (
            range(len(leads))
            if lead is None
            else [leads.index(jet[str(lead)])]
            if jet[str(lead)] in leads
            else []
        )
        places = [column for column in columns if column[1] == term and column[0] in wanted]
        if not places:
            where = f"the library for {lead}" if lead is not None else "the library"
            raise InvalidInput(f"The known term {term} is not in {where}. Add it.")
        if len(places) > 1:
            first = leads[places[0][0]]
            raise InvalidInput(
                f'The known term {term} may stand in several equations: write ("{first}", "{term}").'
            )
        given = jet.parse(value, parameters) if isinstance(value, str) else exact_expression(value)
        if given.free_symbols - set(as_symbols(parameters)):
            raise InvalidInput(f"The coefficient {given} of the known term {term} is not a constant.")
        fixed[places[0]] = given / number
    return fixed


def term_degree(term: sp.Expr) -> int:
    exponents = powers(term)
    if exponents is not None:
        return sum(exponents.values())
    factors = term.args if term.is_Mul else (term,)
    return sum(int(abs(f.exp)) if f.is_Pow and f.exp.is_Integer else 1 for f in factors)
