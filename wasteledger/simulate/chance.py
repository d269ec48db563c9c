"""Chance from a seed: the same seed gives the same district, bag for bag."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


class Chance:
    """Draws from a seed, a stream of its own for each name."""

    def __init__(self, seed: int, name: str) -> None:
        """Begins the stream `name` of a seed."""
        self._seed = seed
        self._rng = np.random.default_rng([seed, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])])

    def hit(self, rate: float) -> bool:
        """True with this probability."""
        return rate > 0 and float(self._rng.random()) < rate

    def share(self) -> float:
        """A number in [0, 1)."""
        return float(self._rng.random())

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included; `low` where there is no room."""
        return int(self._rng.integers(low, high + 1)) if high > low else low

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of the things."""
        return things[int(self._rng.integers(len(things)))]

    def some(self, things: Sequence[Thing], count: int) -> list[Thing]:
        """So many different things, in their order."""
        chosen = self._rng.choice(len(things), size=min(count, len(things)), replace=False)
        return [things[place] for place in sorted(chosen.tolist())]


def secret(seed: int, name: str) -> bytes:
    """The 32 bytes of a simulated key: a function of seed and name, so that two runs sign the same bytes."""
    return hashlib.sha256(f"wasteledger simulation {seed} {name}".encode()).digest()
