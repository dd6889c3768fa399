"""What was measured? Records, the files they come from, and what a regression sees of them."""

from __future__ import annotations

from symeq.data.derivatives import FiniteDifferences, SmoothedDifferences, Spectral
from symeq.data.noise import noise_deviation
from symeq.data.records import Record, field, open_record, record, trajectories
from symeq.data.samples import Samples, pointwise
from symeq.data.sampling import Sampled, sample
from symeq.data.testfunctions import Bump
from symeq.data.weak import WeakSamples, weak

__all__ = [
    "Bump",
    "FiniteDifferences",
    "Record",
    "Sampled",
    "Samples",
    "SmoothedDifferences",
    "Spectral",
    "WeakSamples",
    "field",
    "noise_deviation",
    "open_record",
    "pointwise",
    "record",
    "sample",
    "trajectories",
    "weak",
]
