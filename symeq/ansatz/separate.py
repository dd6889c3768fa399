"""Equations that share no unknown: each may be searched by itself."""

from __future__ import annotations

from dataclasses import dataclass

from symeq.ansatz.linear import LinearAnsatz


@dataclass(frozen=True)
class Component:
    """Equations and unknowns of an ansatz that belong together, by their places; see :func:`separate`."""

    leads: tuple[int, ...]
    unknowns: tuple[int, ...]


def whole(ansatz: LinearAnsatz) -> Component:
    """All equations and unknowns of an ansatz."""
    return Component(tuple(range(len(ansatz.leads))), tuple(range(ansatz.unknowns)))


def separate(ansatz: LinearAnsatz) -> tuple[Component, ...]:
    r"""Part an ansatz into the least sets of equations that share no unknown number.

    With F_a = B0_a + sum_k beta_k B_{k,a} two equations belong together where some B_k has a component in
    both. Least squares, its noise and every test then fall into one problem for each set: a law is as good as
    its equations.

    >>> from symeq.ansatz.library import monomials
    >>> from symeq.ansatz.linear import linear_ansatz
    >>> from symeq.geometry.groups import rotation
    >>> from symeq.geometry.jet import Jet
    >>> from symeq.geometry.symmetry import trivial
    >>> jet = Jet("t", "x y z")
    >>> x, y, z = jet.dependent
    >>> separate(linear_ansatz(jet, monomials(x, y, z, degree=1), rotation(x, y)))
    (Component(leads=(0, 1), unknowns=(2, 3)), Component(leads=(2,), unknowns=(0, 1)))
    >>> len(separate(linear_ansatz(jet, monomials(x, y, z, degree=1), trivial)))
    3
    """
    group = list(range(len(ansatz.leads)))
    touched = [sorted({a for a, _ in vector}) for vector in ansatz.basis_coefficients]
    for places in touched:
        joined = {group[a] for a in places}
        group = [min(joined) if name in joined else name for name in group]
    return tuple(
        Component(
            tuple(a for a, own in enumerate(group) if own == name),
            tuple(k for k, places in enumerate(touched) if places and group[places[0]] == name),
        )
        for name in sorted(set(group))
    )
