"""The assessment sheet (危险废物规范化环境管理评估, 环办固体〔2021〕20号): what the ledger can prove, and what a person must still look at.

Indicators and points are rows of `data/assessment_indicators.csv`: the heads are general knowledge of the scheme, not read in an official
copy, and so they are data. No grade A/B/C is computed: its cut-offs are not known. For each indicator:

1. findings of its codes that the site has to answer for → not met, with the records that show them;
2. no finding, and records that prove it → met, as far as records can;
3. nothing in the ledger speaks of it → a person decides.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from schemas.codes import SiteKind
from schemas.reasons import REASONS, Severity
from wasteledger.domain.findings import Finding
from wasteledger.domain.register import Directory
from wasteledger.reports.filing import is_producer, plan_of, plan_state
from wasteledger.reports.licences import licence_lines, outside_lines
from wasteledger.reports.lives import Flow, Life
from wasteledger.reports.plans import Span, plan_lines
from wasteledger.reports.tables import WHOLE_BP, kilograms

#: Event ids shown for each indicator; the findings themselves have them all.
EVENT_IDS_MAX = 5
MET, NOT_MET, PERSON = "达标", "不达标", "需人工核查"


class Indicator(NamedTuple):
    """One row of the sheet.

    Attributes:
        applies: `all`, `producer` or `plant`.
        proof: which evidence the ledger has; `nothing` for none.
        findings: codes that speak against it, separated by blanks.
        points_met, points_part, points_unmet: of the scheme, 2 / 1 / 0.
        certainty: V read in the official text, S in a secondary source, M general knowledge.
    """

    key: str
    zh: str
    applies: str
    proof: str
    findings: str
    points_met: str
    points_part: str
    points_unmet: str
    standard: str
    person: str
    certainty: str


class Proof(NamedTuple):
    """What the ledger has to say of an indicator.

    Attributes:
        text: in words and numbers.
        met: None where the ledger can not tell.
        event_ids: records that speak against it.
    """

    text: str
    met: bool | None = None
    event_ids: tuple[str, ...] = ()


class AssessmentLine(NamedTuple):
    """An indicator as it is printed."""

    number: int
    head: str
    standard: str
    scale: str
    proved: str
    findings: str
    event_ids: str
    result: str
    points: int | None
    person: str


class Case(NamedTuple):
    """The site that is assessed and everything the ledger knows of it.

    Attributes:
        lives: of all packages that touched it this year.
        findings: that it has to answer for.
        span: the year, up to the moment looked at.
    """

    site: str
    directory: Directory
    lives: tuple[Life, ...]
    findings: tuple[Finding, ...]
    span: Span
    today: date

    def moved(self, flow: Flow) -> tuple[int, int]:
        """Packages and grams of a flow of this site in the year."""
        masses = [
            move.mass_g
            for life in self.lives
            for move in life.movements
            if move.site == self.site and move.flow is flow and self.span.holds(move.at_ms)
        ]
        return len(masses), sum(masses)


@cache
def indicators() -> tuple[Indicator, ...]:
    """The rows of the sheet, in order."""
    text = files("wasteledger").joinpath("data/assessment_indicators.csv").read_text(encoding="utf-8")
    return tuple(Indicator(**row) for row in csv.DictReader(text.splitlines()))


def assess(case: Case) -> list[AssessmentLine]:
    """The sheet of a site."""
    plant = case.directory.sites[case.site].kind is SiteKind.PLANT
    producer = is_producer(case.site, case.lives, case.directory)
    wanted = {"all": True, "producer": producer, "plant": plant}
    rows = [indicator for indicator in indicators() if wanted[indicator.applies]]
    return [_line(number, indicator, case) for number, indicator in enumerate(rows, start=1)]


def _line(number: int, indicator: Indicator, case: Case) -> AssessmentLine:
    proof = PROOFS[indicator.proof](case)
    against = [finding for finding in case.findings if finding.code in indicator.findings.split()]
    counts = Counter(finding.code for finding in against)
    shown = [*proof.event_ids, *(event_id for finding in against for event_id in finding.evidence)]
    result = NOT_MET if against or proof.met is False else MET if proof.met else PERSON
    return AssessmentLine(
        number=number,
        head=indicator.zh,
        standard=indicator.standard,
        scale=f"{indicator.points_met}/{indicator.points_part}/{indicator.points_unmet}",
        proved=proof.text,
        findings="；".join(f"{REASONS[code].zh} {code}×{count}" for code, count in counts.items()),
        event_ids="\n".join(_some(dict.fromkeys(shown))),
        result=result,
        points=_points(indicator, result, against, proof),
        person=indicator.person,
    )


def _some(event_ids: Iterable[str]) -> list[str]:
    ids = list(event_ids)
    more = [f"另 {len(ids) - EVENT_IDS_MAX} 条"] if len(ids) > EVENT_IDS_MAX else []
    return ids[:EVENT_IDS_MAX] + more


def _points(indicator: Indicator, result: str, against: list[Finding], proof: Proof) -> int | None:
    """Points that the records prove; some for findings of hygiene alone, none where a person decides."""
    if result == PERSON:
        return None
    if result == MET:
        return int(indicator.points_met)
    light = proof.met is not False and all(finding.severity is Severity.HYGIENE for finding in against)
    return int(indicator.points_part if light else indicator.points_unmet)


def _people(case: Case) -> Proof:
    count = sum(person.site == case.site for person in case.directory.register.people)
    return Proof(f"登记经办人员 {count} 人")


def _nothing(_case: Case) -> Proof:
    return Proof("账本中没有此项记录")


def _labels(case: Case) -> Proof:
    packages, mass_g = case.moved(Flow.PRODUCED)
    text = f"本年封装 {packages} 件 {kilograms(mass_g)} kg，每件一码并有封装记录"
    return Proof(text, met=True) if packages else Proof("本年没有封装记录")


def _plan(case: Case) -> Proof:
    plan = plan_of(case.site, case.span.year, case.directory)
    state = plan_state(plan, case.span.year, today=case.today)
    remarks = [
        f"{line.waste_code} {line.remark}"
        for line in plan_lines(case.site, case.lives, case.directory, case.span)
        if plan and line.remark
    ]
    met = None if state.startswith("待") else state == "按期备案" and not remarks
    return Proof("；".join([state, *remarks]), met=met)


def _records(case: Case) -> Proof:
    counts = [case.moved(flow)[0] for flow in Flow]
    text = f"本年记录：产生 {counts[0]}、接收 {counts[1]}、自行处置 {counts[2]}、移出 {counts[3]} 件次，均有签名"
    return Proof(text, met=True) if any(counts) else Proof("本年没有记录")


def _sorting(case: Case) -> Proof:
    wastes = Counter(
        move.waste_code
        for life in case.lives
        for move in life.movements
        if move.site == case.site and move.flow is Flow.PRODUCED and case.span.holds(move.at_ms)
    )
    text = "、".join(f"{waste} {count} 件" for waste, count in sorted(wastes.items()))
    return Proof(f"按类别封装：{text}", met=True) if wastes else Proof("本年没有封装记录")


def _transfers(case: Case) -> Proof:
    packages, mass_g = case.moved(Flow.ENTRUSTED)
    received, _ = case.moved(Flow.RECEIVED)
    both = sum(
        holding.site == case.site and holding.two_sided and case.span.holds(holding.end_ms or 0)
        for life in case.lives
        for holding in life.holdings
    )
    text = f"本年移出 {packages} 件 {kilograms(mass_g)} kg，其中双方扫码 {both} 件；接收 {received} 件"
    return Proof(text, met=True) if packages or received else Proof("本年没有交接记录")


def _incidents(case: Case) -> Proof:
    ids = [
        step.fact.event_id
        for life in case.lives
        for step in life.chain.steps
        if step.fact.kind == "incident" and step.fact.event.site == case.site and case.span.holds(step.fact.occurred_ms)
    ]
    return Proof(f"本年申报事故 {len(dict.fromkeys(ids))} 起")


def _storage(case: Case) -> Proof:
    held = [life for life in case.lives if any(h.site == case.site and h.at(case.span.to_ms) for h in life.holdings)]
    had = any(holding.site == case.site for life in case.lives for holding in life.holdings)
    text = f"期末在库 {len(held)} 件 {kilograms(sum(life.chain.mass_g for life in held))} kg，期限逐件核对"
    return Proof(text, met=True) if had else Proof("本年没有贮存记录")


def _treatment(case: Case) -> Proof:
    packages, mass_g = case.moved(Flow.OWN)
    text = f"本年处置 {packages} 件 {kilograms(mass_g)} kg，逐件记录炉次和方式"
    return Proof(text, met=True) if packages else Proof("本年没有处置记录")


def _licence(case: Case) -> Proof:
    rows = licence_lines(case.lives, case.directory, case.span, today=case.today, site=case.site)
    beyond = outside_lines(case.lives, case.directory, case.span, site=case.site)
    over = [row for row in rows if row.used_bp is not None and row.used_bp > WHOLE_BP]
    valid = [row for row in rows if row.days_left >= 0 and row.valid_from <= case.today and row.treated_g is not None]
    text = f"有效许可证 {len(valid)} 张，超规模 {len(over)} 张，超许可接收 {len(beyond)} 件"
    met = bool(valid) and not over and not beyond
    return Proof(text, met=met, event_ids=tuple(dict.fromkeys(row.event_id for row in beyond)))


#: What the ledger can say, by the `proof` of an indicator.
PROOFS: Mapping[str, Callable[[Case], Proof]] = {
    "people": _people,
    "nothing": _nothing,
    "labels": _labels,
    "plan": _plan,
    "records": _records,
    "sorting": _sorting,
    "transfers": _transfers,
    "incidents": _incidents,
    "storage": _storage,
    "treatment": _treatment,
    "licence": _licence,
}
