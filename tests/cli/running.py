"""Running `symeq` in this process, and the small data it runs on."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symeq.cli import main

HEAT = ("--independent", "t,x", "--dependent", "u")
TURNING = ("--symmetry", "translation(t)", "--symmetry", "rotation(x, y)")
SMALL = ("--operators", "add, mul, exp")
OSCILLATOR = ("--independent", "t", "--dependent", "x,y")


@dataclass(frozen=True)
class Outcome:
    """What a run of the command ended with."""

    status: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line that a refusal has; a second line is a failure."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("symeq: "), self.err
        return lines[0].removeprefix("symeq: ")


def symeq(*words: object) -> Outcome:
    """The outcome of `symeq words...`; anything but an exit status is a failure of the test."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(word) for word in words])
    return Outcome(status, out.getvalue(), err.getvalue())


def heat_arrays(points: int = 64, frames: int = 61) -> dict[str, np.ndarray]:
    """u_t = 0.1 u_xx, exactly: three decaying waves on a circle, u (frames, points)."""
    t, x = np.linspace(0, 3, frames), 2 * np.pi * np.arange(points) / points
    waves = ((1, 1.0, 0.0), (2, 0.7, 0.4), (3, 0.5, 1.1))
    u = sum(a * np.exp(-0.1 * k**2 * t)[:, np.newaxis] * np.sin(k * x + phase) for k, a, phase in waves)
    return {"t": t, "x": x, "u": u}


def oscillator_arrays(start: float = 1.0, times: int = 401) -> dict[str, np.ndarray]:
    """x_t = -x/10 - y, y_t = x - y/10, exactly."""
    t = np.linspace(0, 12, times)
    return {"t": t, "x": start * np.exp(-t / 10) * np.cos(t), "y": start * np.exp(-t / 10) * np.sin(t)}


def circling_arrays(radius: float = 1.0, times: int = 121, noise: float = 0.0) -> dict[str, np.ndarray]:
    """x_t = -exp(-r^2) y, y_t = exp(-r^2) x, exactly but for the noise: circles, the slower the wider."""
    t, rng = np.linspace(0, 6, times), np.random.default_rng(int(1000 * radius))
    angle = radius + np.exp(-(radius**2)) * t
    wrong = noise * rng.normal(size=(2, times))
    return {"t": t, "x": radius * np.cos(angle) + wrong[0], "y": radius * np.sin(angle) + wrong[1]}


RADII = (0.4, 0.7, 1.0, 1.3, 1.6, 1.9)


def circling(folder: Path, noise: float = 0.0) -> list[Path]:
    """Six circles, a file each."""
    return [write(folder / f"{k}.npz", circling_arrays(r, noise=noise)) for k, r in enumerate(RADII)]


def write(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Arrays to an .npz file."""
    np.savez(path, **arrays)
    return path
