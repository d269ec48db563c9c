"""Doubts about what is not an item: manifests, and boxes that were emptied. Rows for the books, by subject."""

from collections.abc import Callable, Iterable

from wasteledger.domain.booking import BookedDoubt
from wasteledger.domain.boxes import LOAD_MS_MAX
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.entitled import entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.manifest import Manifest, fold_manifest
from wasteledger.domain.manifest_apart import numbers_apart
from wasteledger.domain.manifest_contents import entitled_in, inside_in, struck_in
from wasteledger.domain.manifest_doubts import expected_of, judge_manifest
from wasteledger.domain.manifest_successors import read_as_successors
from wasteledger.domain.manifest_validity import ManifestLaw, law_of
from wasteledger.domain.register import Directory
from wasteledger.domain.workdays import add_workdays

#: A moment before everything: what only time raises is not raised yet.
_BEGINNING_MS = 0


def fold_in(source: Source, directory: Directory, number: str) -> Manifest:
    """A manifest with its boxes opened, agreed corrections heeded and impostors passed over; without facts where nothing names it."""
    entitled, inside, struck = (
        entitled_in(source, directory),
        inside_in(source, directory),
        struck_in(source, directory),
    )
    if not directory.newest.merged:
        return fold_manifest(number, source.facts_of(number), inside, struck, entitled)
    read = read_as_successors(source.facts_of(number), entitled, directory)
    return fold_manifest(
        number,
        [renamed for _, renamed in read.values()],
        lambda box, fact: inside(box, read[fact.event_id][0]),
        lambda code, fact: struck(code, read[fact.event_id][0]),
        lambda fact: entitled(read[fact.event_id][0]),
    )


def law_in(manifest: Manifest, directory: Directory) -> ManifestLaw | None:
    """What the judgement of hops under a manifest needs to know of it; None where nothing names its number."""
    return law_of(manifest, directory, add_workdays) if manifest.facts else None


def manifest_doubts(
    manifest: Manifest, source: Source, directory: Directory, waste_code_of: Callable[[str], str]
) -> list[BookedDoubt]:
    """What is wrong with a manifest, and what it waits for."""
    number = manifest.number
    doubts = judge_manifest(
        manifest, directory, _BEGINNING_MS, add_workdays=add_workdays, waste_code_of=waste_code_of,
        apart=numbers_apart(manifest, source, directory),
    )  # fmt: skip
    rows = [
        BookedDoubt(
            number,
            doubt.reason,
            "",
            doubt.site,
            doubt.at_ms,
            _ids(doubt.evidence),
            number,
            " ".join(doubt.items) or number,
        )
        for doubt in doubts
    ]
    expected = expected_of(manifest, directory, add_workdays)
    if expected and expected.after:
        items = manifest.outstanding if expected.rule == "carriage_h" else manifest.accepted | manifest.refused
        rows.append(
            BookedDoubt(
                number, expected.reason, expected.rule, expected.site, expected.due_ms, expected.after.event_id, number,
                " ".join(sorted(items)) or number,
            )
        )  # fmt: skip
    return rows


def _ids(facts: Iterable[Fact]) -> str:
    return " ".join(fact.event_id for fact in facts)


def emptied_around(box: str, begin_ms: int, end_ms: int, source: Source) -> list[Fact]:
    """The facts by which the box was emptied in a furnace: those between two moments, and the last two before.

    What happened to the box between these moments can change the judgement of no other emptying.
    """
    found = []
    before = 0
    for fact in source.box_facts(box, begin_ms - LOAD_MS_MAX, end_ms, backwards=True):
        if fact.kind == "disposed":
            found.append(fact)
            before += fact.occurred_ms <= begin_ms
            if before == 2:  # noqa: PLR2004 - the last and the one before
                break
    return found


def washing_subject(box: str, emptied: Fact) -> str:
    """The subject in the books of one emptying of a box."""
    return f"{box} {emptied.event_id}"


def washing_doubts(box: str, emptied: Fact, source: Source, directory: Directory) -> list[BookedDoubt]:
    """A box that was emptied is washed within `box_wash_h`, and before anything is packed into it again (GB 39707-2020 5.5.2)."""
    subject, begin_ms = washing_subject(box, emptied), emptied.occurred_ms
    for fact in source.box_facts(box, begin_ms, begin_ms + LOAD_MS_MAX, packings=True):
        if fact.order <= emptied.order:
            continue
        if fact.kind == "disposed" or (fact.kind == "washed" and entitlement_of(fact, source, directory)):
            return []
        if fact.kind == "packed":
            site, evidence = fact.event.site, f"{emptied.event_id} {fact.event_id}"
            return [BookedDoubt(subject, "box_not_washed", "", site, fact.occurred_ms, evidence, box, box)]
    site = emptied.event.site
    due_ms = begin_ms + directory.limit("box_wash_h", site) * HOUR_MS
    return [BookedDoubt(subject, "box_not_washed", "box_wash_h", site, due_ms, emptied.event_id, box, box)]
