"""Coefficients of a whole population at once, and the terms that none of them needs taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from symeq.search.genetic.forest import NOWHERE, Forest
from symeq.search.genetic.individual import Term, Terms
from symeq.search.genetic.problem import Problem

RIDGE = 1e-11  # on Gram matrices of unit columns: dependent ones are left to the pruning
LOST = 1e-6  # below this share the Gram matrix has lost too many digits: the residual itself is taken
EXACT = 1e-13  # below this the coefficients have, too
TRUSTED = 1e-2  # of a share: an error that the rounding of the inverse may make
SAFE = 3e6  # in the inverse of a Gram matrix: what prunes by larger entries loses all digits of the others
DEPENDENT = 1e-13  # of the square of a unit column, all that it has beside those before: round-off
LEAST = 1e-9  # of the target's mean square: a term that explains less is pruned
CAPACITY = 1024  # columns of terms kept at once
SMALLEST, LARGEST = 1e-24, 1e24


class TermColumns:
    r"""The unit columns of all terms in use, :math:`T_k E_{j_k}` with the components stacked, their Gram
    matrix, and their products with the target.

    Entries are computed once, when a term is new; an individual only looks them up. With a soft symmetry the
    rows go on with :math:`\sqrt\lambda\,(J_g F(z) - F(g z))`, of target 0.
    """

    def __init__(self, problem: Problem, forest: Forest) -> None:
        self.problem, self.forest = problem, forest
        target = problem.target.ravel()
        if problem.images is not None:
            target = np.concatenate([target, np.zeros(problem.images.frame[0].size)])
        self.target = target
        self.square = float(target @ target)
        self.length = target.size
        self._slot: dict[Term, int] = {}
        self._columns = np.empty((256, self.length))
        self._norms = np.empty(256)
        self._gram = np.empty((256, 256))
        self._right = np.empty(256)
        self._filled = 0  # columns whose entries in the Gram matrix are computed
        self._entered = 0  # columns altogether
        self._one_scalar = problem.frame.shape[:2] == (1, 1) and bool(np.all(problem.frame == 1))

    def slots(self, population: Sequence[Terms], keep: Iterable[Term] = ()) -> list[list[int]]:
        """Where the columns of each individual are; terms without usable values are left out."""
        wanted = {term for terms in population for term in terms}
        new = sorted(term for term in wanted if term not in self._slot)
        if len(self._slot) + len(new) > CAPACITY:
            self._clear(wanted | set(keep))
            new = sorted(term for term in wanted if term not in self._slot)
        for term in new:
            self._slot[term] = self._enter(term)
        self._fill()
        slot = self._slot
        return [[s for term in terms if (s := slot[term]) != NOWHERE] for terms in population]

    def column(self, term: Term) -> np.ndarray:
        """The column of a term as it is, not of unit length."""
        vector, tree = term
        if self.problem.alone is not None:
            return self.problem.column(vector, self.forest.prefix[tree], self.forest.values(tree))
        return self.product(vector, self.forest.values(tree))

    def product(self, vector: int, values: np.ndarray) -> np.ndarray:
        """A vector of the frame times the values of a tree, components stacked."""
        problem = self.problem
        if self._one_scalar and problem.images is None:
            return problem.projected(values)
        rows = problem.leaves.shape[1]
        product = problem.frame[vector] * values[:rows]
        if problem.images is None:
            return problem.projected(product).ravel()
        images = problem.images
        at_image = images.frame[vector] * values[rows:]
        moved = np.einsum("abn,bn->an", images.jacobian, product[:, : at_image.shape[1]])
        return np.concatenate([product.ravel(), np.sqrt(images.weight) * (moved - at_image).ravel()])

    def unit(self, slots: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Unit columns (row, term) and the norms they had."""
        chosen = list(slots)
        return self._columns[chosen].T, self._norms[chosen]

    def gram(self, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gram matrices and products with the target of padded individuals (individual, term)."""
        return self._gram[slots[:, :, None], slots[:, None, :]], self._right[slots]

    def _enter(self, term: Term) -> int:
        column = self.column(term)
        square = float(column @ column)
        if not SMALLEST < square / self.length < LARGEST:
            return NOWHERE
        count = self._entered
        if count == len(self._norms):
            self._grow()
        norm = np.sqrt(square)
        np.divide(column, norm, out=self._columns[count])
        self._norms[count] = norm
        self._entered = count + 1
        return count

    def _grow(self) -> None:
        size = len(self._norms) * 2
        for name, shape in (("_columns", (size, self.length)), ("_norms", (size,)), ("_right", (size,))):
            old = getattr(self, name)
            fresh = np.empty(shape)
            fresh[: len(old)] = old
            setattr(self, name, fresh)
        gram = np.empty((size, size))
        gram[: len(self._gram), : len(self._gram)] = self._gram
        self._gram = gram

    def _fill(self) -> None:
        first, last = self._filled, self._entered
        if first == last:
            return
        new = self._columns[first:last]
        products = new @ self._columns[:last].T
        self._gram[first:last, :last] = products
        self._gram[:first, first:last] = products[:, :first].T
        self._right[first:last] = new @ self.target
        self._filled = last

    def _clear(self, keep: Iterable[Term]) -> None:
        kept = {term: self._slot[term] for term in sorted(keep) if term in self._slot}
        places = [slot for slot in kept.values() if slot != NOWHERE]
        count = len(places)
        self._columns[:count] = self._columns[places]
        self._norms[:count] = self._norms[places]
        self._right[:count] = self._right[places]
        self._gram[:count, :count] = self._gram[np.ix_(places, places)]
        position = {slot: k for k, slot in enumerate(places)}
        self._slot = {term: position.get(slot, NOWHERE) for term, slot in kept.items()}
        self._filled = self._entered = count


def solve(
    columns: TermColumns, population: Sequence[Terms], keep: Iterable[Term] = ()
) -> list[tuple[Terms, float]]:
    r"""Least squares for every individual, with its needless terms pruned: (terms left, share left).

    From the inverse of the Gram matrix, taking term k out raises the residual by
    :math:`\beta_k^2 / (G^{-1})_{kk}`; the cheapest goes while that is below
    :math:`\max(\text{rss} \ln n / n, 10^{-9} \text{tss})`.

    A column that depends on those before it is needless. Of columns that nearly depend on each other the
    inverse has errors that are larger than what some laws leave, and than what needed terms are worth: a
    search would pick the luckiest of these. Such laws are solved by their columns themselves.
    """
    slots = columns.slots(population, keep)
    defined = [
        terms if len(chosen) == len(terms) else tuple(t for t in terms if columns._slot[t] != NOWHERE)
        for terms, chosen in zip(population, slots, strict=True)
    ]
    width = max(map(len, slots), default=0)
    if width == 0:
        return [((), 1.0) for _ in population]
    padded = np.zeros((len(slots), width), dtype=np.intp)
    used = np.zeros((len(slots), width), dtype=bool)
    for p, chosen in enumerate(slots):
        padded[p, : len(chosen)] = chosen
        used[p, : len(chosen)] = True
    gram, right = columns.gram(padded)
    gram = np.where(used[:, :, None] & used[:, None, :], gram, 0.0)
    right = np.where(used, right, 0.0)
    diagonal = np.arange(width)
    gram[:, diagonal, diagonal] = 1.0
    used = independent(gram, used)
    gram = np.where(used[:, :, None] & used[:, None, :], gram, 0.0)
    right = np.where(used, right, 0.0)
    gram[:, diagonal, diagonal] = 1.0 + RIDGE
    inverse = np.linalg.inv(gram)
    beta = np.einsum("pij,pj->pi", inverse, right)
    left = np.maximum(columns.square - np.einsum("pi,pi->p", beta, right), 0.0)
    largest, before = inverse[:, diagonal, diagonal].max(axis=1), used
    rounding = np.finfo(float).eps * largest
    beta, used, left = prune(inverse, beta, used, left, columns.length, columns.square)
    answers: list[tuple[Terms, float]] = []
    for p, terms in enumerate(defined):
        kept = used[p] if largest[p] < SAFE else before[p]
        share = float(left[p]) / columns.square
        places = [k for k in range(len(terms)) if kept[k]]
        if share < LOST:
            units, _ = columns.unit([slots[p][k] for k in places])
            residual = columns.target - units @ beta[p, places]
            share = float(residual @ residual) / columns.square
        if share < EXACT or rounding[p] > TRUSTED * share or largest[p] >= SAFE:
            places, share = _exactly(columns, slots[p], places)
        answers.append((tuple(terms[k] for k in places), max(share, 0.0)))
    return answers


def independent(gram: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Which columns are used and do not depend on those before them (individual, column), from Gram matrices
    with units on the diagonal."""
    rest, found = gram.copy(), used.copy()
    for k in range(gram.shape[1]):
        found[:, k] &= rest[:, k, k] >= DEPENDENT
        pivot = np.where(found[:, k], rest[:, k, k], np.inf)
        row = rest[:, k] / np.sqrt(pivot)[:, None]
        rest -= row[:, :, None] * row[:, None, :]
    return found


def prune(
    inverse: np.ndarray, beta: np.ndarray, used: np.ndarray, left: np.ndarray, rows: int, square: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take out the cheapest term of each individual while it is cheap enough, all individuals at once."""
    used, left = used.copy(), left.copy()
    inverse, beta = inverse.copy(), beta.copy()
    waiting = np.arange(len(left))
    worth = np.log(rows) / rows
    while waiting.size:
        spread = inverse[waiting].diagonal(axis1=1, axis2=2)
        cost = np.where(used[waiting], beta[waiting] ** 2 / np.maximum(spread, SMALLEST), np.inf)
        cheapest = np.argmin(cost, axis=1)
        price = cost[np.arange(waiting.size), cheapest]
        goes = price < np.maximum(left[waiting] * worth, LEAST * square)
        waiting, cheapest, price = waiting[goes], cheapest[goes], price[goes]
        if not waiting.size:
            break
        row = inverse[waiting, cheapest]
        pivot = row[np.arange(waiting.size), cheapest]
        scaled = row / pivot[:, None]
        beta[waiting] -= scaled * beta[waiting, cheapest][:, None]
        inverse[waiting] -= scaled[:, :, None] * row[:, None, :]
        used[waiting, cheapest] = False
        beta[waiting, cheapest] = 0.0
        left[waiting] += price
    return beta, used, left


def _exactly(columns: TermColumns, slots: Sequence[int], places: Sequence[int]) -> tuple[list[int], float]:
    """The share left from the residual itself, by QR, and once more without what is needless."""
    kept, first = list(places), list(places)
    units, _ = columns.unit([slots[k] for k in kept])
    # The triangle has the same lengths and angles, in as many rows as there are columns.
    whole = np.asarray(np.linalg.qr(np.column_stack([units, columns.target]), mode="r"))
    while True:
        units = whole[:, [first.index(k) for k in kept]]
        solution, left = least_squares(units, whole[:, -1])
        if len(kept) < 2:
            return kept, left / columns.square
        triangle = np.linalg.qr(units, mode="r")
        try:
            inverse = np.linalg.inv(triangle)
        except np.linalg.LinAlgError:
            return kept, left / columns.square
        price = solution**2 / np.maximum(np.sum(inverse**2, axis=1), 1e-300)
        cheapest = int(np.argmin(price))
        worth = np.log(columns.length) / columns.length
        if price[cheapest] >= max(left * worth, LEAST * columns.square):
            return kept, left / columns.square
        kept.pop(cheapest)


def least_squares(columns: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients and residual sum of squares, the latter from the residual itself."""
    q, r = np.linalg.qr(columns)
    try:
        solution = np.linalg.solve(r, q.T @ target)
    except np.linalg.LinAlgError:
        solution = np.linalg.lstsq(columns, target, rcond=1e-13)[0]
    residual = target - columns @ solution
    # Once more on the residual: of exact data the first answer has only half of the digits.
    correction = np.linalg.lstsq(columns, residual, rcond=1e-13)[0]
    refined = residual - columns @ correction
    if refined @ refined < residual @ residual:
        return solution + correction, float(refined @ refined)
    return solution, float(residual @ residual)
