"""Exact linear algebra over the smallest field that holds the entries: Q, Q(sqrt 3), Q(nu), ...

There is no tolerance anywhere in this room.
"""

from symeq.exact.affine import AffineSolutions, Inconsistent, Row, coefficient_field, solve_affine

__all__ = ["AffineSolutions", "Inconsistent", "Row", "coefficient_field", "solve_affine"]
