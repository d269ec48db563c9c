"""Evidence handed in by a device, or brought to the office: the file is kept, and the office says in the log that it is (`evidenced`).

It may come before or after the event that names its hash. File, count and event are one transaction: where one fails nothing was taken
but, at worst, a file that nobody names, and the same request signed anew succeeds.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from schemas.canonical import encode_base64
from wasteledger import clock
from wasteledger.domain.legal_days import china_day
from wasteledger.errors import QueryError
from wasteledger.flows.device_request import Asked, check_request, spend_request
from wasteledger.flows.evidence import check_evidence, keep_evidence, media_type
from wasteledger.flows.office import Who, said_by
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

#: New files that one device may hand in on a day of China's calendar: a void, a spill and a paper every half hour of a long shift.
EVIDENCE_A_DAY_MAX = 40
#: Room for the count in a day's mark.
_COUNTS_A_DAY = 1_000


class StoredEvidence(NamedTuple):
    """A file that is kept.

    Attributes:
        digest: base64 of its SHA-256, as events name it.
        known: it was kept, and said to be, before.
        entry: index of the office's word in the log; None when that was said before.
    """

    digest: str
    size_bytes: int
    media: str
    known: bool
    entry: int | None


def take_evidence(service: Service, asked: Asked, content: bytes) -> StoredEvidence:
    """Takes a file from a device.

    Raises:
        DeviceRequestError: as `check_request` and `spend_request`.
        ForbiddenError: the device is revoked.
        QueryError: neither photo nor paper, too large, or too many of this device today.
    """
    caller = check_request(service, asked, content)
    check_evidence([content])
    word = _word(content)
    known = not untold_evidence(service, word["attachments"])
    office = service.office()
    with service.database.write() as connection:
        store = DistrictStore(connection)
        spend_request(store, caller)
        if not known:
            _count(store, caller.device_id)
        keep_evidence(service.settings.data_dir, [content])
        body = word | {"device": caller.device_id}
        verdicts = [] if known else office.record_in(Ledger(connection), [body])
    return _stored(word, verdicts[0].index if verdicts else None)


def bring_evidence(service: Service, files: Sequence[bytes], who: Who | None = None) -> list[StoredEvidence]:
    """Keeps files that somebody brought to the office, as a photo taken with a telephone; one answer for each, in order.

    Raises:
        QueryError: neither photo nor paper, too large, or too many at once.
    """
    check_evidence(files)
    office = service.office()
    with service.database.write() as connection:
        keep_evidence(service.settings.data_dir, files)
        bodies = [word | said_by(who) for word in evidence_words(service, files)]
        verdicts = office.record_in(Ledger(connection), bodies) if bodies else []
    places = {body["attachments"][0]: verdict.index for body, verdict in zip(bodies, verdicts, strict=True)}
    return [_stored(word, places.get(word["attachments"][0])) for word in map(_word, files)]


def evidence_words(service: Service, files: Sequence[bytes]) -> list[dict[str, Any]]:
    """What the office has yet to say of these files, each once; inside the transaction in which it says so."""
    words = {word["attachments"][0]: word for word in map(_word, files)}
    return [words[digest] for digest in untold_evidence(service, list(words))]


def untold_evidence(service: Service, digests: Sequence[str]) -> list[str]:
    """Those of these hashes (base64) that no office has said to be stored."""
    with service.books().opened() as (_, source):
        return source.evidence.missing(digests, source.admissions)


def _word(content: bytes) -> dict[str, Any]:
    digest = encode_base64(hashlib.sha256(content).digest())
    return {
        "kind": "evidenced",
        "attachments": [digest],
        "size_bytes": len(content),
        "media": media_type(content),
    }


def _stored(word: dict[str, Any], index: int | None) -> StoredEvidence:
    return StoredEvidence(word["attachments"][0], word["size_bytes"], word["media"], index is None, index)


def _count(store: DistrictStore, device: str) -> None:
    """Counts a new file of a device.

    Raises:
        QueryError: it has handed in as many today as it may.
    """
    name, today = f"evidence/{device}", china_day(clock.now_ms()).date().toordinal() * _COUNTS_A_DAY
    count = max(store.last_drawn(name) or 0, today) + 1
    if count - today > EVIDENCE_A_DAY_MAX:
        message = f"this device has handed in {EVIDENCE_A_DAY_MAX} files today: the next ones tomorrow, or bring them to the authority"
        raise QueryError(message)
    store.pass_mark(name, count)
