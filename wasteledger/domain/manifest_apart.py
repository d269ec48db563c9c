"""One load, two manifests: the giver named one number, the taker another one."""

from collections import defaultdict

from wasteledger.domain.boxes import PAIRING_MS_MAX
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.load import Inside
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_contents import entitled_in, inside_in, struck_in
from wasteledger.domain.manifest_doubts import Apart
from wasteledger.domain.manifest_legs import Leg, opened
from wasteledger.domain.packages import Packages
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box


def numbers_apart(manifest: Manifest, source: Source, directory: Directory) -> list[Apart]:
    """Hand-overs of a manifest whose other side named another number: each pair of facts with its packages, in order of time.

    Only what one side alone recorded under this number is looked for among what the other side recorded at that time.
    """
    entitled, struck = entitled_in(source, directory), struck_in(source, directory)
    inside, packages = inside_in(source, directory), Packages(source, directory)
    pairs: dict[tuple[Fact, Fact], set[str]] = defaultdict(set)
    for leg in manifest.legs:
        if _codes(leg.releases) == _codes(leg.acceptances):
            continue  # nearly always: both sides named the same things under this number
        both = _named(leg.releases, inside) & _named(leg.acceptances, inside)
        for fact in (*leg.releases, *leg.acceptances):
            for code in fact.event.codes:
                items = set(opened([code], fact, inside)) - both
                if not items or struck(code, fact):
                    continue
                labels = {label for item in items for label in packages.names(item)}
                for name in {code, *labels, *_boxes_of(labels, source)}:
                    for other in _other_side(name, fact, leg, manifest.number, source):
                        shared = items & set(opened(other.event.codes, other, inside))
                        if shared and entitled(other) and not struck(name, other):
                            pair = (fact, other) if fact.kind == "released" else (other, fact)
                            pairs[pair] |= shared
    found = [Apart(release, acceptance, tuple(sorted(items))) for (release, acceptance), items in pairs.items()]
    return sorted(found, key=lambda pair: (pair.acceptance.order, pair.release.order))


def _codes(facts: tuple[Fact, ...]) -> set[str]:
    return {code for fact in facts for code in fact.event.codes}


def _named(facts: tuple[Fact, ...], inside: Inside) -> set[str]:
    return {code for fact in facts for code in opened(fact.event.codes, fact, inside)}


def _boxes_of(items: set[str], source: Source) -> set[str]:
    """Boxes that packages were ever packed into: the other side may have scanned one of them in their place."""
    return {fact.event.box for item in items for fact in source.facts_of(item) if fact.kind == "packed"}


def _other_side(code: str, fact: Fact, leg: Leg, number: str, source: Source) -> list[Fact]:
    """What the other party of the hand-over recorded of a package or box within a day, under another number."""
    begin_ms, end_ms = fact.occurred_ms - PAIRING_MS_MAX, fact.occurred_ms + PAIRING_MS_MAX
    facts = source.box_facts(code, begin_ms, end_ms) if is_box(code) else source.facts_of(code)
    near = [
        other for other in facts if begin_ms <= other.occurred_ms <= end_ms and _hop(other) == (leg.giver, leg.taker)
    ]
    # A number that both sides named is another hand-over: the load came back and left again.
    agreed = {other.event.manifest for other in near if other.kind == fact.kind}
    return [
        other for other in near
        if other.kind != fact.kind and other.event.manifest not in {None, number} and other.event.manifest not in agreed
    ]  # fmt: skip


def _hop(fact: Fact) -> tuple[str, str] | None:
    event = fact.event
    if fact.kind == "released":
        return event.site, event.to_site
    return (event.from_site, event.site) if fact.kind == "accepted" else None
