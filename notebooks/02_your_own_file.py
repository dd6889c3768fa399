# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own file
#
# A field in a MATLAB file with names and axes as files have them, a Galilean boost, the law as LaTeX; and
# a wrong symmetry, and how it is noticed.

# %%
import tempfile
from pathlib import Path

import numpy as np
import scipy.io

import symeq as sq

# %% [markdown]
# ## A file
#
# An exact solution of the Burgers equation stands in for your simulation. With $u = -2 \nu \varphi_x /
# \varphi$ the equation $u_t = -u u_x + \nu u_{xx}$ becomes the heat equation $\varphi_t = \nu
# \varphi_{xx}$ (Hopf, Cole). The array lies with space first, the axes are rows and columns, and the
# field has 2 % noise.

# %%
NU = 0.1
x, t = np.linspace(-8, 8, 256, endpoint=False), np.linspace(0, 10, 101)
k, phi, phi_x = 2 * np.pi / 16, 1.0, 0.0
for n, amplitude, shift in ((1, 0.5, 0.0), (2, 0.3, 1.0), (3, 0.15, 2.0)):
    wave = n * k * x[:, np.newaxis] + shift
    decay = amplitude * np.exp(-NU * (n * k) ** 2 * t)
    phi, phi_x = phi + decay * np.cos(wave), phi_x - n * k * decay * np.sin(wave)
field = -2 * NU * phi_x / phi
field += 0.02 * field.std() * np.random.default_rng(0).standard_normal(field.shape)

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "run7.mat"
scipy.io.savemat(path, {"usol": field, "x": x[np.newaxis], "time": t[:, np.newaxis]})

# %% [markdown]
# ## Open it
#
# Names that the file lacks are reported together with what it holds (`--rename` is the command line's
# flag for it).

# %%
try:
    sq.open_record(path, "t x", "u")
except sq.InvalidInput as error:
    print(error)

# %% [markdown]
# So we rename, and say that x closes. What was done on the way in stands in the notes.

# %%
record = sq.open_record(path, "t x", "u", rename={"usol": "u", "time": "t"}, periodic=["x"])
print(record)

# %% [markdown]
# ## What the symmetry leaves
#
# The law is the same at all places and times, and for an observer who moves along: a Galilean boost. It
# does not only strike out terms, it *fixes* one: the advection term.

# %%
jet = sq.Jet("t x", "u", order=2)
u, u_x, u_xx = (jet[name] for name in ("u", "u_x", "u_xx"))
library = sq.monomials(u, degree=3) * [1, u_x, u_xx]
galilei = sq.translation("t", "x") + sq.boost("x", "u")
allowed = sq.linear_ansatz(jet, library, galilei)
print(allowed)

# %% [markdown]
# A library without that term has no such law, and symeq says which term it lacks.

# %%
try:
    sq.linear_ansatz(jet, [u, u_x, u_xx], galilei)
except sq.NoLaw as error:
    print(error)

# %% [markdown]
# ## The law

# %%
samples = sq.sample(record, jet)
law = sq.discover(allowed, samples)
baseline = sq.discover(sq.linear_ansatz(jet, library, sq.trivial), samples)
print(samples)
print("\nwith the boost:", law)
print("without:       ", baseline)
print("\n" + law.latex(errors=True))

# %% [markdown]
# The JSON document keeps the law, its errors, what was sampled how, and the versions; every string in it
# can be read back with `sq.parse`.

# %%
law.save(path.with_suffix(".json"))
written = law.document()["equations"][0]
print(written["lhs"], "=", written["rhs"])
print(sq.parse(f"{written['lhs']} = {written['rhs']}", jet))

# %% [markdown]
# ## A wrong symmetry
#
# The KdV equation is often written $u_t = -6 u u_x - u_{xxx}$, and its boost then is $6 t \partial_x +
# \partial_u$. Taken for our data by mistake, it forces a wrong advection term.

# %%
wrong = sq.translation("t", "x") + sq.Symmetry([sq.parse("6*t*d_x + d_u", jet)])
mistaken = sq.linear_ansatz(jet, library, wrong)
print(mistaken)
doubtful = sq.discover(mistaken, samples)
print(doubtful)
print("warnings:", *doubtful.warnings)

# %% [markdown]
# Three things tell. The law warns that it leaves more than the noise. On the second half of the data,
# which the search now does not see, it leaves more than the law without any symmetry. And that
# *unconstrained* law is far from having the symmetry: its defect is large under the wrong boost and small
# under the right one.

# %%
halves = {
    name: sq.record(record.parts[0].isel(t=part), periodic=["x"])
    for name, part in {"early": slice(None, 50), "late": slice(50, None)}.items()
}
early = sq.sample(halves["early"], jet)
free = sq.discover(sq.linear_ansatz(jet, library, sq.trivial), early)
for name, ansatz in {"right boost": allowed, "wrong boost": mistaken}.items():
    print(sq.compare({name: sq.discover(ansatz, early), "none": free}, halves["late"]), "\n")

# %%
folder.cleanup()
