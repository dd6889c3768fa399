"""The flags of the commands, each declared once: what it is called, what it takes, what its help says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from symeq.search.genetic.operators import KNOWN

Texts = list[str] | None
VARIABLES, SYMMETRY, LAW, DATA, RESULT = "Variables", "Symmetry", "Law", "Data", "Result"
EQUATIONS, SEARCH, GENETIC = "Equations", "Search", "Genetic search"


def option(help: str, panel: str, metavar: str | None = None, *names: str, **settings: Any) -> Any:
    """A flag that is absent unless given, and its place in the help."""
    return typer.Option(
        *names, help=help, rich_help_panel=panel, metavar=metavar, show_default=False, **settings
    )


Independent = Annotated[Texts, option("Independent variables: t,x", VARIABLES, "NAMES")]
Dependent = Annotated[Texts, option("Dependent variables: u,v", VARIABLES, "NAMES")]
Parameter = Annotated[Texts, option("A constant that texts may use: nu, nu=0.1", VARIABLES, "NAME[=VALUE]")]

Symmetries = Annotated[
    Texts,
    option(
        "A named symmetry, or several: translation(t), rotation(x, y; u, v), scaling(x=1, t=3, u=-2),"
        " boost(x, u), reflection(x, u), SE(x, y), Galilei(t; x; u), Lorentz(t; x, y); an unknown name lists"
        " all there are.",
        SYMMETRY,
        "TEXT",
    ),
]
Generator = Annotated[Texts, option("A generator: t*d_x + d_u", SYMMETRY, "TEXT")]
Map = Annotated[Texts, option("A discrete map: x -> -x, u -> -u", SYMMETRY, "TEXT")]
Baseline = Annotated[
    bool | None,
    option("Search without the symmetry too, and compare.", SYMMETRY, None, "--baseline/--no-baseline"),
]

Lead = Annotated[
    Texts, option("The derivatives the law gives, default d/dt of each dependent: u_tt", LAW, "DERIVATIVES")
]
LeadOrSide = Annotated[
    Texts,
    option(
        "The derivatives the law gives, default d/dt of each dependent: u_tt. Of a relation the invariant on"
        " its left-hand side: u_xx + u_yy",
        LAW,
        "DERIVATIVES",
    ),
]
Relation = Annotated[
    bool | None,
    option(
        "A law that is solved for no derivative (steady fields): every invariant is tried as left-hand side,"
        " or each of --lead.",
        LAW,
        None,
        "--relation/--no-relation",
    ),
]
LibraryOrder = Annotated[
    int | None,
    option("Highest derivative in the library, default 2 (ODE: that of the leads).", LAW, "N"),
]
LibraryDegree = Annotated[int | None, option("Highest power in the library, default 3.", LAW, "N")]
Terms = Annotated[
    Texts,
    option("The candidate terms themselves: u, u*u_x, u_xx, sin(u); or for one lead u_t: u", LAW, "TERMS"),
]
Known = Annotated[Texts, option("A coefficient that is given: u*u_x=-1, u_t: u*u_x=-1", LAW, "TERM=VALUE")]
Engine = Annotated[
    Texts,
    option(
        "How to search: sparse, numbers in front of a library of terms (default); genetic, functions of the"
        " invariants of the symmetry; both, the second where the first leaves something unexplained.",
        LAW,
        "NAME",
    ),
]
Operators = Annotated[
    Texts,
    option("What functions are made of, default all: " + ", ".join(KNOWN), GENETIC, "NAMES"),
]
Epochs = Annotated[int | None, option("The most epochs that are run, default 40.", GENETIC, "N")]
Evaluations = Annotated[int | None, option("The most laws that are tried.", GENETIC, "N")]
Workers = Annotated[
    int | None,
    option(
        "Processes that search, or with --weak reduce the data, default 1; the law is the same for any"
        " number.",
        GENETIC,
        "N",
    ),
]
Seed = Annotated[int | None, option("Seed of everything drawn, default 0.", GENETIC, "N")]
Resume = Annotated[
    Path | None,
    option(
        "A file that keeps the search, or with --weak the pass over the data: made where there is none, gone"
        " on with where there is one. Of a comparison, it keeps the search with the symmetry in all data.",
        GENETIC,
        "STATE",
    ),
]

JetOrder = Annotated[int | None, option("Highest derivative in the invariants, default 2.", SEARCH, "N")]
InvariantDegree = Annotated[
    int | None, option("Highest degree of the polynomials that are tried, default 8.", SEARCH, "N")
]
Prefer = Annotated[
    Texts,
    option("Invariants that you would rather see, proven and taken first: u_xx + u_yy", SEARCH, "EXPR"),
]
FieldDegree = Annotated[
    int | None,
    option("Highest power of the variables in a generator, default 2.", SEARCH, "N"),
]
Functions = Annotated[
    Texts,
    option(
        "The functions a generator may contain, instead of powers: 1, x, sin(x); or for one variable u: u",
        SEARCH,
        "TERMS",
    ),
]
Equation = Annotated[Texts, option('An equation, again for each of several: "u_t = u_xx"', EQUATIONS, "TEXT")]
Consequence = Annotated[
    Texts,
    option("An equation that follows from these, such as an integrability condition.", EQUATIONS, "TEXT"),
]

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="DATA...",
        help="Files (.nc, .h5, .npz, .mat, .csv); several are several runs of the same law.",
        show_default=False,
    ),
]
Rename = Annotated[Texts, option("Names in the file to the names wanted: usol=u,tt=t", DATA, "OLD=NEW,...")]
Axes = Annotated[
    Texts, option("The axes of an array, where lengths cannot tell: usol=x,t", DATA, "VARIABLE=AXES")
]
Periodic = Annotated[Texts, option("Axes along which the data repeat: x,y", DATA, "NAMES")]
Missing = Annotated[
    bool | None,
    option(
        "Leave out what touches missing values (NaN), which are refused otherwise.",
        DATA,
        None,
        "--missing/--no-missing",
    ),
]
Weak = Annotated[
    bool | None,
    option(
        "Integrate both sides against test functions, or take derivatives point by point. Default, for a"
        " library of terms: the former if the data are noisy.",
        DATA,
        None,
        "--weak/--pointwise",
    ),
]

Problem = Annotated[
    Path | None,
    option(
        "TOML file with any of these as keys; flags given here win. Its paths start from its own folder.",
        RESULT,
        "FILE.toml",
    ),
]
Budget = Annotated[float | None, option("Give up after this many seconds.", RESULT, "SECONDS")]
SearchBudget = Annotated[
    float | None,
    option(
        "Give up after this many seconds; a genetic search then ends with the best law so far.",
        RESULT,
        "SECONDS",
    ),
]
Patience = Annotated[
    float | None,
    option("Stop after this many seconds, default 60, with what is proven by then.", RESULT, "SECONDS"),
]
Json = Annotated[Path | None, option("Write the answer, and how it was found.", RESULT, "FILE")]
Latex = Annotated[Path | None, option("Write what is shown as a LaTeX fragment.", RESULT, "FILE")]
Quiet = Annotated[
    bool | None, option("Print the answer and nothing else.", RESULT, None, "--quiet/--no-quiet")
]
