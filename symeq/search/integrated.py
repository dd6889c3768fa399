"""One pass over the data against test functions: the weak form of an ansatz, reduced to factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

from sympy import Expr

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.separate import Component, whole
from symeq.ansatz.weakform import WeakForm, weak_form
from symeq.data.lattice import Integral, MultiIndex
from symeq.data.weak import WeakSamples
from symeq.search.assemble import Factors, Passed, coordinates_of
from symeq.search.chunks import CHUNK, Work, chunks_of, lattice_of
from symeq.search.merging import Merged
from symeq.search.responses import responses_of
from symeq.search.saved import State, fingerprint_of
from symeq.search.scores import MOST
from symeq.search.workers import Workers, in_order

NOISE_ROWS, VALUES = 20_000, 2**25  # points at which the covariance of the functions is taken, and its values
FEWER_ROWS, FEWER_VALUES = 6_000, 2**24  # of these where derivatives are left inside


def assemble_weak(
    ansatz: LinearAnsatz,
    samples: WeakSamples,
    progress: Callable[[int], None] | None = None,
    *,
    workers: Workers = None,
    state: str | Path | None = None,
    chunk: int | None = None,
) -> tuple[Factors, ...]:
    """Reduce the integrals to one set of factors for each rung of supports, in one pass over the record.

    Arguments: ``ansatz``, ``samples``, ``progress`` as for :func:`symeq.search.assemble.assemble`;
    ``workers``, ``state``, as for :class:`symeq.search.sparse.SparseRegression`; ``chunk``, values of one
    variable that are reduced at once, by whoever does it. The factors are the same to the bit for any
    workers, and where the pass was broken off and gone on with.
    Raises InvalidInput where no test function is free of values that are not defined, and for a file that is
    no state of this pass.
    """
    passed = pass_over_weak(ansatz, samples, progress, workers=workers, state=state, chunk=chunk)
    return passed.factors(whole(ansatz))


def pass_over_weak(
    ansatz: LinearAnsatz,
    samples: WeakSamples,
    progress: Callable[[int], None] | None = None,
    *,
    workers: Workers = None,
    state: str | Path | None = None,
    chunk: int | None = None,
) -> Passed:
    """The pass of :func:`assemble_weak`, whose factors can be asked for equation by equation."""
    form = weak_form(ansatz)
    work = work_of(ansatz, form, samples, chunk or CHUNK)
    merged = Merged(work, [ansatz.jet.multi_index(lead)[1] for lead in ansatz.leads])
    saved = None if state is None else State(state)
    fingerprint = "" if saved is None else fingerprint_of(work, form)
    done = 0 if saved is None else saved.restore(merged, fingerprint)
    points = [sum(len(piece.span) * work.across(piece.part) for piece in pieces) for pieces in work.chunks]
    if progress is not None and done:
        progress(sum(points[:done]))
    numbers = range(done, len(work.chunks))
    for number, partials in zip(numbers, in_order(work, numbers, workers), strict=True):
        for partial in partials:
            merged.add(partial)
        if saved is not None:
            saved.keep(merged, fingerprint, number + 1, last=number + 1 == len(work.chunks))
        if progress is not None:
            progress(points[number])
    return _Weak(merged, form)


@dataclass(frozen=True)
class _Weak:
    merged: Merged
    form: WeakForm

    def factors(self, component: Component) -> tuple[Factors, ...]:
        return self.merged.factors(self.form.part(component))


def work_of(ansatz: LinearAnsatz, form: WeakForm, samples: WeakSamples, chunk: int) -> Work:
    """The pass over a record that the weak form of an ansatz needs."""
    # Functions with the same derivatives lie beside each other, so that one product serves them all.
    indices: dict[Expr, list[MultiIndex]] = {}
    for atom in form.atoms:
        indices.setdefault(atom.inside, []).append(atom.index)
    functions = tuple(sorted(indices, key=lambda function: indices[function]))
    place = {function: k for k, function in enumerate(functions)}
    integrals = tuple(Integral(place[atom.inside], atom.index) for atom in form.atoms)
    responses = responses_of(samples.jet, functions, integrals)
    order = tuple(map(max, form.order, *responses.indices))
    inside = [*functions, *(g for g, _ in responses.directions), *(u for _, u in responses.directions)]
    parts = samples.record.parts
    shapes = [tuple(part.sizes[str(x)] for x in samples.jet.independent) for part in parts]
    points = sum(map(prod, shapes))
    sizes = [lattice_of(samples, part, order) for part in range(len(parts))]
    # Of all parts or of none: the scores of some would pass for those of all.
    held = tuple(
        max(lattice.size(rung) for lattice in sizes) * len(integrals) <= MOST
        for rung in range(len(samples.rungs))
    )
    rows, values = (FEWER_ROWS, FEWER_VALUES) if responses.directions else (NOISE_ROWS, VALUES)
    rows = min(rows, values // responses.shared)
    return Work(
        samples,
        functions,
        coordinates_of(inside, ansatz.jet),
        integrals,
        order,
        responses,
        min(1.0, rows / points),
        chunks_of(shapes, chunk),
        held,
    )
