"""Measurement noise on a clean record."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import xarray as xr

from symeq.data.records import Record

# Keeps the noise independent of a simulation that was started with the same seed.
STREAM = 0x6E6F697365


def add_noise(
    record: Record, level: float, seed: int, *, kind: Literal["additive", "multiplicative"] = "additive"
) -> Record:
    r"""The record with white Gaussian noise on every variable; the record itself is left as it was.

    .. math:: \text{additive: } u + \epsilon \, \sigma_u N(0, 1), \qquad
              \text{multiplicative: } u \, (1 + \epsilon N(0, 1))

    Arguments: ``level`` = epsilon; the standard deviation sigma_u is that of the clean variable
    over the whole record, all trajectories together; ``seed``, of this noise alone.
    Source: arXiv 2405.16756.

    >>> from symeq.data.records import trajectories
    >>> t = np.linspace(0, 2 * np.pi, 100001)
    >>> clean = trajectories(t, np.stack([np.sin(t), 5 * np.cos(t)], axis=1))
    >>> noisy = add_noise(clean, 0.2, seed=0)
    >>> [round(float((noisy.parts[0][name] - clean.parts[0][name]).std()), 2) for name in ("x", "y")]
    [0.14, 0.71]
    """
    if kind not in ("additive", "multiplicative"):
        raise ValueError(f"kind={kind!r} is neither 'additive' nor 'multiplicative'")
    rng = np.random.default_rng([STREAM, seed])
    deviation = {}
    for name in record.dependent:
        deviation[name] = np.concatenate([part[name].values.ravel() for part in record.parts]).std()

    def noisy(name: str, clean: xr.DataArray) -> xr.DataArray:
        scale = deviation[name] if kind == "additive" else clean.values
        return clean.copy(data=clean.values + level * scale * rng.standard_normal(clean.shape))

    names = record.dependent
    parts = tuple(part.assign({name: noisy(name, part[name]) for name in names}) for part in record.parts)
    return replace(record, parts=parts)
