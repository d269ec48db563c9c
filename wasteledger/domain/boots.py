"""Which hellos are kept in the log: those that tell something that it does not know.

A hello may stand in front of the events it speaks of, or behind them. It is kept when it

1. names events that the log lacks and no earlier hello has named: it commits the device to its tail;
2. comes from a boot of which no hello is kept: it anchors that boot's running clock;
3. puts the beginning of its boot earlier than the kept ones, by more than clocks are trusted: the first one was long under way.

So a boot leaves one hello for each contact with something new to tell, not one for each request. What is kept of a boot beside the
log follows from its kept hellos alone, in the order of the log.
"""

from typing import NamedTuple

from wasteledger.domain.hello import Hello
from wasteledger.domain.times import TRUSTED_CLOCK_MS_MAX

#: Boots of one device that are anchored within a day. A handheld is switched on a few times; a program that starts anew for each
#: request is not to fill the log.
BOOTS_PER_DAY_MAX = 100
#: How often the beginning of one boot is corrected: each time the device had a better contact than ever before.
ANCHORS_PER_BOOT_MAX = 10
DAY_MS = 24 * 60 * 60 * 1000


class Boot(NamedTuple):
    """What the kept hellos of one boot of a device come to.

    Attributes:
        zero_ms: the earliest beginning by the service's clock (`Clocks.learn`).
        next_seq: the highest number that one of them said was next.
        anchors: how many of them put the beginning elsewhere by more than clocks are trusted, the first one included.
        first_ms: when the first one was received.
    """

    zero_ms: int
    next_seq: int
    anchors: int
    first_ms: int


def heard(boot: Boot | None, hello: Hello, received_ms: int) -> Boot:
    """What is known of a boot after one more kept hello."""
    zero_ms = received_ms - hello.monotonic_ms
    if boot is None:
        return Boot(zero_ms, hello.next_seq, 1, received_ms)
    moved = boot.zero_ms - zero_ms > TRUSTED_CLOCK_MS_MAX
    next_seq = max(boot.next_seq, hello.next_seq)
    return Boot(min(boot.zero_ms, zero_ms), next_seq, boot.anchors + moved, boot.first_ms)


def corrects(boot: Boot, hello: Hello, received_ms: int) -> bool:
    """Whether a hello puts the beginning of a boot earlier by more than clocks are trusted, and may still do so."""
    return heard(boot, hello, received_ms).anchors > boot.anchors and boot.anchors < ANCHORS_PER_BOOT_MAX
