"""A first look at a record: what its variables are, how noisy they are, and of which kind that noise is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Symbol

from symeq.data.noise import noise_deviation
from symeq.data.noisekinds import odd_noise
from symeq.data.records import Record
from symeq.data.slabs import Array, deviation, held
from symeq.geometry.jet import Jet


@dataclass(frozen=True, eq=False)
class Look:
    """What samples of any kind begin with.

    ``names`` of the axes; ``orders``, how often each is differentiated; ``fields[variable][part]``;
    ``noise`` of each variable, its standard deviation; ``notes`` and ``warnings`` for the user.
    """

    record: Record
    names: tuple[str, ...]
    orders: tuple[int, ...]
    fields: tuple[tuple[Array, ...], ...]
    noise: tuple[float, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def looked_at(record: Record, jet: Jet, lead: Symbol | str | None = None) -> Look:
    """Take the variables of a jet from a record, and estimate their noise.

    Raises InvalidInput for a missing variable.
    """
    record = record.on(jet)
    names = tuple(str(x) for x in jet.independent)
    fields = tuple(tuple(held(part[str(u)]) for part in record.parts) for u in jet.dependent)
    points = [[part[name].values for name in names] for part in record.parts]
    noise = tuple(noise_deviation(parts, points) for parts in fields)
    each = list(zip(jet.dependent, fields, noise, strict=True))
    return Look(
        record,
        names,
        tuple(highest_orders(jet, lead)),
        fields,
        noise,
        (*record.notes, *(_noise_note(u, parts, s) for u, parts, s in each)),
        tuple(odd.words for u, parts, s in each for odd in odd_noise(str(u), parts, points, names, s)),
    )


def highest_orders(jet: Jet, lead: Symbol | str | None) -> list[int]:
    """How often each axis is differentiated: the first as often as the lead, by default once, unless it is
    the only one."""
    orders = [max(1, jet.order)] * len(jet.independent)
    if len(orders) > 1:
        orders[0] = 1
        if lead is not None:
            symbol = jet[lead] if isinstance(lead, str) else lead
            return [max(order, have) for order, have in zip(jet.multi_index(symbol)[1], orders, strict=True)]
    return orders


def _noise_note(u: Symbol, parts: Sequence[Array], noise: float) -> str:
    spread = max(deviation(parts), np.finfo(float).tiny)  # the blocks looked at may be constant
    return f"noise of {u}: {noise:.3g}, {noise / spread:.2%} of its standard deviation"
