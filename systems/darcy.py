r"""Darcy flow: pressure in porous ground that is fed everywhere and is tightest far out. There is no time.

.. math:: -\nabla \cdot (a \nabla u) = 1, \quad a = e^{-4 (x^2 + y^2)} \qquad\Leftrightarrow\qquad
          u_{xx} + u_{yy} = 8 (x u_x + y u_y) - e^{4 (x^2 + y^2)}

The ground looks the same in all directions, so the law keeps its form under rotations and reflections of the
plane; the square :math:`[-1, 1]^2` that the ground ends at does not, so neither does the field.
The difference of two fields solves the law without source: it may be multiplied and added.

The published field is 0 on the boundary. Others, with the same law, have random smooth boundary values, of
wavelength 2 and more.
Source: arXiv 2505.12083, section on Darcy flow.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_sylvester

from symeq.data import records
from systems.library import Candidates
from systems.system import System
from systems.torus import random_waves, sum_of_waves


def simulate(
    *,
    fields: int = 1,
    points: int = 101,
    seed: int = 0,
    level: float = 6.0,
    still: bool = True,
    reach: float = 1.0,
    nodes: int = 160,
) -> records.Record:
    r"""Fields on the square, one part each; the first is 0 on the boundary, unless ``still`` is False.

    Arguments: ``level``, the size of the random boundary values of the others, by default about that of the
    field that is 0 there; ``reach``, a record of :math:`[-\rho, \rho]^2`, which leaves the corners out,
    where second derivatives are logarithms; ``nodes``, Chebyshev points of the solver per axis.
    """
    x, slope = chebyshev(nodes)
    drift = slope @ slope - 8 * x[:, None] * slope
    source = -np.exp(4 * (x[:, None] ** 2 + x**2))
    inner = slice(1, -1)

    def solved(edge: np.ndarray) -> np.ndarray:
        u = edge.copy()
        u[inner, inner] = 0
        left = source - drift @ u - u @ drift.T
        u[inner, inner] = solve_sylvester(drift[inner, inner], drift[inner, inner].T, left[inner, inner])
        return u

    fed = solved(np.zeros_like(source))
    rng = np.random.default_rng(seed)
    grid = np.linspace(-reach, reach, points)
    onto = interpolation(x, grid)
    parts = []
    for number in range(fields):
        u = fed
        if number > 0 or not still:
            waves = random_waves(rng, dimensions=2, waves=2)
            u = solved(level * sum_of_waves(waves, x / 4, x / 4))
        parts.append(records.field({"x": grid, "y": grid}, {"u": onto @ u @ onto.T}).parts[0])
    return records.Record(tuple(parts))


def chebyshev(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    r"""The points :math:`x_j = -\cos(\pi j / (n - 1))` and the matrix that differentiates on them.

    Source: L. N. Trefethen, Spectral Methods in MATLAB, chapter 6.

    >>> x, slope = chebyshev(8)
    >>> bool(np.allclose(slope @ x**5, 5 * x**4))
    True
    """
    angle = np.pi * np.arange(nodes) / (nodes - 1)
    x = -np.cos(angle)
    # Differences of cosines as products of sines: no digits are lost between neighbours.
    gaps = 2 * np.sin((angle[:, None] + angle) / 2) * np.sin((angle[:, None] - angle) / 2)
    np.fill_diagonal(gaps, 1)
    weight = (-1.0) ** np.arange(nodes)
    weight[[0, -1]] *= 2
    slope = np.outer(weight, 1 / weight) / gaps
    np.fill_diagonal(slope, 0)
    np.fill_diagonal(slope, -slope.sum(axis=1))
    return x, slope


def interpolation(x: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The matrix from values at Chebyshev points to those of their polynomial on a grid.

    Source: J.-P. Berrut, L. N. Trefethen, SIAM Rev. 46 (2004) 501, equation (5.4).
    """
    weight = (-1.0) ** np.arange(len(x))
    weight[[0, -1]] /= 2
    distance = grid[:, None] - x
    met = np.isclose(distance, 0, atol=1e-15)
    ratio = weight / np.where(met, 1, distance)
    ratio /= ratio.sum(axis=1, keepdims=True)
    return np.where(met.any(axis=1, keepdims=True), met, ratio)


SYSTEM = System(
    name="darcy",
    independent="x y",
    dependent="u",
    order=2,
    equations=("u_xx = -u_yy + 8*(x*u_x + y*u_y) - exp(4*(x^2 + y^2))",),
    symmetries=("rotation(x, y)", "reflection(x)", "translation(u)"),
    not_symmetries=("translation(x)", "scaling(u=1)", "reflection(u)", "scaling(x=1, y=1)"),
    library=Candidates(
        degree=2,
        derivatives=1,
        products=False,
        # u_xy is left out: a rotation mixes it with the lead, which makes the condition on the law quadratic.
        further=("u_yy", "x*u_x", "y*u_y", "x*u_y", "y*u_x", "x*u", "y*u", "exp(4*(x^2 + y^2))"),
    ),
    simulate=simulate,
)
