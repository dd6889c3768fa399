"""The exit statuses of `symeq`."""

from __future__ import annotations

DONE, FAILED, INVALID, NO_LAW, INTERRUPTED = 0, 1, 2, 3, 130
NOT_ADMITTED = NO_LAW  # a symmetry was checked, and some equation does not have it
