"""One pass over the data against test functions: the weak form of an ansatz, reduced to factors."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from symeq.ansatz.linear import LinearAnsatz
from symeq.ansatz.weakform import WeakForm, weak_form
from symeq.data.lattice import Integral
from symeq.data.weak import WeakSamples
from symeq.search.assemble import Factors, coordinates_of
from symeq.search.chunks import CHUNK, Work, chunks_of, lattice_of
from symeq.search.merging import Merged
from symeq.search.scores import MOST
from symeq.search.workers import Workers, in_order

NOISE_ROWS = 20_000  # points at which the covariance of the functions is taken


def assemble_weak(
    ansatz: LinearAnsatz,
    samples: WeakSamples,
    progress: Callable[[int], None] | None = None,
    *,
    workers: Workers = None,
    chunk: int | None = None,
) -> tuple[Factors, ...]:
    """Reduce the integrals to one set of factors for each rung of supports, in one pass over the record.

    Arguments: ``ansatz``, ``samples``, ``progress`` as for :func:`symeq.search.assemble.assemble`;
    ``workers``, as for :class:`symeq.search.sparse.SparseRegression`; ``chunk``, values of one variable that
    are reduced at once, by whoever does it. The factors are the same to the bit for any workers.
    Raises InvalidInput where no test function is free of values that are not defined.
    """
    form = weak_form(ansatz)
    work = work_of(ansatz, form, samples, chunk or CHUNK)
    merged = Merged(work, [ansatz.jet.multi_index(lead)[1] for lead in ansatz.leads])
    for partials in in_order(work, range(len(work.chunks)), workers):
        for partial in partials:
            merged.add(partial)
            if progress is not None:
                progress(len(partial.piece.span) * work.across(partial.piece.part))
    return merged.factors(form)


def work_of(ansatz: LinearAnsatz, form: WeakForm, samples: WeakSamples, chunk: int) -> Work:
    """The pass over a record that the weak form of an ansatz needs."""
    functions = form.functions
    place = {function: k for k, function in enumerate(functions)}
    integrals = tuple(Integral(place[atom.inside], atom.index) for atom in form.atoms)
    parts = samples.record.parts
    shapes = [tuple(part.sizes[str(x)] for x in samples.jet.independent) for part in parts]
    points = sum(map(prod, shapes))
    sizes = [lattice_of(samples, part, form.order) for part in range(len(parts))]
    # Of all parts or of none: the scores of some would pass for those of all.
    held = tuple(
        max(lattice.size(rung) for lattice in sizes) * len(integrals) <= MOST
        for rung in range(len(samples.rungs))
    )
    return Work(
        samples,
        functions,
        coordinates_of(functions, ansatz.jet),
        integrals,
        form.order,
        min(1.0, NOISE_ROWS / points),
        chunks_of(shapes, chunk),
        held,
    )
