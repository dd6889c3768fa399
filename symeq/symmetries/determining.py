"""The determining equations of point symmetries at random points modulo a prime, and exactly on supports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate as partial_sums
from typing import Any

import numpy as np
import sympy as sp
from sympy import Symbol

from symeq.errors import InvalidInput
from symeq.exact import Inconsistent, solve_affine
from symeq.exact.modular import modular_null_space, rational_vector, reduced_echelon
from symeq.geometry.jet import MultiIndex
from symeq.symmetries.ansatz import Column, FieldAnsatz
from symeq.symmetries.cloud import Cloud, IntArray, modular_product
from symeq.symmetries.condition import Condition, index_factorial
from symeq.terms import powers
from symeq.terms.polynomials import Poly, accumulate

SPARE_POINTS = 8  # beyond those that would do if every equation gave an independent row at every point
LARGEST_CLASS = 6000  # unknowns that are eliminated together
MOST_ENTRIES = 20_000_000  # of the rows at the points of one chunk of classes

Weights = Sequence[Mapping[Symbol, sp.Rational]]


class Determining:
    """The linear equations on the coefficients of an ansatz v = sum c_k f_k d/dz_k.

        sum_k c_k pr(f_k d/dz_k)(Delta_b) = 0 at every point of the solution manifold

    A random point modulo a prime gives one row for each equation; the total derivatives D_K f_k of all
    monomials come from truncated Taylor series of the variables, those of other functions from the terms
    themselves. A rank modulo p at chosen points never exceeds the true rank, so the nullity is an upper bound
    of the dimension. `exact` solves the determining equations without primes on chosen columns, which is
    a lower bound and a proof.

    condition: of the equations, made with the constants of the ansatz, and the deadline.

    >>> from symeq.geometry.jet import Jet
    >>> from symeq.symmetries.ansatz import polynomial_fields
    >>> from symeq.symmetries.equations import Equations
    >>> jet = Jet("t x", "u")
    >>> fields = polynomial_fields(jet, 1)
    >>> equations = Determining(Condition(Equations(jet, "u_t = u_xx")))
    >>> [basis.shape for _, basis in equations.null_spaces(fields, [range(len(fields.columns))])]
    [(6, 12)]
    """

    def __init__(self, condition: Condition) -> None:
        self.condition, self.jet = condition, condition.jet
        self.check_time = condition.shell.check_time
        self._monomials: dict[sp.Expr, tuple[int, ...]] = {}

    # -- modulo a prime

    def null_spaces(
        self, ansatz: FieldAnsatz, classes: Sequence[Sequence[int]], *, skip: int = 0, seed: int = 0
    ) -> Iterator[tuple[int, IntArray]]:
        """Yield, for each class of columns, p and a basis modulo p of the solutions on it, (vector, column).

        Points are added until they lower the nullity no further. `skip` primes are passed over.
        Raises OutOfTime, and InvalidInput for more unknowns than can be eliminated together.
        """
        largest = max(map(len, classes), default=0)
        if largest > LARGEST_CLASS:
            raise InvalidInput(
                f"{largest} unknowns hang together; at most {LARGEST_CLASS} are eliminated. Take a lower"
                " degree, or list coefficient functions as `ansatz`."
            )
        self.check_time()
        self._prepare(ansatz)
        cloud = Cloud(self.condition.shell.ring, seed=seed, skip=skip)
        for chunk in _chunks(classes, len(self.condition.weights)):
            offsets = [0, *partial_sums(map(len, chunk))]
            columns = [ansatz.columns[k] for chosen in chunk for k in chosen]
            points = max(map(len, chunk)) // len(self.condition.weights) + SPARE_POINTS
            batches = _Batches(self, columns, cloud, points)
            for chosen, start in zip(chunk, offsets, strict=False):
                self.check_time(_seconds(len(chosen)))
                yield cloud.prime, self._null_space(batches, slice(start, start + len(chosen)))

    def _null_space(self, batches: _Batches, columns: slice) -> IntArray:
        """The null space at as many points as may do, then cut down by further points while they do so."""
        first, p = batches[0], batches.cloud.prime
        size = columns.stop - columns.start
        enough = size // first.shape[0] + SPARE_POINTS
        basis = modular_null_space(first[:, :enough, columns].reshape(-1, size), p)
        rest = [first[:, enough:, columns]] if first.shape[1] >= enough + SPARE_POINTS else []
        number = 0
        while len(basis):
            if not rest:
                number += 1
                rest = [batches[number][:, :, columns]]
            image = modular_product(rest.pop().reshape(-1, size), np.ascontiguousarray(basis.T), p)
            if not image.any():
                break
            self.check_time()
            basis = modular_product(modular_null_space(image, p), basis, p)
        return basis

    def _prepare(self, ansatz: FieldAnsatz) -> None:
        """Make every polynomial that is going to be evaluated, so that the generators are complete."""
        shell = self.condition.shell
        for index in self.condition.indices:
            for u in self.jet.dependent:
                shell.normal(self.jet.derivative(u, index))
            for f in ansatz.functions:
                if self._exponents(f) is None:
                    self.check_time()
                    self.condition.derived(f, index)

    def _exponents(self, function: sp.Expr) -> tuple[int, ...] | None:
        """The exponents of a monomial in the variables; None for any other function."""
        if function not in self._monomials:
            found = powers(function)
            known = {z: k for k, z in enumerate(self.jet.variables)}
            if found is None or any(z not in known for z in found):
                return None
            self._monomials[function] = tuple(found.get(z, 0) for z in self.jet.variables)
        return self._monomials[function]

    def rows(self, columns: Sequence[Column], cloud: Cloud, count: int) -> IntArray:
        """The determining equations at new points, (equation, point, column)."""
        condition, jet = self.condition, self.jet
        indices, p = condition.indices, cloud.prime
        functions = list(dict.fromkeys(f for f, _ in columns))
        monomials = [f for f in functions if self._exponents(f) is not None]
        others = [f for f in functions if self._exponents(f) is None]
        wanted: list[Poly] = []
        wanted += [w for weights in condition.weights for w in weights.values()]
        series_at = len(wanted)
        wanted += [condition.shell.normal(jet.derivative(u, k)) for u in jet.dependent for k in indices]
        wanted += [condition.shell.ring.coordinate(x) for x in jet.independent]
        others_at = len(wanted)
        wanted += [condition.derived(f, k) for f in others for k in indices]
        values = cloud.values(wanted, count)
        taylor = np.empty((count, len(functions), len(indices)), dtype=np.int64)
        place = {f: k for k, f in enumerate(functions)}
        if monomials:
            series = self._series(values[series_at:others_at], p)
            made = self._taylor([self._monomials[f] for f in monomials], series, p)
            taylor[:, [place[f] for f in monomials]] = made
        if others:
            shape = (len(others), len(indices), count)
            taylor[:, [place[f] for f in others]] = values[others_at:].reshape(shape).transpose(2, 0, 1)
        at = {index: k for k, index in enumerate(indices)}
        rows = np.zeros((len(condition.weights), count, len(columns)), dtype=np.int64)
        slots: dict[Symbol, list[int]] = {z: [] for z in jet.variables}
        chosen: dict[Symbol, list[int]] = {z: [] for z in jet.variables}
        for k, (f, z) in enumerate(columns):
            slots[z].append(k)
            chosen[z].append(place[f])
        done = 0
        for b, weights in enumerate(condition.weights):
            for z, index in weights:
                if slots[z]:
                    part = taylor[:, chosen[z], at[index]] * values[done][:, None] % p
                    rows[b][:, slots[z]] = (rows[b][:, slots[z]] + part) % p
                done += 1
        return rows

    def _series(self, values: IntArray, p: int) -> IntArray:
        """Taylor coefficients of the variables along a solution, (variable, point, index)."""
        jet, indices = self.jet, self.condition.indices
        count = values.shape[1]
        series = np.zeros((len(jet.variables), count, len(indices)), dtype=np.int64)
        inverse = np.array([pow(index_factorial(k), -1, p) for k in indices], dtype=np.int64)
        dependent = values[: len(jet.dependent) * len(indices)]
        shape = (len(jet.dependent), len(indices), count)
        series[len(jet.independent) :] = dependent.reshape(shape).transpose(0, 2, 1) * inverse % p
        for k in range(len(jet.independent)):
            series[k, :, 0] = values[len(dependent) + k]
            unit = tuple(int(at == k) for at in range(len(jet.independent)))
            if unit in indices:
                series[k, :, indices.index(unit)] = 1
        return series

    def _taylor(self, monomials: Sequence[tuple[int, ...]], series: IntArray, p: int) -> IntArray:
        """D_K m = K! times the Taylor coefficient, for every monomial m, (point, monomial, index)."""
        indices = self.condition.indices
        sums = _sums(indices)
        one = np.zeros(series.shape[1:], dtype=np.int64)
        one[:, 0] = 1
        known: dict[tuple[int, ...], IntArray] = {(0,) * len(series): one}

        def of(monomial: tuple[int, ...]) -> IntArray:
            if monomial not in known:
                z = next(k for k, e in enumerate(monomial) if e)
                lower = of(tuple(e - (k == z) for k, e in enumerate(monomial)))
                product = np.zeros_like(lower)
                for i, j, k in sums:
                    product[:, k] = (product[:, k] + lower[:, i] * series[z][:, j]) % p
                known[monomial] = product
            return known[monomial]

        made = np.stack([of(m) for m in monomials], axis=1)
        factorials = np.array([index_factorial(k) % p for k in indices], dtype=np.int64)
        return made * factorials % p

    # -- exactly

    def reconstructed(
        self, ansatz: FieldAnsatz, chosen: Sequence[int], basis: IntArray, prime: int
    ) -> list[dict[int, sp.Expr]] | None:
        """Return a readable basis of fractions with these residues, each proven; None if there is none.

        The proof does without the prime: the determining equations of each vector vanish identically.
        """
        reduced, pivots = reduced_echelon(basis, prime)
        vectors = [rational_vector(row, prime) for row in reduced]
        support = sorted({k for vector in vectors for k in vector or ()})
        rows: list[tuple[dict[int, Any], Any]] = []
        for k in support:
            if k not in pivots:
                row = {p: -v[k] for p, v in zip(pivots, vectors, strict=True) if v is not None and k in v}
                rows.append((row | {k: 1}, 0))
        rows += [({k: 1}, 0) for k in range(len(chosen)) if k not in set(support)]
        if any(vector is None for vector in vectors):
            return None
        answer = solve_affine(rows, len(chosen))
        assert not isinstance(answer, Inconsistent)  # homogeneous
        columns = {k: self.condition.column(*ansatz.columns[chosen[k]]) for k in support}
        for vector in answer.basis:
            self.check_time()
            for b in range(len(self.condition.weights)):
                total: Poly = {}
                for k, value in vector.items():
                    number = self.condition.shell.ring.number(value)
                    for monomial, coefficient in columns[k][b].items():
                        accumulate(total, monomial, number * coefficient)
                if not self.condition.shell.vanishes(total):
                    return None
        return [{chosen[at]: v for at, v in vector.items()} for vector in answer.basis]

    def exact(self, ansatz: FieldAnsatz, chosen: Iterable[int]) -> list[dict[int, sp.Expr]]:
        """Return all solutions on the chosen columns, exactly, as a readable basis of sparse vectors.

        Every coefficient of every independent monomial of the determining equations vanishes for them.
        """
        chosen = list(chosen)
        shell = self.condition.shell
        ring = shell.ring
        columns = []
        for k in chosen:
            self.check_time()
            columns.append(self.condition.column(*ansatz.columns[k]))
        rows: list[tuple[dict[int, Any], Any]] = []
        for b in range(len(self.condition.weights)):
            by_monomial: dict[Any, dict[int, Any]] = {}
            for at, poly in enumerate(ring.canonical([column[b] for column in columns])):
                for monomial, value in poly.items():
                    by_monomial.setdefault(monomial, {})[at] = value
            rows += [(row, 0) for row in by_monomial.values()]
        shell.confirm_independence()
        self.check_time()
        answer = solve_affine(rows, len(chosen), field=ring.field)
        assert not isinstance(answer, Inconsistent)  # homogeneous
        return [_primitive({chosen[at]: v for at, v in vector.items()}) for vector in answer.basis]

    # -- classes of columns that no scaling symmetry mixes

    def scalings(self) -> list[dict[Symbol, sp.Rational]]:
        """The weights of the scaling symmetries sum_z w_z z d/dz, exactly; only rational ones."""
        diagonal = FieldAnsatz(self.jet, tuple((z, z) for z in self.jet.variables), 1)
        everything = list(range(len(diagonal.columns)))
        [(prime, basis)] = self.null_spaces(diagonal, [everything])
        vectors = self.reconstructed(diagonal, everything, basis, prime)
        if vectors is None:
            vectors = self.exact(diagonal, everything)
        return [
            {self.jet.variables[k]: w for k, w in vector.items()}
            for vector in vectors
            if all(w.is_Rational for w in vector.values())
        ]

    def classes(self, ansatz: FieldAnsatz, weights: Weights) -> list[list[int]]:
        """Columns by weight: with w = sum w_z z d/dz a symmetry, so is each part of v of one weight."""
        variables = {z: k for k, z in enumerate(self.jet.variables)}
        whole = np.array([_whole([w.get(z, sp.S.Zero) for z in variables]) for w in weights], dtype=object)
        whole = whole.reshape(len(weights), len(variables))
        weight_of = {}
        for function in ansatz.functions:
            exponents = self._exponents(function)
            if exponents is None:
                return [list(range(len(ansatz.columns)))]
            weight_of[function] = whole @ np.array(exponents, dtype=object)
        groups: dict[tuple[int, ...], list[int]] = {}
        for k, (function, variable) in enumerate(ansatz.columns):
            key = tuple(weight_of[function] - whole[:, variables[variable]])
            groups.setdefault(key, []).append(k)
        return list(groups.values())


class _Batches:
    """Rows at batches of points, each made when it is asked for."""

    def __init__(self, equations: Determining, columns: Sequence[Column], cloud: Cloud, points: int) -> None:
        self.equations, self.columns, self.cloud = equations, columns, cloud
        self.points = points
        self._made: list[IntArray] = []

    def __getitem__(self, number: int) -> IntArray:
        while len(self._made) <= number:
            self.equations.check_time()
            count = SPARE_POINTS if self._made else self.points
            self._made.append(self.equations.rows(self.columns, self.cloud, count))
        return self._made[number]


def _chunks(classes: Sequence[Sequence[int]], equations: int) -> Iterator[list[Sequence[int]]]:
    """Classes that are sampled at the same points, the rows of which fit into memory."""
    chunk: list[Sequence[int]] = []
    for chosen in classes:
        size = sum(map(len, chunk)) + len(chosen)
        if chunk and size * (len(chosen) + SPARE_POINTS * equations) > MOST_ENTRIES:
            yield chunk
            chunk = []
        chunk.append(chosen)
    if chunk:
        yield chunk


def _primitive(vector: dict[int, sp.Expr]) -> dict[int, sp.Expr]:
    """The multiple without a common rational factor, where sqrt(2) or a parameter stands in an entry."""
    numbers = [
        term.as_coeff_Mul(rational=True)[0]
        for v in vector.values()
        for term in sp.Add.make_args(sp.expand(v))
    ]
    content = sp.gcd_list([abs(q) for q in numbers])
    return {k: sp.expand(v / content) for k, v in vector.items()} if content != 1 else vector


def _whole(weights: Sequence[sp.Rational]) -> list[int]:
    """The multiples of fractions by their common denominator."""
    common = sp.ilcm(1, *(w.q for w in weights))
    return [int(w * common) for w in weights]


def _seconds(unknowns: int) -> float:
    """A guess at the time of an elimination, to stop before it and not in it."""
    return 4e-9 * unknowns**3


def _sums(indices: Sequence[MultiIndex]) -> list[tuple[int, int, int]]:
    """All places (i, j, k) with indices[i] + indices[j] = indices[k]."""
    at = {index: k for k, index in enumerate(indices)}
    found = []
    for i, one in enumerate(indices):
        for j, other in enumerate(indices):
            total = tuple(a + b for a, b in zip(one, other, strict=True))
            if total in at:
                found.append((i, j, at[total]))
    return found
