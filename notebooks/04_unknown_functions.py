# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Unknown functions
#
# Sometimes no list of candidate terms holds the law: there is an exponential in it, a saturation, a power
# that nobody would have guessed. A symmetry still says what the law is made *of*. What remains open are
# functions of a few invariants, and a genetic search finds those.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import solve_ivp

import symeq as sq

# %% [markdown]
# ## What the symmetry leaves
#
# A planar law that commutes with every rotation has two vectors, the position and the position turned by a
# quarter, each with an unknown function of the radius in front. This is read before there are any data.

# %%
jet = sq.Jet("t", "x y")
form = sq.functional_ansatz(jet, sq.rotation("x", "y") + sq.translation("t"))
print(form)

# %% [markdown]
# ## Data
#
# Forty trajectories of a law with two numbers inside its functions, which no linear search could fit.


# %%
def rate(_: float, state: np.ndarray) -> np.ndarray:
    x, y = state.reshape(2, -1)
    square = x**2 + y**2
    growth, turning = np.exp(-0.7 * square) - 0.2, np.sin(1.3 * square)
    return np.concatenate([growth * x - turning * y, growth * y + turning * x])


rng, t = np.random.default_rng(0), np.linspace(0, 4, 201)
radius, angle = rng.uniform(0.1, 2.2, 40), rng.uniform(0, 2 * np.pi, 40)
start = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
solution = solve_ivp(rate, (0, 4), start, t_eval=t, rtol=1e-11, atol=1e-11).y.reshape(2, 40, -1)
record = sq.trajectories(t, list(solution.transpose(1, 2, 0)), names="x y")
samples = sq.sample(record, jet)

# %% [markdown]
# ## The search
#
# Every individual is a set of terms, a vector times a small tree of invariants, with coefficients by least
# squares, so it has the symmetry by construction. Short independent evolutions are run until two of them
# choose the same law; that law is then fitted to all data, the numbers inside its functions with it.

# %%
law = sq.discover(form, samples, sq.GeneticProgramming(seed=0))
print(law)
print("\nby the vectors of the frame:")
print(law.frame_text())
print(f"\n{law.end.why}, after {law.end.epochs} epochs and {law.end.evaluations} laws")

# %% [markdown]
# The front holds the best law of every complexity. The true one lies decades below its neighbours: that is
# what the choice looks for.

# %%
for entry in law.front:
    mark = "<- chosen" if entry.chosen else ""
    print(f"{entry.complexity:3d} {entry.residual:9.1e}  {entry.law[0]} {mark}")

# %%
fig, ax = plt.subplots(figsize=(5, 3))
ax.semilogy([e.complexity for e in law.front], [e.residual for e in law.front], "o-", color="0.4")
ax.semilogy(*zip(*((e.complexity, e.residual) for e in law.front if e.chosen), strict=True), "o", color="C3")
ax.set_xlabel("complexity (nodes and terms)")
ax.set_ylabel("share left unexplained")
fig.tight_layout()

# %% [markdown]
# It is a `Discovery` like any other: it prints LaTeX, simulates, and compares.

# %%
print(law.latex(digits=3))
path = law.simulate([1.5, 0.0], np.linspace(0, 4, 101))
truth = solve_ivp(rate, (0, 4), [1.5, 0.0], t_eval=[4.0], rtol=1e-11, atol=1e-11).y[:, -1]
print("forecast error at t = 4:", np.abs(path.parts[0]["x"].values[-1] - truth[0]))

# %% [markdown]
# ## Scalings without division
#
# A scaling symmetry turns into *weights*. With `graded=True` the invariants of the other generators stay as
# they are, and only products that scale as the left-hand side does are searched, so that nothing is divided
# by what may vanish. For two bodies under a central force, the scaling t -> a^3 t, x -> a^2 x leaves:

# %%
orbit = sq.Jet("t", "x y", order=2)
kepler = sq.translation("t") + sq.rotation("x", "y") + sq.scaling(t=3, x=2, y=2)
print(sq.functional_ansatz(orbit, kepler, lead=["x_tt", "y_tt"], order=1, graded=True))

# %% [markdown]
# ## Relations without a lead
#
# A steady law has no u_t. Then any invariant may be a function of the others, and every one is tried as the
# left-hand side in turn. Here is a field with u_xx + u_yy = 16 (x^2 + y^2) exp(-u), which is not radial; what
# the search is told is the symmetry alone.

# %%
s = np.linspace(0.2, 1.2, 61)
x, y = np.meshgrid(s, s, indexing="ij")
a, b = x**2 - y**2, 2 * x * y  # the map z -> z^2 carries one solution of Liouville's equation to another
field = np.log((1 + (a - 0.3) ** 2 + (b + 0.2) ** 2) ** 2 / 2)  # u_aa + u_bb = 4 exp(-u)
steady = sq.Jet("x y", "u", order=2)
relations = sq.relation_ansatz(steady, sq.rotation("x", "y"))
print(relations)
data = sq.sample(sq.field({"x": s, "y": s}, {"u": field}), steady)
found = sq.discover(relations, data, sq.GeneticProgramming(seed=0, epochs=8))
print()
print(found)
print(found.provenance.notes[-1])

# %% [markdown]
# It is the same relation, solved for another of its invariants: 2.7726 is the logarithm of 16.
