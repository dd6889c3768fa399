"""How good is a law? Metrics, comparisons and figures."""

from symeq.report.compare import Comparison, Row, compare
from symeq.report.defect import Defect, random_jets, symmetry_test
from symeq.report.metrics import coefficient_error, count_terms, forecast_error

__all__ = [
    "Comparison",
    "Defect",
    "Row",
    "coefficient_error",
    "compare",
    "count_terms",
    "forecast_error",
    "random_jets",
    "symmetry_test",
]
