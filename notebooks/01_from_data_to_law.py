# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From data to law
#
# A point spirals to rest. We know that its law does not prefer a direction, and measure fifty noisy
# trajectories. Which law is it, how sure are we, and what did the symmetry buy?

# %%
import matplotlib.pyplot as plt
import numpy as np

import symeq as sq
from symeq.report.plots import figure

# %% [markdown]
# ## What is allowed
#
# A *jet* names the variables: one time, two states, and all their derivatives. A *library* holds the
# candidate terms, as SymPy expressions.

# %%
jet = sq.Jet("t", "x y")
x, y = jet.dependent
library = sq.monomials(x, y, degree=5)
print(jet, "has the coordinates", *jet.coordinates)
print(len(library), "candidates for each equation:", library)

# %% [markdown]
# A *symmetry* is its generators: this one turns the plane. Its *prolongation* says what it does to
# velocities.

# %%
rotation = sq.rotation(x, y)
for generator in rotation.generators:
    print("generator:   ", generator)
    print("prolonged to:", generator.prolong(jet))

# %% [markdown]
# Both together leave few laws, and these can be read before there are any data. The *baseline* is the
# same call with the symmetry that demands nothing.

# %%
allowed = sq.linear_ansatz(jet, library, rotation)
free = sq.linear_ansatz(jet, library, sq.trivial)
print(allowed)

# %% [markdown]
# That every one of these laws has the symmetry is exact, not numerical: the symmetry condition on any
# member is zero. For a law that lacks it, it is not.

# %%
print("defect of a member:        ", *allowed.defect(allowed.rhs(range(1, allowed.unknowns + 1))))
print("defect of x_t = y, y_t = x:", *allowed.defect([y, x]))

# %% [markdown]
# ## What was measured
#
# Fifty starts, times 0, 0.2, ..., 20, and noise of 20 % of the deviation of each state.

# %%
DECAY, FREQUENCY, NOISE = 0.1, 1.0, 0.2


def measured(seed: int, runs: int) -> sq.Record:
    """Solutions of x_t = -DECAY x - FREQUENCY y, y_t = FREQUENCY x - DECAY y, with noise."""
    rng, t = np.random.default_rng(seed), np.linspace(0, 20, 101)
    start = rng.uniform(0.5, 2, (runs, 1)) * np.exp(1j * rng.uniform(0, 2 * np.pi, (runs, 1)))
    z = start * np.exp((1j * FREQUENCY - DECAY) * t)
    states = np.stack([z.real, z.imag], axis=-1)
    noise = NOISE * states.std(axis=(0, 1)) * rng.standard_normal(states.shape)
    return sq.trajectories(t, states + noise, names="x y")


record, held_out = measured(seed=0, runs=50), measured(seed=1, runs=10)
samples = sq.sample(record, jet)
print(record)
print(samples)

# %% [markdown]
# The samples say what was chosen: how large the noise is; the widest window of a ladder, for what is looked
# at point by point; and the test functions, as the data are noisy: the unknown numbers are found from
# integrals against these. `sq.pointwise` and `sq.weak` state one of the two, and another rule is another
# object, for instance `sq.sample(record, jet, sq.SmoothedDifferences(11))`.
#
# ## The law
#
# The same samples and the same engine serve both searches.

# %%
law = sq.discover(allowed, samples)
baseline = sq.discover(free, samples)
print("with the rotation, one law of", 2**law.unknowns, "supports:")
print(law)
print("without, one of", 2**baseline.unknowns, "supports:")
print(baseline)
print(law.latex(errors=True))

# %% [markdown]
# The terms of a law carry their standard errors, and the *front* shows the best law of every size: how
# much of the left-hand side it leaves unexplained, and whether each of its terms is significant.

# %%
for term in law.terms:
    print(f"{term.lead}: {term.value:+.4f} +- {term.standard_error:.4f}  {term.expression}")
for entry in law.front:
    significant = "all significant" if entry.significant else "not all significant"
    chosen = "  <- chosen" if entry.chosen else ""
    print(f"{entry.unknowns} unknowns leave {entry.residual:.4f}, {significant}{chosen}")

# %% [markdown]
# ## How good is it?
#
# Ten further trajectories, which no search has seen, and the truth, which here is known.

# %%
truth = f"x_t = -{DECAY}*x - {FREQUENCY}*y; y_t = {FREQUENCY}*x - {DECAY}*y"
laws = {"rotation": law, "none": baseline}
comparison = sq.compare(laws, held_out, truth=truth)
print(comparison)

# %% [markdown]
# For a paper, `comparison.latex()` and `law.latex(errors=True)`; for a program, `law.document()`.

# %%
print(comparison.latex())

# %% [markdown]
# ## What the law says of the future
#
# `law.rhs` is a compiled function, `law.simulate` integrates it.

# %%
times = np.linspace(0, 40, 401)
predicted = law.simulate([2.0, 0.0], times).parts[0]
exact = 2 * np.exp(-DECAY * times) * np.cos(FREQUENCY * times)
print(f"largest error of x up to t = 40: {np.abs(predicted.x.values - exact).max():.4f}")

panel = plt.figure(figsize=(7, 2.6), layout="constrained").subplots()
panel.plot(times, exact, "k", linewidth=1, label="truth")
panel.plot(times, predicted.x, "--", color="#0072B2", label="discovered law")
panel.set_xlabel("t")
panel.set_ylabel("x")
panel.legend(frameon=False)
plt.show()

# %% [markdown]
# The data, and the coefficients of both laws beside the truth:

# %%
figure(record, laws, truth)
