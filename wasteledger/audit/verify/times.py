"""What the cosignatures of published checkpoints say about the time of each entry."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from .formats import Checkpoint


class Brackets:
    """For each entry the witnessed moments in front of it and behind it.

    A size may be cosigned again and again while nothing is added; only the earliest time of a size says something.
    """

    def __init__(self, published: Iterable[Checkpoint]) -> None:
        """Takes the published checkpoints in any order; those that nobody cosigned tell no time."""
        self._at_size: dict[int, int] = {}
        for checkpoint in published:
            if checkpoint.first_s is not None:
                time_ms = checkpoint.first_s * 1000
                self._at_size[checkpoint.size] = min(time_ms, self._at_size.get(checkpoint.size, time_ms))
        self._sizes = sorted(self._at_size)
        times = [self._at_size[size] for size in self._sizes]
        self._before = list(accumulate(times, max))
        self._after = list(accumulate(reversed(times), min))[::-1]

    def at(self, size: int) -> int | None:
        """When a checkpoint of just that size was first cosigned, UTC milliseconds."""
        return self._at_size.get(size)

    def before(self, index: int) -> int | None:
        """The latest first cosignature of a checkpoint that does not hold the entry yet."""
        place = bisect_right(self._sizes, index)
        return self._before[place - 1] if place else None

    def after(self, index: int) -> int | None:
        """The earliest cosignature of a checkpoint that holds the entry."""
        place = bisect_right(self._sizes, index)
        return self._after[place] if place < len(self._after) else None
