"""The only place that asks what time it is."""

import time
from datetime import datetime, timedelta, timezone


def now_ms() -> int:
    """Now, UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def elapsed_s() -> float:
    """Seconds on a clock that only runs forward, for measuring how long something took."""
    return time.perf_counter()


def cpu_s() -> float:
    """Processor time of this process so far, in seconds, all threads together."""
    return time.process_time()


def shown(moment_ms: int) -> str:
    """A moment for people, in China's time: `11-22 14:05`."""
    return f"{datetime.fromtimestamp(moment_ms / 1000, tz=timezone(timedelta(hours=8))):%m-%d %H:%M}"
