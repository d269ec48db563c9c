"""Which photos and papers are stored, as the office's words in the log tell it: the judgement never looks at a disk.

A file may be handed in before the event that names its hash or weeks after it. So the shelf keeps both sides: hashes that the office says
are stored (`evidenced`), and the codes of acts that have named a hash and may be judged anew when it arrives.
"""

from collections import defaultdict
from collections.abc import Sequence

from schemas.acts import Act
from schemas.entitlement import Standing
from wasteledger.domain.admissions import Admissions, standing_of
from wasteledger.domain.facts import Fact

#: Acts whose judgement may ask for their evidence; a photo of anything else is kept, and changes nothing.
_MAY_NEED_EVIDENCE = frozenset({"voided", "corrected", "relabelled", "incident"})


def may_need_evidence(event: Act) -> bool:
    """Whether a judgement may ask if what this event names is stored: a declaration, or an act entered from paper."""
    return bool(event.attachments) and (event.kind in _MAY_NEED_EVIDENCE or event.backfill is not None)


class EvidenceShelf:
    """What is known of evidence: who says that a hash is stored, and which codes wait for it."""

    def __init__(self) -> None:
        """Nothing is stored, nothing is named."""
        self._told: dict[str, list[Fact]] = defaultdict(list)
        self._named: dict[str, set[str]] = defaultdict(set)

    def add(self, fact: Fact) -> bool:
        """Takes in a fact that says or names something about evidence; whether it does."""
        event = fact.event
        if fact.kind == "evidenced":
            for digest in event.attachments:
                self._told[digest].append(fact)
            return True
        if not may_need_evidence(event):
            return False
        for digest in event.attachments:
            self._named[digest].update(event.codes)
        return True

    def concerned(self, fact: Fact) -> set[str]:
        """The codes of the acts that have named what this `evidenced` says is stored."""
        if fact.kind != "evidenced":
            return set()
        return set().union(*(self._named.get(digest, ()) for digest in fact.event.attachments))

    def missing(self, hashes: Sequence[str], admissions: Admissions) -> list[str]:
        """Those of these hashes that no office, as it is believed now, has said to be stored."""
        return [
            digest
            for digest in hashes
            if not any(standing_of(fact, admissions) is Standing.OFFICE for fact in self._told.get(digest, ()))
        ]
