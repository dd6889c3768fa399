"""What was measured? Records and the files they come from."""

from __future__ import annotations

from symeq.data.records import Record, field, open_record, record, trajectories

__all__ = ["Record", "field", "open_record", "record", "trajectories"]
