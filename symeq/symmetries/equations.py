"""A system of differential equations in solved form, and the reduction of terms by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import sympy as sp
from sympy import Expr, Symbol

from symeq.errors import InvalidInput, unknown_name
from symeq.geometry.calculus import exact_expression, expression_text
from symeq.geometry.grammar import read_equation
from symeq.geometry.jet import Jet
from symeq.geometry.names import as_symbols
from symeq.latex import expression_latex
from symeq.symmetries.onshell import OnShell, in_real_functions
from symeq.symmetries.solving import Rule, Side, as_given, solve, terminates

Equation: TypeAlias = str | Expr | tuple[Any, Any]

MOST_COMPLETIONS = 4  # rounds of adding hidden consequences
MOST_TERMS = 200  # of a hidden consequence that is added


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Equations:
    """A system of differential equations, each brought into the form lead = rest.

        Delta_a = L_a - F_a = 0,   no L_a a derivative of another or on the right of its own equation

    An equation whose left-hand side is a derivative that does not occur on its right is taken as it is; the
    others are solved for a derivative, in one ranking, so that reduction by them comes to an end.

    Arguments: `equations`, one or a list, each a text "u_t = nu*u_xx", a tuple (left, right) of expressions,
    or an expression that is 0; `parameters`, the symbols that are constants; `consequences`, further
    equations that follow from these (hidden integrability conditions), used to reduce and not tested.
    Raises InvalidInput for unknown symbols, equations without a derivative, contradictions, and systems that
    cannot be solved for derivatives.
    Source: Olver, Applications of Lie Groups to Differential Equations (2nd ed., 1993), sections 2.3 and 2.6.

    >>> jet = Jet("t x y", "u v")
    >>> flow = Equations(jet, ["u_x + v_y = 0", "u_t = u*u_x"])
    >>> print(flow)
    u_x = -v_y
    u_t = u*u_x
    >>> flow.reduce(jet.parse("u_x + u_t"))
    -u*v_y - v_y
    """

    jet: Jet
    rules: tuple[Rule, ...]
    parameters: tuple[Symbol, ...]
    notes: tuple[str, ...]
    sides: tuple[Side, ...] = field(default=())
    incomplete: bool = False  # whether hidden consequences are known to be left out

    def __init__(
        self,
        jet: Jet,
        equations: Equation | Sequence[Equation],
        *,
        parameters: str | Sequence[str | Symbol] = (),
        consequences: Equation | Sequence[Equation] = (),
    ) -> None:
        constants = as_symbols(parameters)
        sides = [_side(jet, e, constants, True) for e in _listed(equations)]
        sides += [_side(jet, e, constants, False) for e in _listed(consequences)]
        if not any(side.tested for side in sides):
            raise InvalidInput("no equation was given; write one such as `u_t = u_xx`.")
        self._set(jet, sides, constants)

    def _set(self, jet: Jet, sides: Sequence[Side], constants: tuple[Symbol, ...]) -> None:
        rules = as_given(jet, sides)
        notes: tuple[str, ...] = ()
        if rules is None or not (terminates(jet, rules) or _ends(jet, rules)):
            solved = solve(jet, sides)
            rules, notes = solved.rules, solved.notes
        object.__setattr__(self, "jet", jet)
        object.__setattr__(self, "rules", tuple(rules))
        object.__setattr__(self, "parameters", constants)
        object.__setattr__(self, "notes", tuple(notes))
        object.__setattr__(self, "sides", tuple(sides))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equations) and (self.jet, self.rules) == (other.jet, other.rules)

    def __hash__(self) -> int:
        return hash((self.jet, self.rules))

    @property
    def tested(self) -> tuple[Rule, ...]:
        """The equations themselves, without the consequences."""
        return tuple(rule for rule in self.rules if rule.tested)

    @property
    def leads(self) -> tuple[Symbol, ...]:
        """The derivatives that the equations are solved for."""
        return tuple(rule.lead for rule in self.tested)

    @cached_property
    def order(self) -> int:
        """The highest order of a derivative in the equations."""
        symbols = set().union(*(r.rest.free_symbols | {r.lead} for r in self.tested))
        return max(self.jet.order_of(s) for s in symbols if self.jet.is_coordinate(s))

    @property
    def time(self) -> Symbol:
        """The independent variable that most leads are differentiated by, of several the first.

        >>> Equations(Jet("x t", "u"), "u_t + u*u_x = u_xx").time
        t
        """
        indices = [self.jet.multi_index(c)[1] for c in self.leads]
        counts = [sum(index[k] > 0 for index in indices) for k in range(len(self.jet.independent))]
        return self.jet.independent[counts.index(max(counts))]

    def at(self, values: Mapping[Symbol, Any] | Mapping[str, Any]) -> Equations:
        """Return the equations with values in place of parameters, solved anew.

        Raises InvalidInput for a name that is no parameter.

        >>> print(Equations(Jet("t x", "u"), "u_t = nu*u_xx", parameters="nu").at({"nu": 2}))
        u_t = 2*u_xx
        """
        chosen: dict[Expr, Expr] = {}
        for name, value in values.items():
            symbol = next((s for s in self.parameters if s.name == str(name)), None)
            if symbol is None:
                raise unknown_name("parameter", str(name), [s.name for s in self.parameters], str(name))
            chosen[symbol] = exact_expression(value)
        sides = [Side(s.left.xreplace(chosen), s.right.xreplace(chosen), s.tested) for s in self.sides]
        made = object.__new__(Equations)
        made._set(self.jet, sides, tuple(s for s in self.parameters if s not in chosen))
        return made

    def on_shell(self, expressions: Sequence[Expr] = (), *, deadline: float | None = None) -> OnShell:
        """Return the solution manifold, for terms with the constants of the expressions."""
        return OnShell(self.jet, self.rules, [*self.parameters, *expressions], deadline=deadline)

    def reduce(self, expression: Expr) -> Expr:
        """Return what an expression is on solutions: no lead and no derivative of one is left.

        Of an expression with denominators or roots in them, the numerator.
        Raises InvalidInput where reduction does not come to an end, naming the equation.

        >>> heat = Equations(Jet("t x", "u"), "u_t = u_xx")
        >>> heat.reduce(heat.jet.parse("u_tt - u_txx"))
        0
        """
        expression = exact_expression(expression)
        shell = self.on_shell([expression])
        [poly] = shell.ring.canonical([shell.reduce(expression)])
        return in_real_functions(shell.ring.expression(poly))

    def hidden(self, *, deadline: float | None = None) -> tuple[Expr, ...]:
        """Return what must vanish besides, by equality of mixed derivatives of two leads; empty if nothing.

        >>> jet = Jet("x y", "u v")
        >>> Equations(jet, ["u_x = v", "u_y = u"]).hidden()
        (v - v_y,)
        """
        shell = self.on_shell(deadline=deadline)
        found = []
        for a, one in enumerate(self.rules):
            for other in self.rules[:a]:
                expression = _mixed(shell, one, other)
                if expression is not None:
                    found.append(expression)
        return tuple(dict.fromkeys(found))

    def completed(self, *, deadline: float | None = None) -> Equations:
        """Return the equations with their hidden consequences, as far as these can be solved for derivatives.

        The same object where there are none. A note says what was added, or that something is missing.
        Raises InvalidInput where a consequence is a contradiction.

        >>> jet = Jet("x y", "u v")
        >>> print(*Equations(jet, ["u_x = v", "u_y = u"]).completed().rules, sep="; ")
        u_x = v; u_y = u; v_y = v
        """
        system, added = self, list[str]()
        for _ in range(MOST_COMPLETIONS):
            hidden = system.hidden(deadline=deadline)
            if not hidden:
                return system if system is self else system._noted(added)
            self._check_consistent(hidden)
            if any(len(sp.Add.make_args(e)) > MOST_TERMS for e in hidden):
                break
            made = object.__new__(Equations)
            sides = [*system.sides, *(Side(e, sp.S.Zero, False) for e in hidden)]
            try:
                made._set(self.jet, sides, self.parameters)
            except InvalidInput:
                break
            if made.leads != self.leads:
                break
            added += [f"`{expression_text(e)} = 0` follows by equality of mixed derivatives." for e in hidden]
            system = made
        missing = (
            "The equations have further consequences by equality of mixed derivatives, which were not used."
        )
        return system._noted([*added, missing], incomplete=True)

    def marked_incomplete(self) -> Equations:
        """The equations, of which it is not known whether hidden consequences are left out."""
        return self._noted([], incomplete=True)

    def _check_consistent(self, hidden: Sequence[Expr]) -> None:
        for e in hidden:
            if not any(self.jet.is_coordinate(s) and s not in self.jet.independent for s in e.free_symbols):
                raise InvalidInput(
                    "the equations contradict each other: equality of mixed derivatives says"
                    f" `{expression_text(e)} = 0`."
                )

    def _noted(self, notes: Sequence[str], *, incomplete: bool = False) -> Equations:
        made = object.__new__(Equations)
        made._set(self.jet, self.sides, self.parameters)
        object.__setattr__(made, "notes", tuple(dict.fromkeys([*made.notes, *notes])))
        object.__setattr__(made, "incomplete", incomplete)
        return made

    def __str__(self) -> str:
        return "\n".join(map(str, self.tested))

    def __repr__(self) -> str:
        return f"Equations({self.jet}: {'; '.join(map(str, self.tested))})"

    def latex(self) -> str:
        r"""Return LaTeX, one equation a line.

        >>> print(Equations(Jet("t x", "u"), "u_t = u_xx").latex())
        u_{t} = u_{xx}
        """
        names = self.jet.latex_names(*(e for rule in self.tested for e in (rule.lead, rule.rest)))
        lines = (f"{names[r.lead]} = {expression_latex(r.rest, names)}" for r in self.tested)
        return " \\\\\n".join(lines)


def _listed(equations: Equation | Sequence[Equation]) -> list[Any]:
    if isinstance(equations, str | Expr | sp.Equality):
        return [equations]
    if isinstance(equations, tuple) and len(equations) == 2 and all(isinstance(e, Expr) for e in equations):
        return [equations]  # the two sides, as read_equation gives them
    return list(equations)


def _side(jet: Jet, equation: Any, parameters: tuple[Symbol, ...], tested: bool) -> Side:
    if isinstance(equation, str):
        left, right = read_equation(equation, jet, parameters)
    elif isinstance(equation, sp.Equality):
        left, right = equation.lhs, equation.rhs
    elif isinstance(equation, tuple | list) and len(equation) == 2:
        left, right = equation
    elif isinstance(equation, Expr):
        left, right = equation, sp.S.Zero
    else:
        raise InvalidInput(
            "an equation is a text such as `u_t = u_xx`, a pair of expressions or an expression that is 0;"
            f" found {type(equation).__name__}."
        )
    both = [jet.parse(s, parameters) if isinstance(s, str) else exact_expression(s) for s in (left, right)]
    left, right = both
    side = Side(left, right, tested)
    for symbol in sorted((left - right).free_symbols, key=lambda s: s.name):
        if not jet.is_coordinate(symbol) and symbol not in parameters:
            known = [*jet.names, *(s.name for s in parameters)]
            advice = "Declare a constant as a parameter."
            raise unknown_name("symbol", symbol.name, known, str(side), advice)
    if sp.expand(left - right) == 0:
        raise InvalidInput(f"`{side}` says nothing: both sides are the same.")
    return side


def _ends(jet: Jet, rules: Sequence[Rule]) -> bool:
    """Whether reduction of the leads and their first derivatives comes to an end, by trying."""
    shell = OnShell(jet, rules, [])
    try:
        for rule in rules:
            for x in jet.independent:
                shell.normal(jet.derivative(rule.lead, x))
    except InvalidInput:
        return False
    return True


def _mixed(shell: OnShell, one: Rule, other: Rule) -> Expr | None:
    """The difference of the two ways to the lowest common derivative of two leads."""
    (u, i), (v, j) = (shell.jet.multi_index(rule.lead) for rule in (one, other))
    if u != v:
        return None
    ways = []
    for rule, index in ((one, i), (other, j)):
        lift = tuple(max(a, b) - a_own for a, b, a_own in zip(i, j, index, strict=True))
        ways.append(shell.total_derivative(shell.reduce(rule.rest), lift))
    difference = dict(ways[0])
    for monomial, value in ways[1].items():
        difference[monomial] = difference.get(monomial, 0) - value
    [poly] = shell.ring.canonical([{m: c for m, c in difference.items() if c}])
    return shell.ring.expression(poly) if poly else None


def as_equations(
    equations: Equations | Equation | Sequence[Equation],
    jet: Jet | None,
    parameters: str | Sequence[str | Symbol],
) -> Equations:
    """The equations themselves, or those read with a jet."""
    if isinstance(equations, Equations):
        if jet is not None and jet.variables != equations.jet.variables:
            raise InvalidInput(f"the equations live on {equations.jet}, not on {jet}.")
        return equations
    if jet is None:
        raise InvalidInput(
            "equations given as texts need the variables: hand over `jet=Jet(...)`, or an `Equations`."
        )
    return Equations(jet, equations, parameters=parameters)
