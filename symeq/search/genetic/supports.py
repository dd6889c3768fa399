"""Which supports a search looks through, and how smooth: from weak samples to rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from sympy import Expr, Symbol

from symeq.ansatz.weakform import divergence_form
from symeq.data.derivatives import Rule, SmoothedDifferences
from symeq.data.samples import pointwise
from symeq.data.shaken import in_memory, shaken
from symeq.data.weak import WeakSamples
from symeq.errors import InvalidInput
from symeq.search.genetic.byparts import Columns
from symeq.search.genetic.spread import spread_windows, wider
from symeq.search.genetic.weakrows import (
    Fields,
    Inside,
    Smoothing,
    WeakRows,
    coordinates_in,
    orders_of,
)

POINTS = 48_000  # under all windows of a search, copies of the data counted: what a generation costs
WINDOWS = 500  # of a search: more tell nothing new
LEAST = 1e-3  # of the mean square of a column: less is not told from noise
BIASED = 4.0  # squares of standard errors that noise moves a typical column by, so that it is corrected
CLOSE = 0.98  # of what rows tell that are not corrected: those corrected for noise tell as much
NATS = 2.0  # less than the best rule tells: of rules that tell as much, the smoothest
RIVALS = 5  # supports whose columns are looked at, too


def weak_rows(
    leads: Sequence[Expr],
    samples: WeakSamples,
    columns: Columns,
    *,
    looked_at: Sequence[Symbol] = (),
    seed: int,
    most: int = WINDOWS,
    points: int = POINTS,
) -> WeakRows:
    r"""The rows of a search: supports by information, smoothing by the error that it leaves in the columns.

    The left-hand sides are written as :math:`\sum_a D^a f_a`, exactly, and integrated by parts over
    all points. Terms T E are evaluated at a few points under each test function, with derivatives that are
    smoothed only as far as this brings them, under the windows, closer to what they are.

    Arguments: ``leads``, L - F0; ``columns``, what the terms are made of, to judge the smoothing by;
    ``looked_at``, further coordinates that are needed at the points; ``seed`` of windows and noise; ``most``
    windows, ``points`` under all of them.
    Raises InvalidInput where too few test functions fit.
    """
    jet = samples.jet
    record = in_memory(samples.record)
    noisy = samples.certain < 1
    records = (record, *shaken(record, samples.noise, seed)) if noisy else (record,)
    leads = tuple(leads)
    atoms = tuple(divergence_form(jet, lead) for lead in leads)
    moved = [index for own in atoms for index, _ in own] + [columns.order]
    orders = tuple(map(max, zip(*moved, strict=True)))
    coordinates = sorted({*columns.looked_at, *looked_at}, key=str)
    derived = orders_of(jet, coordinates_in([*coordinates, *leads], jet))
    highest = max(coordinates, key=lambda z: -1 if z in jet.independent else jet.multi_index(z)[1][0])
    ladder = pointwise(record, jet, lead=None if highest in jet.independent else highest)
    rules = list(dict.fromkeys(ladder.rungs[: ladder.usable])) if noisy else [ladder.rungs[0]]

    sizes = [min(part.sizes[name] for part in record.parts) for name in record.independent]
    rungs = wider(samples.rungs, sizes)
    known: dict[tuple[int, int], Inside] = {}
    axes = range(len(jet.independent))
    groups = [tuple(axes[1:]), (0,)] if len(axes) > 1 else [(0,)]

    def rows(rung: int, own: tuple[Rule, ...]) -> WeakRows | None:
        smoothing = Smoothing(own)
        operators = Fields(record, jet, smoothing).operators(derived)
        try:
            windows = spread_windows(
                record, rungs[rung], orders, operators, most=most, points=points, seed=seed
            )
        except InvalidInput:
            return None
        return WeakRows(windows, rung, smoothing, records, jet, atoms, leads, known=known)

    def told(rule: tuple[Rule, ...]) -> list[WeakRows]:
        """The rows on all supports that leave room for a rule, the most telling left-hand sides first."""
        offered = [made for rung in range(len(rungs)) if (made := rows(rung, rule)) is not None]
        ranked = [(-replace(made, by_parts_only=True).information(), made.rung, made) for made in offered]
        return [made for *_, made in sorted(ranked, key=lambda one: one[:2])]

    def smoothest(
        start: tuple[Rule, ...], made: Callable[[tuple[Rule, ...]], WeakRows | None], judges: Columns
    ) -> WeakRows:
        """One group of axes after the other: bumps are long along some, and short along others."""
        for group in groups:
            own = sorted({rule[k] for rule in rules for k in group}, key=_width)
            tried = [tuple(r if k in group else start[k] for k in axes) for r in own]
            offered = [(rule, one) for rule in tried if (one := made(rule)) is not None]
            found = judged([one for _, one in offered], judges)
            enough = max(information for information, _ in found) - NATS
            start, best = [
                (rule, one)
                for (rule, _), (information, one) in zip(offered, found, strict=True)
                if information >= enough
            ][-1]
        return best

    def with_values(best: WeakRows) -> WeakRows:
        """Functions of the variables alone are judged by themselves: they bear less smoothing."""
        plain, slopes = columns.underived, best.smoothing.rules
        if plain is None:
            return best

        def made(values: tuple[Rule, ...]) -> WeakRows | None:
            narrower = all(_width(a) <= _width(b) for a, b in zip(values, slopes, strict=True))
            return replace(best, smoothing=Smoothing(slopes, values)) if narrower else None

        found = smoothest(slopes, made, plain)
        return judged([found], columns)[0][1]

    offered = told(rules[0])
    if not offered:
        raise InvalidInput(
            "The test functions do not fit into these data beside the stencils of derivatives. Give more"
            " points, or smaller supports."
        )
    if not noisy:
        return offered[0]
    best = smoothest(rules[len(rules) // 2], partial(rows, offered[0].rung), columns)
    rival = []
    for made in offered[:RIVALS]:
        own = best.smoothing.rules
        pair = [made, rows(made.rung, own)] if own != rules[0] else [made]
        rival.append(judged([one for one in pair if one is not None], columns)[-1])
    rung = max(rival, key=lambda one: one[0])[1].rung
    if rung != best.rung:
        best = smoothest(best.smoothing.rules, partial(rows, rung), columns)
    return with_values(best)


def judged(offered: Sequence[WeakRows], columns: Columns) -> list[tuple[float, WeakRows]]:
    r"""Rows with one rule after the other: what they tell about a law of one column, in the mean over all
    columns, and whether these have to be corrected for noise.

    With P the projection and g a column, its error under a rule m is, against every finer rule,

    .. math:: \max_{m' < m} [\overline{(P(g_m - g_{m'}))^2} - \text{noise}]_+ + b^2 + s^2

    with the bias that smoothing makes, the bias b that noise makes, and the noise s^2 itself, relative to
    the mean square of P g; noise and b from the shaken records. Rules with long stencils leave fewer windows.

    Arguments: ``offered``, the same supports with one rule after the other, from fine to coarse.
    Source: A. Goldenshluger, O. Lepski, Ann. Statist. 39 (2011) 1608, for the maximum over finer rules.
    """
    common = offered[-1].windows
    kept: list[np.ndarray] = []
    found = []
    for rows in offered:
        values = columns.settled(rows.records, rows.smoothing, common)  # (record, column, window)
        kept.append(values)
        clean = 2 * values[0] - (values[1] + values[2]) / 2
        noise, shift = (values[1] - values[2]) / 2, values[0] - clean
        bias = np.zeros(values.shape[1])
        for finer in kept[:-1]:
            apart = clean - (2 * finer[0] - (finer[1] + finer[2]) / 2)
            spread = noise - (finer[1] - finer[2]) / 2
            more = np.nanmean(apart**2, axis=1) - np.nanmean(spread**2, axis=1)
            bias = np.fmax(bias, more)
        # Shaken records correct the mean of what noise shifts; that differs from draw to draw.
        random = np.nanmean(noise**2, axis=1) + 2 * np.nanvar(shift, axis=1)
        whole = np.nanmean(clean**2, axis=1)
        power = np.maximum(whole - random, LEAST * whole + 1e-300)
        shares = (bias + random, bias + np.nanmean(noise**2 + shift**2, axis=1))
        corrected, plain = (rows.information(np.nan_to_num(s / power, nan=np.inf)) for s in shares)
        # Beside its noise, averaged over all rows: what noise shifts the typical column by.
        linear = np.maximum(np.nanmean(noise**2, axis=1), 1e-300)
        moved = np.nanmean(shift, axis=1) ** 2 * rows.effective / linear
        needed = bool(np.median(moved) > BIASED) and corrected >= CLOSE * plain
        found.append((plain, replace(rows, corrected=needed)))
    return found


def _width(rule: Rule) -> int:
    return rule.window if isinstance(rule, SmoothedDifferences) else 0
