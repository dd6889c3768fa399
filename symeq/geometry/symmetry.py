"""A symmetry: the generators and discrete maps that leave a law unchanged."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Symbol

from symeq.errors import InvalidInput, did_you_mean
from symeq.geometry.closing import closure
from symeq.geometry.fields import TIME, VectorField
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols


@dataclass(frozen=True, init=False)
class Symmetry:
    """What leaves a law unchanged: generators of continuous transformations, and discrete maps.

    Arguments: sequences of VectorField and PointMap; `label` is the text tables name it by; `parameters` are
    the symbols that are constants. Neither label nor parameters count when symmetries are compared. `a + b`
    joins two symmetries, or a symmetry and one more generator or map; `trivial`, which demands nothing, is
    the neutral element.

    >>> t, x, u = as_symbols("t x u")
    >>> print(Symmetry([VectorField({t: 1})]) + Symmetry(maps=[PointMap({x: -x, u: -u})], label="mirror"))
    d_t; mirror
    """

    generators: tuple[VectorField, ...] = ()
    maps: tuple[PointMap, ...] = ()
    label: str = field(default="", compare=False)
    parameters: tuple[Symbol, ...] = field(default=(), compare=False)

    def __init__(
        self,
        generators: Sequence[VectorField] = (),
        maps: Sequence[PointMap] = (),
        label: str = "",
        *,
        parameters: str | Sequence[str | Symbol] = (),
    ) -> None:
        for group, kind in ((generators, VectorField), (maps, PointMap)):
            for item in group:
                if not isinstance(item, kind):
                    raise InvalidInput(
                        f"a symmetry is made of VectorField and PointMap, found {type(item).__name__}."
                    )
        object.__setattr__(self, "generators", tuple(dict.fromkeys(v for v in generators if v)))
        object.__setattr__(self, "maps", tuple(dict.fromkeys(g for g in maps if g.components)))
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "parameters", as_symbols(parameters))

    @property
    def members(self) -> tuple[VectorField | PointMap, ...]:
        """The generators, then the maps."""
        return self.generators + self.maps

    def __bool__(self) -> bool:
        return bool(self.members)

    def __add__(self, other: Symmetry | VectorField | PointMap) -> Symmetry:
        if isinstance(other, VectorField):
            other = Symmetry([other])
        elif isinstance(other, PointMap):
            other = Symmetry(maps=[other])
        if not isinstance(other, Symmetry):
            return NotImplemented
        labels = [str(part) for part in (self, other) if part]
        named = all(label.replace(" ", "").endswith(")") and "d_" not in label for label in labels)
        joint = " + " if named else "; "  # both are read: a sum of named groups, a list of anything
        return Symmetry(
            self.generators + other.generators,
            self.maps + other.maps,
            joint.join(labels) or str(self),
            parameters=tuple(dict.fromkeys(self.parameters + other.parameters)),
        )

    def __str__(self) -> str:
        return self.label or "; ".join(map(str, self.members)) or "trivial"

    def latex(self) -> str:
        r"""Return the generators and maps as LaTeX, separated by `;\\quad`.

        >>> print(Symmetry([VectorField({"x": Symbol("t"), "u": 1})]).latex())
        t \partial_{x} + \partial_{u}
        """
        return r";\quad ".join(item.latex() for item in self.members) or r"\varnothing"

    def on(
        self, jet: Jet, time: Symbol | str | None = None, *, parameters: str | Sequence[str | Symbol] = ()
    ) -> Symmetry:
        """Return the symmetry as it acts on a jet: every symbol checked, the time of boosts filled in.

        Arguments: `time`, the lead's independent variable (default: the first; TIME leaves it open);
        `parameters`, further constants.
        Raises InvalidInput naming a symbol that is neither a variable of the jet nor a declared parameter.

        >>> jet = Jet("t x", "u")
        >>> Symmetry([VectorField({"x": TIME, "u": 1})]).on(jet).generators
        (VectorField(t*d_x + d_u),)
        """
        variable = TIME if time is TIME else jet.independent[0 if time is None else jet.position(time)]
        constants = tuple(dict.fromkeys(self.parameters + as_symbols(parameters)))
        known = {s.name: s for s in (*constants, *jet.variables)}
        symbols = {TIME: variable}
        for item in self.members:
            moved = {z for z, _ in item.components}
            for symbol in sorted(item.free_symbols - {TIME}, key=lambda s: s.name):
                target = known.get(symbol.name)
                if target is None or (symbol in moved and target not in jet.variables):
                    raise _stranger(self, symbol, jet, known, symbol in moved)
                symbols[symbol] = target
        return Symmetry(
            [v.substitute(symbols) for v in self.generators],
            [g.substitute(symbols) for g in self.maps],
            self.label,
            parameters=constants,
        )

    def closed(self, limit: int = 64) -> Symmetry:
        """Return the symmetry with its generators closed under the bracket and under the maps.

        Each field that has to be added is named in a warning. Linear independence is exact, over the numbers
        and the declared parameters.
        Raises InvalidInput when more than `limit` independent fields are needed, unless so many were given.

        >>> import warnings
        >>> x, y = as_symbols("x y")
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     plane = Symmetry([VectorField({x: -y, y: x}), VectorField({x: 1})]).closed()
        >>> [str(v) for v in plane.generators]
        ['-y*d_x + x*d_y', 'd_x', 'd_y']
        """
        try:
            fields, given = closure(self.generators, self.maps, self.parameters, limit)
        except InvalidInput as error:
            raise InvalidInput(f"`{self}` does not close: {error}") from None
        if len(fields) > given:
            added = ", ".join(str(v) for v in fields[given:])
            warnings.warn(
                f"`{self}` does not close under the bracket and the maps: added {added}.", stacklevel=2
            )
        return Symmetry(fields, self.maps, self.label, parameters=self.parameters)


def _stranger(
    symmetry: Symmetry, symbol: Symbol, jet: Jet, known: Mapping[str, Symbol], moved: bool
) -> InvalidInput:
    first, second = (", ".join(s.name for s in group) for group in (jet.independent, jet.dependent))
    names = (
        f"Its states are {second}." if len(jet.independent) == 1 else f"Its variables are {first}; {second}."
    )
    hint = did_you_mean(symbol.name, known)
    if jet.is_coordinate(symbol):
        hint = " Point transformations do not involve derivatives."
    elif moved and symbol.name in known:
        hint = " It is a parameter, which no transformation moves."
    elif not moved:
        hint += " A further symbol must be declared as a parameter."
    return InvalidInput(f"`{symmetry}`: {symbol.name} is not a coordinate of {jet}. {names}{hint}")


trivial = Symmetry(label="trivial")
