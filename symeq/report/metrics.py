"""How far a law is from the truth and from a record: terms, coefficients, forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from symeq.data.samples import Samples
from symeq.discovery import Discovery
from symeq.errors import InvalidInput

Law = Mapping[sp.Expr, sp.Expr]  # right-hand sides by lead, which may be an expression: u_xx + u_yy = ...
Place = tuple[sp.Expr, sp.Expr]  # a lead and a term of its right-hand side

MOST_FORECASTS = 20  # trajectories simulated for one forecast error: more change its second digit


def coefficients(rhs: sp.Expr) -> dict[sp.Expr, float]:
    """The numbers in front of the terms of a right-hand side that is `multiplied_out`.

    >>> u, v = sp.symbols("u v")
    >>> coefficients(2 * u * (u - v) + sp.sqrt(2) * v)
    {u**2: 2.0, v: 1.4142135623730951, u*v: -2.0}
    """
    numbers: dict[sp.Expr, float] = {}
    for term in sp.Add.make_args(multiplied_out(rhs)):
        number, rest = term.as_independent(*term.free_symbols, as_Add=False)
        if not term.free_symbols:
            number, rest = term, sp.S.One
        numbers[rest] = numbers.get(rest, 0.0) + float(number)
    return {rest: number for rest, number in numbers.items() if number}


def multiplied_out(expression: sp.Expr) -> sp.Expr:
    """A sum of terms in one form, however it was written: products of one exponential, roots and quotients.

    What stands in a function, under a root or in a denominator is multiplied out by itself, numbers in front
    of it are taken out, and the exponentials of a term are made one.

    >>> x, y = sp.symbols("x y")
    >>> multiplied_out(sp.exp(-4 * x**2) * (sp.exp(-4 * y**2) + 1 / (2 * x + 2 * y) ** 2))
    exp(-4*x**2 - 4*y**2) + exp(-4*x**2)/(4*(x + y)**2)
    """
    if expression.is_polynomial(*expression.free_symbols):
        return sp.expand(expression)
    kernels = _Kernels()
    terms = sp.Add.make_args(sp.expand(kernels.opened(expression)))
    return sp.Add(*map(kernels.restored, terms))


@dataclass(frozen=True)
class _Kernels:
    """Dummies for what a product must not be multiplied into, and for exponentials by their exponents."""

    held: dict[sp.Expr, sp.Dummy] = field(default_factory=dict)
    exponents: dict[sp.Dummy, sp.Expr] = field(default_factory=dict)

    def opened(self, expression: sp.Expr) -> sp.Expr:
        """The expression with a dummy for every function, and for every sum under a root or a quotient."""
        if not expression.args or not expression.free_symbols:
            return expression
        if isinstance(expression, sp.exp):
            return self._exponential(expression.args[0])
        if isinstance(expression, sp.log):
            parts = sp.Add.make_args(sp.expand_log(sp.log(multiplied_out(expression.args[0]))))
            return sp.Add(*(self._hold(part) if part.free_symbols else part for part in parts))
        if isinstance(expression, sp.Function):
            return self._hold(expression.func(*map(multiplied_out, expression.args)))
        if expression.is_Pow and not (expression.exp.is_Integer and expression.exp > 0):
            return self._power(multiplied_out(expression.base), expression.exp)
        return expression.func(*map(self.opened, expression.args))

    def restored(self, term: sp.Expr) -> sp.Expr:
        """A product of dummies as what they stand for."""
        rest, exponent = sp.S.One, sp.S.Zero
        for factor in sp.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if base in self.exponents:
                exponent += power * self.exponents[base]
            else:
                rest *= factor
        kernels = {dummy: kernel for kernel, dummy in self.held.items()}
        return rest.xreplace(kernels) * sp.exp(sp.expand(exponent))

    def _hold(self, kernel: sp.Expr) -> sp.Dummy:
        return self.held.setdefault(kernel, sp.Dummy())

    def _exponential(self, exponent: sp.Expr) -> sp.Expr:
        exponent = multiplied_out(exponent)
        number, rest = exponent.as_independent(*exponent.free_symbols, as_Add=True)
        dummy = self._hold(sp.exp(rest))
        self.exponents[dummy] = rest
        return sp.exp(number) * dummy

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if isinstance(base, sp.exp):
            return self._exponential(base.args[0] * exponent)
        if not base.is_Add:
            return (base if base.is_Symbol else self._hold(base)) ** exponent
        number, base = base.primitive()
        if exponent.is_Integer and base.could_extract_minus_sign():
            number, base = -number, -base
        if exponent.is_Integer and base.is_polynomial(*base.free_symbols) and not base.has(sp.Float):
            sign, factors = sp.factor_list(base)
        else:
            sign, factors = sp.S.One, [(base, 1)]
        # r^(5/2) is r^2 r^(1/2), as it would come out of a product.
        whole = sp.floor(exponent) if exponent.is_Rational and exponent > 0 else sp.S.Zero
        roots = [(f if f.is_Symbol else self._hold(f)) ** (k * (exponent - whole)) for f, k in factors]
        return sp.Mul((sign * number) ** exponent, base**whole, *roots)


@dataclass(frozen=True)
class TermCount:
    """Terms of a law that are true, true ones that it lacks, false ones that it has; each with its lead."""

    found: tuple[Place, ...]
    missed: tuple[Place, ...]
    spurious: tuple[Place, ...]

    def exact(self, lead: sp.Expr) -> bool:
        """Whether the equation of one lead has the true terms and no others."""
        return all(place[0] != lead for place in self.missed + self.spurious)

    @property
    def joint(self) -> bool:
        """Whether all equations have."""
        return not self.missed and not self.spurious


def count_terms(law: Law, truth: Law) -> TermCount:
    """Compare the terms of a law with those of the truth, multiplied out; the coefficients do not matter.

    law, truth: right-hand sides by lead, the same leads.
    Raises InvalidInput when the leads differ.

    >>> u, u_t, u_xx = sp.symbols("u u_t u_xx")
    >>> count = count_terms({u_t: 0.9 * u_xx + 0.01 * u}, {u_t: u_xx - u**3})
    >>> [len(places) for places in (count.found, count.missed, count.spurious)], count.joint
    ([1, 1, 1], False)
    """
    have, true = _places(law, truth)
    return TermCount(
        tuple(place for place in true if place in have),
        tuple(place for place in true if place not in have),
        tuple(place for place in have if place not in true),
    )


@dataclass(frozen=True)
class CoefficientError:
    """Relative errors of the true terms: the largest, and the root of the mean square."""

    max: float
    rms: float


def coefficient_error(law: Law, truth: Law) -> CoefficientError:
    r"""The relative errors of the coefficients of the true terms; a term that the law lacks counts as 1.

        e_m = |c_m - c^*_m| / |c^*_m|  for every true term m

    Spurious terms do not enter: :func:`count_terms` tells them.
    Raises InvalidInput when the leads differ, or when the truth is zero.

    >>> u, u_t, u_xx = sp.symbols("u u_t u_xx")
    >>> error = coefficient_error({u_t: 0.97 * u_xx - 2.08 * u}, {u_t: u_xx - 2 * u})
    >>> round(error.max, 6), round(error.rms, 6)
    (0.04, 0.035355)
    """
    have, true = _places(law, truth)
    if not true:
        raise InvalidInput("The truth has no terms, so a relative error of its coefficients has no meaning.")
    errors = np.array([abs(have.get(place, 0.0) - value) / abs(value) for place, value in true.items()])
    return CoefficientError(float(errors.max()), float(np.sqrt(np.mean(errors**2))))


def _places(law: Law, truth: Law) -> tuple[dict[Place, float], dict[Place, float]]:
    if set(law) != set(truth):
        mine, theirs = (", ".join(sorted(map(str, sides))) for sides in (law, truth))
        raise InvalidInput(f"The law is solved for {mine}, the truth for {theirs}. State both for the same.")
    have, true = (
        {(lead, term): value for lead in truth for term, value in coefficients(sides[lead]).items()}
        for sides in (law, truth)
    )
    return have, true


@dataclass(frozen=True)
class Forecast:
    """How far simulations of a law run from a record: relative RMS error, horizon in units of time."""

    error: float
    horizon: float
    trajectories: int


def forecast_error(law: Discovery, samples: Samples) -> Forecast:
    r"""Simulate an ODE from the first states of every trajectory and compare with what was measured.

    .. math:: e^2 = \frac1q \sum_u \frac{\sum (u_\text{simulated} - u)^2}{\sum (u - \bar u)^2}

    over all times and trajectories (an even choice of 20 where there are more). Velocities, which a law of
    second order starts from, are those of the samples at their first full stencil, where the forecast then
    begins. The error is inf when a simulation does not reach the last time.

    Raises InvalidInput for a PDE, for a law that leaves a variable without an equation, and for one that is
    not solved for derivatives.
    """
    jet = law.ansatz.jet
    if len(jet.independent) != 1:
        raise InvalidInput(
            f"Only ODEs are simulated; {jet} has {len(jet.independent)} independent variables."
        )
    unsolved = next((lead for lead in law.ansatz.leads if not lead.is_Symbol), None)
    if unsolved is not None:
        raise InvalidInput(
            f"Only laws solved for derivatives are simulated; this one has {unsolved} on its left-hand side."
        )
    orders = {jet.multi_index(lead)[0]: jet.order_of(lead) for lead in law.ansatz.leads}
    if set(orders) != set(jet.dependent):
        raise InvalidInput(f"The law has no equation for each of the variables of {jet}: it has no forecast.")
    parts = samples.record.on(jet).parts
    chosen = np.unique(np.linspace(0, len(parts) - 1, min(len(parts), MOST_FORECASTS)).round().astype(int))
    names = [str(u) for u in jet.dependent]
    deviation, horizon, missed = np.zeros(len(names)), 0.0, np.zeros(len(names))
    for number in chosen:
        part = parts[number]
        times = part[str(jet.independent[0])].values
        states = np.stack([part[name].values for name in names])
        begin, velocities = _velocities(samples, int(number), states, max(orders.values()))
        start = [*states[:, begin]]
        for order in range(1, max(orders.values())):
            start += [velocities[order][k, 0] for k, u in enumerate(jet.dependent) if order < orders[u]]
        horizon = max(horizon, float(times[-1] - times[begin]))
        try:
            with np.errstate(all="ignore"):
                found = law.simulate(start, times[begin:]).on(jet).parts[0]
        except InvalidInput:
            return Forecast(np.inf, horizon, len(chosen))
        simulated = np.stack([found[name].values for name in names])
        missed += np.sum((simulated - states[:, begin:]) ** 2, axis=1)
        deviation += np.sum((states[:, begin:] - states.mean(axis=1, keepdims=True)) ** 2, axis=1)
    error = float(np.sqrt(np.mean(missed / deviation)))
    return Forecast(error if np.isfinite(error) else np.inf, horizon, len(chosen))


def _velocities(
    samples: Samples, part: int, states: np.ndarray, order: int
) -> tuple[int, dict[int, np.ndarray]]:
    """The first point with a full stencil and the derivatives of orders below `order` there."""
    if order == 1:
        return 0, {}
    top = samples.jet.derivative(samples.jet.dependent[0], (order - 1,))
    (operators,) = samples.grid((top,)).operators(part)[samples.usable - 1]
    begin = operators.first
    window = np.take(
        states, np.arange(begin - operators.halo, begin + operators.halo + 1), axis=1, mode="wrap"
    )
    return begin, {k: operators.apply(window, 1, k, begin) for k in range(1, order)}
