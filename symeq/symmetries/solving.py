"""Systems of equations brought into solved form, lead = rest, so that reduction by them comes to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, permutations, product

import sympy as sp

from symeq.errors import InvalidInput
from symeq.geometry.calculus import expression_text, partial_derivative
from symeq.geometry.jet import Jet
from symeq.geometry.leads import is_principal

Ranking = Callable[[sp.Symbol], tuple[int, ...]]

MOST_RANKINGS = 500  # tried before a system is refused
MOST_STEPS = 60  # of one elimination, and substitutions in one equation


@dataclass(frozen=True)
class Rule:
    """An equation lead = rest; `tested` says whether it is one of the equations or a consequence of them.

    relation: what is 0 on all branches, where lead = rest is one of them.

    >>> t, x = sp.symbols("u_t u_xx")
    >>> print(Rule(t, x))
    u_t = u_xx
    """

    lead: sp.Symbol
    rest: sp.Expr
    tested: bool = True
    relation: sp.Expr | None = None

    @property
    def difference(self) -> sp.Expr:
        """What vanishes on solutions, of several branches on all of them."""
        return self.lead - self.rest if self.relation is None else self.relation

    def __str__(self) -> str:
        return f"{self.lead.name} = {expression_text(self.rest)}"


@dataclass(frozen=True)
class Solved:
    """Rules for a system, and what is worth saying about them."""

    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One equation before it is solved: left - right = 0."""

    left: sp.Expr
    right: sp.Expr
    tested: bool

    @cached_property
    def difference(self) -> sp.Expr:
        return sp.expand(self.left - self.right)

    def __str__(self) -> str:
        return f"{expression_text(self.left)} = {expression_text(self.right)}"


def as_given(jet: Jet, sides: Sequence[Side]) -> tuple[Rule, ...] | None:
    """The rules as they are written, if every left-hand side is a derivative that its right does not know.

    >>> jet = Jet("t x", "u")
    >>> as_given(jet, [Side(jet["u_t"], jet["u_xx"], True)]) is not None
    True
    >>> as_given(jet, [Side(jet["u_t"], jet["u_txx"], True)]) is None
    True
    """
    rules = []
    for side in sides:
        if not _is_derivative(jet, side.left) or _holds(jet, side.right, [side.left]):
            return None
        rules.append(Rule(side.left, side.right, side.tested))
    for rule in rules:
        others = [other.lead for other in rules if other is not rule]
        if is_principal(jet, others, rule.lead):
            return None
    return tuple(rules)


def solve(jet: Jet, sides: Sequence[Side]) -> Solved:
    """Return rules whose leads are highest in one ranking of the derivatives, so that reduction ends.

    Rankings are tried in turn: derivatives by one independent variable first, by order, by dependent
    variable, each with several orders of the variables. An equation is solved for its highest derivative,
    where that occurs linearly, best with a constant factor, else quadratically.

    Raises InvalidInput where no ranking serves, and for equations that contradict each other.
    Source: Riquier rankings, see Reid, Wittkopf, Boulton, European J. Appl. Math. 7 (1996), section 2.

    >>> jet = Jet("t x", "u")
    >>> [str(r) for r in solve(jet, [Side(jet.parse("u_t - u_txx"), -jet["u_x"], True)]).rules]
    ['u_txx = u_t + u_x']
    """
    wanted = [
        side.left
        for side in sides
        if _is_derivative(jet, side.left) and not _holds(jet, side.right, [side.left])
    ]
    tried = list(islice(rankings(jet, _slowest_first(jet, sides)), MOST_RANKINGS))
    for form in ("constant", "linear", "quadratic"):
        for keep in (True, False) if wanted else (False,):
            for ranking in tried:
                if keep and not _keeps(jet, sides, wanted, ranking):
                    continue
                solved = _triangular(jet, sides, ranking, form)
                if solved is not None:
                    return solved
    raise InvalidInput(
        f"`{sides[0]}`{' and the equations beside it' if len(sides) > 1 else ''}: no derivative was found"
        " that the equations can be solved for. Write each as `lead = rest`, with a derivative that occurs"
        " nowhere on the right."
    )


def terminates(jet: Jet, rules: Sequence[Rule]) -> bool:
    """Whether some ranking has every lead above all that stands on its right."""
    return any(
        all(ranking(rule.lead) > ranking(c) for rule in rules for c in _coordinates(jet, rule.rest))
        for ranking in islice(rankings(jet), MOST_RANKINGS)
    )


def _slowest_first(jet: Jet, sides: Sequence[Side]) -> tuple[int, ...]:
    """The places of the variables, first those that are differentiated by least: evolution in time."""
    highest = [0] * len(jet.independent)
    for side in sides:
        for c in _derivatives(jet, side.left) + _derivatives(jet, side.right):
            highest = [max(n, i) for n, i in zip(highest, jet.multi_index(c)[1], strict=True)]
    return tuple(sorted(range(len(highest)), key=lambda k: (highest[k] == 0, highest[k], k)))


def rankings(jet: Jet, first: tuple[int, ...] | None = None) -> Iterator[Ranking]:
    """Orders of the derivatives that differentiation keeps, evolution forms in the variable `first` first."""
    p, q = len(jet.independent), len(jet.dependent)
    shapes = ("time, order, index", "order, index", "time, order, dependent", "order, dependent", "dependent")
    falling = tuple(range(q, 0, -1))
    # Of many dependent variables each stands highest once, which mostly does.
    orders = permutations(falling) if q <= 3 else (falling[k:] + falling[:k] for k in range(q))
    for heights, places in product(orders, permutations(first or range(p))):
        for shape in shapes:
            yield _ranking(jet, places, dict(zip(jet.dependent, heights, strict=True)), shape)


def _ranking(jet: Jet, places: tuple[int, ...], height: dict[sp.Symbol, int], shape: str) -> Ranking:
    def rank(coordinate: sp.Symbol) -> tuple[int, ...]:
        u, index = jet.multi_index(coordinate)
        counts = tuple(index[k] for k in places)
        parts = {
            "time": (counts[0],),
            "order": (sum(index),),
            "index": (*counts, height[u]),
            "dependent": (height[u], sum(index), *counts),
        }
        return tuple(entry for part in shape.split(", ") for entry in parts[part])

    return rank


def _is_derivative(jet: Jet, symbol: sp.Expr) -> bool:
    return isinstance(symbol, sp.Symbol) and symbol not in jet.variables and jet.is_coordinate(symbol)


def _coordinates(jet: Jet, expression: sp.Expr) -> list[sp.Symbol]:
    """The dependent variables and derivatives in an expression."""
    found = (s for s in expression.free_symbols if s not in jet.independent and jet.is_coordinate(s))
    return sorted(found, key=lambda s: s.name)


def _derivatives(jet: Jet, expression: sp.Expr) -> list[sp.Symbol]:
    return [c for c in _coordinates(jet, expression) if c not in jet.dependent]


def _holds(jet: Jet, expression: sp.Expr, leads: Sequence[sp.Symbol]) -> bool:
    return any(is_principal(jet, leads, s) for s in expression.free_symbols)


def _keeps(jet: Jet, sides: Sequence[Side], wanted: Sequence[sp.Symbol], ranking: Ranking) -> bool:
    """Whether the derivatives that stand alone on the left are the highest of their equations."""
    return all(
        ranking(side.left) > ranking(c)
        for side in sides
        if side.left in wanted
        for c in _coordinates(jet, side.right)
    )


def _triangular(jet: Jet, sides: Sequence[Side], ranking: Ranking, form: str) -> Solved | None:
    """Eliminate: each equation, reduced by the rules so far, is solved for what is highest in it."""
    queue = [(side.difference, side.tested) for side in sides]
    rules: list[Rule] = []
    notes: list[str] = []
    for _ in range(MOST_STEPS):
        if not queue:
            return Solved(tuple(rules), tuple(dict.fromkeys(notes)))
        expression, tested = queue.pop(0)
        reduced = expression
        # An equation is only reduced where its highest derivative is known: it stays as it was written.
        if not (given := _derivatives(jet, expression)) or is_principal(
            jet, [rule.lead for rule in rules], max(given, key=ranking)
        ):
            reduced = _reduced(jet, expression, rules)
        if reduced is None:
            return None
        if reduced == 0:
            notes.append(f"`{expression_text(expression)} = 0` follows from the other equations.")
            continue
        derivatives = _derivatives(jet, reduced)
        if not derivatives:
            raise _without_derivative(jet, expression, reduced)
        found = _solved_for(jet, reduced, max(derivatives, key=ranking), form, tested)
        if found is None:
            return None
        rule, note = found
        notes += note
        for other in [r for r in rules if is_principal(jet, [rule.lead], r.lead)]:
            rules.remove(other)
            queue.append((other.difference, other.tested))
        rules.append(rule)
    return None


def _reduced(jet: Jet, expression: sp.Expr, rules: Sequence[Rule]) -> sp.Expr | None:
    leads = [rule.lead for rule in rules]
    for _ in range(MOST_STEPS):
        found = [s for s in expression.free_symbols if is_principal(jet, leads, s)]
        if not found:
            return sp.expand(sp.fraction(sp.together(expression))[0])
        expression = expression.xreplace({c: _derived(jet, c, rules) for c in found})
        expression = sp.expand(expression) if expression.is_polynomial() else sp.cancel(expression)
    return None


def _derived(jet: Jet, coordinate: sp.Symbol, rules: Sequence[Rule]) -> sp.Expr:
    rule = next(r for r in rules if is_principal(jet, [r.lead], coordinate))
    _, index = jet.multi_index(coordinate)
    _, lowest = jet.multi_index(rule.lead)
    rest = rule.rest
    for x, i, j in zip(jet.independent, index, lowest, strict=True):
        for _ in range(i - j):
            rest = jet.total_derivative(rest, x)
    return rest


def _solved_for(
    jet: Jet, expression: sp.Expr, lead: sp.Symbol, form: str, tested: bool
) -> tuple[Rule, list[str]] | None:
    slope = sp.expand(partial_derivative(expression, lead))
    written = expression_text(expression)
    if not slope.has(lead):
        constant = not any(jet.is_coordinate(s) for s in slope.free_symbols)
        if slope == 0 or (form == "constant" and not constant):
            return None
        rest = sp.expand(expression - slope * lead)
        rest = sp.expand(-rest / slope) if constant else -sp.cancel(rest / slope)
        note = [] if constant else [f"`{written} = 0` is solved for {lead} where {slope} is not 0."]
        return Rule(lead, rest, tested), note
    if form != "quadratic" or not expression.is_polynomial(lead) or sp.degree(expression, lead) != 2:
        return None
    a, b, c = sp.Poly(expression, lead).all_coeffs()
    root = sp.sqrt(sp.factor(b**2 - 4 * a * c))
    rest = (root - b) / (2 * a)
    rule = Rule(lead, sp.expand(rest) if a.is_number else rest, tested, expression)
    return rule, [f"`{written} = 0` is solved as `{rule}`; the other branch has the other sign of the root."]


def _without_derivative(jet: Jet, expression: sp.Expr, reduced: sp.Expr) -> InvalidInput:
    written = expression_text(expression)
    if any(jet.is_coordinate(s) for s in reduced.free_symbols):
        return InvalidInput(
            f"`{written} = 0`: with the other equations this is `{expression_text(reduced)} = 0`, which holds"
            " no derivative. Solve it for a variable and eliminate that."
        )
    return InvalidInput(f"`{written} = 0` contradicts the other equations: it says {reduced} = 0.")
