"""Seconds to find the point symmetries of Navier-Stokes, and how many times faster than plain collection."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import product

import sympy as sp

from symeq.geometry import Jet
from symeq.symmetries import point_symmetries

HEADER = ("system", "degree", "unknowns", "dimension", "certified", "s", "SymPy collection, s", "ratio")


def navier_stokes(velocities: str, axes: str) -> list[str]:
    """Incompressible flow in as many dimensions as there are axes."""
    texts = []
    for u, x in zip(velocities, axes, strict=True):
        advection = " + ".join(f"{v}*{u}_{y}" for v, y in zip(velocities, axes, strict=True))
        diffusion = " + ".join(f"{u}_{y}{y}" for y in axes)
        texts.append(f"{u}_t = nu*({diffusion}) - p_{x} - ({advection})")
    rest = " - ".join(f"{v}_{y}" for v, y in list(zip(velocities, axes, strict=True))[1:])
    return [f"{velocities[0]}_{axes[0]} = -{rest}", *texts]


def by_collection(jet: Jet, texts: Sequence[str], parameters: str, degree: int) -> int:
    """The dimension by symbols for all coefficients, prolongation, substitution, collection, rank."""
    rules = {}
    for text in texts:
        left, right = text.split("=")
        rules[jet.parse(left)] = jet.parse(right, parameters)
    monomials = sorted(sp.itermonomials(jet.variables, degree), key=str)
    unknowns: list[sp.Symbol] = []
    components = {}
    for z in jet.variables:
        symbols = [sp.Symbol(f"c{len(unknowns) + k}") for k in range(len(monomials))]
        unknowns += symbols
        components[z] = sp.Add(*(c * m for c, m in zip(symbols, monomials, strict=True)))

    def total(expression: sp.Expr, x: sp.Symbol) -> sp.Expr:
        terms = [expression.diff(x)]
        for s in expression.free_symbols:
            if s not in unknowns and s not in jet.independent and jet.is_coordinate(s):
                terms.append(expression.diff(s) * jet.derivative(s, x))
        return sp.expand(sp.Add(*terms))

    def prolonged(coordinate: sp.Symbol) -> sp.Expr:
        if coordinate in jet.variables:
            return components[coordinate]
        u, index = jet.multi_index(coordinate)
        k = max(k for k, count in enumerate(index) if count)
        below = jet.derivative(u, tuple(count - (at == k) for at, count in enumerate(index)))
        x = jet.independent[k]
        change = total(prolonged(below), x)
        slopes = (total(components[y], x) * jet.derivative(below, y) for y in jet.independent)
        return sp.expand(change - sp.Add(*slopes))

    closed = dict(rules)
    for lead, x in product(rules, jet.independent):
        closed.setdefault(jet.derivative(lead, x), total(rules[lead], x))
    rows = []
    for lead, rest in rules.items():
        difference = lead - rest
        symbols = [s for s in difference.free_symbols if jet.is_coordinate(s)]
        condition = sp.expand(sp.Add(*(difference.diff(s) * prolonged(s) for s in symbols)))
        while found := [s for s in condition.free_symbols if s in closed]:
            condition = sp.expand(condition.xreplace({s: closed[s] for s in found}))
        coordinates = [s for s in condition.free_symbols if jet.is_coordinate(s)]
        rows += list(sp.Poly(condition, *coordinates).coeffs()) if coordinates else [condition]
    matrix, _ = sp.linear_eq_to_matrix(rows, unknowns)
    return len(unknowns) - int(sp.polys.matrices.DomainMatrix.from_Matrix(matrix).to_field().rank())


def rows(large: bool) -> Iterator[tuple[str, ...]]:
    """Burgers and, when `large`, the plane at degree 2 on both sides, and space at degrees 2 and 3.

    Ours is the whole call, the best of three: the proofs, and the growth at two further degrees as well.
    """
    plane, space = Jet("t x y", "u v p"), Jet("t x y z", "u v w p")
    line, burgers = Jet("t x", "u"), ["u_t = nu*u_xx - u*u_x"]
    cases = [("Burgers", line, burgers, 2, True)]
    if large:
        cases.append(("Navier-Stokes 2-d", plane, navier_stokes("uv", "xy"), 2, True))
        cases += [("Navier-Stokes 3-d", space, navier_stokes("uvw", "xyz"), d, False) for d in (2, 3)]
    point_symmetries("u_t = u_xx", jet=Jet("t x", "u"))  # what is loaded once is no side's burden
    for title, jet, texts, degree, compared in cases:
        seconds = float("inf")
        for _ in range(3):
            begun = time.perf_counter()
            found = point_symmetries(texts, jet=jet, parameters="nu", degree=degree)
            seconds = min(seconds, time.perf_counter() - begun)
        collected, ratio = "", ""
        if compared:
            begun = time.perf_counter()
            dimension = by_collection(jet, texts, "nu", degree)
            plain = time.perf_counter() - begun
            assert dimension == found.dimension
            collected, ratio = f"{plain:.1f}", f"{plain / seconds:.0f}"
        unknowns = len(jet.variables) * sp.binomial(len(jet.variables) + degree, degree)
        certified = "yes" if found.certified else "no"
        measured = (f"{found.dimension}", certified, f"{seconds:.2f}", collected, ratio)
        yield (title, str(degree), str(unknowns), *measured)
