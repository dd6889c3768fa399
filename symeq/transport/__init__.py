"""Data carried along by a symmetry: from a solution to what the symmetry says is another one."""

from symeq.transport.transform import transform

__all__ = ["transform"]
