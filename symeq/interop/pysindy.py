"""Symmetric libraries and optimisers inside PySINDy, and plain PySINDy beside symeq."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pysindy as ps
import sympy as sp
from pysindy.feature_library.base import BaseFeatureLibrary, x_sequence_or_item
from pysindy.optimizers import BaseOptimizer
from pysindy.utils import AxesArray, comprehend_axes
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from symeq.ansatz.linear import LinearAnsatz, linear_ansatz
from symeq.data.records import Record
from symeq.data.samples import pointwise
from symeq.data.sampling import Sampled
from symeq.discovery import Discovery, from_coefficients
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet
from symeq.geometry.symmetry import trivial
from symeq.search.triangle import triangle_of

CHUNK_VALUES = 4_000_000  # numbers of the feature matrix that plain_pysindy holds at once


class SymbolicLibrary(BaseFeatureLibrary):
    """SymPy expressions as the features of a PySINDy model.

        theta_m(u, u_x, u_xx, ...),  one column for each term of the library, in its order

    library: the terms, a `Library` or a sequence of expressions in the coordinates of the jet.
    jet: its first independent variable is PySINDy's time, the others are the space axes of the data; its
    dependent variables are the data's coordinates, in this order.
    grid: the points of each space axis by name, needed where a term contains a space derivative or variable.
    periodic: the names of the space axes that close.
    differentiation: the PySINDy method for space derivatives, called with d and axis (and periodic=True).

    Raises InvalidInput on fit for terms that PySINDy cannot evaluate: with time, time derivatives, undeclared
    symbols, or without the grid they need.

    >>> jet = Jet("t", "x y")
    >>> x, y = jet.dependent
    >>> features = SymbolicLibrary([x**2 - y**2, sp.sin(x)], jet)
    >>> features.fit_transform(np.array([[0.0, 1.0], [2.0, 1.0], [0.0, 0.0]])).shape
    (3, 2)
    >>> features.get_feature_names()
    ['x**2 - y**2', 'sin(x)']
    """

    def __init__(
        self,
        library: Sequence[sp.Expr],
        jet: Jet,
        *,
        grid: Mapping[str, np.ndarray] | None = None,
        periodic: Sequence[str] = (),
        differentiation: Callable[..., Any] = ps.FiniteDifference,
    ) -> None:
        # Stored as they are: scikit-learn's clone compares identities.
        self.library = library
        self.jet = jet
        self.grid = grid
        self.periodic = periodic
        self.differentiation = differentiation

    @x_sequence_or_item
    def fit(self, x_full: Sequence[AxesArray], y: object = None) -> SymbolicLibrary:
        """Check the terms and the number of coordinates of the data."""
        jet, x = self.jet, x_full[0]
        if x.shape[-1] != len(jet.dependent) or x.ndim != len(jet.independent) + 1:
            raise InvalidInput(
                f"The data have {x.shape[-1]} coordinates on {x.ndim - 1} axes; {jet} needs"
                f" {len(jet.dependent)} on {len(jet.independent)}, space axes first and time last."
            )
        self.terms_ = tuple(sp.S.Zero + term for term in self.library)
        self.symbols_ = sorted(set().union(*(t.free_symbols for t in self.terms_)), key=lambda s: s.name)
        for symbol in self.symbols_:
            self._check(symbol)
        self.evaluate_ = sp.lambdify(self.symbols_, self.terms_, "numpy", cse=True)
        self.n_features_in_ = x.shape[-1]
        self.n_output_features_ = len(self.terms_)
        return self

    def _check(self, symbol: sp.Symbol) -> None:
        jet = self.jet
        if not jet.is_coordinate(symbol):
            raise InvalidInput(f"The library contains {symbol}, which is not a coordinate of {jet}.")
        axes = [symbol] if symbol in jet.independent else [x for x, _ in _orders(jet, symbol)]
        for x in axes:
            if x == jet.independent[0]:
                raise InvalidInput(
                    f"The library contains {symbol}: PySINDy's features know no time and no time derivatives."
                )
            if self.grid is None or x.name not in self.grid:
                raise InvalidInput(
                    f"The library contains {symbol}: give the points of the axis {x}, grid={{'{x}': ...}}."
                )

    @x_sequence_or_item
    def transform(self, x_full: Sequence[AxesArray]) -> list[AxesArray]:
        """The features, last axis, on the grid of the data."""
        check_is_fitted(self, "evaluate_")
        transformed = []
        for x in x_full:
            data = np.asarray(x)
            columns = np.empty((*data.shape[:-1], self.n_output_features_))
            known: dict[sp.Symbol, np.ndarray] = {}
            values = [self._values(symbol, data, known) for symbol in self.symbols_]
            for m, column in enumerate(self.evaluate_(*values)):
                columns[..., m] = column
            transformed.append(AxesArray(columns, comprehend_axes(columns)))
        return transformed

    def _values(self, symbol: sp.Symbol, data: np.ndarray, known: dict[sp.Symbol, np.ndarray]) -> np.ndarray:
        """One jet coordinate on the grid; lower derivatives are kept for the higher ones made from them."""
        jet = self.jet
        if symbol in known:
            return known[symbol]
        if symbol in jet.independent:
            axis = jet.position(symbol) - 1
            shape = [1] * (data.ndim - 1)
            shape[axis] = -1
            known[symbol] = np.asarray(self._points(symbol)).reshape(shape)
        elif symbol in jet.dependent:
            known[symbol] = data[..., jet.dependent.index(symbol)]
        else:
            u, index = jet.multi_index(symbol)
            *_, (x, order) = _orders(jet, symbol)
            axis = jet.position(x)
            lower = self._values(jet.derivative(u, (*index[:axis], 0, *index[axis + 1 :])), data, known)
            closes = {"periodic": True} if x.name in self.periodic else {}
            # Some PySINDy methods take the last axis for the coordinates.
            method = self.differentiation(d=order, axis=axis - 1, **closes)
            known[symbol] = np.asarray(method(lower[..., None], self._points(x)))[..., 0]
        return known[symbol]

    def _points(self, x: sp.Symbol) -> np.ndarray:
        return np.asarray((self.grid or {})[x.name], dtype=float)

    def get_feature_names(self, input_features: Sequence[str] | None = None) -> list[str]:
        """The terms as text, in the order of the columns; `input_features` rename the dependent variables."""
        check_is_fitted(self, "terms_")
        if input_features is None:
            return [str(term) for term in self.terms_]
        names = dict(zip(self.jet.dependent, input_features, strict=True))
        new = {}
        for symbol in self.symbols_:
            if symbol not in self.jet.independent:
                u, _ = self.jet.multi_index(symbol)
                head = "Derivative(" if symbol.name.startswith("Derivative(") else ""
                new[symbol] = sp.Symbol(head + names[u] + symbol.name[len(head) + len(u.name) :])
        return [str(term.xreplace(new)) for term in self.terms_]

    def get_spatial_grid(self) -> np.ndarray | None:
        """The space grid as PySINDy has it, (*space, axis)."""
        names = [x.name for x in self.jet.independent[1:]]
        if self.grid is None or not all(name in self.grid for name in names):
            return None
        return np.stack(np.meshgrid(*(np.asarray(self.grid[name]) for name in names), indexing="ij"), axis=-1)


class EquivariantOptimizer(BaseOptimizer):
    r"""A PySINDy optimiser that cannot leave the laws of an ansatz.

    .. math:: \Xi = B_0 + \sum_k \beta_k B_k

    beta is found by another PySINDy optimiser on the stacked rows of all targets, so that any of them serves
    unmodified and thresholds act on whole symmetric terms.

    ansatz: laws of first order in time with one lead for every coordinate, on the features of
    ``SymbolicLibrary(ansatz.libraries[0], jet)`` (where the libraries differ: all their distinct terms).
    inner: for instance ``pysindy.STLSQ(threshold=0.1)``; its own `unbias` and `normalize_columns` act on beta
    and are welcome.

    Raises InvalidInput for `unbias` or `normalize_columns` of this optimiser itself: they act on single
    features and break the symmetry.

    >>> from symeq.ansatz.library import monomials
    >>> from symeq.geometry.groups import rotation
    >>> t = np.linspace(0, 10, 1001)
    >>> states = np.exp(-0.1 * t)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    >>> jet = Jet("t", "x y")
    >>> allowed = linear_ansatz(jet, monomials(*jet.dependent, degree=3), rotation("x", "y"))
    >>> optimizer = EquivariantOptimizer(allowed, ps.STLSQ(threshold=0.05))
    >>> model = ps.SINDy(optimizer, SymbolicLibrary(allowed.libraries[0], jet))
    >>> model.fit(states, t=t).print()
    (x0)' = -0.100 x0 + -1.000 x1
    (x1)' = 1.000 x0 + -0.100 x1
    """

    def __init__(
        self,
        ansatz: LinearAnsatz,
        inner: BaseOptimizer,
        *,
        max_iter: int = 20,
        normalize_columns: bool = False,
        initial_guess: np.ndarray | None = None,
        copy_X: bool = True,
        unbias: bool = False,
    ) -> None:
        super().__init__(
            max_iter=max_iter,
            normalize_columns=normalize_columns,
            initial_guess=initial_guess,
            copy_X=copy_X,
            unbias=unbias,
        )
        self.ansatz = ansatz
        self.inner = inner
        self._refuse_feature_space()

    def _refuse_feature_space(self) -> None:
        for name in ("unbias", "normalize_columns"):
            if getattr(self, name):
                raise InvalidInput(
                    f"EquivariantOptimizer({name}=True): that acts on single features and breaks the"
                    f" symmetry. Give it to the inner optimiser, {type(self.inner).__name__}({name}=True)."
                )

    def fit(
        self, x_: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None, **kws: Any
    ) -> EquivariantOptimizer:
        """Find beta from features x_ (sample, feature) and targets y (sample, target)."""
        self._refuse_feature_space()  # set_params may have changed them
        return super().fit(x_, y, sample_weight=sample_weight, **kws)

    def _reduce(
        self, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None, **kws: Any
    ) -> None:
        fixed, basis = _target_matrices(self.ansatz)
        if (y.shape[1], x.shape[1]) != fixed.shape:
            raise InvalidInput(
                f"The ansatz has {fixed.shape[1]} terms for {fixed.shape[0]} coordinates; the model has"
                f" {x.shape[1]} features and {y.shape[1]} coordinates."
                " Use SymbolicLibrary(ansatz.libraries[0], jet)."
            )
        self.beta_ = np.zeros(len(basis))
        if len(basis):
            columns = np.einsum("nm,kam->ank", x, basis).reshape(-1, len(basis))
            targets = (y - x @ fixed.T).T.reshape(-1)
            self.inner_ = clone(self.inner)
            self.inner_.fit(columns, targets[:, None], **kws)
            self.beta_ = np.ravel(self.inner_.coef_)
        self.coef_ = fixed + np.tensordot(self.beta_, basis, axes=1)
        self.history_.append(self.coef_)


def _target_matrices(ansatz: LinearAnsatz) -> tuple[np.ndarray, np.ndarray]:
    """B0 (target, feature) and B (unknown, target, feature), targets as the jet orders its variables."""
    features = tuple(dict.fromkeys(term for library in ansatz.libraries for term in library))
    terms, fixed, basis = ansatz.columns()
    rows, columns = _targets(ansatz), [features.index(term) for term in terms]
    shape = (len(ansatz.jet.dependent), len(features))
    found = np.zeros((len(basis) + 1, *shape))
    found[np.ix_(range(len(basis) + 1), rows, columns)] = np.concatenate([fixed[None], basis])
    return found[0], found[1:]


def _targets(ansatz: LinearAnsatz) -> list[int]:
    """The dependent variable of each lead, which must be its first derivative by the jet's first variable."""
    jet = ansatz.jet
    wanted = {jet.derivative(u, jet.independent[0]): k for k, u in enumerate(jet.dependent)}
    if set(ansatz.leads) != set(wanted):
        found = ", ".join(map(str, ansatz.leads))
        raise InvalidInput(
            f"PySINDy fits laws solved for {', '.join(map(str, wanted))}; this ansatz is solved for {found}."
            " Choose these leads, or write a law of higher order as a system of first order."
        )
    return [wanted[lead] for lead in ansatz.leads]


def _orders(jet: Jet, derivative: sp.Symbol) -> list[tuple[sp.Symbol, int]]:
    """The variables a coordinate is differentiated by, with the order; nothing for a dependent variable."""
    _, index = jet.multi_index(derivative)
    return [(x, order) for x, order in zip(jet.independent, index, strict=True) if order]


def plain_pysindy(record: Record, ansatz: LinearAnsatz, *, samples: Sampled | None = None) -> Discovery:
    """What PySINDy with its defaults finds in the library of an ansatz, without the symmetry.

    ``ps.SINDy()``: STLSQ with threshold 0.1, second-order finite differences in time (and in space), on the
    same terms. Rows are reduced to a triangular factor piece by piece, which leaves every ridge and
    least-squares fit of STLSQ as it was and spares the memory; differentiation, features and the fit are
    PySINDy's, and `seconds` counts all of it.

    record: the data. ansatz: its leads and libraries are used. samples: of the same record, for the noise
    that the result quotes (default: made here).
    Raises InvalidInput for leads that are not the first time derivatives of all variables, or for terms that
    PySINDy cannot evaluate.
    """
    jet = ansatz.jet
    targets = _targets(ansatz)
    features = tuple(dict.fromkeys(term for library in ansatz.libraries for term in library))
    libraries = dict(zip(ansatz.leads, ansatz.libraries, strict=True))
    free = linear_ansatz(jet, libraries, trivial, lead=ansatz.leads)
    record = record.on(jet)
    known = pointwise(record, jet) if samples is None else samples
    begun = time.perf_counter()
    triangle = np.zeros((0, len(features) + len(jet.dependent)))
    for rows in _rows(record, jet, features):
        triangle = triangle_of(np.vstack([triangle, rows]))
    found = np.zeros((len(jet.dependent), len(features)))
    # Each target has its own library: STLSQ treats the targets one by one anyway.
    for target, library in zip(targets, ansatz.libraries, strict=True):
        own = [features.index(term) for term in library]
        optimizer = ps.STLSQ()
        optimizer.fit(triangle[:, own], triangle[:, [len(features) + target]])
        found[target, own] = optimizer.coef_[0]
    seconds = time.perf_counter() - begun
    beta = np.zeros(free.unknowns)
    for k, vector in enumerate(free.basis_coefficients):
        ((lead, term), number), *_ = vector.items()
        beta[k] = found[targets[lead], features.index(free.libraries[lead].terms[term])] / float(number)
    return from_coefficients(
        free, beta, engine=f"PySINDy {ps.__version__}, defaults", seconds=seconds, samples=known
    )


def _rows(record: Record, jet: Jet, features: Sequence[sp.Expr]) -> Iterator[np.ndarray]:
    """[features | time derivatives] (sample, column) of a record in pieces of bounded size."""
    clock, *space = (x.name for x in jet.independent)
    for part in record.parts:
        grid = {name: part[name].values for name in space}
        library = SymbolicLibrary(
            features, jet, grid=grid, periodic=[n for n in space if n in record.periodic]
        )
        data = np.stack([part[u.name].transpose(*space, clock).values for u in jet.dependent], axis=-1)
        rates = np.asarray(ps.FiniteDifference(axis=-2)(data, part[clock].values))
        library.fit(data)
        step = max(1, CHUNK_VALUES * data.shape[-2] // (data.size * len(features)))
        for start in range(0, data.shape[-2], step):
            piece = np.ascontiguousarray(data[..., start : start + step, :])
            values = np.asarray(library.transform(piece)).reshape(-1, len(features))
            yield np.hstack([values, rates[..., start : start + step, :].reshape(-1, len(jet.dependent))])
