"""DEAP with dice of our own: its functions draw from the module `random`, ours from one seed."""

from __future__ import annotations

import random
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from deap import gp


class Dice(random.Random):
    """A seeded generator whose draws from short sequences are quick: to within 2^-53 uniform."""

    def choice(self, seq: Any) -> Any:
        return seq[int(self.random() * len(seq))]

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        if stop is None:
            return int(self.random() * start)
        return start + step * int(self.random() * ((stop - start + step - 1) // step))

    def randint(self, a: int, b: int) -> int:
        return a + int(self.random() * (b - a + 1))


def with_dice(module: ModuleType, dice: random.Random) -> Any:
    """The functions of a module, every `random` in them replaced by one generator.

    The module itself and the global generator stay as they are, so that several searches may run in one
    process and none of them disturbs, or is disturbed by, whoever else draws.

    >>> from deap.tools import selection
    >>> first = with_dice(selection, random.Random(1)).selRandom(range(9), 5)
    >>> again = with_dice(selection, random.Random(1)).selRandom(range(9), 5)
    >>> first == again
    True
    """
    space = {**vars(module), "random": dice}
    for name, member in vars(module).items():
        if isinstance(member, FunctionType) and member.__module__ == module.__name__:
            own = FunctionType(member.__code__, space, name, member.__defaults__, member.__closure__)
            own.__kwdefaults__ = member.__kwdefaults__
            space[name] = own
    return SimpleNamespace(**{name: space[name] for name in vars(module)})


def deap_with(dice: random.Random) -> Any:
    """DEAP's genetic programming with these dice."""
    return with_dice(gp, dice)
