"""What moves data: a transformation with its inverse, and which variables each image depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sympy import Symbol

from symeq.errors import InvalidInput, did_you_mean
from symeq.geometry import TIME, PointMap, Symmetry, VectorField
from symeq.geometry.numerical import NumericalFlow

Element: TypeAlias = PointMap | NumericalFlow | VectorField | Symmetry
Moving: TypeAlias = PointMap | NumericalFlow


@dataclass(frozen=True)
class Action:
    """A transformation of named variables, with its inverse.

    `sources` holds, for each variable that is moved, the names its image depends on.
    """

    forward: Moving
    backward: Moving | None
    sources: Mapping[str, frozenset[str]]
    label: str

    def moves(self, name: str) -> bool:
        """Whether the image of a variable is anything else than the variable."""
        return name in self.sources

    def depends(self, name: str) -> frozenset[str]:
        """The names that the image of a variable depends on."""
        return self.sources.get(name, frozenset([name]))

    def carry(self, points: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Where points go."""
        return self.forward.carry(points)

    def fetch(self, points: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Where points come from."""
        if self.backward is None:
            raise InvalidInput(
                f"`{self.label}` mixes axes of the grid, and its inverse was not found; give it as a vector"
                " field with epsilon, or as a map that can be inverted."
            )
        return self.backward.carry(points)


def action(element: Element, epsilon: Any, independent: Sequence[str], names: Sequence[str]) -> Action:
    """Read an element of a symmetry as an action on the variables of a record.

    Arguments: `epsilon`, the group parameter if the element is a generator; the independent variables, of
    which the first is the time of boosts; the names of all variables.
    Raises InvalidInput for an element with a parameter left open or with variables that the record lacks.
    """
    if isinstance(element, Symmetry):
        if len(element.members) != 1:
            raise InvalidInput(
                f"`{element}` has {len(element.members)} generators and maps; give one of them, such as"
                " `symmetry.generators[0]`."
            )
        element = element.members[0]
    if not isinstance(element, PointMap | NumericalFlow | VectorField):
        raise InvalidInput(
            "data are carried by a PointMap, or by a VectorField with epsilon; found"
            f" {type(element).__name__}."
        )
    symbols = {TIME: Symbol(independent[0])}
    backward: Moving | None
    if isinstance(element, VectorField):
        if epsilon is None:
            raise InvalidInput(
                f"how far to go along `{element}` is not said: give `epsilon`, a number, as the generator has"
                " a whole group of transformations."
            )
        field = element.substitute(symbols)
        label = f"exp({epsilon} ({field}))"
        _check(field.free_symbols, names, label)
        forward: Moving = field.flow(epsilon)
        backward = field.flow(-epsilon) if isinstance(forward, PointMap) else forward.inverse()
    elif epsilon is not None:
        raise InvalidInput(
            f"`{element}` is one transformation; leave out `epsilon`, or give the generator instead."
        )
    elif isinstance(element, PointMap):
        forward = element.substitute(symbols)
        label = str(forward)
        _check(forward.free_symbols, names, label)
        try:
            backward = forward.inverse()
        except InvalidInput:
            backward = None
    else:
        forward = NumericalFlow(element.field.substitute(symbols), element.epsilon)
        backward, label = forward.inverse(), str(forward)
        _check(forward.field.free_symbols, names, label)
    return Action(forward, backward, _sources(forward), label)


def _check(symbols: frozenset[Symbol], names: Sequence[str], label: str) -> None:
    for name in sorted(s.name for s in symbols):
        if name not in names:
            raise InvalidInput(
                f"`{label}` holds `{name}`, which is no variable of the record ({', '.join(names)})."
                f"{did_you_mean(name, names)} A parameter must have a number in its place."
            )


def _sources(forward: Moving) -> dict[str, frozenset[str]]:
    if isinstance(forward, PointMap):
        return {z.name: frozenset(s.name for s in f.free_symbols) for z, f in forward.components}
    found = {z.name: {z.name, *(s.name for s in f.free_symbols)} for z, f in forward.field.components}
    for _ in found:
        for names in found.values():
            names |= {s for name in names if name in found for s in found[name]}
    return {name: frozenset(names) for name, names in found.items()}
