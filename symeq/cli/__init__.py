"""The command `symeq`."""

from __future__ import annotations

from symeq.cli.run import main as main
