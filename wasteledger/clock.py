"""The only place that asks what time it is."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Now, UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def now() -> datetime:
    """Now, with the UTC time zone."""
    return datetime.now(tz=UTC)


def elapsed_s() -> float:
    """Seconds on a clock that only runs forward, for measuring how long something took."""
    return time.perf_counter()
