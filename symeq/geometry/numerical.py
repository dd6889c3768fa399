"""Points carried along: what transformations do to arrays, and flows that are integrated numerically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from scipy.integrate import solve_ivp
from sympy import Dummy, Expr, Symbol

from symeq.errors import InvalidInput

if TYPE_CHECKING:
    from symeq.geometry.fields import VectorField

Points = Mapping[Any, Any]

RELATIVE_ERROR = 1e-10
_LOST = 1e9  # a point this many times farther out than the points were has run to infinity
_IMAGINARY = 1e-9


def evaluated(images: Mapping[Symbol, Expr], points: Points, what: str) -> dict[str, np.ndarray]:
    """The images at the points, beside the variables that are not moved; NaN where a root has no real value.

    Raises InvalidInput for a symbol without values.
    """
    given = {_name(z): np.asarray(values, dtype=float) for z, values in points.items()}
    symbols = sorted(set().union(*(f.free_symbols for f in images.values()), images), key=lambda s: s.name)
    lacking = [s.name for s in symbols if s.name not in given]
    if lacking:
        raise InvalidInput(
            f"`{what}` needs values of {', '.join(lacking)}; the points have {', '.join(given) or 'none'}."
            " Give an array for each variable, and a number for each parameter."
        )
    shape = np.broadcast_shapes(*(values.shape for values in given.values()))
    wide = {name: np.broadcast_to(values, shape) for name, values in given.items()}
    carried = compiled(symbols, list(images.values()))
    with np.errstate(all="ignore"):
        found = carried(*(wide[s.name] for s in symbols))
        if any(np.isnan(values).any() for values in found):
            # A formula may pass through complex numbers on its way to a real value.
            other = carried(*(wide[s.name].astype(complex) for s in symbols))
            found = [np.where(np.isnan(a), _real(b), a) for a, b in zip(found, other, strict=True)]
    moved = {z.name: np.broadcast_to(v, shape).copy() for z, v in zip(images, found, strict=True)}
    return {name: moved.get(name, wide[name].copy()) for name in given}


def compiled(symbols: Sequence[Symbol], expressions: Sequence[Expr]) -> Any:
    """A function of arrays, one for each symbol, to the list of the values of the expressions."""
    names = {s: Dummy() for s in symbols}
    return sympy.lambdify(list(names.values()), [e.xreplace(names) for e in expressions], "numpy", cse=True)


def _real(values: Any) -> np.ndarray:
    values = np.asarray(values)
    return np.where(np.abs(values.imag) <= _IMAGINARY * (1 + np.abs(values.real)), values.real, np.nan)


def _name(variable: Any) -> str:
    return variable.name if isinstance(variable, Symbol) else str(variable)


@dataclass(frozen=True)
class NumericalFlow:
    """The flow of a field for a number epsilon, integrated numerically where no closed form is known.

        z(epsilon) with dz/ds = v(z), z(0) = z

    Arguments: the field; `epsilon`, a number.

    >>> from symeq.geometry import VectorField
    >>> pendulum = VectorField({"q": Symbol("p"), "p": -sympy.sin(Symbol("q"))})
    >>> moved = NumericalFlow(pendulum, 0.5).carry({"q": [0.0, 1.0], "p": [1.0, 0.0]})
    >>> moved["q"].round(4)
    array([0.4797, 0.896 ])

    Source: Dormand-Prince of order 8, local error 1e-10; E. Hairer, S. P. Norsett, G. Wanner, Solving
    Ordinary Differential Equations I, section II.5.
    """

    field: VectorField
    epsilon: float

    @property
    def moved(self) -> tuple[Symbol, ...]:
        """The variables that the flow moves."""
        return tuple(self.field)

    def inverse(self) -> NumericalFlow:
        """The flow for -epsilon."""
        return NumericalFlow(self.field, -self.epsilon)

    def carry(self, points: Points) -> dict[str, np.ndarray]:
        """Return where the points go: an array for each name given, NaN for points that run to infinity.

        Argument: an array for each variable and parameter that the field holds, broadcast together.
        Raises InvalidInput for a symbol without values.
        """
        moved = list(self.field)
        rates = dict(self.field.components)
        start = evaluated(dict(zip(moved, moved, strict=True)), _with(points, rates), str(self))
        names = [z.name for z in moved]
        symbols = sorted(self.field.free_symbols, key=lambda s: s.name)
        rate = compiled(symbols, list(rates.values()))
        fixed = {s.name: start[s.name].ravel() for s in symbols}
        state = np.stack([start[name].ravel() for name in names])
        found = np.full_like(state, np.nan)
        with np.errstate(all="ignore"):
            self._integrate(rate, symbols, names, fixed, state, np.arange(state.shape[1]), found)
        shape = start[names[0]].shape
        images = {name: row.reshape(shape) for name, row in zip(names, found, strict=True)}
        return {_name(z): images.get(_name(z), start[_name(z)]) for z in points}

    __call__ = carry

    def _integrate(
        self,
        rate: Any,
        symbols: Sequence[Symbol],
        names: Sequence[str],
        fixed: Mapping[str, np.ndarray],
        state: np.ndarray,
        which: np.ndarray,
        found: np.ndarray,
    ) -> None:
        """Integrate these points together; when a step fails, halves apart, so that a lost point is alone."""
        if not which.size:
            return
        begin = state[:, which]
        bound = _LOST * (1 + np.abs(begin).max())

        def slope(_: float, flat: np.ndarray) -> np.ndarray:
            now = dict(zip(names, flat.reshape(begin.shape), strict=True))
            values = rate(*(now[s.name] if s.name in now else fixed[s.name][which] for s in symbols))
            return np.stack([np.broadcast_to(v, which.shape) for v in values]).ravel()

        def escape(_: float, flat: np.ndarray) -> float:
            return bound - float(np.abs(flat).max())

        escape.terminal = True  # type: ignore[attr-defined]
        fine = bool(np.isfinite(slope(0.0, begin.ravel())).all())
        solution = None
        if fine:
            solution = solve_ivp(
                slope,
                (0.0, float(self.epsilon)),
                begin.ravel(),
                method="DOP853",
                rtol=RELATIVE_ERROR,
                atol=RELATIVE_ERROR * 1e-2,
                events=escape,
            )
            fine = solution.status == 0 and bool(np.isfinite(solution.y[:, -1]).all())
        if fine and solution is not None:
            found[:, which] = solution.y[:, -1].reshape(begin.shape)
        elif which.size > 1:
            half = which.size // 2
            for part in (which[:half], which[half:]):
                self._integrate(rate, symbols, names, fixed, state, part, found)

    def __str__(self) -> str:
        return f"exp({self.epsilon:g} ({self.field}))"


def _with(points: Points, rates: Mapping[Symbol, Expr]) -> Points:
    lacking = {s for f in rates.values() for s in f.free_symbols} | set(rates)
    names = {_name(z) for z in points}
    missing = sorted(s.name for s in lacking if s.name not in names)
    if missing:
        raise InvalidInput(
            f"the flow needs values of {', '.join(missing)}; the points have"
            f" {', '.join(sorted(names)) or 'none'}."
            " Give an array for each variable, and a number for each parameter."
        )
    return points
