"""Other programs: `symeq.interop.pysindy` for PySINDy, imported where it is used."""
