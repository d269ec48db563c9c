"""What the pages of manifests show: plain values made from the books and from `flows.manifest_forms.manifest_json`."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.reasons import REASONS
from wasteledger.domain.booked_manifests import BookedManifest
from wasteledger.domain.booking import BookedDoubt
from wasteledger.domain.findings import by_precedence, gather
from wasteledger.domain.manifest_fields import PERSONAL, field_rows
from wasteledger.domain.register import Directory
from wasteledger.flows.due import DueRow
from wasteledger.web.texts import Words
from wasteledger.web.view import Due, FindingRow, Question, china_time, due, finding_row


class Waits(NamedTuple):
    """The step that a manifest waits for."""

    title: str
    site: str
    site_href: str
    due: Due
    basis: str


class ListedManifest(NamedTuple):
    """One manifest in the list; `findings` is how many doubts stand against it."""

    number: str
    phase: str
    begun: str
    consignor: str
    consignee: str
    loaded_count: int
    accepted_count: int
    waits: Waits | None
    findings: int


def listed_manifest(
    row: BookedManifest, doubts: Iterable[BookedDoubt], directory: Directory, *, as_of_ms: int, t: Words
) -> ListedManifest:
    """One manifest with what the books have about it."""
    own = list(doubts)
    standing = [doubt for doubt in own if not doubt.rule]
    begun = china_time(row.begun_ms) if row.loaded_count else t("manifests.not_yet")
    return ListedManifest(
        row.number, row.phase, begun, _site(row.consignor, directory), _site(row.consignee, directory),
        row.loaded_count, row.accepted_count, waits_for(own, directory, as_of_ms=as_of_ms, t=t), len(gather(standing, directory)),
    )  # fmt: skip


def waits_for(doubts: Iterable[BookedDoubt], directory: Directory, *, as_of_ms: int, t: Words) -> Waits | None:
    """The step that has to come next, where one is waited for."""
    expected = next((doubt for doubt in doubts if doubt.rule), None)
    if expected is None:
        return None
    basis = directory.rule(expected.rule, expected.site).basis
    site = directory.site_name(expected.site)
    return Waits(
        t(f"step.{expected.reason}"), site, f"/due?site={expected.site}", due(expected.at_ms, as_of_ms, t), basis
    )


class FieldView(NamedTuple):
    """One field of the form: what stands in it, and the signature that stands for it.

    Attributes:
        hidden: it leads to a person, and the reader is a stranger.
        sealed_href: the log's entry; None while nothing seals the field.
    """

    label: str
    carrier: str
    value: str
    missing: bool
    hidden: bool
    sealed: str
    sealed_href: str | None


class SignatureView(NamedTuple):
    """One signed record that names the manifest."""

    title: str
    site: str
    time: str
    received: str
    backfilled: bool
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`


class LegView(NamedTuple):
    """One hand-over."""

    giver: str
    taker: str
    time: str
    amounts: str


class ManifestView(NamedTuple):
    """One manifest's page. `shown` is its JSON; the rest is what people need beside it."""

    shown: Mapping[str, Any]
    way: str
    waits: Waits | None
    findings: list[FindingRow]
    legs: list[LegView]
    parts: list[tuple[str, list[FieldView]]]
    signatures: list[SignatureView]


def manifest_view(  # noqa: PLR0913 - what the page is made of
    shown: Mapping[str, Any],
    doubts: Iterable[BookedDoubt],
    directory: Directory,
    question: Question,
    *,
    as_of_ms: int,
    persons: bool,
    t: Words,
) -> ManifestView:
    """Everything on one manifest's page; `persons` as it was when `shown` was made."""
    own = list(doubts)
    raised = [doubt for doubt in own if not doubt.rule or doubt.at_ms < as_of_ms]
    findings = [
        finding_row(finding, directory, question, spoken_of={}, as_of_ms=as_of_ms, t=t)
        for finding in by_precedence(gather(raised, directory))
    ]
    signatures = {event["event_id"]: _signature(event, directory, t) for event in shown["events"]}
    parties = [shown["consignor"], *shown["carriers"], shown["consignee"]]
    return ManifestView(
        shown,
        " → ".join(party["name"] if party else "—" for party in parties),
        waits_for(own, directory, as_of_ms=as_of_ms, t=t),
        findings,
        [_leg(leg, t) for leg in shown["legs"]],
        _parts(shown, signatures, directory, persons=persons, t=t),
        list(signatures.values()),
    )


def _signature(event: Mapping[str, Any], directory: Directory, t: Words) -> SignatureView:
    title = t(f"paper.{event['action']}") if event["kind"] == "manifested" else t(f"kind.{event['kind']}")
    if not event["entitled"]:
        title = t("manifest.unentitled", title=title)
    return SignatureView(
        title, directory.site_name(event["site"]), china_time(event["occurred_ms"]), china_time(event["received_ms"]),
        event["backfilled"], event["index"],
    )  # fmt: skip


def _leg(leg: Mapping[str, Any], t: Words) -> LegView:
    amounts = t("manifest.leg", taken=len(leg["accepted"]), rejected=len(leg["refused"]), waiting=len(leg["waiting"]))
    giver, taker = leg["giver"], leg["taker"]
    return LegView(
        giver["name"] if giver else "—", taker["name"] if taker else "—", china_time(leg["begin_ms"]), amounts
    )


def _parts(
    shown: Mapping[str, Any], signatures: Mapping[str, SignatureView], directory: Directory, *, persons: bool, t: Words
) -> list[tuple[str, list[FieldView]]]:
    """The fields by the part of the form that they stand in."""
    english = {row.field: row.en for row in field_rows()}
    parts: dict[str, list[FieldView]] = {}
    for field in shown["fields"]:
        seal = signatures.get(field["sealed_by"] or "")
        several = len(shown["carriers"]) > 1 and field["carrier"]
        view = FieldView(
            field["zh"] if t.language == "zh" else english[field["field"]],
            directory.site_name(field["carrier"]) if several else "",
            field["value"] or "",
            field["missing"],
            not persons and field["field"] in PERSONAL,
            f"{seal.site} · {seal.title} {seal.time}" if seal else "",
            f"/v1/entries/{seal.index}" if seal else None,
        )
        parts.setdefault(field["part"], []).append(view)
    return [(t(f"manifest.part.{part}"), fields) for part, fields in parts.items()]


def _site(code: str, directory: Directory) -> str:
    return directory.site_name(code) if code else "—"


class DueView(NamedTuple):
    """One step that is due, and the page of what it is about."""

    step: str
    kind: str
    subject: str
    href: str | None
    number: int
    site: str
    site_href: str
    due: Due
    basis: str


def due_view(row: DueRow, directory: Directory, *, as_of_ms: int, t: Words) -> DueView:
    """One row of `flows.due`."""
    pages = {"item": "/items/", "manifest": "/manifests/", "case": "/cases/"}
    step = t("step.case") if row.kind == "case" else t(f"step.{row.reason}")
    if t.language == "zh":
        step = row.step_zh
    elif row.kind == "case" and row.reason in REASONS:
        step = f"{step}: {t.reason(row.reason)}"
    return DueView(
        step, row.kind, row.subject, f"{pages[row.kind]}{row.subject}" if row.kind in pages else None, len(row.items),
        directory.site_name(row.site), f"/due?site={row.site}", due(row.due_ms, as_of_ms, t), row.basis,
    )  # fmt: skip
