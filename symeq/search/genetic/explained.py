"""Is a law all there is? What it leaves, against what noise and differentiation account for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sympy import Expr, lambdify

from symeq.data.samples import Samples

ROWS = 2000
ALLOWED = 10.0  # times the error of differentiation, which is known to a factor only
NEGLIGIBLE = 1e-6  # of the left-hand side: simulations are hardly more exact than that


def unexplained(
    leads: Sequence[Expr], sides: Sequence[Expr], samples: Samples, rung: int, noise: float, seed: int
) -> float:
    r"""The share of the mean square of the left-hand sides that neither noise nor differentiation explains.

    .. math:: \overline{r^2} - n - 10\, \overline{(r - r')^2}

    r is the residual L - F on the rung of the fit and r' on the next one, at the same points: an error of
    differentiation changes from rung to rung, a missing term stays. 0 where that is negative or negligible.

    Arguments: ``sides``, F with numbers; ``noise`` = n, the share that the noise explains.
    """
    if len(samples.rungs) < 2:
        return 0.0
    other = rung + 1 if rung + 1 < len(samples.rungs) else rung - 1
    expressions = [*leads, *sides]
    symbols = set().union(*(e.free_symbols for e in expressions))
    coordinates = tuple(sorted(symbols, key=str))
    compiled = lambdify(coordinates, expressions, ["scipy", "numpy"], cse=True)
    grid = samples.grid(coordinates)
    residuals = []
    for each in (rung, other):
        jets = grid.scattered(each, ROWS, seed)
        count = len(jets[coordinates[0]])
        with np.errstate(all="ignore"):
            values = np.stack(
                [
                    np.broadcast_to(np.asarray(v, dtype=float), (count,))
                    for v in compiled(*(jets[z] for z in coordinates))
                ]
            )
        q = len(leads)
        residuals.append((values[:q] - values[q:], values[:q]))
    (here, left), (there, _) = residuals
    usable = np.isfinite(here).all(axis=0) & np.isfinite(there).all(axis=0) & np.isfinite(left).all(axis=0)
    here, there, left = here[:, usable], there[:, usable], left[:, usable]
    square = np.maximum(np.mean(left**2, axis=1, keepdims=True), 1e-300)
    share = float(np.mean(here**2 / square))
    drift = float(np.mean((here - there) ** 2 / square))
    beyond = share - noise - ALLOWED * drift
    return beyond if beyond > NEGLIGIBLE else 0.0
