"""Whether the data bear out a symmetry, in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Mapping

from symeq.data.samples import Samples
from symeq.discovery import Discovery
from symeq.report.defect import Defect
from symeq.report.heldout import HeldOut, Share, hold_out
from symeq.report.table import PLAIN

SIGNIFICANT = 3.0  # standard errors by which a symmetric law must be worse before its symmetry is doubted
ADEQUATE = 0.01  # share of the left-hand side beyond the noise below which a law counts as one that fits


def verdict(
    laws: Mapping[str, Discovery],
    defects: Mapping[str, Defect | None],
    samples: Samples | None,
    reduced: HeldOut | None,
) -> str:
    """Hold each law with a symmetry against that one without which leaves the least of the held-out data.

    A symmetric law that is significantly worse is no proof yet: a free law that leaves as much itself may
    only stand in for what the library lacks, and a search may fail under a symmetry that the law has. So
    the free law must fit, and the closest member of the ansatz must fail, before the symmetry is blamed. An
    ansatz with unknown functions has no closest member that could be computed: it is never blamed.
    """
    symmetric = [name for name, law in laws.items() if law.ansatz.symmetry]
    free = [name for name, law in laws.items() if not law.ansatz.symmetry]
    if not symmetric:
        return "None of these laws was searched under a symmetry."
    if not free:
        return "The symmetry is not tested: add a law that was searched under sq.trivial."
    if samples is None or reduced is None:
        return "The symmetry is not tested: give data that were held out of the search."
    sides = {name: dict(law.equations) for name, law in laws.items()}
    best = min(free, key=lambda name: reduced.excess(sides[name], sides[free[0]]).value)
    defect = defects[best]
    itself = f", and `{best}` has a symmetry defect of {PLAIN.number(defect.value)}" if defect else ""
    leads = ", ".join(map(str, reduced.leads))
    sentences = []
    for name in symmetric:
        ansatz, excess = laws[name].ansatz, reduced.excess(sides[name], sides[best])
        amount = f"{PLAIN.measured(excess.value, excess.error)} of the mean square of {leads}"
        worse = f"beyond the noise, `{name}` leaves {amount} more than `{best}` on the held-out data"
        if not _significant(excess):
            saved = f"{ansatz.library_unknowns - ansatz.unknowns} of {ansatz.library_unknowns}"
            saves = "" if laws[name].form else f"saves {saved} unknowns and "
            sentences.append(
                f"The symmetry {ansatz.symmetry} {saves}costs no fit: beyond the noise,"
                f" `{name}` leaves no more of the held-out data than `{best}`"
                f"{', within the error' if excess.value > 0 else ''} (difference {amount})."
            )
            continue
        lack = reduced.residual(sides[best]).value - reduced.noise(sides[best]).value
        if lack >= max(excess.value, ADEQUATE):
            sentences.append(
                f"Neither law fits, so {ansatz.symmetry} is not tested: {worse}, and `{best}` itself leaves"
                f" {PLAIN.number(lack)}."
            )
            continue
        if laws[name].form:
            sentences.append(
                f"The search under {ansatz.symmetry} did not find a law as good: {worse}{itself}. It tried"
                f" some functions of many, so the symmetry is not refuted. Use `{best}`, or search on."
            )
            continue
        wide = hold_out(samples, reduced.leads, [sides[best]], ansatz=ansatz)
        if _significant(wide.excess(wide.nearest(ansatz, sides[best]), sides[best])):
            sentences.append(
                f"The data contradict the symmetry {ansatz.symmetry}: {worse}{itself}. Use `{best}`."
            )
        else:
            sentences.append(
                f"The search under {ansatz.symmetry} failed: {worse}, and a law close to `{best}`"
                f" that has the symmetry does not. The data do not contradict it. Use `{best}`."
            )
    return " ".join(sentences)


def _significant(excess: Share) -> bool:
    return excess.value > SIGNIFICANT * excess.error
