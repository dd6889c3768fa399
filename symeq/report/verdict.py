"""Whether the data bear out a symmetry, in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Mapping

from symeq.discovery import Discovery
from symeq.report.defect import Defect
from symeq.report.heldout import HeldOut
from symeq.report.table import PLAIN

SIGNIFICANT = 3.0  # standard errors by which a symmetric law must be worse before its symmetry is doubted


def verdict(
    laws: Mapping[str, Discovery], defects: Mapping[str, Defect | None], reduced: HeldOut | None
) -> str:
    """Hold each law with a symmetry against that one without which leaves the least of the held-out data."""
    symmetric = [name for name, law in laws.items() if law.ansatz.symmetry]
    free = [name for name, law in laws.items() if not law.ansatz.symmetry]
    if not symmetric:
        return "None of these laws was searched under a symmetry."
    if not free:
        return "The symmetry is not tested: add a law that was searched under sq.trivial."
    if reduced is None:
        return "The symmetry is not tested: give data that were held out of the search."
    sides = {name: dict(law.equations) for name, law in laws.items()}
    best = min(free, key=lambda name: reduced.excess(sides[name], sides[free[0]]).value)
    sentences = []
    for name in symmetric:
        law, defect = laws[name], defects[best]
        excess = reduced.excess(sides[name], sides[best])
        leads = ", ".join(map(str, reduced.leads))
        amount = f"{PLAIN.measured(excess.value, excess.error)} of the mean square of {leads}"
        if excess.value > SIGNIFICANT * excess.error:
            itself = f", and `{best}` has a symmetry defect of {PLAIN.number(defect.value)}" if defect else ""
            sentences.append(
                f"The data contradict the symmetry {law.ansatz.symmetry}: beyond the noise, `{name}` leaves"
                f" {amount} more than `{best}` on the held-out data{itself}. Use `{best}`."
            )
        else:
            saved = f"{law.library_unknowns - law.unknowns} of {law.library_unknowns}"
            sentences.append(
                f"The symmetry {law.ansatz.symmetry} saves {saved} unknowns and costs no fit: beyond the noise,"
                f" `{name}` leaves no more of the held-out data than `{best}`"
                f"{', within the error' if excess.value > 0 else ''} (difference {amount})."
            )
    return " ".join(sentences)
