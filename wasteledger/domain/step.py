"""One step of an item's life: a fact, and whose box was scanned in the item's place."""

from wasteledger.domain.corrections import Correction
from wasteledger.domain.facts import Fact

#: Two honest device clocks may differ by this much.
CLOCK_DIFFERENCE_MS_MAX = 15 * 60 * 1000


class Step:
    """One fact in an item's life.

    Attributes:
        box: the item's box that was scanned in its place; empty where the item itself was scanned.
        misordered: this release bears a time too long after the acceptance it belongs to.
        correction: what became of corrections to the fact.
    """

    __slots__ = ("box", "correction", "fact", "misordered")

    def __init__(self, fact: Fact, box: str = "", correction: Correction | None = None) -> None:
        self.fact = fact
        self.box = box
        self.misordered = False
        self.correction = correction

    @property
    def inferred(self) -> bool:
        """Whether it was the item's box that was scanned."""
        return bool(self.box)

    @property
    def entitled(self) -> bool:
        """Whether its signer may say it, once the walk has asked."""
        return self.fact.entitlement != 0
