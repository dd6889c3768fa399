"""From a functional ansatz and samples to the arrays of the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symeq.ansatz.functional import FunctionalAnsatz
from symeq.ansatz.weights import scaled_coordinates, weight_of
from symeq.data.jetgrid import BLOCKS
from symeq.data.sampling import Sampled
from symeq.data.units import record_units
from symeq.errors import InvalidInput
from symeq.geometry.fields import VectorField
from symeq.search.genetic.forest import Prefix
from symeq.search.genetic.operators import Operator
from symeq.search.genetic.problem import Grading, Images, Problem
from symeq.search.genetic.seen import look
from symeq.search.genetic.soft import SoftSymmetry

VARYING = 1e-9  # relative deviation of an invariant below which it is a constant on these data
OFTEN = 6  # times that the shortest invariant is drawn for once that a very long one is


@dataclass(frozen=True, eq=False)
class Measured:
    """One search: the problem in arrays, and what its leaves, vectors and targets stand for.

    form: the ansatz; leads: positions of the left-hand sides that are searched together; leaves: expressions
    in the symbols of the form, the first is 1; vectors: positions in its frame; scales (component,);
    left_out: rows on which an invariant degenerates; rung: of the samples, of the supports of weak ones.
    """

    problem: Problem
    form: FunctionalAnsatz
    leads: tuple[int, ...]
    leaves: tuple[Expr, ...]
    vectors: tuple[int, ...]
    scales: np.ndarray
    left_out: int
    rung: int

    def expression(self, prefix: Prefix, constants: Sequence[Expr]) -> Expr:
        """A tree in the symbols of the form, its inner constants named by the given symbols or numbers."""
        operators = {operator.name: operator for operator in self.problem.operators}
        # The constants are numbered as the tree is read, from the root; the stack is filled from the end.
        waiting = list(constants)
        stack: list[Expr] = []
        for token in reversed(prefix):
            if isinstance(token, int):
                stack.append(self.leaves[token])
                continue
            name, constant = token
            first = stack.pop()
            if operators[name].arity == 2:
                stack.append(operators[name].symbol(first, stack.pop()))
            else:
                stack.append(operators[name].symbol(first if constant is None else waiting.pop() * first))
        return stack[0]


def measure(
    form: FunctionalAnsatz,
    samples: Sampled,
    operators: Sequence[Operator],
    *,
    rows: int,
    seed: int,
    soft: SoftSymmetry | None = None,
) -> tuple[Measured, ...]:
    """The searches that a form asks for: one for each set of left-hand sides that share a vector.

    Arguments: ``rows``, points or test functions, drawn at random where there are more; ``seed`` of the draw.
    Raises InvalidInput where the samples cannot give what the ansatz contains, and when too few rows are
    left.
    """
    seen = look(form, samples, rows=rows, seed=seed, soft=soft)
    arguments, frame = seen.arguments, seen.frame
    kept = [k for k, column in enumerate(arguments) if column.std() > VARYING * np.sqrt(np.mean(column**2))]
    leaves = np.vstack([np.ones(arguments.shape[1]), arguments[kept]])
    names = ("1", *(form.symbols[k].name for k in kept))
    searches = []
    for group in groups(form) if soft is None else [tuple(range(len(form.leads)))]:
        vectors = tuple(j for j, vector in enumerate(form.frame) if any(vector[a] != 0 for a in group))
        own = seen.target[list(group)]
        scale = float(np.sqrt(np.mean(own**2)))
        if not scale > 0:
            raise InvalidInput(f"The left-hand side {form.leads[group[0]]} vanishes on all samples.")
        problem = Problem(
            leaves=leaves,
            names=names,
            frame=frame[np.ix_(vectors, group)] / scale,
            target=own / scale,
            operators=tuple(operators),
            frequencies=_frequencies(form, kept),
            noise=float(np.mean(seen.noise[list(group)])) / scale**2,
            blocks=BLOCKS if seen.effective is None else max(2, round(seen.effective)),
            grading=_grading(form, kept, vectors) or _units(form, samples, kept, vectors),
            images=None if seen.images is None else _own_images(seen.images, kept, vectors, group, scale),
            projection=seen.projection,
            alone=None if seen.alone is None else _own_rows(seen.alone, kept, vectors, group, scale),
        )
        symbols_of = (sp.S.One, *(form.symbols[k] for k in kept))
        searches.append(
            Measured(
                problem,
                form,
                group,
                symbols_of,
                vectors,
                np.full(len(group), scale),
                seen.left_out,
                seen.rung,
            )
        )
    return tuple(searches)


def groups(form: FunctionalAnsatz) -> list[tuple[int, ...]]:
    """Left-hand sides that share a vector of the frame are searched together, the others apart."""
    found = [{a} for a in range(len(form.leads))]
    for vector in form.frame:
        joined = {a for a, e in enumerate(vector) if e != 0}
        touched = [group for group in found if group & joined]
        found = [group for group in found if not group & joined]
        found.append(set().union(*touched))
    return sorted(tuple(sorted(group)) for group in found if group)


def _grading(form: FunctionalAnsatz, kept: Sequence[int], vectors: Sequence[int]) -> Grading | None:
    if form.weights is None:
        return None
    none = tuple(Fraction(0) for _ in form.weights.scalings)

    def exact(weight: Sequence[sp.Rational]) -> tuple[Fraction, ...]:
        return tuple(Fraction(int(w.p), int(w.q)) for w in map(sp.Rational, weight))

    return Grading(
        leaves=(none, *(exact(form.weights.arguments[k]) for k in kept)),
        frame=tuple(exact(form.weights.frame[j]) for j in vectors),
        target=none,
    )


def _units(
    form: FunctionalAnsatz, samples: Sampled, kept: Sequence[int], vectors: Sequence[int]
) -> Grading | None:
    """Units as weights that the sums in a tree must share; coefficients have whatever unit they need.

    None unless all variables have units, and every argument one.
    """
    known = record_units(samples.record, samples.jet)
    if known is None:
        return None
    bases = sorted({symbol for exponents in known.values() for symbol in exponents})
    if not bases:
        return None
    weights: list[list[Fraction]] = [[] for _ in kept]
    for base in bases:
        own = {z: sp.Rational(e[base].numerator, e[base].denominator) for z, e in known.items() if base in e}
        scaling = VectorField({z: weight * Symbol(z) for z, weight in own.items()})
        symbols = set().union(*(form.arguments[k].free_symbols for k in kept))
        scaled = scaled_coordinates(form.jet, scaling, symbols)
        for found, k in zip(weights, kept, strict=True):
            weight = weight_of(form.arguments[k], scaled)
            if weight is None:
                return None
            found.append(Fraction(int(weight.p), int(weight.q)))
    none = tuple(Fraction(0) for _ in bases)
    return Grading((none, *map(tuple, weights)), (none,) * len(vectors), none, strict=False)


def _frequencies(form: FunctionalAnsatz, kept: Sequence[int]) -> tuple[int, ...]:
    """How often the constant 1 and each argument are drawn: short invariants more often than long ones."""
    sizes = np.array([1.0 + sp.count_ops(form.arguments[k]) for k in kept])
    if not len(sizes):
        return (1,)
    relative = OFTEN * np.sqrt(sizes.min() / sizes)
    return (OFTEN, *(max(1, round(float(r))) for r in relative))


def _own_rows(
    alone: np.ndarray, kept: Sequence[int], vectors: Sequence[int], group: Sequence[int], scale: float
) -> np.ndarray:
    """The rows of single leaves that one search needs, the constant 1 first."""
    leaves = [0, *(k + 1 for k in kept)]
    return np.asarray(alone[np.ix_(list(vectors), leaves, list(group))] / scale)


def _own_images(
    images: Images, kept: Sequence[int], vectors: Sequence[int], group: Sequence[int], scale: float
) -> Images:
    """The part of the images that one search needs."""
    leaves = np.vstack([np.ones(images.leaves.shape[1]), images.leaves[list(kept)]])
    frame = images.frame[np.ix_(list(vectors), list(group))] / scale
    return Images(leaves, frame, images.jacobian[np.ix_(list(group), list(group))], images.weight)
