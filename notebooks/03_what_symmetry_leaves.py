# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What symmetry leaves
#
# A law that has a symmetry has little choice left. How little is a question of algebra, and it has an exact
# answer before anything is measured. This notebook needs no data.

# %%
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

import symeq as sq

# %% [markdown]
# ## A symmetry is its generators
#
# A rotation of the plane turns curves $u(x)$ into curves. Its generator says how fast points move, and its
# *prolongation* how fast slopes and curvatures change.

# %%
curve = sq.Jet("x", "u", order=2)
turn = sq.parse("-u*d_x + x*d_u", curve)
for coordinate, speed in turn.prolong(curve).items():
    print(f"{coordinate} changes at the rate {speed}")
assert turn.prolong(curve)[curve["u_x"]] == 1 + curve["u_x"] ** 2

# %% [markdown]
# A slope is the tangent of an angle, and $\tan' = 1 + \tan^2$. The *flow* $\exp(\varepsilon v)$ is the finite
# transformation, here by 45 degrees: the addition theorem of the tangent.

# %%
epsilon = sp.Symbol("epsilon", positive=True)
print("by epsilon:   ", turn.flow(epsilon))
slope = turn.flow(sp.pi / 4).prolong(curve)[curve["u_x"]]
print("slope after 45 degrees:", slope)
assert sp.simplify(slope - (1 + curve["u_x"]) / (1 - curve["u_x"])) == 0

# %% [markdown]
# Generators may be less obvious. This one bends time itself, and maps solutions of the heat equation to
# solutions. `admits` proves it.

# %%
line = sq.Jet("t x", "u", order=2)
t, x, u = line.variables
heat = sq.Equations(line, "u_t = u_xx")
bend = sq.parse("4*t^2*d_t + 4*t*x*d_x - (x^2 + 2*t)*u*d_u", line)
assert sq.admits(heat, bend)
there, back = bend.flow(epsilon), bend.flow(-epsilon)
print(there)

# %% [markdown]
# Take the dullest solution there is, $u = 1$, and carry it along. What arrives is a Gaussian: apart from a
# factor and the origin of time it is the heat kernel.

# %%
arrived = there["u"].subs({u: 1, t: back["t"], x: back["x"]}, simultaneous=True)
print(sp.simplify(arrived))
later = sp.Symbol("t", positive=True)
kernel = sp.simplify(sp.sqrt(epsilon / sp.pi) * arrived.subs(t, later - 1 / (4 * epsilon)))
print(kernel)
assert sp.simplify(kernel - sp.exp(-(x**2) / (4 * later)) / sp.sqrt(4 * sp.pi * later)) == 0
assert sp.simplify(kernel.diff(later) - kernel.diff(x, 2)) == 0

# %% [markdown]
# ## Which terms are left
#
# How may a velocity change that depends on itself and its gradient? These are twelve numbers, and with
# products of two of them 91 terms for each of the three equations, altogether 273 unknowns.

# %%
space = sq.Jet("t x y z", "u v w", order=1)
velocity = space.dependent
gradient = [space[f"{component}_{axis}"] for component in "uvw" for axis in "xyz"]
library = sq.monomials(*velocity, *gradient, degree=2)
rotations = sq.SO("x", "y", "z", turning=[velocity])
vector_law = sq.linear_ansatz(space, library, rotations)
print(f"{vector_law.unknowns} instead of {vector_law.library_unknowns}, in the equation for u_t:")
print("  " + "\n  ".join(str(vector[0]) for vector in vector_law.basis))
assert (vector_law.library_unknowns, vector_law.unknowns) == (273, 7)

# %% [markdown]
# In words, with $\omega = \nabla \times u$: friction, $\omega$, $\nabla |u|^2 / 2$, $(u \cdot \nabla) u$,
# $u \, (\nabla \cdot u)$, $(\omega \cdot \nabla) u$ and $\omega \, (\nabla \cdot u)$. A mirror turns
# $\omega$ around, and leaves the four without it.

# %%
mirrored = sq.linear_ansatz(space, library, sq.O("x", "y", "z", turning=[velocity]))
print("  " + "\n  ".join(str(vector[0]) for vector in mirrored.basis))
assert mirrored.unknowns == 4

# %% [markdown]
# Symmetry can also *prescribe* a term. If the laws are the same on a moving train, $u u_x$ has the
# coefficient $-1$, and no data are needed to find it.

# %%
terms = sq.monomials(u, line["u_x"], line["u_xx"], degree=2)
train = sq.linear_ansatz(line, terms, sq.Galilei("t", "x", "u"))
print(train)
assert train.fixed == (-u * line["u_x"],)

# %% [markdown]
# ## What does not change
#
# A library is our choice; the *invariants* of a group are not. Away from singular points, every law that the
# group leaves unchanged is a relation between them. For curves under rotations and shifts the first one is
# well known.

# %%
curves = sq.invariants(sq.Jet("x", "u", order=3), sq.SE("x", "u"))
print(curves)
curvature, third = curves.invariants
[arc_length] = curves.operators
assert arc_length.apply(curvature) == third

# %% [markdown]
# That is the curvature $\kappa$, and $d\kappa/ds$: the operator is the derivative by arc length, and with it
# all further ones follow. For LaTeX, `curves.latex()`.

# %%
print(curves.latex())

# %% [markdown]
# Nothing here is taken on trust. How many there are follows from the dimension of the orbits; that those
# found are invariant, independent and as many is computed afresh by `certify`.

# %%
plane = sq.Jet("x y", "u", order=2)
scalar = sq.invariants(plane, sq.SE("x", "y"))
print(scalar)
counts = scalar.counts
for order, (jet, orbit, left) in enumerate(zip(counts.jet, counts.orbit, counts.invariants, strict=True)):
    print(f"order {order}: dimension {jet}, orbits of dimension {orbit}, invariants: {left}")
assert scalar.complete and scalar.certify().holds

# %% [markdown]
# Do you prefer others? They are taken first, if they are invariant, and the rest fills up.

# %%
hessian = sq.invariants(plane, sq.SE("x", "y"), prefer=["u_xx + u_yy", "u_xx^2 + 2*u_xy^2 + u_yy^2"])
print(*hessian.invariants, sep="\n")
assert hessian.complete
try:
    sq.invariants(plane, sq.SE("x", "y"), prefer=["u_x"])
except sq.InvalidInput as error:
    print("\nu_x?", error)

# %% [markdown]
# A search that was cut short says so. Linear polynomials are not enough here, and it is known how many are
# missing.

# %%
short = sq.invariants(plane, sq.SE("x", "y"), degree=1)
print(short)
assert (len(short.invariants), short.missing) == (2, 3)

# %% [markdown]
# The larger the group, the later something survives. Similar, of equal area, affine, projective: each of
# these geometries of curves has one first invariant, at an order that the count alone foretells. The
# projective group is what leaves all straight lines straight, that is, $u_{xx} = 0$.

# %%
geometries = {
    "similar": sq.SE("x", "u") + sq.scaling(x=1, u=1),
    "of equal area": sq.equiaffine("x", "u"),
    "affine": sq.affine("x", "u"),
    "projective": sq.point_symmetries("u_xx = 0", jet=curve).symmetry(),
}
for (name, group), order in zip(geometries.items(), (3, 4, 5, 7), strict=True):
    survived = sq.invariants(sq.Jet("x", "u", order=order), group)
    text = str(survived.invariants[0])
    print(f"{name}, order {order}: {text if len(text) < 90 else f'{len(text)} characters, {text[:50]}...'}")
    assert survived.counts.invariants == (0,) * order + (1,) and survived.certify().holds

# %% [markdown]
# Fractional linear functions $x \to (a x + b) / (c x + d)$ change every motion $x(t)$, but leave one
# combination of its first three derivatives as it is, the Schwarzian.

# %%
motion = sq.Jet("t", "x", order=3)
schwarzian = "x_ttt/x_t - 3/2*(x_tt/x_t)^2"
fractional = sq.invariants(motion, sq.SL2("x") + sq.translation("t"), prefer=[schwarzian])
print(fractional)
assert fractional.complete

# %% [markdown]
# ## Laws with unknown functions
#
# With all invariants at hand, all laws can be written, whatever the library. On the train, and in a mirror:

# %%
galilei = sq.Galilei("t", "x", "u") + sq.reflection("x", "u")
viscous = sq.functional_ansatz(line, galilei)
print(viscous)
assert viscous.complete

# %% [markdown]
# Burgers' equation is $G_1 = \nu$. An oscillation of two states, none of whose phases is preferred, is a
# $\lambda$-$\omega$ system:

# %%
oscillator = sq.functional_ansatz(sq.Jet("t", "u v"), sq.phase("u", "v") + sq.translation("t"))
print(oscillator)
assert oscillator.complete and len(oscillator.frame) == 2

# %% [markdown]
# A front in the plane that moves by nothing but its own shape is a curve flow. The square root turns the
# speed along the normal into $u_t$.

# %%
front = sq.functional_ansatz(line, sq.translation("t") + sq.SE("x", "u"))
print(front)
assert front.arguments == (curvature,)

# %% [markdown]
# A chosen $G$ gives a law: $G = \kappa$ is the flow that shortens curves. Polynomials $G$ give numbers to be
# found, and `discover` takes this ansatz like any other.

# %%
[kappa] = front.symbols
print("u_t =", *front.rhs([kappa]))
assert front.rhs([kappa]) == (line["u_xx"] / (1 + line["u_x"] ** 2),)
flows = front.linearise(1)
print(flows)
assert not any(any(defect) for defect in flows.defect(flows.rhs([1, 2])))

# %% [markdown]
# ## Laws without a left-hand side
#
# $u_{tt}$ alone is nothing in relativity; only the whole relation is carried over into a multiple of itself.
# With the speed of light $c$ as a parameter:

# %%
candidates = [line.parse(text) for text in ("u_tt", "u_tx", "u_xx", "u", "u^3", "sin(u)")]
poincare = sq.parse("Poincare(t; x; c=c)", line, parameters=["c"])
waves = sq.implicit_ansatz(line, candidates, poincare, parameters=["c"])
print(waves)
assert waves.admits("u_tt - c^2*u_xx + sin(u)") and not waves.admits("u_tt - u_xx + sin(u)")

# %% [markdown]
# The first family holds the Klein-Gordon and the sine-Gordon equation; the other two are squares,
# $(\partial_t \pm c \, \partial_x)^2 u = 0$, of waves that run one way. Several equations may also go
# together like a vector. From velocity and pressure, Darcy's law is the only one.

# %%
porous = sq.Jet("x y z", "u v w p", order=1)
forces = [*porous.dependent, porous["p_x"], porous["p_y"], porous["p_z"]]
rigid = sq.SE("x", "y", "z", turning=[("u", "v", "w")])
darcy = sq.implicit_ansatz(porous, forces, rigid, equations=3)
print(darcy.latex())
assert darcy.admits("u + p_x", "v + p_y", "w + p_z") and len(darcy.families) == 1

# %% [markdown]
# ## The way back
#
# From an equation to its symmetries: all of them, within polynomials of a degree.

# %%
burgers = sq.Equations(line, "u_t + u*u_x = nu*u_xx", parameters=["nu"])
found = sq.point_symmetries(burgers)
print(found)
print(found.commutators())
assert found.certified and found.dimension == 5 and not found.infinite_suspected

# %% [markdown]
# Time shift, scaling and the projective field close among themselves: that is sl(2), the algebra of the
# fractional linear functions above. What is no symmetry leaves a remainder.

# %%
claims = "scaling(t=1, x=1); time_reversal(t; u); reflection(x, u)"
answer = sq.admits(burgers, claims)
print(answer)
assert list(answer.members.values()) == [False, False, True]
assert sq.admits("u_t + u*u_x = 0", claims, jet=line)

# %% [markdown]
# It is friction that has a scale and a direction of time: without it, all three are admitted.
#
# An incompressible fluid has more symmetries than fit in a table. The pressure makes up for any acceleration
# of the frame, and may have any function of time added to it. Polynomials show the beginning, and the count
# keeps growing.

# %%
fluid = sq.Jet("t x y", "u v p", order=2)
navier_stokes = sq.Equations(
    fluid,
    ["u_t + u*u_x + v*u_y + p_x = u_xx + u_yy", "v_t + u*v_x + v*v_y + p_y = v_xx + v_yy", "u_x + v_y = 0"],
)
endless = sq.point_symmetries(navier_stokes)
print(endless)
assert endless.certified and endless.infinite_suspected

# %% [markdown]
# ## Carried along
#
# A claim such as "this maps solutions to solutions" can be tried on data. Two shocks that run into each other
# (an exact solution of Burgers' equation with $\nu = 1$, by the substitution of Hopf and Cole):

# %%
times, places = np.linspace(0, 10, 201), np.linspace(-20, 20, 401)
phi, phi_x = 0.0, 0.0
for k, weight in ((-0.9, 1.0), (0.0, 100.0), (0.6, 1.0)):
    wave = weight * np.exp(k * places + k**2 * times[:, np.newaxis])
    phi, phi_x = phi + wave, phi_x + k * wave
shocks = sq.field({"t": times, "x": places}, {"u": -2 * phi_x / phi})


def misfit(record: sq.Record) -> float:
    """How far u_t + u u_x - u_xx is from zero, as a part of its largest term."""
    u = record.parts[0].u
    advection, diffusion = u * u.differentiate("x"), u.differentiate("x").differentiate("x")
    left = (u.differentiate("t") + advection - diffusion).isel(t=slice(2, -2), x=slice(3, -3))
    return float(abs(left).max() / abs(advection).max())


print(f"{misfit(shocks):.4f} before")
assert misfit(shocks) < 0.02

# %% [markdown]
# The five generators leave the law satisfied; a scaling of t and x alone does not.

# %%
carried = [sq.transform(shocks, v, epsilon=-0.1) for v in found.generators]
for generator, record in zip(found.generators, carried, strict=True):
    print(f"{misfit(record):.4f} after {generator}")
    assert misfit(record) < 0.02
wrong = sq.transform(shocks, sq.parse("t*d_t + x*d_x", line), epsilon=-0.5)
print(f"{misfit(wrong):.4f} after t*d_t + x*d_x")
assert misfit(wrong) > 0.05

# %% [markdown]
# The last of the five is worth a picture. It bends time as the one of the heat equation does.

# %%
bent = carried[-1]
print(bent)
figure, panels = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for panel, record, title in zip(panels, (shocks, bent), ("before", "carried along"), strict=True):
    part = record.parts[0]
    most = abs(part.u).max()
    shown = panel.pcolormesh(part.x, part.t, part.u, cmap="RdBu_r", shading="auto", vmin=-most, vmax=most)
    figure.colorbar(shown, ax=panel, label="u")
    panel.set(xlabel="x", ylabel="t", title=title)
plt.show()

# %% [markdown]
# What is left after all this for data to say? The numbers $\beta$, the functions $G$, the constants $c$. That
# is the subject of the first notebook.
