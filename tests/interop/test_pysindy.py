"""Inside PySINDy: features of known value, laws that cannot leave the ansatz, the row of its defaults."""

from __future__ import annotations

import numpy as np
import pysindy as ps
import pytest
import sympy as sp
from pysindy.utils import AxesArray
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

import symeq as sq
from symeq.interop import pysindy as interop
from symeq.interop.pysindy import EquivariantOptimizer, SymbolicLibrary, plain_pysindy
from systems import SYSTEMS, add_noise

JET = sq.Jet("t", "x y")
X, Y = JET.dependent
CUBIC = sq.monomials(X, Y, degree=3)
WAVE = sq.Jet("t x", "u v", order=4)
GRID = np.linspace(0, 2 * np.pi, 64, endpoint=False)
TIMES = np.linspace(0, 1, 11)


def oscillator(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(0, 10, 501)
    clean = np.exp(-0.1 * t)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    return t, clean + 1e-3 * np.random.default_rng(seed).standard_normal(clean.shape)


def waves() -> np.ndarray:
    """u = sin(x - t), v = cos(2 x), on (x, t, coordinate)."""
    x, t = np.meshgrid(GRID, TIMES, indexing="ij")
    return np.stack([np.sin(x - t), np.cos(2 * x)], axis=-1)


def test_features_are_those_of_pysindy_itself() -> None:
    _, states = oscillator()
    theirs = ps.PolynomialLibrary(degree=3).fit(states)
    library = [
        sp.Mul(*(s ** int(e) for s, e in zip((X, Y), powers, strict=True))) for powers in theirs.powers_
    ]
    mine = SymbolicLibrary(library, JET)
    np.testing.assert_allclose(mine.fit_transform(states), theirs.transform(states), rtol=1e-12)
    assert mine.get_feature_names()[:3] == ["1", "x", "y"]
    assert mine.get_feature_names(["p", "q"])[4] == "p*q"
    assert mine.size == len(library) == mine.n_output_features_


@pytest.mark.parametrize(
    ("text", "closed_form"),
    [
        ("u_x", lambda x, t: np.cos(x - t)),
        ("u_xx", lambda x, t: -np.sin(x - t)),
        ("v_xxx", lambda x, t: 8 * np.sin(2 * x)),
        ("v_xxxx", lambda x, t: 16 * np.cos(2 * x)),
        ("u*v_x + 1", lambda x, t: -2 * np.sin(x - t) * np.sin(2 * x) + 1),
        ("x*v", lambda x, t: x * np.cos(2 * x)),
        ("exp(u)", lambda x, t: np.exp(np.sin(x - t))),
    ],
)
def test_space_derivatives_come_from_pysindy(text, closed_form) -> None:  # type: ignore[no-untyped-def]
    features = SymbolicLibrary([WAVE.parse(text)], WAVE, grid={"x": GRID}, periodic=["x"])
    (found,) = features.fit_transform([waves()])
    assert isinstance(found, AxesArray)
    assert found.shape == (64, 11, 1)
    exact = closed_form(GRID[:, None], TIMES[None, :])
    step = GRID[1] - GRID[0]
    # second-order differences of waves of number 2: relative error below (2 h)^2
    assert np.abs(np.asarray(found)[..., 0] - exact).max() < (2 * step) ** 2 * np.abs(exact).max()


def test_mixed_derivatives_need_no_order() -> None:
    jet = sq.Jet("t x1 x2", "u", order=3)
    first, second = np.meshgrid(GRID, GRID, indexing="ij")
    data = (np.sin(first) * np.cos(second))[..., None, None].repeat(3, axis=2)
    features = SymbolicLibrary(
        [jet["Derivative(u, x1, x1, x2)"]], jet, grid={"x1": GRID, "x2": GRID}, periodic=["x1", "x2"]
    )
    found = np.asarray(features.fit_transform(data))[..., 0, 0]
    assert np.abs(found - np.sin(first) * np.sin(second)).max() < 0.01
    assert features.get_feature_names(["D"]) == ["Derivative(D, x1, x1, x2)"]
    assert features.get_spatial_grid().shape == (64, 64, 2)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("term", "options", "says"),
    [
        (WAVE["u_xx"], {}, "give the points of the axis x"),
        (WAVE["u_t"], {"grid": {"x": GRID}}, "no time"),
        (WAVE["t"] * WAVE["u"], {"grid": {"x": GRID}}, "no time"),
        (sp.Symbol("w"), {"grid": {"x": GRID}}, "w, which is not a coordinate"),
    ],
)
def test_terms_that_pysindy_cannot_evaluate_are_refused(term, options, says) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sq.InvalidInput, match=says):
        SymbolicLibrary([term], WAVE, **options).fit(waves())


def test_data_of_another_shape_are_refused() -> None:
    with pytest.raises(sq.InvalidInput, match="3 coordinates on 1 axes"):
        SymbolicLibrary(CUBIC, JET).fit(np.zeros((5, 3)))


ALLOWED = sq.linear_ansatz(JET, CUBIC, sq.rotation(X, Y))


def violation(coefficients: np.ndarray) -> float:
    """How far a matrix (target, feature) is from the span of the ansatz."""
    fixed, basis = interop._target_matrices(ALLOWED)
    columns = basis.reshape(len(basis), -1).T
    target = np.ravel(coefficients - fixed)
    return float(np.abs(target - columns @ np.linalg.lstsq(columns, target)[0]).max())


INNER = [
    ps.STLSQ(threshold=0.05),
    ps.STLSQ(threshold=0.05, normalize_columns=True, unbias=True),
    ps.SR3(reg_weight_lam=0.005, regularizer="l0"),
    ps.SSR(criteria="model_residual"),
    ps.FROLS(kappa=1e-3),
]


@pytest.mark.parametrize("inner", INNER, ids=lambda inner: type(inner).__name__)
def test_no_optimiser_leaves_the_ansatz(inner: ps.BaseOptimizer) -> None:
    t, states = oscillator()
    model = ps.SINDy(EquivariantOptimizer(ALLOWED, inner), SymbolicLibrary(CUBIC, JET))
    model.fit(states, t=t)
    assert violation(model.coefficients()) < 1e-12
    plain = ps.SINDy(ps.STLSQ(threshold=0.0), SymbolicLibrary(CUBIC, JET)).fit(states, t=t)
    assert violation(plain.coefficients()) > 1e-3
    simulated = model.simulate(states[0], t)
    assert np.abs(simulated - states).max() < 0.05


def test_a_coefficient_that_the_symmetry_fixes_is_exact() -> None:
    system = SYSTEMS["burgers"]
    record = system.simulate(points=128, frames=101)
    jet, part = system.jet, record.parts[0]
    allowed = sq.linear_ansatz(jet, system.candidates, sq.translation("t", "x") + sq.boost("x", "u"))
    features = SymbolicLibrary(allowed.libraries[0], jet, grid={"x": part["x"].values}, periodic=["x"])
    model = ps.SINDy(EquivariantOptimizer(allowed, ps.STLSQ(threshold=0.05)), features)
    model.fit(part["u"].transpose("x", "t").values[..., None], t=part["t"].values, feature_names=["u"])
    found = dict(zip(model.get_feature_names(), model.coefficients()[0], strict=True))
    assert found["u*u_x"] == -1
    assert found["u_xx"] == pytest.approx(0.1, rel=0.1)
    assert {name for name, number in found.items() if number} == {"u*u_x", "u_xx"}


def test_weights_reach_the_inner_fit() -> None:
    rng = np.random.default_rng(0)
    states = rng.standard_normal((40, 2))
    features = np.asarray(SymbolicLibrary(CUBIC, JET).fit_transform(states))
    targets = np.where(np.arange(40)[:, None] < 20, 1.0, 5.0) * states
    weights = np.where(np.arange(40) < 20, 1.0, 0.0)
    optimizer = EquivariantOptimizer(ALLOWED, ps.STLSQ(threshold=0.1, alpha=0))
    optimizer.fit(features, targets, sample_weight=weights)
    names = [str(term) for term in CUBIC]
    expected = np.zeros((2, len(names)))
    expected[0, names.index("x")] = expected[1, names.index("y")] = 1
    np.testing.assert_allclose(optimizer.coef_, expected, atol=1e-10)


def test_both_clone_and_keep_what_they_were_given() -> None:
    features = SymbolicLibrary(WAVE.dependent, WAVE, grid={"x": GRID}, periodic=("x",))
    copy = clone(features)
    assert np.array_equal(copy.fit_transform(waves()), features.fit_transform(waves()))
    optimizer = EquivariantOptimizer(ALLOWED, ps.STLSQ(threshold=0.3))
    again = clone(optimizer)
    assert again.ansatz == ALLOWED
    assert again.inner is not optimizer.inner
    assert again.inner.threshold == 0.3


def test_thresholds_are_searched_by_scikit_learn() -> None:
    t, states = oscillator()
    model = ps.SINDy(
        EquivariantOptimizer(ALLOWED, ps.STLSQ()),
        SymbolicLibrary(CUBIC, JET),
        ps.SmoothedFiniteDifference(),
    )
    thresholds = [0.01, 0.05, 5.0]
    cross_validation = KFold(3, shuffle=False)

    class Timed(ps.SINDy):
        """GridSearchCV hands over x alone; the step in time is known."""

        def fit(self, x, y=None):  # type: ignore[no-untyped-def]
            return super().fit(x, t=t[1] - t[0])

        def score(self, x, y=None):  # type: ignore[no-untyped-def]
            return super().score(x, t=t[1] - t[0])

    search = GridSearchCV(
        Timed(model.optimizer, model.feature_library, model.differentiation_method),
        {"optimizer__inner__threshold": thresholds},
        cv=cross_validation,
    )
    search.fit(states)
    assert search.best_params_["optimizer__inner__threshold"] < 5
    found = search.best_estimator_.coefficients()
    assert violation(found) < 1e-12
    assert search.cv_results_["mean_test_score"][2] < 0.5 < search.best_score_


@pytest.mark.parametrize("name", ["unbias", "normalize_columns"])
def test_what_acts_on_features_is_refused(name: str) -> None:
    with pytest.raises(sq.InvalidInput, match=f"{name}=True"):
        EquivariantOptimizer(ALLOWED, ps.STLSQ(), **{name: True})
    optimizer = EquivariantOptimizer(ALLOWED, ps.STLSQ())
    optimizer.set_params(**{name: True})
    with pytest.raises(sq.InvalidInput, match=f"{name}=True"):
        optimizer.fit(np.ones((30, 10)), np.ones((30, 2)))


def test_features_of_another_library_are_refused() -> None:
    t, states = oscillator()
    with pytest.raises(sq.InvalidInput, match="10 terms for 2 coordinates; the model has 6 features"):
        ps.SINDy(EquivariantOptimizer(ALLOWED, ps.STLSQ()), ps.PolynomialLibrary(2)).fit(states, t=t)


def assert_same_as_pysindy(
    law: sq.Discovery, features: ps.feature_library.base.BaseFeatureLibrary, data, t
) -> None:  # type: ignore[no-untyped-def]
    model = ps.SINDy(feature_library=features).fit(data, t=t)
    ansatz = law.ansatz
    expected = {
        (lead, term): number
        for lead, row in zip(ansatz.leads, model.coefficients(), strict=True)
        for term, number in zip(ansatz.libraries[0], row, strict=True)
        if number
    }
    found = {(term.lead, term.expression): term.value for term in law.terms}
    assert set(found) == set(expected)
    assert [found[place] for place in expected] == pytest.approx(list(expected.values()), rel=1e-9)


def test_plain_pysindy_is_what_pysindy_finds_on_trajectories() -> None:
    system = SYSTEMS["hopf"]
    record = add_noise(system.simulate(trajectories=3), 0.05, 1)
    ansatz = sq.linear_ansatz(system.jet, system.candidates, sq.rotation(*system.jet.dependent))
    law = plain_pysindy(record, ansatz)
    assert (law.unknowns, law.library_unknowns) == (42, 42)
    assert law.provenance.engine.startswith("PySINDy 2")
    data = [np.stack([part["x"].values, part["y"].values], axis=1) for part in record.parts]
    times = [part["t"].values for part in record.parts]
    assert_same_as_pysindy(law, SymbolicLibrary(ansatz.libraries[0], system.jet), data, times)


def test_plain_pysindy_is_what_pysindy_finds_on_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    system = SYSTEMS["lambda_omega"]
    record = add_noise(system.simulate(points=24, frames=41), 0.01, 1)
    ansatz = sq.linear_ansatz(system.jet, system.candidates, sq.trivial)
    law = plain_pysindy(record, ansatz)
    monkeypatch.setattr(interop, "CHUNK_VALUES", 30_000)  # several pieces
    piecewise = plain_pysindy(record, ansatz)
    assert piecewise.beta == pytest.approx(law.beta, rel=1e-9)
    part = record.parts[0]
    data = np.stack([part[name].transpose("x", "y", "t").values for name in ("u", "v")], axis=-1)
    grid = {name: part[name].values for name in ("x", "y")}
    features = SymbolicLibrary(ansatz.libraries[0], system.jet, grid=grid, periodic=["x", "y"])
    assert_same_as_pysindy(law, features, data, part["t"].values)


def test_leads_that_pysindy_has_not_are_refused() -> None:
    jet = sq.Jet("t", "x", order=2)
    t = np.linspace(0, 6, 301)
    record = sq.trajectories(t, np.sin(t)[:, None], names="x")
    second = sq.linear_ansatz(jet, [jet["x"], jet["x_t"]], sq.trivial, lead="x_tt")
    with pytest.raises(sq.InvalidInput, match="solved for x_t; this ansatz is solved for x_tt"):
        plain_pysindy(record, second)
    partial = sq.linear_ansatz(JET, CUBIC, sq.trivial, lead="x_t")
    with pytest.raises(sq.InvalidInput, match="solved for x_t, y_t; this ansatz is solved for x_t"):
        EquivariantOptimizer(partial, ps.STLSQ()).fit(np.ones((30, 10)), np.ones((30, 1)))
