"""How well reconciliation tells what the truth file says: recall, precision, and the proved rate beside the true one.

The unit of comparison is a pair: a finding code and what it is about. A finding that names packages is about each of them; any other is
about the device, manifest, box, roll or site that its detail, its evidence or its place names.

1. The whole period is reconciled as of the end of the simulation.
2. Expected pairs come from the truth, as far as they can be known by then; recall is the share of them that was found.
3. Found pairs that the truth neither expects nor allows are false; precision is the share of the others.
4. The proved rate is held against the true one for the district, each township, each day and each category, by count and by mass, in
   whole numbers.
5. What everybody along the chain signed and nobody burnt is counted apart: scans alone can not show it, so it stands outside 3 and 4.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from schemas.canonical import decode_base64
from schemas.reasons import PRECEDENCE, REASONS, Severity
from wasteledger.domain.facts import read_entry
from wasteledger.domain.findings import Finding
from wasteledger.domain.reconcile import Question, Reconciliation, share
from wasteledger.errors import NotFoundError
from wasteledger.flows.book_answers import answer as answer_from
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.truth import china_day_text, read_truth
from wasteledger.store.books_db import BooksDatabase
from wasteledger.store.ledger import Ledger

#: Pairs listed by name.
SHOWN_MAX = 50

#: Findings about a manifest, a box or a device, though they name the packages that it touched: what is allowed of it allows them too.
OF_OTHERS = frozenset({
    "back_dated", "box_not_washed", "clock_skew", "device_fork", "device_gap", "late_backfill", "late_confirmation",
    "manifest_mismatch", "manifest_mixed", "manifest_not_confirmed", "manifest_overdue", "manifest_unknown", "manifest_void_used",
    "newer_event", "quarantined_event", "revoked_device", "untrusted_device",
})  # fmt: skip
#: (finding code, what it is about)
Pair = tuple[str, str]


class Told(NamedTuple):
    """What the truth file says.

    Attributes:
        expected: pairs that can be known by now; `allowed`: every pair that is no mistake.
        packages: lines of packages.
        first_codes: the code that a relabelled package had first, by the one that it has now.
    """

    expected: set[Pair]
    allowed: set[Pair]
    packages: list[dict[str, Any]]
    first_codes: dict[str, str]


class Found(NamedTuple):
    """What reconciliation says.

    Attributes:
        pairs: each with everything else that its finding may be about.
        touched: every pair in which a finding could be meant.
    """

    pairs: dict[Pair, set[str]]
    touched: set[Pair]


@dataclass
class Cut:
    """Packages and grams, of one part of the district or of time: safe, and all."""

    safe_count: int = 0
    all_count: int = 0
    safe_g: int = 0
    all_g: int = 0

    def add(self, count: int, mass_g: int, *, safe: bool) -> None:
        """Counts packages."""
        self.all_count += count
        self.all_g += mass_g
        if safe:
            self.safe_count += count
            self.safe_g += mass_g

    def is_above(self, other: "Cut") -> bool:
        """Whether its rate is higher than the other's, by count or by mass."""
        by_count = self.safe_count * other.all_count > other.safe_count * self.all_count
        by_mass = self.safe_g * other.all_g > other.safe_g * self.all_g
        return by_count or by_mass or (self.safe_count > 0 and other.all_count == 0)


@dataclass
class CodeScore:
    """One finding code: pairs expected, found of them, reported, and reported rightly."""

    expected: int = 0
    found: int = 0
    reported: int = 0
    true_reported: int = 0

    def line(self) -> dict[str, Any]:
        """As it stands in the answer."""
        return {
            "expected": self.expected, "found": self.found, "recall": share(self.found, self.expected),
            "reported": self.reported, "true_reported": self.true_reported,
            "precision": share(self.true_reported, self.reported),
        }  # fmt: skip


@dataclass
class Collusion:
    """Packages that everybody signed for and nobody burnt: how many there are, and how many of them are proved."""

    packages: int = 0
    proved: int = 0
    mass_g: int = 0
    proved_g: int = 0


@dataclass
class Score:
    """The answer.

    Attributes:
        codes: by finding code, gravest first.
        missed, false: pairs by name, some of them.
    """

    codes: dict[str, CodeScore]
    missed: list[Pair]
    false: list[Pair]
    proved: Cut
    true: Cut
    proved_above_true: list[str]
    items: int
    events: int
    due_rate: float | None
    collusion: Collusion

    @property
    def recall_chain(self) -> float | None:
        """Share of the expected chain-breaking pairs that was found; all of them where none is expected."""
        chain = [row for code, row in self.codes.items() if REASONS[code].severity is Severity.BREAKS_CHAIN]
        expected = sum(row.expected for row in chain)
        return share(sum(row.found for row in chain), expected) if expected else 1.0

    @property
    def precision(self) -> float | None:
        """Share of the reported pairs that is no mistake; all of them where nothing is reported."""
        reported = sum(row.reported for row in self.codes.values())
        return share(sum(row.true_reported for row in self.codes.values()), reported) if reported else 1.0

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "recall_chain": self.recall_chain,
            "precision": self.precision,
            "proved_above_true": len(self.proved_above_true),
            "true_rate_mass": share(self.true.safe_g, self.true.all_g),
            "proved_rate_mass": share(self.proved.safe_g, self.proved.all_g),
            "true_rate_count": share(self.true.safe_count, self.true.all_count),
            "proved_rate_count": share(self.proved.safe_count, self.proved.all_count),
            "rate_due_mass": self.due_rate,
            "items": self.items,
            "events": self.events,
            "collusion": asdict(self.collusion),
            "codes": {code: row.line() for code, row in self.codes.items()},
            "above": self.proved_above_true[:SHOWN_MAX],
            "missed": self.missed[:SHOWN_MAX],
            "false": self.false[:SHOWN_MAX],
        }


def score_simulation(folder: Path) -> Score:
    """Steps 1 to 4 for the folder of a simulation.

    Raises:
        NotFoundError: the folder holds no simulation.
    """
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except OSError:
        message = f"{folder} holds no simulation: run `wasteledger simulate --out {folder}` first"
        raise NotFoundError(message) from None
    told = read_told(read_truth(folder / "truth.jsonl"), as_of_ms=summary["as_of_ms"])
    service = Service(Settings(data_dir=folder / "ledger", database_url=""))
    try:
        answer = reconciled(service, summary)
        found = gather(answer.findings, Evidence(service), told.first_codes)
        return compare(told, found, answer)
    finally:
        service.close()


def reconciled(service: Service, summary: dict[str, Any]) -> Reconciliation:
    """Step 1: the question that a regulator asks at the end of the period, judged anew by the rules of today."""
    kept = BooksDatabase(service.database.url)
    with kept.write() as connection:
        kept.throw_away(connection)
    kept.close()
    books = service.books()
    asked = Question(summary["region"], summary["begin_day"], summary["end_day"], summary["as_of_ms"])
    return answer_from(books, asked, service.directory())


def read_told(lines: Iterable[dict[str, Any]], *, as_of_ms: int) -> Told:
    """Step 2: what ought to be found by a moment, and what may be."""
    expected: set[Pair] = set()
    allowed: set[Pair] = set()
    packages = []
    first_codes: dict[str, str] = {}
    for line in lines:
        name = line["code"] if line["subject"] == "item" else line["id"]
        if line["subject"] == "item":
            packages.append(line)
            if "new_code" in line:
                first_codes[line["new_code"]] = name
        for fault in line["faults"]:
            if fault["by_ms"] < as_of_ms:
                expected |= {(code, name) for code in fault["expected"]}
            about = (name, *line.get("codes", ()))
            allowed |= {(code, subject) for subject in about for code in (*fault["expected"], *fault["allowed"])}
    return Told(expected, allowed, packages, first_codes)


class Evidence:
    """What the events behind a finding are about."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, frozenset[str]] = {}

    def subjects(self, event_ids: Iterable[str]) -> set[str]:
        """Devices, manifests, boxes and rolls that these events name, and the code of an event that names one alone."""
        missing = [event_id for event_id in event_ids if event_id not in self._known]
        if missing:
            with self._service.database.read() as connection:
                ledger = Ledger(connection)
                for event_id in missing:
                    self._known[event_id] = frozenset(_named(ledger, event_id))
        return {subject for event_id in event_ids for subject in self._known[event_id]}


def _named(ledger: Ledger, event_id: str) -> Iterator[str]:
    index = ledger.index_of(decode_base64(event_id))
    content = None if index is None else ledger.entry(index)
    if index is None or content is None:
        return
    entry = read_entry(index, content)
    yield entry.device_id
    if entry.event:
        event = entry.event
        yield from filter(None, (event.manifest, event.box, event.stock))
        if len(event.codes) == 1:  # a scan of many boxes is about none of them in particular
            yield event.codes[0]


def gather(findings: Iterable[Finding], evidence: Evidence, first_codes: dict[str, str]) -> Found:
    """What findings are about; a package goes by its first label."""
    pairs: dict[Pair, set[str]] = {}
    touched: set[Pair] = set()
    for finding in findings:
        items = tuple(first_codes.get(code, code) for code in finding.items)
        seen = {first_codes.get(subject, subject) for subject in evidence.subjects(finding.evidence)}
        about = {*finding.detail.split(), finding.site, *seen}
        named = items or (_shortest_name(finding, about),)
        for name in named:
            beside = () if items and finding.code not in OF_OTHERS else about
            pairs.setdefault((finding.code, name), set()).update(beside)
        touched |= {(finding.code, name) for name in (*items, *about)}
    return Found(pairs, touched)


def _shortest_name(finding: Finding, about: set[str]) -> str:
    """What stands for a finding without packages: the first word of its detail, else its site."""
    words = finding.detail.split()
    return words[0] if words and words[0] in about else finding.site


def compare(told: Told, found: Found, answer: Reconciliation) -> Score:
    """Steps 2 to 4."""
    rows: dict[str, CodeScore] = defaultdict(CodeScore)
    missed, false = [], []
    for pair in sorted(told.expected):
        rows[pair[0]].expected += 1
        if pair in found.touched:
            rows[pair[0]].found += 1
        else:
            missed.append(pair)
    for pair, about in sorted(found.pairs.items()):
        rows[pair[0]].reported += 1
        if pair in told.allowed or any((pair[0], subject) in told.allowed for subject in about):
            rows[pair[0]].true_reported += 1
        else:
            false.append(pair)
    colluded = {line["code"]: line for line in told.packages if line.get("colluded")}
    proved, true = _proved_cuts(answer, colluded), _true_cuts(told.packages)
    above = sorted(name for name in proved if proved[name].is_above(true.get(name, Cut())))
    return Score(
        codes=dict(sorted(rows.items(), key=lambda row: PRECEDENCE[row[0]])),
        missed=missed,
        false=false,
        proved=proved.get("district", Cut()),
        true=true.get("district", Cut()),
        proved_above_true=above,
        items=len(told.packages),
        events=answer.tree_size,
        due_rate=answer.district.rates()["rate_due_mass"],
        collusion=_collusion(answer, colluded),
    )


def _collusion(answer: Reconciliation, colluded: Collection[str]) -> Collusion:
    """Step 5."""
    told = Collusion()
    for row in answer.items:
        if row.code in colluded:
            told.packages += 1
            told.mass_g += row.amount.mass_g
            if row.item_class == "safely_disposed":
                told.proved += 1
                told.proved_g += row.amount.mass_g
    return told


def _proved_cuts(answer: Reconciliation, colluded: Collection[str]) -> dict[str, Cut]:
    cuts: dict[str, Cut] = defaultdict(Cut)
    for row in answer.items:
        if row.code in colluded:
            continue
        for name in ("district", row.site[1:10], china_day_text(row.sealed_ms), row.waste_code):
            cuts[name].add(row.amount.count, row.amount.mass_g, safe=row.item_class == "safely_disposed")
    return cuts


def _true_cuts(packages: Iterable[dict[str, Any]]) -> dict[str, Cut]:
    """The true cohort: what was sealed and not voided. A package that was never sealed is in no cohort; it has to be found instead."""
    cuts: dict[str, Cut] = defaultdict(Cut)
    for line in packages:
        if line["sealed_day"] and not line["voided"] and not line.get("colluded"):
            for name in ("district", line["division"], line["sealed_day"], line["waste_code"]):
                cuts[name].add(1, line["mass_g"], safe=line["safe"])
    return cuts
