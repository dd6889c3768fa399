"""Does an equation admit a symmetry? Proven member by member, with what is left where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sympy as sp
from sympy import Expr, Symbol

from symeq.errors import InvalidInput
from symeq.geometry.calculus import expression_text
from symeq.geometry.fields import VectorField
from symeq.geometry.grammar import SymmetryLike, as_symmetry
from symeq.geometry.jet import Jet
from symeq.geometry.maps import PointMap
from symeq.geometry.names import as_symbols
from symeq.geometry.symmetry import Symmetry
from symeq.latex import expression_latex, table_latex
from symeq.symmetries.condition import Condition
from symeq.symmetries.equations import Equation, Equations, as_equations
from symeq.symmetries.onshell import OnShell, OutOfTime, deadline_of, in_real_functions
from symeq.terms.polynomials import Poly

Member = VectorField | PointMap
FACTORED = 40  # residuals with at most so many terms are factored


@dataclass(frozen=True, repr=False, eq=False)
class Admission:
    """Which members of a symmetry map solutions to solutions, and what is left of the others.

    equations; tested: the generators and maps; remainders: for each of them and each equation, pr v(Delta)
    or Delta o g on solutions, an expression in the jet's coordinates: 0 where it is admitted. True if all
    are admitted.

    >>> heat = Equations(Jet("t x", "u"), "u_t = u_xx")
    >>> answer = admits(heat, "translation(t); t*d_x + d_u; x -> -x")
    >>> bool(answer), dict(answer.members)
    (False, {'d_t': True, 't*d_x + d_u': False, 'x -> -x': True})
    >>> answer.residuals["t*d_x + d_u"]
    (-u_x,)
    """

    equations: Equations
    tested: tuple[Member, ...]
    remainders: tuple[tuple[Expr, ...], ...]

    @property
    def members(self) -> Mapping[str, bool]:
        """Text of each member -> whether it is admitted."""
        return MappingProxyType({text: not any(left) for text, left in self.residuals.items()})

    @property
    def residuals(self) -> Mapping[str, tuple[Expr, ...]]:
        """Text of each member -> what is left of each equation."""
        return MappingProxyType(dict(zip(map(str, self.tested), self.remainders, strict=True)))

    def __bool__(self) -> bool:
        return not any(entry for left in self.remainders for entry in left)

    @property
    def rejected(self) -> tuple[Member, ...]:
        """The members that are no symmetries."""
        return tuple(m for m, left in zip(self.tested, self.remainders, strict=True) if any(left))

    def __str__(self) -> str:
        if not self.tested:
            return "nothing to test: the symmetry is trivial"
        lines = []
        for text, left in self.residuals.items():
            lines.append(f"{text}: {'not admitted' if any(left) else 'admitted'}")
            for lead, entry in zip(self.equations.leads, left, strict=True):
                if entry != 0:
                    lines.append(f"    left of the equation for {lead}: {expression_text(entry)}")
        return "\n".join([*lines, *(() if self else self.equations.notes)])

    def __repr__(self) -> str:
        return f"Admission({dict(self.members)})"

    def latex(self) -> str:
        r"""Return a LaTeX table of members and what is left of the equations.

        >>> print(admits(["u_t = u_xx"], "d_t", jet=Jet("t x", "u")).latex())
        \begin{tabular}{lr}
        \toprule
        symmetry & residual \\
        \midrule
        $\partial_{t}$ & $0$ \\
        \bottomrule
        \end{tabular}
        """
        names = self.equations.jet.latex_names(*(e for left in self.remainders for e in left))
        rows = []
        for member, left in zip(self.tested, self.remainders, strict=True):
            shown = [expression_latex(e, names) for e in left if e != 0] or ["0"]
            rows.append([f"${member.latex()}$", f"${',; '.join(shown)}$".replace(",;", r",\;")])
        return table_latex(["symmetry", "residual"], rows)

    def document(self) -> dict[str, Any]:
        """Return plain data: `admits`, text -> bool; `residual`, text -> {lead: text} of the others."""
        leads = [c.name for c in self.equations.leads]
        residual = {
            text: {c: expression_text(e) for c, e in zip(leads, left, strict=True) if e != 0}
            for text, left in self.residuals.items()
        }
        return {"admits": dict(self.members), "residual": {t: left for t, left in residual.items() if left}}


def admits(
    equations: Equations | Equation | Sequence[Equation],
    symmetry: SymmetryLike,
    *,
    jet: Jet | None = None,
    parameters: str | Sequence[str | Symbol] = (),
    budget: float | None = 60.0,
) -> Admission:
    """Decide exactly whether a symmetry maps solutions of the equations to solutions.

        pr v(Delta_a) = 0 for its generators, Delta_a o g = 0 for its maps, on the solutions of Delta = 0

    Arguments: `equations`, Equations, or texts or expressions beside `jet` and `parameters`; `symmetry`, a
    Symmetry, a VectorField, a PointMap, a text of the grammar, or a sequence of these. The time of boosts is
    the variable that most leads are differentiated by. `budget` in seconds, None for no limit.
    Raises InvalidInput for symbols that nobody declared, functions that cannot be decided, and when the
    budget runs out.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), theorem 2.31.

    >>> bool(admits("u_t + u*u_x + u_xxx = 0", "boost(x, u); 3*t*d_t + x*d_x - 2*u*d_u", jet=Jet("t x", "u")))
    True
    """
    system = as_equations(equations, jet, parameters)
    known = tuple(dict.fromkeys([*system.parameters, *as_symbols(parameters)]))
    given = as_symmetry(symmetry, system.jet, known)
    given = given.on(system.jet, system.time, parameters=known)
    deadline = deadline_of(budget)
    try:
        answer = Admission(system, given.members, _remainders(system, given, deadline))
        if not answer and (complete := system.completed(deadline=deadline)) is not system:
            # What vanishes by hidden consequences of the equations vanishes on solutions all the same.
            answer = Admission(complete, given.members, _remainders(complete, given, deadline))
    except OutOfTime:
        raise InvalidInput(
            f"`{given}` could not be decided within {budget:g} s. Allow more time, or test fewer members."
        ) from None
    return answer


def _remainders(
    equations: Equations, symmetry: Symmetry, deadline: float | None
) -> tuple[tuple[Expr, ...], ...]:
    constants = [f for member in symmetry.members for _, f in member.components]
    condition = Condition(equations, [*symmetry.parameters, *constants], deadline=deadline)
    remainders = []
    for member in symmetry.members:
        if isinstance(member, VectorField):
            left, shell = condition.residuals(dict(member.components)), condition.shell
        else:
            left, shell = _moved(equations, member, [*symmetry.parameters, *constants], deadline)
        remainders.append(tuple(_shown(shell, poly) for poly in left))
    return tuple(remainders)


def _moved(
    equations: Equations, point_map: PointMap, constants: Sequence[Expr], deadline: float | None
) -> tuple[list[Poly], OnShell]:
    """Delta o g on solutions; a function may need new constants: exp(x + 2) needs exp(2)."""
    # A map may lead from one branch of an equation to another, which a flow cannot.
    differences = [rule.difference for rule in equations.tested]
    symbols = set().union(*(e.free_symbols for e in differences))
    images = point_map.prolong(equations.jet, sorted(filter(equations.jet.is_coordinate, symbols), key=str))
    moved = [e.subs(images, simultaneous=True) for e in differences]
    shell = equations.on_shell([*constants, *moved], deadline=deadline)
    polys = [shell.reduce(e) for e in moved]
    return [{} if shell.vanishes(poly) else poly for poly in polys], shell


def _shown(shell: OnShell, poly: Poly) -> Expr:
    """A residual for reading, factored if short."""
    if not poly:
        return sp.S.Zero
    expression = in_real_functions(shell.ring.expression(poly))
    return sp.factor(expression) if len(poly) <= FACTORED else expression
