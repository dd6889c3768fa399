"""The moving frame of a group given by its finite action: a cross-section normalises every coordinate."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry.calculus import exact_expression, expression_text, partial_derivative
from symeq.geometry.fields import VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols
from symeq.invariants.equivariant.condition import Equivariance, Motion
from symeq.invariants.radicals import tidied
from symeq.latex import expression_latex

IDENTITIES = (0, 1)  # values that parameters may have at the identity, where none are given
HIGHEST_POWER = 8  # of a parameter in an equation a (p + q)^n = b that is solved by a root
SIZE = 20_000  # operations in an equation or an answer: beyond that it is no use to anybody


@dataclass(frozen=True)
class MovingFrame:
    """The normalised invariants iota(z) of a group action: every coordinate carried to a cross-section.

        iota(z) = (g z) at g = rho(z),   where rho(z) z lies on the cross-section z_k = c_k

    jet, action, parameters: the action g as a map that depends on the parameters of the group.
    cross_section: the coordinates that are normalised, with their constants.
    frame: rho, an expression for each parameter.
    normalised: iota(z) for every coordinate up to the order asked for.
    generators: the derivatives of the action at the identity, which annihilate every iota(z).

    Made by `moving_frame`.
    """

    jet: Jet
    action: PointMap
    parameters: tuple[sp.Symbol, ...]
    cross_section: tuple[tuple[sp.Symbol, sp.Expr], ...]
    frame: tuple[tuple[sp.Symbol, sp.Expr], ...]
    normalised: tuple[tuple[sp.Symbol, sp.Expr], ...]
    generators: tuple[VectorField, ...]

    @cached_property
    def invariants(self) -> tuple[sp.Expr, ...]:
        """The normalised invariants that are not constant, by the order of their coordinates."""
        known = set(self.jet.with_order(self._order).coordinates)
        return tuple(dict.fromkeys(f for _, f in self.normalised if f.free_symbols & known))

    @property
    def _order(self) -> int:
        return max(self.jet.order_of(z) for z, _ in self.normalised)

    def invariantise(self, expression: sp.Expr) -> sp.Expr:
        """Return iota(F): every coordinate replaced by its invariant, so that invariants stay what they are.

        Raises InvalidInput for a coordinate of higher order than the frame was made for.
        """
        expression = exact_expression(expression)
        images = dict(self.normalised)
        for symbol in sorted(expression.free_symbols, key=lambda s: s.name):
            if symbol not in images and self.jet.is_coordinate(symbol):
                raise InvalidInput(
                    f"{symbol} is of higher order than this moving frame, {self._order}. Raise its order."
                )
        return _tidy(expression.subs(images, simultaneous=True))

    def __str__(self) -> str:
        lines = [f"{z} -> {expression_text(f)}" for z, f in self.normalised]
        return "\n".join(lines)

    def latex(self) -> str:
        r"""Return the normalised invariants as aligned equations, `\iota(u_{xx}) = ...`."""
        names = self.jet.latex_names(*(e for pair in self.normalised for e in pair))
        lines = [
            rf"\iota\left({expression_latex(z, names)}\right) &= {expression_latex(f, names)}"
            for z, f in self.normalised
        ]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def moving_frame(
    jet: Jet,
    action: PointMap,
    parameters: str | Sequence[str | sp.Symbol],
    cross_section: Mapping[sp.Symbol, object] | Mapping[str, object],
    *,
    order: int | None = None,
    identity: Mapping[sp.Symbol, object] | Mapping[str, object] | None = None,
    budget: float | None = 60,
) -> MovingFrame:
    """Normalise the parameters of a group by a cross-section: g z = c for as many coordinates as parameters.

    The equations are solved one after the other, each for a parameter that it is linear in, or whose power,
    exponential or tangent it gives; of several roots that which is the identity on the cross-section. Every
    invariant is certified to be annihilated by the generators of the action.

    Arguments: `action`, a map whose expressions contain the `parameters`; `cross_section`, constants by
    coordinate; `order` of the coordinates that are carried along (default: of the jet); `identity`, the
    parameters of the identity where they are not all 0 or 1; `budget` in seconds.
    Raises InvalidInput for a cross-section of another size, when the equations are not solved in this way or
    time, and when an answer is not invariant, as for maps that form no group.
    Source: Fels and Olver, Moving coframes II, Acta Appl. Math. 55 (1999), section 4 and theorem 4.5.

    >>> x, u, a, b, phi = as_symbols("x u a b phi")
    >>> rigid = PointMap({x: x * sp.cos(phi) - u * sp.sin(phi) + a, u: x * sp.sin(phi) + u * sp.cos(phi) + b})
    >>> curve = moving_frame(Jet("x", "u", order=2), rigid, "a b phi", {"x": 0, "u": 0, "u_x": 0})
    >>> curve.invariants
    (u_xx/(u_x**2 + 1)**(3/2),)
    """
    deadline = None if budget is None else time.monotonic() + budget
    unknowns = as_symbols(parameters)
    section = {
        jet[z if isinstance(z, str) else z.name]: exact_expression(c) for z, c in cross_section.items()
    }
    highest = jet.order if order is None else order
    _check(jet, action, unknowns, section)
    at_identity = _identity(action, unknowns, identity)
    generators = tuple(
        VectorField({z: partial_derivative(f, a).subs(at_identity) for z, f in action.components})
        for a in unknowns
    )
    wanted = dict.fromkeys([*jet.with_order(highest).coordinates, *section])
    images = action.prolong(jet.with_order(max(map(jet.order_of, wanted))), wanted)
    equations = [images[z] - c for z, c in section.items()]
    frame = _solved(jet, equations, unknowns, at_identity, section, deadline)
    condition = _invariance(jet, generators, wanted)
    normalised = []
    for z in wanted:
        _in_time(deadline, unknowns)
        value = section.get(z)
        if value is None:
            value = _tidy(images[z].subs(frame, simultaneous=True))
            if not condition.holds((value,)):
                raise InvalidInput(
                    f"`{action}`: what {z} is carried to, {value}, is not invariant. Do the maps form a group"
                    f" with the parameters {_listed(unknowns)}?"
                )
        normalised.append((z, value))
    return MovingFrame(
        jet, action, unknowns, tuple(section.items()), tuple(frame.items()), tuple(normalised), generators
    )


def _listed(symbols: Iterable[sp.Symbol]) -> str:
    return ", ".join(s.name for s in symbols)


def _check(
    jet: Jet, action: PointMap, unknowns: Sequence[sp.Symbol], section: Mapping[sp.Symbol, sp.Expr]
) -> None:
    for a in unknowns:
        if jet.is_coordinate(a) or a not in action.free_symbols:
            why = "is a coordinate" if jet.is_coordinate(a) else f"does not occur in `{action}`"
            raise InvalidInput(f"`{a}` cannot be a parameter of the group: it {why}.")
    if len(section) != len(unknowns):
        raise InvalidInput(
            f"A cross-section for the parameters {_listed(unknowns)} fixes {len(unknowns)} coordinates, found"
            f" {len(section)}: {_listed(section) or 'none'}."
        )
    for z, c in section.items():
        if any(jet.is_coordinate(s) or s in unknowns for s in c.free_symbols):
            raise InvalidInput(f"The cross-section {z} = {c} is not a constant.")


def _identity(
    action: PointMap,
    unknowns: Sequence[sp.Symbol],
    given: Mapping[sp.Symbol, object] | Mapping[str, object] | None,
) -> dict[sp.Symbol, sp.Expr]:
    """The parameters of the identity, given or found among zeros and ones."""
    if given is not None:
        named = {str(a): exact_expression(c) for a, c in given.items()}
        tried: Iterator[tuple[object, ...]] = iter([tuple(named.get(a.name, 0) for a in unknowns)])
    else:
        tried = product(IDENTITIES, repeat=len(unknowns)) if len(unknowns) <= 12 else iter([])
    for values in tried:
        chosen = {a: exact_expression(c) for a, c in zip(unknowns, values, strict=True)}
        at = [f.subs(chosen) - z for z, f in action.components]
        if all(not e.has(sp.zoo, sp.nan) and sp.cancel(e) == 0 for e in at):
            return chosen
    raise InvalidInput(
        f"`{action}` is not the identity for the values tried of {_listed(unknowns)}: zeros and ones, where"
        " no others are given. Give `identity`, their values there."
    )


def _invariance(jet: Jet, generators: Sequence[VectorField], wanted: Iterable[sp.Symbol]) -> Equivariance:
    order = max(map(jet.order_of, wanted))
    coordinates = jet.with_order(order).coordinates
    motions = [Motion(v.prolong(jet.with_order(order)), ((sp.S.Zero,),), (sp.S.Zero,)) for v in generators]
    return Equivariance(coordinates, 1, tuple(motions))


def _in_time(deadline: float | None, unknowns: Sequence[sp.Symbol]) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise InvalidInput(
            f"The moving frame with the parameters {_listed(unknowns)} was not found in time. Raise the"
            " budget, lower the order, or choose a cross-section that gives simpler equations."
        )


def _solved(
    jet: Jet,
    equations: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    identity: Mapping[sp.Symbol, sp.Expr],
    section: Mapping[sp.Symbol, sp.Expr],
    deadline: float | None,
) -> dict[sp.Symbol, sp.Expr]:
    """Each parameter by the coordinates, by elimination."""
    left = [_numerator(e) for e in equations]
    frame: dict[sp.Symbol, sp.Expr] = {}
    while left:
        _in_time(deadline, unknowns)
        if any(not e.free_symbols & set(unknowns) for e in left):
            raise InvalidInput(
                f"The cross-section {_listed(section)} does not fix the parameters {_listed(unknowns)}: their"
                " equations depend on each other. Choose other coordinates."
            )
        open_ones = [a for a in unknowns if a not in frame]
        pivot = _pivot(left, open_ones, identity, section)
        if pivot is None or max(map(sp.count_ops, left)) > SIZE:
            rest = "; ".join(f"{expression_text(e)} = 0" for e in left if sp.count_ops(e) < 60)
            raise InvalidInput(
                f"The equations of the moving frame are not solved for {_listed(open_ones)} one after the"
                f" other{': ' + rest if rest else ''}. Choose another cross-section or other parameters."
            )
        equation, a, solution = pivot[0], pivot[1], _tidy(pivot[2])
        frame = {b: _tidy(f.subs(a, solution)) for b, f in frame.items()} | {a: solution}
        left = [_numerator(_tidy(e.subs(a, solution))) for e in left if e is not equation]
    return {a: frame[a] for a in unknowns}


def _numerator(expression: sp.Expr) -> sp.Expr:
    return sp.expand(sp.numer(sp.together(expression)))


def _tidy(expression: sp.Expr) -> sp.Expr:
    """One fraction in lowest terms, hyperbolic functions of logarithms opened."""
    if expression.has(sp.cosh, sp.sinh, sp.tanh):
        expression = expression.rewrite(sp.exp)
    return tidied(expression)


def _pivot(
    equations: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    identity: Mapping[sp.Symbol, sp.Expr],
    section: Mapping[sp.Symbol, sp.Expr],
) -> tuple[sp.Expr, sp.Symbol, sp.Expr] | None:
    """An equation with a parameter it can be solved for: linear ones first, the shortest first."""
    ordered = sorted(equations, key=sp.count_ops)
    linear = [(e, a, f) for e in ordered for a in unknowns if (f := _linear(e, a)) is not None]
    # Those that leave no other parameter in the answer first: they do not grow.
    linear.sort(key=lambda pivot: len(pivot[2].free_symbols & set(unknowns)))
    for pivot in linear:
        if _is_identity(pivot[2], pivot[1], identity, section):
            return pivot
    for equation in ordered:
        for a in unknowns:
            for solution in _roots(equation, a):
                if _is_identity(solution, a, identity, section):
                    return equation, a, solution
    return linear[0] if linear else None


def _linear(equation: sp.Expr, a: sp.Symbol) -> sp.Expr | None:
    """The solution of an equation that is linear in a parameter."""
    if not equation.is_polynomial(a) or sp.degree(equation, a) != 1:
        return None
    one, zero = sp.Poly(equation, a).all_coeffs()
    return -zero / one


def _roots(equation: sp.Expr, a: sp.Symbol) -> Iterator[sp.Expr]:
    """Solutions of a (a + q)^n = b, of equations in exp(a), and of b cos(a) + c sin(a) = 0."""
    if equation.is_polynomial(a):
        yield from _power_roots(equation, a)
        return
    if equation.has(sp.cos, sp.sin, sp.tan) and not equation.has(sp.exp):
        cosine, sine = sp.Dummy(), sp.Dummy()
        opened = sp.expand(sp.expand_trig(equation).subs({sp.cos(a): cosine, sp.sin(a): sine}))
        if opened.has(a) or not opened.is_polynomial(cosine, sine):
            return
        terms = sp.Poly(opened, cosine, sine)
        if all(sum(monomial) == 1 for monomial in terms.monoms()):
            yield sp.atan(sp.cancel(-terms.coeff_monomial(cosine) / terms.coeff_monomial(sine)))
        return
    kernel = sp.Dummy(positive=True)
    exponential = _numerator(sp.powsimp(sp.expand(equation.rewrite(sp.exp)).subs(a, sp.log(kernel))))
    if not exponential.has(a) and exponential.is_polynomial(kernel):
        for root in _power_roots(exponential, kernel):
            yield sp.expand_log(sp.log(tidied(root)), force=True)


def _power_roots(equation: sp.Expr, a: sp.Symbol) -> Iterator[sp.Expr]:
    for factor, _ in sp.factor_list(equation)[1]:
        n = sp.degree(factor, a) if factor.has(a) else 0
        if not 1 <= n <= HIGHEST_POWER:
            continue
        coefficients = sp.Poly(factor, a).all_coeffs()
        if n == 2:
            # Also as 2 c / (-b -+ sqrt(b^2 - 4 a c)), which stays finite where the square vanishes.
            two, one, zero = coefficients
            root = sp.sqrt(sp.factor(one**2 - 4 * two * zero))
            for sign in (1, -1):
                yield 2 * zero / (-one + sign * root)
                yield (-one + sign * root) / (2 * two)
            continue
        shift = coefficients[1] / (n * coefficients[0])
        moved = sp.Poly(sp.expand(factor.subs(a, a - shift)), a)
        if any(sp.cancel(c) != 0 for (k,), c in moved.terms() if 0 < k < n):
            continue
        radicand = -moved.coeff_monomial(1) / coefficients[0]
        root = tidied(radicand ** sp.Rational(1, n))
        yield root - shift
        if n % 2 == 0:
            yield -root - shift


def _is_identity(
    solution: sp.Expr,
    a: sp.Symbol,
    identity: Mapping[sp.Symbol, sp.Expr],
    section: Mapping[sp.Symbol, sp.Expr],
) -> bool:
    """Whether a root is the identity's parameter on the cross-section."""
    there = solution.subs({**section, **identity})
    free = sorted(there.free_symbols, key=lambda s: s.name)
    for start in (2, 5):
        value = there.subs({s: sp.Rational(start + k, 3) for k, s in enumerate(free)})
        if value.has(sp.zoo, sp.nan):
            return False
        if abs(sp.N(value - identity[a], 30)) > sp.Rational(1, 10**20):
            return False
    return True
