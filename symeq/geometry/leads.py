"""Leading derivatives: those a law is solved for, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symeq.geometry.jet import Jet


def is_principal(jet: Jet, leads: Sequence[sp.Symbol], coordinate: sp.Symbol) -> bool:
    """Whether a coordinate is one of the leading derivatives or a derivative of one.

    >>> jet = Jet("t x", "u")
    >>> [is_principal(jet, [jet["u_t"]], jet[c]) for c in ("u", "u_xx", "u_t", "u_tx")]
    [False, False, True, True]
    """
    if coordinate in jet.independent or not jet.is_coordinate(coordinate):
        return False
    u, index = jet.multi_index(coordinate)
    for lead in leads:
        v, lowest = jet.multi_index(lead)
        if u == v and all(i >= j for i, j in zip(index, lowest, strict=True)):
            return True
    return False
