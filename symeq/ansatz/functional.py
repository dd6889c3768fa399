"""The laws F = F0 + sum_j G_j(I) E_j of a symmetry, with arbitrary functions G_j of its invariants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb

import sympy as sp
from sympy.polys.matrices.sdm import sdm_irref

from symeq.ansatz.frames import completed_frame, elements, free_coordinates, lead_condition
from symeq.ansatz.library import Library
from symeq.ansatz.linear import LinearAnsatz, leading
from symeq.errors import InvalidInput, NoLaw
from symeq.exact import coefficient_field
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.invariants import Invariants, invariants
from symeq.invariants.equivariant.condition import Equivariance
from symeq.invariants.equivariant.factors import fixed_with_factors
from symeq.invariants.equivariant.vectors import equivariant_vectors
from symeq.latex import expression_latex
from symeq.terms import Monomial, TermRing

SHOWN = 4  # arguments of a function that are spelled out
PRODUCTS = 4000  # products of invariants and vectors in a linearised law
POWERS = (1, -1, 2, -2, 3, -3)  # of an argument by which vectors may differ without being two
SHARE = 0.5  # of the time that the search for invariants may take


@dataclass(frozen=True)
class FunctionalAnsatz:
    """All laws L_a = F_a that have a symmetry, with arbitrary functions G_j of its invariants I.

        F_a = F0_a + sum_j G_j(I_1, ..., I_m) E_{j,a}

    jet, leads: the variables and the leading derivatives L_a.
    symmetry: generators (closed under the bracket) and maps, as they act on the jet.
    fixed: F0, what the symmetry prescribes: a boost asks for -u u_x.
    frame: the vectors E_j, one expression per lead each.
    arguments: the invariants I, free of the leads and of derivatives of them.
    complete: whether every law with the symmetry is of this form, where the vectors are independent. This is
    meant locally: of three-fold turns, Im z^3 = +-sqrt(|z|^6 - (Re z^3)^2) is a function of |z|^2 and Re z^3
    but for its sign. So where a power is preferred or a map acts, signs may stay undetermined.
    missing: how many invariants and vectors are known to exist but were not found; notes: what ran out.
    invariants: the invariants with their certificate.

    Every member satisfies the symmetry condition exactly. Made by `functional_ansatz`. The names `functions`
    of the G_j and `symbols` of the I_k avoid those of the jet and of the parameters.
    """

    jet: Jet
    leads: tuple[sp.Symbol, ...]
    symmetry: Symmetry
    fixed: tuple[sp.Expr, ...]
    frame: tuple[tuple[sp.Expr, ...], ...]
    arguments: tuple[sp.Expr, ...]
    complete: bool
    missing: int
    notes: tuple[str, ...]
    invariants: Invariants

    @cached_property
    def functions(self) -> tuple[sp.Symbol, ...]:
        """Names for the G_j: G_1, G_2, ... or another letter where that one is taken."""
        return self._numbered(("G", "H", "Phi", "Psi", "function"), len(self.frame))

    @cached_property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """Symbols for the arguments of the G_j: I_1, I_2, ... or another letter where that one is taken."""
        return self._numbered(("I", "J", "K", "zeta", "invariant"), len(self.arguments))

    def _numbered(self, letters: Sequence[str], count: int) -> tuple[sp.Symbol, ...]:
        taken = {s.name.split("_")[0] for s in (*self.jet.variables, *self.symmetry.parameters)}
        letter = next(name for name in letters if name not in taken)
        return tuple(sp.Symbol(f"{letter}_{k}") for k in range(1, count + 1))

    def rhs(self, functions: Sequence[sp.Expr | int | float]) -> tuple[sp.Expr, ...]:
        """F_a for given functions: one expression in `symbols` (and parameters) for each G_j.

        >>> from symeq.geometry.groups import rotation, translation
        >>> form = functional_ansatz(Jet("t", "x y"), rotation("x", "y") + translation("t"))
        >>> [i_1] = form.symbols
        >>> form.rhs([1 - i_1, sp.sin(i_1)])
        (x*(-x**2 - y**2 + 1) - y*sin(x**2 + y**2), x*sin(x**2 + y**2) + y*(-x**2 - y**2 + 1))

        Raises InvalidInput for a wrong number of functions and for symbols that are neither.
        """
        if len(functions) != len(self.frame):
            raise InvalidInput(f"This ansatz has {len(self.frame)} functions, found {len(functions)}.")
        known = {s.name: s for s in (*self.symmetry.parameters, *self.symbols)}
        values = dict(zip(self.symbols, self.arguments, strict=True))
        exact = []
        for given in functions:
            g = exact_expression(given)
            strange = sorted(s.name for s in g.free_symbols if s.name not in known)
            if strange:
                names = ", ".join(s.name for s in self.symbols) or "none"
                raise InvalidInput(
                    f"The function {g} contains {', '.join(strange)}. Its arguments are called {names}."
                )
            g = g.xreplace({s: known[s.name] for s in g.free_symbols})
            exact.append(g.subs(values, simultaneous=True))
        return tuple(
            sp.Add(fixed, *(g * vector[a] for g, vector in zip(exact, self.frame, strict=True)))
            for a, fixed in enumerate(self.fixed)
        )

    def defect(self, expressions: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, ...], ...]:
        """The symmetry condition on any right-hand sides F_a: zero if and only if the law has the symmetry.

        As `LinearAnsatz.defect`: one tuple per generator and then per map, of one expression per lead.
        """
        return _linear(self, (), ()).defect(expressions)

    def linearise(self, degree: int) -> LinearAnsatz:
        """Take every G_j as a polynomial of its arguments up to a degree: an ansatz with numbers to find.

            G_j(I) = sum_{|alpha| <= degree} beta_{j,alpha} I^alpha

        Products are multiplied out to terms; those that depend on others are left out.
        Raises InvalidInput for a negative degree and for one that gives too many products.

        >>> from symeq.geometry.groups import rotation, translation
        >>> print(functional_ansatz(Jet("t", "x y"), rotation("x", "y") + translation("t")).linearise(1))
        rotation(x, y) + translation(t): 4 unknowns instead of 12
        x_t = beta_1*x - beta_2*y + beta_3*(x**3 + x*y**2) - beta_4*(x**2*y + y**3)
        y_t = beta_1*y + beta_2*x + beta_3*(x**2*y + y**3) + beta_4*(x**3 + x*y**2)
        """
        if degree < 0:
            raise InvalidInput(f"linearise: the degree is a whole number, 0 or more; found {degree}.")
        count = comb(len(self.arguments) + degree, degree) * len(self.frame)
        if count > PRODUCTS:
            raise InvalidInput(
                f"linearise({degree}): {len(self.frame)} functions of {len(self.arguments)} arguments have"
                f" {count} coefficients, more than {PRODUCTS}. Choose a lower degree."
            )
        powers = [
            sp.Mul(*chosen)
            for d in range(degree + 1)
            for chosen in combinations_with_replacement(self.arguments, d)
        ]
        return _linear(self, powers, self.frame)

    def _law(self, render: Callable[[sp.Expr], str], calls: Sequence[str], times: str) -> Iterator[str]:
        for a in range(len(self.leads)):
            text = render(self.fixed[a]) if self.fixed[a] != 0 else ""
            for call, vector in zip(calls, self.frame, strict=True):
                factor = vector[a]
                if factor == 0:
                    continue
                sign = "+"
                if all(term.could_extract_minus_sign() for term in sp.Add.make_args(factor)):
                    sign, factor = "-", -factor
                number, rest = (sp.S.One, factor) if factor.is_Add else factor.as_coeff_Mul()
                shown = render(rest)
                if rest.is_Add:
                    shown = f"({shown})" if times == "*" else rf"\left({shown}\right)"
                parts = ([] if number == 1 else [render(number)], [call], [] if rest == 1 else [shown])
                piece = times.join(part for found in parts for part in found)
                text += f" {sign} {piece}" if text else piece if sign == "+" else f"-{piece}"
            yield text or "0"

    def _calls(self, name: Callable[[sp.Symbol], str], dots: str) -> list[str]:
        inside = ", ".join(map(name, self.symbols))
        if len(self.symbols) > SHOWN:
            inside = f"{name(self.symbols[0])}, {dots}, {name(self.symbols[-1])}"
        return [f"{name(g)}({inside})" if inside else name(g) for g in self.functions]

    def __str__(self) -> str:
        calls = self._calls(lambda s: s.name, "...")
        lines = [
            f"{lead} = {text}"
            for lead, text in zip(self.leads, self._law(expression_text, calls, "*"), strict=True)
        ]
        lines += [
            f"{symbol} = {expression_text(e)}" for symbol, e in zip(self.symbols, self.arguments, strict=True)
        ]
        return "\n".join([*lines, *self._warnings])

    @property
    def _warnings(self) -> list[str]:
        return [] if self.complete else [f"incomplete: {note}" for note in self.notes or ("not certified",)]

    def latex(self) -> str:
        r"""The law and its arguments as aligned equations, what is incomplete as LaTeX comments."""
        names = self.jet.latex_names(
            *self.leads, *self.fixed, *self.arguments, *(e for v in self.frame for e in v)
        )

        def render(expression: sp.Expr) -> str:
            return expression_latex(expression, names)

        calls = self._calls(lambda s: expression_latex(s, {}), r"\ldots")
        rows = [*zip(self.leads, self._law(render, calls, " "), strict=True)]
        rows += [*zip(self.symbols, map(render, self.arguments), strict=True)]
        body = " \\\\\n".join(f"{expression_latex(left, names)} &= {right}" for left, right in rows)
        comments = "".join(f"% {line}\n" for line in self._warnings)
        return f"{comments}\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def functional_ansatz(
    jet: Jet,
    symmetry: SymmetryLike,
    *,
    lead: sp.Symbol | str | Sequence[sp.Symbol | str] | None = None,
    order: int | None = None,
    degree: int = 4,
    prefer: Sequence[sp.Expr | str] = (),
    parameters: str | Sequence[str | sp.Symbol] = (),
    budget: float | None = 60,
) -> FunctionalAnsatz:
    """Find all laws L_a = F_a that have a symmetry, up to arbitrary functions of its invariants.

        F_a = F0_a + sum_j G_j(I) E_{j,a},   v(F_a) = A_a + sum_b M_ab F_b  for F = F0,  A = 0 for F = E_j

    jet: the variables.
    symmetry: generators and maps; `trivial` demands nothing.
    lead: the leading derivative(s); default: d/dx^1 of every dependent variable.
    order: of the highest derivative in F (default: of the jet).
    degree: the highest of the polynomials that are tried for F0 and E_j.
    prefer: invariants to be used as arguments where they serve.
    parameters: symbols that stand for constants; the answer holds for generic values.
    budget: in seconds; what is not found by then is reported as missing.

    >>> from symeq.geometry.groups import boost, reflection, translation
    >>> galilei = translation("t", "x") + boost("x", "u") + reflection("x", "u")
    >>> print(functional_ansatz(Jet("t x", "u", order=2), galilei))
    u_t = -u*u_x + G_1(I_1, I_2)*u_xx
    I_1 = u_x
    I_2 = u_xx**2

    Raises NoLaw when no law has the symmetry, or none with F0 up to this degree; InvalidInput for symbols or
    leads that are not the jet's and for symmetries whose condition is not affine in F.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), proposition 2.18 and
    theorem 2.31.
    """
    deadline = None if budget is None else time.monotonic() + budget

    def left(share: float = 1.0) -> float | None:
        return None if deadline is None else max(0.0, deadline - time.monotonic()) * share

    highest = jet.order if order is None else order
    if highest < 0:
        raise InvalidInput(f"the order of a law is a whole number, 0 or more; found {highest}.")
    leads = leading(jet, lead)
    _, index = jet.multi_index(leads[0])
    clock = next(x for x, count in zip(jet.independent, index, strict=True) if count)
    symmetry = as_symmetry(symmetry, jet, parameters)
    resolved = symmetry.on(jet, clock, parameters=parameters).closed()
    condition = lead_condition(jet, leads, resolved, highest)
    among = free_coordinates(jet, leads, highest)
    wanted = [jet.parse(i, parameters) if isinstance(i, str) else i for i in prefer]
    found = equivariant_vectors(condition, degree=degree, variables=among, budget=left(SHARE))
    if not found.solvable:
        raise NoLaw(
            f"No law for {_listed(leads)} of order {highest} has the symmetry {resolved}: what it demands of"
            " the right-hand side contradicts itself. Raise the order or leave a generator out."
        )
    of_group = invariants(jet, resolved, order=highest, coordinates=among, prefer=wanted, budget=left(SHARE))
    fixed = found.fixed
    relative = [f.expression for f in of_group.relative]
    if fixed is None:
        fixed = fixed_with_factors(condition, relative, variables=among, degree=degree, budget=left(SHARE))
    frame = completed_frame(
        condition,
        found,
        _all_maps(jet, leads, resolved, highest),
        variables=among,
        relative=relative,
        invariants=of_group.of_generators,
        degree=degree,
        budget=left(),
    )
    if fixed is None or not (frame.vectors or any(f != 0 for f in fixed)):
        why = " ".join(dict.fromkeys((*found.notes, *frame.notes))) or "Its isotropy leaves no vector."
        raise NoLaw(
            f"No law for {_listed(leads)} of order {highest} with the symmetry {resolved} was found among"
            f" polynomials up to degree {degree}. {why}"
        )
    vectors = _without_multiples(frame.vectors, of_group.invariants)
    notes = tuple(dict.fromkeys((*of_group.notes, *frame.notes)))
    missing = of_group.missing + frame.most - frame.rank
    return FunctionalAnsatz(
        jet=jet,
        leads=leads,
        symmetry=resolved,
        fixed=fixed,
        frame=vectors,
        arguments=of_group.invariants,
        complete=of_group.complete and frame.rank == frame.most,
        missing=missing,
        notes=notes,
        invariants=of_group,
    )


def _listed(leads: Sequence[sp.Symbol]) -> str:
    return ", ".join(lead.name for lead in leads)


def _all_maps(jet: Jet, leads: Sequence[sp.Symbol], symmetry: Symmetry, order: int) -> Equivariance:
    maps = Symmetry(maps=elements(symmetry.maps), parameters=symmetry.parameters)
    return lead_condition(jet, leads, maps, order)


def _without_multiples(
    vectors: Sequence[tuple[sp.Expr, ...]], arguments: Sequence[sp.Expr]
) -> tuple[tuple[sp.Expr, ...], ...]:
    """Leave out a vector that is a power of one argument times one before it: G_j covers it."""
    kept: list[tuple[sp.Expr, ...]] = []
    for vector in vectors:
        ratios = [r for earlier in kept if (r := _ratio(vector, earlier)) is not None]
        if not any(_is_power(r, i) for r in ratios for i in arguments):
            kept.append(vector)
    return tuple(kept)


def _ratio(vector: Sequence[sp.Expr], other: Sequence[sp.Expr]) -> sp.Expr | None:
    """The factor of one vector before another; None where they are not parallel."""
    if any((e == 0) != (f == 0) for e, f in zip(vector, other, strict=True)):
        return None
    at = next(a for a, e in enumerate(vector) if e != 0)
    if any(sp.expand(e * other[at] - vector[at] * f) != 0 for e, f in zip(vector, other, strict=True)):
        return None
    return sp.cancel(vector[at] / other[at])


def _is_power(ratio: sp.Expr, argument: sp.Expr) -> bool:
    """Whether a ratio is a number times a power of an argument; a polynomial is not divided by."""
    if not ratio.free_symbols or ratio.free_symbols != argument.free_symbols:
        return False
    powers = [n for n in POWERS if n > 0 or not argument.is_polynomial()]
    return any(sp.cancel(ratio / argument**n).is_number for n in powers)


def _linear(
    form: FunctionalAnsatz, factors: Sequence[sp.Expr], frame: Sequence[tuple[sp.Expr, ...]]
) -> LinearAnsatz:
    """The span of all products of factors and vectors, by independent terms."""
    products = [tuple(_multiplied_out(f * e) for e in vector) for f in factors for vector in frame]
    everything = [tuple(map(_multiplied_out, form.fixed)), *products]
    symbols = sorted({s for v in everything for e in v for s in e.free_symbols}, key=lambda s: s.name)
    coordinates = [s for s in symbols if form.jet.is_coordinate(s)]
    libraries: list[Library] = []
    vectors: list[dict[tuple[int, int], sp.Expr]] = [{} for _ in everything]
    for a in range(len(form.leads)):
        terms, columns = _by_terms([vector[a] for vector in everything], coordinates)
        # A lead of which nothing is known still has a library, of one term that does not occur.
        libraries.append(Library(terms or [sp.S.One]))
        for vector, column in zip(vectors, columns, strict=True):
            vector.update({(a, m): value for m, value in column.items()})
    kept = _independent(vectors[1:])
    return LinearAnsatz(
        form.jet,
        form.leads,
        tuple(libraries),
        form.symmetry,
        vectors[0],
        tuple(vectors[1 + k] for k in kept),
    )


def _multiplied_out(expression: sp.Expr) -> sp.Expr:
    """A sum of terms whose roots and denominators stay as they are: a / (1 + b)^3 is one term."""
    held: dict[sp.Basic, sp.Basic] = {}
    nodes = sp.preorder_traversal(expression)
    for node in nodes:
        if node.is_Pow and node.base.has(sp.Add) and not (node.exp.is_Integer and node.exp > 0):
            held.setdefault(node, sp.Dummy())
            nodes.skip()
    return sp.expand(expression.xreplace(held)).xreplace({dummy: power for power, dummy in held.items()})


def _by_terms(
    expressions: Sequence[sp.Expr], coordinates: Sequence[sp.Symbol]
) -> tuple[list[sp.Expr], list[dict[int, sp.Expr]]]:
    """Sums as combinations of independent terms: u_x^2 / r^3 + 1 / r^3 = 1 / r for r^2 = 1 + u_x^2."""
    split = [
        [term.as_independent(*coordinates, as_Add=False) for term in sp.Add.make_args(e) if term != 0]
        for e in expressions
    ]
    distinct = list(dict.fromkeys(term for parts in split for _, term in parts))
    ring = TermRing(coordinates, [*distinct, *(number for parts in split for number, _ in parts)])
    rows: dict[Monomial, dict[int, object]] = {}
    for k, poly in enumerate(ring.canonical([ring.polynomial(term) for term in distinct])):
        for monomial, value in poly.items():
            rows.setdefault(monomial, {})[k] = ring.field.convert(value)
    reduced, pivots, _ = sdm_irref(dict(enumerate(rows.values())))
    place = {pivot: m for m, pivot in enumerate(pivots)}
    meaning = {
        k: {m: row[k] for m, row in enumerate(reduced.values()) if k in row} for k in range(len(distinct))
    }
    position = {term: k for k, term in enumerate(distinct)}
    columns = []
    for parts in split:
        column: dict[int, sp.Expr] = {}
        for number, term in parts:
            k = position[term]
            shares = (
                {place[k]: sp.S.One}
                if k in place
                else {m: ring.field.to_sympy(c) for m, c in meaning[k].items()}
            )
            for m, share in shares.items():
                column[m] = column.get(m, sp.S.Zero) + number * share
        columns.append({m: value for m, c in column.items() if (value := sp.expand(c)) != 0})
    return [distinct[k] for k in pivots], columns


def _independent(vectors: Sequence[Mapping[tuple[int, int], sp.Expr]]) -> tuple[int, ...]:
    """Positions of the vectors that are no combinations of those before them."""
    field = coefficient_field([value for vector in vectors for value in vector.values()])
    rows: dict[tuple[int, int], dict[int, object]] = {}
    for k, vector in enumerate(vectors):
        for at, value in vector.items():
            rows.setdefault(at, {})[k] = field.from_sympy(value)
    _, pivots, _ = sdm_irref(dict(enumerate(rows.values())))
    return tuple(pivots)
