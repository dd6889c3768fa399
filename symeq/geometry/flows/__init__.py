"""Flows of vector fields in closed form, each with its proof."""

from symeq.geometry.flows.closed import closed_flow

__all__ = ["closed_flow"]
