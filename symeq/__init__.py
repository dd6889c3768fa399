"""Equations from data and symmetry: jet, symmetry and library say what is allowed, data what is true."""

from __future__ import annotations

from symeq.ansatz import Library as Library
from symeq.ansatz import LinearAnsatz as LinearAnsatz
from symeq.ansatz import closure as closure
from symeq.ansatz import default_library as default_library
from symeq.ansatz import linear_ansatz as linear_ansatz
from symeq.ansatz import monomials as monomials
from symeq.ansatz import partials as partials
from symeq.data import FiniteDifferences as FiniteDifferences
from symeq.data import Record as Record
from symeq.data import Samples as Samples
from symeq.data import SmoothedDifferences as SmoothedDifferences
from symeq.data import Spectral as Spectral
from symeq.data import field as field
from symeq.data import open_record as open_record
from symeq.data import record as record
from symeq.data import sample as sample
from symeq.data import trajectories as trajectories
from symeq.discovery import Discovery as Discovery
from symeq.discovery import discover as discover
from symeq.errors import InvalidInput as InvalidInput
from symeq.errors import MissingExtra as MissingExtra
from symeq.errors import NoLaw as NoLaw
from symeq.errors import SymeqError as SymeqError
from symeq.geometry import Jet as Jet
from symeq.geometry import PointMap as PointMap
from symeq.geometry import Symmetry as Symmetry
from symeq.geometry import VectorField as VectorField
from symeq.geometry import boost as boost
from symeq.geometry import cyclic as cyclic
from symeq.geometry import parse as parse
from symeq.geometry import permutation as permutation
from symeq.geometry import phase as phase
from symeq.geometry import reflection as reflection
from symeq.geometry import rotation as rotation
from symeq.geometry import scaling as scaling
from symeq.geometry import translation as translation
from symeq.geometry import trivial as trivial
from symeq.report import Comparison as Comparison
from symeq.report import compare as compare
from symeq.search import SparseRegression as SparseRegression
