"""The verb of the data: samples point by point, and by test functions where the data are noisy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from sympy import Symbol

from symeq.data.derivatives import Rule
from symeq.data.looks import looked_at
from symeq.data.records import Record
from symeq.data.samples import Samples, points_of
from symeq.data.weak import WeakSamples, integrals_of
from symeq.errors import InvalidInput
from symeq.geometry.jet import Jet

Sampled: TypeAlias = Samples | WeakSamples


def sample(
    record: Record,
    jet: Jet,
    rule: Rule | Mapping[str, Rule] | None = None,
    *,
    lead: Symbol | str | None = None,
) -> Samples:
    """Sample the jet of a record, by rules chosen from the data or by a stated one.

    The noise of each variable is estimated first. Point by point, each axis is differentiated with the window
    that has the smallest estimated error (:func:`symeq.data.samples.pointwise`). The samples have their
    ``integrals`` against test functions, too (:func:`symeq.data.weak.weak`): where the data are noisy, the
    unknown numbers of a linear ansatz are found from these; where they are clean, from whichever of the two
    determines the coefficients better (``python -m tests.performance.bench --only noise_choice``).

    Arguments: ``record``; ``jet``, whose variables the record must have and whose order says how often each
    axis is differentiated (the first axis as often as ``lead``, by default once, unless it is the only one);
    ``rule``, one rule for all axes or a mapping from axis names: then all is done point by point.
    Raises InvalidInput for a missing variable, a rule for an unknown axis, or an axis too short for a
    stencil.

    >>> import numpy as np
    >>> from symeq.data.records import trajectories
    >>> t = np.linspace(0, 10, 201)
    >>> clean = np.stack([np.cos(t), np.sin(t)], axis=1)
    >>> noisy = clean + 0.05 * np.random.default_rng(0).standard_normal(clean.shape)
    >>> for states in (clean, noisy):
    ...     print(str(sample(trajectories(t, states, names="x y"), Jet("t", "x y"))).splitlines()[-1])
    unknown numbers, where that is better: axis t: test functions of 15 to 103 points
    unknown numbers: axis t: test functions of 15 to 103 points
    """
    seen = looked_at(record, jet, lead)
    samples = points_of(seen, jet, rule)
    if rule is not None:
        return samples
    try:
        return replace(samples, integrals=integrals_of(seen, jet))
    except InvalidInput:  # an axis is too short for test functions
        return samples
