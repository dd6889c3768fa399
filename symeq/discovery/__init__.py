"""From what is allowed and what was measured to the law."""

from __future__ import annotations

from symeq.discovery.both import discover_both as discover_both
from symeq.discovery.discover import discover as discover
from symeq.discovery.discover import from_coefficients as from_coefficients
from symeq.discovery.law import Discovery as Discovery
from symeq.discovery.law import Provenance as Provenance
from symeq.discovery.statement import Term as Term
from symeq.search.selection import FrontEntry as FrontEntry
