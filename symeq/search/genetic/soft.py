"""A symmetry as a penalty: for maps whose invariants nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sympy import Symbol, lambdify

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.data.samples import Samples
from symeq.errors import InvalidInput
from symeq.geometry.maps import PointMap
from symeq.search.genetic.problem import Images

STEP = 1e-5  # of central differences, relative to the deviation of a variable


@dataclass(frozen=True)
class SoftSymmetry:
    r"""Prefer laws :math:`u_t = F` that a map g of the dependent variables carries over; demand nothing.

    .. math:: \frac1n \sum |J_g F(z) - F(g z)|^2 \cdot \text{weight}

    is added to the mean square of the residual. J_g, the Jacobian of g, and the jets of the transformed
    samples are computed once: F is linear in its coefficients, so the penalty is rows more.

    Arguments: ``move``, a PointMap of the dependent variables, or a function from states (variable, point) to
    states of the same shape; ``weight``, 1 when a deviation from the symmetry is as bad as one from the data.
    Source: arXiv 2405.16756, equation (8), the finite form.

    >>> import numpy as np
    >>> def quarter_turn(states):
    ...     return np.stack([-states[1], states[0]])
    >>> SoftSymmetry(quarter_turn, weight=0.5).weight
    0.5
    """

    move: Callable[[np.ndarray], np.ndarray] | PointMap
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (isinstance(self.weight, int | float) and 0 < self.weight < np.inf):
            raise InvalidInput(f"SoftSymmetry: the weight is a positive number, found {self.weight!r}.")
        if not (callable(self.move) or isinstance(self.move, PointMap)):
            raise InvalidInput(
                f"SoftSymmetry: expected a PointMap or a function of the states, found {self.move!r}."
            )

    def images(
        self,
        form: FunctionalAnsatz,
        samples: Samples,
        coordinates: Sequence[Symbol],
        rung: int,
        rows: int,
        seed: int,
    ) -> Images:
        """Arguments, frame and Jacobian of all sampled points; not finite where the map is not.

        Raises InvalidInput for laws that are not of first order in one variable for each dependent one, for
        laws with a fixed part, and for a map that does not keep the shape of the states.
        """
        jet = form.jet
        own = [jet.multi_index(lead) if lead.is_Symbol else (None, ()) for lead in form.leads]
        if [u for u, _ in own] != list(jet.dependent) or len({i for _, i in own}) != 1 or sum(own[0][1]) != 1:
            raise InvalidInput(
                "A soft symmetry is for laws u_t = F, one for each dependent variable in their order; the"
                f" left-hand sides are {', '.join(map(str, form.leads))}."
            )
        if any(part != 0 for part in form.fixed):
            raise InvalidInput(
                "A soft symmetry is for laws without a fixed part; this symmetry prescribes"
                f" {', '.join(map(str, form.fixed))}."
            )
        move = self._function(jet.dependent)
        names = [str(u) for u in jet.dependent]
        parts = []
        for part in samples.record.parts:
            states = np.stack([part[name].values for name in names])
            moved = self._moved(move, states.reshape(len(names), -1)).reshape(states.shape)
            fields = {name: (part[name].dims, values) for name, values in zip(names, moved, strict=True)}
            parts.append(part.assign(fields))
        record = replace(samples.record, parts=tuple(parts))
        there = replace(samples, record=record).grid(tuple(coordinates)).scattered(rung, rows, seed)
        wanted = tuple(dict.fromkeys((*coordinates, *jet.dependent)))
        here = samples.grid(wanted).scattered(rung, rows, seed)
        states = np.stack([here[u] for u in jet.dependent])
        expressions = [*form.arguments, *(e for vector in form.frame for e in vector)]
        compiled = lambdify(tuple(coordinates), expressions, ["scipy", "numpy"], cse=True)
        count = len(states[0])
        with np.errstate(all="ignore"):
            values = np.stack(
                [
                    np.broadcast_to(np.asarray(v, dtype=float), (count,))
                    for v in compiled(*(there[z] for z in coordinates))
                ]
            )
        m = len(form.arguments)
        frame = values[m:].reshape(len(form.frame), len(names), count)
        return Images(values[:m], frame, self._jacobian(move, states), float(self.weight))

    def _function(self, variables: Sequence[Symbol]) -> Callable[[np.ndarray], np.ndarray]:
        if not isinstance(self.move, PointMap):
            return self.move
        map_ = self.move
        strange = sorted(str(z) for z in map_.free_symbols if z not in variables)
        if strange:
            raise InvalidInput(
                f"SoftSymmetry: the map `{map_}` holds {', '.join(strange)}; it may move"
                f" {', '.join(map(str, variables))} only."
            )
        compiled = lambdify(tuple(variables), [map_[u] for u in variables], ["scipy", "numpy"])

        def move(states: np.ndarray) -> np.ndarray:
            return np.stack([np.broadcast_to(v, states.shape[1:]) for v in compiled(*states)])

        return move

    def _moved(self, move: Callable[[np.ndarray], np.ndarray], states: np.ndarray) -> np.ndarray:
        moved = np.asarray(move(states), dtype=float)
        if moved.shape != states.shape:
            raise InvalidInput(
                f"SoftSymmetry: the map made states of shape {moved.shape} of states of shape {states.shape}."
                " It must return an array (variable, point) of the same shape."
            )
        return moved

    def _jacobian(self, move: Callable[[np.ndarray], np.ndarray], states: np.ndarray) -> np.ndarray:
        """d g_a / d u_b (component, component, point) by central differences."""
        columns = []
        for b, values in enumerate(states):
            step = STEP * max(float(values.std()), 1e-12)
            forward, backward = states.copy(), states.copy()
            forward[b] += step
            backward[b] -= step
            columns.append((self._moved(move, forward) - self._moved(move, backward)) / (2 * step))
        return np.stack(columns, axis=1)
