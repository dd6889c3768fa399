"""The house: a floor imports only the floors below it, and user text never reaches an evaluator."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Room of the package -> floor. `symeq` is the list of re-exports in symeq/__init__.py.
FLOORS = {
    "errors": 0, "exact": 0, "latex": 0, "parsing": 0, "syntax": 0, "terms": 0, "writing": 0,
    "geometry": 1,
    "symmetries": 2, "invariants": 2, "data": 2,
    "ansatz": 3, "transport": 3,
    "search": 4,
    "discovery": 5,
    "report": 6, "interop": 6,
    "symeq": 7,
    "cli": 8,
}  # fmt: skip

OPTIONAL = {"dask", "distributed", "torch", "matplotlib", "h5py", "h5netcdf"}
PYSINDY_ROOMS = ("symeq.search.sparse", "symeq.interop")
DEAP_ROOMS = ("symeq.search.genetic",)
EVALUATORS = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr"}
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve"}


@dataclass(frozen=True)
class Import:
    """One imported module (`name` is the object taken from it, or "") and where it stands."""

    module: str
    name: str
    line: int
    top_level: bool


def module_name(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statements(tree: ast.AST, top_level: bool = True) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether importing the file executes it."""
    for node in ast.iter_child_nodes(tree):
        yield node, top_level
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        yield from statements(node, top_level and not deferred and not typing_only)


def imports(source: str, module: str, *, package: bool) -> list[Import]:
    found = []
    for node, top_level in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, "", node.lineno, top_level) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                parents = parents[: len(parents) - node.level + (1 if package else 0)]
                base = ".".join(parents + ([node.module] if node.module else []))
            found += [Import(base, alias.name, node.lineno, top_level) for alias in node.names]
    return found


def room(module: str, name: str = "") -> str:
    """The room a module of symeq lies in; `from symeq import geometry` asks for geometry."""
    parts = module.split(".")
    if len(parts) > 1:
        return parts[1]
    return name if name in FLOORS else "symeq"


def broken_floors(source: str, module: str, *, package: bool = False) -> list[str]:
    """What the imports of one file of symeq break, one sentence each."""
    here = room(module)
    if here not in FLOORS:
        return [f"{module} lies on no floor; the floors are {', '.join(FLOORS)}"]
    complaints = []
    for entry in imports(source, module, package=package):
        target = entry.module.split(".")[0]
        says = f"{module}:{entry.line} imports {entry.module}{'.' if entry.name else ''}{entry.name}"
        if target in ("systems", "tests"):
            complaints.append(f"{says}: symeq stands without {target}")
        elif target == "pysindy" and not module.startswith(PYSINDY_ROOMS):
            complaints.append(f"{says}: only {' and '.join(PYSINDY_ROOMS)} know PySINDy")
        elif target == "deap" and not module.startswith(DEAP_ROOMS):
            complaints.append(f"{says}: only {' and '.join(DEAP_ROOMS)} know DEAP")
        elif target in OPTIONAL and entry.top_level:
            complaints.append(f"{says} at module level: it is optional, import it where it is used")
        elif target == "symeq":
            there = room(entry.module, entry.name)
            if there not in FLOORS:
                complaints.append(f"{says}: {there} lies on no floor")
            elif there == here or FLOORS[here] == FLOORS[there] == 0:
                continue
            elif FLOORS[there] >= FLOORS[here]:
                complaints.append(f"{says}: floor {FLOORS[there]} is not below floor {FLOORS[here]}")
            elif {here, there} == {"ansatz", "data"}:
                complaints.append(f"{says}: what is allowed and what was measured meet in search")
            elif here == "data" and there == "geometry" and not knows_only_jet(entry):
                complaints.append(f"{says}: of the geometry, data knows only Jet")
    return complaints


def knows_only_jet(entry: Import) -> bool:
    return entry.module == "symeq.geometry.jet" or (entry.module, entry.name) in {
        ("symeq.geometry", "Jet"),
        ("symeq.geometry", "jet"),
    }


def evaluators(source: str, module: str) -> list[str]:
    """Every place of a file that could turn text or bytes into running code."""
    complaints = []
    for node in ast.walk(ast.parse(source)):
        names: set[str] = set()
        if isinstance(node, ast.Name):
            names = {node.id} & EVALUATORS
        elif isinstance(node, ast.Attribute):
            names = {node.attr} & {"sympify", "parse_expr"}
            if isinstance(node.value, ast.Name) and node.value.id == "builtins":
                names |= {node.attr} & EVALUATORS
        elif isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names} & PICKLES
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]} & PICKLES
            names |= {alias.name for alias in node.names} & {"sympify", "parse_expr"}
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            refused = isinstance(node.value, ast.Constant) and node.value.value is False
            names = set() if refused else {"allow_pickle"}
        if names:
            place = f"{module}:{getattr(node, 'lineno', '?')}"
            complaints.append(f"{place} uses {', '.join(sorted(names))}: read text with symeq.parsing")
    return complaints


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_there_is_a_house() -> None:
    assert sources("symeq"), "no source file under symeq/: this test would check nothing"
    assert sources("systems"), "no source file under systems/: this test would check nothing"


def test_every_folder_is_a_package() -> None:
    bare = {path.parent for path in sources("symeq") if not (path.parent / "__init__.py").exists()}
    assert not bare, f"{sorted(map(str, bare))} lack an __init__.py and would be missing from the wheel"


@pytest.mark.parametrize("path", sources("symeq"), ids=module_name)
def test_a_floor_imports_only_floors_below(path: Path) -> None:
    package = path.name == "__init__.py"
    complaints = broken_floors(path.read_text("utf-8"), module_name(path), package=package)
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("path", sources("symeq") + sources("systems"), ids=module_name)
def test_no_text_reaches_an_evaluator(path: Path) -> None:
    complaints = evaluators(path.read_text("utf-8"), module_name(path))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("symeq.geometry.jet", "from symeq.ansatz.library import Library", "floor 3 is not below floor 1"),
        ("symeq.geometry.jet", "from ..ansatz import library", "floor 3 is not below floor 1"),
        ("symeq.data.records", "from symeq.ansatz import Library", "floor 3 is not below floor 2"),
        ("symeq.ansatz.linear", "def f():\n    import symeq.data", "meet in search"),
        ("symeq.report.compare", "from symeq.interop import pysindy", "floor 6 is not below floor 6"),
        ("symeq.data.samples", "from symeq.geometry.fields import VectorField", "data knows only Jet"),
        ("symeq.search.engine", "import symeq as sq", "floor 7 is not below floor 4"),
        ("symeq.search.engine", "from symeq import cli", "floor 8 is not below floor 4"),
        ("symeq.helpers", "", "lies on no floor"),
        ("symeq.discovery", "import systems.hopf", "symeq stands without systems"),
        ("symeq.discovery", "from pysindy import SSR", "know PySINDy"),
        ("symeq.report.plots", "try:\n    import matplotlib\nexcept ImportError:\n    pass", "optional"),
    ],
)
def test_a_broken_floor_is_noticed(module: str, source: str, complaint: str) -> None:
    complaints = broken_floors(source, module)
    assert len(complaints) == 1
    assert complaint in complaints[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("symeq.parsing", "from symeq.errors import InvalidInput"),
        ("symeq.data.samples", "from symeq.geometry.jet import Jet"),
        ("symeq.data.samples", "from .records import Record"),
        ("symeq.search.sparse", "import pysindy"),
        ("symeq.report.plots", "def f():\n    import matplotlib"),
        ("symeq.data.records", "if TYPE_CHECKING:\n    import h5py"),
        ("symeq.cli", "import symeq as sq"),
    ],
)
def test_a_sound_import_is_not_refused(module: str, source: str) -> None:
    assert broken_floors(source, module) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "f = exec",
        "import sympy as sp\nsp.sympify('x')",
        "from sympy.parsing.sympy_parser import parse_expr",
        "import pickle",
        "np.load(path, allow_pickle=True)",
        "import builtins\nbuiltins.eval('1')",
    ],
)
def test_an_evaluator_is_noticed(source: str) -> None:
    assert evaluators(source, "symeq.parsing")
