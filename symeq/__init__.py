"""Equations from data and symmetry."""
