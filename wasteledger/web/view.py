"""What the first page and the lists show: plain values made from a reconciliation, ready to print."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from schemas.custody import Phase
from schemas.quantities import format_kg
from schemas.reasons import CLASSES, Severity
from wasteledger.domain.findings import Finding
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.reconcile import Amount, ItemRow, Reconciliation, Tally, share
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.web.texts import Words

#: Kinds of findings and sites that stand on the first page; the rest is one link away.
OVERVIEW_ROWS_MAX = 8
#: Packages named in one row of a list before the rest is folded.
FINDING_ITEMS_SHOWN = 6
EVENT_ID_SHOWN = 10
#: The class bar is this many units long; a class that is not empty gets at least `BAR_MIN`.
BAR_UNITS = 10_000
BAR_MIN = 40
_CENT = Decimal("0.01")
#: As which waste an address names that of packages of which nobody said it.
UNKNOWN = "unknown"


def percent(rate: float | None) -> str:
    """A rate for people, rounded down: only all of it shows as 100 %."""
    if rate is None:
        return "—"
    if rate == 1:
        return "100 %"
    return f"{(Decimal(str(rate)) * 100).quantize(_CENT, rounding=ROUND_DOWN)} %"


def china_time(moment_ms: int) -> str:
    """A moment in China's time, to the minute."""
    return f"{china_day(moment_ms):%Y-%m-%d %H:%M}"


def short_id(event_id: str) -> str:
    """The first characters of an event id, enough to compare by eye."""
    return event_id[:EVENT_ID_SHOWN]


def anchor(event_id: str) -> str:
    """Where on an item's page an event stands."""
    return "e-" + short_id(event_id).replace("+", "-").replace("/", "_")


class Question(NamedTuple):
    """Region and period that every number and link of a page belongs to, and from when it is asked, where not from now.

    Attributes:
        as_of, at_size: the day or the size of the log, as they stand in the address.
    """

    region: str
    from_day: str
    to_day: str
    as_of: str = ""
    at_size: str = ""

    @property
    def past(self) -> dict[str, str]:
        """From when it is asked, as parameters of an address; empty: now."""
        asked = {"as_of": self.as_of, "at_size": self.at_size}
        return {name: value for name, value in asked.items() if value}

    def link(self, path: str, **filters: str) -> str:
        """The address of a list within this region and period."""
        period = {"region": self.region, "from": self.from_day, "to": self.to_day}
        return f"{path}?{urlencode(period | self.past | filters)}"

    def item(self, code: str) -> str:
        """The address of a package's page, from the same moment."""
        return f"/items/{code}" + (f"?{urlencode(self.past)}" if self.past else "")


class Due(NamedTuple):
    """A time limit: when, whether it has passed, and how long ago or ahead."""

    at: str
    overdue: bool
    span: str


def due(due_ms: int, as_of_ms: int, t: Words) -> Due:
    """A time limit as seen at a moment."""
    overdue = as_of_ms > due_ms
    span = t("overdue_by" if overdue else "left", span=t.span(due_ms - as_of_ms))
    return Due(china_time(due_ms), overdue, span)


class FindingGroup(NamedTuple):
    """Findings of one code."""

    code: str
    title: str
    severity: Severity
    number: int
    href: str


class ActorRow(NamedTuple):
    """A site and what it owes."""

    name: str
    kind: str
    severity: Severity
    number: int
    due: Due
    href: str


class ClassRow(NamedTuple):
    """One class of the cohort with its piece of the bar.

    Attributes:
        unknown: how many of its packages have no known mass, in words; empty where there are none.
    """

    name: str
    title: str
    amount: Amount
    kg: str
    unknown: str
    share: str
    x: int
    width: int
    href: str


class GroupRow(NamedTuple):
    """The rates of one township or one waste."""

    code: str
    name: str
    number: int
    kg: str
    rates: dict[str, str]
    bar: int
    href: str


class UnsealedRow(NamedTuple):
    """What nobody sealed, first seen at one site."""

    site: str
    href: str
    number: int
    mass: str
    mass_unknown_count: int


class Overview(NamedTuple):
    """The first page."""

    rates: dict[str, str]
    masses: dict[str, str]
    links: dict[str, str]
    voided: str
    opening_waiting: str
    findings: list[FindingGroup]
    findings_number: int
    findings_more: int
    actors: list[ActorRow]
    actors_number: int
    classes: list[ClassRow]
    total: Amount
    total_kg: str
    total_unknown: str
    unsealed: list[UnsealedRow]
    divisions: list[GroupRow]
    wastes: list[GroupRow]


def overview(answer: Reconciliation, directory: Directory, question: Question, t: Words) -> Overview:
    """Everything on the first page, from one reconciliation."""
    tally, waiting = answer.district, answer.opening_waiting
    groups, actors = finding_groups(answer, question, t), actor_rows(answer, directory, question, t)
    division_names = {code: row.name for code, row in directory.divisions.items()}
    return Overview(
        rates={name: percent(rate) for name, rate in tally.rates().items()},
        masses={
            "safe": format_kg(tally.classes["safely_disposed"].mass_g),
            "total": format_kg(tally.total.mass_g),
            "due": format_kg(tally.due.mass_g),
            "disposed": format_kg(tally.disposed.mass_g),
            "inferred": format_kg(tally.inferred.mass_g),
        },
        links={
            "safe": question.link("/items", **{"class": "safely_disposed"}),
            "due": question.link("/items", **{"class": "due"}),
            "total": question.link("/items"),
            "disposed": question.link("/items", phase="disposed"),
            "inferred": question.link("/items", **{"class": "safely_disposed", "evidence": "inferred"}),
            "findings": question.link("/findings"),
            "manifests": f"/manifests?{urlencode({'late': '1'} | question.past)}",
            "opening_waiting": question.link("/findings", code="opening_stock_unconfirmed"),
        },
        voided=f"{t('count_unit', count=answer.voided.count)} · {format_kg(answer.voided.mass_g)} kg",
        opening_waiting=(
            f"{t('count_unit', count=waiting.count)} · {format_kg(waiting.mass_g)} kg" if waiting.count else ""
        ),
        findings=groups[:OVERVIEW_ROWS_MAX],
        findings_number=len(answer.findings),
        findings_more=max(0, len(groups) - OVERVIEW_ROWS_MAX),
        actors=actors[:OVERVIEW_ROWS_MAX],
        actors_number=len(actors),
        classes=class_rows(tally, question, t, mass_unknown_count=answer.mass_unknown_count),
        total=tally.total,
        total_kg=format_kg(tally.total.mass_g),
        total_unknown=t.mass_unknown(answer.mass_unknown_count),
        unsealed=[
            UnsealedRow(
                directory.site_name(site),
                question.link("/items", **{"class": "unsealed", "site": site}),
                row.amount.count,
                t.mass(row.amount.mass_g),
                row.mass_unknown_count,
            )
            for site, row in answer.unsealed()
        ],
        divisions=group_rows(answer.divisions, division_names, question, "division", t),
        wastes=group_rows(answer.categories, {code: t.waste(code) for code in answer.categories}, question, "waste", t),
    )


def finding_groups(answer: Reconciliation, question: Question, t: Words) -> list[FindingGroup]:
    """Findings counted by code, gravest first."""
    severities = {finding.code: finding.severity for finding in answer.findings}
    return [
        FindingGroup(code, t.reason(code), severities[code], number, question.link("/findings", code=code))
        for code, number in answer.finding_counts().items()
    ]


def actor_rows(answer: Reconciliation, directory: Directory, question: Question, t: Words) -> list[ActorRow]:
    """Sites that have to act, the earliest limit of something that matters to the rate first."""
    owed: dict[str, list[Finding]] = defaultdict(list)
    for finding in answer.findings:  # gravest first, so the first of a site is its gravest
        owed[finding.site].append(finding)
    rows = []
    for site, findings in owed.items():
        grave = [finding for finding in findings if finding.severity is not Severity.HYGIENE]
        due_ms = min(finding.due_ms for finding in grave or findings)
        row = ActorRow(
            directory.site_name(site), t(f"site.{site[0]}"), _gravest(findings), len(findings),
            due(due_ms, answer.as_of_ms, t), question.link("/findings", site=site),
        )  # fmt: skip
        rows.append(((not grave, due_ms, site), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _gravest(findings: Iterable[Finding]) -> Severity:
    order = list(Severity)
    return min((finding.severity for finding in findings), key=order.index)


def class_rows(tally: Tally, question: Question, t: Words, *, mass_unknown_count: int) -> list[ClassRow]:
    """The classes of a cohort; counts, masses and pieces of the bar add up. What has no known mass is among what nobody sealed."""
    total_g = tally.total.mass_g
    widths = bar_widths([tally.classes[name].mass_g for name in CLASSES])
    rows, x = [], 0
    for name, width in zip(CLASSES, widths, strict=True):
        amount = tally.classes[name]
        href = question.link("/items", **{"class": name})
        part = percent(share(amount.mass_g, total_g))
        unknown = t.mass_unknown(mass_unknown_count if name == "unsealed" else 0)
        rows.append(ClassRow(name, t.item_class(name), amount, format_kg(amount.mass_g), unknown, part, x, width, href))
        x += width
    return rows


def bar_widths(parts: list[int]) -> list[int]:
    """Lengths that add up to `BAR_UNITS`; what is there is visible, and the longest part gives up what that takes."""
    total = sum(parts)
    if not total:
        return [0] * len(parts)
    widths = [max(BAR_MIN, part * BAR_UNITS // total) if part else 0 for part in parts]
    widths[widths.index(max(widths))] += BAR_UNITS - sum(widths)
    return widths


def group_rows(
    tallies: Mapping[str, Tally], names: Mapping[str, str], question: Question, parameter: str, t: Words
) -> list[GroupRow]:
    """One row for each township or waste, the lowest due rate first; rows with nothing due come last."""
    rows = []
    for code, tally in tallies.items():
        rates = tally.rates()
        due_rate = rates["rate_due_mass"]
        row = GroupRow(
            code, names.get(code, code), tally.total.count, t.kg(tally.total.mass_g),
            {name: percent(rate) for name, rate in rates.items()}, int((due_rate or 0) * 100),
            question.link("/items", **{parameter: code or UNKNOWN}),
        )  # fmt: skip
        rows.append(((due_rate is None, due_rate or 0, code), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


class Reference(NamedTuple):
    """Something named, with the page it opens; no page for what has none."""

    text: str
    href: str | None
    full: str


class FindingRow(NamedTuple):
    """One finding in the list."""

    code: str
    title: str
    severity: Severity
    items: list[Reference]
    detail: str
    site: str
    site_href: str
    at: str
    due: Due
    evidence: list[Reference]


def finding_row(  # noqa: PLR0913 - a finding and everything its row refers to
    finding: Finding, directory: Directory, question: Question, *, spoken_of: Mapping[str, str], as_of_ms: int, t: Words
) -> FindingRow:
    """One finding; `spoken_of` names a package for evidence of devices, so that it can be opened too."""
    first = next((code for code in finding.items if not is_box(code)), None)
    return FindingRow(
        finding.code, t.reason(finding.code), finding.severity,
        [Reference(code, None if is_box(code) else question.item(code), code) for code in finding.items],
        finding.detail, t.who_acts(finding.code, directory.site_name(finding.site)), question.link("/findings", site=finding.site),
        china_time(finding.at_ms), due(finding.due_ms, as_of_ms, t),
        [evidence(event_id, first or spoken_of.get(event_id), question) for event_id in finding.evidence],
    )  # fmt: skip


def evidence(event_id: str, code: str | None, question: Question | None = None) -> Reference:
    """An event as evidence, opening the chain of a package it speaks of, from the moment of the question."""
    if code is None:
        return Reference(short_id(event_id), None, event_id)
    page = question.item(code) if question else f"/items/{code}"
    return Reference(short_id(event_id), f"{page}#{anchor(event_id)}", event_id)


class ListedItem(NamedTuple):
    """One package in the list."""

    code: str
    item_class: str
    class_title: str
    waste: str
    waste_code: str
    site: str
    sealed: str
    kg: str
    number: int
    holder: str
    inferred: bool
    late: bool
    reasons: list[str]


def listed_item(row: ItemRow, directory: Directory, t: Words) -> ListedItem:
    """One package of the cohort."""
    return ListedItem(
        row.code, row.item_class, t.item_class(row.item_class), t.waste(row.waste_code), row.waste_code,
        directory.site_name(row.site), china_time(row.sealed_ms), t.kg(row.amount.mass_g), row.amount.count,
        directory.site_name(row.holder) if row.holder else "—", row.inferred, row.is_late,
        [t.reason(reason) for reason in row.reasons],
    )  # fmt: skip


class ItemFilter(NamedTuple):
    """Which packages of the cohort a list shows; an empty field asks nothing."""

    item_class: str = ""
    division: str = ""
    waste: str = ""
    phase: str = ""
    evidence: str = ""
    site: str = ""

    def takes(self, row: ItemRow) -> bool:
        """Whether a package belongs into the list."""
        if self.item_class and not _in_class(row, self.item_class):
            return False
        return (
            row.site[1:].startswith(self.division)
            and self.waste in {"", row.waste_code or UNKNOWN}
            and self.site in {"", row.site}
            and not (self.phase == "disposed" and row.phase is not Phase.DISPOSED)
            and not (self.evidence == "inferred" and not row.inferred)
        )

    def parameters(self) -> dict[str, str]:
        """As they stand in an address."""
        named = {"class": self.item_class} | self._asdict()
        return {name: value for name, value in named.items() if value and name != "item_class"}


def _in_class(row: ItemRow, name: str) -> bool:
    return row.item_class != "on_its_way" if name == "due" else row.item_class == name
