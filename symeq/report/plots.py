"""Figures for a paper: what was measured, and the coefficients of each law beside the truth."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from symeq.data.records import Record
from symeq.discovery import Discovery
from symeq.errors import InvalidInput, MissingExtra
from symeq.geometry.jet import Jet
from symeq.latex import expression_latex
from symeq.report.metrics import Law, Place, coefficients
from symeq.report.truth import Truth, read_truth
from symeq.writing import refusal, written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers tell apart; the truth is black.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "D", "^", "v", "P")
MOST_TERMS = 18  # rows of the right panel; the largest are shown
MOST_VARIABLES = MOST_TRAJECTORIES = 3
DECADES = 1.7  # beyond this spread of the coefficients the axis is logarithmic
SUFFIXES = (".png", ".pdf", ".svg")


def figure(record: Record, laws: Mapping[str, Discovery], truth: Truth | None = None) -> Figure:
    """Draw a record on the left and the coefficients of laws, with two standard errors, on the right.

    record: the data. laws: discoveries by name with the same leads. truth: as for `compare`.
    Raises MissingExtra without matplotlib.
    """
    if not laws:
        raise InvalidInput("There is nothing to draw: give at least one law.")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra('Figures need matplotlib: pip install "symeq[plot]"') from error
    first = next(iter(laws.values())).ansatz
    true = None if truth is None else read_truth(truth, first.jet, first.leads)
    places, hidden = _places(laws, true)
    record = record.on(first.jet)
    names = record.dependent[:MOST_VARIABLES]
    flow = len(record.independent) == 1
    height = max(1.9 + 0.29 * len(places), 3.0 if flow else 2.6 * len(names))
    canvas = Figure(figsize=(10.0, min(height, 11.0)), layout="constrained")
    ratios = [1, 1.25] if flow else [1, 1.55]
    parts: Any = canvas.subfigures(1, 2, width_ratios=ratios, wspace=0.03)
    left, right = parts
    panels = list(left.subplots(1 if flow else len(names), 1, squeeze=False, sharex=True)[:, 0])
    if flow:
        _trajectories(panels[0], record)
    else:
        for panel, name in zip(panels, names, strict=True):
            _field(left, panel, record, name, last=panel is panels[-1])
    panel = right.subplots()
    _coefficients(panel, first.jet, laws, true, places, hidden)
    handles = panel.get_legend_handles_labels()
    canvas.legend(*handles, loc="outside upper center", ncols=2, frameon=False, fontsize=10)
    return canvas


def save_figure(canvas: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as .png, .pdf or .svg, whole or not at all.

    Raises InvalidInput for another suffix and for a path that cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        suffixes = ", ".join(SUFFIXES)
        raise refusal(path, f"its suffix is {target.suffix or '(none)'}; figures with {suffixes} are written")
    with written_whole(target) as partial:
        canvas.savefig(partial, format=target.suffix.lower()[1:], dpi=200)


def _places(laws: Mapping[str, Discovery], true: Law | None) -> tuple[list[Place], int]:
    """The terms to show, by lead in the order of the library, and how many smaller ones are left out."""
    size: dict[Place, float] = {}
    if true:
        for lead, rhs in true.items():
            # True terms come before all spurious ones.
            size |= {(lead, term): 1e300 + abs(value) for term, value in coefficients(rhs).items()}
    for law in laws.values():
        for lead, rhs in law.equations:
            for term, value in coefficients(rhs).items():
                size[lead, term] = max(size.get((lead, term), 0.0), abs(value))
    shown = sorted(size, key=lambda place: -size[place])[:MOST_TERMS]
    ansatz = next(iter(laws.values())).ansatz
    order = {
        term: k for library in ansatz.libraries for k, one in enumerate(library) for term in coefficients(one)
    }
    leads = list(ansatz.leads)
    shown.sort(key=lambda place: (leads.index(place[0]), order.get(place[1], len(order)), str(place[1])))
    return shown, len(size) - len(shown)


def _measured(law: Discovery) -> dict[Place, tuple[float, float]]:
    """Values with standard errors of the expanded terms."""
    found: dict[Place, tuple[float, float]] = {}
    inner = {constant.symbol: sp.Float(constant.value, 17) for constant in law.constants}
    for term in law.terms:
        for expanded, factor in coefficients(term.expression.xreplace(inner)).items():
            value, error = found.get((term.lead, expanded), (0.0, 0.0))
            own = abs(factor) * term.standard_error
            found[term.lead, expanded] = (value + factor * term.value, float(np.hypot(error, own)))
    return found


def _coefficients(
    panel: Axes,
    jet: Jet,
    laws: Mapping[str, Discovery],
    true: Law | None,
    places: Sequence[Place],
    hidden: int,
) -> None:
    names = jet.latex_names(*(symbol for place in places for symbol in place))
    height = {place: -float(k) for k, place in enumerate(places)}
    gaps = [k for k in range(1, len(places)) if places[k][0] != places[k - 1][0]]
    for k in gaps:
        panel.axhline(0.5 - k, color="0.6", linewidth=0.8)
    panel.axvline(0, color="0.75", linewidth=0.8, zorder=0)
    values = []
    if true:
        numbers = {(lead, term): c for lead, rhs in true.items() for term, c in coefficients(rhs).items()}
        drawn = [(numbers.get(place, 0.0), height[place]) for place in places]
        values += [abs(number) for number, _ in drawn]
        for row, (number, y) in enumerate(drawn):
            label = "truth" if row == 0 else None
            panel.plot(
                [number, number], [y - 0.42, y + 0.42], color="black", linewidth=1.4, zorder=1, label=label
            )
    spread = np.linspace(0.24, -0.24, len(laws)) if len(laws) > 1 else [0.0]
    for k, (name, law) in enumerate(laws.items()):
        found = {place: pair for place, pair in _measured(law).items() if place in height}
        values += [abs(value) for value, _ in found.values()]
        missed = [height[place] + spread[k] for place in places if place not in found]
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        panel.plot(np.zeros(len(missed)), missed, marker, color=colour, markersize=4.5, fillstyle="none")
        errors = [2 * error if np.isfinite(error) else 0.0 for _, error in found.values()]
        panel.errorbar(
            [value for value, _ in found.values()],
            [height[place] + spread[k] for place in found],
            xerr=errors,
            linestyle="none",
            color=colour,
            marker=marker,
            markersize=5,
            markeredgewidth=0,
            capsize=2.5,
            label=f"{name}: {law.unknowns} of {law.library_unknowns} unknowns".replace("$", r"\$"),
        )
    sizes = np.array([value for value in values if value > 0])
    if sizes.size and np.log10(sizes.max() / sizes.min()) > DECADES:
        panel.set_xscale("symlog", linthresh=sizes.min() / 2, linscale=0.5)
        lowest, highest = np.ceil(np.log10(sizes.min() * 0.8)), np.floor(np.log10(sizes.max() * 1.2))
        powers = 10.0 ** np.arange(lowest, highest + 1)
        panel.set_xticks(np.concatenate([-powers[::-1], [0.0], powers]))
    labels = []
    for k, (lead, term) in enumerate(places):
        shown = f"${expression_latex(term, names)}$"
        labels.append(f"${expression_latex(lead, names)}$:   {shown}" if k == 0 or k in gaps else shown)
    panel.set_yticks(list(height.values()), labels, fontsize=11)
    panel.set_ylim(0.6 - len(places), 0.6)
    panel.minorticks_off()
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", color="0.9", linewidth=0.6)
    panel.set_axisbelow(True)
    more = f"\n{hidden} smaller terms are not shown" if hidden else ""
    panel.set_xlabel(f"coefficient (bars: two standard errors; open: term absent){more}", fontsize=10)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _trajectories(panel: Axes, record: Record) -> None:
    """Every variable against time; the trajectories of one variable share a colour."""
    clock = record.independent[0]
    styles = ("-", "--", ":", "-.")
    for k, name in enumerate(record.dependent):
        for number, part in enumerate(record.parts[:MOST_TRAJECTORIES]):
            panel.plot(
                part[clock].values,
                part[name].values,
                color=COLOURS[k % len(COLOURS)],
                linestyle=styles[k % len(styles)],
                linewidth=0.9,
                alpha=0.8,
                label=f"${_name(name)}$" if number == 0 else None,
            )
    panel.set_xlabel(f"${_name(clock)}$", fontsize=11)
    panel.legend(frameon=False, ncols=3, loc="upper right", fontsize=10)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _field(left: Any, panel: Axes, record: Record, name: str, *, last: bool) -> None:
    """One variable over the last two axes, at the middle of those before them."""
    part = record.parts[0]
    *fixed, vertical, horizontal = record.independent
    moment = {axis: part.sizes[axis] // 2 for axis in fixed}
    values = part[name].isel(moment)
    if not fixed:  # one space axis: time runs upwards
        data, down, across = values.values, vertical, horizontal
    else:
        data, down, across = values.values.T, horizontal, vertical
    signed = values.min() < 0 < values.max()
    bound = float(np.abs(data).max())
    image = panel.pcolormesh(
        part[across].values,
        part[down].values,
        data,
        cmap="RdBu_r" if signed else "cividis",
        vmin=-bound if signed else None,
        vmax=bound if signed else None,
        shading="nearest",
        rasterized=True,
    )
    if fixed:
        panel.set_aspect("equal")
    if last:
        panel.set_xlabel(f"${_name(across)}$", fontsize=11)
    panel.set_ylabel(f"${_name(down)}$", fontsize=11)
    where = ", ".join(f"{_name(axis)} = {float(part[axis][k]):.3g}" for axis, k in moment.items())
    panel.set_title(f"${_name(name)}$" + (f" at ${where}$" if where else ""), fontsize=11)
    left.colorbar(image, ax=panel, shrink=0.9, pad=0.02)


def _name(name: str) -> str:
    return expression_latex(sp.Symbol(name), {})
