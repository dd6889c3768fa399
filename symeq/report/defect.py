"""How far any law is from having a symmetry, as one number without units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry.calculus import partial_derivative
from symeq.geometry.fields import VectorField
from symeq.geometry.identities import vanishes
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal
from symeq.geometry.maps import PointMap
from symeq.geometry.symmetry import Symmetry
from symeq.report.metrics import Law, Place, coefficients

RANDOM_ROWS = 4096


@dataclass(frozen=True)
class Defect:
    """The largest defect under the generators and maps of a symmetry, and that under each of them."""

    value: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class SymmetryTest:
    """The symmetry condition of a law, ready to be evaluated on jets for any coefficients.

    For each generator (or map) and lead the condition is a sum of pieces that are linear in the coefficients,

        A_a + sum_b M_ab F_b - image(F_a),     where the image of L_a is A_a + sum_b M_ab L_b,

    one piece for A_a, one for each term of F_b, one for each term of F_a. Of a generator and a function in a
    term each coordinate gives a piece, since numbers inside may have been fitted as those in front were:
    exp(-x^2 - 0.99 y^2) almost has the rotations. Made by `symmetry_test`.
    """

    elements: tuple[str, ...]
    pieces: tuple[tuple[tuple[Place | None, sp.Expr], ...], ...]
    owners: tuple[int, ...]  # pieces[k] are the pieces of one lead for the element owners[k]

    @property
    def coordinates(self) -> frozenset[sp.Symbol]:
        """The jet coordinates on which the condition depends."""
        return frozenset().union(*(piece.free_symbols for group in self.pieces for _, piece in group))

    def defect(self, law: Law, jets: Mapping[sp.Symbol, np.ndarray]) -> Defect:
        """The RMS of the condition over some jets, relative to that of its pieces; 0 for a symmetric law.

        law: right-hand sides by lead, made of the terms the test was made for.
        jets: values of `coordinates`, arrays of one length.

        A defect of 1 says that nothing cancels; round-off leaves about 1e-16.
        """
        numbers = {(lead, term): c for lead, rhs in law.items() for term, c in coefficients(rhs).items()}
        arguments = sorted(self.coordinates, key=lambda z: z.name)
        values = [np.asarray(jets[z], dtype=float) for z in arguments]
        rows = len(values[0]) if values else 1
        left = np.zeros(len(self.elements))
        size = np.zeros(len(self.elements))
        for element, group in zip(self.owners, self.pieces, strict=True):
            used = [(1.0 if place is None else numbers.get(place, 0.0), piece) for place, piece in group]
            used = [(number, piece) for number, piece in used if number]
            if not used:
                continue
            columns = np.empty((rows, len(used)))
            compiled = sp.lambdify(arguments, [piece for _, piece in used], "numpy", cse=True)
            with np.errstate(all="ignore"):
                for k, column in enumerate(compiled(*values)):
                    columns[:, k] = used[k][0] * column
            columns = columns[np.isfinite(columns.sum(axis=1))]
            left[element] += np.mean(columns.sum(axis=1) ** 2) if len(columns) else 0.0
            size[element] += np.sum(np.mean(columns**2, axis=0)) if len(columns) else 0.0
        with np.errstate(invalid="ignore"):
            ratios = np.where(size > 0, np.sqrt(left / size), 0.0)
        parts = tuple(zip(self.elements, map(float, ratios), strict=True))
        return Defect(max((value for _, value in parts), default=0.0), parts)


def symmetry_test(
    jet: Jet, leads: Sequence[sp.Expr], symmetry: Symmetry, laws: Sequence[Law]
) -> SymmetryTest:
    """Prepare the symmetry condition for laws that are made of any of the terms of some laws.

    leads: derivatives, or expressions such as u_xx + u_yy; then the condition is that both sides transform
    alike, whatever else the law says about the derivatives in them.
    symmetry: as it acts on this jet (`Symmetry.on`), closed or not.
    Raises InvalidInput where the condition is not linear in the law, and for a symmetry with free parameters.

    >>> from symeq.geometry.groups import rotation
    >>> jet = Jet("t x y", "u", order=2)
    >>> law = {jet["u_t"]: jet.parse("4*u_xx + 3*u_yy")}
    >>> test = symmetry_test(jet, tuple(law), rotation("x", "y").on(jet), [law])
    >>> test.defect(law, random_jets(test.coordinates)).value  # |4 - 3| / sqrt(4^2 + 3^2)
    0.2...
    """
    used = set().union(*(element.free_symbols for element in symmetry.members))
    free = [s.name for s in symmetry.parameters if s in used]
    if free:
        raise InvalidInput(
            f"`{symmetry}` has the free parameters {', '.join(free)}; a defect is a number. Give them values."
        )
    terms = {lead: tuple(dict.fromkeys(t for law in laws for t in coefficients(law[lead]))) for lead in leads}
    solved = _solved(jet, leads)
    elements, pieces, owners = [], [], []
    for number, element in enumerate(symmetry.members):
        elements.append(str(element))
        action = _Action(jet, solved, element, [term for own in terms.values() for term in own])
        for lead in leads:
            shift, mixing = action.on_lead(lead)
            group: list[tuple[Place | None, sp.Expr]] = [(None, shift)]
            for other, factor in mixing.items():
                group += [((other, term), factor * term) for term in terms[other]]
            for term in terms[lead]:
                group += [((lead, term), -part) for part in action.on_term(term)]
            pieces.append(tuple((place, piece) for place, piece in group if piece != 0))
            owners.append(number)
    return SymmetryTest(tuple(elements), tuple(pieces), tuple(owners))


@dataclass(frozen=True)
class _Solved:
    """L = mark for a lead L, solved for a coordinate that is in no other lead, where that can be done."""

    mark: sp.Dummy
    coordinate: sp.Symbol | None
    solution: sp.Expr


def _solved(jet: Jet, leads: Sequence[sp.Expr]) -> dict[sp.Expr, _Solved]:
    found = {}
    for lead in leads:
        others = set().union(*(other.free_symbols for other in leads if other != lead))
        mark = sp.Dummy("L")
        found[lead] = _Solved(mark, None, sp.S.Zero)
        for z in sorted(lead.free_symbols - others, key=lambda z: (-jet.order_of(z), z.name)):
            slope = lead.diff(z)
            if z not in slope.free_symbols:
                found[lead] = _Solved(mark, z, (mark - sp.expand(lead - slope * z)) / slope)
                break
    return found


class _Action:
    """What one generator v or map g does to the two sides of a law."""

    def __init__(
        self,
        jet: Jet,
        solved: Mapping[sp.Expr, _Solved],
        element: VectorField | PointMap,
        terms: Sequence[sp.Expr],
    ) -> None:
        self.jet, self.solved, self.element = jet, solved, element
        in_terms = set().union(*(term.free_symbols for term in terms))
        symbols = sorted(in_terms.union(*(lead.free_symbols for lead in solved)), key=lambda z: z.name)
        self.images: dict[sp.Symbol, sp.Expr]
        if isinstance(element, VectorField):
            self.images = element.prolong_on(jet, symbols)
        else:
            self.images = element.prolong(jet, symbols)
        for z in symbols:
            hidden = self._principal(self.images.get(z, sp.S.Zero))
            if z in in_terms and hidden:
                raise self._refusal(f"the image of {z} contains {hidden}. Leave out the terms with {z}, or")

    def on_term(self, term: sp.Expr) -> list[sp.Expr]:
        """theta o g, or v(theta) in parts: for f h with powers f and functions h, h v(f) and f v^z dh/dz."""
        if isinstance(self.element, PointMap):
            return [term.xreplace(self.images)]
        factors = sp.Mul.make_args(term)
        plain = sp.Mul(*(f for f in factors if f.as_base_exp()[0].is_Symbol and f.as_base_exp()[1].is_number))
        function = term / plain
        slopes = [(v, partial_derivative(function, z)) for z, v in self.images.items()]
        return [self._moved(plain) * function, *(plain * v * slope for v, slope in slopes if slope != 0)]

    def on_lead(self, lead: sp.Expr) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
        """A and the M_b of the image A + sum_b M_b L_b of a lead."""
        image = self._moved(lead)
        if not lead.is_Symbol:
            if vanishes(image - lead if isinstance(self.element, PointMap) else image):
                return sp.S.Zero, {lead: sp.S.One} if isinstance(self.element, PointMap) else {}
            multiple = sp.cancel(image / lead)
            if multiple.is_number:
                return sp.S.Zero, {lead: multiple}
            if self.solved[lead].coordinate is None:
                raise self._refusal(f"{lead} is not carried to a multiple of itself. To find its defect,")
        solutions = {one.coordinate: one.solution for one in self.solved.values() if one.coordinate}
        marks = {one.mark: sp.S.Zero for one in self.solved.values()}
        image = sp.expand(image.xreplace(solutions))
        mixing = {other: sp.expand(image.diff(one.mark)) for other, one in self.solved.items()}
        shift = sp.expand(image.xreplace(marks))
        for part in (shift, *mixing.values()):
            hidden = self._principal(part)
            if hidden:
                raise self._refusal(f"the image of {lead} contains {hidden}. To find its defect,")
            if not part.free_symbols.isdisjoint(marks):
                raise self._refusal(f"the image of {lead} is not linear in it. To find its defect,")
        return shift, {other: factor for other, factor in mixing.items() if factor != 0}

    def _moved(self, expression: sp.Expr) -> sp.Expr:
        """v(f) or f o g."""
        if isinstance(self.element, PointMap):
            return sp.expand(expression.xreplace(self.images))
        slopes = ((v, partial_derivative(expression, z)) for z, v in self.images.items())
        return sp.expand(sp.Add(*(v * slope for v, slope in slopes if slope != 0)))

    def _principal(self, expression: sp.Expr) -> str:
        """Names of the coordinates in it that are leads or derivatives of leads."""
        leads = [lead for lead in self.solved if lead.is_Symbol]
        symbols = (z for z in expression.free_symbols if is_principal(self.jet, leads, z))
        return ", ".join(sorted(z.name for z in symbols))

    def _refusal(self, found: str) -> InvalidInput:
        leads = ", ".join(map(str, self.solved))
        return InvalidInput(
            f"The condition that `{self.element}` is a symmetry is not linear in a law solved for {leads}:"
            f" {found} choose another leading derivative."
        )


def random_jets(
    coordinates: frozenset[sp.Symbol], rows: int = RANDOM_ROWS, seed: int = 0
) -> dict[sp.Symbol, np.ndarray]:
    """Standard normal values of jet coordinates, where there are no data to take them from."""
    rng = np.random.default_rng(seed)
    return {z: rng.standard_normal(rows) for z in sorted(coordinates, key=lambda z: z.name)}
