"""The laws F = F0 + sum_j G_j(I) E_j of a symmetry, with arbitrary functions G_j of its invariants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb

import sympy as sp

from symeq.ansatz.frames import completed_frame, elements, free_coordinates, lead_condition
from symeq.ansatz.linear import LinearAnsatz, leading
from symeq.ansatz.span import span
from symeq.ansatz.weights import Weights, split_scalings, weights_of
from symeq.errors import InvalidInput, NoLaw
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import Symmetry
from symeq.invariants import Invariants, invariants
from symeq.invariants.equivariant.condition import Equivariance
from symeq.invariants.equivariant.factors import fixed_with_factors
from symeq.invariants.equivariant.vectors import equivariant_vectors
from symeq.latex import expression_latex

SHOWN = 4  # arguments of a function that are spelled out
PRODUCTS = 4000  # products of invariants and vectors in a linearised law
POWERS = (1, -1, 2, -2, 3, -3)  # of an argument by which vectors may differ without being two
SHARE = 0.5  # of the time that the search for invariants may take


@dataclass(frozen=True)
class FunctionalAnsatz:
    """All laws L_a = F_a that have a symmetry, with arbitrary functions G_j of its invariants I.

        F_a = F0_a + sum_j G_j(I_1, ..., I_m) E_{j,a}

    jet, leads: the variables and the leading derivatives L_a (of a relation, the invariant on its left).
    symmetry: generators (closed under the bracket) and maps, as they act on the jet.
    fixed: F0, what the symmetry prescribes: a boost asks for -u u_x.
    frame: the vectors E_j, one expression per lead each.
    arguments: the invariants I, free of the leads and of derivatives of them.
    complete: whether every law with the symmetry is of this form, where the vectors are independent. This is
    meant locally: of three-fold turns, Im z^3 = +-sqrt(|z|^6 - (Re z^3)^2) is a function of |z|^2 and Re z^3
    but for its sign. So where a power is preferred or a map acts, signs may stay undetermined.
    missing: how many invariants and vectors are known to exist but were not found; notes: what ran out.
    invariants: the invariants with their certificate.
    weights: how arguments and vectors scale, where scalings were not divided out (`graded`): then only the
    G_j whose products scale as the leads do give a member.
    relation: whether the left-hand side is an invariant, of any order, instead of a leading derivative.

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
    weights: Weights | None = None
    relation: bool = False

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
        exact = []
        for j, given in enumerate(functions):
            g = exact_expression(given)
            strange = sorted(s.name for s in g.free_symbols if s.name not in known)
            if strange:
                names = ", ".join(s.name for s in self.symbols) or "none"
                raise InvalidInput(
                    f"The function {g} contains {', '.join(strange)}. Its arguments are called {names}."
                )
            g = g.xreplace({s: known[s.name] for s in g.free_symbols})
            if self.weights is not None and g != 0 and not self.weights.fits(g, j, self):
                raise InvalidInput(
                    f"The function {g} does not make a law that has the scalings: times its vector it must"
                    f" scale as {_listed(self.leads)}."
                )
            exact.append(g)
        return self.rhs_with(exact)

    def rhs_with(self, functions: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
        """F_a for functions in `symbols` that may hold floating-point numbers and further symbols, as they
        are."""
        values = dict(zip(self.symbols, self.arguments, strict=True))
        put_in = [g.subs(values, simultaneous=True) for g in functions]
        return tuple(
            sp.Add(fixed, *(g * vector[a] for g, vector in zip(put_in, self.frame, strict=True)))
            for a, fixed in enumerate(self.fixed)
        )

    def defect(self, expressions: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, ...], ...]:
        """The symmetry condition on any right-hand sides F_a: zero if and only if the law has the symmetry.

        As `LinearAnsatz.defect`: one tuple per generator and then per map, of one expression per lead.
        """
        if not self.relation:
            return span(self.jet, self.leads, self.symmetry, self.fixed, ()).defect(expressions)
        # An invariant on the left: the condition is that the other side is one, too.
        sides = [exact_expression(f) - lead for f, lead in zip(expressions, self.leads, strict=True)]
        fields = [tuple(v.apply(side, self.jet) for side in sides) for v in self.symmetry.generators]
        maps = [
            tuple(sp.expand(g.apply(side, self.jet) - side) for side in sides) for g in self.symmetry.maps
        ]
        return (*fields, *maps)

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
        vectors = [
            tuple(f * e for e in vector)
            for f in powers
            for j, vector in enumerate(self.frame)
            if self.weights is None or self.weights.fits(f, j, self)
        ]
        return span(self.jet, self.leads, self.symmetry, self.fixed, vectors)

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
        if self.weights is not None:
            lines.append(
                f"every product scales as {_listed(self.leads)} under {_listed(self.weights.scalings)}"
            )
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
    graded: bool = False,
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
    graded: scalings are not divided out: arguments and vectors are those of the other generators, each with
    its weight, and a law is a sum of products that all scale as the lead does. Nothing is divided by what may
    vanish, as in u_t = u_x^3 G(u_xx/u_x^2).
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
    everything = symmetry.on(jet, clock, parameters=parameters).closed()
    resolved, scalings = split_scalings(everything) if graded else (everything, ())
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
    weights = None
    if scalings:
        weights = weights_of(jet, scalings, leads, fixed, vectors, of_group.invariants)
        if weights is None:
            raise InvalidInput(
                f"The invariants of {resolved} are not homogeneous under its scalings. Leave out `graded`."
            )
    return FunctionalAnsatz(
        jet=jet,
        leads=leads,
        symmetry=everything,
        fixed=fixed,
        frame=vectors,
        arguments=of_group.invariants,
        complete=of_group.complete and frame.rank == frame.most,
        missing=missing,
        notes=notes,
        invariants=of_group,
        weights=weights,
    )


def _listed(items: Sequence[object]) -> str:
    return ", ".join(map(str, items))


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
