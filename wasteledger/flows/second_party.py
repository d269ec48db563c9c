"""The second party's word: voids of sealed packages, sealings in another site's name, and opening stock, that wait for the authority.

Nothing leaves the denominator on one party's word, and nothing of unknown origin becomes old stock by it. The list is what the books
doubt (`void_unconfirmed`, `void_without_evidence`, `sealing_unconfirmed`, `opening_stock_unconfirmed`); the answer is one event of the
office: `vouched` stands for the act, `corrected` (did_not_occur) strikes a void or a declaration out. A void is confirmed only when the
evidence that it names is stored and hashes to what was named.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from schemas.canonical import decode_base64
from schemas.entitlement import Standing
from schemas.event_base import NOTE_MAX
from schemas.reasons import REASONS
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.opening import is_first
from wasteledger.domain.register import Directory
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.evidence import evidence_digest, is_kept, read_evidence
from wasteledger.flows.evidence_intake import evidence_words
from wasteledger.flows.office import Office, Who, said_by
from wasteledger.flows.questions import parse_event_id
from wasteledger.flows.service import Service
from wasteledger.store.ledger import Ledger

#: Which doubts of the books say that an act of a kind waits: for the second party's word, or for the evidence before it.
_WAITING = {
    "voided": ("void_unconfirmed", "void_without_evidence"), "sealed": ("sealing_unconfirmed",),
    "opening_stock": ("opening_stock_unconfirmed",),
}  # fmt: skip
_NAMES = {"voided": "void", "sealed": "sealing", "opening_stock": "declaration of opening stock"}
_COMMANDS = {"voided": "void", "sealed": "seal", "opening_stock": "opening"}


class WaitingAct(NamedTuple):
    """An act that waits for the second party.

    Attributes:
        codes: the packages for which it waits.
        missing: hashes of evidence (hex) that it names and that are not stored yet.
        mass_g: of these packages, where the act says it; else 0.
    """

    event_id: str
    kind: str
    codes: list[str]
    site: str
    device: str
    actor: str
    at_ms: int
    reason: str
    note: str
    evidence: list[str]
    missing: list[str]
    mass_g: int


class _Desk(NamedTuple):
    """One writing transaction, and the books as they stand in it."""

    service: Service
    office: Office
    ledger: Ledger
    source: BookSource


@contextmanager
def _writing(service: Service) -> Iterator[_Desk]:
    service.books()  # what can be read before others have to wait is read before
    office = service.office()
    with service.database.write() as connection, service.books().opened() as (_, source):
        yield _Desk(service, office, Ledger(connection), source)


def list_voids(service: Service) -> list[WaitingAct]:
    """Voids of sealed packages that wait for the second party, the oldest first."""
    return _list(service, "voided")


def list_sealings(service: Service) -> list[WaitingAct]:
    """Sealings in another site's name that wait for it or for the authority, the oldest first."""
    return _list(service, "sealed")


def list_openings(service: Service) -> list[WaitingAct]:
    """Declarations of opening stock that wait for the authority, the oldest first."""
    return _list(service, "opening_stock")


def _list(service: Service, kind: str) -> list[WaitingAct]:
    with service.books().opened() as (rows, source):
        named: dict[str, list[str]] = {}
        waiting = _WAITING[kind]
        for doubt in rows.doubts(" OR ".join(["reason = ?"] * len(waiting)), waiting):
            for event_id in doubt.evidence.split():
                named.setdefault(event_id, []).extend(doubt.concerned)
        facts = {event_id: source.event(decode_base64(event_id)) for event_id in named}
        acts = [fact for fact in facts.values() if fact and fact.kind == kind and not _answer(fact, source)]
        return [
            _waiting(service, fact, sorted(set(named[fact.event_id]) & set(fact.event.codes)))
            for fact in sorted(acts, key=by_order)
        ]


def _waiting(service: Service, fact: Fact, codes: list[str]) -> WaitingAct:
    event, data_dir = fact.event, service.settings.data_dir
    digests = [evidence_digest(digest) for digest in event.attachments]
    return WaitingAct(
        event_id=decode_base64(fact.event_id).hex(),
        kind=fact.kind,
        codes=codes,
        site=event.site,
        device=event.device_id,
        actor=event.actor,
        at_ms=fact.occurred_ms,
        reason=event.reason,
        note=event.note or "",
        evidence=[digest.hex() for digest in digests],
        missing=[digest.hex() for digest in digests if not is_kept(data_dir, digest)],
        mass_g=event.mass_g or sum(event.mass_of(code) or 0 for code in codes),
    )


def confirm_void(service: Service, typed: str, *, without_evidence: bool = False, who: Who | None = None) -> str:
    """The authority stands for a void as the second party; returns the id of its word.

    Args:
        service: the service.
        typed: id of the `voided` event, in hex or base64.
        without_evidence: asked for and refused, so that whoever tries learns which file is missing.
        who: a regulator who logged in.

    Raises:
        NotFoundError: no such event.
        QueryError: it is no void, was answered before, or its evidence is not stored; the message names the hash.
        DatabaseError: the stored file is not the one that was named.
    """
    with _writing(service) as desk:
        fact = _open_act(desk, typed, "voided")
        if desk.source.standing_of(fact) is Standing.OFFICE:
            message = "the authority made this void itself: it needs no second party"
            raise QueryError(message)
        words = _evidence_words(desk, fact, without_evidence=without_evidence)
        return _record(desk, [*words, _vouching(fact)], who)


def confirm_sealing(service: Service, typed: str, *, who: Who | None = None) -> str:
    """The authority stands for a sealing that a foreign device made in a site's name; returns the id of its word.

    Raises:
        NotFoundError: no such event.
        QueryError: it is no sealing, was answered before, or needs nobody's word.
    """
    with _writing(service) as desk:
        fact = _open_act(desk, typed, "sealed")
        if desk.source.standing_of(fact) is Standing.OWN:
            message = f"this sealing was signed by a device of {fact.event.site} itself: it needs nobody's word"
            raise QueryError(message)
        return _record(desk, [_vouching(fact)], who)


def refuse_void(service: Service, typed: str, note: str, *, who: Who | None = None) -> str:
    """The authority strikes a void out: it did not occur, and the package goes on where it was; returns the id of its word.

    Raises:
        NotFoundError: no such event.
        QueryError: it is no void, was answered before, or the reason is missing or too long.
    """
    return _refuse(service, typed, note, "voided", who)


def confirm_opening(service: Service, typed: str, *, who: Who | None = None) -> str:
    """The authority has seen a site's opening stock: its packages begin their lives there; returns the id of its word.

    Raises:
        NotFoundError: no such event.
        QueryError: it is no declaration, was answered before, or has no effect.
    """
    with _writing(service) as desk:
        fact = _open_act(desk, typed, "opening_stock")
        if not is_first(fact, desk.source, service.directory()):
            message = (
                f"this declaration has no effect: it was not signed by a device of {fact.event.site}, or the site has declared its opening "
                f"stock before; if that one is wrong, refuse it with `wasteledger opening refuse`"
            )
            raise QueryError(message)
        return _record(desk, [_vouching(fact)], who)


def refuse_opening(service: Service, typed: str, note: str, *, who: Who | None = None) -> str:
    """The authority strikes a declaration of opening stock out, and the site may make another; returns the id of its word.

    Raises:
        NotFoundError: no such event.
        QueryError: it is no declaration, was answered before, or the reason is missing or too long.
    """
    return _refuse(service, typed, note, "opening_stock", who)


def _refuse(service: Service, typed: str, note: str, kind: str, who: Who | None) -> str:
    if not note.strip() or len(note) > NOTE_MAX:
        message = f"note: say why the {_NAMES[kind]} is refused, in 1 to {NOTE_MAX} characters"
        raise QueryError(message)
    with _writing(service) as desk:
        fact = _open_act(desk, typed, kind)
        body = {
            "kind": "corrected", "codes": list(fact.event.codes), "target_event_id": fact.event_id, "reason": "did_not_occur",
            "note": note.strip(),
        }  # fmt: skip
        return _record(desk, [body], who)


def _open_act(desk: _Desk, typed: str, kind: str) -> Fact:
    fact, name = desk.source.event(parse_event_id(typed)), _NAMES[kind]
    if fact is None:
        message = f"no event {typed[:70]} is in the log: `wasteledger {_COMMANDS[kind]} list` shows what waits"
        raise NotFoundError(message)
    if fact.kind != kind:
        message = f"event {typed[:70]} is no {name} but {fact.kind!r}"
        raise QueryError(message)
    answered = _answer(fact, desk.source)
    if answered:
        message = f"this {name} was {answered} before: an authority's answer is final"
        raise QueryError(message)
    return fact


def _answer(fact: Fact, source: BookSource) -> str:
    """What the authority has said of an act; empty while it waits."""
    for word in source.targets.get(fact.event_id, ()):
        if source.standing_of(word) is Standing.OFFICE:
            if word.kind == "vouched":
                return "confirmed"
            if word.kind == "corrected" and word.event.reason == "did_not_occur":
                return "refused"
    return ""


def _evidence_words(desk: _Desk, fact: Fact, *, without_evidence: bool) -> list[dict[str, Any]]:
    """Looks at every file that a void names; returns what the log has yet to be told of them."""
    named = fact.event.attachments
    if not named:
        message = "the void names no evidence: let the holder make it again with a photo, or refuse it"
        raise QueryError(message)
    files = []
    for digest in named:
        try:
            content, _ = read_evidence(desk.service.settings.data_dir, digest)
        except NotFoundError:
            way = "there is no confirming without it" if without_evidence else "it can not be confirmed yet"
            message = (
                f"evidence {evidence_digest(digest).hex()} ({digest}) is not stored, {way}: let the device upload it, "
                f"or bring the file with `wasteledger evidence add FILE`"
            )
            raise QueryError(message) from None
        files.append(content)
    return evidence_words(desk.service, files)  # a file may have been put back from a backup


def _vouching(fact: Fact) -> dict[str, Any]:
    return {"kind": "vouched", "codes": list(fact.event.codes), "target_event_id": fact.event_id}


def _record(desk: _Desk, bodies: list[dict[str, Any]], who: Who | None) -> str:
    verdicts = desk.office.record_in(desk.ledger, [body | said_by(who) for body in bodies])
    return decode_base64(verdicts[-1].event_id).hex()


def waiting_json(row: WaitingAct, directory: Directory) -> dict[str, Any]:
    """One waiting act, for programs."""
    return row._asdict() | {"site_name": directory.site_name(row.site), "due_ms": answer_due_ms(row, directory)}


def answer_due_ms(row: WaitingAct, directory: Directory) -> int:
    """By when the second party has to answer, as the finding about the act says it."""
    reason = REASONS[_WAITING[row.kind][0]]
    then = directory.at(row.at_ms)
    return row.at_ms + HOUR_MS * (then.limit(reason.answer_rule, row.site) if reason.answer_rule else reason.answer_h)
